"""What explain proves of masks in tables, biases, caches and keys from elsewhere; and the results."""

import json

import numpy as np
import onnx
import pytest
from conftest import Compiled
from onnx import numpy_helper, parser

LOWEST = np.finfo(np.float32).min

GRAPH = """<ir_version: 9, opset_import: ["" : 18]>
attention (float[b,4,s,16] q, float[b,4,s,16] k, float[b,4,s,16] v, EXTRA) => (float[b,4,s,16] y)
<float scale = {0.25}, int64 start = {0}, int64 step = {1}, int64[1] zero = {0}, int64[1] one = {1},
 int64[1] two = {2}, int64[1] three = {3}, int64[2] outer = {0,1}, int64[2] grid = {2,3}>
{
  length1 = Shape<start=2,end=3>(q)  length = Squeeze(length1)
  key = Range(start, length, step)  query = Unsqueeze(key, one)
  difference = Sub(key, query)  distance = Cast<to=1>(difference)
  LINES
  kt = Transpose<perm=[0,1,3,2]>(k)
  product = MatMul(q, kt)
  scaled = Mul(product, scale)
  masked = Add(scaled, bias)
  p = Softmax<axis=-1>(masked)
  y = MatMul(p, v)
}"""

SLOPES = {"slopes": np.array([0.5, 0.25, 0.125, 0.0625], np.float32).reshape(4, 1, 1)}
BUCKETS = """
  far = Abs(difference)  number = Cast<to=1>(far)  more = Add(number, onef)  log = Log(more)
  steps = Mul(log, fourf)  whole = Cast<to=7>(steps)  capped = Min(whole, last)
  close = Less(far, eight)  chosen = Where(close, far, capped)  ahead = Greater(difference, start)
  half = Cast<to=7>(ahead)  shift = Mul(half, sixteen)  bucket = Add(chosen, shift)
  rows = Gather<axis=0>(table, bucket)  heads = Transpose<perm=[2,0,1]>(rows)"""
T5 = {"table": np.random.default_rng(1).standard_normal((32, 4)).astype(np.float32),
      "onef": np.float32(1), "fourf": np.float32(4), "last": np.int64(15), "eight": np.int64(8),
      "sixteen": np.int64(16)}
BAND = np.where(np.tri(200, dtype=bool) & ~np.tri(200, k=-5, dtype=bool), 0, LOWEST)
ODD = np.where(np.tri(200, dtype=bool) | (np.arange(200) == 7), 0, -np.inf)
SLICE = "begin = Concat<axis=0>(zero, zero)  end = Concat<axis=0>(length1, length1)"

# The lines that make `bias`, constants, and the facts: mask and bias.
CASES = {
    "alibi": ("slope = Mul(slopes, distance)  bias = Unsqueeze(slope, zero)", SLOPES,
              (None, "alibi(slopes)")),
    "alibi by key": ("place = Cast<to=1>(key)  bias = Mul(slopes, place)", SLOPES,
                     (None, "alibi(slopes)")),
    "alibi in two terms": (
        "a = Cast<to=1>(key)  b = Cast<to=1>(query)  x = Mul(slopes, a)  y0 = Mul(slopes, b)"
        "  bias = Sub(x, y0)", SLOPES, (None, "alibi(slopes)")),
    "alibi of computed slopes": (
        "count = Constant<value=int64 {4}>()  head = Range(start, count, step)"
        "  number = Cast<to=1>(head)  slope0 = Exp(number)  slope1 = Unsqueeze(slope0, behind)"
        "  bias = Mul(slope1, distance)", {"behind": np.array([1, 2])}, (None, "alibi(slopes)")),
    # MPT: slopes times (key - (most - 1)), folded for the most keys, of which the last are taken.
    "alibi folded": (
        "count = Shape<start=1,end=2>(folded)  rest = Sub(count, length1)  before = Max(rest, zero)"
        "  part = Slice(folded, before, count, one)  bias = Unsqueeze(part, one)",
        {"folded": SLOPES["slopes"].reshape(4, 1) * np.arange(1 - 200, 1, dtype=np.float32)},
        (None, "alibi(slopes)")),
    "alibi folded over both": (
        SLICE + "  bias = Slice(buffer, begin, end, grid)",
        {"buffer": SLOPES["slopes"].reshape(1, 4, 1, 1) *
         (np.arange(90) - np.arange(90)[:, None]).astype(np.float32)}, (None, "alibi(slopes)")),
    "alibi with a bent slope": (
        SLICE + "  bias = Slice(buffer, begin, end, grid)",
        {"buffer": SLOPES["slopes"].reshape(1, 4, 1, 1) *
         (np.minimum(np.arange(90), 80) - np.arange(90)[:, None]).astype(np.float32)},
        (None, "tensor")),
    # BLOOM and Falcon: a key's position is how many live ones are before it.
    "alibi by counted keys": (
        "sums = CumSum(live, onei)  before = Sub(sums, onei)  places = Mul(before, live)"
        "  at = Unsqueeze(places, one)  number = Cast<to=1>(at)  slope = Mul(slopes2, number)"
        "  bias = Unsqueeze(slope, two)",
        {"slopes2": SLOPES["slopes"].reshape(1, 4, 1), "onei": np.int64(1)},
        (None, "alibi(slopes, positions=operand)")),
    "a float per key": (
        "at = Unsqueeze(given2, outer12)  bias = Mul(slopes, at)",
        {**SLOPES, "outer12": np.array([1, 2])}, (None, "tensor")),
    "distance": ("far = Abs(distance)  away = Neg(far)  bias = Mul(slopes, away)", SLOPES,
                 (None, "toeplitz")),
    "sum of places": ("both = Add(key, query)  far = Cast<to=1>(both)  bias = Mul(slopes, far)",
                      SLOPES, (None, "tensor")),
    "an input": ("bias = Identity(given)", {}, (None, "tensor")),
    "buckets": (BUCKETS + "  bias = Unsqueeze(heads, zero)", T5, (None, "table(buckets=32)")),
    "buckets and a mask": (
        BUCKETS + "  table4 = Unsqueeze(heads, zero)  dead = Greater(difference, start)"
        "  nothing = Constant<value=float {0}>()  low = Constant<value=float {-3.4028234e38}>()"
        "  mask = Where(dead, low, nothing)  bias = Add(table4, mask)", T5,
        ("causal", "table(buckets=32)")),
    "part of a large table": (
        SLICE + "  bias = Slice(buffer, begin, end, grid)", {"buffer": BAND.reshape(1, 1, 200, 200)},
        ("window(left=4, causal)", None)),
    "part of a small table": (
        SLICE + "  bias = Slice(buffer, begin, end, outer)",
        {"buffer": np.where(np.tri(100, dtype=bool), 0, -np.inf)}, ("causal", None)),
    "no band": (
        SLICE + "  bias = Slice(buffer, begin, end, outer)", {"buffer": ODD}, (None, "tensor")),
    "two low values": (
        SLICE + "  bias = Slice(buffer, begin, end, outer)",
        {"buffer": np.where(np.eye(200, k=1) > 0, -1e38, BAND)}, (None, "toeplitz")),
    "low but not lowest": (
        SLICE + "  bias = Slice(buffer, begin, end, outer)",
        {"buffer": np.where(np.tri(200, dtype=bool), 0, -1e4)}, (None, "toeplitz")),
}


def save(path, text, constants):
    model = parser.parse_model(text)
    for name, values in constants.items():
        values = np.asarray(values)
        if values.dtype == np.float64:
            values = values.astype(np.float32)
        model.graph.initializer.append(numpy_helper.from_array(values, name))
    onnx.save(model, path)


def attention_of(attune, model):
    regions = json.loads(attune.ok("explain", str(model), "--json").stdout)["regions"]
    (facts,) = (region["attributes"] for region in regions if region["op"] == "attention")
    return facts


def agree(compiled, feeds):
    known = {value.name for value in compiled.session.get_inputs()}
    feeds = {name: value for name, value in feeds.items() if name in known}
    ours, theirs = compiled.run(feeds), compiled.reference(feeds)
    for name, want in theirs.items():
        np.testing.assert_allclose(ours[name], want, rtol=0, atol=2e-5 * np.abs(want).max())


@pytest.mark.parametrize("name", CASES)
def test_bias(attune, tmp_path, name):
    lines, constants, facts = CASES[name]
    model = tmp_path / "model.onnx"
    inputs = {"given": "float[b,4,s,s] given", "given2": "float[b,s] given2", "live": "int64[b,s] live"}
    named = [value for name, value in inputs.items() if f"({name}," in lines or f"({name})" in lines]
    extra = ", ".join(named) or "float[1] unread"
    save(model, GRAPH.replace("EXTRA", extra).replace("LINES", lines), constants)
    compiled = Compiled(attune, str(tmp_path), str(model))
    found = attention_of(attune, model)
    assert (found.get("mask"), found.get("bias")) == facts
    rng = np.random.default_rng(3)
    for batch, length in ((1, 1), (2, 7), (1, 70)):
        feeds = {x: rng.standard_normal((batch, 4, length, 16), np.float32) for x in "qkv"}
        feeds["given"] = rng.standard_normal((batch, 4, length, length), np.float32)
        feeds["given2"] = rng.standard_normal((batch, length), np.float32)
        feeds["live"] = (np.arange(length) >= length // 3)[None].repeat(batch, 0).astype(np.int64)
        feeds["unread"] = np.zeros(1, np.float32)
        agree(compiled, feeds)


CACHED = """<ir_version: 9, opset_import: ["" : 18]>
decode (float[b,4,new,16] q, float[b,4,new,16] k, float[b,4,new,16] v,
        float[b,4,past,16] past_k, float[b,4,past,16] past_v)
 => (float[b,4,new,16] y, float[b,4,all,16] present_k, float[b,4,all,16] present_v)
<float scale = {0.25}, float low = {-3.4028234663852886e+38}, int64[2] axes = {2,3}, int64[1] zero = {0}>
{
  present_k = Concat<axis=2>(past_k, k)  present_v = Concat<axis=-2>(past_v, v)
  new = Shape<start=2,end=3>(q)  all = Shape<start=2,end=3>(present_k)  past = Sub(all, new)
  begin = Concat<axis=0>(past, zero)  end = Concat<axis=0>(all, all)
  part = Slice(buffer, begin, end, axes)
  kt = Transpose<perm=[0,1,3,2]>(present_k)
  product = MatMul(q, kt)
  scaled = Mul(product, scale)
  masked = Where(part, scaled, low)
  p = Softmax<axis=-1>(masked)
  y = MatMul(p, present_v)
}"""


def test_cache_and_a_buffer_of_booleans(attune, tmp_path):
    """GPT-2's: rows and columns of a triangle, which begin where the past ends."""
    model = tmp_path / "model.onnx"
    save(model, CACHED, {"buffer": np.tri(300, dtype=bool).reshape(1, 1, 300, 300)})
    compiled = Compiled(attune, str(tmp_path), str(model))
    found = attention_of(attune, model)
    assert (found["mask"], found["cache"]) == ("causal(offset=past)", "append")
    assert "cross" not in found
    rng = np.random.default_rng(4)
    for new, past in ((1, 0), (5, 0), (1, 40), (3, 17)):
        shapes = {"q": new, "k": new, "v": new, "past_k": past, "past_v": past}
        agree(compiled, {name: rng.standard_normal((2, 4, size, 16), np.float32)
                         for name, size in shapes.items()})


CROSS = """<ir_version: 9, opset_import: ["" : 18]>
cross (float[b,s,16] x, float[b,t,16] memory) => (float[b,s,16] y)
<float scale = {0.25}>
{
  q = MatMul(x, wq)  k = MatMul(KEYS, wk)  v = MatMul(KEYS, wv)
  kt = Transpose<perm=[0,2,1]>(k)
  product = MatMul(q, kt)
  scaled = Mul(product, scale)
  p = Softmax<axis=-1>(scaled)
  y = MatMul(p, v)
}"""
KEYS = {"memory": True, "both": False, "x": False}


@pytest.mark.parametrize("keys", KEYS)
def test_cross(attune, tmp_path, keys):
    rng = np.random.default_rng(5)
    weights = {name: rng.standard_normal((16, 16), np.float32) * 0.3 for name in ("wq", "wk", "wv")}
    text = CROSS.replace("KEYS", keys).replace("{\n", "{\n  both = Concat<axis=1>(x, memory)\n", 1)
    model = tmp_path / "model.onnx"
    save(model, text, weights)
    compiled = Compiled(attune, str(tmp_path), str(model))
    found = attention_of(attune, model)
    assert found.get("cross") == ("true" if KEYS[keys] else None) and "cache" not in found
    agree(compiled, {"x": rng.standard_normal((2, 5, 16), np.float32),
                     "memory": rng.standard_normal((2, 9, 16), np.float32)})
