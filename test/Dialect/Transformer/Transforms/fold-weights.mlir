// RUN: attune-opt %s --transformer-fold-weights | FileCheck %s

// CHECK-LABEL: func.func @fold
// CHECK: %[[T:.*]] = transformer.weight <{{.*}}, recipe = [#transformer.permute<1, 0>]> : tensor<8x4xf32>
// CHECK: %[[S:.*]] = transformer.weight <{{.*}}, recipe = [#transformer.permute<2, 0, 1>, #transformer.scale<5.000000e-01 : f64>]> : tensor<4x2x3xf32>
// CHECK-NOT: transformer.map
// CHECK: return %[[T]], %[[S]]
func.func @fold() -> (tensor<8x4xf32>, tensor<4x2x3xf32>) {
  %w = transformer.weight <file = "w.bin", offset = 0, bytes = 128, hash = "00", source = tensor<4x8xf32>> : tensor<4x8xf32>
  %t = transformer.map (%w : tensor<4x8xf32>) dims [8, 4] maps [affine_map<(d0, d1) -> (d1, d0)>] {
  ^bb0(%e: f32):
    transformer.yield %e : f32
  } -> tensor<8x4xf32>
  %v = transformer.weight <file = "w.bin", offset = 128, bytes = 96, hash = "01", source = tensor<2x3x4xf32>> : tensor<2x3x4xf32>
  %s = transformer.map (%v : tensor<2x3x4xf32>) dims [4, 2, 3] maps [affine_map<(d0, d1, d2) -> (d1, d2, d0)>] {
  ^bb0(%e: f32):
    %two = arith.constant 2.0 : f32
    %r = arith.divf %e, %two : f32
    transformer.yield %r : f32
  } -> tensor<4x2x3xf32>
  return %t, %s : tensor<8x4xf32>, tensor<4x2x3xf32>
}

// Equal bytes under equal recipes are one weight, wherever they lie.
// CHECK-LABEL: func.func @share
// CHECK: %[[A:.*]] = transformer.weight <file = "a.bin"
// CHECK: %[[B:.*]] = transformer.weight <{{.*}} source = tensor<8x4xf32>
// CHECK-NOT: transformer.weight
// CHECK: return %[[A]], %[[A]], %[[B]]
func.func @share() -> (tensor<4x8xf32>, tensor<4x8xf32>, tensor<8x4xf32>) {
  %0 = transformer.weight <file = "a.bin", offset = 0, bytes = 128, hash = "00", source = tensor<4x8xf32>> : tensor<4x8xf32>
  %1 = transformer.weight <file = "b.bin", offset = 64, bytes = 128, hash = "00", source = tensor<4x8xf32>> : tensor<4x8xf32>
  %2 = transformer.weight <file = "b.bin", offset = 64, bytes = 128, hash = "00", source = tensor<8x4xf32>> : tensor<8x4xf32>
  return %0, %1, %2 : tensor<4x8xf32>, tensor<4x8xf32>, tensor<8x4xf32>
}

// Not a recipe: a broadcast, a division that rounds, another function.
// CHECK-LABEL: func.func @kept
// CHECK-COUNT-3: transformer.map
func.func @kept() -> (tensor<2x4xf32>, tensor<4xf32>, tensor<4xf32>) {
  %w = transformer.weight <file = "w.bin", offset = 0, bytes = 16, hash = "00", source = tensor<4xf32>> : tensor<4xf32>
  %0 = transformer.map (%w : tensor<4xf32>) dims [2, 4] maps [affine_map<(d0, d1) -> (d1)>] {
  ^bb0(%e: f32):
    transformer.yield %e : f32
  } -> tensor<2x4xf32>
  %1 = transformer.map (%w : tensor<4xf32>) dims [4] maps [affine_map<(d0) -> (d0)>] {
  ^bb0(%e: f32):
    %three = arith.constant 3.0 : f32
    %r = arith.divf %e, %three : f32
    transformer.yield %r : f32
  } -> tensor<4xf32>
  %2 = transformer.map (%w : tensor<4xf32>) dims [4] maps [affine_map<(d0) -> (d0)>] {
  ^bb0(%e: f32):
    %r = arith.addf %e, %e : f32
    transformer.yield %r : f32
  } -> tensor<4xf32>
  return %0, %1, %2 : tensor<2x4xf32>, tensor<4xf32>, tensor<4xf32>
}
