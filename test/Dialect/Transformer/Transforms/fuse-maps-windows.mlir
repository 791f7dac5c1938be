// Windows read through transposes; a border goes along with its dimension.
// RUN: attune-opt %s --transformer-fuse-maps | FileCheck %s

// CHECK: #[[AT:.*]] = affine_map<(d0, d1, d2, d3) -> (d0, d1 * 2 + d3, d2)>
// CHECK: #[[ONE:.*]] = affine_map<(d0, d1) -> (d0 + d1)>
// CHECK-LABEL: func.func @transposed
// CHECK-SAME: %[[X:.*]]: tensor<1x30x4xf32>
// CHECK-NOT: transformer.map
// CHECK: transformer.windows %[[X]] dims [1, 15, 4, 3] map #[[AT]] low [0, "p", 0]
func.func @transposed(%x: tensor<1x30x4xf32>) -> tensor<1x15x4x3xf32> {
  %0 = transformer.map (%x : tensor<1x30x4xf32>) dims [1, 4, 30] maps [affine_map<(b, c, t) -> (b, t, c)>] {
  ^bb0(%e: f32):
    transformer.yield %e : f32
  } -> tensor<1x4x30xf32>
  %1 = transformer.windows %0 dims [1, 15, 4, 3] map affine_map<(b, t, c, k) -> (b, c, t * 2 + k)> low [0, 0, "p"]
      : tensor<1x4x30xf32> -> tensor<1x15x4x3xf32>
  return %1 : tensor<1x15x4x3xf32>
}

// A broadcast is absorbed without a border; around one there are zeros that its operand has not. What
// computes is left.
// CHECK-LABEL: func.func @broadcast
// CHECK: %[[B:.*]] = transformer.map
// CHECK: transformer.windows %arg0 dims [8, 3] map #[[ONE]] :
// CHECK: transformer.windows %[[B]] {{.*}} low [0, 1]
// CHECK: %[[N:.*]] = transformer.map
// CHECK: arith.negf
// CHECK: transformer.windows %[[N]]
func.func @broadcast(%x: tensor<10xf32>) -> (tensor<8x3xf32>, tensor<10x3xf32>, tensor<8x3xf32>) {
  %0 = transformer.map (%x : tensor<10xf32>) dims [1, 10] maps [affine_map<(b, t) -> (t)>] {
  ^bb0(%e: f32):
    transformer.yield %e : f32
  } -> tensor<1x10xf32>
  %1 = transformer.windows %0 dims [8, 3] map affine_map<(t, k) -> (0, t + k)> : tensor<1x10xf32> -> tensor<8x3xf32>
  %2 = transformer.windows %0 dims [10, 3] map affine_map<(t, k) -> (0, t + k)> low [0, 1] : tensor<1x10xf32> -> tensor<10x3xf32>
  %3 = transformer.map (%x : tensor<10xf32>) dims [10] maps [affine_map<(t) -> (t)>] {
  ^bb0(%e: f32):
    %n = arith.negf %e : f32
    transformer.yield %n : f32
  } -> tensor<10xf32>
  %4 = transformer.windows %3 dims [8, 3] map affine_map<(t, k) -> (t + k)> : tensor<10xf32> -> tensor<8x3xf32>
  return %1, %2, %4 : tensor<8x3xf32>, tensor<10x3xf32>, tensor<8x3xf32>
}
