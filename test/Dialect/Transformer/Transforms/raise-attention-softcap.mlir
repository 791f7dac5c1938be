// Softcaps around the scaled product, spelt with a division, with products, with a negative factor;
// not behind a bias or a mask, nor twice.
// RUN: attune-opt %s --transformer-raise-attention --mlir-disable-threading --remarks-filter="transformer-raise-attention" 2>%t | FileCheck %s
// RUN: FileCheck %s --check-prefix=REMARK --input-file=%t

#qk = affine_map<(b, i, j, d) -> (b, i, d)>
#kk = affine_map<(b, i, j, d) -> (b, j, d)>
#ss = affine_map<(b, i, j, d) -> (b, i, j)>
#id = affine_map<(b, i, j) -> (b, i, j)>
#row = affine_map<(b, i, j) -> (b, j)>
#pp = affine_map<(b, i, d, j) -> (b, i, j)>
#vv = affine_map<(b, i, d, j) -> (b, j, d)>
#oo = affine_map<(b, i, d, j) -> (b, i, d)>

// CHECK-LABEL: func.func @gemma
// CHECK: transformer.attention
// CHECK-SAME: scale 2.500000e-01 softcap 5.000000e+01 mask <causal> dead_rows <nan>
func.func @gemma(%q: tensor<?x?x16xf32> {attune.dims = ["b", "s", 16]}) -> tensor<?x?x16xf32> {
  %s = transformer.contract (%q, %q : tensor<?x?x16xf32>, tensor<?x?x16xf32>) dims ["b", "s", "s", 16] maps [#qk, #kk] to #ss {
  ^bb0(%acc: f32):
    transformer.yield %acc : f32
  } -> tensor<?x?x?xf32>
  %c = transformer.map (%s : tensor<?x?x?xf32>) dims ["b", "s", "s"] maps [#id] {
  ^bb0(%e: f32):
    %f = arith.constant 2.5e-01 : f32
    %cap = arith.constant 5.0e+01 : f32
    %low = arith.constant 0xFF800000 : f32
    %a = arith.mulf %e, %f : f32
    %d = arith.divf %a, %cap : f32
    %t = math.tanh %d : f32
    %g = arith.mulf %t, %cap : f32
    %i = transformer.index 1
    %j = transformer.index 2
    %live = arith.cmpi sle, %j, %i : index
    %r = arith.select %live, %g, %low : f32
    transformer.yield %r : f32
  } -> tensor<?x?x?xf32>
  %p = transformer.softmax %c axis 2 dims ["b", "s", "s"] : tensor<?x?x?xf32>
  %o = transformer.contract (%p, %q : tensor<?x?x?xf32>, tensor<?x?x16xf32>) dims ["b", "s", 16, "s"] maps [#pp, #vv] to #oo {
  ^bb0(%acc: f32):
    transformer.yield %acc : f32
  } -> tensor<?x?x16xf32>
  return %o : tensor<?x?x16xf32>
}

// −8 · tanh(2 s) = 8 · tanh(−16 s / 8)
// CHECK-LABEL: func.func @negative
// CHECK: transformer.attention
// CHECK-SAME: scale -1.600000e+01 softcap 8.000000e+00 mask <none>
func.func @negative(%q: tensor<?x?x16xf32> {attune.dims = ["b", "s", 16]}) -> tensor<?x?x16xf32> {
  %s = transformer.contract (%q, %q : tensor<?x?x16xf32>, tensor<?x?x16xf32>) dims ["b", "s", "s", 16] maps [#qk, #kk] to #ss {
  ^bb0(%acc: f32):
    transformer.yield %acc : f32
  } -> tensor<?x?x?xf32>
  %c = transformer.map (%s : tensor<?x?x?xf32>) dims ["b", "s", "s"] maps [#id] {
  ^bb0(%e: f32):
    %f = arith.constant 2.0 : f32
    %cap = arith.constant -8.0 : f32
    %a = arith.mulf %e, %f : f32
    %t = transformer.activation #transformer.activation_kind<tanh> %a : f32
    %r = arith.mulf %t, %cap : f32
    transformer.yield %r : f32
  } -> tensor<?x?x?xf32>
  %p = transformer.softmax %c axis 2 dims ["b", "s", "s"] : tensor<?x?x?xf32>
  %o = transformer.contract (%p, %q : tensor<?x?x?xf32>, tensor<?x?x16xf32>) dims ["b", "s", 16, "s"] maps [#pp, #vv] to #oo {
  ^bb0(%acc: f32):
    transformer.yield %acc : f32
  } -> tensor<?x?x16xf32>
  return %o : tensor<?x?x16xf32>
}

// Scaled with its bias.
// CHECK-LABEL: func.func @bias_outside
// CHECK: arith.mulf %{{.*}}, %{{.*}} : f32
// CHECK: transformer.attention
// CHECK-SAME: bias
// CHECK-SAME: scale 1.600000e+01 softcap 1.600000e+01 mask <none>
func.func @bias_outside(%q: tensor<?x?x16xf32> {attune.dims = ["b", "s", 16]}, %m: tensor<?x?xf32> {attune.dims = ["b", "s"]}) -> tensor<?x?x16xf32> {
  %s = transformer.contract (%q, %q : tensor<?x?x16xf32>, tensor<?x?x16xf32>) dims ["b", "s", "s", 16] maps [#qk, #kk] to #ss {
  ^bb0(%acc: f32):
    transformer.yield %acc : f32
  } -> tensor<?x?x?xf32>
  %c = transformer.map (%s, %m : tensor<?x?x?xf32>, tensor<?x?xf32>) dims ["b", "s", "s"] maps [#id, #row] {
  ^bb0(%e: f32, %x: f32):
    %cap = arith.constant 8.0 : f32
    %two = arith.constant 2.0 : f32
    %t = math.tanh %e : f32
    %g = arith.mulf %t, %cap : f32
    %h = arith.addf %g, %x : f32
    %r = arith.mulf %h, %two : f32
    transformer.yield %r : f32
  } -> tensor<?x?x?xf32>
  %p = transformer.softmax %c axis 2 dims ["b", "s", "s"] : tensor<?x?x?xf32>
  %o = transformer.contract (%p, %q : tensor<?x?x?xf32>, tensor<?x?x16xf32>) dims ["b", "s", 16, "s"] maps [#pp, #vv] to #oo {
  ^bb0(%acc: f32):
    transformer.yield %acc : f32
  } -> tensor<?x?x16xf32>
  return %o : tensor<?x?x16xf32>
}

// CHECK-LABEL: func.func @bias_inside
// CHECK: transformer.softmax
// REMARK: a tanh is applied to scores that already have a bias, a mask or a tanh
func.func @bias_inside(%q: tensor<?x?x16xf32> {attune.dims = ["b", "s", 16]}, %m: tensor<?x?xf32> {attune.dims = ["b", "s"]}) -> tensor<?x?x16xf32> {
  %s = transformer.contract (%q, %q : tensor<?x?x16xf32>, tensor<?x?x16xf32>) dims ["b", "s", "s", 16] maps [#qk, #kk] to #ss {
  ^bb0(%acc: f32):
    transformer.yield %acc : f32
  } -> tensor<?x?x?xf32>
  %c = transformer.map (%s, %m : tensor<?x?x?xf32>, tensor<?x?xf32>) dims ["b", "s", "s"] maps [#id, #row] {
  ^bb0(%e: f32, %x: f32):
    %h = arith.addf %e, %x : f32
    %r = math.tanh %h : f32
    transformer.yield %r : f32
  } -> tensor<?x?x?xf32>
  %p = transformer.softmax %c axis 2 dims ["b", "s", "s"] : tensor<?x?x?xf32>
  %o = transformer.contract (%p, %q : tensor<?x?x?xf32>, tensor<?x?x16xf32>) dims ["b", "s", 16, "s"] maps [#pp, #vv] to #oo {
  ^bb0(%acc: f32):
    transformer.yield %acc : f32
  } -> tensor<?x?x16xf32>
  return %o : tensor<?x?x16xf32>
}

// CHECK-LABEL: func.func @twice
// CHECK: transformer.softmax
// REMARK: a tanh is applied to scores that already have a bias, a mask or a tanh
func.func @twice(%q: tensor<?x?x16xf32> {attune.dims = ["b", "s", 16]}) -> tensor<?x?x16xf32> {
  %s = transformer.contract (%q, %q : tensor<?x?x16xf32>, tensor<?x?x16xf32>) dims ["b", "s", "s", 16] maps [#qk, #kk] to #ss {
  ^bb0(%acc: f32):
    transformer.yield %acc : f32
  } -> tensor<?x?x?xf32>
  %c = transformer.map (%s : tensor<?x?x?xf32>) dims ["b", "s", "s"] maps [#id] {
  ^bb0(%e: f32):
    %h = math.tanh %e : f32
    %r = math.tanh %h : f32
    transformer.yield %r : f32
  } -> tensor<?x?x?xf32>
  %p = transformer.softmax %c axis 2 dims ["b", "s", "s"] : tensor<?x?x?xf32>
  %o = transformer.contract (%p, %q : tensor<?x?x?xf32>, tensor<?x?x16xf32>) dims ["b", "s", 16, "s"] maps [#pp, #vv] to #oo {
  ^bb0(%acc: f32):
    transformer.yield %acc : f32
  } -> tensor<?x?x16xf32>
  return %o : tensor<?x?x16xf32>
}

// CHECK-LABEL: func.func @nothing
// CHECK: transformer.softmax
// REMARK: a tanh of the scores is scaled by zero or infinity
func.func @nothing(%q: tensor<?x?x16xf32> {attune.dims = ["b", "s", 16]}) -> tensor<?x?x16xf32> {
  %s = transformer.contract (%q, %q : tensor<?x?x16xf32>, tensor<?x?x16xf32>) dims ["b", "s", "s", 16] maps [#qk, #kk] to #ss {
  ^bb0(%acc: f32):
    transformer.yield %acc : f32
  } -> tensor<?x?x?xf32>
  %c = transformer.map (%s : tensor<?x?x?xf32>) dims ["b", "s", "s"] maps [#id] {
  ^bb0(%e: f32):
    %n = arith.constant 0.0 : f32
    %h = math.tanh %e : f32
    %r = arith.mulf %h, %n : f32
    transformer.yield %r : f32
  } -> tensor<?x?x?xf32>
  %p = transformer.softmax %c axis 2 dims ["b", "s", "s"] : tensor<?x?x?xf32>
  %o = transformer.contract (%p, %q : tensor<?x?x?xf32>, tensor<?x?x16xf32>) dims ["b", "s", 16, "s"] maps [#pp, #vv] to #oo {
  ^bb0(%acc: f32):
    transformer.yield %acc : f32
  } -> tensor<?x?x16xf32>
  return %o : tensor<?x?x16xf32>
}
