"""The engines, as a worker sees them: load a model once, run it again and again, show results.

Each keeps its inputs and outputs in place between runs, so that what is timed is the run.
"""

import importlib.metadata
import importlib.util

from . import attune_runtime


class Attune:
    """An artefact in attune's C runtime; `library` is the runtime's shared object."""

    def __init__(self, model, threads, feeds, library):
        self.session = attune_runtime.Session(library, model, threads, feeds)
        self.run = self.session.run
        self.outputs = self.session.outputs


class OnnxRuntime:
    """ONNX Runtime's CPU provider with its own defaults, inputs and outputs bound once."""

    package = "onnxruntime"

    def __init__(self, model, threads, feeds, library=None):
        import onnxruntime as ort
        options = ort.SessionOptions()
        options.intra_op_num_threads = threads
        options.log_severity_level = 3
        session = ort.InferenceSession(model, options, providers=["CPUExecutionProvider"])
        names = [value.name for value in session.get_outputs()]
        binding = session.io_binding()
        for name, array in feeds.items():
            binding.bind_ortvalue_input(name, ort.OrtValue.ortvalue_from_numpy(array))
        self.results = [ort.OrtValue.ortvalue_from_numpy(array)
                        for array in session.run(names, feeds)]
        for name, value in zip(names, self.results):
            binding.bind_ortvalue_output(name, value)
        self.run = lambda: session.run_with_iobinding(binding)

    def outputs(self):
        return [value.numpy() for value in self.results]


class OpenVino:
    """OpenVINO in 32-bit floats: its default hint would turn to bfloat16 where the CPU has it."""

    package = "openvino"
    static = False

    def __init__(self, model, threads, feeds, library=None):
        import openvino
        core = openvino.Core()
        network = core.read_model(model)
        if self.static:
            network.reshape({name: list(array.shape) for name, array in feeds.items()})
        options = {"PERFORMANCE_HINT": "LATENCY", "INFERENCE_NUM_THREADS": threads,
                   "INFERENCE_PRECISION_HINT": "f32"}
        self.compiled = core.compile_model(network, "CPU", options)
        self.request = self.compiled.create_infer_request()
        self.arrays = feeds
        for name, array in feeds.items():
            self.request.set_tensor(name, openvino.Tensor(array, shared_memory=True))
        # Without an argument nothing is dispatched; shared results are not copied.
        self.run = lambda: self.request.infer(share_outputs=True)

    def outputs(self):
        return [self.request.get_tensor(port).data for port in self.compiled.outputs]


class OpenVinoStatic(OpenVino):
    """OpenVINO on a model whose sizes it knows when it compiles."""

    static = True


PEERS = {"onnxruntime": OnnxRuntime, "openvino": OpenVino, "openvino-static": OpenVinoStatic}
ENGINES = {"attune": Attune, **PEERS}
TITLES = {"attune": "attune", "onnxruntime": "ONNX Runtime", "openvino": "OpenVINO",
          "openvino-static": "OpenVINO static"}


def installed(peer):
    return importlib.util.find_spec(PEERS[peer].package) is not None


def version(peer):
    return importlib.metadata.version(PEERS[peer].package)
