"""Operators on elements, as ONNX models: every kind of element, the ends of its range, limits
that are absent, attributes at their defaults and away from them."""

import ml_dtypes
import numpy as np
import pytest
from node_models import Input, by_opset, case, check, const

f16, f32, f64, bf16 = np.float16, np.float32, np.float64, ml_dtypes.bfloat16
INTEGERS = [np.int8, np.uint8, np.int32, np.uint32, np.int64, np.uint64]
COMPARISONS = {"Equal": np.equal, "Less": np.less, "LessOrEqual": np.less_equal, "Greater": np.greater,
               "GreaterOrEqual": np.greater_equal}
ODD = np.array([-np.inf, -1e30, -300.7, -2.5, -1.0, -0.0, 0.0, 0.4, 0.5, 1.0, 2.5, 127.9, 255.5, 70000.3, 1e30, np.inf, np.nan])


def name(dtype):
    return np.dtype(dtype).name


def ends(dtype):
    """Numbers around zero and at both ends of the range."""
    info = np.iinfo(dtype)
    return np.array([info.min, info.min + 1, 3, 0, 1, 2, 7, info.max // 2, info.max - 1, info.max], dtype)


def divide(a, b):
    """Towards zero; by zero it is zero."""
    rows = [0 if int(y) == 0 else abs(int(x)) // abs(int(y)) * (1 if (x < 0) == (y < 0) else -1)
            for x, y in np.broadcast(a, b)]
    bits = 8 * a.dtype.itemsize
    return np.array([r % 2**bits for r in rows], np.dtype(f"u{a.dtype.itemsize}")).view(a.dtype).reshape(
        np.broadcast_shapes(a.shape, b.shape))


def remainder(c_style):
    def of(a, b):
        rows = [0 if int(y) == 0 else (int(x) - int(divide(np.array([x]), np.array([y]))[0]) * int(y) if c_style
                                       else int(x) % int(y)) for x, y in np.broadcast(a, b)]
        low = np.iinfo(a.dtype).min
        return np.array([0 if r == -low else r for r in rows], a.dtype).reshape(np.broadcast_shapes(a.shape, b.shape))
    return of


def shift(direction):
    def of(a, b):
        bits = 8 * a.dtype.itemsize
        rows = [(int(x) << int(y) if direction == "LEFT" else int(x) >> int(y)) if 0 <= int(y) < bits else
                (-1 if direction == "RIGHT" and x < 0 else 0) for x, y in np.broadcast(a, b)]
        return np.array([r % 2**bits for r in rows], np.dtype(f"u{a.dtype.itemsize}")).view(a.dtype).reshape(
            np.broadcast_shapes(a.shape, b.shape))
    return of


def integers():
    for dtype in INTEGERS:
        a, b = ends(dtype), ends(dtype)[:, None]
        tag = name(dtype)
        small = np.array([0, 1, 3, 9, 200], np.uint8).astype(dtype)[:, None]
        yield case(f"add_{tag}", 18, "Add", [a, b], None, lambda a, b: a + b)
        yield case(f"sub_{tag}", 18, "Sub", [a, b], None, lambda a, b: a - b)
        yield case(f"mul_{tag}", 18, "Mul", [a, b], None, lambda a, b: a * b)
        yield case(f"div_{tag}", 18, "Div", [a, b], None, divide)
        yield case(f"div_three_{tag}", 18, "Div", [a, const(3, dtype)], None, divide)
        yield case(f"mod_{tag}", 18, "Mod", [a, b], None, remainder(False))
        yield case(f"fmod_{tag}", 18, "Mod", [a, b], {"fmod": 1}, remainder(True))
        yield case(f"max_{tag}", 18, "Max", [a, b, small[1]], None, lambda a, b, c: np.maximum(np.maximum(a, b), c))
        yield case(f"min_{tag}", 18, "Min", [a, b, small[2]], None, lambda a, b, c: np.minimum(np.minimum(a, b), c))
        yield case(f"abs_{tag}", 18, "Abs", [a], None, np.abs)
        yield case(f"sign_{tag}", 18, "Sign", [a], None, np.sign)
        if np.dtype(dtype).kind == "i":
            yield case(f"relu_{tag}", 18, "Relu", [a], None, lambda a: np.maximum(a, 0))
            yield case(f"neg_{tag}", 18, "Neg", [a], None, np.negative)
        yield case(f"not_{tag}", 18, "BitwiseNot", [a], None, np.invert)
        yield case(f"clip_{tag}", 18, "Clip", [a, dtype(1), dtype(7)], None, np.clip)
        if dtype in (np.int32, np.int64):
            yield case(f"square_{tag}", 18, "Pow", [a, const(2, dtype)], None, lambda a, _: a * a)
            yield case(f"pow_{tag}", 18, "Pow", [np.array([0, 1, 2, -3], dtype), np.array([5, 0, 3, 5], dtype)], None,
                       lambda a, b: a**b)
        for how, function in COMPARISONS.items():
            yield case(f"{how.lower()}_{tag}", 18, how, [a, b], None, function)
        for direction in ("LEFT", "RIGHT"):
            yield case(f"shift_{direction.lower()}_{tag}", 28, "BitShift", [a, small], {"direction": direction},
                       shift(direction))


def held():
    """Operands that the model holds, where arithmetic on sizes must not go wrong."""
    for dtype in (np.int32, np.int64):
        low, high, tag = np.iinfo(dtype).min, np.iinfo(dtype).max, name(dtype)
        v = lambda *values: const(values, dtype)  # noqa: E731
        yield case(f"held_add_{tag}", 18, "Add", [v(high, 1), v(1)], None, lambda a, b: a + b)
        yield case(f"held_sub_{tag}", 18, "Sub", [v(low, 1), v(1)], None, lambda a, b: a - b)
        yield case(f"held_mul_{tag}", 18, "Mul", [v(high, 2), v(2)], None, lambda a, b: a * b)
        yield case(f"held_neg_{tag}", 18, "Neg", [v(low, 2)], None, lambda a: -a)
        yield case(f"held_div_{tag}", 18, "Div", [v(7, -7, low, low + 1), v(0, 2, -1, -1)], None, divide)
        yield case(f"held_mod_{tag}", 18, "Mod", [v(7, -7, 7, -7), v(3, 3, -3, -3)], None, remainder(False))
        yield case(f"held_mod_zero_{tag}", 18, "Mod", [v(7), v(0)], None, remainder(False))
        yield case(f"held_fmod_{tag}", 18, "Mod", [v(7, -7), v(3)], {"fmod": 1}, remainder(True))
        yield case(f"held_max_{tag}", 18, "Max", [v(1), v(3, 0), v(2)], None, lambda a, b, c: np.maximum(np.maximum(a, b), c))
        for how, function in COMPARISONS.items():
            yield case(f"held_{how.lower()}_{tag}", 18, how, [v(low, 1, high, 2), v(1, 1, low, 3)], None, function)
        yield case(f"held_matrix_{tag}", 18, "Add", [const([[1, 2], [3, 4]], dtype), v(1)], None, lambda a, b: a + b)
        yield case(f"held_long_{tag}", 18, "Add", [const(range(70), dtype), v(1)], None, lambda a, b: a + b)
        yield case(f"held_fill_{tag}", 18, "Add", [const([5] * 64, dtype), v(1)], None, lambda a, b: a + b)
    yield case("held_cast_wraps", 18, "Cast", [const([2**40 + 5])], {"to": 6}, np.array([5], np.int32))
    yield case("held_truth", 18, "Add", [Input(np.array([7], np.int64), constant=True), const([1])], None,
               np.array([8]))
    for op, function in (("And", np.logical_and), ("Or", np.logical_or), ("Xor", np.logical_xor)):
        a, b = np.array([True, True, False, False]), np.array([True, False, True, False])
        yield case(f"{op.lower()}_fed", 18, op, [a, b], None, function)
        yield case(f"{op.lower()}_held", 18, op, [const(a, bool), const(b, bool)], None, function)


def saturated(to):
    def of(x):
        if np.dtype(to) == bool:
            return x != 0
        if np.dtype(to).kind not in "iu" or x.dtype.kind in "iub":
            return x.astype(to)
        info = np.iinfo(to)
        whole = [0 if np.isnan(v) else info.min if v < info.min else info.max if v > info.max else int(v)
                 for v in x.astype(f64)]
        return np.array([max(info.min, min(info.max, w)) for w in whole], to)
    return of


CASTS = {f32: [*INTEGERS, np.int16, np.uint16, bool], f16: [np.int8, np.uint8, np.int64, np.uint64, bool, bf16],
         f64: [np.int32, np.uint32, np.int64, np.uint64, f16], bf16: [np.int16, np.uint16, f16, f64],
         np.uint8: [np.int16, f32, np.int64, np.int8, bool], np.int8: [np.uint8, np.int16, f16, f64, np.uint32],
         np.uint32: [np.int64, f32, f64, np.uint8], np.int32: [np.int8, bf16, f32, np.uint64, bool],
         np.uint64: [f32, f64, np.int32], np.int64: [np.int32, f32, np.uint8], bool: [np.int8, f32, np.uint8, f16]}


def casts():
    for source, targets in CASTS.items():
        with np.errstate(all="ignore"):
            x = ODD.astype(source) if source in (f16, f32, f64, bf16) else np.array([True, False]) if source is bool \
                else ends(source)
        for to in targets:
            example = np.zeros(1, to)
            with np.errstate(all="ignore"):
                want = saturated(to)(x)
            number = Input(example).dtype()
            yield case(f"cast_{name(source)}_{name(to)}", 18, "Cast", [x], {"to": number}, want)
            yield case(f"like_{name(source)}_{name(to)}", 18, "CastLike", [x, example], None, want)


def floats():
    x = np.array([-3.5, -2.5, -0.5, -0.0, 0.0, 0.5, 1.5, 2.5, np.inf, -np.inf, np.nan], f32)
    y = np.array([2.0, -1.0, 0.25, 0.0, -0.0, 3.0, -2.0, 1.0, 1.0, 2.0, 1.0], f32)
    for dtype in (f16, f32, f64):
        a, b = x.astype(dtype), y.astype(dtype)
        tag = name(dtype)
        for op, function in (("Add", np.add), ("Sub", np.subtract), ("Mul", np.multiply), ("Div", np.divide),
                             ("Max", np.maximum), ("Min", np.minimum), *COMPARISONS.items()):
            with np.errstate(all="ignore"):
                yield case(f"{op.lower()}_{tag}", 18, op, [a, b], None, function(a, b))
        yield case(f"sign_{tag}", 18, "Sign", [a], None, np.sign)
        yield case(f"mean_{tag}", 18, "Mean", [a[:8], b[:8], dtype(4)], None, lambda a, b, c: ((a + b + c) / 3).astype(a.dtype))
        yield case(f"prelu_{tag}", 18, "PRelu", [a, b], None, lambda a, b: np.where(a < 0, a * b, a))
    for exponent in (1, 2, 3, 4, 5, -1, 0.5):
        yield case(f"power_{exponent}".replace(".", "_").replace("-", "m"), 18, "Pow", [np.abs(y[:8]) + 1, const(exponent, f32)], None,
                   lambda a, b: np.power(a.astype(f64), b).astype(f32))
    yield case("power_of_kinds", 18, "Pow", [np.array([2, 3, 4], np.int32), np.array([0.5, 2, 3], f32)], None,
               np.array([1, 9, 64], np.int32))
    yield case("power_unsigned", 18, "Pow", [np.array([2, 2], f32), np.array([1, 200], np.uint8)], None,
               np.array([2, np.inf], f32))
    yield case("power_unsigned_held", 18, "Pow", [np.array([2, 3], f32), const(2, np.uint8)], None, np.array([4, 9], f32))
    yield case("modulo_floats", 28, "Mod", [x[:8], y[:3].repeat(3)[:8]], None)
    yield case("remainder_floats", 18, "Mod", [x[:8], y[:3].repeat(3)[:8]], {"fmod": 1}, np.fmod)
    yield case("clip_none", 18, "Clip", [x], None, lambda a: a)
    yield case("clip_low", 18, "Clip", [x, f32(-1)], None, lambda a, b: np.maximum(a, b))
    yield case("clip_high", 18, "Clip", [x, None, f32(1)], None, lambda a, _, b: np.minimum(a, b))
    yield case("clip_vectors", 18, "Clip", [x, np.array([-1], f32), np.array([1], f32)], None, np.clip)
    yield case("clip_crossed", 18, "Clip", [x[:8], f32(1), f32(-1)], None, lambda a, b, c: np.full(8, -1, f32))
    for attributes in ({}, {"min": -1.0}, {"max": 1.0}, {"min": -1.0, "max": 1.0}):
        low, high = attributes.get("min", -np.finfo(f32).max), attributes.get("max", np.finfo(f32).max)
        yield case("clip_attributes_" + "_".join(attributes), 6, "Clip", [x], attributes,
                   lambda a, low=low, high=high: np.clip(a, f32(low), f32(high)))
    for positive in (0, 1):
        for negative in (0, 1):
            yield case(f"inf_{positive}{negative}", 18, "IsInf", [x], {"detect_positive": positive, "detect_negative": negative},
                       lambda a, p=positive, n=negative: (np.isposinf(a) & bool(p)) | (np.isneginf(a) & bool(n)))
    for op, tuned in {"Celu": {"alpha": 0.7}, "Elu": {"alpha": 0.7}, "HardSigmoid": {"alpha": 0.3, "beta": 0.2},
                      "LeakyRelu": {"alpha": 0.3}, "Selu": {"alpha": 1.2, "gamma": 0.9}, "Shrink": {"lambd": 1.0, "bias": 0.3},
                      "ThresholdedRelu": {"alpha": 0.5}, "Swish": {"alpha": 0.5}, "Gelu": {"approximate": "tanh"}}.items():
        for k, attributes in enumerate(({}, tuned)):
            yield case(f"{op.lower()}_{k}", 24, op, [np.linspace(-4, 4, 33, dtype=f32)], attributes)
    yield case("where_broadcast", 18, "Where", [x[:3] > 0, x[:2, None], np.array([[1.5]], f32)], None, np.where)
    for opset in (7, 10, 12, 13):
        yield case(f"dropout_{opset}", opset, "Dropout", [x[:4]], None, lambda a: a)
    yield case("dropout_mask", 13, "Dropout", [x[:4], None, const(False, bool)], None,
               lambda a, *_: [a, np.ones(4, bool)], results=2)


GROUPS = by_opset([*integers(), *held(), *casts(), *floats()])


@pytest.mark.parametrize("opset", GROUPS)
def test_elements(attune, tmp_path, opset):
    check(attune, tmp_path, GROUPS[opset])
