"""attune's C runtime interface (include/attune-c/Runtime.h) through ctypes: one artefact, one session."""

import ctypes as c

import numpy as np

# ONNX's numbers of element types, as in the header.
CODES = {"float32": 1, "uint8": 2, "int8": 3, "uint16": 4, "int16": 5, "int32": 6, "int64": 7,
         "bool": 9, "float16": 10, "float64": 11, "uint32": 12, "uint64": 13}
NAMES = {code: name for name, code in CODES.items()}
API_VERSION = 1


class _Input(c.Structure):
    _fields_ = [("name", c.c_char_p), ("type", c.c_int), ("rank", c.c_size_t),
                ("dims", c.POINTER(c.c_int64)), ("data", c.c_void_p), ("bytes", c.c_size_t)]


class _Output(c.Structure):
    _fields_ = _Input._fields_


class Session:
    """Holds the inputs' memory; run() may be called again and again."""

    def __init__(self, library, artifact, threads, feeds):
        self.library = c.CDLL(library)
        self.library.attuneLastErrorMessage.restype = c.c_char_p
        self.library.attuneModelOutputCount.restype = c.c_size_t
        if self.library.attuneApiVersion() != API_VERSION:
            raise RuntimeError(f"{library} has another version of the C interface")
        model, self.session = c.c_void_p(), c.c_void_p()
        self._call("attuneModelLoad", artifact.encode(), c.c_int32(threads), c.byref(model))
        self._call("attuneSessionCreate", model, c.byref(self.session))
        self.output_count = self.library.attuneModelOutputCount(model)
        self.arrays = {name: np.ascontiguousarray(array) for name, array in feeds.items()}
        inputs = [self._input(name, array) for name, array in self.arrays.items()]
        self.inputs = (_Input * len(inputs))(*inputs)
        self.count = c.c_size_t(len(inputs))

    def run(self):
        self._call("attuneSessionRun", self.session, self.inputs, self.count)

    def outputs(self):
        """Copies of the last run's results, in the model's order."""
        return [self._output(index) for index in range(self.output_count)]

    def _call(self, name, *arguments):
        if getattr(self.library, name)(*arguments):
            raise RuntimeError(self.library.attuneLastErrorMessage().decode())

    @staticmethod
    def _input(name, array):
        dims = (c.c_int64 * array.ndim)(*array.shape)
        return _Input(name.encode(), CODES[array.dtype.name], array.ndim, dims, array.ctypes.data,
                      array.nbytes)

    def _output(self, index):
        output = _Output()
        self._call("attuneSessionOutput", self.session, c.c_size_t(index), c.byref(output))
        data = (c.c_char * output.bytes).from_address(output.data) if output.bytes else b""
        shape = [output.dims[i] for i in range(output.rank)]
        return np.frombuffer(data, NAMES[output.type]).reshape(shape).copy()
