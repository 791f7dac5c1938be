// Softmax and normalisations.
// RUN: attune-opt %s -split-input-file -convert-onnx-to-graph | FileCheck %s

// Before opset 13 softmax takes the input as a matrix.
// CHECK-LABEL: func.func @softmax
// CHECK: transformer.softmax %arg0 axis 1 dims ["batch", "seq", 8]
// CHECK: %[[M:.*]] = transformer.reshape %arg0 dims ["batch", "8 * seq"]
// CHECK: %[[S:.*]] = transformer.softmax %[[M]] axis 1
// CHECK: transformer.reshape %[[S]] dims ["batch", "seq", 8]
// CHECK: transformer.softmax %arg0 axis 2
func.func @softmax(%x: tensor<?x?x8xf32> {attune.dims = ["batch", "seq", 8]})
    -> (tensor<?x?x8xf32>, tensor<?x?x8xf32>, tensor<?x?x8xf32>) {
  %0 = onnx.node "Softmax"(%x) {version = 13 : i64, node_attributes = {axis = 1 : i64}} : (tensor<?x?x8xf32>) -> tensor<?x?x8xf32>
  %1 = onnx.node "Softmax"(%x) {version = 11 : i64} : (tensor<?x?x8xf32>) -> tensor<?x?x8xf32>
  %2 = onnx.node "Softmax"(%x) {version = 11 : i64, node_attributes = {axis = 2 : i64}} : (tensor<?x?x8xf32>) -> tensor<?x?x8xf32>
  return %0, %1, %2 : tensor<?x?x8xf32>, tensor<?x?x8xf32>, tensor<?x?x8xf32>
}

// -----

// CHECK-LABEL: func.func @log_softmax
// CHECK: transformer.reduce <max>
// CHECK: arith.subf
// CHECK: transformer.reduce <sum>
// CHECK: math.log
// CHECK-NEXT: arith.subf
func.func @log_softmax(%x: tensor<?x8xf32> {attune.dims = ["n", 8]}) -> tensor<?x8xf32> {
  %0 = onnx.node "LogSoftmax"(%x) {version = 13 : i64} : (tensor<?x8xf32>) -> tensor<?x8xf32>
  return %0 : tensor<?x8xf32>
}

// -----

// A scale that broadcasts is expanded; mean and deviation are computed when they are used.
// CHECK-LABEL: func.func @layer
// CHECK: transformer.norm <layer> %arg0 scale(%arg1 : tensor<8xf32>) shift(%arg1 : tensor<8xf32>) axes 1 epsilon 9.99{{.*}}E-6 dims ["n", 4, 8]
// CHECK-NOT: transformer.reduce
// CHECK: %[[W:.*]] = transformer.map(%arg1 : tensor<8xf32>) dims [4, 8]
// CHECK: transformer.norm <layer> %arg0 scale(%[[W]] : tensor<4x8xf32>) axes 2
// CHECK: transformer.reduce <sum>
// CHECK: transformer.reduce <sum>
// CHECK: math.sqrt
// CHECK: transformer.norm <rms> %arg0 scale(%arg1 : tensor<8xf32>) axes 1
func.func @layer(%x: tensor<?x4x8xf32> {attune.dims = ["n", 4, 8]}, %w: tensor<8xf32>)
    -> (tensor<?x4x8xf32>, tensor<?x4x8xf32>, tensor<?x1x1xf32>, tensor<?x1x1xf32>, tensor<?x4x8xf32>) {
  %0 = onnx.node "LayerNormalization"(%x, %w, %w) {version = 23 : i64} : (tensor<?x4x8xf32>, tensor<8xf32>, tensor<8xf32>) -> tensor<?x4x8xf32>
  %1:3 = onnx.node "LayerNormalization"(%x, %w) {version = 23 : i64, node_attributes = {axis = 1 : i64}} : (tensor<?x4x8xf32>, tensor<8xf32>) -> (tensor<?x4x8xf32>, tensor<?x1x1xf32>, tensor<?x1x1xf32>)
  %2 = onnx.node "RMSNormalization"(%x, %w) {version = 23 : i64} : (tensor<?x4x8xf32>, tensor<8xf32>) -> tensor<?x4x8xf32>
  return %0, %1#0, %1#1, %1#2, %2 : tensor<?x4x8xf32>, tensor<?x4x8xf32>, tensor<?x1x1xf32>, tensor<?x1x1xf32>, tensor<?x4x8xf32>
}

// -----

// CHECK-DAG: #[[C:.*]] = affine_map<(d0, d1, d2) -> (d1, 0)>
// CHECK-LABEL: func.func @channels
// CHECK: transformer.map(%arg0, %{{.*}}, %{{.*}}, %{{.*}}, %{{.*}} dims ["n", 8, "t"] maps [{{.*}}, #[[C]], #[[C]], #[[C]], #[[C]]]
// CHECK: transformer.reduce <sum>(%{{.*}} : tensor<?x8x?xf32>)
// CHECK: transformer.reshape %{{.*}} dims ["n", 2, "4 * t"]
func.func @channels(%x: tensor<?x8x?xf32> {attune.dims = ["n", 8, "t"]}, %w: tensor<8xf32>)
    -> (tensor<?x8x?xf32>, tensor<?x8x?xf32>, tensor<?x8x?xf32>) {
  %0 = onnx.node "BatchNormalization"(%x, %w, %w, %w, %w) {version = 21 : i64} : (tensor<?x8x?xf32>, tensor<8xf32>, tensor<8xf32>, tensor<8xf32>, tensor<8xf32>) -> tensor<?x8x?xf32>
  %1 = onnx.node "InstanceNormalization"(%x, %w, %w) {version = 21 : i64} : (tensor<?x8x?xf32>, tensor<8xf32>, tensor<8xf32>) -> tensor<?x8x?xf32>
  %2 = onnx.node "GroupNormalization"(%x, %w, %w) {version = 21 : i64, node_attributes = {num_groups = 2 : i64}} : (tensor<?x8x?xf32>, tensor<8xf32>, tensor<8xf32>) -> tensor<?x8x?xf32>
  return %0, %1, %2 : tensor<?x8x?xf32>, tensor<?x8x?xf32>, tensor<?x8x?xf32>
}
