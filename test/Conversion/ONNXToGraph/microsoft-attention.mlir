// ONNX Runtime's attention operators: heads, masks and caches that raising states.
// RUN: attune-opt %s -split-input-file -convert-onnx-to-graph -canonicalize -transformer-raise-attention | FileCheck %s

// A finite value added to dead keys is a bias, the type's lowest is a mask.
// CHECK-LABEL: func.func @multi_head
// CHECK: transformer.attention
// CHECK-SAME: bias(
// CHECK-SAME: mask <causal> dead_rows <mean> dims ["b", 4, "s", "s", 8, 8]
// CHECK: transformer.attention
// CHECK-SAME: keys(%{{.*}} : tensor<?x?xi1>)
// CHECK-SAME: mask <causal and padding(keys)> dead_rows <mean>
func.func @multi_head(%q: tensor<?x?x32xf32> {attune.dims = ["b", "s", 32]}, %m: tensor<?x?xsi32> {attune.dims = ["b", "s"]}) -> (tensor<?x?x32xf32>, tensor<?x?x32xf32>) {
  %none = onnx.none : none
  %0 = onnx.node "MultiHeadAttention"(%q, %q, %q, %none, %m) {domain = "com.microsoft", version = 1 : i64, node_attributes = {num_heads = 4 : i64, unidirectional = 1 : i64}} : (tensor<?x?x32xf32>, tensor<?x?x32xf32>, tensor<?x?x32xf32>, none, tensor<?x?xsi32>) -> tensor<?x?x32xf32>
  %1 = onnx.node "MultiHeadAttention"(%q, %q, %q, %none, %m) {domain = "com.microsoft", version = 1 : i64, node_attributes = {num_heads = 4 : i64, unidirectional = 1 : i64, mask_filter_value = 0xFF7FFFFF : f32}} : (tensor<?x?x32xf32>, tensor<?x?x32xf32>, tensor<?x?x32xf32>, none, tensor<?x?xsi32>) -> tensor<?x?x32xf32>
  return %0, %1 : tensor<?x?x32xf32>, tensor<?x?x32xf32>
}

// -----

// Packed projections are read where they are.
// CHECK-LABEL: func.func @packed
// CHECK: transformer.attention(%arg0, %arg0, %arg0
// CHECK-SAME: mask <none>
func.func @packed(%q: tensor<?x?x4x3x8xf32> {attune.dims = ["b", "s", 4, 3, 8]}) -> tensor<?x?x32xf32> {
  %0 = onnx.node "MultiHeadAttention"(%q) {domain = "com.microsoft", version = 1 : i64, node_attributes = {num_heads = 4 : i64}} : (tensor<?x?x4x3x8xf32>) -> tensor<?x?x32xf32>
  return %0 : tensor<?x?x32xf32>
}

// -----

// Attention projects with its own weights.
// CHECK-LABEL: func.func @whole
// CHECK: %[[P:.*]] = transformer.contract(%arg0, %arg1
// CHECK-SAME: extra(%arg2
// CHECK: transformer.attention(%[[P]], %[[P]], %[[P]]
// CHECK-SAME: mask <none>
func.func @whole(%x: tensor<?x?x20xf32> {attune.dims = ["b", "s", 20]}, %w: tensor<20x48xf32>, %b: tensor<48xf32>) -> tensor<?x?x16xf32> {
  %0 = onnx.node "Attention"(%x, %w, %b) {domain = "com.microsoft", version = 1 : i64, node_attributes = {num_heads = 2 : i64}} : (tensor<?x?x20xf32>, tensor<20x48xf32>, tensor<48xf32>) -> tensor<?x?x16xf32>
  return %0 : tensor<?x?x16xf32>
}

// -----

// A prompt has nothing before it: the mask is a band, and the new keys are the present ones.
// CHECK-DAG: #[[SHARED:.*]] = affine_map<(d0, d1, d2, d3, d4, d5) -> (d0, d3, d1 floordiv 2, d4)>
// CHECK-LABEL: func.func @prompt
// CHECK-NOT: GatherND
// CHECK: transformer.attention
// CHECK-SAME: mask <window(left = "3", causal)>
// CHECK-SAME: #[[SHARED]]
func.func @prompt(%q: tensor<?x?x32xf32> {attune.dims = ["b", "s", 32]}, %k: tensor<?x?x16xf32> {attune.dims = ["b", "s", 16]}, %l: tensor<?xsi32> {attune.dims = ["b"]}) -> tensor<?x?x32xf32> {
  %none = onnx.none : none
  %one = onnx.constant(dense<1> : tensor<si64>) : tensor<si64>
  %0 = onnx.node "Shape"(%q) {version = 18 : i64} : (tensor<?x?x32xf32>) -> tensor<3xsi64>
  %1 = onnx.node "Gather"(%0, %one) {version = 18 : i64} : (tensor<3xsi64>, tensor<si64>) -> tensor<si64>
  %2 = onnx.node "Cast"(%1) {version = 18 : i64, node_attributes = {to = 6 : i64}} : (tensor<si64>) -> tensor<si32>
  %3 = onnx.node "GroupQueryAttention"(%q, %k, %k, %none, %none, %l, %2) {domain = "com.microsoft", version = 1 : i64, node_attributes = {num_heads = 4 : i64, kv_num_heads = 2 : i64, local_window_size = 4 : i64}} : (tensor<?x?x32xf32>, tensor<?x?x16xf32>, tensor<?x?x16xf32>, none, none, tensor<?xsi32>, tensor<si32>) -> tensor<?x?x32xf32>
  return %3 : tensor<?x?x32xf32>
}

// -----

// With a cache that each sequence fills to its own length, the new keys are written there.
// CHECK-LABEL: func.func @step
// CHECK-NOT: onnx.node
// CHECK: transformer.cache_append %arg2, %{{.*}} at %{{.*}} axis 2 dims ["b", 2, "max(p, total)", 8]
// CHECK: transformer.attention
// CHECK-SAME: mask <causal(positions = operand)>
// CHECK-SAME: dims ["b", 4, "s", "max(p, total)", 8, 8]
func.func @step(%q: tensor<?x?x32xf32> {attune.dims = ["b", "s", 32]}, %k: tensor<?x?x16xf32> {attune.dims = ["b", "s", 16]}, %p: tensor<?x2x?x8xf32> {attune.dims = ["b", 2, "p", 8]}, %l: tensor<?xsi32> {attune.dims = ["b"]}, %m: tensor<?x?xsi64> {attune.dims = ["b", "total"]})
    -> (tensor<?x?x32xf32>, tensor<?x2x?x8xf32>, tensor<?x2x?x8xf32>) {
  %one = onnx.constant(dense<1> : tensor<si64>) : tensor<si64>
  %0 = onnx.node "Shape"(%m) {version = 18 : i64} : (tensor<?x?xsi64>) -> tensor<2xsi64>
  %1 = onnx.node "Gather"(%0, %one) {version = 18 : i64} : (tensor<2xsi64>, tensor<si64>) -> tensor<si64>
  %2 = onnx.node "Cast"(%1) {version = 18 : i64, node_attributes = {to = 6 : i64}} : (tensor<si64>) -> tensor<si32>
  %3:3 = onnx.node "GroupQueryAttention"(%q, %k, %k, %p, %p, %l, %2) {domain = "com.microsoft", version = 1 : i64, node_attributes = {num_heads = 4 : i64, kv_num_heads = 2 : i64}} : (tensor<?x?x32xf32>, tensor<?x?x16xf32>, tensor<?x?x16xf32>, tensor<?x2x?x8xf32>, tensor<?x2x?x8xf32>, tensor<?xsi32>, tensor<si32>) -> (tensor<?x?x32xf32>, tensor<?x2x?x8xf32>, tensor<?x2x?x8xf32>)
  return %3#0, %3#1, %3#2 : tensor<?x?x32xf32>, tensor<?x2x?x8xf32>, tensor<?x2x?x8xf32>
}
