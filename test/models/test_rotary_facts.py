"""Rotary positions: every way to spell a rotation of q and k is stated, what is none is not."""

import numpy as np
import pytest
from conftest import Compiled
from test_attention_facts import agree, attention_of, save

GRAPH = """<ir_version: 9, opset_import: ["" : 23, "com.microsoft" : 1]>
attention (float[b,4,s,16] q, float[b,4,s,16] k, float[b,4,s,16] v, EXTRA) => (float[b,4,s,16] y)
<float scale = {0.25}, int64 start = {0}, int64 step = {1}, int64[1] zero = {0}, int64[1] one = {1},
 int64[1] two = {2}, int64[1] three = {3}, int64[1] four = {4}, int64[1] last = {-1}, int64[1] half = {8},
 int64[1] all = {16}, int64[1] far = {1000}, int64[4] heads = {0,0,0,16}, int64[5] pairs = {0,0,0,8,2},
 int64 first = {0}, int64 second = {1}, int64[2] equal = {8,8}, int64[2] table_shape = {-1,16}>
{
  length1 = Shape<start=2,end=3>(q)  length = Squeeze(length1)  place = Range(start, length, step)
  number = Cast<to=1>(place)  row = Unsqueeze(number, one)  angle = Mul(row, frequency)
  ANGLES
  TURNED
  kt = Transpose<perm=[0,1,3,2]>(KEYS)
  product = MatMul(QUERIES, kt)  scaled = Mul(product, scale)
  p = Softmax<axis=-1>(scaled)
  y = MatMul(p, VALUES)
}"""

FREQUENCY = {"frequency": (10000.0 ** (-np.arange(8) / 8)).astype(np.float32)}
ANGLES = FREQUENCY["frequency"] * np.arange(64)[:, None]
TWICE = np.concatenate([ANGLES, ANGLES], -1)
COSINES, SINES = np.cos(TWICE).astype(np.float32), np.sin(TWICE).astype(np.float32)
HALF_TABLES = {"cosines": COSINES[:, :8], "sines": SINES[:, :8]}
TABLES = {"cosines": COSINES, "sines": SINES}

JOINED = "twice = Concat<axis=-1>(angle, angle)  cos = Cos(twice)  sin = Sin(twice)"
HALVES = "  cos = Cos(angle)  sin = Sin(angle)"
REPEATED = """
  column = Unsqueeze(angle, last)  both = Concat<axis=-1>(column, column)
  flat = Reshape(both, table_shape)  cos = Cos(flat)  sin = Sin(flat)"""
BY_POSITION = "c3 = Gather<axis=0>(cosines, ids)  s3 = Gather<axis=0>(sines, ids)" \
              "  cos = Unsqueeze(c3, one)  sin = Unsqueeze(s3, one)"
SLICED = "  cos = Slice(cosines, zero, length1, zero)  sin = Slice(sines, zero, length1, zero)"
# One table of sines and cosines, of which rows are taken and cut.
GPT_J = """
  rows = Gather<axis=0>(table, ids)  rows4 = Unsqueeze(rows, one)
  s8, c8 = Split<axis=-1>(rows4, equal)
  sc = Unsqueeze(s8, last)  ss = Concat<axis=-1>(sc, sc)  sin = Reshape(ss, wide)
  cc = Unsqueeze(c8, last)  cs = Concat<axis=-1>(cc, cc)  cos = Reshape(cs, wide)"""
# The product with a column of frequencies, as one matrix product.
LLAMA = """
  at2 = Unsqueeze(ids, one)  at = Cast<to=1>(at2)
  spread = MatMul(column, at)  turned = Transpose<perm=[0,2,1]>(spread)
  twice = Concat<axis=-1>(turned, turned)  c3 = Cos(twice)  s3 = Sin(twice)
  cos = Unsqueeze(c3, one)  sin = Unsqueeze(s3, one)"""

# Lines that make X_out of X.
SLICES = """
  X_a = Slice(X, zero, half, three)  X_b = Slice(X, half, far, three)  X_n = Neg(X_b)
  X_r = Concat<axis=-1>(X_n, X_a)  X_c = Mul(X, cos)  X_s = Mul(X_r, sin)  X_out = Add(X_c, X_s)"""
SPLIT = """
  X_a, X_b = Split<axis=-1>(X, equal)
  X_ac = Mul(X_a, cos)  X_bs = Mul(X_b, sin)  X_bc = Mul(X_b, cos)  X_as = Mul(X_a, sin)
  X_re = Sub(X_ac, X_bs)  X_im = Add(X_bc, X_as)  X_out = Concat<axis=-1>(X_re, X_im)"""
STRIDED = """
  X_a = Slice(X, zero, far, three, two)  X_b = Slice(X, one, far, three, two)  X_n = Neg(X_b)
  X_u = Unsqueeze(X_n, last)  X_w = Unsqueeze(X_a, last)  X_p = Concat<axis=-1>(X_u, X_w)
  X_r = Reshape(X_p, heads)  X_c = Mul(X, cos)  X_s = Mul(X_r, sin)  X_out = Add(X_c, X_s)"""
COMPLEX = """
  X_5 = Reshape(X, pairs)  X_a = Gather<axis=-1>(X_5, first)  X_b = Gather<axis=-1>(X_5, second)
  X_ac = Mul(X_a, cos)  X_bs = Mul(X_b, sin)  X_bc = Mul(X_b, cos)  X_as = Mul(X_a, sin)
  X_re = Sub(X_ac, X_bs)  X_im = Add(X_as, X_bc)
  X_u = Unsqueeze(X_re, last)  X_w = Unsqueeze(X_im, last)  X_p = Concat<axis=-1>(X_u, X_w)
  X_out = Reshape(X_p, heads)"""
PARTIAL = """
  X_h = Slice(X, zero, half, three)  X_keep = Slice(X, half, far, three)
  X_a = Slice(X_h, zero, four, three)  X_b = Slice(X_h, four, far, three)  X_n = Neg(X_b)
  X_r = Concat<axis=-1>(X_n, X_a)  X_c = Mul(X_h, cos)  X_s = Mul(X_r, sin)  X_t = Add(X_c, X_s)
  X_out = Concat<axis=-1>(X_t, X_keep)"""
QUARTER = """
  part = Slice(angle, zero, four, one)  twice = Concat<axis=-1>(part, part)
  cos = Cos(twice)  sin = Sin(twice)"""
# Of what both are made: a projection with a bias.
BIASED = "X_0 = Add(X, bias)" + SLICES.replace("(X,", "(X_0,")

TURNED = {
    "halves": (JOINED, SLICES, FREQUENCY),
    "halves, split": (HALVES, SPLIT, FREQUENCY),
    "interleaved": (REPEATED, STRIDED, FREQUENCY),
    "pairs": (HALVES, COMPLEX, FREQUENCY),
    "some channels": (QUARTER, PARTIAL, FREQUENCY),
    "the other way round": (JOINED, SLICES.replace("Add(X_c", "Sub(X_c"), FREQUENCY),
    "scaled": (JOINED + "  c1 = Mul(cos, factor)  s1 = Mul(sin, factor)",
               SLICES.replace(", cos)", ", c1)").replace(", sin)", ", s1)"),
               {**FREQUENCY, "factor": np.float32(1.1)}),
    "with a bias": (JOINED, BIASED,
                    {**FREQUENCY, "bias": np.linspace(-1, 1, 16).astype(np.float32)}),
    "tables by position": (BY_POSITION, SLICES, TABLES),
    "tables of half": (BY_POSITION, SPLIT, HALF_TABLES),
    "parts of tables": (SLICED, SLICES, TABLES),
    "one table": (GPT_J, STRIDED,
                  {"table": np.concatenate([np.sin(ANGLES), np.cos(ANGLES)], -1).astype(np.float32),
                   "wide": np.array([0, 1, -1, 16])}),
    "a product of matrices": (LLAMA, SLICES, {"column": FREQUENCY["frequency"].reshape(1, 8, 1)}),
    "the operator": ("", "X_out = RotaryEmbedding(X, cosines, sines, ids)", HALF_TABLES),
    "the operator, interleaved": (
        "", "X_out = RotaryEmbedding<interleaved=1>(X, cosines, sines, ids)", HALF_TABLES),
    "the operator, some channels": (
        "", "X_out = RotaryEmbedding<rotary_embedding_dim=8>(X, cosines, sines, ids)",
        {name: table[:, :4] for name, table in HALF_TABLES.items()}),
    "ONNX Runtime's": ("", "X_out = com.microsoft.RotaryEmbedding(X, ids, cosines, sines)", HALF_TABLES),
    "ONNX Runtime's, interleaved": (
        "", "X_out = com.microsoft.RotaryEmbedding<interleaved=1>(X, ids, cosines, sines)", HALF_TABLES),
}

OTHER = SINES.copy()
OTHER[40, 3] *= 1.001
NOT_TURNED = {
    "no minus": (JOINED, SLICES.replace("Neg(", "Identity("), FREQUENCY),
    "two angles": (JOINED.replace("Sin(twice)", "Sin(more)") + "  more = Mul(twice, factor)", SLICES,
                   {**FREQUENCY, "factor": np.float32(1.01)}),
    "angles of halves differ": (
        "double = Mul(angle, factor)  twice = Concat<axis=-1>(angle, double)"
        "  cos = Cos(twice)  sin = Sin(twice)", SLICES, {**FREQUENCY, "factor": np.float32(2)}),
    "both cosines": (JOINED.replace("Sin(", "Cos("), SLICES, FREQUENCY),
    "another size": (JOINED + "  s1 = Mul(sin, factor)", SLICES.replace(", sin)", ", s1)"),
                     {**FREQUENCY, "factor": np.float32(1.1)}),
    "no position": ("twice = Concat<axis=-1>(frequency, frequency)  cos = Cos(twice)  sin = Sin(twice)",
                    SLICES, FREQUENCY),
    "no table of sines": (BY_POSITION, SLICES, {"cosines": COSINES, "sines": OTHER}),
    "no turn": (BY_POSITION, SLICES, {"cosines": np.ones_like(COSINES), "sines": np.zeros_like(SINES)}),
    "tables that are inputs": ("cos = Unsqueeze(cos_in, one)  sin = Unsqueeze(sin_in, one)", SLICES, {}),
    "other channels": (JOINED, SLICES.replace("Concat<axis=-1>(X_n, X_a)", "Concat<axis=-1>(X_a, X_n)"),
                       FREQUENCY),
    "no value": (JOINED, "X_z = Mul(X, none)" + SLICES.replace("(X,", "(X_w,") +
                 "  X_w = Add(X_z, bias)", {**FREQUENCY, "none": np.float32(0), "bias": np.ones(16, np.float32)}),
    "two turns": (JOINED, SLICES + "  X_0 = Mul(X_out, cos)", FREQUENCY),
}


def build(path, case, queries="q_out", keys="k_out"):
    angles, turned, constants = case
    out = "_0" if "X_0 = Mul(X_out" in turned else "_out"
    lines = "".join(turned.replace("X", name) + "\n" for name in "qk")
    text = GRAPH.replace("ANGLES", angles).replace("TURNED", lines).replace("VALUES", "v")
    text = text.replace("QUERIES", queries.replace("_out", out)).replace("KEYS", keys.replace("_out", out))
    extra = ["float[b,s,16] cos_in, float[b,s,16] sin_in"] if "_in" in angles else []
    extra += ["int64[b,s] ids"] if "ids" in angles + turned else []
    text = text.replace("EXTRA", ", ".join(extra) or "float[1] unread")
    constants = {**constants, "frequency": constants.get("frequency", FREQUENCY["frequency"])}
    save(path, text, constants)


def run(attune, folder, model):
    compiled = Compiled(attune, str(folder), str(model))
    rng = np.random.default_rng(3)
    for batch, length in ((1, 1), (2, 7), (1, 40)):
        feeds = {x: rng.standard_normal((batch, 4, length, 16), np.float32) for x in "qkv"}
        feeds["ids"] = rng.integers(0, 64, (batch, length))
        feeds["cos_in"] = rng.standard_normal((batch, length, 16), np.float32)
        feeds["sin_in"] = rng.standard_normal((batch, length, 16), np.float32)
        feeds["unread"] = np.zeros(1, np.float32)
        agree(compiled, feeds)


@pytest.mark.parametrize("name", TURNED)
def test_rotary(attune, tmp_path, name):
    model = tmp_path / "model.onnx"
    build(model, TURNED[name])
    assert attention_of(attune, model).get("position") == "rotary"
    run(attune, tmp_path, model)


@pytest.mark.parametrize("name", NOT_TURNED)
def test_not_rotary(attune, tmp_path, name):
    model = tmp_path / "model.onnx"
    build(model, NOT_TURNED[name])
    assert "position" not in attention_of(attune, model)


@pytest.mark.parametrize("queries,keys", [("q", "k_out"), ("q_out", "k"), ("q_out", "q"), ("k", "k")])
def test_one_alone(attune, tmp_path, queries, keys):
    model = tmp_path / "model.onnx"
    build(model, TURNED["halves"], queries, keys)
    assert "position" not in attention_of(attune, model)
