// RUN: attune-opt %s -convert-graph-to-linalg -cpu-tile-rows | FileCheck %s
// RUN: attune-opt %s -convert-graph-to-linalg -cpu-tile-rows -cpu-bufferize-kernels | FileCheck %s --check-prefix=BUFFER

module {
  func.func @main() { return }
  module @kernels {
    // One row at a time: maximum, sum of exponentials and quotients share the loop, and no row of
    // exponentials is kept.
    // CHECK-LABEL: func.func @softmax
    // CHECK: scf.forall (%[[ROW:.*]]) in (%{{.*}})
    // CHECK-COUNT-3: linalg.generic
    // CHECK: tensor.parallel_insert_slice
    // BUFFER-LABEL: func.func @softmax
    // BUFFER-NOT: memref.alloc(
    func.func @softmax(%x: memref<?x?xf32, strided<[?, 1], offset: ?>> {attune.dims = ["n", "m"]},
                       %o: memref<?x?xf32, strided<[?, 1], offset: ?>> {attune.dims = ["n", "m"]}, %n: index, %m: index)
        attributes {exec.inputs = 1 : i64, exec.root = "transformer.softmax", exec.words = ["n", "m"]} {
      %t = bufferization.to_tensor %x restrict : memref<?x?xf32, strided<[?, 1], offset: ?>> to tensor<?x?xf32>
      %s = transformer.softmax %t axis 1 dims ["n", "m"] : tensor<?x?xf32>
      bufferization.materialize_in_destination %s in restrict writable %o : (tensor<?x?xf32>, memref<?x?xf32, strided<[?, 1], offset: ?>>) -> ()
      return
    }

    // The softmax's own axis is not cut.
    // CHECK-LABEL: func.func @columns
    // CHECK-NOT: scf.forall
    // CHECK: return
    func.func @columns(%x: memref<?x8xf32, strided<[?, 1], offset: ?>> {attune.dims = ["n", 8]},
                       %o: memref<?x8xf32, strided<[?, 1], offset: ?>> {attune.dims = ["n", 8]}, %n: index)
        attributes {exec.inputs = 1 : i64, exec.root = "transformer.softmax", exec.words = ["n"]} {
      %t = bufferization.to_tensor %x restrict : memref<?x8xf32, strided<[?, 1], offset: ?>> to tensor<?x8xf32>
      %s = transformer.softmax %t axis 0 dims ["n", 8] : tensor<?x8xf32>
      bufferization.materialize_in_destination %s in restrict writable %o : (tensor<?x8xf32>, memref<?x8xf32, strided<[?, 1], offset: ?>>) -> ()
      return
    }
  }
}
