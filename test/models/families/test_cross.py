"""Encoder–decoders: T5, BART, Whisper; Swin's windows."""

import math

import numpy as np
import pytest
from checking import Case, attention, check
from graphs import FLOAT, INT64, LOWEST, right_padding
from layers import join_heads, linear, rms_norm, layer_norm, scores, split_heads, transposed
from test_decoders import less, one_of

PAIRS = ({"b": 1, "s": 1, "t": 1}, {"b": 3, "s": 7, "t": 5}, {"b": 1, "s": 9, "t": 33})


def buckets(g, difference, both_ways, count=8, furthest=20):
    """T5's _relative_position_bucket of key - query."""
    if both_ways:
        count //= 2
        shift = g.Mul(g.Cast(g.Greater(difference, 0), to=7), count)
        shift = g.Add(shift, 0)
        far = g.Abs(difference)
    else:
        zero = g.ConstantOfShape(g.Shape(difference), value=one_of(0))
        far = g.Neg(g.Min(difference, zero))
        shift = 0
    exact = count // 2
    small = g.Less(far, exact)
    ratio = g.Div(g.Log(g.Div(g.Cast(far, to=1), float(exact))), math.log(furthest / exact))
    large = g.Add(g.Cast(g.Mul(ratio, float(count - exact)), to=7), exact)
    large = g.Min(large, g.ConstantOfShape(g.Shape(large), value=one_of(count - 1)))
    return g.Add(g.Where(small, far, large), shift)


def t5_bias(g, queries, keys, heads, both_ways, offset=None):
    at = g.Range(0, queries, 1)
    if offset:
        at = g.Add(at, offset)
    difference = g.Sub(g.Unsqueeze(g.Range(0, keys, 1), [0]), g.Unsqueeze(at, [1]))
    values = g.Gather(g.weight(8, heads, scale=1), buckets(g, difference, both_ways), axis=0)
    return g.Unsqueeze(g.Transpose(values, perm=[2, 0, 1]), [0])


def t5_attention(g, x, keys, heads, channels, bias):
    width = heads * channels
    q, k, v = (split_heads(g, linear(g, part, 24, width, bias=False), heads, channels)
               for part in (x, keys, keys))
    product = scores(g, q, k, channels, "none")
    p = g.Softmax(g.Add(product, bias) if bias else product, axis=-1)
    return g.Add(x, linear(g, join_heads(g, g.MatMul(p, v), width), width, 24, bias=False))


def padding_of(g, mask):
    wide = g.Cast(g.Unsqueeze(g.Unsqueeze(mask, [1]), [1]), to=1)
    dead = g.Sub(1.0, wide)
    return g.Where(g.Cast(dead, to=9), LOWEST, dead)


def t5_encoder(g):
    x = g.input("x", FLOAT, ["b", "s", 24])
    mask = g.input("attention_mask", INT64, ["b", "s"], right_padding)
    s = g.length(x, 1)
    bias = g.Add(t5_bias(g, s, s, 3, True), padding_of(g, mask))
    for _ in range(2):
        x = t5_attention(g, rms_norm(g, x, 24), rms_norm(g, x, 24), 3, 10, bias)
    g.output("y", x, ["b", "s", 24])


def t5_decoder(g):
    x = g.input("x", FLOAT, ["b", "s", 24])
    memory = g.input("memory", FLOAT, ["b", "t", 24])
    mask = g.input("encoder_attention_mask", INT64, ["b", "t"], right_padding)
    s = g.length(x, 1)
    y = rms_norm(g, x, 24)
    y = t5_attention(g, y, y, 3, 10, g.Add(t5_bias(g, s, s, 3, False), less(g, x)))
    g.output("y", t5_attention(g, y, memory, 3, 10, padding_of(g, mask)), ["b", "s", 24])


def bart(g):
    """BMMs over batch · heads, q scaled after its projection, cross attention to padded keys."""
    heads, channels, width = 3, 8, 24
    x = g.input("x", FLOAT, ["b", "s", width])
    memory = g.input("memory", FLOAT, ["b", "t", width])
    mask = g.input("encoder_attention_mask", INT64, ["b", "t"], right_padding)

    def attend(x, keys, bias):
        b, s = g.size(x, 0), g.size(x, 1)
        q = g.Mul(linear(g, x, width, width), channels ** -0.5)
        flat = g.shape(g.Mul(b, [heads]), -1, channels)
        parts = [g.Reshape(g.Transpose(g.Reshape(part, g.shape(b, -1, heads, channels)), perm=[0, 2, 1, 3]), flat)
                 for part in (q, linear(g, keys, width, width, bias=False), linear(g, keys, width, width))]
        product = g.MatMul(parts[0], g.Transpose(parts[1], perm=[0, 2, 1]))
        t = g.size(parts[1], 1)
        four = g.Add(g.Reshape(product, g.shape(b, heads, s, t)), bias)
        p = g.Softmax(g.Reshape(four, g.shape(g.Mul(b, [heads]), s, t)), axis=-1)
        y = g.Reshape(g.MatMul(p, parts[2]), g.shape(b, heads, s, channels))
        y = g.Reshape(g.Transpose(y, perm=[0, 2, 1, 3]), g.shape(b, s, width))
        return layer_norm(g, g.Add(x, linear(g, y, width, width)), width)

    y = attend(x, x, less(g, x))
    wide = g.Cast(g.expand(g.Unsqueeze(g.Unsqueeze(mask, [1]), [1]), g.size(mask, 0), 1, g.size(x, 1), g.size(mask, 1)), to=1)
    dead = g.Sub(1.0, wide)
    g.output("y", attend(y, memory, g.Where(g.Cast(dead, to=9), LOWEST, dead)), ["b", "s", width])


def whisper(g):
    """A decoder step: self attention over a cache, cross attention over cached keys and values."""
    heads, channels, width = 2, 12, 24
    x = g.input("x", FLOAT, ["b", "s", width])
    pasts = [g.input(name, FLOAT, ["b", heads, length, channels]) for name, length in
             (("past_k", "p"), ("past_v", "p"), ("cross_k", "t"), ("cross_v", "t"))]
    y = layer_norm(g, x, width)
    q, k, v = (split_heads(g, linear(g, y, width, width), heads, channels) for _ in range(3))
    k, v = (g.Concat(past, new, axis=2) for past, new in zip(pasts, (k, v)))
    p = g.Softmax(scores(g, q, k, channels, "q"), axis=-1)
    x = g.Add(x, linear(g, join_heads(g, g.MatMul(p, v), width), width, width))
    q = split_heads(g, linear(g, layer_norm(g, x, width), width, width), heads, channels)
    p = g.Softmax(scores(g, q, pasts[2], channels, "q"), axis=-1)
    g.output("y", g.Add(x, linear(g, join_heads(g, g.MatMul(p, pasts[3]), width), width, width)), ["b", "s", width])
    for name, value in (("present_k", k), ("present_v", v)):
        g.output(name, value, ["b", heads, "p + s", channels])


def roll(g, x, axis, by, length):
    """torch.roll: two slices and a Concat."""
    return g.Concat(g.slice(x, axis, by), g.slice(x, axis, 0, by), axis=axis)


def swin(shift, size=8, window=4, heads=2, channels=6):
    """Windows of an image by reshape and transpose; shifted ones mask regions that met by rolling."""
    width = heads * channels
    area = window * window

    def table(g):
        at = np.stack(np.meshgrid(range(window), range(window), indexing="ij")).reshape(2, -1)
        relative = (at[:, :, None] - at[:, None, :]).transpose(1, 2, 0) + window - 1
        index = relative[..., 0] * (2 * window - 1) + relative[..., 1]
        flat = g.Gather(g.weight((2 * window - 1) ** 2, heads, scale=1), g.constant(index.reshape(-1)), axis=0)
        return g.Unsqueeze(g.Transpose(g.Reshape(flat, [area, area, -1]), perm=[2, 0, 1]), [0])

    def regions():
        image = np.zeros((size, size))
        parts = (slice(0, -window), slice(-window, -shift), slice(-shift, None))
        for i, rows in enumerate(parts):
            for j, columns in enumerate(parts):
                image[rows, columns] = 3 * i + j
        n = size // window
        rows = image.reshape(n, window, n, window).transpose(0, 2, 1, 3).reshape(-1, area)
        return np.where(rows[:, None, :] == rows[:, :, None], 0, -100.0).astype(np.float32)

    def build(g):
        x = g.input("x", FLOAT, ["b", size * size, width])
        b, n = g.size(x, 0), size // window
        y = g.Reshape(layer_norm(g, x, width), g.shape(b, size, size, width))
        if shift:
            y = roll(g, roll(g, y, 1, shift, size), 2, shift, size)
        y = g.Transpose(g.Reshape(y, g.shape(b, n, window, n, window, width)), perm=[0, 1, 3, 2, 4, 5])
        y = g.Reshape(y, [-1, area, width])
        windows = g.size(y, 0)
        q, k, v = (g.Transpose(g.Reshape(linear(g, y, width, width), g.shape(windows, area, heads, channels)), perm=[0, 2, 1, 3])
                   for _ in range(3))
        product = g.Add(scores(g, q, k, channels, "div"), table(g))
        if shift:
            five = g.Reshape(product, g.shape(g.Div(windows, [n * n]), n * n, heads, area, area))
            five = g.Add(five, g.Unsqueeze(g.Unsqueeze(g.constant(regions()), [1]), [0]))
            product = g.Reshape(five, g.shape(-1, heads, area, area))
        mixed = g.Transpose(g.MatMul(g.Softmax(product, axis=-1), v), perm=[0, 2, 1, 3])
        y = linear(g, g.Reshape(mixed, g.shape(windows, area, width)), width, width)
        y = g.Reshape(y, [-1, n, n, window, window, width])
        y = g.Reshape(g.Transpose(y, perm=[0, 1, 3, 2, 4, 5]), [-1, size, size, width])
        if shift:
            y = roll(g, roll(g, y, 1, size - shift, size), 2, size - shift, size)
        g.output("y", g.Add(x, g.Reshape(y, g.shape(b, size * size, width))), ["b", size * size, width])
    return build


CASES = {
    "t5 encoder": Case(t5_encoder, [attention(3, 10, scale=1, mask="padding(keys)", bias="table(buckets=8)")] * 2,
                       ({"b": 1, "s": 1}, {"b": 3, "s": 7}, {"b": 1, "s": 33})),
    "t5 decoder": Case(t5_decoder, [attention(3, 10, scale=1, mask="causal", bias="table(buckets=8)"),
                                    attention(3, 10, scale=1, mask="padding(keys)", cross="true")], PAIRS, style="torchscript"),
    "bart": Case(bart, [attention(3, 8, mask="causal"), attention(3, 8, mask="padding(keys)", cross="true")], PAIRS, style="torchscript"),
    "whisper": Case(whisper, [attention(2, 12), attention(2, 12)],
                    ({"b": 1, "s": 1, "p": 0, "t": 5}, {"b": 2, "s": 1, "p": 6, "t": 9})),
    "swin shifted": Case(swin(2), [attention(2, 6, bias="tensor")], ({"b": 1}, {"b": 3}), style="torchscript"),
}


@pytest.mark.parametrize("name", CASES)
def test_cross(attune, tmp_path, name):
    check(attune, tmp_path, CASES[name])
