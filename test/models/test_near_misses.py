"""An encoder layer with one node changed: the results stay right, and explain says what it was."""

import json
import re

import numpy as np
import onnx
import pytest
from conftest import Compiled
from onnx import numpy_helper, parser

WEIGHTS = {"wq": (16, 16), "wk": (16, 16), "wv": (16, 16), "wo": (16, 16), "gain": (16,),
           "shift": (16,), "wu": (16, 32), "wd": (32, 16), "temperature": (2, 1, 1)}

GRAPH = """<ir_version: 9, opset_import: ["" : 18]>
encoder (float[b,s,16] x, int64[b,s] attention_mask, bool[b,s,s] extra, WEIGHTS)
 => (float[b,s,16] y OUTPUTS)
<float scale = {0.35355339}, float low = {-3.4028234663852886e+38}, float zero = {0},
 float one = {1}, float half = {0.5}, float root2 = {1.41421356}, float epsilon = {1e-5},
 int64[1] last = {-1}, int64[2] middle = {1,2}, int64[4] split = {0,0,2,8}, int64[3] join = {0,0,16}>
{
  q0 = MatMul(x, wq)  q1 = Reshape(q0, split)  q = Transpose<perm=[0,2,1,3]>(q1)
  k0 = MatMul(x, wk)  k1 = Reshape(k0, split)  k = Transpose<perm=[0,2,3,1]>(k1)
  v0 = MatMul(x, wv)  v1 = Reshape(v0, split)  v = Transpose<perm=[0,2,1,3]>(v1)
  rows = Unsqueeze(attention_mask, middle)
  live = Cast<to=9>(rows)
  bias = Where(live, zero, low)
  product = MatMul(q, k)
  scaled = Mul(product, scale)
  masked = Add(scaled, bias)
  p = Softmax<axis=-1>(masked)
  mixed = MatMul(p, v)
  joined = Transpose<perm=[0,2,1,3]>(mixed)
  flat = Reshape(joined, join)
  out = MatMul(flat, wo)
  residual = Add(out, x)
  mean = ReduceMean(residual, last)
  centred = Sub(residual, mean)
  squares = Mul(centred, centred)
  variance = ReduceMean(squares, last)
  guarded = Add(variance, epsilon)
  deviation = Sqrt(guarded)
  normal = Div(centred, deviation)
  wide = Mul(normal, gain)
  placed = Add(wide, shift)
  up = MatMul(placed, wu)
  inner = Div(up, root2)
  erf = Erf(inner)
  plus = Add(erf, one)
  twice = Mul(up, plus)
  act = Mul(twice, half)
  down = MatMul(act, wd)
  y = Add(down, placed)
}"""

ATTENTION, NORM, ACTIVATION = (f"transformer-raise-{name}" for name in
                               ("attention", "norm", "activation"))
CAUSAL = """
  sizes = Shape(attention_mask)  second = Constant<value=int64 {1}>()
  length = Gather<axis=0>(sizes, second)  start = Constant<value=int64 {0}>()
  key = Range(start, length, second)  column = Constant<value_ints=[1]>()
  query = Unsqueeze(key, column)  behind = LessOrEqual(key, query)
  both = And(behind, extra)  heads = Constant<value_ints=[1]>()  live = Unsqueeze(both, heads)"""

# Lines of the graph and what they become; then the pass that declines, why, at which node, and
# what it expected there.
MISSES = {
    "softmax over queries": (
        {"p": "p = Softmax<axis=-2>(masked)", "SEQ": "9"}, ATTENTION,
        "runs over the query axis, dimension 2", "node_p", "dimension 3, over which v is summed"),
    "scaled after the mask": (
        {"masked": "masked = Add(product, bias)",
         "p": "minus = Constant<value = float {-0.5}>()  late = Mul(masked, minus)  p = Softmax(late)"},
        ATTENTION, "scaled after they were masked, by -0.5", "node_late", "before the mask"),
    "probabilities are an output": (
        {"OUTPUTS": ", float[b,2,s,s] p"}, ATTENTION,
        "another reader, the output 'p'", "", "one reader"),
    "probabilities are read again": (
        {"out": "most = ReduceMax<keepdims=0>(p)  out0 = MatMul(flat, wo)  out = Mul(out0, most)"},
        ATTENTION, "another reader", "node_most", "one reader"),
    "scaled by a tensor": (
        {"scaled": "scaled = Mul(product, temperature)"}, ATTENTION,
        "scaled by a tensor: a constant", "node_scaled", "a constant scale"),
    "v over another dimension": (
        {"mixed": "pt = Transpose<perm=[0,1,3,2]>(p)  mixed = MatMul(pt, v)"}, ATTENTION,
        "v is summed over dimension 2 of the probabilities, the softmax runs over dimension 3",
        "node_mixed", "a sum over dimension 3"),
    "fill is chosen and finite": (
        {"bias": "tiny = Constant<value=float {-100.0}>()",
         "masked": "masked = Where(live, scaled, tiny)"}, ATTENTION,
        "replaced by a value that need not underflow, -100", "node_masked", "−inf"),
    "mask of two parts": (
        {"live": CAUSAL}, ATTENTION,
        "a part of the mask stays a tensor: .*unknown content, the input 'extra'", "", "a band"),
    "bent scores": (
        {"masked": "bent = Erf(scaled)  masked = Add(bent, bias)"}, ATTENTION,
        "none of: scale, softcap, bias, mask; it is Erf", "node_bent", "a scale, a softcap, a bias or a mask"),
    "probabilities are changed": (
        {"mixed": "kept = Mul(p, half)  mixed = MatMul(kept, v)"}, ATTENTION,
        "changed before they meet v, by Mul", "node_kept", "views and a guard against NaN"),
    "no softmax": (
        {"p": "p = Sigmoid(masked)"}, ATTENTION,
        "the scores meet v without a softmax", "node_p", "a softmax over the keys"),
    "a sink": (
        {"masked": "sums = Add(scaled, bias)  sink = ReduceMax(sums, last)  masked = Concat<axis=3>(sums, sink)",
         "mixed": "start = Constant<value_ints=[0]>()  kept = Slice(p, start, last, last)  mixed = MatMul(kept, v)"},
        ATTENTION, "a part of the probabilities meets v, by Slice", "node_kept", "all that the softmax runs over"),
    "no mean of the squares": (
        {"variance": "variance = Identity(squares)"}, NORM,
        "under the root is each value's own square", "node_guarded", "the mean of the squares"),
    "no root": (
        {"deviation": "deviation = Identity(guarded)"}, NORM,
        "divided by a mean of squares, and not by its root", "node_guarded", "the root of a mean of squares"),
    "no one beside the erf": (
        {"plus": "plus = Identity(erf)"}, ACTIVATION,
        "the value is multiplied with 0.5 · erf", "node_erf", "0.5 \\+ 0.5 · it"),
    "no v": (
        {"mixed": "most = ReduceMax(p, last)  mixed = Mul(most, v)"}, ATTENTION,
        "no contraction reads the probabilities", "node_most", "a contraction with v"),
    "two products": (
        {"scaled": "again = MatMul(v, k)  sum = Add(product, again)  scaled = Mul(sum, scale)"},
        ATTENTION, "two contractions are added", "node_sum", "one contraction of q and k"),
    "variance over n - 1": (
        {"variance": "fifteen = Constant<value=float {15}>()  sum = ReduceSum(squares, last)"
                     "  variance = Div(sum, fifteen)"}, NORM,
        "a sum of 16 values is divided by 15", "node_variance", "16"),
    "epsilon after the root": (
        {"guarded": "root = Sqrt(variance)", "deviation": "deviation = Add(root, epsilon)"}, NORM,
        "epsilon, 1e-05, is added after the square root", "node_deviation", "under the root"),
    "variance over another axis": (
        {"variance": "first = Constant<value_ints=[1]>()  variance = ReduceMean(squares, first)"},
        NORM, "a mean is over dimension 1 of 3, of extent s", "node_variance",
        "the last alone, of extent 16"),
    "variance of another value": (
        {"squares": "squares = Mul(residual, residual)"}, NORM,
        "the variance is not that of the centred value", "", "less its mean"),
    "cubes": (
        {"squares": "three = Constant<value=float {3}>()  wrong = Pow(centred, three)"
                    "  squares = Abs(wrong)"}, NORM,
        "what is averaged under the root is not a square, but Abs", "node_squares", "a square"),
    "constant of the erf": (
        {"inner": "tenth = Constant<value=float {0.7}>()  inner = Mul(up, tenth)"}, ACTIVATION,
        "the erf is of 0.7 · x", "node_inner", r"0.7071067\d* · x"),
    "factor of gelu": (
        {"act": "less = Constant<value=float {0.49}>()  act = Mul(twice, less)"}, ACTIVATION,
        r"multiplied with 0.49 \+ 0.49 · erf", "node_plus", "0.5 . 0.5"),
    "gelu of another value": (
        {"inner": "other = Abs(up)  inner = Div(other, root2)"}, ACTIVATION,
        "the erf is of another value", "node_inner", "of the factor x"),
    "sigmoid of a multiple": (
        {"inner": "much = Constant<value=float {1.702}>()  inner = Mul(up, much)",
         "erf": "gate = Sigmoid(inner)", "plus": "", "twice": "", "act": "act = Mul(up, gate)"},
        ACTIVATION, "the sigmoid is of 1.702 · x", "", "the factor x itself"),
    "cubic of tanh": (
        {"inner": "third = Constant<value=float {3}>()  cube = Pow(up, third)"
                  "  little = Constant<value=float {0.05}>()  part = Mul(cube, little)"
                  "  sum = Add(up, part)  slope = Constant<value=float {0.7978845608}>()"
                  "  inner = Mul(sum, slope)",
         "erf": "erf = Tanh(inner)"}, ACTIVATION,
        r"the tanh is of a polynomial with 0.0398\d* · x\^3", "node_inner", r"0.0356\d* · x\^3"),
}


def build(path, changes):
    text = GRAPH.replace("WEIGHTS", ", ".join(
        f"float[{','.join(map(str, shape))}] {name}" for name, shape in WEIGHTS.items()))
    text = text.replace("OUTPUTS", changes.get("OUTPUTS", ""))
    sequence = changes.get("SEQ", "s")
    text = text.replace("b,s,s]", f"b,{sequence},{sequence}]").replace("b,s", f"b,{sequence}")
    for name, lines in changes.items():
        if name not in ("OUTPUTS", "SEQ"):
            text, count = re.subn(rf"^  {name} = .*$", lambda _: "  " + lines, text, flags=re.M)
            assert count == 1, name
    model = parser.parse_model(text)
    for node in model.graph.node:
        node.name = f"node_{node.output[0]}"
    rng = np.random.default_rng(5)
    for name, shape in WEIGHTS.items():
        values = rng.standard_normal(shape).astype(np.float32) * np.float32(0.3)
        model.graph.initializer.append(numpy_helper.from_array(values, name))
    kept = [value for value in model.graph.input if value.name not in WEIGHTS]
    del model.graph.input[:]
    model.graph.input.extend(kept)
    onnx.save(model, path)


def declined(report):
    for region in report["regions"]:
        yield from region["declined"]
    yield from report["declined"]


def run_and_compare(attune, tmp_path, changes):
    model = tmp_path / "model.onnx"
    build(model, changes)
    compiled = Compiled(attune, str(tmp_path), str(model))
    rng = np.random.default_rng(6)
    for batch, length in ((1, 9), (2, 9)) if "SEQ" in changes else ((1, 1), (2, 9), (1, 33)):
        mask = np.ones((batch, length), np.int64)
        mask[0, length - length // 3:] = 0
        extra = rng.integers(0, 2, (batch, length, length)).astype(bool)
        extra |= np.eye(length, dtype=bool)
        feeds = {"x": rng.standard_normal((batch, length, 16), np.float32),
                 "attention_mask": mask, "extra": extra}
        known = {value.name for value in compiled.session.get_inputs()}
        feeds = {name: value for name, value in feeds.items() if name in known}
        ours, theirs = compiled.run(feeds), compiled.reference(feeds)
        for name, want in theirs.items():
            np.testing.assert_allclose(ours[name], want, rtol=0, atol=2e-5 * np.abs(want).max())
    return json.loads(attune.ok("explain", str(model), "--json").stdout), model


def test_another_norm(attune, tmp_path):
    """Less a mean over another axis, and then normalised, is an RMS norm."""
    lines = "first = Constant<value_ints=[1]>()  mean = ReduceMean(residual, first)"
    report, _ = run_and_compare(attune, tmp_path, {"mean": lines})
    kinds = [r["attributes"]["kind"] for r in report["regions"] if r["op"] == "norm"]
    assert kinds == ["rms"] and list(declined(report)) == []


def test_nothing_is_missed(attune, tmp_path):
    report, _ = run_and_compare(attune, tmp_path, {})
    assert list(declined(report)) == []
    ops = report["summary"]["ops"]
    assert ops["attention"] == ops["norm"] == 1 and ops["contract"] == 6
    assert any("gelu" in region["fact"] for region in report["regions"])


@pytest.mark.parametrize("name", MISSES)
def test_near_miss(attune, tmp_path, name):
    changes, who, reason, node, expected = MISSES[name]
    report, model = run_and_compare(attune, tmp_path, changes)
    entries = list(declined(report))
    assert [entry["pass"] for entry in entries] == [who], entries
    entry = entries[0]
    assert re.search(reason, entry["reason"]), entry
    assert re.search(expected, entry["nearest"]["expected"]), entry
    assert entry["nearest"]["node"] == node or not node, entry
    text = attune.ok("explain", str(model)).stdout
    assert text.count("declined by") == 1 and f"declined by {who}: {entry['reason']}" in text
