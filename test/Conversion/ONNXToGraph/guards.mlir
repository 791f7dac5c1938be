// What the symbols cannot prove becomes a guard that names the node; what they can does not.
// RUN: attune-opt %s -split-input-file -convert-onnx-to-graph | FileCheck %s

// A position slice added to seq: min(512, seq) = seq says seq <= 512, and simplifies the rest.
// CHECK-LABEL: func.func @positions
// CHECK-SAME: attune.guards = [{lhs = "seq", node = "node_add", relation = "le", rhs = "512"}]
// CHECK: onnx.node "Slice"({{.*}}) {dims = {{\[\[}}1, "seq"]]
// CHECK: transformer.map({{.*}} dims ["batch", "seq"]
func.func @positions(%x: tensor<?x?xf32> {attune.dims = ["batch", "seq"]},
                     %table: tensor<1x512xf32>) -> tensor<?x?xf32> {
  %zero = onnx.constant(dense<0> : tensor<1xsi64>) : tensor<1xsi64>
  %one = onnx.constant(dense<1> : tensor<1xsi64>) : tensor<1xsi64>
  %n = onnx.node "Shape"(%x) {version = 18 : i64, node_attributes = {start = 1 : i64}} : (tensor<?x?xf32>) -> tensor<1xsi64>
  %p = onnx.node "Slice"(%table, %zero, %n, %one) {version = 18 : i64} : (tensor<1x512xf32>, tensor<1xsi64>, tensor<1xsi64>, tensor<1xsi64>) -> tensor<1x?xf32>
  %y = onnx.node "Add"(%x, %p) {version = 18 : i64} : (tensor<?x?xf32>, tensor<1x?xf32>) -> tensor<?x?xf32> loc("node_add"("Add"))
  return %y : tensor<?x?xf32>
}

// -----

// Two symbols added are one from then on; a symbol added to a static extent is that extent.
// CHECK-LABEL: func.func @equal
// CHECK-SAME: {attune.dims = ["n"]
// CHECK-SAME: {attune.dims = ["m"]
// CHECK-SAME: attune.guards = [{lhs = "k", node = "third", relation = "eq", rhs = "8"},
// CHECK-SAME: {lhs = "{{[mn]}}", node = "first", relation = "eq", rhs = "{{[mn]}}"}]
// CHECK: %[[R:.*]] = transformer.reshape %arg2 dims [8] : tensor<?xf32> -> tensor<8xf32>
// CHECK: transformer.map(%[[R]], %arg3 : tensor<8xf32>, tensor<8xf32>) dims [8]
func.func @equal(%a: tensor<?xf32> {attune.dims = ["n"]}, %b: tensor<?xf32> {attune.dims = ["m"]},
                 %c: tensor<?xf32> {attune.dims = ["k"]}, %d: tensor<8xf32>)
    -> (tensor<?xf32>, tensor<?xf32>, tensor<8xf32>) {
  %0 = onnx.node "Add"(%a, %b) {version = 18 : i64} : (tensor<?xf32>, tensor<?xf32>) -> tensor<?xf32> loc("first"("Add"))
  %1 = onnx.node "Mul"(%b, %a) {version = 18 : i64} : (tensor<?xf32>, tensor<?xf32>) -> tensor<?xf32> loc("second"("Mul"))
  %2 = onnx.node "Sub"(%c, %d) {version = 18 : i64} : (tensor<?xf32>, tensor<8xf32>) -> tensor<8xf32> loc("third"("Sub"))
  return %0, %1, %2 : tensor<?xf32>, tensor<?xf32>, tensor<8xf32>
}

// -----

// CHECK-LABEL: func.func @divides
// CHECK-SAME: attune.guards = [{lhs = "4", node = "split", relation = "divides", rhs = "n"}]
// CHECK: transformer.reshape %arg0 dims ["n floordiv 4", 4]
func.func @divides(%x: tensor<?xf32> {attune.dims = ["n"]}) -> tensor<?x4xf32> {
  %to = onnx.constant(dense<[-1, 4]> : tensor<2xsi64>) : tensor<2xsi64>
  %0 = onnx.node "Reshape"(%x, %to) {version = 18 : i64} : (tensor<?xf32>, tensor<2xsi64>) -> tensor<?x4xf32> loc("split"("Reshape"))
  return %0 : tensor<?x4xf32>
}

// -----

// An extent that could be negative is guarded.
// CHECK-LABEL: func.func @negative
// CHECK-SAME: attune.guards = [{lhs = "0", node = "crop", relation = "le", rhs = "n - 2"}]
func.func @negative(%x: tensor<?xf32> {attune.dims = ["n"]}) -> tensor<?xf32> {
  %p = onnx.constant(dense<[-1, -1]> : tensor<2xsi64>) : tensor<2xsi64>
  %0 = onnx.node "Pad"(%x, %p) {version = 18 : i64} : (tensor<?xf32>, tensor<2xsi64>) -> tensor<?xf32> loc("crop"("Pad"))
  return %0 : tensor<?xf32>
}
