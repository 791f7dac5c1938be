"""Encoders: BERT, DistilBERT, RoBERTa, ModernBERT, ViT, as both exporters write them."""

import numpy as np
import pytest
from checking import Case, attention, check
from graphs import BOOL, FLOAT, INT64, LOWEST, right_padding, tokens
from layers import (guarded, join_heads, layer_norm, linear, rotary, rotary_tables, scores,
                    split_heads, transposed)

TEXT = ({"b": 1, "s": 1}, {"b": 3, "s": 7}, {"b": 1, "s": 33})


def text_inputs(g):
    ids = g.input("input_ids", INT64, ["b", "s"], tokens(50))
    return ids, g.input("attention_mask", INT64, ["b", "s"], right_padding)


def embed(g, ids, width, positions=40):
    words = g.Gather(g.weight(50, width, scale=1), ids, axis=0)
    if positions == 0:
        return words
    buffer = g.constant(np.arange(positions).reshape(1, -1))
    places = g.slice(buffer, 1, 0, g.size(ids, 1))
    return g.Add(words, g.Gather(g.weight(positions, width, scale=1), places, axis=0))


def project(g, x, width, heads, how="matmul"):
    """q, k and v by head."""
    return [split_heads(g, linear(g, x, width, width, how=how), heads, width // heads)
            for _ in range(3)]


def finish(g, x, mixed, width, hidden=None, how="matmul"):
    y = layer_norm(g, g.Add(linear(g, join_heads(g, mixed, width), width, width, how=how), x), width)
    if hidden:
        up = linear(g, y, width, hidden, how=how)
        act = g.Mul(g.Mul(up, g.Add(g.Erf(g.Div(up, 1.4142135)), 1.0)), 0.5)
        y = layer_norm(g, g.Add(linear(g, act, hidden, width, how=how), y), width)
    return y


def inverted(g, mask):
    """BERT's (1 - mask) * lowest."""
    wide = g.Cast(g.Unsqueeze(g.Unsqueeze(mask, [1]), [2]), to=1)
    return g.Mul(g.Sub(1.0, wide), LOWEST)


def bert(how="div", low=LOWEST, linear_how="matmul", layers=1, width=48, heads=3):
    def build(g):
        ids, mask = text_inputs(g)
        x = layer_norm(g, embed(g, ids, width), width)
        wide = g.Cast(g.Unsqueeze(mask, [1, 2]), to=1)
        bias = g.Mul(g.Sub(1.0, wide), low)
        for _ in range(layers):
            q, k, v = project(g, x, width, heads, linear_how)
            p = g.Softmax(g.Add(scores(g, q, k, width // heads, how), bias), axis=-1)
            dropped, = [g.Dropout(p, 0.1, False)]
            x = finish(g, x, g.MatMul(dropped, v), width, 2 * width, linear_how)
        g.output("last_hidden_state", x, ["b", "s", width])
        pooled = g.Tanh(linear(g, g.Gather(x, 0, axis=1), width, width, how="matmul"))
        g.output("pooler_output", pooled, ["b", width])
    return build


def bert_where(g):
    """Masks since transformers 4.38: Expand, 1 - mask, and masked_fill by its own truth."""
    width, heads = 32, 2
    ids, mask = text_inputs(g)
    x = layer_norm(g, embed(g, ids, width), width)
    b, s = g.size(ids, 0), g.size(ids, 1)
    wide = g.expand(g.Unsqueeze(g.Unsqueeze(mask, [1]), [2]), b, 1, s, s)
    dead = g.Sub(1.0, g.Cast(wide, to=1))
    bias = g.Where(g.Cast(dead, to=9), LOWEST, dead)
    q, k, v = project(g, x, width, heads)
    p = g.Softmax(g.Add(scores(g, q, k, 16, "run time both"), bias), axis=-1)
    g.output("y", finish(g, x, g.MatMul(p, v), width), ["b", "s", width])


def bert_sdpa(g):
    """The dynamo exporter on mask functions: a table of booleans, -inf, a guard."""
    width, heads = 60, 3
    ids, mask = text_inputs(g)
    x = layer_norm(g, embed(g, ids, width), width)
    b, s = g.size(ids, 0), g.size(ids, 1)
    rows = g.Range(0, g.Squeeze(b), 1)
    keys = g.Range(0, g.Squeeze(s), 1)
    live = g.Cast(mask, to=9)
    at_rows, at_keys = g.Unsqueeze(rows, [1, 2, 3]), g.Unsqueeze(keys, [0, 1, 2])
    shape = g.Max(g.Shape(at_rows), g.Shape(at_keys))
    indices = g.Concat(g.Unsqueeze(g.Expand(at_rows, shape), [-1]),
                       g.Unsqueeze(g.Expand(at_keys, shape), [-1]), axis=-1)
    padded = g.GatherND(live, indices, batch_dims=0)
    queries = g.Unsqueeze(keys, [0, 1, 3])
    true = g.And(g.GreaterOrEqual(queries, 0), padded)
    table = g.Expand(true, g.shape(b, 1, s, s))
    bias = g.Where(table, 0.0, float("-inf"))
    q, k, v = project(g, x, width, heads)
    p = guarded(g, g.Softmax(g.Add(scores(g, q, k, 20, "both"), bias), axis=-1))
    g.output("y", finish(g, x, g.MatMul(p, v), width), ["b", "s", width])


def distilbert(fill):
    def build(g):
        width, heads = 24, 3
        ids, mask = text_inputs(g)
        x = layer_norm(g, embed(g, ids, width), width)
        q, k, v = project(g, x, width, heads)
        product = scores(g, q, k, 8, "q div")
        dead = g.Equal(mask, 0)
        shape = g.shape(g.size(mask, 0), 1, 1, g.size(k, 2))
        wide = g.Expand(g.Reshape(dead, shape), g.Shape(product))
        p = g.Softmax(g.Where(wide, fill, product), axis=-1)
        g.output("y", finish(g, x, g.MatMul(p, v), width), ["b", "s", width])
    return build


def roberta_positions(g):
    """Positions from a running sum over tokens that are no padding."""
    width, heads = 32, 2
    ids, mask = text_inputs(g)
    number = g.Cast(g.Not(g.Equal(ids, 1)), to=6)
    places = g.Add(g.Mul(g.CumSum(number, 1), number), g.constant(np.array(1, np.int32)))
    words = g.Gather(g.weight(50, width, scale=1), ids, axis=0)
    x = layer_norm(g, g.Add(words, g.Gather(g.weight(60, width, scale=1), g.Cast(places, to=7), axis=0)), width)
    q, k, v = project(g, x, width, heads)
    p = g.Softmax(g.Add(scores(g, q, k, 16, "div"), inverted(g, mask)), axis=-1)
    g.output("y", finish(g, x, g.MatMul(p, v), width), ["b", "s", width])


def packed_qkv(g, x, heads, channels):
    """One projection of [3, heads, channels], as ModernBERT reshapes it."""
    width = heads * channels
    qkv = g.Reshape(linear(g, x, width, 3 * width, bias=False), [0, -1, 3, heads, channels])
    parts = g.Transpose(qkv, perm=[0, 3, 2, 1, 4])
    return [g.Squeeze(part, [2]) for part in g.split(parts, 3, axis=2, sizes=[1, 1, 1])]


def modernbert(exporter_mask):
    def build(g):
        width, heads, channels = 32, 2, 16
        ids, mask = text_inputs(g)
        x = embed(g, ids, width, positions=0)
        b, s = g.size(ids, 0), g.size(ids, 1)
        keys = g.Range(0, g.length(ids, 1), 1)
        positions = g.Unsqueeze(keys, [0])
        wide = g.expand(g.Unsqueeze(g.Unsqueeze(mask, [1]), [2]), b, 1, s, s)
        dead = g.Sub(1.0, g.Cast(wide, to=1))
        everywhere = g.Where(g.Cast(dead, to=9), LOWEST, dead)
        rows = g.Unsqueeze(keys, [0])
        distance = g.Abs(g.Sub(rows, g.Transpose(rows, perm=[1, 0])))
        near = g.Unsqueeze(g.Unsqueeze(g.LessOrEqual(distance, 3), [0]), [0])
        local = g.Where(g.Not(near), LOWEST, everywhere)
        for bias, base in ((everywhere, 160000.0), (local, 10000.0)):
            q, k, v = packed_qkv(g, x, heads, channels)
            tables = rotary_tables(g, positions, channels, base)
            q, k = (rotary(g, part, tables, channels) for part in (q, k))
            p = g.Softmax(g.Add(scores(g, q, k, channels, exporter_mask), bias), axis=-1)
            x = finish(g, x, g.MatMul(p, v), width)
        g.output("y", x, ["b", "s", width])
    return build


def vit(g):
    width, heads = 36, 3
    x = g.input("pixel_values", FLOAT, ["b", 3, 24, 24])
    patches = g.Conv(x, g.weight(width, 3, 8, 8, scale=0.1), g.weight(width, scale=0.1),
                     kernel_shape=[8, 8], strides=[8, 8])
    b = g.size(x, 0)
    flat = g.Reshape(patches, g.shape(b, width, -1))
    rows = g.Transpose(flat, perm=[0, 2, 1])
    first = g.expand(g.weight(1, 1, width), b, -1 if g.style == "torchscript" else 1, width if g.style == "dynamo" else -1)
    x = g.Add(g.Concat(first, rows, axis=1), g.weight(1, 10, width))
    q, k, v = project(g, layer_norm(g, x, width), width, heads)
    p = g.Softmax(scores(g, q, k, 12, "run time div"), axis=-1)
    x = g.Add(x, linear(g, join_heads(g, g.MatMul(p, v), width), width, width))
    g.output("logits", linear(g, g.Gather(layer_norm(g, x, width), 0, axis=1), width, 7), ["b", 7])


def timm(g):
    """timm's block: one projection, [b, n, 3, h, d] to [3, b, h, n, d], unbound by Gather."""
    width, heads, channels = 36, 3, 12
    x = g.input("x", FLOAT, ["b", "n", width])
    b, n = g.size(x, 0), g.size(x, 1)
    qkv = g.Reshape(linear(g, layer_norm(g, x, width), width, 3 * width), g.shape(b, n, 3, heads, channels))
    parts = g.Transpose(qkv, perm=[2, 0, 3, 1, 4])
    q, k, v = (g.Gather(parts, i, axis=0) for i in range(3))
    p = g.Softmax(g.MatMul(g.Mul(q, 12 ** -0.5), transposed(g, k)), axis=-1)
    y = g.Reshape(g.Transpose(g.MatMul(p, v), perm=[0, 2, 1, 3]), g.shape(b, n, width))
    g.output("y", g.Add(x, linear(g, y, width, width)), ["b", "n", width])


def fast_path(g):
    """torch.nn.MultiheadAttention: [s, b, e], heads in the batch, BMMs of rank 3."""
    width, heads, channels = 40, 4, 10
    x = g.input("x", FLOAT, ["s", "b", width])
    dead = g.input("key_padding_mask", BOOL, ["b", "s"], lambda r, s: ~right_padding(r, s))
    s, b = g.size(x, 0), g.size(x, 1)
    packed = g.Add(g.MatMul(x, g.weight(width, 3 * width)), g.weight(3 * width, scale=0.1))
    parts = g.Reshape(packed, g.shape(s, b, 3, width))
    turned = g.Squeeze(g.Transpose(g.Unsqueeze(parts, [0]), perm=[3, 1, 2, 0, 4]), [3])
    flat = g.Mul(b, [heads])
    q, k, v = (g.Transpose(g.Reshape(g.Gather(turned, i, axis=0), g.shape(s, flat, channels)),
                           perm=[1, 0, 2]) for i in range(3))
    rows = g.Reshape(dead, g.shape(b, 1, 1, s))
    wide = g.Reshape(g.expand(rows, b, heads, 1, s), g.shape(flat, 1, s))
    bias = g.Where(wide, float("-inf"), 0.0)
    product = g.MatMul(g.Mul(q, channels ** -0.5), g.Transpose(k, perm=[0, 2, 1]))
    p = g.Softmax(g.Add(bias, product), axis=-1)
    y = g.Reshape(g.Transpose(g.MatMul(p, v), perm=[1, 0, 2]), g.shape(g.Mul(s, b), width))
    y = g.Gemm(y, g.weight(width, width), g.weight(width, scale=0.1), transB=1)
    g.output("y", g.Reshape(y, g.shape(s, b, width)), ["s", "b", width])


PADDED = "padding(keys)"
CASES = {
    "bert torchscript": Case(bert(), [attention(3, 16, mask=PADDED)], TEXT, style="torchscript"),
    "bert gemm": Case(bert("both", linear_how="gemm", layers=2), [attention(3, 16, mask=PADDED)] * 2, TEXT),
    "bert -10000": Case(bert(low=-10000.0), [attention(3, 16, mask=PADDED)], TEXT,
                        style="torchscript", opset=13),
    "bert where": Case(bert_where, [attention(2, 16, mask=PADDED)], TEXT, style="torchscript", opset=17),
    "bert sdpa": Case(bert_sdpa, [attention(3, 20, mask=PADDED)], TEXT),
    "distilbert lowest": Case(distilbert(LOWEST), [attention(3, 8, mask=PADDED)], TEXT, style="torchscript"),
    "roberta": Case(roberta_positions, [attention(2, 16, mask=PADDED)], TEXT, style="torchscript"),
    "modernbert torchscript": Case(modernbert("run time both"),
        [attention(2, 16, mask=PADDED, position="rotary"),
         attention(2, 16, mask="window(left=3, right=3) & padding(keys)", position="rotary")],
        TEXT, style="torchscript", opset=14),
    "vit dynamo": Case(vit, [attention(3, 12)], ({"b": 1}, {"b": 3})),
    "timm": Case(timm, [attention(3, 12)], ({"b": 1, "n": 1}, {"b": 2, "n": 9}), style="torchscript"),
    "multihead": Case(fast_path, [attention(4, 10, mask=PADDED)], ({"b": 1, "s": 1}, {"b": 3, "s": 7}), style="torchscript"),
}


@pytest.mark.parametrize("name", CASES)
def test_encoder(attune, tmp_path, name):
    check(attune, tmp_path, CASES[name])
