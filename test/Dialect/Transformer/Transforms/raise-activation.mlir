// RUN: attune-opt %s --transformer-raise-activation | FileCheck %s

#id = affine_map<(d0) -> (d0)>

// x/2 · (1 + erf(x/√2)) as BERT's exporters spell it.
// CHECK-LABEL: func.func @gelu_div
// CHECK: ^bb0(%[[X:.*]]: f32):
// CHECK-NEXT: %[[G:.*]] = transformer.activation <gelu> %[[X]] : f32
// CHECK-NEXT: transformer.yield %[[G]]
func.func @gelu_div(%x: tensor<?xf32> {attune.dims = ["n"]}) -> tensor<?xf32> {
  %0 = transformer.map (%x : tensor<?xf32>) dims ["n"] maps [#id] {
  ^bb0(%e: f32):
    %sqrt2 = arith.constant 1.41421354 : f32
    %one = arith.constant 1.0 : f32
    %half = arith.constant 0.5 : f32
    %a = arith.divf %e, %sqrt2 : f32
    %b = math.erf %a : f32
    %c = arith.addf %b, %one : f32
    %d = arith.mulf %half, %c : f32
    %r = arith.mulf %e, %d : f32
    transformer.yield %r : f32
  } -> tensor<?xf32>
  return %0 : tensor<?xf32>
}

// (0.5·erf(0.7071·x) + 0.5) · x: one half is spread over the sum.
// CHECK-LABEL: func.func @gelu_spread
// CHECK: transformer.activation <gelu>
// CHECK-NEXT: transformer.yield
func.func @gelu_spread(%x: tensor<?xf32> {attune.dims = ["n"]}) -> tensor<?xf32> {
  %0 = transformer.map (%x : tensor<?xf32>) dims ["n"] maps [#id] {
  ^bb0(%e: f32):
    %rsqrt2 = arith.constant 0.707106769 : f32
    %half = arith.constant 0.5 : f32
    %a = arith.mulf %rsqrt2, %e : f32
    %b = math.erf %a : f32
    %c = arith.mulf %b, %half : f32
    %d = arith.addf %half, %c : f32
    %r = arith.mulf %d, %e : f32
    transformer.yield %r : f32
  } -> tensor<?xf32>
  return %0 : tensor<?xf32>
}

// (x · (1 + erf(x/√2))) · 0.5, after a bias, in an epilogue.
// CHECK-LABEL: func.func @gelu_epilogue
// CHECK: %[[S:.*]] = arith.addf
// CHECK-NEXT: transformer.activation <gelu> %[[S]]
// CHECK-NEXT: transformer.yield
func.func @gelu_epilogue(%x: tensor<?x4xf32> {attune.dims = ["n", 4]},
    %w: tensor<4x8xf32> {attune.dims = [4, 8]}, %b: tensor<8xf32> {attune.dims = [8]}) -> tensor<?x8xf32> {
  %0 = transformer.contract (%x, %w : tensor<?x4xf32>, tensor<4x8xf32>) extra (%b : tensor<8xf32>)
      dims ["n", 8, 4] maps [affine_map<(m, n, k) -> (m, k)>, affine_map<(m, n, k) -> (k, n)>,
                             affine_map<(m, n, k) -> (n)>] to affine_map<(m, n, k) -> (m, n)> {
  ^bb0(%acc: f32, %be: f32):
    %sqrt2 = arith.constant 1.41421354 : f32
    %one = arith.constant 1.0 : f32
    %half = arith.constant 0.5 : f32
    %s = arith.addf %acc, %be : f32
    %a = arith.divf %s, %sqrt2 : f32
    %e = math.erf %a : f32
    %c = arith.addf %e, %one : f32
    %d = arith.mulf %s, %c : f32
    %r = arith.mulf %d, %half : f32
    transformer.yield %r : f32
  } -> tensor<?x8xf32>
  return %0 : tensor<?x8xf32>
}

// 0.5 · x · (1 + tanh(√(2/π) · (x + 0.044715·x³))), the cube as pow.
// CHECK-LABEL: func.func @gelu_tanh
// CHECK: transformer.activation <gelu_tanh>
// CHECK-NEXT: transformer.yield
func.func @gelu_tanh(%x: tensor<?xf32> {attune.dims = ["n"]}) -> tensor<?xf32> {
  %0 = transformer.map (%x : tensor<?xf32>) dims ["n"] maps [#id] {
  ^bb0(%e: f32):
    %three = arith.constant 3.0 : f32
    %k = arith.constant 0.044715 : f32
    %slope = arith.constant 0.797884583 : f32
    %one = arith.constant 1.0 : f32
    %half = arith.constant 0.5 : f32
    %h = arith.mulf %half, %e : f32
    %c = math.powf %e, %three : f32
    %kc = arith.mulf %k, %c : f32
    %s = arith.addf %e, %kc : f32
    %u = arith.mulf %slope, %s : f32
    %t = math.tanh %u : f32
    %p = arith.addf %one, %t : f32
    %r = arith.mulf %h, %p : f32
    transformer.yield %r : f32
  } -> tensor<?xf32>
  return %0 : tensor<?xf32>
}

// CHECK-LABEL: func.func @silu
// CHECK: transformer.activation <silu>
// CHECK-NEXT: transformer.yield
func.func @silu(%x: tensor<?xf32> {attune.dims = ["n"]}) -> tensor<?xf32> {
  %0 = transformer.map (%x : tensor<?xf32>) dims ["n"] maps [#id] {
  ^bb0(%e: f32):
    %one = arith.constant 1.0 : f32
    %m = arith.negf %e : f32
    %x1 = math.exp %m : f32
    %d = arith.addf %one, %x1 : f32
    %s = arith.divf %one, %d : f32
    %r = arith.mulf %s, %e : f32
    transformer.yield %r : f32
  } -> tensor<?xf32>
  return %0 : tensor<?xf32>
}

// CHECK-LABEL: func.func @silu_fraction
// CHECK: transformer.activation <silu>
// CHECK-NEXT: transformer.yield
func.func @silu_fraction(%x: tensor<?xf32> {attune.dims = ["n"]}) -> tensor<?xf32> {
  %0 = transformer.map (%x : tensor<?xf32>) dims ["n"] maps [#id] {
  ^bb0(%e: f32):
    %one = arith.constant 1.0 : f32
    %m = arith.negf %e : f32
    %x1 = math.exp %m : f32
    %d = arith.addf %x1, %one : f32
    %r = arith.divf %e, %d : f32
    transformer.yield %r : f32
  } -> tensor<?xf32>
  return %0 : tensor<?xf32>
}

// CHECK-LABEL: func.func @sigmoid_and_relu
// CHECK: transformer.activation <sigmoid>
// CHECK: transformer.activation <relu>
func.func @sigmoid_and_relu(%x: tensor<?xf32> {attune.dims = ["n"]}) -> tensor<?xf32> {
  %0 = transformer.map (%x : tensor<?xf32>) dims ["n"] maps [#id] {
  ^bb0(%e: f32):
    %one = arith.constant 1.0 : f32
    %zero = arith.constant 0.0 : f32
    %m = arith.negf %e : f32
    %x1 = math.exp %m : f32
    %d = arith.addf %x1, %one : f32
    %s = arith.divf %one, %d : f32
    %y = arith.maximumf %e, %zero : f32
    %r = arith.addf %s, %y : f32
    transformer.yield %r : f32
  } -> tensor<?xf32>
  return %0 : tensor<?xf32>
}

// Near misses: another slope, another factor, another argument.
// CHECK-LABEL: func.func @not_gelu
// CHECK-NOT: transformer.activation
func.func @not_gelu(%x: tensor<?xf32> {attune.dims = ["n"]}) -> tensor<?xf32> {
  %0 = transformer.map (%x : tensor<?xf32>) dims ["n"] maps [#id] {
  ^bb0(%e: f32):
    %slope = arith.constant 0.7072 : f32
    %right = arith.constant 0.707106769 : f32
    %one = arith.constant 1.0 : f32
    %half = arith.constant 0.5 : f32
    %third = arith.constant 0.3 : f32
    %a = arith.mulf %e, %slope : f32
    %b = math.erf %a : f32
    %c = arith.addf %b, %one : f32
    %d = arith.mulf %half, %c : f32
    %p = arith.mulf %e, %d : f32
    %a2 = arith.mulf %e, %right : f32
    %b2 = math.erf %a2 : f32
    %c2 = arith.addf %b2, %one : f32
    %d2 = arith.mulf %third, %c2 : f32
    %q = arith.mulf %e, %d2 : f32
    %d3 = arith.mulf %half, %c2 : f32
    %s = arith.mulf %p, %d3 : f32
    %t = arith.addf %q, %s : f32
    transformer.yield %t : f32
  } -> tensor<?xf32>
  return %0 : tensor<?xf32>
}
