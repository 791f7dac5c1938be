// cache_append as linalg: one loop nest, which reads new rows where there are some, else old ones.
// RUN: attune-opt %s --convert-graph-to-linalg --split-input-file | FileCheck %s

// CHECK-LABEL: func.func @cache_append(
// CHECK-SAME: %{{.*}}, %{{.*}}, %{{.*}}, %{{.*}}, %[[PAST:.*]]: index, %[[NEW:.*]]: index, %[[ROWS:.*]]: index)
// CHECK: linalg.generic {{.*}} ins(%{{.*}} : tensor<2xi64>)
// CHECK: %[[START:.*]] = arith.index_cast
// CHECK: %[[ROW:.*]] = arith.subi %[[I:.*]], %[[START]]
// CHECK-NOT: remsi
// CHECK: %[[ISNEW:.*]] = arith.cmpi ult, %[[ROW]], %[[NEW]]
// CHECK: scf.if %[[ISNEW]]
// CHECK: tensor.extract %{{.*}}[%{{.*}}, %[[ROW]], %{{.*}}]
// CHECK: else
// CHECK: %[[ISOLD:.*]] = arith.cmpi ult, %[[I]], %[[PAST]]
// CHECK: scf.if %[[ISOLD]]
// CHECK: tensor.extract %{{.*}}[%{{.*}}, %[[I]], %{{.*}}]
func.func @cache_append(%in0: memref<2x?x4xf32> {attune.dims = [2, "n", 4]},
    %in1: memref<2x?x4xf32> {attune.dims = [2, "m", 4]}, %in2: memref<2xi64>, %out: memref<2x?x4xf32>,
    %n: index, %m: index, %r: index) attributes {exec.words = ["n", "m", "r"], exec.inputs = 3} {
  %past = bufferization.to_tensor %in0 restrict : memref<2x?x4xf32> to tensor<2x?x4xf32>
  %new = bufferization.to_tensor %in1 restrict : memref<2x?x4xf32> to tensor<2x?x4xf32>
  %start = bufferization.to_tensor %in2 restrict : memref<2xi64> to tensor<2xi64>
  %y = transformer.cache_append %past, %new at %start axis 1 dims [2, "r", 4]
      : tensor<2x?x4xf32>, tensor<2x?x4xf32>, tensor<2xi64> -> tensor<2x?x4xf32>
  bufferization.materialize_in_destination %y in restrict writable %out : (tensor<2x?x4xf32>, memref<2x?x4xf32>) -> ()
  return
}

// -----

// A ring goes on at its beginning; a past of the same size is read without a check.
// CHECK-LABEL: func.func @ring(
// CHECK: %[[REST:.*]] = arith.remsi
// CHECK: %[[ROW:.*]] = arith.select
// CHECK: arith.cmpi ult, %[[ROW]], %{{.*}}
// CHECK: scf.if
// CHECK-NOT: scf.if
// CHECK: return
func.func @ring(%in0: memref<2x8x4xf32>, %in1: memref<2x3x4xf32>, %in2: memref<2xi64>, %out: memref<2x8x4xf32>)
    attributes {exec.words = [], exec.inputs = 3} {
  %past = bufferization.to_tensor %in0 restrict : memref<2x8x4xf32> to tensor<2x8x4xf32>
  %new = bufferization.to_tensor %in1 restrict : memref<2x3x4xf32> to tensor<2x3x4xf32>
  %start = bufferization.to_tensor %in2 restrict : memref<2xi64> to tensor<2xi64>
  %y = transformer.cache_append %past, %new at %start axis 1 ring dims [2, 8, 4]
      : tensor<2x8x4xf32>, tensor<2x3x4xf32>, tensor<2xi64> -> tensor<2x8x4xf32>
  bufferization.materialize_in_destination %y in restrict writable %out : (tensor<2x8x4xf32>, memref<2x8x4xf32>) -> ()
  return
}
