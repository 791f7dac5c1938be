"""What the verbs report of good runs: counters, numbers of runs, files, their names."""

import json
import os
import shutil
import subprocess

import numpy as np
import onnx
import pytest
from building import model, node, value


@pytest.fixture(scope="module")
def place(attune, tmp_path_factory):
    """A model whose outputs' names become one file name, and its artefact."""
    folder = tmp_path_factory.mktemp("verbs")
    nodes = [node("Softmax", ["x"], ["a/b"], axis=-1), node("Neg", ["x"], ["a:b"])]
    onnx.save(model(nodes, outputs=[value("a/b"), value("a:b")]), folder / "model.onnx")
    attune.ok("compile", folder / "model.onnx", "-o", folder / "model.attune")
    np.save(folder / "x.npy", np.zeros((2, 4), np.float32))
    return folder


def bench(attune, place, *options):
    return json.loads(attune.ok("bench", place / "model.attune", "--json", *options).stdout)


def test_few_runs(attune, place):
    one = bench(attune, place, "--runs", "1")
    assert one["runs"] == 1 and one["median_ms"] == one["min_ms"] == one["p90_ms"] > 0
    two = bench(attune, place, "--runs", "2", "--dim", "n=300")
    assert two["runs"] == 2 and two["min_ms"] <= two["p90_ms"]
    assert two["median_ms"] == pytest.approx((two["min_ms"] + two["p90_ms"]) / 2)
    assert two["inputs"] == [{"name": "x", "rule": "normal(0, 1)", "proven": True,
                              "type": "float32", "shape": [300, 4]}]


def test_counters_and_profile(attune, place):
    report = bench(attune, place, "--runs", "5", "--profile", "--dim", "n=3")
    counters = report["counters"]
    assert counters["plans"] == 1 and counters["copies"] == 0
    assert counters["dispatches"] == len(report["dispatches"]) > 0
    assert [row["calls"] for row in report["dispatches"]] == [1] * counters["dispatches"]
    assert sum(row["tasks"] for row in report["dispatches"]) == counters["tasks"] > 0
    times = [row["ms"] for row in report["dispatches"]]
    assert times == sorted(times, reverse=True) and times[-1] > 0
    assert bench(attune, place, "--runs", "1")["dispatches"] == []


def test_a_profile_is_a_table(attune, place):
    lines = attune.ok("bench", place / "model.attune", "--runs", "1", "--profile", "--dim",
                      "n=3").stdout.splitlines()
    head = next(i for i, line in enumerate(lines) if line.endswith("  what"))
    column = lines[head].index("what")
    whats = [row[column:] for row in lines[head + 1:]]
    assert all(row[column - 2:column] == "  " for row in lines[head + 1:])
    assert {"softmax(axis=1) 3 x 4", "map 3 x 4"} == set(whats)


def test_limits_are_of_all_threads(attune, place):
    report = bench(attune, place, "--runs", "1", "--profile", "--threads", "3")
    assert report["threads"] == report["limits"]["threads"] == 3
    assert report["limits"]["fma_gflops"] > 0 and report["limits"]["read_gbs"] > 0
    assert bench(attune, place, "--runs", "1")["limits"] is None


def test_outputs_of_one_file_name(attune, place, tmp_path):
    for _ in range(2):  # the folder may be there
        done = attune.ok("run", place / "model.attune", "--input", f"x={place}/x.npy", "--json",
                         "--output-dir", tmp_path / "out")
    files = [entry["file"] for entry in json.loads(done.stdout)["outputs"]]
    assert [os.path.basename(file) for file in files] == ["a_b.npy", "a_b_1.npy"]
    assert sorted(os.listdir(tmp_path / "out")) == ["a_b.npy", "a_b_1.npy"]
    assert np.all(np.load(files[0]) == 0.25) and np.all(np.load(files[1]) == 0)


def test_artifacts_are_known_by_their_content(attune, place, tmp_path):
    for name in ("plain", "x.onnx"):
        copy = tmp_path / name
        shutil.copy(place / "model.attune", copy)
        attune.ok("run", copy, "--random", "1")
    (tmp_path / "short").write_bytes(b"\x7fEL")
    assert attune("run", tmp_path / "short", "--random", "1").returncode == 3


def test_a_pipe_gets_the_output_and_stays(attune, place, tmp_path):
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    reader = subprocess.Popen(["cat", pipe], stdout=subprocess.PIPE)
    attune.ok("compile", place / "model.onnx", "-o", pipe)
    data = reader.communicate(timeout=60)[0]
    assert data == (place / "model.attune").read_bytes()
    assert not os.path.isfile(pipe)


def test_compile_reports_its_output(attune, place, tmp_path):
    out, forms = tmp_path / "out.attune", tmp_path / "forms"
    for _ in range(2):  # both may be there
        done = attune.ok("compile", place / "model.onnx", "-o", out, "--json", "--save-forms", forms)
    report = json.loads(done.stdout)
    assert str(out.stat().st_size) in json.dumps(report)
    assert sorted(os.listdir(forms)) == ["device.mlir", "graph.mlir", "onnx.mlir", "tensor.mlir"]
    assert sorted(os.listdir(tmp_path)) == ["forms", "out.attune"]


def test_devices_and_passes(attune):
    device = json.loads(attune.ok("devices", "--json").stdout)["devices"][0]
    with open("/proc/cpuinfo") as info:
        names = [line.split(": ", 1)[1].rstrip("\n") for line in info
                 if line.startswith("model name") and ": " in line]
    assert device["name"] == (names[0] if names else "x86-64")
    assert device["target"] == "cpu" and device["available"] is True
    assert 1 <= device["threads"] <= os.cpu_count()
    passes = json.loads(attune.ok("passes", "--json").stdout)["passes"]
    described = {entry["name"]: entry["description"] for entry in passes}
    assert described["canonicalize"] == "Canonicalize operations"
    assert len(described) == len(passes) > 20
    for name, description in described.items():
        assert name.strip("abcdefghijklmnopqrstuvwxyz0123456789-") == "" and name[0] != "-", name
        assert description == description.strip(), name


def test_reports_that_nest_or_repeat(attune, place, tmp_path):
    """explain --compare reads a file that anyone may have written."""
    report = tmp_path / "before.json"
    attributes = "[" * 200_000 + "]" * 200_000
    report.write_text('{"regions":[{"op":"norm","concept":true,"attributes":{"x":' + attributes + "}}]}")
    refused = attune("explain", place / "model.onnx", "--compare", report, timeout=60)
    assert refused.returncode == 3 and "is no report of attune explain" in refused.stderr
    region = {"op": "softmax", "concept": True, "attributes": {"axis": 7}, "fact": "softmax(axis=7)"}
    report.write_text(json.dumps({"regions": [region] * 100_000}))
    lost = attune("explain", place / "model.onnx", "--compare", report, "--json", timeout=60)
    assert lost.returncode == 1
    assert len(json.loads(lost.stdout)["comparison"]["lost"]) == 100_000
