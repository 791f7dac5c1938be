"""From a config to cells: what is timed, at which sizes, on how many threads.

A config is a TOML file:

    threads = [1, 2]

    [[group]]
    kernel = "gemm"                          # a builder of kernels.py …
    make = { shape = [[384, 384], [768, 3072]] }   # … and its arguments, all combinations
    sizes = [{ m = 1 }, { m = 128 }]         # what the model's symbols are, cell by cell

    [[group]]
    model = ["bert"]                         # or folders with a model.onnx, below --models
    sizes = [{ batch = 1, seq = 128 }]
    integers_below = 1000                    # the range of integer inputs
"""

import itertools
import pathlib
import re
import tomllib
from dataclasses import dataclass, field

import onnx

from . import kernels

CONFIGS = pathlib.Path(__file__).resolve().parents[1] / "configs"
GROUP_KEYS = {"kernel", "make", "model", "sizes", "integers_below"}


class ConfigError(Exception):
    """A config that cannot be used; the text says which key and why."""


@dataclass(frozen=True)
class Source:
    """A model to time: a kernel with its arguments, or a file."""

    name: str
    kernel: str = None
    make: tuple = ()
    path: str = None

    def write(self, folder):
        """[(spelling, path, engines)], the first being the one that attune compiles."""
        if self.path:
            return [("plain", self.path, None)]
        found = []
        for spelling in kernels.BUILDERS[self.kernel](**dict(self.make)):
            path = pathlib.Path(folder) / f"{spelling.name}.onnx"
            onnx.save(spelling.model, str(path))
            found.append((spelling.name, str(path), spelling.engines))
        return found


@dataclass(frozen=True)
class Cell:
    """One line of a table."""

    source: Source
    sizes: dict = field(hash=False)
    threads: int = 1
    integers_below: int = 1000

    def sizes_text(self):
        return " ".join(f"{name}={size}" for name, size in self.sizes.items())

    def label(self):
        threads = "1 thread" if self.threads == 1 else f"{self.threads} threads"
        return f"{self.source.name}, {self.sizes_text()}, {threads}"


def read(subject, models=None, sizes=None, threads=None):
    """(name, cells) of a config's name, a .toml file, or an .onnx file timed at `sizes`."""
    path = pathlib.Path(subject)
    if path.suffix == ".onnx":
        group = {"model": [str(path)], "sizes": sizes or [{}]}
        return _file_name(path), _cells([group], threads or [1], None)
    if path.suffix != ".toml":
        path = CONFIGS / f"{subject}.toml"
    if not path.exists():
        known = ", ".join(sorted(p.stem for p in CONFIGS.glob("*.toml")))
        raise ConfigError(f"no config {subject}: there are {known}, or name a .toml or .onnx file")
    with open(path, "rb") as file:
        config = tomllib.load(file)
    return path.stem, _cells(config["group"], threads or config.get("threads", [1]), models)


def _cells(groups, threads, models):
    cells = []
    for group in groups:
        unknown = set(group) - GROUP_KEYS
        if unknown or ("kernel" in group) == ("model" in group):
            raise ConfigError(f"a group has one of kernel and model, and of {sorted(GROUP_KEYS)}"
                              f" only: {sorted(group)}")
        for source in _sources(group, models):
            for sizes, count in itertools.product(group["sizes"], threads):
                cells.append(Cell(source, sizes, count, group.get("integers_below", 1000)))
    return cells


def _sources(group, models):
    if "model" in group:
        return [_model_source(name, models) for name in group["model"]]
    kernel = group["kernel"]
    if kernel not in kernels.BUILDERS:
        raise ConfigError(f"no kernel {kernel}: there are {', '.join(kernels.BUILDERS)}")
    names, lists = list(group.get("make", {})), group.get("make", {}).values()
    sources = []
    for values in itertools.product(*lists):
        values = [tuple(v) if isinstance(v, list) else v for v in values]
        make = tuple(zip(names, values))
        name = " ".join([kernel, *filter(None, itertools.starmap(_argument_text, make))])
        sources.append(Source(name, kernel, make))
    return sources


def _argument_text(name, value):
    """A flag's name, or a size; nothing for a flag that is not set."""
    if isinstance(value, bool):
        return name if value else ""
    return "x".join(map(str, value)) if isinstance(value, tuple) else str(value)


def _file_name(path):
    """What a model is called: exporters like to call each of them model.onnx."""
    return path.resolve().parent.name if path.stem == "model" else path.stem


def _model_source(name, models):
    if name.endswith(".onnx"):
        return Source(_file_name(pathlib.Path(name)), path=name)
    if not models:
        raise ConfigError("this config times whole models: name their folder with --models DIR")
    path = pathlib.Path(models) / name / "model.onnx"
    if not path.exists() or _weights_missing(path):
        raise ConfigError(
            f"{path} or its weights are missing: beside the graphs lies fill.py, which gives one "
            f"its weights: fill.py {name} {path.parent}")
    return Source(name, path=str(path))


def _weights_missing(path):
    """Whether a file that the model's tensors refer to is not there."""
    graph = onnx.load(path, load_external_data=False).graph
    files = {entry.value for tensor in graph.initializer for entry in tensor.external_data
             if entry.key == "location"}
    return any(not (path.parent / file).exists() for file in files)


def parse_sizes(text):
    """"batch=1,seq=16" -> {"batch": 1, "seq": 16}"""
    if not re.fullmatch(r"\w+=\d+(,\w+=\d+)*", text):
        raise ConfigError(f"sizes look like batch=1,seq=16, not {text}")
    return {name: int(size) for name, size in (part.split("=") for part in text.split(","))}
