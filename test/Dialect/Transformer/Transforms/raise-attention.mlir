// RUN: attune-opt %s --transformer-raise-attention | FileCheck %s

#qk = affine_map<(b, i, j, d) -> (b, i, d)>
#kk = affine_map<(b, i, j, d) -> (b, j, d)>
#ss = affine_map<(b, i, j, d) -> (b, i, j)>
#pp = affine_map<(b, i, e, j) -> (b, i, j)>
#vv = affine_map<(b, i, e, j) -> (b, j, e)>
#oo = affine_map<(b, i, e, j) -> (b, i, e)>
#id = affine_map<(d0, d1, d2) -> (d0, d1, d2)>

// No mask, one batch loop: without keys the graph sums nothing, so a dead row is zero.
// CHECK-LABEL: func.func @plain
// CHECK: %[[A:.*]] = transformer.attention(%{{.*}}) scale 1.000000e+00 mask <none> dead_rows <zero> dims ["b", 1, "q", "k", 16, 8]
// CHECK-SAME: -> tensor<?x1x?x8xf32>
// CHECK: transformer.reshape %[[A]] dims ["b", "q", 8]
func.func @plain(%q: tensor<?x?x16xf32> {attune.dims = ["b", "q", 16]}, %k: tensor<?x?x16xf32> {attune.dims = ["b", "k", 16]},
                 %v: tensor<?x?x8xf32> {attune.dims = ["b", "k", 8]}) -> tensor<?x?x8xf32> {
  %s = transformer.contract (%q, %k : tensor<?x?x16xf32>, tensor<?x?x16xf32>) dims ["b", "q", "k", 16] maps [#qk, #kk] to #ss {
  ^bb0(%acc: f32):
    transformer.yield %acc : f32
  } -> tensor<?x?x?xf32>
  %p = transformer.softmax %s axis 2 dims ["b", "q", "k"] : tensor<?x?x?xf32>
  %o = transformer.contract (%p, %v : tensor<?x?x?xf32>, tensor<?x?x8xf32>) dims ["b", "q", 8, "k"] maps [#pp, #vv] to #oo {
  ^bb0(%acc: f32):
    transformer.yield %acc : f32
  } -> tensor<?x?x8xf32>
  return %o : tensor<?x?x8xf32>
}

// A causal mask of −inf chosen by comparing indices, an additive padding mask of −inf: both are
// conjuncts; 1/8 stands on the scores; nothing guards, so dead rows are NaN.
// CHECK-LABEL: func.func @causal_padding
// CHECK-SAME: %[[M:[^:]*]]: tensor<?x?xi1>
// CHECK: transformer.attention(%{{.*}}) keys(%[[M]] : tensor<?x?xi1>) scale 1.250000e-01 mask <causal and padding(keys)> dead_rows <nan>
func.func @causal_padding(%q: tensor<?x?x16xf32> {attune.dims = ["b", "s", 16]}, %k: tensor<?x?x16xf32> {attune.dims = ["b", "s", 16]},
                 %v: tensor<?x?x8xf32> {attune.dims = ["b", "s", 8]}, %m: tensor<?x?xi1> {attune.dims = ["b", "s"]}) -> tensor<?x?x8xf32> {
  %s = transformer.contract (%q, %k : tensor<?x?x16xf32>, tensor<?x?x16xf32>) dims ["b", "s", "s", 16] maps [#qk, #kk] to #ss {
  ^bb0(%acc: f32):
    transformer.yield %acc : f32
  } -> tensor<?x?x?xf32>
  %x = transformer.map (%s, %m : tensor<?x?x?xf32>, tensor<?x?xi1>) dims ["b", "s", "s"] maps [#id, affine_map<(b, i, j) -> (b, j)>] {
  ^bb0(%e: f32, %live: i1):
    %c = arith.constant 8.0 : f32
    %zero = arith.constant 0.0 : f32
    %inf = arith.constant 0xFF800000 : f32
    %true = arith.constant true
    %i = transformer.index 1
    %j = transformer.index 2
    %sc = arith.divf %e, %c : f32
    %above = arith.cmpi sgt, %j, %i : index
    %s0 = arith.select %above, %inf, %sc : f32
    %dead = arith.xori %live, %true : i1
    %add = arith.select %dead, %inf, %zero : f32
    %r = arith.addf %add, %s0 : f32
    transformer.yield %r : f32
  } -> tensor<?x?x?xf32>
  %p = transformer.softmax %x axis 2 dims ["b", "s", "s"] : tensor<?x?x?xf32>
  %o = transformer.contract (%p, %v : tensor<?x?x?xf32>, tensor<?x?x8xf32>) dims ["b", "s", 8, "s"] maps [#pp, #vv] to #oo {
  ^bb0(%acc: f32):
    transformer.yield %acc : f32
  } -> tensor<?x?x8xf32>
  return %o : tensor<?x?x8xf32>
}

// A key cache: key ≤ query + (k − q); with a guard after the softmax dead rows are zero.
// CHECK-LABEL: func.func @offset_guard
// CHECK: transformer.attention(%{{.*}}) scale 1.000000e+00 mask <causal(offset = "k - q")> dead_rows <zero>
func.func @offset_guard(%q: tensor<?x?x16xf32> {attune.dims = ["b", "q", 16]}, %k: tensor<?x?x16xf32> {attune.dims = ["b", "k", 16]},
                 %v: tensor<?x?x8xf32> {attune.dims = ["b", "k", 8]}) -> tensor<?x?x8xf32> {
  %s = transformer.contract (%q, %k : tensor<?x?x16xf32>, tensor<?x?x16xf32>) dims ["b", "q", "k", 16] maps [#qk, #kk] to #ss {
  ^bb0(%acc: f32):
    transformer.yield %acc : f32
  } -> tensor<?x?x?xf32>
  %past = transformer.shape ["k - q"] : tensor<1xi64>
  %x = transformer.map (%s, %past : tensor<?x?x?xf32>, tensor<1xi64>) dims ["b", "q", "k"] maps [#id, affine_map<(b, i, j) -> (0)>] {
  ^bb0(%e: f32, %offset: i64):
    %inf = arith.constant 0xFF800000 : f32
    %i = transformer.index 1
    %ii = arith.index_cast %i : index to i64
    %j = transformer.index 2
    %jj = arith.index_cast %j : index to i64
    %position = arith.addi %ii, %offset : i64
    %live = arith.cmpi sle, %jj, %position : i64
    %r = arith.select %live, %e, %inf : f32
    transformer.yield %r : f32
  } -> tensor<?x?x?xf32>
  %p = transformer.softmax %x axis 2 dims ["b", "q", "k"] : tensor<?x?x?xf32>
  %g = transformer.map (%p : tensor<?x?x?xf32>) dims ["b", "q", "k"] maps [#id] {
  ^bb0(%e: f32):
    %zero = arith.constant 0.0 : f32
    %nan = arith.cmpf uno, %e, %e : f32
    %r = arith.select %nan, %zero, %e : f32
    transformer.yield %r : f32
  } -> tensor<?x?x?xf32>
  %o = transformer.contract (%g, %v : tensor<?x?x?xf32>, tensor<?x?x8xf32>) dims ["b", "q", 8, "k"] maps [#pp, #vv] to #oo {
  ^bb0(%acc: f32):
    transformer.yield %acc : f32
  } -> tensor<?x?x8xf32>
  return %o : tensor<?x?x8xf32>
}

// (1 − m) · −10000: nothing bounds the scores, it stays what it is, a bias over the keys.
// CHECK-LABEL: func.func @soft_padding
// CHECK: %[[B:.*]] = transformer.map(%{{.*}} : tensor<?x?xf32>) dims ["b", "s"]
// CHECK: arith.subf
// CHECK: arith.mulf
// CHECK: transformer.attention(%{{.*}}) bias(%[[B]] : tensor<?x?xf32>) scale 5.000000e-01 mask <none> dead_rows <zero>
func.func @soft_padding(%q: tensor<?x?x16xf32> {attune.dims = ["b", "s", 16]}, %k: tensor<?x?x16xf32> {attune.dims = ["b", "s", 16]},
                 %v: tensor<?x?x8xf32> {attune.dims = ["b", "s", 8]}, %m: tensor<?x?xf32> {attune.dims = ["b", "s"]}) -> tensor<?x?x8xf32> {
  %s = transformer.contract (%q, %k : tensor<?x?x16xf32>, tensor<?x?x16xf32>) dims ["b", "s", "s", 16] maps [#qk, #kk] to #ss {
  ^bb0(%acc: f32):
    transformer.yield %acc : f32
  } -> tensor<?x?x?xf32>
  %x = transformer.map (%s, %m : tensor<?x?x?xf32>, tensor<?x?xf32>) dims ["b", "s", "s"] maps [#id, affine_map<(b, i, j) -> (b, j)>] {
  ^bb0(%e: f32, %live: f32):
    %half = arith.constant 0.5 : f32
    %one = arith.constant 1.0 : f32
    %low = arith.constant -1.0e4 : f32
    %sc = arith.mulf %half, %e : f32
    %dead = arith.subf %one, %live : f32
    %add = arith.mulf %dead, %low : f32
    %r = arith.addf %sc, %add : f32
    transformer.yield %r : f32
  } -> tensor<?x?x?xf32>
  %p = transformer.softmax %x axis 2 dims ["b", "s", "s"] : tensor<?x?x?xf32>
  %o = transformer.contract (%p, %v : tensor<?x?x?xf32>, tensor<?x?x8xf32>) dims ["b", "s", 8, "s"] maps [#pp, #vv] to #oo {
  ^bb0(%acc: f32):
    transformer.yield %acc : f32
  } -> tensor<?x?x8xf32>
  return %o : tensor<?x?x8xf32>
}

// A mask of which nothing is known stays a tensor, a bias of counts beside it stays a bias, and
// both are scaled as the graph scales them.
// CHECK-LABEL: func.func @tensors
// CHECK-SAME: %[[M:[^:]*]]: tensor<?x7x9xi1>
// CHECK-SAME: %[[W:[^:]*]]: tensor<7x9xi64>
// CHECK: %[[B:.*]] = transformer.map(%[[W]] : tensor<7x9xi64>) dims [7, 9]
// CHECK: transformer.attention(%{{.*}}) bias(%[[B]] : tensor<7x9xf32>) mask_tensor(%[[M]] : tensor<?x7x9xi1>) scale 2.000000e+00 mask <tensor> dead_rows <mean>
func.func @tensors(%q: tensor<?x7x16xf32> {attune.dims = ["b", 7, 16]}, %k: tensor<?x9x16xf32> {attune.dims = ["b", 9, 16]},
                 %v: tensor<?x9x8xf32> {attune.dims = ["b", 9, 8]}, %m: tensor<?x7x9xi1> {attune.dims = ["b", 7, 9]},
                 %w: tensor<7x9xi64> {attune.dims = [7, 9]}) -> tensor<?x7x8xf32> {
  %s = transformer.contract (%k, %q : tensor<?x9x16xf32>, tensor<?x7x16xf32>) dims ["b", 7, 9, 16] maps [#kk, #qk] to #ss {
  ^bb0(%acc: f32):
    transformer.yield %acc : f32
  } -> tensor<?x7x9xf32>
  %x = transformer.map (%s, %m, %w : tensor<?x7x9xf32>, tensor<?x7x9xi1>, tensor<7x9xi64>) dims ["b", 7, 9] maps [#id, #id, affine_map<(b, i, j) -> (i, j)>] {
  ^bb0(%e: f32, %live: i1, %count: i64):
    %bias = arith.sitofp %count : i64 to f32
    %two = arith.constant 2.0 : f32
    %low = arith.constant -3.40282347E+38 : f32
    %a = arith.addf %e, %bias : f32
    %sc = arith.mulf %two, %a : f32
    %r = arith.select %live, %sc, %low : f32
    transformer.yield %r : f32
  } -> tensor<?x7x9xf32>
  %p = transformer.softmax %x axis 2 dims ["b", 7, 9] : tensor<?x7x9xf32>
  %o = transformer.contract (%p, %v : tensor<?x7x9xf32>, tensor<?x9x8xf32>) dims ["b", 7, 8, 9] maps [#pp, #vv] to #oo {
  ^bb0(%acc: f32):
    transformer.yield %acc : f32
  } -> tensor<?x7x8xf32>
  return %o : tensor<?x7x8xf32>
}
