// Reductions: a scalar function before, the reduction, a map after.
// RUN: attune-opt %s -split-input-file -convert-onnx-to-graph | FileCheck %s

// CHECK-DAG: #[[KEEP:.*]] = affine_map<(d0, d1) -> (d0, 0)>
// CHECK-DAG: #[[DROP:.*]] = affine_map<(d0, d1) -> (d0)>
// CHECK-LABEL: func.func @means
// CHECK: %[[S:.*]] = transformer.reduce <sum>(%arg0 : tensor<?x8xf32>) dims ["n", 8] {{.*}} to #[[KEEP]]
// CHECK: transformer.map(%[[S]] : tensor<?x1xf32>) dims ["n", 1]
// CHECK: arith.constant 8.000000e+00 : f32
// CHECK: arith.divf
// The number of elements is a size where it is dynamic.
// CHECK: %[[S2:.*]] = transformer.reduce <sum>(%arg0
// CHECK: %[[N:.*]] = transformer.shape ["n"] : tensor<i64>
// CHECK: transformer.map(%[[S2]], %[[N]] : tensor<8xf32>, tensor<i64>) dims [8]
// CHECK: arith.sitofp
// CHECK: transformer.reduce <sum>(%arg0 {{.*}} to #[[DROP]]
// CHECK: arith.mulf
// CHECK: math.sqrt
func.func @means(%x: tensor<?x8xf32> {attune.dims = ["n", 8]}) -> (tensor<?x1xf32>, tensor<8xf32>, tensor<?xf32>) {
  %a = onnx.constant(dense<-1> : tensor<1xsi64>) : tensor<1xsi64>
  %z = onnx.constant(dense<0> : tensor<1xsi64>) : tensor<1xsi64>
  %0 = onnx.node "ReduceMean"(%x, %a) {version = 18 : i64} : (tensor<?x8xf32>, tensor<1xsi64>) -> tensor<?x1xf32>
  %1 = onnx.node "ReduceMean"(%x, %z) {version = 18 : i64, node_attributes = {keepdims = 0 : i64}} : (tensor<?x8xf32>, tensor<1xsi64>) -> tensor<8xf32>
  %2 = onnx.node "ReduceL2"(%x) {version = 13 : i64, node_attributes = {axes = array<i64: 1>, keepdims = 0 : i64}} : (tensor<?x8xf32>) -> tensor<?xf32>
  return %0, %1, %2 : tensor<?x1xf32>, tensor<8xf32>, tensor<?xf32>
}

// -----

// Sums of halves are taken in f32; unsigned extrema flip the sign bit, booleans widen.
// CHECK-LABEL: func.func @types
// CHECK: arith.extf
// CHECK: } -> tensor<f32>
// CHECK: arith.truncf
// CHECK: transformer.reduce <max>
// CHECK: arith.xori
// CHECK: arith.xori
// CHECK: transformer.reduce <min>
// CHECK: arith.extui
// CHECK: } -> tensor<i8>
// CHECK: arith.cmpi sgt
func.func @types(%h: tensor<4xf16>, %u: tensor<4xui8>, %b: tensor<4xi1>) -> (tensor<f16>, tensor<ui8>, tensor<i1>) {
  %0 = onnx.node "ReduceSum"(%h) {version = 20 : i64, node_attributes = {keepdims = 0 : i64}} : (tensor<4xf16>) -> tensor<f16>
  %1 = onnx.node "ReduceMax"(%u) {version = 20 : i64, node_attributes = {keepdims = 0 : i64}} : (tensor<4xui8>) -> tensor<ui8>
  %2 = onnx.node "ReduceMin"(%b) {version = 20 : i64, node_attributes = {keepdims = 0 : i64}} : (tensor<4xi1>) -> tensor<i1>
  return %0, %1, %2 : tensor<f16>, tensor<ui8>, tensor<i1>
}

// -----

// The maximum leaves the sum of exponentials; where it is infinite nothing does.
// CHECK-LABEL: func.func @log_sum_exp
// CHECK: transformer.reduce <max>
// CHECK: arith.select
// CHECK: arith.subf
// CHECK: math.exp
// CHECK: transformer.reduce <sum>
// CHECK: math.log
// CHECK: arith.addf
func.func @log_sum_exp(%x: tensor<?x8xf32> {attune.dims = ["n", 8]}) -> tensor<1x1xf32> {
  %0 = onnx.node "ReduceLogSumExp"(%x) {version = 18 : i64} : (tensor<?x8xf32>) -> tensor<1x1xf32>
  return %0 : tensor<1x1xf32>
}
