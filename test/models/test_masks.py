"""Masks as exporters write them: results against ONNX Runtime, and what explain calls them."""

import json

import numpy as np
import onnx
import pytest
from conftest import Compiled
from onnx import parser

HEADS, CHANNELS = 4, 16

GRAPH = """<ir_version: 9, opset_import: ["" : 18]>
masked (float[b,4,s,16] q, float[b,4,s,16] k, float[b,4,s,16] v, int64[b,s] attention_mask) => (float[b,4,s,16] y)
<float scale = {0.25}, float low = {-3.4028234663852886e+38}, float zero = {0}, float one = {1},
 int64 start = {0}, int64 step = {1}, int64 width = {8}, int64[1] first = {0}, int64[1] second = {1},
 int64[2] outer = {0,1}, int64[2] middle = {1,2}>
{
  sizes = Shape(attention_mask)
  length = Gather<axis=0>(sizes, step)
  positions = Range(start, length, step)
  key = Unsqueeze(positions, first)
  query = Unsqueeze(positions, second)
  batch1 = Gather<axis=0>(sizes, first)
  length1 = Gather<axis=0>(sizes, second)
  %s
  kt = Transpose<perm=[0,1,3,2]>(k)
  product = MatMul(q, kt)
  scaled = Mul(product, scale)
  masked = Add(scaled, bias)
  p = Softmax<axis=-1>(masked)
  y = MatMul(p, v)
}"""

# How the graph makes `bias`, and the mask that explain reports.
SPELLINGS = {
    # ModernBERT: far keys replaced in a mask that padding already made.
    "distance": ("""
      difference = Sub(query, key)  distance = Abs(difference)  near = LessOrEqual(distance, width)
      near4 = Unsqueeze(near, outer)  far = Not(near4)
      rows = Unsqueeze(attention_mask, middle)  alive = Cast<to=1>(rows)  inverted = Sub(one, alive)
      dead = Cast<to=9>(inverted)  padding = Where(dead, low, inverted)
      target = Concat<axis=0>(batch1, second, length1, length1)  expanded = Expand(padding, target)
      bias = Where(far, low, expanded)""", "window(left=8, right=8) & padding(keys)"),
    # Mistral before its mask functions: what lies ahead or too far back is dead, as a product.
    "product": ("""
      ahead = Greater(key, query)  oldest = Sub(query, width)  old = LessOrEqual(key, oldest)
      dead = Or(ahead, old)  number = Cast<to=1>(dead)  filled = Mul(number, low)
      bias = Unsqueeze(filled, outer)""", "window(left=7, causal)"),
    # Mask functions joined by And.
    "functions": ("""
      behind = LessOrEqual(key, query)  oldest = Sub(query, width)  near = Greater(key, oldest)
      flags = Cast<to=9>(attention_mask)  rows = Unsqueeze(flags, middle)  both = And(behind, near)
      both4 = Unsqueeze(both, outer)  live = And(both4, rows)
      bias = Where(live, zero, low)""", "window(left=7, causal) & padding(keys)"),
    # A band cut out of ones by two Trilus.
    "trilu": ("""
      square = Concat<axis=0>(length1, length1)  ones = Expand(one, square)
      below = Constant<value=int64 {2}>()  above = Constant<value=int64 {-5}>()
      lower = Trilu<upper=0>(ones, below)  band = Trilu<upper=1>(lower, above)
      live = Cast<to=9>(band)  grid = Where(live, zero, low)  bias = Unsqueeze(grid, outer)""",
              "window(left=5, right=2)"),
}


@pytest.mark.parametrize("name", SPELLINGS)
def test_window(attune, tmp_path, name):
    lines, mask = SPELLINGS[name]
    model = tmp_path / "model.onnx"
    onnx.save(parser.parse_model(GRAPH % lines), model)
    compiled = Compiled(attune, str(tmp_path), str(model))
    regions = json.loads(attune.ok("explain", str(model), "--json").stdout)["regions"]
    (attention,) = (region["attributes"] for region in regions if region["op"] == "attention")
    assert (attention["heads"], attention["head_dim"], attention["mask"]) == (HEADS, CHANNELS, mask)
    assert "bias" not in attention
    rng = np.random.default_rng(3)
    for batch, length in ((1, 1), (2, 7), (1, 40), (3, 150)):
        live = np.ones((batch, length), np.int64)
        live[0, length - length // 3:] = 0
        feeds = {x: rng.standard_normal((batch, HEADS, length, CHANNELS), np.float32) for x in "qkv"}
        feeds["attention_mask"] = live
        want = compiled.reference(feeds)["y"]
        np.testing.assert_allclose(compiled.run(feeds)["y"], want, rtol=0, atol=1e-5 * np.abs(want).max())


@pytest.mark.parametrize("fill", [-1500.0, -1e4, -1e9])
def test_chosen_number(attune, tmp_path, fill):
    """A number chosen instead of masked scores, which are far above it, around it, and below it."""
    lines = """behind = LessOrEqual(key, query)  flags = Cast<to=9>(attention_mask)
      rows = Unsqueeze(flags, middle)  live = And(behind, rows)"""
    graph = GRAPH.replace("-3.4028234663852886e+38", repr(fill)) % lines
    model = tmp_path / "model.onnx"
    onnx.save(parser.parse_model(graph.replace("Add(scaled, bias)", "Where(live, scaled, low)")), model)
    compiled = Compiled(attune, str(tmp_path), str(model))
    regions = json.loads(attune.ok("explain", str(model), "--json").stdout)["regions"]
    (attention,) = (region["attributes"] for region in regions if region["op"] == "attention")
    assert (attention["mask"], attention["dead_rows"]) == ("causal & padding(keys)", "mean")
    rng = np.random.default_rng(4)
    for batch, length, steep in ((1, 1, 1), (2, 1, 40), (2, 7, 40), (1, 40, 120), (3, 150, 40), (2, 90, 1)):
        live = rng.integers(0, 2, (batch, length))
        live[-1] = 0
        feeds = {x: rng.standard_normal((batch, HEADS, length, CHANNELS), np.float32) for x in "qkv"}
        feeds["q"] *= steep
        feeds["k"] *= steep
        feeds["attention_mask"] = live
        want = compiled.reference(feeds)["y"]
        # Scores in the thousands are rounded to a few thousandths.
        bound = 1e-5 if steep == 1 else 2e-2
        np.testing.assert_allclose(compiled.run(feeds)["y"], want, rtol=0, atol=bound * np.abs(want).max())
