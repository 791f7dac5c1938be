"""A pass: one record, one .cpp, one test, one name."""

import re

from . import edit

# area: (flag prefix, headers and records, sources, library, namespace, operation)
AREAS = {
    "transformer": ("transformer-", "Dialect/Transformer/Transforms", "AttuneTransformerTransforms",
                    "attune::transformer", "::mlir::func::FuncOp"),
    "backend": ("", "Backend/Common", "AttuneBackendCommon", "attune::backend", "::mlir::ModuleOp"),
    "cpu": ("cpu-", "Backend/CPU", "AttuneBackendCPU", "attune::cpu", "::mlir::ModuleOp"),
}

RECORD = """
def {name}Pass : Pass<"{flag}", "{operation}"> {{
  let summary = "{words}";
  let description = [{{
    Leaves everything as it is, until what it does is written here with the IR before and after.
  }}];
}}
"""

SOURCE = """// {sentence}.
#include "attune/{place}/Passes.h"

#define DEBUG_TYPE "{flag}"

namespace {namespace} {{
#define GEN_PASS_DEF_{upper}PASS
#include "attune/{place}/Passes.h.inc"
}} // namespace {namespace}

namespace {{
struct {name} : {namespace}::impl::{name}PassBase<{name}> {{
  void runOnOperation() override {{ markAllAnalysesPreserved(); }}
}};
}} // namespace
"""

TEST = """// {sentence}.
// RUN: attune-opt %s --{flag} | FileCheck %s

// CHECK-LABEL: func.func @unchanged
// CHECK-SAME: (%[[X:.*]]: tensor<4xf32>)
func.func @unchanged(%x: tensor<4xf32>) -> tensor<4xf32> {{
  // CHECK-NEXT: return %[[X]]
  return %x : tensor<4xf32>
}}
"""


def make(tree, name, area):
    """Adds the pass and returns what is left to do by hand."""
    if not re.fullmatch(r"[a-z][a-z0-9]*(-[a-z0-9]+)+", name):
        raise SystemExit("new: a pass is named verb-object in kebab case, as fuse-norm")
    prefix, place, library, namespace, operation = AREAS[area]
    if prefix and name.startswith(prefix):
        name = name[len(prefix):]
    words = name.replace("-", " ")
    fill = dict(name=edit.camel(name), upper=edit.camel(name).upper(), flag=prefix + name, words=words,
                sentence=words.capitalize(), place=place, namespace=namespace, operation=operation)
    records = f"include/attune/{place}/Passes.td"
    if f'"{fill["flag"]}"' in tree.read(records):
        raise SystemExit(f"new: {records} has a pass {fill['flag']} already")
    tree.insert_before(records, "#endif", RECORD.format(**fill).lstrip("\n") + "\n")
    tree.create(f"lib/{place}/{fill['name']}.cpp", SOURCE.format(**fill))
    tree.add_source(f"lib/{place}/CMakeLists.txt", library, f"{fill['name']}.cpp")
    tree.create(f"test/{place}/{name}.mlir", TEST.format(**fill))
    return ["write what it does, in the record, the source and the test",
            "lib/Pipelines/Pipelines.cpp, if a pipeline runs it", "CHANGELOG.md"]
