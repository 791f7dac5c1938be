"""The same attention in other shapes: static sizes, grouped queries in five dimensions, transposes
in each position, keys wider than values, subgraphs, narrow types, ONNX's and ONNX Runtime's own."""

import math

import numpy as np
import pytest
from checking import Case, attention, check
from graphs import BOOL, FLOAT, INT64, INT32, LARGEST, LOWEST, left_padding, right_padding
from layers import join_heads, linear, repeat_heads, rotary, rotary_tables, scores, split_heads, transposed
from onnx import TensorProto, helper

TEXT = ({"b": 1, "s": 1}, {"b": 3, "s": 7}, {"b": 1, "s": 33})
SEVEN = ({"b": 1, "s": 7}, {"b": 3, "s": 7})
WIDTH = 24


def bias_of(g, x):
    s = g.size(x, 1)
    at = g.Range(0, g.length(x, 1), 1)
    return g.Where(g.LessOrEqual(g.Unsqueeze(at, [0]), g.Unsqueeze(at, [1])), 0.0, LOWEST)


def static(three):
    """Everything fixed, a batch of one; heads in the batch of a BMM when `three`."""
    def build(g):
        x = g.input("x", FLOAT, [1, 9, WIDTH])
        q, k, v = (g.Transpose(g.Reshape(linear(g, x, WIDTH, WIDTH), [1, 9, 3, 8]), perm=[0, 2, 1, 3]) for _ in range(3))
        bias = g.initializer(np.triu(np.full((9, 9), LOWEST, np.float32), 1))
        if three:
            q, k, v = (g.Reshape(part, [3, 9, 8]) for part in (q, k, v))
            p = g.Softmax(g.Add(g.Div(g.MatMul(q, g.Transpose(k, perm=[0, 2, 1])), math.sqrt(8)), bias), axis=-1)
            y = g.Reshape(g.MatMul(p, v), [1, 3, 9, 8])
        else:
            y = g.MatMul(g.Softmax(g.Add(scores(g, q, k, 8), bias), axis=-1), v)
        g.output("y", g.Reshape(g.Transpose(y, perm=[0, 2, 1, 3]), [1, 9, WIDTH]), [1, 9, WIDTH])
    return build


def example_sizes(mask_how):
    """torch.nn.MultiheadAttention by TorchScript: the length of the example stands in its reshapes."""
    def build(g):
        x = g.Transpose(g.input("x", FLOAT, ["b", "s", WIDTH]), perm=[1, 0, 2])
        b = g.size(x, 1)
        rows = g.Mul(b, 3)
        q, k, v = (g.Transpose(g.Reshape(linear(g, x, WIDTH, WIDTH), g.shape(7, rows, 8)), perm=[1, 0, 2]) for _ in range(3))
        if mask_how == "padding":
            m = g.input("m", INT64, ["b", "s"], right_padding)
            dead = g.Expand(g.Reshape(g.Equal(m, 0), g.shape(b, 1, 1, 7)), g.shape(b, 3, 1, 7))
            bias = g.Reshape(g.Where(dead, float("-inf"), 0.0), g.shape(rows, 1, 7))
        else:
            s = g.size(x, 0)
            ones = g.ConstantOfShape(g.shape(s, s), value=helper.make_tensor("one", FLOAT, [1], [1.0]))
            bias = g.Unsqueeze(g.Where(g.Cast(g.Trilu(ones, 1, upper=1), to=BOOL), float("-inf"), 0.0), [0])
        product = g.MatMul(g.Mul(q, 8**-0.5), g.Transpose(k, perm=[0, 2, 1]))
        y = g.MatMul(g.Softmax(g.Add(product, bias), axis=-1), v)
        y = g.Reshape(g.Transpose(y, perm=[1, 0, 2]), g.shape(g.Mul(b, 7), WIDTH))
        y = g.Reshape(linear(g, y, WIDTH, WIDTH), g.shape(7, b, WIDTH))
        g.output("y", g.Transpose(y, perm=[1, 0, 2]), ["b", "s", WIDTH])
    return build


def grouped(how):
    """Queries as [b, kv, group, s, d] against [b, kv, 1, t, d], or an Einsum."""
    heads, kv, d = 6, 2, 4

    def build(g):
        x = g.input("x", FLOAT, ["b", "s", WIDTH])
        b, s = g.size(x, 0), g.size(x, 1)
        q, k, v = (linear(g, x, WIDTH, n * d, bias=False) for n in (heads, kv, kv))
        if how == "einsum":
            q = g.Reshape(q, g.shape(b, s, kv, heads // kv, d))
            k, v = (g.Reshape(part, g.shape(b, s, kv, d)) for part in (k, v))
            product = g.Mul(g.Einsum(q, k, equation="bskgd,btkd->bkgst"), 0.5)
            p = g.Softmax(g.Add(product, bias_of(g, x)), axis=-1)
            y = g.Einsum(p, v, equation="bkgst,btkd->bskgd")
        else:
            q = g.Transpose(g.Reshape(q, g.shape(b, s, kv, heads // kv, d)), perm=[0, 2, 3, 1, 4])
            k = g.Unsqueeze(g.Transpose(g.Reshape(k, g.shape(b, s, kv, d)), perm=[0, 2, 3, 1]), [2])
            v = g.Unsqueeze(g.Transpose(g.Reshape(v, g.shape(b, s, kv, d)), perm=[0, 2, 1, 3]), [2])
            p = g.Softmax(g.Add(g.Mul(g.MatMul(q, k), 0.5), bias_of(g, x)), axis=-1)
            y = g.Transpose(g.MatMul(p, v), perm=[0, 3, 1, 2, 4])
        y = g.Reshape(y, g.shape(b, s, heads * d))
        g.output("y", linear(g, y, heads * d, WIDTH), ["b", "s", WIDTH])
    return build


def multi_query_rows(g):
    """One key head: the queries' heads are rows of one product."""
    heads, d = 4, 6
    x = g.input("x", FLOAT, ["b", "s", WIDTH])
    b, s = g.size(x, 0), g.size(x, 1)
    q = g.Transpose(g.Reshape(linear(g, x, WIDTH, heads * d), g.shape(b, s, heads, d)), perm=[0, 2, 1, 3])
    k, v = (linear(g, x, WIDTH, d) for _ in range(2))
    kt = g.Unsqueeze(g.Transpose(k, perm=[0, 2, 1]), [1])
    p = g.Softmax(g.Add(g.Mul(g.MatMul(q, kt), d ** -0.5), bias_of(g, x)), axis=-1)
    g.output("y", join_heads(g, g.MatMul(p, g.Unsqueeze(v, [1])), heads * d), ["b", "s", heads * d])


def alibi_table(g):
    """MPT's biases: the last columns of a table, and as dynamo writes it its last row."""
    heads, d = 3, 8
    x = g.input("x", FLOAT, ["b", "s", WIDTH])
    s = g.length(x, 1)
    slopes = 2.0 ** -np.arange(1, heads + 1).reshape(heads, 1, 1)
    table = g.initializer((np.arange(-63, 1).reshape(1, 1, 64) * slopes).astype(np.float32))
    if g.style == "dynamo":
        table = g.Slice(table, g.Reshape(g.Max(0, g.Sub(1, s)), [1]), [LARGEST], [1], [1])
    bias = g.Slice(table, g.Reshape(g.Sub(64, s), [1]), [LARGEST], [2], [1])
    q, k, v = (split_heads(g, linear(g, x, WIDTH, WIDTH), heads, d) for _ in range(3))
    w = g.Add(g.Add(scores(g, q, k, d), bias), bias_of(g, x))
    g.output("y", join_heads(g, g.MatMul(g.Softmax(w, axis=-1), v), WIDTH), ["b", "s", WIDTH])


def sequence_first(g):
    """[s, b, e] all through: fairseq's and Megatron's order."""
    heads, d = 3, 8
    x = g.input("x", FLOAT, ["s", "b", WIDTH])
    s, b = g.size(x, 0), g.size(x, 1)
    flat = g.Mul(b, [heads])
    q, k, v = (g.Reshape(linear(g, x, WIDTH, WIDTH), g.shape(s, flat, d)) for _ in range(3))
    q = g.Transpose(g.Mul(q, d ** -0.5), perm=[1, 0, 2])
    p = g.Softmax(g.MatMul(q, g.Transpose(k, perm=[1, 2, 0])), axis=-1)
    y = g.Transpose(g.MatMul(p, g.Transpose(v, perm=[1, 0, 2])), perm=[1, 0, 2])
    g.output("y", g.Reshape(y, g.shape(s, b, WIDTH)), ["s", "b", WIDTH])


def turned(g):
    """k · qᵀ, a softmax over the middle, vᵀ · p: everything transposed."""
    heads, d, e = 2, 12, 5
    x = g.input("x", FLOAT, ["b", "s", WIDTH])
    b, s = g.size(x, 0), g.size(x, 1)
    q = g.Transpose(g.Reshape(linear(g, x, WIDTH, heads * d), g.shape(b, s, heads, d)), perm=[0, 2, 3, 1])
    k = g.Transpose(g.Reshape(linear(g, x, WIDTH, heads * d), g.shape(b, s, heads, d)), perm=[0, 2, 1, 3])
    v = g.Transpose(g.Reshape(linear(g, x, WIDTH, heads * e), g.shape(b, s, heads, e)), perm=[0, 2, 3, 1])
    p = g.Softmax(g.Mul(g.MatMul(k, q), d ** -0.5), axis=-2)
    y = g.Transpose(g.MatMul(v, p), perm=[0, 3, 1, 2])
    g.output("y", g.Reshape(y, g.shape(b, s, heads * e)), ["b", "s", heads * e])


def batched_mask(g):
    """A mask of booleans per batch and head, as the torch module repeats it: [b · h, s, s]."""
    heads, d = 3, 8
    x = g.input("x", FLOAT, ["b", "s", WIDTH])
    live = g.input("live", BOOL, ["3 * b", "s", "s"], lambda r, s: (r.random(s) < 0.5) | np.eye(s[1], dtype=bool))
    b, s = g.size(x, 0), g.size(x, 1)
    flat = g.shape(g.Mul(b, [heads]), s, d)
    q, k, v = (g.Reshape(split_heads(g, linear(g, x, WIDTH, WIDTH), heads, d), flat) for _ in range(3))
    product = g.Mul(g.MatMul(q, g.Transpose(k, perm=[0, 2, 1])), d ** -0.5)
    p = g.Softmax(g.Where(live, product, float("-inf")), axis=-1)
    y = g.Reshape(g.MatMul(p, v), g.shape(b, heads, s, d))
    g.output("y", join_heads(g, y, WIDTH), ["b", "s", WIDTH])


def standard(g):
    """ONNX's Attention behind RotaryEmbedding and RMSNormalization."""
    heads, kv, d = 4, 2, 8
    x = g.input("x", FLOAT, ["b", "s", 32])
    mask = g.input("attention_mask", INT64, ["b", "s"], right_padding)
    y = g.RMSNormalization(x, g.weight(32, scale=1), axis=-1, epsilon=1e-6)
    q, k, v = (linear(g, y, 32, n * d, bias=False) for n in (heads, kv, kv))
    at = g.Expand(g.Unsqueeze(g.Range(0, g.length(x, 1), 1), [0]), g.Shape(x, end=2))
    angles = np.outer(np.arange(40), 1 / 10000 ** (np.arange(4) / 4)).astype(np.float32)
    cosine, sine = g.initializer(np.cos(angles)), g.initializer(np.sin(angles))
    q = g.RotaryEmbedding(q, cosine, sine, at, num_heads=heads)
    k = g.RotaryEmbedding(k, cosine, sine, at, num_heads=kv)
    wide = g.shape(g.size(x, 0), 1, g.size(x, 1), g.size(x, 1))
    live = g.Expand(g.Unsqueeze(g.Cast(mask, to=9), [1, 2]), wide)
    y = g.Attention(q, k, v, live, q_num_heads=heads, kv_num_heads=kv, is_causal=1)
    g.output("y", g.Add(x, linear(g, y, 32, 32, bias=False)), ["b", "s", 32])


def grouped_query(g):
    """ONNX Runtime's, as its builder writes decoders: lengths from the mask, a cache that grows."""
    heads, kv, d = 4, 2, 16
    x = g.input("x", FLOAT, ["b", "s", 64])
    mask = g.input("attention_mask", INT64, ["b", "p + s"], lambda r, s: np.ones(s))
    past = [g.input(n, FLOAT, ["b", kv, "p", d]) for n in ("past_k", "past_v")]
    lengths = g.Cast(g.Sub(g.ReduceSum(mask, [1], keepdims=0), 1), to=INT32)
    total = g.Cast(g.Gather(g.Shape(mask), 1, axis=0), to=INT32)
    q, k, v = (linear(g, x, 64, n * d, bias=False) for n in (heads, kv, kv))
    angles = np.outer(np.arange(60), 1 / 10000 ** (np.arange(8) / 8)).astype(np.float32)
    y, pk, pv = g.node("GroupQueryAttention", q, k, v, *past, lengths, total, g.initializer(np.cos(angles)),
                       g.initializer(np.sin(angles)), outputs=3, domain="com.microsoft", num_heads=heads, kv_num_heads=kv,
                       do_rotary=1)
    g.output("y", linear(g, y, 64, 64, bias=False), ["b", "s", 64])
    g.output("present_k", pk, ["b", kv, "p + s", d])
    g.output("present_v", pv, ["b", kv, "p + s", d])


def multi_head(g):
    """ONNX Runtime's MultiHeadAttention as its optimiser fuses BERT's, with a mask of keys."""
    heads = 3
    x = g.input("x", FLOAT, ["b", "s", WIDTH])
    mask = g.input("attention_mask", INT32, ["b", "s"], right_padding)
    q, k, v = (linear(g, x, WIDTH, WIDTH, bias=False) for _ in range(3))
    y = g.node("MultiHeadAttention", q, k, v, g.weight(3 * WIDTH, scale=0.1), mask, domain="com.microsoft",
               num_heads=heads, mask_filter_value=LOWEST)
    g.output("y", y, ["b", "s", WIDTH])


def inlined(g):
    """A subgraph whose condition is a constant, and one that asks for a size that is known."""
    x = g.input("x", FLOAT, ["b", "s", WIDTH])
    q, k, v = (split_heads(g, linear(g, x, WIDTH, WIDTH), 3, 8) for _ in range(3))

    def branch(name, *nodes):
        last = nodes[-1].output[0]
        return helper.make_graph(list(nodes), name, [], [helper.make_tensor_value_info(last, FLOAT, None)])

    one = g.initializer(np.array([0], np.int64))
    wide = g.Unsqueeze(g.MatMul(q, transposed(g, k)), [0])
    isone = g.Equal(g.Gather(g.Shape(wide), 0, axis=0), 1)
    product = g.If(isone, then_branch=branch("then", helper.make_node("Squeeze", [wide, one], ["narrow"])),
                   else_branch=branch("else", helper.make_node("Identity", [wide], ["same"])))
    scale = g.initializer(np.float32(8 ** -0.5))
    scaled = g.If(True, then_branch=branch("then2", helper.make_node("Mul", [product, scale], ["scaled"])),
                  else_branch=branch("else2", helper.make_node("Identity", [product], ["plain"])))
    p = g.Softmax(g.Add(scaled, bias_of(g, x)), axis=-1)
    g.output("y", join_heads(g, g.MatMul(p, v), WIDTH), ["b", "s", WIDTH])


def narrow(to):
    """Weights and products in a narrow type, the softmax in float."""
    def build(g):
        x = g.input("x", FLOAT, ["b", "s", WIDTH])
        low = g.Cast(x, to=to)
        parts = []
        for _ in range(3):
            y = g.MatMul(low, g.Cast(g.weight(WIDTH, WIDTH), to=to))
            parts.append(split_heads(g, y, 3, 8))
        q, k, v = parts
        product = g.Mul(g.MatMul(q, transposed(g, k)), g.Cast(g.constant(np.float32(8 ** -0.5)), to=to))
        p = g.Cast(g.Softmax(g.Cast(product, to=1), axis=-1), to=to)
        g.output("y", g.Cast(join_heads(g, g.MatMul(p, v), WIDTH), to=1), ["b", "s", WIDTH])
    return build


def halves(g):
    """All of it in float16, as exported models of half precision are."""
    x = g.input("x", FLOAT, ["b", "s", WIDTH])
    low = g.Cast(x, to=10)
    q, k, v = (split_heads(g, g.MatMul(low, g.Cast(g.weight(WIDTH, WIDTH), to=10)), 3, 8) for _ in range(3))
    root = g.constant(np.float16(8 ** -0.25))
    p = g.Softmax(g.MatMul(g.Mul(q, root), g.Mul(transposed(g, k), root)), axis=-1)
    g.output("y", g.Cast(join_heads(g, g.MatMul(p, v), WIDTH), to=1), ["b", "s", WIDTH])


CAUSAL = attention(3, 8, mask="causal")
CASES = {
    "static three": Case(static(True), [CAUSAL], ({},), style="torchscript"),
    "grouped": Case(grouped("matmul"), [attention(6, 4, kv_heads=2, mask="causal")], TEXT),
    "grouped einsum": Case(grouped("einsum"), [attention(6, 4, kv_heads=2, mask="causal")], TEXT),
    "multi query": Case(multi_query_rows, [attention(4, 6, kv_heads=1, mask="causal")], TEXT),
    "alibi table": Case(alibi_table, [attention(3, 8, mask="causal", bias="alibi(slopes)")], TEXT, style="torchscript"),
    "alibi table's row": Case(alibi_table, [attention(3, 8, mask="causal", bias="alibi(slopes)")], TEXT),
    "sequence first": Case(sequence_first, [attention(3, 8)], ({"s": 1, "b": 1}, {"s": 7, "b": 3})),
    "turned": Case(turned, [attention(2, 12, value_dim=5)], TEXT),
    "batched mask": Case(batched_mask, [attention(3, 8, mask="tensor")], TEXT),
    "example sizes padding": Case(example_sizes("padding"), [attention(3, 8, mask="padding(keys)")], SEVEN, style="torchscript"),
    "example sizes causal": Case(example_sizes("causal"), [attention(3, 8, mask="causal")], SEVEN, style="torchscript"),
    "standard": Case(standard, [attention(4, 8, kv_heads=2, mask="causal & padding(keys)", position="rotary")], TEXT, opset=23),
    "group query": Case(grouped_query, [attention(4, 16, kv_heads=2, mask="causal(positions=operand)", position="rotary")],
                        ({"b": 1, "s": 5, "p": 0}, {"b": 1, "s": 1, "p": 7}, {"b": 3, "s": 1, "p": 7}), domains=("com.microsoft",)),
    "multi head": Case(multi_head, [attention(3, 8, mask="padding(keys)")], TEXT, domains=("com.microsoft",)),
    "if": Case(inlined, [CAUSAL], TEXT, style="torchscript"),
    "half alone": Case(halves, [attention(3, 8)], TEXT, bound=4e-3),
}


@pytest.mark.parametrize("name", CASES)
def test_variant(attune, tmp_path, name):
    check(attune, tmp_path, CASES[name])
