// RUN: attune-opt %s --transformer-raise-attention | FileCheck %s

#qk = affine_map<(b, i, j, d) -> (b, i, d)>
#kk = affine_map<(b, i, j, d) -> (b, j, d)>
#ss = affine_map<(b, i, j, d) -> (b, i, j)>
#pp = affine_map<(b, i, e, j) -> (b, i, j)>
#vv = affine_map<(b, i, e, j) -> (b, j, e)>
#oo = affine_map<(b, i, e, j) -> (b, i, e)>
#id = affine_map<(b, i, j) -> (b, i, j)>
#bk = affine_map<(b, i, j) -> (b, j)>

// Half precision: chosen, the lowest value masks; added, it does not reach below every score.
// CHECK-LABEL: func.func @half
// CHECK: transformer.attention(%{{.*}}) keys(%arg1 : tensor<?x?xi1>) scale 1.000000e+00 mask <padding(keys)> dead_rows <mean>
// CHECK: transformer.attention(%{{.*}}) keys(%arg1 : tensor<?x?xi1>) scale 1.000000e+00 mask <padding(keys)> dead_rows <mean>
// CHECK: transformer.attention(%{{.*}}) keys(%arg1 : tensor<?x?xi1>) scale 1.000000e+00 mask <padding(keys)> dead_rows <nan>
// CHECK: transformer.attention(%{{.*}}) keys(%arg1 : tensor<?x?xi1>) scale 1.000000e+00 mask <padding(keys)> dead_rows <nan>
// CHECK: transformer.attention(%{{.*}}) bias(%{{.*}} : tensor<?x?xf16>) scale 1.000000e+00 mask <none>
func.func @half(%q: tensor<?x?x16xf16> {attune.dims = ["b", "s", 16]}, %keys: tensor<?x?xi1> {attune.dims = ["b", "s"]}, %bias: tensor<?x?x?xf16> {attune.dims = ["b", "s", "s"]})
    -> (tensor<?x?x16xf16>, tensor<?x?x16xf16>, tensor<?x?x16xf16>, tensor<?x?x16xf16>, tensor<?x?x16xf16>) {
  %s = transformer.contract (%q, %q : tensor<?x?x16xf16>, tensor<?x?x16xf16>) dims ["b", "s", "s", 16] maps [#qk, #kk] to #ss {
  ^bb0(%acc: f16):
    transformer.yield %acc : f16
  } -> tensor<?x?x?xf16>
  %x0 = transformer.map (%s, %keys : tensor<?x?x?xf16>, tensor<?x?xi1>) dims ["b", "s", "s"] maps [#id, #bk] {
  ^bb0(%e: f16, %live: i1):
    %lowh = arith.constant -65504.0 : f16
    %r = arith.select %live, %e, %lowh : f16
    transformer.yield %r : f16
  } -> tensor<?x?x?xf16>
  %p0 = transformer.softmax %x0 axis 2 dims ["b", "s", "s"] : tensor<?x?x?xf16>
  %o0 = transformer.contract (%p0, %q : tensor<?x?x?xf16>, tensor<?x?x16xf16>) dims ["b", "s", 16, "s"] maps [#pp, #vv] to #oo {
  ^bb0(%acc: f16):
    transformer.yield %acc : f16
  } -> tensor<?x?x16xf16>
  %x1 = transformer.map (%s, %keys : tensor<?x?x?xf16>, tensor<?x?xi1>) dims ["b", "s", "s"] maps [#id, #bk] {
  ^bb0(%e: f16, %live: i1):
    %edgeh = arith.constant -16384.0 : f16
    %r = arith.select %live, %e, %edgeh : f16
    transformer.yield %r : f16
  } -> tensor<?x?x?xf16>
  %p1 = transformer.softmax %x1 axis 2 dims ["b", "s", "s"] : tensor<?x?x?xf16>
  %o1 = transformer.contract (%p1, %q : tensor<?x?x?xf16>, tensor<?x?x16xf16>) dims ["b", "s", 16, "s"] maps [#pp, #vv] to #oo {
  ^bb0(%acc: f16):
    transformer.yield %acc : f16
  } -> tensor<?x?x16xf16>
  %x2 = transformer.map (%s, %keys : tensor<?x?x?xf16>, tensor<?x?xi1>) dims ["b", "s", "s"] maps [#id, #bk] {
  ^bb0(%e: f16, %live: i1):
    %infh = arith.constant 0xFC00 : f16
    %r = arith.select %live, %e, %infh : f16
    transformer.yield %r : f16
  } -> tensor<?x?x?xf16>
  %p2 = transformer.softmax %x2 axis 2 dims ["b", "s", "s"] : tensor<?x?x?xf16>
  %o2 = transformer.contract (%p2, %q : tensor<?x?x?xf16>, tensor<?x?x16xf16>) dims ["b", "s", 16, "s"] maps [#pp, #vv] to #oo {
  ^bb0(%acc: f16):
    transformer.yield %acc : f16
  } -> tensor<?x?x16xf16>
  %x3 = transformer.map (%s, %keys : tensor<?x?x?xf16>, tensor<?x?xi1>) dims ["b", "s", "s"] maps [#id, #bk] {
  ^bb0(%e: f16, %live: i1):
    %infh = arith.constant 0xFC00 : f16
    %zeroh = arith.constant 0.0 : f16
    %a = arith.select %live, %zeroh, %infh : f16
    %r = arith.addf %e, %a : f16
    transformer.yield %r : f16
  } -> tensor<?x?x?xf16>
  %p3 = transformer.softmax %x3 axis 2 dims ["b", "s", "s"] : tensor<?x?x?xf16>
  %o3 = transformer.contract (%p3, %q : tensor<?x?x?xf16>, tensor<?x?x16xf16>) dims ["b", "s", 16, "s"] maps [#pp, #vv] to #oo {
  ^bb0(%acc: f16):
    transformer.yield %acc : f16
  } -> tensor<?x?x16xf16>
  %x4 = transformer.map (%s, %keys : tensor<?x?x?xf16>, tensor<?x?xi1>) dims ["b", "s", "s"] maps [#id, #bk] {
  ^bb0(%e: f16, %live: i1):
    %lowh = arith.constant -65504.0 : f16
    %zeroh = arith.constant 0.0 : f16
    %a = arith.select %live, %zeroh, %lowh : f16
    %r = arith.addf %e, %a : f16
    transformer.yield %r : f16
  } -> tensor<?x?x?xf16>
  %p4 = transformer.softmax %x4 axis 2 dims ["b", "s", "s"] : tensor<?x?x?xf16>
  %o4 = transformer.contract (%p4, %q : tensor<?x?x?xf16>, tensor<?x?x16xf16>) dims ["b", "s", 16, "s"] maps [#pp, #vv] to #oo {
  ^bb0(%acc: f16):
    transformer.yield %acc : f16
  } -> tensor<?x?x16xf16>
  return %o0, %o1, %o2, %o3, %o4 : tensor<?x?x16xf16>, tensor<?x?x16xf16>, tensor<?x?x16xf16>, tensor<?x?x16xf16>, tensor<?x?x16xf16>
}
// CHECK-LABEL: func.func @half_declined
// CHECK-NOT: transformer.attention
func.func @half_declined(%q: tensor<?x?x16xf16> {attune.dims = ["b", "s", 16]}, %keys: tensor<?x?xi1> {attune.dims = ["b", "s"]}, %bias: tensor<?x?x?xf16> {attune.dims = ["b", "s", "s"]})
    -> tensor<?x?x16xf16> {
  %s = transformer.contract (%q, %q : tensor<?x?x16xf16>, tensor<?x?x16xf16>) dims ["b", "s", "s", 16] maps [#qk, #kk] to #ss {
  ^bb0(%acc: f16):
    transformer.yield %acc : f16
  } -> tensor<?x?x?xf16>
  %x0 = transformer.map (%s, %keys : tensor<?x?x?xf16>, tensor<?x?xi1>) dims ["b", "s", "s"] maps [#id, #bk] {
  ^bb0(%e: f16, %live: i1):
    %aboveh = arith.constant -999.0 : f16
    %r = arith.select %live, %e, %aboveh : f16
    transformer.yield %r : f16
  } -> tensor<?x?x?xf16>
  %p0 = transformer.softmax %x0 axis 2 dims ["b", "s", "s"] : tensor<?x?x?xf16>
  %o0 = transformer.contract (%p0, %q : tensor<?x?x?xf16>, tensor<?x?x16xf16>) dims ["b", "s", 16, "s"] maps [#pp, #vv] to #oo {
  ^bb0(%acc: f16):
    transformer.yield %acc : f16
  } -> tensor<?x?x16xf16>
  return %o0 : tensor<?x?x16xf16>
}
