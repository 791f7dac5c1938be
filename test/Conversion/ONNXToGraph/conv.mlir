// Conv is a contraction over windows of its input, channels last, and a transpose behind it.
// RUN: attune-opt %s -split-input-file -convert-onnx-to-graph | FileCheck %s

// Patches: positions stride, taps follow; no border.
// CHECK-DAG: #[[AT:.*]] = affine_map<(d0, d1, d2, d3, d4, d5) -> (d0, d3, d1 * 16 + d4, d2 * 16 + d5)>
// CHECK-DAG: #[[W:.*]] = affine_map<(d0, d1, d2, d3, d4, d5, d6) -> (d3, d4, d5, d6)>
// CHECK-DAG: #[[B:.*]] = affine_map<(d0, d1, d2, d3, d4, d5, d6) -> (d3)>
// CHECK-DAG: #[[OUT:.*]] = affine_map<(d0, d1, d2, d3, d4, d5, d6) -> (d0, d1, d2, d3)>
// CHECK-DAG: #[[LAST:.*]] = affine_map<(d0, d1, d2, d3) -> (d0, d2, d3, d1)>
// CHECK-LABEL: func.func @patches
// CHECK-NOT: attune.guards
// CHECK: %[[X:.*]] = transformer.windows %arg0 dims ["batch", 14, 14, 3, 16, 16] map #[[AT]] : tensor<?x3x224x224xf32>
// CHECK: %[[Y:.*]] = transformer.contract(%[[X]], %arg1 {{.*}} extra(%arg2 : tensor<768xf32>)
// CHECK-SAME: dims ["batch", 14, 14, 768, 3, 16, 16] maps [#{{.*}}, #[[W]], #[[B]]] to #[[OUT]]
// CHECK: arith.addf
// CHECK: transformer.map(%[[Y]] : tensor<?x14x14x768xf32>) dims ["batch", 768, 14, 14] maps [#[[LAST]]]
func.func @patches(%x: tensor<?x3x224x224xf32> {attune.dims = ["batch", 3, 224, 224]}, %w: tensor<768x3x16x16xf32>, %b: tensor<768xf32>)
    -> tensor<?x768x14x14xf32> {
  %0 = onnx.node "Conv"(%x, %w, %b) {version = 18 : i64, node_attributes = {strides = array<i64: 16, 16>, kernel_shape = array<i64: 16, 16>}} : (tensor<?x3x224x224xf32>, tensor<768x3x16x16xf32>, tensor<768xf32>) -> tensor<?x768x14x14xf32>
  return %0 : tensor<?x768x14x14xf32>
}

// -----

// A border states what is in front; a window has to fit the padded input.
// CHECK: #[[AT:.*]] = affine_map<(d0, d1, d2, d3) -> (d0, d2, d1 * 2 + d3 * 3)>
// CHECK-LABEL: func.func @border
// CHECK-SAME: attune.guards = [{lhs = "4", node = "Conv", relation = "le", rhs = "t"}]
// CHECK: transformer.windows %arg0 dims [1, "t floordiv 2 - 1", 8, 3] map #[[AT]] low [0, 0, 1]
func.func @border(%x: tensor<1x8x?xf32> {attune.dims = [1, 8, "t"]}, %w: tensor<16x8x3xf32>) -> tensor<1x16x?xf32> {
  %0 = onnx.node "Conv"(%x, %w) {version = 18 : i64, node_attributes = {strides = array<i64: 2>, dilations = array<i64: 3>, pads = array<i64: 1, 2>}} : (tensor<1x8x?xf32>, tensor<16x8x3xf32>) -> tensor<1x16x?xf32>
  return %0 : tensor<1x16x?xf32>
}

// -----

// The larger half is behind, or in front; with a stride it depends on the size. No window is refused.
// CHECK-LABEL: func.func @same
// CHECK-NOT: attune.guards
// CHECK: transformer.windows %arg0 dims [1, "t", 8, 4] map {{.*}} low [0, 0, 1]
// CHECK: transformer.windows %arg0 dims [1, "t", 8, 4] map {{.*}} low [0, 0, 2]
// CHECK: transformer.windows %arg0 dims [1, "(t + 2) floordiv 3", 8, 4] map {{.*}} low [0, 0, "((t + 2) floordiv 3 + t + 1) floordiv 2 + (t + 2) floordiv 3 - t"]
func.func @same(%x: tensor<1x8x?xf32> {attune.dims = [1, 8, "t"]}, %w: tensor<16x8x4xf32>) -> (tensor<1x16x?xf32>, tensor<1x16x?xf32>, tensor<1x16x?xf32>) {
  %0 = onnx.node "Conv"(%x, %w) {version = 18 : i64, node_attributes = {auto_pad = "SAME_UPPER"}} : (tensor<1x8x?xf32>, tensor<16x8x4xf32>) -> tensor<1x16x?xf32>
  %1 = onnx.node "Conv"(%x, %w) {version = 18 : i64, node_attributes = {auto_pad = "SAME_LOWER"}} : (tensor<1x8x?xf32>, tensor<16x8x4xf32>) -> tensor<1x16x?xf32>
  %2 = onnx.node "Conv"(%x, %w) {version = 18 : i64, node_attributes = {auto_pad = "SAME_UPPER", strides = array<i64: 3>}} : (tensor<1x8x?xf32>, tensor<16x8x4xf32>) -> tensor<1x16x?xf32>
  return %0, %1, %2 : tensor<1x16x?xf32>, tensor<1x16x?xf32>, tensor<1x16x?xf32>
}

// -----

// Groups are a loop of their own; the result's channels are joined behind the transpose.
// CHECK-DAG: #[[AT:.*]] = affine_map<(d0, d1, d2, d3, d4) -> (d0, d2, d3, d1 + d4)>
// CHECK-DAG: #[[W:.*]] = affine_map<(d0, d1, d2, d3, d4, d5) -> (d2, d3, d4, d5)>
// CHECK-LABEL: func.func @groups
// CHECK: %[[X:.*]] = transformer.reshape %arg0 dims [2, 3, 2, 9]
// CHECK: transformer.windows %[[X]] dims [2, 7, 3, 2, 3] map #[[AT]]
// CHECK: transformer.reshape %arg1 dims [3, 4, 2, 3]
// CHECK: transformer.reshape %arg2 dims [3, 4]
// CHECK: transformer.contract{{.*}} dims [2, 7, 3, 4, 2, 3] maps [#{{.*}}, #[[W]], #{{.*}}]
// CHECK: transformer.map({{.*}}) dims [2, 3, 4, 7]
// CHECK: transformer.reshape {{.*}} dims [2, 12, 7]
func.func @groups(%x: tensor<2x6x9xf32>, %w: tensor<12x2x3xf32>, %b: tensor<12xf32>) -> tensor<2x12x7xf32> {
  %0 = onnx.node "Conv"(%x, %w, %b) {version = 18 : i64, node_attributes = {group = 3 : i64}} : (tensor<2x6x9xf32>, tensor<12x2x3xf32>, tensor<12xf32>) -> tensor<2x12x7xf32>
  return %0 : tensor<2x12x7xf32>
}

// -----

// A depthwise convolution sums over taps only, and has its channels last.
// CHECK-DAG: #[[ONE:.*]] = affine_map<(d0, d1, d2, d3) -> (d2, d3)>
// CHECK-DAG: #[[TWO:.*]] = affine_map<(d0, d1, d2, d3, d4) -> (d3, d2, d4)>
// CHECK-LABEL: func.func @depthwise
// CHECK: transformer.windows %arg0 dims [2, 7, 6, 3]
// CHECK: transformer.contract{{.*}} dims [2, 7, 6, 3] maps [#{{.*}}, #[[ONE]]]
// CHECK: transformer.contract{{.*}} dims [2, 7, 2, 6, 3] maps [#{{.*}}, #[[TWO]]]
func.func @depthwise(%x: tensor<2x6x9xf32>, %v: tensor<6x1x3xf32>, %w: tensor<12x1x3xf32>) -> (tensor<2x6x7xf32>, tensor<2x12x7xf32>) {
  %0 = onnx.node "Conv"(%x, %v) {version = 18 : i64, node_attributes = {group = 6 : i64}} : (tensor<2x6x9xf32>, tensor<6x1x3xf32>) -> tensor<2x6x7xf32>
  %1 = onnx.node "Conv"(%x, %w) {version = 18 : i64, node_attributes = {group = 6 : i64}} : (tensor<2x6x9xf32>, tensor<12x1x3xf32>) -> tensor<2x12x7xf32>
  return %0, %1 : tensor<2x6x7xf32>, tensor<2x12x7xf32>
}

// -----

// One tap at each place needs no windows, a stride does.
// CHECK-LABEL: func.func @pointwise
// CHECK-NOT: transformer.windows
// CHECK: transformer.contract(%arg0, %{{.*}} dims [2, 4, 5, 8, 6]
// CHECK: transformer.windows %arg0 dims [2, 2, 5, 6]
func.func @pointwise(%x: tensor<2x6x4x5xf32>, %w: tensor<8x6x1x1xf32>) -> (tensor<2x8x4x5xf32>, tensor<2x8x2x5xf32>) {
  %0 = onnx.node "Conv"(%x, %w) {version = 18 : i64} : (tensor<2x6x4x5xf32>, tensor<8x6x1x1xf32>) -> tensor<2x8x4x5xf32>
  %1 = onnx.node "Conv"(%x, %w) {version = 18 : i64, node_attributes = {strides = array<i64: 2, 1>}} : (tensor<2x6x4x5xf32>, tensor<8x6x1x1xf32>) -> tensor<2x8x2x5xf32>
  return %0, %1 : tensor<2x8x4x5xf32>, tensor<2x8x2x5xf32>
}

// -----

// What the types do not say is guarded.
// CHECK-LABEL: func.func @unknown
// CHECK-SAME: {lhs = "c", node = "Conv", relation = "eq", rhs = "2 * d"}
// CHECK-SAME: {lhs = "2", node = "Conv", relation = "divides", rhs = "f"}
// CHECK-SAME: {lhs = "1", node = "Conv", relation = "le", rhs = "k"}
// CHECK-SAME: {lhs = "k", node = "Conv", relation = "le", rhs = "t"}
// CHECK: transformer.windows {{.*}} dims ["b", "-k + t + 1", 2, "d", "k"]
func.func @unknown(%x: tensor<?x?x?xf32> {attune.dims = ["b", "c", "t"]}, %w: tensor<?x?x?xf32> {attune.dims = ["f", "d", "k"]}) -> tensor<?x?x?xf32> {
  %0 = onnx.node "Conv"(%x, %w) {version = 18 : i64, node_attributes = {group = 2 : i64}} : (tensor<?x?x?xf32>, tensor<?x?x?xf32>) -> tensor<?x?x?xf32>
  return %0 : tensor<?x?x?xf32>
}
