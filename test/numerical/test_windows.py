"""windows: made, and read in place by contractions; strides, dilations, borders, channel by channel."""

import numpy as np
import tolerances
from case import Case, Tensor
from graph_text import affine, contract_op, dims_text

LENGTHS = [{"b": 0, "t": 5}, {"b": 1, "t": 3}, {"b": 2, "t": 12}, {"b": 3, "t": 41}]


def windows_op(x, dims, positions, low=None, name="%out0"):
    """`positions` are texts over d0 …"""
    result = Tensor(dims)
    border = f" low {dims_text(low)}" if low else ""
    return (f"{name} = transformer.windows %in0 dims {dims_text(dims)} map {affine(len(dims), *positions)}{border} "
            f": {x.type()} -> {result.type()}"), result


def seen(x, places, taps, stride, dilation, low):
    """[b, c, t] to [b, places, c, taps], zeros around."""
    around = np.pad(x, [(0, 0), (0, 0), (low, (places + taps) * (stride + dilation))])
    at = np.arange(places)[:, None] * stride + np.arange(taps) * dilation
    return around[:, :, at].transpose(0, 2, 1, 3)


def made(name, places, taps, stride, dilation, low):
    x = Tensor(["b", 4, "t"])
    text, out = windows_op(x, ["b", places, 4, taps], ["d0", "d2", f"d1 * {stride} + d3 * {dilation}"],
                           [0, 0, low] if low is not None else None)

    def reference(x, b, t):
        count = eval(places.replace("floordiv", "//"), {"t": t}) if isinstance(places, str) else places
        front = {"t": t}.get(low, low) or 0
        return [(seen(x, count, taps, stride, dilation, front), 0)]

    return Case(f"windows_{name}", [x], [out], text, reference, LENGTHS)


def summed(name, filters, places, taps, stride=1, dilation=1, low=None, last=False, constant=None):
    """A contraction over windows; `last`: the input has its channels last."""
    dims = ["b", "t", 5] if last else ["b", 5, "t"]
    x, w = Tensor(dims), Tensor([filters, 5, taps])
    at = f"d1 * {stride} + d3 * {dilation}"
    positions = ["d0", at, "d2"] if last else ["d0", "d2", at]
    border = ([0, low, 0] if last else [0, 0, low]) if low is not None else None
    text, view = windows_op(x, ["b", places, 5, taps], positions, border, "%w")
    out = Tensor(["b", places, filters])
    body = contract_op([view, w], ["b", places, filters, 5, taps], [(0, 1, 3, 4), (2, 3, 4)], (0, 1, 2), [], "%a", out)
    text += "\n" + body.replace("%in0, %in1", "%w, %in1", 1)

    def reference(x, w, b, t):
        count = eval(places.replace("floordiv", "//"), {"t": t}) if isinstance(places, str) else places
        x = x.transpose(0, 2, 1) if last else x
        view = seen(x, count, taps, stride, dilation, low or 0)
        value = np.einsum("btck,nck->btn", view, w)
        return [(value, tolerances.summed(np.float32, 5 * taps, np.einsum("btck,nck->btn", abs(view), abs(w))))]

    return Case(f"windows_sum_{name}", [x, w], [out], text, reference, LENGTHS)


def channelwise(name, channels, low=None):
    """Each channel has its own taps; both factors have the channels last."""
    x, w = Tensor(["b", "t", channels]), Tensor([3, channels])
    text, view = windows_op(x, ["b", "t" if low else "t - 2", channels, 3], ["d0", "d1 + d3", "d2"],
                            [0, low, 0] if low else None, "%w")
    out = Tensor(view.dims[:3])
    body = contract_op([view, w], view.dims, [(0, 1, 2, 3), (3, 2)], (0, 1, 2), [], "%a", out)
    text += "\n" + body.replace("%in0, %in1", "%w, %in1", 1)

    def reference(x, w, b, t):
        view = seen(x.transpose(0, 2, 1), t if low else t - 2, 3, 1, 1, low or 0)
        value = np.einsum("btck,kc->btc", view, w)
        return [(value, tolerances.summed(np.float32, 3, np.einsum("btck,kc->btc", abs(view), abs(w))))]

    return Case(f"windows_channels_{name}", [x, w], [out], text, reference, LENGTHS)


CASES = [
    made("plain", "t - 2", 3, 1, 1, None),
    made("strided", "(t - 1) floordiv 2", 3, 2, 1, None),
    made("border", "t", 3, 1, 1, 1),
    made("wide_border", "2 * t", 2, 1, 3, "t"),
    made("far", 3, 2, 50, 7, 2),
    summed("plain", 40, "t - 2", 3),
    summed("strided", 33, "(t - 1) floordiv 2", 3, stride=2),
    summed("last", 40, "t - 2", 3, last=True),
    summed("last_strided", 5, "(t - 1) floordiv 2", 3, stride=2, last=True),
    summed("border", 40, "t", 3, low=1),
    summed("border_last", 17, "t", 3, dilation=2, low=2, last=True),
    summed("far", 20, 3, 2, stride=50, dilation=7, low=2),
    channelwise("plain", 40),
    channelwise("border", 17, 1),
]


def test_windows(numerical_case, executor, verify):
    verify(executor, *numerical_case)
