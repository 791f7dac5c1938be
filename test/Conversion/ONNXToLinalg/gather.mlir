// Gathers read at computed places, and never outside their data.
// RUN: attune-opt %s -split-input-file -convert-graph-to-linalg -canonicalize | FileCheck %s

// The table's extent is known not to be 0: limited, no branch.
// CHECK-LABEL: func.func @embedding
// CHECK-DAG: %[[LAST:.*]] = arith.constant 29 : index
// CHECK: linalg.generic
// CHECK: arith.select
// CHECK: arith.minsi %{{.*}}, %[[LAST]]
// CHECK: arith.maxsi
// CHECK-NOT: scf.if
// CHECK: tensor.extract
func.func @embedding(%in0: memref<30x8xf32> {attune.dims = [30, 8]}, %in1: memref<?xi64> {attune.dims = ["n"]},
                     %out: memref<?x8xf32>, %w0: index) attributes {exec.words = ["n"], exec.inputs = 2} {
  %t = bufferization.to_tensor %in0 restrict : memref<30x8xf32> to tensor<30x8xf32>
  %i = bufferization.to_tensor %in1 restrict : memref<?xi64> to tensor<?xi64>
  %r = onnx.node "Gather"(%t, %i) {node_attributes = {axis = 0 : i64}, dims = [["n", 8]]}
      : (tensor<30x8xf32>, tensor<?xi64>) -> tensor<?x8xf32>
  bufferization.materialize_in_destination %r in restrict writable %out : (tensor<?x8xf32>, memref<?x8xf32>) -> ()
  return
}

// -----

// An axis that may be empty is read behind a branch.
// CHECK-LABEL: func.func @first_token
// CHECK-SAME: %[[N:[a-z0-9]+]]: index)
// CHECK: linalg.generic
// CHECK: scf.if
// CHECK: tensor.extract
func.func @first_token(%in0: memref<?x8xf32> {attune.dims = ["n", 8]}, %out: memref<8xf32>, %w0: index)
    attributes {exec.words = ["n"], exec.inputs = 1} {
  %x = bufferization.to_tensor %in0 restrict : memref<?x8xf32> to tensor<?x8xf32>
  %i = arith.constant dense<0> : tensor<i64>
  %r = onnx.node "Gather"(%x, %i) {node_attributes = {axis = 0 : i64}, dims = [[8]]}
      : (tensor<?x8xf32>, tensor<i64>) -> tensor<8xf32>
  bufferization.materialize_in_destination %r in restrict writable %out : (tensor<8xf32>, memref<8xf32>) -> ()
  return
}

// -----

// Each component of the tuples is an operand.
// CHECK-LABEL: func.func @tuples
// CHECK: %[[A:.*]] = tensor.extract_slice %[[I:.*]][0, 0] [5, 1] [1, 1] : tensor<5x2xi64> to tensor<5xi64>
// CHECK: %[[B:.*]] = tensor.extract_slice %[[I]][0, 1] [5, 1] [1, 1] : tensor<5x2xi64> to tensor<5xi64>
// CHECK: linalg.generic {{.*}} ins(%[[A]], %[[B]] :
func.func @tuples(%in0: memref<3x4xf32> {attune.dims = [3, 4]}, %in1: memref<5x2xi64> {attune.dims = [5, 2]},
                  %out: memref<5xf32>) attributes {exec.words = [], exec.inputs = 2} {
  %x = bufferization.to_tensor %in0 restrict : memref<3x4xf32> to tensor<3x4xf32>
  %i = bufferization.to_tensor %in1 restrict : memref<5x2xi64> to tensor<5x2xi64>
  %r = onnx.node "GatherND"(%x, %i) {dims = [[5]]} : (tensor<3x4xf32>, tensor<5x2xi64>) -> tensor<5xf32>
  bufferization.materialize_in_destination %r in restrict writable %out : (tensor<5xf32>, memref<5xf32>) -> ()
  return
}
