// RUN: attune-opt %s -split-input-file -verify-diagnostics -verify-device-form

// expected-error @+1 {{needs @main and a module @kernels}}
module {}

// -----

module {
  func.func @main(%x: tensor<4xf32>) -> tensor<4xf32> {
    // expected-error @+1 {{'arith.negf' still works on tensors}}
    %y = arith.negf %x : tensor<4xf32>
    return %y : tensor<4xf32>
  }
  module @kernels {}
}

// -----

module {
  func.func @main(%x: memref<4xf32>) {
    // expected-error @+1 {{'memref.reinterpret_cast' may not be on the host}}
    %y = memref.reinterpret_cast %x to offset: [0], sizes: [2], strides: [1] : memref<4xf32> to memref<2xf32>
    return
  }
  module @kernels {}
}

// -----

module {
  func.func @main() { return }
  module @kernels {
    // expected-error @+1 {{has no grid function}}
    func.func @k() { return }
  }
}

// -----

module {
  func.func @main() { return }
  module @kernels {
    func.func @k() {
      // expected-error @+1 {{'memref.alloc' uses the heap in a kernel}}
      %a = memref.alloc() : memref<4xf32>
      return
    }
    func.func @k_grid() { return }
  }
}

// -----

module {
  func.func @main() { return }
  module @kernels {
    func.func @k(%n: index) {
      // expected-error @+1 {{'memref.alloca' grows the frame at run time}}
      %a = memref.alloca(%n) : memref<?xf32>
      return
    }
    func.func @k_grid() { return }
  }
}

// -----

module {
  func.func @main() { return }
  module @kernels {
    func.func @k() {
      // expected-error @+1 {{'memref.alloca' needs a frame over 384 KiB}}
      %a = memref.alloca() : memref<262144xf32>
      return
    }
    func.func @k_grid() { return }
  }
}

// -----

module {
  func.func @main() { return }
  module @kernels {
    func.func @k() {
      // expected-error @+1 {{'memref.alloca' needs a frame over 384 KiB}}
      %0 = memref.alloca() : memref<9223372036854775807xf64>
      return
    }
    func.func @k_grid() { return }
  }
}

// -----

module {
  func.func @main() { return }
  module @kernels {
    func.func @k() {
      // expected-error @+1 {{'memref.alloca' needs a frame over 384 KiB}}
      %0 = memref.alloca() : memref<50000xindex>
      return
    }
    func.func @k_grid() { return }
  }
}

// -----

module {
  func.func @main() { return }
  module @kernels {
    func.func @k() {
      // expected-error @+1 {{'memref.alloca' keeps something else than numbers in the frame}}
      %0 = memref.alloca() : memref<4xmemref<4xf32>>
      return
    }
    func.func @k_grid() { return }
  }
}

// -----

module {
  func.func @main() { return }
  module @kernels {
    func.func @k(%x: memref<4xf32>) {
      %c = arith.constant 0.0 : f32
      // expected-error @+1 {{'linalg.fill' may not be in a kernel}}
      linalg.fill ins(%c : f32) outs(%x : memref<4xf32>)
      return
    }
    func.func @k_grid() { return }
  }
}
