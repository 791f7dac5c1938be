// RUN: attune-opt %s -split-input-file -verify-diagnostics -verify-tensor-form

// expected-error @+1 {{needs @main and a module @kernels}}
module {
  func.func @other() { return }
}

// -----

module {
  func.func @main(%x: tensor<4xf32>) -> tensor<4xf32> {
    // expected-error @+1 {{'math.exp' may not be on the host}}
    %y = math.exp %x : tensor<4xf32>
    return %y : tensor<4xf32>
  }
  module @kernels {}
}

// -----

module {
  func.func @main(%x: tensor<4xf32>) -> tensor<4xf32> {
    // expected-error @+1 {{'arith.negf' computes a tensor on the host; only dispatches may}}
    %y = arith.negf %x : tensor<4xf32>
    return %y : tensor<4xf32>
  }
  module @kernels {}
}

// -----

module {
  func.func @main() { return }
  module @kernels {
    // expected-error @+1 {{has no exec.words}}
    func.func @k(%x: memref<4xf32>) { return }
  }
}

// -----

module {
  func.func @main() { return }
  module @kernels {
    func.func @k(%x: memref<4xf32>)
        attributes {exec.words = [], exec.inputs = 0 : i64, exec.root = "transformer.softmax"} {
      %t = bufferization.to_tensor %x restrict : memref<4xf32> to tensor<4xf32>
      // expected-error @+1 {{'transformer.softmax' may not be in a kernel}}
      %s = transformer.softmax %t axis 0 dims [4] : tensor<4xf32>
      bufferization.materialize_in_destination %s in restrict writable %x : (tensor<4xf32>, memref<4xf32>) -> ()
      return
    }
  }
}
