#!/usr/bin/env python3
"""Writes a small model to guard: a causal attention between two layer norms. build_encoder.py OUT"""

import sys

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

HEADS, SIZE, LENGTH = 4, 32, 16
HIDDEN = HEADS * SIZE


class Graph:
    """Nodes and constants; each method gives the name of its result."""

    def __init__(self):
        self.nodes, self.constants, self.random = [], [], np.random.default_rng(0)

    def node(self, op, *inputs, **attributes):
        name = f"{op}_{len(self.nodes)}"
        self.nodes.append(helper.make_node(op, inputs, [name], name=name, **attributes))
        return name

    def constant(self, values):
        name = f"constant_{len(self.constants)}"
        self.constants.append(numpy_helper.from_array(values, name))
        return name

    def norm(self, x):
        scale, bias = (self.constant(np.full(HIDDEN, v, np.float32)) for v in (1, 0))
        return self.node("LayerNormalization", x, scale, bias, axis=-1)

    def project(self, x):
        weight = self.random.standard_normal((HIDDEN, HIDDEN)) / HIDDEN**0.5
        return self.node("MatMul", x, self.constant(weight.astype(np.float32)))

    def heads(self, x, perm):
        shape = self.constant(np.array([0, LENGTH, HEADS, SIZE], np.int64))
        return self.node("Transpose", self.node("Reshape", self.project(x), shape), perm=perm)

    def attention(self, x, causal):
        q, k, v = (self.heads(x, perm) for perm in ([0, 2, 1, 3], [0, 2, 3, 1], [0, 2, 1, 3]))
        scores = self.node("Mul", self.node("MatMul", q, k), self.constant(np.float32(SIZE**-0.5)))
        if causal:
            earlier = self.constant(np.tri(LENGTH, dtype=np.bool_))
            scores = self.node("Where", earlier, scores, self.constant(np.float32(-np.inf)))
        mixed = self.node("MatMul", self.node("Softmax", scores, axis=-1), v)
        shape = self.constant(np.array([0, LENGTH, HIDDEN], np.int64))
        return self.node("Reshape", self.node("Transpose", mixed, perm=[0, 2, 1, 3]), shape)


def build(path, causal=True):
    """`causal=False` forgets the mask: the kind of change that a guard notices."""
    g = Graph()
    mixed = g.project(g.attention(g.norm("x"), causal))
    result = g.norm(g.node("Add", "x", mixed))
    x, y = (helper.make_tensor_value_info(n, TensorProto.FLOAT, ["batch", LENGTH, HIDDEN])
            for n in ("x", result))
    graph = helper.make_graph(g.nodes, "encoder", [x], [y], g.constants)
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=9), path)


if __name__ == "__main__":
    build(sys.argv[1])
