// RUN: attune-opt %s -split-input-file -verify-diagnostics

func.func @element() {
  // expected-error @+1 {{(constant.C1) the value's type 'tensor<4xf32>' is not that of the result}}
  %0 = exec.constant (dense<1.0> : tensor<4xf32>) : tensor<4xf64>
  return
}

// -----

func.func @scalar() {
  // expected-error @+1 {{(constant.C1) the value's type 'f32' is not that of the result}}
  %0 = exec.constant (1.0 : f32) : tensor<4xf32>
  return
}

// -----

func.func @untyped() {
  // expected-error @+1 {{(constant.C1) the value is neither dense nor a weight}}
  %0 = exec.constant ([1.0]) : tensor<4xf32>
  return
}

// -----

// Memrefs of the same shape hold the same value.
func.func @memref() {
  %0 = exec.constant (dense<1.0> : tensor<4xf32>) : memref<4xf32>
  return
}

// -----

func.func @nested_symbol(%x: tensor<4xf32>) -> tensor<4xf32> {
  // expected-error @+1 {{(dispatch.C1) kernels is a list of symbol names, not empty}}
  %y = exec.dispatch [@k, @a::@b] ins(%x : tensor<4xf32>) outs(%x : tensor<4xf32>) words() -> tensor<4xf32>
  return %y : tensor<4xf32>
}
module @kernels {}

// -----

func.func @other_type(%x: tensor<4xf32>, %z: tensor<5xf32>) -> tensor<4xf32> {
  // expected-error @+1 {{(dispatch.C2) one result per tensor output, none for memrefs}}
  %y = exec.dispatch [@k] ins(%x : tensor<4xf32>) outs(%z : tensor<5xf32>) words() -> tensor<4xf32>
  return %y : tensor<4xf32>
}
module @kernels {}

// -----

func.func @result_of_memref(%x: tensor<4xf32>, %m: memref<4xf32>) -> tensor<4xf32> {
  // expected-error @+1 {{(dispatch.C2) one result per tensor output, none for memrefs}}
  %y = exec.dispatch [@k] ins(%x : tensor<4xf32>) outs(%m : memref<4xf32>) words() -> tensor<4xf32>
  return %y : tensor<4xf32>
}
module @kernels {}

// -----

func.func @second_variant(%x: memref<4xf32>) {
  // expected-error @+1 {{(dispatch.C3) no kernel named @other in @kernels}}
  exec.dispatch [@k, @other] ins(%x : memref<4xf32>) outs(%x : memref<4xf32>) words()
  return
}
module @kernels {
  func.func @k(%x: memref<4xf32>, %y: memref<4xf32>) {
    return
  }
}

// -----

func.func @no_kernels(%x: memref<4xf32>) {
  // expected-error @+1 {{(dispatch.C3) no kernel named @k in @kernels}}
  exec.dispatch [@k] ins(%x : memref<4xf32>) outs(%x : memref<4xf32>) words()
  return
}
