"""contract: matrix products of every layout, batches, epilogues, empty and unit extents."""

import numpy as np
import tolerances
from case import Case, DTYPES, Tensor
from graph_text import contract_op
from test_map import ACTIVATIONS

SIZES = [{"m": 0}, {"m": 1}, {"m": 3}, {"m": 17}, {"m": 64}]
BATCHES = [{"b": 0, "s": 3, "t": 2}, {"b": 1, "s": 1, "t": 1}, {"b": 2, "s": 7, "t": 0}, {"b": 2, "s": 19, "t": 33}]
LINEAR = ["m", 37, 21]


def bound(dtype, length, lhs, rhs, equation):
    return tolerances.summed(DTYPES[dtype], length, np.einsum(equation, np.abs(lhs), np.abs(rhs)))


def linear(dtype, transposed=False):
    x, out = Tensor(["m", 21], dtype), Tensor(["m", 37], dtype)
    w = Tensor([37, 21] if transposed else [21, 37], dtype)
    text = contract_op([x, w], LINEAR, [(0, 2), (1, 2) if transposed else (2, 1)], (0, 1), [], "%a", out)
    equation = "mk,nk->mn" if transposed else "mk,kn->mn"

    def reference(x, w, m):
        return [(np.einsum(equation, x, w), bound(dtype, 21, x, w, equation))]

    return Case(f"contract_linear_{dtype}" + "_transposed" * transposed, [x, w], [out], text, reference, SIZES)


def epilogue(kind):
    """Bias, activation and a residual that is read as it lies."""
    x, w, bias, rest = Tensor(["m", 21]), Tensor([21, 37]), Tensor([37]), Tensor(["m", 37])
    lines = ["%s = arith.addf %a, %b : f32",
             f"%t = transformer.activation #transformer.activation_kind<{kind}> %s : f32",
             "%u = arith.addf %t, %c : f32"]
    text = contract_op([x, w, bias, rest], LINEAR, [(0, 2), (2, 1), (1,), (0, 1)], (0, 1), lines, "%u", rest)

    def reference(x, w, b, r, m):
        s = x @ w + b
        t = ACTIVATIONS[kind](s)
        # The activations' slopes are below 1.2.
        error = 1.2 * bound("f32", 22, x, w, "mk,kn->mn") + tolerances.activation(np.float32, s, t)
        return [(t + r, error + tolerances.elementwise(np.float32, np.abs(t) + np.abs(r)))]

    return Case(f"contract_epilogue_{kind}", [x, w, bias, rest], [rest], text, reference, SIZES)


def heads():
    """Scores of attention heads that lie between the channels: [b, s, h, d] · [b, t, h, d]."""
    q, k = Tensor(["b", "s", 3, 8]), Tensor(["b", "t", 3, 8])
    out = Tensor(["b", 3, "s", "t"])
    text = contract_op([q, k], ["b", 3, "s", "t", 8], [(0, 2, 1, 4), (0, 3, 1, 4)], (0, 1, 2, 3),
                       ["%c = arith.constant 0.35 : f32", "%s = arith.mulf %a, %c : f32"], "%s", out)
    equation = "bshd,bthd->bhst"

    def reference(q, k, b, s, t):
        scale = float(np.float32(0.35))
        return [(np.einsum(equation, q, k) * scale, bound("f32", 10, q, k, equation) * scale)]

    return Case("contract_heads", [q, k], [out], text, reference, BATCHES)


def written_transposed():
    """The result's loops are not in order: [b, h, s, t] · [b, t, h, d] -> [b, s, h, d]."""
    p, v, out = Tensor(["b", 3, "s", "t"]), Tensor(["b", "t", 3, 5]), Tensor(["b", "s", 3, 5])
    text = contract_op([p, v], ["b", 3, "s", 5, "t"], [(0, 1, 2, 4), (0, 4, 1, 3)], (0, 2, 1, 3), [], "%a", out)
    equation = "bhst,bthd->bshd"

    def reference(p, v, b, s, t):
        return [(np.einsum(equation, p, v), bound("f32", t, p, v, equation))]

    return Case("contract_written_transposed", [p, v], [out], text, reference, BATCHES)


def unit_dimensions():
    """A kept unit dimension in the result, a broadcast one in an operand, an index in the region."""
    x, w, out = Tensor([1, "s", "t"]), Tensor(["b", "t"]), Tensor(["b", 1, "s"])
    lines = ["%i = transformer.index 1", "%j = arith.index_cast %i : index to i32",
             "%f = arith.sitofp %j : i32 to f32", "%s = arith.addf %a, %f : f32"]
    text = contract_op([x, w], ["b", "s", "t"], [("0", 1, 2), (0, 2)], (0, "0", 1), lines, "%s", out)

    def reference(x, w, b, s, t):
        sums = np.einsum("st,bt->bs", x[0], w)
        error = bound("f32", t + 1, x[0], w, "st,bt->bs") + tolerances.elementwise(np.float32, np.abs(sums) + s)
        return [((sums + np.arange(s))[:, None], error[:, None])]

    return Case("contract_unit_dimensions", [x, w], [out], text, reference, BATCHES)


def two_summed_loops():
    x, w, out = Tensor(["m", 3, 7]), Tensor([3, 7, 5]), Tensor(["m", 5])
    text = contract_op([x, w], ["m", 5, 3, 7], [(0, 2, 3), (2, 3, 1)], (0, 1), [], "%a", out)

    def reference(x, w, m):
        return [(np.einsum("mhk,hkn->mn", x, w), bound("f32", 21, x, w, "mhk,hkn->mn"))]

    return Case("contract_two_summed_loops", [x, w], [out], text, reference, SIZES)


def vector_and_scalar():
    x, w, out = Tensor(["m"]), Tensor(["m"]), Tensor([])
    text = contract_op([x, w], ["m"], [(0,), (0,)], (), [], "%a", out)

    def reference(x, w, m):
        return [(np.array(x @ w), bound("f32", m, x, w, "m,m->"))]

    return Case("contract_dot", [x, w], [out], text, reference, SIZES)


def integers():
    x, w, out = Tensor(["m", 21], "i8"), Tensor([21, 37], "i8"), Tensor(["m", 37], "i32")
    text = contract_op([x, w], LINEAR, [(0, 2), (2, 1)], (0, 1), [], "%a", out)
    return Case("contract_integers", [x, w], [out], text,
                lambda x, w, m: [(x.astype(np.int32) @ w.astype(np.int32), 0)], SIZES)


def widened():
    """Half-precision factors accumulate in the result's type."""
    x, w, out = Tensor(["m", 21], "f16"), Tensor([21, 37], "bf16"), Tensor(["m", 37])
    text = contract_op([x, w], LINEAR, [(0, 2), (2, 1)], (0, 1), [], "%a", out)
    return Case("contract_widened", [x, w], [out], text,
                lambda x, w, m: [(x @ w, bound("f32", 21, x, w, "mk,kn->mn"))], SIZES)


CASES = [linear("f32"), linear("f32", True), linear("f64"), linear("f16"), widened(), integers()]
CASES += [epilogue("gelu"), epilogue("relu"), heads(), written_transposed(), unit_dimensions()]
CASES += [two_summed_loops(), vector_and_scalar()]


def test_contract(executor, numerical_case, verify):
    verify(executor, *numerical_case)
