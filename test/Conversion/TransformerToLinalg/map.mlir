// A map is one generic over its loops; constants are scalars of the body, unit dimensions of
// operands are sliced away, sizes are words.
// RUN: attune-opt %s -split-input-file -convert-graph-to-linalg | FileCheck %s

// CHECK-LABEL: func.func @bias_gelu
// CHECK-SAME: %[[X:.*]]: memref<?x8xf32>, %[[B:.*]]: memref<8xf32>, %[[OUT:.*]]: memref<?x8xf32>, %[[N:[a-z0-9]+]]: index)
// CHECK: %[[XT:.*]] = bufferization.to_tensor %[[X]]
// CHECK: %[[BT:.*]] = bufferization.to_tensor %[[B]]
// CHECK: %[[INIT:.*]] = tensor.empty(%[[N]]) : tensor<?x8xf32>
// CHECK: %[[R:.*]] = linalg.generic {{.*}} iterator_types = ["parallel", "parallel"]} ins(%[[XT]], %[[BT]] :{{.*}}) outs(%[[INIT]]
// CHECK: arith.addf
// CHECK: math.erf
// CHECK-NOT: transformer.
// CHECK: bufferization.materialize_in_destination %[[R]] in restrict writable %[[OUT]]
func.func @bias_gelu(%in0: memref<?x8xf32>, %in1: memref<8xf32>, %out: memref<?x8xf32>, %w0: index)
    attributes {exec.words = ["batch * seq"], exec.inputs = 2} {
  %x = bufferization.to_tensor %in0 restrict : memref<?x8xf32> to tensor<?x8xf32>
  %b = bufferization.to_tensor %in1 restrict : memref<8xf32> to tensor<8xf32>
  %r = transformer.map (%x, %b : tensor<?x8xf32>, tensor<8xf32>) dims ["batch * seq", 8]
      maps [affine_map<(d0, d1) -> (d0, d1)>, affine_map<(d0, d1) -> (d1)>] {
  ^bb0(%xe: f32, %be: f32):
    %s = arith.addf %xe, %be : f32
    %g = transformer.activation #transformer.activation_kind<gelu> %s : f32
    transformer.yield %g : f32
  } -> tensor<?x8xf32>
  bufferization.materialize_in_destination %r in restrict writable %out : (tensor<?x8xf32>, memref<?x8xf32>) -> ()
  return
}

// -----

// CHECK: #[[COLUMN:.*]] = affine_map<(d0, d1) -> (d1)>
// CHECK: #[[ALL:.*]] = affine_map<(d0, d1) -> (d0, d1)>
// CHECK-LABEL: func.func @constants_units_indices
// CHECK: %[[XT:.*]] = bufferization.to_tensor
// CHECK-DAG: %[[ROW:.*]] = tensor.extract_slice %[[XT]][0, 0] [1, %{{.*}}] [1, 1] : tensor<1x?xf32> to tensor<?xf32>
// CHECK-DAG: %[[TWO:.*]] = arith.constant 2.0
// CHECK: linalg.generic {indexing_maps = [#[[COLUMN]], #[[ALL]]]{{.*}} ins(%[[ROW]] : tensor<?xf32>)
// CHECK: %[[P:.*]] = arith.mulf %{{.*}}, %[[TWO]]
// CHECK: linalg.index 0
// CHECK-NOT: dense<2.0
func.func @constants_units_indices(%in0: memref<1x?xf32>, %out: memref<?x?xf32>, %w0: index, %w1: index)
    attributes {exec.words = ["n", "m"], exec.inputs = 1} {
  %x = bufferization.to_tensor %in0 restrict : memref<1x?xf32> to tensor<1x?xf32>
  %two = arith.constant dense<2.0> : tensor<f32>
  %r = transformer.map (%x, %two : tensor<1x?xf32>, tensor<f32>) dims ["n", "m"]
      maps [affine_map<(d0, d1) -> (0, d1)>, affine_map<(d0, d1) -> ()>] {
  ^bb0(%xe: f32, %c: f32):
    %p = arith.mulf %xe, %c : f32
    %i = transformer.index 0
    %j = arith.index_cast %i : index to i32
    %f = arith.sitofp %j : i32 to f32
    %s = arith.addf %p, %f : f32
    transformer.yield %s : f32
  } -> tensor<?x?xf32>
  bufferization.materialize_in_destination %r in restrict writable %out : (tensor<?x?xf32>, memref<?x?xf32>) -> ()
  return
}
