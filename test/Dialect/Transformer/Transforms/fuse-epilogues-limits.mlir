// RUN: attune-opt %s --transformer-fuse-epilogues | FileCheck %s

#x = affine_map<(m, n, k) -> (m, k)>
#w = affine_map<(m, n, k) -> (k, n)>
#o = affine_map<(m, n, k) -> (m, n)>
#id = affine_map<(a, b) -> (a, b)>

// Of two contractions the later one takes the map, whichever operand comes first.
// CHECK-LABEL: func.func @later
// CHECK: %[[A:.*]] = transformer.contract(%{{.*}}) dims
// CHECK: %[[B:.*]] = transformer.contract(%{{.*}}) extra(%[[A]] : tensor<?x8xf32>)
// CHECK-NEXT: ^bb0(%[[ACC:.*]]: f32, %[[E:.*]]: f32):
// CHECK-NEXT: arith.subf %[[ACC]], %[[E]]
// CHECK: %[[C:.*]] = transformer.contract(%{{.*}}) extra(%[[B]] : tensor<?x8xf32>)
// CHECK-NEXT: ^bb0(%[[ACC:.*]]: f32, %[[E:.*]]: f32):
// CHECK-NEXT: arith.divf %[[E]], %[[ACC]]
// CHECK-NOT: transformer.map
func.func @later(%x: tensor<?x4xf32> {attune.dims = ["n", 4]}, %w: tensor<4x8xf32>) -> tensor<?x8xf32> {
  %0 = transformer.contract (%x, %w : tensor<?x4xf32>, tensor<4x8xf32>) dims ["n", 8, 4] maps [#x, #w] to #o {
  ^bb0(%acc: f32):
    transformer.yield %acc : f32
  } -> tensor<?x8xf32>
  %1 = transformer.contract (%x, %w : tensor<?x4xf32>, tensor<4x8xf32>) dims ["n", 8, 4] maps [#x, #w] to #o {
  ^bb0(%acc: f32):
    transformer.yield %acc : f32
  } -> tensor<?x8xf32>
  %2 = transformer.map (%1, %0 : tensor<?x8xf32>, tensor<?x8xf32>) dims ["n", 8] maps [#id, #id] {
  ^bb0(%e: f32, %f: f32):
    %r = arith.subf %e, %f : f32
    transformer.yield %r : f32
  } -> tensor<?x8xf32>
  %3 = transformer.contract (%x, %w : tensor<?x4xf32>, tensor<4x8xf32>) dims ["n", 8, 4] maps [#x, #w] to #o {
  ^bb0(%acc: f32):
    transformer.yield %acc : f32
  } -> tensor<?x8xf32>
  %4 = transformer.map (%2, %3 : tensor<?x8xf32>, tensor<?x8xf32>) dims ["n", 8] maps [#id, #id] {
  ^bb0(%e: f32, %f: f32):
    %r = arith.divf %e, %f : f32
    transformer.yield %r : f32
  } -> tensor<?x8xf32>
  return %4 : tensor<?x8xf32>
}

// Read twice at the same place by one map: one accumulator. Read elsewhere as well, or under other
// extents: kept.
// CHECK-LABEL: func.func @twice
// CHECK: transformer.contract
// CHECK-NEXT: ^bb0(%[[ACC:.*]]: f32):
// CHECK-NEXT: arith.mulf %[[ACC]], %[[ACC]]
// CHECK-NOT: transformer.map
func.func @twice(%x: tensor<?x4xf32> {attune.dims = ["n", 4]}, %w: tensor<4x8xf32>) -> tensor<?x8xf32> {
  %0 = transformer.contract (%x, %w : tensor<?x4xf32>, tensor<4x8xf32>) dims ["n", 8, 4] maps [#x, #w] to #o {
  ^bb0(%acc: f32):
    transformer.yield %acc : f32
  } -> tensor<?x8xf32>
  %1 = transformer.map (%0, %0 : tensor<?x8xf32>, tensor<?x8xf32>) dims ["n", 8] maps [#id, #id] {
  ^bb0(%e: f32, %f: f32):
    %r = arith.mulf %e, %f : f32
    transformer.yield %r : f32
  } -> tensor<?x8xf32>
  return %1 : tensor<?x8xf32>
}

// CHECK-LABEL: func.func @turned
// CHECK: transformer.map
func.func @turned(%x: tensor<?x4xf32> {attune.dims = ["n", 4]}, %w: tensor<4x?xf32> {attune.dims = [4, "n"]}) -> tensor<?x?xf32> {
  %0 = transformer.contract (%x, %w : tensor<?x4xf32>, tensor<4x?xf32>) dims ["n", "n", 4] maps [#x, #w] to #o {
  ^bb0(%acc: f32):
    transformer.yield %acc : f32
  } -> tensor<?x?xf32>
  %1 = transformer.map (%0, %0 : tensor<?x?xf32>, tensor<?x?xf32>) dims ["n", "n"] maps [#id, affine_map<(a, b) -> (b, a)>] {
  ^bb0(%e: f32, %f: f32):
    %r = arith.addf %e, %f : f32
    transformer.yield %r : f32
  } -> tensor<?x?xf32>
  return %1 : tensor<?x?xf32>
}

// CHECK-LABEL: func.func @extents
// CHECK: transformer.map
func.func @extents(%x: tensor<?x4xf32> {attune.dims = ["n", 4]}, %w: tensor<4x8xf32>) -> tensor<?x8xf32> {
  %0 = transformer.contract (%x, %w : tensor<?x4xf32>, tensor<4x8xf32>) dims ["n", 8, 4] maps [#x, #w] to #o {
  ^bb0(%acc: f32):
    transformer.yield %acc : f32
  } -> tensor<?x8xf32>
  %1 = transformer.map (%0 : tensor<?x8xf32>) dims ["m", 8] maps [#id] {
  ^bb0(%e: f32):
    %r = math.exp %e : f32
    transformer.yield %r : f32
  } -> tensor<?x8xf32>
  return %1 : tensor<?x8xf32>
}

// An epilogue has at most 64 operations, both yields counted.
// CHECK-LABEL: func.func @longest
// CHECK-NOT: transformer.map
func.func @longest(%x: tensor<?x4xf32> {attune.dims = ["n", 4]}, %w: tensor<4x8xf32>) -> tensor<?x8xf32> {
  %0 = transformer.contract (%x, %w : tensor<?x4xf32>, tensor<4x8xf32>) dims ["n", 8, 4] maps [#x, #w] to #o {
  ^bb0(%acc: f32):
    transformer.yield %acc : f32
  } -> tensor<?x8xf32>
  %1 = transformer.map (%0 : tensor<?x8xf32>) dims ["n", 8] maps [#id] {
  ^bb0(%e: f32):
    %a0 = arith.addf %e, %e : f32
    %a1 = arith.addf %a0, %e : f32
    %a2 = arith.addf %a1, %e : f32
    %a3 = arith.addf %a2, %e : f32
    %a4 = arith.addf %a3, %e : f32
    %a5 = arith.addf %a4, %e : f32
    %a6 = arith.addf %a5, %e : f32
    %a7 = arith.addf %a6, %e : f32
    %a8 = arith.addf %a7, %e : f32
    %a9 = arith.addf %a8, %e : f32
    %a10 = arith.addf %a9, %e : f32
    %a11 = arith.addf %a10, %e : f32
    %a12 = arith.addf %a11, %e : f32
    %a13 = arith.addf %a12, %e : f32
    %a14 = arith.addf %a13, %e : f32
    %a15 = arith.addf %a14, %e : f32
    %a16 = arith.addf %a15, %e : f32
    %a17 = arith.addf %a16, %e : f32
    %a18 = arith.addf %a17, %e : f32
    %a19 = arith.addf %a18, %e : f32
    %a20 = arith.addf %a19, %e : f32
    %a21 = arith.addf %a20, %e : f32
    %a22 = arith.addf %a21, %e : f32
    %a23 = arith.addf %a22, %e : f32
    %a24 = arith.addf %a23, %e : f32
    %a25 = arith.addf %a24, %e : f32
    %a26 = arith.addf %a25, %e : f32
    %a27 = arith.addf %a26, %e : f32
    %a28 = arith.addf %a27, %e : f32
    %a29 = arith.addf %a28, %e : f32
    %a30 = arith.addf %a29, %e : f32
    %a31 = arith.addf %a30, %e : f32
    %a32 = arith.addf %a31, %e : f32
    %a33 = arith.addf %a32, %e : f32
    %a34 = arith.addf %a33, %e : f32
    %a35 = arith.addf %a34, %e : f32
    %a36 = arith.addf %a35, %e : f32
    %a37 = arith.addf %a36, %e : f32
    %a38 = arith.addf %a37, %e : f32
    %a39 = arith.addf %a38, %e : f32
    %a40 = arith.addf %a39, %e : f32
    %a41 = arith.addf %a40, %e : f32
    %a42 = arith.addf %a41, %e : f32
    %a43 = arith.addf %a42, %e : f32
    %a44 = arith.addf %a43, %e : f32
    %a45 = arith.addf %a44, %e : f32
    %a46 = arith.addf %a45, %e : f32
    %a47 = arith.addf %a46, %e : f32
    %a48 = arith.addf %a47, %e : f32
    %a49 = arith.addf %a48, %e : f32
    %a50 = arith.addf %a49, %e : f32
    %a51 = arith.addf %a50, %e : f32
    %a52 = arith.addf %a51, %e : f32
    %a53 = arith.addf %a52, %e : f32
    %a54 = arith.addf %a53, %e : f32
    %a55 = arith.addf %a54, %e : f32
    %a56 = arith.addf %a55, %e : f32
    %a57 = arith.addf %a56, %e : f32
    %a58 = arith.addf %a57, %e : f32
    %a59 = arith.addf %a58, %e : f32
    %a60 = arith.addf %a59, %e : f32
    %a61 = arith.addf %a60, %e : f32
    transformer.yield %a61 : f32
  } -> tensor<?x8xf32>
  return %1 : tensor<?x8xf32>
}

// CHECK-LABEL: func.func @too_long
// CHECK: transformer.map
func.func @too_long(%x: tensor<?x4xf32> {attune.dims = ["n", 4]}, %w: tensor<4x8xf32>) -> tensor<?x8xf32> {
  %0 = transformer.contract (%x, %w : tensor<?x4xf32>, tensor<4x8xf32>) dims ["n", 8, 4] maps [#x, #w] to #o {
  ^bb0(%acc: f32):
    transformer.yield %acc : f32
  } -> tensor<?x8xf32>
  %1 = transformer.map (%0 : tensor<?x8xf32>) dims ["n", 8] maps [#id] {
  ^bb0(%e: f32):
    %a0 = arith.addf %e, %e : f32
    %a1 = arith.addf %a0, %e : f32
    %a2 = arith.addf %a1, %e : f32
    %a3 = arith.addf %a2, %e : f32
    %a4 = arith.addf %a3, %e : f32
    %a5 = arith.addf %a4, %e : f32
    %a6 = arith.addf %a5, %e : f32
    %a7 = arith.addf %a6, %e : f32
    %a8 = arith.addf %a7, %e : f32
    %a9 = arith.addf %a8, %e : f32
    %a10 = arith.addf %a9, %e : f32
    %a11 = arith.addf %a10, %e : f32
    %a12 = arith.addf %a11, %e : f32
    %a13 = arith.addf %a12, %e : f32
    %a14 = arith.addf %a13, %e : f32
    %a15 = arith.addf %a14, %e : f32
    %a16 = arith.addf %a15, %e : f32
    %a17 = arith.addf %a16, %e : f32
    %a18 = arith.addf %a17, %e : f32
    %a19 = arith.addf %a18, %e : f32
    %a20 = arith.addf %a19, %e : f32
    %a21 = arith.addf %a20, %e : f32
    %a22 = arith.addf %a21, %e : f32
    %a23 = arith.addf %a22, %e : f32
    %a24 = arith.addf %a23, %e : f32
    %a25 = arith.addf %a24, %e : f32
    %a26 = arith.addf %a25, %e : f32
    %a27 = arith.addf %a26, %e : f32
    %a28 = arith.addf %a27, %e : f32
    %a29 = arith.addf %a28, %e : f32
    %a30 = arith.addf %a29, %e : f32
    %a31 = arith.addf %a30, %e : f32
    %a32 = arith.addf %a31, %e : f32
    %a33 = arith.addf %a32, %e : f32
    %a34 = arith.addf %a33, %e : f32
    %a35 = arith.addf %a34, %e : f32
    %a36 = arith.addf %a35, %e : f32
    %a37 = arith.addf %a36, %e : f32
    %a38 = arith.addf %a37, %e : f32
    %a39 = arith.addf %a38, %e : f32
    %a40 = arith.addf %a39, %e : f32
    %a41 = arith.addf %a40, %e : f32
    %a42 = arith.addf %a41, %e : f32
    %a43 = arith.addf %a42, %e : f32
    %a44 = arith.addf %a43, %e : f32
    %a45 = arith.addf %a44, %e : f32
    %a46 = arith.addf %a45, %e : f32
    %a47 = arith.addf %a46, %e : f32
    %a48 = arith.addf %a47, %e : f32
    %a49 = arith.addf %a48, %e : f32
    %a50 = arith.addf %a49, %e : f32
    %a51 = arith.addf %a50, %e : f32
    %a52 = arith.addf %a51, %e : f32
    %a53 = arith.addf %a52, %e : f32
    %a54 = arith.addf %a53, %e : f32
    %a55 = arith.addf %a54, %e : f32
    %a56 = arith.addf %a55, %e : f32
    %a57 = arith.addf %a56, %e : f32
    %a58 = arith.addf %a57, %e : f32
    %a59 = arith.addf %a58, %e : f32
    %a60 = arith.addf %a59, %e : f32
    %a61 = arith.addf %a60, %e : f32
    %a62 = arith.addf %a61, %e : f32
    transformer.yield %a62 : f32
  } -> tensor<?x8xf32>
  return %1 : tensor<?x8xf32>
}
