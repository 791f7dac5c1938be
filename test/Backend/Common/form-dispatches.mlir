// RUN: attune-opt %s -form-dispatches | FileCheck %s

#id = affine_map<(d0, d1) -> (d0, d1)>

// Symbols are read once, the guard is checked first, equal kernels are one, the reshape is a
// view of the result's buffer.
// CHECK-LABEL: func.func @main
// CHECK-SAME: %[[X:.*]]: tensor<?x?x8xf32>
// CHECK-DAG: %[[B:.*]] = tensor.dim %[[X]], %c0
// CHECK-DAG: %[[S:.*]] = tensor.dim %[[X]], %c1
// CHECK: %[[OK:.*]] = arith.cmpi sle, %[[S]], %{{.*}} : index
// CHECK: exec.guard %[[OK]] index 0
// CHECK: %[[FLAT:.*]] = exec.reshape %[[X]](%[[BS:.*]]) : tensor<?x?x8xf32> -> tensor<?x8xf32>
// CHECK: %[[T:.*]] = exec.dispatch [@map_0] ins(%[[FLAT]] : {{.*}}) outs(%{{.*}} : {{.*}}) words(%[[BS]])
// CHECK: %[[OUT:.*]] = exec.output 0(%[[B]], %[[S]]) : tensor<?x?x8xf32>
// CHECK: %[[INIT:.*]] = exec.reshape %[[OUT]](%[[BS]])
// CHECK: exec.dispatch [@map_0] ins(%[[T]] : {{.*}}) outs(%[[INIT]] : {{.*}}) words(%[[BS]])
// CHECK-LABEL: module @kernels
// CHECK: func.func @map_0
// CHECK-SAME: memref<?x8xf32, strided<[?, 1], offset: ?>> {attune.dims = ["batch * seq", 8]}
// CHECK-SAME: exec.inputs = 1 : i64, exec.root = "transformer.map", exec.words = ["batch * seq"]
// CHECK-SAME: exec.work = {bytes = "64 * batch * seq", extents = ["batch * seq", 8], flops = 0 : i64, node = "first", what = "map"}
// CHECK: bufferization.to_tensor %{{.*}} restrict
// CHECK: transformer.map
// CHECK: bufferization.materialize_in_destination %{{.*}} in restrict writable
// CHECK-NOT: func.func
func.func @main(%x: tensor<?x?x8xf32> {attune.name = "x", attune.dims = ["batch", "seq", 8]})
    -> (tensor<?x?x8xf32> {attune.name = "y", attune.dims = ["batch", "seq", 8]})
    attributes {attune.guards = [{relation = "le", lhs = "seq", rhs = 512 : i64, node = "n"}]} {
  %f = transformer.reshape %x dims ["batch * seq", 8] : tensor<?x?x8xf32> -> tensor<?x8xf32>
  %a = transformer.map (%f : tensor<?x8xf32>) dims ["batch * seq", 8] maps [#id] {
  ^bb0(%e: f32):
    %n = arith.negf %e : f32
    transformer.yield %n : f32
  } -> tensor<?x8xf32> loc("first"("Neg"))
  %b = transformer.map (%a : tensor<?x8xf32>) dims ["batch * seq", 8] maps [#id] {
  ^bb0(%e: f32):
    %n = arith.negf %e : f32
    transformer.yield %n : f32
  } -> tensor<?x8xf32> loc("second"("Neg"))
  %r = transformer.reshape %b dims ["batch", "seq", 8] : tensor<?x8xf32> -> tensor<?x?x8xf32>
  return %r : tensor<?x?x8xf32>
}
