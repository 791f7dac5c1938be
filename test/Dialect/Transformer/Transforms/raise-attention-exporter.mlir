// RUN: attune-opt %s --transformer-raise-attention | FileCheck %s
// RUN: attune-opt %s --transformer-fuse-maps --transformer-raise-attention | FileCheck %s

// MiniLM's attention as the dynamo exporter writes it, fused or not: K is flattened to
// [B·H, S, D], transposed and restored; the scale stands as its root on both sides; the mask is a
// GatherND of the attention mask by iotas, added as the lowest value; a guard that never fires
// follows the softmax.
// CHECK-DAG: #[[Q:.*]] = affine_map<(d0, d1, d2, d3, d4, d5) -> (d0, d2, d1, d4)>
// CHECK-DAG: #[[K:.*]] = affine_map<(d0, d1, d2, d3, d4, d5) -> (d0, d3, d1, d4)>
// CHECK-DAG: #[[V:.*]] = affine_map<(d0, d1, d2, d3, d4, d5) -> (d0, d3, d1, d5)>
// CHECK-DAG: #[[M:.*]] = affine_map<(d0, d1, d2, d3, d4, d5) -> (d0, d3)>
// CHECK-DAG: #[[O:.*]] = affine_map<(d0, d1, d2, d3, d4, d5) -> (d0, d2, d1, d5)>
// CHECK-LABEL: func.func @main
// CHECK-SAME: %[[MASK:[^:]*]]: tensor<?x?xi64> {attune.dims = ["batch", "seq"], attune.name = "m"})
// CHECK-NEXT: %[[QV:.*]] = transformer.reshape %{{.*}} dims ["batch", "seq", 12, 32]
// CHECK-NEXT: %[[KV:.*]] = transformer.reshape
// CHECK-NEXT: %[[VV:.*]] = transformer.reshape
// CHECK-NEXT: %[[A:.*]] = transformer.attention(%[[QV]], %[[KV]], %[[VV]] :
// CHECK-SAME: keys(%[[MASK]] : tensor<?x?xi64>) scale 0.1767767{{.*}} mask <padding(keys)> dead_rows <mean>
// CHECK-SAME: dims ["batch", 12, "seq", "seq", 32, 32] maps [#[[Q]], #[[K]], #[[V]], #[[M]]] to #[[O]]
// CHECK-NEXT: %[[R:.*]] = transformer.reshape %[[A]] dims ["batch", "seq", 384]
// CHECK-NEXT: return %[[R]]
#id4 = affine_map<(a, b, c, d) -> (a, b, c, d)>
func.func @main(%x: tensor<?x?x384xf32> {attune.name = "x", attune.dims = ["batch", "seq", 384]},
                %y: tensor<?x?x384xf32> {attune.name = "y", attune.dims = ["batch", "seq", 384]},
                %z: tensor<?x?x384xf32> {attune.name = "z", attune.dims = ["batch", "seq", 384]},
                %m: tensor<?x?xi64> {attune.name = "m", attune.dims = ["batch", "seq"]}) -> tensor<?x?x384xf32> {
  %true = arith.constant dense<true> : tensor<i1>
  %zero = arith.constant dense<0.0> : tensor<f32>
  %low = arith.constant dense<-3.40282347E+38> : tensor<f32>
  %c = arith.constant dense<0.420448214> : tensor<f32>
  // the mask
  %mb = transformer.map (%m : tensor<?x?xi64>) dims ["batch", "seq"] maps [affine_map<(a, b) -> (a, b)>] {
  ^bb0(%e: i64):
    %k = arith.constant 0 : i64
    %r = arith.cmpi ne, %e, %k : i64
    transformer.yield %r : i1
  } -> tensor<?x?xi1>
  %bi = transformer.map () dims ["batch", 1, 1, 1] maps [] {
    %i = transformer.index 0
    %r = arith.index_cast %i : index to i64
    transformer.yield %r : i64
  } -> tensor<?x1x1x1xi64>
  %ki = transformer.map () dims [1, 1, 1, "seq"] maps [] {
    %i = transformer.index 3
    %r = arith.index_cast %i : index to i64
    transformer.yield %r : i64
  } -> tensor<1x1x1x?xi64>
  %be = transformer.map (%bi : tensor<?x1x1x1xi64>) dims ["batch", 1, 1, "seq", 1] maps [affine_map<(a,b,c,d,e)->(a,0,0,0)>] {
  ^bb0(%e: i64):
    transformer.yield %e : i64
  } -> tensor<?x1x1x?x1xi64>
  %ke = transformer.map (%ki : tensor<1x1x1x?xi64>) dims ["batch", 1, 1, "seq", 1] maps [affine_map<(a,b,c,d,e)->(0,0,0,d)>] {
  ^bb0(%e: i64):
    transformer.yield %e : i64
  } -> tensor<?x1x1x?x1xi64>
  %idx = onnx.node "Concat"(%be, %ke) {node_attributes = {axis = -1 : i64}, dims = [["batch", 1, 1, "seq", 2]]} : (tensor<?x1x1x?x1xi64>, tensor<?x1x1x?x1xi64>) -> tensor<?x1x1x?x2xi64>
  %g = onnx.node "GatherND"(%mb, %idx) {node_attributes = {batch_dims = 0 : i64}, dims = [["batch", 1, 1, "seq"]]} : (tensor<?x?xi1>, tensor<?x1x1x?x2xi64>) -> tensor<?x1x1x?xi1>
  %and = transformer.map (%true, %g : tensor<i1>, tensor<?x1x1x?xi1>) dims ["batch", 1, "seq", "seq"] maps [affine_map<(a,b,c,d)->()>, affine_map<(a,b,c,d)->(a,0,0,d)>] {
  ^bb0(%t: i1, %e: i1):
    %i = transformer.index 2
    %k = arith.constant 0 : index
    %ge = arith.cmpi sge, %i, %k : index
    %a1 = arith.andi %t, %ge : i1
    %r = arith.andi %a1, %e : i1
    transformer.yield %r : i1
  } -> tensor<?x1x?x?xi1>
  %am = transformer.map (%and, %zero, %low : tensor<?x1x?x?xi1>, tensor<f32>, tensor<f32>) dims ["batch", 1, "seq", "seq"] maps [#id4, affine_map<(a,b,c,d)->()>, affine_map<(a,b,c,d)->()>] {
  ^bb0(%t: i1, %e: f32, %f: f32):
    %r = arith.select %t, %e, %f : f32
    transformer.yield %r : f32
  } -> tensor<?x1x?x?xf32>
  // heads
  %q0 = transformer.reshape %x dims ["batch", "seq", 12, 32] : tensor<?x?x384xf32> -> tensor<?x?x12x32xf32>
  %q1 = transformer.map (%q0 : tensor<?x?x12x32xf32>) dims ["batch", 12, "seq", 32] maps [affine_map<(a,b,c,d)->(a,c,b,d)>] {
  ^bb0(%e: f32):
    transformer.yield %e : f32
  } -> tensor<?x12x?x32xf32>
  %q2 = transformer.map (%q1, %c : tensor<?x12x?x32xf32>, tensor<f32>) dims ["batch", 12, "seq", 32] maps [#id4, affine_map<(a,b,c,d)->()>] {
  ^bb0(%e: f32, %s: f32):
    %r = arith.mulf %e, %s : f32
    transformer.yield %r : f32
  } -> tensor<?x12x?x32xf32>
  %k0 = transformer.reshape %y dims ["batch", "seq", 12, 32] : tensor<?x?x384xf32> -> tensor<?x?x12x32xf32>
  %k1 = transformer.map (%k0 : tensor<?x?x12x32xf32>) dims ["batch", 12, "seq", 32] maps [affine_map<(a,b,c,d)->(a,c,b,d)>] {
  ^bb0(%e: f32):
    transformer.yield %e : f32
  } -> tensor<?x12x?x32xf32>
  %k2 = transformer.reshape %k1 dims ["12 * batch", "seq", 32] : tensor<?x12x?x32xf32> -> tensor<?x?x32xf32>
  %k3 = transformer.map (%k2 : tensor<?x?x32xf32>) dims ["12 * batch", 32, "seq"] maps [affine_map<(a,b,c)->(a,c,b)>] {
  ^bb0(%e: f32):
    transformer.yield %e : f32
  } -> tensor<?x32x?xf32>
  %k4 = transformer.reshape %k3 dims ["batch", 12, 32, "seq"] : tensor<?x32x?xf32> -> tensor<?x12x32x?xf32>
  %k5 = transformer.map (%k4, %c : tensor<?x12x32x?xf32>, tensor<f32>) dims ["batch", 12, 32, "seq"] maps [#id4, affine_map<(a,b,c,d)->()>] {
  ^bb0(%e: f32, %s: f32):
    %r = arith.mulf %e, %s : f32
    transformer.yield %r : f32
  } -> tensor<?x12x32x?xf32>
  %v0 = transformer.reshape %z dims ["batch", "seq", 12, 32] : tensor<?x?x384xf32> -> tensor<?x?x12x32xf32>
  %v1 = transformer.map (%v0 : tensor<?x?x12x32xf32>) dims ["batch", 12, "seq", 32] maps [affine_map<(a,b,c,d)->(a,c,b,d)>] {
  ^bb0(%e: f32):
    transformer.yield %e : f32
  } -> tensor<?x12x?x32xf32>
  %s = transformer.contract (%q2, %k5 : tensor<?x12x?x32xf32>, tensor<?x12x32x?xf32>) dims ["batch", 12, "seq", "seq", 32] maps [affine_map<(a,b,c,d,e)->(a,b,c,e)>, affine_map<(a,b,c,d,e)->(a,b,e,d)>] to affine_map<(a,b,c,d,e)->(a,b,c,d)> {
  ^bb0(%acc: f32):
    transformer.yield %acc : f32
  } -> tensor<?x12x?x?xf32>
  %sm = transformer.map (%s, %am : tensor<?x12x?x?xf32>, tensor<?x1x?x?xf32>) dims ["batch", 12, "seq", "seq"] maps [#id4, affine_map<(a,b,c,d)->(a,0,c,d)>] {
  ^bb0(%e: f32, %f: f32):
    %r = arith.addf %e, %f : f32
    transformer.yield %r : f32
  } -> tensor<?x12x?x?xf32>
  %p = transformer.softmax %sm axis 3 dims ["batch", 12, "seq", "seq"] : tensor<?x12x?x?xf32>
  %n = transformer.map (%p : tensor<?x12x?x?xf32>) dims ["batch", 12, "seq", "seq"] maps [#id4] {
  ^bb0(%e: f32):
    %r = math.isnan %e : f32
    transformer.yield %r : i1
  } -> tensor<?x12x?x?xi1>
  %pp = transformer.map (%n, %zero, %p : tensor<?x12x?x?xi1>, tensor<f32>, tensor<?x12x?x?xf32>) dims ["batch", 12, "seq", "seq"] maps [#id4, affine_map<(a,b,c,d)->()>, #id4] {
  ^bb0(%cc: i1, %e: f32, %f: f32):
    %r = arith.select %cc, %e, %f : f32
    transformer.yield %r : f32
  } -> tensor<?x12x?x?xf32>
  %o = transformer.contract (%pp, %v1 : tensor<?x12x?x?xf32>, tensor<?x12x?x32xf32>) dims ["batch", 12, "seq", 32, "seq"] maps [affine_map<(a,b,c,d,e)->(a,b,c,e)>, affine_map<(a,b,c,d,e)->(a,b,e,d)>] to affine_map<(a,b,c,d,e)->(a,b,c,d)> {
  ^bb0(%acc: f32):
    transformer.yield %acc : f32
  } -> tensor<?x12x?x32xf32>
  %o1 = transformer.map (%o : tensor<?x12x?x32xf32>) dims ["batch", "seq", 12, 32] maps [affine_map<(a,b,c,d)->(a,c,b,d)>] {
  ^bb0(%e: f32):
    transformer.yield %e : f32
  } -> tensor<?x?x12x32xf32>
  %o2 = transformer.reshape %o1 dims ["batch", "seq", 384] : tensor<?x?x12x32xf32> -> tensor<?x?x384xf32>
  return %o2 : tensor<?x?x384xf32>
}
