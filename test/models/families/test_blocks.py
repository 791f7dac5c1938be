"""Decoder blocks that carry state: caches, packed sequences, grouped queries, left padding."""

import numpy as np
import pytest
from checking import Case, attention, check
from graphs import FLOAT, INT64, LOWEST, left_padding, packed_positions, right_padding, segments
from layers import (guarded, join_heads, linear, repeat_heads, rms_norm, rotary, rotary_tables, scores,
                    split_heads, transposed)
from test_decoders import one_of

STEPS = ({"b": 1, "s": 1, "p": 0}, {"b": 2, "s": 5, "p": 0}, {"b": 3, "s": 1, "p": 7}, {"b": 1, "s": 3, "p": 33})


def cached(mask_how, repeat="expand", fill=LOWEST, heads=4, kv_heads=2, channels=10, window=None, how="div", rope=True):
    """Concat of past and new; the mask covers past and new."""
    def build(g):
        width = heads * channels
        x = g.input("x", FLOAT, ["b", "s", width])
        mask = g.input("attention_mask", INT64, ["b", "p + s"], left_padding) if "padding" in mask_how else None
        past = [g.input(f"past_key_values.0.{n}", FLOAT, ["b", kv_heads, "p", channels]) for n in ("key", "value")]
        y = rms_norm(g, x, width)
        q = split_heads(g, linear(g, y, width, width, bias=False), heads, channels)
        k, v = (split_heads(g, linear(g, y, width, kv_heads * channels, bias=False), kv_heads, channels) for _ in range(2))
        p, s = g.length(past[0], 2), g.length(x, 1)
        t = g.Add(p, s)
        at = g.Range(p, t, 1)
        if rope:
            if mask:
                counted = g.Sub(g.CumSum(mask, 1), 1)
                places = g.Where(g.Equal(mask, 0), 1, counted)
                places = g.slice(places, 1, g.Neg(g.size(x, 1)))
            else:
                places = g.Unsqueeze(at, [0])
            tables = rotary_tables(g, places, channels)
            q, k = (rotary(g, part, tables, channels) for part in (q, k))
        k, v = (g.Concat(old, new, axis=-2) for old, new in zip(past, (k, v)))
        presents = (k, v)
        if kv_heads != heads:
            k, v = (repeat_heads(g, part, heads // kv_heads, repeat) for part in (k, v))
        product = scores(g, q, k, channels, how)
        keys = g.Range(0, g.length(k, 2), 1)
        live = g.LessOrEqual(g.Unsqueeze(keys, [0]), g.Unsqueeze(at, [1]))
        if window:
            live = g.And(live, g.Greater(g.Unsqueeze(keys, [0]), g.Sub(g.Unsqueeze(at, [1]), window)))
        live = g.Unsqueeze(live, [0, 1])
        if mask:
            live = g.And(live, g.Unsqueeze(g.Cast(mask, to=9), [1, 2]))
        if mask_how != "none":
            product = g.Add(product, g.Where(live, 0.0, fill))
        p = g.Softmax(product, axis=-1)
        p = guarded(g, p) if fill != LOWEST else p
        y = linear(g, join_heads(g, g.MatMul(p, v), width), width, width, bias=False)
        g.output("y", g.Add(x, y), ["b", "s", width])
        for name, value in zip(("present.0.key", "present.0.value"), presents):
            g.output(name, value, ["b", kv_heads, "p + s", channels])
    return build


def llama_cached(g):
    """4.36 on: triu of the lowest times (keys > cache positions), padding filled in."""
    heads, kv_heads, channels = 4, 2, 8
    width = heads * channels
    x = g.input("x", FLOAT, ["b", "s", width])
    mask = g.input("attention_mask", INT64, ["b", "p + s"], left_padding)
    past = [g.input(n, FLOAT, ["b", kv_heads, "p", channels]) for n in ("past_k", "past_v")]
    q = split_heads(g, linear(g, x, width, width, bias=False), heads, channels)
    k, v = (split_heads(g, linear(g, x, width, kv_heads * channels, bias=False), kv_heads, channels) for _ in range(2))
    p, s = g.length(past[0], 2), g.length(x, 1)
    at = g.Range(p, g.Add(p, s), 1)
    k, v = (g.Concat(old, new, axis=2) for old, new in zip(past, (k, v)))
    b, t = g.size(x, 0), g.size(mask, 1)
    full = g.ConstantOfShape(g.shape(g.size(x, 1), t), value=one_of(LOWEST))
    upper = g.Trilu(full, 1, upper=1)
    product = g.Mul(upper, g.Cast(g.Greater(g.Range(0, g.length(mask, 1), 1), g.Reshape(at, [-1, 1])), to=1))
    wide = g.Expand(g.Unsqueeze(g.Unsqueeze(product, [0]), [0]), g.shape(b, 1, g.size(x, 1), t))
    padding = g.Equal(g.Add(wide, g.Cast(g.Unsqueeze(g.Unsqueeze(mask, [1]), [1]), to=1)), 0.0)
    bias = g.Where(padding, LOWEST, wide)
    outs = (k, v)
    k, v = (repeat_heads(g, part, 2) for part in (k, v))
    p = g.Softmax(g.Add(scores(g, q, k, channels), bias), axis=-1)
    g.output("y", linear(g, join_heads(g, g.MatMul(p, v), width), width, width, bias=False), ["b", "s", width])
    for name, value in zip(("present_k", "present_v"), outs):
        g.output(name, value, ["b", kv_heads, "p + s", channels])


def static_cache(how):
    """A cache of a fixed capacity, written at the positions that an input gives."""
    heads, kv_heads, channels, capacity = 4, 2, 8, 24
    width = heads * channels

    def build(g):
        x = g.input("x", FLOAT, ["b", "s", width])
        at = g.input("cache_position", INT64, ["s"], lambda r, s: r.integers(0, capacity - s[0] + 1) + np.arange(s[0]))
        past = [g.input(n, FLOAT, ["b", kv_heads, capacity, channels]) for n in ("past_k", "past_v")]
        q = split_heads(g, linear(g, x, width, width, bias=False), heads, channels)
        news = [split_heads(g, linear(g, x, width, kv_heads * channels, bias=False), kv_heads, channels) for _ in range(2)]
        tables = rotary_tables(g, g.Unsqueeze(at, [0]), channels)
        q, news[0] = (rotary(g, part, tables, channels) for part in (q, news[0]))
        caches = []
        for old, new in zip(past, news):
            if how == "elements":
                index = g.Expand(g.Reshape(at, [1, 1, -1, 1]), g.Shape(new))
                caches.append(g.ScatterElements(old, index, new, axis=2))
            elif how == "nd":
                turned = g.Transpose(old, perm=[2, 0, 1, 3])
                update = g.Transpose(new, perm=[2, 0, 1, 3])
                done = g.ScatterND(turned, g.Unsqueeze(at, [-1]), update)
                caches.append(g.Transpose(done, perm=[1, 2, 0, 3]))
            else:
                start = g.Expand(g.Slice(at, [0], [1]), g.size(x, 0))
                caches.append(g.TensorScatter(old, new, start, axis=2))
        keys = g.constant(np.arange(capacity))
        live = g.LessOrEqual(g.Unsqueeze(keys, [0]), g.Unsqueeze(at, [1]))
        bias = g.Where(g.Unsqueeze(live, [0, 1]), 0.0, LOWEST)
        k, v = (repeat_heads(g, part, 2) for part in caches)
        p = g.Softmax(g.Add(scores(g, q, k, channels, "both"), bias), axis=-1)
        g.output("y", linear(g, join_heads(g, g.MatMul(p, v), width), width, width, bias=False), ["b", "s", width])
        for name, value in zip(("present_k", "present_v"), caches):
            g.output(name, value, ["b", kv_heads, capacity, channels])
    return build


def packed(how, fill=LOWEST, causal=True):
    """Several sequences in one row, kept apart by a block-diagonal mask."""
    heads, channels = 3, 12
    width = heads * channels

    def build(g):
        x = g.input("x", FLOAT, ["b", "s", width])
        if how == "segments":
            segment = g.input("segment_ids", INT64, ["b", "s"], segments)
        elif how == "positions":
            # A sequence begins where its position is not one more than the last.
            places = g.input("position_ids", INT64, ["b", "s"], packed_positions)
            first = g.slice(places, 1, 0, 1)
            before = g.Concat(g.Sub(first, 1), g.slice(places, 1, 0, -1), axis=1)
            begins = g.Not(g.Equal(g.Sub(places, before), 1))
            segment = g.CumSum(g.Cast(begins, to=7), -1)
        else:
            ends = g.input("cu_seqlens", INT64, ["n"], lambda r, s: np.sort(r.integers(0, 8, s)))
            at = g.Range(0, g.length(x, 1), 1)
            passed = g.LessOrEqual(g.Unsqueeze(ends, [0]), g.Unsqueeze(at, [1]))
            segment = g.Unsqueeze(g.ReduceSum(g.Cast(passed, to=7), [1], keepdims=0), [0])
        q, k, v = (split_heads(g, linear(g, x, width, width, bias=False), heads, channels) for _ in range(3))
        live = g.Equal(g.Unsqueeze(segment, [1]), g.Unsqueeze(segment, [2]))
        if causal:
            at = g.Range(0, g.length(x, 1), 1)
            live = g.And(g.LessOrEqual(g.Unsqueeze(at, [0]), g.Unsqueeze(at, [1])), live)
        live = g.Unsqueeze(live, [1])
        p = g.Softmax(g.Add(scores(g, q, k, channels), g.Where(live, 0.0, fill)), axis=-1)
        y = linear(g, join_heads(g, g.MatMul(guarded(g, p) if fill != LOWEST else p, v), width), width, width)
        g.output("y", g.Add(x, y), ["b", "s", width])
    return build


TEXT = ({"b": 1, "s": 1, "n": 1}, {"b": 3, "s": 7, "n": 3}, {"b": 1, "s": 33, "n": 2})
AFTER = "causal(offset=p)"
PLACED = "causal(positions=operand)"
CASES = {
    "cache padding": Case(cached("causal padding"), [attention(4, 10, kv_heads=2, mask=f"{AFTER} & padding(keys)", position="rotary")], STEPS),
    "cache padding torchscript": Case(cached("causal padding", "tile", heads=3, kv_heads=1, channels=20),
        [attention(3, 20, kv_heads=1, mask=f"{AFTER} & padding(keys)", position="rotary")], STEPS, style="torchscript"),
    "cache -inf": Case(cached("causal padding", fill=float("-inf"), kv_heads=4, rope=False),
        [attention(4, 10, mask=f"{AFTER} & padding(keys)")], STEPS),
    "cache window": Case(cached("causal padding", window=4), [attention(4, 10, kv_heads=2, mask=f"window(left=3, causal, offset=p) & padding(keys)", position="rotary")], STEPS),
    "cache no mask": Case(cached("none", "flatten", how="both"), [attention(4, 10, kv_heads=2, position="rotary")],
                          ({"b": 1, "s": 1, "p": 0}, {"b": 3, "s": 1, "p": 7})),
    "cache llama": Case(llama_cached, [attention(4, 8, kv_heads=2, mask=f"{AFTER} & padding(keys)")], STEPS, style="torchscript"),
    "cache elements": Case(static_cache("elements"), [attention(4, 8, kv_heads=2, mask=PLACED, position="rotary")], ({"b": 1, "s": 1}, {"b": 3, "s": 4})),
    "cache nd": Case(static_cache("nd"), [attention(4, 8, kv_heads=2, mask=PLACED, position="rotary")], ({"b": 1, "s": 1}, {"b": 3, "s": 4}), style="torchscript", opset=16),
    "cache tensor": Case(static_cache("tensor"), [attention(4, 8, kv_heads=2, mask=PLACED, position="rotary")], ({"b": 1, "s": 1}, {"b": 3, "s": 4}), opset=24),
    "packed segments": Case(packed("segments"), [attention(3, 12, mask="causal & segments")], TEXT),
    "packed segments -inf": Case(packed("segments", float("-inf"), causal=False), [attention(3, 12, mask="segments")], TEXT),
    "packed positions": Case(packed("positions"), [attention(3, 12, mask="causal & segments")], TEXT, style="torchscript"),
    "packed lengths": Case(packed("lengths"), [attention(3, 12, mask="causal & segments")], TEXT),
}


@pytest.mark.parametrize("name", CASES)
def test_block(attune, tmp_path, name):
    check(attune, tmp_path, CASES[name])
