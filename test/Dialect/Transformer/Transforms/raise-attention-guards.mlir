// RUN: attune-opt %s --transformer-raise-attention | FileCheck %s

#qk = affine_map<(b, i, j, d) -> (b, i, d)>
#kk = affine_map<(b, i, j, d) -> (b, j, d)>
#ss = affine_map<(b, i, j, d) -> (b, i, j)>
#pp = affine_map<(b, i, e, j) -> (b, i, j)>
#vv = affine_map<(b, i, e, j) -> (b, j, e)>
#oo = affine_map<(b, i, e, j) -> (b, i, e)>
#id = affine_map<(b, i, j) -> (b, i, j)>
#bk = affine_map<(b, i, j) -> (b, j)>

// A guard after the softmax makes rows without a live key zero, however NaN is asked for.
// CHECK-LABEL: func.func @guards
// CHECK: transformer.attention(%{{.*}}) scale 1.000000e+00 mask <causal> dead_rows <zero>
// CHECK: transformer.attention(%{{.*}}) scale 1.000000e+00 mask <causal> dead_rows <zero>
// CHECK: transformer.attention(%{{.*}}) scale 1.000000e+00 mask <causal> dead_rows <zero>
func.func @guards(%q: tensor<?x?x16xf32> {attune.dims = ["b", "s", 16]})
    -> (tensor<?x?x16xf32>, tensor<?x?x16xf32>, tensor<?x?x16xf32>) {
  %s = transformer.contract (%q, %q : tensor<?x?x16xf32>, tensor<?x?x16xf32>) dims ["b", "s", "s", 16] maps [#qk, #kk] to #ss {
  ^bb0(%acc: f32):
    transformer.yield %acc : f32
  } -> tensor<?x?x?xf32>
  %x = transformer.map (%s : tensor<?x?x?xf32>) dims ["b", "s", "s"] maps [#id] {
  ^bb0(%e: f32):
    %inf = arith.constant 0xFF800000 : f32
    %i = transformer.index 1
    %j = transformer.index 2
    %live = arith.cmpi sle, %j, %i : index
    %r = arith.select %live, %e, %inf : f32
    transformer.yield %r : f32
  } -> tensor<?x?x?xf32>
  %p0 = transformer.softmax %x axis 2 dims ["b", "s", "s"] : tensor<?x?x?xf32>
  %g0 = transformer.map (%p0 : tensor<?x?x?xf32>) dims ["b", "s", "s"] maps [#id] {
  ^bb0(%e: f32):
    %zero = arith.constant 0.0 : f32
    %one = arith.constant 1.0 : f32
    %c = math.isnan %e : f32
    %r = arith.select %c, %zero, %e : f32
    transformer.yield %r : f32
  } -> tensor<?x?x?xf32>
  %o0 = transformer.contract (%g0, %q : tensor<?x?x?xf32>, tensor<?x?x16xf32>) dims ["b", "s", 16, "s"] maps [#pp, #vv] to #oo {
  ^bb0(%acc: f32):
    transformer.yield %acc : f32
  } -> tensor<?x?x16xf32>
  %p1 = transformer.softmax %x axis 2 dims ["b", "s", "s"] : tensor<?x?x?xf32>
  %g1 = transformer.map (%p1 : tensor<?x?x?xf32>) dims ["b", "s", "s"] maps [#id] {
  ^bb0(%e: f32):
    %zero = arith.constant 0.0 : f32
    %one = arith.constant 1.0 : f32
    %c = arith.cmpf uno, %e, %e : f32
    %r = arith.select %c, %zero, %e : f32
    transformer.yield %r : f32
  } -> tensor<?x?x?xf32>
  %o1 = transformer.contract (%g1, %q : tensor<?x?x?xf32>, tensor<?x?x16xf32>) dims ["b", "s", 16, "s"] maps [#pp, #vv] to #oo {
  ^bb0(%acc: f32):
    transformer.yield %acc : f32
  } -> tensor<?x?x16xf32>
  %p2 = transformer.softmax %x axis 2 dims ["b", "s", "s"] : tensor<?x?x?xf32>
  %g2 = transformer.map (%p2 : tensor<?x?x?xf32>) dims ["b", "s", "s"] maps [#id] {
  ^bb0(%e: f32):
    %zero = arith.constant 0.0 : f32
    %one = arith.constant 1.0 : f32
    %c = arith.cmpf une, %e, %e : f32
    %r = arith.select %c, %zero, %e : f32
    transformer.yield %r : f32
  } -> tensor<?x?x?xf32>
  %o2 = transformer.contract (%g2, %q : tensor<?x?x?xf32>, tensor<?x?x16xf32>) dims ["b", "s", 16, "s"] maps [#pp, #vv] to #oo {
  ^bb0(%acc: f32):
    transformer.yield %acc : f32
  } -> tensor<?x?x16xf32>
  return %o0, %o1, %o2 : tensor<?x?x16xf32>, tensor<?x?x16xf32>, tensor<?x?x16xf32>
}

// Another fill, the wrong side, another question, another value, and no question at all.
// CHECK-LABEL: func.func @no_guards
// CHECK: transformer.softmax
// CHECK: transformer.softmax
// CHECK: transformer.softmax
// CHECK: transformer.softmax
// CHECK: transformer.softmax
// CHECK: transformer.softmax
// CHECK: transformer.softmax
// CHECK-NOT: transformer.attention
func.func @no_guards(%q: tensor<?x?x16xf32> {attune.dims = ["b", "s", 16]})
    -> (tensor<?x?x16xf32>, tensor<?x?x16xf32>, tensor<?x?x16xf32>, tensor<?x?x16xf32>, tensor<?x?x16xf32>, tensor<?x?x16xf32>, tensor<?x?x16xf32>) {
  %s = transformer.contract (%q, %q : tensor<?x?x16xf32>, tensor<?x?x16xf32>) dims ["b", "s", "s", 16] maps [#qk, #kk] to #ss {
  ^bb0(%acc: f32):
    transformer.yield %acc : f32
  } -> tensor<?x?x?xf32>
  %x = transformer.map (%s : tensor<?x?x?xf32>) dims ["b", "s", "s"] maps [#id] {
  ^bb0(%e: f32):
    %inf = arith.constant 0xFF800000 : f32
    %i = transformer.index 1
    %j = transformer.index 2
    %live = arith.cmpi sle, %j, %i : index
    %r = arith.select %live, %e, %inf : f32
    transformer.yield %r : f32
  } -> tensor<?x?x?xf32>
  %p0 = transformer.softmax %x axis 2 dims ["b", "s", "s"] : tensor<?x?x?xf32>
  %g0 = transformer.map (%p0 : tensor<?x?x?xf32>) dims ["b", "s", "s"] maps [#id] {
  ^bb0(%e: f32):
    %zero = arith.constant 0.0 : f32
    %one = arith.constant 1.0 : f32
    %c = math.isnan %e : f32
    %r = arith.select %c, %one, %e : f32
    transformer.yield %r : f32
  } -> tensor<?x?x?xf32>
  %o0 = transformer.contract (%g0, %q : tensor<?x?x?xf32>, tensor<?x?x16xf32>) dims ["b", "s", 16, "s"] maps [#pp, #vv] to #oo {
  ^bb0(%acc: f32):
    transformer.yield %acc : f32
  } -> tensor<?x?x16xf32>
  %p1 = transformer.softmax %x axis 2 dims ["b", "s", "s"] : tensor<?x?x?xf32>
  %g1 = transformer.map (%p1 : tensor<?x?x?xf32>) dims ["b", "s", "s"] maps [#id] {
  ^bb0(%e: f32):
    %zero = arith.constant 0.0 : f32
    %one = arith.constant 1.0 : f32
    %c = math.isnan %e : f32
    %r = arith.select %c, %e, %zero : f32
    transformer.yield %r : f32
  } -> tensor<?x?x?xf32>
  %o1 = transformer.contract (%g1, %q : tensor<?x?x?xf32>, tensor<?x?x16xf32>) dims ["b", "s", 16, "s"] maps [#pp, #vv] to #oo {
  ^bb0(%acc: f32):
    transformer.yield %acc : f32
  } -> tensor<?x?x16xf32>
  %p2 = transformer.softmax %x axis 2 dims ["b", "s", "s"] : tensor<?x?x?xf32>
  %g2 = transformer.map (%p2 : tensor<?x?x?xf32>) dims ["b", "s", "s"] maps [#id] {
  ^bb0(%e: f32):
    %zero = arith.constant 0.0 : f32
    %one = arith.constant 1.0 : f32
    %c = math.isinf %e : f32
    %r = arith.select %c, %zero, %e : f32
    transformer.yield %r : f32
  } -> tensor<?x?x?xf32>
  %o2 = transformer.contract (%g2, %q : tensor<?x?x?xf32>, tensor<?x?x16xf32>) dims ["b", "s", 16, "s"] maps [#pp, #vv] to #oo {
  ^bb0(%acc: f32):
    transformer.yield %acc : f32
  } -> tensor<?x?x16xf32>
  %p3 = transformer.softmax %x axis 2 dims ["b", "s", "s"] : tensor<?x?x?xf32>
  %g3 = transformer.map (%p3 : tensor<?x?x?xf32>) dims ["b", "s", "s"] maps [#id] {
  ^bb0(%e: f32):
    %zero = arith.constant 0.0 : f32
    %one = arith.constant 1.0 : f32
    %c = arith.cmpf oeq, %e, %e : f32
    %r = arith.select %c, %zero, %e : f32
    transformer.yield %r : f32
  } -> tensor<?x?x?xf32>
  %o3 = transformer.contract (%g3, %q : tensor<?x?x?xf32>, tensor<?x?x16xf32>) dims ["b", "s", 16, "s"] maps [#pp, #vv] to #oo {
  ^bb0(%acc: f32):
    transformer.yield %acc : f32
  } -> tensor<?x?x16xf32>
  %p4 = transformer.softmax %x axis 2 dims ["b", "s", "s"] : tensor<?x?x?xf32>
  %g4 = transformer.map (%p4 : tensor<?x?x?xf32>) dims ["b", "s", "s"] maps [#id] {
  ^bb0(%e: f32):
    %zero = arith.constant 0.0 : f32
    %one = arith.constant 1.0 : f32
    %c = arith.cmpf uno, %e, %one : f32
    %r = arith.select %c, %zero, %e : f32
    transformer.yield %r : f32
  } -> tensor<?x?x?xf32>
  %o4 = transformer.contract (%g4, %q : tensor<?x?x?xf32>, tensor<?x?x16xf32>) dims ["b", "s", 16, "s"] maps [#pp, #vv] to #oo {
  ^bb0(%acc: f32):
    transformer.yield %acc : f32
  } -> tensor<?x?x16xf32>
  %p5 = transformer.softmax %x axis 2 dims ["b", "s", "s"] : tensor<?x?x?xf32>
  %g5 = transformer.map (%p5 : tensor<?x?x?xf32>) dims ["b", "s", "s"] maps [#id] {
  ^bb0(%e: f32):
    %zero = arith.constant 0.0 : f32
    %one = arith.constant 1.0 : f32
    %c = arith.cmpf ugt, %e, %e : f32
    %r = arith.select %c, %zero, %e : f32
    transformer.yield %r : f32
  } -> tensor<?x?x?xf32>
  %o5 = transformer.contract (%g5, %q : tensor<?x?x?xf32>, tensor<?x?x16xf32>) dims ["b", "s", 16, "s"] maps [#pp, #vv] to #oo {
  ^bb0(%acc: f32):
    transformer.yield %acc : f32
  } -> tensor<?x?x16xf32>
  %p6 = transformer.softmax %x axis 2 dims ["b", "s", "s"] : tensor<?x?x?xf32>
  %g6 = transformer.map (%p6 : tensor<?x?x?xf32>) dims ["b", "s", "s"] maps [#id] {
  ^bb0(%e: f32):
    %zero = arith.constant 0.0 : f32
    %one = arith.constant 1.0 : f32
    %r = arith.mulf %e, %one : f32
    transformer.yield %r : f32
  } -> tensor<?x?x?xf32>
  %o6 = transformer.contract (%g6, %q : tensor<?x?x?xf32>, tensor<?x?x16xf32>) dims ["b", "s", 16, "s"] maps [#pp, #vv] to #oo {
  ^bb0(%acc: f32):
    transformer.yield %acc : f32
  } -> tensor<?x?x16xf32>
  return %o0, %o1, %o2, %o3, %o4, %o5, %o6 : tensor<?x?x16xf32>, tensor<?x?x16xf32>, tensor<?x?x16xf32>, tensor<?x?x16xf32>, tensor<?x?x16xf32>, tensor<?x?x16xf32>, tensor<?x?x16xf32>
}
