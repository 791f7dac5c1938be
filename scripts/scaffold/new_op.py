"""An op of the transformer dialect, with everything that a first one-operand op needs."""

import re

from . import edit

FAMILIES = ("Plain", "Attention", "SequenceMixing", "Token", "Norm", "Position", "FeedForward", "Quant")
IR = "lib/Dialect/Transformer/IR"
TD = "include/attune/Dialect/Transformer/IR"
LINALG = "lib/Conversion/TransformerToLinalg"

SPEC_HEAD = """# The {words} family

What each op computes, and its constraints. Verifiers and negative tests quote the labels.
"""

SPEC = """
## `transformer.{name}`

result[i] = input[i], until the formula is written here.

| label | constraint |
|---|---|
| {name}.C1 | `dims` is the shape: static dimensions agree with the type |
"""

FAMILY_TD = """// The {words} family.
#ifndef ATTUNE_DIALECT_TRANSFORMER_IR_{upper}_TD
#define ATTUNE_DIALECT_TRANSFORMER_IR_{upper}_TD

include "attune/Dialect/Transformer/IR/TransformerAttrs.td"
include "attune/Dialect/Transformer/IR/TransformerInterfaces.td"
include "mlir/Interfaces/InferTypeOpInterface.td"
include "mlir/Interfaces/SideEffectInterfaces.td"

#endif
"""

RECORD = """def Transformer_{op}Op : Transformer_Op<"{name}", [Pure, AllTypesMatch<["input", "result"]>,
    DeclareOpInterfaceMethods<Transformer_SymbolicShapeInterface>]> {{
  let summary = "{spoken}";
  let description = [{{
    result = input, until the formula is written here.

    ```mlir
    %y = transformer.{name} %x dims ["batch", 4] : tensor<?x4xf32>
    ```
  }}];
  let arguments = (ins AnyRankedTensor:$input, ArrayAttr:$dims);
  let results = (outs AnyRankedTensor:$result);
  let assemblyFormat = "$input `dims` $dims attr-dict `:` type($input)";
  let hasVerifier = 1;
}}

"""

FAMILY_CPP = """// The {words} family: verifiers and shapes.
#include "attune/Dialect/Transformer/IR/TransformerDialect.h"

using namespace mlir;
using namespace attune::transformer;
"""

VERIFIER = """
ArrayAttr {op}Op::getResultDims(unsigned) {{ return getDims(); }}

LogicalResult {op}Op::verify() {{
  auto type = cast<RankedTensorType>(getInput().getType());
  // ({name}.C1) dims is the shape
  if (typeFor(getDims(), type.getElementType()) != type)
    return emitOpError("({name}.C1) dims does not match the type");
  return success();
}}
"""

OPS_HEAD = """// The {words} family: what is written is what is read.
// RUN: attune-opt %s | FileCheck %s
"""

OPS = """
// CHECK-LABEL: func.func @{name}
func.func @{name}(%x: tensor<?x4xf32>) -> tensor<?x4xf32> {{
  // CHECK: transformer.{name} %{{{{.*}}}} dims ["batch", 4] : tensor<?x4xf32>
  %y = transformer.{name} %x dims ["batch", 4] : tensor<?x4xf32>
  return %y : tensor<?x4xf32>
}}
"""

INVALID_HEAD = """// The {words} family: every constraint, broken.
// RUN: attune-opt %s -split-input-file -verify-diagnostics
"""

INVALID = """
func.func @{name}_c1(%x: tensor<?x4xf32>) -> tensor<?x4xf32> {{
  // expected-error @below {{{{({name}.C1) dims does not match the type}}}}
  %y = transformer.{name} %x dims ["batch", 5] : tensor<?x4xf32>
  return %y : tensor<?x4xf32>
}}
"""

LOWERING_HEAD = """// The {words} family as linalg: what each op means, on every backend.
#include "PopulatePatterns.h"

using namespace mlir;
using namespace attune;

namespace {{

}} // namespace

void attune::populate{file}ToLinalgPatterns(RewritePatternSet &patterns) {{
}}
"""

PATTERN = """struct {op}Pattern : OpRewritePattern<transformer::{op}Op> {{
  using OpRewritePattern::OpRewritePattern;

  LogicalResult matchAndRewrite(transformer::{op}Op op, PatternRewriter &rewriter) const override {{
    KernelBuilder b(rewriter, op);
    FailureOr<Sizes> sizes = b.sizes(op.getDims());
    if (failed(sizes))
      return failure();
    Type type = cast<RankedTensorType>(op.getInput().getType()).getElementType();
    AffineMap whole = b.getMultiDimIdentityMap(sizes->size());
    Value result = b.generic(op.getInput(), b.empty(*sizes, type), {{whole, whole}},
                             [&](ValueRange args) {{ return args[0]; }});
    rewriter.replaceOp(op, result);
    return success();
  }}
}};

"""

LOWERING_TEST = """// {spoken_upper}: its plain lowering.
// RUN: attune-opt %s --convert-graph-to-linalg | FileCheck %s

// CHECK-LABEL: func.func @{name}
// CHECK-NOT: transformer.
// CHECK: linalg.generic
func.func @{name}(%in: memref<?x4xf32, strided<[?, 1], offset: ?>>,
    %out: memref<?x4xf32, strided<[?, 1], offset: ?>>, %batch: index)
    attributes {{exec.words = ["batch"], exec.inputs = 1, exec.root = "test"}} {{
  %x = bufferization.to_tensor %in restrict
      : memref<?x4xf32, strided<[?, 1], offset: ?>> to tensor<?x4xf32>
  %y = transformer.{name} %x dims ["batch", 4] : tensor<?x4xf32>
  bufferization.materialize_in_destination %y in restrict writable %out
      : (tensor<?x4xf32>, memref<?x4xf32, strided<[?, 1], offset: ?>>) -> ()
  return
}}
"""

NUMERICAL = '''"""{name}: against NumPy in double."""

from case import Case, Tensor

X = Tensor(["n", 37])


def reference(x, n):
    return [(x, 0)]


TEXT = f"%out0 = transformer.{name} %in0 dims {{X.attribute()}} : {{X.type()}}"
CASES = [Case("{name}", [X], [X], TEXT, reference, [{{"n": n}} for n in (0, 1, 5)])]


def test_{name}(executor, numerical_case, verify):
    verify(executor, *numerical_case)
'''


def make(tree, name, family):
    """Adds the op and returns what is left to do by hand."""
    if not re.fullmatch(r"[a-z][a-z0-9]*(_[a-z0-9]+)*", name):
        raise SystemExit("new: an op is named in snake case, as linear_attention")
    words = edit.kebab(family).replace("-", " ")
    spoken = name.replace("_", " ")
    fill = dict(name=name, op=edit.camel(name), words=words, spoken=spoken, upper=family.upper(),
                spoken_upper=spoken.capitalize(), family=family)
    if any(f'Op<"{name}"' in tree.read(f"{TD}/{f}.td") for f in FAMILIES if tree.exists(f"{TD}/{f}.td")):
        raise SystemExit(f"new: transformer.{name} exists already")
    _define(tree, fill)
    _test_ir(tree, fill)
    _lower(tree, fill)
    tree.create(f"test/numerical/test_{name}.py", NUMERICAL.format(**fill))
    return [f"write what it computes, in docs/Spec/{family}.md, the record, the lowering and the tests",
            f"lib/Conversion/ONNXToGraph: import it; GraphToONNX: write it back",
            "one program in test/Integration", "CHANGELOG.md"]


def _define(tree, fill):
    spec, td, cpp = (p.format(**fill) for p in
                     ("docs/Spec/{family}.md", TD + "/{family}.td", IR + "/{family}Ops.cpp"))
    if not tree.exists(spec):
        tree.create(spec, SPEC_HEAD.format(**fill))
    tree.append(spec, SPEC.format(**fill))
    if not tree.exists(td):
        tree.create(td, FAMILY_TD.format(**fill))
        umbrella = f"{TD}/TransformerOps.td"
        include = f'include "attune/Dialect/Transformer/IR/{fill["family"]}.td"\n'
        tree.insert_after_last(umbrella, "include ", include)
    tree.insert_before(td, "#endif", RECORD.format(**fill))
    if not tree.exists(cpp):
        tree.create(cpp, FAMILY_CPP.format(**fill))
        tree.add_source(f"{IR}/CMakeLists.txt", "AttuneTransformer", f"{fill['family']}Ops.cpp")
    tree.append(cpp, VERIFIER.format(**fill))


def _test_ir(tree, fill):
    family = edit.kebab(fill["family"])
    folder = "test/Dialect/Transformer/IR"
    ops, invalid = f"{folder}/{family}-ops.mlir", f"{folder}/{family}-invalid.mlir"
    if not tree.exists(ops):
        tree.create(ops, OPS_HEAD.format(**fill))
    tree.append(ops, OPS.format(**fill))
    if tree.exists(invalid):
        tree.append(invalid, "\n// -----\n")
    else:
        tree.create(invalid, INVALID_HEAD.format(**fill))
    tree.append(invalid, INVALID.format(**fill))


def _lower(tree, fill):
    """Into the family's file of patterns; the norm family's was named for what it does."""
    file = {"Norm": "Normalize"}.get(fill["family"], fill["family"])
    fill = dict(fill, file=file)
    path = f"{LINALG}/{file}.cpp"
    if not tree.exists(path):
        tree.create(path, LOWERING_HEAD.format(**fill))
        tree.add_source(f"{LINALG}/CMakeLists.txt", "AttuneTransformerToLinalg", f"{file}.cpp")
        header, wiring = f"{LINALG}/PopulatePatterns.h", f"{LINALG}/TransformerToLinalg.cpp"
        declared = f"void populate{file}ToLinalgPatterns(mlir::RewritePatternSet &patterns);\n"
        tree.insert_before(header, "} // namespace attune",
                           f"/// The {fill['words']} family.\n{declared}\n")
        tree.insert_before(wiring, "}", f"  populate{file}ToLinalgPatterns(patterns);\n")
    tree.insert_before(path, "} // namespace", PATTERN.format(**fill))
    tree.insert_before(path, "}", f"  patterns.add<{fill['op']}Pattern>(patterns.getContext());\n")
    test = f"test/Conversion/TransformerToLinalg/{edit.kebab(fill['name'])}.mlir"
    tree.create(test, LOWERING_TEST.format(**fill))
