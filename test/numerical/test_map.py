"""map: index maps of every kind, activations, integer and half-precision elements."""

import math

import numpy as np
import tolerances
from case import Case, DTYPES, Tensor
from graph_text import map_op

SIZES = [{"n": 0}, {"n": 1}, {"n": 5}, {"n": 67}]
PAIRS = [{"n": 0, "m": 3}, {"n": 3, "m": 0}, {"n": 1, "m": 1}, {"n": 7, "m": 33}]


def erf(x):
    return np.vectorize(math.erf, otypes=[float])(x) if x.size else x


def sigmoid(x):
    return np.where(x >= 0, 1 / (1 + np.exp(-np.abs(x))), np.exp(-np.abs(x)) / (1 + np.exp(-np.abs(x))))


ACTIVATIONS = {
    "relu": lambda x: np.maximum(x, 0),
    "gelu": lambda x: x / 2 * (1 + erf(x / np.sqrt(2))),
    "gelu_tanh": lambda x: x / 2 * (1 + np.tanh(np.sqrt(2 / np.pi) * (x + 0.044715 * x**3))),
    "silu": lambda x: x * sigmoid(x),
    "sigmoid": sigmoid,
    "tanh": np.tanh,
}


def activation(kind, dtype):
    x = Tensor(["n", 9], dtype)

    def fill(rng, symbols):
        # Beyond where exp overflows in float, and the values around zero.
        values = rng.standard_normal(x.shape(symbols)) * rng.choice([1e-3, 1, 5], x.shape(symbols))
        if values.size:
            values[0, :4] = [0, 100, -100, -88.5]
        return [values.astype(DTYPES[dtype])]

    def reference(x, n):
        value = ACTIVATIONS[kind](x)
        return [(value, tolerances.activation(DTYPES[dtype], x, value))]

    line = f"%r = transformer.activation #transformer.activation_kind<{kind}> %a : {dtype}"
    text = map_op([x], ["n", 9], [(0, 1)], [line], "%r", x)
    return Case(f"activation_{kind}_{dtype}", [x], [x], text, reference, SIZES, fill)


def exponential(base):
    x = Tensor(["n", 8])

    def fill(rng, symbols):
        # All exponents; around the least and the largest result; and what is no number.
        most = np.log(np.finfo(np.float32).max) / np.log(base)
        values = rng.uniform(-1.1, 1.01, x.shape(symbols)) * most
        if values.size:
            values[0] = [0, most * (1 - 1e-6), most * (1 + 1e-6), -1e30, np.inf, -np.inf, np.nan, 1e30]
        return [values.astype(np.float32)]

    def reference(x, n):
        with np.errstate(over="ignore"):
            value = np.float64(base) ** x
        value = np.where(value > np.finfo(np.float32).max, np.inf, value)
        # 2 ulp; below 2^-125 the result may be zero.
        return [(value, np.where(np.isfinite(value), 4 * 2.0**-24 * value + 2.0**-125, 0))]

    name = "exp2" if base == 2 else "exp"
    text = map_op([x], ["n", 8], [(0, 1)], [f"%r = math.{name} %a : f32"], "%r", x)
    return Case(f"map_{name}", [x], [x], text, reference, SIZES + [{"n": 1000}], fill)


def bias_add():
    x, bias, out = Tensor(["n", 37]), Tensor([37]), Tensor(["n", 37])
    text = map_op([x, bias], ["n", 37], [(0, 1), (1,)], ["%s = arith.addf %a, %b : f32"], "%s", out)
    return Case("map_bias", [x, bias], [out], text,
                lambda x, b, n: [(x + b, tolerances.elementwise(np.float32, x + b))], SIZES)


def transpose():
    x, out = Tensor(["n", "m", 5]), Tensor([5, "n", "m"])
    text = map_op([x], [5, "n", "m"], [(1, 2, 0)], [], "%a", out)
    return Case("map_transpose", [x], [out], text, lambda x, n, m: [(x.transpose(2, 0, 1), 0)], PAIRS)


def unit_broadcast():
    x, y, out = Tensor([1, "m"]), Tensor(["n", 1]), Tensor(["n", "m"])
    text = map_op([x, y], ["n", "m"], [("0", 1), (0, "0")], ["%s = arith.mulf %a, %b : f32"], "%s", out)
    return Case("map_unit_broadcast", [x, y], [out], text,
                lambda x, y, n, m: [(x * y, tolerances.elementwise(np.float32, x * y))], PAIRS)


def causal():
    """Loop indices as values: an iota comparison, and a scalar operand."""
    k, out = Tensor([], "i64"), Tensor(["n", "m"], "i1")
    n, m = Tensor(["n"]), Tensor(["m"])
    lines = ["%i = transformer.index 0", "%j = transformer.index 1", "%k = arith.index_cast %a : i64 to index",
             "%l = arith.addi %i, %k : index", "%s = arith.cmpi sle, %j, %l : index"]
    text = map_op([k, n, m], ["n", "m"], [(), (0,), (1,)], lines, "%s", out)

    def reference(k, x, y, n, m):
        return [(np.arange(m)[None] <= np.arange(n)[:, None] + k, 0)]

    return Case("map_causal", [k, n, m], [out], text, reference, PAIRS)


def constants():
    """A splat and a one-element constant are scalars of the body; a short one stays a tensor."""
    x, out = Tensor(["n", 4]), Tensor(["n", 4])
    prefix = ("%two = arith.constant dense<2.0> : tensor<4xf32>\n%half = arith.constant dense<0.5> : tensor<f32>\n"
              "%short = arith.constant dense<[1.0, 2.0, 4.0, 8.0]> : tensor<4xf32>\n")
    lines = ["%s = arith.mulf %a, %b : f32", "%t = arith.addf %s, %c : f32", "%u = arith.mulf %t, %d : f32"]
    four, one = Tensor([4]), Tensor([])
    text = map_op([x, four, one, four], ["n", 4], [(0, 1), (1,), (), (1,)], lines, "%u", out,
                  ["%in0", "%two", "%half", "%short"])

    def reference(x, n):
        value = (2 * x + 0.5) * np.array([1, 2, 4, 8])
        return [(value, tolerances.elementwise(np.float32, (2 * np.abs(x) + 0.5) * 8, 3))]

    return Case("map_constants", [x], [out], prefix + text, reference, SIZES)


def size_as_value():
    """A one-element transformer.shape is a word of the kernel."""
    x, out = Tensor(["n", "m"]), Tensor(["n", "m"], "i64")
    prefix = '%size = transformer.shape ["n * m"] : tensor<1xi64>\n'
    lines = ["%i = arith.fptosi %a : f32 to i64", "%s = arith.addi %b, %i : i64"]
    text = map_op([x, Tensor([1], "i64")], ["n", "m"], [(0, 1), ("0",)], lines, "%s", out,
                  ["%in0", "%size"])
    return Case("map_size_as_value", [x], [out], prefix + text,
                lambda x, n, m: [(np.trunc(x).astype(np.int64) + n * m, 0)], PAIRS)


def integers(dtype):
    x, out = Tensor(["n", 3], dtype), Tensor(["n", 3], "i64")
    extend = "extui" if dtype == "i1" else "extsi"
    lines = ["%s = arith.muli %w, %w : i64"]
    lines.insert(0, f"%w = arith.{extend} %a : {dtype} to i64")
    text = map_op([x], ["n", 3], [(0, 1)], lines, "%s", out)
    return Case(f"map_integers_{dtype}", [x], [out], text,
                lambda x, n: [(x.astype(np.int64)**2, 0)], SIZES)


def scalar():
    x, out = Tensor([], "f32"), Tensor([], "f32")
    text = map_op([x], [], [()], ["%s = arith.addf %a, %a : f32"], "%s", out)
    return Case("map_scalar", [x], [out], text, lambda x: [(x + x, 0)], [{}])


CASES = [activation(kind, "f32") for kind in ACTIVATIONS]
CASES += [activation("gelu", "f64"), activation("gelu", "f16"), activation("silu", "bf16")]
CASES += [bias_add(), transpose(), unit_broadcast(), causal(), constants(), size_as_value(), scalar()]
CASES += [integers(dtype) for dtype in ("i8", "i32", "i1")]
CASES += [exponential(np.e), exponential(2)]


def test_map(executor, numerical_case, verify):
    verify(executor, *numerical_case)
