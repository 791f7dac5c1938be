"""attention read where its operands lie: heads that share keys, slices of packed projections, parts
of joined dimensions. The generator at each CPU level and the plain lowering, against NumPy in double.
"""

import re

import numpy as np
import pytest
from case import Case, Tensor, check
from executors import has_level
from test_attention import LENGTHS, Ways, compute

LOOPS = "bhijde"
PLAIN = ("bhid", "bhjd", "bhje", "bhij", "bhij")


def index_map(indices):
    return f"affine_map<({', '.join(LOOPS)}) -> ({', '.join(indices)})>"


def gathered(array, indices, loops, extents):
    """The elements of `array` at `indices`, for all values of `loops`."""
    grid = dict(zip(loops, np.indices([extents[LOOPS.index(loop)] for loop in loops], sparse=True)))
    at = [eval(re.sub("floordiv", "//", re.sub("mod", "%", index)), {}, grid) for index in indices]
    return np.broadcast_to(array[tuple(at)], [extents[LOOPS.index(loop)] for loop in loops])


def attention(name, q, k, v, sizes, *, bias=None, tensor=None, heads=4, d=16, e=16, mask="none", out="bihe", same=False):
    """Operands as (dimensions, indices); `same`: q, k and v are one tensor."""
    given = [operand for operand in (q, k, v, bias, tensor) if operand]
    inputs = [Tensor(dims, "i1" if operand is tensor else "f32")
              for operand, (dims, _) in zip(given, given)]
    names = [f"%in{i}" for i in range(len(inputs))]
    if same:
        inputs, names = inputs[:1] + inputs[3:], ["%in0"] * 3 + names[1:-2]
    types = [inputs[int(n[3:])].type() for n in names]
    text = "".join(f" {word}({names[i]} : {types[i]})" for i, word in
                   enumerate((["bias"] if bias else []) + (["mask_tensor"] if tensor else []), 3))
    extents = dict(zip(LOOPS, ["b", heads, "q", "kv", d, e]))
    result = Tensor([extents[loop] for loop in out])
    dims = ", ".join(f'"{x}"' if isinstance(x, str) else str(x) for x in extents.values())
    body = (f"%out0 = transformer.attention ({', '.join(names[:3])} : {', '.join(types[:3])}){text} "
            f"scale {0.25:e} mask <{mask}> dead_rows <zero> dims [{dims}] "
            f"maps [{', '.join(index_map(i) for _, i in given)}] to {index_map(out)} -> {result.type()}")

    def reference(*arrays, b, q, kv):
        numbers = (b, heads, q, kv, d, e)
        arrays = [arrays[int(n[3:])] for n in names]
        plain = PLAIN[:len(arrays)]
        arrays = [gathered(a, i, loops, numbers) for a, (_, i), loops in zip(arrays, given, plain)]
        return compute(arrays, plain, [out, None], numbers, (0.25, None, None, False), mask, "zero", (False, bool(bias), bool(tensor), False))

    return Case(f"attention_{name}", inputs, [result], body, reference, sizes)


def grouped(heads, group, **more):
    """The heads of a group share keys and values."""
    shape = ["b", heads // group, "kv", 16]
    head = f"h floordiv {group}"
    return attention(f"groups_of_{group}_of_{heads}", (["b", heads, "q", 16], "bhid"), (shape, ["b", head, "j", "d"]),
                     (shape, ["b", head, "j", "e"]), LENGTHS, heads=heads, **more)


def packed(name, width, q, k, v, **more):
    """Queries, keys and values in one tensor, so as many of each."""
    sizes = [{**s, "kv": s["q"]} for s in LENGTHS] + [{"b": 2, "q": 1, "kv": 1}, {"b": 2, "q": 0, "kv": 0}]
    dims = ["b", "q", *width]
    case = attention(name, (dims, q), (dims, k), (dims, v), sizes, same=True, **more)
    # One extent: what the queries' number is called is the keys' number too.
    case.body = case.body.replace('"kv"', '"q"')
    return case


CASES = [
    grouped(4, 1), grouped(4, 2), grouped(8, 4), grouped(6, 3, mask="causal"),
    attention("turns", (["b", 6, "q", 16], "bhid"), (["b", "kv", 3, 16], ["b", "j", "h mod 3", "d"]),
              (["b", "kv", 3, 16], ["b", "j", "h mod 3", "e"]), LENGTHS, heads=6, mask='causal(offset = "kv - q")'),
    attention("joined", (["b", "q", 80], ["b", "i", "h * 20 + d"]), (["b", "kv", 40], ["b", "j", "h floordiv 2 * 20 + d"]),
              (["b", "kv", 14], ["b", "j", "h floordiv 2 * 7 + e"]), LENGTHS, d=20, e=7),
    packed("packed", [192], ["b", "i", "h * 16 + d"], ["b", "j", "h * 16 + d + 64"], ["b", "j", "h * 16 + e + 128"]),
    packed("packed_groups", [96], ["b", "i", "h * 16 + d"], ["b", "j", "h floordiv 4 * 16 + d + 64"],
           ["b", "j", "h floordiv 4 * 16 + e + 80"], mask="causal"),
    packed("packed_in_heads", [4, 50], "bihd", ["b", "j", "h", "d + 17"], ["b", "j", "h", "e + 34"], d=17),
    packed("packed_selected", [3, 4, 16], ["b", "i", "0", "h", "d"], ["b", "j", "1", "h", "d"], ["b", "j", "2", "h", "e"]),
    packed("packed_selected_late", [64, 3], ["b", "i", "h * 16 + d", "0"], ["b", "j", "h * 16 + d", "1"],
           ["b", "j", "h * 16 + e", "2"]),
    packed("packed_by_groups", [128], ["b", "i", "h floordiv 2 * 64 + h mod 2 * 16 + d"],
           ["b", "j", "h floordiv 2 * 64 + d + 32"], ["b", "j", "h floordiv 2 * 64 + e + 48"]),
    attention("shared_bias", (["b", 4, "q", 16], "bhid"), (["b", 4, "kv", 16], "bhjd"), (["b", 4, "kv", 16], "bhje"),
              LENGTHS + [{"b": 7, "q": 2, "kv": 20}], bias=([3, 2, "q", "kv"], ["b mod 3", "h floordiv 2", "i", "j"]),
              tensor=([2, 5, "q", "kv"], ["b mod 2", "h + 1", "i", "j"]), mask="tensor"),
]

RUNS = [(case, way) for case in CASES for way in ("plain", "x86-64-v4")] + [(case, "x86-64-v3") for case in CASES[::3]]


@pytest.mark.parametrize("case,way", RUNS, ids=[f"{case.name}-{way}" for case, way in RUNS])
def test_attention_maps(tmp_path, case, way):
    if not has_level(way):
        pytest.skip(f"this machine is below {way}")
    executor = Ways(tmp_path, way)
    for symbols in case.symbols:
        arrays = case.arrays(symbols)
        check(case, symbols, executor(case, arrays, symbols), case.expected(arrays, symbols))
