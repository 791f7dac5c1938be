"""The standard's own cases of Attention, RotaryEmbedding, TensorScatter and CumSum, as the onnx
wheel has them, and shapes that those do not have: ragged, dynamic, empty pasts."""

import json
import os

import numpy as np
import onnx
import pytest
from onnx import numpy_helper, parser
from onnx.backend.test.loader import load_model_tests
from onnx.reference import ReferenceEvaluator

PREFIXES = ("test_attention_", "test_rotary_embedding", "test_tensorscatter", "test_cumsum", "test_gelu", "test_swish")
CASES = [c for c in load_model_tests(kind="node") if c.name.startswith(PREFIXES) and "_expanded" not in c.name]

# Their axis is an input of the model.
UNSUPPORTED = {f"test_cumsum_2d_{name}" for name in ("axis_0", "axis_1", "negative_axis", "int32")}


@pytest.mark.parametrize("case", CASES, ids=[c.name for c in CASES])
def test_case(attune, tmp_path, case):
    onnx.save(case.model, tmp_path / "model.onnx")
    (sets,) = case.data_sets
    data = tmp_path / "test_data_set_0"
    data.mkdir()
    for kind, arrays in zip(("input", "output"), sets):
        for i, array in enumerate(arrays):
            (data / f"{kind}_{i}.pb").write_bytes(numpy_helper.from_array(np.asarray(array)).SerializeToString())
    # Narrow types are rounded at other places than in the reference.
    narrow = any(np.asarray(array).dtype.itemsize == 2 for array in sets[1])
    done = attune("verify", tmp_path, *(("--rtol", "2e-2", "--atol", "4e-3") if narrow else ()))
    if case.name in UNSUPPORTED:
        assert done.returncode == 4 and "its axis is not constant" in done.stderr, done.stdout + done.stderr
    else:
        assert done.returncode == 0, done.stdout + done.stderr


def evaluate(attune, folder, model, feeds):
    """attune's outputs by name, from one artefact per model."""
    path = os.path.join(folder, "model.onnx")
    artifact = path + ".attune"
    if not os.path.exists(artifact):
        onnx.save(model, path)
        attune.ok("compile", path, "-o", artifact)
    args = []
    for name, values in feeds.items():
        np.save(os.path.join(folder, name), values)
        args += ["--input", f"{name}={os.path.join(folder, name)}.npy"]
    attune.ok("run", artifact, *args, "--output-dir", folder, "--threads", 2)
    return {o.name: np.load(os.path.join(folder, o.name + ".npy")) for o in model.graph.output}


def compare(attune, folder, model, feeds, bound=2e-5):
    got = evaluate(attune, folder, model, feeds)
    names = [o.name for o in model.graph.output]
    for name, want in zip(names, ReferenceEvaluator(model).run(None, feeds)):
        assert got[name].shape == want.shape and got[name].dtype == want.dtype, name
        largest = np.abs(want[np.isfinite(want)]).max(initial=1)
        np.testing.assert_allclose(got[name], want, rtol=0, atol=bound * largest,
                                   err_msg=name)


ATTENTION = """<ir_version: 10, opset_import: ["" : %d]>
attention (float[b,s,40] q, float[b,t,20] k, float[b,t,12] v%s) => (float[b,s,24] y%s)
{ y%s = Attention<q_num_heads=4, kv_num_heads=2%s>(q, k, v%s) }"""

# Opset, more graph inputs, attributes, operands after v, and what the inputs hold.
SPELLINGS = {
    "plain": (23, "", "", ""),
    "causal": (24, "", ", is_causal=1, scale=0.7", ""),
    "window": (25, "", ", is_causal=1, left_window_size=3", ""),
    "two_sided": (25, "", ", left_window_size=2, right_window_size=1", ""),
    "boolean": (23, ", bool[b,1,s,t] m", "", ", m"),
    "float": (24, ", float[s,t] m", ", is_causal=1", ", m"),
    "per_head": (24, ", float[4,s,t] m", ", softcap=2.0", ", m"),
    "shorter": (24, ", bool[s,u] m", "", ", m"),
    "lengths": (24, ", int64[b] lengths", ", is_causal=1", ", , , , lengths"),
    "lengths_window": (25, ", int64[b] lengths", ", left_window_size=2", ", , , , lengths"),
}


@pytest.mark.parametrize("name", SPELLINGS)
def test_shapes(attune, tmp_path, name):
    opset, inputs, attributes, operands = SPELLINGS[name]
    model = parser.parse_model(ATTENTION % (opset, inputs, "", "", attributes, operands))
    rng = np.random.default_rng(5)
    for b, s, t in ((1, 1, 1), (2, 7, 7), (3, 5, 40), (1, 40, 9)):
        feeds = {x: rng.standard_normal((b, n, w), np.float32)
                 for x, n, w in (("q", s, 40), ("k", t, 20), ("v", t, 12))}
        if "bool[" in inputs:
            shape = (b, 1, s, t) if name == "boolean" else (s, max(1, t - 2))
            feeds["m"] = rng.random(shape) < 0.6
            feeds["m"][..., 0, :] = False  # a query without a live key
        if "float[" in inputs:
            feeds["m"] = rng.standard_normal((s, t) if name == "float" else (4, s, t), np.float32)
            feeds["m"][..., 0, :] = -np.inf
        if "lengths" in inputs:
            feeds["lengths"] = rng.integers(0, t + 1, b)
        compare(attune, str(tmp_path), model, feeds)


def test_softcap(attune, tmp_path):
    """Capped scores are one attention, as the operator has them and as Gemma's graph spells them."""
    spelt = """<ir_version: 9, opset_import: ["" : 18]>
attention (float[b,4,s,16] q, float[b,4,t,16] k, float[b,4,t,16] v, float[s,t] m) => (float[b,4,s,16] y)
<float scale = {0.25}, float cap = {2}>
{ kt = Transpose<perm=[0,1,3,2]>(k)  product = MatMul(q, kt)  scaled = Mul(product, scale)
  share = Div(scaled, cap)  bent = Tanh(share)  capped = Mul(bent, cap)  biased = Add(capped, m)
  p = Softmax(biased)  y = MatMul(p, v) }"""
    operator = ATTENTION % (24, "", "", "", ", softcap=2.0", "")
    rng = np.random.default_rng(8)
    for name, text in (("spelt", spelt), ("operator", operator)):
        model = parser.parse_model(text)
        path = tmp_path / f"{name}.onnx"
        onnx.save(model, path)
        regions = json.loads(attune.ok("explain", str(path), "--json").stdout)["regions"]
        (facts,) = [region["attributes"] for region in regions if region["op"] == "attention"]
        assert facts["softcap"] == 2
        assert facts["heads"] == 4
    shapes = {"q": (2, 4, 5, 16), "k": (2, 4, 9, 16), "v": (2, 4, 9, 16), "m": (5, 9)}
    feeds = {x: 2 * rng.standard_normal(shape, np.float32) for x, shape in shapes.items()}
    compare(attune, str(tmp_path), parser.parse_model(spelt), feeds)


@pytest.mark.parametrize("mode", range(4))
def test_past(attune, tmp_path, mode):
    """A cache that grows, from nothing on; and the scores at each stage."""
    # The reference caps the scores before mode 0, which is to come before.
    cap = ", softcap=3.0" if mode else ""
    text = ATTENTION % (24, ", float[b,1,s,total] m, float[b,2,p,10] pk, float[b,2,p,6] pv",
                        ", float[b,2,n,10] nk, float[b,2,n,6] nv, float[b,4,s,n] scores", ", nk, nv, scores",
                        f", is_causal=1, qk_matmul_output_mode={mode}{cap}", ", m, pk, pv")
    model = parser.parse_model(text)
    rng = np.random.default_rng(mode)
    for b, s, p in ((1, 1, 0), (2, 3, 0), (2, 1, 9), (1, 6, 17)):
        feeds = {x: rng.standard_normal(shape, np.float32) for x, shape in (
            ("q", (b, s, 40)), ("k", (b, s, 20)), ("v", (b, s, 12)), ("m", (b, 1, s, p + s)),
            ("pk", (b, 2, p, 10)), ("pv", (b, 2, p, 6)))}
        compare(attune, str(tmp_path), model, feeds)


ROTARY = """<ir_version: 10, opset_import: ["" : 23]>
rotary (float[b,s,48] x, float[b,3,s,16] z, float[64,%(half)d] c, float[64,%(half)d] d, int64[b,s] at)
  => (float[b,s,48] y, float[b,3,s,16] w)
{
  y = RotaryEmbedding<num_heads=3, interleaved=%(pairs)d, rotary_embedding_dim=%(width)d>(x, c, d, at)
  cosine = Gather(c, at)  sine = Gather(d, at)
  w = RotaryEmbedding<interleaved=%(pairs)d, rotary_embedding_dim=%(width)d>(z, cosine, sine)
}"""


@pytest.mark.parametrize("pairs", (0, 1))
@pytest.mark.parametrize("width", (0, 6))
def test_rotary(attune, tmp_path, pairs, width):
    half = (width or 16) // 2
    model = parser.parse_model(ROTARY % {"half": half, "pairs": pairs, "width": width})
    rng = np.random.default_rng(7)
    for b, s in ((1, 1), (2, 5), (3, 20)):
        feeds = {"x": rng.standard_normal((b, s, 48), np.float32), "z": rng.standard_normal((b, 3, s, 16), np.float32),
                 "c": rng.standard_normal((64, half), np.float32), "d": rng.standard_normal((64, half), np.float32),
                 "at": rng.integers(0, 64, (b, s))}
        compare(attune, str(tmp_path), model, feeds)


STATE = """<ir_version: 10, opset_import: ["" : 24]>
state (float[b,2,t,5] cache, float[b,2,s,5] fresh, int64[b] at, int32[b,t] mask)
  => (float[b,2,t,5] x, float[b,2,t,5] y, float[b,2,t,5] z, int32[b,t] sums, float[b,2,t,5] back)
<int64 one = {1}, int64 tokens = {-2}>
{
  x = TensorScatter(cache, fresh)
  y = TensorScatter(cache, fresh, at)
  z = TensorScatter<mode="circular">(cache, fresh, at)
  sums = CumSum(mask, one)
  back = CumSum<reverse=1, exclusive=1>(cache, tokens)
}"""


def test_state(attune, tmp_path):
    model = parser.parse_model(STATE)
    rng = np.random.default_rng(9)
    for b, t, s in ((1, 1, 1), (2, 9, 3), (3, 12, 12), (2, 6, 0)):
        feeds = {"cache": rng.standard_normal((b, 2, t, 5), np.float32),
                 "fresh": rng.standard_normal((b, 2, s, 5), np.float32), "at": rng.integers(0, t - s + 1, b),
                 "mask": rng.integers(0, 2, (b, t)).astype(np.int32)}
        compare(attune, str(tmp_path), model, feeds)
