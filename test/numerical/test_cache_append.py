"""cache_append: rows of two tensors, moved as they are; starts before, in and behind the cache."""

import numpy as np
from case import Case, Tensor, standard_fill

STARTS = [0, 3, -2, 5, 2**63 - 1, -(2**63)]
RING_STARTS = [0, 3, -2, 5, 1000, -1000]
SIZES = [{"b": b, "n": n, "m": m} for b, n, m in ((0, 4, 1), (6, 7, 1), (6, 5, 3), (6, 4, 0), (6, 0, 4), (6, 5, 5))]


def case(name, ring, rows, channels=37, dtype="f32", axis=2):
    def dims(count):
        return ["b", 3, count, channels] if axis == 2 else ["b", count, channels]

    past, fresh, start, out = Tensor(dims("n"), dtype), Tensor(dims("m"), dtype), Tensor(["b"], "i64"), Tensor(dims(rows), dtype)
    text = (f"%out0 = transformer.cache_append %in0, %in1 at %in2 axis {axis} {'ring ' if ring else ''}dims {out.attribute()} "
            f": {past.type()}, {fresh.type()}, {start.type()} -> {out.type()}")

    def fill(rng, symbols):
        starts = np.array((RING_STARTS if ring else STARTS)[:symbols["b"]], np.int64)
        return [standard_fill(rng, past, symbols), standard_fill(rng, fresh, symbols), starts]

    def reference(past, fresh, start, b, n, m):
        result = np.zeros(out.shape({"b": b, "n": n, "m": m}))
        into, old, new = (np.moveaxis(x, axis, 1) for x in (result, past, fresh))
        count = into.shape[1]
        into[:, :min(n, count)] = old[:, :count]
        for sequence, first in enumerate(start):
            for i in range(count):
                j = (i - int(first)) % count if ring else i - int(first)
                if 0 <= j < m:
                    into[sequence, i] = new[sequence, j]
        return [(result, 0)]

    return Case(f"cache_append_{name}", [past, fresh, start], [out], text, reference, SIZES, fill)


CASES = [
    case("line", False, "n"),
    case("with_room", False, "n + 2"),
    case("shorter", False, "n floordiv 2"),
    case("ring", True, "n"),
    case("ring_with_room", True, "n + 3", channels=5, axis=1),
    case("half", False, "n + m", dtype="f16"),
]


def test_cache_append(executor, numerical_case, verify):
    verify(executor, *numerical_case)
