// RUN: attune-opt %s --transformer-raise-attention | FileCheck %s
// Batch and heads in one loop, or in several.

#qk = affine_map<(b, i, j, d) -> (b, i, d)>
#kk = affine_map<(b, i, j, d) -> (b, j, d)>
#ss = affine_map<(b, i, j, d) -> (b, i, j)>
#pp = affine_map<(b, i, e, j) -> (b, i, j)>
#vv = affine_map<(b, i, e, j) -> (b, j, e)>
#oo = affine_map<(b, i, e, j) -> (b, i, e)>
#id = affine_map<(d0, d1, d2) -> (d0, d1, d2)>

// CHECK-DAG: #[[SBHE:.*]] = affine_map<(d0, d1, d2, d3, d4, d5) -> (d2, d0, d1 * 8 + d4)>
// CHECK-DAG: #[[GROUPS:.*]] = affine_map<(d0, d1, d2, d3, d4, d5) -> (d0, d1 floordiv 3, d3, d4)>

// Heads in the batch of a product of rank three, as views of [b, h, s, d] made it; the mask of keys
// was expanded to them.
// CHECK-LABEL: func.func @joined
// CHECK-SAME: %[[Q:[^:]*]]: tensor<?x4x?x16xf32>
// CHECK-SAME: %[[M:[^:]*]]: tensor<?x?xi1>
// CHECK: %[[R:.*]] = transformer.attention(%[[Q]], %[[Q]], %[[Q]] : {{.*}}) keys(%[[M]] : tensor<?x?xi1>) scale 1.000000e+00 mask <padding(keys)> dead_rows <nan> dims ["b", 4, "s", "s", 16, 16]
// CHECK-NEXT: return %[[R]] : tensor<?x4x?x16xf32>
func.func @joined(%x: tensor<?x4x?x16xf32> {attune.dims = ["b", 4, "s", 16]}, %m: tensor<?x?xi1> {attune.dims = ["b", "s"]}) -> tensor<?x4x?x16xf32> {
  %q = transformer.reshape %x dims ["4 * b", "s", 16] : tensor<?x4x?x16xf32> -> tensor<?x?x16xf32>
  %w = transformer.map (%m : tensor<?x?xi1>) dims ["b", 4, "s"] maps [affine_map<(b, h, j) -> (b, j)>] {
  ^bb0(%e: i1):
    transformer.yield %e : i1
  } -> tensor<?x4x?xi1>
  %l = transformer.reshape %w dims ["4 * b", "s"] : tensor<?x4x?xi1> -> tensor<?x?xi1>
  %s = transformer.contract (%q, %q : tensor<?x?x16xf32>, tensor<?x?x16xf32>) dims ["4 * b", "s", "s", 16] maps [#qk, #kk] to #ss {
  ^bb0(%acc: f32):
    transformer.yield %acc : f32
  } -> tensor<?x?x?xf32>
  %n = transformer.map (%s, %l : tensor<?x?x?xf32>, tensor<?x?xi1>) dims ["4 * b", "s", "s"] maps [#id, affine_map<(b, i, j) -> (b, j)>] {
  ^bb0(%e: f32, %live: i1):
    %inf = arith.constant 0xFF800000 : f32
    %r = arith.select %live, %e, %inf : f32
    transformer.yield %r : f32
  } -> tensor<?x?x?xf32>
  %p = transformer.softmax %n axis 2 dims ["4 * b", "s", "s"] : tensor<?x?x?xf32>
  %o = transformer.contract (%p, %q : tensor<?x?x?xf32>, tensor<?x?x16xf32>) dims ["4 * b", "s", 16, "s"] maps [#pp, #vv] to #oo {
  ^bb0(%acc: f32):
    transformer.yield %acc : f32
  } -> tensor<?x?x16xf32>
  %r = transformer.reshape %o dims ["b", 4, "s", 16] : tensor<?x?x16xf32> -> tensor<?x4x?x16xf32>
  return %r : tensor<?x4x?x16xf32>
}

// The sequence first, and heads among the channels there.
// CHECK-LABEL: func.func @sequence_first
// CHECK: transformer.attention({{.*}}) scale 1.000000e+00 mask <none> dead_rows <zero> dims ["b", 3, "s", "s", 8, 8] maps [#[[SBHE]],
func.func @sequence_first(%x: tensor<?x?x24xf32> {attune.dims = ["s", "b", 24]}) -> tensor<?x?x8xf32> {
  %y = transformer.reshape %x dims ["s", "3 * b", 8] : tensor<?x?x24xf32> -> tensor<?x?x8xf32>
  %q = transformer.map (%y : tensor<?x?x8xf32>) dims ["3 * b", "s", 8] maps [affine_map<(b, s, d) -> (s, b, d)>] {
  ^bb0(%e: f32):
    transformer.yield %e : f32
  } -> tensor<?x?x8xf32>
  %s = transformer.contract (%q, %q : tensor<?x?x8xf32>, tensor<?x?x8xf32>) dims ["3 * b", "s", "s", 8] maps [#qk, #kk] to #ss {
  ^bb0(%acc: f32):
    transformer.yield %acc : f32
  } -> tensor<?x?x?xf32>
  %p = transformer.softmax %s axis 2 dims ["3 * b", "s", "s"] : tensor<?x?x?xf32>
  %o = transformer.contract (%p, %q : tensor<?x?x?xf32>, tensor<?x?x8xf32>) dims ["3 * b", "s", 8, "s"] maps [#pp, #vv] to #oo {
  ^bb0(%acc: f32):
    transformer.yield %acc : f32
  } -> tensor<?x?x8xf32>
  return %o : tensor<?x?x8xf32>
}

// Windows joined with the batch are no heads: they come from the tokens.
// CHECK-LABEL: func.func @windows
// CHECK: transformer.attention({{.*}}) scale 1.000000e+00 mask <none> dead_rows <zero> dims ["6 * b", 1, 4, 4, 8, 8]
func.func @windows(%x: tensor<?x24x8xf32> {attune.dims = ["b", 24, 8]}) -> tensor<?x4x8xf32> {
  %q = transformer.reshape %x dims ["6 * b", 4, 8] : tensor<?x24x8xf32> -> tensor<?x4x8xf32>
  %s = transformer.contract (%q, %q : tensor<?x4x8xf32>, tensor<?x4x8xf32>) dims ["6 * b", 4, 4, 8] maps [#qk, #kk] to #ss {
  ^bb0(%acc: f32):
    transformer.yield %acc : f32
  } -> tensor<?x4x4xf32>
  %p = transformer.softmax %s axis 2 dims ["6 * b", 4, 4] : tensor<?x4x4xf32>
  %o = transformer.contract (%p, %q : tensor<?x4x4xf32>, tensor<?x4x8xf32>) dims ["6 * b", 4, 8, 4] maps [#pp, #vv] to #oo {
  ^bb0(%acc: f32):
    transformer.yield %acc : f32
  } -> tensor<?x4x8xf32>
  return %o : tensor<?x4x8xf32>
}

// Queries in groups of three that share a head of keys: one loop over six heads.
// CHECK-LABEL: func.func @groups
// CHECK: transformer.attention({{.*}}) scale 1.000000e+00 mask <none> dead_rows <zero> dims ["b", 6, "s", "t", 8, 8] maps [{{.*}}, #[[GROUPS]], {{.*}}] to {{.*}} -> tensor<?x?x6x8xf32>
func.func @groups(%q: tensor<?x2x3x?x8xf32> {attune.dims = ["b", 2, 3, "s", 8]}, %k: tensor<?x2x?x8xf32> {attune.dims = ["b", 2, "t", 8]}) -> tensor<?x?x2x3x8xf32> {
  %s = transformer.contract (%q, %k : tensor<?x2x3x?x8xf32>, tensor<?x2x?x8xf32>) dims ["b", 2, 3, "s", "t", 8]
      maps [affine_map<(b, h, g, i, j, d) -> (b, h, g, i, d)>, affine_map<(b, h, g, i, j, d) -> (b, h, j, d)>] to affine_map<(b, h, g, i, j, d) -> (b, h, g, i, j)> {
  ^bb0(%acc: f32):
    transformer.yield %acc : f32
  } -> tensor<?x2x3x?x?xf32>
  %p = transformer.softmax %s axis 4 dims ["b", 2, 3, "s", "t"] : tensor<?x2x3x?x?xf32>
  %o = transformer.contract (%p, %k : tensor<?x2x3x?x?xf32>, tensor<?x2x?x8xf32>) dims ["b", "s", 2, 3, 8, "t"]
      maps [affine_map<(b, i, h, g, e, j) -> (b, h, g, i, j)>, affine_map<(b, i, h, g, e, j) -> (b, h, j, e)>] to affine_map<(b, i, h, g, e, j) -> (b, i, h, g, e)> {
  ^bb0(%acc: f32):
    transformer.yield %acc : f32
  } -> tensor<?x?x2x3x8xf32>
  return %o : tensor<?x?x2x3x8xf32>
}
