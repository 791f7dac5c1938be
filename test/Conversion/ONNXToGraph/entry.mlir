// Symbols of the entry: parsed texts, opaque ones, static ones, unsigned element types.
// RUN: attune-opt %s -convert-onnx-to-graph | FileCheck %s
// RUN: attune-opt %s "-convert-onnx-to-graph=dims=batch=4,seq=1..512" | FileCheck %s --check-prefix=FIXED
// RUN: attune-opt %s "-convert-onnx-to-graph=dims=seq=1..512 dims=odd_name=7" | FileCheck %s --check-prefix=NAMED

// CHECK: func.func @main(%arg0: tensor<?x?xf32> {attune.dims = ["batch", "seq"], attune.name = "x"},
// CHECK-SAME: %arg1: tensor<?x?xi8> {attune.dims = ["2 * seq", "past_plus_1"], attune.type = ui8},
// CHECK-SAME: %arg2: tensor<3x?xi64> {attune.dims = [3, "odd_name"], attune.name = "z"},
// CHECK-SAME: %arg3: tensor<?xi1> {attune.dims = ["arg3_d0"]})
// CHECK-SAME: -> (tensor<?x?xf32> {attune.dims = ["batch", "seq"], attune.name = "y"},
// CHECK-SAME: tensor<?x?xi8> {attune.dims = ["2 * seq", "past_plus_1"], attune.type = ui8},
// CHECK-SAME: tensor<3x?xi64> {attune.dims = [3, "odd_name"]}, tensor<?xi1> {attune.dims = ["arg3_d0"]})

// FIXED: module attributes {attune.ranges = {seq = [1, 512]}}
// FIXED: %arg0: tensor<4x?xf32> {attune.dims = [4, "seq"], attune.name = "x"}
// FIXED-SAME: -> (tensor<4x?xf32> {attune.dims = [4, "seq"]
// NAMED: module attributes {attune.ranges = {seq = [1, 512]}}
// NAMED: %arg2: tensor<3x7xi64> {attune.dims = [3, 7], attune.name = "z"}
func.func @main(
    %x: tensor<?x?xf32> {attune.name = "x", attune.dims = ["batch", "seq"]},
    %b: tensor<?x?xui8> {attune.dims = ["seq*2", "past + 1"]},
    %z: tensor<3x?xsi64> {attune.name = "z", attune.dims = [3, "odd name"]},
    %d: tensor<?xi1>)
    -> (tensor<?x?xf32> {attune.name = "y"}, tensor<?x?xui8>, tensor<3x?xsi64>, tensor<?xi1>) {
  %0 = onnx.node "Neg"(%x) {version = 18 : i64} : (tensor<?x?xf32>) -> tensor<?x?xf32>
  %1 = onnx.node "Identity"(%b) {version = 18 : i64} : (tensor<?x?xui8>) -> tensor<?x?xui8>
  return %0, %1, %z, %d : tensor<?x?xf32>, tensor<?x?xui8>, tensor<3x?xsi64>, tensor<?xi1>
}
