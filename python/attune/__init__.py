"""attune: an ahead-of-time compiler for ONNX models built on attention.

    import attune
    model = attune.compile("model.onnx")
    hidden = model(input_ids=ids, attention_mask=mask)
"""

import json as _json

from . import _native
from ._compile import compile, devices, explain, inspect, load, verify
from ._errors import (DeviceError, DiffersError, Error, FileAccessError, InternalError, LimitError,
                      MalformedError, UnsupportedError, UsageError)
from ._model import Model, Session, TensorInfo

__version__ = _json.loads(_native.version())["attune"]
__all__ = ["DeviceError", "DiffersError", "Error", "FileAccessError", "InternalError", "LimitError",
           "MalformedError", "Model", "Session", "TensorInfo", "UnsupportedError", "UsageError",
           "compile", "devices", "explain", "inspect", "load", "verify"]
