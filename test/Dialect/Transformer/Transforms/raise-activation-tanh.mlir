// RUN: attune-opt %s --transformer-raise-activation | FileCheck %s

#id = affine_map<(d0) -> (d0)>

// x³ as products, the slope spread over the terms, factored out, or a division.
// CHECK-LABEL: func.func @products
// CHECK: transformer.activation <gelu_tanh> %{{.*}}
// CHECK-NEXT: transformer.yield
func.func @products(%x: tensor<?xf32> {attune.dims = ["n"]}, %y: tensor<?xf32> {attune.dims = ["n"]}) -> tensor<?xf32> {
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
    %u = arith.mulf %s, %slope : f32
    %t = math.tanh %u : f32
    %p = arith.addf %t, %one : f32
    %h = arith.mulf %p, %half : f32
    %r = arith.mulf %h, %e : f32
    transformer.yield %r : f32
  } -> tensor<?xf32>
  return %0 : tensor<?xf32>
}
// CHECK-LABEL: func.func @spread
// CHECK: transformer.activation <gelu_tanh> %{{.*}}
// CHECK-NEXT: transformer.yield
func.func @spread(%x: tensor<?xf32> {attune.dims = ["n"]}, %y: tensor<?xf32> {attune.dims = ["n"]}) -> tensor<?xf32> {
  %0 = transformer.map (%x, %y : tensor<?xf32>, tensor<?xf32>) dims ["n"] maps [#id, #id] {
  ^bb0(%e: f32, %f: f32):
    %half = arith.constant 0.5 : f32
    %one = arith.constant 1.0 : f32
    %three = arith.constant 3.0 : f32
    %slope = arith.constant 0.797884583 : f32
    %sk = arith.constant 0.0356774069 : f32
    %x3 = math.powf %e, %three : f32
    %kc = arith.mulf %sk, %x3 : f32
    %sx = arith.mulf %slope, %e : f32
    %u = arith.addf %kc, %sx : f32
    %t = math.tanh %u : f32
    %p = arith.addf %t, %one : f32
    %h = arith.mulf %p, %half : f32
    %r = arith.mulf %h, %e : f32
    transformer.yield %r : f32
  } -> tensor<?xf32>
  return %0 : tensor<?xf32>
}
// CHECK-LABEL: func.func @factored
// CHECK: transformer.activation <gelu_tanh> %{{.*}}
// CHECK-NEXT: transformer.yield
func.func @factored(%x: tensor<?xf32> {attune.dims = ["n"]}, %y: tensor<?xf32> {attune.dims = ["n"]}) -> tensor<?xf32> {
  %0 = transformer.map (%x, %y : tensor<?xf32>, tensor<?xf32>) dims ["n"] maps [#id, #id] {
  ^bb0(%e: f32, %f: f32):
    %half = arith.constant 0.5 : f32
    %one = arith.constant 1.0 : f32
    %two = arith.constant 2.0 : f32
    %slope = arith.constant 0.797884583 : f32
    %sk = arith.constant 0.0356774069 : f32
    %x2 = math.powf %e, %two : f32
    %kc = arith.mulf %x2, %sk : f32
    %s = arith.addf %kc, %slope : f32
    %u = arith.mulf %e, %s : f32
    %t = math.tanh %u : f32
    %p = arith.addf %t, %one : f32
    %h = arith.mulf %p, %half : f32
    %r = arith.mulf %h, %e : f32
    transformer.yield %r : f32
  } -> tensor<?xf32>
  return %0 : tensor<?xf32>
}
// CHECK-LABEL: func.func @divided
// CHECK: transformer.activation <gelu_tanh> %{{.*}}
// CHECK-NEXT: transformer.yield
func.func @divided(%x: tensor<?xf32> {attune.dims = ["n"]}, %y: tensor<?xf32> {attune.dims = ["n"]}) -> tensor<?xf32> {
  %0 = transformer.map (%x, %y : tensor<?xf32>, tensor<?xf32>) dims ["n"] maps [#id, #id] {
  ^bb0(%e: f32, %f: f32):
    %half = arith.constant 0.5 : f32
    %one = arith.constant 1.0 : f32
    %k = arith.constant 0.044715 : f32
    %inv = arith.constant 1.25331414 : f32
    %x2 = arith.mulf %e, %e : f32
    %x3 = arith.mulf %x2, %e : f32
    %kc = arith.mulf %x3, %k : f32
    %s = arith.addf %e, %kc : f32
    %u = arith.divf %s, %inv : f32
    %t = math.tanh %u : f32
    %p = arith.addf %t, %one : f32
    %h = arith.mulf %p, %half : f32
    %r = arith.mulf %h, %e : f32
    transformer.yield %r : f32
  } -> tensor<?xf32>
  return %0 : tensor<?xf32>
}
// CHECK-LABEL: func.func @brain_type
// CHECK: transformer.activation <gelu_tanh> %{{.*}}
// CHECK-NEXT: transformer.yield
func.func @brain_type(%x: tensor<?xbf16> {attune.dims = ["n"]}, %y: tensor<?xbf16> {attune.dims = ["n"]}) -> tensor<?xbf16> {
  %0 = transformer.map (%x, %y : tensor<?xbf16>, tensor<?xbf16>) dims ["n"] maps [#id, #id] {
  ^bb0(%e: bf16, %f: bf16):
    %half = arith.constant 0.5 : bf16
    %one = arith.constant 1.0 : bf16
    %k = arith.constant 0.0446777344 : bf16
    %slope = arith.constant 0.796875 : bf16
    %x2 = arith.mulf %e, %e : bf16
    %x3 = arith.mulf %x2, %e : bf16
    %kc = arith.mulf %x3, %k : bf16
    %s = arith.addf %e, %kc : bf16
    %u = arith.mulf %s, %slope : bf16
    %t = math.tanh %u : bf16
    %p = arith.addf %t, %one : bf16
    %h = arith.mulf %p, %half : bf16
    %r = arith.mulf %h, %e : bf16
    transformer.yield %r : bf16
  } -> tensor<?xbf16>
  return %0 : tensor<?xbf16>
}
// CHECK-LABEL: func.func @brain_type_off
// CHECK: transformer.activation <tanh>
// CHECK-NOT: transformer.activation
func.func @brain_type_off(%x: tensor<?xbf16> {attune.dims = ["n"]}, %y: tensor<?xbf16> {attune.dims = ["n"]}) -> tensor<?xbf16> {
  %0 = transformer.map (%x, %y : tensor<?xbf16>, tensor<?xbf16>) dims ["n"] maps [#id, #id] {
  ^bb0(%e: bf16, %f: bf16):
    %half = arith.constant 0.5 : bf16
    %one = arith.constant 1.0 : bf16
    %k = arith.constant 0.0446777344 : bf16
    %slope = arith.constant 0.8203125 : bf16
    %x2 = arith.mulf %e, %e : bf16
    %x3 = arith.mulf %x2, %e : bf16
    %kc = arith.mulf %x3, %k : bf16
    %s = arith.addf %e, %kc : bf16
    %u = arith.mulf %s, %slope : bf16
    %t = math.tanh %u : bf16
    %p = arith.addf %t, %one : bf16
    %h = arith.mulf %p, %half : bf16
    %r = arith.mulf %h, %e : bf16
    transformer.yield %r : bf16
  } -> tensor<?xbf16>
  return %0 : tensor<?xbf16>
}
// CHECK-LABEL: func.func @named
// CHECK: transformer.activation <gelu_tanh> %{{.*}}
// CHECK-NEXT: transformer.yield
func.func @named(%x: tensor<?xf32> {attune.dims = ["n"]}, %y: tensor<?xf32> {attune.dims = ["n"]}) -> tensor<?xf32> {
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
    %u = arith.mulf %s, %slope : f32
    %t = transformer.activation <tanh> %u : f32
    %p = arith.addf %t, %one : f32
    %h = arith.mulf %p, %half : f32
    %r = arith.mulf %h, %e : f32
    transformer.yield %r : f32
  } -> tensor<?xf32>
  return %0 : tensor<?xf32>
}
