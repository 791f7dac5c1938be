"""Guards models with lit: every .test in this folder states what attune sees in a model.

    build_encoder.py encoder.onnx             the model to guard; yours comes from elsewhere
    scripts/new guard encoder.onnx            wrote encoder.test
    lit .                                     fails when a fact changes

attune and FileCheck must be on PATH, or ATTUNE_BIN and LLVM_BIN name their folders.
"""

import os

import lit.formats

config.name = "models"
config.test_format = lit.formats.ShTest(execute_external=False)
config.suffixes = [".test"]
config.test_source_root = os.path.dirname(__file__)
config.test_exec_root = os.environ.get("LIT_OUTPUT", config.test_source_root)
config.environment["PATH"] = os.pathsep.join(
    [*(os.environ[k] for k in ("ATTUNE_BIN", "LLVM_BIN") if k in os.environ), os.environ["PATH"]])
