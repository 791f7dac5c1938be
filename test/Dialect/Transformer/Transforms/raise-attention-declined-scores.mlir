// RUN: attune-opt %s --transformer-raise-attention --mlir-disable-threading --remarks-filter="transformer-raise-attention" 2>%t | FileCheck %s
// RUN: FileCheck %s --check-prefix=REMARK --input-file=%t

#qk = affine_map<(b, i, j, d) -> (b, i, d)>
#kk = affine_map<(b, i, j, d) -> (b, j, d)>
#ss = affine_map<(b, i, j, d) -> (b, i, j)>
#pp = affine_map<(b, i, e, j) -> (b, i, j)>
#vv = affine_map<(b, i, e, j) -> (b, j, e)>
#oo = affine_map<(b, i, e, j) -> (b, i, e)>
#id = affine_map<(b, i, j) -> (b, i, j)>
#bk = affine_map<(b, i, j) -> (b, j)>

// Each is one step from an attention's scores.
// CHECK-LABEL: func.func @scores
// REMARK: a masked score is replaced by a value that need not underflow
// REMARK: a masked score is replaced by a value that need not underflow
// REMARK: a masked score is replaced by a value that need not underflow
// REMARK: the scores are scaled after they were masked
// REMARK: the scores are scaled by zero or infinity
// REMARK: the scores are scaled by zero or infinity
// REMARK: the scores are scaled by a tensor
// REMARK: the scores are scaled by a tensor
// REMARK: the contraction of q and k is subtracted
// REMARK: two contractions are added in the scores
// REMARK: no addend of the scores is a contraction of q and k
// REMARK: the scores come from something that is not a contraction of q and k
// REMARK: a select on the scores has no constant for masked keys
// REMARK: an operation on the scores is none of: scale, softcap, bias, mask
// REMARK: masked scores are -3.40{{.*}}, and then masked or added to again
// REMARK: masked scores are -3.40{{.*}}, and then masked or added to again
// CHECK-NOT: transformer.attention
func.func @scores(%q: tensor<?x?x16xf32> {attune.dims = ["b", "s", 16]}, %keys: tensor<?x?xi1> {attune.dims = ["b", "s"]}, %bias: tensor<?x?x?xf32> {attune.dims = ["b", "s", "s"]})
    -> (tensor<?x?x16xf32>, tensor<?x?x16xf32>, tensor<?x?x16xf32>, tensor<?x?x16xf32>, tensor<?x?x16xf32>, tensor<?x?x16xf32>, tensor<?x?x16xf32>, tensor<?x?x16xf32>, tensor<?x?x16xf32>, tensor<?x?x16xf32>, tensor<?x?x16xf32>, tensor<?x?x16xf32>, tensor<?x?x16xf32>, tensor<?x?x16xf32>, tensor<?x?x16xf32>, tensor<?x?x16xf32>) {
  %s = transformer.contract (%q, %q : tensor<?x?x16xf32>, tensor<?x?x16xf32>) dims ["b", "s", "s", 16] maps [#qk, #kk] to #ss {
  ^bb0(%acc: f32):
    transformer.yield %acc : f32
  } -> tensor<?x?x?xf32>
  %x0 = transformer.map (%s, %keys : tensor<?x?x?xf32>, tensor<?x?xi1>) dims ["b", "s", "s"] maps [#id, #bk] {
  ^bb0(%e: f32, %live: i1):
    %above = arith.constant -9.99E+2 : f32
    %r = arith.select %live, %e, %above : f32
    transformer.yield %r : f32
  } -> tensor<?x?x?xf32>
  %p0 = transformer.softmax %x0 axis 2 dims ["b", "s", "s"] : tensor<?x?x?xf32>
  %o0 = transformer.contract (%p0, %q : tensor<?x?x?xf32>, tensor<?x?x16xf32>) dims ["b", "s", 16, "s"] maps [#pp, #vv] to #oo {
  ^bb0(%acc: f32):
    transformer.yield %acc : f32
  } -> tensor<?x?x16xf32>
  %x1 = transformer.map (%s, %keys : tensor<?x?x?xf32>, tensor<?x?xi1>) dims ["b", "s", "s"] maps [#id, #bk] {
  ^bb0(%e: f32, %live: i1):
    %pinf = arith.constant 0x7F800000 : f32
    %r = arith.select %live, %e, %pinf : f32
    transformer.yield %r : f32
  } -> tensor<?x?x?xf32>
  %p1 = transformer.softmax %x1 axis 2 dims ["b", "s", "s"] : tensor<?x?x?xf32>
  %o1 = transformer.contract (%p1, %q : tensor<?x?x?xf32>, tensor<?x?x16xf32>) dims ["b", "s", 16, "s"] maps [#pp, #vv] to #oo {
  ^bb0(%acc: f32):
    transformer.yield %acc : f32
  } -> tensor<?x?x16xf32>
  %x2 = transformer.map (%s, %keys : tensor<?x?x?xf32>, tensor<?x?xi1>) dims ["b", "s", "s"] maps [#id, #bk] {
  ^bb0(%e: f32, %live: i1):
    %zero = arith.constant 0.0 : f32
    %r = arith.select %live, %zero, %e : f32
    transformer.yield %r : f32
  } -> tensor<?x?x?xf32>
  %p2 = transformer.softmax %x2 axis 2 dims ["b", "s", "s"] : tensor<?x?x?xf32>
  %o2 = transformer.contract (%p2, %q : tensor<?x?x?xf32>, tensor<?x?x16xf32>) dims ["b", "s", 16, "s"] maps [#pp, #vv] to #oo {
  ^bb0(%acc: f32):
    transformer.yield %acc : f32
  } -> tensor<?x?x16xf32>
  %x3 = transformer.map (%s, %keys : tensor<?x?x?xf32>, tensor<?x?xi1>) dims ["b", "s", "s"] maps [#id, #bk] {
  ^bb0(%e: f32, %live: i1):
    %low = arith.constant -3.40282347E+38 : f32
    %two = arith.constant -2.0 : f32
    %t = arith.select %live, %e, %low : f32
    %r = arith.mulf %t, %two : f32
    transformer.yield %r : f32
  } -> tensor<?x?x?xf32>
  %p3 = transformer.softmax %x3 axis 2 dims ["b", "s", "s"] : tensor<?x?x?xf32>
  %o3 = transformer.contract (%p3, %q : tensor<?x?x?xf32>, tensor<?x?x16xf32>) dims ["b", "s", 16, "s"] maps [#pp, #vv] to #oo {
  ^bb0(%acc: f32):
    transformer.yield %acc : f32
  } -> tensor<?x?x16xf32>
  %x4 = transformer.map (%s : tensor<?x?x?xf32>) dims ["b", "s", "s"] maps [#id] {
  ^bb0(%e: f32):
    %zero = arith.constant 0.0 : f32
    %r = arith.divf %e, %zero : f32
    transformer.yield %r : f32
  } -> tensor<?x?x?xf32>
  %p4 = transformer.softmax %x4 axis 2 dims ["b", "s", "s"] : tensor<?x?x?xf32>
  %o4 = transformer.contract (%p4, %q : tensor<?x?x?xf32>, tensor<?x?x16xf32>) dims ["b", "s", 16, "s"] maps [#pp, #vv] to #oo {
  ^bb0(%acc: f32):
    transformer.yield %acc : f32
  } -> tensor<?x?x16xf32>
  %x5 = transformer.map (%s : tensor<?x?x?xf32>) dims ["b", "s", "s"] maps [#id] {
  ^bb0(%e: f32):
    %pinf = arith.constant 0x7F800000 : f32
    %r = arith.mulf %e, %pinf : f32
    transformer.yield %r : f32
  } -> tensor<?x?x?xf32>
  %p5 = transformer.softmax %x5 axis 2 dims ["b", "s", "s"] : tensor<?x?x?xf32>
  %o5 = transformer.contract (%p5, %q : tensor<?x?x?xf32>, tensor<?x?x16xf32>) dims ["b", "s", 16, "s"] maps [#pp, #vv] to #oo {
  ^bb0(%acc: f32):
    transformer.yield %acc : f32
  } -> tensor<?x?x16xf32>
  %x6 = transformer.map (%s, %bias : tensor<?x?x?xf32>, tensor<?x?x?xf32>) dims ["b", "s", "s"] maps [#id, #id] {
  ^bb0(%e: f32, %w: f32):
    %r = arith.mulf %e, %w : f32
    transformer.yield %r : f32
  } -> tensor<?x?x?xf32>
  %p6 = transformer.softmax %x6 axis 2 dims ["b", "s", "s"] : tensor<?x?x?xf32>
  %o6 = transformer.contract (%p6, %q : tensor<?x?x?xf32>, tensor<?x?x16xf32>) dims ["b", "s", 16, "s"] maps [#pp, #vv] to #oo {
  ^bb0(%acc: f32):
    transformer.yield %acc : f32
  } -> tensor<?x?x16xf32>
  %x7 = transformer.map (%s : tensor<?x?x?xf32>) dims ["b", "s", "s"] maps [#id] {
  ^bb0(%e: f32):
    %two = arith.constant 2.0 : f32
    %r = arith.divf %two, %e : f32
    transformer.yield %r : f32
  } -> tensor<?x?x?xf32>
  %p7 = transformer.softmax %x7 axis 2 dims ["b", "s", "s"] : tensor<?x?x?xf32>
  %o7 = transformer.contract (%p7, %q : tensor<?x?x?xf32>, tensor<?x?x16xf32>) dims ["b", "s", 16, "s"] maps [#pp, #vv] to #oo {
  ^bb0(%acc: f32):
    transformer.yield %acc : f32
  } -> tensor<?x?x16xf32>
  %x8 = transformer.map (%s, %bias : tensor<?x?x?xf32>, tensor<?x?x?xf32>) dims ["b", "s", "s"] maps [#id, #id] {
  ^bb0(%e: f32, %w: f32):
    %r = arith.subf %w, %e : f32
    transformer.yield %r : f32
  } -> tensor<?x?x?xf32>
  %p8 = transformer.softmax %x8 axis 2 dims ["b", "s", "s"] : tensor<?x?x?xf32>
  %o8 = transformer.contract (%p8, %q : tensor<?x?x?xf32>, tensor<?x?x16xf32>) dims ["b", "s", 16, "s"] maps [#pp, #vv] to #oo {
  ^bb0(%acc: f32):
    transformer.yield %acc : f32
  } -> tensor<?x?x16xf32>
  %x9 = transformer.map (%s : tensor<?x?x?xf32>) dims ["b", "s", "s"] maps [#id] {
  ^bb0(%e: f32):
    %r = arith.addf %e, %e : f32
    transformer.yield %r : f32
  } -> tensor<?x?x?xf32>
  %p9 = transformer.softmax %x9 axis 2 dims ["b", "s", "s"] : tensor<?x?x?xf32>
  %o9 = transformer.contract (%p9, %q : tensor<?x?x?xf32>, tensor<?x?x16xf32>) dims ["b", "s", 16, "s"] maps [#pp, #vv] to #oo {
  ^bb0(%acc: f32):
    transformer.yield %acc : f32
  } -> tensor<?x?x16xf32>
  %x10 = transformer.map (%s, %bias : tensor<?x?x?xf32>, tensor<?x?x?xf32>) dims ["b", "s", "s"] maps [#id, #id] {
  ^bb0(%e: f32, %w: f32):
    %r = arith.addf %w, %w : f32
    transformer.yield %r : f32
  } -> tensor<?x?x?xf32>
  %p10 = transformer.softmax %x10 axis 2 dims ["b", "s", "s"] : tensor<?x?x?xf32>
  %o10 = transformer.contract (%p10, %q : tensor<?x?x?xf32>, tensor<?x?x16xf32>) dims ["b", "s", 16, "s"] maps [#pp, #vv] to #oo {
  ^bb0(%acc: f32):
    transformer.yield %acc : f32
  } -> tensor<?x?x16xf32>
  %x11 = transformer.map (%s, %bias : tensor<?x?x?xf32>, tensor<?x?x?xf32>) dims ["b", "s", "s"] maps [#id, #id] {
  ^bb0(%e: f32, %w: f32):
    %two = arith.constant 2.0 : f32
    %r = arith.mulf %w, %two : f32
    transformer.yield %r : f32
  } -> tensor<?x?x?xf32>
  %p11 = transformer.softmax %x11 axis 2 dims ["b", "s", "s"] : tensor<?x?x?xf32>
  %o11 = transformer.contract (%p11, %q : tensor<?x?x?xf32>, tensor<?x?x16xf32>) dims ["b", "s", 16, "s"] maps [#pp, #vv] to #oo {
  ^bb0(%acc: f32):
    transformer.yield %acc : f32
  } -> tensor<?x?x16xf32>
  %x12 = transformer.map (%s, %keys, %bias : tensor<?x?x?xf32>, tensor<?x?xi1>, tensor<?x?x?xf32>) dims ["b", "s", "s"] maps [#id, #bk, #id] {
  ^bb0(%e: f32, %live: i1, %w: f32):
    %r = arith.select %live, %e, %w : f32
    transformer.yield %r : f32
  } -> tensor<?x?x?xf32>
  %p12 = transformer.softmax %x12 axis 2 dims ["b", "s", "s"] : tensor<?x?x?xf32>
  %o12 = transformer.contract (%p12, %q : tensor<?x?x?xf32>, tensor<?x?x16xf32>) dims ["b", "s", 16, "s"] maps [#pp, #vv] to #oo {
  ^bb0(%acc: f32):
    transformer.yield %acc : f32
  } -> tensor<?x?x16xf32>
  %x13 = transformer.map (%s, %bias : tensor<?x?x?xf32>, tensor<?x?x?xf32>) dims ["b", "s", "s"] maps [#id, #id] {
  ^bb0(%e: f32, %w: f32):
    %r = arith.maximumf %e, %w : f32
    transformer.yield %r : f32
  } -> tensor<?x?x?xf32>
  %p13 = transformer.softmax %x13 axis 2 dims ["b", "s", "s"] : tensor<?x?x?xf32>
  %o13 = transformer.contract (%p13, %q : tensor<?x?x?xf32>, tensor<?x?x16xf32>) dims ["b", "s", 16, "s"] maps [#pp, #vv] to #oo {
  ^bb0(%acc: f32):
    transformer.yield %acc : f32
  } -> tensor<?x?x16xf32>
  %x14 = transformer.map (%s, %keys : tensor<?x?x?xf32>, tensor<?x?xi1>) dims ["b", "s", "s"] maps [#id, #bk] {
  ^bb0(%e: f32, %live: i1):
    %low = arith.constant -3.40282347E+38 : f32
    %other = arith.constant -1.0E+38 : f32
    %i = transformer.index 1
    %j = transformer.index 2
    %causal = arith.cmpi sle, %j, %i : index
    %t = arith.select %causal, %e, %low : f32
    %r = arith.select %live, %t, %other : f32
    transformer.yield %r : f32
  } -> tensor<?x?x?xf32>
  %p14 = transformer.softmax %x14 axis 2 dims ["b", "s", "s"] : tensor<?x?x?xf32>
  %o14 = transformer.contract (%p14, %q : tensor<?x?x?xf32>, tensor<?x?x16xf32>) dims ["b", "s", 16, "s"] maps [#pp, #vv] to #oo {
  ^bb0(%acc: f32):
    transformer.yield %acc : f32
  } -> tensor<?x?x16xf32>
  %x15 = transformer.map (%s, %keys : tensor<?x?x?xf32>, tensor<?x?xi1>) dims ["b", "s", "s"] maps [#id, #bk] {
  ^bb0(%e: f32, %live: i1):
    %low = arith.constant -3.40282347E+38 : f32
    %inf = arith.constant 0xFF800000 : f32
    %i = transformer.index 1
    %j = transformer.index 2
    %causal = arith.cmpi sle, %j, %i : index
    %t = arith.select %causal, %e, %low : f32
    %r = arith.select %live, %t, %inf : f32
    transformer.yield %r : f32
  } -> tensor<?x?x?xf32>
  %p15 = transformer.softmax %x15 axis 2 dims ["b", "s", "s"] : tensor<?x?x?xf32>
  %o15 = transformer.contract (%p15, %q : tensor<?x?x?xf32>, tensor<?x?x16xf32>) dims ["b", "s", 16, "s"] maps [#pp, #vv] to #oo {
  ^bb0(%acc: f32):
    transformer.yield %acc : f32
  } -> tensor<?x?x16xf32>
  return %o0, %o1, %o2, %o3, %o4, %o5, %o6, %o7, %o8, %o9, %o10, %o11, %o12, %o13, %o14, %o15 : tensor<?x?x16xf32>, tensor<?x?x16xf32>, tensor<?x?x16xf32>, tensor<?x?x16xf32>, tensor<?x?x16xf32>, tensor<?x?x16xf32>, tensor<?x?x16xf32>, tensor<?x?x16xf32>, tensor<?x?x16xf32>, tensor<?x?x16xf32>, tensor<?x?x16xf32>, tensor<?x?x16xf32>, tensor<?x?x16xf32>, tensor<?x?x16xf32>, tensor<?x?x16xf32>, tensor<?x?x16xf32>
}
