"""ONNX Runtime's own operators, each against ONNX Runtime, with dynamic shapes and without any
stated types between nodes."""

import json
import os

import numpy as np
import onnx
import pytest
from conftest import Compiled
from onnx import parser

HEAD = '<ir_version: 9, opset_import: ["" : 18, "com.microsoft" : 1]>\n'
SIZES = ((1, 1), (2, 7), (3, 20))


def build(attune, folder, text):
    """Compiled from the parser's text; an operator may be com.microsoft's by its prefix."""
    model = parser.parse_model(HEAD + text)
    path = os.path.join(folder, "model.onnx")
    onnx.save(model, path)
    return Compiled(attune, folder, path)


def compare(compiled, feeds, bound=2e-5):
    want, got = compiled.reference(feeds), compiled.run(feeds)
    for name, values in want.items():
        assert got[name].shape == values.shape and got[name].dtype == values.dtype, name
        scale = max(1, np.abs(values).max(initial=0)) if values.dtype.kind == "f" else 1
        np.testing.assert_allclose(got[name], values, rtol=0, atol=bound * scale, err_msg=name)


def random(rng, *shape):
    return rng.standard_normal(shape, np.float32)


def regions(compiled, op):
    report = compiled.attune.ok("explain", compiled.model, "--json").stdout
    return [region["attributes"] for region in json.loads(report)["regions"] if region["op"] == op]


MULTI_HEAD = """attention (float[b,s,32] q, float[b,t,32] k, float[b,t,24] v%s) => (float[b,s,24] y%s)
{ y%s = com.microsoft.MultiHeadAttention<num_heads=4%s>(q, k, v%s) }"""

# More graph inputs, attributes, operands after v.
SPELLINGS = {
    "plain": ("", "", ""),
    "bias": (", float[88] w", ", scale=0.3", ", w"),
    "causal": ("", ", unidirectional=1", ""),
    "padding": (", int32[b,t] m", "", ", , m"),
    "lowest": (", int32[b,t] m", ", mask_filter_value=-3.4028234663852886e38", ", , m"),
    "lowest_causal": (", int32[b,t] m", ", unidirectional=1, mask_filter_value=-3.4028234663852886e38", ", , m"),
    "lengths": (", int32[b] m", ", mask_filter_value=-50.0", ", , m"),
    "per_query": (", int32[b,s,t] m", ", unidirectional=1", ", , m"),
    "scores": (", float[1,4,s,t] e, int32[b,t] m", "", ", , m, e"),
}


@pytest.mark.parametrize("name", SPELLINGS)
def test_multi_head(attune, tmp_path, name):
    inputs, attributes, operands = SPELLINGS[name]
    compiled = build(attune, str(tmp_path), MULTI_HEAD % (inputs, "", "", attributes, operands))
    (facts,) = regions(compiled, "attention")
    assert (facts["heads"], facts["head_dim"]) == (4, 8)
    rng = np.random.default_rng(1)
    for b, s in SIZES:
        t = s if "unidirectional" in attributes else s + 2
        feeds = {"q": random(rng, b, s, 32), "k": random(rng, b, t, 32), "v": random(rng, b, t, 24)}
        if " w" in inputs:
            feeds["w"] = random(rng, 88)
        if " e" in inputs:
            feeds["e"] = random(rng, 1, 4, s, t)
        if name == "lengths":
            feeds["m"] = rng.integers(0, t + 1, b).astype(np.int32)
        elif " m" in inputs:
            feeds["m"] = (rng.random((b, s, t) if name == "per_query" else (b, t)) < 0.6).astype(np.int32)
            # No live key at all; next to a bias, what is left of the scores depends on the order of
            # summation.
            first = 1 if name == "scores" else 0
            feeds["m"][:, :first] = 1
            feeds["m"][0, first:] = 0
        compare(compiled, feeds)


def test_multi_head_past(attune, tmp_path):
    text = MULTI_HEAD.replace("24", "32") % (
        ", float[b,4,p,8] pk, float[b,4,p,8] pv", ", float[b,4,n,8] nk, float[b,4,n,8] nv", ", nk, nv",
        ", unidirectional=1", ", , , , pk, pv")
    compiled = build(attune, str(tmp_path), text)
    (facts,) = regions(compiled, "attention")
    assert facts["mask"].startswith("causal(offset")
    rng = np.random.default_rng(2)
    for b, s, p in ((1, 1, 0), (2, 5, 0), (2, 1, 8), (1, 3, 11)):
        compare(compiled, {"q": random(rng, b, s, 32), "k": random(rng, b, s, 32), "v": random(rng, b, s, 32),
                           "pk": random(rng, b, 4, p, 8), "pv": random(rng, b, 4, p, 8)})


PACKED = {
    "qkv": ("float[b,s,4,3,8] q", "q"),
    "kv": ("float[b,s,32] q, float[b,t,4,2,8] k", "q, k"),
}


@pytest.mark.parametrize("name", PACKED)
def test_multi_head_packed(attune, tmp_path, name):
    """Against the same operands apart: ONNX Runtime has packed ones on other devices only."""
    inputs, operands = PACKED[name]
    text = HEAD + f"""packed ({inputs}) => (float[b,s,32] y)
    {{ y = com.microsoft.MultiHeadAttention<num_heads=4>({operands}) }}"""
    path = str(tmp_path / "packed.onnx")
    onnx.save(parser.parse_model(text), path)
    attune.ok("compile", path, "-o", path + ".attune")
    apart = build(attune, str(tmp_path), MULTI_HEAD.replace("24", "32") % ("", "", "", "", ""))
    rng = np.random.default_rng(3)
    for b, s in SIZES:
        t = s if name == "qkv" else s + 3
        q, k, v = random(rng, b, s, 4, 8), random(rng, b, t, 4, 8), random(rng, b, t, 4, 8)
        feeds = {"q": np.stack([q, k, v], 3)} if name == "qkv" else {"q": q.reshape(b, s, 32), "k": np.stack([k, v], 3)}
        args = []
        for key, values in feeds.items():
            np.save(tmp_path / f"{key}_packed.npy", values)
            args += ["--input", f"{key}={tmp_path}/{key}_packed.npy"]
        attune.ok("run", path + ".attune", *args, "--output-dir", tmp_path / "packed")
        want = apart.reference({n: x.reshape(b, -1, 32) for n, x in (("q", q), ("k", k), ("v", v))})["y"]
        np.testing.assert_allclose(np.load(tmp_path / "packed" / "y.npy"), want, rtol=0, atol=2e-5)


ATTENTION = """attention (float[b,s,20] x, float[20,48] w, float[48] c%s) => (float[b,s,16] y%s)
{ y%s = com.microsoft.Attention<num_heads=2%s>(x, w, c%s) }"""

WHOLE = {
    "plain": ("", "", "", "", ""),
    "causal": ("", "", "", ", unidirectional=1", ""),
    "padding": (", int32[b,s] m", "", "", "", ", m"),
    "lengths": (", int32[b] m", "", "", ", scale=0.5", ", m"),
    "per_query": (", int32[b,s,s] m", "", "", "", ", m"),
    "scores": (", float[b,2,s,s] e", "", "", "", ", , , e"),
    "past": (", float[2,b,2,p,8] past", ", float[2,b,2,n,8] present", ", present", ", unidirectional=1", ", , past"),
}


@pytest.mark.parametrize("name", WHOLE)
def test_attention(attune, tmp_path, name):
    compiled = build(attune, str(tmp_path), ATTENTION % WHOLE[name])
    (facts,) = regions(compiled, "attention")
    assert (facts["heads"], facts["head_dim"]) == (2, 8)
    rng = np.random.default_rng(4)
    for b, s in SIZES:
        feeds = {"x": random(rng, b, s, 20), "w": random(rng, 20, 48), "c": random(rng, 48)}
        if name == "lengths":
            feeds["m"] = rng.integers(1, s + 1, b).astype(np.int32)
        elif " m" in WHOLE[name][0]:
            feeds["m"] = (rng.random((b, s, s) if name == "per_query" else (b, s)) < 0.7).astype(np.int32)
        if name == "scores":
            feeds["e"] = random(rng, b, 2, s, s)
        for p in (0, 5) if name == "past" else (0,):
            if name == "past":
                feeds["past"] = random(rng, 2, b, 2, p, 8)
            compare(compiled, feeds)


# GroupQueryAttention: the total comes from a mask's shape, as exporters write it.
GROUPED = """grouped (float[b,s,%(query)s] q%(inputs)s, float[b,2,p,16] pk, float[b,2,p,16] pv, int32[b] lengths,
  int64[b,total] mask, float[64,8] c, float[64,8] d)
  => (float[b,s,64] y, float[b,2,n,16] nk, float[b,2,n,16] nv)
<int64 one = {1}>
{
  sizes = Shape(mask)  wide = Gather(sizes, one)  all = Cast<to=6>(wide)
  y, nk, nv = com.microsoft.GroupQueryAttention<num_heads=4, kv_num_heads=2%(attributes)s>(
    q, %(apart)s, pk, pv, lengths, all%(caches)s)
}"""
APART = {"query": "64", "inputs": ", float[b,s,32] k, float[b,s,32] v", "apart": "k, v"}
JOINED = {"query": "128", "inputs": "", "apart": ", "}
ROTATED = {"attributes": ", do_rotary=1", "caches": ", c, d"}

GROUPS = {
    "plain": {**APART, "attributes": "", "caches": ""},
    "rotary": {**APART, **ROTATED},
    "interleaved": {**APART, "attributes": ", do_rotary=1, rotary_interleaved=1", "caches": ", c, d"},
    "packed": {**JOINED, **ROTATED},
    "window": {**APART, "attributes": ", local_window_size=4, scale=0.4", "caches": ""},
    "softcap": {**APART, "attributes": ", softcap=2.0", "caches": ""},
}


@pytest.mark.parametrize("name", GROUPS)
def test_grouped(attune, tmp_path, name):
    compiled = build(attune, str(tmp_path), GROUPED % GROUPS[name])
    rng = np.random.default_rng(6)
    # Prompts from an empty cache, steps of one token, a longer step; lengths may differ when the
    # cache has room for all of them.
    for b, s, p, before in ((1, 5, 0, [0]), (2, 9, 0, [0, 0]), (2, 1, 6, [6, 6]), (2, 1, 6, [6, 2]), (1, 3, 7, [7])):
        present = p + s
        lengths = np.array([n + s - 1 for n in before], np.int32)
        feeds = {"pk": random(rng, b, 2, p, 16), "pv": random(rng, b, 2, p, 16), "lengths": lengths,
                 "mask": np.ones((b, present), np.int64), "c": random(rng, 64, 8), "d": random(rng, 64, 8)}
        if name == "packed":
            feeds["q"] = random(rng, b, s, 128)
        else:
            feeds.update(q=random(rng, b, s, 64), k=random(rng, b, s, 32), v=random(rng, b, s, 32))
        want, got = compiled.reference(feeds), compiled.run(feeds)
        np.testing.assert_allclose(got["y"], want["y"], rtol=0, atol=5e-5)
        for key in ("nk", "nv"):
            assert got[key].shape == want[key].shape
            for i, n in enumerate(lengths):  # behind its own length a cache holds anything
                np.testing.assert_allclose(got[key][i, :, :n + 1], want[key][i, :, :n + 1], rtol=0, atol=2e-5)


NORMS = """norms (float[b,s,12] x, float[b,s,12] skip, float[s,12] flat, float[12] scale, float[12] shift, float[12] bias)
  => (float[b,s,12] y, float[b,s,12] total, float[b,s,12] z, float[b,s,12] w, float[b,s,12] u, float[b,s,12] t)
{
  y, , , total = com.microsoft.SkipLayerNormalization(x, skip, scale, shift, bias)
  z = com.microsoft.SkipLayerNormalization<epsilon=0.1>(y, flat, scale)
  w, , , sum = com.microsoft.SkipSimplifiedLayerNormalization(z, skip, scale, bias)
  r = Relu(sum)
  u = SimplifiedLayerNormalization<epsilon=0.01, axis=-1>(r, scale)
  t = com.microsoft.SkipSimplifiedLayerNormalization(u, skip, scale)
}"""


def test_norms(attune, tmp_path):
    compiled = build(attune, str(tmp_path), NORMS)
    assert len(regions(compiled, "norm")) == 5
    rng = np.random.default_rng(8)
    for b, s in SIZES:
        feeds = {n: random(rng, b, s, 12) for n in ("x", "skip")}
        # Rows so small that epsilon counts.
        feeds["x"][0] *= 1e-6
        feeds["skip"][0] *= 1e-6
        feeds.update({n: random(rng, 12) for n in ("scale", "shift", "bias")}, flat=random(rng, s, 12))
        feeds["bias"] *= 1e-6
        compare(compiled, feeds, bound=1e-4)


EMBEDDING = """embedding (int32[b,s] ids, int32[b,s] kinds, int32[b,s] mask, float[30,12] words, float[40,12] places,
  float[2,12] types, float[12] scale, float[12] shift)
  => (float[b,s,12] y, int32[b] lengths, float[b,s,12] z, float[b,s,12] total)
{
  y, lengths = com.microsoft.EmbedLayerNormalization<epsilon=0.001>(ids, kinds, words, places, types, scale, shift, mask)
  z, none, total = com.microsoft.EmbedLayerNormalization(ids, , words, places, , scale, shift)
}"""


def test_embedding(attune, tmp_path):
    compiled = build(attune, str(tmp_path), EMBEDDING)
    rng = np.random.default_rng(10)
    for b, s in SIZES:
        compare(compiled, {
            "ids": rng.integers(0, 30, (b, s)).astype(np.int32), "kinds": rng.integers(0, 2, (b, s)).astype(np.int32),
            "mask": rng.integers(0, 2, (b, s)).astype(np.int32), "words": random(rng, 30, 12),
            "places": random(rng, 40, 12), "types": random(rng, 2, 12), "scale": random(rng, 12), "shift": random(rng, 12)})


FUSED = """fused (float[b,s,12] x, float[12] c, float[b,12,s] m, float[7,12] w, float[7] o)
  => (float[b,s,12] bias, float[b,s,12] fast, float[b,s,12] bare, float[b,s,12] quick, float[b,s,12] exact,
      float[b,s,s] product, float[b,s,s] both, float[s,7] dense, float[b,s,12] turned)
<int64[1] zero = {0}>
{
  bias = com.microsoft.BiasGelu(x, c)
  fast = com.microsoft.FastGelu(x, c)
  bare = com.microsoft.FastGelu(x)
  quick = com.microsoft.QuickGelu<alpha=1.5>(x)
  exact = com.microsoft.Gelu(x)
  product = com.microsoft.FusedMatMul<alpha=0.5>(x, m)
  both = com.microsoft.FusedMatMul<transA=1, transB=1>(m, x)
  first = Gather<axis=0>(x, zero)
  row = Squeeze(first, zero)
  dense = com.microsoft.FusedGemm<activation="Relu", transB=1, alpha=2.0>(row, w, o)
  back = com.microsoft.FastGelu(bias, c)
  turned = Add(back, quick)
}"""


def test_fused(attune, tmp_path):
    compiled = build(attune, str(tmp_path), FUSED)
    rng = np.random.default_rng(11)
    for b, s in SIZES:
        compare(compiled, {"x": random(rng, b, s, 12), "c": random(rng, 12), "m": random(rng, b, 12, s),
                           "w": random(rng, 7, 12), "o": random(rng, 7)})


ROTARY = """rotary (float[b,s,48] x, float[b,3,s,16] z, int64[b,s] at, int64[1] start, float[64,8] c, float[64,8] d)
  => (float[b,s,48] y, float[b,3,s,16] w)
{
  y = com.microsoft.RotaryEmbedding<interleaved=%d>(x, at, c, d)
  w = com.microsoft.RotaryEmbedding<interleaved=%d>(z, start, c, d)
}"""


@pytest.mark.parametrize("pairs", (0, 1))
def test_rotary(attune, tmp_path, pairs):
    compiled = build(attune, str(tmp_path), ROTARY % (pairs, pairs))
    rng = np.random.default_rng(12)
    for b, s in SIZES:
        compare(compiled, {"x": random(rng, b, s, 48), "z": random(rng, b, 3, s, 16), "start": np.array([5]),
                           "at": rng.integers(0, 64, (b, s)), "c": random(rng, 64, 8), "d": random(rng, 64, 8)})
