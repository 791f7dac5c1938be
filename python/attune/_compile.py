"""Compiling, and the reports of the command line as dicts."""

from __future__ import annotations

import contextlib
import json
import os
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Union

from . import _errors, _native
from ._model import Model

#: A path, the bytes of an .onnx file, or an onnx.ModelProto.
Source = Union[str, "os.PathLike[str]", bytes, Any]
#: What is known of symbols: a size, or the least and the greatest one.
Dims = Mapping[str, Union[int, "tuple[int, int]"]]


def compile(model: Source, *, output: str | os.PathLike[str] | None = None, target: str = "cpu",
            cpu: str = "native", dims: Dims | None = None, threads: int | None = None,
            passes: str | Iterable[str] = (), memory_limit: int | None = None,
            time_limit: float | None = None) -> Model:
    """Compiles a model and loads it.

    The artefact is kept at `output`, or goes with the Model without it. `passes` are pipelines to
    run on graph form. The compiler works in a child process, with at most `memory_limit` bytes and
    `time_limit` seconds.
    """
    options = _options(cpu, dims, memory_limit, time_limit)
    options.set_target(target)
    for pipeline in [passes] if isinstance(passes, str) else passes:
        options.add_passes(pipeline)
    folder = None
    if output is None:
        folder = tempfile.TemporaryDirectory(prefix="attune-", ignore_cleanup_errors=True)
        output = os.path.join(folder.name, "model.attune")
    with _as_path(model) as path:
        _native.compile(path, os.fsdecode(output), options)
    return Model(os.fsdecode(output), threads, folder)


def load(path: str | os.PathLike[str], *, threads: int | None = None) -> Model:
    """Loads an artefact (.attune). `threads` counts the caller; None takes the physical cores that
    this process may use."""
    return Model(os.fsdecode(path), threads)


def explain(model: Source, *, cpu: str = "native", dims: Dims | None = None) -> dict[str, Any]:
    """What was recognised in a model and what it became: `attune explain --json`."""
    with _as_path(model) as path:
        return json.loads(_native.explain(path, _options(cpu, dims)))


def inspect(model: Source) -> dict[str, Any]:
    """What a model or an artefact is, without running it: `attune inspect --json`."""
    with _as_path(model) as path:
        return json.loads(_native.inspect(path, _options("native", None)))


def verify(*cases: str | os.PathLike[str], rtol: float = 1e-3, atol: float = 1e-5,
           cpu: str = "native") -> dict[str, Any]:
    """Compares results with those of ONNX test folders: `attune verify --json`. A case that fails
    raises nothing: look at `failed` and `cases`."""
    return json.loads(_native.verify([os.fsdecode(c) for c in cases], rtol, atol, _options(cpu, None)))


def devices() -> dict[str, Any]:
    """What can run here: `attune devices --json`."""
    return json.loads(_native.devices())


def _options(cpu: str, dims: Dims | None, memory_limit: int | None = None,
             time_limit: float | None = None) -> _native.Options:
    options = _native.Options()
    options.set_cpu(cpu)
    for name, size in (dims or {}).items():
        if isinstance(size, (tuple, list)) and len(size) == 2:
            options.add_dim(f"{name}={int(size[0])}..{int(size[1])}")
        elif isinstance(size, int) or hasattr(size, "__index__"):
            options.add_dim(f"{name}={int(size)}")
        else:
            raise _errors.UsageError(f"dims[{name!r}] is {size!r}",
                                     hint="give a size, or a tuple with the least and the greatest")
    options.set_limits(memory_limit or 0, time_limit or 0)
    return options


@contextlib.contextmanager
def _as_path(model: Source) -> Iterator[str]:
    """A path for what the caller has; what is in memory is written to a temporary folder."""
    if hasattr(model, "SerializeToString"):
        model = model.SerializeToString()
    if isinstance(model, (bytes, bytearray, memoryview)):
        with tempfile.TemporaryDirectory(prefix="attune-") as folder:
            path = os.path.join(folder, "model.onnx")
            with open(path, "wb") as file:
                file.write(model)
            yield path
        return
    try:
        yield os.fsdecode(model)
    except TypeError:
        raise _errors.UsageError(f"a {type(model).__name__} is no model",
                                 hint="give a path, bytes or an onnx.ModelProto") from None
