// Tensors made of sizes and positions.
// RUN: attune-opt %s -split-input-file -convert-onnx-to-graph | FileCheck %s

// Sizes as data are a transformer.shape; nothing is left of what only makes extents.
// CHECK-LABEL: func.func @sizes
// CHECK-NEXT: %[[S:.*]] = transformer.shape ["batch", "batch * seq", "min(512, seq)"] : tensor<3xi64>
// CHECK-NEXT: return %[[S]]
func.func @sizes(%x: tensor<?x?xf32> {attune.dims = ["batch", "seq"]}) -> tensor<3xsi64> {
  %limit = onnx.constant(dense<512> : tensor<1xsi64>) : tensor<1xsi64>
  %zero = onnx.constant(dense<0> : tensor<1xsi64>) : tensor<1xsi64>
  %s = onnx.node "Shape"(%x) {version = 18 : i64} : (tensor<?x?xf32>) -> tensor<2xsi64>
  %n = onnx.node "Size"(%x) {version = 18 : i64} : (tensor<?x?xf32>) -> tensor<si64>
  %n1 = onnx.node "Unsqueeze"(%n, %zero) {version = 18 : i64} : (tensor<si64>, tensor<1xsi64>) -> tensor<1xsi64>
  %b = onnx.node "Gather"(%s, %zero) {version = 18 : i64} : (tensor<2xsi64>, tensor<1xsi64>) -> tensor<1xsi64>
  %q = onnx.node "Slice"(%s, %zero, %limit, %zero) {version = 18 : i64} : (tensor<2xsi64>, tensor<1xsi64>, tensor<1xsi64>, tensor<1xsi64>) -> tensor<2xsi64>
  %one = onnx.constant(dense<1> : tensor<1xsi64>) : tensor<1xsi64>
  %r = onnx.node "Gather"(%q, %one) {version = 18 : i64} : (tensor<2xsi64>, tensor<1xsi64>) -> tensor<1xsi64>
  %m = onnx.node "Min"(%r, %limit) {version = 18 : i64} : (tensor<1xsi64>, tensor<1xsi64>) -> tensor<1xsi64>
  %c = onnx.node "Concat"(%b, %n1, %m) {version = 18 : i64, node_attributes = {axis = 0 : i64}} : (tensor<1xsi64>, tensor<1xsi64>, tensor<1xsi64>) -> tensor<3xsi64>
  return %c : tensor<3xsi64>
}

// -----

// TorchScript's expand: ConstantOfShape, Mul, Equal, Where.
// CHECK-LABEL: func.func @torchscript
// CHECK: transformer.map(%arg0{{.*}} dims ["batch", "seq", 8]
func.func @torchscript(%x: tensor<1x1x8xf32>, %y: tensor<?x?xf32> {attune.dims = ["batch", "seq"]}) -> tensor<?x?x8xf32> {
  %zero = onnx.constant(dense<0> : tensor<1xsi64>) : tensor<1xsi64>
  %minus = onnx.constant(dense<-1> : tensor<si64>) : tensor<si64>
  %minus1 = onnx.constant(dense<-1> : tensor<1xsi64>) : tensor<1xsi64>
  %three = onnx.constant(dense<3> : tensor<1xsi64>) : tensor<1xsi64>
  %s = onnx.node "Shape"(%y) {version = 18 : i64} : (tensor<?x?xf32>) -> tensor<2xsi64>
  %to = onnx.node "Concat"(%s, %minus1) {version = 18 : i64, node_attributes = {axis = 0 : i64}} : (tensor<2xsi64>, tensor<1xsi64>) -> tensor<3xsi64>
  %ones = onnx.node "ConstantOfShape"(%three) {version = 18 : i64, node_attributes = {value = dense<1> : tensor<1xsi64>}} : (tensor<1xsi64>) -> tensor<3xsi64>
  %all = onnx.node "Mul"(%ones, %minus) {version = 18 : i64} : (tensor<3xsi64>, tensor<si64>) -> tensor<3xsi64>
  %eq = onnx.node "Equal"(%to, %all) {version = 18 : i64} : (tensor<3xsi64>, tensor<3xsi64>) -> tensor<3xi1>
  %w = onnx.node "Where"(%eq, %ones, %to) {version = 18 : i64} : (tensor<3xi1>, tensor<3xsi64>, tensor<3xsi64>) -> tensor<3xsi64>
  %r = onnx.node "Expand"(%x, %w) {version = 18 : i64} : (tensor<1x1x8xf32>, tensor<3xsi64>) -> tensor<?x?x8xf32>
  return %r : tensor<?x?x8xf32>
}

// -----

// CHECK-LABEL: func.func @positions
// CHECK: transformer.map() dims ["seq"]
// CHECK-NEXT: %[[I:.*]] = transformer.index 0
// CHECK-NEXT: %[[C:.*]] = arith.index_cast %[[I]] : index to i64
// CHECK-NEXT: transformer.yield %[[C]] : i64
// CHECK: transformer.map(%arg0 : tensor<?x?xf32>) dims ["seq", "seq"]
// CHECK: %[[COL:.*]] = transformer.index 1
// CHECK: %[[ROW:.*]] = transformer.index 0
// CHECK: arith.cmpi sle
// CHECK: arith.select
// CHECK: transformer.map() dims ["seq", 2]
// CHECK-NEXT: arith.constant 5.000000e-01 : f32
// CHECK: arith.constant dense<[5, 3, 1]> : tensor<3xi64>
func.func @positions(%x: tensor<?x?xf32> {attune.dims = ["seq", "seq"]})
    -> (tensor<?xsi64>, tensor<?x?xf32>, tensor<?x2xf32>, tensor<3xsi64>) {
  %zero = onnx.constant(dense<0> : tensor<si64>) : tensor<si64>
  %one = onnx.constant(dense<1> : tensor<si64>) : tensor<si64>
  %five = onnx.constant(dense<5> : tensor<si64>) : tensor<si64>
  %minus = onnx.constant(dense<-2> : tensor<si64>) : tensor<si64>
  %n = onnx.node "Shape"(%x) {version = 18 : i64, node_attributes = {end = 1 : i64}} : (tensor<?x?xf32>) -> tensor<1xsi64>
  %n0 = onnx.node "Squeeze"(%n) {version = 18 : i64} : (tensor<1xsi64>) -> tensor<si64>
  %r = onnx.node "Range"(%zero, %n0, %one) {version = 18 : i64} : (tensor<si64>, tensor<si64>, tensor<si64>) -> tensor<?xsi64>
  %t = onnx.node "Trilu"(%x, %one) {version = 18 : i64, node_attributes = {upper = 0 : i64}} : (tensor<?x?xf32>, tensor<si64>) -> tensor<?x?xf32>
  %two = onnx.constant(dense<2> : tensor<1xsi64>) : tensor<1xsi64>
  %d = onnx.node "Concat"(%n, %two) {version = 18 : i64, node_attributes = {axis = 0 : i64}} : (tensor<1xsi64>, tensor<1xsi64>) -> tensor<2xsi64>
  %c = onnx.node "ConstantOfShape"(%d) {version = 18 : i64, node_attributes = {value = dense<0.5> : tensor<1xf32>}} : (tensor<2xsi64>) -> tensor<?x2xf32>
  %s = onnx.node "Range"(%five, %zero, %minus) {version = 18 : i64} : (tensor<si64>, tensor<si64>, tensor<si64>) -> tensor<3xsi64>
  return %r, %t, %c, %s : tensor<?xsi64>, tensor<?x?xf32>, tensor<?x2xf32>, tensor<3xsi64>
}
