"""Compiles a graph once, compares it with ONNX Runtime at several sizes, and reads its facts."""

import json
import os

import numpy as np
import onnx
import onnxruntime
from graphs import Graph

# Facts that a case states when they are not the default.
KEYS = ("heads", "kv_heads", "head_dim", "value_dim", "scale", "softcap", "mask", "bias", "position",
        "cross")


class Case:
    """build(g) writes the graph; `facts` has an entry per attention, in the model's order."""

    def __init__(self, build, facts, sizes, bound=2e-5, **graph):
        self.build, self.facts, self.sizes, self.bound, self.graph = build, facts, sizes, bound, graph

    def make(self):
        g = Graph(**self.graph)
        self.build(g)
        return g


def attention(heads, channels, **facts):
    return {"heads": heads, "head_dim": channels, **facts}


def stated(attune, path):
    report = json.loads(attune.ok("explain", path, "--json").stdout)
    found = [r["attributes"] for r in report["regions"] if r["op"] == "attention"]
    return [{k: v for k, v in facts.items() if k in KEYS} for facts in found], report


def declined(report):
    """Why things were not recognised, for a failing test's message."""
    for region in report["regions"] + [report]:
        for entry in region["declined"]:
            yield f"{entry['pass']}: {entry['reason']} ({entry['nearest']})"


def evaluate(attune, folder, artifact, feeds, names):
    arguments = []
    for name, values in feeds.items():
        path = os.path.join(folder, f"input_{name}.npy")
        np.save(path, values)
        arguments += ["--input", f"{name}={path}"]
    attune.ok("run", artifact, *arguments, "--output-dir", folder, "--threads", 1)
    return {name: np.load(os.path.join(folder, f"{name}.npy")) for name in names}


def compare(ours, theirs, bound):
    for name, want in theirs.items():
        got = ours[name]
        assert got.shape == want.shape, f"{name}: {got.shape}, not {want.shape}"
        largest = np.abs(want[np.isfinite(want)]).max(initial=1e-30)
        np.testing.assert_allclose(got, want, rtol=0, atol=bound * largest, err_msg=name)


def write(folder, case):
    g = case.make()
    path = os.path.join(str(folder), "model.onnx")
    onnx.save(g.model(), path)
    return g, path


def check_facts(attune, path, case):
    found, report = stated(attune, path)
    why = "\n".join(declined(report))
    assert found == case.facts, f"{found}, not {case.facts}\n{why}"


def check_results(attune, folder, g, path, case):
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 3
    session = onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])
    # The level that compiles fastest, and runs everywhere.
    attune.ok("compile", path, "-o", path + ".attune", "--cpu=x86-64")
    names = [output.name for output in session.get_outputs()]
    for sizes in case.sizes:
        feeds = g.feeds(sizes)
        theirs = dict(zip(names, session.run(names, feeds)))
        compare(evaluate(attune, folder, path + ".attune", feeds, names), theirs, case.bound)


def check(attune, folder, case):
    g, path = write(folder, case)
    check_results(attune, str(folder), g, path, case)
    check_facts(attune, path, case)
