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
