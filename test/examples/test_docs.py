"""docs/Python.md and docs/C.md against the truth: their blocks run, and their tables are whole."""

import inspect
import os
import re
import shutil
import sys

import pytest

from conftest import BUILD, ROOT, build, call

sys.path.insert(0, os.path.join(BUILD, "python"))
import attune  # noqa: E402


def page(name):
    with open(os.path.join(ROOT, "docs", name)) as file:
        return file.read()


def code(text, language):
    return re.findall(rf"^```{language}\n(.*?)^```", text, re.M | re.S)


def rows(text, head):
    """The first cells of the table whose head begins with `head`."""
    table = text.split(f"| {head} |", 1)[1].split("\n\n", 1)[0]
    cells = [line.split("|")[1] for line in table.splitlines()[2:]]
    return [name for cell in cells for name in re.findall(r"`(\w+)`", cell)]


def test_python_blocks_run_in_order(small_model, tmp_path, monkeypatch):
    shutil.copy(small_model, tmp_path / "model.onnx")
    monkeypatch.chdir(tmp_path)
    names = {}
    for block in code(page("Python.md"), "python"):
        exec(compile(block, "docs/Python.md", "exec"), names)
    assert (names["out"] == 5).all() and (names["y"] == 5).all()


def test_python_tables_are_whole():
    text = page("Python.md")
    parameters = inspect.signature(attune.compile).parameters
    assert rows(text, "argument of `compile`") == list(parameters)
    members = [name for name in vars(attune.Model) if not name.startswith("_")]
    assert sorted(rows(text, "of a model")) == sorted(members)
    classes = {kind.__name__: kind.code for kind in attune.Error.__subclasses__()}
    told = re.findall(r"^\| `(\w+Error)` \| (\d) \|", text, re.M)
    assert {name: int(number) for name, number in told} == classes
    functions = [name for name in attune.__all__ if inspect.isfunction(getattr(attune, name))]
    assert all(re.search(rf"`(attune\.)?{name}`", text) for name in functions), functions
    assert all(getattr(attune, name).__doc__ for name in attune.__all__)


def test_c_blocks_compile_and_run(installed, small_model, tmp_path):
    text = page("C.md")
    runtime, compiler = code(text, "c")
    (tmp_path / "program.c").write_text(
        compiler + runtime + "int main(int argc, char **argv) {\n"
        "  return argc != 3 || compile(argv[1], argv[2]) || run(argv[2]);\n}\n")
    needs = code(text, "cmake")[0].replace("COMPONENTS Runtime)", "COMPONENTS Compiler)")
    first, link = needs.splitlines()
    (tmp_path / "CMakeLists.txt").write_text(
        "cmake_minimum_required(VERSION 3.25)\nproject(page C)\n"
        f"{first}\nadd_executable(program program.c)\n{link.replace('::Runtime)', '::Compiler)')}\n")
    program = build(tmp_path, tmp_path / "build", installed) / "program"
    assert "y 5" in call(program, small_model, tmp_path / "model.attune")


@pytest.mark.parametrize("header", ["Runtime.h", "Compiler.h"])
def test_c_page_names_every_call(header):
    with open(os.path.join(ROOT, "include", "attune-c", header)) as file:
        declared = set(re.findall(r"\b(attune[A-Z]\w*)\(", file.read()))
    told = set(re.findall(r"`(attune[A-Z]\w*)`", page("C.md")))
    assert len(declared) > 10 and declared <= told, declared - told
