// Every printed form compiles to the same artefact, and the artefact runs.
// RUN: rm -rf %t && mkdir %t
// RUN: attune compile -q %s -o %t/a.attune
// RUN: attune compile -q %s --emit=graph -o %t/graph.mlir
// RUN: attune compile -q %s --emit=tensor -o %t/tensor.mlir
// RUN: attune compile -q %s --emit=device -o %t/device.mlir
// RUN: attune compile -q %t/graph.mlir -o %t/graph.attune
// RUN: attune compile -q %t/tensor.mlir -o %t/tensor.attune
// RUN: attune compile -q %t/device.mlir -o %t/device.attune
// RUN: cmp %t/a.attune %t/graph.attune
// RUN: cmp %t/a.attune %t/tensor.attune
// RUN: cmp %t/a.attune %t/device.attune
// RUN: attune-opt %t/graph.mlir -o /dev/null
// RUN: attune-opt %t/tensor.mlir -o /dev/null
// RUN: attune-opt %t/device.mlir -o /dev/null
// RUN: attune run %t/a.attune --random 1 --dim batch=2 --dim seq=5 --threads 1 --output-dir %t/one
// RUN: attune run %t/a.attune --random 1 --dim batch=2 --dim seq=5 --threads 2 --output-dir %t/two
// RUN: cmp %t/one/y.npy %t/two/y.npy
// RUN: not attune run %t/a.attune --random 1 --dim batch=2 --dim seq=9 2>&1 | FileCheck %s
// CHECK: error: the input shapes do not satisfy seq <= 8: batch = 2, seq = 9 (node 'positions')

func.func @main(%x: tensor<?x?x13xf32> {attune.name = "x", attune.dims = ["batch", "seq", 13]})
    -> (tensor<?x?x77xf32> {attune.name = "y", attune.dims = ["batch", "seq", 77]})
    attributes {attune.guards = [{relation = "le", lhs = "seq", rhs = 8 : i64, node = "positions"}]} {
  %w = arith.constant dense<0.25> : tensor<13x77xf32>
  %xf = transformer.reshape %x dims ["batch * seq", 13] : tensor<?x?x13xf32> -> tensor<?x13xf32>
  %n = transformer.norm <layer> %xf axes 1 epsilon 1.0e-5 dims ["batch * seq", 13] : tensor<?x13xf32>
  %p = transformer.softmax %n axis 1 dims ["batch * seq", 13] : tensor<?x13xf32>
  %wf = transformer.map (%w : tensor<13x77xf32>) dims [13, 77] maps [affine_map<(d0, d1) -> (d0, d1)>] {
  ^bb0(%e: f32):
    %i = transformer.index 1
    %c = arith.index_cast %i : index to i32
    %f = arith.sitofp %c : i32 to f32
    %s = arith.mulf %e, %f : f32
    transformer.yield %s : f32
  } -> tensor<13x77xf32>
  %y = transformer.contract (%p, %wf : tensor<?x13xf32>, tensor<13x77xf32>) dims ["batch * seq", 77, 13]
      maps [affine_map<(m, n, k) -> (m, k)>, affine_map<(m, n, k) -> (k, n)>] to affine_map<(m, n, k) -> (m, n)> {
  ^bb0(%acc: f32):
    %g = transformer.activation <gelu> %acc : f32
    transformer.yield %g : f32
  } -> tensor<?x77xf32>
  %r = transformer.reshape %y dims ["batch", "seq", 77] : tensor<?x77xf32> -> tensor<?x?x77xf32>
  return %r : tensor<?x?x77xf32>
}
