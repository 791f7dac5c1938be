// RUN: attune-opt %s --transformer-raise-activation | FileCheck %s

#id = affine_map<(d0) -> (d0)>

// erf − (−1), 1 − (−1)·erf, and a division of the whole by two.
// CHECK-LABEL: func.func @minus_minus
// CHECK: transformer.activation <gelu> %{{.*}}
// CHECK-NEXT: transformer.yield
func.func @minus_minus(%x: tensor<?xf32> {attune.dims = ["n"]}, %y: tensor<?xf32> {attune.dims = ["n"]}) -> tensor<?xf32> {
  %0 = transformer.map (%x, %y : tensor<?xf32>, tensor<?xf32>) dims ["n"] maps [#id, #id] {
  ^bb0(%e: f32, %f: f32):
    %half = arith.constant 0.5 : f32
    %mone = arith.constant -1.0 : f32
    %r2 = arith.constant 0.707106769 : f32
    %a = arith.mulf %e, %r2 : f32
    %b = math.erf %a : f32
    %c = arith.subf %b, %mone : f32
    %d = arith.mulf %c, %half : f32
    %r = arith.mulf %e, %d : f32
    transformer.yield %r : f32
  } -> tensor<?xf32>
  return %0 : tensor<?xf32>
}
// CHECK-LABEL: func.func @negated_coefficient
// CHECK: transformer.activation <gelu> %{{.*}}
// CHECK-NEXT: transformer.yield
func.func @negated_coefficient(%x: tensor<?xf32> {attune.dims = ["n"]}, %y: tensor<?xf32> {attune.dims = ["n"]}) -> tensor<?xf32> {
  %0 = transformer.map (%x, %y : tensor<?xf32>, tensor<?xf32>) dims ["n"] maps [#id, #id] {
  ^bb0(%e: f32, %f: f32):
    %half = arith.constant 0.5 : f32
    %one = arith.constant 1.0 : f32
    %mone = arith.constant -1.0 : f32
    %r2 = arith.constant 0.707106769 : f32
    %a = arith.mulf %e, %r2 : f32
    %b = math.erf %a : f32
    %m = arith.mulf %b, %mone : f32
    %c = arith.subf %one, %m : f32
    %d = arith.mulf %c, %half : f32
    %r = arith.mulf %e, %d : f32
    transformer.yield %r : f32
  } -> tensor<?xf32>
  return %0 : tensor<?xf32>
}
// CHECK-LABEL: func.func @over_two
// CHECK: transformer.activation <gelu> %{{.*}}
// CHECK-NEXT: transformer.yield
func.func @over_two(%x: tensor<?xf32> {attune.dims = ["n"]}, %y: tensor<?xf32> {attune.dims = ["n"]}) -> tensor<?xf32> {
  %0 = transformer.map (%x, %y : tensor<?xf32>, tensor<?xf32>) dims ["n"] maps [#id, #id] {
  ^bb0(%e: f32, %f: f32):
    %one = arith.constant 1.0 : f32
    %two = arith.constant 2.0 : f32
    %r2 = arith.constant 0.707106769 : f32
    %a = arith.mulf %e, %r2 : f32
    %b = math.erf %a : f32
    %c = arith.addf %b, %one : f32
    %d = arith.divf %c, %two : f32
    %r = arith.mulf %e, %d : f32
    transformer.yield %r : f32
  } -> tensor<?xf32>
  return %0 : tensor<?xf32>
}
// A sign before the whole, or inside erf, must come in pairs.
// CHECK-LABEL: func.func @twice_negated
// CHECK: transformer.activation <gelu> %{{.*}}
// CHECK-NEXT: transformer.yield
func.func @twice_negated(%x: tensor<?xf32> {attune.dims = ["n"]}, %y: tensor<?xf32> {attune.dims = ["n"]}) -> tensor<?xf32> {
  %0 = transformer.map (%x, %y : tensor<?xf32>, tensor<?xf32>) dims ["n"] maps [#id, #id] {
  ^bb0(%e: f32, %f: f32):
    %half = arith.constant 0.5 : f32
    %one = arith.constant 1.0 : f32
    %r2 = arith.constant 0.707106769 : f32
    %a = arith.mulf %e, %r2 : f32
    %b = math.erf %a : f32
    %n = arith.negf %b : f32
    %c = arith.subf %one, %n : f32
    %d = arith.mulf %c, %half : f32
    %r = arith.mulf %e, %d : f32
    transformer.yield %r : f32
  } -> tensor<?xf32>
  return %0 : tensor<?xf32>
}
// CHECK-LABEL: func.func @negative_factor
// CHECK-NOT: transformer.activation
func.func @negative_factor(%x: tensor<?xf32> {attune.dims = ["n"]}, %y: tensor<?xf32> {attune.dims = ["n"]}) -> tensor<?xf32> {
  %0 = transformer.map (%x, %y : tensor<?xf32>, tensor<?xf32>) dims ["n"] maps [#id, #id] {
  ^bb0(%e: f32, %f: f32):
    %one = arith.constant 1.0 : f32
    %mhalf = arith.constant -0.5 : f32
    %r2 = arith.constant 0.707106769 : f32
    %a = arith.mulf %e, %r2 : f32
    %b = math.erf %a : f32
    %c = arith.addf %b, %one : f32
    %d = arith.mulf %c, %mhalf : f32
    %r = arith.mulf %e, %d : f32
    transformer.yield %r : f32
  } -> tensor<?xf32>
  return %0 : tensor<?xf32>
}
// CHECK-LABEL: func.func @negative_argument
// CHECK-NOT: transformer.activation
func.func @negative_argument(%x: tensor<?xf32> {attune.dims = ["n"]}, %y: tensor<?xf32> {attune.dims = ["n"]}) -> tensor<?xf32> {
  %0 = transformer.map (%x, %y : tensor<?xf32>, tensor<?xf32>) dims ["n"] maps [#id, #id] {
  ^bb0(%e: f32, %f: f32):
    %half = arith.constant 0.5 : f32
    %one = arith.constant 1.0 : f32
    %mr2 = arith.constant -0.707106769 : f32
    %a = arith.mulf %e, %mr2 : f32
    %b = math.erf %a : f32
    %c = arith.addf %b, %one : f32
    %d = arith.mulf %c, %half : f32
    %r = arith.mulf %e, %d : f32
    transformer.yield %r : f32
  } -> tensor<?xf32>
  return %0 : tensor<?xf32>
}
// CHECK-LABEL: func.func @negative_sum
// CHECK-NOT: transformer.activation
func.func @negative_sum(%x: tensor<?xf32> {attune.dims = ["n"]}, %y: tensor<?xf32> {attune.dims = ["n"]}) -> tensor<?xf32> {
  %0 = transformer.map (%x, %y : tensor<?xf32>, tensor<?xf32>) dims ["n"] maps [#id, #id] {
  ^bb0(%e: f32, %f: f32):
    %half = arith.constant 0.5 : f32
    %one = arith.constant 1.0 : f32
    %r2 = arith.constant 0.707106769 : f32
    %a = arith.mulf %e, %r2 : f32
    %b = math.erf %a : f32
    %c = arith.subf %one, %b : f32
    %d = arith.mulf %c, %half : f32
    %r = arith.mulf %e, %d : f32
    transformer.yield %r : f32
  } -> tensor<?xf32>
  return %0 : tensor<?xf32>
}
// CHECK-LABEL: func.func @negative_one
// CHECK-NOT: transformer.activation
func.func @negative_one(%x: tensor<?xf32> {attune.dims = ["n"]}, %y: tensor<?xf32> {attune.dims = ["n"]}) -> tensor<?xf32> {
  %0 = transformer.map (%x, %y : tensor<?xf32>, tensor<?xf32>) dims ["n"] maps [#id, #id] {
  ^bb0(%e: f32, %f: f32):
    %half = arith.constant 0.5 : f32
    %one = arith.constant 1.0 : f32
    %r2 = arith.constant 0.707106769 : f32
    %a = arith.mulf %e, %r2 : f32
    %b = math.erf %a : f32
    %c = arith.subf %b, %one : f32
    %d = arith.mulf %c, %half : f32
    %r = arith.mulf %e, %d : f32
    transformer.yield %r : f32
  } -> tensor<?xf32>
  return %0 : tensor<?xf32>
}
// Of another value, without the half, with a doubled argument, with a third factor.
// CHECK-LABEL: func.func @other_argument
// CHECK-NOT: transformer.activation
func.func @other_argument(%x: tensor<?xf32> {attune.dims = ["n"]}, %y: tensor<?xf32> {attune.dims = ["n"]}) -> tensor<?xf32> {
  %0 = transformer.map (%x, %y : tensor<?xf32>, tensor<?xf32>) dims ["n"] maps [#id, #id] {
  ^bb0(%e: f32, %f: f32):
    %half = arith.constant 0.5 : f32
    %one = arith.constant 1.0 : f32
    %r2 = arith.constant 0.707106769 : f32
    %a = arith.mulf %f, %r2 : f32
    %b = math.erf %a : f32
    %c = arith.addf %b, %one : f32
    %d = arith.mulf %c, %half : f32
    %r = arith.mulf %e, %d : f32
    transformer.yield %r : f32
  } -> tensor<?xf32>
  return %0 : tensor<?xf32>
}
// CHECK-LABEL: func.func @no_half
// CHECK-NOT: transformer.activation
func.func @no_half(%x: tensor<?xf32> {attune.dims = ["n"]}, %y: tensor<?xf32> {attune.dims = ["n"]}) -> tensor<?xf32> {
  %0 = transformer.map (%x, %y : tensor<?xf32>, tensor<?xf32>) dims ["n"] maps [#id, #id] {
  ^bb0(%e: f32, %f: f32):
    %one = arith.constant 1.0 : f32
    %r2 = arith.constant 0.707106769 : f32
    %a = arith.mulf %e, %r2 : f32
    %b = math.erf %a : f32
    %c = arith.addf %b, %one : f32
    %d = arith.mulf %c, %one : f32
    %r = arith.mulf %e, %d : f32
    transformer.yield %r : f32
  } -> tensor<?xf32>
  return %0 : tensor<?xf32>
}
// CHECK-LABEL: func.func @unequal_sum
// CHECK-NOT: transformer.activation
func.func @unequal_sum(%x: tensor<?xf32> {attune.dims = ["n"]}, %y: tensor<?xf32> {attune.dims = ["n"]}) -> tensor<?xf32> {
  %0 = transformer.map (%x, %y : tensor<?xf32>, tensor<?xf32>) dims ["n"] maps [#id, #id] {
  ^bb0(%e: f32, %f: f32):
    %half = arith.constant 0.5 : f32
    %one = arith.constant 1.0 : f32
    %two = arith.constant 2.0 : f32
    %r2 = arith.constant 0.707106769 : f32
    %a = arith.mulf %e, %r2 : f32
    %b = math.erf %a : f32
    %m = arith.mulf %b, %two : f32
    %c = arith.addf %m, %one : f32
    %d = arith.mulf %c, %half : f32
    %r = arith.mulf %e, %d : f32
    transformer.yield %r : f32
  } -> tensor<?xf32>
  return %0 : tensor<?xf32>
}
// CHECK-LABEL: func.func @doubled
// CHECK-NOT: transformer.activation
func.func @doubled(%x: tensor<?xf32> {attune.dims = ["n"]}, %y: tensor<?xf32> {attune.dims = ["n"]}) -> tensor<?xf32> {
  %0 = transformer.map (%x, %y : tensor<?xf32>, tensor<?xf32>) dims ["n"] maps [#id, #id] {
  ^bb0(%e: f32, %f: f32):
    %half = arith.constant 0.5 : f32
    %one = arith.constant 1.0 : f32
    %sqrt2 = arith.constant 1.41421354 : f32
    %a = arith.mulf %e, %sqrt2 : f32
    %b = math.erf %a : f32
    %c = arith.addf %b, %one : f32
    %d = arith.mulf %c, %half : f32
    %r = arith.mulf %e, %d : f32
    transformer.yield %r : f32
  } -> tensor<?xf32>
  return %0 : tensor<?xf32>
}
// CHECK-LABEL: func.func @third_factor
// CHECK-NOT: transformer.activation
func.func @third_factor(%x: tensor<?xf32> {attune.dims = ["n"]}, %y: tensor<?xf32> {attune.dims = ["n"]}) -> tensor<?xf32> {
  %0 = transformer.map (%x, %y : tensor<?xf32>, tensor<?xf32>) dims ["n"] maps [#id, #id] {
  ^bb0(%e: f32, %f: f32):
    %half = arith.constant 0.5 : f32
    %one = arith.constant 1.0 : f32
    %r2 = arith.constant 0.707106769 : f32
    %a = arith.mulf %e, %r2 : f32
    %b = math.erf %a : f32
    %c = arith.addf %b, %one : f32
    %d = arith.mulf %c, %half : f32
    %p = arith.mulf %e, %f : f32
    %r = arith.mulf %p, %d : f32
    transformer.yield %r : f32
  } -> tensor<?xf32>
  return %0 : tensor<?xf32>
}
// Constants are as near as their type keeps them.
// CHECK-LABEL: func.func @half_type
// CHECK: transformer.activation <gelu> %{{.*}}
// CHECK-NEXT: transformer.yield
func.func @half_type(%x: tensor<?xf16> {attune.dims = ["n"]}, %y: tensor<?xf16> {attune.dims = ["n"]}) -> tensor<?xf16> {
  %0 = transformer.map (%x, %y : tensor<?xf16>, tensor<?xf16>) dims ["n"] maps [#id, #id] {
  ^bb0(%e: f16, %f: f16):
    %half = arith.constant 0.5 : f16
    %one = arith.constant 1.0 : f16
    %r2 = arith.constant 0.70703125 : f16
    %a = arith.mulf %e, %r2 : f16
    %b = math.erf %a : f16
    %c = arith.addf %b, %one : f16
    %d = arith.mulf %c, %half : f16
    %r = arith.mulf %e, %d : f16
    transformer.yield %r : f16
  } -> tensor<?xf16>
  return %0 : tensor<?xf16>
}
// CHECK-LABEL: func.func @half_type_off
// CHECK-NOT: transformer.activation
func.func @half_type_off(%x: tensor<?xf16> {attune.dims = ["n"]}, %y: tensor<?xf16> {attune.dims = ["n"]}) -> tensor<?xf16> {
  %0 = transformer.map (%x, %y : tensor<?xf16>, tensor<?xf16>) dims ["n"] maps [#id, #id] {
  ^bb0(%e: f16, %f: f16):
    %half = arith.constant 0.5 : f16
    %one = arith.constant 1.0 : f16
    %r2 = arith.constant 0.7119140625 : f16
    %a = arith.mulf %e, %r2 : f16
    %b = math.erf %a : f16
    %c = arith.addf %b, %one : f16
    %d = arith.mulf %c, %half : f16
    %r = arith.mulf %e, %d : f16
    transformer.yield %r : f16
  } -> tensor<?xf16>
  return %0 : tensor<?xf16>
}
// CHECK-LABEL: func.func @brain_type
// CHECK: transformer.activation <gelu> %{{.*}}
// CHECK-NEXT: transformer.yield
func.func @brain_type(%x: tensor<?xbf16> {attune.dims = ["n"]}, %y: tensor<?xbf16> {attune.dims = ["n"]}) -> tensor<?xbf16> {
  %0 = transformer.map (%x, %y : tensor<?xbf16>, tensor<?xbf16>) dims ["n"] maps [#id, #id] {
  ^bb0(%e: bf16, %f: bf16):
    %half = arith.constant 0.5 : bf16
    %one = arith.constant 1.0 : bf16
    %r2 = arith.constant 0.70703125 : bf16
    %a = arith.mulf %e, %r2 : bf16
    %b = math.erf %a : bf16
    %c = arith.addf %b, %one : bf16
    %d = arith.mulf %c, %half : bf16
    %r = arith.mulf %e, %d : bf16
    transformer.yield %r : bf16
  } -> tensor<?xbf16>
  return %0 : tensor<?xbf16>
}
