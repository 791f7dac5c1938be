// A contraction's kernel reads the windows' input; what else reads windows gets them made.
// RUN: attune-opt %s -form-dispatches | FileCheck %s

#seen = affine_map<(t, n, c, k) -> (t, c, k)>
#filters = affine_map<(t, n, c, k) -> (n, c, k)>
#out = affine_map<(t, n, c, k) -> (t, n)>

// CHECK-LABEL: func.func @main
// CHECK-SAME: %[[X:.*]]: tensor<4x?xf32>
// CHECK: %[[P:.*]] = exec.dispatch [@[[COPY:windows_0]]] ins(%[[X]] :
// CHECK: exec.dispatch [@[[SUM:contract_1]]] ins(%[[P]], %arg1 : tensor<4x?xf32>, tensor<8x4x3xf32>)
// A border that is left is in the kernel, too.
// CHECK: exec.dispatch [@[[FAR:contract_2]]] ins(%[[X]], %arg1 :
// CHECK: exec.dispatch [@windows_3] ins(%[[X]] :
// CHECK: func.func @[[COPY]]
// CHECK-SAME: exec.words = ["t + 2", "p", "t"]
// CHECK: transformer.windows {{.*}} low [0, "p"]
// CHECK: func.func @[[SUM]]
// CHECK-SAME: exec.words = ["t", "t + 2"]
// CHECK: %[[R:.*]] = bufferization.to_tensor %arg0
// CHECK: %[[V:.*]] = transformer.windows %[[R]]
// CHECK: transformer.contract(%[[V]]
// CHECK: func.func @[[FAR]]
// CHECK-SAME: exec.words = ["t", "p"]
// CHECK: transformer.windows {{.*}} low [0, "p"]
func.func @main(%x: tensor<4x?xf32> {attune.name = "x", attune.dims = [4, "t"]}, %w: tensor<8x4x3xf32> {attune.name = "w"},
                %p: tensor<?xf32> {attune.name = "p", attune.dims = ["p"]})
    -> (tensor<?x8xf32>, tensor<?x8xf32>, tensor<?x4x3xf32>) {
  %0 = transformer.windows %x dims [4, "t + 2"] map affine_map<(c, t) -> (c, t)> low [0, "p"] : tensor<4x?xf32> -> tensor<4x?xf32>
  %1 = transformer.windows %0 dims ["t", 4, 3] map affine_map<(t, c, k) -> (c, t + k)> : tensor<4x?xf32> -> tensor<?x4x3xf32>
  %2 = transformer.contract (%1, %w : tensor<?x4x3xf32>, tensor<8x4x3xf32>) dims ["t", 8, 4, 3] maps [#seen, #filters] to #out {
  ^bb0(%acc: f32):
    transformer.yield %acc : f32
  } -> tensor<?x8xf32>
  %3 = transformer.windows %x dims ["t", 4, 3] map affine_map<(t, c, k) -> (c, t + k)> low [0, "p"] : tensor<4x?xf32> -> tensor<?x4x3xf32>
  %4 = transformer.contract (%3, %w : tensor<?x4x3xf32>, tensor<8x4x3xf32>) dims ["t", 8, 4, 3] maps [#seen, #filters] to #out {
  ^bb0(%acc: f32):
    transformer.yield %acc : f32
  } -> tensor<?x8xf32>
  %5 = transformer.windows %x dims ["t", 4, 3] map affine_map<(t, c, k) -> (c, t + k)> low [0, 1] : tensor<4x?xf32> -> tensor<?x4x3xf32>
  return %2, %4, %5 : tensor<?x8xf32>, tensor<?x8xf32>, tensor<?x4x3xf32>
}
