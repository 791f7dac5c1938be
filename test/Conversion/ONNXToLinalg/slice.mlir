// Slices, parts and joins are copies between slices; only a step back reads element by element.
// RUN: attune-opt %s -split-input-file -convert-graph-to-linalg | FileCheck %s

// The start is a size, limited as ONNX says; the extent is the node's.
// CHECK-LABEL: func.func @slice
// CHECK-SAME: %[[N:[a-z0-9]+]]: index, %[[REST:[a-z0-9]+]]: index)
// CHECK: %[[LOW:.*]] = arith.maxsi
// CHECK: tensor.extract_slice %{{.*}}[%[[LOW]], 0] [%[[REST]], 3] [1, 1] : tensor<20x3xf32> to tensor<?x3xf32>
// CHECK: linalg.generic
func.func @slice(%in0: memref<20x3xf32>, %out: memref<?x3xf32>, %w0: index, %w1: index)
    attributes {exec.words = ["n", "20 - n"], exec.inputs = 1} {
  %x = bufferization.to_tensor %in0 restrict : memref<20x3xf32> to tensor<20x3xf32>
  %s = transformer.shape ["n"] : tensor<1xi64>
  %e = arith.constant dense<20> : tensor<1xi64>
  %r = onnx.node "Slice"(%x, %s, %e) {dims = [["20 - n", 3]]}
      : (tensor<20x3xf32>, tensor<1xi64>, tensor<1xi64>) -> tensor<?x3xf32>
  bufferization.materialize_in_destination %r in restrict writable %out : (tensor<?x3xf32>, memref<?x3xf32>) -> ()
  return
}

// -----

// CHECK-LABEL: func.func @reverse
// CHECK-NOT: tensor.extract_slice
// CHECK: linalg.generic
// CHECK: arith.muli
// CHECK: tensor.extract
func.func @reverse(%in0: memref<6xf32>, %out: memref<6xf32>) attributes {exec.words = [], exec.inputs = 1} {
  %x = bufferization.to_tensor %in0 restrict : memref<6xf32> to tensor<6xf32>
  %s = arith.constant dense<-1> : tensor<1xi64>
  %e = arith.constant dense<-7> : tensor<1xi64>
  %a = arith.constant dense<0> : tensor<1xi64>
  %r = onnx.node "Slice"(%x, %s, %e, %a, %s) {dims = [[6]]}
      : (tensor<6xf32>, tensor<1xi64>, tensor<1xi64>, tensor<1xi64>, tensor<1xi64>) -> tensor<6xf32>
  bufferization.materialize_in_destination %r in restrict writable %out : (tensor<6xf32>, memref<6xf32>) -> ()
  return
}

// -----

// CHECK-LABEL: func.func @split
// CHECK: tensor.extract_slice %{{.*}}[0, 0] [%{{.*}}, 2] [1, 1]
// CHECK: tensor.extract_slice %{{.*}}[0, 2] [%{{.*}}, 5] [1, 1]
// CHECK-COUNT-2: materialize_in_destination
func.func @split(%in0: memref<?x7xf32>, %out0: memref<?x2xf32>, %out1: memref<?x5xf32>, %w0: index)
    attributes {exec.words = ["n"], exec.inputs = 1} {
  %x = bufferization.to_tensor %in0 restrict : memref<?x7xf32> to tensor<?x7xf32>
  %a, %b = onnx.node "Split"(%x) {node_attributes = {axis = 1 : i64}, dims = [["n", 2], ["n", 5]]}
      : (tensor<?x7xf32>) -> (tensor<?x2xf32>, tensor<?x5xf32>)
  bufferization.materialize_in_destination %a in restrict writable %out0 : (tensor<?x2xf32>, memref<?x2xf32>) -> ()
  bufferization.materialize_in_destination %b in restrict writable %out1 : (tensor<?x5xf32>, memref<?x5xf32>) -> ()
  return
}

// -----

// The destination's own tensor takes the parts.
// CHECK-LABEL: func.func @concat
// CHECK-SAME: %[[OUT:[^:]*]]: memref<?xf32>, %[[N:[a-z0-9]+]]: index, %{{.*}}: index)
// CHECK: %[[D:.*]] = bufferization.to_tensor %[[OUT]] restrict writable
// CHECK: %[[P:.*]] = tensor.insert_slice %{{.*}} into %[[D]][0] [%[[N]]] [1]
// CHECK: %[[Q:.*]] = tensor.insert_slice %{{.*}} into %[[P]][%[[N]]] [2] [1]
// CHECK: materialize_in_destination %[[Q]]
func.func @concat(%in0: memref<?xf32> {attune.dims = ["n"]}, %in1: memref<2xf32>, %out: memref<?xf32>, %w0: index, %w1: index)
    attributes {exec.words = ["n", "n + 2"], exec.inputs = 2} {
  %x = bufferization.to_tensor %in0 restrict : memref<?xf32> to tensor<?xf32>
  %y = bufferization.to_tensor %in1 restrict : memref<2xf32> to tensor<2xf32>
  %r = onnx.node "Concat"(%x, %y) {node_attributes = {axis = 0 : i64}, dims = [["n + 2"]]}
      : (tensor<?xf32>, tensor<2xf32>) -> tensor<?xf32>
  bufferization.materialize_in_destination %r in restrict writable %out : (tensor<?xf32>, memref<?xf32>) -> ()
  return
}
