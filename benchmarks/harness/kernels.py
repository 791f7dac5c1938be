"""ONNX models of single kernels, each in every spelling that some engine does best on.

A builder takes what its models fix (widths, heads) and leaves the rest symbolic (rows, batch,
seq). The first spelling is made of plain operators and is the one that attune compiles.
Weights are drawn from the builder's own sizes, so equal parameters give equal files.
"""

import math
from dataclasses import dataclass

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

LOWEST = float(np.finfo(np.float32).min)


@dataclass
class Spelling:
    """A model, and the engines that may run it (None: all of them)."""

    name: str
    model: onnx.ModelProto
    engines: tuple = None


class Graph:
    """A graph under construction; calling it adds a node and returns its result's name."""

    def __init__(self, inputs, output):
        self.inputs, self.output = inputs, output
        self.nodes, self.constants, self.domains = [], [], {""}

    def __call__(self, op, *operands, out=None, domain="", **attributes):
        out = out or f"{op.lower()}_{len(self.nodes)}"
        name = f"{op}_{len(self.nodes)}"
        self.nodes.append(helper.make_node(op, operands, [out], name, domain=domain, **attributes))
        self.domains.add(domain)
        return out

    def constant(self, value, dtype=np.float32):
        name = f"constant_{len(self.constants)}"
        self.constants.append(numpy_helper.from_array(np.asarray(value, dtype), name))
        return name

    def model(self, opset=18):
        inputs = [helper.make_tensor_value_info(name, TensorProto.FLOAT, dims)
                  for name, dims in self.inputs.items()]
        out = helper.make_tensor_value_info("out", TensorProto.FLOAT, self.output)
        graph = helper.make_graph(self.nodes, "kernel", inputs, [out], self.constants)
        versions = [helper.make_opsetid(d, 1 if d else opset) for d in sorted(self.domains | {""})]
        return helper.make_model(graph, opset_imports=versions, ir_version=10)


def gemm(shape):
    """Rows times a constant matrix."""
    k, n = shape
    weight = np.random.default_rng([k, n]).standard_normal((k, n)) / math.sqrt(k)
    graph = Graph({"x": ["m", k]}, ["m", n])
    graph("MatMul", "x", graph.constant(weight), out="out")
    return [Spelling("plain", graph.model())]


def attention(heads, causal=False):
    """softmax(scale · q kᵀ) v on [batch, seq, width]; `heads` is their number and size."""
    heads, head_size = heads
    dims = ["batch", "seq", heads * head_size]
    plain = Graph({name: dims for name in "qkv"}, dims)
    _plain_attention(plain, heads, head_size, causal)
    fused = Graph({name: dims for name in "qkv"}, dims)
    fused("MultiHeadAttention", "q", "k", "v", out="out", domain="com.microsoft",
          num_heads=heads, unidirectional=int(causal))
    return [Spelling("plain", plain.model()),
            Spelling("MultiHeadAttention", fused.model(), ("onnxruntime",))]


def _plain_attention(graph, heads, head_size, causal):
    split = graph.constant([0, 0, heads, head_size], np.int64)
    parts = [graph("Transpose", graph("Reshape", name, split), perm=order)
             for name, order in (("q", [0, 2, 1, 3]), ("k", [0, 2, 3, 1]), ("v", [0, 2, 1, 3]))]
    scores = graph("Mul", graph("MatMul", parts[0], parts[1]),
                   graph.constant(head_size**-0.5))
    if causal:
        scores = graph("Add", scores, _causal_bias(graph))
    mixed = graph("MatMul", graph("Softmax", scores, axis=-1), parts[2])
    joined = graph.constant([0, 0, heads * head_size], np.int64)
    graph("Reshape", graph("Transpose", mixed, perm=[0, 2, 1, 3]), joined, out="out")


def _causal_bias(graph):
    """Zero where the key is not after the query, else the lowest float."""
    zero, one = graph.constant(0, np.int64), graph.constant(1, np.int64)
    positions = graph("Range", zero, graph("Gather", graph("Shape", "q"), one), one)
    query = graph("Unsqueeze", positions, graph.constant([1], np.int64))
    key = graph("Unsqueeze", positions, graph.constant([0], np.int64))
    live = graph("LessOrEqual", key, query)
    return graph("Where", live, graph.constant(0.0), graph.constant(LOWEST))


def add_layer_norm(width):
    """The layer norm of a sum, as after each half of an encoder's layer."""
    plain, fused = (Graph({"x": ["rows", width], "skip": ["rows", width]}, ["rows", width])
                    for _ in range(2))
    plain("LayerNormalization", plain("Add", "x", "skip"), *_affine(plain, width), out="out",
          axis=-1, epsilon=1e-5)
    fused("SkipLayerNormalization", "x", "skip", *_affine(fused, width), out="out",
          domain="com.microsoft", epsilon=1e-5)
    return [Spelling("plain", plain.model()),
            Spelling("SkipLayerNormalization", fused.model(), ("onnxruntime",))]


def rms_norm(width):
    """x / sqrt(mean(x²) + ε) · scale."""
    plain, standard, fused = (Graph({"x": ["rows", width]}, ["rows", width]) for _ in range(3))
    mean = plain("ReduceMean", plain("Pow", "x", plain.constant(2.0)),
                 plain.constant([-1], np.int64))
    root = plain("Sqrt", plain("Add", mean, plain.constant(1e-5)))
    plain("Mul", plain("Div", "x", root), _affine(plain, width)[0], out="out")
    standard("RMSNormalization", "x", _affine(standard, width)[0], out="out", axis=-1, epsilon=1e-5)
    fused("SimplifiedLayerNormalization", "x", _affine(fused, width)[0], out="out", axis=-1,
          epsilon=1e-5)
    return [Spelling("plain", plain.model()),
            Spelling("RMSNormalization", standard.model(opset=23)),
            Spelling("SimplifiedLayerNormalization", fused.model(), ("onnxruntime",))]


def _affine(graph, width):
    generator = np.random.default_rng(width)
    return [graph.constant(generator.uniform(0.5, 1.5, width)),
            graph.constant(generator.uniform(-0.5, 0.5, width))]


def gelu(width):
    """x · Φ(x), with the error function."""
    plain, standard = (Graph({"x": ["rows", width]}, ["rows", width]) for _ in range(2))
    erf = plain("Erf", plain("Div", "x", plain.constant(math.sqrt(2))))
    plain("Mul", plain("Mul", "x", plain("Add", erf, plain.constant(1.0))), plain.constant(0.5),
          out="out")
    standard("Gelu", "x", out="out")
    return [Spelling("plain", plain.model()), Spelling("Gelu", standard.model(opset=20))]


def softmax(width):
    """The softmax of each row."""
    graph = Graph({"x": ["rows", width]}, ["rows", width])
    graph("Softmax", "x", out="out", axis=-1)
    return [Spelling("plain", graph.model())]


def call():
    """Next to no work: what calling a model costs."""
    graph = Graph({"x": ["rows", 1]}, ["rows", 1])
    graph("Neg", "x", out="out")
    return [Spelling("plain", graph.model())]


BUILDERS = {builder.__name__: builder
            for builder in (gemm, attention, add_layer_norm, rms_norm, gelu, softmax, call)}
