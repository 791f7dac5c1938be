// RUN: attune-opt %s -cpu-convert-kernels-to-llvm | FileCheck %s

// The entry unpacks buffers and words; the kernel itself is internal; no module @kernels is left.
module {
  // What is written is no memory that is read.
  // CHECK-LABEL: llvm.func internal @copy(
  // CHECK-SAME: %arg0: !llvm.ptr, %arg1: !llvm.ptr, %arg2: i64, %arg3: i64, %arg4: i64,
  // CHECK-SAME: %arg5: !llvm.ptr, %arg6: !llvm.ptr {llvm.noalias}, %arg7: i64
  // CHECK-LABEL: llvm.func internal @scale(
  // CHECK-LABEL: llvm.func internal @scale_grid(
  // CHECK-LABEL: llvm.func @attune_kernel_scale(%arg0: !llvm.ptr, %arg1: !llvm.ptr, %arg2: !llvm.ptr, %arg3: i64, %arg4: i64)
  // CHECK: llvm.call @scale(
  // CHECK-LABEL: llvm.func @attune_grid_scale(%arg0: !llvm.ptr) -> i64
  // CHECK: llvm.call @scale_grid(
  // CHECK-NOT: module @kernels
  module @kernels {
    func.func @copy(%x: memref<?xf32, strided<[1], offset: ?>> {attune.dims = ["n"]}, %y: memref<?xf32, strided<[1], offset: ?>> {attune.dims = ["n"]}, %n: index, %begin: index, %end: index)
        attributes {exec.words = ["n"], exec.inputs = 1 : i64} {
      %c1 = arith.constant 1 : index
      scf.for %i = %begin to %end step %c1 {
        %e = memref.load %x[%i] : memref<?xf32, strided<[1], offset: ?>>
        memref.store %e, %y[%i] : memref<?xf32, strided<[1], offset: ?>>
      }
      return
    }
    func.func @copy_grid(%n: index) -> index { return %n : index }
    func.func @scale(%x: memref<?xf32, strided<[1], offset: ?>> {attune.dims = ["n"]}, %n: index, %begin: index, %end: index)
        attributes {exec.words = ["n"]} {
      %c1 = arith.constant 1 : index
      scf.for %i = %begin to %end step %c1 {
        %e = memref.load %x[%i] : memref<?xf32, strided<[1], offset: ?>>
        %t = math.tanh %e : f32
        memref.store %t, %x[%i] : memref<?xf32, strided<[1], offset: ?>>
      }
      return
    }
    func.func @scale_grid(%n: index) -> index { return %n : index }
  }
}
