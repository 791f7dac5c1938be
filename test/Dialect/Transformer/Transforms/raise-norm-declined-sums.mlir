// RUN: attune-opt %s --transformer-raise-norm | FileCheck %s

#id = affine_map<(a, b) -> (a, b)>
#row = affine_map<(a, b) -> (a, 0)>
#col = affine_map<(a, b) -> (b)>
#flat = affine_map<(a, b) -> (0, b)>

// Each is a norm but for what is averaged.
// CHECK-LABEL: func.func @mean
// CHECK-NOT: transformer.norm
func.func @mean(%x: tensor<?x4xf32> {attune.dims = ["n", 4]})
    -> tensor<?x4xf32> {
  %sum = transformer.reduce <sum> (%x : tensor<?x4xf32>) dims ["n", 4] maps [#id] to #row {
  ^bb0(%e: f32):
    transformer.yield %e : f32
  } -> tensor<?x1xf32>
  %sq = transformer.reduce <sum> (%x, %sum : tensor<?x4xf32>, tensor<?x1xf32>) dims ["n", 4] maps [#id, #row] to #row {
  ^bb0(%e: f32, %s: f32):
    %third = arith.constant 0.3 : f32
    %m = arith.mulf %s, %third : f32
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
  return %0 : tensor<?x4xf32>
}
// CHECK-LABEL: func.func @cube
// CHECK-NOT: transformer.norm
func.func @cube(%x: tensor<?x4xf32> {attune.dims = ["n", 4]})
    -> tensor<?x4xf32> {
  %sum = transformer.reduce <sum> (%x : tensor<?x4xf32>) dims ["n", 4] maps [#id] to #row {
  ^bb0(%e: f32):
    transformer.yield %e : f32
  } -> tensor<?x1xf32>
  %sq = transformer.reduce <sum> (%x, %sum : tensor<?x4xf32>, tensor<?x1xf32>) dims ["n", 4] maps [#id, #row] to #row {
  ^bb0(%e: f32, %s: f32):
    %quarter = arith.constant 0.25 : f32
    %three = arith.constant 3.0 : f32
    %m = arith.mulf %s, %quarter : f32
    %c = arith.subf %e, %m : f32
    %r = math.powf %c, %three : f32
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
  return %0 : tensor<?x4xf32>
}
// CHECK-LABEL: func.func @product
// CHECK-NOT: transformer.norm
func.func @product(%x: tensor<?x4xf32> {attune.dims = ["n", 4]})
    -> tensor<?x4xf32> {
  %sum = transformer.reduce <sum> (%x : tensor<?x4xf32>) dims ["n", 4] maps [#id] to #row {
  ^bb0(%e: f32):
    transformer.yield %e : f32
  } -> tensor<?x1xf32>
  %sq = transformer.reduce <sum> (%x, %sum : tensor<?x4xf32>, tensor<?x1xf32>) dims ["n", 4] maps [#id, #row] to #row {
  ^bb0(%e: f32, %s: f32):
    %quarter = arith.constant 0.25 : f32
    %m = arith.mulf %s, %quarter : f32
    %c = arith.subf %e, %m : f32
    %r = arith.mulf %c, %e : f32
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
  return %0 : tensor<?x4xf32>
}
// CHECK-LABEL: func.func @other_value
// CHECK-NOT: transformer.norm
func.func @other_value(%x: tensor<?x4xf32> {attune.dims = ["n", 4]}, %y: tensor<?x4xf32> {attune.dims = ["n", 4]})
    -> tensor<?x4xf32> {
  %sum = transformer.reduce <sum> (%x : tensor<?x4xf32>) dims ["n", 4] maps [#id] to #row {
  ^bb0(%e: f32):
    transformer.yield %e : f32
  } -> tensor<?x1xf32>
  %sq = transformer.reduce <sum> (%y, %sum : tensor<?x4xf32>, tensor<?x1xf32>) dims ["n", 4] maps [#id, #row] to #row {
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
  return %0 : tensor<?x4xf32>
}
// CHECK-LABEL: func.func @maximum
// CHECK-NOT: transformer.norm
func.func @maximum(%x: tensor<?x4xf32> {attune.dims = ["n", 4]})
    -> tensor<?x4xf32> {
  %sum = transformer.reduce <max> (%x : tensor<?x4xf32>) dims ["n", 4] maps [#id] to #row {
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
  return %0 : tensor<?x4xf32>
}
// CHECK-LABEL: func.func @unknown_count
// CHECK-NOT: transformer.norm
func.func @unknown_count(%x: tensor<?x?xf32> {attune.dims = ["n", "m"]})
    -> tensor<?x?xf32> {
  %sum = transformer.reduce <sum> (%x : tensor<?x?xf32>) dims ["n", "m"] maps [#id] to #row {
  ^bb0(%e: f32):
    transformer.yield %e : f32
  } -> tensor<?x1xf32>
  %sq = transformer.reduce <sum> (%x, %sum : tensor<?x?xf32>, tensor<?x1xf32>) dims ["n", "m"] maps [#id, #row] to #row {
  ^bb0(%e: f32, %s: f32):
    %quarter = arith.constant 0.25 : f32
    %m = arith.mulf %s, %quarter : f32
    %c = arith.subf %e, %m : f32
    %r = arith.mulf %c, %c : f32
    transformer.yield %r : f32
  } -> tensor<?x1xf32>
  %0 = transformer.map (%x, %sq, %sum : tensor<?x?xf32>, tensor<?x1xf32>, tensor<?x1xf32>) dims ["n", "m"] maps [#id, #row, #row] {
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
  } -> tensor<?x?xf32>
  return %0 : tensor<?x?xf32>
}
// CHECK-LABEL: func.func @rms_cube
// CHECK-NOT: transformer.norm
func.func @rms_cube(%x: tensor<?x4xf32> {attune.dims = ["n", 4]}, %y: tensor<?x4xf32> {attune.dims = ["n", 4]})
    -> tensor<?x4xf32> {
  %sq = transformer.reduce <sum> (%x, %y : tensor<?x4xf32>, tensor<?x4xf32>) dims ["n", 4] maps [#id, #id] to #row {
  ^bb0(%e: f32, %f: f32):
    %three = arith.constant 3.0 : f32
    %r = math.powf %e, %three : f32
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
// CHECK-LABEL: func.func @rms_product
// CHECK-NOT: transformer.norm
func.func @rms_product(%x: tensor<?x4xf32> {attune.dims = ["n", 4]}, %y: tensor<?x4xf32> {attune.dims = ["n", 4]})
    -> tensor<?x4xf32> {
  %sq = transformer.reduce <sum> (%x, %y : tensor<?x4xf32>, tensor<?x4xf32>) dims ["n", 4] maps [#id, #id] to #row {
  ^bb0(%e: f32, %f: f32):
    %r = arith.mulf %e, %f : f32
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
// CHECK-LABEL: func.func @rms_other_value
// CHECK-NOT: transformer.norm
func.func @rms_other_value(%x: tensor<?x4xf32> {attune.dims = ["n", 4]}, %y: tensor<?x4xf32> {attune.dims = ["n", 4]})
    -> tensor<?x4xf32> {
  %sq = transformer.reduce <sum> (%x, %y : tensor<?x4xf32>, tensor<?x4xf32>) dims ["n", 4] maps [#id, #id] to #row {
  ^bb0(%e: f32, %f: f32):
    %r = arith.mulf %f, %f : f32
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
// CHECK-LABEL: func.func @rms_maximum
// CHECK-NOT: transformer.norm
func.func @rms_maximum(%x: tensor<?x4xf32> {attune.dims = ["n", 4]}, %y: tensor<?x4xf32> {attune.dims = ["n", 4]})
    -> tensor<?x4xf32> {
  %sq = transformer.reduce <max> (%x, %y : tensor<?x4xf32>, tensor<?x4xf32>) dims ["n", 4] maps [#id, #id] to #row {
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
  return %0 : tensor<?x4xf32>
}
