"""softmax and norm: any axis, extreme rows, rows of −inf, half precision."""

import numpy as np
import tolerances
from case import Case, DTYPES, Tensor

PAIRS = [{"n": 0, "m": 3}, {"n": 3, "m": 0}, {"n": 1, "m": 1}, {"n": 7, "m": 33}, {"n": 2, "m": 700}]


def softmax(axis, dtype, extreme=False):
    x = Tensor(["n", "m", 3] if axis == 1 else ["n", "m"], dtype)
    dims = '["n", "m", 3]' if axis == 1 else '["n", "m"]'
    axis = min(axis, len(x.dims) - 1)
    text = f"%out0 = transformer.softmax %in0 axis {axis} dims {dims} : {x.type()}"

    def fill(rng, symbols):
        values = rng.standard_normal(x.shape(symbols))
        if extreme and min(values.shape) > 2:
            values[0] *= 300
            values[1] = -np.inf
            values[2, 0] = np.inf
            values[3, :3] = -np.inf
            values[4] = -1e4
            values[5, 1] = np.nan
        return [values.astype(DTYPES[dtype])]

    def reference(x, n, m):
        top = x.max(axis, keepdims=True, initial=-np.inf)
        exps = np.exp(x - top)
        value = exps / exps.sum(axis, keepdims=True)
        spread = np.where(np.isfinite(x), np.abs(x - top), 0)
        length = x.shape[axis]
        return [(value, tolerances.softmax(DTYPES[dtype], length, spread, value))]

    return Case(f"softmax_{len(x.dims)}d_axis{axis}_{dtype}" + "_extreme" * extreme, [x], [x], text,
                reference, PAIRS, fill)


def norm(kind, dtype, dims, axes, scale=True, shift=True, offset=0.0, epsilon=1e-5, residual=False):
    x = Tensor(dims, dtype)
    part = Tensor(dims[len(dims) - axes:], dtype)
    inputs = [x] + [x] * residual + [part] * (scale + shift)
    extra = ""
    if residual:
        extra += f" residual(%in1 : {x.type()})"
    if scale:
        extra += f" scale(%in{1 + residual} : {part.type()})"
    if shift:
        extra += f" shift(%in{1 + residual + scale} : {part.type()})"
    text = (f"%out0 = transformer.norm #transformer.norm_kind<{kind}> %in0{extra} axes {axes} "
            f"epsilon {epsilon:e} dims {x.attribute()} : {x.type()}")

    def fill(rng, symbols):
        arrays = [rng.standard_normal(t.shape(symbols)) for t in inputs]
        arrays[0] = arrays[0] + offset
        return [a.astype(DTYPES[dtype]) for a in arrays]

    def reference(x, *rest, **symbols):
        largest = np.abs(x)
        if residual:
            largest = largest + np.abs(rest[0])
            x, rest = x + rest[0], rest[1:]
        last = tuple(range(len(dims) - axes, len(dims)))
        mean = x.mean(last, keepdims=True) if kind == "layer" else 0
        deviation = np.sqrt(((x - mean)**2).mean(last, keepdims=True) + epsilon)
        gamma = rest[0] if scale else 1.0
        beta = rest[-1] if shift else 0.0
        value = (x - mean) / deviation * gamma + beta
        length = int(np.prod([x.shape[d] for d in last]))
        largest = largest.max(last, keepdims=True, initial=0)
        magnitude = largest / deviation * np.abs(gamma) + np.abs(beta)
        return [(value, tolerances.norm(DTYPES[dtype], length, magnitude))]

    name = f"norm_{kind}_{dtype}_{len(dims)}d{axes}" + "_scale" * scale + "_shift" * shift
    name += "_dynamic" * (dims[-1] == "m") + f"_axes{axes}" * (dims[-1] == "m")
    symbols = [{"n": n} for n in (0, 1, 5)] if "m" not in dims else PAIRS
    return Case(name + "_offset" * bool(offset) + "_residual" * residual, inputs, [x], text, reference, symbols, fill)


def softmax_of_vector():
    x = Tensor(["n"])
    text = f'%out0 = transformer.softmax %in0 axis 0 dims ["n"] : {x.type()}'

    def reference(x, n):
        value = np.exp(x - x.max(initial=-np.inf))
        value = value / value.sum()
        return [(value, tolerances.softmax(np.float32, n, x.max(initial=-np.inf) - x, value))]

    return Case("softmax_1d", [x], [x], text, reference, [{"n": n} for n in (0, 1, 77)])


CASES = [softmax_of_vector(), softmax(2, "f32"), softmax(1, "f32"), softmax(2, "f32", True), softmax(2, "f64"), softmax(2, "f16"),
         softmax(2, "bf16")]
CASES += [norm("layer", "f32", ["n", 384], 1), norm("layer", "f32", ["n", 37], 1, shift=False),
          norm("layer", "f32", ["n", 37], 1, scale=False), norm("layer", "f32", ["n", "m", 5], 2, False, False),
          norm("layer", "f32", ["n", 64], 1, offset=300.0), norm("rms", "f32", ["n", 384], 1, shift=False),
          norm("rms", "f64", ["n", "m"], 1, shift=False), norm("layer", "f64", ["n", 37], 1),
          norm("layer", "f16", ["n", 384], 1), norm("layer", "bf16", ["n", "m", 21], 1),
          norm("layer", "f32", ["n", "m"], 2), norm("layer", "f32", ["n", "m"], 1), norm("rms", "f32", [2, "n", "m"], 1)]
CASES += [norm("layer", "f32", ["n", 384], 1, residual=True), norm("layer", "f32", ["n", "m"], 1, False, residual=True),
          norm("rms", "f32", [3, "n", "m"], 1, shift=False, residual=True), norm("layer", "f32", ["n", "m"], 2, residual=True),
          norm("layer", "f16", ["n", 37], 1, residual=True), norm("rms", "bf16", ["n", 37], 1, residual=True)]


def test_normalize(executor, numerical_case, verify):
    verify(executor, *numerical_case)
