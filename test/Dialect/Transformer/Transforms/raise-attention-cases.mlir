// RUN: attune-opt %s --transformer-raise-attention | FileCheck %s
// Masks that the graph computes with as numbers.

#qk = affine_map<(b, i, j, d) -> (b, i, d)>
#kk = affine_map<(b, i, j, d) -> (b, j, d)>
#ss = affine_map<(b, i, j, d) -> (b, i, j)>
#pp = affine_map<(b, i, e, j) -> (b, i, j)>
#vv = affine_map<(b, i, e, j) -> (b, j, e)>
#oo = affine_map<(b, i, e, j) -> (b, i, e)>
#id = affine_map<(d0, d1, d2) -> (d0, d1, d2)>
#bj = affine_map<(b, i, j) -> (b, j)>

// A triangle of the lowest value, times whether a key lies ahead of the query's position: the
// later of both bounds.
// CHECK-LABEL: func.func @triangle
// CHECK: transformer.attention(%{{.*}}) scale 1.000000e+00 mask <causal(offset = "3")> dead_rows <mean>
func.func @triangle(%q: tensor<?x?x8xf32> {attune.dims = ["b", "s", 8]}, %k: tensor<?x?x8xf32> {attune.dims = ["b", "t", 8]}) -> tensor<?x?x8xf32> {
  %s = transformer.contract (%q, %k : tensor<?x?x8xf32>, tensor<?x?x8xf32>) dims ["b", "s", "t", 8] maps [#qk, #kk] to #ss {
  ^bb0(%acc: f32):
    transformer.yield %acc : f32
  } -> tensor<?x?x?xf32>
  %x = transformer.map (%s : tensor<?x?x?xf32>) dims ["b", "s", "t"] maps [#id] {
  ^bb0(%e: f32):
    %zero = arith.constant 0.0 : f32
    %low = arith.constant -3.40282347E+38 : f32
    %one = arith.constant 1 : index
    %three = arith.constant 3 : index
    %i = transformer.index 1
    %j = transformer.index 2
    %distance = arith.subi %j, %i : index
    %above = arith.cmpi sge, %distance, %one : index
    %upper = arith.select %above, %low, %zero : f32
    %at = arith.addi %i, %three : index
    %ahead = arith.cmpi sgt, %j, %at : index
    %number = arith.uitofp %ahead : i1 to f32
    %mask = arith.mulf %upper, %number : f32
    %r = arith.addf %e, %mask : f32
    transformer.yield %r : f32
  } -> tensor<?x?x?xf32>
  %p = transformer.softmax %x axis 2 dims ["b", "s", "t"] : tensor<?x?x?xf32>
  %o = transformer.contract (%p, %k : tensor<?x?x?xf32>, tensor<?x?x8xf32>) dims ["b", "s", 8, "t"] maps [#pp, #vv] to #oo {
  ^bb0(%acc: f32):
    transformer.yield %acc : f32
  } -> tensor<?x?x8xf32>
  return %o : tensor<?x?x8xf32>
}

// The same filled in where it and a mask of integers add up to zero.
// CHECK-LABEL: func.func @masked_fill
// CHECK-SAME: %[[M:[^:]*]]: tensor<?x?xi64>
// CHECK: transformer.attention(%{{.*}}) keys(%[[M]] : tensor<?x?xi64>) scale 1.000000e+00 mask <causal and padding(keys)> dead_rows <mean>
func.func @masked_fill(%q: tensor<?x?x8xf32> {attune.dims = ["b", "s", 8]}, %m: tensor<?x?xi64> {attune.dims = ["b", "s"]}) -> tensor<?x?x8xf32> {
  %s = transformer.contract (%q, %q : tensor<?x?x8xf32>, tensor<?x?x8xf32>) dims ["b", "s", "s", 8] maps [#qk, #kk] to #ss {
  ^bb0(%acc: f32):
    transformer.yield %acc : f32
  } -> tensor<?x?x?xf32>
  %w = transformer.map () dims ["s", "s"] maps [] {
    %zero = arith.constant 0.0 : f32
    %low = arith.constant -3.40282347E+38 : f32
    %i = transformer.index 0
    %j = transformer.index 1
    %above = arith.cmpi sgt, %j, %i : index
    %r = arith.select %above, %low, %zero : f32
    transformer.yield %r : f32
  } -> tensor<?x?xf32>
  %x = transformer.map (%s, %w, %m : tensor<?x?x?xf32>, tensor<?x?xf32>, tensor<?x?xi64>) dims ["b", "s", "s"] maps [#id, affine_map<(b, i, j) -> (i, j)>, #bj] {
  ^bb0(%e: f32, %wide: f32, %live: i64):
    %zero = arith.constant 0.0 : f32
    %low = arith.constant -3.40282347E+38 : f32
    %number = arith.sitofp %live : i64 to f32
    %sum = arith.addf %wide, %number : f32
    %dead = arith.cmpf oeq, %sum, %zero : f32
    %mask = arith.select %dead, %low, %wide : f32
    %r = arith.addf %e, %mask : f32
    transformer.yield %r : f32
  } -> tensor<?x?x?xf32>
  %p = transformer.softmax %x axis 2 dims ["b", "s", "s"] : tensor<?x?x?xf32>
  %o = transformer.contract (%p, %q : tensor<?x?x?xf32>, tensor<?x?x8xf32>) dims ["b", "s", 8, "s"] maps [#pp, #vv] to #oo {
  ^bb0(%acc: f32):
    transformer.yield %acc : f32
  } -> tensor<?x?x8xf32>
  return %o : tensor<?x?x8xf32>
}

// A number as low as a mask's, which may be added to live keys: in a row of such keys alone the
// dead ones count as much. All of it is the bias.
// CHECK-LABEL: func.func @rivals
// CHECK: transformer.attention(%{{.*}}) bias(%{{.*}} : tensor<?x?xf32>) scale 1.000000e+00 mask <none>
func.func @rivals(%q: tensor<?x?x8xf32> {attune.dims = ["b", "s", 8]}, %m: tensor<?x?xi1> {attune.dims = ["b", "s"]}, %n: tensor<?x?xi64> {attune.dims = ["b", "s"]}) -> tensor<?x?x8xf32> {
  %s = transformer.contract (%q, %q : tensor<?x?x8xf32>, tensor<?x?x8xf32>) dims ["b", "s", "s", 8] maps [#qk, #kk] to #ss {
  ^bb0(%acc: f32):
    transformer.yield %acc : f32
  } -> tensor<?x?x?xf32>
  %x = transformer.map (%s, %m, %n : tensor<?x?x?xf32>, tensor<?x?xi1>, tensor<?x?xi64>) dims ["b", "s", "s"] maps [#id, #bj, #bj] {
  ^bb0(%e: f32, %live: i1, %count: i64):
    %low = arith.constant -3.40282347E+38 : f32
    %number = arith.sitofp %count : i64 to f32
    %lower = arith.mulf %number, %low : f32
    %mask = arith.select %live, %lower, %low : f32
    %r = arith.addf %e, %mask : f32
    transformer.yield %r : f32
  } -> tensor<?x?x?xf32>
  %p = transformer.softmax %x axis 2 dims ["b", "s", "s"] : tensor<?x?x?xf32>
  %o = transformer.contract (%p, %q : tensor<?x?x?xf32>, tensor<?x?x8xf32>) dims ["b", "s", 8, "s"] maps [#pp, #vv] to #oo {
  ^bb0(%acc: f32):
    transformer.yield %acc : f32
  } -> tensor<?x?x8xf32>
  return %o : tensor<?x?x8xf32>
}

// A bias that is one number for all scores is read as a tensor over the keys.
// CHECK-LABEL: func.func @one_number
// CHECK: transformer.attention(%{{.*}}) bias(%{{.*}} : tensor<?xf32>)
func.func @one_number(%q: tensor<?x?x8xf32> {attune.dims = ["b", "s", 8]}, %n: tensor<f32> {attune.dims = []}) -> tensor<?x?x8xf32> {
  %s = transformer.contract (%q, %q : tensor<?x?x8xf32>, tensor<?x?x8xf32>) dims ["b", "s", "s", 8] maps [#qk, #kk] to #ss {
  ^bb0(%acc: f32):
    transformer.yield %acc : f32
  } -> tensor<?x?x?xf32>
  %x = transformer.map (%s, %n : tensor<?x?x?xf32>, tensor<f32>) dims ["b", "s", "s"] maps [#id, affine_map<(b, i, j) -> ()>] {
  ^bb0(%e: f32, %bias: f32):
    %r = arith.addf %e, %bias : f32
    transformer.yield %r : f32
  } -> tensor<?x?x?xf32>
  %p = transformer.softmax %x axis 2 dims ["b", "s", "s"] : tensor<?x?x?xf32>
  %o = transformer.contract (%p, %q : tensor<?x?x?xf32>, tensor<?x?x8xf32>) dims ["b", "s", 8, "s"] maps [#pp, #vv] to #oo {
  ^bb0(%acc: f32):
    transformer.yield %acc : f32
  } -> tensor<?x?x8xf32>
  return %o : tensor<?x?x8xf32>
}

// The scale that a rotation of q ends with stands on the scores.
// CHECK-LABEL: func.func @rotated
// CHECK: %[[Q:.*]] = transformer.map
// CHECK: arith.addf
// CHECK-NEXT: transformer.yield
// CHECK: transformer.attention(%[[Q]], {{.*}}) scale 5.000000e-01 mask <none>
func.func @rotated(%q: tensor<?x?x8xf32> {attune.dims = ["b", "s", 8]}, %k: tensor<?x?x8xf32> {attune.dims = ["b", "s", 8]}) -> tensor<?x?x8xf32> {
  %r = transformer.map (%q, %k : tensor<?x?x8xf32>, tensor<?x?x8xf32>) dims ["b", "s", 8] maps [#id, #id] {
  ^bb0(%e: f32, %f: f32):
    %half = arith.constant 0.5 : f32
    %sum = arith.addf %e, %f : f32
    %scaled = arith.mulf %sum, %half : f32
    transformer.yield %scaled : f32
  } -> tensor<?x?x8xf32>
  %s = transformer.contract (%r, %k : tensor<?x?x8xf32>, tensor<?x?x8xf32>) dims ["b", "s", "s", 8] maps [#qk, #kk] to #ss {
  ^bb0(%acc: f32):
    transformer.yield %acc : f32
  } -> tensor<?x?x?xf32>
  %p = transformer.softmax %s axis 2 dims ["b", "s", "s"] : tensor<?x?x?xf32>
  %o = transformer.contract (%p, %k : tensor<?x?x?xf32>, tensor<?x?x8xf32>) dims ["b", "s", 8, "s"] maps [#pp, #vv] to #oo {
  ^bb0(%acc: f32):
    transformer.yield %acc : f32
  } -> tensor<?x?x8xf32>
  return %o : tensor<?x?x8xf32>
}
