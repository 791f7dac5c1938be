// RUN: attune-opt %s | attune-opt | FileCheck %s

#q = affine_map<(b, h, i, j, d, e) -> (b, h, i, d)>
#k = affine_map<(b, h, i, j, d, e) -> (b, h, j, d)>
#v = affine_map<(b, h, i, j, d, e) -> (b, h, j, e)>
#o = affine_map<(b, h, i, j, d, e) -> (b, i, h, e)>
#keys = affine_map<(b, h, i, j, d, e) -> (b, j)>
#scores = affine_map<(b, h, i, j, d, e) -> (h, i, j)>

// CHECK-LABEL: func.func @all
// CHECK: transformer.attention(%{{.*}}, %{{.*}}, %{{.*}} : tensor<?x2x?x16xf32>, tensor<?x2x?x16xf32>, tensor<?x2x?x8xf32>) keys(%{{.*}} : tensor<?x?xi64>) bias(%{{.*}} : tensor<2x?x?xf32>) mask_tensor(%{{.*}} : tensor<2x?x?xi1>) scale 2.500000e-01 mask <causal(offset = "k - q") and padding(keys) and tensor> dead_rows <mean> dims ["b", 2, "q", "k", 16, 8]
// CHECK: mask <none> dead_rows <nan>
// CHECK: mask <causal> dead_rows <zero>
func.func @all(%q: tensor<?x2x?x16xf32>, %k: tensor<?x2x?x16xf32>, %v: tensor<?x2x?x8xf32>, %m: tensor<?x?xi64>,
               %a: tensor<2x?x?xf32>, %t: tensor<2x?x?xi1>) -> tensor<?x?x2x8xf32> {
  %0 = transformer.attention (%q, %k, %v : tensor<?x2x?x16xf32>, tensor<?x2x?x16xf32>, tensor<?x2x?x8xf32>)
      keys (%m : tensor<?x?xi64>) bias (%a : tensor<2x?x?xf32>) mask_tensor (%t : tensor<2x?x?xi1>)
      scale 0.25 mask <causal(offset = "k - q") and padding(keys) and tensor> dead_rows <mean>
      dims ["b", 2, "q", "k", 16, 8] maps [#q, #k, #v, #keys, #scores, #scores] to #o -> tensor<?x?x2x8xf32>
  %1 = transformer.attention (%q, %k, %v : tensor<?x2x?x16xf32>, tensor<?x2x?x16xf32>, tensor<?x2x?x8xf32>)
      scale 0.25 mask <none> dead_rows <nan>
      dims ["b", 2, "q", "k", 16, 8] maps [#q, #k, #v] to #o -> tensor<?x?x2x8xf32>
  %2 = transformer.attention (%q, %k, %v : tensor<?x2x?x16xf32>, tensor<?x2x?x16xf32>, tensor<?x2x?x8xf32>)
      scale 0.25 mask <causal> dead_rows <zero>
      dims ["b", 2, "q", "k", 16, 8] maps [#q, #k, #v] to #o -> tensor<?x?x2x8xf32>
  return %0 : tensor<?x?x2x8xf32>
}

// A softcap, and the log-sum-exp with a map of its own.
// CHECK-LABEL: func.func @options
// CHECK: %{{.*}}, %{{.*}} = transformer.attention(
// CHECK-SAME: scale 2.500000e-01 softcap 3.000000e+01 mask <none>
// CHECK-SAME: logsumexp to #[[$R:[a-z0-9]+]] -> tensor<?x?x2x8xf32>, tensor<?x2x?xf32>
// CHECK: scale 2.500000e-01 mask <none>
func.func @options(%q: tensor<?x2x?x16xf32>, %k: tensor<?x2x?x16xf32>, %v: tensor<?x2x?x8xf32>) -> tensor<?x2x?xf32> {
  %0, %1 = transformer.attention (%q, %k, %v : tensor<?x2x?x16xf32>, tensor<?x2x?x16xf32>, tensor<?x2x?x8xf32>)
      scale 0.25 softcap 30.0 mask <none> dead_rows <nan> dims ["b", 2, "q", "k", 16, 8] maps [#q, #k, #v] to #o
      logsumexp to affine_map<(b, h, i, j, d, e) -> (i, h, b)> -> tensor<?x?x2x8xf32>, tensor<?x2x?xf32>
  %2 = transformer.attention (%q, %k, %v : tensor<?x2x?x16xf32>, tensor<?x2x?x16xf32>, tensor<?x2x?x8xf32>)
      scale 0.25 mask <none> dead_rows <nan> dims ["b", 2, "q", "k", 16, 8] maps [#q, #k, #v] to #o -> tensor<?x?x2x8xf32>
  return %1 : tensor<?x2x?xf32>
}

// The mask's texts; conjunctions of bounds are one band.
// CHECK-LABEL: func.func private @masks
// CHECK-SAME: a = #transformer.mask<window(left = "3", causal)>
// CHECK-SAME: b = #transformer.mask<window(left = "3", right = "2")>
// CHECK-SAME: c = #transformer.mask<window(left = "w", right = "2", offset = "k - q") and padding(keys)>
// CHECK-SAME: d = #transformer.mask<window(left = "4", causal, offset = "k - q")>
// CHECK-SAME: e = #transformer.mask<window(left = "1")>
// CHECK-SAME: f = #transformer.mask<window(left = "2", causal)>
// CHECK-SAME: g = #transformer.mask<window(left = "2", offset = "k - q")>
// CHECK-SAME: h = #transformer.mask<causal(positions = operand)>
// CHECK-SAME: i = #transformer.mask<causal(offset = "2", positions = operand) and tensor>
// CHECK-SAME: j = #transformer.mask<window(left = "4", causal, offset = "q", positions = operand)>
func.func private @masks() attributes {
  a = #transformer.mask<window(left = "3", causal)>,
  b = #transformer.mask<window(right = "2", left = "3")>,
  c = #transformer.mask<padding(keys) and window(left = "w", right = "2", offset = "k - q")>,
  d = #transformer.mask<window(left = "2 + 2", right = "0", offset = "k - q")>,
  e = #transformer.mask<window(left = "1")>,
  f = #transformer.mask<causal and window(left = "2", right = "1") and window(left = "3", right = "5")>,
  g = #transformer.mask<window(left = "2", offset = "k - q")>,
  h = #transformer.mask<causal(positions = operand)>,
  i = #transformer.mask<causal(positions = operand, offset = "2") and tensor>,
  j = #transformer.mask<window(positions = operand, left = "4", causal, offset = "q") and causal(offset = "q", positions = operand)>
}
