// RUN: attune-opt %s --transformer-fuse-epilogues | FileCheck %s

// Bias and residual become extra operands, read by the result's loops.
// CHECK-DAG: #[[MN:.*]] = affine_map<(d0, d1, d2) -> (d0, d1)>
// CHECK-DAG: #[[N:.*]] = affine_map<(d0, d1, d2) -> (d1)>
// CHECK-LABEL: func.func @bias_residual
// CHECK: %[[R:.*]] = transformer.contract(%{{.*}}) extra(%{{.*}}, %{{.*}} : tensor<8xf32>, tensor<?x8xf32>)
// CHECK-SAME: maps [#{{.*}}, #{{.*}}, #[[N]], #[[MN]]] to #[[MN]]
// CHECK-NEXT: ^bb0(%[[A:.*]]: f32, %[[B:.*]]: f32, %[[C:.*]]: f32):
// CHECK-NEXT: %[[S:.*]] = arith.addf %[[A]], %[[B]]
// CHECK-NEXT: %[[G:.*]] = transformer.activation <gelu> %[[S]]
// CHECK-NEXT: arith.addf %[[G]], %[[C]]
// CHECK-NOT: transformer.map
func.func @bias_residual(%x: tensor<?x4xf32> {attune.dims = ["n", 4]}, %w: tensor<4x8xf32> {attune.dims = [4, 8]},
    %b: tensor<8xf32> {attune.dims = [8]}, %y: tensor<?x8xf32> {attune.dims = ["n", 8]}) -> tensor<?x8xf32> {
  %0 = transformer.contract (%x, %w : tensor<?x4xf32>, tensor<4x8xf32>) dims ["n", 8, 4]
      maps [affine_map<(m, n, k) -> (m, k)>, affine_map<(m, n, k) -> (k, n)>]
      to affine_map<(m, n, k) -> (m, n)> {
  ^bb0(%acc: f32):
    transformer.yield %acc : f32
  } -> tensor<?x8xf32>
  %1 = transformer.map (%b, %0 : tensor<8xf32>, tensor<?x8xf32>) dims ["n", 8]
      maps [affine_map<(d0, d1) -> (d1)>, affine_map<(d0, d1) -> (d0, d1)>] {
  ^bb0(%s: f32, %e: f32):
    %r = arith.addf %e, %s : f32
    %g = transformer.activation <gelu> %r : f32
    transformer.yield %g : f32
  } -> tensor<?x8xf32>
  %2 = transformer.map (%1, %y : tensor<?x8xf32>, tensor<?x8xf32>) dims ["n", 8]
      maps [affine_map<(d0, d1) -> (d0, d1)>, affine_map<(d0, d1) -> (d0, d1)>] {
  ^bb0(%e: f32, %s: f32):
    %r = arith.addf %e, %s : f32
    transformer.yield %r : f32
  } -> tensor<?x8xf32>
  return %2 : tensor<?x8xf32>
}

// The result's order of loops is not the contraction's: indices and maps follow.
// CHECK-LABEL: func.func @transposed
// CHECK: transformer.contract
// CHECK: transformer.index 1
func.func @transposed(%x: tensor<?x4xf32> {attune.dims = ["n", 4]}, %w: tensor<4x8xf32> {attune.dims = [4, 8]})
    -> tensor<8x?xf32> {
  %0 = transformer.contract (%x, %w : tensor<?x4xf32>, tensor<4x8xf32>) dims ["n", 8, 4]
      maps [affine_map<(m, n, k) -> (m, k)>, affine_map<(m, n, k) -> (k, n)>]
      to affine_map<(m, n, k) -> (n, m)> {
  ^bb0(%acc: f32):
    transformer.yield %acc : f32
  } -> tensor<8x?xf32>
  %1 = transformer.map (%0 : tensor<8x?xf32>) dims [8, "n"] maps [affine_map<(d0, d1) -> (d0, d1)>] {
  ^bb0(%e: f32):
    %i = transformer.index 0
    %j = arith.index_cast %i : index to i64
    %f = arith.sitofp %j : i64 to f32
    %r = arith.addf %e, %f : f32
    transformer.yield %r : f32
  } -> tensor<8x?xf32>
  return %1 : tensor<8x?xf32>
}

// Not merged: another reader, another type, another order.
// CHECK-LABEL: func.func @kept
// CHECK-COUNT-3: transformer.contract
// CHECK-COUNT-3: transformer.map
func.func @kept(%x: tensor<?x4xf32> {attune.dims = ["n", 4]}, %w: tensor<4x8xf32> {attune.dims = [4, 8]})
    -> (tensor<?x8xf32>, tensor<?x8xf32>, tensor<?x8xi1>, tensor<8x?xf32>) {
  %zero = arith.constant dense<0.0> : tensor<f32>
  %0 = transformer.contract (%x, %w : tensor<?x4xf32>, tensor<4x8xf32>) dims ["n", 8, 4]
      maps [affine_map<(m, n, k) -> (m, k)>, affine_map<(m, n, k) -> (k, n)>]
      to affine_map<(m, n, k) -> (m, n)> {
  ^bb0(%acc: f32):
    transformer.yield %acc : f32
  } -> tensor<?x8xf32>
  %1 = transformer.contract (%x, %w : tensor<?x4xf32>, tensor<4x8xf32>) dims ["n", 8, 4]
      maps [affine_map<(m, n, k) -> (m, k)>, affine_map<(m, n, k) -> (k, n)>]
      to affine_map<(m, n, k) -> (m, n)> {
  ^bb0(%acc: f32):
    transformer.yield %acc : f32
  } -> tensor<?x8xf32>
  %2 = transformer.contract (%x, %w : tensor<?x4xf32>, tensor<4x8xf32>) dims ["n", 8, 4]
      maps [affine_map<(m, n, k) -> (m, k)>, affine_map<(m, n, k) -> (k, n)>]
      to affine_map<(m, n, k) -> (m, n)> {
  ^bb0(%acc: f32):
    transformer.yield %acc : f32
  } -> tensor<?x8xf32>
  %3 = transformer.map (%0 : tensor<?x8xf32>) dims ["n", 8] maps [affine_map<(d0, d1) -> (d0, d1)>] {
  ^bb0(%e: f32):
    %r = math.exp %e : f32
    transformer.yield %r : f32
  } -> tensor<?x8xf32>
  %4 = transformer.map (%1 : tensor<?x8xf32>) dims ["n", 8] maps [affine_map<(d0, d1) -> (d0, d1)>] {
  ^bb0(%e: f32):
    %r = math.isnan %e : f32
    transformer.yield %r : i1
  } -> tensor<?x8xi1>
  %5 = transformer.map (%2 : tensor<?x8xf32>) dims [8, "n"] maps [affine_map<(d0, d1) -> (d1, d0)>] {
  ^bb0(%e: f32):
    %r = math.exp %e : f32
    transformer.yield %r : f32
  } -> tensor<8x?xf32>
  return %0, %3, %4, %5 : tensor<?x8xf32>, tensor<?x8xf32>, tensor<?x8xi1>, tensor<8x?xf32>
}
