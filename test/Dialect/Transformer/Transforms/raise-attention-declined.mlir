// RUN: attune-opt %s --transformer-raise-attention --mlir-disable-threading --remarks-filter="transformer-raise-attention" 2>%t | FileCheck %s
// RUN: FileCheck %s --check-prefix=REMARK --input-file=%t

#qk = affine_map<(b, i, j, d) -> (b, i, d)>
#kk = affine_map<(b, i, j, d) -> (b, j, d)>
#ss = affine_map<(b, i, j, d) -> (b, i, j)>
#pp = affine_map<(b, i, e, j) -> (b, i, j)>
#vv = affine_map<(b, i, e, j) -> (b, j, e)>
#oo = affine_map<(b, i, e, j) -> (b, i, e)>
#id = affine_map<(d0, d1, d2) -> (d0, d1, d2)>

// CHECK-NOT: transformer.attention

// A chosen fill that need not underflow.
// REMARK: a masked score is replaced by a value that need not underflow
func.func @fill(%q: tensor<?x?x16xf32> {attune.dims = ["b", "s", 16]}, %m: tensor<?x?xi1> {attune.dims = ["b", "s"]}) -> tensor<?x?x16xf32> {
  %s = transformer.contract (%q, %q : tensor<?x?x16xf32>, tensor<?x?x16xf32>) dims ["b", "s", "s", 16] maps [#qk, #kk] to #ss {
  ^bb0(%acc: f32):
    transformer.yield %acc : f32
  } -> tensor<?x?x?xf32>
  %x = transformer.map (%s, %m : tensor<?x?x?xf32>, tensor<?x?xi1>) dims ["b", "s", "s"] maps [#id, affine_map<(b, i, j) -> (b, j)>] {
  ^bb0(%e: f32, %live: i1):
    %low = arith.constant -1.0e2 : f32
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

// The probabilities are a result as well.
// REMARK: the probabilities have another reader
func.func @probabilities(%q: tensor<?x?x16xf32> {attune.dims = ["b", "s", 16]}) -> (tensor<?x?x16xf32>, tensor<?x?x?xf32>) {
  %s = transformer.contract (%q, %q : tensor<?x?x16xf32>, tensor<?x?x16xf32>) dims ["b", "s", "s", 16] maps [#qk, #kk] to #ss {
  ^bb0(%acc: f32):
    transformer.yield %acc : f32
  } -> tensor<?x?x?xf32>
  %p = transformer.softmax %s axis 2 dims ["b", "s", "s"] : tensor<?x?x?xf32>
  %o = transformer.contract (%p, %q : tensor<?x?x?xf32>, tensor<?x?x16xf32>) dims ["b", "s", 16, "s"] maps [#pp, #vv] to #oo {
  ^bb0(%acc: f32):
    transformer.yield %acc : f32
  } -> tensor<?x?x16xf32>
  return %o, %p : tensor<?x?x16xf32>, tensor<?x?x?xf32>
}

// The softmax runs over the queries.
// REMARK: the softmax does not run over the keys
func.func @axis(%q: tensor<?x?x16xf32> {attune.dims = ["b", "s", 16]}) -> tensor<?x?x16xf32> {
  %s = transformer.contract (%q, %q : tensor<?x?x16xf32>, tensor<?x?x16xf32>) dims ["b", "s", "s", 16] maps [#qk, #kk] to #ss {
  ^bb0(%acc: f32):
    transformer.yield %acc : f32
  } -> tensor<?x?x?xf32>
  %p = transformer.softmax %s axis 1 dims ["b", "s", "s"] : tensor<?x?x?xf32>
  %o = transformer.contract (%p, %q : tensor<?x?x?xf32>, tensor<?x?x16xf32>) dims ["b", "s", 16, "s"] maps [#pp, #vv] to #oo {
  ^bb0(%acc: f32):
    transformer.yield %acc : f32
  } -> tensor<?x?x16xf32>
  return %o : tensor<?x?x16xf32>
}

// Any other function of the scores.
// REMARK: an operation on the scores is none of: scale, softcap, bias, mask
func.func @bent(%q: tensor<?x?x16xf32> {attune.dims = ["b", "s", 16]}) -> tensor<?x?x16xf32> {
  %s = transformer.contract (%q, %q : tensor<?x?x16xf32>, tensor<?x?x16xf32>) dims ["b", "s", "s", 16] maps [#qk, #kk] to #ss {
  ^bb0(%acc: f32):
    transformer.yield %acc : f32
  } -> tensor<?x?x?xf32>
  %x = transformer.map (%s : tensor<?x?x?xf32>) dims ["b", "s", "s"] maps [#id] {
  ^bb0(%e: f32):
    %r = math.erf %e : f32
    transformer.yield %r : f32
  } -> tensor<?x?x?xf32>
  %p = transformer.softmax %x axis 2 dims ["b", "s", "s"] : tensor<?x?x?xf32>
  %o = transformer.contract (%p, %q : tensor<?x?x?xf32>, tensor<?x?x16xf32>) dims ["b", "s", 16, "s"] maps [#pp, #vv] to #oo {
  ^bb0(%acc: f32):
    transformer.yield %acc : f32
  } -> tensor<?x?x16xf32>
  return %o : tensor<?x?x16xf32>
}
