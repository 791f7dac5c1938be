// Slice, Split, Concat, Pad: extents by ONNX's rules, operands in one form.
// RUN: attune-opt %s -split-input-file -convert-onnx-to-graph | FileCheck %s

// CHECK-LABEL: func.func @slices
// Last four elements; all but the last; every second, backwards; the whole axis is no slice.
// CHECK: onnx.node "Slice"(%arg0, {{.*}}) {dims = {{\[\[}}"batch", "min(4, seq)"]]
// CHECK: onnx.node "Slice"(%arg0, {{.*}}) {dims = {{\[\[}}"batch", "max(0, seq - 1)"]]
// CHECK: onnx.node "Slice"(%arg0, {{.*}}) {dims = {{\[\[}}"batch", "(seq + 1) floordiv 2"]]
// CHECK: return %{{.*}}, %{{.*}}, %{{.*}}, %arg0
func.func @slices(%x: tensor<?x?xf32> {attune.dims = ["batch", "seq"]})
    -> (tensor<?x?xf32>, tensor<?x?xf32>, tensor<?x?xf32>, tensor<?x?xf32>) {
  %axis = onnx.constant(dense<-1> : tensor<1xsi64>) : tensor<1xsi64>
  %zero = onnx.constant(dense<0> : tensor<1xsi64>) : tensor<1xsi64>
  %four = onnx.constant(dense<-4> : tensor<1xsi64>) : tensor<1xsi64>
  %most = onnx.constant(dense<9223372036854775807> : tensor<1xsi64>) : tensor<1xsi64>
  %least = onnx.constant(dense<-9223372036854775808> : tensor<1xsi64>) : tensor<1xsi64>
  %back = onnx.constant(dense<-2> : tensor<1xsi64>) : tensor<1xsi64>
  %0 = onnx.node "Slice"(%x, %four, %most, %axis) {version = 18 : i64} : (tensor<?x?xf32>, tensor<1xsi64>, tensor<1xsi64>, tensor<1xsi64>) -> tensor<?x?xf32>
  %1 = onnx.node "Slice"(%x, %zero, %axis, %axis) {version = 18 : i64} : (tensor<?x?xf32>, tensor<1xsi64>, tensor<1xsi64>, tensor<1xsi64>) -> tensor<?x?xf32>
  %2 = onnx.node "Slice"(%x, %axis, %least, %axis, %back) {version = 18 : i64} : (tensor<?x?xf32>, tensor<1xsi64>, tensor<1xsi64>, tensor<1xsi64>, tensor<1xsi64>) -> tensor<?x?xf32>
  %3 = onnx.node "Slice"(%x, %zero, %most, %axis) {version = 18 : i64} : (tensor<?x?xf32>, tensor<1xsi64>, tensor<1xsi64>, tensor<1xsi64>) -> tensor<?x?xf32>
  return %0, %1, %2, %3 : tensor<?x?xf32>, tensor<?x?xf32>, tensor<?x?xf32>, tensor<?x?xf32>
}

// -----

// Splits are slices; before opset 10 slices have attributes.
// CHECK-LABEL: func.func @parts
// CHECK: %[[B:.*]] = arith.constant dense<7> : tensor<1xi64>
// CHECK: onnx.node "Slice"(%arg0, %{{.*}}, %{{.*}}, %{{.*}}, %{{.*}}) {dims = {{\[\[}}"n", 7]], version = 18 : i64}
// CHECK: onnx.node "Slice"(%arg0, {{.*}}) {dims = {{\[\[}}"n", 7]]
// CHECK: onnx.node "Slice"(%arg0, {{.*}}) {dims = {{\[\[}}"n", 6]]
// CHECK: onnx.node "Slice"(%arg0, {{.*}}) {dims = {{\[\[}}"n", 2]]
func.func @parts(%x: tensor<?x20xf32> {attune.dims = ["n", 20]})
    -> (tensor<?x7xf32>, tensor<?x7xf32>, tensor<?x6xf32>, tensor<?x2xf32>) {
  %0:3 = onnx.node "Split"(%x) {version = 18 : i64, node_attributes = {axis = 1 : i64, num_outputs = 3 : i64}} : (tensor<?x20xf32>) -> (tensor<?x7xf32>, tensor<?x7xf32>, tensor<?x6xf32>)
  %1 = onnx.node "Slice"(%x) {version = 9 : i64, node_attributes = {axes = array<i64: 1>, starts = array<i64: 3>, ends = array<i64: 5>}} : (tensor<?x20xf32>) -> tensor<?x2xf32>
  return %0#0, %0#1, %0#2, %1 : tensor<?x7xf32>, tensor<?x7xf32>, tensor<?x6xf32>, tensor<?x2xf32>
}

// -----

// CHECK-LABEL: func.func @joins
// CHECK: %[[V:.*]] = arith.constant dense<1.000000e+00> : tensor<f32>
// CHECK: %[[C:.*]] = onnx.node "Concat"(%arg0, %arg1) {dims = {{\[\[}}"batch", "past + seq"]], node_attributes = {axis = 1 : i64}
// CHECK: %[[P:.*]] = arith.constant dense<[0, 1, 0, 2]> : tensor<4xi64>
// CHECK: onnx.node "Pad"(%[[C]], %[[P]], %[[V]]) {dims = {{\[\[}}"batch", "past + seq + 3"]], node_attributes = {mode = "constant"}
func.func @joins(%x: tensor<?x?xf32> {attune.dims = ["batch", "past"]},
                 %y: tensor<?x?xf32> {attune.dims = ["batch", "seq"]}) -> tensor<?x?xf32> {
  %p = onnx.constant(dense<[1, 2]> : tensor<2xsi64>) : tensor<2xsi64>
  %v = onnx.constant(dense<1.0> : tensor<f32>) : tensor<f32>
  %a = onnx.constant(dense<1> : tensor<1xsi64>) : tensor<1xsi64>
  %0 = onnx.node "Concat"(%x, %y) {version = 18 : i64, node_attributes = {axis = -1 : i64}} : (tensor<?x?xf32>, tensor<?x?xf32>) -> tensor<?x?xf32>
  %1 = onnx.node "Pad"(%0, %p, %v, %a) {version = 18 : i64} : (tensor<?x?xf32>, tensor<2xsi64>, tensor<f32>, tensor<1xsi64>) -> tensor<?x?xf32>
  return %1 : tensor<?x?xf32>
}
