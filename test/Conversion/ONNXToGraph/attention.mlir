// The standard's Attention as contract, maps, softmax and contract, and what raising makes of it.
// RUN: attune-opt %s -split-input-file -convert-onnx-to-graph | FileCheck %s
// RUN: attune-opt %s -split-input-file -convert-onnx-to-graph -canonicalize -transformer-raise-attention | FileCheck %s --check-prefix=RAISED

// Heads are split and shared; the past makes the causal mask's offset; rows without a live key are
// zero.
// CHECK-LABEL: func.func @grouped
// CHECK: transformer.reshape %arg0 dims ["b", "s", 4, 8]
// CHECK: onnx.node "Concat"(%arg3,
// CHECK: transformer.contract
// CHECK: transformer.shape ["p"]
// CHECK: transformer.softmax %{{.*}} axis 3 dims ["b", 4, "s", "p + s"]
// CHECK: arith.cmpf uno
// RAISED-DAG: #[[SHARED:.*]] = affine_map<(d0, d1, d2, d3, d4, d5) -> (d0, d1 floordiv 2, d3, d4)>
// RAISED-LABEL: func.func @grouped
// RAISED: transformer.attention
// RAISED-SAME: scale 5.000000e-01
// RAISED-SAME: mask <causal(offset = "p")> dead_rows <zero> dims ["b", 4, "s", "p + s", 8, 8]
// RAISED-SAME: #[[SHARED]]
func.func @grouped(%q: tensor<?x?x32xf32> {attune.dims = ["b", "s", 32]}, %k: tensor<?x?x16xf32> {attune.dims = ["b", "s", 16]}, %v: tensor<?x?x16xf32> {attune.dims = ["b", "s", 16]},
    %pk: tensor<?x2x?x8xf32> {attune.dims = ["b", 2, "p", 8]}, %pv: tensor<?x2x?x8xf32> {attune.dims = ["b", 2, "p", 8]})
    -> (tensor<?x?x32xf32>, tensor<?x2x?x8xf32>, tensor<?x2x?x8xf32>) {
  %none = onnx.none : none
  %0:3 = onnx.node "Attention"(%q, %k, %v, %none, %pk, %pv) {version = 23 : i64, node_attributes = {q_num_heads = 4 : i64, kv_num_heads = 2 : i64, is_causal = 1 : i64, scale = 0.5 : f32}} : (tensor<?x?x32xf32>, tensor<?x?x16xf32>, tensor<?x?x16xf32>, none, tensor<?x2x?x8xf32>, tensor<?x2x?x8xf32>) -> (tensor<?x?x32xf32>, tensor<?x2x?x8xf32>, tensor<?x2x?x8xf32>)
  return %0#0, %0#1, %0#2 : tensor<?x?x32xf32>, tensor<?x2x?x8xf32>, tensor<?x2x?x8xf32>
}

// -----

// Lengths are a mask over keys; with them, causality has an offset per sequence, which is no band.
// RAISED-LABEL: func.func @lengths
// RAISED: transformer.attention
// RAISED-SAME: mask <causal(positions = operand) and padding(keys)> dead_rows <zero>
// RAISED: transformer.attention
// RAISED-SAME: mask <padding(keys)> dead_rows <zero>
func.func @lengths(%q: tensor<?x4x?x8xf32> {attune.dims = ["b", 4, "s", 8]}, %k: tensor<?x4x?x8xf32> {attune.dims = ["b", 4, "t", 8]}, %n: tensor<?xsi64> {attune.dims = ["b"]})
    -> (tensor<?x4x?x8xf32>, tensor<?x4x?x8xf32>) {
  %none = onnx.none : none
  %0 = onnx.node "Attention"(%q, %k, %k, %none, %none, %none, %n) {version = 24 : i64, node_attributes = {is_causal = 1 : i64}} : (tensor<?x4x?x8xf32>, tensor<?x4x?x8xf32>, tensor<?x4x?x8xf32>, none, none, none, tensor<?xsi64>) -> tensor<?x4x?x8xf32>
  %1 = onnx.node "Attention"(%q, %k, %k, %none, %none, %none, %n) {version = 24 : i64} : (tensor<?x4x?x8xf32>, tensor<?x4x?x8xf32>, tensor<?x4x?x8xf32>, none, none, none, tensor<?xsi64>) -> tensor<?x4x?x8xf32>
  return %0, %1 : tensor<?x4x?x8xf32>, tensor<?x4x?x8xf32>
}

// -----

// A float mask is added, and kills where it is −∞. A shorter one is padded from opset 24 on.
// CHECK-LABEL: func.func @masks
// CHECK: arith.cmpf une
// CHECK: arith.addf
// CHECK: onnx.node "Pad"
// RAISED-LABEL: func.func @masks
// RAISED: transformer.attention
// RAISED-SAME: bias(%arg1
// RAISED-SAME: mask <tensor> dead_rows <zero>
// RAISED: transformer.attention
// RAISED-SAME: mask <tensor> dead_rows <zero>
func.func @masks(%q: tensor<?x4x?x8xf32> {attune.dims = ["b", 4, "s", 8]}, %m: tensor<?x?xf32> {attune.dims = ["s", "s"]}, %u: tensor<?x?xi1> {attune.dims = ["s", "u"]})
    -> (tensor<?x4x?x8xf32>, tensor<?x4x?x8xf32>) {
  %0 = onnx.node "Attention"(%q, %q, %q, %m) {version = 24 : i64} : (tensor<?x4x?x8xf32>, tensor<?x4x?x8xf32>, tensor<?x4x?x8xf32>, tensor<?x?xf32>) -> tensor<?x4x?x8xf32>
  %1 = onnx.node "Attention"(%q, %q, %q, %u) {version = 24 : i64} : (tensor<?x4x?x8xf32>, tensor<?x4x?x8xf32>, tensor<?x4x?x8xf32>, tensor<?x?xi1>) -> tensor<?x4x?x8xf32>
  return %0, %1 : tensor<?x4x?x8xf32>, tensor<?x4x?x8xf32>
}

// -----

// A float mask of the lowest value, where a row without a live key is a mean: that it is nowhere −∞ is
// seen. A window as wide as an integer can say is none.
// RAISED-LABEL: func.func @lowest
// RAISED: transformer.attention
// RAISED-SAME: keys(%arg1 : tensor<?x?xi64>)
// RAISED-SAME: mask <padding(keys)> dead_rows <mean>
// RAISED: transformer.attention
// RAISED-SAME: mask <window(left = "0")>
func.func @lowest(%q: tensor<?x4x?x8xf32> {attune.dims = ["b", 4, "s", 8]}, %p: tensor<?x?xsi64> {attune.dims = ["b", "s"]}) -> (tensor<?x4x?x8xf32>, tensor<?x4x?x8xf32>) {
  %low = onnx.constant(dense<0xFF7FFFFF> : tensor<f32>) : tensor<f32>
  %zero = onnx.constant(dense<0.0> : tensor<f32>) : tensor<f32>
  %axes = onnx.constant(dense<[1, 2]> : tensor<2xsi64>) : tensor<2xsi64>
  %0 = onnx.node "Cast"(%p) {version = 18 : i64, node_attributes = {to = 9 : i64}} : (tensor<?x?xsi64>) -> tensor<?x?xi1>
  %1 = onnx.node "Unsqueeze"(%0, %axes) {version = 18 : i64} : (tensor<?x?xi1>, tensor<2xsi64>) -> tensor<?x1x1x?xi1>
  %2 = onnx.node "Where"(%1, %zero, %low) {version = 18 : i64} : (tensor<?x1x1x?xi1>, tensor<f32>, tensor<f32>) -> tensor<?x1x1x?xf32>
  %3 = onnx.node "Attention"(%q, %q, %q, %2) {version = 24 : i64} : (tensor<?x4x?x8xf32>, tensor<?x4x?x8xf32>, tensor<?x4x?x8xf32>, tensor<?x1x1x?xf32>) -> tensor<?x4x?x8xf32>
  %4 = onnx.node "Attention"(%q, %q, %q) {version = 25 : i64, node_attributes = {left_window_size = 0 : i64, right_window_size = 9223372036854775807 : i64}} : (tensor<?x4x?x8xf32>, tensor<?x4x?x8xf32>, tensor<?x4x?x8xf32>) -> tensor<?x4x?x8xf32>
  return %3, %4 : tensor<?x4x?x8xf32>, tensor<?x4x?x8xf32>
}

// -----

// A mask that the graph computes keeps its structure: here the lowest value above the diagonal.
// RAISED-LABEL: func.func @computed
// RAISED: transformer.attention
// RAISED-SAME: mask <causal> dead_rows <mean>
// RAISED: transformer.attention
// RAISED-SAME: mask <window(left = "3", causal)> dead_rows <zero>
func.func @computed(%q: tensor<2x4x6x8xf32>, %ones: tensor<6x6xf32>) -> (tensor<2x4x6x8xf32>, tensor<2x4x6x8xf32>) {
  %low = onnx.constant(dense<0xFF7FFFFF> : tensor<6x6xf32>) : tensor<6x6xf32>
  %one = onnx.constant(dense<1> : tensor<si64>) : tensor<si64>
  %0 = onnx.node "Trilu"(%low, %one) {version = 14 : i64, node_attributes = {upper = 1 : i64}} : (tensor<6x6xf32>, tensor<si64>) -> tensor<6x6xf32>
  %1 = onnx.node "Attention"(%q, %q, %q, %0) {version = 24 : i64} : (tensor<2x4x6x8xf32>, tensor<2x4x6x8xf32>, tensor<2x4x6x8xf32>, tensor<6x6xf32>) -> tensor<2x4x6x8xf32>
  %2 = onnx.node "Attention"(%q, %q, %q) {version = 25 : i64, node_attributes = {is_causal = 1 : i64, left_window_size = 3 : i64}} : (tensor<2x4x6x8xf32>, tensor<2x4x6x8xf32>, tensor<2x4x6x8xf32>) -> tensor<2x4x6x8xf32>
  return %1, %2 : tensor<2x4x6x8xf32>, tensor<2x4x6x8xf32>
}

// -----

// Scores that are capped, or softened in another precision, are not raised: dead keys are cleared
// after the softmax, which leaves a NaN of a live key.
// CHECK-LABEL: func.func @capped
// CHECK: transformer.activation <tanh>
// CHECK: arith.extf
// CHECK: transformer.softmax %{{.*}} : tensor<2x4x6x6xf64>
// CHECK-NOT: cmpf uno
// RAISED-LABEL: func.func @capped
// RAISED-NOT: transformer.attention
func.func @capped(%q: tensor<2x4x6x8xf32>, %m: tensor<6x6xi1>) -> (tensor<2x4x6x8xf32>, tensor<2x4x6x6xf32>) {
  %0:4 = onnx.node "Attention"(%q, %q, %q, %m) {version = 23 : i64, node_attributes = {softcap = 2.0 : f32, softmax_precision = 11 : i64, qk_matmul_output_mode = 3 : i64}} : (tensor<2x4x6x8xf32>, tensor<2x4x6x8xf32>, tensor<2x4x6x8xf32>, tensor<6x6xi1>) -> (tensor<2x4x6x8xf32>, none, none, tensor<2x4x6x6xf32>)
  return %0#0, %0#3 : tensor<2x4x6x8xf32>, tensor<2x4x6x6xf32>
}
