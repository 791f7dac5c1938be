"""Passes out of tree: the example as it is, and a stranger's pass written after the docs."""

import os
import re
import shutil

import pytest

from conftest import ROOT, TOOLS, build, call


def make(source, folder, prefix):
    """Builds a copy of the example; gives the plugin."""
    build(source, folder, prefix, "-DCMAKE_CXX_FLAGS=-Wall -Wextra -Wno-unused-parameter -Werror",
          f"-DLIT={os.path.join(TOOLS, 'lit')}")
    return folder / "ExamplePasses.so"


@pytest.fixture(scope="module")
def pristine(installed, tmp_path_factory):
    """The plugin of the example as it is."""
    folder = tmp_path_factory.mktemp("plugin")
    source = shutil.copytree(os.path.join(ROOT, "examples", "plugin"), folder / "plugin")
    return make(source, folder / "build", installed)


@pytest.fixture
def plugin(installed, example, tmp_path):
    """plugin({name: text}): the plugin of the example with these files more."""

    def add(files):
        source = example("plugin")
        for name, text in files.items():
            (source / name).write_text(text)
        return make(source, tmp_path / "build", installed)

    return add


def check(library, expect=0):
    """Runs the lit tests of a plugin."""
    return call("ninja", "-C", library.parent, "check", expect=expect)


def blocks(page):
    """{file name: text} of the blocks of a page of docs that begin with their file's name."""
    with open(os.path.join(ROOT, "docs", page)) as file:
        found = re.findall(r"^`(\S+)`:\n\n```\w+\n(.*?)^```", file.read(), re.M | re.S)
    return dict(found)


def test_example_passes_its_own_tests(pristine, installed, small_model):
    assert "Passed: 1" in check(pristine)
    # What it names in errors is what a user would look for.
    said = call(installed / "bin/attune", "compile", small_model, "-o", pristine.parent / "a.attune",
                f"--load-pass-plugin={pristine}", "--passes=func.func(example-zero)", expect=2)
    assert "example-zero" in said
    assert "example-zero-dead-rows" in call(
        installed / "bin/attune-opt", f"--load-pass-plugin={pristine}", "--help")


def test_a_stranger_needs_one_file_and_one_test(plugin, installed):
    files = blocks("AddingAPass.md")
    assert sorted(files) == ["CountMasks.cpp", "test/count-masks.mlir"]
    library = plugin(files)
    assert "Passed: 2" in check(library)
    model = library.parent / "model.mlir"
    model.write_text(files["test/count-masks.mlir"])
    said = call(installed / "bin/attune", "compile", "-v", model, "-o", library.parent / "a.attune",
                f"--load-pass-plugin={library}", "--passes=func.func(example-count-masks)")
    assert "remark: 1 attention with mask causal" in said


def test_other_verbs_take_plugins(pristine, installed):
    attune, load = installed / "bin/attune", f"--load-pass-plugin={pristine}"
    name = "example-zero-dead-rows"
    assert re.search(rf"^{name} ", call(attune, "passes", load), re.M)
    assert name not in call(attune, "passes")
    model = os.path.join(ROOT, "examples", "plugin", "test", "zero-dead-rows.mlir")
    assert "dead_rows=nan" in call(attune, "explain", model)
    # Around the passes may be what attune-opt wants there.
    for passes in (f"func.func({name})", f"builtin.module(func.func({name}))"):
        said = call(attune, "explain", model, load, f"--passes={passes}")
        assert "dead_rows=zero" in said and "dead_rows=nan" not in said
    said = call(attune, "explain", model, f"--passes=func.func({name})", expect=2)
    assert f"'{name}' does not refer to a registered pass" in said


def test_statistics_have_the_layout_of_llvm(pristine):
    """LLVM's statistics are larger without NDEBUG, and a release LLVM fills the small ones."""
    with open(pristine.parent / "build.ninja") as file:
        assert "-DNDEBUG" in file.read()


def test_a_failing_test_fails(pristine):
    (test,) = (pristine.parent.parent / "plugin" / "test").glob("*.mlir")
    text = test.read_text()
    test.write_text(text.replace("CHECK-COUNT-2: dead_rows <zero>", "CHECK: dead_rows <mean>"))
    said = check(pristine, expect=1)
    test.write_text(text)
    assert "Failed: 1" in said


def test_what_is_no_plugin_is_refused(installed, small_model, tmp_path):
    shutil.copy(installed / "lib/libAttuneRuntime.so", tmp_path / "no.so")
    said = call(installed / "bin/attune", "compile", small_model, "-o", tmp_path / "a.attune",
                f"--load-pass-plugin={tmp_path / 'no.so'}", "--passes=x", expect=5)
    assert "no.so" in said and not (tmp_path / "a.attune").exists()


CRASH = """// Dies in a function that holds a Relu.
#include "attune/Dialect/Transformer/IR/TransformerDialect.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Pass/Pass.h"
#include <cstdlib>

namespace {
struct Crash : mlir::PassWrapper<Crash, mlir::OperationPass<mlir::func::FuncOp>> {
  MLIR_DEFINE_EXPLICIT_INTERNAL_INLINE_TYPE_ID(Crash)
  llvm::StringRef getArgument() const override { return "example-crash"; }
  void runOnOperation() override { std::abort(); }
};
} // namespace
static mlir::PassRegistration<Crash> registration;
"""


def test_a_pass_that_dies_leaves_a_reproducer(plugin, installed, small_model, tmp_path):
    library = plugin({"Crash.cpp": CRASH})
    kept = tmp_path / "kept.mlir"
    load = f"--load-pass-plugin={library}"
    said = call(installed / "bin/attune", "compile", small_model, "-o", tmp_path / "a.attune", load,
                "--passes=func.func(example-crash)", "--reproducer", kept, expect=8)
    assert "in pass 'example-crash'" in said and f"attune-opt {load} --run-reproducer {kept}" in said
    assert not (tmp_path / "a.attune").exists()
    # What the hint says is true.
    call(installed / "bin/attune-opt", load, "--run-reproducer", kept, expect=-6)


def test_what_a_pass_does_can_be_watched(pristine, installed, small_model, tmp_path):
    name = "example-zero-dead-rows"
    said = call(installed / "bin/attune", "compile", small_model, "-o", tmp_path / "a.attune",
                f"--load-pass-plugin={pristine}", f"--passes=func.func({name})",
                "--print-after", name, "--time-passes", "--save-forms", tmp_path / "forms")
    assert f"// after {name} on func.func" in said and re.search(rf"{name}\s", said.split("return")[-1])
    assert sorted(os.listdir(tmp_path / "forms")) == [
        "device.mlir", "graph.mlir", "onnx.mlir", "tensor.mlir"]
