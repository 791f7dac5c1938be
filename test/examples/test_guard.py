"""A guarded model: `scripts/new guard` writes the test, and the test notices what it should."""

import os
import sys

import pytest

from conftest import ROOT, TOOLS, call

sys.path.insert(0, os.path.join(ROOT, "examples", "lit"))
import build_encoder  # noqa: E402

sys.path.insert(0, os.path.join(ROOT, "scripts"))
from scaffold import new_guard  # noqa: E402


@pytest.fixture
def guarded(example, installed):
    """The example with its model, and a way to run its tests."""
    folder = example("lit")
    build_encoder.build(folder / "encoder.onnx")

    def run(expect=0):
        environment = {**os.environ, "ATTUNE_BIN": str(installed / "bin"),
                       "LLVM_BIN": "/usr/lib/llvm-22/bin"}
        return call(os.path.join(TOOLS, "lit"), "-v", folder, env=environment, expect=expect)

    return folder, run


def guard(*arguments, expect=0):
    return call(sys.executable, os.path.join(ROOT, "scripts", "new"), "guard", *arguments, expect=expect)


def test_written_test_is_the_committed_one(guarded, installed):
    folder, _ = guarded
    os.rename(folder / "encoder.test", folder / "committed")
    said = guard(folder / "encoder.onnx", "--attune", installed / "bin/attune")
    assert "guards 3 facts" in said
    assert (folder / "encoder.test").read_text() == (folder / "committed").read_text()


def test_guard_passes_and_notices_a_lost_mask(guarded):
    folder, run = guarded
    assert "Passed: 1" in run()
    build_encoder.build(folder / "encoder.onnx", causal=False)
    assert "mask=causal" in run(expect=1)


def test_nothing_is_overwritten_and_failures_speak(guarded, installed, tmp_path, small_model):
    folder, _ = guarded
    attune = ["--attune", installed / "bin/attune"]
    assert "exists already" in guard(folder / "encoder.onnx", *attune, expect=1)
    assert "cannot read" in guard(tmp_path / "none.onnx", *attune, expect=1)
    assert "no attention, norm" in guard(small_model, *attune, expect=1)
    assert "run scripts/build" in guard(small_model, "--attune", tmp_path / "none", expect=1)
    assert not os.path.exists(os.path.splitext(small_model)[0] + ".test")


def test_brackets_of_facts_are_no_patterns():
    assert new_guard.check("a(b=[[1]], c={{}})") == (
        r"CHECK: {{^}}a(b={{\[\[}}1]], c={{\{\{}}{{\}\}}}){{  (raised )?from }}")
