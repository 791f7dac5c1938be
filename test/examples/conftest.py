"""The installed package, made once, and how the examples are built against it out of tree."""

import os
import shutil
import subprocess
import sys

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
BUILD = os.path.abspath(os.environ.get("ATTUNE_BUILD_DIR", os.path.join(ROOT, "build")))
TOOLS = os.path.dirname(sys.executable)  # cmake and lit of the Python environment


def call(*command, expect=0, **options):
    """Runs a command; another exit than the expected one is the test's failure, in its words."""
    done = subprocess.run([str(part) for part in command], capture_output=True, text=True,
                          timeout=600, **options)
    assert done.returncode == expect, (
        f"{' '.join(map(str, command))}: exit {done.returncode}\n{done.stdout[-3000:]}"
        f"{done.stderr[-3000:]}")
    return done.stdout + done.stderr


def cmake(*arguments):
    return call(os.path.join(TOOLS, "cmake"), *arguments)


def build(example, folder, prefix, *flags):
    """Configures and builds the example's folder in `folder` against what is installed."""
    cmake("-G", "Ninja", "-S", example, "-B", folder, f"-DCMAKE_PREFIX_PATH={prefix}",
          "-DCMAKE_C_COMPILER=clang-22", "-DCMAKE_CXX_COMPILER=clang++-22",
          "-DCMAKE_C_FLAGS=-Wall -Wextra -Werror -pedantic", *flags)
    cmake("--build", folder)
    return folder


@pytest.fixture(scope="session")
def installed(tmp_path_factory):
    """A prefix with attune in it, as `cmake --install` leaves it."""
    prefix = tmp_path_factory.mktemp("prefix")
    cmake("--install", BUILD, "--prefix", prefix)
    return prefix


@pytest.fixture(scope="session")
def small_model(tmp_path_factory):
    """y = relu(x w + 1) with an unknown batch; w is the 4 x 3 matrix of ones."""
    weight = numpy_helper.from_array(np.ones((4, 3), np.float32), "w")
    bias = numpy_helper.from_array(np.ones(3, np.float32), "b")
    nodes = [helper.make_node("MatMul", ["x", "w"], ["xw"], name="product"),
             helper.make_node("Add", ["xw", "b"], ["sum"], name="bias"),
             helper.make_node("Relu", ["sum"], ["y"], name="activation")]
    graph = helper.make_graph(
        nodes, "small",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, ["batch", 4])],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, ["batch", 3])], [weight, bias])
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=9)
    path = tmp_path_factory.mktemp("small") / "small.onnx"
    onnx.save(model, path)
    return path


@pytest.fixture
def example(tmp_path):
    """example(NAME): a copy of that example's folder, alone, as a stranger would have it."""

    def copy(name):
        return shutil.copytree(os.path.join(ROOT, "examples", name), tmp_path / name)

    return copy
