// RUN: attune-opt %s | attune-opt | FileCheck %s

// Heads that share keys (every two, or in turns), a slice of joined heads and channels, one part
// of a packed tensor, batches that share a bias.
// CHECK-DAG: #[[GROUP:.*]] = affine_map<(d0, d1, d2, d3, d4, d5) -> (d0, d1 floordiv 2, d3, d4)>
// CHECK-DAG: #[[TURN:.*]] = affine_map<(d0, d1, d2, d3, d4, d5) -> (d0, d3, d1 mod 3, d5)>
// CHECK-DAG: #[[JOINED:.*]] = affine_map<(d0, d1, d2, d3, d4, d5) -> (d0, d2, d1 * 16 + d4 + 96)>
// CHECK-DAG: #[[PART:.*]] = affine_map<(d0, d1, d2, d3, d4, d5) -> (d0, d3, 2, d1, d5)>
// CHECK-DAG: #[[BATCH:.*]] = affine_map<(d0, d1, d2, d3, d4, d5) -> (d0 mod 4, d2, d3)>
// CHECK-LABEL: func.func @indices
// CHECK: maps [#[[JOINED]], #[[GROUP]], #[[TURN]], #[[BATCH]]]
// CHECK: maps [#[[JOINED]], #[[GROUP]], #[[PART]]]
func.func @indices(%q: tensor<?x?x288xf32>, %k: tensor<?x3x?x16xf32>, %v: tensor<?x?x3x8xf32>, %a: tensor<4x?x?xf32>,
                   %p: tensor<?x?x3x6x8xf32>) -> tensor<?x?x6x8xf32> {
  %0 = transformer.attention (%q, %k, %v : tensor<?x?x288xf32>, tensor<?x3x?x16xf32>, tensor<?x?x3x8xf32>)
      bias (%a : tensor<4x?x?xf32>) scale 0.25 mask <none> dead_rows <nan> dims ["b", 6, "q", "k", 16, 8]
      maps [affine_map<(b, h, i, j, d, e) -> (b, i, 96 + h * 16 + d)>, affine_map<(b, h, i, j, d, e) -> (b, h floordiv 2, j, d)>,
            affine_map<(b, h, i, j, d, e) -> (b, j, h mod 3, e)>, affine_map<(b, h, i, j, d, e) -> (b mod 4, i, j)>]
      to affine_map<(b, h, i, j, d, e) -> (b, i, h, e)> -> tensor<?x?x6x8xf32>
  %1 = transformer.attention (%q, %k, %p : tensor<?x?x288xf32>, tensor<?x3x?x16xf32>, tensor<?x?x3x6x8xf32>)
      scale 0.25 mask <none> dead_rows <nan> dims ["b", 6, "q", "k", 16, 8]
      maps [affine_map<(b, h, i, j, d, e) -> (b, i, 96 + h * 16 + d)>, affine_map<(b, h, i, j, d, e) -> (b, h floordiv 2, j, d)>,
            affine_map<(b, h, i, j, d, e) -> (b, j, 2, h, e)>]
      to affine_map<(b, h, i, j, d, e) -> (b, i, h, e)> -> tensor<?x?x6x8xf32>
  return %0 : tensor<?x?x6x8xf32>
}
