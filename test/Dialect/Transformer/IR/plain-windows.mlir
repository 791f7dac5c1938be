// RUN: attune-opt %s | attune-opt | FileCheck %s

// CHECK: #[[PATCH:.*]] = affine_map<(d0, d1, d2, d3) -> (d0, d2, d1 * 4 + d3)>
// CHECK: #[[TAPS:.*]] = affine_map<(d0, d1, d2, d3) -> (d0, d2, d1 + d3 * 2)>
// CHECK-LABEL: func.func @windows
// CHECK: transformer.windows %{{.*}} dims ["b", 5, 3, 4] map #[[PATCH]] : tensor<?x3x20xf32> -> tensor<?x5x3x4xf32>
// CHECK: transformer.windows %{{.*}} dims ["b", 20, 3, 3] map #[[TAPS]] low [0, 0, "n"] : tensor<?x3x20xf32> -> tensor<?x20x3x3xf32>
func.func @windows(%x: tensor<?x3x20xf32>) -> (tensor<?x5x3x4xf32>, tensor<?x20x3x3xf32>) {
  %0 = transformer.windows %x dims ["b", 5, 3, 4] map affine_map<(b, t, c, k) -> (b, c, t * 4 + k)>
      : tensor<?x3x20xf32> -> tensor<?x5x3x4xf32>
  %1 = transformer.windows %x dims ["b", 20, 3, 3] map affine_map<(b, t, c, k) -> (b, c, t + k * 2)> low [0, 0, "n"]
      : tensor<?x3x20xf32> -> tensor<?x20x3x3xf32>
  return %0, %1 : tensor<?x5x3x4xf32>, tensor<?x20x3x3xf32>
}

// A unit dimension is read at zero, a loop that no position counts repeats, an empty result reads nothing.
// CHECK-LABEL: func.func @edges
func.func @edges(%x: tensor<1x8xf32>) -> (tensor<8x2xf32>, tensor<0x9xf32>) {
  %0 = transformer.windows %x dims [8, 2] map affine_map<(t, r) -> (0, t)> : tensor<1x8xf32> -> tensor<8x2xf32>
  %1 = transformer.windows %x dims [0, 9] map affine_map<(t, k) -> (0, t + k)> : tensor<1x8xf32> -> tensor<0x9xf32>
  return %0, %1 : tensor<8x2xf32>, tensor<0x9xf32>
}

// CHECK-LABEL: func.func @panels
// CHECK: recipe = [#transformer.panels<16, depth = 2>]> : tensor<3x4x5x16xf32>
// CHECK: recipe = [#transformer.panels<16>]> : tensor<4x3x5x16xf32>
func.func @panels() -> (tensor<3x4x5x16xf32>, tensor<4x3x5x16xf32>) {
  %0 = transformer.weight <file = "w", offset = 0, bytes = 3200, hash = "0", source = tensor<4x5x40xf32>,
      recipe = [#transformer.panels<16, depth = 2>]> : tensor<3x4x5x16xf32>
  %1 = transformer.weight <file = "w", offset = 0, bytes = 3200, hash = "0", source = tensor<4x5x40xf32>,
      recipe = [#transformer.panels<16, depth = 1>]> : tensor<4x3x5x16xf32>
  return %0, %1 : tensor<3x4x5x16xf32>, tensor<4x3x5x16xf32>
}
