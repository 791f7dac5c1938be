"""Reductions, norms and products, as ONNX models: axes from both ends and from both places where
opsets have them, element types, broadcasts, defaults."""

import numpy as np
import pytest
from node_models import by_opset, case, check, const, sized

f16, f32, f64 = np.float16, np.float32, np.float64
RNG = np.random.default_rng(5)
SUMS = {
    "ReduceL1": lambda x, a, k: np.abs(x).sum(a, keepdims=k), "ReduceL2": lambda x, a, k: np.sqrt((x * x).sum(a, keepdims=k)),
    "ReduceLogSum": lambda x, a, k: np.log(x.sum(a, keepdims=k)),
    "ReduceLogSumExp": lambda x, a, k: np.log(np.exp(x).sum(a, keepdims=k)), "ReduceMax": lambda x, a, k: x.max(a, keepdims=k),
    "ReduceMean": lambda x, a, k: x.mean(a, keepdims=k), "ReduceMin": lambda x, a, k: x.min(a, keepdims=k),
    "ReduceProd": lambda x, a, k: x.prod(a, keepdims=k), "ReduceSum": lambda x, a, k: x.sum(a, keepdims=k),
    "ReduceSumSquare": lambda x, a, k: (x * x).sum(a, keepdims=k),
}


def normal(*shape, dtype=f32):
    return RNG.standard_normal(shape).astype(dtype)


def positive(*shape, dtype=f32):
    return (RNG.random(shape) + 0.25).astype(dtype)


def reductions():
    x = positive(2, 3, 4, dtype=f64)
    for op, function in SUMS.items():
        operand = 13 if op == "ReduceSum" else 18
        tag = op.removeprefix("Reduce").lower()

        def want(axes, keep, x=x, function=function):
            return np.asarray(function(x, axes, bool(keep)))

        yield case(f"{tag}_all", operand, op, [x], None, want((0, 1, 2), 1))
        yield case(f"{tag}_none", operand, op, [x], {"keepdims": 0}, want((0, 1, 2), 0))
        yield case(f"{tag}_last", operand, op, [x, const([-1])], {"keepdims": 0}, want(2, 0))
        yield case(f"{tag}_two", operand, op, [x, const([2, 0])], None, want((0, 2), 1))
        yield case(f"{tag}_empty_axes", operand, op, [x, const([], np.int64)], None, want((0, 1, 2), 1))
        yield case(f"{tag}_old", operand - 1, op, [x], {"axes": [-2], "keepdims": 0}, want(1, 0))
        yield case(f"{tag}_old_all", operand - 1, op, [x], None, want((0, 1, 2), 1))
        yield case(f"{tag}_rank0", operand, op, [np.array(2.0)], None, np.asarray(function(np.array(2.0), (), False)))
        halves = (np.arange(2400).reshape(4, 600) % 7 / 4).astype(f16)
        if op in ("ReduceSum", "ReduceMean", "ReduceL2", "ReduceMax"):
            with np.errstate(all="ignore"):
                yield case(f"{tag}_half", operand, op, [halves, const([1])], None,
                           function(halves.astype(f64), 1, True).astype(f16))
    nothing = np.zeros((2, 0, 4), f32)
    for op, value in (("ReduceSum", 0), ("ReduceProd", 1), ("ReduceL2", 0), ("ReduceMax", -np.inf), ("ReduceLogSumExp", -np.inf)):
        yield case(f"{op[6:].lower()}_of_nothing", 18, op, [nothing, const([1])], None, np.full((2, 1, 4), value, f32))
        yield case(f"{op[6:].lower()}_to_nothing", 18, op, [sized("n 0 4", nothing), const([0])], {"keepdims": 0}, nothing[0])
    yield case("softmax_of_nothing", 13, "Softmax", [sized("n 0", nothing[:, :, 0])], None, nothing[:, :, 0])
    yield case("no_axes", 18, "ReduceMean", [x], {"noop_with_empty_axes": 1}, x)
    yield case("no_axes_square", 18, "ReduceSumSquare", [x], {"noop_with_empty_axes": 1}, x * x)
    for dtype in (np.int64, np.uint32):
        small = np.array([[1, 2, 3], [7, 0, 5]], dtype)
        far = np.array([[np.iinfo(dtype).max, 2], [3, np.iinfo(dtype).max // 2 + 1]], dtype)
        tag = np.dtype(dtype).name
        for op in ("ReduceL1", "ReduceSum", "ReduceProd", "ReduceSumSquare", "ReduceMax", "ReduceMin"):
            yield case(f"{op[6:].lower()}_{tag}", 18, op, [small, const([1])], None, SUMS[op](small, 1, True).astype(dtype))
            yield case(f"{op[6:].lower()}_far_{tag}", 18, op, [far, const([0])], None, SUMS[op](far, 0, True).astype(dtype))
        yield case(f"mean_{tag}", 18, "ReduceMean", [small, const([0])], None, (small.sum(0, keepdims=True) // 2).astype(dtype))
        yield case(f"root_{tag}", 18, "ReduceL2", [small, const([1])], None, np.sqrt((small * small).sum(1, keepdims=True)).astype(dtype))
        yield case(f"log_{tag}", 18, "ReduceLogSum", [small * dtype(5), const([1])], None,
                   np.log((small * 5).sum(1, keepdims=True)).astype(dtype))
    signed = np.array([[-3, -2, -7], [4, -9, 2]], np.int32)
    yield case("l1_signed", 18, "ReduceL1", [signed, const([1])], None, np.abs(signed).sum(1, keepdims=True, dtype=np.int32))
    yield case("mean_signed", 18, "ReduceMean", [signed, const([1])], None, np.array([[-4], [-1]], np.int32))
    for dtype in (np.int8, np.uint8):
        ends = np.array([[np.iinfo(dtype).min, 3, np.iinfo(dtype).max], [1, 2, 200 % 128]], dtype)
        yield case(f"max_{np.dtype(dtype).name}", 18, "ReduceMax", [ends, const([1])], None, ends.max(1, keepdims=True))
        yield case(f"min_{np.dtype(dtype).name}", 18, "ReduceMin", [ends, const([1])], None, ends.min(1, keepdims=True))
    coins = np.array([[True, False], [False, False], [True, True]])
    yield case("any", 20, "ReduceMax", [coins, const([1])], None, coins.any(1, keepdims=True))
    yield case("all", 20, "ReduceMin", [coins, const([1])], None, coins.all(1, keepdims=True))
    infinite = np.array([[-np.inf, -np.inf], [1.0, -np.inf], [np.inf, 0.0], [1000.0, 1000.0]], f32)
    yield case("logsumexp_far", 18, "ReduceLogSumExp", [infinite, const([1])], None,
               np.logaddexp(infinite[:, :1], infinite[:, 1:]))
    yield case("logsumexp_half", 18, "ReduceLogSumExp", [normal(2, 300, dtype=f16), const([1])], {"keepdims": 0})
    for op, function in (("GlobalAveragePool", np.mean), ("GlobalMaxPool", np.max)):
        image = normal(2, 3, 4, 5)
        yield case(f"{op.lower()}_4", 13, op, [image], None, lambda x, f=function: f(x, (2, 3), keepdims=True))
        yield case(f"{op.lower()}_3", 13, op, [image[0]], None, lambda x, f=function: f(x, 2, keepdims=True))


def softmax_of(x, axis, log):
    e = x.astype(f64) - x.max(axis, keepdims=True)
    log_sum = np.log(np.exp(e).sum(axis, keepdims=True))
    return (e - log_sum if log else np.exp(e - log_sum)).astype(x.dtype)


def norms():
    x = normal(2, 3, 4)
    for op, log in (("Softmax", False), ("LogSoftmax", True)):
        tag = op.lower()
        for axis in (None, 0, 1, 2, -1, -2):
            given = {} if axis is None else {"axis": axis}
            at = 1 if axis is None else axis % 3
            rows = x.reshape(int(np.prod(x.shape[:at])), -1)
            yield case(f"{tag}_rows_{axis}".replace("-", "m"), 11, op, [x], given, softmax_of(rows, 1, log).reshape(x.shape))
            yield case(f"{tag}_{axis}".replace("-", "m"), 13, op, [x], given, softmax_of(x, -1 if axis is None else axis, log))
        yield case(f"{tag}_units", 11, op, [normal(2, 3, 1)], {"axis": 1}, lambda x, log=log: softmax_of(x, 1, log))
        yield case(f"{tag}_far", 13, op, [np.array([[1000, 0, -1000]], f32)], None, lambda x, log=log: softmax_of(x, 1, log))
    for axis in (-1, 1, -3):
        shape = x.shape[axis % 3:]
        yield case(f"layer_{axis}".replace("-", "m"), 17, "LayerNormalization", [x, normal(*shape), normal(*shape)],
                   {"axis": axis, "epsilon": 0.5}, results=3)
        yield case(f"rms_{axis}".replace("-", "m"), 23, "RMSNormalization", [x, normal(*shape)], {"axis": axis, "epsilon": 0.5})
    yield case("layer_default", 17, "LayerNormalization", [x * f32(1e-3), normal(4)])
    yield case("layer_last_result", 17, "LayerNormalization", [x, normal(4)], None, lambda x, s: [
        (x - x.mean(-1, keepdims=True)) / np.sqrt(x.var(-1, keepdims=True) + 1e-5) * s, None,
        1 / np.sqrt(x.var(-1, keepdims=True) + f32(1e-5))], results=3)
    yield case("layer_scalar_scale", 17, "LayerNormalization", [x, normal(1, 1, 4), normal(1)], {"axis": 1}, lambda x, s, b: (
        (x - x.mean((1, 2), keepdims=True)) / np.sqrt(x.var((1, 2), keepdims=True) + 1e-5) * s[0] + b))
    yield case("layer_sized", 17, "LayerNormalization", [sized("n 3 d", x), normal(4), normal(4)])
    yield case("layer_sized_two", 17, "LayerNormalization", [sized("n c d", x), normal(3, 4)], {"axis": 1})
    yield case("layer_half", 17, "LayerNormalization", [x.astype(f16), normal(4, dtype=f16)])
    channels = [positive(3) for _ in range(4)]
    for shape, tag in (((2, 3), "flat"), ((2, 3, 4, 2), "image")):
        yield case(f"batch_{tag}", 15, "BatchNormalization", [normal(*shape), *channels], {"epsilon": 0.25})
    yield case("batch_default", 15, "BatchNormalization", [normal(2, 3, 4), *channels[:3], channels[3] * f32(1e-4)])
    yield case("instance", 6, "InstanceNormalization", [normal(2, 3, 4, 2), *channels[:2]], {"epsilon": 0.25})
    yield case("instance_default", 6, "InstanceNormalization", [normal(2, 3, 4) * f32(1e-2), *channels[:2]])
    for groups in (1, 2, 6):
        yield case(f"group_{groups}", 21, "GroupNormalization", [normal(2, 6, 4, 2), positive(6), normal(6)],
                   {"num_groups": groups, "epsilon": 0.25})
    yield case("group_default", 21, "GroupNormalization", [normal(2, 6, 4) * f32(1e-2), positive(6), normal(6)], {"num_groups": 3})
    yield case("group_sized", 21, "GroupNormalization", [sized("n 6 l", normal(2, 6, 4)), positive(6), normal(6)], {"num_groups": 3})
    zeros = np.array([[3, 4, 0], [0, 0, 0], [-1, 2, -2]], f32)
    for p, axis in ((1, 0), (1, -1), (2, 0), (2, 1)):
        length = np.abs(zeros).sum(axis, keepdims=True) if p == 1 else np.sqrt((zeros**2).sum(axis, keepdims=True))
        yield case(f"lp{p}_{axis}".replace("-", "m"), 13, "LpNormalization", [zeros], {"p": p, "axis": axis},
                   np.divide(zeros, length, out=np.zeros_like(zeros), where=length != 0))
    yield case("lp_default", 13, "LpNormalization", [zeros[::2]], None, zeros[::2] / np.sqrt((zeros[::2]**2).sum(1, keepdims=True)))
    image = normal(2, 3, 4, 2)
    for axes in (None, [1], [-1, 0]):
        over = tuple(axes or (0, 2, 3))
        yield case(f"meanvariance_{len(over)}", 13, "MeanVarianceNormalization", [image], {"axes": axes} if axes else None,
                   lambda x, a=over: (x - x.mean(a, keepdims=True)) / (x.std(a, keepdims=True) + f32(1e-9)))


def products():
    # Mostly in f64: test_contract has f32, whose kernels take longer to compile.
    a, b = normal(3, 4, dtype=f64), normal(4, 5, dtype=f64)
    for tag, c in (("scalar", f64(2)), ("one", normal(1, dtype=f64)), ("row", normal(5, dtype=f64)), ("column", normal(3, 1, dtype=f64)), ("flat", normal(1, 5, dtype=f64)),
                   ("full", normal(3, 5, dtype=f64)), ("unit", normal(1, 1, dtype=f64))):
        yield case(f"gemm_{tag}", 13, "Gemm", [a, b, c], {"alpha": 0.5, "beta": -2.0})
        yield case(f"gemm_plain_{tag}", 13, "Gemm", [a, b, c], None, lambda a, b, c: a @ b + c)
    yield case("gemm_none", 13, "Gemm", [a, b], {"alpha": 0.5}, lambda a, b: 0.5 * (a @ b))
    yield case("gemm_beta_zero", 13, "Gemm", [a, b, normal(5, dtype=f64)], {"beta": 0.0}, lambda a, b, c: a @ b)
    for ta in (0, 1):
        for tb in (0, 1):
            yield case(f"gemm_t{ta}{tb}", 13, "Gemm", [a.T.copy() if ta else a, b.T.copy() if tb else b, normal(5, dtype=f64)],
                       {"transA": ta, "transB": tb})
    i, j = (RNG.integers(-9, 9, s).astype(np.int64) for s in ((3, 4), (4, 5)))
    yield case("gemm_integers", 13, "Gemm", [i, j, j[0]], None, lambda a, b, c: a @ b + c)
    yield case("matmul_integers", 13, "MatMul", [i, j], None, np.matmul)
    yield case("gemm_floats", 13, "Gemm", [a.astype(f32), b.astype(f32), normal(5)], {"alpha": 0.5})
    yield case("gemm_sized", 13, "Gemm", [sized("n k", a), b, sized("c", normal(5, dtype=f64))], None, lambda a, b, c: a @ b + c)
    shapes = [((4,), (4,)), ((4,), (4, 5)), ((3, 4), (4,)), ((4,), (2, 4, 5)), ((2, 3, 4), (4,)), ((2, 3, 4), (4, 5)),
              ((3, 4), (2, 4, 5)), ((2, 3, 4), (1, 4, 5)), ((1, 3, 4), (2, 4, 5)), ((2, 1, 3, 4), (3, 4, 5)), ((1, 4), (4, 1)),
              ((3, 0), (0, 5)), ((0, 4), (4, 5)), ((2, 3, 1), (1, 5))]
    for k, (left, right) in enumerate(shapes):
        yield case(f"matmul_{k}", 13, "MatMul", [normal(*left, dtype=f64), normal(*right, dtype=f64)], None, np.matmul)
        if k % 4 == 1:
            yield case(f"matmul_float_{k}", 13, "MatMul", [normal(*left), normal(*right)], None, np.matmul)
    yield case("matmul_sized", 13, "MatMul", [sized("n k", a), sized("4 m", b)], None, np.matmul)
    equations = {"ij->ji": [(3, 4)], "ij->": [(3, 4)], "ij->i": [(3, 4)], "ij": [(3, 4)], "ji": [(3, 4)], "i,j->ij": [(3,), (4,)],
                 "ij,jk": [(3, 4), (4, 5)], "ij , jk -> ik": [(3, 4), (4, 5)], "bij,bjk->bik": [(1, 3, 4), (2, 4, 5)],
                 "...ij,...jk->...ik": [(2, 1, 3, 4), (1, 3, 4, 5)], "...i,...i": [(2, 3), (1, 3)], "i...->...i": [(2, 3, 4)],
                 "...->...": [(2, 3)], "ij,jk,kl->il": [(2, 3), (3, 4), (4, 5)], "ij,kl->jl": [(2, 3), (4, 5)],
                 "Ab,bA->": [(2, 3), (3, 2)], "i,i,i->": [(3,), (3,), (3,)], "aij,a,j->ai": [(2, 3, 4), (2,), (4,)],
                 "ba,a": [(2, 3), (3,)]}
    for k, (equation, shapes) in enumerate(equations.items()):
        arrays = [normal(*s, dtype=f64) for s in shapes]
        yield case(f"einsum_{k}", 13, "Einsum", arrays, {"equation": equation}, np.asarray(np.einsum(equation, *arrays)))


GROUPS = by_opset([*reductions(), *norms(), *products()])


@pytest.mark.parametrize("opset", GROUPS)
def test_sums(attune, tmp_path, opset):
    check(attune, tmp_path, GROUPS[opset])
