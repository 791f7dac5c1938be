// RUN: attune-opt %s --transformer-raise-attention | FileCheck %s

#qk = affine_map<(b, i, j, d) -> (b, i, d)>
#kk = affine_map<(b, i, j, d) -> (b, j, d)>
#ss = affine_map<(b, i, j, d) -> (b, i, j)>
#pp = affine_map<(b, i, e, j) -> (b, i, j)>
#vv = affine_map<(b, i, e, j) -> (b, j, e)>
#oo = affine_map<(b, i, e, j) -> (b, i, e)>
#id = affine_map<(b, i, j) -> (b, i, j)>
#bk = affine_map<(b, i, j) -> (b, j)>

// What a dead key gets: −inf, or a value below −2^126, chosen or added; subtracted, its negative.
// Anything else is a bias.
// CHECK-LABEL: func.func @fills
// CHECK: transformer.attention(%{{.*}}) keys(%arg1 : tensor<?x?xi1>) scale 1.000000e+00 mask <padding(keys)> dead_rows <mean>
// CHECK: transformer.attention(%{{.*}}) keys(%arg1 : tensor<?x?xi1>) scale 1.000000e+00 mask <padding(keys)> dead_rows <nan>
// CHECK: transformer.attention(%{{.*}}) keys(%arg1 : tensor<?x?xi1>) scale 1.000000e+00 mask <padding(keys)> dead_rows <mean>
// CHECK: transformer.attention(%{{.*}}) bias(%{{.*}} : tensor<?x?xf32>) scale 1.000000e+00 mask <none>
// CHECK: transformer.attention(%{{.*}}) keys(%arg1 : tensor<?x?xi1>) scale 1.000000e+00 mask <padding(keys)> dead_rows <mean>
// CHECK: transformer.attention(%{{.*}}) keys(%arg1 : tensor<?x?xi1>) scale 1.000000e+00 mask <padding(keys)> dead_rows <mean>
// CHECK: transformer.attention(%{{.*}}) keys(%{{.*}} : tensor<?x?xi1>) scale 1.000000e+00 mask <padding(keys)> dead_rows <mean>
// CHECK: transformer.attention(%{{.*}}) bias(%{{.*}} : tensor<?x?xf32>) scale 1.000000e+00 mask <none>
// CHECK: transformer.attention(%{{.*}}) bias(%{{.*}} : tensor<?x?xf32>) scale 1.000000e+00 mask <none>
// CHECK: transformer.attention(%{{.*}}) keys(%arg1 : tensor<?x?xi1>) scale 1.000000e+00 mask <padding(keys)> dead_rows <nan>
// CHECK: transformer.attention(%{{.*}}) bias(%{{.*}} : tensor<?x?xf32>) scale 1.000000e+00 mask <none>
func.func @fills(%q: tensor<?x?x16xf32> {attune.dims = ["b", "s", 16]}, %keys: tensor<?x?xi1> {attune.dims = ["b", "s"]}, %bias: tensor<?x?x?xf32> {attune.dims = ["b", "s", "s"]})
    -> (tensor<?x?x16xf32>, tensor<?x?x16xf32>, tensor<?x?x16xf32>, tensor<?x?x16xf32>, tensor<?x?x16xf32>, tensor<?x?x16xf32>, tensor<?x?x16xf32>, tensor<?x?x16xf32>, tensor<?x?x16xf32>, tensor<?x?x16xf32>, tensor<?x?x16xf32>) {
  %s = transformer.contract (%q, %q : tensor<?x?x16xf32>, tensor<?x?x16xf32>) dims ["b", "s", "s", 16] maps [#qk, #kk] to #ss {
  ^bb0(%acc: f32):
    transformer.yield %acc : f32
  } -> tensor<?x?x?xf32>
  %x0 = transformer.map (%s, %keys : tensor<?x?x?xf32>, tensor<?x?xi1>) dims ["b", "s", "s"] maps [#id, #bk] {
  ^bb0(%e: f32, %live: i1):
    %edge = arith.constant -8.50705917E+37 : f32
    %r = arith.select %live, %e, %edge : f32
    transformer.yield %r : f32
  } -> tensor<?x?x?xf32>
  %p0 = transformer.softmax %x0 axis 2 dims ["b", "s", "s"] : tensor<?x?x?xf32>
  %o0 = transformer.contract (%p0, %q : tensor<?x?x?xf32>, tensor<?x?x16xf32>) dims ["b", "s", 16, "s"] maps [#pp, #vv] to #oo {
  ^bb0(%acc: f32):
    transformer.yield %acc : f32
  } -> tensor<?x?x16xf32>
  %x1 = transformer.map (%s, %keys : tensor<?x?x?xf32>, tensor<?x?xi1>) dims ["b", "s", "s"] maps [#id, #bk] {
  ^bb0(%e: f32, %live: i1):
    %inf = arith.constant 0xFF800000 : f32
    %r = arith.select %live, %e, %inf : f32
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
    %edge = arith.constant -8.50705917E+37 : f32
    %a = arith.select %live, %zero, %edge : f32
    %r = arith.addf %e, %a : f32
    transformer.yield %r : f32
  } -> tensor<?x?x?xf32>
  %p2 = transformer.softmax %x2 axis 2 dims ["b", "s", "s"] : tensor<?x?x?xf32>
  %o2 = transformer.contract (%p2, %q : tensor<?x?x?xf32>, tensor<?x?x16xf32>) dims ["b", "s", 16, "s"] maps [#pp, #vv] to #oo {
  ^bb0(%acc: f32):
    transformer.yield %acc : f32
  } -> tensor<?x?x16xf32>
  %x3 = transformer.map (%s, %keys : tensor<?x?x?xf32>, tensor<?x?xi1>) dims ["b", "s", "s"] maps [#id, #bk] {
  ^bb0(%e: f32, %live: i1):
    %zero = arith.constant 0.0 : f32
    %above = arith.constant -8.0E+37 : f32
    %a = arith.select %live, %zero, %above : f32
    %r = arith.addf %e, %a : f32
    transformer.yield %r : f32
  } -> tensor<?x?x?xf32>
  %p3 = transformer.softmax %x3 axis 2 dims ["b", "s", "s"] : tensor<?x?x?xf32>
  %o3 = transformer.contract (%p3, %q : tensor<?x?x?xf32>, tensor<?x?x16xf32>) dims ["b", "s", 16, "s"] maps [#pp, #vv] to #oo {
  ^bb0(%acc: f32):
    transformer.yield %acc : f32
  } -> tensor<?x?x16xf32>
  %x4 = transformer.map (%s, %keys : tensor<?x?x?xf32>, tensor<?x?xi1>) dims ["b", "s", "s"] maps [#id, #bk] {
  ^bb0(%e: f32, %live: i1):
    %low = arith.constant -3.40282347E+38 : f32
    %one = arith.constant 1.0 : f32
    %m = arith.uitofp %live : i1 to f32
    %d = arith.subf %one, %m : f32
    %a = arith.mulf %d, %low : f32
    %r = arith.addf %e, %a : f32
    transformer.yield %r : f32
  } -> tensor<?x?x?xf32>
  %p4 = transformer.softmax %x4 axis 2 dims ["b", "s", "s"] : tensor<?x?x?xf32>
  %o4 = transformer.contract (%p4, %q : tensor<?x?x?xf32>, tensor<?x?x16xf32>) dims ["b", "s", 16, "s"] maps [#pp, #vv] to #oo {
  ^bb0(%acc: f32):
    transformer.yield %acc : f32
  } -> tensor<?x?x16xf32>
  %x5 = transformer.map (%s, %keys : tensor<?x?x?xf32>, tensor<?x?xi1>) dims ["b", "s", "s"] maps [#id, #bk] {
  ^bb0(%e: f32, %live: i1):
    %low = arith.constant -3.40282347E+38 : f32
    %one = arith.constant 1.0 : f32
    %m = arith.uitofp %live : i1 to f32
    %d = arith.subf %one, %m : f32
    %a = arith.mulf %low, %d : f32
    %r = arith.addf %a, %e : f32
    transformer.yield %r : f32
  } -> tensor<?x?x?xf32>
  %p5 = transformer.softmax %x5 axis 2 dims ["b", "s", "s"] : tensor<?x?x?xf32>
  %o5 = transformer.contract (%p5, %q : tensor<?x?x?xf32>, tensor<?x?x16xf32>) dims ["b", "s", 16, "s"] maps [#pp, #vv] to #oo {
  ^bb0(%acc: f32):
    transformer.yield %acc : f32
  } -> tensor<?x?x16xf32>
  %x6 = transformer.map (%s, %keys : tensor<?x?x?xf32>, tensor<?x?xi1>) dims ["b", "s", "s"] maps [#id, #bk] {
  ^bb0(%e: f32, %live: i1):
    %low = arith.constant -3.40282347E+38 : f32
    %m = arith.uitofp %live : i1 to f32
    %a = arith.mulf %m, %low : f32
    %r = arith.addf %e, %a : f32
    transformer.yield %r : f32
  } -> tensor<?x?x?xf32>
  %p6 = transformer.softmax %x6 axis 2 dims ["b", "s", "s"] : tensor<?x?x?xf32>
  %o6 = transformer.contract (%p6, %q : tensor<?x?x?xf32>, tensor<?x?x16xf32>) dims ["b", "s", 16, "s"] maps [#pp, #vv] to #oo {
  ^bb0(%acc: f32):
    transformer.yield %acc : f32
  } -> tensor<?x?x16xf32>
  %x7 = transformer.map (%s, %keys : tensor<?x?x?xf32>, tensor<?x?xi1>) dims ["b", "s", "s"] maps [#id, #bk] {
  ^bb0(%e: f32, %live: i1):
    %low = arith.constant -3.40282347E+38 : f32
    %two = arith.constant 2.0 : f32
    %m = arith.uitofp %live : i1 to f32
    %d = arith.subf %two, %m : f32
    %a = arith.mulf %d, %low : f32
    %r = arith.addf %e, %a : f32
    transformer.yield %r : f32
  } -> tensor<?x?x?xf32>
  %p7 = transformer.softmax %x7 axis 2 dims ["b", "s", "s"] : tensor<?x?x?xf32>
  %o7 = transformer.contract (%p7, %q : tensor<?x?x?xf32>, tensor<?x?x16xf32>) dims ["b", "s", 16, "s"] maps [#pp, #vv] to #oo {
  ^bb0(%acc: f32):
    transformer.yield %acc : f32
  } -> tensor<?x?x16xf32>
  %x8 = transformer.map (%s, %keys : tensor<?x?x?xf32>, tensor<?x?xi1>) dims ["b", "s", "s"] maps [#id, #bk] {
  ^bb0(%e: f32, %live: i1):
    %inf = arith.constant 0xFF800000 : f32
    %one = arith.constant 1.0 : f32
    %m = arith.uitofp %live : i1 to f32
    %d = arith.subf %one, %m : f32
    %a = arith.mulf %d, %inf : f32
    %r = arith.addf %e, %a : f32
    transformer.yield %r : f32
  } -> tensor<?x?x?xf32>
  %p8 = transformer.softmax %x8 axis 2 dims ["b", "s", "s"] : tensor<?x?x?xf32>
  %o8 = transformer.contract (%p8, %q : tensor<?x?x?xf32>, tensor<?x?x16xf32>) dims ["b", "s", 16, "s"] maps [#pp, #vv] to #oo {
  ^bb0(%acc: f32):
    transformer.yield %acc : f32
  } -> tensor<?x?x16xf32>
  %x9 = transformer.map (%s, %keys : tensor<?x?x?xf32>, tensor<?x?xi1>) dims ["b", "s", "s"] maps [#id, #bk] {
  ^bb0(%e: f32, %live: i1):
    %pinf = arith.constant 0x7F800000 : f32
    %zero = arith.constant 0.0 : f32
    %a = arith.select %live, %zero, %pinf : f32
    %r = arith.subf %e, %a : f32
    transformer.yield %r : f32
  } -> tensor<?x?x?xf32>
  %p9 = transformer.softmax %x9 axis 2 dims ["b", "s", "s"] : tensor<?x?x?xf32>
  %o9 = transformer.contract (%p9, %q : tensor<?x?x?xf32>, tensor<?x?x16xf32>) dims ["b", "s", 16, "s"] maps [#pp, #vv] to #oo {
  ^bb0(%acc: f32):
    transformer.yield %acc : f32
  } -> tensor<?x?x16xf32>
  %x10 = transformer.map (%s, %keys : tensor<?x?x?xf32>, tensor<?x?xi1>) dims ["b", "s", "s"] maps [#id, #bk] {
  ^bb0(%e: f32, %live: i1):
    %pinf = arith.constant 0x7F800000 : f32
    %zero = arith.constant 0.0 : f32
    %a = arith.select %live, %zero, %pinf : f32
    %r = arith.addf %e, %a : f32
    transformer.yield %r : f32
  } -> tensor<?x?x?xf32>
  %p10 = transformer.softmax %x10 axis 2 dims ["b", "s", "s"] : tensor<?x?x?xf32>
  %o10 = transformer.contract (%p10, %q : tensor<?x?x?xf32>, tensor<?x?x16xf32>) dims ["b", "s", 16, "s"] maps [#pp, #vv] to #oo {
  ^bb0(%acc: f32):
    transformer.yield %acc : f32
  } -> tensor<?x?x16xf32>
  return %o0, %o1, %o2, %o3, %o4, %o5, %o6, %o7, %o8, %o9, %o10 : tensor<?x?x16xf32>, tensor<?x?x16xf32>, tensor<?x?x16xf32>, tensor<?x?x16xf32>, tensor<?x?x16xf32>, tensor<?x?x16xf32>, tensor<?x?x16xf32>, tensor<?x?x16xf32>, tensor<?x?x16xf32>, tensor<?x?x16xf32>, tensor<?x?x16xf32>
}
