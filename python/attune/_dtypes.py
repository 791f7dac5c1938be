"""Element types of attune and of NumPy; their names agree."""

from __future__ import annotations

import functools

import numpy as np

from . import _errors, _native


def dtype_of(name: str) -> np.dtype:
    """The NumPy type of an element type."""
    if name != "bfloat16":
        return np.dtype(name)
    try:
        import ml_dtypes
    except ImportError:
        raise _errors.UnsupportedError("NumPy alone has no bfloat16",
                                       hint="install the package ml_dtypes") from None
    return np.dtype(ml_dtypes.bfloat16)


def number_of(dtype: np.dtype, what: str) -> int:
    """The number of an element type in the C interface."""
    number = _number(dtype)
    if number is None:
        raise _errors.UsageError(f"{what} has the type {dtype}, which attune does not know",
                                 hint="types are " + ", ".join(_native.element_types))
    return number


def exposed(array: np.ndarray) -> np.ndarray:
    """The array, or a view of it, whose buffer Python can hand out."""
    return array if _number(array.dtype) != _BFLOAT16 else array.view(np.uint16)


_BFLOAT16 = _native.element_types["bfloat16"]


@functools.lru_cache(maxsize=64)
def _number(dtype: np.dtype) -> int | None:
    return _native.element_types.get(dtype.name)
