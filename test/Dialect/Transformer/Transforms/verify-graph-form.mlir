// RUN: attune-opt %s --verify-graph-form="operators=Gather" | FileCheck %s

// What may remain: transformer ops, tensor constants, operators with a lowering, absent operands.
// CHECK-LABEL: func.func @main
func.func @main(%i: tensor<?xi64> {attune.name = "i", attune.dims = ["n"]}) -> (tensor<?x4xf32>, tensor<1xi64>) {
  %w = transformer.weight <file = "w", offset = 0, bytes = 48, hash = "0", source = tensor<3x4xf32>> : tensor<3x4xf32>
  %c = arith.constant dense<1.0> : tensor<4xf32>
  %g = onnx.node "Gather"(%w, %i) {dims = [["n", 4]]} : (tensor<3x4xf32>, tensor<?xi64>) -> tensor<?x4xf32>
  %m = transformer.map (%g, %c : tensor<?x4xf32>, tensor<4xf32>) dims ["n", 4]
      maps [affine_map<(d0, d1) -> (d0, d1)>, affine_map<(d0, d1) -> (d1)>] {
  ^bb0(%e: f32, %f: f32):
    %r = arith.addf %e, %f : f32
    transformer.yield %r : f32
  } -> tensor<?x4xf32>
  %s = transformer.shape ["2 * n"] : tensor<1xi64>
  %none = onnx.none : none
  return %m, %s : tensor<?x4xf32>, tensor<1xi64>
}
