"""Models at the bounds of what is read: the last that is good, the first that is not."""

import os
import subprocess

import numpy as np
import onnx
import pytest
from building import LIMIT, MALFORMED, model, node, value
from conftest import BUILD
from import_bounds import BOUNDS
from onnx import TensorProto, helper, numpy_helper

TRANSLATE = os.path.join(BUILD, "bin", "attune-translate")


@pytest.mark.parametrize("name", BOUNDS)
def test_bound(tmp_path, name):
    proto, code, words = BOUNDS[name]
    path = tmp_path / "model.onnx"
    path.write_bytes(proto.SerializeToString())
    command = [TRANSLATE, "--import-onnx", path]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60)
    assert done.returncode == code, f"exit {done.returncode}: {done.stderr[-2000:]}"
    for word in words:
        assert word in (done.stderr if code else done.stdout)


def twice_three_nodes():
    """Two calls of a function of three nodes: five in the file, six once inlined."""
    opsets = [helper.make_opsetid("", 17)]
    body = [helper.make_node("Relu", [f"t{i}"], [f"t{i + 1}"]) for i in range(3)]
    function = helper.make_function("local", "f", ["t0"], ["t3"], body, opsets)
    calls = [helper.make_node("f", [a], [b], domain="local") for a, b in ("xt", "ty")]
    proto = model(calls, functions=[function])
    proto.opset_import.append(helper.make_opsetid("local", 1))
    return proto


def two_dense():
    tensors = [numpy_helper.from_array(np.ones(100, np.float32), name) for name in "vw"]
    return model([node("Add", ["v", "w"])], tensors, outputs=[value("y", [100])])


@pytest.mark.parametrize("build, flag, enough", [
    (twice_three_nodes, "nodes", 6),
    (two_dense, "constant-bytes", 800),
    (two_dense, "tensors", 2),
])
def test_limit(attune, tmp_path, build, flag, enough):
    path = tmp_path / "model.onnx"
    onnx.save(build(), path)
    command = ["compile", path, "--emit=onnx", "-o", tmp_path / "out.mlir"]
    attune.ok(*command, f"--limit-{flag}={enough}")
    done = attune(*command, f"--limit-{flag}={enough - 1}")
    assert done.returncode == LIMIT and f"--limit-{flag}" in done.stderr, done.stderr


@pytest.mark.parametrize("offset, code", [(0, 0), (4, 0), (5, MALFORMED), (2**63, MALFORMED)])
def test_external_data_may_end_with_its_file(tmp_path, offset, code):
    """A small tensor, which comes in, and a large one, which stays outside."""
    for count in (16, 20000):
        (tmp_path / "w.bin").write_bytes(bytes(4 + 4 * count))
        tensor = TensorProto(name="w", data_type=TensorProto.FLOAT, dims=[count])
        tensor.data_location = TensorProto.EXTERNAL
        tensor.external_data.add(key="location", value="w.bin")
        tensor.external_data.add(key="offset", value=str(offset))
        path = tmp_path / "model.onnx"
        onnx.save(model([node("Relu", ["w"])], [tensor], outputs=[value("y", [count])]), path)
        done = subprocess.run([TRANSLATE, "--import-onnx", path], capture_output=True, text=True)
        assert done.returncode == code, done.stderr
        if code == 0:
            assert ("#transformer.weight" in done.stdout) == (count == 20000)


@pytest.mark.parametrize("count", [4, 5])
def test_tensors_may_share_a_file_up_to_four_times(tmp_path, count):
    (tmp_path / "w.bin").write_bytes(bytes(80000))
    tensors = []
    for i in range(count):
        tensor = TensorProto(name=f"w{i}", data_type=TensorProto.FLOAT, dims=[20000 - i])
        tensor.data_location = TensorProto.EXTERNAL
        tensor.external_data.add(key="location", value="w.bin")
        tensors.append(tensor)
    nodes = [node("Relu", [f"w{i}"], [f"y{i}"]) for i in range(count)]
    outputs = [value(f"y{i}", [20000 - i]) for i in range(count)]
    path = tmp_path / "model.onnx"
    onnx.save(model(nodes, tensors, outputs=outputs), path)
    done = subprocess.run([TRANSLATE, "--import-onnx", path], capture_output=True, text=True)
    assert done.returncode == (0 if count == 4 else LIMIT), done.stderr
