// RUN: attune-opt %s -cpu-convert-kernels-to-llvm | FileCheck %s

// What a kernel counts is added to its context, the entry's first argument: both numbers, and then
// the first alone. A kernel that counts nothing does not see the context.
module {
  // CHECK-LABEL: llvm.func internal @sparse(
  // CHECK-SAME: %arg0: i64, %arg1: i64, %arg2: i64, %arg3: !llvm.ptr, %arg4: !llvm.ptr, %arg5: i64, %arg6: i64, %arg7: i64)
  // CHECK-DAG: %[[FIRST:.*]] = llvm.mlir.constant(0 : index)
  // CHECK-DAG: %[[SECOND:.*]] = llvm.mlir.constant(1 : index)
  // CHECK: llvm.getelementptr {{.*}}[%[[FIRST]]]
  // CHECK: llvm.add %{{.*}}, %arg0
  // CHECK: llvm.store
  // CHECK: llvm.getelementptr {{.*}}[%[[SECOND]]]
  // CHECK: llvm.add %{{.*}}, %arg2
  // CHECK: llvm.store
  // CHECK: llvm.getelementptr {{.*}}[%[[FIRST]]]
  // CHECK: llvm.add %{{.*}}, %arg1
  // CHECK: llvm.store
  // CHECK-NOT: llvm.store
  // CHECK: llvm.return
  // CHECK-LABEL: llvm.func @attune_kernel_sparse(%arg0: !llvm.ptr
  // CHECK: llvm.call @sparse(%{{.*}}, %arg3, %arg4, %arg0, %arg0, %{{.*}}, %{{.*}}, %{{.*}}) :
  // CHECK-LABEL: llvm.func @attune_kernel_dense(%arg0: !llvm.ptr
  // CHECK: llvm.call @dense(%{{.*}}, %arg3, %arg4) :
  module @kernels {
    func.func @sparse(%n: index, %begin: index, %end: index) attributes {exec.words = ["n"]} {
      %c0 = arith.constant 0 : index
      exec.count_tiles %n of %end
      exec.count_tiles %begin of %c0
      return
    }
    func.func @sparse_grid(%n: index) -> index { return %n : index }
    func.func @dense(%n: index, %begin: index, %end: index) attributes {exec.words = ["n"]} {
      return
    }
    func.func @dense_grid(%n: index) -> index { return %n : index }
  }
}
