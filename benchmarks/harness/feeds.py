"""Inputs of a model at given sizes, as the .npy files that every engine reads."""

import pathlib

import numpy as np
import onnx
from onnx import helper

from .cells import ConfigError


def write(model, sizes, integers_below, folder):
    """{input name: file}. Floats are N(0, 1), integers uniform, inputs named like a mask ones."""
    generator = np.random.default_rng(0)
    files = {}
    for number, value in enumerate(_inputs(model)):
        shape = [_size(value.name, dim, sizes) for dim in value.type.tensor_type.shape.dim]
        dtype = helper.tensor_dtype_to_np_dtype(value.type.tensor_type.elem_type)
        files[value.name] = str(pathlib.Path(folder) / f"input_{number}.npy")
        np.save(files[value.name], _values(value.name, shape, dtype, integers_below, generator))
    return files


def _inputs(path):
    graph = onnx.load(path, load_external_data=False).graph
    constants = {tensor.name for tensor in graph.initializer}
    return [value for value in graph.input if value.name not in constants]


def _size(name, dim, sizes):
    if dim.HasField("dim_value"):
        return dim.dim_value
    if dim.dim_param not in sizes:
        raise ConfigError(f"input {name} has a size {dim.dim_param!r}, which the cell does not give: "
                          f"it has {sizes}")
    return sizes[dim.dim_param]


def _values(name, shape, dtype, integers_below, generator):
    if "mask" in name or dtype.kind == "b":
        return np.ones(shape, dtype)
    if dtype.kind in "iu":
        return generator.integers(0, integers_below, shape).astype(dtype)
    return generator.standard_normal(shape).astype(dtype)
