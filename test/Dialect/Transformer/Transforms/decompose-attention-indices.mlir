// What is not read by one loop per dimension is gathered before it is contracted.
// RUN: attune-opt %s --transformer-decompose-attention --mlir-print-local-scope | FileCheck %s

// CHECK-LABEL: func.func @main
// CHECK-SAME: %[[P:.*]]: tensor<?x?x48xf32> {{[^%]*}}%[[K:.*]]: tensor<?x2x?x8xf32> {{[^%]*}}%[[V:.*]]: tensor<?x?x3x6x8xf32>
// The joined dimension of the queries gives two.
// CHECK: %[[I:.*]] = transformer.map() dims [6, 8] maps []
// CHECK-DAG: transformer.index 0
// CHECK-DAG: transformer.index 1
// CHECK: } -> tensor<6x8xi64>
// CHECK: %[[Q:.*]] = onnx.node "Gather"(%[[P]], %[[I]]) {dims = {{\[\[}}"b", "s", 6, 8]], node_attributes = {axis = 2 : i64}
// CHECK: arith.divui
// CHECK: %[[KH:.*]] = onnx.node "Gather"(%[[K]], %{{.*}}) {dims = {{\[\[}}"b", 6, "s", 8]], node_attributes = {axis = 1 : i64}
// Six of the eight channels, and one of three parts.
// CHECK: %[[VC:.*]] = onnx.node "Gather"(%[[V]], %{{.*}}) {dims = {{\[\[}}"b", "s", 3, 6, 6]], node_attributes = {axis = 4 : i64}
// CHECK: %[[VP:.*]] = onnx.node "Gather"(%[[VC]], %{{.*}}) {dims = {{\[\[}}"b", "s", 6, 6]], node_attributes = {axis = 2 : i64}
// CHECK: transformer.contract(%[[Q]], %[[KH]] : {{.*}} maps [affine_map<(d0, d1, d2, d3, d4) -> (d0, d2, d1, d4)>, affine_map<(d0, d1, d2, d3, d4) -> (d0, d1, d3, d4)>]
// CHECK: transformer.contract(%{{.*}}, %[[VP]] : {{.*}} maps [affine_map<(d0, d1, d2, d3, d4) -> (d0, d1, d2, d3)>, affine_map<(d0, d1, d2, d3, d4) -> (d0, d3, d1, d4)>]
func.func @main(%q: tensor<?x?x48xf32> {attune.dims = ["b", "s", 48]}, %k: tensor<?x2x?x8xf32> {attune.dims = ["b", 2, "s", 8]},
                %v: tensor<?x?x3x6x8xf32> {attune.dims = ["b", "s", 3, 6, 8]}) -> tensor<?x6x?x6xf32> {
  %0 = transformer.attention (%q, %k, %v : tensor<?x?x48xf32>, tensor<?x2x?x8xf32>, tensor<?x?x3x6x8xf32>)
      scale 0.25 mask <none> dead_rows <nan> dims ["b", 6, "s", "s", 8, 6]
      maps [affine_map<(b, h, i, j, d, e) -> (b, i, h * 8 + d)>, affine_map<(b, h, i, j, d, e) -> (b, h floordiv 3, j, d)>,
            affine_map<(b, h, i, j, d, e) -> (b, j, 2, h, e)>]
      to affine_map<(b, h, i, j, d, e) -> (b, h, i, e)> -> tensor<?x6x?x6xf32>
  return %0 : tensor<?x6x?x6xf32>
}
