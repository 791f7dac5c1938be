// Dimension options that cannot be.
// RUN: not attune-opt %s "-convert-onnx-to-graph=dims=foo=4" 2>&1 | FileCheck %s --check-prefix=NAME
// RUN: not attune-opt %s "-convert-onnx-to-graph=dims=n=9..4" 2>&1 | FileCheck %s --check-prefix=RANGE
// RUN: not attune-opt %s "-convert-onnx-to-graph=dims=n=1..4,n=8" 2>&1 | FileCheck %s --check-prefix=EMPTY
// RUN: not attune-opt %s "-convert-onnx-to-graph=dims=n=9" 2>&1 | FileCheck %s --check-prefix=GUARD

// NAME: no dimension is named 'foo'
// RANGE: 'n=9..4' is no dimension
// EMPTY: dimension 'n' has no value left
// GUARD: Add 'sum': shapes [9] and [8] do not broadcast
func.func @main(%x: tensor<?xf32> {attune.dims = ["n"]}, %y: tensor<8xf32>) -> tensor<?xf32> {
  %0 = onnx.node "Add"(%x, %y) {version = 18 : i64} : (tensor<?xf32>, tensor<8xf32>) -> tensor<?xf32> loc("sum"("Add"))
  return %0 : tensor<?xf32>
}
