// What is safe to feed follows from the uses: an index is bounded by its axis (also through
// reshapes, the tightest use wins), what is only tested is a mask, the rest stays unknown.
// RUN: attune compile %s --emit=onnx | FileCheck %s

// CHECK-LABEL: func.func @main(
// CHECK-SAME: attune.name = "ids", attune.range = [0, 6]
// CHECK-SAME: attune.name = "mask", attune.role = "mask"
// CHECK-SAME: attune.name = "count"}
// CHECK-SAME: attune.name = "real"}
func.func @main(%ids: tensor<?xsi64> {attune.name = "ids", attune.dims = ["seq"]},
                %mask: tensor<?xsi64> {attune.name = "mask", attune.dims = ["seq"]},
                %count: tensor<1xsi64> {attune.name = "count", attune.dims = [1]},
                %real: tensor<?xf32> {attune.name = "real", attune.dims = ["seq"]})
    -> (tensor<?x4xf32> {attune.name = "y", attune.dims = ["seq", 4]}) {
  %large = onnx.constant (dense<1.0> : tensor<9x4xf32>) : tensor<9x4xf32>
  %small = onnx.constant (dense<1.0> : tensor<4x7xf32>) : tensor<4x7xf32>
  %a = onnx.node "Gather"(%large, %ids) {version = 17 : i64} : (tensor<9x4xf32>, tensor<?xsi64>) -> tensor<?x4xf32>
  %same = onnx.node "Identity"(%ids) {version = 17 : i64} : (tensor<?xsi64>) -> tensor<?xsi64>
  %b = onnx.node "Gather"(%small, %same) {version = 17 : i64, node_attributes = {axis = -1 : i64}} : (tensor<4x7xf32>, tensor<?xsi64>) -> tensor<4x?xf32>
  %live = onnx.node "Cast"(%mask) {version = 17 : i64, node_attributes = {to = 9 : i64}} : (tensor<?xsi64>) -> tensor<?xi1>
  %shape = onnx.node "Shape"(%mask) {version = 17 : i64} : (tensor<?xsi64>) -> tensor<1xsi64>
  %more = onnx.node "Add"(%shape, %count) {version = 17 : i64} : (tensor<1xsi64>, tensor<1xsi64>) -> tensor<1xsi64>
  return %a : tensor<?x4xf32>
}
