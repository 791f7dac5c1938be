// Pad and Trilu.
// RUN: attune-opt %s -split-input-file -convert-graph-to-linalg -canonicalize | FileCheck %s

// A negative pad cuts the data: one element off the front, two values behind.
// CHECK-LABEL: func.func @constant
// CHECK: %[[FILL:.*]] = linalg.fill
// CHECK: %[[PART:.*]] = tensor.extract_slice %{{.*}}[1] [5] [1] : tensor<6xf32> to tensor<5xf32>
// CHECK: tensor.insert_slice %{{.*}} into %[[FILL]][0] [5] [1]
func.func @constant(%in0: memref<6xf32>, %out: memref<7xf32>) attributes {exec.words = [], exec.inputs = 1} {
  %x = bufferization.to_tensor %in0 restrict : memref<6xf32> to tensor<6xf32>
  %p = arith.constant dense<[-1, 2]> : tensor<2xi64>
  %r = onnx.node "Pad"(%x, %p) {dims = [[7]]} : (tensor<6xf32>, tensor<2xi64>) -> tensor<7xf32>
  bufferization.materialize_in_destination %r in restrict writable %out : (tensor<7xf32>, memref<7xf32>) -> ()
  return
}

// -----

// CHECK-LABEL: func.func @reflect
// CHECK-DAG: %[[PERIOD:.*]] = arith.constant 10 : index
// CHECK: linalg.generic
// CHECK: arith.remsi %{{.*}}, %[[PERIOD]]
// CHECK: tensor.extract
func.func @reflect(%in0: memref<6xf32>, %out: memref<9xf32>) attributes {exec.words = [], exec.inputs = 1} {
  %x = bufferization.to_tensor %in0 restrict : memref<6xf32> to tensor<6xf32>
  %p = arith.constant dense<[1, 2]> : tensor<2xi64>
  %r = onnx.node "Pad"(%x, %p) {node_attributes = {mode = "reflect"}, dims = [[9]]}
      : (tensor<6xf32>, tensor<2xi64>) -> tensor<9xf32>
  bufferization.materialize_in_destination %r in restrict writable %out : (tensor<9xf32>, memref<9xf32>) -> ()
  return
}

// -----

// CHECK-LABEL: func.func @lower
// CHECK: %[[D:.*]] = arith.subi
// CHECK: arith.cmpi sle, %[[D]]
// CHECK: arith.select
func.func @lower(%in0: memref<?x?xi1>, %out: memref<?x?xi1>, %w0: index, %w1: index)
    attributes {exec.words = ["n", "m"], exec.inputs = 1} {
  %x = bufferization.to_tensor %in0 restrict : memref<?x?xi1> to tensor<?x?xi1>
  %r = onnx.node "Trilu"(%x) {node_attributes = {upper = 0 : i64}, dims = [["n", "m"]]}
      : (tensor<?x?xi1>) -> tensor<?x?xi1>
  bufferization.materialize_in_destination %r in restrict writable %out : (tensor<?x?xi1>, memref<?x?xi1>) -> ()
  return
}
