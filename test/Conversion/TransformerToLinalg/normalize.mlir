// softmax and norm: the rows' loops come first in every generic; only rows are temporaries.
// RUN: attune-opt %s -split-input-file -convert-graph-to-linalg | FileCheck %s

// CHECK: #[[WHOLE:.*]] = affine_map<(d0, d1, d2) -> (d0, d2, d1)>
// CHECK: #[[ROW:.*]] = affine_map<(d0, d1, d2) -> (d0, d1)>
// CHECK-LABEL: func.func @softmax_middle
// CHECK: %[[MAX:.*]] = linalg.generic {indexing_maps = [#[[WHOLE]], #[[ROW]]], iterator_types = ["parallel", "parallel", "reduction"]}
// CHECK: arith.maximumf
// CHECK: %[[SUM:.*]] = linalg.generic {indexing_maps = [#[[WHOLE]], #[[ROW]], #[[ROW]]]{{.*}} ins(%{{.*}}, %[[MAX]] :
// CHECK: math.exp
// CHECK: arith.addf
// CHECK: %[[R:.*]] = linalg.generic {indexing_maps = [#[[WHOLE]], #[[ROW]], #[[ROW]], #[[WHOLE]]]{{.*}} ins(%{{.*}}, %[[MAX]], %[[SUM]] :
// CHECK: math.exp
// CHECK: arith.divf
// CHECK: materialize_in_destination %[[R]]
func.func @softmax_middle(%in0: memref<?x?x3xf32>, %out: memref<?x?x3xf32>, %w0: index, %w1: index)
    attributes {exec.words = ["n", "m"], exec.inputs = 1} {
  %x = bufferization.to_tensor %in0 restrict : memref<?x?x3xf32> to tensor<?x?x3xf32>
  %y = transformer.softmax %x axis 1 dims ["n", "m", 3] : tensor<?x?x3xf32>
  bufferization.materialize_in_destination %y in restrict writable %out : (tensor<?x?x3xf32>, memref<?x?x3xf32>) -> ()
  return
}

// -----

// Half precision: sums in f32, one rounding at the end.
// CHECK-LABEL: func.func @softmax_half
// CHECK: %[[SUM:.*]] = linalg.generic {{.*}} outs(%{{.*}} : tensor<?xf32>)
// CHECK: math.exp {{.*}} : f32
// CHECK: linalg.generic
// CHECK: math.exp {{.*}} : f32
// CHECK: arith.divf {{.*}} : f32
// CHECK: arith.truncf {{.*}} : f32 to f16
func.func @softmax_half(%in0: memref<?x?xf16>, %out: memref<?x?xf16>, %w0: index, %w1: index)
    attributes {exec.words = ["n", "m"], exec.inputs = 1} {
  %x = bufferization.to_tensor %in0 restrict : memref<?x?xf16> to tensor<?x?xf16>
  %y = transformer.softmax %x axis 1 dims ["n", "m"] : tensor<?x?xf16>
  bufferization.materialize_in_destination %y in restrict writable %out : (tensor<?x?xf16>, memref<?x?xf16>) -> ()
  return
}

// -----

// CHECK-LABEL: func.func @layer_norm
// CHECK-DAG: %[[COUNT:.*]] = arith.constant 8.0
// CHECK: %[[SUM:.*]] = linalg.generic {{.*}} iterator_types = ["parallel", "reduction"]}
// CHECK: %[[MEAN:.*]] = linalg.generic {{.*}} outs(%[[SUM]] : tensor<?xf32>)
// CHECK: arith.divf %{{.*}}, %[[COUNT]]
// CHECK: linalg.generic {{.*}} ins(%{{.*}}, %[[MEAN]] :
// CHECK: arith.subf
// CHECK: math.sqrt
// CHECK: %[[R:.*]] = linalg.generic {{.*}} iterator_types = ["parallel", "parallel"]}
// CHECK: materialize_in_destination %[[R]]
func.func @layer_norm(%in0: memref<?x8xf32>, %in1: memref<8xf32>, %in2: memref<8xf32>, %out: memref<?x8xf32>, %w0: index)
    attributes {exec.words = ["n"], exec.inputs = 3} {
  %x = bufferization.to_tensor %in0 restrict : memref<?x8xf32> to tensor<?x8xf32>
  %s = bufferization.to_tensor %in1 restrict : memref<8xf32> to tensor<8xf32>
  %b = bufferization.to_tensor %in2 restrict : memref<8xf32> to tensor<8xf32>
  %y = transformer.norm #transformer.norm_kind<layer> %x scale(%s : tensor<8xf32>) shift(%b : tensor<8xf32>)
      axes 1 epsilon 1.0e-5 dims ["n", 8] : tensor<?x8xf32>
  bufferization.materialize_in_destination %y in restrict writable %out : (tensor<?x8xf32>, memref<?x8xf32>) -> ()
  return
}

// -----

// CHECK-LABEL: func.func @rms_norm
// CHECK-NOT: arith.subf
// CHECK: materialize_in_destination
func.func @rms_norm(%in0: memref<?x8xf32>, %out: memref<?x8xf32>, %w0: index)
    attributes {exec.words = ["n"], exec.inputs = 1} {
  %x = bufferization.to_tensor %in0 restrict : memref<?x8xf32> to tensor<?x8xf32>
  %y = transformer.norm #transformer.norm_kind<rms> %x axes 1 epsilon 1.0e-5 dims ["n", 8] : tensor<?x8xf32>
  bufferization.materialize_in_destination %y in restrict writable %out : (tensor<?x8xf32>, memref<?x8xf32>) -> ()
  return
}
