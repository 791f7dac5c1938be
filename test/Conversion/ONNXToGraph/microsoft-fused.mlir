// ONNX Runtime's fused norms, activations and products.
// RUN: attune-opt %s -split-input-file -convert-onnx-to-graph | FileCheck %s

// CHECK-LABEL: func.func @skip_norm
// CHECK: %[[S:.*]] = transformer.map(%arg0, %arg1
// CHECK: %[[T:.*]] = transformer.map(%[[S]], %arg2
// CHECK: %[[Y:.*]] = transformer.norm <layer> %[[T]] scale(%arg2 : tensor<8xf32>) shift(%arg2 : tensor<8xf32>) axes 1 epsilon 9.99{{.*}}E-13
// CHECK: return %[[Y]], %[[T]]
func.func @skip_norm(%x: tensor<?x?x8xf32> {attune.dims = ["b", "s", 8]}, %skip: tensor<?x8xf32> {attune.dims = ["s", 8]}, %w: tensor<8xf32>) -> (tensor<?x?x8xf32>, tensor<?x?x8xf32>) {
  %0:4 = onnx.node "SkipLayerNormalization"(%x, %skip, %w, %w, %w) {domain = "com.microsoft", version = 1 : i64} : (tensor<?x?x8xf32>, tensor<?x8xf32>, tensor<8xf32>, tensor<8xf32>, tensor<8xf32>) -> (tensor<?x?x8xf32>, none, none, tensor<?x?x8xf32>)
  return %0#0, %0#3 : tensor<?x?x8xf32>, tensor<?x?x8xf32>
}

// -----

// The simplified ones have no shift: their fourth input is a bias.
// CHECK-LABEL: func.func @simplified
// CHECK: %[[S:.*]] = transformer.map(%arg0, %arg0
// CHECK: %[[T:.*]] = transformer.map(%[[S]], %arg1
// CHECK: %[[Y:[0-9]+]] = transformer.norm <rms> %[[T]] scale(%arg1 : tensor<8xf32>) axes 1
// CHECK-NEXT: transformer.norm <rms> %[[Y]] scale(%arg1 : tensor<8xf32>) axes 1 epsilon 0.0099
// CHECK: transformer.norm <layer>
func.func @simplified(%x: tensor<?x8xf32> {attune.dims = ["s", 8]}, %w: tensor<8xf32>) -> tensor<?x8xf32> {
  %0 = onnx.node "SkipSimplifiedLayerNormalization"(%x, %x, %w, %w) {domain = "com.microsoft", version = 1 : i64} : (tensor<?x8xf32>, tensor<?x8xf32>, tensor<8xf32>, tensor<8xf32>) -> tensor<?x8xf32>
  %1 = onnx.node "SimplifiedLayerNormalization"(%0, %w) {version = 11 : i64, node_attributes = {axis = -1 : i64, epsilon = 1.0e-2 : f32}} : (tensor<?x8xf32>, tensor<8xf32>) -> tensor<?x8xf32>
  %2 = onnx.node "LayerNormalization"(%1, %w) {version = 11 : i64} : (tensor<?x8xf32>, tensor<8xf32>) -> tensor<?x8xf32>
  return %2 : tensor<?x8xf32>
}

// -----

// CHECK-LABEL: func.func @embedding
// CHECK: onnx.node "Gather"(%arg2, %arg0)
// CHECK: onnx.node "Gather"(%arg3, %{{.*}}) {{.*}} tensor<1x?xi64>) -> tensor<1x?x8xf32>
// CHECK: onnx.node "Gather"(%arg4, %arg1)
// CHECK: transformer.reduce <sum>(%arg1 : tensor<?x?xi32>)
// CHECK: transformer.norm <layer>
func.func @embedding(%ids: tensor<?x?xsi32> {attune.dims = ["b", "s"]}, %mask: tensor<?x?xsi32> {attune.dims = ["b", "s"]}, %a: tensor<30x8xf32>, %p: tensor<40x8xf32>, %t: tensor<2x8xf32>, %w: tensor<8xf32>) -> (tensor<?x?x8xf32>, tensor<?xsi32>) {
  %0:2 = onnx.node "EmbedLayerNormalization"(%ids, %mask, %a, %p, %t, %w, %w, %mask) {domain = "com.microsoft", version = 1 : i64} : (tensor<?x?xsi32>, tensor<?x?xsi32>, tensor<30x8xf32>, tensor<40x8xf32>, tensor<2x8xf32>, tensor<8xf32>, tensor<8xf32>, tensor<?x?xsi32>) -> (tensor<?x?x8xf32>, tensor<?xsi32>)
  return %0#0, %0#1 : tensor<?x?x8xf32>, tensor<?xsi32>
}

// -----

// CHECK-DAG: #[[T:.*]] = affine_map<(d0, d1) -> (d1, d0)>
// CHECK-LABEL: func.func @fused
// CHECK: transformer.activation <gelu>
// CHECK: transformer.activation <gelu_tanh>
// CHECK: transformer.activation <gelu>
// CHECK: arith.constant 1.702
// CHECK: %[[M:.*]] = transformer.map(%arg0 : {{.*}}) dims [4, 8] maps [#[[T]]]
// CHECK: transformer.contract(%{{.*}}, %[[M]]
// CHECK: arith.mulf
// CHECK: transformer.contract
// CHECK: transformer.activation <tanh>
func.func @fused(%x: tensor<8x4xf32>, %b: tensor<4xf32>) -> (tensor<8x8xf32>, tensor<8x8xf32>) {
  %0 = onnx.node "BiasGelu"(%x, %b) {domain = "com.microsoft", version = 1 : i64} : (tensor<8x4xf32>, tensor<4xf32>) -> tensor<8x4xf32>
  %1 = onnx.node "FastGelu"(%0, %b) {domain = "com.microsoft", version = 1 : i64} : (tensor<8x4xf32>, tensor<4xf32>) -> tensor<8x4xf32>
  %2 = onnx.node "Gelu"(%1) {domain = "com.microsoft", version = 1 : i64} : (tensor<8x4xf32>) -> tensor<8x4xf32>
  %3 = onnx.node "QuickGelu"(%2) {domain = "com.microsoft", version = 1 : i64} : (tensor<8x4xf32>) -> tensor<8x4xf32>
  %4 = onnx.node "FusedMatMul"(%3, %x) {domain = "com.microsoft", version = 1 : i64, node_attributes = {transB = 1 : i64, alpha = 5.0e-1 : f32}} : (tensor<8x4xf32>, tensor<8x4xf32>) -> tensor<8x8xf32>
  %5 = onnx.node "FusedGemm"(%3, %x) {domain = "com.microsoft", version = 1 : i64, node_attributes = {transB = 1 : i64, activation = "Tanh"}} : (tensor<8x4xf32>, tensor<8x4xf32>) -> tensor<8x8xf32>
  return %4, %5 : tensor<8x8xf32>, tensor<8x8xf32>
}
