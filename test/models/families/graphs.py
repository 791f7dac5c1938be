"""Writes small graphs the way exporters do: sizes from Shape, constants as nodes or initializers."""

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

FLOAT, INT64, INT32, BOOL = (TensorProto.FLOAT, TensorProto.INT64, TensorProto.INT32,
                             TensorProto.BOOL)
LOWEST = float(np.finfo(np.float32).min)
LARGEST = np.iinfo(np.int64).max


class Graph:
    """g.MatMul(x, y) appends a node and gives its result's name; other Python values become
    constants. `style` is the exporter: "torchscript" or "dynamo"."""

    def __init__(self, style="dynamo", opset=None, seed=0, domains=()):
        self.style = style
        self.opset = opset or (18 if style == "dynamo" else 14)
        self.domains = domains
        self.random = np.random.default_rng(seed)
        self.nodes, self.initializers = [], []
        self.inputs, self.outputs, self.fills = [], [], {}
        self.count = 0

    def name(self, prefix):
        self.count += 1
        return f"{prefix}_{self.count}"

    # Values.

    def input(self, name, dtype, shape, fill=None):
        """`fill(rng, shape)` makes its values; by default they are normal, or zero."""
        self.inputs.append(helper.make_tensor_value_info(name, dtype, shape))
        self.fills[name] = (shape, dtype, fill)
        return name

    def output(self, name, value, shape=None, dtype=FLOAT):
        self.nodes.append(helper.make_node("Identity", [self.value(value)], [name]))
        self.outputs.append(helper.make_tensor_value_info(name, dtype, shape))

    def initializer(self, array, prefix="initializer"):
        name = self.name(prefix)
        self.initializers.append(numpy_helper.from_array(np.asarray(array), name))
        return name

    def constant(self, array):
        """A Constant node in TorchScript's graphs, else an initializer."""
        if self.style != "torchscript":
            return self.initializer(array, "const")
        name = self.name("Constant")
        value = numpy_helper.from_array(np.asarray(array))
        self.nodes.append(helper.make_node("Constant", [], [name], value=value))
        return name

    def weight(self, *shape, scale=None):
        scale = scale or 1 / np.sqrt(shape[0])
        values = self.random.standard_normal(shape, np.float32) * np.float32(scale)
        return self.initializer(values, "weight")

    def value(self, operand):
        if operand is None:
            return ""
        if isinstance(operand, str):
            return operand
        if isinstance(operand, bool):
            return self.constant(np.bool_(operand))
        if isinstance(operand, int):
            return self.constant(np.int64(operand))
        if isinstance(operand, float):
            return self.constant(np.float32(operand))
        if isinstance(operand, (list, tuple)):
            return self.constant(np.array(operand, np.int64))
        return self.constant(operand)

    def node(self, op, *operands, outputs=1, domain="", **attributes):
        results = [self.name(op) for _ in range(outputs)]
        self.nodes.append(helper.make_node(op, [self.value(o) for o in operands], results,
                                           name=f"node_{results[0]}", domain=domain, **attributes))
        return results[0] if outputs == 1 else results

    def __getattr__(self, op):
        if not op[0].isupper():
            raise AttributeError(op)
        return lambda *operands, **attributes: self.node(op, *operands, **attributes)

    # Sizes.

    def size(self, x, axis):
        """One dimension as a vector of one."""
        if self.style == "dynamo":
            return self.Shape(x, start=axis, end=axis + 1)
        return self.Unsqueeze(self.length(x, axis), [0])

    def length(self, x, axis):
        """One dimension as a scalar."""
        if self.style == "dynamo":
            return self.Squeeze(self.size(x, axis), [0])
        return self.Gather(self.Shape(x), axis, axis=0)

    def shape(self, *parts):
        """A shape of numbers and of vectors of one."""
        return self.Concat(*([part] if isinstance(part, int) else part for part in parts), axis=0)

    def expand(self, x, *parts):
        """TorchScript's expand asks whether a size is -1; dynamo's does not."""
        target = self.shape(*parts)
        if self.style == "dynamo":
            return self.Expand(x, target)
        ones = self.ConstantOfShape([len(parts)], value=numpy_helper.from_array(np.array([1])))
        unknown = self.Equal(target, self.Mul(ones, -1))
        return self.Expand(x, self.Where(unknown, ones, target))

    # What opsets spell differently.

    def reduce(self, op, x, axes, keepdims=1):
        if self.opset >= 18 or op == "ReduceSum":
            return self.node(op, x, list(axes), keepdims=keepdims)
        return self.node(op, x, axes=list(axes), keepdims=keepdims)

    def split(self, x, parts, axis=-1, sizes=None):
        if sizes is not None:
            return self.node("Split", x, list(sizes), outputs=parts, axis=axis)
        more = {"num_outputs": parts} if self.opset >= 18 else {}
        return self.node("Split", x, outputs=parts, axis=axis, **more)

    def slice(self, x, axis, start, end=LARGEST, step=1):
        one = lambda v: v if isinstance(v, str) else [v]
        return self.Slice(x, one(start), one(end), [axis], [step])

    # The model.

    def model(self):
        graph = helper.make_graph(self.nodes, "main_graph", self.inputs, self.outputs,
                                  self.initializers)
        opsets = [helper.make_opsetid("", self.opset)]
        opsets += [helper.make_opsetid(domain, 1) for domain in self.domains]
        return helper.make_model(graph, opset_imports=opsets,
                                 ir_version=10 if self.opset >= 21 else 9)

    def feeds(self, sizes, seed=0):
        """Inputs for the symbols' values."""
        rng = np.random.default_rng([seed, *sizes.values()])
        feeds = {}
        for name, (shape, dtype, fill) in self.fills.items():
            shape = tuple(eval(d, {}, dict(sizes)) if isinstance(d, str) else d for d in shape)
            if fill:
                values = fill(rng, shape)
            elif dtype == FLOAT:
                values = rng.standard_normal(shape, np.float32)
            else:
                values = np.zeros(shape)
            feeds[name] = np.asarray(values).astype(helper.tensor_dtype_to_np_dtype(dtype))
        return feeds


def tokens(vocabulary):
    return lambda rng, shape: rng.integers(0, vocabulary, shape)


def right_padding(rng, shape):
    """One where a token is: every row has its own length, one of them all."""
    lengths = rng.integers(1, shape[1] + 1, shape[0])
    lengths[-1] = shape[1]
    return np.arange(shape[1]) < lengths[:, None]


def left_padding(rng, shape):
    return right_padding(rng, shape)[:, ::-1]


def segments(rng, shape):
    """Which of the packed sequences a token is of: numbers that never fall."""
    starts = rng.random(shape) < 0.3
    return np.cumsum(starts, axis=1)


def packed_positions(rng, shape):
    """Positions that begin again with every packed sequence."""
    starts = rng.random(shape) < 0.3
    starts[:, 0] = True
    at = np.arange(shape[1])
    return at - np.maximum.accumulate(np.where(starts, at, 0), axis=1)
