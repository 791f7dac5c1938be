// A reshape of a weight as it lies in its file is that weight under another shape.
// RUN: attune-opt %s --transformer-fold-weights | FileCheck %s

// CHECK-LABEL: func.func @shapes
// CHECK: %[[A:.*]] = transformer.weight <{{.*}}, source = tensor<4x2x3xf32>> : tensor<4x2x3xf32>
// CHECK: %[[B:.*]] = transformer.weight <{{.*}}, source = tensor<4x6xf32>, recipe = [#transformer.permute<1, 0>]> : tensor<6x4xf32>
// What was moved has no such shape in the file.
// CHECK: %[[C:.*]] = transformer.reshape %[[B]] dims [24]
// CHECK: return %[[A]], %[[B]], %[[C]]
func.func @shapes() -> (tensor<4x2x3xf32>, tensor<6x4xf32>, tensor<24xf32>) {
  %w = transformer.weight <file = "w.bin", offset = 0, bytes = 96, hash = "00", source = tensor<8x3xf32>> : tensor<8x3xf32>
  %a = transformer.reshape %w dims [4, 2, 3] : tensor<8x3xf32> -> tensor<4x2x3xf32>
  %r = transformer.reshape %w dims [4, 6] : tensor<8x3xf32> -> tensor<4x6xf32>
  %b = transformer.map (%r : tensor<4x6xf32>) dims [6, 4] maps [affine_map<(i, j) -> (j, i)>] {
  ^bb0(%e: f32):
    transformer.yield %e : f32
  } -> tensor<6x4xf32>
  %c = transformer.reshape %b dims [24] : tensor<6x4xf32> -> tensor<24xf32>
  return %a, %b, %c : tensor<4x2x3xf32>, tensor<6x4xf32>, tensor<24xf32>
}
