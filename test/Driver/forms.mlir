// Standard input, forms that are saved, passes that are printed and timed, and what is refused.
// RUN: attune compile - --emit=graph < %s | FileCheck %s
// RUN: rm -rf %t && attune compile %s -q --save-forms %t.forms -o %t.attune
// RUN: FileCheck %s < %t.forms/graph.mlir
// RUN: FileCheck %s --check-prefix=TENSOR < %t.forms/tensor.mlir
// RUN: attune compile %t.forms/device.mlir -q -o %t.device.attune && cmp %t.attune %t.device.attune
// RUN: attune compile %s --emit=graph --print-after=verify-graph-form --time-passes 2>&1 >/dev/null \
// RUN:   | FileCheck %s --check-prefix=TRACE
// RUN: attune compile %s --emit=llvm | FileCheck %s --check-prefix=LLVM
// RUN: attune compile %s --emit=graph --json | FileCheck %s --check-prefix=JSON
// RUN: attune compile %s --emit=graph --passes='builtin.module(canonicalize)' | FileCheck %s
// RUN: not attune compile %t.forms/graph.mlir --emit=onnx 2>&1 | FileCheck %s --check-prefix=BACK
// RUN: not attune compile - --emit=artifact < %s 2>&1 | FileCheck %s --check-prefix=STDIN

// CHECK: transformer.map
// TENSOR: exec.dispatch
// TRACE: // after verify-graph-form on builtin.module
// TRACE: seconds runs pass
// TRACE: convert-onnx-to-graph
// LLVM: define
// JSON: "schema": 1,
// JSON: "emit": "graph",
// JSON: "text": "{{.*}}transformer.map
// BACK: error: '{{.*}}graph.mlir' is already in the graph form
// STDIN: error: a model from standard input needs -o

func.func @main(%x: tensor<?x8xf32> {attune.name = "x", attune.dims = ["batch", 8]})
    -> (tensor<?x8xf32> {attune.name = "y", attune.dims = ["batch", 8]}) {
  %y = onnx.node "Exp"(%x) {version = 17 : i64} : (tensor<?x8xf32>) -> tensor<?x8xf32> loc(#node)
  return %y : tensor<?x8xf32>
}
#node = loc("grow"("Exp"))
