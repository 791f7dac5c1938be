// MatMul, Gemm and Einsum are contractions; their maps take batches, broadcasts and transposes.
// RUN: attune-opt %s -split-input-file -convert-onnx-to-graph | FileCheck %s

// CHECK-DAG: #[[A:.*]] = affine_map<(d0, d1, d2, d3) -> (d0, d1, d3)>
// CHECK-DAG: #[[W:.*]] = affine_map<(d0, d1, d2, d3) -> (d3, d2)>
// CHECK-DAG: #[[OUT:.*]] = affine_map<(d0, d1, d2, d3) -> (d0, d1, d2)>
// CHECK-LABEL: func.func @linear
// CHECK: transformer.contract(%arg0, %arg1 : tensor<?x?x8xf32>, tensor<8x16xf32>)
// CHECK-SAME: dims ["batch", "seq", 16, 8] maps [#[[A]], #[[W]]] to #[[OUT]] {
// CHECK-NEXT: ^bb0(%[[ACC:.*]]: f32):
// CHECK-NEXT: transformer.yield %[[ACC]] : f32
// CHECK-NEXT: } -> tensor<?x?x16xf32>
func.func @linear(%x: tensor<?x?x8xf32> {attune.dims = ["batch", "seq", 8]}, %w: tensor<8x16xf32>) -> tensor<?x?x16xf32> {
  %0 = onnx.node "MatMul"(%x, %w) {version = 18 : i64} : (tensor<?x?x8xf32>, tensor<8x16xf32>) -> tensor<?x?x16xf32>
  return %0 : tensor<?x?x16xf32>
}

// -----

// Batches broadcast from the right; vectors have no row or column.
// CHECK-DAG: #[[L:.*]] = affine_map<(d0, d1, d2, d3, d4) -> (d0, 0, d2, d4)>
// CHECK-DAG: #[[R:.*]] = affine_map<(d0, d1, d2, d3, d4) -> (d1, d4, d3)>
// CHECK-DAG: #[[V:.*]] = affine_map<(d0) -> (d0)>
// CHECK-DAG: #[[NONE:.*]] = affine_map<(d0) -> ()>
// CHECK-LABEL: func.func @batches
// CHECK: dims ["batch", 12, "n", "m", 4] maps [#[[L]], #[[R]]]
// CHECK: transformer.contract(%arg2, %arg2 {{.*}} dims [4] maps [#[[V]], #[[V]]] to #[[NONE]]
// CHECK: } -> tensor<f32>
func.func @batches(%x: tensor<?x1x?x4xf32> {attune.dims = ["batch", 1, "n", 4]},
                   %y: tensor<12x4x?xf32> {attune.dims = [12, 4, "m"]}, %v: tensor<4xf32>)
    -> (tensor<?x12x?x?xf32>, tensor<f32>) {
  %0 = onnx.node "MatMul"(%x, %y) {version = 18 : i64} : (tensor<?x1x?x4xf32>, tensor<12x4x?xf32>) -> tensor<?x12x?x?xf32>
  %1 = onnx.node "MatMul"(%v, %v) {version = 18 : i64} : (tensor<4xf32>, tensor<4xf32>) -> tensor<f32>
  return %0, %1 : tensor<?x12x?x?xf32>, tensor<f32>
}

// -----

// Gemm's scales and bias are the epilogue.
// CHECK-DAG: #[[A:.*]] = affine_map<(d0, d1, d2) -> (d2, d0)>
// CHECK-DAG: #[[B:.*]] = affine_map<(d0, d1, d2) -> (d1, d2)>
// CHECK-DAG: #[[C:.*]] = affine_map<(d0, d1, d2) -> (d1)>
// CHECK-LABEL: func.func @gemm
// CHECK: transformer.contract(%arg0, %arg1 : {{.*}}) extra(%arg2 : tensor<16xf32>)
// CHECK-SAME: dims ["n", 16, 8] maps [#[[A]], #[[B]], #[[C]]]
// CHECK: ^bb0(%[[ACC:.*]]: f32, %[[BIAS:.*]]: f32):
// CHECK: %[[S:.*]] = arith.mulf %[[ACC]], %{{.*}} : f32
// CHECK: arith.addf %[[S]], %[[BIAS]] : f32
func.func @gemm(%x: tensor<8x?xf32> {attune.dims = [8, "n"]}, %w: tensor<16x8xf32>, %b: tensor<16xf32>) -> tensor<?x16xf32> {
  %0 = onnx.node "Gemm"(%x, %w, %b) {version = 18 : i64, node_attributes = {alpha = 0.5 : f32, transA = 1 : i64, transB = 1 : i64}} : (tensor<8x?xf32>, tensor<16x8xf32>, tensor<16xf32>) -> tensor<?x16xf32>
  return %0 : tensor<?x16xf32>
}

// -----

// CHECK-DAG: #[[Q:.*]] = affine_map<(d0, d1, d2, d3, d4) -> (d0, d2, d1, d4)>
// CHECK-DAG: #[[K:.*]] = affine_map<(d0, d1, d2, d3, d4) -> (d0, d3, d1, d4)>
// CHECK-LABEL: func.func @einsum
// CHECK: transformer.contract(%arg0, %arg1 {{.*}} dims ["b", 2, "i", "j", 4] maps [#[[Q]], #[[K]]]
// CHECK: transformer.reduce <sum>
// CHECK-SAME: dims ["b", "i", 2, 4]
// CHECK: transformer.map({{.*}} dims [4, "b"]
func.func @einsum(%q: tensor<?x?x2x4xf32> {attune.dims = ["b", "i", 2, 4]},
                  %k: tensor<?x?x2x4xf32> {attune.dims = ["b", "j", 2, 4]}) -> (tensor<?x2x?x?xf32>, tensor<4x?xf32>) {
  %0 = onnx.node "Einsum"(%q, %k) {version = 18 : i64, node_attributes = {equation = "bihd, bjhd -> bhij"}} : (tensor<?x?x2x4xf32>, tensor<?x?x2x4xf32>) -> tensor<?x2x?x?xf32>
  %1 = onnx.node "Einsum"(%q) {version = 18 : i64, node_attributes = {equation = "bihd->db"}} : (tensor<?x?x2x4xf32>) -> tensor<4x?xf32>
  return %0, %1 : tensor<?x2x?x?xf32>, tensor<4x?xf32>
}
