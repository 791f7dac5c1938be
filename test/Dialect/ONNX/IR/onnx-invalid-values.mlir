// RUN: attune-opt %s -split-input-file -verify-diagnostics

func.func @element() {
  // expected-error @+1 {{(onnx.constant.C1) the value's type 'tensor<4xf32>' is not the result's type}}
  %0 = onnx.constant (dense<1.0> : tensor<4xf32>) : tensor<4xf64>
  return
}

// -----

func.func @untyped() {
  // expected-error @+1 {{(onnx.constant.C1) the value is neither dense nor a weight}}
  %0 = onnx.constant ([1.0]) : tensor<1xf32>
  return
}

// -----

// Values with a sign, and weights, are constants.
func.func @accepted() {
  %0 = onnx.constant (dense<1> : tensor<4xsi64>) : tensor<4xsi64>
  %1 = onnx.constant (#transformer.weight<file = "w", offset = 0, bytes = 32, hash = "0", source = tensor<2x4xf32>>) : tensor<2x4xf32>
  return
}
