// A softcap bends the scores before bias and mask; the log-sum-exp is m + log Σ exp(score − m), and
// −∞ where no key is live, whatever stands in for dead scores.
// RUN: attune-opt %s --transformer-decompose-attention | FileCheck %s

// CHECK-DAG: #[[ROW:.*]] = affine_map<(d0, d1, d2, d3) -> (d0, d1, d2)>
// CHECK-DAG: #[[TURNED:.*]] = affine_map<(d0, d1, d2) -> (d2, d1, d0)>
// CHECK-LABEL: func.func @capped
// CHECK: %[[S:.*]] = transformer.contract
// CHECK: %[[SHARE:.*]] = arith.divf
// CHECK: %[[TANH:.*]] = math.tanh %[[SHARE]]
// CHECK: %[[CAPPED:.*]] = arith.mulf %[[TANH]]
// CHECK: arith.select %{{.*}}, %[[CAPPED]]
// CHECK: transformer.softmax %[[S]]
// CHECK: %[[LIVE:.*]] = transformer.reduce <max>
// CHECK: %[[M:.*]] = transformer.reduce <max>(%[[S]] : tensor<1x2x?x?xf32>)
// CHECK-SAME: to #[[ROW]]
// CHECK: %[[SUM:.*]] = transformer.reduce <sum>(%[[S]], %[[M]] :
// CHECK: math.exp
// CHECK: %[[LSE:.*]] = transformer.map(%[[M]], %[[SUM]], %[[LIVE]] :
// CHECK-SAME: dims ["n", 2, 1] maps [#[[TURNED]], #[[TURNED]], #[[TURNED]]]
// CHECK: math.log
// CHECK: return %{{.*}}, %[[LSE]]
func.func @capped(%q: tensor<1x2x?x5xf32> {attune.dims = [1, 2, "n", 5]}, %k: tensor<1x2x?x5xf32> {attune.dims = [1, 2, "n", 5]})
    -> (tensor<1x2x?x5xf32>, tensor<?x2x1xf32>) {
  %0, %1 = transformer.attention (%q, %k, %k : tensor<1x2x?x5xf32>, tensor<1x2x?x5xf32>, tensor<1x2x?x5xf32>)
      scale 1.0 softcap 30.0 mask <causal> dead_rows <mean> dims [1, 2, "n", "n", 5, 5]
      maps [affine_map<(b, h, i, j, d, e) -> (b, h, i, d)>, affine_map<(b, h, i, j, d, e) -> (b, h, j, d)>, affine_map<(b, h, i, j, d, e) -> (b, h, j, e)>]
      to affine_map<(b, h, i, j, d, e) -> (b, h, i, e)> logsumexp to affine_map<(b, h, i, j, d, e) -> (i, h, b)>
      -> tensor<1x2x?x5xf32>, tensor<?x2x1xf32>
  return %0, %1 : tensor<1x2x?x5xf32>, tensor<?x2x1xf32>
}
