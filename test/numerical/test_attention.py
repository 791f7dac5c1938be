"""attention: the generator at each CPU level, and the plain lowering, against NumPy in double.

Layouts, masks, dead rows, biases, head sizes that are no multiple of a vector, lengths 0 and 1 and
around the blocks of queries and keys.
"""

import math
import re

import numpy as np
import pytest
import tolerances
from case import Case, Tensor, check
from executors import CommandLineExecutor, graph_text, has_level, run, tool

LOOPS = "bhijde"
LENGTHS = [{"b": 2, "q": 3, "kv": 7}, {"b": 1, "q": 33, "kv": 66}, {"b": 2, "q": 17, "kv": 130},
           {"b": 1, "q": 150, "kv": 70}]
EDGES = [{"b": 1, "q": 1, "kv": 1}, {"b": 1, "q": 5, "kv": 0}, {"b": 0, "q": 3, "kv": 3}]


def attention_map(indices):
    results = ", ".join(index if index in LOOPS else "0" for index in indices)
    return f"affine_map<({', '.join(LOOPS)}) -> ({results})>"


def attention(name, q, k, v, out, sizes, *, keys=None, bias=None, tensor=None, mask="none",
              dead="nan", scale=0.25, cap=None, low=None, over=False, lse=None, heads=3, d=8, e=5, fill=None, types=("i64", "i1"),
              positions=(None, "i64")):
    """Dead keys get `low`, if given, and with `over` the bias on top. Operands, the result and the log-sum-exp by their index strings ("bhid"; "0" is a unit dimension)."""
    extents = dict(zip(LOOPS, ["b", heads, "q", "kv", d, e]))

    def shaped(indices, dtype="f32"):
        return Tensor([extents.get(index, 1) for index in indices], dtype)

    inputs, maps, text = [shaped(q), shaped(k), shaped(v)], [q, k, v], ""
    for word, indices, dtype in (("keys", keys, types[0]), ("bias", bias, "f32"), ("mask_tensor", tensor, types[1]),
                                 ("positions", *positions)):
        if indices:
            text += f" {word}(%in{len(inputs)} : {shaped(indices, dtype).type()})"
            inputs.append(shaped(indices, dtype))
            maps.append(indices)
    results = [shaped(indices) for indices in (out, lse) if indices]
    dims = ", ".join(f'"{x}"' if isinstance(x, str) else str(x) for x in extents.values())
    also, softcap = f" logsumexp to {attention_map(lse)}" if lse else "", f"softcap {cap:e} " if cap else ""
    low_text = f"fill {low!r} {'with_bias ' * over}" if low else ""
    body = (f"{', '.join(f'%out{i}' for i in range(len(results)))} = transformer.attention (%in0, %in1, %in2 : {', '.join(t.type() for t in inputs[:3])}){text} "
            f"scale {scale:e} {softcap}mask <{mask}> {low_text}dead_rows <{dead}> dims [{dims}] "
            f"maps [{', '.join(map(attention_map, maps))}] to {attention_map(out)}{also} -> {', '.join(t.type() for t in results)}")

    def reference(*arrays, b, q, kv):
        return compute(arrays, maps, [out, lse], (b, heads, q, kv, d, e), (scale, cap, low, over), mask, dead,
                       (bool(keys), bool(bias), bool(tensor), bool(positions[0])))

    return Case(f"attention_{name}", inputs, results, body, reference, sizes, fill)


def spread(array, indices, extents, loops):
    """`array` as a view over `loops`, broadcast where it has no such dimension."""
    kept = [i for i in indices if i in LOOPS]
    array = array.reshape([extents[LOOPS.index(i)] for i in kept])
    order = [kept.index(i) for i in loops if i in kept]
    shape = [extents[LOOPS.index(i)] if i in kept else 1 for i in loops]
    return np.broadcast_to(array.transpose(order).reshape(shape), [extents[LOOPS.index(i)] for i in loops])


def band(mask, q, kv):
    """The least and the largest key − query that the causal term or the window leaves."""
    term = re.search(r"(causal|window)(\(.*?\))?( and|$)", mask)
    if not term:
        return -math.inf, math.inf
    given = {key: eval(value, {"q": q, "kv": kv})  # the expressions stand in this folder
             for key, value in re.findall(r'(\w+) = "(.*?)"', term[0])}
    offset = given.get("offset", 0)
    upper = offset if "causal" in term[0] else offset + given.get("right", math.inf)
    return offset - given.get("left", math.inf), upper


def compute(arrays, maps, outs, extents, factors, mask, dead, present):
    """The results in the orders of `outs`, as far as they are there, and their bounds."""
    q, k, v = (spread(a, m, extents, "bh" + x) for a, m, x in zip(arrays, maps, ("id", "jd", "je")))
    rest = list(zip(arrays[3:], maps[3:]))
    count_q, count_kv, d = extents[2:5]
    live = np.ones(extents[:4], bool)
    scale, cap, low, over = factors
    bias = 0
    score = np.einsum("bhid,bhjd->bhij", q, k) * scale
    size = np.einsum("bhid,bhjd->bhij", np.abs(q), np.abs(k)) * abs(scale)
    if cap:  # no slope is above one; a tanh is off by as much as five sums
        score, size = cap * np.tanh(score / cap), size + 5 * np.abs(cap * np.tanh(score / cap))
    if present[0]:
        live = live & (spread(*rest.pop(0), extents, "bhij") != 0)
    if present[1]:
        bias = spread(*rest.pop(0), extents, "bhij")
        # The lowest number swallows a score, and is exact.
        size = size + np.where(np.abs(bias) < 1e30, np.abs(bias), 0)
        score = score if over else score + bias
    if present[2]:
        live = live & (spread(*rest.pop(0), extents, "bhij") != 0)
    lower, upper = band(mask, count_q, count_kv)
    places = spread(*rest.pop(0), extents, "bhi")[..., None] if present[3] else np.arange(count_q)[:, None]
    difference = np.arange(count_kv) - np.clip(places, -2**50, 2**50)
    live = live & (difference >= lower) & (difference <= upper)
    score = np.where(live, score, low or -np.inf) + (bias if over else 0)
    live = live | bool(low)
    highest = score.max(axis=-1, keepdims=True, initial=-np.inf)
    p = np.exp(score - highest)
    total = p.sum(axis=-1, keepdims=True)
    with np.errstate(divide="ignore", invalid="ignore"):
        p, logarithm = p / total, np.where(highest == -np.inf, highest, highest + np.log(total))
    rows = live.any(axis=-1, keepdims=True)
    if mask != "none" and dead != "nan":
        p = np.where(rows, p, 1.0 / max(count_kv, 1) if dead == "mean" else 0.0)
    value = np.einsum("bhij,bhje->bhie", p, v)
    # A score is a sum of d products; exp turns its error into a relative one of both p and the
    # sum. Differences to the maximum, exp and the sum of kv terms are softmax's own bound.
    finite = np.where(live & np.isfinite(score), size, 0)
    error = tolerances.summed(np.float32, d + 2, finite.max(axis=-1, keepdims=True, initial=0))
    with np.errstate(invalid="ignore"):
        differences = np.where((p > 1e-30) & rows, highest - score, 0).max(axis=-1, keepdims=True, initial=0)
    relative = 2 * error + tolerances.softmax(np.float32, count_kv, np.minimum(differences, 100), 1.0)
    magnitude = np.einsum("bhij,bhje->bhie", np.where(np.isnan(p), 0, p), np.abs(v))
    bound = magnitude * relative + tolerances.summed(np.float32, count_kv, magnitude)
    # The logarithm turns the sum's relative error into an absolute one.
    lse_bound = relative + 8 * 2.0**-24 * (1 + np.abs(np.where(np.isfinite(logarithm), logarithm, 0)))
    order, rows = ["bhie".index(i) for i in outs[0]], ["bhi".index(i) for i in outs[1] or ""]
    results = [(value.transpose(order), bound.transpose(order))]
    return results + [(x[..., 0].transpose(rows) for x in (logarithm, lse_bound))] * bool(rows)


def some_keys(rng, symbols, inputs, dead_batch=True):
    """Left and right padding; the first batch has no key at all."""
    arrays = [rng.standard_normal(t.shape(symbols)).astype(np.float32) for t in inputs[:3]]
    live = rng.integers(0, 3, (symbols["b"], symbols["kv"]))
    live[:, symbols["kv"] // 2:symbols["kv"] // 2 + 1] = 1
    if dead_batch:
        live[:1] = 0
    return arrays + [live]


def padding(name, dead, dtype, **more):
    case = attention(f"padding_{name}", "bhid", "bhjd", "bhje", "bhie", LENGTHS, keys="bj", mask="padding(keys)",
                     dead=dead, d=20, e=16, types=(dtype, "i1"), **more)
    case.fill = lambda rng, symbols: [a.astype(dtype.replace("i1", "bool").replace("i64", "int64").replace("i32", "int32"))
                                      if i == 3 else a
                                      for i, a in enumerate(some_keys(rng, symbols, case.inputs))]
    return case


def padding_by_blocks(dead):
    """A block of keys all alive, one all padding, one mixed; another batch the other way round."""
    case = padding(f"blocks_{dead}", dead, "i64")
    case.symbols = [{"b": 3, "q": 40, "kv": 200}, {"b": 3, "q": 3, "kv": 256}]

    def fill(rng, symbols):
        arrays = [rng.standard_normal(t.shape(symbols)).astype(np.float32) for t in case.inputs[:3]]
        live = rng.integers(0, 2, (symbols["b"], symbols["kv"]))
        live[0, :64], live[0, 64:128] = 1, 0
        live[1, :128], live[1, 128:] = 0, 1
        live[2] = 1
        return arrays + [live.astype(np.int64)]

    case.fill = fill
    return case


def low_bias():
    """Rows that the bias pushes down to the lowest number, or to −inf, whole or in part."""
    case = attention("low_bias", "bhid", "bhjd", "bhje", "bhie", LENGTHS, bias="0hij", d=16, e=16)

    def fill(rng, symbols):
        arrays = [rng.standard_normal(t.shape(symbols)).astype(np.float32) for t in case.inputs]
        bias = arrays[3]
        bias[:, 0, ::2, :] = np.finfo(np.float32).min
        bias[:, 1, :, ::3] = -np.inf
        bias[:, 2, :1, :] = -np.inf
        return arrays

    case.fill = fill
    return case


def everything(dead, band='causal(offset = "kv - q")', **more):
    """Causal or a window, padding, a tensor and a bias at once; the bias may be −inf where a key lives."""
    case = attention("_".join(["everything", dead, band[:6], *more]), "bihd", "bjhd", "bjhe", "bihe", LENGTHS,
                     keys="bj", bias="b0ij", tensor="0hij", mask=f"{band} and padding(keys) and tensor", dead=dead,
                     d=17, e=33, **more)

    def fill(rng, symbols):
        arrays = some_keys(rng, symbols, case.inputs, dead_batch=False)
        bias = rng.standard_normal(case.inputs[4].shape(symbols)).astype(np.float32)
        bias[:, :, 1:2, :] = -np.inf
        live = rng.integers(0, 4, case.inputs[5].shape(symbols)) > 0
        live[:, 0, -1:, :] = False
        return arrays + [bias, live]

    case.fill = fill
    return case


def filled(name, bias, low, beside, *layout):
    """Biases over the fill: zero, the fill, or `beside` for the last keys; left padding; some rows see no other key."""
    case = attention(f"filled_{name}", *(layout or ("bihd", "bjhd", "bjhe", "bihe")), LENGTHS + [{"b": 2, "q": 1, "kv": 9}], bias=bias,
                     mask='causal(offset = "2")', dead="mean", low=low, over=True, lse="bhi", d=16, e=16)

    def fill(rng, symbols):
        arrays = [rng.standard_normal(t.shape(symbols)).astype(np.float32) for t in case.inputs]
        bias = arrays[3] * 0
        bias[..., symbols["kv"] * 3 // 4:] = beside
        bias[:1, ..., :symbols["kv"] // 2] = low
        bias[..., 1::5] = low
        return arrays[:3] + [bias]

    case.fill = fill
    return case


def positioned(name, indices, mask, dead, dtype="i64", **more):
    """Queries at places of their own: in order behind a past, back to front, before all keys and far behind them."""
    case = attention(f"positions_{name}", "bihd", "bjhd", "bjhe", "bihe", LENGTHS + EDGES + [{"b": 2, "q": 200, "kv": 300}],
                     mask=mask, dead=dead, positions=(indices, dtype), d=16, e=20, **more)

    def fill(rng, symbols):
        arrays = [rng.standard_normal(t.shape(symbols)).astype(np.float32) for t in case.inputs[:3]]
        if more.get("keys"):
            arrays.append((rng.random(case.inputs[3].shape(symbols)) < 0.8).astype(np.int64))
        shape = case.inputs[-1].shape(symbols)
        places = np.broadcast_to(np.arange(shape[-1]) + symbols["kv"] // 3, shape).copy()
        places[1:] = places[1:, ::-1]
        if shape[-1] > 4:
            places[:1, 1], places[:1, 3] = -5, np.iinfo(dtype.replace("i", "int")).max
            places[1:, 2] = np.iinfo(dtype.replace("i", "int")).min
        return arrays + [places.astype(dtype.replace("i", "int"))]

    case.fill = fill
    return case


def steep():
    """Scores up to several hundred: exp must neither overflow nor lose the largest."""
    case = attention("steep", "bhid", "bhjd", "bhje", "bhie", LENGTHS, d=16, e=16, scale=1.0)
    case.fill = lambda rng, symbols: [(rng.standard_normal(t.shape(symbols)) * f).astype(np.float32)
                                      for t, f in zip(case.inputs, (8, 8, 1))]
    return case


CASES = [
    attention("full", "bhid", "bhjd", "bhje", "bhie", LENGTHS + EDGES),
    attention("wide", "bhid", "bhjd", "bhje", "bhie", [{"b": 1, "q": 70, "kv": 130}], d=300, e=512, heads=1),
    attention("heads_between", "bihd", "bjhd", "bjhe", "bihe", LENGTHS, d=32, e=48),
    attention("channels_first", "bhdi", "bhdj", "bhej", "bhei", LENGTHS, d=16, e=16),
    attention("shared_keys", "bhid", "0hjd", "0hje", "bhie", LENGTHS, d=16, e=16),
    *(attention(f"causal_{dead}", "bhid", "bhjd", "bhje", "bhie", LENGTHS + EDGES + [{"b": 1, "q": 70, "kv": 9}],
                mask='causal(offset = "kv - q")', dead=dead, d=16, e=16) for dead in ("nan", "zero", "mean")),
    attention("causal", "bhid", "bhjd", "bhje", "bhie", LENGTHS, mask="causal", dead="mean", d=16, e=16),
    attention("causal_behind", "bhid", "bhjd", "bhje", "bhie", LENGTHS, mask='causal(offset = "-2")', dead="zero"),
    attention("causal_ahead", "bhid", "bhjd", "bhje", "bhie", LENGTHS, mask='causal(offset = "3")'),
    *(attention(f"window_{dead}", "bhid", "bhjd", "bhje", "bhie", LENGTHS + EDGES + [{"b": 1, "q": 70, "kv": 9}],
                mask='window(left = "5", causal, offset = "kv - q")', dead=dead, d=16, e=16)
      for dead in ("nan", "zero", "mean")),
    attention("window_both", "bhid", "bhjd", "bhje", "bhie", LENGTHS + EDGES, dead="zero", d=16, e=16,
              mask='window(left = "20", right = "7")'),
    attention("window_ahead", "bhid", "bhjd", "bhje", "bhie", LENGTHS, mask='window(left = "-3", right = "90")',
              dead="mean"),
    attention("window_below", "bhid", "bhjd", "bhje", "bhie", LENGTHS, mask='window(left = "4")', dead="zero"),
    attention("window_of_a_symbol", "bhid", "bhjd", "bhje", "bhie", LENGTHS, dead="zero",
              mask='window(left = "kv", right = "q - 9", offset = "-q")'),
    attention("window_empty", "bhid", "bhjd", "bhje", "bhie", LENGTHS, mask='window(left = "-5", causal)', dead="mean"),
    padding("nan", "nan", "i64"), padding("zero", "zero", "i32"), padding("mean", "mean", "i1"),
    padding_by_blocks("nan"), padding_by_blocks("mean"),
    attention("bias", "bhid", "bhjd", "bhje", "bhie", LENGTHS, bias="bhij", d=16, e=16),
    attention("bias_of_keys", "bhid", "bhjd", "bhje", "bhie", LENGTHS, bias="b00j", d=16, e=16),
    attention("softcap", "bhid", "bhjd", "bhje", "bhie", LENGTHS + EDGES, cap=2.5, scale=1.0, d=16, e=16),
    # Rows whose scores are below the fill, near it, and far above it.
    *(attention(f"fill_{name}", "bihd", "bjhd", "bjhe", "bihe", LENGTHS + EDGES + [{"b": 1, "q": 70, "kv": 9}], low=low,
                dead="mean", mask=mask, scale=scale, lse="bhi", d=16, e=16)
      for name, low, mask, scale in (
          ("causal", -1e4, "causal", 0.25), ("near", -100.0, "causal", 9.0), ("above", -3.0, 'causal(offset = "kv - q")', 3.0),
          ("window", -1e9, 'window(left = "5", causal)', 0.25))),
    everything("mean", low=-1e4), everything("mean", 'window(left = "9", right = "2", offset = "kv - q")', low=-20.0),
    padding("fill", "mean", "i64", low=-1e4), padding("fill_near", "mean", "i64", low=-60.0, scale=9.0),
    filled("keys", "b00j", -1e4, 0), filled("keys_lowest", "b00j", float(np.finfo(np.float32).min), 0),
    filled("keys_above", "b00j", -1e4, 3e4), filled("scores", "b0ij", -1e4, 2e4), filled("heads", "0h0j", -50.0, 7),
    attention("lse", "bihd", "bjhd", "bjhe", "bihe", LENGTHS + EDGES, lse="ihb", d=20, e=16),
    *(attention(f"lse_{dead}", "bhid", "bhjd", "bhje", "bhie", LENGTHS + EDGES + [{"b": 1, "q": 70, "kv": 9}], lse="bhi",
                mask='causal(offset = "kv - q")', dead=dead, cap=30.0, d=16, e=16) for dead in ("nan", "zero", "mean")),
    everything("zero", lse="hbi"), everything("mean", lse="bhi", cap=3.0),
    low_bias(), everything("nan"), everything("zero"), everything("mean"), steep(),
    everything("zero", 'window(left = "9", right = "2", offset = "kv - q")'),
    *(positioned(dead, "bi", "causal(positions = operand)", dead) for dead in ("nan", "zero", "mean")),
    positioned("shared", "0i", 'causal(offset = "2", positions = operand)', "zero", "i32"),
    positioned("one_of_each", "b0", 'causal(offset = "kv - q", positions = operand)', "mean"),
    positioned("window", "bi", 'window(left = "40", causal, positions = operand)', "mean", "i32"),
    positioned("window_both", "bi", 'window(left = "7", right = "30", positions = operand)', "zero", lse="bhi"),
    positioned("below", "0i", 'window(left = "90", offset = "kv", positions = operand)', "nan"),
    positioned("padding", "bi", "causal(positions = operand) and padding(keys)", "mean", keys="bj"),
    positioned("fill", "bi", "causal(positions = operand)", "mean", low=-1e4, lse="bhi"),
    positioned("fill_near", "bi", 'window(left = "20", causal, positions = operand)', "mean", low=-3.0, scale=3.0),
]


class Ways(CommandLineExecutor):
    """attune at one CPU level; "plain" takes attention apart first."""

    def __init__(self, folder, way):
        super().__init__(folder)
        self.way = way

    def compile(self, case, folder):
        folder.mkdir()
        source, level = "form.mlir", "native" if self.way == "plain" else self.way
        (folder / source).write_text(graph_text(case))
        if self.way == "plain":
            opt = tool("attune-opt", "ATTUNE_OPT")
            run([opt, "form.mlir", "--transformer-decompose-attention", "-o", "plain.mlir"], folder)
            source = "plain.mlir"
        run([self.attune, "compile", source, f"--cpu={level}", "-o", "case.attune"], folder)
        self.compiled[case.name] = None


# The levels differ in the width of their vectors and the height of their tiles only.
RUNS = ([(case, way) for case in CASES for way in ("plain", "x86-64-v4")]
        + [(case, "x86-64-v3") for case in CASES[::2]] + [(case, "x86-64") for case in CASES[1::6]])


@pytest.mark.parametrize("case,way", RUNS, ids=[f"{case.name}-{way}" for case, way in RUNS])
def test_attention(tmp_path, case, way):
    if not has_level(way):
        pytest.skip(f"this machine is below {way}")
    executor = Ways(tmp_path, way)
    for symbols in case.symbols:
        arrays = case.arrays(symbols)
        check(case, symbols, executor(case, arrays, symbols), case.expected(arrays, symbols))
