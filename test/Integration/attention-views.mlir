// Attention reads shared heads and packed projections where they lie: no view of them is a copy.
// RUN: attune-opt %s --pass-pipeline="builtin.module(convert-onnx-to-graph,func.func(canonicalize,cse,transformer-fuse-maps,cse,transformer-raise-attention,canonicalize,transformer-fuse-maps))" --mlir-print-local-scope | FileCheck %s

// Heads repeated by Unsqueeze, Expand, Reshape.
// CHECK-LABEL: func.func @groups
// CHECK-NOT: {{= transformer.map|onnx.node}}
// CHECK: transformer.attention(%arg0, %arg1, %arg2 :
// CHECK-SAME: maps [affine_map<(d0, d1, d2, d3, d4, d5) -> (d0, d1, d2, d4)>, affine_map<(d0, d1, d2, d3, d4, d5) -> (d0, d1 floordiv 2, d3, d4)>, affine_map<(d0, d1, d2, d3, d4, d5) -> (d0, d1 floordiv 2, d3, d5)>]
// CHECK-NOT: {{= transformer.map|onnx.node}}
// CHECK: return
func.func @groups(%q: tensor<?x6x?x8xf32> {attune.name = "q", attune.dims = ["b", 6, "s", 8]}, %k: tensor<?x3x?x8xf32> {attune.name = "k", attune.dims = ["b", 3, "s", 8]}, %v: tensor<?x3x?x8xf32> {attune.name = "v", attune.dims = ["b", 3, "s", 8]}) -> tensor<?x6x?x8xf32> {
  %c0 = onnx.constant(dense<[2]> : tensor<1xsi64>) : tensor<1xsi64>
  %0 = onnx.node "Unsqueeze"(%k, %c0) {version = 18 : i64} : (tensor<?x3x?x8xf32>, tensor<1xsi64>) -> tensor<?x3x1x?x8xf32>
  %c1 = onnx.constant(dense<[1, 1, 2, 1, 1]> : tensor<5xsi64>) : tensor<5xsi64>
  %1 = onnx.node "Expand"(%0, %c1) {version = 18 : i64} : (tensor<?x3x1x?x8xf32>, tensor<5xsi64>) -> tensor<?x3x2x?x8xf32>
  %c2 = onnx.constant(dense<[0, 6, -1, 8]> : tensor<4xsi64>) : tensor<4xsi64>
  %2 = onnx.node "Reshape"(%1, %c2) {version = 18 : i64} : (tensor<?x3x2x?x8xf32>, tensor<4xsi64>) -> tensor<?x6x?x8xf32>
  %3 = onnx.node "Unsqueeze"(%v, %c0) {version = 18 : i64} : (tensor<?x3x?x8xf32>, tensor<1xsi64>) -> tensor<?x3x1x?x8xf32>
  %4 = onnx.node "Expand"(%3, %c1) {version = 18 : i64} : (tensor<?x3x1x?x8xf32>, tensor<5xsi64>) -> tensor<?x3x2x?x8xf32>
  %5 = onnx.node "Reshape"(%4, %c2) {version = 18 : i64} : (tensor<?x3x2x?x8xf32>, tensor<4xsi64>) -> tensor<?x6x?x8xf32>
  %6 = onnx.node "Transpose"(%2) {node_attributes = {perm = array<i64: 0, 1, 3, 2>}, version = 18 : i64} : (tensor<?x6x?x8xf32>) -> tensor<?x6x8x?xf32>
  %7 = onnx.node "MatMul"(%q, %6) {version = 18 : i64} : (tensor<?x6x?x8xf32>, tensor<?x6x8x?xf32>) -> tensor<?x6x?x?xf32>
  %c3 = onnx.constant(dense<0.5> : tensor<f32>) : tensor<f32>
  %8 = onnx.node "Mul"(%7, %c3) {version = 18 : i64} : (tensor<?x6x?x?xf32>, tensor<f32>) -> tensor<?x6x?x?xf32>
  %9 = onnx.node "Softmax"(%8) {node_attributes = {axis = -1 : i64}, version = 18 : i64} : (tensor<?x6x?x?xf32>) -> tensor<?x6x?x?xf32>
  %10 = onnx.node "MatMul"(%9, %5) {version = 18 : i64} : (tensor<?x6x?x?xf32>, tensor<?x6x?x8xf32>) -> tensor<?x6x?x8xf32>
  return %10 : tensor<?x6x?x8xf32>
}

// The same behind projections, tokens before heads, by Reshape, Expand, Reshape.
// CHECK-LABEL: func.func @tokens_first
// CHECK: %[[Q:.*]] = transformer.reshape %arg0
// CHECK: %[[K:.*]] = transformer.reshape %arg1
// CHECK: %[[V:.*]] = transformer.reshape %arg2
// CHECK-NOT: {{= transformer.map|onnx.node}}
// CHECK: transformer.attention(%[[Q]], %[[K]], %[[V]] :
// CHECK-SAME: maps [affine_map<(d0, d1, d2, d3, d4, d5) -> (d0, d2, d1, d4)>, affine_map<(d0, d1, d2, d3, d4, d5) -> (d0, d3, d1 floordiv 2, 0, d4)>, affine_map<(d0, d1, d2, d3, d4, d5) -> (d0, d3, d1 floordiv 2, 0, d5)>]
// CHECK-NOT: {{= transformer.map|onnx.node}}
// CHECK: return
func.func @tokens_first(%q: tensor<?x?x48xf32> {attune.name = "q", attune.dims = ["b", "s", 48]}, %k: tensor<?x?x24xf32> {attune.name = "k", attune.dims = ["b", "s", 24]}, %v: tensor<?x?x24xf32> {attune.name = "v", attune.dims = ["b", "s", 24]}) -> tensor<?x6x?x8xf32> {
  %c0 = onnx.constant(dense<[0, 0, 6, 8]> : tensor<4xsi64>) : tensor<4xsi64>
  %0 = onnx.node "Reshape"(%q, %c0) {version = 18 : i64} : (tensor<?x?x48xf32>, tensor<4xsi64>) -> tensor<?x?x6x8xf32>
  %1 = onnx.node "Transpose"(%0) {node_attributes = {perm = array<i64: 0, 2, 1, 3>}, version = 18 : i64} : (tensor<?x?x6x8xf32>) -> tensor<?x6x?x8xf32>
  %c1 = onnx.constant(dense<[0, 0, 3, 1, 8]> : tensor<5xsi64>) : tensor<5xsi64>
  %2 = onnx.node "Reshape"(%k, %c1) {version = 18 : i64} : (tensor<?x?x24xf32>, tensor<5xsi64>) -> tensor<?x?x3x1x8xf32>
  %c2 = onnx.constant(dense<[1, 1, 1, 2, 1]> : tensor<5xsi64>) : tensor<5xsi64>
  %3 = onnx.node "Expand"(%2, %c2) {version = 18 : i64} : (tensor<?x?x3x1x8xf32>, tensor<5xsi64>) -> tensor<?x?x3x2x8xf32>
  %4 = onnx.node "Reshape"(%3, %c0) {version = 18 : i64} : (tensor<?x?x3x2x8xf32>, tensor<4xsi64>) -> tensor<?x?x6x8xf32>
  %5 = onnx.node "Transpose"(%4) {node_attributes = {perm = array<i64: 0, 2, 1, 3>}, version = 18 : i64} : (tensor<?x?x6x8xf32>) -> tensor<?x6x?x8xf32>
  %6 = onnx.node "Reshape"(%v, %c1) {version = 18 : i64} : (tensor<?x?x24xf32>, tensor<5xsi64>) -> tensor<?x?x3x1x8xf32>
  %7 = onnx.node "Expand"(%6, %c2) {version = 18 : i64} : (tensor<?x?x3x1x8xf32>, tensor<5xsi64>) -> tensor<?x?x3x2x8xf32>
  %8 = onnx.node "Reshape"(%7, %c0) {version = 18 : i64} : (tensor<?x?x3x2x8xf32>, tensor<4xsi64>) -> tensor<?x?x6x8xf32>
  %9 = onnx.node "Transpose"(%8) {node_attributes = {perm = array<i64: 0, 2, 1, 3>}, version = 18 : i64} : (tensor<?x?x6x8xf32>) -> tensor<?x6x?x8xf32>
  %10 = onnx.node "Transpose"(%5) {node_attributes = {perm = array<i64: 0, 1, 3, 2>}, version = 18 : i64} : (tensor<?x6x?x8xf32>) -> tensor<?x6x8x?xf32>
  %11 = onnx.node "MatMul"(%1, %10) {version = 18 : i64} : (tensor<?x6x?x8xf32>, tensor<?x6x8x?xf32>) -> tensor<?x6x?x?xf32>
  %c3 = onnx.constant(dense<0.5> : tensor<f32>) : tensor<f32>
  %12 = onnx.node "Mul"(%11, %c3) {version = 18 : i64} : (tensor<?x6x?x?xf32>, tensor<f32>) -> tensor<?x6x?x?xf32>
  %13 = onnx.node "Softmax"(%12) {node_attributes = {axis = -1 : i64}, version = 18 : i64} : (tensor<?x6x?x?xf32>) -> tensor<?x6x?x?xf32>
  %14 = onnx.node "MatMul"(%13, %9) {version = 18 : i64} : (tensor<?x6x?x?xf32>, tensor<?x6x?x8xf32>) -> tensor<?x6x?x8xf32>
  return %14 : tensor<?x6x?x8xf32>
}

// All heads repeated, in turns.
// CHECK-LABEL: func.func @turns
// CHECK-NOT: {{= transformer.map|onnx.node}}
// CHECK: transformer.attention(%arg0, %arg1, %arg2 :
// CHECK-SAME: maps [affine_map<(d0, d1, d2, d3, d4, d5) -> (d0, d1, d2, d4)>, affine_map<(d0, d1, d2, d3, d4, d5) -> (d0, d1 mod 3, d3, d4)>, affine_map<(d0, d1, d2, d3, d4, d5) -> (d0, d1 mod 3, d3, d5)>]
// CHECK-NOT: {{= transformer.map|onnx.node}}
// CHECK: return
func.func @turns(%q: tensor<?x6x?x8xf32> {attune.name = "q", attune.dims = ["b", 6, "s", 8]}, %k: tensor<?x3x?x8xf32> {attune.name = "k", attune.dims = ["b", 3, "s", 8]}, %v: tensor<?x3x?x8xf32> {attune.name = "v", attune.dims = ["b", 3, "s", 8]}) -> tensor<?x6x?x8xf32> {
  %c0 = onnx.constant(dense<[1]> : tensor<1xsi64>) : tensor<1xsi64>
  %0 = onnx.node "Unsqueeze"(%k, %c0) {version = 18 : i64} : (tensor<?x3x?x8xf32>, tensor<1xsi64>) -> tensor<?x1x3x?x8xf32>
  %c1 = onnx.constant(dense<[1, 2, 1, 1, 1]> : tensor<5xsi64>) : tensor<5xsi64>
  %1 = onnx.node "Expand"(%0, %c1) {version = 18 : i64} : (tensor<?x1x3x?x8xf32>, tensor<5xsi64>) -> tensor<?x2x3x?x8xf32>
  %c2 = onnx.constant(dense<[0, 6, -1, 8]> : tensor<4xsi64>) : tensor<4xsi64>
  %2 = onnx.node "Reshape"(%1, %c2) {version = 18 : i64} : (tensor<?x2x3x?x8xf32>, tensor<4xsi64>) -> tensor<?x6x?x8xf32>
  %3 = onnx.node "Unsqueeze"(%v, %c0) {version = 18 : i64} : (tensor<?x3x?x8xf32>, tensor<1xsi64>) -> tensor<?x1x3x?x8xf32>
  %4 = onnx.node "Expand"(%3, %c1) {version = 18 : i64} : (tensor<?x1x3x?x8xf32>, tensor<5xsi64>) -> tensor<?x2x3x?x8xf32>
  %5 = onnx.node "Reshape"(%4, %c2) {version = 18 : i64} : (tensor<?x2x3x?x8xf32>, tensor<4xsi64>) -> tensor<?x6x?x8xf32>
  %6 = onnx.node "Transpose"(%2) {node_attributes = {perm = array<i64: 0, 1, 3, 2>}, version = 18 : i64} : (tensor<?x6x?x8xf32>) -> tensor<?x6x8x?xf32>
  %7 = onnx.node "MatMul"(%q, %6) {version = 18 : i64} : (tensor<?x6x?x8xf32>, tensor<?x6x8x?xf32>) -> tensor<?x6x?x?xf32>
  %c3 = onnx.constant(dense<0.5> : tensor<f32>) : tensor<f32>
  %8 = onnx.node "Mul"(%7, %c3) {version = 18 : i64} : (tensor<?x6x?x?xf32>, tensor<f32>) -> tensor<?x6x?x?xf32>
  %9 = onnx.node "Softmax"(%8) {node_attributes = {axis = -1 : i64}, version = 18 : i64} : (tensor<?x6x?x?xf32>) -> tensor<?x6x?x?xf32>
  %10 = onnx.node "MatMul"(%9, %5) {version = 18 : i64} : (tensor<?x6x?x?xf32>, tensor<?x6x?x8xf32>) -> tensor<?x6x?x8xf32>
  return %10 : tensor<?x6x?x8xf32>
}

// Queries, keys and values side by side in the last dimension.
// CHECK-LABEL: func.func @packed
// CHECK-NOT: {{= transformer.map|onnx.node}}
// CHECK: transformer.attention(%arg0, %arg0, %arg0 :
// CHECK-SAME: maps [affine_map<(d0, d1, d2, d3, d4, d5) -> (d0, d2, d1 * 8 + d4)>, affine_map<(d0, d1, d2, d3, d4, d5) -> (d0, d3, d1 * 8 + d4 + 48)>, affine_map<(d0, d1, d2, d3, d4, d5) -> (d0, d3, d1 * 8 + d5 + 96)>]
// CHECK-NOT: {{= transformer.map|onnx.node}}
// CHECK: return
func.func @packed(%x: tensor<?x?x144xf32> {attune.name = "x", attune.dims = ["b", "s", 144]}) -> tensor<?x6x?x8xf32> {
  %0, %1, %2 = onnx.node "Split"(%x) {node_attributes = {axis = -1 : i64, num_outputs = 3 : i64}, version = 18 : i64} : (tensor<?x?x144xf32>) -> (tensor<?x?x48xf32>, tensor<?x?x48xf32>, tensor<?x?x48xf32>)
  %c0 = onnx.constant(dense<[0, 0, 6, 8]> : tensor<4xsi64>) : tensor<4xsi64>
  %3 = onnx.node "Reshape"(%0, %c0) {version = 18 : i64} : (tensor<?x?x48xf32>, tensor<4xsi64>) -> tensor<?x?x6x8xf32>
  %4 = onnx.node "Transpose"(%3) {node_attributes = {perm = array<i64: 0, 2, 1, 3>}, version = 18 : i64} : (tensor<?x?x6x8xf32>) -> tensor<?x6x?x8xf32>
  %5 = onnx.node "Reshape"(%1, %c0) {version = 18 : i64} : (tensor<?x?x48xf32>, tensor<4xsi64>) -> tensor<?x?x6x8xf32>
  %6 = onnx.node "Transpose"(%5) {node_attributes = {perm = array<i64: 0, 2, 1, 3>}, version = 18 : i64} : (tensor<?x?x6x8xf32>) -> tensor<?x6x?x8xf32>
  %7 = onnx.node "Reshape"(%2, %c0) {version = 18 : i64} : (tensor<?x?x48xf32>, tensor<4xsi64>) -> tensor<?x?x6x8xf32>
  %8 = onnx.node "Transpose"(%7) {node_attributes = {perm = array<i64: 0, 2, 1, 3>}, version = 18 : i64} : (tensor<?x?x6x8xf32>) -> tensor<?x6x?x8xf32>
  %9 = onnx.node "Transpose"(%6) {node_attributes = {perm = array<i64: 0, 1, 3, 2>}, version = 18 : i64} : (tensor<?x6x?x8xf32>) -> tensor<?x6x8x?xf32>
  %10 = onnx.node "MatMul"(%4, %9) {version = 18 : i64} : (tensor<?x6x?x8xf32>, tensor<?x6x8x?xf32>) -> tensor<?x6x?x?xf32>
  %c1 = onnx.constant(dense<0.5> : tensor<f32>) : tensor<f32>
  %11 = onnx.node "Mul"(%10, %c1) {version = 18 : i64} : (tensor<?x6x?x?xf32>, tensor<f32>) -> tensor<?x6x?x?xf32>
  %12 = onnx.node "Softmax"(%11) {node_attributes = {axis = -1 : i64}, version = 18 : i64} : (tensor<?x6x?x?xf32>) -> tensor<?x6x?x?xf32>
  %13 = onnx.node "MatMul"(%12, %8) {version = 18 : i64} : (tensor<?x6x?x?xf32>, tensor<?x6x?x8xf32>) -> tensor<?x6x?x8xf32>
  return %13 : tensor<?x6x?x8xf32>
}

// The same with fewer heads of keys and values.
// CHECK-LABEL: func.func @packed_groups
// CHECK-NOT: {{= transformer.map|onnx.node}}
// CHECK: transformer.attention(%arg0, %arg0, %arg0 :
// CHECK-SAME: maps [affine_map<(d0, d1, d2, d3, d4, d5) -> (d0, d2, d1 * 8 + d4)>, affine_map<(d0, d1, d2, d3, d4, d5) -> (d0, d3, (d1 floordiv 2) * 8 + d4 + 48)>, affine_map<(d0, d1, d2, d3, d4, d5) -> (d0, d3, (d1 floordiv 2) * 8 + d5 + 72)>]
// CHECK-NOT: {{= transformer.map|onnx.node}}
// CHECK: return
func.func @packed_groups(%x: tensor<?x?x96xf32> {attune.name = "x", attune.dims = ["b", "s", 96]}) -> tensor<?x6x?x8xf32> {
  %c0 = onnx.constant(dense<[48, 24, 24]> : tensor<3xsi64>) : tensor<3xsi64>
  %0, %1, %2 = onnx.node "Split"(%x, %c0) {node_attributes = {axis = -1 : i64}, version = 18 : i64} : (tensor<?x?x96xf32>, tensor<3xsi64>) -> (tensor<?x?x48xf32>, tensor<?x?x24xf32>, tensor<?x?x24xf32>)
  %c1 = onnx.constant(dense<[0, 0, 6, 8]> : tensor<4xsi64>) : tensor<4xsi64>
  %3 = onnx.node "Reshape"(%0, %c1) {version = 18 : i64} : (tensor<?x?x48xf32>, tensor<4xsi64>) -> tensor<?x?x6x8xf32>
  %4 = onnx.node "Transpose"(%3) {node_attributes = {perm = array<i64: 0, 2, 1, 3>}, version = 18 : i64} : (tensor<?x?x6x8xf32>) -> tensor<?x6x?x8xf32>
  %c2 = onnx.constant(dense<[0, 0, 3, 1, 8]> : tensor<5xsi64>) : tensor<5xsi64>
  %5 = onnx.node "Reshape"(%1, %c2) {version = 18 : i64} : (tensor<?x?x24xf32>, tensor<5xsi64>) -> tensor<?x?x3x1x8xf32>
  %c3 = onnx.constant(dense<[1, 1, 1, 2, 1]> : tensor<5xsi64>) : tensor<5xsi64>
  %6 = onnx.node "Expand"(%5, %c3) {version = 18 : i64} : (tensor<?x?x3x1x8xf32>, tensor<5xsi64>) -> tensor<?x?x3x2x8xf32>
  %7 = onnx.node "Reshape"(%6, %c1) {version = 18 : i64} : (tensor<?x?x3x2x8xf32>, tensor<4xsi64>) -> tensor<?x?x6x8xf32>
  %8 = onnx.node "Transpose"(%7) {node_attributes = {perm = array<i64: 0, 2, 1, 3>}, version = 18 : i64} : (tensor<?x?x6x8xf32>) -> tensor<?x6x?x8xf32>
  %9 = onnx.node "Reshape"(%2, %c2) {version = 18 : i64} : (tensor<?x?x24xf32>, tensor<5xsi64>) -> tensor<?x?x3x1x8xf32>
  %10 = onnx.node "Expand"(%9, %c3) {version = 18 : i64} : (tensor<?x?x3x1x8xf32>, tensor<5xsi64>) -> tensor<?x?x3x2x8xf32>
  %11 = onnx.node "Reshape"(%10, %c1) {version = 18 : i64} : (tensor<?x?x3x2x8xf32>, tensor<4xsi64>) -> tensor<?x?x6x8xf32>
  %12 = onnx.node "Transpose"(%11) {node_attributes = {perm = array<i64: 0, 2, 1, 3>}, version = 18 : i64} : (tensor<?x?x6x8xf32>) -> tensor<?x6x?x8xf32>
  %13 = onnx.node "Transpose"(%8) {node_attributes = {perm = array<i64: 0, 1, 3, 2>}, version = 18 : i64} : (tensor<?x6x?x8xf32>) -> tensor<?x6x8x?xf32>
  %14 = onnx.node "MatMul"(%4, %13) {version = 18 : i64} : (tensor<?x6x?x8xf32>, tensor<?x6x8x?xf32>) -> tensor<?x6x?x?xf32>
  %c4 = onnx.constant(dense<0.5> : tensor<f32>) : tensor<f32>
  %15 = onnx.node "Mul"(%14, %c4) {version = 18 : i64} : (tensor<?x6x?x?xf32>, tensor<f32>) -> tensor<?x6x?x?xf32>
  %16 = onnx.node "Softmax"(%15) {node_attributes = {axis = -1 : i64}, version = 18 : i64} : (tensor<?x6x?x?xf32>) -> tensor<?x6x?x?xf32>
  %17 = onnx.node "MatMul"(%16, %12) {version = 18 : i64} : (tensor<?x6x?x?xf32>, tensor<?x6x?x8xf32>) -> tensor<?x6x?x8xf32>
  return %17 : tensor<?x6x?x8xf32>
}

// Side by side in each head.
// CHECK-LABEL: func.func @packed_in_heads
// CHECK: %[[X:.*]] = transformer.reshape %arg0
// CHECK-NOT: {{= transformer.map|onnx.node}}
// CHECK: transformer.attention(%[[X]], %[[X]], %[[X]] :
// CHECK-SAME: maps [affine_map<(d0, d1, d2, d3, d4, d5) -> (d0, d2, d1, d4)>, affine_map<(d0, d1, d2, d3, d4, d5) -> (d0, d3, d1, d4 + 8)>, affine_map<(d0, d1, d2, d3, d4, d5) -> (d0, d3, d1, d5 + 16)>]
// CHECK-NOT: {{= transformer.map|onnx.node}}
// CHECK: return
func.func @packed_in_heads(%x: tensor<?x?x144xf32> {attune.name = "x", attune.dims = ["b", "s", 144]}) -> tensor<?x6x?x8xf32> {
  %c0 = onnx.constant(dense<[0, 0, 6, 24]> : tensor<4xsi64>) : tensor<4xsi64>
  %0 = onnx.node "Reshape"(%x, %c0) {version = 18 : i64} : (tensor<?x?x144xf32>, tensor<4xsi64>) -> tensor<?x?x6x24xf32>
  %1 = onnx.node "Transpose"(%0) {node_attributes = {perm = array<i64: 0, 2, 1, 3>}, version = 18 : i64} : (tensor<?x?x6x24xf32>) -> tensor<?x6x?x24xf32>
  %2, %3, %4 = onnx.node "Split"(%1) {node_attributes = {axis = -1 : i64, num_outputs = 3 : i64}, version = 18 : i64} : (tensor<?x6x?x24xf32>) -> (tensor<?x6x?x8xf32>, tensor<?x6x?x8xf32>, tensor<?x6x?x8xf32>)
  %5 = onnx.node "Transpose"(%3) {node_attributes = {perm = array<i64: 0, 1, 3, 2>}, version = 18 : i64} : (tensor<?x6x?x8xf32>) -> tensor<?x6x8x?xf32>
  %6 = onnx.node "MatMul"(%2, %5) {version = 18 : i64} : (tensor<?x6x?x8xf32>, tensor<?x6x8x?xf32>) -> tensor<?x6x?x?xf32>
  %c1 = onnx.constant(dense<0.5> : tensor<f32>) : tensor<f32>
  %7 = onnx.node "Mul"(%6, %c1) {version = 18 : i64} : (tensor<?x6x?x?xf32>, tensor<f32>) -> tensor<?x6x?x?xf32>
  %8 = onnx.node "Softmax"(%7) {node_attributes = {axis = -1 : i64}, version = 18 : i64} : (tensor<?x6x?x?xf32>) -> tensor<?x6x?x?xf32>
  %9 = onnx.node "MatMul"(%8, %4) {version = 18 : i64} : (tensor<?x6x?x?xf32>, tensor<?x6x?x8xf32>) -> tensor<?x6x?x8xf32>
  return %9 : tensor<?x6x?x8xf32>
}

// Five dimensions, transposed, and one of three selected.
// CHECK-LABEL: func.func @packed_selected
// CHECK: %[[X:.*]] = transformer.reshape %arg0
// CHECK-NOT: {{= transformer.map|onnx.node}}
// CHECK: transformer.attention(%[[X]], %[[X]], %[[X]] :
// CHECK-SAME: maps [affine_map<(d0, d1, d2, d3, d4, d5) -> (d0, d2, 0, d1, d4)>, affine_map<(d0, d1, d2, d3, d4, d5) -> (d0, d3, 1, d1, d4)>, affine_map<(d0, d1, d2, d3, d4, d5) -> (d0, d3, 2, d1, d5)>]
// CHECK-NOT: {{= transformer.map|onnx.node}}
// CHECK: return
func.func @packed_selected(%x: tensor<?x?x144xf32> {attune.name = "x", attune.dims = ["b", "s", 144]}) -> tensor<?x6x?x8xf32> {
  %c0 = onnx.constant(dense<[0, 0, 3, 6, 8]> : tensor<5xsi64>) : tensor<5xsi64>
  %0 = onnx.node "Reshape"(%x, %c0) {version = 18 : i64} : (tensor<?x?x144xf32>, tensor<5xsi64>) -> tensor<?x?x3x6x8xf32>
  %1 = onnx.node "Transpose"(%0) {node_attributes = {perm = array<i64: 2, 0, 3, 1, 4>}, version = 18 : i64} : (tensor<?x?x3x6x8xf32>) -> tensor<3x?x6x?x8xf32>
  %c1 = onnx.constant(dense<0> : tensor<si64>) : tensor<si64>
  %2 = onnx.node "Gather"(%1, %c1) {node_attributes = {axis = 0 : i64}, version = 18 : i64} : (tensor<3x?x6x?x8xf32>, tensor<si64>) -> tensor<?x6x?x8xf32>
  %c2 = onnx.constant(dense<1> : tensor<si64>) : tensor<si64>
  %3 = onnx.node "Gather"(%1, %c2) {node_attributes = {axis = 0 : i64}, version = 18 : i64} : (tensor<3x?x6x?x8xf32>, tensor<si64>) -> tensor<?x6x?x8xf32>
  %c3 = onnx.constant(dense<2> : tensor<si64>) : tensor<si64>
  %4 = onnx.node "Gather"(%1, %c3) {node_attributes = {axis = 0 : i64}, version = 18 : i64} : (tensor<3x?x6x?x8xf32>, tensor<si64>) -> tensor<?x6x?x8xf32>
  %5 = onnx.node "Transpose"(%3) {node_attributes = {perm = array<i64: 0, 1, 3, 2>}, version = 18 : i64} : (tensor<?x6x?x8xf32>) -> tensor<?x6x8x?xf32>
  %6 = onnx.node "MatMul"(%2, %5) {version = 18 : i64} : (tensor<?x6x?x8xf32>, tensor<?x6x8x?xf32>) -> tensor<?x6x?x?xf32>
  %c4 = onnx.constant(dense<0.5> : tensor<f32>) : tensor<f32>
  %7 = onnx.node "Mul"(%6, %c4) {version = 18 : i64} : (tensor<?x6x?x?xf32>, tensor<f32>) -> tensor<?x6x?x?xf32>
  %8 = onnx.node "Softmax"(%7) {node_attributes = {axis = -1 : i64}, version = 18 : i64} : (tensor<?x6x?x?xf32>) -> tensor<?x6x?x?xf32>
  %9 = onnx.node "MatMul"(%8, %4) {version = 18 : i64} : (tensor<?x6x?x?xf32>, tensor<?x6x?x8xf32>) -> tensor<?x6x?x8xf32>
  return %9 : tensor<?x6x?x8xf32>
}
