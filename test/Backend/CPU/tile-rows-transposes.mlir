// A task that transposes takes several elements of each line that it reads.
// RUN: attune-opt %s -convert-graph-to-linalg -cpu-tile-rows | FileCheck %s

module {
  func.func @main() { return }
  module @kernels {
    // CHECK-LABEL: func.func @transpose
    // CHECK: scf.forall (%{{.*}}, %[[C:.*]], %[[P:.*]]) = (0, 0, 0) to (%{{.*}}, 40, %{{.*}}) step (1, 16, 256)
    // CHECK: linalg.generic
    func.func @transpose(%x: memref<?x?x40xf32, strided<[?, ?, 1], offset: ?>> {attune.dims = ["b", "p", 40]},
                         %o: memref<?x40x?xf32, strided<[?, ?, 1], offset: ?>> {attune.dims = ["b", 40, "p"]}, %b: index, %p: index)
        attributes {exec.inputs = 1 : i64, exec.root = "transformer.map", exec.words = ["b", "p"]} {
      %t = bufferization.to_tensor %x restrict : memref<?x?x40xf32, strided<[?, ?, 1], offset: ?>> to tensor<?x?x40xf32>
      %s = transformer.map (%t : tensor<?x?x40xf32>) dims ["b", 40, "p"] maps [affine_map<(b, c, p) -> (b, p, c)>] {
      ^bb0(%e: f32):
        transformer.yield %e : f32
      } -> tensor<?x40x?xf32>
      bufferization.materialize_in_destination %s in restrict writable %o : (tensor<?x40x?xf32>, memref<?x40x?xf32, strided<[?, ?, 1], offset: ?>>) -> ()
      return
    }

    // Rows that are read as they are written, or a column that all of a row reads, are rows.
    // CHECK-LABEL: func.func @rows
    // CHECK: scf.forall (%{{.*}}) in (%{{.*}}) {
    func.func @rows(%x: memref<?x40xf32, strided<[?, 1], offset: ?>> {attune.dims = ["p", 40]},
                    %y: memref<?xf32, strided<[1], offset: ?>> {attune.dims = ["p"]},
                    %o: memref<?x40xf32, strided<[?, 1], offset: ?>> {attune.dims = ["p", 40]}, %p: index)
        attributes {exec.inputs = 2 : i64, exec.root = "transformer.map", exec.words = ["p"]} {
      %t = bufferization.to_tensor %x restrict : memref<?x40xf32, strided<[?, 1], offset: ?>> to tensor<?x40xf32>
      %u = bufferization.to_tensor %y restrict : memref<?xf32, strided<[1], offset: ?>> to tensor<?xf32>
      %s = transformer.map (%t, %u : tensor<?x40xf32>, tensor<?xf32>) dims ["p", 40] maps [affine_map<(p, c) -> (p, c)>, affine_map<(p, c) -> (p)>] {
      ^bb0(%e: f32, %f: f32):
        %r = arith.addf %e, %f : f32
        transformer.yield %r : f32
      } -> tensor<?x40xf32>
      bufferization.materialize_in_destination %s in restrict writable %o : (tensor<?x40xf32>, memref<?x40xf32, strided<[?, 1], offset: ?>>) -> ()
      return
    }
  }
}
