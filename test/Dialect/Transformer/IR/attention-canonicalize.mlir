// RUN: attune-opt %s --canonicalize --cse | FileCheck %s

#q = affine_map<(b, h, i, j, d, e) -> (b, h, i, d)>
#k = affine_map<(b, h, i, j, d, e) -> (b, h, j, d)>
#v = affine_map<(b, h, i, j, d, e) -> (b, h, j, e)>
#o = affine_map<(b, h, i, j, d, e) -> (b, h, i, e)>

// Two equal attentions are one; one that nothing reads goes.
// CHECK-LABEL: func.func @shared
// CHECK-NEXT: %[[A:.*]] = transformer.attention
// CHECK-NEXT: return %[[A]], %[[A]]
func.func @shared(%q: tensor<1x2x3x4xf32>) -> (tensor<1x2x3x4xf32>, tensor<1x2x3x4xf32>) {
  %0 = transformer.attention (%q, %q, %q : tensor<1x2x3x4xf32>, tensor<1x2x3x4xf32>, tensor<1x2x3x4xf32>)
      scale 1.0 mask <none> dead_rows <nan> dims [1, 2, 3, 3, 4, 4] maps [#q, #k, #v] to #o -> tensor<1x2x3x4xf32>
  %1 = transformer.attention (%q, %q, %q : tensor<1x2x3x4xf32>, tensor<1x2x3x4xf32>, tensor<1x2x3x4xf32>)
      scale 1.0 mask <none> dead_rows <nan> dims [1, 2, 3, 3, 4, 4] maps [#q, #k, #v] to #o -> tensor<1x2x3x4xf32>
  %2 = transformer.attention (%q, %q, %q : tensor<1x2x3x4xf32>, tensor<1x2x3x4xf32>, tensor<1x2x3x4xf32>)
      scale 2.0 mask <none> dead_rows <nan> dims [1, 2, 3, 3, 4, 4] maps [#q, #k, #v] to #o -> tensor<1x2x3x4xf32>
  return %0, %1 : tensor<1x2x3x4xf32>, tensor<1x2x3x4xf32>
}
