"""Operators that move elements, as ONNX models: held and fed data, ends of axes, symbolic sizes,
the places where older opsets have their arguments."""

import numpy as np
import pytest
from node_models import Input, by_opset, case, check, const, sized
from onnx import numpy_helper

f32 = np.float32
X = np.arange(24, dtype=f32).reshape(2, 3, 4)
FAR = 2**63 - 1


def held(array):
    return Input(array, constant=True)


# The same data held by the model, and fed with symbols for sizes.
SOURCES = {"held": held(X), "sized": sized("a b c", X)}


def gathers():
    for tag, x in SOURCES.items():
        for axis, indices in ((0, [1, 0, -2]), (1, [[2, -1], [0, -3]]), (-1, 3), (2, [-4, 3])):
            for kind, i in (("held", const(indices)), ("fed", np.array(indices, np.int32))):
                yield case(f"gather_{tag}_{kind}_{axis}".replace("-", "m"), 13, "Gather", [x, i], {"axis": axis},
                           lambda x, i, a=axis: np.take(x, i, a))
        picks = np.array([[[0, -1, 1, -2]], [[-1, 0, -2, 1]]])
        for axis in (0, 1, -1):
            i = picks if axis != 0 else picks[:1]
            yield case(f"elements_{tag}_{axis}".replace("-", "m"), 13, "GatherElements", [x, const(i)], {"axis": axis},
                       lambda x, i, a=axis: np.take_along_axis(x[tuple(slice(n) if d != a % 3 else slice(None) for d, n in
                                                                   enumerate(i.shape))], np.where(i < 0, i + x.shape[a], i), a))
        for k, (batch, i) in enumerate(((0, [[0, 1], [-1, -3]]), (0, [1]), (0, [[1, 2, 3], [0, -1, -4]]), (1, [[2], [-1]]),
                                        (1, [[[0, 1]], [[2, -1]]]))):
            yield case(f"nd_{tag}_{k}", 13, "GatherND", [x, const(i)], {"batch_dims": batch})
    fill = held(np.full((3, 4), 7, f32))
    for op, i in (("Gather", [[0, 2]]), ("GatherElements", [[0, 1, 2, 0]]), ("GatherND", [[0, 1]])):
        yield case(f"{op.lower()}_of_one_value", 13, op, [fill, const(i)], None, lambda x, i, op=op: np.full(
            {"Gather": (1, 2, 4), "GatherElements": (1, 4), "GatherND": (1,)}[op], 7, f32))
    yield case("gather_outside", 13, "Gather", [held(X[0, 0]), const([9, -9, 4, -5, 3, -4])], None, np.array([3, 0, 3, 0, 3, 0], f32))
    yield case("gather_sizes_outside", 13, "Gather", [const([5, 6, 7]), const([3, -4, 2, -3])], None, np.array([7, 5, 7, 5]))
    yield case("gather_bytes", 13, "Gather", [held(np.array([250, 3, 200], np.uint8)), const([2, 0])])


def slices():
    sources = SOURCES | {"fed": X}
    spans = [(0, 2, 1), (1, FAR, 1), (-2, FAR, 1), (-9, 9, 1), (0, -1, 1), (0, FAR, 2), (1, FAR, 2), (3, -9, -1), (-1, -FAR, -2), (FAR, 0, -1),
             (2, 2, 1), (9, FAR, 1), (0, 4, 3), (-2, 0, -1), (0, 3, -1), (-9, 0, -1), (0, -9, -1), (-4, -3, 1)]
    for tag, x in sources.items():
        for k, (start, end, step) in enumerate(spans):
            yield case(f"slice_{tag}_{k}", 13, "Slice", [x, const([start]), const([end]), const([2]), const([step])], None,
                       lambda x, s, e, a, t: x[:, :, slice(max(int(s[0]), -9), int(e[0]) if e[0] > -5 else None, int(t[0]))])
        yield case(f"slice_two_{tag}", 13, "Slice", [x, const([1, -3]), const([2, 4]), const([1, -1]), const([1, 2])], None,
                   lambda x, *_: x[:, 1:2, 1:4:2])
        yield case(f"slice_whole_{tag}", 13, "Slice", [x, const([0]), const([FAR])], None, lambda x, *_: x)
        yield case(f"slice_leading_{tag}", 13, "Slice", [x, const([1, 0]), const([2, 2])], None, lambda x, *_: x[1:2, :2])
        yield case(f"slice_attributes_{tag}", 9, "Slice", [x], {"starts": [1, -3], "ends": [3, -1], "axes": [1, 2]},
                   lambda x: x[:, 1:3, -3:-1])
        yield case(f"slice_defaults_{tag}", 9, "Slice", [x], {"starts": [1, 0], "ends": [2, 2]}, lambda x: x[1:2, :2])
        yield case(f"split_{tag}", 13, "Split", [x, const([1, 0, 3])], {"axis": -1}, lambda x, _: np.split(x, [1, 1], 2), results=3)
        yield case(f"split_end_{tag}", 13, "Split", [x, const([4, 0])], {"axis": 2}, lambda x, _: [x, x[:, :, 4:]], results=2)
        yield case(f"split_even_{tag}", 13, "Split", [x], {"axis": 2}, lambda x: np.split(x, 2, 2), results=2)
        yield case(f"split_uneven_{tag}", 18, "Split", [x], {"axis": 1, "num_outputs": 2}, lambda x: np.split(x, [2], 1), results=2)
        yield case(f"split_old_{tag}", 11, "Split", [x], {"axis": 1, "split": [2, 1]}, lambda x: np.split(x, [2], 1), results=2)
        yield case(f"split_some_{tag}", 13, "Split", [x], {"axis": 2}, lambda x: [None, x[:, :, 2:]], results=2)
    yield case("split_first", 11, "Split", [X], None, lambda x: np.split(x, 2), results=2)
    yield case("slice_one_value", 13, "Slice", [held(np.full((4, 4), 2, f32)), const([1]), const([3])], None, np.full((2, 4), 2, f32))


def joins():
    for tag, x in SOURCES.items():
        for axis in (0, 1, -1):
            yield case(f"concat_{tag}_{axis}".replace("-", "m"), 13, "Concat", [x, held(X), X], {"axis": axis},
                       lambda *parts, a=axis: np.concatenate(parts, a))
        yield case(f"concat_held_{tag}", 13, "Concat", [x, held(X + 50)], {"axis": 1}, lambda *parts: np.concatenate(parts, 1))
        yield case(f"concat_empty_{tag}", 13, "Concat", [held(X[:, :0]), x], {"axis": 1}, lambda *parts: np.concatenate(parts, 1))
        for mode in ("constant", "edge", "reflect", "wrap"):
            yield case(f"pad_{mode}_{tag}", 19, "Pad", [x, const([1, 0, 2, 0, 1, 3])], {"mode": mode},
                       lambda x, p, m=mode: np.pad(x, [(1, 0), (0, 1), (2, 3)], mode=m))
        yield case(f"pad_value_{tag}", 18, "Pad", [x, const([1, 2]), f32(9), const([-1])], None,
                   lambda x, *_: np.pad(x, [(0, 0), (0, 0), (1, 2)], constant_values=9))
        yield case(f"pad_cut_{tag}", 18, "Pad", [x, const([0, -1, 1, 0, 0, -2]), np.array([9], f32)], None,
                   lambda x, *_: np.pad(x[:, 1:, :2], [(0, 0), (0, 0), (1, 0)], constant_values=9))
        yield case(f"pad_nothing_{tag}", 18, "Pad", [x, const([0] * 6)], None, lambda x, _: x)
        yield case(f"pad_old_{tag}", 10, "Pad", [x], {"pads": [0, 0, 1, 0, 0, 2], "value": 3.0},
                   lambda x: np.pad(x, [(0, 0), (0, 0), (1, 2)], constant_values=3))
        yield case(f"pad_old_default_{tag}", 10, "Pad", [x], {"pads": [0, 1, 0, 0, 0, 0]}, lambda x: np.pad(x, [(0, 0), (1, 0), (0, 0)]))
    yield case("pad_bytes", 18, "Pad", [np.array([1, 2], np.uint8), const([1, 1]), np.uint8(200)], None, np.array([200, 1, 2, 200], np.uint8))
    yield case("pad_all_away", 18, "Pad", [X[0, 0], const([-4, 0])], None, np.zeros(0, f32))
    for upper in (0, 1):
        for k in (None, const(-1), np.array(1), np.array([2]), const(9)):
            yield case(f"trilu_{upper}_{0 if k is None else int(np.sum(getattr(k, 'value', k))) + 3}", 14, "Trilu", [X, k] if k is not None else [X],
                       {"upper": upper}, lambda x, k=0, u=upper: (np.triu if u else np.tril)(x, int(np.sum(k))))
    yield case("trilu_default", 14, "Trilu", [np.ones((3, 3), bool)], None, np.triu)


def shapes():
    for tag, x in SOURCES.items():
        rows = {"Reshape": [[4, 6], [-1], [0, -1], [2, 1, 3, 4], [0, 0, 2, 2], [6, 1, 4, 1], [1, 24]], "Expand": [[1], [5, 1, 1, 1], [3, 1], [2, 3, 4]],
                "Tile": [[1, 1, 1], [2, 1, 3], [1, 0, 1], [3, 2, 1]]}
        for op, wanted in rows.items():
            for k, shape in enumerate(wanted):
                yield case(f"{op.lower()}_{tag}_{k}", 13, op, [x, const(shape)])
        for k, perm in enumerate(([0, 2, 1], [2, 0, 1], [1, 2, 0], None)):
            yield case(f"transpose_{tag}_{k}", 13, "Transpose", [x], {"perm": perm} if perm else None,
                       lambda x, p=perm: np.transpose(x, p))
        for axis in (None, 0, 1, 3, -1, -3):
            at = 1 if axis is None else axis % 3 if axis < 3 else 3
            yield case(f"flatten_{tag}_{axis}".replace("-", "m"), 13, "Flatten", [x], {} if axis is None else {"axis": axis},
                       lambda x, a=at: x.reshape(int(np.prod(x.shape[:a])), -1))
        for axes in ([0], [-1], [1, -2], [0, 4]):
            yield case(f"unsqueeze_{tag}_{axes}".replace("-", "m").replace(" ", "").strip("]").replace("[", "").replace(",", "_"), 13, "Unsqueeze",
                       [x, const(axes)], None, lambda x, a: np.expand_dims(x, tuple(a)))
        yield case(f"unsqueeze_old_{tag}", 11, "Unsqueeze", [x], {"axes": [1, -1]}, lambda x: x[:, None, :, :, None])
        for start, end in ((None, None), (1, None), (-1, None), (None, -1), (1, 2), (-9, 9), (2, 1)):
            given = {k: v for k, v in (("start", start), ("end", end)) if v is not None}
            yield case(f"shape_{tag}_{start}_{end}".replace("-", "m"), 15, "Shape", [x], given,
                       lambda x, s=start, e=end: np.array(x.shape[s:e], np.int64))
        yield case(f"size_{tag}", 13, "Size", [x], None, np.array(24))
    units = np.arange(6, dtype=f32).reshape(1, 2, 1, 3, 1)
    for k, axes in enumerate(([0], [-1], [4, 0], [2, -5])):
        yield case(f"squeeze_{k}", 13, "Squeeze", [units, const(axes)], None, lambda x, a: np.squeeze(x, tuple(a)))
        yield case(f"squeeze_old_{k}", 11, "Squeeze", [units], {"axes": axes}, lambda x, a=axes: np.squeeze(x, tuple(a)))
    yield case("squeeze_all", 13, "Squeeze", [units], None, np.squeeze)
    yield case("squeeze_sized", 13, "Squeeze", [sized("n 2 m 3 k", units), const([0, 2])], None, lambda x, _: x[0, :, 0])
    yield case("reshape_empty", 14, "Reshape", [X[:0], const([4, 0])], {"allowzero": 1}, np.zeros((4, 0), f32))
    yield case("expand_sized", 13, "Expand", [sized("n 1 4", X[:, :1]), const([1, 3, 1])], None, lambda x, _: x.repeat(3, 1))
    image = np.arange(96, dtype=f32).reshape(1, 8, 4, 3)
    for mode in ("DCR", "CRD"):
        yield case(f"depth_{mode}", 13, "DepthToSpace", [sized("n 8 h 3", image)], {"blocksize": 2, "mode": mode}, lambda x, m=mode: (
            x.reshape(1, 2, 2, 2, 4, 3).transpose(0, 3, 4, 1, 5, 2) if m == "DCR" else
            x.reshape(1, 2, 2, 2, 4, 3).transpose(0, 1, 4, 2, 5, 3)).reshape(1, 2, 8, 6))
    yield case("depth_default", 1, "DepthToSpace", [image], {"blocksize": 2},
               lambda x: x.reshape(1, 2, 2, 2, 4, 3).transpose(0, 3, 4, 1, 5, 2).reshape(1, 2, 8, 6))
    yield case("space", 13, "SpaceToDepth", [image.reshape(1, 2, 8, 6)], {"blocksize": 2},
               lambda x: x.reshape(1, 2, 4, 2, 3, 2).transpose(0, 3, 5, 1, 2, 4).reshape(1, 8, 4, 3))


def generators():
    for k, (start, limit, delta) in enumerate(((0, 5, 2), (0, 4, 2), (5, 0, -2), (4, 0, -2), (3, 3, 1), (3, 0, 1), (-2, 70, 1))):
        for dtype in (np.int32, np.int64, f32, np.float64):
            yield case(f"range_{k}_{np.dtype(dtype).name}", 11, "Range", [const(v, dtype) for v in (start, limit, delta)], None,
                       np.arange(start, limit, delta, dtype))
    yield case("range_parts", 11, "Range", [const(v, f32) for v in (0.5, 2.1, 0.25)], None, np.arange(0.5, 2.1, 0.25, f32))
    for dtype in (None, f32, np.int64, np.uint8, bool, np.float16, np.int32, np.uint64):
        value = np.array([200]).astype(dtype or f32)
        given = {} if dtype is None else {"value": numpy_helper.from_array(value)}
        for k, shape in enumerate(([2, 3], [3], [0, 2], [])):
            yield case(f"fill_{np.dtype(dtype).name if dtype else 'default'}_{k}", 9, "ConstantOfShape", [const(shape)], given,
                       np.full(shape, value[0] if dtype else 0, value.dtype))
    yield case("fill_negative", 9, "ConstantOfShape", [const([2])], {"value": numpy_helper.from_array(np.array([-7]))}, np.array([-7, -7]))
    yield case("fill_long", 9, "ConstantOfShape", [const([65])], {"value": numpy_helper.from_array(np.array([7]))}, np.full(65, 7))
    for k in (None, -1, 0, 2):
        for dtype in (None, np.int32, np.float64, bool):
            given = {} if k is None else {"k": k}
            given |= {} if dtype is None else {"dtype": Input(np.zeros(1, dtype)).dtype()}
            yield case(f"eye_{k}_{np.dtype(dtype).name if dtype else 'default'}".replace("-", "m"), 9, "EyeLike", [X[0]], given,
                       np.eye(3, 4, k or 0, dtype or f32))


GROUPS = by_opset([*gathers(), *slices(), *joins(), *shapes(), *generators()])


@pytest.mark.parametrize("opset", GROUPS)
def test_moves(attune, tmp_path, opset):
    check(attune, tmp_path, GROUPS[opset])
