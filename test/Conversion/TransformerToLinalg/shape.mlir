// Sizes as data are stored one by one; where a map only needs the one size, it is a scalar.
// RUN: attune-opt %s -split-input-file -convert-graph-to-linalg | FileCheck %s

// CHECK-LABEL: func.func @stored
// CHECK-SAME: %[[N:[a-z0-9]+]]: index)
// CHECK: %[[E:.*]] = tensor.empty() : tensor<2xi64>
// CHECK: %[[V:.*]] = arith.index_cast %[[N]] : index to i64
// CHECK: %[[A:.*]] = tensor.insert %[[V]] into %[[E]]
// CHECK: %[[B:.*]] = tensor.insert %{{.*}} into %[[A]]
// CHECK: materialize_in_destination %[[B]]
func.func @stored(%out: memref<2xi64>, %w0: index) attributes {exec.words = ["n"], exec.inputs = 0} {
  %s = transformer.shape ["n", 7] : tensor<2xi64>
  bufferization.materialize_in_destination %s in restrict writable %out : (tensor<2xi64>, memref<2xi64>) -> ()
  return
}

// -----

// CHECK-LABEL: func.func @scalar
// CHECK-SAME: %[[N:[a-z0-9]+]]: index)
// CHECK-NOT: tensor.insert
// CHECK: %[[V:.*]] = arith.index_cast %[[N]] : index to i64
// CHECK: linalg.generic
// CHECK: arith.addi %{{.*}}, %[[V]]
func.func @scalar(%in0: memref<4xi64>, %out: memref<4xi64>, %w0: index) attributes {exec.words = ["n"], exec.inputs = 1} {
  %x = bufferization.to_tensor %in0 restrict : memref<4xi64> to tensor<4xi64>
  %s = transformer.shape ["n"] : tensor<1xi64>
  %r = transformer.map (%x, %s : tensor<4xi64>, tensor<1xi64>) dims [4]
      maps [affine_map<(d0) -> (d0)>, affine_map<(d0) -> (0)>] {
  ^bb0(%e: i64, %n: i64):
    %t = arith.addi %e, %n : i64
    transformer.yield %t : i64
  } -> tensor<4xi64>
  bufferization.materialize_in_destination %r in restrict writable %out : (tensor<4xi64>, memref<4xi64>) -> ()
  return
}
