// RUN: attune-opt %s --transformer-raise-activation | FileCheck %s

#id = affine_map<(d0) -> (d0)>

// −x as a product, a fraction scaled above and below, a sum the other way round.
// CHECK-LABEL: func.func @scaled_by_minus_one
// CHECK: transformer.activation <sigmoid> %{{.*}}
// CHECK-NEXT: transformer.yield
func.func @scaled_by_minus_one(%x: tensor<?xf32> {attune.dims = ["n"]}, %y: tensor<?xf32> {attune.dims = ["n"]}) -> tensor<?xf32> {
  %0 = transformer.map (%x, %y : tensor<?xf32>, tensor<?xf32>) dims ["n"] maps [#id, #id] {
  ^bb0(%e: f32, %f: f32):
    %one = arith.constant 1.0 : f32
    %mone = arith.constant -1.0 : f32
    %n = arith.mulf %e, %mone : f32
    %m = math.exp %n : f32
    %s = arith.addf %m, %one : f32
    %r = arith.divf %one, %s : f32
    transformer.yield %r : f32
  } -> tensor<?xf32>
  return %0 : tensor<?xf32>
}
// CHECK-LABEL: func.func @scaled_fraction
// CHECK: transformer.activation <sigmoid> %{{.*}}
// CHECK-NEXT: transformer.yield
func.func @scaled_fraction(%x: tensor<?xf32> {attune.dims = ["n"]}, %y: tensor<?xf32> {attune.dims = ["n"]}) -> tensor<?xf32> {
  %0 = transformer.map (%x, %y : tensor<?xf32>, tensor<?xf32>) dims ["n"] maps [#id, #id] {
  ^bb0(%e: f32, %f: f32):
    %two = arith.constant 2.0 : f32
    %n = arith.negf %e : f32
    %m = math.exp %n : f32
    %t = arith.mulf %m, %two : f32
    %s = arith.addf %two, %t : f32
    %r = arith.divf %two, %s : f32
    transformer.yield %r : f32
  } -> tensor<?xf32>
  return %0 : tensor<?xf32>
}
// Another constant, numerator, sign or slope, and no exponential at all.
// CHECK-LABEL: func.func @other_constant
// CHECK-NOT: transformer.activation
func.func @other_constant(%x: tensor<?xf32> {attune.dims = ["n"]}, %y: tensor<?xf32> {attune.dims = ["n"]}) -> tensor<?xf32> {
  %0 = transformer.map (%x, %y : tensor<?xf32>, tensor<?xf32>) dims ["n"] maps [#id, #id] {
  ^bb0(%e: f32, %f: f32):
    %one = arith.constant 1.0 : f32
    %two = arith.constant 2.0 : f32
    %n = arith.negf %e : f32
    %m = math.exp %n : f32
    %s = arith.addf %m, %two : f32
    %r = arith.divf %one, %s : f32
    transformer.yield %r : f32
  } -> tensor<?xf32>
  return %0 : tensor<?xf32>
}
// CHECK-LABEL: func.func @other_numerator
// CHECK-NOT: transformer.activation
func.func @other_numerator(%x: tensor<?xf32> {attune.dims = ["n"]}, %y: tensor<?xf32> {attune.dims = ["n"]}) -> tensor<?xf32> {
  %0 = transformer.map (%x, %y : tensor<?xf32>, tensor<?xf32>) dims ["n"] maps [#id, #id] {
  ^bb0(%e: f32, %f: f32):
    %one = arith.constant 1.0 : f32
    %two = arith.constant 2.0 : f32
    %n = arith.negf %e : f32
    %m = math.exp %n : f32
    %s = arith.addf %m, %one : f32
    %r = arith.divf %two, %s : f32
    transformer.yield %r : f32
  } -> tensor<?xf32>
  return %0 : tensor<?xf32>
}
// CHECK-LABEL: func.func @no_sign
// CHECK-NOT: transformer.activation
func.func @no_sign(%x: tensor<?xf32> {attune.dims = ["n"]}, %y: tensor<?xf32> {attune.dims = ["n"]}) -> tensor<?xf32> {
  %0 = transformer.map (%x, %y : tensor<?xf32>, tensor<?xf32>) dims ["n"] maps [#id, #id] {
  ^bb0(%e: f32, %f: f32):
    %one = arith.constant 1.0 : f32
    %m = math.exp %e : f32
    %s = arith.addf %m, %one : f32
    %r = arith.divf %one, %s : f32
    transformer.yield %r : f32
  } -> tensor<?xf32>
  return %0 : tensor<?xf32>
}
// CHECK-LABEL: func.func @other_slope
// CHECK-NOT: transformer.activation
func.func @other_slope(%x: tensor<?xf32> {attune.dims = ["n"]}, %y: tensor<?xf32> {attune.dims = ["n"]}) -> tensor<?xf32> {
  %0 = transformer.map (%x, %y : tensor<?xf32>, tensor<?xf32>) dims ["n"] maps [#id, #id] {
  ^bb0(%e: f32, %f: f32):
    %one = arith.constant 1.0 : f32
    %two = arith.constant 2.0 : f32
    %n = arith.mulf %e, %two : f32
    %q = arith.negf %n : f32
    %m = math.exp %n : f32
    %s = arith.addf %m, %one : f32
    %r = arith.divf %one, %s : f32
    transformer.yield %r : f32
  } -> tensor<?xf32>
  return %0 : tensor<?xf32>
}
// CHECK-LABEL: func.func @difference
// CHECK-NOT: transformer.activation
func.func @difference(%x: tensor<?xf32> {attune.dims = ["n"]}, %y: tensor<?xf32> {attune.dims = ["n"]}) -> tensor<?xf32> {
  %0 = transformer.map (%x, %y : tensor<?xf32>, tensor<?xf32>) dims ["n"] maps [#id, #id] {
  ^bb0(%e: f32, %f: f32):
    %one = arith.constant 1.0 : f32
    %n = arith.negf %e : f32
    %m = math.exp %n : f32
    %s = arith.subf %one, %m : f32
    %r = arith.divf %one, %s : f32
    transformer.yield %r : f32
  } -> tensor<?xf32>
  return %0 : tensor<?xf32>
}
// CHECK-LABEL: func.func @minus_one
// CHECK-NOT: transformer.activation
func.func @minus_one(%x: tensor<?xf32> {attune.dims = ["n"]}, %y: tensor<?xf32> {attune.dims = ["n"]}) -> tensor<?xf32> {
  %0 = transformer.map (%x, %y : tensor<?xf32>, tensor<?xf32>) dims ["n"] maps [#id, #id] {
  ^bb0(%e: f32, %f: f32):
    %one = arith.constant 1.0 : f32
    %n = arith.negf %e : f32
    %m = math.exp %n : f32
    %s = arith.subf %m, %one : f32
    %r = arith.divf %one, %s : f32
    transformer.yield %r : f32
  } -> tensor<?xf32>
  return %0 : tensor<?xf32>
}
// CHECK-LABEL: func.func @other_function
// CHECK-NOT: transformer.activation
func.func @other_function(%x: tensor<?xf32> {attune.dims = ["n"]}, %y: tensor<?xf32> {attune.dims = ["n"]}) -> tensor<?xf32> {
  %0 = transformer.map (%x, %y : tensor<?xf32>, tensor<?xf32>) dims ["n"] maps [#id, #id] {
  ^bb0(%e: f32, %f: f32):
    %one = arith.constant 1.0 : f32
    %n = arith.negf %e : f32
    %m = math.exp2 %n : f32
    %s = arith.addf %m, %one : f32
    %r = arith.divf %one, %s : f32
    transformer.yield %r : f32
  } -> tensor<?xf32>
  return %0 : tensor<?xf32>
}
// CHECK-LABEL: func.func @product
// CHECK-NOT: transformer.activation
func.func @product(%x: tensor<?xf32> {attune.dims = ["n"]}, %y: tensor<?xf32> {attune.dims = ["n"]}) -> tensor<?xf32> {
  %0 = transformer.map (%x, %y : tensor<?xf32>, tensor<?xf32>) dims ["n"] maps [#id, #id] {
  ^bb0(%e: f32, %f: f32):
    %one = arith.constant 1.0 : f32
    %n = arith.negf %e : f32
    %m = math.exp %n : f32
    %s = arith.addf %m, %one : f32
    %r = arith.mulf %one, %s : f32
    transformer.yield %r : f32
  } -> tensor<?xf32>
  return %0 : tensor<?xf32>
}
