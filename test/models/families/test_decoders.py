"""Decoders: GPT-2, Llama, Mistral, Gemma, Qwen, Falcon, MPT, BLOOM, with causal masks as they come."""

import math

import numpy as np
import pytest
from checking import Case, attention, check
from graphs import BOOL, FLOAT, INT64, LOWEST, left_padding, right_padding, tokens
from layers import (guarded, join_heads, layer_norm, linear, repeat_heads, rms_norm, rotary,
                    rotary_tables, scores, split_heads, transposed)

TEXT = ({"b": 1, "s": 1}, {"b": 3, "s": 7}, {"b": 1, "s": 33})


def hidden(g, width):
    return g.input("x", FLOAT, ["b", "s", width])


def mix(g, x, p, v, width, out):
    y = linear(g, join_heads(g, g.MatMul(p, v), width), width, out, bias=False)
    g.output("y", g.Add(x, y), ["b", "s", out])


def masked(g, product, bias):
    return g.Softmax(g.Add(product, bias), axis=-1)


# Causal masks: mask(g, x, attention_mask) gives what is added to the scores.

def trilu_ones(g, x):
    """torch.tril(ones) as a table of booleans, dynamo's scaled_dot_product_attention."""
    s = g.size(x, 1)
    ones = g.Expand(True, g.shape(s, s)) if g.style == "dynamo" else None
    number = g.Cast(ones, to=1) if ones else g.ConstantOfShape(g.shape(s, s), value=one_of(1.0))
    lower = g.Trilu(number, upper=0)
    if g.style == "dynamo":
        return g.Where(g.Cast(lower, to=9), 0.0, float("-inf"))
    # TorchScript: zeros, masked_fill of the complement.
    live = g.Cast(lower, to=9)
    return g.Where(g.Not(live), float("-inf"), g.ConstantOfShape(g.shape(s, s), value=one_of(0.0)))


def one_of(number):
    from onnx import numpy_helper
    return numpy_helper.from_array(np.array([number], np.float32 if isinstance(number, float) else np.int64))


def trilu_minus_infinity(g, x):
    """torch.triu(full(-inf), 1): -inf above the diagonal, zero elsewhere."""
    s = g.size(x, 1)
    return g.Trilu(g.Expand(float("-inf"), g.shape(s, s)), 1, upper=1)


def trilu_lowest(g, x):
    """Llama since 4.36: triu of a full of the lowest, times whether a position is behind."""
    s = g.size(x, 1)
    full = g.ConstantOfShape(g.shape(s, s), value=one_of(LOWEST))
    upper = g.Trilu(full, 1, upper=1)
    at = g.Range(0, g.length(x, 1), 1)
    ahead = g.Greater(at, g.Reshape(at, [-1, 1]))
    product = g.Mul(upper, g.Cast(ahead, to=1))
    return g.Unsqueeze(g.Unsqueeze(product, [0]), [0])


def less(g, x):
    """Llama before: full of the lowest, masked_fill where key < query + 1."""
    s = g.size(x, 1)
    full = g.expand(LOWEST, s, s)
    at = g.Range(0, g.length(x, 1), 1)
    column = g.Reshape(g.Add(at, 1), g.shape(s, 1))
    filled = g.Where(g.Less(at, column), 0.0, full)
    return g.expand(g.Unsqueeze(g.Unsqueeze(filled, [0]), [0]), g.size(x, 0), 1, s, s)


def functions(g, x):
    """Mask functions since 4.53: Range comparisons joined by And, then Where."""
    s = g.size(x, 1)
    at = g.Range(0, g.length(x, 1), 1)
    keys, queries = g.Unsqueeze(at, [0, 1, 2]), g.Unsqueeze(at, [0, 1, 3])
    true = g.constant(np.array(True))
    live = g.And(true, g.LessOrEqual(keys, queries))
    return g.Where(g.Expand(live, g.shape(g.size(x, 0), 1, s, s)), 0.0, LOWEST)


def positions_compared(g, x):
    """Positions that were Cumsum of ones."""
    s = g.size(x, 1)
    ones = g.Expand(1, s)
    at = g.Sub(g.CumSum(ones, 0), 1)
    live = g.GreaterOrEqual(g.Unsqueeze(at, [1]), g.Unsqueeze(at, [0]))
    return g.Where(live, 0.0, float("-inf"))


def cumulated(g, x):
    """ones.tril() == 0 -> -inf."""
    s = g.size(x, 1)
    lower = g.Trilu(g.ConstantOfShape(g.shape(s, s), value=one_of(1)), 0, upper=0)
    return g.Where(g.Equal(lower, 0), float("-inf"), g.Cast(g.ConstantOfShape(g.shape(s, s), value=one_of(0)), to=1))


def buffer(g, x):
    """A triangle registered as a buffer, sliced to the length."""
    s = g.size(x, 1)
    table = g.initializer(np.triu(np.full((40, 40), -np.inf, np.float32), 1))
    return g.slice(g.slice(table, 0, 0, s), 1, 0, s)


def scattered(g, x):
    """mask[:, :, :, :s] = ... as ScatterND of a whole table."""
    s = g.size(x, 1)
    full = g.Expand(LOWEST, g.shape(s, s))
    at = g.Range(0, g.length(x, 1), 1)
    rows = g.Expand(g.Unsqueeze(at, [1]), g.shape(s, s))
    columns = g.Expand(g.Unsqueeze(at, [0]), g.shape(s, s))
    indices = g.Concat(g.Unsqueeze(rows, [-1]), g.Unsqueeze(columns, [-1]), axis=-1)
    values = g.Where(g.Greater(columns, rows), full, 0.0)
    return g.ScatterND(full, indices, values)


def causal(*spellings):
    """An attention per mask and scale, each an output; q and k are the same."""
    def build(g):
        width, heads = 24, 2
        x = hidden(g, width)
        q, k = (split_heads(g, linear(g, x, width, width, bias=False), heads, 12) for _ in range(2))
        for i, (mask, how) in enumerate(spellings):
            v = split_heads(g, linear(g, x, width, width, bias=False), heads, 12)
            p = masked(g, scores(g, q, k, 12, how), mask(g, x))
            y = join_heads(g, g.MatMul(guarded(g, p) if how == "both" else p, v), width)
            g.output(f"y{i}", y, ["b", "s", width])
    return build


def gpt2(fill):
    """Conv1D as Gemm, Split, and a buffer sliced by the keys' length; Where."""
    def build(g):
        width, heads = 36, 3
        ids = g.input("input_ids", INT64, ["b", "s"], tokens(50))
        rows = g.Reshape(ids, g.shape(-1, g.size(ids, 1)))
        at = g.Unsqueeze(g.Range(0, g.length(ids, 1), 1), [0])
        x = g.Add(g.Gather(g.weight(50, width, scale=1), rows, axis=0), g.Gather(g.weight(40, width, scale=1), at, axis=0))
        flat = g.Reshape(layer_norm(g, x, width), g.shape(-1, g.size(x, 2)))
        packed = g.Gemm(flat, g.weight(width, 3 * width), g.weight(3 * width, scale=0.1))
        packed = g.Reshape(packed, g.shape(g.size(x, 0), g.size(x, 1), 3 * width))
        q, k, v = (split_heads(g, part, heads, 12) for part in g.split(packed, 3, axis=2, sizes=[width] * 3))
        product = scores(g, q, k, 12, "div")
        keys, queries = g.size(k, 2), g.size(q, 2)
        table = g.constant(np.tri(40, dtype=bool).reshape(1, 1, 40, 40))
        part = g.slice(g.slice(table, 2, g.Sub(keys, queries), keys), 3, 0, keys)
        p = g.Softmax(g.Where(part, product, fill), axis=-1)
        mix(g, x, g.Cast(p, to=1), v, width, width)
    return build


def llama(mask, repeat, how, heads=4, kv_heads=2, channels=10, window=None):
    def build(g):
        width = heads * channels
        ids = g.input("input_ids", INT64, ["b", "s"], tokens(50))
        live = g.input("attention_mask", INT64, ["b", "s"], mask)
        x = g.Gather(g.weight(50, width, scale=1), ids, axis=0)
        y = rms_norm(g, x, width)
        q = split_heads(g, linear(g, y, width, width, bias=False), heads, channels)
        k, v = (split_heads(g, linear(g, y, width, kv_heads * channels, bias=False), kv_heads, channels) for _ in range(2))
        positions = g.Sub(g.CumSum(live, 1), 1)
        positions = g.Where(g.Equal(live, 0), 1, positions)
        tables = rotary_tables(g, positions, channels)
        q, k = (rotary(g, part, tables, channels) for part in (q, k))
        k, v = (repeat_heads(g, part, heads // kv_heads, repeat) for part in (k, v))
        at = g.Range(0, g.length(ids, 1), 1)
        keys, queries = g.Unsqueeze(at, [0, 1, 2]), g.Unsqueeze(at, [0, 1, 3])
        seen = g.LessOrEqual(keys, queries)
        if window:
            seen = g.And(seen, g.Greater(keys, g.Sub(queries, window)))
        both = g.And(seen, g.Unsqueeze(g.Cast(live, to=9), [1, 2]))
        bias = g.Where(both, 0.0, LOWEST)
        mix(g, x, masked(g, scores(g, q, k, channels, how), bias), v, width, width)
    return build


def llama_masked_fill(g):
    """4.36 to 4.52: the causal mask is filled where causal + padding is zero, through ScatterND's
    like of slice assignment; here as the Where that follows when the slice is everything."""
    heads, channels, width = 2, 8, 16
    ids = g.input("input_ids", INT64, ["b", "s"], tokens(50))
    live = g.input("attention_mask", INT64, ["b", "s"], left_padding)
    x = g.Gather(g.weight(50, width, scale=1), ids, axis=0)
    q, k, v = (split_heads(g, linear(g, x, width, width, bias=False), heads, channels) for _ in range(3))
    b, s = g.size(ids, 0), g.size(ids, 1)
    upper = g.Trilu(g.ConstantOfShape(g.shape(s, s), value=one_of(LOWEST)), 1, upper=1)
    at = g.Range(0, g.length(ids, 1), 1)
    product = g.Mul(upper, g.Cast(g.Greater(at, g.Reshape(at, [-1, 1])), to=1))
    wide = g.expand(g.Unsqueeze(g.Unsqueeze(product, [0]), [0]), b, 1, -1 if g.style == "torchscript" else s, -1 if g.style == "torchscript" else s)
    padding = g.Add(wide, g.Cast(g.Unsqueeze(g.Unsqueeze(live, [1]), [1]), to=1))
    bias = g.Where(g.Equal(padding, 0.0), LOWEST, wide)
    mix(g, x, masked(g, scores(g, q, k, channels, "div"), bias), v, width, width)


def gemma(g):
    """RMS norm of 1 + w, a scaled embedding, a query scale of its own, one kv head."""
    heads, channels, width = 4, 8, 20
    ids = g.input("input_ids", INT64, ["b", "s"], tokens(50))
    x = g.Mul(g.Gather(g.weight(50, width, scale=1), ids, axis=0), math.sqrt(width))
    y = rms_norm(g, x, width, plus_one=True)
    q = split_heads(g, linear(g, y, width, heads * channels, bias=False), heads, channels)
    k, v = (split_heads(g, linear(g, y, width, channels, bias=False), 1, channels) for _ in range(2))
    at = g.Unsqueeze(g.Range(0, g.length(ids, 1), 1), [0])
    tables = rotary_tables(g, at, channels)
    q, k = (rotary(g, part, tables, channels) for part in (q, k))
    k, v = (repeat_heads(g, part, heads) for part in (k, v))
    product = g.Mul(g.MatMul(q, transposed(g, k)), 0.25)
    y = join_heads(g, g.MatMul(masked(g, product, functions(g, x)), v), heads * channels)
    g.output("y", g.Add(x, linear(g, y, heads * channels, width, bias=False)), ["b", "s", width])


SLOPES = np.array([0.5, 0.25, 0.125, 0.0625], np.float32)


def bloom(g):
    """Fused [heads, 3, d], BMMs of rank 3, ALiBi of key positions from the mask's running sum."""
    heads, channels, width = 4, 6, 24
    live = g.input("attention_mask", INT64, ["b", "s"], right_padding)
    x = hidden(g, width)
    b, s = g.size(x, 0), g.size(x, 1)
    packed = g.Reshape(linear(g, x, width, 3 * width), g.shape(b, s, heads, 3, channels))
    q, k, v = (g.Gather(packed, i, axis=3) for i in range(3))
    flat = g.Mul(b, [heads])
    q = g.Reshape(g.Transpose(q, perm=[0, 2, 1, 3]), g.shape(flat, s, channels))
    k = g.Reshape(g.Transpose(k, perm=[0, 2, 3, 1]), g.shape(flat, channels, s))
    v = g.Reshape(g.Transpose(v, perm=[0, 2, 1, 3]), g.shape(flat, s, channels))
    places = g.Unsqueeze(g.Mul(g.Sub(g.CumSum(live, 1), 1), live), [1])
    alibi = g.Mul(g.constant(SLOPES.reshape(4, 1)), g.Cast(places, to=1))
    alibi = g.Reshape(alibi, g.shape(flat, 1, s))
    product = g.Add(alibi, g.Mul(g.MatMul(q, k), 1 / math.sqrt(channels)))
    wide = g.Reshape(product, g.shape(b, heads, s, s))
    at = g.Range(0, g.length(x, 1), 1)
    dead = g.Or(g.Less(g.Unsqueeze(at, [1]), g.Unsqueeze(at, [0])), g.Unsqueeze(g.Not(g.Cast(live, to=9)), [1, 2]))
    p = g.Softmax(g.Where(dead, LOWEST, wide), axis=-1)
    y = g.MatMul(g.Reshape(p, g.shape(flat, s, s)), v)
    y = g.Transpose(g.Reshape(y, g.shape(b, heads, s, channels)), perm=[0, 2, 1, 3])
    g.output("y", g.Add(x, linear(g, g.Reshape(y, g.shape(b, s, width)), width, width)), ["b", "s", width])


def alibi(place):
    """MPT: slopes · (key − keys + 1); or slopes · (key − query), or − slopes · |key − query|."""
    def build(g):
        heads, channels, width = 4, 7, 28
        x = hidden(g, width)
        q, k, v = (split_heads(g, linear(g, x, width, width, bias=False), heads, channels) for _ in range(3))
        s = g.length(x, 1)
        slopes = g.constant(SLOPES.reshape(1, 4, 1, 1))
        if place == "mpt":
            keys = g.Cast(g.Range(g.Sub(1, s), 1, 1), to=1)
            bias = g.Mul(g.Reshape(keys, g.shape(1, 1, 1, g.size(x, 1))), slopes)
        else:
            at = g.Range(0, s, 1)
            distance = g.Sub(g.Unsqueeze(at, [0]), g.Unsqueeze(at, [1]))
            if place == "distance":
                distance = g.Neg(g.Abs(distance))
            bias = g.Mul(g.Cast(distance, to=1), slopes)
        product = g.Add(scores(g, q, k, channels), bias)
        p = g.Softmax(g.Add(product, trilu_lowest(g, x)), axis=-1)
        mix(g, x, p, v, width, width)
    return build


def falcon(g):
    """Multi-query: heads + 2 in one projection; keys and values broadcast as one head."""
    heads, channels, width = 5, 8, 40
    x = hidden(g, width)
    b, s = g.size(x, 0), g.size(x, 1)
    packed = g.Reshape(linear(g, x, width, (heads + 2) * channels, bias=False), g.shape(b, s, heads + 2, channels))
    parts = [g.slice(packed, 2, 0, -2), g.slice(packed, 2, -2, -1), g.slice(packed, 2, -1)]
    q, k, v = (g.Transpose(part, perm=[0, 2, 1, 3]) for part in parts)
    at = g.Unsqueeze(g.Range(0, g.length(x, 1), 1), [0])
    tables = rotary_tables(g, at, channels)
    q, k = (rotary(g, part, tables, channels) for part in (q, k))
    p = masked(g, scores(g, q, k, channels, "both"), less(g, x))
    mix(g, x, p, v, width, width)


def einsum(g):
    heads, channels, width = 3, 20, 60
    x = hidden(g, width)
    q, k, v = (split_heads(g, linear(g, x, width, width), heads, channels, transposed=False) for _ in range(3))
    product = g.Div(g.Einsum(q, k, equation="bqhd,bkhd->bhqk"), math.sqrt(channels))
    p = masked(g, product, trilu_minus_infinity(g, x))
    y = g.Einsum(p, v, equation="bhqk,bkhd->bqhd")
    y = g.Reshape(y, g.shape(g.size(x, 0), g.size(x, 1), width))
    g.output("y", linear(g, y, width, width), ["b", "s", width])


C = "causal"
ALL = f"{C} & padding(keys)"
CASES = {
    "causal dynamo": Case(causal((trilu_ones, "both"), (functions, "both"), (cumulated, "k"), (positions_compared, "k"),
                                 (buffer, "q"), (less, "mul")), [attention(2, 12, mask=C)] * 6, TEXT),
    "causal torchscript": Case(causal((trilu_ones, "run time both"), (trilu_minus_infinity, "mul"), (trilu_lowest, "div"),
                                      (less, "q div"), (scattered, "run time div"), (cumulated, "run time pow")),
                               [attention(2, 12, mask=C)] * 6, TEXT, style="torchscript", opset=16),
}
CASES |= {
    "gpt2 lowest": Case(gpt2(LOWEST), [attention(3, 12, mask=C)], TEXT, style="torchscript", opset=13),
    "llama right": Case(llama(right_padding, "expand", "both"), [attention(4, 10, kv_heads=2, mask=ALL, position="rotary")], TEXT),
    "llama left": Case(llama(left_padding, "expand", "div"), [attention(4, 10, kv_heads=2, mask=ALL, position="rotary")], TEXT, style="torchscript"),
    "mistral": Case(llama(left_padding, "flatten", "mul", 6, 3, 8, window=4),
                    [attention(6, 8, kv_heads=3, mask="window(left=3, causal) & padding(keys)", position="rotary")], TEXT, opset=20),
    "qwen tile": Case(llama(right_padding, "tile", "mul", 4, 1, 6), [attention(4, 6, kv_heads=1, mask=ALL, position="rotary")], TEXT, style="torchscript"),
    "llama masked fill": Case(llama_masked_fill, [attention(2, 8, mask=ALL)], TEXT, style="torchscript", opset=17),
    "gemma": Case(gemma, [attention(4, 8, kv_heads=1, scale="0.25", mask=C, position="rotary")], TEXT),
    "bloom": Case(bloom, [attention(4, 6, mask=ALL, bias="alibi(slopes, positions=operand)")],
                  TEXT, style="torchscript"),
    "mpt": Case(alibi("mpt"), [attention(4, 7, mask=C, bias="alibi(slopes)")], TEXT, style="torchscript"),
    "alibi": Case(alibi("relative"), [attention(4, 7, mask=C, bias="alibi(slopes)")], TEXT),
    "alibi distance": Case(alibi("distance"), [attention(4, 7, mask=C, bias="toeplitz")], TEXT),
    "falcon": Case(falcon, [attention(5, 8, kv_heads=1, mask=C, position="rotary")], TEXT),
    "einsum": Case(einsum, [attention(3, 20, mask=C)], TEXT),
}


@pytest.mark.parametrize("name", CASES)
def test_decoder(attune, tmp_path, name):
    check(attune, tmp_path, CASES[name])
