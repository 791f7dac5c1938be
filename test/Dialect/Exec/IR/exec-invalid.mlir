// RUN: attune-opt %s -split-input-file -verify-diagnostics

func.func @empty(%x: tensor<4xf32>) -> tensor<4xf32> {
  // expected-error @+1 {{(dispatch.C1) kernels is a list of symbol names, not empty}}
  %y = exec.dispatch [] ins(%x : tensor<4xf32>) outs(%x : tensor<4xf32>) words() -> tensor<4xf32>
  return %y : tensor<4xf32>
}
module @kernels {}

// -----

func.func @mixed(%x: tensor<4xf32>, %m: memref<4xf32>) {
  // expected-error @+1 {{(dispatch.C2) outputs are all tensors or all memrefs}}
  exec.dispatch [@k] ins(%x : tensor<4xf32>) outs(%x, %m : tensor<4xf32>, memref<4xf32>) words()
  return
}
module @kernels {}

// -----

func.func @noresult(%x: tensor<4xf32>) {
  // expected-error @+1 {{(dispatch.C2) one result per tensor output, none for memrefs}}
  exec.dispatch [@k] ins(%x : tensor<4xf32>) outs(%x : tensor<4xf32>) words()
  return
}
module @kernels {}

// -----

func.func @unknown(%x: memref<4xf32>) {
  // expected-error @+1 {{(dispatch.C3) no kernel named @k in @kernels}}
  exec.dispatch [@k] ins(%x : memref<4xf32>) outs(%x : memref<4xf32>) words()
  return
}
module @kernels {}

// -----

func.func @constant_c1() {
  // expected-error @+1 {{(constant.C1) the value's type 'tensor<4xf32>' is not that of the result}}
  %0 = exec.constant (dense<1.0> : tensor<4xf32>) : tensor<400xf32>
  return
}

// -----

func.func @constant_c1_weight() {
  // expected-error @+1 {{(constant.C1) the value's type 'tensor<4x2xf32>' is not that of the result}}
  %0 = exec.constant (#transformer.weight<file = "w", offset = 0, bytes = 32, hash = "0", source = tensor<2x4xf32>, recipe = [#transformer.permute<1, 0>]>) : tensor<2x4xf32>
  return
}

// -----

func.func @constant_c1_kind() {
  // expected-error @+1 {{(constant.C1) the value is neither dense nor a weight}}
  %0 = exec.constant (sparse<[[0]], [1.0]> : tensor<4xf32>) : tensor<4xf32>
  return
}

// -----

func.func @constant_c2() {
  // expected-error @+1 {{(constant.C2) needs integers or floating-point numbers}}
  %0 = exec.constant (dense<(1.0, 2.0)> : tensor<4xcomplex<f32>>) : tensor<4xcomplex<f32>>
  return
}
