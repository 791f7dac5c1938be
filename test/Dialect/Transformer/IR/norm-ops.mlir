// RUN: attune-opt %s | attune-opt | FileCheck %s

// CHECK-LABEL: func.func @norms
// CHECK: transformer.norm <layer> %{{.*}} scale(%{{.*}} : tensor<4xf32>) shift(%{{.*}} : tensor<4xf32>) axes 1 epsilon 1.000000e-05 dims ["n", 4] : tensor<?x4xf32>
// CHECK: transformer.norm <rms> %{{.*}} axes 2 epsilon 0.000000e+00 dims ["n", 4] : tensor<?x4xf32>
// CHECK: transformer.norm <rms> %{{.*}} residual(%{{.*}} : tensor<?x4xf32>) scale(%{{.*}} : tensor<4xf32>) axes 1
func.func @norms(%x: tensor<?x4xf32>, %w: tensor<4xf32>, %b: tensor<4xf32>) -> tensor<?x4xf32> {
  %0 = transformer.norm <layer> %x scale (%w : tensor<4xf32>) shift (%b : tensor<4xf32>)
      axes 1 epsilon 1.0e-5 dims ["n", 4] : tensor<?x4xf32>
  %1 = transformer.norm <rms> %0 axes 2 epsilon 0.0 dims ["n", 4] : tensor<?x4xf32>
  %2 = transformer.norm <rms> %1 residual (%x : tensor<?x4xf32>) scale (%w : tensor<4xf32>)
      axes 1 epsilon 0.0 dims ["n", 4] : tensor<?x4xf32>
  return %2 : tensor<?x4xf32>
}
