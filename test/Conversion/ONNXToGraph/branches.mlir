// The branch of an If whose condition is known stands in its place.
// RUN: attune-opt %s -split-input-file -verify-diagnostics -convert-onnx-to-graph | FileCheck %s

// A size that is known decides; the branches need not agree in rank.
// CHECK-LABEL: func.func @known
// CHECK-NOT: onnx.node
// CHECK: transformer.reshape %arg0 dims ["n"]
func.func @known(%x: tensor<1x?xf32> {attune.dims = [1, "n"]}) -> tensor<?xf32> {
  %zero = onnx.constant(dense<0> : tensor<1xsi64>) : tensor<1xsi64>
  %one = onnx.constant(dense<1> : tensor<1xsi64>) : tensor<1xsi64>
  %sizes = onnx.node "Shape"(%x) {version = 18 : i64} : (tensor<1x?xf32>) -> tensor<2xsi64>
  %first = onnx.node "Gather"(%sizes, %zero) {version = 18 : i64} : (tensor<2xsi64>, tensor<1xsi64>) -> tensor<1xsi64>
  %c = onnx.node "Equal"(%first, %one) {version = 18 : i64} : (tensor<1xsi64>, tensor<1xsi64>) -> tensor<1xi1>
  %0 = onnx.node "If"(%c) {version = 18 : i64} : (tensor<1xi1>) -> tensor<*xf32> {
    %1 = onnx.node "Squeeze"(%x, %zero) {version = 18 : i64} : (tensor<1x?xf32>, tensor<1xsi64>) -> tensor<?xf32>
    onnx.yield %1 : tensor<?xf32>
  }, {
    %1 = onnx.node "Identity"(%x) {version = 18 : i64} : (tensor<1x?xf32>) -> tensor<1x?xf32>
    onnx.yield %1 : tensor<1x?xf32>
  }
  %2 = onnx.node "Identity"(%0) {version = 18 : i64} : (tensor<*xf32>) -> tensor<?xf32>
  return %2 : tensor<?xf32>
}

// -----

func.func @unknown(%x: tensor<4xf32>, %c: tensor<1xi1>) -> tensor<4xf32> {
  // expected-error@+1 {{If 'If': its condition is not known before it runs}}
  %0 = onnx.node "If"(%c) {version = 18 : i64} : (tensor<1xi1>) -> tensor<4xf32> {
    onnx.yield %x : tensor<4xf32>
  }, {
    onnx.yield %x : tensor<4xf32>
  }
  return %0 : tensor<4xf32>
}

// -----

func.func @inside(%x: tensor<4xf32>) -> tensor<4xf32> {
  %c = onnx.constant(dense<true> : tensor<1xi1>) : tensor<1xi1>
  %0 = onnx.node "If"(%c) {version = 18 : i64} : (tensor<1xi1>) -> tensor<4xf32> {
    // expected-error@+1 {{Foo 'Foo': it is not supported in opset 18}}
    %1 = onnx.node "Foo"(%x) {version = 18 : i64} : (tensor<4xf32>) -> tensor<4xf32>
    onnx.yield %1 : tensor<4xf32>
  }, {
    %1 = onnx.node "Bar"(%x) {version = 18 : i64} : (tensor<4xf32>) -> tensor<4xf32>
    onnx.yield %1 : tensor<4xf32>
  }
  return %0 : tensor<4xf32>
}
