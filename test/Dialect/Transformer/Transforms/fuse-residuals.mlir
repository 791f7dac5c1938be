// RUN: attune-opt %s --transformer-fuse-residuals | FileCheck %s

#same = affine_map<(i, j) -> (i, j)>
#column = affine_map<(i, j) -> (j)>

// CHECK-LABEL: func.func @residual(
// CHECK-SAME: %[[X:.*]]: tensor<?x4xf32>, %[[Y:.*]]: tensor<?x4xf32>
// CHECK-NEXT: %[[N:.*]] = transformer.norm <layer> %[[X]] residual(%[[Y]] : tensor<?x4xf32>) axes 1
// CHECK-NEXT: return %[[N]]
func.func @residual(%x: tensor<?x4xf32>, %y: tensor<?x4xf32>) -> tensor<?x4xf32> {
  %0 = transformer.map (%x, %y : tensor<?x4xf32>, tensor<?x4xf32>) dims ["n", 4] maps [#same, #same] {
  ^bb0(%a: f32, %b: f32):
    %s = arith.addf %a, %b : f32
    transformer.yield %s : f32
  } -> tensor<?x4xf32>
  %1 = transformer.norm <layer> %0 axes 1 epsilon 0.0 dims ["n", 4] : tensor<?x4xf32>
  return %1 : tensor<?x4xf32>
}

// The sum is read elsewhere, too.
// CHECK-LABEL: func.func @shared
// CHECK: transformer.map
// CHECK-NOT: residual(
func.func @shared(%x: tensor<?x4xf32>, %y: tensor<?x4xf32>) -> (tensor<?x4xf32>, tensor<?x4xf32>) {
  %0 = transformer.map (%x, %y : tensor<?x4xf32>, tensor<?x4xf32>) dims ["n", 4] maps [#same, #same] {
  ^bb0(%a: f32, %b: f32):
    %s = arith.addf %a, %b : f32
    transformer.yield %s : f32
  } -> tensor<?x4xf32>
  %1 = transformer.norm <layer> %0 axes 1 epsilon 0.0 dims ["n", 4] : tensor<?x4xf32>
  return %0, %1 : tensor<?x4xf32>, tensor<?x4xf32>
}

// What is added is no whole tensor, or not only added, or the same value twice.
// CHECK-LABEL: func.func @others
// CHECK-COUNT-3: transformer.map
// CHECK-NOT: residual(
func.func @others(%x: tensor<?x4xf32>, %b: tensor<4xf32>, %y: tensor<?x4xf32>)
    -> (tensor<?x4xf32>, tensor<?x4xf32>, tensor<?x4xf32>) {
  %0 = transformer.map (%x, %b : tensor<?x4xf32>, tensor<4xf32>) dims ["n", 4] maps [#same, #column] {
  ^bb0(%a: f32, %c: f32):
    %s = arith.addf %a, %c : f32
    transformer.yield %s : f32
  } -> tensor<?x4xf32>
  %1 = transformer.norm <layer> %0 axes 1 epsilon 0.0 dims ["n", 4] : tensor<?x4xf32>
  %2 = transformer.map (%x, %y : tensor<?x4xf32>, tensor<?x4xf32>) dims ["n", 4] maps [#same, #same] {
  ^bb0(%a: f32, %c: f32):
    %s = arith.addf %a, %c : f32
    %t = arith.mulf %s, %s : f32
    transformer.yield %t : f32
  } -> tensor<?x4xf32>
  %3 = transformer.norm <rms> %2 axes 1 epsilon 0.0 dims ["n", 4] : tensor<?x4xf32>
  %4 = transformer.map (%x, %y : tensor<?x4xf32>, tensor<?x4xf32>) dims ["n", 4] maps [#same, #same] {
  ^bb0(%a: f32, %c: f32):
    %s = arith.addf %a, %a : f32
    transformer.yield %s : f32
  } -> tensor<?x4xf32>
  %5 = transformer.norm <rms> %4 axes 1 epsilon 0.0 dims ["n", 4] : tensor<?x4xf32>
  return %1, %3, %5 : tensor<?x4xf32>, tensor<?x4xf32>, tensor<?x4xf32>
}
