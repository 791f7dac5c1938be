// RUN: attune-opt %s --transformer-fold-weights | FileCheck %s

// A product with a constant on either side, in every type; a division by a power of two.
// CHECK-LABEL: func.func @product
// CHECK: transformer.weight {{.*}} recipe = [#transformer.scale<3.000000e+00 : f64>]>
// CHECK-NOT: transformer.map
func.func @product() -> tensor<4x8xf32> {
  %w = transformer.weight <file = "w.bin", offset = 0, bytes = 128, hash = "00", source = tensor<4x8xf32>> : tensor<4x8xf32>
  %0 = transformer.map (%w : tensor<4x8xf32>) dims [4, 8] maps [affine_map<(d0, d1) -> (d0, d1)>] {
  ^bb0(%e: f32):
    %c = arith.constant 3.0 : f32
    %r = arith.mulf %e, %c : f32
    transformer.yield %r : f32
  } -> tensor<4x8xf32>
  return %0 : tensor<4x8xf32>
}
// CHECK-LABEL: func.func @product_first
// CHECK: transformer.weight {{.*}} recipe = [#transformer.scale<3.000000e+00 : f64>]>
// CHECK-NOT: transformer.map
func.func @product_first() -> tensor<4x8xf16> {
  %w = transformer.weight <file = "w.bin", offset = 0, bytes = 64, hash = "00", source = tensor<4x8xf16>> : tensor<4x8xf16>
  %0 = transformer.map (%w : tensor<4x8xf16>) dims [4, 8] maps [affine_map<(d0, d1) -> (d0, d1)>] {
  ^bb0(%e: f16):
    %c = arith.constant 3.0 : f16
    %r = arith.mulf %c, %e : f16
    transformer.yield %r : f16
  } -> tensor<4x8xf16>
  return %0 : tensor<4x8xf16>
}
// CHECK-LABEL: func.func @product_brain
// CHECK: transformer.weight {{.*}} recipe = [#transformer.scale<3.000000e+00 : f64>]>
// CHECK-NOT: transformer.map
func.func @product_brain() -> tensor<4x8xbf16> {
  %w = transformer.weight <file = "w.bin", offset = 0, bytes = 64, hash = "00", source = tensor<4x8xbf16>> : tensor<4x8xbf16>
  %0 = transformer.map (%w : tensor<4x8xbf16>) dims [4, 8] maps [affine_map<(d0, d1) -> (d0, d1)>] {
  ^bb0(%e: bf16):
    %c = arith.constant 3.0 : bf16
    %r = arith.mulf %c, %e : bf16
    transformer.yield %r : bf16
  } -> tensor<4x8xbf16>
  return %0 : tensor<4x8xbf16>
}
// CHECK-LABEL: func.func @product_double
// CHECK: transformer.weight {{.*}} recipe = [#transformer.scale<3.000000e+00 : f64>]>
// CHECK-NOT: transformer.map
func.func @product_double() -> tensor<4x8xf64> {
  %w = transformer.weight <file = "w.bin", offset = 0, bytes = 256, hash = "00", source = tensor<4x8xf64>> : tensor<4x8xf64>
  %0 = transformer.map (%w : tensor<4x8xf64>) dims [4, 8] maps [affine_map<(d0, d1) -> (d0, d1)>] {
  ^bb0(%e: f64):
    %c = arith.constant 3.0 : f64
    %r = arith.mulf %e, %c : f64
    transformer.yield %r : f64
  } -> tensor<4x8xf64>
  return %0 : tensor<4x8xf64>
}
// CHECK-LABEL: func.func @quotient
// CHECK: transformer.weight {{.*}} recipe = [#transformer.scale<-2.500000e-01 : f64>]>
// CHECK-NOT: transformer.map
func.func @quotient() -> tensor<4x8xf32> {
  %w = transformer.weight <file = "w.bin", offset = 0, bytes = 128, hash = "00", source = tensor<4x8xf32>> : tensor<4x8xf32>
  %0 = transformer.map (%w : tensor<4x8xf32>) dims [4, 8] maps [affine_map<(d0, d1) -> (d0, d1)>] {
  ^bb0(%e: f32):
    %c = arith.constant -4.0 : f32
    %r = arith.divf %e, %c : f32
    transformer.yield %r : f32
  } -> tensor<4x8xf32>
  return %0 : tensor<4x8xf32>
}
// CHECK-LABEL: func.func @quotient_of_less
// CHECK: transformer.weight {{.*}} recipe = [#transformer.scale<8.000000e+00 : f64>]>
// CHECK-NOT: transformer.map
func.func @quotient_of_less() -> tensor<4x8xf32> {
  %w = transformer.weight <file = "w.bin", offset = 0, bytes = 128, hash = "00", source = tensor<4x8xf32>> : tensor<4x8xf32>
  %0 = transformer.map (%w : tensor<4x8xf32>) dims [4, 8] maps [affine_map<(d0, d1) -> (d0, d1)>] {
  ^bb0(%e: f32):
    %c = arith.constant 0.125 : f32
    %r = arith.divf %e, %c : f32
    transformer.yield %r : f32
  } -> tensor<4x8xf32>
  return %0 : tensor<4x8xf32>
}
// CHECK-LABEL: func.func @scaled_transpose
// CHECK: transformer.weight {{.*}} recipe = [#transformer.permute<1, 0>, #transformer.scale<2.000000e+00 : f64>]> : tensor<8x4xf32>
// CHECK-NOT: transformer.map
func.func @scaled_transpose() -> tensor<8x4xf32> {
  %w = transformer.weight <file = "w.bin", offset = 0, bytes = 128, hash = "00", source = tensor<4x8xf32>> : tensor<4x8xf32>
  %0 = transformer.map (%w : tensor<4x8xf32>) dims [8, 4] maps [affine_map<(d0, d1) -> (d1, d0)>] {
  ^bb0(%e: f32):
    %c = arith.constant 2.0 : f32
    %r = arith.mulf %e, %c : f32
    transformer.yield %r : f32
  } -> tensor<8x4xf32>
  return %0 : tensor<8x4xf32>
}
// A copy is the weight itself.
// CHECK-LABEL: func.func @copy
// CHECK: %[[W:.*]] = transformer.weight <file = "w.bin", offset = 0, bytes = 128, hash = "00", source = tensor<4x8xf32>> : tensor<4x8xf32>
// CHECK-NEXT: return %[[W]]
func.func @copy() -> tensor<4x8xf32> {
  %w = transformer.weight <file = "w.bin", offset = 0, bytes = 128, hash = "00", source = tensor<4x8xf32>> : tensor<4x8xf32>
  %0 = transformer.map (%w : tensor<4x8xf32>) dims [4, 8] maps [affine_map<(d0, d1) -> (d0, d1)>] {
  ^bb0(%e: f32):
    transformer.yield %e : f32
  } -> tensor<4x8xf32>
  return %0 : tensor<4x8xf32>
}
// Kept: the constant over the weight, infinities, a square, integers, sums, a constant alone.
// CHECK-LABEL: func.func @of_the_constant
// CHECK: transformer.map
func.func @of_the_constant() -> tensor<4x8xf32> {
  %w = transformer.weight <file = "w.bin", offset = 0, bytes = 128, hash = "00", source = tensor<4x8xf32>> : tensor<4x8xf32>
  %0 = transformer.map (%w : tensor<4x8xf32>) dims [4, 8] maps [affine_map<(d0, d1) -> (d0, d1)>] {
  ^bb0(%e: f32):
    %c = arith.constant 2.0 : f32
    %r = arith.divf %c, %e : f32
    transformer.yield %r : f32
  } -> tensor<4x8xf32>
  return %0 : tensor<4x8xf32>
}
// CHECK-LABEL: func.func @by_infinity
// CHECK: transformer.map
func.func @by_infinity() -> tensor<4x8xf32> {
  %w = transformer.weight <file = "w.bin", offset = 0, bytes = 128, hash = "00", source = tensor<4x8xf32>> : tensor<4x8xf32>
  %0 = transformer.map (%w : tensor<4x8xf32>) dims [4, 8] maps [affine_map<(d0, d1) -> (d0, d1)>] {
  ^bb0(%e: f32):
    %c = arith.constant 0x7F800000 : f32
    %r = arith.divf %e, %c : f32
    transformer.yield %r : f32
  } -> tensor<4x8xf32>
  return %0 : tensor<4x8xf32>
}
// CHECK-LABEL: func.func @by_zero
// CHECK: transformer.map
func.func @by_zero() -> tensor<4x8xf32> {
  %w = transformer.weight <file = "w.bin", offset = 0, bytes = 128, hash = "00", source = tensor<4x8xf32>> : tensor<4x8xf32>
  %0 = transformer.map (%w : tensor<4x8xf32>) dims [4, 8] maps [affine_map<(d0, d1) -> (d0, d1)>] {
  ^bb0(%e: f32):
    %c = arith.constant 0.0 : f32
    %r = arith.divf %e, %c : f32
    transformer.yield %r : f32
  } -> tensor<4x8xf32>
  return %0 : tensor<4x8xf32>
}
// CHECK-LABEL: func.func @by_six
// CHECK: transformer.map
func.func @by_six() -> tensor<4x8xf32> {
  %w = transformer.weight <file = "w.bin", offset = 0, bytes = 128, hash = "00", source = tensor<4x8xf32>> : tensor<4x8xf32>
  %0 = transformer.map (%w : tensor<4x8xf32>) dims [4, 8] maps [affine_map<(d0, d1) -> (d0, d1)>] {
  ^bb0(%e: f32):
    %c = arith.constant 6.0 : f32
    %r = arith.divf %e, %c : f32
    transformer.yield %r : f32
  } -> tensor<4x8xf32>
  return %0 : tensor<4x8xf32>
}
// CHECK-LABEL: func.func @square
// CHECK: transformer.map
func.func @square() -> tensor<4x8xf32> {
  %w = transformer.weight <file = "w.bin", offset = 0, bytes = 128, hash = "00", source = tensor<4x8xf32>> : tensor<4x8xf32>
  %0 = transformer.map (%w : tensor<4x8xf32>) dims [4, 8] maps [affine_map<(d0, d1) -> (d0, d1)>] {
  ^bb0(%e: f32):
    %r = arith.mulf %e, %e : f32
    transformer.yield %r : f32
  } -> tensor<4x8xf32>
  return %0 : tensor<4x8xf32>
}
// CHECK-LABEL: func.func @integers
// CHECK: transformer.map
func.func @integers() -> tensor<4x8xi32> {
  %w = transformer.weight <file = "w.bin", offset = 0, bytes = 128, hash = "00", source = tensor<4x8xi32>> : tensor<4x8xi32>
  %0 = transformer.map (%w : tensor<4x8xi32>) dims [4, 8] maps [affine_map<(d0, d1) -> (d0, d1)>] {
  ^bb0(%e: i32):
    %c = arith.constant 2 : i32
    %r = arith.muli %e, %c : i32
    transformer.yield %r : i32
  } -> tensor<4x8xi32>
  return %0 : tensor<4x8xi32>
}
// CHECK-LABEL: func.func @sum
// CHECK: transformer.map
func.func @sum() -> tensor<4x8xf32> {
  %w = transformer.weight <file = "w.bin", offset = 0, bytes = 128, hash = "00", source = tensor<4x8xf32>> : tensor<4x8xf32>
  %0 = transformer.map (%w : tensor<4x8xf32>) dims [4, 8] maps [affine_map<(d0, d1) -> (d0, d1)>] {
  ^bb0(%e: f32):
    %c = arith.constant 2.0 : f32
    %r = arith.addf %e, %c : f32
    transformer.yield %r : f32
  } -> tensor<4x8xf32>
  return %0 : tensor<4x8xf32>
}
// CHECK-LABEL: func.func @constant
// CHECK: transformer.map
func.func @constant() -> tensor<4x8xf32> {
  %w = transformer.weight <file = "w.bin", offset = 0, bytes = 128, hash = "00", source = tensor<4x8xf32>> : tensor<4x8xf32>
  %0 = transformer.map (%w : tensor<4x8xf32>) dims [4, 8] maps [affine_map<(d0, d1) -> (d0, d1)>] {
  ^bb0(%e: f32):
    %c = arith.constant 2.0 : f32
    transformer.yield %c : f32
  } -> tensor<4x8xf32>
  return %0 : tensor<4x8xf32>
}
// CHECK-LABEL: func.func @two_steps
// CHECK: transformer.map
func.func @two_steps() -> tensor<4x8xf32> {
  %w = transformer.weight <file = "w.bin", offset = 0, bytes = 128, hash = "00", source = tensor<4x8xf32>> : tensor<4x8xf32>
  %0 = transformer.map (%w : tensor<4x8xf32>) dims [4, 8] maps [affine_map<(d0, d1) -> (d0, d1)>] {
  ^bb0(%e: f32):
    %c = arith.constant 2.0 : f32
    %d = arith.mulf %e, %c : f32
    %r = arith.mulf %d, %c : f32
    transformer.yield %r : f32
  } -> tensor<4x8xf32>
  return %0 : tensor<4x8xf32>
}
// One after the other: a scale of a transpose of a weight, and the same weight twice.
// CHECK-LABEL: func.func @chain
// CHECK: %[[W:.*]] = transformer.weight {{.*}} recipe = [#transformer.permute<1, 0>, #transformer.scale<2.000000e+00 : f64>]>
// CHECK-NEXT: return %[[W]], %[[W]]
func.func @chain() -> (tensor<8x4xf32>, tensor<8x4xf32>) {
  %w = transformer.weight <file = "w.bin", offset = 0, bytes = 128, hash = "00", source = tensor<4x8xf32>> : tensor<4x8xf32>
  %t = transformer.map (%w : tensor<4x8xf32>) dims [8, 4] maps [affine_map<(d0, d1) -> (d1, d0)>] {
  ^bb0(%e: f32):
    transformer.yield %e : f32
  } -> tensor<8x4xf32>
  %s = transformer.map (%t : tensor<8x4xf32>) dims [8, 4] maps [affine_map<(d0, d1) -> (d0, d1)>] {
  ^bb0(%e: f32):
    %c = arith.constant 2.0 : f32
    %r = arith.mulf %e, %c : f32
    transformer.yield %r : f32
  } -> tensor<8x4xf32>
  %u = transformer.map (%w : tensor<4x8xf32>) dims [8, 4] maps [affine_map<(d0, d1) -> (d1, d0)>] {
  ^bb0(%e: f32):
    %c = arith.constant 2.0 : f32
    %r = arith.mulf %c, %e : f32
    transformer.yield %r : f32
  } -> tensor<8x4xf32>
  return %s, %u : tensor<8x4xf32>, tensor<8x4xf32>
}

// Two operands are no recipe, nor are other bytes, lengths or recipes one weight.
// CHECK-LABEL: func.func @apart
// CHECK-COUNT-4: transformer.weight
// CHECK: transformer.map
func.func @apart() -> (tensor<2xf32>, tensor<2xf32>, tensor<2xf32>) {
  %0 = transformer.weight <file = "w.bin", offset = 0, bytes = 8, hash = "00", source = tensor<2xf32>> : tensor<2xf32>
  %1 = transformer.weight <file = "w.bin", offset = 8, bytes = 8, hash = "01", source = tensor<2xf32>> : tensor<2xf32>
  %2 = transformer.weight <file = "w.bin", offset = 0, bytes = 9, hash = "00", source = tensor<2xf32>> : tensor<2xf32>
  %3 = transformer.weight <file = "w.bin", offset = 0, bytes = 8, hash = "00", source = tensor<2xf32>, recipe = [#transformer.scale<2.0 : f64>]> : tensor<2xf32>
  %4 = transformer.map (%0, %1 : tensor<2xf32>, tensor<2xf32>) dims [2] maps [affine_map<(d0) -> (d0)>, affine_map<(d0) -> (d0)>] {
  ^bb0(%e: f32, %f: f32):
    transformer.yield %e : f32
  } -> tensor<2xf32>
  return %4, %2, %3 : tensor<2xf32>, tensor<2xf32>, tensor<2xf32>
}
