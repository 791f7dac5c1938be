// RUN: attune-opt %s --transformer-raise-norm | FileCheck %s

#id = affine_map<(a, b) -> (a, b)>
#row = affine_map<(a, b) -> (a, 0)>
#col = affine_map<(a, b) -> (b)>
#flat = affine_map<(a, b) -> (0, b)>

// Fused as far as maps fuse: the mean is subtracted in both readers. The root in four spellings.
// CHECK-LABEL: func.func @roots
// CHECK: transformer.norm <layer> %{{.*}} axes 1 epsilon 5.000000e-01
// CHECK: transformer.norm <layer> %{{.*}} axes 1 epsilon 5.000000e-01
// CHECK: transformer.norm <layer> %{{.*}} axes 1 epsilon 5.000000e-01
// CHECK: transformer.norm <layer> %{{.*}} axes 1 epsilon 5.000000e-01
func.func @roots(%x: tensor<?x4xf32> {attune.dims = ["n", 4]})
    -> (tensor<?x4xf32>, tensor<?x4xf32>, tensor<?x4xf32>, tensor<?x4xf32>) {
  %sum = transformer.reduce <sum> (%x : tensor<?x4xf32>) dims ["n", 4] maps [#id] to #row {
  ^bb0(%e: f32):
    transformer.yield %e : f32
  } -> tensor<?x1xf32>
  %sq = transformer.reduce <sum> (%x, %sum : tensor<?x4xf32>, tensor<?x1xf32>) dims ["n", 4] maps [#id, #row] to #row {
  ^bb0(%e: f32, %s: f32):
    %quarter = arith.constant 0.25 : f32
    %m = arith.mulf %s, %quarter : f32
    %c = arith.subf %e, %m : f32
    %r = arith.mulf %c, %c : f32
    transformer.yield %r : f32
  } -> tensor<?x1xf32>
  %0 = transformer.map (%x, %sq, %sum : tensor<?x4xf32>, tensor<?x1xf32>, tensor<?x1xf32>) dims ["n", 4] maps [#id, #row, #row] {
  ^bb0(%e: f32, %q: f32, %s: f32):
    %quarter = arith.constant 0.25 : f32
    %eps = arith.constant 0.5 : f32
    %m = arith.mulf %s, %quarter : f32
    %c = arith.subf %e, %m : f32
    %v = arith.mulf %q, %quarter : f32
    %a = arith.addf %v, %eps : f32
    %d = math.sqrt %a : f32
    %n = arith.divf %c, %d : f32
    transformer.yield %n : f32
  } -> tensor<?x4xf32>
  %1 = transformer.map (%x, %sq, %sum : tensor<?x4xf32>, tensor<?x1xf32>, tensor<?x1xf32>) dims ["n", 4] maps [#id, #row, #row] {
  ^bb0(%e: f32, %q: f32, %s: f32):
    %quarter = arith.constant 0.25 : f32
    %eps = arith.constant 0.5 : f32
    %half = arith.constant 0.5 : f32
    %m = arith.mulf %s, %quarter : f32
    %c = arith.subf %e, %m : f32
    %v = arith.mulf %q, %quarter : f32
    %a = arith.addf %v, %eps : f32
    %d = math.powf %a, %half : f32
    %n = arith.divf %c, %d : f32
    transformer.yield %n : f32
  } -> tensor<?x4xf32>
  %2 = transformer.map (%x, %sq, %sum : tensor<?x4xf32>, tensor<?x1xf32>, tensor<?x1xf32>) dims ["n", 4] maps [#id, #row, #row] {
  ^bb0(%e: f32, %q: f32, %s: f32):
    %quarter = arith.constant 0.25 : f32
    %eps = arith.constant 0.5 : f32
    %m = arith.mulf %s, %quarter : f32
    %c = arith.subf %e, %m : f32
    %v = arith.mulf %q, %quarter : f32
    %a = arith.addf %v, %eps : f32
    %d = math.rsqrt %a : f32
    %n = arith.mulf %c, %d : f32
    transformer.yield %n : f32
  } -> tensor<?x4xf32>
  %3 = transformer.map (%x, %sq, %sum : tensor<?x4xf32>, tensor<?x1xf32>, tensor<?x1xf32>) dims ["n", 4] maps [#id, #row, #row] {
  ^bb0(%e: f32, %q: f32, %s: f32):
    %quarter = arith.constant 0.25 : f32
    %eps = arith.constant 0.5 : f32
    %mhalf = arith.constant -0.5 : f32
    %m = arith.mulf %s, %quarter : f32
    %c = arith.subf %e, %m : f32
    %v = arith.mulf %q, %quarter : f32
    %a = arith.addf %v, %eps : f32
    %d = math.powf %a, %mhalf : f32
    %n = arith.mulf %d, %c : f32
    transformer.yield %n : f32
  } -> tensor<?x4xf32>
  return %0, %1, %2, %3 : tensor<?x4xf32>, tensor<?x4xf32>, tensor<?x4xf32>, tensor<?x4xf32>
}
// A power as the square, epsilon on the other side or none, means as quotients.
// CHECK-LABEL: func.func @epsilons
// CHECK: transformer.norm <layer> %{{.*}} axes 1 epsilon 5.000000e-01
// CHECK: transformer.norm <layer> %{{.*}} axes 1 epsilon 0.000000e+00
// CHECK: transformer.norm <layer> %{{.*}} axes 1 epsilon 5.000000e-01
func.func @epsilons(%x: tensor<?x4xf32> {attune.dims = ["n", 4]})
    -> (tensor<?x4xf32>, tensor<?x4xf32>, tensor<?x4xf32>) {
  %sum = transformer.reduce <sum> (%x : tensor<?x4xf32>) dims ["n", 4] maps [#id] to #row {
  ^bb0(%e: f32):
    transformer.yield %e : f32
  } -> tensor<?x1xf32>
  %sq = transformer.reduce <sum> (%x, %sum : tensor<?x4xf32>, tensor<?x1xf32>) dims ["n", 4] maps [#id, #row] to #row {
  ^bb0(%e: f32, %s: f32):
    %two = arith.constant 2.0 : f32
    %four = arith.constant 4.0 : f32
    %m = arith.divf %s, %four : f32
    %c = arith.subf %e, %m : f32
    %r = math.powf %c, %two : f32
    transformer.yield %r : f32
  } -> tensor<?x1xf32>
  %0 = transformer.map (%x, %sq, %sum : tensor<?x4xf32>, tensor<?x1xf32>, tensor<?x1xf32>) dims ["n", 4] maps [#id, #row, #row] {
  ^bb0(%e: f32, %q: f32, %s: f32):
    %quarter = arith.constant 0.25 : f32
    %eps = arith.constant 0.5 : f32
    %m = arith.mulf %s, %quarter : f32
    %c = arith.subf %e, %m : f32
    %v = arith.mulf %q, %quarter : f32
    %a = arith.addf %eps, %v : f32
    %d = math.sqrt %a : f32
    %n = arith.divf %c, %d : f32
    transformer.yield %n : f32
  } -> tensor<?x4xf32>
  %1 = transformer.map (%x, %sq, %sum : tensor<?x4xf32>, tensor<?x1xf32>, tensor<?x1xf32>) dims ["n", 4] maps [#id, #row, #row] {
  ^bb0(%e: f32, %q: f32, %s: f32):
    %quarter = arith.constant 0.25 : f32
    %m = arith.mulf %s, %quarter : f32
    %c = arith.subf %e, %m : f32
    %v = arith.mulf %q, %quarter : f32
    %d = math.sqrt %v : f32
    %n = arith.divf %c, %d : f32
    transformer.yield %n : f32
  } -> tensor<?x4xf32>
  %2 = transformer.map (%x, %sq, %sum : tensor<?x4xf32>, tensor<?x1xf32>, tensor<?x1xf32>) dims ["n", 4] maps [#id, #row, #row] {
  ^bb0(%e: f32, %q: f32, %s: f32):
    %eps = arith.constant 0.5 : f32
    %four = arith.constant 4.0 : f32
    %m = arith.divf %s, %four : f32
    %c = arith.subf %e, %m : f32
    %v = arith.divf %q, %four : f32
    %a = arith.addf %v, %eps : f32
    %d = math.sqrt %a : f32
    %n = arith.divf %c, %d : f32
    transformer.yield %n : f32
  } -> tensor<?x4xf32>
  return %0, %1, %2 : tensor<?x4xf32>, tensor<?x4xf32>, tensor<?x4xf32>
}
// Scale and shift on either side; a shift of rank two is seen as a vector.
// CHECK-LABEL: func.func @affine
// CHECK: transformer.norm <layer> %{{.*}} scale(%arg1 : tensor<4xf32>) axes 1 epsilon 5.000000e-01
// CHECK: transformer.norm <layer> %{{.*}} scale(%arg1 : tensor<4xf32>) axes 1 epsilon 5.000000e-01
// CHECK: transformer.norm <layer> %{{.*}} shift(%{{.*}} : tensor<4xf32>) axes 1 epsilon 5.000000e-01
// CHECK: transformer.norm <layer> %{{.*}} scale(%arg1 : tensor<4xf32>) shift(%{{.*}} : tensor<4xf32>) axes 1 epsilon 5.000000e-01
func.func @affine(%x: tensor<?x4xf32> {attune.dims = ["n", 4]}, %scale: tensor<4xf32>, %shift: tensor<1x4xf32>)
    -> (tensor<?x4xf32>, tensor<?x4xf32>, tensor<?x4xf32>, tensor<?x4xf32>) {
  %sum = transformer.reduce <sum> (%x : tensor<?x4xf32>) dims ["n", 4] maps [#id] to #row {
  ^bb0(%e: f32):
    transformer.yield %e : f32
  } -> tensor<?x1xf32>
  %sq = transformer.reduce <sum> (%x, %sum : tensor<?x4xf32>, tensor<?x1xf32>) dims ["n", 4] maps [#id, #row] to #row {
  ^bb0(%e: f32, %s: f32):
    %quarter = arith.constant 0.25 : f32
    %m = arith.mulf %s, %quarter : f32
    %c = arith.subf %e, %m : f32
    %r = arith.mulf %c, %c : f32
    transformer.yield %r : f32
  } -> tensor<?x1xf32>
  %0 = transformer.map (%x, %sq, %sum, %scale : tensor<?x4xf32>, tensor<?x1xf32>, tensor<?x1xf32>, tensor<4xf32>) dims ["n", 4] maps [#id, #row, #row, #col] {
  ^bb0(%e: f32, %q: f32, %s: f32, %w: f32):
    %quarter = arith.constant 0.25 : f32
    %eps = arith.constant 0.5 : f32
    %m = arith.mulf %s, %quarter : f32
    %c = arith.subf %e, %m : f32
    %v = arith.mulf %q, %quarter : f32
    %a = arith.addf %v, %eps : f32
    %d = math.sqrt %a : f32
    %n = arith.divf %c, %d : f32
    %r = arith.mulf %n, %w : f32
    transformer.yield %r : f32
  } -> tensor<?x4xf32>
  %1 = transformer.map (%x, %sq, %sum, %scale : tensor<?x4xf32>, tensor<?x1xf32>, tensor<?x1xf32>, tensor<4xf32>) dims ["n", 4] maps [#id, #row, #row, #col] {
  ^bb0(%e: f32, %q: f32, %s: f32, %w: f32):
    %quarter = arith.constant 0.25 : f32
    %eps = arith.constant 0.5 : f32
    %m = arith.mulf %s, %quarter : f32
    %c = arith.subf %e, %m : f32
    %v = arith.mulf %q, %quarter : f32
    %a = arith.addf %v, %eps : f32
    %d = math.sqrt %a : f32
    %n = arith.divf %c, %d : f32
    %r = arith.mulf %w, %n : f32
    transformer.yield %r : f32
  } -> tensor<?x4xf32>
  %2 = transformer.map (%x, %sq, %sum, %shift : tensor<?x4xf32>, tensor<?x1xf32>, tensor<?x1xf32>, tensor<1x4xf32>) dims ["n", 4] maps [#id, #row, #row, #flat] {
  ^bb0(%e: f32, %q: f32, %s: f32, %u: f32):
    %quarter = arith.constant 0.25 : f32
    %eps = arith.constant 0.5 : f32
    %m = arith.mulf %s, %quarter : f32
    %c = arith.subf %e, %m : f32
    %v = arith.mulf %q, %quarter : f32
    %a = arith.addf %v, %eps : f32
    %d = math.sqrt %a : f32
    %n = arith.divf %c, %d : f32
    %r = arith.addf %n, %u : f32
    transformer.yield %r : f32
  } -> tensor<?x4xf32>
  %3 = transformer.map (%x, %sq, %sum, %scale, %shift : tensor<?x4xf32>, tensor<?x1xf32>, tensor<?x1xf32>, tensor<4xf32>, tensor<1x4xf32>) dims ["n", 4] maps [#id, #row, #row, #col, #flat] {
  ^bb0(%e: f32, %q: f32, %s: f32, %w: f32, %u: f32):
    %quarter = arith.constant 0.25 : f32
    %eps = arith.constant 0.5 : f32
    %m = arith.mulf %s, %quarter : f32
    %c = arith.subf %e, %m : f32
    %v = arith.mulf %q, %quarter : f32
    %a = arith.addf %v, %eps : f32
    %d = math.sqrt %a : f32
    %n = arith.divf %c, %d : f32
    %t = arith.mulf %n, %w : f32
    %r = arith.addf %u, %t : f32
    transformer.yield %r : f32
  } -> tensor<?x4xf32>
  return %0, %1, %2, %3 : tensor<?x4xf32>, tensor<?x4xf32>, tensor<?x4xf32>, tensor<?x4xf32>
}
// CHECK-LABEL: func.func @rms
// CHECK: transformer.norm <rms> %{{.*}} axes 1 epsilon 5.000000e-01
// CHECK: transformer.norm <rms> %{{.*}} scale(%arg2 : tensor<4xf32>) axes 1 epsilon 5.000000e-01
func.func @rms(%x: tensor<?x4xf32> {attune.dims = ["n", 4]}, %y: tensor<?x4xf32> {attune.dims = ["n", 4]}, %scale: tensor<4xf32>, %shift: tensor<1x4xf32>)
    -> (tensor<?x4xf32>, tensor<?x4xf32>) {
  %sq = transformer.reduce <sum> (%x, %y : tensor<?x4xf32>, tensor<?x4xf32>) dims ["n", 4] maps [#id, #id] to #row {
  ^bb0(%e: f32, %f: f32):
    %r = arith.mulf %e, %e : f32
    transformer.yield %r : f32
  } -> tensor<?x1xf32>
  %0 = transformer.map (%x, %sq : tensor<?x4xf32>, tensor<?x1xf32>) dims ["n", 4] maps [#id, #row] {
  ^bb0(%e: f32, %q: f32):
    %quarter = arith.constant 0.25 : f32
    %eps = arith.constant 0.5 : f32
    %v = arith.mulf %q, %quarter : f32
    %a = arith.addf %v, %eps : f32
    %d = math.sqrt %a : f32
    %n = arith.divf %e, %d : f32
    transformer.yield %n : f32
  } -> tensor<?x4xf32>
  %1 = transformer.map (%x, %sq, %scale : tensor<?x4xf32>, tensor<?x1xf32>, tensor<4xf32>) dims ["n", 4] maps [#id, #row, #col] {
  ^bb0(%e: f32, %q: f32, %w: f32):
    %quarter = arith.constant 0.25 : f32
    %eps = arith.constant 0.5 : f32
    %v = arith.mulf %q, %quarter : f32
    %a = arith.addf %v, %eps : f32
    %d = math.sqrt %a : f32
    %n = arith.divf %e, %d : f32
    %r = arith.mulf %w, %n : f32
    transformer.yield %r : f32
  } -> tensor<?x4xf32>
  return %0, %1 : tensor<?x4xf32>, tensor<?x4xf32>
}
// CHECK-LABEL: func.func @rms_power
// CHECK: transformer.norm <rms> %{{.*}} axes 1 epsilon 5.000000e-01
func.func @rms_power(%x: tensor<?x4xf32> {attune.dims = ["n", 4]}, %y: tensor<?x4xf32> {attune.dims = ["n", 4]})
    -> tensor<?x4xf32> {
  %sq = transformer.reduce <sum> (%x, %y : tensor<?x4xf32>, tensor<?x4xf32>) dims ["n", 4] maps [#id, #id] to #row {
  ^bb0(%e: f32, %f: f32):
    %two = arith.constant 2.0 : f32
    %r = math.powf %e, %two : f32
    transformer.yield %r : f32
  } -> tensor<?x1xf32>
  %0 = transformer.map (%x, %sq : tensor<?x4xf32>, tensor<?x1xf32>) dims ["n", 4] maps [#id, #row] {
  ^bb0(%e: f32, %q: f32):
    %quarter = arith.constant 0.25 : f32
    %eps = arith.constant 0.5 : f32
    %v = arith.mulf %q, %quarter : f32
    %a = arith.addf %v, %eps : f32
    %d = math.sqrt %a : f32
    %n = arith.divf %e, %d : f32
    transformer.yield %n : f32
  } -> tensor<?x4xf32>
  return %0 : tensor<?x4xf32>
}
