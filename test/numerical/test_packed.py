"""Contractions with constant weights: packed in panels, at every register block and tail.

Each weight shape is compiled once per CPU level, as MatMul, as a transposed Gemm with a bias and
a GELU (an epilogue that runs as its own pass), and with a leading batch of weights.
"""

import itertools

import numpy as np
import onnx
import pytest
import tolerances
from executors import has_level, run, tool
from onnx import TensorProto, helper, numpy_helper
from test_map import ACTIVATIONS

ROWS = [0, 1, 2, 3, 5, 7, 8, 9, 13, 16, 17, 23, 64, 130]
# The last two have sums that few rows take in blocks.
SHAPES = [(1, 16), (3, 17), (4, 32), (5, 33), (77, 100), (130, 96), (1536, 33), (1540, 17)]
KINDS = ["matmul", "gemm_gelu", "batched"]
LEVELS = ["x86-64", "x86-64-v3", "x86-64-v4"]


def weights(kind, k, n):
    rng = np.random.default_rng([k, n])
    shape = {"matmul": (k, n), "gemm_gelu": (n, k), "batched": (3, k, n)}[kind]
    return rng.standard_normal(shape).astype(np.float32), rng.standard_normal(n).astype(np.float32)


def model(kind, k, n):
    w, bias = weights(kind, k, n)
    nodes = {
        "matmul": [helper.make_node("MatMul", ["x", "w"], ["y"])],
        "gemm_gelu": [helper.make_node("Gemm", ["x", "w", "b"], ["t"], transB=1),
                      helper.make_node("Gelu", ["t"], ["y"])],
        "batched": [helper.make_node("MatMul", ["x", "w"], ["t"]),
                    helper.make_node("Add", ["t", "b"], ["y"])],
    }[kind]
    lead = [3] if kind == "batched" else []
    graph = helper.make_graph(
        nodes, "packed", [helper.make_tensor_value_info("x", TensorProto.FLOAT, [*lead, "m", k])],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, [*lead, "m", n])],
        [numpy_helper.from_array(w, "w"), numpy_helper.from_array(bias, "b")])
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 20)], ir_version=9)


def expected(kind, k, n, x):
    w, bias = (a.astype(np.float64) for a in weights(kind, k, n))
    w = w.T if kind == "gemm_gelu" else w
    wide = x.astype(np.float64)
    value, size = wide @ w, np.abs(wide) @ np.abs(w)
    if kind != "matmul":
        value, size = value + bias, size + np.abs(bias)
    bound = tolerances.summed(np.float32, k + 1, size)
    if kind == "gemm_gelu":
        activated = ACTIVATIONS["gelu"](value)
        return activated, 1.2 * bound + tolerances.activation(np.float32, value, activated)
    return value, bound


@pytest.mark.parametrize("level", LEVELS)
@pytest.mark.parametrize("kind", KINDS)
def test_packed(tmp_path, kind, level):
    if not has_level(level):
        pytest.skip(f"this machine is below {level}")
    attune = tool("attune", "ATTUNE")
    rng = np.random.default_rng(7)
    for first, (k, n) in enumerate(SHAPES):
        onnx.save(model(kind, k, n), tmp_path / "m.onnx")
        run([attune, "compile", "-q", tmp_path / "m.onnx", f"--cpu={level}", "-o", tmp_path / "m.attune"], tmp_path)
        for m, threads in zip(ROWS[first % 3::3], itertools.cycle([1, 2])):
            shape = (3, m, k) if kind == "batched" else (m, k)
            x = rng.standard_normal(shape).astype(np.float32)
            np.save(tmp_path / "x.npy", x)
            run([attune, "run", tmp_path / "m.attune", "--input", f"x={tmp_path}/x.npy", "--threads",
                 threads, "--output-dir", tmp_path / "out"], tmp_path)
            got = np.load(tmp_path / "out" / "y.npy")
            value, bound = expected(kind, k, n, x)
            assert got.shape == value.shape
            assert (np.abs(got - value) <= bound).all(), (k, n, m, np.abs(got - value).max())
