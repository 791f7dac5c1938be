// RUN: attune-opt %s --transformer-raise-activation | FileCheck %s

#id = affine_map<(d0) -> (d0)>

// Another cube, slope or argument; a square or a constant beside; a division by x: only the tanh has a name.
// CHECK-LABEL: func.func @other_cube
// CHECK: transformer.activation <tanh>
// CHECK-NOT: transformer.activation
func.func @other_cube(%x: tensor<?xf32> {attune.dims = ["n"]}, %y: tensor<?xf32> {attune.dims = ["n"]}) -> tensor<?xf32> {
  %0 = transformer.map (%x, %y : tensor<?xf32>, tensor<?xf32>) dims ["n"] maps [#id, #id] {
  ^bb0(%e: f32, %f: f32):
    %half = arith.constant 0.5 : f32
    %one = arith.constant 1.0 : f32
    %slope = arith.constant 0.797884583 : f32
    %k9 = arith.constant 0.0457 : f32
    %x2 = arith.mulf %e, %e : f32
    %x3 = arith.mulf %x2, %e : f32
    %kc = arith.mulf %x3, %k9 : f32
    %s = arith.addf %e, %kc : f32
    %u = arith.mulf %s, %slope : f32
    %t = math.tanh %u : f32
    %p = arith.addf %t, %one : f32
    %h = arith.mulf %p, %half : f32
    %r = arith.mulf %h, %e : f32
    transformer.yield %r : f32
  } -> tensor<?xf32>
  return %0 : tensor<?xf32>
}
// CHECK-LABEL: func.func @other_slope
// CHECK: transformer.activation <tanh>
// CHECK-NOT: transformer.activation
func.func @other_slope(%x: tensor<?xf32> {attune.dims = ["n"]}, %y: tensor<?xf32> {attune.dims = ["n"]}) -> tensor<?xf32> {
  %0 = transformer.map (%x, %y : tensor<?xf32>, tensor<?xf32>) dims ["n"] maps [#id, #id] {
  ^bb0(%e: f32, %f: f32):
    %half = arith.constant 0.5 : f32
    %one = arith.constant 1.0 : f32
    %r2 = arith.constant 0.707106769 : f32
    %k = arith.constant 0.044715 : f32
    %x2 = arith.mulf %e, %e : f32
    %x3 = arith.mulf %x2, %e : f32
    %kc = arith.mulf %x3, %k : f32
    %s = arith.addf %e, %kc : f32
    %u = arith.mulf %s, %r2 : f32
    %t = math.tanh %u : f32
    %p = arith.addf %t, %one : f32
    %h = arith.mulf %p, %half : f32
    %r = arith.mulf %h, %e : f32
    transformer.yield %r : f32
  } -> tensor<?xf32>
  return %0 : tensor<?xf32>
}
// CHECK-LABEL: func.func @other_value
// CHECK: transformer.activation <tanh>
// CHECK-NOT: transformer.activation
func.func @other_value(%x: tensor<?xf32> {attune.dims = ["n"]}, %y: tensor<?xf32> {attune.dims = ["n"]}) -> tensor<?xf32> {
  %0 = transformer.map (%x, %y : tensor<?xf32>, tensor<?xf32>) dims ["n"] maps [#id, #id] {
  ^bb0(%e: f32, %f: f32):
    %half = arith.constant 0.5 : f32
    %one = arith.constant 1.0 : f32
    %three = arith.constant 3.0 : f32
    %k = arith.constant 0.044715 : f32
    %slope = arith.constant 0.797884583 : f32
    %x3 = math.powf %f, %three : f32
    %kc = arith.mulf %x3, %k : f32
    %s = arith.addf %e, %kc : f32
    %u = arith.mulf %s, %slope : f32
    %t = math.tanh %u : f32
    %p = arith.addf %t, %one : f32
    %h = arith.mulf %p, %half : f32
    %r = arith.mulf %h, %e : f32
    transformer.yield %r : f32
  } -> tensor<?xf32>
  return %0 : tensor<?xf32>
}
// CHECK-LABEL: func.func @square_beside
// CHECK: transformer.activation <tanh>
// CHECK-NOT: transformer.activation
func.func @square_beside(%x: tensor<?xf32> {attune.dims = ["n"]}, %y: tensor<?xf32> {attune.dims = ["n"]}) -> tensor<?xf32> {
  %0 = transformer.map (%x, %y : tensor<?xf32>, tensor<?xf32>) dims ["n"] maps [#id, #id] {
  ^bb0(%e: f32, %f: f32):
    %half = arith.constant 0.5 : f32
    %one = arith.constant 1.0 : f32
    %k = arith.constant 0.044715 : f32
    %slope = arith.constant 0.797884583 : f32
    %x2 = arith.mulf %e, %e : f32
    %x3 = arith.mulf %x2, %e : f32
    %kc = arith.mulf %x3, %k : f32
    %s = arith.addf %e, %kc : f32
    %v = arith.mulf %s, %slope : f32
    %u = arith.addf %v, %x2 : f32
    %t = math.tanh %u : f32
    %p = arith.addf %t, %one : f32
    %h = arith.mulf %p, %half : f32
    %r = arith.mulf %h, %e : f32
    transformer.yield %r : f32
  } -> tensor<?xf32>
  return %0 : tensor<?xf32>
}
// CHECK-LABEL: func.func @constant_beside
// CHECK: transformer.activation <tanh>
// CHECK-NOT: transformer.activation
func.func @constant_beside(%x: tensor<?xf32> {attune.dims = ["n"]}, %y: tensor<?xf32> {attune.dims = ["n"]}) -> tensor<?xf32> {
  %0 = transformer.map (%x, %y : tensor<?xf32>, tensor<?xf32>) dims ["n"] maps [#id, #id] {
  ^bb0(%e: f32, %f: f32):
    %half = arith.constant 0.5 : f32
    %one = arith.constant 1.0 : f32
    %k = arith.constant 0.044715 : f32
    %slope = arith.constant 0.797884583 : f32
    %x2 = arith.mulf %e, %e : f32
    %x3 = arith.mulf %x2, %e : f32
    %kc = arith.mulf %x3, %k : f32
    %s = arith.addf %e, %kc : f32
    %v = arith.mulf %s, %slope : f32
    %u = arith.addf %v, %one : f32
    %t = math.tanh %u : f32
    %p = arith.addf %t, %one : f32
    %h = arith.mulf %p, %half : f32
    %r = arith.mulf %h, %e : f32
    transformer.yield %r : f32
  } -> tensor<?xf32>
  return %0 : tensor<?xf32>
}
// CHECK-LABEL: func.func @fourth_power
// CHECK: transformer.activation <tanh>
// CHECK-NOT: transformer.activation
func.func @fourth_power(%x: tensor<?xf32> {attune.dims = ["n"]}, %y: tensor<?xf32> {attune.dims = ["n"]}) -> tensor<?xf32> {
  %0 = transformer.map (%x, %y : tensor<?xf32>, tensor<?xf32>) dims ["n"] maps [#id, #id] {
  ^bb0(%e: f32, %f: f32):
    %half = arith.constant 0.5 : f32
    %one = arith.constant 1.0 : f32
    %k = arith.constant 0.044715 : f32
    %slope = arith.constant 0.797884583 : f32
    %four = arith.constant 4.0 : f32
    %x3 = math.powf %e, %four : f32
    %kc = arith.mulf %x3, %k : f32
    %s = arith.addf %e, %kc : f32
    %u = arith.mulf %s, %slope : f32
    %t = math.tanh %u : f32
    %p = arith.addf %t, %one : f32
    %h = arith.mulf %p, %half : f32
    %r = arith.mulf %h, %e : f32
    transformer.yield %r : f32
  } -> tensor<?xf32>
  return %0 : tensor<?xf32>
}
// CHECK-LABEL: func.func @square_only
// CHECK: transformer.activation <tanh>
// CHECK-NOT: transformer.activation
func.func @square_only(%x: tensor<?xf32> {attune.dims = ["n"]}, %y: tensor<?xf32> {attune.dims = ["n"]}) -> tensor<?xf32> {
  %0 = transformer.map (%x, %y : tensor<?xf32>, tensor<?xf32>) dims ["n"] maps [#id, #id] {
  ^bb0(%e: f32, %f: f32):
    %half = arith.constant 0.5 : f32
    %one = arith.constant 1.0 : f32
    %two = arith.constant 2.0 : f32
    %k = arith.constant 0.044715 : f32
    %slope = arith.constant 0.797884583 : f32
    %x3 = math.powf %e, %two : f32
    %kc = arith.mulf %x3, %k : f32
    %s = arith.addf %e, %kc : f32
    %u = arith.mulf %s, %slope : f32
    %t = math.tanh %u : f32
    %p = arith.addf %t, %one : f32
    %h = arith.mulf %p, %half : f32
    %r = arith.mulf %h, %e : f32
    transformer.yield %r : f32
  } -> tensor<?xf32>
  return %0 : tensor<?xf32>
}
// CHECK-LABEL: func.func @too_high
// CHECK: transformer.activation <tanh>
// CHECK-NOT: transformer.activation
func.func @too_high(%x: tensor<?xf32> {attune.dims = ["n"]}, %y: tensor<?xf32> {attune.dims = ["n"]}) -> tensor<?xf32> {
  %0 = transformer.map (%x, %y : tensor<?xf32>, tensor<?xf32>) dims ["n"] maps [#id, #id] {
  ^bb0(%e: f32, %f: f32):
    %half = arith.constant 0.5 : f32
    %one = arith.constant 1.0 : f32
    %k = arith.constant 0.044715 : f32
    %slope = arith.constant 0.797884583 : f32
    %x2 = arith.mulf %e, %e : f32
    %x3 = arith.mulf %x2, %e : f32
    %x4 = arith.mulf %x3, %e : f32
    %kc = arith.mulf %x4, %k : f32
    %s = arith.addf %e, %kc : f32
    %u = arith.mulf %s, %slope : f32
    %t = math.tanh %u : f32
    %p = arith.addf %t, %one : f32
    %h = arith.mulf %p, %half : f32
    %r = arith.mulf %h, %e : f32
    transformer.yield %r : f32
  } -> tensor<?xf32>
  return %0 : tensor<?xf32>
}
// CHECK-LABEL: func.func @over_x
// CHECK: transformer.activation <tanh>
// CHECK-NOT: transformer.activation
func.func @over_x(%x: tensor<?xf32> {attune.dims = ["n"]}, %y: tensor<?xf32> {attune.dims = ["n"]}) -> tensor<?xf32> {
  %0 = transformer.map (%x, %y : tensor<?xf32>, tensor<?xf32>) dims ["n"] maps [#id, #id] {
  ^bb0(%e: f32, %f: f32):
    %half = arith.constant 0.5 : f32
    %one = arith.constant 1.0 : f32
    %slope = arith.constant 0.797884583 : f32
    %q = arith.divf %slope, %e : f32
    %u = arith.mulf %q, %e : f32
    %t = math.tanh %u : f32
    %p = arith.addf %t, %one : f32
    %h = arith.mulf %p, %half : f32
    %r = arith.mulf %h, %e : f32
    transformer.yield %r : f32
  } -> tensor<?xf32>
  return %0 : tensor<?xf32>
}
// CHECK-LABEL: func.func @over_zero
// CHECK: transformer.activation <tanh>
// CHECK-NOT: transformer.activation
func.func @over_zero(%x: tensor<?xf32> {attune.dims = ["n"]}, %y: tensor<?xf32> {attune.dims = ["n"]}) -> tensor<?xf32> {
  %0 = transformer.map (%x, %y : tensor<?xf32>, tensor<?xf32>) dims ["n"] maps [#id, #id] {
  ^bb0(%e: f32, %f: f32):
    %half = arith.constant 0.5 : f32
    %one = arith.constant 1.0 : f32
    %zero = arith.constant 0.0 : f32
    %k = arith.constant 0.044715 : f32
    %x2 = arith.mulf %e, %e : f32
    %x3 = arith.mulf %x2, %e : f32
    %kc = arith.mulf %x3, %k : f32
    %s = arith.addf %e, %kc : f32
    %u = arith.divf %s, %zero : f32
    %t = math.tanh %u : f32
    %p = arith.addf %t, %one : f32
    %h = arith.mulf %p, %half : f32
    %r = arith.mulf %h, %e : f32
    transformer.yield %r : f32
  } -> tensor<?xf32>
  return %0 : tensor<?xf32>
}
// CHECK-LABEL: func.func @difference
// CHECK: transformer.activation <tanh>
// CHECK-NOT: transformer.activation
func.func @difference(%x: tensor<?xf32> {attune.dims = ["n"]}, %y: tensor<?xf32> {attune.dims = ["n"]}) -> tensor<?xf32> {
  %0 = transformer.map (%x, %y : tensor<?xf32>, tensor<?xf32>) dims ["n"] maps [#id, #id] {
  ^bb0(%e: f32, %f: f32):
    %half = arith.constant 0.5 : f32
    %one = arith.constant 1.0 : f32
    %k = arith.constant 0.044715 : f32
    %slope = arith.constant 0.797884583 : f32
    %x2 = arith.mulf %e, %e : f32
    %x3 = arith.mulf %x2, %e : f32
    %kc = arith.mulf %x3, %k : f32
    %s = arith.subf %e, %kc : f32
    %u = arith.mulf %s, %slope : f32
    %t = math.tanh %u : f32
    %p = arith.addf %t, %one : f32
    %h = arith.mulf %p, %half : f32
    %r = arith.mulf %h, %e : f32
    transformer.yield %r : f32
  } -> tensor<?xf32>
  return %0 : tensor<?xf32>
}
