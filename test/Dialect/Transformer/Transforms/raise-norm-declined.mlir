// RUN: attune-opt %s --transformer-raise-norm | FileCheck %s

#id = affine_map<(a, b) -> (a, b)>
#row = affine_map<(a, b) -> (a, 0)>
#col = affine_map<(a, b) -> (b)>
#flat = affine_map<(a, b) -> (0, b)>

// Each is a norm but for one constant or operation outside the sums.
// CHECK-LABEL: func.func @outside
// CHECK-NOT: transformer.norm
func.func @outside(%x: tensor<?x4xf32> {attune.dims = ["n", 4]})
    -> (tensor<?x4xf32>, tensor<?x4xf32>, tensor<?x4xf32>, tensor<?x4xf32>, tensor<?x4xf32>, tensor<?x4xf32>, tensor<?x4xf32>, tensor<?x4xf32>, tensor<?x4xf32>, tensor<?x4xf32>, tensor<?x4xf32>) {
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
    %third = arith.constant 0.3 : f32
    %m = arith.mulf %s, %third : f32
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
    %third = arith.constant 0.3 : f32
    %m = arith.mulf %s, %quarter : f32
    %c = arith.subf %e, %m : f32
    %v = arith.mulf %q, %third : f32
    %a = arith.addf %v, %eps : f32
    %d = math.sqrt %a : f32
    %n = arith.divf %c, %d : f32
    transformer.yield %n : f32
  } -> tensor<?x4xf32>
  %2 = transformer.map (%x, %sq, %sum : tensor<?x4xf32>, tensor<?x1xf32>, tensor<?x1xf32>) dims ["n", 4] maps [#id, #row, #row] {
  ^bb0(%e: f32, %q: f32, %s: f32):
    %quarter = arith.constant 0.25 : f32
    %eps = arith.constant 0.5 : f32
    %m = arith.mulf %s, %quarter : f32
    %c = arith.subf %m, %e : f32
    %v = arith.mulf %q, %quarter : f32
    %a = arith.addf %v, %eps : f32
    %d = math.sqrt %a : f32
    %n = arith.divf %c, %d : f32
    transformer.yield %n : f32
  } -> tensor<?x4xf32>
  %3 = transformer.map (%x, %sq, %sum : tensor<?x4xf32>, tensor<?x1xf32>, tensor<?x1xf32>) dims ["n", 4] maps [#id, #row, #row] {
  ^bb0(%e: f32, %q: f32, %s: f32):
    %quarter = arith.constant 0.25 : f32
    %eps = arith.constant 0.5 : f32
    %m = arith.mulf %s, %quarter : f32
    %c = arith.addf %e, %m : f32
    %v = arith.mulf %q, %quarter : f32
    %a = arith.addf %v, %eps : f32
    %d = math.sqrt %a : f32
    %n = arith.divf %c, %d : f32
    transformer.yield %n : f32
  } -> tensor<?x4xf32>
  %4 = transformer.map (%x, %sq, %sum : tensor<?x4xf32>, tensor<?x1xf32>, tensor<?x1xf32>) dims ["n", 4] maps [#id, #row, #row] {
  ^bb0(%e: f32, %q: f32, %s: f32):
    %quarter = arith.constant 0.25 : f32
    %eps = arith.constant 0.5 : f32
    %m = arith.mulf %s, %quarter : f32
    %c = arith.subf %e, %m : f32
    %v = arith.mulf %q, %quarter : f32
    %a = arith.addf %v, %eps : f32
    %d = math.sqrt %a : f32
    %n = arith.mulf %c, %d : f32
    transformer.yield %n : f32
  } -> tensor<?x4xf32>
  %5 = transformer.map (%x, %sq, %sum : tensor<?x4xf32>, tensor<?x1xf32>, tensor<?x1xf32>) dims ["n", 4] maps [#id, #row, #row] {
  ^bb0(%e: f32, %q: f32, %s: f32):
    %quarter = arith.constant 0.25 : f32
    %eps = arith.constant 0.5 : f32
    %m = arith.mulf %s, %quarter : f32
    %c = arith.subf %e, %m : f32
    %v = arith.mulf %q, %quarter : f32
    %a = arith.addf %v, %eps : f32
    %d = math.rsqrt %a : f32
    %n = arith.divf %c, %d : f32
    transformer.yield %n : f32
  } -> tensor<?x4xf32>
  %6 = transformer.map (%x, %sq, %sum : tensor<?x4xf32>, tensor<?x1xf32>, tensor<?x1xf32>) dims ["n", 4] maps [#id, #row, #row] {
  ^bb0(%e: f32, %q: f32, %s: f32):
    %quarter = arith.constant 0.25 : f32
    %eps = arith.constant 0.5 : f32
    %m = arith.mulf %s, %quarter : f32
    %c = arith.subf %e, %m : f32
    %v = arith.mulf %q, %quarter : f32
    %a = arith.addf %v, %eps : f32
    %d = math.cbrt %a : f32
    %n = arith.divf %c, %d : f32
    transformer.yield %n : f32
  } -> tensor<?x4xf32>
  %7 = transformer.map (%x, %sq, %sum : tensor<?x4xf32>, tensor<?x1xf32>, tensor<?x1xf32>) dims ["n", 4] maps [#id, #row, #row] {
  ^bb0(%e: f32, %q: f32, %s: f32):
    %quarter = arith.constant 0.25 : f32
    %eps = arith.constant 0.5 : f32
    %third = arith.constant 0.3 : f32
    %m = arith.mulf %s, %quarter : f32
    %c = arith.subf %e, %m : f32
    %v = arith.mulf %q, %quarter : f32
    %a = arith.addf %v, %eps : f32
    %d = math.powf %a, %third : f32
    %n = arith.divf %c, %d : f32
    transformer.yield %n : f32
  } -> tensor<?x4xf32>
  %8 = transformer.map (%x, %sq, %sum : tensor<?x4xf32>, tensor<?x1xf32>, tensor<?x1xf32>) dims ["n", 4] maps [#id, #row, #row] {
  ^bb0(%e: f32, %q: f32, %s: f32):
    %quarter = arith.constant 0.25 : f32
    %eps = arith.constant 0.5 : f32
    %mhalf = arith.constant -0.5 : f32
    %m = arith.mulf %s, %quarter : f32
    %c = arith.subf %e, %m : f32
    %v = arith.mulf %q, %quarter : f32
    %a = arith.addf %v, %eps : f32
    %d = math.powf %a, %mhalf : f32
    %n = arith.divf %c, %d : f32
    transformer.yield %n : f32
  } -> tensor<?x4xf32>
  %9 = transformer.map (%x, %sq, %sum : tensor<?x4xf32>, tensor<?x1xf32>, tensor<?x1xf32>) dims ["n", 4] maps [#id, #row, #row] {
  ^bb0(%e: f32, %q: f32, %s: f32):
    %quarter = arith.constant 0.25 : f32
    %eps = arith.constant 0.5 : f32
    %half = arith.constant 0.5 : f32
    %m = arith.mulf %s, %quarter : f32
    %c = arith.subf %e, %m : f32
    %v = arith.mulf %q, %quarter : f32
    %a = arith.addf %v, %eps : f32
    %d = math.powf %a, %half : f32
    %n = arith.mulf %c, %d : f32
    transformer.yield %n : f32
  } -> tensor<?x4xf32>
  %10 = transformer.map (%x, %sq, %sum : tensor<?x4xf32>, tensor<?x1xf32>, tensor<?x1xf32>) dims ["n", 4] maps [#id, #row, #row] {
  ^bb0(%e: f32, %q: f32, %s: f32):
    %quarter = arith.constant 0.25 : f32
    %eps = arith.constant 0.5 : f32
    %m = arith.mulf %s, %quarter : f32
    %c = arith.subf %e, %m : f32
    %v = arith.mulf %q, %quarter : f32
    %a = arith.subf %v, %eps : f32
    %d = math.sqrt %a : f32
    %n = arith.divf %c, %d : f32
    transformer.yield %n : f32
  } -> tensor<?x4xf32>
  return %0, %1, %2, %3, %4, %5, %6, %7, %8, %9, %10 : tensor<?x4xf32>, tensor<?x4xf32>, tensor<?x4xf32>, tensor<?x4xf32>, tensor<?x4xf32>, tensor<?x4xf32>, tensor<?x4xf32>, tensor<?x4xf32>, tensor<?x4xf32>, tensor<?x4xf32>, tensor<?x4xf32>
}
// A factor too many: a constant, a second scale, a value, a divisor, a second root.
// CHECK-LABEL: func.func @factors
// CHECK-NOT: transformer.norm
func.func @factors(%x: tensor<?x4xf32> {attune.dims = ["n", 4]}, %scale: tensor<4xf32>, %shift: tensor<1x4xf32>)
    -> (tensor<?x4xf32>, tensor<?x4xf32>, tensor<?x4xf32>, tensor<?x4xf32>, tensor<?x4xf32>) {
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
    %two = arith.constant 2.0 : f32
    %m = arith.mulf %s, %quarter : f32
    %c = arith.subf %e, %m : f32
    %v = arith.mulf %q, %quarter : f32
    %a = arith.addf %v, %eps : f32
    %d = math.sqrt %a : f32
    %n = arith.divf %c, %d : f32
    %r = arith.mulf %n, %two : f32
    transformer.yield %r : f32
  } -> tensor<?x4xf32>
  %1 = transformer.map (%x, %sq, %sum, %scale, %shift : tensor<?x4xf32>, tensor<?x1xf32>, tensor<?x1xf32>, tensor<4xf32>, tensor<1x4xf32>) dims ["n", 4] maps [#id, #row, #row, #col, #flat] {
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
    %r = arith.mulf %t, %u : f32
    transformer.yield %r : f32
  } -> tensor<?x4xf32>
  %2 = transformer.map (%x, %sq, %sum : tensor<?x4xf32>, tensor<?x1xf32>, tensor<?x1xf32>) dims ["n", 4] maps [#id, #row, #row] {
  ^bb0(%e: f32, %q: f32, %s: f32):
    %quarter = arith.constant 0.25 : f32
    %eps = arith.constant 0.5 : f32
    %m = arith.mulf %s, %quarter : f32
    %c = arith.subf %e, %m : f32
    %v = arith.mulf %q, %quarter : f32
    %a = arith.addf %v, %eps : f32
    %d = math.sqrt %a : f32
    %n = arith.divf %c, %d : f32
    %r = arith.mulf %n, %e : f32
    transformer.yield %r : f32
  } -> tensor<?x4xf32>
  %3 = transformer.map (%x, %sq, %sum, %scale : tensor<?x4xf32>, tensor<?x1xf32>, tensor<?x1xf32>, tensor<4xf32>) dims ["n", 4] maps [#id, #row, #row, #col] {
  ^bb0(%e: f32, %q: f32, %s: f32, %w: f32):
    %quarter = arith.constant 0.25 : f32
    %eps = arith.constant 0.5 : f32
    %m = arith.mulf %s, %quarter : f32
    %c = arith.subf %e, %m : f32
    %v = arith.mulf %q, %quarter : f32
    %a = arith.addf %v, %eps : f32
    %d = math.sqrt %a : f32
    %n = arith.divf %c, %d : f32
    %r = arith.divf %n, %w : f32
    transformer.yield %r : f32
  } -> tensor<?x4xf32>
  %4 = transformer.map (%x, %sq, %sum : tensor<?x4xf32>, tensor<?x1xf32>, tensor<?x1xf32>) dims ["n", 4] maps [#id, #row, #row] {
  ^bb0(%e: f32, %q: f32, %s: f32):
    %quarter = arith.constant 0.25 : f32
    %eps = arith.constant 0.5 : f32
    %m = arith.mulf %s, %quarter : f32
    %c = arith.subf %e, %m : f32
    %v = arith.mulf %q, %quarter : f32
    %a = arith.addf %v, %eps : f32
    %d = math.sqrt %a : f32
    %n = arith.divf %c, %d : f32
    %r = arith.divf %n, %d : f32
    transformer.yield %r : f32
  } -> tensor<?x4xf32>
  return %0, %1, %2, %3, %4 : tensor<?x4xf32>, tensor<?x4xf32>, tensor<?x4xf32>, tensor<?x4xf32>, tensor<?x4xf32>
}
