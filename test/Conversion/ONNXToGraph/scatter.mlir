// A scatter is asked from the result's side; updates to a box are pieces put together.
// RUN: attune-opt %s -split-input-file -convert-onnx-to-graph | FileCheck %s

// Positions that were expanded over heads and channels are compared once per place and update.
// CHECK-LABEL: func.func @cache
// CHECK: %[[LAST:.*]] = transformer.reduce <max>(%arg1, %{{.*}} : tensor<?xi64>, tensor<i64>) dims [24, "s"]
// CHECK: onnx.node "Gather"(%arg2, %{{.*}}) {dims = {{\[\[}}"b", 2, 24, 8]], node_attributes = {axis = 2 : i64}
// CHECK: transformer.map(%arg0, %{{.*}}, %[[LAST]] :
func.func @cache(%past: tensor<?x2x24x8xf32> {attune.dims = ["b", 2, 24, 8]}, %at: tensor<?xsi64> {attune.dims = ["s"]},
                 %new: tensor<?x2x?x8xf32> {attune.dims = ["b", 2, "s", 8]}) -> tensor<?x2x24x8xf32> {
  %four = onnx.constant(dense<[1, 1, -1, 1]> : tensor<4xsi64>) : tensor<4xsi64>
  %0 = onnx.node "Reshape"(%at, %four) {version = 18 : i64} : (tensor<?xsi64>, tensor<4xsi64>) -> tensor<1x1x?x1xsi64>
  %1 = onnx.node "Shape"(%new) {version = 18 : i64} : (tensor<?x2x?x8xf32>) -> tensor<4xsi64>
  %2 = onnx.node "Expand"(%0, %1) {version = 18 : i64} : (tensor<1x1x?x1xsi64>, tensor<4xsi64>) -> tensor<?x2x?x8xsi64>
  %3 = onnx.node "ScatterElements"(%past, %2, %new) {version = 18 : i64, node_attributes = {axis = 2 : i64}} : (tensor<?x2x24x8xf32>, tensor<?x2x?x8xsi64>, tensor<?x2x?x8xf32>) -> tensor<?x2x24x8xf32>
  return %3 : tensor<?x2x24x8xf32>
}

// -----

// Indices of each element: the places along the other dimensions are loops as well.
// CHECK-LABEL: func.func @elements
// CHECK: transformer.reduce <max>(%{{.*}}, %{{.*}} : tensor<3x?xi64>, tensor<i64>) dims [3, 9, "k"]
// CHECK: onnx.node "GatherElements"(%arg2, %{{.*}}) {dims = {{\[\[}}3, 9]], node_attributes = {axis = 1 : i64}
func.func @elements(%x: tensor<3x9xf32>, %i: tensor<3x?xsi32> {attune.dims = [3, "k"]}, %u: tensor<3x?xf32> {attune.dims = [3, "k"]}) -> tensor<3x9xf32> {
  %0 = onnx.node "ScatterElements"(%x, %i, %u) {version = 18 : i64, node_attributes = {axis = -1 : i64}} : (tensor<3x9xf32>, tensor<3x?xsi32>, tensor<3x?xf32>) -> tensor<3x9xf32>
  return %0 : tensor<3x9xf32>
}

// -----

// CHECK-LABEL: func.func @rows
// CHECK: transformer.reduce <max>(%{{.*}} : tensor<?x1xi64>, tensor<i64>) dims [9, "k"]
// CHECK: onnx.node "Gather"(%arg2, %{{.*}}) {dims = {{\[\[}}9, 4]]
func.func @rows(%x: tensor<9x4xf32>, %i: tensor<?x1xsi64> {attune.dims = ["k", 1]}, %u: tensor<?x4xf32> {attune.dims = ["k", 4]}) -> tensor<9x4xf32> {
  %0 = onnx.node "ScatterND"(%x, %i, %u) {version = 18 : i64} : (tensor<9x4xf32>, tensor<?x1xsi64>, tensor<?x4xf32>) -> tensor<9x4xf32>
  return %0 : tensor<9x4xf32>
}

// -----

// What an assignment to a slice is exported as: nothing is compared.
// CHECK-LABEL: func.func @box
// CHECK-NOT: transformer.reduce
// CHECK: %[[REST:.*]] = onnx.node "Slice"(%arg0,
// CHECK: onnx.node "Concat"(%arg1, %[[REST]]) {dims = {{\[\[}}9, 4]], node_attributes = {axis = 0 : i64}
func.func @box(%x: tensor<9x4xf32>, %u: tensor<?x4xf32> {attune.dims = ["k", 4]}) -> tensor<9x4xf32> {
  %zero = onnx.constant(dense<0> : tensor<si64>) : tensor<si64>
  %one = onnx.constant(dense<1> : tensor<si64>) : tensor<si64>
  %last = onnx.constant(dense<-1> : tensor<1xsi64>) : tensor<1xsi64>
  %sizes = onnx.node "Shape"(%u) {version = 18 : i64} : (tensor<?x4xf32>) -> tensor<2xsi64>
  %count = onnx.node "Gather"(%sizes, %zero) {version = 18 : i64} : (tensor<2xsi64>, tensor<si64>) -> tensor<si64>
  %at = onnx.node "Range"(%zero, %count, %one) {version = 18 : i64} : (tensor<si64>, tensor<si64>, tensor<si64>) -> tensor<?xsi64>
  %i = onnx.node "Unsqueeze"(%at, %last) {version = 18 : i64} : (tensor<?xsi64>, tensor<1xsi64>) -> tensor<?x1xsi64>
  %0 = onnx.node "ScatterND"(%x, %i, %u) {version = 18 : i64} : (tensor<9x4xf32>, tensor<?x1xsi64>, tensor<?x4xf32>) -> tensor<9x4xf32>
  return %0 : tensor<9x4xf32>
}
