// Each result has a buffer of its own, even where CSE has made their empty tensors one: shared, it
// would be alive from the first to the last of them.
// RUN: attune-opt %s -exec-bufferize-host | FileCheck %s

// CHECK-LABEL: func.func @main
// CHECK: %[[A:.*]] = memref.alloc(%{{.*}}) {{.*}} : memref<?x4xf32>
// CHECK: exec.dispatch [@k] ins(%arg0 : memref<?x4xf32>) outs(%[[A]] : memref<?x4xf32>)
// CHECK: %[[B:.*]] = memref.alloc(%{{.*}}) {{.*}} : memref<?x4xf32>
// CHECK: exec.dispatch [@k] ins(%[[A]] : memref<?x4xf32>) outs(%[[B]] : memref<?x4xf32>)
// CHECK: %[[C:.*]] = memref.alloc(%{{.*}}) {{.*}} : memref<?x4xf32>
// CHECK: exec.dispatch [@k] ins(%[[B]] : memref<?x4xf32>) outs(%[[C]] : memref<?x4xf32>)
// CHECK-NOT: memref.{{alloc|copy}}
// CHECK: return
!x = tensor<?x4xf32>
!m = memref<?x4xf32, strided<[?, 1], offset: ?>>
module {
  func.func @main(%x: !x {attune.name = "x", attune.dims = ["n", 4]}) -> (!x {attune.name = "y", attune.dims = ["n", 4]}) {
    %c0 = arith.constant 0 : index
    %n = tensor.dim %x, %c0 : !x
    %e = tensor.empty(%n) : !x
    %0 = exec.dispatch [@k] ins(%x : !x) outs(%e : !x) words(%n) -> !x
    %1 = exec.dispatch [@k] ins(%0 : !x) outs(%e : !x) words(%n) -> !x
    %2 = exec.dispatch [@k] ins(%1 : !x) outs(%e : !x) words(%n) -> !x
    %o = exec.output 0(%n) : !x
    %3 = exec.dispatch [@k] ins(%2 : !x) outs(%o : !x) words(%n) -> !x
    return %3 : !x
  }
  module @kernels {
    func.func @k(%a: !m {attune.dims = ["n", 4]}, %o: !m {attune.dims = ["n", 4]}, %n: index)
        attributes {exec.inputs = 1 : i64, exec.root = "transformer.map", exec.words = ["n"]} {
      return
    }
  }
}
