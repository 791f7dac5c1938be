"""How lit runs the tests under this folder, on a build: `lit build/test`.

Every input of attune-opt is also round-tripped through text and bytecode, unless lit gets
`-D round_trip=0`. Our tools and LLVM's (FileCheck, not, split-file) are on PATH.
"""

import os
import platform

import lit.formats

config.name = "attune"
config.test_format = lit.formats.ShTest(execute_external=False)
config.suffixes = [".mlir", ".test"]
config.excludes = ["unit", "models", "numerical", "hostile", "examples", "Inputs", "CMakeLists.txt"]
config.test_source_root = os.path.dirname(__file__)
config.test_exec_root = os.path.join(config.attune_binary_root, "test")

config.environment["PATH"] = os.pathsep.join(
    [config.attune_tools_dir, config.llvm_tools_dir, os.environ.get("PATH", "")]
)

attune_opt = os.path.join(config.attune_tools_dir, "attune-opt")
if lit_config.params.get("round_trip", "1") != "0":
    attune_opt += " --verify-roundtrip"
config.substitutions.append((r"(?<![-./\w])attune-opt\b(?!-)", attune_opt))

python = os.path.join(config.attune_source_root, ".venv", "bin", "python")
config.substitutions.append(("%python", python))

# What a test may ask for with REQUIRES.
if platform.machine() in ("x86_64", "AMD64"):
    config.available_features.add("x86-64")
if os.path.exists("/proc/cpuinfo"):
    with open("/proc/cpuinfo") as cpuinfo:
        flags = next((line for line in cpuinfo if line.startswith("flags")), "").split()
    for feature in ("avx2", "avx512f", "avx512_vnni"):
        if feature in flags:
            config.available_features.add(feature)
