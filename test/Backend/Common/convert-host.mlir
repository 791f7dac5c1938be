// RUN: attune-opt %s -convert-exec-host-to-llvm | FileCheck %s

// The host asks the recorder for buffers and hands it dispatches; a guard that fails returns its
// number; a dispatch with variants has a function that chooses.
// CHECK-LABEL: llvm.func @attune_host(%arg0: !llvm.ptr, %arg1: !llvm.ptr, %arg2: !llvm.ptr, %arg3: !llvm.ptr) -> i32
// CHECK: llvm.cond_br
// CHECK: llvm.intr.smul.with.overflow
// CHECK: llvm.return %{{.*}} : i32
// CHECK-LABEL: llvm.func @attune_select_0(%arg0: !llvm.ptr) -> i32
// CHECK: llvm.icmp "eq"
// CHECK: llvm.select
func.func @main(%x: memref<?x4xf32> {attune.name = "x", attune.dims = ["n", 4]}) -> memref<?x4xf32> {
  %c0 = arith.constant 0 : index
  %c9 = arith.constant 9 : index
  %n = memref.dim %x, %c0 : memref<?x4xf32>
  %ok = arith.cmpi sle, %n, %c9 : index
  exec.guard %ok index 0
  %w = exec.constant(dense<1.0> : tensor<4xf32>) : memref<4xf32>
  %t = memref.alloc(%n) : memref<?x4xf32>
  exec.dispatch [@one, @many] ins(%x, %w : memref<?x4xf32>, memref<4xf32>) outs(%t : memref<?x4xf32>) words(%n)
  %o = exec.output 0(%n) : memref<?x4xf32>
  memref.copy %t, %o : memref<?x4xf32> to memref<?x4xf32>
  return %o : memref<?x4xf32>
}
module @kernels {
  func.func @one() attributes {exec.when = affine_set<(d0) : (d0 - 1 == 0)>} { return }
  func.func @many() { return }
}
