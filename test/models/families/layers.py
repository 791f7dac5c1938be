"""Pieces of layers as exporters write them: projections, heads, norms, products with scales."""

import math

import numpy as np
from graphs import Graph  # noqa: F401 (the type of g)


def linear(g, x, inputs, outputs, bias=True, how="matmul"):
    """MatMul and Add; or Gemm over flattened rows."""
    if how == "gemm":
        rows = g.Reshape(x, [-1, inputs])
        weight = g.weight(outputs, inputs, scale=1 / math.sqrt(inputs))
        operands = [rows, weight] + ([g.weight(outputs, scale=0.1)] if bias else [])
        y = g.Gemm(*operands, alpha=1.0, beta=1.0, transB=1)
        return g.Reshape(y, g.shape(g.size(x, 0), g.size(x, 1), outputs))
    y = g.MatMul(x, g.weight(inputs, outputs))
    return g.Add(g.weight(outputs, scale=0.1), y) if bias else y


def split_heads(g, x, heads, channels, transposed=True):
    """[b, s, h * d] to [b, h, s, d]."""
    if g.style == "dynamo":
        shape = g.shape(g.size(x, 0), g.size(x, 1), -1, channels)
    else:
        shape = g.shape(g.size(x, 0), g.size(x, 1), heads, channels)
    y = g.Reshape(x, shape, **({"allowzero": 1} if g.style == "dynamo" else {}))
    return g.Transpose(y, perm=[0, 2, 1, 3]) if transposed else y


def join_heads(g, x, width):
    """[b, h, s, d] to [b, s, h * d]."""
    y = g.Transpose(x, perm=[0, 2, 1, 3])
    return g.Reshape(y, g.shape(g.size(y, 0), g.size(y, 1), width))


def layer_norm(g, x, width):
    if g.opset >= 17:
        return g.LayerNormalization(x, g.weight(width, scale=1), g.weight(width, scale=0.1),
                                    axis=-1, epsilon=1e-5)
    mean = g.reduce("ReduceMean", x, [-1])
    centred = g.Sub(x, mean)
    variance = g.reduce("ReduceMean", g.Pow(centred, 2.0), [-1])
    normal = g.Div(centred, g.Sqrt(g.Add(variance, 1e-5)))
    return g.Add(g.Mul(normal, g.weight(width, scale=1)), g.weight(width, scale=0.1))


def rms_norm(g, x, width, plus_one=False):
    variance = g.reduce("ReduceMean", g.Pow(x, 2.0), [-1])
    root = g.Sqrt(g.Add(variance, 1e-6))
    normal = g.Mul(x, g.Reciprocal(root) if g.style == "dynamo" else g.Div(1.0, root))
    weight = g.weight(width, scale=1)
    return g.Mul(normal, g.Add(weight, 1.0) if plus_one else weight)


def transposed(g, k):
    return g.Transpose(k, perm=[0, 1, 3, 2])


def scores(g, q, k, channels, how="mul"):
    """q · kᵀ with the scale where exporters put it."""
    scale = 1 / math.sqrt(channels)
    kt = transposed(g, k)
    if how == "mul":
        return g.Mul(g.MatMul(q, kt), scale)
    if how == "div":
        return g.Div(g.MatMul(q, kt), math.sqrt(channels))
    if how == "q":
        return g.MatMul(g.Mul(q, scale), kt)
    if how == "q div":
        return g.MatMul(g.Div(q, math.sqrt(channels)), kt)
    if how == "k":
        return g.MatMul(q, g.Mul(kt, scale))
    if how == "both":
        return g.MatMul(g.Mul(q, math.sqrt(scale)), g.Mul(kt, math.sqrt(scale)))
    if how == "none":
        return g.MatMul(q, kt)
    # The rest reads the number of channels off a shape.
    size = g.Slice(g.Shape(q), [-1], [np.iinfo(np.int64).max], [0])
    number = g.Cast(size, to=1)
    if how == "run time div":
        return g.Div(g.MatMul(q, kt), g.Sqrt(number))
    if how == "run time both":
        # TorchScript's scaled_dot_product_attention.
        scale = g.Div(g.constant(np.array([1], np.float32)), g.Sqrt(number))
        return g.MatMul(g.Mul(q, g.Sqrt(scale)), g.Mul(kt, g.Sqrt(scale)))
    if how == "run time pow":
        root = g.Pow(g.Cast(g.length(q, 3), to=1), 0.5)
        return g.Div(g.MatMul(q, kt), root)
    raise ValueError(how)


def guarded(g, p):
    """The dynamo exporter's guard of masked softmax."""
    return g.Where(g.IsNaN(p), 0.0, p)


def repeat_heads(g, x, groups, how="expand"):
    """Keys' heads, each `groups` times in a row: [b, k, s, d] to [b, k * groups, s, d]."""
    b, k, s, d = (g.size(x, axis) for axis in range(4))
    if how == "expand":
        wide = g.expand(g.Unsqueeze(x, [2]), b, k, groups, s, d)
        return g.Reshape(wide, g.shape(b, g.Mul(k, [groups]), s, d))
    if how == "tile":
        # repeat_interleave as Unsqueeze, Tile, Reshape.
        wide = g.Tile(g.Unsqueeze(x, [2]), [1, 1, groups, 1, 1])
        return g.Reshape(wide, g.shape(b, -1, s, d))
    if how == "flatten":
        wide = g.Expand(g.Unsqueeze(x, [2]), [1, 1, groups, 1, 1])
        return g.Reshape(wide, g.shape(0, -1, s, d))
    raise ValueError(how)


def rotate_half(g, x, channels):
    low = g.slice(x, 3, 0, channels // 2)
    high = g.slice(x, 3, channels // 2)
    return g.Concat(g.Neg(high), low, axis=-1)


def rotary_tables(g, positions, channels, base=10000.0):
    """cos and sin of [b or 1, 1, s, d], computed from positions of [b or 1, s]."""
    inverse = (1 / base ** (np.arange(0, channels, 2) / channels)).astype(np.float32)
    column = g.initializer(inverse.reshape(1, -1, 1))
    row = g.Cast(g.Unsqueeze(positions, [1]), to=1)
    angles = g.Transpose(g.MatMul(column, row), perm=[0, 2, 1])
    both = g.Concat(angles, angles, axis=-1)
    return tuple(g.Unsqueeze(f, [1]) for f in (g.Cos(both), g.Sin(both)))


def rotary(g, x, tables, channels):
    cosine, sine = tables
    return g.Add(g.Mul(x, cosine), g.Mul(rotate_half(g, x, channels), sine))
