// RUN: attune-opt %s --transformer-raise-attention | FileCheck %s

#qk = affine_map<(b, h, i, j, d) -> (b, h, i, d)>
#kk = affine_map<(b, h, i, j, d) -> (b, h, j, d)>
#ss = affine_map<(b, h, i, j, d) -> (b, h, i, j)>
#pp = affine_map<(b, h, i, e, j) -> (b, h, i, j)>
#vv = affine_map<(b, h, i, e, j) -> (b, h, j, e)>

// CHECK-DAG: #[[Q:.*]] = affine_map<(d0, d1, d2, d3, d4, d5) -> (d0, d1, d2, d4)>
// CHECK-DAG: #[[K:.*]] = affine_map<(d0, d1, d2, d3, d4, d5) -> (d0, d1, d3, d4)>
// CHECK-DAG: #[[V:.*]] = affine_map<(d0, d1, d2, d3, d4, d5) -> (d0, d1, d3, d5)>
// CHECK-DAG: #[[SHARED:.*]] = affine_map<(d0, d1, d2, d3, d4, d5) -> (d0, d3, d5)>
// CHECK-DAG: #[[BIHE:.*]] = affine_map<(d0, d1, d2, d3, d4, d5) -> (d0, d2, d1, d5)>

// The probabilities on the right, the keys' product first, the result's heads inside.
// CHECK-LABEL: func.func @right
// CHECK-SAME: (%[[A:.*]]: tensor<?x4x?x16xf32> {{.*}}, %[[B:.*]]: tensor<?x4x?x16xf32> {{.*}}, %[[C:.*]]: tensor<?x4x?x8xf32>
// CHECK: %[[R:.*]] = transformer.attention(%[[A]], %[[B]], %[[C]] : {{.*}}) scale 1.000000e+00 mask <none> dead_rows <zero> dims ["b", 4, "q", "k", 16, 8] maps [#[[Q]], #[[K]], #[[V]]] to #[[BIHE]] -> tensor<?x?x4x8xf32>
// CHECK-NEXT: return %[[R]]
func.func @right(%q: tensor<?x4x?x16xf32> {attune.dims = ["b", 4, "q", 16]}, %k: tensor<?x4x?x16xf32> {attune.dims = ["b", 4, "k", 16]},
                 %v: tensor<?x4x?x8xf32> {attune.dims = ["b", 4, "k", 8]}) -> tensor<?x?x4x8xf32> {
  %s = transformer.contract (%k, %q : tensor<?x4x?x16xf32>, tensor<?x4x?x16xf32>) dims ["b", 4, "q", "k", 16] maps [#kk, #qk] to #ss {
  ^bb0(%acc: f32):
    transformer.yield %acc : f32
  } -> tensor<?x4x?x?xf32>
  %p = transformer.softmax %s axis 3 dims ["b", 4, "q", "k"] : tensor<?x4x?x?xf32>
  %o = transformer.contract (%v, %p : tensor<?x4x?x8xf32>, tensor<?x4x?x?xf32>) dims ["b", 4, "q", 8, "k"] maps [#vv, #pp]
      to affine_map<(b, h, i, e, j) -> (b, h, i, e)> {
  ^bb0(%acc: f32):
    transformer.yield %acc : f32
  } -> tensor<?x4x?x8xf32>
  %t = transformer.map (%o : tensor<?x4x?x8xf32>) dims ["b", "q", 4, 8] maps [affine_map<(b, i, h, e) -> (b, h, i, e)>] {
  ^bb0(%e: f32):
    transformer.yield %e : f32
  } -> tensor<?x?x4x8xf32>
  return %t : tensor<?x?x4x8xf32>
}

// Values that the heads share; scales on q and k.
// CHECK-LABEL: func.func @shared
// CHECK: transformer.attention(%{{.*}}) scale 2.500000e-01 mask <none> dead_rows <zero> dims ["b", 4, "q", "k", 16, 8] maps [#[[Q]], #[[K]], #[[SHARED]]]
func.func @shared(%q: tensor<?x4x?x16xf32> {attune.dims = ["b", 4, "q", 16]}, %k: tensor<?x4x?x16xf32> {attune.dims = ["b", 4, "k", 16]},
                  %v: tensor<?x?x8xf32> {attune.dims = ["b", "k", 8]}) -> tensor<?x4x?x8xf32> {
  %q2 = transformer.map (%q : tensor<?x4x?x16xf32>) dims ["b", 4, "q", 16] maps [affine_map<(a, b, c, d) -> (a, b, c, d)>] {
  ^bb0(%e: f32):
    %two = arith.constant 2.0 : f32
    %r = arith.mulf %two, %e : f32
    transformer.yield %r : f32
  } -> tensor<?x4x?x16xf32>
  %k2 = transformer.map (%k : tensor<?x4x?x16xf32>) dims ["b", 4, "k", 16] maps [affine_map<(a, b, c, d) -> (a, b, c, d)>] {
  ^bb0(%e: f32):
    %eight = arith.constant 8.0 : f32
    %r = arith.divf %e, %eight : f32
    transformer.yield %r : f32
  } -> tensor<?x4x?x16xf32>
  %s = transformer.contract (%q2, %k2 : tensor<?x4x?x16xf32>, tensor<?x4x?x16xf32>) dims ["b", 4, "q", "k", 16] maps [#qk, #kk] to #ss {
  ^bb0(%acc: f32):
    transformer.yield %acc : f32
  } -> tensor<?x4x?x?xf32>
  %p = transformer.softmax %s axis 3 dims ["b", 4, "q", "k"] : tensor<?x4x?x?xf32>
  %o = transformer.contract (%p, %v : tensor<?x4x?x?xf32>, tensor<?x?x8xf32>) dims ["b", 4, "q", 8, "k"]
      maps [#pp, affine_map<(b, h, i, e, j) -> (b, j, e)>] to affine_map<(b, h, i, e, j) -> (b, h, i, e)> {
  ^bb0(%acc: f32):
    transformer.yield %acc : f32
  } -> tensor<?x4x?x8xf32>
  return %o : tensor<?x4x?x8xf32>
}

// None: an epilogue after v, and keys that are summed twice over.
// CHECK-LABEL: func.func @declined
// CHECK-NOT: transformer.attention
func.func @declined(%q: tensor<?x4x?x16xf32> {attune.dims = ["b", 4, "s", 16]}) -> (tensor<?x4x?x16xf32>, tensor<?x?x16xf32>) {
  %s = transformer.contract (%q, %q : tensor<?x4x?x16xf32>, tensor<?x4x?x16xf32>) dims ["b", 4, "s", "s", 16] maps [#qk, #kk] to #ss {
  ^bb0(%acc: f32):
    transformer.yield %acc : f32
  } -> tensor<?x4x?x?xf32>
  %p = transformer.softmax %s axis 3 dims ["b", 4, "s", "s"] : tensor<?x4x?x?xf32>
  %0 = transformer.contract (%p, %q : tensor<?x4x?x?xf32>, tensor<?x4x?x16xf32>) dims ["b", 4, "s", 16, "s"] maps [#pp, #vv]
      to affine_map<(b, h, i, e, j) -> (b, h, i, e)> {
  ^bb0(%acc: f32):
    %r = math.exp %acc : f32
    transformer.yield %r : f32
  } -> tensor<?x4x?x16xf32>
  %p1 = transformer.softmax %s axis 3 dims ["b", 4, "s", "s"] : tensor<?x4x?x?xf32>
  %1 = transformer.contract (%p1, %q : tensor<?x4x?x?xf32>, tensor<?x4x?x16xf32>) dims ["b", 4, "s", 16, "s"] maps [#pp, #vv]
      to affine_map<(b, h, i, e, j) -> (b, i, e)> {
  ^bb0(%acc: f32):
    transformer.yield %acc : f32
  } -> tensor<?x?x16xf32>
  return %0, %1 : tensor<?x4x?x16xf32>, tensor<?x?x16xf32>
}
