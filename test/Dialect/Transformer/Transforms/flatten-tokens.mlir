// RUN: attune-opt %s --transformer-flatten-tokens | FileCheck %s

// Between two ops the reshapes cancel; the weight is not indexed by tokens and stays.
// CHECK-LABEL: func.func @chain
// CHECK-SAME: (%[[X:.*]]: tensor<?x?x4xf32>
// CHECK: %[[F:.*]] = transformer.reshape %[[X]] dims ["batch * seq", 4]
// CHECK-NEXT: %[[C:.*]] = transformer.contract(%[[F]], %{{.*}} : tensor<?x4xf32>, tensor<4x8xf32>) dims ["batch * seq", 8, 4]
// CHECK: %[[M:.*]] = transformer.map(%[[C]], %{{.*}} : tensor<?x8xf32>, tensor<8xf32>) dims ["batch * seq", 8]
// CHECK: transformer.index 1
// CHECK: %[[N:.*]] = transformer.norm <layer> %[[M]] axes 1 epsilon {{.*}} dims ["batch * seq", 8]
// CHECK: %[[S:.*]] = transformer.softmax %[[N]] axis 1 dims ["batch * seq", 8]
// CHECK: %[[R:.*]] = transformer.reduce <sum>(%[[S]] : tensor<?x8xf32>) dims ["batch * seq", 8]
// CHECK: } -> tensor<?xf32>
// CHECK: %[[B:.*]] = transformer.reshape %[[R]] dims ["batch", "seq", 1]
// CHECK-NEXT: return %[[B]]
func.func @chain(%x: tensor<?x?x4xf32> {attune.dims = ["batch", "seq", 4]}, %w: tensor<4x8xf32> {attune.dims = [4, 8]},
                 %b: tensor<8xf32> {attune.dims = [8]}) -> tensor<?x?x1xf32> {
  %0 = transformer.contract (%x, %w : tensor<?x?x4xf32>, tensor<4x8xf32>) dims ["batch", "seq", 8, 4]
      maps [affine_map<(b, s, n, k) -> (b, s, k)>, affine_map<(b, s, n, k) -> (k, n)>]
      to affine_map<(b, s, n, k) -> (b, s, n)> {
  ^bb0(%acc: f32):
    transformer.yield %acc : f32
  } -> tensor<?x?x8xf32>
  %1 = transformer.map (%0, %b : tensor<?x?x8xf32>, tensor<8xf32>) dims ["batch", "seq", 8]
      maps [affine_map<(d0, d1, d2) -> (d0, d1, d2)>, affine_map<(d0, d1, d2) -> (d2)>] {
  ^bb0(%e: f32, %f: f32):
    %i = transformer.index 2
    %j = arith.index_cast %i : index to i64
    %g = arith.sitofp %j : i64 to f32
    %s = arith.addf %e, %g : f32
    %r = arith.addf %s, %f : f32
    transformer.yield %r : f32
  } -> tensor<?x?x8xf32>
  %2 = transformer.norm <layer> %1 axes 1 epsilon 1.0e-6 dims ["batch", "seq", 8] : tensor<?x?x8xf32>
  %3 = transformer.softmax %2 axis 2 dims ["batch", "seq", 8] : tensor<?x?x8xf32>
  %4 = transformer.reduce <sum> (%3 : tensor<?x?x8xf32>) dims ["batch", "seq", 8]
      maps [affine_map<(d0, d1, d2) -> (d0, d1, d2)>] to affine_map<(d0, d1, d2) -> (d0, d1, 0)> {
  ^bb0(%e: f32):
    transformer.yield %e : f32
  } -> tensor<?x?x1xf32>
  return %4 : tensor<?x?x1xf32>
}

// A static batch of one disappears into the tokens.
// CHECK-LABEL: func.func @one_batch
// CHECK: transformer.map(%{{.*}}, %{{.*}} : tensor<?x8xf32>, tensor<?x8xf32>) dims ["seq", 8]
func.func @one_batch(%x: tensor<1x?x8xf32> {attune.dims = [1, "seq", 8]}, %p: tensor<1x?x8xf32> {attune.dims = [1, "seq", 8]})
    -> tensor<1x?x8xf32> {
  %0 = transformer.map (%x, %p : tensor<1x?x8xf32>, tensor<1x?x8xf32>) dims [1, "seq", 8]
      maps [affine_map<(d0, d1, d2) -> (d0, d1, d2)>, affine_map<(d0, d1, d2) -> (0, d1, d2)>] {
  ^bb0(%e: f32, %f: f32):
    %r = arith.addf %e, %f : f32
    transformer.yield %r : f32
  } -> tensor<1x?x8xf32>
  return %0 : tensor<1x?x8xf32>
}

// Stay as they are: a table read per token of any batch, a sum over one of the loops, batched
// rows on both sides, the index of a joined loop.
// CHECK-LABEL: func.func @kept
// CHECK-NOT: transformer.reshape
// CHECK: return
func.func @kept(%x: tensor<?x?x8xf32> {attune.dims = ["batch", "seq", 8]}, %p: tensor<?x8xf32> {attune.dims = ["seq", 8]})
    -> (tensor<?x?x8xf32>, tensor<?x8xf32>, tensor<?x?x?xf32>, tensor<?x?x8xindex>) {
  %0 = transformer.map (%x, %p : tensor<?x?x8xf32>, tensor<?x8xf32>) dims ["batch", "seq", 8]
      maps [affine_map<(d0, d1, d2) -> (d0, d1, d2)>, affine_map<(d0, d1, d2) -> (d1, d2)>] {
  ^bb0(%e: f32, %f: f32):
    %r = arith.addf %e, %f : f32
    transformer.yield %r : f32
  } -> tensor<?x?x8xf32>
  %1 = transformer.reduce <sum> (%x : tensor<?x?x8xf32>) dims ["batch", "seq", 8]
      maps [affine_map<(d0, d1, d2) -> (d0, d1, d2)>] to affine_map<(d0, d1, d2) -> (d0, d2)> {
  ^bb0(%e: f32):
    transformer.yield %e : f32
  } -> tensor<?x8xf32>
  %2 = transformer.contract (%x, %x : tensor<?x?x8xf32>, tensor<?x?x8xf32>) dims ["batch", "seq", "seq", 8]
      maps [affine_map<(b, i, j, k) -> (b, i, k)>, affine_map<(b, i, j, k) -> (b, j, k)>]
      to affine_map<(b, i, j, k) -> (b, i, j)> {
  ^bb0(%acc: f32):
    transformer.yield %acc : f32
  } -> tensor<?x?x?xf32>
  %3 = transformer.map () dims ["batch", "seq", 8] maps [] {
    %i = transformer.index 1
    transformer.yield %i : index
  } -> tensor<?x?x8xindex>
  return %0, %1, %2, %3 : tensor<?x?x8xf32>, tensor<?x8xf32>, tensor<?x?x?xf32>, tensor<?x?x8xindex>
}
