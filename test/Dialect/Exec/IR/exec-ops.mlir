// RUN: attune-opt %s | attune-opt | FileCheck %s
// RUN: attune-opt %s -mlir-print-op-generic | attune-opt | FileCheck %s
// RUN: attune-opt %s -emit-bytecode | attune-opt | FileCheck %s

// CHECK-LABEL: func.func @main
func.func @main(%x: tensor<?x4xf32>, %n: index, %ok: i1) -> tensor<2x?xf32> {
  // CHECK: exec.guard %{{.*}} index 0
  exec.guard %ok index 0
  // CHECK: exec.constant(dense<1.000000e+00> : tensor<4xf32>) : tensor<4xf32>
  %c = exec.constant(dense<1.0> : tensor<4xf32>) : tensor<4xf32>
  // CHECK: exec.output 0(%{{.*}}) : tensor<2x?xf32>
  %o = exec.output 0(%n) : tensor<2x?xf32>
  // CHECK: exec.reshape %{{.*}}(%{{.*}}) : tensor<2x?xf32> -> tensor<?x4xf32>
  %e = exec.reshape %o(%n) : tensor<2x?xf32> -> tensor<?x4xf32>
  // CHECK: exec.dispatch [@add] ins(%{{.*}}, %{{.*}} : tensor<?x4xf32>, tensor<4xf32>) outs(%{{.*}} : tensor<?x4xf32>) words(%{{.*}}) -> tensor<?x4xf32>
  %y = exec.dispatch [@add] ins(%x, %c : tensor<?x4xf32>, tensor<4xf32>)
      outs(%e : tensor<?x4xf32>) words(%n) -> tensor<?x4xf32>
  %r = exec.reshape %y(%n) : tensor<?x4xf32> -> tensor<2x?xf32>
  return %r : tensor<2x?xf32>
}

module @kernels {
  // CHECK: func.func @add
  // CHECK-SAME: #exec.schedule<task = [1, 0] vector = [1, 16] variant = "m1">
  func.func @add(%x: memref<?x4xf32>, %c: memref<4xf32>, %y: memref<?x4xf32>, %w: index)
      attributes {exec.schedule = #exec.schedule<task = [1, 0] vector = [1, 16] variant = "m1">} {
    // CHECK: exec.count_tiles %[[N:.*]] of %[[N]]
    exec.count_tiles %w of %w
    return
  }
}
