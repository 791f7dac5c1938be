// Unary functions and activations.
// RUN: attune-opt %s -convert-onnx-to-graph | FileCheck %s

// CHECK-LABEL: func.func @functions
// CHECK: math.sqrt
// CHECK: math.erf
// CHECK: math.exp
// CHECK: arith.divf
// CHECK: math.roundeven
// CHECK: math.absf
// CHECK: arith.cmpf oeq
func.func @functions(%x: tensor<?xf32> {attune.dims = ["n"]})
    -> (tensor<?xf32>, tensor<?xf32>, tensor<?xi1>) {
  %0 = onnx.node "Sqrt"(%x) {version = 18 : i64} : (tensor<?xf32>) -> tensor<?xf32>
  %1 = onnx.node "Erf"(%0) {version = 18 : i64} : (tensor<?xf32>) -> tensor<?xf32>
  %2 = onnx.node "Exp"(%1) {version = 18 : i64} : (tensor<?xf32>) -> tensor<?xf32>
  %3 = onnx.node "Reciprocal"(%2) {version = 18 : i64} : (tensor<?xf32>) -> tensor<?xf32>
  %4 = onnx.node "Round"(%3) {version = 18 : i64} : (tensor<?xf32>) -> tensor<?xf32>
  %5 = onnx.node "Dropout"(%x) {version = 18 : i64} : (tensor<?xf32>) -> tensor<?xf32>
  %6 = onnx.node "IsInf"(%x) {version = 18 : i64} : (tensor<?xf32>) -> tensor<?xi1>
  return %4, %5, %6 : tensor<?xf32>, tensor<?xf32>, tensor<?xi1>
}

// CHECK-LABEL: func.func @activations
// CHECK: transformer.activation <relu>
// CHECK: transformer.activation <gelu> %
// CHECK: transformer.activation <gelu_tanh>
// CHECK: transformer.activation <silu>
// CHECK: transformer.activation <sigmoid>
// CHECK: transformer.activation <tanh>
// CHECK: math.expm1
// CHECK: math.log1p
func.func @activations(%x: tensor<?xf32> {attune.dims = ["n"]}) -> tensor<?xf32> {
  %0 = onnx.node "Relu"(%x) {version = 24 : i64} : (tensor<?xf32>) -> tensor<?xf32>
  %1 = onnx.node "Gelu"(%0) {version = 24 : i64} : (tensor<?xf32>) -> tensor<?xf32>
  %2 = onnx.node "Gelu"(%1) {version = 24 : i64, node_attributes = {approximate = "tanh"}} : (tensor<?xf32>) -> tensor<?xf32>
  %3 = onnx.node "Swish"(%2) {version = 24 : i64} : (tensor<?xf32>) -> tensor<?xf32>
  %4 = onnx.node "Sigmoid"(%3) {version = 24 : i64} : (tensor<?xf32>) -> tensor<?xf32>
  %5 = onnx.node "Tanh"(%4) {version = 24 : i64} : (tensor<?xf32>) -> tensor<?xf32>
  %6 = onnx.node "Elu"(%5) {version = 24 : i64} : (tensor<?xf32>) -> tensor<?xf32>
  %7 = onnx.node "Softplus"(%6) {version = 24 : i64} : (tensor<?xf32>) -> tensor<?xf32>
  return %7 : tensor<?xf32>
}

// CHECK-LABEL: func.func @others
// CHECK: arith.xori
// CHECK: arith.maxsi
// CHECK: arith.subi
func.func @others(%b: tensor<4xi1>, %i: tensor<4xsi32>) -> (tensor<4xi1>, tensor<4xsi32>) {
  %0 = onnx.node "Not"(%b) {version = 18 : i64} : (tensor<4xi1>) -> tensor<4xi1>
  %1 = onnx.node "Relu"(%i) {version = 18 : i64} : (tensor<4xsi32>) -> tensor<4xsi32>
  %2 = onnx.node "Neg"(%1) {version = 18 : i64} : (tensor<4xsi32>) -> tensor<4xsi32>
  return %0, %2 : tensor<4xi1>, tensor<4xsi32>
}
