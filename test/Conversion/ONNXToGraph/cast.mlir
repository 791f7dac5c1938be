// Casts between element types; floats saturate when they become integers.
// RUN: attune-opt %s -convert-onnx-to-graph | FileCheck %s

// CHECK-LABEL: func.func @casts
// CHECK: %[[LOW:.*]] = arith.cmpf olt
// CHECK: %[[HIGH:.*]] = arith.cmpf oge
// CHECK: %[[NAN:.*]] = arith.cmpf uno
// CHECK: arith.ori
// CHECK: %[[ANY:.*]] = arith.ori
// CHECK: %[[SAFE:.*]] = arith.select %[[ANY]], %{{.*}}, %{{.*}} : f32
// CHECK: %[[I:.*]] = arith.fptosi %[[SAFE]] : f32 to i32
// CHECK: %[[L:.*]] = arith.select %[[LOW]], %{{.*}}, %[[I]] : i32
// CHECK: arith.select %[[HIGH]], %{{.*}}, %[[L]] : i32
// CHECK: arith.cmpf une
// CHECK: arith.uitofp %{{.*}} : i1 to f32
// CHECK: arith.uitofp %{{.*}} : i8 to f32
// CHECK: arith.extui %{{.*}} : i8 to i64
// CHECK: arith.trunci %{{.*}} : i64 to i8
// CHECK: arith.extf
func.func @casts(%x: tensor<4xf32>, %b: tensor<4xi1>, %u: tensor<4xui8>, %l: tensor<4xsi64>, %h: tensor<4xf16>)
    -> (tensor<4xsi32>, tensor<4xi1>, tensor<4xf32>, tensor<4xf32>, tensor<4xsi64>, tensor<4xsi8>, tensor<4xf32>) {
  %0 = onnx.node "Cast"(%x) {version = 18 : i64, node_attributes = {to = 6 : i64}} : (tensor<4xf32>) -> tensor<4xsi32>
  %1 = onnx.node "Cast"(%x) {version = 18 : i64, node_attributes = {to = 9 : i64}} : (tensor<4xf32>) -> tensor<4xi1>
  %2 = onnx.node "Cast"(%b) {version = 18 : i64, node_attributes = {to = 1 : i64}} : (tensor<4xi1>) -> tensor<4xf32>
  %3 = onnx.node "CastLike"(%u, %x) {version = 18 : i64} : (tensor<4xui8>, tensor<4xf32>) -> tensor<4xf32>
  %4 = onnx.node "Cast"(%u) {version = 18 : i64, node_attributes = {to = 7 : i64}} : (tensor<4xui8>) -> tensor<4xsi64>
  %5 = onnx.node "Cast"(%l) {version = 18 : i64, node_attributes = {to = 3 : i64}} : (tensor<4xsi64>) -> tensor<4xsi8>
  %6 = onnx.node "Cast"(%h) {version = 18 : i64, node_attributes = {to = 1 : i64}} : (tensor<4xf16>) -> tensor<4xf32>
  return %0, %1, %2, %3, %4, %5, %6 : tensor<4xsi32>, tensor<4xi1>, tensor<4xf32>, tensor<4xf32>, tensor<4xsi64>, tensor<4xsi8>, tensor<4xf32>
}
