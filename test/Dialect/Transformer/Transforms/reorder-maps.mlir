// A map is computed in the order in which its operands lie; its readers get a view.
// RUN: attune-opt %s --transformer-reorder-maps | FileCheck %s

// CHECK-DAG: #[[SAME:.*]] = affine_map<(d0, d1) -> (d0, d1)>
// CHECK-DAG: #[[TURN:.*]] = affine_map<(d0, d1) -> (d1, d0)>
// CHECK-DAG: #[[LAST:.*]] = affine_map<(d0, d1) -> (d1)>

// In front of a return, because it becomes the contraction's epilogue. Indices and broadcasts follow.
// CHECK-LABEL: func.func @epilogue
// CHECK: %[[Y:.*]] = transformer.contract
// CHECK: %[[M:.*]] = transformer.map(%{{.*}}, %[[Y]] : tensor<8xf32>, tensor<?x8xf32>) dims ["n", 8] maps [#[[LAST]], #[[SAME]]]
// CHECK: transformer.index 1
// CHECK: %[[V:.*]] = transformer.map(%[[M]] : tensor<?x8xf32>) dims [8, "n"] maps [#[[TURN]]]
// CHECK-NEXT: ^bb0(%[[E:.*]]: f32):
// CHECK-NEXT: transformer.yield %[[E]]
// CHECK: return %[[V]]
func.func @epilogue(%x: tensor<?x4xf32> {attune.dims = ["n", 4]}, %w: tensor<4x8xf32>, %b: tensor<8xf32>) -> tensor<8x?xf32> {
  %0 = transformer.contract (%x, %w : tensor<?x4xf32>, tensor<4x8xf32>) dims ["n", 8, 4]
      maps [affine_map<(m, n, k) -> (m, k)>, affine_map<(m, n, k) -> (k, n)>]
      to affine_map<(m, n, k) -> (m, n)> {
  ^bb0(%acc: f32):
    transformer.yield %acc : f32
  } -> tensor<?x8xf32>
  %1 = transformer.map (%b, %0 : tensor<8xf32>, tensor<?x8xf32>) dims [8, "n"]
      maps [affine_map<(c, p) -> (c)>, affine_map<(c, p) -> (p, c)>] {
  ^bb0(%be: f32, %e: f32):
    %i = transformer.index 0
    %j = arith.index_cast %i : index to i64
    %f = arith.sitofp %j : i64 to f32
    %s = arith.addf %e, %be : f32
    %u = arith.mulf %s, %f : f32
    transformer.yield %u : f32
  } -> tensor<8x?xf32>
  return %1 : tensor<8x?xf32>
}

// One after the other, in front of readers with index maps.
// CHECK-LABEL: func.func @chain
// CHECK: %[[N:.*]] = transformer.map(%arg0 : tensor<?x8xf32>) dims ["n", 8] maps [#[[SAME]]]
// CHECK: arith.negf
// CHECK: %[[S:.*]] = transformer.map(%[[N]], %arg1 : tensor<?x8xf32>, tensor<?x8xf32>) dims ["n", 8] maps [#[[SAME]], #[[SAME]]]
// CHECK: arith.addf
// CHECK: %[[V:.*]] = transformer.map(%[[S]] : tensor<?x8xf32>) dims [8, "n"] maps [#[[TURN]]]
// CHECK: transformer.windows %[[V]]
func.func @chain(%x: tensor<?x8xf32> {attune.dims = ["n", 8]}, %y: tensor<?x8xf32> {attune.dims = ["n", 8]}) -> tensor<?x8x2xf32> {
  %0 = transformer.map (%x : tensor<?x8xf32>) dims [8, "n"] maps [affine_map<(c, p) -> (p, c)>] {
  ^bb0(%e: f32):
    %n = arith.negf %e : f32
    transformer.yield %n : f32
  } -> tensor<8x?xf32>
  %1 = transformer.map (%0, %y : tensor<8x?xf32>, tensor<?x8xf32>) dims [8, "n"]
      maps [affine_map<(c, p) -> (c, p)>, affine_map<(c, p) -> (p, c)>] {
  ^bb0(%e: f32, %f: f32):
    %s = arith.addf %e, %f : f32
    transformer.yield %s : f32
  } -> tensor<8x?xf32>
  %2 = transformer.windows %1 dims ["n - 1", 8, 2] map affine_map<(p, c, k) -> (c, p + k)> : tensor<8x?xf32> -> tensor<?x8x2xf32>
  return %2 : tensor<?x8x2xf32>
}

// Not reordered: a transpose alone; operands in two orders; what a result or a node reads; what only
// broadcasts.
// CHECK-LABEL: func.func @kept
// CHECK-NOT: dims ["n", 8]
// CHECK: return
func.func @kept(%x: tensor<?x8xf32> {attune.dims = ["n", 8]}, %y: tensor<8x?xf32> {attune.dims = [8, "n"]}, %b: tensor<?xf32> {attune.dims = ["n"]})
    -> (tensor<8x?xf32>, tensor<8x?xf32>, tensor<8x?xf32>, tensor<8x?xf32>, tensor<8xf32>) {
  %0 = transformer.map (%x : tensor<?x8xf32>) dims [8, "n"] maps [affine_map<(c, p) -> (p, c)>] {
  ^bb0(%e: f32):
    transformer.yield %e : f32
  } -> tensor<8x?xf32>
  %1 = transformer.map (%x, %y : tensor<?x8xf32>, tensor<8x?xf32>) dims [8, "n"]
      maps [affine_map<(c, p) -> (p, c)>, affine_map<(c, p) -> (c, p)>] {
  ^bb0(%e: f32, %f: f32):
    %s = arith.addf %e, %f : f32
    transformer.yield %s : f32
  } -> tensor<8x?xf32>
  %2 = transformer.map (%x : tensor<?x8xf32>) dims [8, "n"] maps [affine_map<(c, p) -> (p, c)>] {
  ^bb0(%e: f32):
    %n = arith.negf %e : f32
    transformer.yield %n : f32
  } -> tensor<8x?xf32>
  %3 = transformer.map (%x : tensor<?x8xf32>) dims [8, "n"] maps [affine_map<(c, p) -> (p, c)>] {
  ^bb0(%e: f32):
    %n = math.exp %e : f32
    transformer.yield %n : f32
  } -> tensor<8x?xf32>
  %4 = onnx.node "Trilu"(%3) {dims = [[8, "n"]]} : (tensor<8x?xf32>) -> tensor<8x?xf32>
  %5 = transformer.map (%b : tensor<?xf32>) dims [8, "n"] maps [affine_map<(c, p) -> (p)>] {
  ^bb0(%e: f32):
    %n = math.exp %e : f32
    transformer.yield %n : f32
  } -> tensor<8x?xf32>
  %6 = transformer.reduce <sum> (%5 : tensor<8x?xf32>) dims [8, "n"] maps [affine_map<(c, p) -> (c, p)>] to affine_map<(c, p) -> (c)> {
  ^bb0(%e: f32):
    transformer.yield %e : f32
  } -> tensor<8xf32>
  return %0, %1, %2, %4, %6 : tensor<8x?xf32>, tensor<8x?xf32>, tensor<8x?xf32>, tensor<8x?xf32>, tensor<8xf32>
}
