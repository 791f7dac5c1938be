// A key that is compared with an integer per query is in a band about that.
// RUN: attune-opt %s --mlir-disable-threading --transformer-raise-attention --remarks-filter="transformer-raise-attention" 2>%t | FileCheck %s
// RUN: FileCheck %s --check-prefix=REMARK --input-file=%t

#qk = affine_map<(b, i, j, d) -> (b, i, d)>
#kk = affine_map<(b, i, j, d) -> (b, j, d)>
#ss = affine_map<(b, i, j, d) -> (b, i, j)>
#pp = affine_map<(b, i, e, j) -> (b, i, j)>
#vv = affine_map<(b, i, e, j) -> (b, j, e)>
#oo = affine_map<(b, i, e, j) -> (b, i, e)>
#id = affine_map<(d0, d1, d2) -> (d0, d1, d2)>
#place = affine_map<(d0, d1, d2) -> (d0, d1)>
#start = affine_map<(d0, d1, d2) -> (d0)>
#key = affine_map<(d0, d1, d2) -> (d0, d2)>

// An input is read as it is.
// CHECK-LABEL: func.func @given
// CHECK: transformer.attention(%{{.*}}) positions(%arg2 : tensor<?x?xi64>) scale 1.000000e+00 mask <causal(positions = operand)>
func.func @given(%q: tensor<?x?x16xf32> {attune.dims = ["b", "s", 16]}, %k: tensor<?x?x16xf32> {attune.dims = ["b", "t", 16]}, %at: tensor<?x?xi64> {attune.dims = ["b", "s"]}) -> tensor<?x?x16xf32> {
  %s = transformer.contract (%q, %k : tensor<?x?x16xf32>, tensor<?x?x16xf32>) dims ["b", "s", "t", 16] maps [#qk, #kk] to #ss {
  ^bb0(%acc: f32):
    transformer.yield %acc : f32
  } -> tensor<?x?x?xf32>
  %x = transformer.map (%s, %at : tensor<?x?x?xf32>, tensor<?x?xi64>) dims ["b", "s", "t"] maps [#id, #place] {
  ^bb0(%e: f32, %n: i64):
    %low = arith.constant -3.40282347E+38 : f32
    %one = arith.constant 1 : i64
    %four = arith.constant 4 : i64
    %i = transformer.index 1
    %j = transformer.index 2
    %query = arith.index_cast %i : index to i64
    %key = arith.index_cast %j : index to i64
    %live = arith.cmpi sle, %key, %n : i64
    %r = arith.select %live, %e, %low : f32
    transformer.yield %r : f32
  } -> tensor<?x?x?xf32>
  %p = transformer.softmax %x axis 2 dims ["b", "s", "t"] : tensor<?x?x?xf32>
  %o = transformer.contract (%p, %k : tensor<?x?x?xf32>, tensor<?x?x16xf32>) dims ["b", "s", 16, "t"] maps [#pp, #vv] to #oo {
  ^bb0(%acc: f32):
    transformer.yield %acc : f32
  } -> tensor<?x?x16xf32>
  return %o : tensor<?x?x16xf32>
}

// Constants are bounds, on either side, and a negation turns the comparison round.
// CHECK-LABEL: func.func @shifted
// CHECK: positions(%arg2 : tensor<?x?xi64>) scale 1.000000e+00 mask <causal(offset = "2", positions = operand)>
func.func @shifted(%q: tensor<?x?x16xf32> {attune.dims = ["b", "s", 16]}, %k: tensor<?x?x16xf32> {attune.dims = ["b", "t", 16]}, %at: tensor<?x?xi64> {attune.dims = ["b", "s"]}) -> tensor<?x?x16xf32> {
  %s = transformer.contract (%q, %k : tensor<?x?x16xf32>, tensor<?x?x16xf32>) dims ["b", "s", "t", 16] maps [#qk, #kk] to #ss {
  ^bb0(%acc: f32):
    transformer.yield %acc : f32
  } -> tensor<?x?x?xf32>
  %x = transformer.map (%s, %at : tensor<?x?x?xf32>, tensor<?x?xi64>) dims ["b", "s", "t"] maps [#id, #place] {
  ^bb0(%e: f32, %n: i64):
    %low = arith.constant -3.40282347E+38 : f32
    %one = arith.constant 1 : i64
    %four = arith.constant 4 : i64
    %i = transformer.index 1
    %j = transformer.index 2
    %query = arith.index_cast %i : index to i64
    %key = arith.index_cast %j : index to i64
    %true = arith.constant true
    %later = arith.addi %n, %four : i64
    %next = arith.addi %key, %one : i64
    %dead = arith.cmpi sle, %later, %next : i64
    %live = arith.xori %dead, %true : i1
    %r = arith.select %live, %e, %low : f32
    transformer.yield %r : f32
  } -> tensor<?x?x?xf32>
  %p = transformer.softmax %x axis 2 dims ["b", "s", "t"] : tensor<?x?x?xf32>
  %o = transformer.contract (%p, %k : tensor<?x?x?xf32>, tensor<?x?x16xf32>) dims ["b", "s", 16, "t"] maps [#pp, #vv] to #oo {
  ^bb0(%acc: f32):
    transformer.yield %acc : f32
  } -> tensor<?x?x16xf32>
  return %o : tensor<?x?x16xf32>
}

// Two bounds about one position are a window; the position is what the graph adds up.
// CHECK-LABEL: func.func @window
// CHECK: %[[AT:.*]] = transformer.map(%arg2 : tensor<?xi64>) dims ["b", "s"]
// CHECK: positions(%[[AT]] : tensor<?x?xi64>) scale 1.000000e+00 mask <window(left = "3", causal, positions = operand)>
func.func @window(%q: tensor<?x?x16xf32> {attune.dims = ["b", "s", 16]}, %k: tensor<?x?x16xf32> {attune.dims = ["b", "t", 16]}, %at: tensor<?xi64> {attune.dims = ["b"]}) -> tensor<?x?x16xf32> {
  %s = transformer.contract (%q, %k : tensor<?x?x16xf32>, tensor<?x?x16xf32>) dims ["b", "s", "t", 16] maps [#qk, #kk] to #ss {
  ^bb0(%acc: f32):
    transformer.yield %acc : f32
  } -> tensor<?x?x?xf32>
  %x = transformer.map (%s, %at : tensor<?x?x?xf32>, tensor<?xi64>) dims ["b", "s", "t"] maps [#id, #start] {
  ^bb0(%e: f32, %n: i64):
    %low = arith.constant -3.40282347E+38 : f32
    %one = arith.constant 1 : i64
    %four = arith.constant 4 : i64
    %i = transformer.index 1
    %j = transformer.index 2
    %query = arith.index_cast %i : index to i64
    %key = arith.index_cast %j : index to i64
    %place = arith.addi %query, %n : i64
    %first = arith.subi %place, %four : i64
    %below = arith.cmpi sle, %key, %place : i64
    %above = arith.cmpi sgt, %key, %first : i64
    %live = arith.andi %below, %above : i1
    %r = arith.select %live, %e, %low : f32
    transformer.yield %r : f32
  } -> tensor<?x?x?xf32>
  %p = transformer.softmax %x axis 2 dims ["b", "s", "t"] : tensor<?x?x?xf32>
  %o = transformer.contract (%p, %k : tensor<?x?x?xf32>, tensor<?x?x16xf32>) dims ["b", "s", 16, "t"] maps [#pp, #vv] to #oo {
  ^bb0(%acc: f32):
    transformer.yield %acc : f32
  } -> tensor<?x?x16xf32>
  return %o : tensor<?x?x16xf32>
}

// A band about the query and one about a position are not one band.
// CHECK-LABEL: func.func @both
// REMARK: a part of the mask stays a tensor: the mask has bands about different positions
// CHECK: mask_tensor(%{{.*}} : tensor<?x?x?xi1>) scale 1.000000e+00 mask <causal and tensor>
func.func @both(%q: tensor<?x?x16xf32> {attune.dims = ["b", "s", 16]}, %k: tensor<?x?x16xf32> {attune.dims = ["b", "t", 16]}, %at: tensor<?x?xi64> {attune.dims = ["b", "s"]}) -> tensor<?x?x16xf32> {
  %s = transformer.contract (%q, %k : tensor<?x?x16xf32>, tensor<?x?x16xf32>) dims ["b", "s", "t", 16] maps [#qk, #kk] to #ss {
  ^bb0(%acc: f32):
    transformer.yield %acc : f32
  } -> tensor<?x?x?xf32>
  %x = transformer.map (%s, %at : tensor<?x?x?xf32>, tensor<?x?xi64>) dims ["b", "s", "t"] maps [#id, #place] {
  ^bb0(%e: f32, %n: i64):
    %low = arith.constant -3.40282347E+38 : f32
    %one = arith.constant 1 : i64
    %four = arith.constant 4 : i64
    %i = transformer.index 1
    %j = transformer.index 2
    %query = arith.index_cast %i : index to i64
    %key = arith.index_cast %j : index to i64
    %near = arith.addi %key, %four : i64
    %above = arith.cmpi sgt, %near, %n : i64
    %below = arith.cmpi sle, %key, %query : i64
    %live = arith.andi %above, %below : i1
    %r = arith.select %live, %e, %low : f32
    transformer.yield %r : f32
  } -> tensor<?x?x?xf32>
  %p = transformer.softmax %x axis 2 dims ["b", "s", "t"] : tensor<?x?x?xf32>
  %o = transformer.contract (%p, %k : tensor<?x?x?xf32>, tensor<?x?x16xf32>) dims ["b", "s", 16, "t"] maps [#pp, #vv] to #oo {
  ^bb0(%acc: f32):
    transformer.yield %acc : f32
  } -> tensor<?x?x16xf32>
  return %o : tensor<?x?x16xf32>
}

// A multiple of the key is no key.
// CHECK-LABEL: func.func @scaled
// REMARK: the mask compares values that are not indices
// CHECK: mask <tensor>
func.func @scaled(%q: tensor<?x?x16xf32> {attune.dims = ["b", "s", 16]}, %k: tensor<?x?x16xf32> {attune.dims = ["b", "t", 16]}, %at: tensor<?x?xi64> {attune.dims = ["b", "s"]}) -> tensor<?x?x16xf32> {
  %s = transformer.contract (%q, %k : tensor<?x?x16xf32>, tensor<?x?x16xf32>) dims ["b", "s", "t", 16] maps [#qk, #kk] to #ss {
  ^bb0(%acc: f32):
    transformer.yield %acc : f32
  } -> tensor<?x?x?xf32>
  %x = transformer.map (%s, %at : tensor<?x?x?xf32>, tensor<?x?xi64>) dims ["b", "s", "t"] maps [#id, #place] {
  ^bb0(%e: f32, %n: i64):
    %low = arith.constant -3.40282347E+38 : f32
    %one = arith.constant 1 : i64
    %four = arith.constant 4 : i64
    %i = transformer.index 1
    %j = transformer.index 2
    %query = arith.index_cast %i : index to i64
    %key = arith.index_cast %j : index to i64
    %twice = arith.addi %key, %key : i64
    %live = arith.cmpi sle, %twice, %n : i64
    %r = arith.select %live, %e, %low : f32
    transformer.yield %r : f32
  } -> tensor<?x?x?xf32>
  %p = transformer.softmax %x axis 2 dims ["b", "s", "t"] : tensor<?x?x?xf32>
  %o = transformer.contract (%p, %k : tensor<?x?x?xf32>, tensor<?x?x16xf32>) dims ["b", "s", 16, "t"] maps [#pp, #vv] to #oo {
  ^bb0(%acc: f32):
    transformer.yield %acc : f32
  } -> tensor<?x?x16xf32>
  return %o : tensor<?x?x16xf32>
}

// An integer per key is padding, not a position.
// CHECK-LABEL: func.func @of_keys
// CHECK: keys(%{{.*}} : tensor<?x?xi1>) scale 1.000000e+00 mask <padding(keys)>
func.func @of_keys(%q: tensor<?x?x16xf32> {attune.dims = ["b", "s", 16]}, %k: tensor<?x?x16xf32> {attune.dims = ["b", "t", 16]}, %at: tensor<?x?xi64> {attune.dims = ["b", "t"]}) -> tensor<?x?x16xf32> {
  %s = transformer.contract (%q, %k : tensor<?x?x16xf32>, tensor<?x?x16xf32>) dims ["b", "s", "t", 16] maps [#qk, #kk] to #ss {
  ^bb0(%acc: f32):
    transformer.yield %acc : f32
  } -> tensor<?x?x?xf32>
  %x = transformer.map (%s, %at : tensor<?x?x?xf32>, tensor<?x?xi64>) dims ["b", "s", "t"] maps [#id, #key] {
  ^bb0(%e: f32, %n: i64):
    %low = arith.constant -3.40282347E+38 : f32
    %one = arith.constant 1 : i64
    %four = arith.constant 4 : i64
    %i = transformer.index 1
    %j = transformer.index 2
    %query = arith.index_cast %i : index to i64
    %key = arith.index_cast %j : index to i64
    %live = arith.cmpi sle, %key, %n : i64
    %r = arith.select %live, %e, %low : f32
    transformer.yield %r : f32
  } -> tensor<?x?x?xf32>
  %p = transformer.softmax %x axis 2 dims ["b", "s", "t"] : tensor<?x?x?xf32>
  %o = transformer.contract (%p, %k : tensor<?x?x?xf32>, tensor<?x?x16xf32>) dims ["b", "s", 16, "t"] maps [#pp, #vv] to #oo {
  ^bb0(%acc: f32):
    transformer.yield %acc : f32
  } -> tensor<?x?x16xf32>
  return %o : tensor<?x?x16xf32>
}
