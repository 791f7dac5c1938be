// RUN: attune-opt %s --canonicalize --cse | FileCheck %s

// Two equal norms are one; a norm of another kind is not.
// CHECK-LABEL: func.func @shared
// CHECK-NEXT: %[[A:.*]] = transformer.norm <layer>
// CHECK-NEXT: %[[B:.*]] = transformer.norm <rms>
// CHECK-NEXT: return %[[A]], %[[A]], %[[B]]
func.func @shared(%x: tensor<2x4xf32>) -> (tensor<2x4xf32>, tensor<2x4xf32>, tensor<2x4xf32>) {
  %0 = transformer.norm <layer> %x axes 1 epsilon 0.0 dims [2, 4] : tensor<2x4xf32>
  %1 = transformer.norm <layer> %x axes 1 epsilon 0.0 dims [2, 4] : tensor<2x4xf32>
  %2 = transformer.norm <rms> %x axes 1 epsilon 0.0 dims [2, 4] : tensor<2x4xf32>
  return %0, %1, %2 : tensor<2x4xf32>, tensor<2x4xf32>, tensor<2x4xf32>
}
