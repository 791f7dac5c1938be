"""Conv in every shape: ranks, groups, strides, dilations, pads, symbols; against NumPy in double.

Operands are small integers, so that sums are exact in any order and every bit has to agree."""

import itertools

import numpy as np
import pytest
from node_models import Input, by_opset, case, check, sized


def pads_of(sizes, taps, strides, dilations, auto_pad, pads):
    """Zeros before and after each spatial dimension."""
    rank = len(sizes)
    if auto_pad in ("NOTSET", "VALID"):
        return list(zip(pads[:rank], pads[rank:])) if auto_pad == "NOTSET" else [(0, 0)] * rank
    result = []
    for n, k, s, d in zip(sizes, taps, strides, dilations):
        total = max(0, (-(-n // s) - 1) * s + (k - 1) * d + 1 - n)
        less, more = total // 2, total - total // 2
        result.append((less, more) if auto_pad == "SAME_UPPER" else (more, less))
    return result


def convolve(x, w, bias=None, strides=None, dilations=None, pads=None, auto_pad="NOTSET", group=1, **_):
    """The definition: for each tap, the places that it sees, times its weights."""
    rank = x.ndim - 2
    taps = w.shape[2:]
    strides, dilations = strides or [1] * rank, dilations or [1] * rank
    around = pads_of(x.shape[2:], taps, strides, dilations, auto_pad, pads or [0] * 2 * rank)
    x = np.pad(x.astype(np.float64), [(0, 0), (0, 0), *around])
    places = [(n - (k - 1) * d - 1) // s + 1 for n, k, s, d in zip(x.shape[2:], taps, strides, dilations)]
    filters = w.shape[0] // group
    x = x.reshape(x.shape[0], group, w.shape[1], *x.shape[2:])
    w = w.astype(np.float64).reshape(group, filters, w.shape[1], *taps)
    y = np.zeros((x.shape[0], group, filters, *places))
    for tap in itertools.product(*map(range, taps)):
        window = tuple(slice(t * d, t * d + (p - 1) * s + 1, s) if p else slice(0, 0)
                       for t, d, s, p in zip(tap, dilations, strides, places))
        seen = x[(slice(None),) * 3 + window]
        y += np.einsum("bgc...,gfc->bgf...", seen, w[(slice(None),) * 3 + tap])
    y = y.reshape(y.shape[0], group * filters, *places)
    if bias is not None:
        y += bias.reshape(-1, *[1] * rank)
    return y.astype(np.float32)


def conv(name, x, w, bias=False, symbols=None, constant=True, opset=18, **attributes):
    """A row: shapes of the operands. `symbols` names the input's dimensions, `constant` says that the
    model holds the weights (else it may be the names of theirs)."""
    rng = np.random.default_rng([*name.encode()])

    def integers(shape):
        return rng.integers(-3, 4, shape).astype(np.float32)

    def held(shape):
        return Input(integers(shape), constant=True)

    fed = integers(x)
    operands = [sized(symbols, fed) if symbols else fed,
                held(w) if constant is True else sized(constant, integers(w)) if constant else integers(w)]
    if bias:
        operands.append(held(w[:1]) if constant is True else integers(w[:1]))
    row = case(name, opset, "Conv", operands, attributes,
               expected=lambda *values: convolve(*values, **attributes))
    row.relative, row.absolute = {4: 0.0}, 0.0
    return row


PLAIN = [
    conv("one", [2, 3, 11], [5, 3, 3]),
    conv("one_bias", [2, 3, 11], [5, 3, 3], bias=True, kernel_shape=[3]),
    conv("one_padded", [2, 16, 30], [40, 16, 3], bias=True, pads=[1, 1]),
    conv("one_strided", [2, 16, 30], [40, 16, 3], bias=True, pads=[1, 1], strides=[2]),
    conv("one_dilated", [1, 4, 40], [33, 4, 5], dilations=[3], pads=[7, 2]),
    conv("one_causal", [1, 8, 20], [8, 8, 4], dilations=[2], pads=[6, 0]),
    conv("one_long", [1, 2, 200], [3, 2, 50], strides=[7]),
    conv("two", [2, 3, 9, 13], [8, 3, 3, 2], bias=True),
    conv("two_pads", [1, 3, 9, 13], [17, 3, 3, 4], pads=[1, 0, 2, 3], strides=[2, 3]),
    conv("two_all", [2, 5, 17, 14], [35, 5, 3, 2], bias=True, pads=[2, 1, 0, 3], strides=[1, 2],
         dilations=[2, 3], kernel_shape=[3, 2]),
    conv("two_wide", [1, 32, 6, 7], [70, 32, 3, 3], pads=[1] * 4),
    conv("patches", [2, 3, 24, 16], [48, 3, 8, 8], bias=True, strides=[8, 8]),
    conv("patches_rest", [1, 3, 27, 19], [20, 3, 8, 8], strides=[8, 8]),
    conv("gaps", [1, 3, 30, 30], [6, 3, 2, 2], strides=[7, 5]),
    conv("three", [1, 2, 5, 6, 7], [4, 2, 2, 3, 2], bias=True),
    conv("three_all", [2, 3, 7, 8, 9], [18, 3, 3, 2, 3], pads=[1, 0, 2, 1, 1, 0], strides=[2, 1, 3],
         dilations=[1, 2, 2]),
    conv("four", [1, 2, 3, 4, 3, 4], [3, 2, 2, 2, 2, 2]),
    conv("pointwise", [2, 24, 5, 6], [40, 24, 1, 1], bias=True),
    conv("pointwise_strided", [2, 24, 5, 6], [40, 24, 1, 1], strides=[2, 3]),
    conv("pointwise_padded", [2, 4, 5, 6], [40, 4, 1, 1], pads=[1, 2, 3, 0], bias=True),
    conv("pointwise_one_channel", [2, 1, 5, 6], [40, 1, 1, 1]),
    conv("one_channel", [2, 1, 8, 8], [20, 1, 3, 3], pads=[1] * 4),
    conv("one_filter", [2, 20, 8, 8], [1, 20, 3, 3], bias=True),
    conv("whole_window", [3, 4, 5, 6], [7, 4, 5, 6]),
    conv("column_taps", [1, 4, 8, 9], [16, 4, 3, 1], pads=[1, 0, 1, 0]),
    conv("row_taps", [1, 4, 8, 9], [16, 4, 1, 5], pads=[0, 2, 0, 2]),
    conv("many_places", [1, 3, 40, 45], [32, 3, 3, 3], pads=[1] * 4, strides=[2, 2]),
    conv("wide_pads", [1, 2, 3, 4], [5, 2, 2, 2], pads=[4, 5, 6, 3]),
    conv("far_places", [1, 2, 4], [3, 2, 2], pads=[50, 60], strides=[37]),
    conv("far_taps", [1, 2, 5, 5], [3, 2, 2, 2], pads=[0, 40, 0, 30], dilations=[1, 60]),
    conv("no_batch", [0, 3, 8], [5, 3, 3], bias=True),
    conv("no_channels", [2, 0, 8], [5, 0, 3], bias=True),
    conv("no_filters", [2, 3, 8], [0, 3, 3], bias=True),
    conv("opset_1", [2, 3, 8], [5, 3, 3], opset=7, pads=[1, 1]),
    conv("opset_11", [2, 3, 8], [5, 3, 3], opset=11, pads=[1, 1]),
    conv("opset_22", [2, 3, 8], [5, 3, 3], opset=22, pads=[1, 1]),
]

AUTO = [
    conv(f"{mode.lower()}_{n}_{k}_{s}_{d}", [1, 2, n, n + 1], [3, 2, k, 2], bias=True, auto_pad=mode,
         strides=[s, 2], dilations=[d, 1])
    for mode in ("SAME_UPPER", "SAME_LOWER", "VALID")
    for n, k, s, d in [(7, 3, 1, 1), (8, 3, 2, 1), (7, 4, 2, 1), (9, 2, 3, 2), (10, 1, 4, 1), (9, 3, 5, 2)]
]

GROUPS = [
    conv("groups", [2, 6, 9], [9, 2, 3], group=3, pads=[1, 1], bias=True),
    conv("groups_two", [1, 8, 7, 8], [12, 4, 3, 3], group=2, strides=[2, 1], pads=[1] * 4),
    conv("groups_wide", [1, 64, 5, 6], [96, 32, 3, 3], group=2, pads=[1] * 4, bias=True),
    conv("groups_pointwise", [2, 6, 4, 4], [9, 2, 1, 1], group=3),
    conv("groups_three", [1, 4, 4, 5, 6], [6, 2, 2, 2, 3], group=2, dilations=[1, 2, 1]),
    conv("depthwise", [2, 20, 12], [20, 1, 3], group=20, pads=[1, 1], bias=True),
    conv("depthwise_valid", [2, 33, 12], [33, 1, 4], group=33),
    conv("depthwise_two", [2, 35, 9, 8], [35, 1, 3, 3], group=35, pads=[1] * 4, bias=True),
    conv("depthwise_strided", [1, 16, 9, 8], [16, 1, 3, 2], group=16, pads=[1, 0, 0, 1], strides=[2, 3]),
    conv("depthwise_long", [1, 17, 60], [17, 1, 31], group=17, pads=[15, 15]),
    conv("depthwise_three", [1, 5, 4, 5, 6], [5, 1, 2, 2, 3], group=5, dilations=[1, 2, 1], bias=True),
    conv("depthwise_pointwise", [2, 5, 6], [5, 1, 1], group=5, bias=True),
    conv("depthwise_more", [2, 5, 12], [15, 1, 3], group=5, pads=[1, 1], bias=True),
    conv("depthwise_more_two", [1, 18, 6, 7], [36, 1, 3, 3], group=18, strides=[2, 2]),
    conv("depthwise_same", [1, 4, 10], [4, 1, 5], group=4, auto_pad="SAME_LOWER", strides=[3]),
]

FED = [
    conv("fed", [2, 3, 11], [5, 3, 3], bias=True, constant=False),
    conv("fed_two", [1, 4, 7, 8], [20, 4, 3, 3], constant=False, pads=[1] * 4, bias=True),
    conv("fed_groups", [1, 4, 7, 8], [6, 2, 3, 3], constant=False, group=2, strides=[2, 2]),
    conv("fed_depthwise", [1, 20, 9], [20, 1, 3], constant=False, group=20, pads=[2, 0]),
    conv("fed_symbols", [2, 3, 11], [5, 3, 3], symbols="b c t", constant="f c k", pads=[1, 1], bias=True),
    conv("fed_kernel_shape", [2, 3, 9, 11], [5, 3, 3, 2], symbols="b c h w", constant="f c k l",
         kernel_shape=[3, 2], strides=[2, 2]),
    conv("fed_same", [2, 3, 11], [5, 3, 4], symbols="b c t", constant="f c k", auto_pad="SAME_UPPER",
         strides=[3]),
]

SYMBOLIC = [
    conv("any_batch", [3, 3, 16, 16], [20, 3, 4, 4], symbols="b 3 16 16", strides=[4, 4], bias=True),
    conv("any_length", [1, 16, 37], [24, 16, 3], symbols="1 16 t", pads=[1, 1], strides=[2], bias=True),
    conv("any_image", [2, 3, 21, 26], [40, 3, 3, 3], symbols="b 3 h w", pads=[1, 0, 1, 2], strides=[2, 1],
         dilations=[1, 2]),
    conv("any_patches", [2, 3, 35, 50], [33, 3, 16, 16], symbols="b 3 h w", strides=[16, 16], bias=True),
    conv("any_empty", [0, 3, 21, 26], [40, 3, 3, 3], symbols="b 3 h w", pads=[1] * 4),
    conv("any_one_place", [1, 3, 3, 3], [4, 3, 3, 3], symbols="b 3 h w"),
    conv("any_volume", [1, 2, 6, 5, 7], [9, 2, 3, 2, 3], symbols="b 2 d h w", pads=[1] * 6, strides=[1, 2, 2]),
    conv("any_groups", [2, 6, 15], [9, 2, 3], symbols="b 6 t", group=3, pads=[1, 1]),
    conv("any_depthwise", [2, 20, 13, 9], [20, 1, 3, 3], symbols="b 20 h w", group=20, pads=[1] * 4,
         strides=[2, 1], bias=True),
    conv("any_pointwise", [2, 20, 5, 7], [30, 20, 1, 1], symbols="b 20 h w", bias=True),
    *[conv(f"any_{mode.lower()}_{n}_{s}", [1, 2, n], [3, 2, 4], symbols="b 2 t", auto_pad=mode, strides=[s],
           dilations=[2]) for mode in ("SAME_UPPER", "SAME_LOWER", "VALID") for n, s in [(8, 1), (9, 2), (11, 3)]],
    conv("any_same_depthwise", [2, 17, 9, 14], [17, 1, 3, 3], symbols="b 17 h w", group=17,
         auto_pad="SAME_UPPER", strides=[2, 2]),
    conv("any_same_empty", [1, 2, 0], [3, 2, 4], symbols="b 2 t", auto_pad="SAME_UPPER", strides=[2]),
]

ALL_GROUPS = {(name, opset): cases for name, table in
              {"plain": PLAIN, "auto": AUTO, "groups": GROUPS, "fed": FED, "symbolic": SYMBOLIC}.items()
              for opset, cases in by_opset(table).items()}


@pytest.mark.parametrize("family,opset", ALL_GROUPS)
def test_conv(attune, tmp_path, family, opset):
    check(attune, tmp_path, ALL_GROUPS[family, opset])
