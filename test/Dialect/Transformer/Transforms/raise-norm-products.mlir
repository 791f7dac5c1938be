// RUN: attune-opt %s --transformer-raise-norm | FileCheck %s

#id = affine_map<(a, b) -> (a, b)>
#row = affine_map<(a, b) -> (a, 0)>
#col = affine_map<(a, b) -> (b)>

// What is normalised is a product itself: a scaled embedding, a gated value.
// CHECK-LABEL: func.func @products
// CHECK: %[[SCALED:.*]] = transformer.map
// CHECK: transformer.norm <rms> %[[SCALED]] axes 1 epsilon 5.000000e-01
// CHECK: %[[GATED:.*]] = transformer.map
// CHECK: transformer.norm <rms> %[[GATED]] scale(%arg2 : tensor<4xf32>) axes 1 epsilon 5.000000e-01
func.func @products(%x: tensor<?x4xf32> {attune.dims = ["n", 4]}, %y: tensor<?x4xf32> {attune.dims = ["n", 4]}, %scale: tensor<4xf32>)
    -> (tensor<?x4xf32>, tensor<?x4xf32>) {
  %c = transformer.map (%x : tensor<?x4xf32>) dims ["n", 4] maps [#id] {
  ^bb0(%e: f32):
    %three = arith.constant 3.0 : f32
    %r = arith.mulf %e, %three : f32
    transformer.yield %r : f32
  } -> tensor<?x4xf32>
  %sc = transformer.reduce <sum> (%c : tensor<?x4xf32>) dims ["n", 4] maps [#id] to #row {
  ^bb0(%e: f32):
    %r = arith.mulf %e, %e : f32
    transformer.yield %r : f32
  } -> tensor<?x1xf32>
  %0 = transformer.map (%c, %sc : tensor<?x4xf32>, tensor<?x1xf32>) dims ["n", 4] maps [#id, #row] {
  ^bb0(%e: f32, %q: f32):
    %quarter = arith.constant 0.25 : f32
    %eps = arith.constant 0.5 : f32
    %v = arith.mulf %q, %quarter : f32
    %a = arith.addf %v, %eps : f32
    %d = math.sqrt %a : f32
    %n = arith.divf %e, %d : f32
    transformer.yield %n : f32
  } -> tensor<?x4xf32>
  %g = transformer.map (%x, %y : tensor<?x4xf32>, tensor<?x4xf32>) dims ["n", 4] maps [#id, #id] {
  ^bb0(%e: f32, %f: f32):
    %r = arith.mulf %e, %f : f32
    transformer.yield %r : f32
  } -> tensor<?x4xf32>
  %sg = transformer.reduce <sum> (%g : tensor<?x4xf32>) dims ["n", 4] maps [#id] to #row {
  ^bb0(%e: f32):
    %r = arith.mulf %e, %e : f32
    transformer.yield %r : f32
  } -> tensor<?x1xf32>
  %1 = transformer.map (%g, %sg, %scale : tensor<?x4xf32>, tensor<?x1xf32>, tensor<4xf32>) dims ["n", 4] maps [#id, #row, #col] {
  ^bb0(%e: f32, %q: f32, %w: f32):
    %quarter = arith.constant 0.25 : f32
    %eps = arith.constant 0.5 : f32
    %v = arith.mulf %q, %quarter : f32
    %a = arith.addf %v, %eps : f32
    %d = math.rsqrt %a : f32
    %n = arith.mulf %e, %d : f32
    %r = arith.mulf %w, %n : f32
    transformer.yield %r : f32
  } -> tensor<?x4xf32>
  return %0, %1 : tensor<?x4xf32>, tensor<?x4xf32>
}
