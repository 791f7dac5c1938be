// A size that a node fixes: everything has it, the inputs keep their dimension, the guard stays.
// RUN: attune-opt %s -convert-onnx-to-graph | FileCheck %s

// CHECK: func.func @frozen(%arg0: tensor<?x?xf32> {attune.dims = ["b", "s"], attune.name = "x"},
// CHECK-SAME: %arg1: tensor<?xf32> {attune.dims = ["s"]})
// CHECK-SAME: -> (tensor<?x7xf32> {attune.dims = ["b", 7]}, tensor<7x1xf32> {attune.dims = [7, 1]})
// CHECK-SAME: attune.guards = [{lhs = "s", node = "cut", relation = "eq", rhs = "7"}]
// CHECK: %[[X:.*]] = transformer.reshape %arg0 dims ["b", 7] : tensor<?x?xf32> -> tensor<?x7xf32>
// CHECK: %[[Y:.*]] = transformer.reshape %arg1 dims [7] : tensor<?xf32> -> tensor<7xf32>
// CHECK: transformer.map(%[[X]], %[[Y]] : tensor<?x7xf32>, tensor<7xf32>) dims ["b", 7]
func.func @frozen(%x: tensor<?x?xf32> {attune.name = "x", attune.dims = ["b", "s"]},
                  %y: tensor<?xf32> {attune.dims = ["s"]}) -> (tensor<?x?xf32>, tensor<7x1xf32>) {
  %sum = onnx.node "Add"(%x, %y) {version = 18 : i64} : (tensor<?x?xf32>, tensor<?xf32>) -> tensor<?x?xf32>
  %shape = onnx.constant(dense<[7, 1]> : tensor<2xsi64>) : tensor<2xsi64>
  %cut = onnx.node "Reshape"(%y, %shape) {version = 18 : i64} : (tensor<?xf32>, tensor<2xsi64>) -> tensor<7x1xf32> loc("cut"("Reshape"))
  return %sum, %cut : tensor<?x?xf32>, tensor<7x1xf32>
}
