"""Convolutions whose attributes, weights or inputs do not fit: the exit code, the node's name, and
memory that no attribute alone can grow."""

import json
import resource

import numpy as np
import onnx
import pytest
from building import LIMIT, MALFORMED, model, node, save, value
from onnx import numpy_helper

GIBIBYTE = 2**30


def conv(folder, x, w, **attributes):
    weights = numpy_helper.from_array(np.ones(w, np.float32), "w")
    nodes = [node("Conv", ["x", "w"], name="stem", **attributes)]
    rank = [None] * len(x)
    return save(str(folder), model(nodes, [weights], [value("x", x)], [value("y", rank)]))


REFUSED = [
    (MALFORMED, [1, 4, 9], [6, 3, 3], {"group": 2}),
    (MALFORMED, [1, 4, 9], [5, 2, 3], {"group": 2}),
    (MALFORMED, [1, 4, 9], [6, 4, 3], {"group": 0}),
    (MALFORMED, [1, 4, 9], [6, 4, 3], {"strides": [0]}),
    (MALFORMED, [1, 4, 9], [6, 4, 3], {"dilations": [0]}),
    (MALFORMED, [1, 4, 9], [6, 4, 3], {"pads": [-1, 0]}),
    (MALFORMED, [1, 4, 9], [6, 4, 3], {"pads": [1, 1, 1]}),
    (MALFORMED, [1, 4, 9], [6, 4, 3], {"kernel_shape": [2]}),
    (MALFORMED, [1, 4, 9], [6, 4, 3], {"auto_pad": "SAME"}),
    (MALFORMED, [1, 4, 9], [6, 4, 10], {}),
    (MALFORMED, [1, 4, 9], [6, 4, 3, 3], {}),
    (MALFORMED, ["n", 4, "t"], [6, 3, 3], {}),
    (MALFORMED, [1, 4, 9], [6, 4, 3], {"dilations": [2**62]}),
    (LIMIT, [1, 4, 9], [6, 4, 3], {"pads": [2**45, 0]}),
    (LIMIT, [1, 4, "t"], [6, 4, 3], {"pads": [2**62, 2**62]}),
]


@pytest.mark.parametrize("at", range(len(REFUSED)))
def test_refused(attune, tmp_path, at):
    code, x, w, attributes = REFUSED[at]
    done = attune("compile", conv(tmp_path, x, w, **attributes), "-o", tmp_path / "m.attune", timeout=60)
    assert done.returncode == code, f"exit {done.returncode}: {done.stderr[-2000:]}"
    assert "stem" in done.stderr and not (tmp_path / "m.attune").exists()


def run(attune, folder, shape, **options):
    np.save(folder / "x.npy", np.ones(shape, np.float32))
    return attune("run", folder / "m.attune", "--input", f"x={folder / 'x.npy'}", "--output-dir", folder / "out",
                  **options)


def test_window_larger_than_the_input_is_refused_at_the_door(attune, tmp_path):
    path = conv(tmp_path, ["n", 4, "t"], [6, 4, 5], pads=[1, 0])
    attune.ok("compile", path, "-o", tmp_path / "m.attune")
    assert run(attune, tmp_path, (1, 4, 4)).returncode == 0
    done = run(attune, tmp_path, (1, 4, 3))
    assert done.returncode == 2 and "stem" in done.stderr, done.stderr


def test_split_of_unknown_channels_is_checked_at_the_door(attune, tmp_path):
    path = conv(tmp_path, ["n", "c", 9], [6, 2, 3], group=3)
    attune.ok("compile", path, "-o", tmp_path / "m.attune")
    assert run(attune, tmp_path, (1, 6, 9)).returncode == 0
    done = run(attune, tmp_path, (1, 5, 9))
    assert done.returncode == 2 and "stem" in done.stderr, done.stderr


FAR = [
    # Zeros, places or taps further away than memory reaches; few results.
    {"pads": [2**34, 0], "strides": [2**33]},
    {"pads": [2**34, 2**34], "dilations": [2**34]},
    {"pads": [0, 2**40], "strides": [2**39], "dilations": [2**20]},
    {"auto_pad": "SAME_UPPER", "dilations": [2**40]},
]


@pytest.mark.parametrize("at", range(len(FAR)))
def test_no_attribute_alone_grows_memory(attune, tmp_path, at):
    path = conv(tmp_path, [1, 4, "t"], [6, 4, 3], **FAR[at])
    attune.ok("compile", path, "-o", tmp_path / "m.attune", timeout=60)
    limited = {"preexec_fn": lambda: resource.setrlimit(resource.RLIMIT_AS, (4 * GIBIBYTE, 4 * GIBIBYTE))}
    done = run(attune, tmp_path, (1, 4, 9), timeout=60, **limited)
    assert done.returncode == 0, done.stderr
    got = np.load(tmp_path / "out" / "y.npy")
    assert np.isfinite(got).all() and set(np.unique(got)) <= {0.0, 4.0, 8.0, 12.0}, got


def test_a_border_is_copied_once_and_not_per_tap(attune, tmp_path):
    path = conv(tmp_path, ["n", 16, "t"], [16, 16, 9], pads=[4, 4])
    attune.ok("compile", path, "-o", tmp_path / "m.attune")
    done = attune.ok("bench", tmp_path / "m.attune", "--dim", "n=1", "--dim", "t=4096", "--json")
    size = 4 * 16 * 4096
    arena = json.loads(done.stdout)["counters"]["arena_bytes"]
    # The padded input, and the sums before they are transposed.
    assert 2 * size <= arena <= 2.5 * size, arena


def test_windows_of_a_huge_kernel_are_never_made(attune, tmp_path):
    """Each of the 401 places sees 2001 positions; the input has one."""
    weights = numpy_helper.from_array(np.ones((1, 1, 2001, 41), np.float32), "w")
    nodes = [node("Conv", ["x", "w"], name="stem", pads=[1200, 40, 1200, 40])]
    onnx.save(model(nodes, [weights], [value("x", [1, 1, 1, "t"])], [value("y", [None] * 4)]), tmp_path / "m.onnx")
    attune.ok("compile", tmp_path / "m.onnx", "-o", tmp_path / "m.attune", timeout=60)
    np.save(tmp_path / "x.npy", np.ones((1, 1, 1, 9), np.float32))
    done = attune.ok("run", tmp_path / "m.attune", "--input", f"x={tmp_path / 'x.npy'}", "--output-dir",
                     tmp_path / "out", timeout=60)
    got = np.load(tmp_path / "out" / "y.npy")
    assert got.shape == (1, 1, 401, 49) and got.max() == 9.0, done.stderr
