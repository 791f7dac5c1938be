// Copies that let contractions run over windows in place.
// RUN: attune-opt %s --transformer-lay-out-windows --cse | FileCheck %s

#out = affine_map<(b, t, n, c, k) -> (b, t, n)>
#seen = affine_map<(b, t, n, c, k) -> (b, t, c, k)>
#filters = affine_map<(b, t, n, c, k) -> (n, c, k)>

// CHECK-DAG: #[[SAME:.*]] = affine_map<(d0, d1, d2) -> (d0, d1, d2)>
// CHECK-DAG: #[[AT:.*]] = affine_map<(d0, d1, d2, d3) -> (d0, d2, d1 * 2 + d3)>
// CHECK-DAG: #[[LAST:.*]] = affine_map<(d0, d1, d2, d3) -> (d0, d1 + d3, d2)>
// CHECK-DAG: #[[BACK:.*]] = affine_map<(d0, d1, d2) -> (d0, d2, d1)>
// CHECK-DAG: #[[ROWS:.*]] = affine_map<(d0, d1, d2, d3, d4) -> (d3, d4, d2)>
// CHECK-DAG: #[[TURN:.*]] = affine_map<(d0, d1, d2) -> (d2, d0, d1)>

// With its border the input is as long as the windows reach, and no longer.
// CHECK-LABEL: func.func @border
// CHECK: %[[P:.*]] = transformer.windows %arg0 dims ["b", 4, "2 * ((t + 1) floordiv 2) + 1"] map #[[SAME]] low [0, 0, 1]
// CHECK-NEXT: %[[W:.*]] = transformer.windows %[[P]] dims ["b", "(t + 1) floordiv 2", 4, 3] map #[[AT]] :
// CHECK-NEXT: transformer.contract(%[[W]], %cst
func.func @border(%x: tensor<?x4x?xf32> {attune.dims = ["b", 4, "t"]}) -> tensor<?x?x8xf32> {
  %v = arith.constant dense<1.0> : tensor<8x4x3xf32>
  %0 = transformer.windows %x dims ["b", "(t + 1) floordiv 2", 4, 3] map affine_map<(b, t, c, k) -> (b, c, t * 2 + k)> low [0, 0, 1]
      : tensor<?x4x?xf32> -> tensor<?x?x4x3xf32>
  %1 = transformer.contract (%0, %v : tensor<?x?x4x3xf32>, tensor<8x4x3xf32>) dims ["b", "(t + 1) floordiv 2", 8, 4, 3]
      maps [#seen, #filters] to #out {
  ^bb0(%acc: f32):
    transformer.yield %acc : f32
  } -> tensor<?x?x8xf32>
  return %1 : tensor<?x?x8xf32>
}

// Channel by channel, vectors run along the channels: with a border and without.
// CHECK-LABEL: func.func @channels
// CHECK: transformer.windows %arg0 dims [1, 10, 4] map #[[BACK]] :
// CHECK: transformer.windows {{.*}} dims [1, 8, 4, 3] map #[[LAST]] :
// CHECK: transformer.windows %arg0 dims [1, 12, 4] map #[[BACK]] low [0, 0, 1]
// CHECK: transformer.windows {{.*}} dims [1, 10, 4, 3] map #[[LAST]] :
// They are there already.
// CHECK: transformer.windows %arg1 dims [1, 8, 4, 3] map #[[LAST]] :
// CHECK-NEXT: transformer.contract
func.func @channels(%x: tensor<1x4x10xf32>, %y: tensor<1x10x4xf32>) -> (tensor<1x8x4xf32>, tensor<1x10x4xf32>, tensor<1x8x4xf32>) {
  %v = arith.constant dense<1.0> : tensor<4x3xf32>
  %0 = transformer.windows %x dims [1, 8, 4, 3] map affine_map<(b, t, c, k) -> (b, c, t + k)> : tensor<1x4x10xf32> -> tensor<1x8x4x3xf32>
  %1 = transformer.contract (%0, %v : tensor<1x8x4x3xf32>, tensor<4x3xf32>) dims [1, 8, 4, 3]
      maps [affine_map<(b, t, c, k) -> (b, t, c, k)>, affine_map<(b, t, c, k) -> (c, k)>] to affine_map<(b, t, c, k) -> (b, t, c)> {
  ^bb0(%acc: f32):
    transformer.yield %acc : f32
  } -> tensor<1x8x4xf32>
  %2 = transformer.windows %x dims [1, 10, 4, 3] map affine_map<(b, t, c, k) -> (b, c, t + k)> low [0, 0, 1] : tensor<1x4x10xf32> -> tensor<1x10x4x3xf32>
  %3 = transformer.contract (%2, %v : tensor<1x10x4x3xf32>, tensor<4x3xf32>) dims [1, 10, 4, 3]
      maps [affine_map<(b, t, c, k) -> (b, t, c, k)>, affine_map<(b, t, c, k) -> (c, k)>] to affine_map<(b, t, c, k) -> (b, t, c)> {
  ^bb0(%acc: f32):
    transformer.yield %acc : f32
  } -> tensor<1x10x4xf32>
  %4 = transformer.windows %y dims [1, 8, 4, 3] map affine_map<(b, t, c, k) -> (b, t + k, c)> : tensor<1x10x4xf32> -> tensor<1x8x4x3xf32>
  %5 = transformer.contract (%4, %v : tensor<1x8x4x3xf32>, tensor<4x3xf32>) dims [1, 8, 4, 3]
      maps [affine_map<(b, t, c, k) -> (b, t, c, k)>, affine_map<(b, t, c, k) -> (c, k)>] to affine_map<(b, t, c, k) -> (b, t, c)> {
  ^bb0(%acc: f32):
    transformer.yield %acc : f32
  } -> tensor<1x8x4xf32>
  return %1, %3, %5 : tensor<1x8x4xf32>, tensor<1x10x4xf32>, tensor<1x8x4xf32>
}

// Filters that the model computes are turned once; constants are packed later.
// CHECK-LABEL: func.func @filters
// CHECK: %[[F:.*]] = transformer.map(%arg1 : tensor<8x4x3xf32>) dims [4, 3, 8] maps [#[[TURN]]]
// CHECK: transformer.contract(%{{.*}}, %[[F]] : {{.*}} maps [#{{.*}}, #[[ROWS]]]
func.func @filters(%x: tensor<1x4x10xf32>, %w: tensor<8x4x3xf32>) -> tensor<1x8x8xf32> {
  %0 = transformer.windows %x dims [1, 8, 4, 3] map affine_map<(b, t, c, k) -> (b, c, t + k)> : tensor<1x4x10xf32> -> tensor<1x8x4x3xf32>
  %1 = transformer.contract (%0, %w : tensor<1x8x4x3xf32>, tensor<8x4x3xf32>) dims [1, 8, 8, 4, 3] maps [#seen, #filters] to #out {
  ^bb0(%acc: f32):
    transformer.yield %acc : f32
  } -> tensor<1x8x8xf32>
  return %1 : tensor<1x8x8xf32>
}

// Not copied: places further apart than a window is long, a long window, one of unknown length, and
// windows that something else reads.
// CHECK-LABEL: func.func @kept
// CHECK-COUNT-4: low [
// CHECK-NOT: transformer.windows
func.func @kept(%x: tensor<1x4x10xf32>, %k: tensor<?xf32> {attune.dims = ["k"]})
    -> (tensor<1x3x8xf32>, tensor<1x3x8xf32>, tensor<1x3x8xf32>, tensor<1x3x4x3xf32>) {
  %v = arith.constant dense<1.0> : tensor<8x4x3xf32>
  %u = transformer.map () dims [8, 4, "k"] maps [] {
    %one = arith.constant 1.0 : f32
    transformer.yield %one : f32
  } -> tensor<8x4x?xf32>
  %0 = transformer.windows %x dims [1, 3, 4, 3] map affine_map<(b, t, c, k) -> (b, c, t * 4 + k)> low [0, 0, 1] : tensor<1x4x10xf32> -> tensor<1x3x4x3xf32>
  %1 = transformer.contract (%0, %v : tensor<1x3x4x3xf32>, tensor<8x4x3xf32>) dims [1, 3, 8, 4, 3] maps [#seen, #filters] to #out {
  ^bb0(%acc: f32):
    transformer.yield %acc : f32
  } -> tensor<1x3x8xf32>
  %2 = transformer.windows %x dims [1, 3, 4, 3] map affine_map<(b, t, c, k) -> (b, c, t + k * 40000)> low [0, 0, 40000] : tensor<1x4x10xf32> -> tensor<1x3x4x3xf32>
  %3 = transformer.contract (%2, %v : tensor<1x3x4x3xf32>, tensor<8x4x3xf32>) dims [1, 3, 8, 4, 3] maps [#seen, #filters] to #out {
  ^bb0(%acc: f32):
    transformer.yield %acc : f32
  } -> tensor<1x3x8xf32>
  %4 = transformer.windows %x dims [1, 3, 4, "k"] map affine_map<(b, t, c, k) -> (b, c, t + k)> low [0, 0, 1] : tensor<1x4x10xf32> -> tensor<1x3x4x?xf32>
  %5 = transformer.contract (%4, %u : tensor<1x3x4x?xf32>, tensor<8x4x?xf32>) dims [1, 3, 8, 4, "k"] maps [#seen, #filters] to #out {
  ^bb0(%acc: f32):
    transformer.yield %acc : f32
  } -> tensor<1x3x8xf32>
  %6 = transformer.windows %x dims [1, 3, 4, 3] map affine_map<(b, t, c, k) -> (b, c, t + k)> low [0, 0, 2] : tensor<1x4x10xf32> -> tensor<1x3x4x3xf32>
  return %1, %3, %5, %6 : tensor<1x3x8xf32>, tensor<1x3x8xf32>, tensor<1x3x8xf32>, tensor<1x3x4x3xf32>
}
