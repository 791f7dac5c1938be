// Gathers stay onnx.node with explicit axes; constants and splats fold.
// RUN: attune-opt %s -split-input-file -convert-onnx-to-graph | FileCheck %s

// CHECK-LABEL: func.func @kept
// CHECK: onnx.node "Gather"(%arg0, %arg1) {dims = {{\[\[}}100, "batch", "seq"]], node_attributes = {axis = 1 : i64}
// CHECK-SAME: (tensor<100x8xf32>, tensor<?x?xi64>) -> tensor<100x?x?xf32>
// CHECK: onnx.node "GatherElements"(%arg0, %arg2) {dims = {{\[\[}}100, 3]], node_attributes = {axis = 1 : i64}
// CHECK: onnx.node "GatherND"(%arg0, %arg3) {dims = {{\[\[}}"batch"]], node_attributes = {batch_dims = 0 : i64}
func.func @kept(%x: tensor<100x8xf32>, %i: tensor<?x?xsi64> {attune.dims = ["batch", "seq"]},
                %j: tensor<100x3xsi64>, %k: tensor<?x2xsi64> {attune.dims = ["batch", 2]})
    -> (tensor<100x?x?xf32>, tensor<100x3xf32>, tensor<?xf32>) {
  %0 = onnx.node "Gather"(%x, %i) {version = 18 : i64, node_attributes = {axis = -1 : i64}} : (tensor<100x8xf32>, tensor<?x?xsi64>) -> tensor<100x?x?xf32>
  %1 = onnx.node "GatherElements"(%x, %j) {version = 18 : i64, node_attributes = {axis = 1 : i64}} : (tensor<100x8xf32>, tensor<100x3xsi64>) -> tensor<100x3xf32>
  %2 = onnx.node "GatherND"(%x, %k) {version = 18 : i64} : (tensor<100x8xf32>, tensor<?x2xsi64>) -> tensor<?xf32>
  return %0, %1, %2 : tensor<100x?x?xf32>, tensor<100x3xf32>, tensor<?xf32>
}

// -----

// CHECK-LABEL: func.func @folded
// CHECK-DAG: arith.constant dense<{{\[\[}}3, 4], [1, 2]]> : tensor<2x2xi64>
// CHECK-DAG: arith.constant dense<{{\[\[}}2, 1], [3, 4]]> : tensor<2x2xi64>
// CHECK-DAG: arith.constant dense<[4, 1]> : tensor<2xi64>
// CHECK: transformer.map() dims ["n", 2]
// CHECK-NEXT: arith.constant 7 : i64
func.func @folded(%n: tensor<?xsi64> {attune.dims = ["n"]})
    -> (tensor<2x2xsi64>, tensor<2x2xsi64>, tensor<2xsi64>, tensor<?x2xsi64>) {
  %x = onnx.constant(dense<[[1, 2], [3, 4]]> : tensor<2x2xsi64>) : tensor<2x2xsi64>
  %i = onnx.constant(dense<[-1, 0]> : tensor<2xsi64>) : tensor<2xsi64>
  %j = onnx.constant(dense<[[1, 0], [0, 1]]> : tensor<2x2xsi64>) : tensor<2x2xsi64>
  %k = onnx.constant(dense<[[1, 1], [0, 0]]> : tensor<2x2xsi64>) : tensor<2x2xsi64>
  %s = onnx.constant(dense<7> : tensor<2x2xsi64>) : tensor<2x2xsi64>
  %0 = onnx.node "Gather"(%x, %i) {version = 18 : i64} : (tensor<2x2xsi64>, tensor<2xsi64>) -> tensor<2x2xsi64>
  %1 = onnx.node "GatherElements"(%x, %j) {version = 18 : i64, node_attributes = {axis = 1 : i64}} : (tensor<2x2xsi64>, tensor<2x2xsi64>) -> tensor<2x2xsi64>
  %2 = onnx.node "GatherND"(%x, %k) {version = 18 : i64} : (tensor<2x2xsi64>, tensor<2x2xsi64>) -> tensor<2xsi64>
  %3 = onnx.node "Gather"(%s, %n) {version = 18 : i64} : (tensor<2x2xsi64>, tensor<?xsi64>) -> tensor<?x2xsi64>
  return %0, %1, %2, %3 : tensor<2x2xsi64>, tensor<2x2xsi64>, tensor<2xsi64>, tensor<?x2xsi64>
}
