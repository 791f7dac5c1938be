// RUN: attune-opt %s -split-input-file -verify-diagnostics

func.func @constant_c1() {
  // expected-error @+1 {{(onnx.constant.C1) the value's type 'tensor<4xf32>' is not the result's type}}
  %0 = onnx.constant (dense<1.0> : tensor<4xf32>) : tensor<400xf32>
  return
}

// -----

func.func @constant_c1_weight() {
  // expected-error @+1 {{(onnx.constant.C1) the value's type 'tensor<2x4xf32>' is not the result's type}}
  %0 = onnx.constant (#transformer.weight<file = "w", offset = 0, bytes = 32, hash = "0", source = tensor<2x4xf32>>) : tensor<4x2xf32>
  return
}

// -----

func.func @constant_c1_kind() {
  // expected-error @+1 {{(onnx.constant.C1) the value is neither dense nor a weight}}
  %0 = onnx.constant (sparse<[[0]], [1.0]> : tensor<4xf32>) : tensor<4xf32>
  return
}
