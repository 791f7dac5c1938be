// A reshape of a transpose is a transpose of a reshape where what it joins or splits lies together.
// RUN: attune-opt %s --canonicalize | FileCheck %s

// Channels move back behind the places that were joined in front of them.
// CHECK: #[[BACK:.*]] = affine_map<(d0, d1, d2) -> (d0, d2, d1)>
// CHECK-LABEL: func.func @joined
// CHECK-SAME: %[[X:.*]]: tensor<?x14x14x8xf32>
// CHECK-NEXT: %[[R:.*]] = transformer.reshape %[[X]] dims ["b", 196, 8]
// CHECK-NEXT: transformer.map(%[[R]] : tensor<?x196x8xf32>) dims ["b", 8, 196] maps [#[[BACK]]]
// CHECK-NOT: transformer.reshape
func.func @joined(%x: tensor<?x14x14x8xf32> {attune.dims = ["b", 14, 14, 8]}) -> tensor<?x8x196xf32> {
  %0 = transformer.map (%x : tensor<?x14x14x8xf32>) dims ["b", 8, 14, 14] maps [affine_map<(b, c, h, w) -> (b, h, w, c)>] {
  ^bb0(%e: f32):
    transformer.yield %e : f32
  } -> tensor<?x8x14x14xf32>
  %1 = transformer.reshape %0 dims ["b", 8, 196] : tensor<?x8x14x14xf32> -> tensor<?x8x196xf32>
  return %1 : tensor<?x8x196xf32>
}

// Splits, with symbols and unit dimensions.
// CHECK-LABEL: func.func @split
// CHECK-NEXT: %[[R:.*]] = transformer.reshape %{{.*}} dims [1, "h", "w", 2, 4]
// CHECK-NEXT: transformer.map(%[[R]] : tensor<1x?x?x2x4xf32>) dims [2, 4, 1, "h", "w"]
func.func @split(%x: tensor<?x8xf32> {attune.dims = ["h * w", 8]}) -> tensor<2x4x1x?x?xf32> {
  %0 = transformer.map (%x : tensor<?x8xf32>) dims [8, "h * w"] maps [affine_map<(c, p) -> (p, c)>] {
  ^bb0(%e: f32):
    transformer.yield %e : f32
  } -> tensor<8x?xf32>
  %1 = transformer.reshape %0 dims [2, 4, 1, "h", "w"] : tensor<8x?xf32> -> tensor<2x4x1x?x?xf32>
  return %1 : tensor<2x4x1x?x?xf32>
}

// Heads and channels lie apart; another reader would make the transpose anyway; nothing has groups;
// a map that computes is no transpose.
// CHECK-LABEL: func.func @kept
// CHECK: transformer.map
// CHECK: transformer.reshape
// CHECK: transformer.map
// CHECK: transformer.reshape
// CHECK: transformer.map
// CHECK: transformer.reshape
// CHECK: transformer.map
// CHECK: transformer.reshape
// CHECK-NOT: transformer.map
func.func @kept(%x: tensor<2x3x5x4xf32>, %y: tensor<0x4xf32>, %z: tensor<6x4xf32>)
    -> (tensor<2x5x12xf32>, tensor<4x6xf32>, tensor<24xf32>, tensor<4x2x3xf32>, tensor<0x2xf32>) {
  %0 = transformer.map (%x : tensor<2x3x5x4xf32>) dims [2, 5, 3, 4] maps [affine_map<(b, s, h, d) -> (b, h, s, d)>] {
  ^bb0(%e: f32):
    transformer.yield %e : f32
  } -> tensor<2x5x3x4xf32>
  %1 = transformer.reshape %0 dims [2, 5, 12] : tensor<2x5x3x4xf32> -> tensor<2x5x12xf32>
  %2 = transformer.map (%z : tensor<6x4xf32>) dims [4, 6] maps [affine_map<(c, p) -> (p, c)>] {
  ^bb0(%e: f32):
    transformer.yield %e : f32
  } -> tensor<4x6xf32>
  %3 = transformer.reshape %2 dims [24] : tensor<4x6xf32> -> tensor<24xf32>
  %4 = transformer.map (%z : tensor<6x4xf32>) dims [4, 6] maps [affine_map<(c, p) -> (p, c)>] {
  ^bb0(%e: f32):
    %n = arith.negf %e : f32
    transformer.yield %n : f32
  } -> tensor<4x6xf32>
  %5 = transformer.reshape %4 dims [4, 2, 3] : tensor<4x6xf32> -> tensor<4x2x3xf32>
  %6 = transformer.map (%y : tensor<0x4xf32>) dims [4, 0] maps [affine_map<(c, p) -> (p, c)>] {
  ^bb0(%e: f32):
    transformer.yield %e : f32
  } -> tensor<4x0xf32>
  %7 = transformer.reshape %6 dims [0, 2] : tensor<4x0xf32> -> tensor<0x2xf32>
  return %1, %2, %3, %5, %7 : tensor<2x5x12xf32>, tensor<4x6xf32>, tensor<24xf32>, tensor<4x2x3xf32>, tensor<0x2xf32>
}
