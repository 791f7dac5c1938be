// RUN: attune-opt %s -form-dispatches | FileCheck %s

// A result that no dispatch computes, and one that is returned twice, are copied.
// CHECK-LABEL: func.func @main
// CHECK-DAG: exec.output 0
// CHECK-DAG: exec.output 1
// CHECK-DAG: exec.output 2
// CHECK: return
func.func @main(%x: tensor<?xf32> {attune.name = "x", attune.dims = ["n"]})
    -> (tensor<?xf32> {attune.name = "a", attune.dims = ["n"]},
        tensor<?xf32> {attune.name = "b", attune.dims = ["n"]},
        tensor<?xf32> {attune.name = "c", attune.dims = ["n"]}) {
  %a = transformer.map (%x : tensor<?xf32>) dims ["n"] maps [affine_map<(d0) -> (d0)>] {
  ^bb0(%e: f32):
    %n = arith.negf %e : f32
    transformer.yield %n : f32
  } -> tensor<?xf32>
  return %a, %a, %x : tensor<?xf32>, tensor<?xf32>, tensor<?xf32>
}
