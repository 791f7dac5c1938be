"""Ways to run a case: its plain lowering to loops, or the whole way through `attune`."""

import ctypes
import os
import pathlib
import shutil
import subprocess

import numpy as np

from case import DTYPES, evaluate

ROOT = pathlib.Path(__file__).resolve().parents[2]
LLVM_BIN = pathlib.Path(os.environ.get("ATTUNE_LLVM_BIN", "/usr/lib/llvm-22/bin"))

# From linalg on tensors to LLVM, with nothing that is ours: slow and as plain as can be.
PLAIN_PASSES = ",".join([
    "func.func(llvm-request-c-wrappers,eliminate-empty-tensors)", "one-shot-bufferize", "canonicalize",
    "func.func(convert-linalg-to-loops)", "expand-strided-metadata", "lower-affine",
    "convert-scf-to-cf", "math-extend-to-supported-types", "arith-expand{include-bf16}",
    "convert-math-to-llvm", "convert-math-to-libm", "finalize-memref-to-llvm",
    "convert-func-to-llvm", "convert-cf-to-llvm",
    "convert-arith-to-llvm", "convert-index-to-llvm", "reconcile-unrealized-casts",
])


def tool(name, variable):
    """A built tool: from the environment, the build folder, or PATH."""
    if os.environ.get(variable):
        return os.environ[variable]
    built = ROOT / os.environ.get("ATTUNE_BUILD_DIR", "build") / "bin" / name
    return str(built) if built.exists() else shutil.which(name)


def has_level(level):
    """Whether this machine can run what was compiled for a CPU level."""
    with open("/proc/cpuinfo") as f:
        flags = f.read()
    return {"x86-64-v3": "avx2", "x86-64-v4": "avx512vl"}.get(level, "") in flags


def run(command, cwd):
    done = subprocess.run([str(c) for c in command], cwd=cwd, capture_output=True, text=True)
    if done.returncode:
        raise RuntimeError(f"{' '.join(map(str, command))}\nexit {done.returncode}\n{done.stderr[:4000]}")
    return done.stdout


class PlainExecutor:
    """convert-graph-to-linalg, then upstream's own lowerings, called through ctypes."""

    name = "plain"

    def __init__(self, folder):
        self.folder = pathlib.Path(folder)
        self.attune_opt = tool("attune-opt", "ATTUNE_OPT")
        self.compiled = {}

    def available(self):
        return self.attune_opt is not None

    def prepare(self, cases):
        """Compiles the cases into one library; one by one if that fails, to know which."""
        try:
            self.compile(cases, self.folder / "all")
        except (RuntimeError, OSError):
            for case in cases:
                try:
                    self.compile([case], self.folder / case.name)
                except (RuntimeError, OSError) as error:
                    self.compiled[case.name] = error

    def compile(self, cases, folder):
        folder.mkdir()
        (folder / "kernels.mlir").write_text(
            "module @kernels {\n" + "\n".join(kernel_text(case) for case in cases) + "}\n")
        run([self.attune_opt, "kernels.mlir", "--convert-graph-to-linalg", "-o", "linalg.mlir"], folder)
        run([LLVM_BIN / "mlir-opt", "linalg.mlir", "--allow-unregistered-dialect",
             f"--pass-pipeline=builtin.module({PLAIN_PASSES})", "-o", "llvm.mlir"], folder)
        run([LLVM_BIN / "mlir-translate", "--mlir-to-llvmir", "llvm.mlir", "-o", "kernels.ll"], folder)
        run([LLVM_BIN / "clang-22" if (LLVM_BIN / "clang-22").exists() else LLVM_BIN / "clang", "-O1",
             "-shared", "-fPIC", "-Wno-override-module", "-x", "ir", "kernels.ll", "-o", "kernels.so",
             f"-L{LLVM_BIN.parent}/lib", "-lmlir_c_runner_utils", f"-Wl,-rpath,{LLVM_BIN.parent}/lib",
             "-lm"], folder)
        library = ctypes.CDLL(str(folder / "kernels.so"))
        for case in cases:
            self.compiled[case.name] = library[f"_mlir_ciface_{case.name}"]

    def __call__(self, case, arrays, symbols):
        if isinstance(self.compiled[case.name], Exception):
            raise self.compiled[case.name]
        operands = [PaddedBuffer(a.shape, a.dtype) for a in arrays]
        for operand, array in zip(operands, arrays):
            operand.view[...] = array
        results = [PaddedBuffer(t.shape(symbols), DTYPES[t.dtype]) for t in case.results]
        buffers = operands + results
        words = [ctypes.c_int64(evaluate(word, symbols)) for word in case.words()]
        self.compiled[case.name](*[ctypes.byref(b.descriptor) for b in buffers], *words)
        for buffer in buffers:
            assert buffer.intact(), "a kernel wrote outside its buffer's elements"
        for operand, array in zip(operands, arrays):
            assert operand.view.tobytes() == array.tobytes(), "a kernel wrote into an input"
        return [result.view.copy() for result in results]


class CommandLineExecutor:
    """`attune compile` of graph form and `attune run`, as a user would."""

    name = "attune"

    def __init__(self, folder):
        self.folder = pathlib.Path(folder)
        self.attune = tool("attune", "ATTUNE")
        self.compiled = {}
        self.runs = 0

    def available(self):
        return self.attune is not None

    def prepare(self, cases):
        """Each case compiles when it first runs."""

    def compile(self, case, folder):
        folder.mkdir()
        (folder / "form.mlir").write_text(graph_text(case))
        try:
            run([self.attune, "compile", "form.mlir", "-o", "case.attune"], folder)
            self.compiled[case.name] = None
        except RuntimeError as error:
            self.compiled[case.name] = error

    def __call__(self, case, arrays, symbols):
        folder = self.folder / case.name
        if case.name not in self.compiled:
            self.compile(case, folder)
        if self.compiled[case.name]:
            raise self.compiled[case.name]
        self.runs += 1
        out = folder / f"out{self.runs}"
        command = [self.attune, "run", "case.attune", "--output-dir", out]
        for index, array in enumerate(arrays):
            np.save(folder / f"in{index}.npy", array)
            command += ["--input", f"in{index}=in{index}.npy"]
        run(command, folder)
        # .npy has no name for bf16: it comes as two opaque bytes.
        loaded = [np.load(out / f"out{i}.npy") for i in range(len(case.results))]
        return [a.view(DTYPES[t.dtype]) if a.dtype.kind == "V" else a
                for a, t in zip(loaded, case.results)]


class PaddedBuffer:
    """An array inside a larger one: rows padded, an offset in front, a known pattern around."""

    PAD = 3

    def __init__(self, shape, dtype):
        padded = shape[:-1] + (shape[-1] + self.PAD,) if shape else shape
        count = int(np.prod(padded, dtype=np.int64))
        self.whole = np.frombuffer(bytearray(b"\xa5" * ((count + 2 * self.PAD) * dtype.itemsize)), dtype)
        rows = self.whole[self.PAD:self.PAD + count].reshape(padded)
        self.view = rows[..., :shape[-1]] if shape else rows
        self.marks = np.zeros(self.whole.shape, bool)
        inside = self.marks[self.PAD:self.PAD + count].reshape(padded)
        (inside[..., :shape[-1]] if shape else inside)[...] = True
        rank = len(shape)
        strides = [s // dtype.itemsize for s in self.view.strides]
        sizes = ctypes.c_int64 * rank

        class Descriptor(ctypes.Structure):
            _fields_ = [("allocated", ctypes.c_void_p), ("aligned", ctypes.c_void_p),
                        ("offset", ctypes.c_int64), ("sizes", sizes), ("strides", sizes)]

        base = self.whole.ctypes.data
        self.descriptor = Descriptor(base, base, self.PAD, sizes(*shape), sizes(*strides))

    def intact(self):
        width = self.whole.dtype.itemsize
        return (self.whole.view(np.uint8).reshape(-1, width)[~self.marks] == 0xA5).all()


def kernel_text(case):
    """The case as a kernel of tensor form."""
    words = case.words()
    args = [f"%buf_in{i}: {t.buffer()} {{attune.dims = {t.attribute()}}}" for i, t in enumerate(case.inputs)]
    args += [f"%buf_out{i}: {t.buffer()} {{attune.dims = {t.attribute()}}}" for i, t in enumerate(case.results)]
    args += [f"%w{i}: index" for i in range(len(words))]
    names = ", ".join(f'"{word}"' for word in words)
    lines = [f"func.func @{case.name}({', '.join(args)})",
             f'    attributes {{exec.words = [{names}], exec.inputs = {len(case.inputs)}, exec.root = "test"}} {{']
    lines += [f"%in{i} = bufferization.to_tensor %buf_in{i} restrict : {t.buffer()} to {t.type()}"
              for i, t in enumerate(case.inputs)]
    lines.append(case.body)
    lines += [f"bufferization.materialize_in_destination %out{i} in restrict writable %buf_out{i}"
              f" : ({t.type()}, {t.buffer()}) -> ()" for i, t in enumerate(case.results)]
    return "\n".join(lines + ["return", "}", ""])


def graph_text(case):
    """The case as a model in graph form."""
    def named(tensor, name):
        return f'{{attune.name = "{name}", attune.dims = {tensor.attribute()}}}'
    args = ", ".join(f"%in{i}: {t.type()} {named(t, f'in{i}')}" for i, t in enumerate(case.inputs))
    results = ", ".join(f"{t.type()} {named(t, f'out{i}')}" for i, t in enumerate(case.results))
    values = ", ".join(f"%out{i}" for i in range(len(case.results)))
    types = ", ".join(t.type() for t in case.results)
    return (f"module {{\nfunc.func @main({args}) -> ({results}) {{\n{case.body}\n"
            f"return {values} : {types}\n}}\n}}\n")


EXECUTORS = (PlainExecutor, CommandLineExecutor)
