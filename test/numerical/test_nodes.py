"""The operators that stay onnx.node: gathers, slices, concatenations, pads, triangles."""

import numpy as np
from case import Case, DTYPES, Tensor
from graph_text import constant, map_op, node_op, shape

PAIRS = [{"n": 0, "m": 3}, {"n": 3, "m": 0}, {"n": 1, "m": 1}, {"n": 7, "m": 33}]
ROWS = [{"n": 0}, {"n": 1}, {"n": 9}]


def case(name, inputs, results, op_type, operands, types, reference, attributes="", prefix="", symbols=ROWS,
         fill=None):
    text = prefix + ("\n" if prefix else "") + node_op(op_type, operands, types, results, attributes)
    return Case(name, inputs, results, text, reference, symbols, fill)


def inputs_case(name, inputs, results, op_type, reference, attributes="", symbols=ROWS, fill=None):
    names = [f"%in{i}" for i in range(len(inputs))]
    return case(name, inputs, results, op_type, names, [t.type() for t in inputs], reference, attributes, "",
                symbols, fill)


def within(indices, size):
    """The indices as the lowering reads them: from the end, then limited."""
    indices = np.where(indices < 0, indices + size, indices)
    return np.clip(indices, 0, max(size - 1, 0))


# Gather


def embedding(dtype, index_dtype):
    data, indices, out = Tensor([50, 6], dtype), Tensor(["n", "m"], index_dtype), Tensor(["n", "m", 6], dtype)

    def fill(rng, symbols):
        table = rng.integers(-9, 9, (50, 6)).astype(DTYPES[dtype])
        # Outside the table on both sides, too: limited, never read.
        return [table, rng.integers(-60, 60, indices.shape(symbols)).astype(DTYPES[index_dtype])]

    return inputs_case(f"gather_embedding_{dtype}_{index_dtype}", [data, indices], [out], "Gather",
                       lambda d, i, n, m: [(d[within(i, 50)], 0)], symbols=PAIRS, fill=fill)


def gather_dynamic_axis():
    """The gathered axis may be empty: the result is zero then."""
    data, indices, out = Tensor([3, "n", 5]), Tensor([4], "i64"), Tensor([3, 4, 5])

    def fill(rng, symbols):
        return [rng.standard_normal(data.shape(symbols)).astype(np.float32), np.array([0, -1, 2, 99])]

    def reference(d, i, n):
        return [(d[:, within(i, n)] if n else np.zeros((3, 4, 5)), 0)]

    return inputs_case("gather_dynamic_axis", [data, indices], [out], "Gather", reference, "axis = 1 : i64", fill=fill)


def gather_constant(index, name):
    """One constant index, as a pooler takes the first token."""
    data, out = Tensor(["n", "m", 5]), Tensor(["n", 5])
    prefix = f"%i = arith.constant dense<{index}> : tensor<i64>"

    def reference(d, n, m):
        return [(d[:, within(np.array(index), m)] if m else np.zeros((n, 5)), 0)]

    return case(f"gather_constant_{name}", [data], [out], "Gather", ["%in0", "%i"], [data.type(), "tensor<i64>"],
                reference, "axis = 1 : i64", prefix, PAIRS)


def gather_elements():
    data, indices, out = Tensor(["n", 8]), Tensor(["n", 3], "i32"), Tensor(["n", 3])

    def fill(rng, symbols):
        return [rng.standard_normal(data.shape(symbols)).astype(np.float32),
                rng.integers(-8, 8, indices.shape(symbols)).astype(np.int32)]

    return inputs_case("gather_elements", [data, indices], [out], "GatherElements",
                       lambda d, i, n: [(np.take_along_axis(d, within(i, 8), 1), 0)], "axis = -1 : i64", fill=fill)


def gather_nd(batch):
    """Tuples of indices, whole (batch 0) or one set per batch entry (batch 1)."""
    data = Tensor(["n", 4, 6, 2])
    indices = Tensor(["n", "m", 2], "i64")
    out = Tensor(["n", "m", 2] if batch else ["n", "m", 6, 2])

    def fill(rng, symbols):
        values = rng.standard_normal(data.shape(symbols)).astype(np.float32)
        picks = rng.integers(-4, 4, indices.shape(symbols))
        if not batch:
            picks[..., 0] = rng.integers(0, max(symbols["n"], 1), picks.shape[:-1])
        return [values, picks]

    def reference(d, i, n, m):
        if batch:
            picked = [d[b, within(i[b, :, 0], 4), within(i[b, :, 1], 6)] for b in range(n)]
            return [(np.stack(picked) if n else np.zeros((0, m, 2)), 0)]
        return [(d[within(i[..., 0], n), within(i[..., 1], 4)] if n else np.zeros((n, m, 6, 2)), 0)]

    return inputs_case(f"gather_nd_batch{batch}", [data, indices], [out], "GatherND", reference,
                       f"batch_dims = {batch} : i64", PAIRS, fill)


def gather_nd_vector():
    """One tuple: the result has the data's remaining dimensions only."""
    data, indices, out = Tensor([4, "n"]), Tensor([1], "i64"), Tensor(["n"])
    return inputs_case("gather_nd_vector", [data, indices], [out], "GatherND",
                       lambda d, i, n: [(d[within(i[0], 4)], 0)])


# Slice, Split, Concat


def slice_case(name, dims, out, starts, axes, steps, reference, symbols=ROWS):
    """Starts and steps as lists of integers, or of sizes where there is a string."""
    x, result = Tensor(dims), Tensor(out)
    count = len(starts)
    # A size that only the slice mentions comes from an operand that nothing reads.
    inputs = [x] if any(isinstance(d, str) for d in dims) else [x, Tensor(["n"])]

    def vector(label, values):
        make = shape if any(isinstance(v, str) for v in values) else constant
        return make(label, values)

    prefix = "\n".join([vector("s", starts), constant("e", [2**62] * count), constant("x", axes), vector("t", steps)])
    kind = f"tensor<{count}xi64>"
    return case(f"slice_{name}", inputs, [result], "Slice", ["%in0", "%s", "%e", "%x", "%t"],
                [x.type()] + [kind] * 4, lambda x, *unread, **s: [(reference(x, **s), 0)], "", prefix, symbols)


SLICES = [
    slice_case("forward", ["n", 10], ["n", 4], [2], [1], [2], lambda x, n: x[:, 2::2]),
    slice_case("negative_start", ["n", 10], ["n", 3], [-3], [-1], [1], lambda x, n: x[:, -3:]),
    slice_case("backward", ["n", 10], ["n", 4], [-1], [1], [-3], lambda x, n: x[:, ::-3]),
    slice_case("reversed", ["n", 3], ["n", 3], [2**62], [0], [-1], lambda x, n: x[::-1]),
    slice_case("symbolic", [20, 3], ["20 - n", 3], ["n"], [0], [1], lambda x, n: x[n:]),
    slice_case("symbolic_step", [12, 3], ["min(4, n)", 3], [3], [0], ["2 * n + 1"],
               lambda x, n: x[3::2 * n + 1][:min(4, n)], [{"n": 0}, {"n": 1}]),
    slice_case("beyond", ["n", 4], [0, 4], [2**62], [0], [1], lambda x, n: x[:0]),
    slice_case("two_axes", ["n", "m"], ["n", 1], [0, -1], [0, 1], [1, 1], lambda x, n, m: x[:, -1:],
               [s for s in PAIRS if s["m"]]),
]


def slice_default_axes():
    x, out = Tensor([4, 6]), Tensor([3, 4])
    prefix = constant("s", [1, 2]) + "\n" + constant("e", [4, 6])
    return case("slice_default_axes", [x], [out], "Slice", ["%in0", "%s", "%e"], [x.type()] + ["tensor<2xi64>"] * 2,
                lambda x: [(x[1:, 2:], 0)], "", prefix, [{}])


def split(axis):
    x = Tensor(["n", 9] if axis else ["n + 5", 9])
    outs = [Tensor(["n", 2]), Tensor(["n", 0]), Tensor(["n", 7])] if axis else [Tensor(["n", 9]), Tensor([5, 9])]
    cuts = (lambda n: [2, 2]) if axis else (lambda n: [n])
    return case(f"split_axis{axis}", [x, Tensor(["n"])], outs, "Split", ["%in0"], [x.type()],
                lambda x, unread, n: [(part, 0) for part in np.split(x, cuts(n), axis)], f"axis = {axis} : i64")


def concat(axis, dtype):
    dims = [["n", "m", 3], ["n", 0, 3], ["n", 2, 3]] if axis == 1 else [["n", 3], ["m", 3], ["n", 3]]
    inputs = [Tensor(d, dtype) for d in dims]
    out = Tensor(["n", "m + 2", 3] if axis == 1 else ["2 * n + m", 3], dtype)
    return inputs_case(f"concat_axis{axis}_{dtype}", inputs, [out], "Concat",
                       lambda *parts, **s: [(np.concatenate(parts, axis), 0)], f"axis = {axis} : i64", PAIRS)


def concat_of_one():
    x = Tensor(["n", 3])
    return inputs_case("concat_of_one", [x], [x], "Concat", lambda x, n: [(x, 0)], "axis = 0 : i64")


# Pad, Trilu


def pad(mode, low, high, value=None, axes=None, symbols=PAIRS):
    x = Tensor(["n", "m"])
    if axes is None:
        out, width = Tensor([f"n + {low[0] + high[0]}", f"m + {low[1] + high[1]}"]), list(zip(low, high))
    else:
        out, width = Tensor(["n", f"m + {low[0] + high[0]}"]), [(0, 0), (low[0], high[0])]
    count = len(low)
    prefix, names = constant("p", list(low) + list(high)), ["%in0", "%p"]
    types = [x.type(), f"tensor<{2 * count}xi64>"]
    if value is not None:
        prefix += f"\n%v = arith.constant dense<{value}> : tensor<f32>"
        names.append("%v")
        types.append("tensor<f32>")
    if axes is not None:
        prefix += ("" if value is not None else "\n%v = onnx.none : none") + "\n" + constant("x", axes)
        names = ["%in0", "%p", "%v", "%x"]
        types = types[:2] + ["tensor<f32>" if value is not None else "none", f"tensor<{count}xi64>"]

    def reference(x, n, m):
        if mode == "constant":
            padded = np.pad(x, [(max(l, 0), max(h, 0)) for l, h in width], constant_values=value or 0)
            return [(padded[tuple(slice(max(-l, 0), padded.shape[d] - max(-h, 0))
                                  for d, (l, h) in enumerate(width))], 0)]
        if 0 in x.shape:
            return [(np.zeros(out.shape({"n": n, "m": m})), 0)]
        return [(np.pad(x, width, mode=mode), 0)]

    name = f"pad_{mode}_{'axes' if axes else 'all'}_{'_'.join(str(v).replace('-', 'm') for v in low + high)}"
    return case(name, [x], [out], "Pad", names, types, reference, f'mode = "{mode}"', prefix, symbols)


CUTS = [s for s in PAIRS if s["n"] >= 1 and s["m"] >= 2]


def trilu(upper, k, dtype="f32"):
    x = Tensor([2, "n", "m"], dtype)
    attributes = f"upper = {int(upper)} : i64"
    make = np.triu if upper else np.tril
    name = f"trilu_{'upper' if upper else 'lower'}_{dtype}"
    if k is None:
        return inputs_case(name, [x], [x], "Trilu", lambda x, n, m: [(make(x), 0)], attributes, PAIRS)
    if k == "operand":
        diagonal = Tensor([], "i64")
        return inputs_case(name + "_operand", [x, diagonal], [x], "Trilu",
                           lambda x, d, n, m: [(make(x, int(d)), 0)], attributes, PAIRS)
    prefix = f"%k = arith.constant dense<{k}> : tensor<i64>"
    return case(f"{name}_{'m' if k < 0 else ''}{abs(k)}", [x], [x], "Trilu", ["%in0", "%k"],
                [x.type(), "tensor<i64>"], lambda x, n, m: [(make(x, max(min(k, 10**6), -10**6)), 0)], attributes,
                prefix, PAIRS)


def sizes_as_data():
    """transformer.shape as a root."""
    x, out = Tensor(["n", "m"]), Tensor([2, 2], "i64")
    text = '%out0 = transformer.shape ["n", "n * m", 7, "max(n, m)"] : tensor<2x2xi64>'
    return Case("shape", [x], [out], text, lambda x, n, m: [(np.array([[n, n * m], [7, max(n, m)]]), 0)], PAIRS)


CASES = [embedding("f32", "i64"), embedding("f16", "i32"), embedding("i64", "i64"), gather_dynamic_axis(),
         gather_constant(0, "first"), gather_constant(-1, "last"), gather_elements(), gather_nd(0), gather_nd(1),
         gather_nd_vector()]
CASES += SLICES + [slice_default_axes(), split(0), split(1), concat(0, "f32"), concat(1, "i64"), concat_of_one()]
CASES += [pad("constant", (1, 2), (0, 3), 2.5), pad("constant", (0, 0), (1, 0)), pad("constant", (-1, 2), (3, -2), 1.0,
          symbols=CUTS), pad("constant", (1,), (2,), None, [-1]), pad("edge", (2, 1), (1, 3)),
          pad("reflect", (1, 4), (2, 5)), pad("wrap", (1, 4), (2, 5)), pad("edge", (2,), (1,), None, [1])]
CASES += [trilu(True, None), trilu(False, None), trilu(True, 2), trilu(False, -1), trilu(True, 2**63 - 1),
          trilu(True, None, "i1"), trilu(False, "operand", "i64")]
CASES += [sizes_as_data()]


def test_nodes(executor, numerical_case, verify):
    verify(executor, *numerical_case)
