"""reduce: every kind, kept unit dimensions, any axis, empty reductions, NaN."""

import numpy as np
import tolerances
from case import Case, DTYPES, Tensor
from graph_text import reduce_op

PAIRS = [{"n": 0, "m": 3}, {"n": 3, "m": 0}, {"n": 1, "m": 1}, {"n": 7, "m": 33}, {"n": 2, "m": 1000}]


def last_axis(kind, dtype):
    x, out = Tensor(["n", "m"], dtype), Tensor(["n"], dtype)
    text = reduce_op(kind, [x], ["n", "m"], [(0, 1)], (0,), [], "%a", out)
    integer = dtype.startswith("i")

    def fill(rng, symbols):
        shape = x.shape(symbols)
        if dtype == "i1":
            return [rng.integers(0, 2, shape).astype(bool)]
        if integer:
            return [rng.integers(-9, 10, shape).astype(DTYPES[dtype])]
        values = rng.uniform(0.9, 1.1, shape) if kind == "prod" else rng.standard_normal(shape)
        if kind in ("max", "min") and shape[0] > 2 and shape[1]:
            values[1, shape[1] // 2] = np.nan
            values[2] = np.inf if kind == "max" else -np.inf
        return [values.astype(DTYPES[dtype])]

    def reference(x, n, m):
        if dtype == "i1":
            return [((x.any(1) if kind == "max" else x.all(1)), 0)]
        if integer:
            x = x.astype(np.int64)
            info = np.iinfo(DTYPES[dtype])
            value = {"sum": lambda: x.sum(1), "prod": lambda: x.prod(1),
                     "max": lambda: x.max(1, initial=info.min),
                     "min": lambda: x.min(1, initial=info.max)}[kind]()
            return [(value.astype(DTYPES[dtype]), 0)]
        if kind == "sum":
            return [(x.sum(1), tolerances.summed(DTYPES[dtype], m, np.abs(x).sum(1)))]
        if kind == "prod":
            return [(x.prod(1), tolerances.multiplied(DTYPES[dtype], m, x.prod(1)))]
        return [((x.max(1, initial=-np.inf) if kind == "max" else x.min(1, initial=np.inf)), 0)]

    return Case(f"reduce_{kind}_{dtype}", [x], [out], text, reference, PAIRS, fill)


def middle_axis_kept():
    x, out = Tensor(["n", "m", 5]), Tensor(["n", 1, 5])
    text = reduce_op("sum", [x], ["n", "m", 5], [(0, 1, 2)], (0, "0", 2), [], "%a", out)
    return Case("reduce_middle_kept", [x], [out], text, lambda x, n, m: [
        (x.sum(1, keepdims=True), tolerances.summed(np.float32, m, np.abs(x).sum(1, keepdims=True)))], PAIRS)


def all_axes():
    x, out = Tensor(["n", "m"]), Tensor([])
    text = reduce_op("sum", [x], ["n", "m"], [(0, 1)], (), [], "%a", out)
    return Case("reduce_all", [x], [out], text, lambda x, n, m: [
        (x.sum(), tolerances.summed(np.float32, n * m, np.abs(x).sum()))], PAIRS)


def all_axes_kept():
    x, out = Tensor(["n", "m"]), Tensor([1, 1])
    text = reduce_op("max", [x], ["n", "m"], [(0, 1)], ("0", "0"), [], "%a", out)
    return Case("reduce_all_kept", [x], [out], text,
                lambda x, n, m: [(x.max(initial=-np.inf).reshape(1, 1), 0)], PAIRS)


def weighted():
    """A region of two operands, one broadcast, one with a unit dimension."""
    x, w, u, out = Tensor(["n", "m"]), Tensor(["m"]), Tensor(["n", 1]), Tensor(["n"])
    lines = ["%s = arith.mulf %a, %b : f32", "%t = arith.mulf %s, %c : f32"]
    text = reduce_op("sum", [x, w, u], ["n", "m"], [(0, 1), (1,), (0, "0")], (0,), lines, "%t", out)

    def reference(x, w, u, n, m):
        terms = x * w * u
        return [(terms.sum(1), tolerances.summed(np.float32, m + 2, np.abs(terms).sum(1)))]

    return Case("reduce_weighted", [x, w, u], [out], text, reference, PAIRS)


def count_of_indices():
    """The extent of the reduced loop is in no operand."""
    x, m, out = Tensor(["n"]), Tensor(["m"]), Tensor(["n"], "i64")
    lines = ["%j = transformer.index 1", "%s = arith.index_cast %j : index to i64"]
    text = reduce_op("sum", [x], ["n", "m"], [(0,)], (0,), lines, "%s", out)
    return Case("reduce_indices", [x, m], [out], text,
                lambda x, y, n, m: [(np.full(n, m * (m - 1) // 2), 0)], PAIRS)


CASES = [last_axis(kind, dtype) for kind in ("sum", "prod", "max", "min") for dtype in ("f32", "i64")]
CASES += [last_axis("sum", "f64"), last_axis("sum", "f16"), last_axis("max", "bf16"), last_axis("sum", "i32")]
CASES += [last_axis("max", "i8"), last_axis("max", "i1"), last_axis("min", "i1")]
CASES += [middle_axis_kept(), all_axes(), all_axes_kept(), weighted(), count_of_indices()]


def test_reduce(executor, numerical_case, verify):
    verify(executor, *numerical_case)
