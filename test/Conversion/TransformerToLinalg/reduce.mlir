// A reduction fills its neutral element and combines; a kept unit dimension is a loop of one
// iteration; an extent that no operand has comes from a tensor that is never read.
// RUN: attune-opt %s -split-input-file -convert-graph-to-linalg | FileCheck %s

// CHECK: #[[KEPT:.*]] = affine_map<(d0, d1, d2) -> (d0, d2)>
// CHECK-LABEL: func.func @max_kept
// CHECK-SAME: %[[N:[a-z0-9]+]]: index, %[[M:[a-z0-9]+]]: index)
// CHECK-DAG: %[[INIT:.*]] = tensor.empty(%[[N]]) : tensor<?x1xf32>
// CHECK-DAG: %[[LOW:.*]] = arith.constant 0xFF800000 : f32
// CHECK: %[[FILL:.*]] = linalg.fill ins(%[[LOW]] : f32) outs(%[[INIT]]
// CHECK: linalg.generic {indexing_maps = [#{{.*}}, #[[KEPT]]], iterator_types = ["parallel", "reduction", "parallel"]}{{.*}} outs(%[[FILL]]
// CHECK: arith.maximumf
func.func @max_kept(%in0: memref<?x?xf32>, %out: memref<?x1xf32>, %w0: index, %w1: index)
    attributes {exec.words = ["n", "m"], exec.inputs = 1} {
  %x = bufferization.to_tensor %in0 restrict : memref<?x?xf32> to tensor<?x?xf32>
  %r = transformer.reduce #transformer.reduction<max> (%x : tensor<?x?xf32>) dims ["n", "m"]
      maps [affine_map<(d0, d1) -> (d0, d1)>] to affine_map<(d0, d1) -> (d0, 0)> {
  ^bb0(%e: f32):
    transformer.yield %e : f32
  } -> tensor<?x1xf32>
  bufferization.materialize_in_destination %r in restrict writable %out : (tensor<?x1xf32>, memref<?x1xf32>) -> ()
  return
}

// -----

// CHECK-LABEL: func.func @sum_of_indices
// CHECK-SAME: %[[N:[a-z0-9]+]]: index)
// CHECK-DAG: %[[EXTENT:.*]] = tensor.empty(%[[N]]) : tensor<?xi8>
// CHECK: linalg.generic {{.*}} iterator_types = ["reduction"]} ins(%[[EXTENT]] : tensor<?xi8>)
// CHECK: linalg.index 0
// CHECK: arith.addi
func.func @sum_of_indices(%out: memref<i64>, %w0: index) attributes {exec.words = ["n"], exec.inputs = 0} {
  %one = arith.constant dense<1> : tensor<i64>
  %r = transformer.reduce #transformer.reduction<sum> (%one : tensor<i64>) dims ["n"]
      maps [affine_map<(d0) -> ()>] to affine_map<(d0) -> ()> {
  ^bb0(%e: i64):
    %i = transformer.index 0
    %v = arith.index_cast %i : index to i64
    %s = arith.muli %v, %e : i64
    transformer.yield %s : i64
  } -> tensor<i64>
  bufferization.materialize_in_destination %r in restrict writable %out : (tensor<i64>, memref<i64>) -> ()
  return
}

// -----

// CHECK-LABEL: func.func @any
// CHECK: %[[FALSE:.*]] = arith.constant false
// CHECK: linalg.fill ins(%[[FALSE]]
// CHECK: arith.ori
func.func @any(%in0: memref<?xi1>, %out: memref<i1>, %w0: index) attributes {exec.words = ["n"], exec.inputs = 1} {
  %x = bufferization.to_tensor %in0 restrict : memref<?xi1> to tensor<?xi1>
  %r = transformer.reduce #transformer.reduction<max> (%x : tensor<?xi1>) dims ["n"]
      maps [affine_map<(d0) -> (d0)>] to affine_map<(d0) -> ()> {
  ^bb0(%e: i1):
    transformer.yield %e : i1
  } -> tensor<i1>
  bufferization.materialize_in_destination %r in restrict writable %out : (tensor<i1>, memref<i1>) -> ()
  return
}
