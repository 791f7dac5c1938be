// Reshapes with symbolic extents; changes of unit dimensions and transposes are maps.
// RUN: attune-opt %s -split-input-file -convert-onnx-to-graph | FileCheck %s

// CHECK-LABEL: func.func @heads
// CHECK-NOT: attune.guards
// CHECK: %[[R:.*]] = transformer.reshape %arg0 dims ["batch", "seq", 12, 32]
// CHECK-SAME: tensor<?x?x384xf32> -> tensor<?x?x12x32xf32>
// CHECK: %[[T:.*]] = transformer.map(%[[R]]
// CHECK-SAME: dims ["batch", 12, "seq", 32]
// CHECK: transformer.reshape %[[T]] dims ["12 * batch", "seq", 32]
// CHECK: transformer.reshape %{{.*}} dims ["batch * seq", 384]
func.func @heads(%x: tensor<?x?x384xf32> {attune.dims = ["batch", "seq", 384]})
    -> (tensor<?x?x?xf32>, tensor<?x384xf32>) {
  %to = onnx.constant(dense<[0, 0, 12, -1]> : tensor<4xsi64>) : tensor<4xsi64>
  %0 = onnx.node "Reshape"(%x, %to) {version = 18 : i64} : (tensor<?x?x384xf32>, tensor<4xsi64>) -> tensor<?x?x12x32xf32>
  %1 = onnx.node "Transpose"(%0) {version = 18 : i64, node_attributes = {perm = array<i64: 0, 2, 1, 3>}} : (tensor<?x?x12x32xf32>) -> tensor<?x12x?x32xf32>
  %s = onnx.node "Shape"(%1) {version = 18 : i64, node_attributes = {start = 2 : i64}} : (tensor<?x12x?x32xf32>) -> tensor<2xsi64>
  %m = onnx.constant(dense<-1> : tensor<1xsi64>) : tensor<1xsi64>
  %c = onnx.node "Concat"(%m, %s) {version = 18 : i64, node_attributes = {axis = 0 : i64}} : (tensor<1xsi64>, tensor<2xsi64>) -> tensor<3xsi64>
  %2 = onnx.node "Reshape"(%1, %c) {version = 18 : i64} : (tensor<?x12x?x32xf32>, tensor<3xsi64>) -> tensor<?x?x?xf32>
  %3 = onnx.node "Flatten"(%x) {version = 18 : i64, node_attributes = {axis = 2 : i64}} : (tensor<?x?x384xf32>) -> tensor<?x384xf32>
  return %2, %3 : tensor<?x?x?xf32>, tensor<?x384xf32>
}

// -----

// CHECK-DAG: #[[IN:.*]] = affine_map<(d0, d1, d2, d3) -> (d0, d2)>
// CHECK-LABEL: func.func @units
// CHECK: transformer.map(%arg0 : tensor<?x?xf32>) dims ["batch", 1, "seq", 1] maps [#[[IN]]]
// Fewer dimensions cannot be read by a map's loops: a reshape.
// CHECK: transformer.reshape %{{.*}} dims ["batch", "seq"]
// CHECK: transformer.map(%arg0{{.*}} dims [3, "batch", "seq"]
// CHECK: return
func.func @units(%x: tensor<?x?xf32> {attune.dims = ["batch", "seq"]})
    -> (tensor<?x?xf32>, tensor<3x?x?xf32>, tensor<?x?xf32>) {
  %a = onnx.constant(dense<[1, 3]> : tensor<2xsi64>) : tensor<2xsi64>
  %e = onnx.constant(dense<[3, 1, 1]> : tensor<3xsi64>) : tensor<3xsi64>
  %0 = onnx.node "Unsqueeze"(%x, %a) {version = 18 : i64} : (tensor<?x?xf32>, tensor<2xsi64>) -> tensor<?x1x?x1xf32>
  %1 = onnx.node "Squeeze"(%0, %a) {version = 18 : i64} : (tensor<?x1x?x1xf32>, tensor<2xsi64>) -> tensor<?x?xf32>
  %2 = onnx.node "Expand"(%x, %e) {version = 18 : i64} : (tensor<?x?xf32>, tensor<3xsi64>) -> tensor<3x?x?xf32>
  %s = onnx.node "Shape"(%x) {version = 18 : i64} : (tensor<?x?xf32>) -> tensor<2xsi64>
  %3 = onnx.node "Reshape"(%x, %s) {version = 18 : i64} : (tensor<?x?xf32>, tensor<2xsi64>) -> tensor<?x?xf32>
  return %1, %2, %3 : tensor<?x?xf32>, tensor<3x?x?xf32>, tensor<?x?xf32>
}

// -----

// Before opset 13 axes are attributes.
// CHECK-LABEL: func.func @attributes
// CHECK: transformer.map(%arg0{{.*}} dims [1, "n"]
// CHECK: transformer.reshape %{{.*}} dims ["n"]
func.func @attributes(%x: tensor<?xf32> {attune.dims = ["n"]}) -> tensor<?xf32> {
  %0 = onnx.node "Unsqueeze"(%x) {version = 11 : i64, node_attributes = {axes = array<i64: 0>}} : (tensor<?xf32>) -> tensor<1x?xf32>
  %1 = onnx.node "Squeeze"(%0) {version = 11 : i64, node_attributes = {axes = array<i64: 0>}} : (tensor<1x?xf32>) -> tensor<?xf32>
  return %1 : tensor<?xf32>
}

// -----

// allowzero: a zero is an extent.
// CHECK-LABEL: func.func @allowzero
// CHECK: transformer.reshape %arg0 dims [0, 7]
func.func @allowzero(%x: tensor<0x3xf32>) -> tensor<0x7xf32> {
  %to = onnx.constant(dense<[0, 7]> : tensor<2xsi64>) : tensor<2xsi64>
  %0 = onnx.node "Reshape"(%x, %to) {version = 18 : i64, node_attributes = {allowzero = 1 : i64}} : (tensor<0x3xf32>, tensor<2xsi64>) -> tensor<0x7xf32>
  return %0 : tensor<0x7xf32>
}

// -----

// CHECK-DAG: #[[TILE:.*]] = affine_map<(d0, d1, d2) -> (d0, d2)>
// CHECK-DAG: #[[DTS:.*]] = affine_map<(d0, d1, d2, d3, d4, d5) -> (d0, d3, d5, d1, d2, d4)>
// CHECK-LABEL: func.func @rearranged
// CHECK: %[[T:.*]] = transformer.map(%arg0{{.*}} dims ["n", 3, 4] maps [#[[TILE]]]
// CHECK: transformer.reshape %[[T]] dims ["n", 12]
// CHECK: %[[S:.*]] = transformer.reshape %arg1 dims [1, 2, 2, 3, "h", "w"]
// CHECK: %[[P:.*]] = transformer.map(%[[S]]{{.*}} dims [1, 3, "h", 2, "w", 2] maps [#[[DTS]]]
// CHECK: transformer.reshape %[[P]] dims [1, 3, "2 * h", "2 * w"]
func.func @rearranged(%x: tensor<?x4xf32> {attune.dims = ["n", 4]},
                      %y: tensor<1x12x?x?xf32> {attune.dims = [1, 12, "h", "w"]})
    -> (tensor<?x12xf32>, tensor<1x3x?x?xf32>) {
  %r = onnx.constant(dense<[1, 3]> : tensor<2xsi64>) : tensor<2xsi64>
  %0 = onnx.node "Tile"(%x, %r) {version = 18 : i64} : (tensor<?x4xf32>, tensor<2xsi64>) -> tensor<?x12xf32>
  %1 = onnx.node "DepthToSpace"(%y) {version = 18 : i64, node_attributes = {blocksize = 2 : i64}} : (tensor<1x12x?x?xf32>) -> tensor<1x3x?x?xf32>
  return %0, %1 : tensor<?x12xf32>, tensor<1x3x?x?xf32>
}
