"""Hostile model files: the exit code of the contract, one clear message with names, no
signal, quickly, and nothing left behind."""

import os
import random
import subprocess
import time

import bad_files  # noqa: F401 (the cases register themselves)
import bad_graphs  # noqa: F401
import bad_tensors  # noqa: F401
import numpy as np
import onnx
import pytest
from building import CASES, good, model, node, value
from conftest import BUILD
from onnx import TensorProto, helper, numpy_helper

TRANSLATE = os.path.join(BUILD, "bin", "attune-translate")


def listing(folder):
    return sorted(os.path.join(at, name) for at, _, names in os.walk(folder) for name in names)


@pytest.mark.parametrize("name", CASES)
def test_refused(attune, tmp_path, name):
    build, code, words = CASES[name]
    folder = tmp_path / "models"
    folder.mkdir()
    path = build(str(folder))
    before = listing(tmp_path)
    start = time.monotonic()
    done = attune("compile", path, "-o", tmp_path / "out.attune", timeout=60)
    assert done.returncode == code, f"exit {done.returncode}: {done.stderr[-2000:]}"
    for word in words:
        assert word in done.stderr, done.stderr
    errors = [line for line in done.stderr.splitlines() if "error:" in line]
    assert len(errors) == 1, done.stderr
    assert listing(tmp_path) == before
    assert time.monotonic() - start < 30


def control_flow():
    """If inside a function, a Loop, sequences of names used twice: what readers trip over."""
    branch = lambda op: helper.make_graph(  # noqa: E731
        [node(op, ["x"], ["inner"], name="inner")], op, [], [value("inner")]
    )
    body = helper.make_graph(
        [
            node("Add", ["carried", "x"], ["next"]),
            node("Identity", ["go"], ["on"]),
        ],
        "body",
        [value("i", [], TensorProto.INT64), value("go", [], TensorProto.BOOL), value("carried")],
        [value("on", [], TensorProto.BOOL), value("next")],
    )
    nodes = [
        node("If", ["c"], ["picked"], then_branch=branch("Relu"), else_branch=branch("Tanh")),
        node("Loop", ["times", "", "picked"], ["looped"], body=body),
        node("Shape", ["looped"], ["shape"]),
        node("Reshape", ["looped", "shape"]),
    ]
    times = numpy_helper.from_array(np.array(3, np.int64), "times")
    inputs = [value("x"), value("c", [], TensorProto.BOOL)]
    return model(nodes, [times], inputs)


def attention():
    """Contractions, a mask, a softmax, large and small constants."""
    rng = np.random.default_rng(0)
    tensors = [
        numpy_helper.from_array(rng.standard_normal((64, 64), dtype=np.float32), name)
        for name in ("wq", "wk", "wv")
    ]
    tensors.append(numpy_helper.from_array(np.array([0, 2, 1], np.int64), "unused"))
    nodes = [
        node("MatMul", ["x", "wq"], ["q"], name="q"),
        node("MatMul", ["x", "wk"], ["k"], name="k"),
        node("MatMul", ["x", "wv"], ["v"], name="v"),
        node("Transpose", ["k"], ["kt"], perm=[0, 2, 1]),
        node("MatMul", ["q", "kt"], ["scores"], name="scores"),
        node("Softmax", ["scores"], ["weights"], axis=-1),
        node("MatMul", ["weights", "v"], ["y"], name="mix"),
    ]
    shape = ["batch", "seq", 64]
    return model(nodes, tensors, [value("x", shape)], [value("y", shape)])


def mutate(data, rng):
    """One to eight flips, or a cut, a gap, a copy."""
    data = bytearray(data)
    kind = rng.randrange(5)
    if kind == 0:
        return bytes(data[: rng.randrange(len(data))])
    for _ in range(rng.randrange(1, 9)):
        at = rng.randrange(len(data))
        if kind == 1:
            data[at] ^= 1 << rng.randrange(8)
        elif kind == 2:
            data[at] = rng.randrange(256)
        elif kind == 3:
            del data[at : at + rng.randrange(1, 17)]
        else:
            start = rng.randrange(len(data))
            data[at:at] = data[start : start + rng.randrange(1, 65)]
    return bytes(data)


@pytest.mark.parametrize("build", [good, control_flow, attention])
def test_damaged_at_random(tmp_path, build):
    data = build().SerializeToString()
    path = tmp_path / "model.onnx"
    rng = random.Random(7)
    for turn in range(120):
        path.write_bytes(mutate(data, rng))
        command = [TRANSLATE, "--import-onnx", path, "-o", tmp_path / "out.mlir"]
        done = subprocess.run(command, capture_output=True, text=True, timeout=60)
        assert done.returncode in (0, 3, 4, 7), f"turn {turn}: {done.returncode} {done.stderr}"


@pytest.mark.parametrize("build", [good, control_flow, attention])
def test_undamaged(tmp_path, build):
    """The models above are good ones, or damaging them would show nothing."""
    proto = build()
    onnx.checker.check_model(proto, full_check=True)
    path = tmp_path / "model.onnx"
    onnx.save(proto, path)
    done = subprocess.run([TRANSLATE, "--import-onnx", path], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert "func.func @main" in done.stdout
