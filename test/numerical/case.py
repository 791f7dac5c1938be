"""A test case: one graph op as text, and what it computes, in NumPy."""

import re
import warnings
from dataclasses import dataclass, field

import ml_dtypes
import numpy as np

DTYPES = {
    "f64": np.dtype(np.float64),
    "f32": np.dtype(np.float32),
    "f16": np.dtype(np.float16),
    "bf16": np.dtype(ml_dtypes.bfloat16),
    "i64": np.dtype(np.int64),
    "i32": np.dtype(np.int32),
    "i8": np.dtype(np.int8),
    "i1": np.dtype(np.bool_),
}
FLOATS = ("f64", "f32", "f16", "bf16")


@dataclass
class Tensor:
    """An operand or a result: `dims` as in the IR, strings and integers."""

    dims: list
    dtype: str = "f32"

    def type(self):
        return "tensor<" + "".join(f"{self._dim(d)}x" for d in self.dims) + f"{self.dtype}>"

    def buffer(self):
        """The memref that a kernel gets: rows at any stride, elements adjacent."""
        shape = "".join(f"{self._dim(d)}x" for d in self.dims)
        strides = ["?"] * (len(self.dims) - 1) + ["1"] * bool(self.dims)
        return f"memref<{shape}{self.dtype}, strided<[{', '.join(strides)}], offset: ?>>"

    def attribute(self):
        return "[" + ", ".join(f'"{d}"' if isinstance(d, str) else str(d) for d in self.dims) + "]"

    def shape(self, symbols):
        return tuple(evaluate(d, symbols) for d in self.dims)

    @staticmethod
    def _dim(dim):
        return "?" if isinstance(dim, str) else dim


def evaluate(dim, symbols):
    """A dimension's value."""
    if not isinstance(dim, str):
        return dim
    return eval(dim.replace("floordiv", "//"), {"min": min, "max": max}, dict(symbols))


@dataclass
class Case:
    """`body` makes %out0, %out1 … from %in0, %in1 …; `reference` gets the inputs' arrays (the
    elements as they are, floats in double) and the symbols, and gives one (value, bound) per
    result, where bound is 0 for exact results."""

    name: str
    inputs: list
    results: list
    body: str
    reference: object
    symbols: list = field(default_factory=lambda: [{}])
    fill: object = None  # (rng, symbols) -> input arrays; default: standard_fill

    def words(self):
        """Every expression that the kernel's body or its operands mention."""
        found = [d for t in self.inputs + self.results for d in t.dims if isinstance(d, str)]
        for group in re.findall(r"(?:dims =|dims|transformer\.shape) (\[[^=]*?\])(?: |,|$|\n|})", self.body):
            found += re.findall(r'"([^"]*)"', group)
        return list(dict.fromkeys(found))

    def arrays(self, symbols, seed=0):
        rng = np.random.default_rng([seed, *self.name.encode()])
        if self.fill:
            return self.fill(rng, symbols)
        return [standard_fill(rng, t, symbols) for t in self.inputs]

    def expected(self, arrays, symbols):
        wide = [a.astype(np.float64) if t.dtype in FLOATS else a
                for a, t in zip(arrays, self.inputs)]
        with np.errstate(all="ignore"), warnings.catch_warnings():
            warnings.simplefilter("ignore", RuntimeWarning)  # means of empty rows
            return self.reference(*wide, **symbols)


def standard_fill(rng, tensor, symbols):
    """Normal floats, small integers, fair coins."""
    shape, dtype = tensor.shape(symbols), DTYPES[tensor.dtype]
    if tensor.dtype in FLOATS:
        return rng.standard_normal(shape).astype(dtype)
    if tensor.dtype == "i1":
        return rng.integers(0, 2, shape).astype(dtype)
    return rng.integers(-9, 10, shape).astype(dtype)


def check(case, symbols, got, expected):
    """Raises with the worst element unless every result is within its bound."""
    assert len(got) == len(expected) == len(case.results)
    for index, (tensor, actual, (value, bound)) in enumerate(zip(case.results, got, expected)):
        value = np.asarray(value)
        assert actual.dtype == DTYPES[tensor.dtype]
        assert actual.shape == tensor.shape(symbols) == value.shape, (
            f"result {index}: shape {actual.shape}, expected {value.shape}")
        if tensor.dtype not in FLOATS:
            assert np.array_equal(actual, value), f"result {index}: {actual} is not {value}"
            continue
        actual = actual.astype(np.float64)
        with np.errstate(all="ignore"):
            same = (actual == value) | (np.isnan(actual) & np.isnan(value))
            wrong = ~same & ~(np.abs(actual - value) <= bound)
        if wrong.any():
            place = tuple(int(i[0]) for i in np.nonzero(wrong))
            bounds = np.broadcast_to(bound, value.shape)
            raise AssertionError(
                f"result {index} at {place} with {symbols}: {actual[place]!r}, expected "
                f"{value[place]!r} within {bounds[place]!r}; {int(wrong.sum())} of {wrong.size} wrong")
