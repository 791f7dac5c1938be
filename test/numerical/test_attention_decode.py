"""attention of few queries, as decoding has them: the kernel that goes row by row, against NumPy in
double. Numbers of keys around vectors and blocks, masks, biases, head sizes that fill no vector.
"""

import numpy as np
import pytest
from case import check
from executors import has_level
from test_attention import Ways, attention, everything, filled, low_bias, padding_by_blocks, positioned, some_keys, steep
from test_attention_maps import grouped

LENGTHS = ([{"b": 1, "q": 1, "kv": kv} for kv in (0, 1, 7, 16, 17, 64, 65, 200)]
           + [{"b": 2, "q": 2, "kv": 130}, {"b": 3, "q": 4, "kv": 200}, {"b": 0, "q": 1, "kv": 9}, {"b": 1, "q": 0, "kv": 9}])
LAYOUTS = "bhid", "bhjd", "bhje", "bhie"


def decoded(case):
    """The same case for few queries; keys whose padding leaves none are among them."""
    case.name = case.name.replace("attention_", "attention_decode_")
    batches = [symbols for symbols in LENGTHS if symbols["b"] == 3]
    case.symbols = batches + [{"b": 3, "q": 1, "kv": 256}] if "blocks" in case.name else LENGTHS
    return case


def padded(dead):
    case = attention(f"padding_{dead}", *LAYOUTS, LENGTHS, keys="bj", mask="padding(keys)", dead=dead, d=20, e=40)
    case.fill = lambda rng, symbols: some_keys(rng, symbols, case.inputs, dead_batch=symbols["b"] > 1)
    return case


CASES = [decoded(case) for case in [
    attention("plain", *LAYOUTS, LENGTHS, d=64, e=64),
    attention("tokens_first", "bihd", "bjhd", "bjhe", "bihe", LENGTHS, d=17, e=33),
    attention("large", *LAYOUTS, LENGTHS, d=300, e=200, heads=2),
    attention("keys_of_one_head", "bhid", "bjd", "bje", "bhie", LENGTHS, d=16, e=16, heads=12),
    grouped(8, 4, mask='causal(offset = "kv - q")'), grouped(6, 2),
    attention("causal", *LAYOUTS, LENGTHS, mask='causal(offset = "kv - q")', dead="mean", d=16, e=16),
    attention("causal_ahead", *LAYOUTS, LENGTHS, mask='causal(offset = "3")', dead="zero"),
    attention("window", *LAYOUTS, LENGTHS, mask='window(left = "33", causal, offset = "kv - q")', dead="mean", d=16, e=16),
    attention("bias", *LAYOUTS, LENGTHS, bias="bhij", d=16, e=16),
    attention("bias_of_heads", *LAYOUTS, LENGTHS, bias="h", d=16, e=16),
    attention("bias_across", *LAYOUTS, LENGTHS, bias="hji", d=16, e=16),
    attention("softcap", *LAYOUTS, LENGTHS, cap=2.5, lse="bih", scale=1.0, d=16, e=16),
    attention("lse", *LAYOUTS, LENGTHS, mask='causal(offset = "kv - q")', dead="mean", lse="bhi", d=16, e=16),
    everything("zero", lse="bhi", cap=3.0),
    attention("fill", *LAYOUTS, LENGTHS, mask='causal(offset = "kv - q - 7")', dead="mean", low=-9.0, scale=3.0, d=16, e=16),
    everything("mean", low=-1e4, cap=3.0),
    filled("keys", "b00j", -1e4, 0, *LAYOUTS), filled("keys_lowest", "b00j", float(np.finfo(np.float32).min), 0, *LAYOUTS),
    filled("scores", "bhij", -1e4, 2e4, *LAYOUTS),
    padded("nan"), padded("zero"), padded("mean"), padding_by_blocks("mean"),
    positioned("causal", "bi", "causal(positions = operand)", "mean"),
    positioned("window", "0i", 'window(left = "30", causal, positions = operand)', "zero", "i32", lse="bhi"),
    positioned("padding", "b0", "causal(positions = operand) and padding(keys)", "nan", keys="bj"),
    positioned("fill", "bi", 'causal(offset = "2", positions = operand)', "mean", low=-4.0, scale=3.0),
    low_bias(), everything("nan"), everything("zero"), everything("mean"), steep(),
]]
RUNS = [(case, way) for case in CASES for way in ("x86-64-v4", "x86-64-v3")] + [(case, "x86-64") for case in CASES[::4]]


@pytest.mark.parametrize("case,way", RUNS, ids=[f"{case.name}-{way}" for case, way in RUNS])
def test_decode(tmp_path, case, way):
    if not has_level(way):
        pytest.skip(f"this machine is below {way}")
    executor = Ways(tmp_path, way)
    for symbols in case.symbols:
        arrays = case.arrays(symbols)
        check(case, symbols, executor(case, arrays, symbols), case.expected(arrays, symbols))


@pytest.mark.parametrize("kv", [40, 200])
def test_dead_keys_hold_anything(tmp_path, kv):
    """NaN and infinity in the rows of keys and values that are padding do not reach the result."""
    case = padded("zero")
    case.name += f"_{kv}"
    symbols = {"b": 2, "q": 1, "kv": kv}
    arrays = some_keys(np.random.default_rng(kv), symbols, case.inputs, dead_batch=False)
    clean, dead = [array.copy() for array in arrays], arrays[3] == 0
    for array, value in ((arrays[1], np.nan), (arrays[2], np.inf)):
        np.moveaxis(array, 2, 1)[dead] = value
    check(case, symbols, Ways(tmp_path, "x86-64-v3")(case, arrays, symbols), case.expected(clean, symbols))
