"""Runs every module's CASES under each executor; a module's cases compile together."""

import pathlib
import sys

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).parent))

from case import check  # noqa: E402
from executors import EXECUTORS  # noqa: E402


def pytest_addoption(parser):
    parser.addoption("--executor", action="append", choices=[e.name for e in EXECUTORS],
                     help="how to run the cases; may be repeated; default: every way")


def pytest_generate_tests(metafunc):
    if "numerical_case" not in metafunc.fixturenames:
        return
    chosen = metafunc.config.getoption("--executor") or [e.name for e in EXECUTORS]
    metafunc.parametrize("executor", chosen, indirect=True, scope="module")
    cases = [(case, symbols) for case in metafunc.module.CASES for symbols in case.symbols]
    names = [case.name + "".join(f"-{k}{v}" for k, v in symbols.items()) for case, symbols in cases]
    metafunc.parametrize("numerical_case", cases, ids=names)


@pytest.fixture(scope="module")
def executor(request, tmp_path_factory):
    kind = next(e for e in EXECUTORS if e.name == request.param)
    made = kind(tmp_path_factory.mktemp(kind.name))
    if not made.available():
        pytest.fail(f"{kind.name}: its tool is not built (see executors.py)")
    made.prepare(request.module.CASES)
    return made


@pytest.fixture
def verify():
    """Runs one case at one set of sizes and compares."""
    def run_and_check(executor, case, symbols):
        arrays = case.arrays(symbols)
        check(case, symbols, executor(case, arrays, symbols), case.expected(arrays, symbols))
    return run_and_check
