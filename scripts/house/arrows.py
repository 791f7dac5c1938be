"""What may import what: reads the includes of every room and knows the arrows drawn.

A room is a folder below lib/, include/attune/ or tools/. Upward arrows do not exist:
tools and CAPI over Driver over Pipelines; beside each other Conversion, Backend and
Frontend; under them the dialects; on the ground Runtime and Support.
"""

import re

from . import files

UPSTREAM = ("mlir/", "llvm/", "llvm-c/", "mlir-c/")
ONNX_LIBRARY = ("onnx/", "google/protobuf/")
FORMAT = ("attune/Runtime/Core/ArtifactFormat.h", "attune/Runtime/Core/KernelABI.h")
KERNEL_BUILDER = ("attune/Conversion/KernelBuilder.h", "attune/Conversion/TransformerToLinalg.h")
SUPPORT = ("attune/Support/",)
EXEC = ("attune/Dialect/Exec/",)
TRANSFORMER_IR = ("attune/Dialect/Transformer/IR/",)
BACKEND = UPSTREAM + SUPPORT + EXEC + ("attune/Dialect/Transformer/",)

# room -> what it may include beside itself and the C++ library; the longest fitting room rules.
ROOMS = {
    "Dialect/Exec": UPSTREAM + SUPPORT,
    "Dialect/ONNX": UPSTREAM + SUPPORT,
    "Dialect/Precompiled": UPSTREAM,
    "Dialect/Transformer/IR": UPSTREAM + SUPPORT,
    # Shapes and shape values are inferred through the ONNX nodes that stay (decision 0001).
    "Dialect/Transformer/Analysis": UPSTREAM
    + SUPPORT
    + TRANSFORMER_IR
    + ("attune/Dialect/ONNX/",),
    # The door of the graph form looks at the ONNX nodes that remain.
    "Dialect/Transformer/Transforms": UPSTREAM
    + SUPPORT
    + TRANSFORMER_IR
    + ("attune/Dialect/Transformer/Analysis/", "attune/Dialect/ONNX/"),
    # A weight too large to print is an attribute of the transformer dialect from the start.
    "Frontend/ONNX": UPSTREAM + SUPPORT + ONNX_LIBRARY + TRANSFORMER_IR + ("attune/Dialect/ONNX/",),
    # The element types' numbers are written down once, in the artefact's format.
    "Conversion": UPSTREAM + SUPPORT + ("attune/Dialect/",) + FORMAT,
    # Dispatches are formed of ONNX nodes too; the tables' bytes are written by the runtime's code.
    "Backend/Common": BACKEND
    + FORMAT
    + ("attune/Dialect/ONNX/", "attune/Runtime/Core/TablesBuilder.h"),
    # A generator writes scalar regions and sizes as the plain lowering does (decision 0001).
    # It links in process (decision 0011).
    "Backend/CPU": BACKEND + FORMAT + ("attune/Backend/Common/", "lld/") + KERNEL_BUILDER,
    "Backend/GPU": BACKEND + FORMAT + ("attune/Backend/Common/",),
    "Backend/CUDA": BACKEND + FORMAT + ("attune/Backend/Common/", "attune/Backend/GPU/"),
    "Backend/Vulkan": BACKEND + FORMAT + ("attune/Backend/Common/", "attune/Backend/GPU/"),
    "Pipelines": UPSTREAM
    + SUPPORT
    + ("attune/Dialect/", "attune/Conversion/", "attune/Backend/"),
    # No LLVM: an artefact runs where no compiler is. Error.h is plain C++.
    "Runtime": ("attune/Support/Error.h",),
    "Driver": UPSTREAM
    + SUPPORT
    + ("attune/Pipelines/", "attune/Frontend/", "attune/Runtime/", "attune/Dialect/", "nlohmann/"),
    "CAPI": SUPPORT + ("attune-c/", "attune/Driver/", "attune/Runtime/"),
    "Support": UPSTREAM,
}
TOOLS = UPSTREAM + SUPPORT + (
    "attune-c/",
    "attune/Driver/",
    "attune/Pipelines/",
    "attune/Frontend/",
    "attune/Runtime/",
    "CLI/",
    "nlohmann/",
)
GUARDED = ("attune/", "attune-c/", "mlir/", "llvm/", "llvm-c/", "mlir-c/", "lld/",
           "onnx/", "google/protobuf/", "CLI/", "nlohmann/")
HEAVY = re.compile(r"mlir/InitAll(Dialects|Passes|Extensions)\.h$")
INCLUDE = re.compile(r'^\s*#\s*include\s*[<"]([^>"]+)[>"]', re.M)


def check(paths):
    problems = []
    for path in paths:
        if not path.endswith((".h", ".cpp", ".c")):
            continue
        allowed = _allowed(path)
        if allowed is None:
            continue
        for include in INCLUDE.findall(files.read(path) or ""):
            if HEAVY.match(include) and "Pipelines/InitAll" not in path:
                problems.append(f"{path}: only Pipelines/InitAll.h includes {include}")
            elif include.startswith(GUARDED) and not include.startswith(allowed):
                problems.append(f"{path}: may not include {include}")
    return problems


def _allowed(path):
    """The prefixes a file may include, or None where no rule applies."""
    if path.startswith("tools/"):
        return TOOLS
    if path.startswith(("include/attune-c/", "python/attune/")):
        return ("attune-c/",)
    place = re.match(r"(?:lib|include/attune)/(.*)/[^/]+$", path)
    if not place:
        return None
    fitting = [r for r in ROOMS if place[1] == r or place[1].startswith(r + "/")]
    if not fitting:
        return ("no room is drawn for this folder",)
    room = max(fitting, key=len)
    # Families of one room (Runtime/Core and Runtime/CPU) see each other, siblings do not.
    return ROOMS[room] + (f"attune/{room}/",)
