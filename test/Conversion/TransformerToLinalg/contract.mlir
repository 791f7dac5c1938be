// A contraction fills zero and sums products; the epilogue updates the accumulator in place.
// RUN: attune-opt %s -split-input-file -convert-graph-to-linalg | FileCheck %s

// CHECK-LABEL: func.func @epilogue
// CHECK: %[[FILL:.*]] = linalg.fill
// CHECK: %[[ACC:.*]] = linalg.generic {{.*}} iterator_types = ["parallel", "parallel", "reduction"]}{{.*}} outs(%[[FILL]]
// CHECK: arith.mulf
// CHECK: arith.addf
// CHECK: %[[R:.*]] = linalg.generic {{.*}} iterator_types = ["parallel", "parallel"]}{{.*}} outs(%[[ACC]]
// CHECK: %[[S:.*]] = arith.addf
// CHECK: arith.maximumf %[[S]]
// CHECK: materialize_in_destination %[[R]]
func.func @epilogue(%in0: memref<?x4xf32>, %in1: memref<4x8xf32>, %in2: memref<8xf32>, %out: memref<?x8xf32>, %w0: index)
    attributes {exec.words = ["n"], exec.inputs = 3} {
  %x = bufferization.to_tensor %in0 restrict : memref<?x4xf32> to tensor<?x4xf32>
  %w = bufferization.to_tensor %in1 restrict : memref<4x8xf32> to tensor<4x8xf32>
  %b = bufferization.to_tensor %in2 restrict : memref<8xf32> to tensor<8xf32>
  %y = transformer.contract (%x, %w : tensor<?x4xf32>, tensor<4x8xf32>) extra (%b : tensor<8xf32>) dims ["n", 8, 4]
      maps [affine_map<(m, n, k) -> (m, k)>, affine_map<(m, n, k) -> (k, n)>, affine_map<(m, n, k) -> (n)>]
      to affine_map<(m, n, k) -> (m, n)> {
  ^bb0(%acc: f32, %be: f32):
    %s = arith.addf %acc, %be : f32
    %t = transformer.activation #transformer.activation_kind<relu> %s : f32
    transformer.yield %t : f32
  } -> tensor<?x8xf32>
  bufferization.materialize_in_destination %y in restrict writable %out : (tensor<?x8xf32>, memref<?x8xf32>) -> ()
  return
}

// -----

// Bytes widen to the accumulator; a region that yields the sum makes no second generic.
// CHECK-LABEL: func.func @integers
// CHECK: linalg.generic
// CHECK: arith.extsi
// CHECK: arith.extsi
// CHECK: arith.muli
// CHECK: arith.addi
// CHECK-NOT: linalg.generic
// CHECK: materialize_in_destination
func.func @integers(%in0: memref<?x4xi8>, %in1: memref<4xi8>, %out: memref<?xi32>, %w0: index)
    attributes {exec.words = ["n"], exec.inputs = 2} {
  %x = bufferization.to_tensor %in0 restrict : memref<?x4xi8> to tensor<?x4xi8>
  %w = bufferization.to_tensor %in1 restrict : memref<4xi8> to tensor<4xi8>
  %y = transformer.contract (%x, %w : tensor<?x4xi8>, tensor<4xi8>) dims ["n", 4]
      maps [affine_map<(m, k) -> (m, k)>, affine_map<(m, k) -> (k)>] to affine_map<(m, k) -> (m)> {
  ^bb0(%acc: i32):
    transformer.yield %acc : i32
  } -> tensor<?xi32>
  bufferization.materialize_in_destination %y in restrict writable %out : (tensor<?xi32>, memref<?xi32>) -> ()
  return
}
