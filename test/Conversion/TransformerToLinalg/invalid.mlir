// What the lowering cannot do is an internal error that says why.
// RUN: attune-opt %s -split-input-file -verify-diagnostics -convert-graph-to-linalg

func.func @no_word(%in0: memref<?xf32>, %out: memref<?xf32>, %w0: index) attributes {exec.words = ["m"], exec.inputs = 1} {
  %x = bufferization.to_tensor %in0 restrict : memref<?xf32> to tensor<?xf32>
  // expected-error@+2 {{the kernel has no word for the extent n}}
  // expected-error@+1 {{transformer.softmax could not be lowered to linalg}}
  %y = transformer.softmax %x axis 0 dims ["n"] : tensor<?xf32>
  bufferization.materialize_in_destination %y in restrict writable %out : (tensor<?xf32>, memref<?xf32>) -> ()
  return
}

// -----

func.func @no_lowering(%in0: memref<4xf32>, %out: memref<4xf32>) attributes {exec.words = [], exec.inputs = 1} {
  %x = bufferization.to_tensor %in0 restrict : memref<4xf32> to tensor<4xf32>
  // expected-error@+1 {{operator Unknown could not be lowered to linalg}}
  %y = onnx.node "Unknown"(%x) {dims = [[4]]} : (tensor<4xf32>) -> tensor<4xf32>
  bufferization.materialize_in_destination %y in restrict writable %out : (tensor<4xf32>, memref<4xf32>) -> ()
  return
}

// -----

func.func @no_extents(%in0: memref<?xf32>, %in1: memref<2xi64>, %out: memref<2xf32>, %w0: index)
    attributes {exec.words = ["n"], exec.inputs = 2} {
  %x = bufferization.to_tensor %in0 restrict : memref<?xf32> to tensor<?xf32>
  %i = bufferization.to_tensor %in1 restrict : memref<2xi64> to tensor<2xi64>
  // expected-error@+2 {{the kernel does not say the extents of an operand}}
  // expected-error@+1 {{operator Gather could not be lowered to linalg}}
  %y = onnx.node "Gather"(%x, %i) {dims = [[2]]} : (tensor<?xf32>, tensor<2xi64>) -> tensor<2xf32>
  bufferization.materialize_in_destination %y in restrict writable %out : (tensor<2xf32>, memref<2xf32>) -> ()
  return
}

// -----

// A function without words is no kernel and stays as it is.
func.func @host(%x: tensor<4xf32>) -> tensor<4xf32> {
  %y = transformer.softmax %x axis 0 dims [4] : tensor<4xf32>
  return %y : tensor<4xf32>
}
