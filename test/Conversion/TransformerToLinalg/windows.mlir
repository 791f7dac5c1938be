// Windows that are made read the input at computed positions; a contraction reads them in place.
// RUN: attune-opt %s -split-input-file -convert-graph-to-linalg | FileCheck %s

// Dimensions without a border are not checked; a negative position is a large unsigned one.
// CHECK-LABEL: func.func @border
// CHECK: %[[X:.*]] = bufferization.to_tensor %arg0
// CHECK: linalg.generic {indexing_maps = [#{{.*}}], iterator_types = ["parallel", "parallel", "parallel"]} outs
// CHECK-DAG: %[[B:.*]] = linalg.index 0
// CHECK-DAG: %[[T:.*]] = linalg.index 1
// CHECK-DAG: %[[C:.*]] = linalg.index 2
// CHECK: %[[AT:.*]] = arith.subi %[[T]], %{{.*}} : index
// CHECK-NEXT: %[[IN:.*]] = arith.cmpi ult, %[[AT]], %arg3 : index
// CHECK-NEXT: scf.if %[[IN]] -> (f32) {
// CHECK-NEXT: tensor.extract %[[X]][%[[B]], %[[C]], %[[AT]]]
// CHECK: } else {
// CHECK-NEXT: %[[ZERO:.*]] = arith.constant 0.0
// CHECK-NEXT: scf.yield %[[ZERO]]
func.func @border(%in0: memref<?x4x?xf32> {attune.dims = ["b", 4, "t"]}, %out: memref<?x?x4xf32>, %b: index, %t: index, %u: index)
    attributes {exec.words = ["b", "t", "t + 2"], exec.inputs = 1} {
  %x = bufferization.to_tensor %in0 restrict : memref<?x4x?xf32> to tensor<?x4x?xf32>
  %y = transformer.windows %x dims ["b", "t + 2", 4] map affine_map<(b, t, c) -> (b, c, t)> low [0, 0, 1]
      : tensor<?x4x?xf32> -> tensor<?x?x4xf32>
  bufferization.materialize_in_destination %y in restrict writable %out : (tensor<?x?x4xf32>, memref<?x?x4xf32>) -> ()
  return
}

// -----

// CHECK-DAG: #[[AT:.*]] = affine_map<(d0, d1, d2, d3) -> (d2, d0 * 2 + d3)>
// CHECK-DAG: #[[W:.*]] = affine_map<(d0, d1, d2, d3) -> (d1, d2, d3)>
// CHECK-LABEL: func.func @in_place
// CHECK: %[[X:.*]] = bufferization.to_tensor %arg0
// CHECK: linalg.fill
// CHECK-NEXT: linalg.generic {indexing_maps = [#[[AT]], #[[W]], #{{.*}}], iterator_types = ["parallel", "parallel", "reduction", "reduction"]} ins(%[[X]]
// CHECK-NOT: transformer.windows
func.func @in_place(%in0: memref<4x11xf32>, %in1: memref<8x4x3xf32>, %out: memref<5x8xf32>) attributes {exec.words = [], exec.inputs = 2} {
  %x = bufferization.to_tensor %in0 restrict : memref<4x11xf32> to tensor<4x11xf32>
  %w = bufferization.to_tensor %in1 restrict : memref<8x4x3xf32> to tensor<8x4x3xf32>
  %v = transformer.windows %x dims [5, 4, 3] map affine_map<(t, c, k) -> (c, t * 2 + k)> : tensor<4x11xf32> -> tensor<5x4x3xf32>
  %y = transformer.contract (%v, %w : tensor<5x4x3xf32>, tensor<8x4x3xf32>) dims [5, 8, 4, 3]
      maps [affine_map<(t, n, c, k) -> (t, c, k)>, affine_map<(t, n, c, k) -> (n, c, k)>] to affine_map<(t, n, c, k) -> (t, n)> {
  ^bb0(%acc: f32):
    transformer.yield %acc : f32
  } -> tensor<5x8xf32>
  bufferization.materialize_in_destination %y in restrict writable %out : (tensor<5x8xf32>, memref<5x8xf32>) -> ()
  return
}

// -----

// A border is checked where it is read. Weights that are one number say nothing of the taps' extents.
// CHECK-LABEL: func.func @border_in_place
// CHECK: %[[TAPS:.*]] = tensor.empty() : tensor<3xi8>
// CHECK: linalg.generic {{.*}} iterator_types = ["parallel", "reduction"]} ins(%[[TAPS]] : tensor<3xi8>)
// CHECK: arith.cmpi ult
// CHECK: scf.if
// CHECK: arith.mulf
// CHECK-NOT: transformer.windows
func.func @border_in_place(%in0: memref<9xf32>, %out: memref<9xf32>) attributes {exec.words = [], exec.inputs = 1} {
  %x = bufferization.to_tensor %in0 restrict : memref<9xf32> to tensor<9xf32>
  %w = arith.constant dense<2.0> : tensor<3xf32>
  %v = transformer.windows %x dims [9, 3] map affine_map<(t, k) -> (t + k)> low [1] : tensor<9xf32> -> tensor<9x3xf32>
  %y = transformer.contract (%v, %w : tensor<9x3xf32>, tensor<3xf32>) dims [9, 3]
      maps [affine_map<(t, k) -> (t, k)>, affine_map<(t, k) -> (k)>] to affine_map<(t, k) -> (t)> {
  ^bb0(%acc: f32):
    transformer.yield %acc : f32
  } -> tensor<9xf32>
  bufferization.materialize_in_destination %y in restrict writable %out : (tensor<9xf32>, memref<9xf32>) -> ()
  return
}

// -----

// The same without a border: the sum of loops gives no extent, either.
// CHECK-LABEL: func.func @splat_in_place
// CHECK: tensor.empty() : tensor<3xi8>
// CHECK: linalg.generic {{.*}} iterator_types = ["parallel", "reduction"]} ins(%{{.*}}, %{{.*}} : tensor<9xf32>, tensor<3xi8>)
func.func @splat_in_place(%in0: memref<9xf32>, %out: memref<7xf32>) attributes {exec.words = [], exec.inputs = 1} {
  %x = bufferization.to_tensor %in0 restrict : memref<9xf32> to tensor<9xf32>
  %w = arith.constant dense<2.0> : tensor<3xf32>
  %v = transformer.windows %x dims [7, 3] map affine_map<(t, k) -> (t + k)> : tensor<9xf32> -> tensor<7x3xf32>
  %y = transformer.contract (%v, %w : tensor<7x3xf32>, tensor<3xf32>) dims [7, 3]
      maps [affine_map<(t, k) -> (t, k)>, affine_map<(t, k) -> (k)>] to affine_map<(t, k) -> (t)> {
  ^bb0(%acc: f32):
    transformer.yield %acc : f32
  } -> tensor<7xf32>
  bufferization.materialize_in_destination %y in restrict writable %out : (tensor<7xf32>, memref<7xf32>) -> ()
  return
}
