"""Loaded models and their sessions: NumPy arrays in, NumPy arrays out, nothing copied."""

from __future__ import annotations

import os
import shutil
import tempfile
import threading
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple, Union

import numpy as np

from . import _dtypes, _errors, _native

Feeds = Mapping[str, Any]
Out = Union[Mapping[str, np.ndarray], Sequence[np.ndarray], np.ndarray, None]


class TensorInfo(NamedTuple):
    """An input or an output; an unknown size is an expression of symbols, as "batch"."""

    name: str
    dtype: np.dtype
    shape: tuple[int | str, ...]

    def __str__(self) -> str:
        return f"{self.name}: {self.dtype}[{', '.join(map(str, self.shape))}]"


class Session:
    """One user of a model, with temporaries of its own; a second thread waits for its turn."""

    def __init__(self, model: Model) -> None:
        self._model = model
        self._native = model._native.session()
        self._lock = threading.Lock()

    def run(self, feeds: Feeds, out: Out = None) -> dict[str, np.ndarray]:
        """Runs the model on arrays by name and gives its outputs by name.

        Arrays are read in place if they are C-contiguous, aligned and in the machine's byte order;
        others are copied first. An output is written straight into the array that `out` has for it
        (by name, or in order), which must fit exactly, else into a new one.
        """
        if not isinstance(feeds, Mapping):
            raise _errors.UsageError(f"feeds are a dict of arrays by name, not {type(feeds).__name__}",
                                     hint="call the model itself to give inputs by position")
        inputs = [self._model._input(name, value) for name, value in feeds.items()]
        infos = self._model._outputs
        given = {} if out is None else _by_name(out, infos)
        results: dict[str, np.ndarray] = {}

        def allocate(index: int, shape: tuple[int, ...]) -> np.ndarray:
            info = infos[index]
            array = given.get(info.name)
            if array is None:
                array = np.empty(shape, info.dtype)
            else:
                _check_out(array, info, shape)
            results[info.name] = array
            return _dtypes.exposed(array)

        with self._lock:
            self._native.run(inputs, allocate)
        return results

    def __call__(self, *args: Any, **named: Any) -> Any:
        """As Model.__call__."""
        return self._model._unpack(self.run(self._model._feeds(args, named)))


class Model:
    """A compiled model; made by attune.compile and attune.load. Any number of threads may call it."""

    def __init__(self, path: str, threads: int | None = None,
                 folder: tempfile.TemporaryDirectory | None = None) -> None:
        if threads is not None and threads < 1:
            raise _errors.UsageError(f"threads={threads} is no number of threads",
                                     hint="1 or more, or None for the physical cores")
        self._path, self._folder = path, folder  # a temporary folder goes with the model
        self._native = _native.Model(path, threads or 0)
        self._inputs = _infos(self._native.inputs())
        self._outputs = _infos(self._native.outputs())
        self._types = {info.name: info.dtype for info in self._inputs}
        self._idle: list[Session] = []

    @property
    def inputs(self) -> list[TensorInfo]:
        """Name, dtype and shape of each input."""
        return list(self._inputs)

    @property
    def outputs(self) -> list[TensorInfo]:
        """Name, dtype and shape of each output."""
        return list(self._outputs)

    @property
    def symbols(self) -> dict[str, tuple[int, int]]:
        """The unknown sizes, each with the least and the greatest that it may be."""
        return self._native.symbols()

    @property
    def threads(self) -> int:
        """How many threads a run may use, the caller's included."""
        return self._native.threads

    def session(self) -> Session:
        """A session of one's own; calls of the model take and give back shared ones."""
        return Session(self)

    def run(self, feeds: Feeds, out: Out = None) -> dict[str, np.ndarray]:
        """As Session.run."""
        session = self._idle_session() or self.session()
        try:
            return session.run(feeds, out)
        finally:
            self._idle.append(session)

    def __call__(self, *args: Any, **named: Any) -> Any:
        """Runs the model on inputs by position and by name. One output is given as an array,
        several as a tuple of arrays in the order of `outputs`."""
        return self._unpack(self.run(self._feeds(args, named)))

    def save(self, path: str | os.PathLike[str]) -> None:
        """Copies the artefact to `path`, for attune.load, `attune run` and the C interface."""
        path = os.fspath(path)
        aside = None
        try:
            with tempfile.NamedTemporaryFile(dir=os.path.dirname(path) or ".", delete=False) as file:
                aside = file.name
                with open(self._path, "rb") as source:
                    shutil.copyfileobj(source, file, 1 << 20)
            shutil.copymode(self._path, aside)
            os.replace(aside, path)
        except OSError as error:
            if aside is not None and os.path.exists(aside):
                os.unlink(aside)
            raise _errors.FileAccessError(f"cannot write '{path}': {error.strerror}") from error

    def check_weights(self) -> None:
        """Reads all weights and compares them with their hash."""
        self._native.check_weights()

    def __repr__(self) -> str:
        def listed(infos: list[TensorInfo]) -> str:
            return ", ".join(map(str, infos))

        return f"<attune.Model ({listed(self._inputs)}) -> ({listed(self._outputs)})>"

    def _idle_session(self) -> Session | None:
        try:
            return self._idle.pop()  # one step: no other thread gets the same
        except IndexError:
            return None

    def _feeds(self, args: tuple, named: dict[str, Any]) -> dict[str, Any]:
        if len(args) > len(self._inputs):
            raise _errors.UsageError(
                f"the model has {len(self._inputs)} inputs, {len(args)} were given",
                hint="they are " + ", ".join(map(str, self._inputs)))
        feeds = {info.name: value for info, value in zip(self._inputs, args)}
        for name, value in named.items():
            if name in feeds:
                raise _errors.UsageError(f"input '{name}' is given by position and by name",
                                         hint="give it once")
            feeds[name] = value
        return feeds

    def _converted(self, name: str, value: Any) -> np.ndarray:
        # Numbers of Python have no type of their own: they take the input's.
        try:
            return np.asarray(value, None if hasattr(value, "dtype") else self._types.get(name))
        except (TypeError, ValueError, OverflowError) as error:
            hint = ("give a NumPy array, or numbers" if not isinstance(value, Mapping) else
                    "inputs by name go to model(**feeds), or to model.run(feeds)")
            raise _errors.UsageError(f"input '{name}' is no array: {error}", hint=hint) from error

    def _input(self, name: str, value: Any) -> tuple[str, int, np.ndarray]:
        array = value if isinstance(value, np.ndarray) else self._converted(name, value)
        number = _dtypes.number_of(array.dtype, f"input '{name}'")
        wanted = self._types.get(name, array.dtype)
        if array.dtype != wanted and array.dtype.newbyteorder("=") != wanted:
            raise _errors.UsageError(f"input '{name}' is {array.dtype}, and must be {wanted}",
                                     hint=f"convert it with .astype('{wanted}')")
        flags = array.flags
        if not (flags.c_contiguous and flags.aligned and array.dtype.isnative):
            array = np.require(array, array.dtype.newbyteorder("="), ["C", "A"])
        return name, number, _dtypes.exposed(array)

    def _unpack(self, results: dict[str, np.ndarray]) -> Any:
        arrays = tuple(results[info.name] for info in self._outputs)
        return arrays[0] if len(arrays) == 1 else arrays


def _infos(tensors: list) -> list[TensorInfo]:
    return [TensorInfo(name, _dtypes.dtype_of(kind), shape) for name, kind, shape in tensors]


def _by_name(out: Out, infos: list[TensorInfo]) -> dict[str, np.ndarray]:
    names = [info.name for info in infos]
    if isinstance(out, np.ndarray):
        out = [out]
    if not isinstance(out, Mapping):
        if len(out) != len(names):
            raise _errors.UsageError(f"out has {len(out)} arrays, the model {len(names)} outputs",
                                     hint="they are " + ", ".join(map(str, infos)))
        out = dict(zip(names, out))
    for name in out:
        if name not in names:
            raise _errors.UsageError(f"out names '{name}', which is no output",
                                     hint="outputs are " + ", ".join(names))
    return dict(out)


def _check_out(array: Any, info: TensorInfo, shape: tuple[int, ...]) -> None:
    if not isinstance(array, np.ndarray):
        found = f"a {type(array).__name__}"
    elif array.shape != shape or array.dtype != info.dtype:
        found = f"{array.dtype}[{', '.join(map(str, array.shape))}]"
    elif not (array.flags.c_contiguous and array.flags.aligned and array.flags.writeable):
        found = "an array that is not C-contiguous, aligned and writable"
    else:
        return
    wanted = f"{info.dtype}[{', '.join(map(str, shape))}]"
    raise _errors.UsageError(f"out for '{info.name}' must be {wanted}, not {found}",
                             hint=f"make it with numpy.empty({shape}, '{info.dtype}')")
