// RUN: attune-opt %s --transformer-raise-activation | FileCheck %s

#id = affine_map<(d0) -> (d0)>

// x · sigmoid(x) in both orders, and as one fraction.
// CHECK-LABEL: func.func @silu_of_named
// CHECK: transformer.activation <silu> %{{.*}}
// CHECK-NEXT: transformer.yield
func.func @silu_of_named(%x: tensor<?xf32> {attune.dims = ["n"]}, %y: tensor<?xf32> {attune.dims = ["n"]}) -> tensor<?xf32> {
  %0 = transformer.map (%x, %y : tensor<?xf32>, tensor<?xf32>) dims ["n"] maps [#id, #id] {
  ^bb0(%e: f32, %f: f32):
    %s = transformer.activation <sigmoid> %e : f32
    %r = arith.mulf %e, %s : f32
    transformer.yield %r : f32
  } -> tensor<?xf32>
  return %0 : tensor<?xf32>
}
// CHECK-LABEL: func.func @silu_named_first
// CHECK: transformer.activation <silu> %{{.*}}
// CHECK-NEXT: transformer.yield
func.func @silu_named_first(%x: tensor<?xf32> {attune.dims = ["n"]}, %y: tensor<?xf32> {attune.dims = ["n"]}) -> tensor<?xf32> {
  %0 = transformer.map (%x, %y : tensor<?xf32>, tensor<?xf32>) dims ["n"] maps [#id, #id] {
  ^bb0(%e: f32, %f: f32):
    %s = transformer.activation <sigmoid> %e : f32
    %r = arith.mulf %s, %e : f32
    transformer.yield %r : f32
  } -> tensor<?xf32>
  return %0 : tensor<?xf32>
}
// CHECK-LABEL: func.func @silu_product
// CHECK: transformer.activation <silu> %{{.*}}
// CHECK-NEXT: transformer.yield
func.func @silu_product(%x: tensor<?xf32> {attune.dims = ["n"]}, %y: tensor<?xf32> {attune.dims = ["n"]}) -> tensor<?xf32> {
  %0 = transformer.map (%x, %y : tensor<?xf32>, tensor<?xf32>) dims ["n"] maps [#id, #id] {
  ^bb0(%e: f32, %f: f32):
    %one = arith.constant 1.0 : f32
    %mone = arith.constant -1.0 : f32
    %n = arith.mulf %e, %mone : f32
    %m = math.exp %n : f32
    %s = arith.addf %m, %one : f32
    %r = arith.divf %e, %s : f32
    transformer.yield %r : f32
  } -> tensor<?xf32>
  return %0 : tensor<?xf32>
}
// A gate of another value, a doubled one, another function.
// CHECK-LABEL: func.func @gate
// CHECK: transformer.activation <sigmoid>
// CHECK-NOT: transformer.activation
func.func @gate(%x: tensor<?xf32> {attune.dims = ["n"]}, %y: tensor<?xf32> {attune.dims = ["n"]}) -> tensor<?xf32> {
  %0 = transformer.map (%x, %y : tensor<?xf32>, tensor<?xf32>) dims ["n"] maps [#id, #id] {
  ^bb0(%e: f32, %f: f32):
    %s = transformer.activation <sigmoid> %e : f32
    %r = arith.mulf %s, %f : f32
    transformer.yield %r : f32
  } -> tensor<?xf32>
  return %0 : tensor<?xf32>
}
// CHECK-LABEL: func.func @doubled
// CHECK: transformer.activation <sigmoid>
// CHECK-NOT: transformer.activation
func.func @doubled(%x: tensor<?xf32> {attune.dims = ["n"]}, %y: tensor<?xf32> {attune.dims = ["n"]}) -> tensor<?xf32> {
  %0 = transformer.map (%x, %y : tensor<?xf32>, tensor<?xf32>) dims ["n"] maps [#id, #id] {
  ^bb0(%e: f32, %f: f32):
    %two = arith.constant 2.0 : f32
    %s = transformer.activation <sigmoid> %e : f32
    %t = arith.mulf %s, %two : f32
    %r = arith.mulf %t, %e : f32
    transformer.yield %r : f32
  } -> tensor<?xf32>
  return %0 : tensor<?xf32>
}
// CHECK-LABEL: func.func @of_tanh
// CHECK: transformer.activation <tanh>
// CHECK-NOT: transformer.activation
func.func @of_tanh(%x: tensor<?xf32> {attune.dims = ["n"]}, %y: tensor<?xf32> {attune.dims = ["n"]}) -> tensor<?xf32> {
  %0 = transformer.map (%x, %y : tensor<?xf32>, tensor<?xf32>) dims ["n"] maps [#id, #id] {
  ^bb0(%e: f32, %f: f32):
    %s = transformer.activation <tanh> %e : f32
    %r = arith.mulf %s, %e : f32
    transformer.yield %r : f32
  } -> tensor<?xf32>
  return %0 : tensor<?xf32>
}
// CHECK-LABEL: func.func @fraction_of_another
// CHECK-NOT: transformer.activation
func.func @fraction_of_another(%x: tensor<?xf32> {attune.dims = ["n"]}, %y: tensor<?xf32> {attune.dims = ["n"]}) -> tensor<?xf32> {
  %0 = transformer.map (%x, %y : tensor<?xf32>, tensor<?xf32>) dims ["n"] maps [#id, #id] {
  ^bb0(%e: f32, %f: f32):
    %one = arith.constant 1.0 : f32
    %n = arith.negf %e : f32
    %m = math.exp %n : f32
    %s = arith.addf %m, %one : f32
    %r = arith.divf %f, %s : f32
    transformer.yield %r : f32
  } -> tensor<?xf32>
  return %0 : tensor<?xf32>
}
// CHECK-LABEL: func.func @fraction_doubled
// CHECK-NOT: transformer.activation
func.func @fraction_doubled(%x: tensor<?xf32> {attune.dims = ["n"]}, %y: tensor<?xf32> {attune.dims = ["n"]}) -> tensor<?xf32> {
  %0 = transformer.map (%x, %y : tensor<?xf32>, tensor<?xf32>) dims ["n"] maps [#id, #id] {
  ^bb0(%e: f32, %f: f32):
    %one = arith.constant 1.0 : f32
    %two = arith.constant 2.0 : f32
    %n = arith.negf %e : f32
    %m = math.exp %n : f32
    %s = arith.addf %m, %one : f32
    %t = arith.mulf %e, %two : f32
    %r = arith.divf %t, %s : f32
    transformer.yield %r : f32
  } -> tensor<?xf32>
  return %0 : tensor<?xf32>
}
// CHECK-LABEL: func.func @fraction_other_constant
// CHECK-NOT: transformer.activation
func.func @fraction_other_constant(%x: tensor<?xf32> {attune.dims = ["n"]}, %y: tensor<?xf32> {attune.dims = ["n"]}) -> tensor<?xf32> {
  %0 = transformer.map (%x, %y : tensor<?xf32>, tensor<?xf32>) dims ["n"] maps [#id, #id] {
  ^bb0(%e: f32, %f: f32):
    %two = arith.constant 2.0 : f32
    %mone = arith.constant -1.0 : f32
    %n = arith.mulf %e, %mone : f32
    %m = math.exp %n : f32
    %s = arith.addf %m, %two : f32
    %r = arith.divf %e, %s : f32
    transformer.yield %r : f32
  } -> tensor<?xf32>
  return %0 : tensor<?xf32>
}
// CHECK-LABEL: func.func @fraction_other_coefficient
// CHECK-NOT: transformer.activation
func.func @fraction_other_coefficient(%x: tensor<?xf32> {attune.dims = ["n"]}, %y: tensor<?xf32> {attune.dims = ["n"]}) -> tensor<?xf32> {
  %0 = transformer.map (%x, %y : tensor<?xf32>, tensor<?xf32>) dims ["n"] maps [#id, #id] {
  ^bb0(%e: f32, %f: f32):
    %one = arith.constant 1.0 : f32
    %two = arith.constant 2.0 : f32
    %mone = arith.constant -1.0 : f32
    %n = arith.mulf %e, %mone : f32
    %q = math.exp %n : f32
    %m = arith.mulf %q, %two : f32
    %s = arith.addf %m, %one : f32
    %r = arith.divf %e, %s : f32
    transformer.yield %r : f32
  } -> tensor<?xf32>
  return %0 : tensor<?xf32>
}
// CHECK-LABEL: func.func @fraction_other_slope
// CHECK-NOT: transformer.activation
func.func @fraction_other_slope(%x: tensor<?xf32> {attune.dims = ["n"]}, %y: tensor<?xf32> {attune.dims = ["n"]}) -> tensor<?xf32> {
  %0 = transformer.map (%x, %y : tensor<?xf32>, tensor<?xf32>) dims ["n"] maps [#id, #id] {
  ^bb0(%e: f32, %f: f32):
    %one = arith.constant 1.0 : f32
    %two = arith.constant 2.0 : f32
    %n = arith.mulf %e, %two : f32
    %m = math.exp %n : f32
    %s = arith.addf %m, %one : f32
    %r = arith.divf %e, %s : f32
    transformer.yield %r : f32
  } -> tensor<?xf32>
  return %0 : tensor<?xf32>
}
// max(0, x) in both orders; no other bound.
// CHECK-LABEL: func.func @relu_first
// CHECK: transformer.activation <relu> %{{.*}}
// CHECK-NEXT: transformer.yield
func.func @relu_first(%x: tensor<?xf32> {attune.dims = ["n"]}, %y: tensor<?xf32> {attune.dims = ["n"]}) -> tensor<?xf32> {
  %0 = transformer.map (%x, %y : tensor<?xf32>, tensor<?xf32>) dims ["n"] maps [#id, #id] {
  ^bb0(%e: f32, %f: f32):
    %zero = arith.constant 0.0 : f32
    %r = arith.maximumf %zero, %e : f32
    transformer.yield %r : f32
  } -> tensor<?xf32>
  return %0 : tensor<?xf32>
}
// CHECK-LABEL: func.func @relu_second
// CHECK: transformer.activation <relu> %{{.*}}
// CHECK-NEXT: transformer.yield
func.func @relu_second(%x: tensor<?xf32> {attune.dims = ["n"]}, %y: tensor<?xf32> {attune.dims = ["n"]}) -> tensor<?xf32> {
  %0 = transformer.map (%x, %y : tensor<?xf32>, tensor<?xf32>) dims ["n"] maps [#id, #id] {
  ^bb0(%e: f32, %f: f32):
    %zero = arith.constant 0.0 : f32
    %r = arith.maximumf %e, %zero : f32
    transformer.yield %r : f32
  } -> tensor<?xf32>
  return %0 : tensor<?xf32>
}
// CHECK-LABEL: func.func @at_one
// CHECK-NOT: transformer.activation
func.func @at_one(%x: tensor<?xf32> {attune.dims = ["n"]}, %y: tensor<?xf32> {attune.dims = ["n"]}) -> tensor<?xf32> {
  %0 = transformer.map (%x, %y : tensor<?xf32>, tensor<?xf32>) dims ["n"] maps [#id, #id] {
  ^bb0(%e: f32, %f: f32):
    %one = arith.constant 1.0 : f32
    %r = arith.maximumf %e, %one : f32
    transformer.yield %r : f32
  } -> tensor<?xf32>
  return %0 : tensor<?xf32>
}
// CHECK-LABEL: func.func @minimum
// CHECK-NOT: transformer.activation
func.func @minimum(%x: tensor<?xf32> {attune.dims = ["n"]}, %y: tensor<?xf32> {attune.dims = ["n"]}) -> tensor<?xf32> {
  %0 = transformer.map (%x, %y : tensor<?xf32>, tensor<?xf32>) dims ["n"] maps [#id, #id] {
  ^bb0(%e: f32, %f: f32):
    %zero = arith.constant 0.0 : f32
    %r = arith.minimumf %e, %zero : f32
    transformer.yield %r : f32
  } -> tensor<?xf32>
  return %0 : tensor<?xf32>
}
