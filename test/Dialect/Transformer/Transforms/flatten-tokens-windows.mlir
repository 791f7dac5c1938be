// A contraction over windows keeps its loops, and so does the map that becomes its epilogue.
// RUN: attune-opt %s --transformer-flatten-tokens | FileCheck %s

// CHECK-LABEL: func.func @stem
// CHECK-NOT: transformer.reshape
// CHECK: transformer.contract({{.*}} dims ["b", 15, 8, 4, 3]
// CHECK: transformer.map({{.*}} dims ["b", 15, 8]
// CHECK: transformer.reshape {{.*}} dims ["15 * b", 8]
// CHECK-NEXT: transformer.norm {{.*}} dims ["15 * b", 8]
func.func @stem(%x: tensor<?x4x30xf32> {attune.dims = ["b", 4, 30]}, %w: tensor<8x4x3xf32>) -> tensor<?x15x8xf32> {
  %0 = transformer.windows %x dims ["b", 15, 4, 3] map affine_map<(b, t, c, k) -> (b, c, t * 2 + k)> low [0, 0, 1]
      : tensor<?x4x30xf32> -> tensor<?x15x4x3xf32>
  %1 = transformer.contract (%0, %w : tensor<?x15x4x3xf32>, tensor<8x4x3xf32>) dims ["b", 15, 8, 4, 3]
      maps [affine_map<(b, t, n, c, k) -> (b, t, c, k)>, affine_map<(b, t, n, c, k) -> (n, c, k)>]
      to affine_map<(b, t, n, c, k) -> (b, t, n)> {
  ^bb0(%acc: f32):
    transformer.yield %acc : f32
  } -> tensor<?x15x8xf32>
  %2 = transformer.map (%1 : tensor<?x15x8xf32>) dims ["b", 15, 8] maps [affine_map<(b, t, n) -> (b, t, n)>] {
  ^bb0(%e: f32):
    %g = transformer.activation <gelu> %e : f32
    transformer.yield %g : f32
  } -> tensor<?x15x8xf32>
  %3 = transformer.norm <layer> %2 axes 1 epsilon 1.0e-6 dims ["b", 15, 8] : tensor<?x15x8xf32>
  return %3 : tensor<?x15x8xf32>
}
