// RUN: attune-opt %s --mlir-disable-threading --transformer-raise-attention --remarks-filter="transformer-raise-attention" 2>%t | FileCheck %s
// RUN: FileCheck %s --check-prefix=REMARK --input-file=%t

#qk = affine_map<(b, i, j, d) -> (b, i, d)>
#kk = affine_map<(b, i, j, d) -> (b, j, d)>
#ss = affine_map<(b, i, j, d) -> (b, i, j)>
#pp = affine_map<(b, i, e, j) -> (b, i, j)>
#vv = affine_map<(b, i, e, j) -> (b, j, e)>
#oo = affine_map<(b, i, e, j) -> (b, i, e)>
#id = affine_map<(d0, d1, d2) -> (d0, d1, d2)>

// Trilu of ones, compared with zero: the mask went through numbers.
// CHECK-LABEL: func.func @trilu
// CHECK: mask <causal> dead_rows <mean>
func.func @trilu(%q: tensor<?x?x16xf32> {attune.dims = ["b", "s", 16]}) -> tensor<?x?x16xf32> {
  %s = transformer.contract (%q, %q : tensor<?x?x16xf32>, tensor<?x?x16xf32>) dims ["b", "s", "s", 16] maps [#qk, #kk] to #ss {
  ^bb0(%acc: f32):
    transformer.yield %acc : f32
  } -> tensor<?x?x?xf32>
  %x = transformer.map (%s : tensor<?x?x?xf32>) dims ["b", "s", "s"] maps [#id] {
  ^bb0(%e: f32):
    %low = arith.constant -3.40282347E+38 : f32
    %zero = arith.constant 0.0 : f32
    %one = arith.constant 1.0 : f32
    %i = transformer.index 1
    %j = transformer.index 2
    %keep = arith.cmpi sle, %j, %i : index
    %ones = arith.select %keep, %one, %zero : f32
    %dead = arith.cmpf oeq, %ones, %zero : f32
    %r = arith.select %dead, %low, %e : f32
    transformer.yield %r : f32
  } -> tensor<?x?x?xf32>
  %p = transformer.softmax %x axis 2 dims ["b", "s", "s"] : tensor<?x?x?xf32>
  %o = transformer.contract (%p, %q : tensor<?x?x?xf32>, tensor<?x?x16xf32>) dims ["b", "s", 16, "s"] maps [#pp, #vv] to #oo {
  ^bb0(%acc: f32):
    transformer.yield %acc : f32
  } -> tensor<?x?x16xf32>
  return %o : tensor<?x?x16xf32>
}

// Two comparisons bound the key from both sides: a causal window of four keys.
// CHECK-LABEL: func.func @window
// CHECK: transformer.attention(%{{.*}}) scale 1.000000e+00 mask <window(left = "3", causal)> dead_rows <mean>
func.func @window(%q: tensor<?x?x16xf32> {attune.dims = ["b", "s", 16]}) -> tensor<?x?x16xf32> {
  %s = transformer.contract (%q, %q : tensor<?x?x16xf32>, tensor<?x?x16xf32>) dims ["b", "s", "s", 16] maps [#qk, #kk] to #ss {
  ^bb0(%acc: f32):
    transformer.yield %acc : f32
  } -> tensor<?x?x?xf32>
  %x = transformer.map (%s : tensor<?x?x?xf32>) dims ["b", "s", "s"] maps [#id] {
  ^bb0(%e: f32):
    %low = arith.constant -3.40282347E+38 : f32
    %zero = arith.constant 0.0 : f32
    %one = arith.constant 1.0 : f32
    %i = transformer.index 1
    %j = transformer.index 2
    %keep = arith.cmpi sle, %j, %i : index
    %four = arith.constant 4 : index
    %left = arith.addi %j, %four : index
    %near = arith.cmpi sgt, %left, %i : index
    %live = arith.andi %keep, %near : i1
    %r = arith.select %live, %e, %low : f32
    transformer.yield %r : f32
  } -> tensor<?x?x?xf32>
  %p = transformer.softmax %x axis 2 dims ["b", "s", "s"] : tensor<?x?x?xf32>
  %o = transformer.contract (%p, %q : tensor<?x?x?xf32>, tensor<?x?x16xf32>) dims ["b", "s", 16, "s"] maps [#pp, #vv] to #oo {
  ^bb0(%acc: f32):
    transformer.yield %acc : f32
  } -> tensor<?x?x16xf32>
  return %o : tensor<?x?x16xf32>
}

// Two comparisons: one is causal, of the other nothing is known; it stays a tensor.
// CHECK-LABEL: func.func @strided
// CHECK: %[[T:.*]] = transformer.map() dims ["s", "s"]
// CHECK: mask_tensor(%[[T]] : tensor<?x?xi1>) scale 1.000000e+00 mask <causal and tensor> dead_rows <mean>
// REMARK: a part of the mask stays a tensor: the mask compares indices in another way
func.func @strided(%q: tensor<?x?x16xf32> {attune.dims = ["b", "s", 16]}) -> tensor<?x?x16xf32> {
  %s = transformer.contract (%q, %q : tensor<?x?x16xf32>, tensor<?x?x16xf32>) dims ["b", "s", "s", 16] maps [#qk, #kk] to #ss {
  ^bb0(%acc: f32):
    transformer.yield %acc : f32
  } -> tensor<?x?x?xf32>
  %x = transformer.map (%s : tensor<?x?x?xf32>) dims ["b", "s", "s"] maps [#id] {
  ^bb0(%e: f32):
    %low = arith.constant -3.40282347E+38 : f32
    %zero = arith.constant 0.0 : f32
    %one = arith.constant 1.0 : f32
    %i = transformer.index 1
    %j = transformer.index 2
    %keep = arith.cmpi sle, %j, %i : index
    %four = arith.constant 4 : index
    %left = arith.muli %j, %four : index
    %near = arith.cmpi sgt, %left, %i : index
    %live = arith.andi %keep, %near : i1
    %r = arith.select %live, %e, %low : f32
    transformer.yield %r : f32
  } -> tensor<?x?x?xf32>
  %p = transformer.softmax %x axis 2 dims ["b", "s", "s"] : tensor<?x?x?xf32>
  %o = transformer.contract (%p, %q : tensor<?x?x?xf32>, tensor<?x?x16xf32>) dims ["b", "s", 16, "s"] maps [#pp, #vv] to #oo {
  ^bb0(%acc: f32):
    transformer.yield %acc : f32
  } -> tensor<?x?x16xf32>
  return %o : tensor<?x?x16xf32>
}

// Always true: key ≥ 0, key < s, not (query < 0), or anything or-ed with them.
// CHECK-LABEL: func.func @trivial
// CHECK: mask <none> dead_rows <zero>
func.func @trivial(%q: tensor<?x?x16xf32> {attune.dims = ["b", "s", 16]}) -> tensor<?x?x16xf32> {
  %s = transformer.contract (%q, %q : tensor<?x?x16xf32>, tensor<?x?x16xf32>) dims ["b", "s", "s", 16] maps [#qk, #kk] to #ss {
  ^bb0(%acc: f32):
    transformer.yield %acc : f32
  } -> tensor<?x?x?xf32>
  %x = transformer.map (%s : tensor<?x?x?xf32>) dims ["b", "s", "s"] maps [#id] {
  ^bb0(%e: f32):
    %low = arith.constant -3.40282347E+38 : f32
    %zero = arith.constant 0.0 : f32
    %one = arith.constant 1.0 : f32
    %i = transformer.index 1
    %j = transformer.index 2
    %c0 = arith.constant 0 : index
    %true = arith.constant true
    %a = arith.cmpi sge, %j, %c0 : index
    %n = arith.cmpi slt, %i, %c0 : index
    %m = arith.xori %n, %true : i1
    %w = arith.cmpi slt, %j, %i : index
    %o1 = arith.ori %w, %a : i1
    %b = arith.andi %o1, %m : i1
    %r = arith.select %b, %e, %low : f32
    transformer.yield %r : f32
  } -> tensor<?x?x?xf32>
  %p = transformer.softmax %x axis 2 dims ["b", "s", "s"] : tensor<?x?x?xf32>
  %o = transformer.contract (%p, %q : tensor<?x?x?xf32>, tensor<?x?x16xf32>) dims ["b", "s", 16, "s"] maps [#pp, #vv] to #oo {
  ^bb0(%acc: f32):
    transformer.yield %acc : f32
  } -> tensor<?x?x16xf32>
  return %o : tensor<?x?x16xf32>
}

// Several causal terms are one with the smaller offset; a negation turns a comparison round.
// CHECK-LABEL: func.func @offset
// CHECK: mask <causal(offset = "-1")> dead_rows <mean>
func.func @offset(%q: tensor<?x?x16xf32> {attune.dims = ["b", "s", 16]}) -> tensor<?x?x16xf32> {
  %s = transformer.contract (%q, %q : tensor<?x?x16xf32>, tensor<?x?x16xf32>) dims ["b", "s", "s", 16] maps [#qk, #kk] to #ss {
  ^bb0(%acc: f32):
    transformer.yield %acc : f32
  } -> tensor<?x?x?xf32>
  %x = transformer.map (%s : tensor<?x?x?xf32>) dims ["b", "s", "s"] maps [#id] {
  ^bb0(%e: f32):
    %low = arith.constant -3.40282347E+38 : f32
    %zero = arith.constant 0.0 : f32
    %one = arith.constant 1.0 : f32
    %i = transformer.index 1
    %j = transformer.index 2
    %true = arith.constant true
    %dead = arith.cmpi sge, %j, %i : index
    %keep = arith.xori %dead, %true : i1
    %also = arith.cmpi sle, %j, %i : index
    %live = arith.andi %keep, %also : i1
    %r = arith.select %live, %e, %low : f32
    transformer.yield %r : f32
  } -> tensor<?x?x?xf32>
  %p = transformer.softmax %x axis 2 dims ["b", "s", "s"] : tensor<?x?x?xf32>
  %o = transformer.contract (%p, %q : tensor<?x?x?xf32>, tensor<?x?x16xf32>) dims ["b", "s", 16, "s"] maps [#pp, #vv] to #oo {
  ^bb0(%acc: f32):
    transformer.yield %acc : f32
  } -> tensor<?x?x16xf32>
  return %o : tensor<?x?x16xf32>
}

// A triangle that the exporter folded.
// CHECK-LABEL: func.func @table
// CHECK: mask <causal(offset = "1")> dead_rows <mean>
func.func @table(%q: tensor<?x3x16xf32> {attune.dims = ["b", 3, 16]}) -> tensor<?x3x16xf32> {
  %t = arith.constant dense<[[true, true, false], [true, true, true], [true, true, true]]> : tensor<3x3xi1>
  %s = transformer.contract (%q, %q : tensor<?x3x16xf32>, tensor<?x3x16xf32>) dims ["b", 3, 3, 16] maps [#qk, #kk] to #ss {
  ^bb0(%acc: f32):
    transformer.yield %acc : f32
  } -> tensor<?x3x3xf32>
  %x = transformer.map (%s, %t : tensor<?x3x3xf32>, tensor<3x3xi1>) dims ["b", 3, 3] maps [#id, affine_map<(b, i, j) -> (i, j)>] {
  ^bb0(%e: f32, %m: i1):
    %low = arith.constant -3.40282347E+38 : f32
    %zero = arith.constant 0.0 : f32
    %one = arith.constant 1.0 : f32
    %i = transformer.index 1
    %j = transformer.index 2
    %r = arith.select %m, %e, %low : f32
    transformer.yield %r : f32
  } -> tensor<?x3x3xf32>
  %p = transformer.softmax %x axis 2 dims ["b", 3, 3] : tensor<?x3x3xf32>
  %o = transformer.contract (%p, %q : tensor<?x3x3xf32>, tensor<?x3x16xf32>) dims ["b", 3, 16, 3] maps [#pp, #vv] to #oo {
  ^bb0(%acc: f32):
    transformer.yield %acc : f32
  } -> tensor<?x3x16xf32>
  return %o : tensor<?x3x16xf32>
}

// A table that is none: the operand itself.
// CHECK-LABEL: func.func @no_triangle
// CHECK: mask_tensor(%{{.*}} : tensor<3x3xi1>) scale 1.000000e+00 mask <tensor> dead_rows <mean>
func.func @no_triangle(%q: tensor<?x3x16xf32> {attune.dims = ["b", 3, 16]}) -> tensor<?x3x16xf32> {
  %t = arith.constant dense<[[true, true, false], [true, false, true], [true, true, true]]> : tensor<3x3xi1>
  %s = transformer.contract (%q, %q : tensor<?x3x16xf32>, tensor<?x3x16xf32>) dims ["b", 3, 3, 16] maps [#qk, #kk] to #ss {
  ^bb0(%acc: f32):
    transformer.yield %acc : f32
  } -> tensor<?x3x3xf32>
  %x = transformer.map (%s, %t : tensor<?x3x3xf32>, tensor<3x3xi1>) dims ["b", 3, 3] maps [#id, affine_map<(b, i, j) -> (i, j)>] {
  ^bb0(%e: f32, %m: i1):
    %low = arith.constant -3.40282347E+38 : f32
    %zero = arith.constant 0.0 : f32
    %one = arith.constant 1.0 : f32
    %i = transformer.index 1
    %j = transformer.index 2
    %r = arith.select %m, %e, %low : f32
    transformer.yield %r : f32
  } -> tensor<?x3x3xf32>
  %p = transformer.softmax %x axis 2 dims ["b", 3, 3] : tensor<?x3x3xf32>
  %o = transformer.contract (%p, %q : tensor<?x3x3xf32>, tensor<?x3x16xf32>) dims ["b", 3, 16, 3] maps [#pp, #vv] to #oo {
  ^bb0(%acc: f32):
    transformer.yield %acc : f32
  } -> tensor<?x3x16xf32>
  return %o : tensor<?x3x16xf32>
}

// A comparison over keys alone is padding too: it is computed once per key. The bias is what live
// keys get.
// CHECK-LABEL: func.func @keys_computed
// CHECK: %[[B:.*]] = arith.constant dense<[1.000000e+00, 2.000000e+00, 3.000000e+00]>
// CHECK: %[[K:.*]] = transformer.map(%{{.*}} : tensor<?x3xi64>) dims ["b", 3]
// CHECK: arith.cmpi sgt
// CHECK: keys(%[[K]] : tensor<?x3xi1>) bias(%[[B]] : tensor<3xf32>) scale 1.000000e+00 mask <padding(keys)> dead_rows <mean>
func.func @keys_computed(%q: tensor<?x3x16xf32> {attune.dims = ["b", 3, 16]}, %k: tensor<?x3xi64> {attune.dims = ["b", 3]}) -> tensor<?x3x16xf32> {
  %t = arith.constant dense<[1.0, 2.0, 3.0]> : tensor<3xf32>
  %s = transformer.contract (%q, %q : tensor<?x3x16xf32>, tensor<?x3x16xf32>) dims ["b", 3, 3, 16] maps [#qk, #kk] to #ss {
  ^bb0(%acc: f32):
    transformer.yield %acc : f32
  } -> tensor<?x3x3xf32>
  %x = transformer.map (%s, %k, %t : tensor<?x3x3xf32>, tensor<?x3xi64>, tensor<3xf32>) dims ["b", 3, 3] maps [#id, affine_map<(b, i, j) -> (b, j)>, affine_map<(b, i, j) -> (j)>] {
  ^bb0(%e: f32, %m: i64, %w: f32):
    %low = arith.constant -3.40282347E+38 : f32
    %zero = arith.constant 0.0 : f32
    %one = arith.constant 1.0 : f32
    %i = transformer.index 1
    %j = transformer.index 2
    %five = arith.constant 5 : i64
    %live = arith.cmpi sgt, %m, %five : i64
    %add = arith.select %live, %w, %low : f32
    %r = arith.addf %e, %add : f32
    transformer.yield %r : f32
  } -> tensor<?x3x3xf32>
  %p = transformer.softmax %x axis 2 dims ["b", 3, 3] : tensor<?x3x3xf32>
  %o = transformer.contract (%p, %q : tensor<?x3x3xf32>, tensor<?x3x16xf32>) dims ["b", 3, 16, 3] maps [#pp, #vv] to #oo {
  ^bb0(%acc: f32):
    transformer.yield %acc : f32
  } -> tensor<?x3x16xf32>
  return %o : tensor<?x3x16xf32>
}

// A float input may hold −inf: the finite mask beside it becomes a part of the bias.
// CHECK-LABEL: func.func @infinite_bias
// CHECK: bias(%{{.*}} : tensor<?x?x?xf32>) scale 1.000000e+00 mask <none> dead_rows <zero>
func.func @infinite_bias(%q: tensor<?x?x16xf32> {attune.dims = ["b", "s", 16]}, %k: tensor<?x?x?xf32> {attune.dims = ["b", "s", "s"]}) -> tensor<?x?x16xf32> {
  %s = transformer.contract (%q, %q : tensor<?x?x16xf32>, tensor<?x?x16xf32>) dims ["b", "s", "s", 16] maps [#qk, #kk] to #ss {
  ^bb0(%acc: f32):
    transformer.yield %acc : f32
  } -> tensor<?x?x?xf32>
  %x = transformer.map (%s, %k : tensor<?x?x?xf32>, tensor<?x?x?xf32>) dims ["b", "s", "s"] maps [#id, #id] {
  ^bb0(%e: f32, %w: f32):
    %low = arith.constant -3.40282347E+38 : f32
    %zero = arith.constant 0.0 : f32
    %one = arith.constant 1.0 : f32
    %i = transformer.index 1
    %j = transformer.index 2
    %live = arith.cmpi sle, %j, %i : index
    %add = arith.select %live, %zero, %low : f32
    %a = arith.addf %e, %w : f32
    %r = arith.addf %a, %add : f32
    transformer.yield %r : f32
  } -> tensor<?x?x?xf32>
  %p = transformer.softmax %x axis 2 dims ["b", "s", "s"] : tensor<?x?x?xf32>
  %o = transformer.contract (%p, %q : tensor<?x?x?xf32>, tensor<?x?x16xf32>) dims ["b", "s", 16, "s"] maps [#pp, #vv] to #oo {
  ^bb0(%acc: f32):
    transformer.yield %acc : f32
  } -> tensor<?x?x16xf32>
  return %o : tensor<?x?x16xf32>
}
