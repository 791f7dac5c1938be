"""The benchmarks' driver: that it compares, times, excludes and reports. Not how fast anything is."""

import json
import os
import subprocess
import sys
import xml.etree.ElementTree as xml

import numpy as np
import onnx
import pytest
from onnx import helper

from conftest import ROOT

BENCHMARKS = os.path.join(ROOT, "benchmarks")
sys.path.insert(0, BENCHMARKS)
from harness import agreement, cells, feeds, kernels, measure, sides, table  # noqa: E402

TINY = """
threads = [2]

[[group]]
kernel = "gemm"
make = { shape = [[24, 40]] }
sizes = [{ m = 5 }]

[[group]]
kernel = "attention"
make = { heads = [[2, 8]], causal = [true] }
sizes = [{ batch = 1, seq = 9 }]
"""
ROWS = [("add_layer_norm", 48), ("rms_norm", 48), ("gelu", 40), ("softmax", 33)]


def run(attune, *args):
    command = [sys.executable, "-B", os.path.join(BENCHMARKS, "run.py"), "--attune", attune.path,
               "--peers", "onnxruntime", "--rounds", "2", "--seconds", "0.005", *map(str, args)]
    return subprocess.run(command, capture_output=True, text=True, timeout=300)


def written(attune, tmp_path, subject, *args):
    """The report of a run that must succeed."""
    out = tmp_path / "out"
    done = run(attune, subject, "--out", out, *args)
    assert done.returncode == 0, done.stdout + done.stderr
    (report,) = out.glob("*.json")
    return json.loads(report.read_text())


def test_a_config_becomes_a_table_a_report_and_a_plot(attune, tmp_path):
    config = tmp_path / "tiny.toml"
    config.write_text(TINY)
    report = written(attune, tmp_path, config, "--date", "today")
    assert report["schema"] == 1 and report["date"] == "today"
    assert set(report["machine"]["versions"]) == {"attune", "onnxruntime"}
    assert [cell["status"] for cell in report["cells"]] == ["timed"] * 2
    for cell in report["cells"]:
        assert {side["engine"] for side in cell["sides"]} == {"attune", "onnxruntime"}
        for side in cell["sides"]:
            assert len(side["samples_ms"]) == 2 and all(side["samples_ms"])
        assert cell["ratio"] > 0 and cell["difference"] <= agreement.TOLERANCE
    causal = report["cells"][-1]
    assert {side["spelling"] for side in causal["sides"]} == {"plain", "MultiHeadAttention"}
    page = (tmp_path / "out" / "tiny.md").read_text()
    assert "| gemm 24x40 | m=5 | 2 |" in page and "2 ratios" in page
    bars = xml.parse(tmp_path / "out" / "tiny.svg").iter("{http://www.w3.org/2000/svg}rect")
    assert len(list(bars)) == 1 + 2


def test_spellings_of_a_kernel_mean_the_same(attune, tmp_path):
    config = tmp_path / "rows.toml"
    config.write_text("".join(
        f'[[group]]\nkernel = "{kernel}"\nmake = {{ width = [{width}] }}\nsizes = [{{ rows = 7 }}]\n'
        for kernel, width in ROWS))
    for cell in written(attune, tmp_path, config)["cells"]:
        assert cell["status"] == "timed" and not cell["notes"], cell
        assert cell["difference"] <= agreement.TOLERANCE


def test_what_attune_refuses_is_reported(attune, tmp_path):
    x, y = (helper.make_tensor_value_info(n, onnx.TensorProto.FLOAT, ["n"]) for n in "xy")
    graph = helper.make_graph([helper.make_node("Nobody", ["x"], ["y"], domain="some.where")], "g",
                              [x], [y])
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18),
                                                    helper.make_opsetid("some.where", 1)])
    onnx.save(model, tmp_path / "model.onnx")
    (cell,) = written(attune, tmp_path, tmp_path / "model.onnx", "--sizes", "n=3")["cells"]
    assert cell["status"] == "refused" and "Nobody" in cell["message"]


def neg_or_abs(tmp_path, op):
    graph = kernels.Graph({"x": ["rows", 4]}, ["rows", 4])
    graph(op, "x", out="out")
    path = tmp_path / f"{op}.onnx"
    onnx.save(graph.model(), path)
    return path


def test_wrong_results_are_a_failure(attune, tmp_path):
    """An attune that compiles another model than it was given."""
    asked, other = neg_or_abs(tmp_path, "Neg"), neg_or_abs(tmp_path, "Abs")
    library = os.path.join(os.path.dirname(os.path.dirname(attune.path)), "lib")
    (tmp_path / "bin").mkdir()
    os.symlink(library, tmp_path / "lib")
    liar = tmp_path / "bin" / "attune"
    liar.write_text(f'#!/bin/sh\nset -- $(echo "$@" | sed "s,{asked},{other},")\n'
                    f'exec {attune.path} "$@"\n')
    liar.chmod(0o755)
    done = run(attune, asked, "--sizes", "rows=3", "--attune", liar, "--out", tmp_path)
    assert done.returncode == 1, done.stderr
    assert "failed: results differ from every other engine's" in done.stdout
    (cell,) = json.loads((tmp_path / "Neg.json").read_text())["cells"]
    assert cell["status"] == "failed" and not cell["sides"]


@pytest.mark.parametrize("text,complaint", [
    ('[[group]]\nkernel = "gem"\nsizes = [{ m = 1 }]\n', "no kernel gem: there are gemm"),
    ('[[group]]\nkernel = "gemm"\nmodel = ["bert"]\nsizes = []\n', "one of kernel and model"),
    ('[[group]]\nmodel = ["bert"]\nsizes = []\n', "--models DIR"),
    ('[[group]]\nkernel = "softmax"\nmake = { width = [8] }\nsizes = [{ n = 1 }]\n', "'rows'"),
])
def test_a_config_that_makes_no_sense_is_explained(attune, tmp_path, text, complaint):
    config = tmp_path / "odd.toml"
    config.write_text(text)
    done = run(attune, config)
    assert done.returncode == 1 and complaint in done.stderr, done.stderr
    assert "Traceback" not in done.stderr


def outputs(folder, values):
    folder.mkdir()
    np.save(folder / "output_0.npy", np.asarray(values, np.float32))
    return str(folder)


def test_whom_nobody_agrees_with_is_wrong(tmp_path):
    right, near = [1.0, 2.0, 4.0], [1.0, 2.0001, 4.0]
    wrong = [1.0, 2.1, 4.0]
    folders = {("attune", "plain"): outputs(tmp_path / "a", right),
               ("onnxruntime", "plain"): outputs(tmp_path / "b", near),
               ("openvino", "plain"): outputs(tmp_path / "c", wrong),
               ("openvino", "fused"): outputs(tmp_path / "d", wrong)}
    found, differences = agreement.judge(folders)
    assert set(found) == {("openvino", "plain"), ("openvino", "fused")}
    assert differences[("attune", "plain"), ("onnxruntime", "plain")] == pytest.approx(2.5e-5, 0.02)
    nan = outputs(tmp_path / "e", [float("nan")] * 3)
    assert agreement.difference(nan, folders["attune", "plain"]) == float("inf")
    other = outputs(tmp_path / "f", [1.0, 2.0])
    assert agreement.difference(other, folders["attune", "plain"]) == float("inf")


def test_a_side_runs_only_while_it_is_asked(tmp_path):
    (plain,) = kernels.gemm((8, 8))
    path = str(tmp_path / "model.onnx")
    onnx.save(plain.model, path)
    request = {"model": path, "threads": 2, "library": None,
               "feeds": feeds.write(path, {"m": 4}, 10, tmp_path)}
    with sides.Side("onnxruntime", "plain", request) as side:
        for _ in range(2):
            assert side.ask(do="time", seconds=0.01)["samples"]
            states = list(side.thread_states())
            assert len(states) > 1 and set(states) == {"T"}
        side.used -= 1
        with pytest.raises(sides.SideError, match="ran while another"):
            side.ask(do="time", seconds=0.01)
    with pytest.raises(sides.SideError, match="none.onnx"):
        sides.Side("onnxruntime", "plain", {**request, "model": str(tmp_path / "none.onnx")})


def test_shares_of_the_limits_are_shown_where_attune_measures_them():
    dispatches = [{"ms": 3.0, "share": 90.0, "flops": 6e8}, {"ms": 1.0, "share": 50.0},
                  {"ms": 4.0, "share": None, "flops": None}]
    profile = measure.shares({"fma_gflops": 150.0}, dispatches)
    assert profile["of_bound"] == pytest.approx(80) and profile["of_peak"] == pytest.approx(50)
    unknown = measure.shares({"fma_gflops": 150.0}, [{"ms": 1.0, "share": None}])
    assert unknown["of_bound"] is None and unknown["of_peak"] == 0
    record = {"name": "x", "sizes": {}, "threads": 1, "status": "timed", "ratio": 1.0,
              "ratios": [1.0], "difference": 0.0, "profile": profile,
              "sides": [{"engine": "attune", "median_ms": 2.0}]}
    assert "| 50 % | 80 % |" in table.line(record, [], True)
    assert "of peak" in table.head([], True) and "of peak" not in table.head([], False)


def test_the_configs_can_be_read():
    for path in cells.CONFIGS.glob("*.toml"):
        if path.stem != "models":
            name, found = cells.read(path.stem)
            assert name == path.stem and len({cell.label() for cell in found}) == len(found) > 0
