"""What `cmake --install` gives: tools that run elsewhere, a runtime without LLVM, C and C++."""

import os

import pytest

from conftest import build, call


def functions(path):
    """What a file defines for others, without the inline functions that every user has."""
    symbols = call("nm", "-DC", "--defined-only", path)
    return [line.split(" ", 2)[2] for line in symbols.splitlines() if line.split(" ")[1] == "T"]


def needed(path):
    """The shared libraries that a file asks for, those of their own included."""
    return call("ldd", path)


def test_tools_run_from_the_prefix(installed, small_model, tmp_path):
    artifact = tmp_path / "small.attune"
    call(installed / "bin/attune", "compile", small_model, "-o", artifact)
    call(installed / "bin/attune", "run", artifact, "--random", "0", "--dim", "batch=2")
    assert "transformer-raise-attention" in call(installed / "bin/attune-opt", "--help")


@pytest.mark.parametrize("tool", ["attune", "attune-opt", "attune-translate"])
def test_tools_share_the_one_compiler_library(installed, tool):
    library = next(line for line in needed(installed / "bin" / tool).splitlines()
                   if "libAttuneCompiler.so" in line)
    assert os.path.realpath(library.split()[2]).startswith(os.path.realpath(installed))
    copies = [name for name in functions(installed / "bin" / tool) if name.startswith("attune::")]
    assert not [name for name in copies if not name.startswith("attune::cli::")]


def test_runtime_needs_no_compiler(installed):
    text = needed(installed / "lib/libAttuneRuntime.so")
    assert not any(name in text for name in ("LLVM", "MLIR", "onnx", "protobuf")), text


def test_compiler_exports_nothing_of_its_archives(installed):
    names = functions(installed / "lib/libAttuneCompiler.so")
    assert not [name for name in names if name.startswith(("onnx::", "lld::"))]
    assert any(name.startswith("attune::transformer::") for name in names), "plugins need them"
    assert "attuneCompile" in names


def test_c_example(installed, small_model, example, tmp_path):
    artifact = tmp_path / "small.attune"
    call(installed / "bin/attune", "compile", small_model, "-o", artifact)
    program = build(example("c"), tmp_path / "build", installed) / "run_model"
    assert "y: float32[2, 3] 5 5 5" in call(program, artifact, "x=2x4")
    assert "give the shape of input x" in call(program, artifact, expect=2)
    assert "LLVM" not in needed(program)


def test_cpp_example(installed, small_model, example, tmp_path):
    program = build(example("cpp"), tmp_path / "build", installed) / "compile_and_run"
    assert "y: float32[7, 3] 5 5 5" in call(program, small_model, tmp_path / "a.attune", "7")
    said = call(program, tmp_path / "none.onnx", tmp_path / "b.attune", expect=5)
    assert "none.onnx" in said and not (tmp_path / "b.attune").exists()


def test_other_versions_are_refused(installed, example, tmp_path):
    source = example("c")
    text = (source / "CMakeLists.txt").read_text()
    (source / "CMakeLists.txt").write_text(text.replace("Attune 0.1", "Attune 0.7"))
    with pytest.raises(AssertionError, match="0.7"):
        build(source, tmp_path / "build", installed)
