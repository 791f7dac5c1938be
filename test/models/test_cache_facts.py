"""What explain proves of attention behind a cache, as operators and exporters write it."""

import numpy as np
import pytest
from test_attention_facts import BUCKETS, T5, attention_of, save

ANGLES = np.arange(64)[:, None] * (10000.0 ** (-np.arange(8) / 8))
TABLES = {"cosines": np.cos(ANGLES).astype(np.float32), "sines": np.sin(ANGLES).astype(np.float32)}
HEAD = '<ir_version: 11, opset_import: ["" : 24, "com.microsoft" : 1]>\n'
HEADS = "float[b,4,s,16] q, float[b,4,s,16] k, float[b,4,s,16] v"
FLAT = "float[b,s,64] q, float[b,s,32] k, float[b,s,32] v"
WIDE = "float[b,s,64] q, float[b,s,64] k, float[b,s,64] v"
PAST = "float[b,4,past,16] past_k, float[b,4,past,16] past_v"
SHARED = "float[b,2,past,16] past_k, float[b,2,past,16] past_v"
LENGTHS = "int32[b] lengths, int64[b,total] mask"
GQA = """
  size = Shape<start=1,end=2>(mask)  size32 = Cast<to=6>(size)  total0 = Squeeze(size32)
  y, present_k, present_v = com.microsoft.GroupQueryAttention<num_heads=4,kv_num_heads=2,RO>
      (q, k, v, PK, PV, lengths, total0, CACHES)"""
ROTATED = """
  qr = RotaryEmbedding(q, cosines, sines, ids)  kr = RotaryEmbedding(k, cosines, sines, ids)"""
SCATTERED = """
  present_k = TensorScatter<mode="MODE">(past_k, k, at)  present_v = TensorScatter<mode="MODE">(past_v, v, at)
  y = Attention(q, present_k, present_v)"""
PLACED = """
  last = Constant<value_ints=[-1]>()  column = Unsqueeze(at, last)  size = Shape(k)
  places = Expand(column, size)  OLD
  present_k = ScatterElements<axis=2>(old_k, places, k)  present_v = ScatterElements<axis=2>(old_v, places, v)
  y = Attention(q, present_k, present_v)"""
PLAIN = """
  kt = Transpose<perm=[0,1,3,2]>(all_k)  product = MatMul(q, kt)  scaled = Mul(product, scale)
  p = Softmax<axis=-1>(scaled)  y = MatMul(p, all_v)"""

# Inputs, nodes, results, and the facts: cache and position.
CASES = {
    "Attention": (f"{HEADS}, {PAST}",
                  "y, present_k, present_v = Attention<is_causal=1>(q, k, v, , past_k, past_v)",
                  ("append", None)),
    "Attention of shared heads": (
        f"{FLAT}, {SHARED}",
        "y, present_k, present_v = Attention<is_causal=1, q_num_heads=4, kv_num_heads=2>"
        "(q, k, v, , past_k, past_v)", ("append", None)),
    "Attention and rotary": (
        f"{HEADS}, {PAST}, int64[b,s] ids", ROTATED +
        "  y, present_k, present_v = Attention<is_causal=1>(qr, kr, v, , past_k, past_v)",
        ("append", "rotary")),
    "Attention without": (HEADS, "y = Attention(q, k, v)", (None, None)),
    "MultiHeadAttention": (
        f"{WIDE}, {PAST}",
        "y, present_k, present_v = com.microsoft.MultiHeadAttention<num_heads=4>"
        "(q, k, v, , , , past_k, past_v)", ("append", None)),
    "GroupQueryAttention": (
        f"{FLAT}, {SHARED}, {LENGTHS}",
        GQA.replace("RO", "do_rotary=0").replace(", CACHES", "").replace("PK, PV", "past_k, past_v"),
        ("append", None)),
    "GroupQueryAttention with rotary": (
        f"{FLAT}, {SHARED}, {LENGTHS}",
        GQA.replace("RO", "do_rotary=1").replace("CACHES", "cosines, sines").replace(
            "PK, PV", "past_k, past_v"), ("append", "rotary")),
    "GroupQueryAttention, interleaved": (
        f"{FLAT}, {SHARED}, {LENGTHS}",
        GQA.replace("RO", "do_rotary=1, rotary_interleaved=1").replace("CACHES", "cosines, sines").replace(
            "PK, PV", "past_k, past_v"), ("append", "rotary")),
    "written at a place": (f"{HEADS}, {PAST}, int64[b] at", SCATTERED.replace("MODE", "linear"),
                           ("append", None)),
    "written around": (f"{HEADS}, {PAST}, int64[b] at", SCATTERED.replace("MODE", "circular"),
                       ("ring", None)),
    "scattered": (f"{HEADS}, {PAST}, int64[s] at",
                  PLACED.replace("OLD", "old_k = Identity(past_k)  old_v = Identity(past_v)"), ("scatter", None)),
    "scattered over what is no past": (f"{HEADS}, {PAST}, int64[s] at",
                                       PLACED.replace("OLD", "old_k = Neg(past_k)  old_v = Neg(past_v)"), (None, None)),
    "joined": (f"{HEADS}, {PAST}, int64[b,s] ids", ROTATED.replace("qr =", "qq =") +
               "  all_k = Concat<axis=2>(past_k, kr)  all_v = Concat<axis=2>(past_v, v)" +
               PLAIN.replace("(q,", "(qq,"), ("append", "rotary")),
    "turned behind the cache": (
        f"{HEADS}, {PAST}, int64[b,s] ids, int64[b,all] every",
        "qr = RotaryEmbedding(q, cosines, sines, ids)  joined = Concat<axis=2>(past_k, k)"
        "  all_k = RotaryEmbedding(joined, cosines, sines, every)"
        "  all_v = Concat<axis=2>(past_v, v)" + PLAIN.replace("(q,", "(qr,"), (None, "rotary")),
    "the new ones first": (
        f"{HEADS}, {PAST}", "n = Neg(k)  m = Neg(v)  all_k = Concat<axis=2>(n, past_k)"
        "  all_v = Concat<axis=2>(m, past_v)" + PLAIN,
        (None, None)),
    "keys alone": (
        f"{HEADS}, {PAST}, float[b,4,all,16] other",
        "all_k = Concat<axis=2>(past_k, k)  all_v = Identity(other)" + PLAIN, (None, None)),
}


@pytest.mark.parametrize("name", CASES)
def test_cache(attune, tmp_path, name):
    inputs, nodes, facts = CASES[name]
    model = tmp_path / "model.onnx"
    lines = ("" if "scaled" not in nodes else "scale = Constant<value=float {0.25}>()  ") + nodes
    shape = "b,s,64" if inputs.startswith("float[b,s") else "b,4,s,16"
    kept = "b,2,total,16" if SHARED in inputs else "b,4,all,16"
    results = f"float[{shape}] y"
    if "present_k" in nodes:
        results += f", float[{kept}] present_k, float[{kept}] present_v"
    used = {key: value for key, value in TABLES.items() if key in nodes}
    save(model, f"{HEAD}g ({inputs}) => ({results}) {{ {lines} }}", used)
    found = attention_of(attune, model)
    assert (found.get("cache"), found.get("position")) == facts


DECODER = """<ir_version: 9, opset_import: ["" : 18]>
t5 (float[b,4,s,16] q, float[b,4,s,16] k, float[b,4,s,16] v, float[b,4,past,16] past_k,
    float[b,4,past,16] past_v) => (float[b,4,s,16] y)
<float scale = {0.25}, int64 start = {0}, int64 step = {1}, int64[1] zero = {0}, int64[1] one = {1},
 int64[1] two = {2}>
{
  all_k = Concat<axis=2>(past_k, k)  all_v = Concat<axis=2>(past_v, v)
  all1 = Shape<start=2,end=3>(all_k)  length = Squeeze(all1)
  new1 = Shape<start=2,end=3>(q)  past1 = Sub(all1, new1)
  key = Range(start, length, step)  QUERIES  difference = Sub(key, query)
  BUCKETS
  table4 = Unsqueeze(heads, zero)  BIAS
  kt = Transpose<perm=[0,1,3,2]>(all_k)  product = MatMul(q, kt)  masked = Add(product, bias)
  p = Softmax<axis=-1>(masked)  y = MatMul(p, all_v)
}"""
DECODERS = {
    "the last rows": ("query = Unsqueeze(key, one)", "bias = Slice(table4, past1, all1, two)",
                      "table(buckets=32)"),
    "as many from the end": (
        "query = Unsqueeze(key, one)",
        "minus = Neg(new1)  most = Constant<value_ints=[9223372036854775807]>()"
        "  bias = Slice(table4, minus, most, two)", "table(buckets=32)"),
    "queries behind the past": (
        "before = Squeeze(past1)  own = Range(before, length, step)  query = Unsqueeze(own, one)",
        "bias = Identity(table4)", "table(buckets=32)"),
    "the first rows": ("query = Unsqueeze(key, one)", "bias = Slice(table4, zero, new1, two)",
                       "table(buckets=32)"),
}


@pytest.mark.parametrize("name", DECODERS)
def test_t5_decoder(attune, tmp_path, name):
    queries, bias, fact = DECODERS[name]
    model = tmp_path / "model.onnx"
    save(model, DECODER.replace("QUERIES", queries).replace("BUCKETS", BUCKETS).replace("BIAS", bias), T5)
    found = attention_of(attune, model)
    assert (found.get("bias"), found["cache"]) == (fact, "append")
