// RUN: attune-opt %s --transformer-raise-attention | FileCheck %s

#qk = affine_map<(b, i, j, d) -> (b, i, d)>
#kk = affine_map<(b, i, j, d) -> (b, j, d)>
#ss = affine_map<(b, i, j, d) -> (b, i, j)>
#pp = affine_map<(b, i, e, j) -> (b, i, j)>
#vv = affine_map<(b, i, e, j) -> (b, j, e)>
#oo = affine_map<(b, i, e, j) -> (b, i, e)>
#id = affine_map<(b, i, j) -> (b, i, j)>
#bk = affine_map<(b, i, j) -> (b, j)>

// Scales multiply, whether they multiply or divide; a bias is as the graph has it.
// CHECK-LABEL: func.func @scales
// CHECK: transformer.attention(%{{.*}}) scale 1.250000e-01 mask <none>
// CHECK: transformer.attention(%{{.*}}) scale 8.000000e+00 mask <none>
// CHECK: transformer.attention(%{{.*}}) scale 4.000000e+00 mask <none>
// CHECK: transformer.attention(%{{.*}}) bias(%arg2 : tensor<?x?x?xf32>) scale 1.000000e+00 mask <none>
func.func @scales(%q: tensor<?x?x16xf32> {attune.dims = ["b", "s", 16]}, %keys: tensor<?x?xi1> {attune.dims = ["b", "s"]}, %bias: tensor<?x?x?xf32> {attune.dims = ["b", "s", "s"]})
    -> (tensor<?x?x16xf32>, tensor<?x?x16xf32>, tensor<?x?x16xf32>, tensor<?x?x16xf32>) {
  %s = transformer.contract (%q, %q : tensor<?x?x16xf32>, tensor<?x?x16xf32>) dims ["b", "s", "s", 16] maps [#qk, #kk] to #ss {
  ^bb0(%acc: f32):
    transformer.yield %acc : f32
  } -> tensor<?x?x?xf32>
  %x0 = transformer.map (%s : tensor<?x?x?xf32>) dims ["b", "s", "s"] maps [#id] {
  ^bb0(%e: f32):
    %eight = arith.constant 8.0 : f32
    %r = arith.divf %e, %eight : f32
    transformer.yield %r : f32
  } -> tensor<?x?x?xf32>
  %p0 = transformer.softmax %x0 axis 2 dims ["b", "s", "s"] : tensor<?x?x?xf32>
  %o0 = transformer.contract (%p0, %q : tensor<?x?x?xf32>, tensor<?x?x16xf32>) dims ["b", "s", 16, "s"] maps [#pp, #vv] to #oo {
  ^bb0(%acc: f32):
    transformer.yield %acc : f32
  } -> tensor<?x?x16xf32>
  %x1 = transformer.map (%s : tensor<?x?x?xf32>) dims ["b", "s", "s"] maps [#id] {
  ^bb0(%e: f32):
    %eight = arith.constant 8.0 : f32
    %r = arith.mulf %eight, %e : f32
    transformer.yield %r : f32
  } -> tensor<?x?x?xf32>
  %p1 = transformer.softmax %x1 axis 2 dims ["b", "s", "s"] : tensor<?x?x?xf32>
  %o1 = transformer.contract (%p1, %q : tensor<?x?x?xf32>, tensor<?x?x16xf32>) dims ["b", "s", 16, "s"] maps [#pp, #vv] to #oo {
  ^bb0(%acc: f32):
    transformer.yield %acc : f32
  } -> tensor<?x?x16xf32>
  %x2 = transformer.map (%s : tensor<?x?x?xf32>) dims ["b", "s", "s"] maps [#id] {
  ^bb0(%e: f32):
    %half = arith.constant 0.5 : f32
    %eight = arith.constant 8.0 : f32
    %t = arith.mulf %e, %eight : f32
    %r = arith.mulf %t, %half : f32
    transformer.yield %r : f32
  } -> tensor<?x?x?xf32>
  %p2 = transformer.softmax %x2 axis 2 dims ["b", "s", "s"] : tensor<?x?x?xf32>
  %o2 = transformer.contract (%p2, %q : tensor<?x?x?xf32>, tensor<?x?x16xf32>) dims ["b", "s", 16, "s"] maps [#pp, #vv] to #oo {
  ^bb0(%acc: f32):
    transformer.yield %acc : f32
  } -> tensor<?x?x16xf32>
  %x3 = transformer.map (%s, %bias : tensor<?x?x?xf32>, tensor<?x?x?xf32>) dims ["b", "s", "s"] maps [#id, #id] {
  ^bb0(%e: f32, %w: f32):
    %r = arith.addf %w, %e : f32
    transformer.yield %r : f32
  } -> tensor<?x?x?xf32>
  %p3 = transformer.softmax %x3 axis 2 dims ["b", "s", "s"] : tensor<?x?x?xf32>
  %o3 = transformer.contract (%p3, %q : tensor<?x?x?xf32>, tensor<?x?x16xf32>) dims ["b", "s", 16, "s"] maps [#pp, #vv] to #oo {
  ^bb0(%acc: f32):
    transformer.yield %acc : f32
  } -> tensor<?x?x16xf32>
  return %o0, %o1, %o2, %o3 : tensor<?x?x16xf32>, tensor<?x?x16xf32>, tensor<?x?x16xf32>, tensor<?x?x16xf32>
}
// CHECK-LABEL: func.func @subtracted
// CHECK: %[[C:.*]] = arith.constant -1.000000e+00 : f32
// CHECK-NEXT: arith.mulf %{{.*}}, %[[C]] : f32
// CHECK: transformer.attention(%{{.*}}) bias(%{{.*}} : tensor<?x?x?xf32>) scale
func.func @subtracted(%q: tensor<?x?x16xf32> {attune.dims = ["b", "s", 16]}, %keys: tensor<?x?xi1> {attune.dims = ["b", "s"]}, %bias: tensor<?x?x?xf32> {attune.dims = ["b", "s", "s"]})
    -> tensor<?x?x16xf32> {
  %s = transformer.contract (%q, %q : tensor<?x?x16xf32>, tensor<?x?x16xf32>) dims ["b", "s", "s", 16] maps [#qk, #kk] to #ss {
  ^bb0(%acc: f32):
    transformer.yield %acc : f32
  } -> tensor<?x?x?xf32>
  %x0 = transformer.map (%s, %bias : tensor<?x?x?xf32>, tensor<?x?x?xf32>) dims ["b", "s", "s"] maps [#id, #id] {
  ^bb0(%e: f32, %w: f32):
    %r = arith.subf %e, %w : f32
    transformer.yield %r : f32
  } -> tensor<?x?x?xf32>
  %p0 = transformer.softmax %x0 axis 2 dims ["b", "s", "s"] : tensor<?x?x?xf32>
  %o0 = transformer.contract (%p0, %q : tensor<?x?x?xf32>, tensor<?x?x16xf32>) dims ["b", "s", 16, "s"] maps [#pp, #vv] to #oo {
  ^bb0(%acc: f32):
    transformer.yield %acc : f32
  } -> tensor<?x?x16xf32>
  return %o0 : tensor<?x?x16xf32>
}
// CHECK-LABEL: func.func @scaled_together
// CHECK: %[[C:.*]] = arith.constant 2.000000e+00 : f32
// CHECK-NEXT: arith.mulf %{{.*}}, %[[C]] : f32
// CHECK: transformer.attention(%{{.*}}) bias(%{{.*}} : tensor<?x?x?xf32>) scale
func.func @scaled_together(%q: tensor<?x?x16xf32> {attune.dims = ["b", "s", 16]}, %keys: tensor<?x?xi1> {attune.dims = ["b", "s"]}, %bias: tensor<?x?x?xf32> {attune.dims = ["b", "s", "s"]})
    -> tensor<?x?x16xf32> {
  %s = transformer.contract (%q, %q : tensor<?x?x16xf32>, tensor<?x?x16xf32>) dims ["b", "s", "s", 16] maps [#qk, #kk] to #ss {
  ^bb0(%acc: f32):
    transformer.yield %acc : f32
  } -> tensor<?x?x?xf32>
  %x0 = transformer.map (%s, %bias : tensor<?x?x?xf32>, tensor<?x?x?xf32>) dims ["b", "s", "s"] maps [#id, #id] {
  ^bb0(%e: f32, %w: f32):
    %two = arith.constant 2.0 : f32
    %t = arith.addf %e, %w : f32
    %r = arith.mulf %t, %two : f32
    transformer.yield %r : f32
  } -> tensor<?x?x?xf32>
  %p0 = transformer.softmax %x0 axis 2 dims ["b", "s", "s"] : tensor<?x?x?xf32>
  %o0 = transformer.contract (%p0, %q : tensor<?x?x?xf32>, tensor<?x?x16xf32>) dims ["b", "s", 16, "s"] maps [#pp, #vv] to #oo {
  ^bb0(%acc: f32):
    transformer.yield %acc : f32
  } -> tensor<?x?x16xf32>
  return %o0 : tensor<?x?x16xf32>
}
// CHECK-LABEL: func.func @divided_together
// CHECK: %[[C:.*]] = arith.constant 1.250000e-01 : f32
// CHECK-NEXT: arith.mulf %{{.*}}, %[[C]] : f32
// CHECK: transformer.attention(%{{.*}}) bias(%{{.*}} : tensor<?x?x?xf32>) scale
func.func @divided_together(%q: tensor<?x?x16xf32> {attune.dims = ["b", "s", 16]}, %keys: tensor<?x?xi1> {attune.dims = ["b", "s"]}, %bias: tensor<?x?x?xf32> {attune.dims = ["b", "s", "s"]})
    -> tensor<?x?x16xf32> {
  %s = transformer.contract (%q, %q : tensor<?x?x16xf32>, tensor<?x?x16xf32>) dims ["b", "s", "s", 16] maps [#qk, #kk] to #ss {
  ^bb0(%acc: f32):
    transformer.yield %acc : f32
  } -> tensor<?x?x?xf32>
  %x0 = transformer.map (%s, %bias : tensor<?x?x?xf32>, tensor<?x?x?xf32>) dims ["b", "s", "s"] maps [#id, #id] {
  ^bb0(%e: f32, %w: f32):
    %eight = arith.constant 8.0 : f32
    %t = arith.addf %e, %w : f32
    %r = arith.divf %t, %eight : f32
    transformer.yield %r : f32
  } -> tensor<?x?x?xf32>
  %p0 = transformer.softmax %x0 axis 2 dims ["b", "s", "s"] : tensor<?x?x?xf32>
  %o0 = transformer.contract (%p0, %q : tensor<?x?x?xf32>, tensor<?x?x16xf32>) dims ["b", "s", 16, "s"] maps [#pp, #vv] to #oo {
  ^bb0(%acc: f32):
    transformer.yield %acc : f32
  } -> tensor<?x?x16xf32>
  return %o0 : tensor<?x?x16xf32>
}
// Masks together are one; where they cannot be, what is added to a band is a bias.
// CHECK-LABEL: func.func @combined
// CHECK: transformer.attention(%{{.*}}) keys(%arg1 : tensor<?x?xi1>) scale 1.000000e+00 mask <causal and padding(keys)> dead_rows <mean>
// CHECK: transformer.attention(%{{.*}}) keys(%arg1 : tensor<?x?xi1>) scale 1.000000e+00 mask <causal and padding(keys)> dead_rows <nan>
// CHECK: transformer.attention(%{{.*}}) keys(%arg1 : tensor<?x?xi1>) bias(%{{.*}}) scale 1.000000e+00 mask <padding(keys)> dead_rows <nan>
// CHECK: transformer.attention(%{{.*}}) bias(%{{.*}} : tensor<?x?xf32>) scale 1.000000e+00 mask <causal> fill -3.40{{.*}} with_bias dead_rows <mean>
func.func @combined(%q: tensor<?x?x16xf32> {attune.dims = ["b", "s", 16]}, %keys: tensor<?x?xi1> {attune.dims = ["b", "s"]}, %bias: tensor<?x?x?xf32> {attune.dims = ["b", "s", "s"]})
    -> (tensor<?x?x16xf32>, tensor<?x?x16xf32>, tensor<?x?x16xf32>, tensor<?x?x16xf32>) {
  %s = transformer.contract (%q, %q : tensor<?x?x16xf32>, tensor<?x?x16xf32>) dims ["b", "s", "s", 16] maps [#qk, #kk] to #ss {
  ^bb0(%acc: f32):
    transformer.yield %acc : f32
  } -> tensor<?x?x?xf32>
  %x0 = transformer.map (%s, %keys : tensor<?x?x?xf32>, tensor<?x?xi1>) dims ["b", "s", "s"] maps [#id, #bk] {
  ^bb0(%e: f32, %live: i1):
    %low = arith.constant -3.40282347E+38 : f32
    %i = transformer.index 1
    %j = transformer.index 2
    %causal = arith.cmpi sle, %j, %i : index
    %t = arith.select %causal, %e, %low : f32
    %r = arith.select %live, %t, %low : f32
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
    %zero = arith.constant 0.0 : f32
    %i = transformer.index 1
    %j = transformer.index 2
    %causal = arith.cmpi sle, %j, %i : index
    %t = arith.select %causal, %e, %inf : f32
    %a = arith.select %live, %zero, %inf : f32
    %r = arith.addf %t, %a : f32
    transformer.yield %r : f32
  } -> tensor<?x?x?xf32>
  %p1 = transformer.softmax %x1 axis 2 dims ["b", "s", "s"] : tensor<?x?x?xf32>
  %o1 = transformer.contract (%p1, %q : tensor<?x?x?xf32>, tensor<?x?x16xf32>) dims ["b", "s", 16, "s"] maps [#pp, #vv] to #oo {
  ^bb0(%acc: f32):
    transformer.yield %acc : f32
  } -> tensor<?x?x16xf32>
  %x2 = transformer.map (%s, %keys : tensor<?x?x?xf32>, tensor<?x?xi1>) dims ["b", "s", "s"] maps [#id, #bk] {
  ^bb0(%e: f32, %live: i1):
    %inf = arith.constant 0xFF800000 : f32
    %two = arith.constant 2.0 : f32
    %a = arith.select %live, %two, %inf : f32
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
    %low = arith.constant -3.40282347E+38 : f32
    %zero = arith.constant 0.0 : f32
    %i = transformer.index 1
    %j = transformer.index 2
    %causal = arith.cmpi sle, %j, %i : index
    %t = arith.select %causal, %zero, %low : f32
    %u = arith.select %live, %zero, %low : f32
    %a = arith.addf %e, %t : f32
    %r = arith.addf %a, %u : f32
    transformer.yield %r : f32
  } -> tensor<?x?x?xf32>
  %p3 = transformer.softmax %x3 axis 2 dims ["b", "s", "s"] : tensor<?x?x?xf32>
  %o3 = transformer.contract (%p3, %q : tensor<?x?x?xf32>, tensor<?x?x16xf32>) dims ["b", "s", 16, "s"] maps [#pp, #vv] to #oo {
  ^bb0(%acc: f32):
    transformer.yield %acc : f32
  } -> tensor<?x?x16xf32>
  return %o0, %o1, %o2, %o3 : tensor<?x?x16xf32>, tensor<?x?x16xf32>, tensor<?x?x16xf32>, tensor<?x?x16xf32>
}
