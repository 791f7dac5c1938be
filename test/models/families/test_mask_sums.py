"""Masks of finite values that are added to others: rows without a live key are no plain mean, and
left padding has such rows. GPT-2, GPT-Neo and CLIP's text model as transformers writes them, BART's
and T5's decoders without a mask of their own; the sizes that TorchScript computes for Pad and
index_copy; biases of one value."""

import numpy as np
import pytest
from checking import Case, attention, check
from graphs import BOOL, FLOAT, INT64, LOWEST, left_padding
from layers import join_heads, linear, scores, split_heads
from onnx import helper

WIDTH, HEADS, CHANNELS = 24, 3, 8
TEXT = ({"b": 1, "s": 1}, {"b": 3, "s": 7}, {"b": 2, "s": 40})


def attended(g, x, edit):
    q, k, v = (split_heads(g, linear(g, x, WIDTH, WIDTH), HEADS, CHANNELS) for _ in range(3))
    p = g.Softmax(edit(scores(g, q, k, CHANNELS)), axis=-1)
    g.output("y", join_heads(g, g.MatMul(p, v), WIDTH), ["b", "s", WIDTH])


def sees(g, x, longer=0):
    """[s, s + longer], true where the key is no later than the query."""
    s = g.length(x, 1)
    keys = g.Range(0, g.Add(s, longer) if longer else s, 1)
    return g.LessOrEqual(g.Unsqueeze(keys, [0]), g.Unsqueeze(g.Range(0, s, 1), [1]))


def padding(g):
    """[b, 1, 1, s] of 0 and 1."""
    return g.Unsqueeze(g.input("m", INT64, ["b", "s"], left_padding), [1, 2])


def gpt2(how):
    """Scores that the future replaces, and a mask on top: of padding, or of both."""
    def build(g):
        x = g.input("x", FLOAT, ["b", "s", WIDTH])
        past, m = sees(g, x), padding(g)
        if how == "padding":
            added = g.Mul(g.Sub(1.0, g.Cast(m, to=FLOAT)), LOWEST)
        elif how == "number":
            added = g.Mul(g.Sub(1.0, g.Cast(m, to=FLOAT)), -10000.0)
        else:
            # Distances, so that what live keys get differs; or nothing.
            live = g.Mul(g.Cast(g.Range(0, g.length(x, 1), 1), to=FLOAT), 0.3) if how == "distance" else 0.0
            added = g.Where(g.And(past, g.Cast(m, to=BOOL)), live, LOWEST)
        low = -1e4 if how == "number" else LOWEST
        attended(g, x, lambda w: g.Add(g.Where(past, w, low), added))
    return build


def gptj(number):
    """Scores that the future replaces, then scaled, then masked for padding."""
    def build(g):
        x = g.input("x", FLOAT, ["b", "s", WIDTH])
        past, m = sees(g, x), padding(g)
        added = g.Mul(g.Sub(1.0, g.Cast(m, to=FLOAT)), LOWEST)
        attended(g, x, lambda w: g.Add(g.Div(g.Where(past, w, LOWEST), number), added))
    return build


def clip(expands):
    """One mask of the future and one of padding, both added; the second for each query, too."""
    def build(g):
        x = g.input("x", FLOAT, ["b", "s", WIDTH])
        future, live = g.Where(sees(g, x), 0.0, LOWEST), padding(g)
        if expands:
            live = g.Expand(live, g.shape(g.size(x, 0), 1, g.size(x, 1), g.size(x, 1)))
        absent = g.Sub(1.0, g.Cast(live, to=FLOAT))
        added = g.Where(g.Cast(absent, to=BOOL), LOWEST, absent)
        attended(g, x, lambda w: g.Add(g.Add(w, future), added))
    return build


def unpadded(how):
    """BART's decoder, and T5's: a mask of the future, edited where it and a mask of ones are zero
    together, or one key longer and cut."""
    def build(g):
        x = g.input("x", FLOAT, ["b", "s", WIDTH])
        longer = int(how == "cut")
        future = g.Where(sees(g, x, longer), 0.0, LOWEST)
        if longer:
            s = g.length(x, 1)
            mask = g.Slice(g.Unsqueeze(future, [0, 1]), [0], g.Unsqueeze(s, [0]), [3], [1])
        else:
            mask = g.Where(g.Equal(g.Add(future, 1.0), 0.0), LOWEST, future)
        attended(g, x, lambda w: g.Add(w, mask))
    return build


def ones(g):
    """A mask of padding where there is none: ones, compared with zero."""
    x = g.input("x", FLOAT, ["b", "s", WIDTH])
    all_ones = g.ConstantOfShape(g.shape(g.size(x, 0), g.size(x, 1)), value=helper.make_tensor("value", FLOAT, [1], [1.0]))
    live = g.And(sees(g, x), g.Unsqueeze(g.Not(g.Equal(all_ones, 0.0)), [1, 2]))
    attended(g, x, lambda w: g.Where(live, w, LOWEST))


def one_value(number):
    """A table of one value in every place, as it is before training."""
    def build(g):
        x = g.input("x", FLOAT, ["b", 9, WIDTH])
        q, k, v = (g.Transpose(g.Reshape(linear(g, x, WIDTH, WIDTH), [-1, 9, HEADS, CHANNELS]), perm=[0, 2, 1, 3]) for _ in range(3))
        w = g.Add(scores(g, q, k, CHANNELS), g.initializer(np.full((HEADS, 9, 9), number, np.float32)))
        y = g.Transpose(g.MatMul(g.Softmax(w, axis=-1), v), perm=[0, 2, 1, 3])
        g.output("y", g.Reshape(y, [-1, 9, WIDTH]), ["b", 9, WIDTH])
    return build


def torch_pad(g):
    """Pads as TorchScript computes them: pairs, reversed, transposed, in one row."""
    x = g.input("x", FLOAT, ["b", "s", WIDTH])
    more = g.Sub(g.Add(g.size(x, 1), 3), g.size(x, 1))
    pairs = g.Concat([0, 0], g.Reshape(more, [1]), [0, 0, 0], axis=0)
    rows = g.Slice(g.Reshape(pairs, [-1, 2]), [-1], [-2**63 + 1], [0], [-1])
    pads = g.Cast(g.Reshape(g.Transpose(rows, perm=[1, 0]), [-1]), to=INT64)
    padded = g.Pad(x, pads, 0.0, mode="constant")
    attended(g, g.Slice(padded, [0], [-3], [1], [1]), lambda w: w)


def replaced_size(g):
    """A size put into a shape in another's place, then expanded to."""
    x = g.input("x", FLOAT, ["b", "s", WIDTH])
    row = g.initializer(np.linspace(-1, 1, WIDTH, dtype=np.float32).reshape(1, 1, WIDTH))
    shape = g.ScatterElements(g.Shape(x), [1], [1], axis=0)
    attended(g, g.Add(x, g.Expand(row, shape)), lambda w: w)


def asked_for_packing(wide):
    """transformers asks positions whether sequences are packed: where one is not one more than the last.
    These count up. With `wide`, they count in twos, and every token is a sequence."""
    def build(g):
        x = g.input("x", FLOAT, ["b", "s", WIDTH])
        s = g.length(x, 1)
        count = g.Mul(g.Range(0, s, 1), 2) if wide else g.Range(0, s, 1)
        places = g.Expand(g.Unsqueeze(count, [0]), g.shape(g.size(x, 0), g.size(x, 1)))
        joined = g.Concat(g.Sub(g.slice(places, 1, 0, 1), 1), places, axis=1)
        steps = g.Sub(g.slice(joined, 1, 1, g.Add(g.size(x, 1), 1)), g.slice(joined, 1, 0, g.size(x, 1)))
        segment = g.CumSum(g.Cast(g.Not(g.Equal(steps, 1)), to=INT64), 1)
        same = g.Equal(g.Unsqueeze(segment, [1]), g.Unsqueeze(segment, [2]))
        live = g.Unsqueeze(g.And(sees(g, x), same), [1])
        attended(g, x, lambda w: g.Add(w, g.Where(live, 0.0, LOWEST)))
    return build


def prefixed(turned):
    """Every query sees the first four keys, and those before it."""
    def build(g):
        x = g.input("x", FLOAT, ["b", "s", WIDTH])
        keys = g.Range(0, g.length(x, 1), 1)
        first = g.GreaterOrEqual(3, keys) if turned else g.Less(keys, 4)
        live = g.Or(first, sees(g, x))
        attended(g, x, lambda w: g.Where(g.Not(live), float("-inf"), w))
    return build


BOTH = [attention(HEADS, CHANNELS, mask="causal & padding(keys)")]
CAUSAL = [attention(HEADS, CHANNELS, mask="causal")]
NONE = [attention(HEADS, CHANNELS)]
PREFIX = [attention(HEADS, CHANNELS, mask="prefix(4)")]
ONE_TABLE = [attention(HEADS, CHANNELS, bias="toeplitz")]
CASES = {
    "gpt2 padding": (gpt2("padding"), BOTH, TEXT), "gpt2 both": (gpt2("both"), BOTH, TEXT),
    "gpt2 distance": (gpt2("distance"), [attention(HEADS, CHANNELS, mask="causal", bias="tensor")], TEXT),
    "gpt2 number": (gpt2("number"), BOTH, TEXT), "clip": (clip(False), BOTH, TEXT),
    "gptj": (gptj(3.4), [attention(HEADS, CHANNELS, scale="0.103986286", mask="causal & padding(keys)")], TEXT),
    "gptj 8": (gptj(8.0), [attention(HEADS, CHANNELS, scale="0.044194173", mask="causal & padding(keys)")], TEXT),
    "gptj half": (gptj(0.5), [attention(HEADS, CHANNELS, scale="0.70710677", mask="causal & padding(keys)")], TEXT),
    "clip expanded": (clip(True), BOTH, TEXT),
    "bart": (unpadded("edited"), CAUSAL, TEXT), "cut": (unpadded("cut"), CAUSAL, TEXT),
    "ones": (ones, CAUSAL, TEXT),
    "zero table": (one_value(0), NONE, ({"b": 1}, {"b": 3})),
    "one table": (one_value(0.5), ONE_TABLE, ({"b": 1}, {"b": 3})),
    "asked for packing": (asked_for_packing(False), CAUSAL, TEXT),
    "packed": (asked_for_packing(True), [attention(HEADS, CHANNELS, mask="causal & segments")], TEXT),
    "prefix": (prefixed(False), PREFIX, TEXT), "prefix turned": (prefixed(True), PREFIX, TEXT),
    "torch pad": (torch_pad, NONE, TEXT), "replaced size": (replaced_size, NONE, TEXT),
}
RUNS = [(name, style) for name in CASES for style in ("torchscript", "dynamo")]


@pytest.mark.parametrize("name,style", RUNS)
def test_mask_sums(attune, tmp_path, name, style):
    check(attune, tmp_path, Case(*CASES[name], style=style))
