// RUN: attune-opt %s --transformer-flatten-tokens | FileCheck %s

// CHECK-DAG: #[[KN:.*]] = affine_map<(d0, d1, d2) -> (d2, d1)>
// CHECK-DAG: #[[MK:.*]] = affine_map<(d0, d1, d2) -> (d0, d2)>
// CHECK-DAG: #[[NM:.*]] = affine_map<(d0, d1, d2) -> (d1, d0)>
// CHECK-DAG: #[[ID:.*]] = affine_map<(d0, d1) -> (d0, d1)>
// CHECK-DAG: #[[ROW:.*]] = affine_map<(d0, d1) -> (0, d1)>

#id3 = affine_map<(a, b, c) -> (a, b, c)>
#id4 = affine_map<(a, b, c, d) -> (a, b, c, d)>

// Norms and softmaxes join what stands before their first axis, when that is more than one.
// CHECK-LABEL: func.func @rows
// CHECK: transformer.norm <layer> %{{.*}} axes 2 epsilon {{.*}} dims ["b * s", 4, 8]
// CHECK: transformer.softmax %{{.*}} axis 1 dims ["b * s", 4, 8]
// CHECK: transformer.softmax %{{.*}} axis 1 dims ["b", "s", 4, 8]
// CHECK: transformer.softmax %{{.*}} axis 0 dims ["b", "s", 4, 8]
// CHECK: transformer.norm <rms> %{{.*}} axes 3 epsilon {{.*}} dims ["b", "s", 4, 8]
// CHECK: transformer.norm <rms> %{{.*}} axes 4 epsilon {{.*}} dims ["b", "s", 4, 8]
// CHECK: transformer.softmax %{{.*}} axis 1 dims ["4 * b * s", 8]
func.func @rows(%x: tensor<?x?x4x8xf32> {attune.dims = ["b", "s", 4, 8]}) -> (tensor<?x?x4x8xf32>, tensor<?x?x4x8xf32>) {
  %0 = transformer.norm <layer> %x axes 2 epsilon 1.0 dims ["b", "s", 4, 8] : tensor<?x?x4x8xf32>
  %1 = transformer.softmax %0 axis 2 dims ["b", "s", 4, 8] : tensor<?x?x4x8xf32>
  %2 = transformer.softmax %1 axis 1 dims ["b", "s", 4, 8] : tensor<?x?x4x8xf32>
  %3 = transformer.softmax %2 axis 0 dims ["b", "s", 4, 8] : tensor<?x?x4x8xf32>
  %4 = transformer.norm <rms> %3 axes 3 epsilon 1.0 dims ["b", "s", 4, 8] : tensor<?x?x4x8xf32>
  %5 = transformer.norm <rms> %4 axes 4 epsilon 1.0 dims ["b", "s", 4, 8] : tensor<?x?x4x8xf32>
  %6 = transformer.softmax %x axis 3 dims ["b", "s", 4, 8] : tensor<?x?x4x8xf32>
  return %5, %6 : tensor<?x?x4x8xf32>, tensor<?x?x4x8xf32>
}

// As many loops as all operands have together: three, or two beside a table of the third.
// CHECK-LABEL: func.func @runs
// CHECK: transformer.map(%{{.*}} : tensor<?x8xf32>) dims ["4 * b * s", 8]
// CHECK: transformer.map(%{{.*}}, %{{.*}} : tensor<?x4x8xf32>, tensor<4x8xf32>) dims ["b * s", 4, 8]
// CHECK: transformer.index 1
func.func @runs(%x: tensor<?x?x4x8xf32> {attune.dims = ["b", "s", 4, 8]}, %t: tensor<4x8xf32>)
    -> (tensor<?x?x4x8xf32>, tensor<?x?x4x8xf32>) {
  %0 = transformer.map (%x : tensor<?x?x4x8xf32>) dims ["b", "s", 4, 8] maps [#id4] {
  ^bb0(%e: f32):
    %r = arith.negf %e : f32
    transformer.yield %r : f32
  } -> tensor<?x?x4x8xf32>
  %1 = transformer.map (%x, %t : tensor<?x?x4x8xf32>, tensor<4x8xf32>) dims ["b", "s", 4, 8]
      maps [#id4, affine_map<(a, b, c, d) -> (c, d)>] {
  ^bb0(%e: f32, %f: f32):
    %i = transformer.index 2
    %j = arith.index_cast %i : index to i64
    %g = arith.sitofp %j : i64 to f32
    %h = arith.addf %e, %f : f32
    %r = arith.addf %h, %g : f32
    transformer.yield %r : f32
  } -> tensor<?x?x4x8xf32>
  return %0, %1 : tensor<?x?x4x8xf32>, tensor<?x?x4x8xf32>
}

// The tokens on the right of a product, and not first in its result.
// CHECK-LABEL: func.func @right
// CHECK: transformer.contract(%{{.*}}, %{{.*}} : tensor<4x8xf32>, tensor<?x4xf32>) dims ["b * s", 8, 4]
// CHECK-SAME: maps [#[[KN]], #[[MK]]] to #[[NM]]
// CHECK: -> tensor<8x?xf32>
// CHECK: transformer.reshape %{{.*}} dims [8, "b", "s"]
func.func @right(%x: tensor<?x?x4xf32> {attune.dims = ["b", "s", 4]}, %w: tensor<4x8xf32>) -> tensor<8x?x?xf32> {
  %0 = transformer.contract (%w, %x : tensor<4x8xf32>, tensor<?x?x4xf32>) dims ["b", "s", 8, 4]
      maps [affine_map<(b, s, n, k) -> (k, n)>, affine_map<(b, s, n, k) -> (b, s, k)>]
      to affine_map<(b, s, n, k) -> (n, b, s)> {
  ^bb0(%acc: f32):
    transformer.yield %acc : f32
  } -> tensor<8x?x?xf32>
  return %0 : tensor<8x?x?xf32>
}

// Unit loops are in every run; what reads only unit dimensions keeps no more of them than loops.
// CHECK-LABEL: func.func @units
// CHECK: transformer.map(%{{.*}}, %{{.*}}, %{{.*}} : tensor<?x8xf32>, tensor<?x8xf32>, tensor<1x8xf32>) dims ["b", 8] maps [#[[ID]], #[[ID]], #[[ROW]]]
func.func @units(%x: tensor<?x1x8xf32> {attune.dims = ["b", 1, 8]}, %y: tensor<?x1x8xf32> {attune.dims = ["b", 1, 8]},
                 %z: tensor<1x1x8xf32>) -> tensor<?x1x8xf32> {
  %0 = transformer.map (%x, %y, %z : tensor<?x1x8xf32>, tensor<?x1x8xf32>, tensor<1x1x8xf32>) dims ["b", 1, 8]
      maps [#id3, affine_map<(a, b, c) -> (a, 0, c)>, affine_map<(a, b, c) -> (0, 0, c)>] {
  ^bb0(%e: f32, %f: f32, %g: f32):
    %h = arith.addf %e, %f : f32
    %r = arith.addf %h, %g : f32
    transformer.yield %r : f32
  } -> tensor<?x1x8xf32>
  return %0 : tensor<?x1x8xf32>
}

// Stay: loops in another order or apart, one loop alone, batched products, an outer product.
// CHECK-LABEL: func.func @kept
// CHECK-NOT: transformer.reshape
// CHECK: return
func.func @kept(%x: tensor<?x?x8xf32> {attune.dims = ["b", "s", 8]}, %t: tensor<?x?x8xf32> {attune.dims = ["s", "b", 8]},
                %a: tensor<?x8x?xf32> {attune.dims = ["b", 8, "s"]}, %m: tensor<?x8x4xf32> {attune.dims = ["b", 8, 4]},
                %v: tensor<?x8xf32> {attune.dims = ["b", 8]}, %w: tensor<?x8xf32> {attune.dims = ["s", 8]})
    -> (tensor<?x?x8xf32>, tensor<?x?x8xf32>, tensor<?x8xf32>, tensor<?x?x4xf32>, tensor<?x?xf32>) {
  %0 = transformer.map (%x, %t : tensor<?x?x8xf32>, tensor<?x?x8xf32>) dims ["b", "s", 8]
      maps [#id3, affine_map<(a, b, c) -> (b, a, c)>] {
  ^bb0(%e: f32, %f: f32):
    %r = arith.addf %e, %f : f32
    transformer.yield %r : f32
  } -> tensor<?x?x8xf32>
  %1 = transformer.map (%x, %a : tensor<?x?x8xf32>, tensor<?x8x?xf32>) dims ["b", "s", 8]
      maps [#id3, affine_map<(a, b, c) -> (a, c, b)>] {
  ^bb0(%e: f32, %f: f32):
    %r = arith.addf %e, %f : f32
    transformer.yield %r : f32
  } -> tensor<?x?x8xf32>
  %2 = transformer.map (%v : tensor<?x8xf32>) dims ["b", 8] maps [affine_map<(a, b) -> (a, b)>] {
  ^bb0(%e: f32):
    %r = arith.negf %e : f32
    transformer.yield %r : f32
  } -> tensor<?x8xf32>
  %3 = transformer.contract (%x, %m : tensor<?x?x8xf32>, tensor<?x8x4xf32>) dims ["b", "s", 4, 8]
      maps [affine_map<(b, s, n, k) -> (b, s, k)>, affine_map<(b, s, n, k) -> (b, k, n)>]
      to affine_map<(b, s, n, k) -> (b, s, n)> {
  ^bb0(%acc: f32):
    transformer.yield %acc : f32
  } -> tensor<?x?x4xf32>
  %4 = transformer.contract (%v, %w : tensor<?x8xf32>, tensor<?x8xf32>) dims ["b", "s", 8]
      maps [affine_map<(b, s, k) -> (b, k)>, affine_map<(b, s, k) -> (s, k)>]
      to affine_map<(b, s, k) -> (b, s)> {
  ^bb0(%acc: f32):
    transformer.yield %acc : f32
  } -> tensor<?x?xf32>
  return %0, %1, %2, %3, %4 : tensor<?x?x8xf32>, tensor<?x?x8xf32>, tensor<?x8xf32>, tensor<?x?x4xf32>, tensor<?x?xf32>
}
