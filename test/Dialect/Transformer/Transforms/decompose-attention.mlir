// RUN: attune-opt %s --transformer-decompose-attention | FileCheck %s

#q = affine_map<(b, h, i, j, d, e) -> (b, i, h, d)>
#k = affine_map<(b, h, i, j, d, e) -> (b, j, h, d)>
#v = affine_map<(b, h, i, j, d, e) -> (b, j, h, e)>
#o = affine_map<(b, h, i, j, d, e) -> (b, i, h, e)>
#keys = affine_map<(b, h, i, j, d, e) -> (b, j)>
#bias = affine_map<(b, h, i, j, d, e) -> (h, i, j)>

// The mean of a row without a live key: every score is the lowest value, so the softmax is
// uniform; in other rows it underflows.
// CHECK-DAG: #[[Q:.*]] = affine_map<(d0, d1, d2, d3, d4) -> (d0, d2, d1, d4)>
// CHECK-DAG: #[[K:.*]] = affine_map<(d0, d1, d2, d3, d4) -> (d0, d3, d1, d4)>
// CHECK-DAG: #[[M:.*]] = affine_map<(d0, d1, d2, d3, d4) -> (d0, d3)>
// CHECK-DAG: #[[P:.*]] = affine_map<(d0, d1, d2, d3, d4) -> (d0, d1, d2, d3)>
// CHECK-LABEL: func.func @mean
// CHECK: %[[S:.*]] = transformer.contract(%{{.*}}, %{{.*}} : tensor<?x?x2x16xf32>, tensor<?x?x2x16xf32>) extra(%{{.*}} : tensor<?x?xi64>) dims ["b", 2, "q", "k", 16] maps [#[[Q]], #[[K]], #[[M]]] to #[[P]]
// CHECK: ^bb0(%[[A:.*]]: f32, %[[E:.*]]: i64):
// CHECK: %[[C:.*]] = arith.constant 2.500000e-01 : f32
// CHECK: %[[X:.*]] = arith.mulf %[[A]], %[[C]]
// CHECK: %[[LOW:.*]] = arith.constant -3.40282347E+38 : f32
// CHECK: %[[L:.*]] = arith.cmpi ne, %[[E]], %{{.*}} : i64
// CHECK: arith.select %[[L]], %[[X]], %[[LOW]] : f32
// CHECK: %[[R:.*]] = transformer.softmax %[[S]] axis 3 dims ["b", 2, "q", "k"]
// CHECK: transformer.contract(%[[R]], %{{.*}} : tensor<?x2x?x?xf32>, tensor<?x?x2x8xf32>) dims ["b", 2, "q", "k", 8] maps [#[[P]], #[[K]]] to #[[Q]]
// CHECK: -> tensor<?x?x2x8xf32>
func.func @mean(%qq: tensor<?x?x2x16xf32> {attune.dims = ["b", "q", 2, 16]}, %kk: tensor<?x?x2x16xf32> {attune.dims = ["b", "k", 2, 16]},
    %vv: tensor<?x?x2x8xf32> {attune.dims = ["b", "k", 2, 8]}, %m: tensor<?x?xi64> {attune.dims = ["b", "k"]}) -> tensor<?x?x2x8xf32> {
  %0 = transformer.attention (%qq, %kk, %vv : tensor<?x?x2x16xf32>, tensor<?x?x2x16xf32>, tensor<?x?x2x8xf32>)
      keys (%m : tensor<?x?xi64>) scale 0.25 mask <padding(keys)> dead_rows <mean>
      dims ["b", 2, "q", "k", 16, 8] maps [#q, #k, #v, #keys] to #o -> tensor<?x?x2x8xf32>
  return %0 : tensor<?x?x2x8xf32>
}

// With a bias, which may be −inf, a row is asked whether it has a live key.
// CHECK-LABEL: func.func @mean_bias
// CHECK: %[[ROWS:.*]] = transformer.reduce <max>(%{{.*}} : tensor<?x?xi64>) dims ["b", 2, "q", "k"]
// CHECK: -> tensor<?x2x?xf32>
// CHECK: transformer.contract(%{{.*}}) extra(%{{.*}}, %{{.*}}, %[[ROWS]] : tensor<?x?xi64>, tensor<2x?x?xf32>, tensor<?x2x?xf32>)
// CHECK: ^bb0(%[[A:.*]]: f32, %[[E:.*]]: i64, %[[B:.*]]: f32, %[[ROW:.*]]: f32):
// CHECK: arith.addf %[[A]], %[[B]]
// CHECK: %[[INF:.*]] = arith.constant 0xFF800000 : f32
// CHECK: %[[ZERO:.*]] = arith.constant 0.0
// CHECK: %[[HAS:.*]] = arith.cmpf une, %[[ROW]], %[[ZERO]]
// CHECK: arith.select %[[HAS]], %[[INF]], %[[ZERO]]
func.func @mean_bias(%qq: tensor<?x?x2x16xf32> {attune.dims = ["b", "q", 2, 16]}, %kk: tensor<?x?x2x16xf32> {attune.dims = ["b", "k", 2, 16]},
    %vv: tensor<?x?x2x8xf32> {attune.dims = ["b", "k", 2, 8]}, %m: tensor<?x?xi64> {attune.dims = ["b", "k"]},
    %a: tensor<2x?x?xf32> {attune.dims = [2, "q", "k"]}) -> tensor<?x?x2x8xf32> {
  %0 = transformer.attention (%qq, %kk, %vv : tensor<?x?x2x16xf32>, tensor<?x?x2x16xf32>, tensor<?x?x2x8xf32>)
      keys (%m : tensor<?x?xi64>) bias (%a : tensor<2x?x?xf32>) scale 1.0 mask <padding(keys)> dead_rows <mean>
      dims ["b", 2, "q", "k", 16, 8] maps [#q, #k, #v, #keys, #bias] to #o -> tensor<?x?x2x8xf32>
  return %0 : tensor<?x?x2x8xf32>
}

// Zero: dead probabilities are cleared after the softmax, which is NaN in rows without a live key.
// The offset of a causal mask is an expression of symbols: it is read as data.
// CHECK-LABEL: func.func @zero
// CHECK: %[[OFF:.*]] = transformer.shape ["k - q"] : tensor<1xi64>
// CHECK: transformer.contract(%{{.*}}) extra(%{{.*}}, %[[OFF]] : tensor<2x?x?xi1>, tensor<1xi64>)
// CHECK: %[[I:.*]] = transformer.index 2
// CHECK: %[[J:.*]] = transformer.index 3
// CHECK: %[[LIMIT:.*]] = arith.addi %[[I]], %{{.*}} : index
// CHECK: %[[C:.*]] = arith.cmpi sle, %[[J]], %[[LIMIT]] : index
// CHECK: arith.andi %{{.*}}, %[[C]] : i1
// CHECK: %[[P:.*]] = transformer.softmax
// CHECK: %[[G:.*]] = transformer.map(%[[P]], %{{.*}}, %[[OFF]]
// CHECK: arith.select %{{.*}}, %{{.*}}, %{{.*}} : f32
// CHECK: transformer.contract(%[[G]]
func.func @zero(%qq: tensor<?x?x2x16xf32> {attune.dims = ["b", "q", 2, 16]}, %kk: tensor<?x?x2x16xf32> {attune.dims = ["b", "k", 2, 16]},
    %vv: tensor<?x?x2x8xf32> {attune.dims = ["b", "k", 2, 8]}, %t: tensor<2x?x?xi1> {attune.dims = [2, "q", "k"]}) -> tensor<?x?x2x8xf32> {
  %0 = transformer.attention (%qq, %kk, %vv : tensor<?x?x2x16xf32>, tensor<?x?x2x16xf32>, tensor<?x?x2x8xf32>)
      mask_tensor (%t : tensor<2x?x?xi1>) scale 1.0 mask <causal(offset = "k - q") and tensor> dead_rows <zero>
      dims ["b", 2, "q", "k", 16, 8] maps [#q, #k, #v, #bias] to #o -> tensor<?x?x2x8xf32>
  return %0 : tensor<?x?x2x8xf32>
}

// NaN: −inf, and nothing else. No mask: nothing at all.
// CHECK-LABEL: func.func @nan_and_none
// CHECK: arith.constant 0xFF800000 : f32
// CHECK: transformer.index 3
// CHECK: %[[P:.*]] = transformer.softmax
// CHECK-NEXT: transformer.contract(%[[P]]
// CHECK: transformer.contract
// CHECK-NEXT: ^bb0(%[[A:.*]]: f32):
// CHECK-NEXT: transformer.yield %[[A]]
func.func @nan_and_none(%qq: tensor<?x?x2x16xf32> {attune.dims = ["b", "q", 2, 16]}, %kk: tensor<?x?x2x16xf32> {attune.dims = ["b", "k", 2, 16]},
    %vv: tensor<?x?x2x8xf32> {attune.dims = ["b", "k", 2, 8]}) -> (tensor<?x?x2x8xf32>, tensor<?x?x2x8xf32>) {
  %0 = transformer.attention (%qq, %kk, %vv : tensor<?x?x2x16xf32>, tensor<?x?x2x16xf32>, tensor<?x?x2x8xf32>)
      scale 1.0 mask <causal> dead_rows <nan>
      dims ["b", 2, "q", "k", 16, 8] maps [#q, #k, #v] to #o -> tensor<?x?x2x8xf32>
  %1 = transformer.attention (%qq, %kk, %vv : tensor<?x?x2x16xf32>, tensor<?x?x2x16xf32>, tensor<?x?x2x8xf32>)
      scale 1.0 mask <none> dead_rows <zero>
      dims ["b", 2, "q", "k", 16, 8] maps [#q, #k, #v] to #o -> tensor<?x?x2x8xf32>
  return %0, %1 : tensor<?x?x2x8xf32>, tensor<?x?x2x8xf32>
}
