// Views of an attention's operands become index maps, slices and shared heads included.
// RUN: attune-opt %s --transformer-fuse-maps --mlir-print-local-scope | FileCheck %s

// What is read already in parts is followed further; a slice at steps of two, and one of a dimension
// that is no number, are copies.
// CHECK-LABEL: func.func @main
// CHECK-SAME: %[[X:.*]]: tensor<?x?x96xf32> {{[^%]*}}%[[Y:.*]]: tensor<?x?x24xf32>
// CHECK-NEXT: %[[V:.*]] = transformer.reshape
// CHECK-NEXT: transformer.attention(%[[X]], %[[X]], %[[V]] :
// CHECK-SAME: maps [affine_map<(d0, d1, d2, d3, d4, d5) -> (d0, d2, d1 * 8 + d4)>, affine_map<(d0, d1, d2, d3, d4, d5) -> (d0, d3, (d1 floordiv 2) * 8 + d4 + 48)>
// CHECK-SAME: affine_map<(d0, d1, d2, d3, d4, d5) -> (d0, d3, d1 floordiv 2, d5)>]
func.func @main(%x: tensor<?x?x96xf32> {attune.dims = ["b", "s", 96]}, %y: tensor<?x?x24xf32> {attune.dims = ["b", "s", 24]}) -> tensor<?x6x?x8xf32> {
  %zero = arith.constant dense<0> : tensor<1xi64>
  %one = arith.constant dense<1> : tensor<1xi64>
  %two = arith.constant dense<2> : tensor<1xi64>
  %first = arith.constant dense<-48> : tensor<1xi64>
  %last = arith.constant dense<72> : tensor<1xi64>
  %k = onnx.node "Slice"(%x, %first, %last, %two, %one) {version = 18 : i64, dims = [["b", "s", 24]]} : (tensor<?x?x96xf32>, tensor<1xi64>, tensor<1xi64>, tensor<1xi64>, tensor<1xi64>) -> tensor<?x?x24xf32>
  %q = onnx.node "Slice"(%x, %zero, %last, %two, %one) {version = 18 : i64, dims = [["b", "s", 48]]} : (tensor<?x?x96xf32>, tensor<1xi64>, tensor<1xi64>, tensor<1xi64>, tensor<1xi64>) -> tensor<?x?x48xf32>
  %ys = transformer.reshape %y dims ["b", "s", 3, 8] : tensor<?x?x24xf32> -> tensor<?x?x3x8xf32>
  %yr = transformer.map (%ys : tensor<?x?x3x8xf32>) dims ["b", 3, 2, "s", 8] maps [affine_map<(a, b, c, d, e) -> (a, d, b, e)>] {
  ^bb0(%e: f32):
    transformer.yield %e : f32
  } -> tensor<?x3x2x?x8xf32>
  %v = transformer.reshape %yr dims ["b", 6, "s", 8] : tensor<?x3x2x?x8xf32> -> tensor<?x6x?x8xf32>
  %0 = transformer.attention (%q, %k, %v : tensor<?x?x48xf32>, tensor<?x?x24xf32>, tensor<?x6x?x8xf32>)
      scale 0.25 mask <none> dead_rows <nan> dims ["b", 6, "s", "s", 8, 8]
      maps [affine_map<(b, h, i, j, d, e) -> (b, i, h * 8 + d)>, affine_map<(b, h, i, j, d, e) -> (b, j, h floordiv 2 * 8 + d)>,
            affine_map<(b, h, i, j, d, e) -> (b, h, j, e)>]
      to affine_map<(b, h, i, j, d, e) -> (b, h, i, e)> -> tensor<?x6x?x8xf32>
  return %0 : tensor<?x6x?x8xf32>
}

// CHECK-LABEL: func.func @copies
// CHECK: %[[Q:.*]] = onnx.node "Slice"(%arg0, %{{.*}}) {dims = {{\[\[}}"b", 6, "s", 8]]
// CHECK: %[[K:.*]] = onnx.node "Slice"(%arg1, %{{.*}}) {dims = {{\[\[}}"b", 6, 4, 8]]
// CHECK: transformer.attention(%[[Q]], %[[K]], %[[K]] :
func.func @copies(%x: tensor<?x6x?x16xf32> {attune.dims = ["b", 6, "s", 16]}, %y: tensor<?x6x?x8xf32> {attune.dims = ["b", 6, "s", 8]}) -> tensor<?x6x?x8xf32> {
  %zero = arith.constant dense<0> : tensor<1xi64>
  %one = arith.constant dense<1> : tensor<1xi64>
  %two = arith.constant dense<2> : tensor<1xi64>
  %three = arith.constant dense<3> : tensor<1xi64>
  %four = arith.constant dense<4> : tensor<1xi64>
  %sixteen = arith.constant dense<16> : tensor<1xi64>
  %q = onnx.node "Slice"(%x, %zero, %sixteen, %three, %two) {version = 18 : i64, dims = [["b", 6, "s", 8]]} : (tensor<?x6x?x16xf32>, tensor<1xi64>, tensor<1xi64>, tensor<1xi64>, tensor<1xi64>) -> tensor<?x6x?x8xf32>
  %k = onnx.node "Slice"(%y, %zero, %four, %two, %one) {version = 18 : i64, dims = [["b", 6, 4, 8]]} : (tensor<?x6x?x8xf32>, tensor<1xi64>, tensor<1xi64>, tensor<1xi64>, tensor<1xi64>) -> tensor<?x6x4x8xf32>
  %0 = transformer.attention (%q, %k, %k : tensor<?x6x?x8xf32>, tensor<?x6x4x8xf32>, tensor<?x6x4x8xf32>)
      scale 0.25 mask <none> dead_rows <nan> dims ["b", 6, "s", 4, 8, 8]
      maps [affine_map<(b, h, i, j, d, e) -> (b, h, i, d)>, affine_map<(b, h, i, j, d, e) -> (b, h, j, d)>,
            affine_map<(b, h, i, j, d, e) -> (b, h, j, e)>]
      to affine_map<(b, h, i, j, d, e) -> (b, h, i, e)> -> tensor<?x6x?x8xf32>
  return %0 : tensor<?x6x?x8xf32>
}
