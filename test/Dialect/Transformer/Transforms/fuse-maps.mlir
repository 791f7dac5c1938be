// RUN: attune-opt %s --split-input-file --transformer-fuse-maps | FileCheck %s

// A chain becomes one map: the scalar goes into the region, equal operands are read once.
// CHECK-LABEL: func.func @chain
// CHECK-SAME: (%[[X:.*]]: tensor<?x4xf32> {{.*}}, %[[B:.*]]: tensor<4xf32>
// CHECK: %[[R:.*]] = transformer.map(%[[X]], %[[B]] : tensor<?x4xf32>, tensor<4xf32>) dims ["n", 4]
// CHECK-NEXT: ^bb0(%[[XE:.*]]: f32, %[[BE:.*]]: f32):
// CHECK: %[[HALF:.*]] = arith.constant 5.000000e-01 : f32
// CHECK: %[[M:.*]] = arith.mulf %[[XE]], %[[HALF]] : f32
// CHECK: %[[S:.*]] = arith.addf %[[M]], %[[BE]] : f32
// CHECK: arith.addf %[[S]], %[[XE]] : f32
// CHECK-NOT: transformer.map
// CHECK: return %[[R]]
func.func @chain(%x: tensor<?x4xf32> {attune.dims = ["n", 4]},
                 %b: tensor<4xf32> {attune.dims = [4]}) -> tensor<?x4xf32> {
  %half = arith.constant dense<0.5> : tensor<f32>
  %0 = transformer.map (%x, %half : tensor<?x4xf32>, tensor<f32>) dims ["n", 4]
      maps [affine_map<(d0, d1) -> (d0, d1)>, affine_map<(d0, d1) -> ()>] {
  ^bb0(%e: f32, %s: f32):
    %r = arith.mulf %e, %s : f32
    transformer.yield %r : f32
  } -> tensor<?x4xf32>
  %1 = transformer.map (%0, %b : tensor<?x4xf32>, tensor<4xf32>) dims ["n", 4]
      maps [affine_map<(d0, d1) -> (d0, d1)>, affine_map<(d0, d1) -> (d1)>] {
  ^bb0(%e: f32, %s: f32):
    %r = arith.addf %e, %s : f32
    transformer.yield %r : f32
  } -> tensor<?x4xf32>
  %2 = transformer.map (%1, %x : tensor<?x4xf32>, tensor<?x4xf32>) dims ["n", 4]
      maps [affine_map<(d0, d1) -> (d0, d1)>, affine_map<(d0, d1) -> (d0, d1)>] {
  ^bb0(%e: f32, %s: f32):
    %r = arith.addf %e, %s : f32
    transformer.yield %r : f32
  } -> tensor<?x4xf32>
  return %2 : tensor<?x4xf32>
}

// -----

// Views go into the index maps of every reader, contractions too; indices follow the loops.
// CHECK-DAG: #[[T:.*]] = affine_map<(d0, d1, d2) -> (d2, d0)>
// CHECK-DAG: #[[K:.*]] = affine_map<(d0, d1, d2) -> (d2, d1)>
// CHECK-LABEL: func.func @views
// CHECK-SAME: (%[[X:.*]]: tensor<4x?xf32>
// CHECK: transformer.contract(%[[X]], %{{.*}} : tensor<4x?xf32>, tensor<4x8xf32>)
// CHECK-SAME: maps [#[[T]], #[[K]]]
// CHECK: transformer.reduce <sum>(%[[X]] : tensor<4x?xf32>) dims ["n", 4]
// CHECK: transformer.index 1
func.func @views(%x: tensor<4x?xf32> {attune.dims = [4, "n"]},
                 %w: tensor<4x8xf32> {attune.dims = [4, 8]}) -> (tensor<?x8xf32>, tensor<?xf32>) {
  %t = transformer.map (%x : tensor<4x?xf32>) dims ["n", 4] maps [affine_map<(d0, d1) -> (d1, d0)>] {
  ^bb0(%e: f32):
    transformer.yield %e : f32
  } -> tensor<?x4xf32>
  %0 = transformer.contract (%t, %w : tensor<?x4xf32>, tensor<4x8xf32>) dims ["n", 8, 4]
      maps [affine_map<(m, n, k) -> (m, k)>, affine_map<(m, n, k) -> (k, n)>]
      to affine_map<(m, n, k) -> (m, n)> {
  ^bb0(%acc: f32):
    transformer.yield %acc : f32
  } -> tensor<?x8xf32>
  %1 = transformer.map (%x : tensor<4x?xf32>) dims [4, "n"] maps [affine_map<(d0, d1) -> (d0, d1)>] {
  ^bb0(%e: f32):
    %i = transformer.index 0
    %j = arith.index_cast %i : index to i64
    %f = arith.sitofp %j : i64 to f32
    %r = arith.mulf %e, %f : f32
    transformer.yield %r : f32
  } -> tensor<4x?xf32>
  %2 = transformer.reduce <sum> (%1 : tensor<4x?xf32>) dims ["n", 4]
      maps [affine_map<(d0, d1) -> (d1, d0)>] to affine_map<(d0, d1) -> (d0)> {
  ^bb0(%e: f32):
    transformer.yield %e : f32
  } -> tensor<?xf32>
  return %0, %2 : tensor<?x8xf32>, tensor<?xf32>
}

// -----

// What would be computed again stays: two readers, or one that reads each element many times.
// A map without operands is cheap enough to repeat.
// CHECK-LABEL: func.func @kept
// CHECK: %[[E:.*]] = transformer.map
// CHECK: math.exp
// CHECK: transformer.map(%{{.*}}, %[[E]] : tensor<?x4xf32>, tensor<4xf32>)
// CHECK: transformer.index 0
// CHECK: math.exp
// CHECK: transformer.map(%{{.*}} : tensor<?x4xf32>)
// CHECK: transformer.index 0
// CHECK: arith.addf
// CHECK-NOT: transformer.map
func.func @kept(%x: tensor<?x4xf32> {attune.dims = ["n", 4]}, %b: tensor<4xf32> {attune.dims = [4]})
    -> (tensor<?x4xf32>, tensor<?x4xf32>) {
  %e = transformer.map (%b : tensor<4xf32>) dims [4] maps [affine_map<(d0) -> (d0)>] {
  ^bb0(%e: f32):
    %r = math.exp %e : f32
    transformer.yield %r : f32
  } -> tensor<4xf32>
  %iota = transformer.map () dims ["n"] maps [] {
    %i = transformer.index 0
    %j = arith.index_cast %i : index to i64
    %f = arith.sitofp %j : i64 to f32
    transformer.yield %f : f32
  } -> tensor<?xf32>
  %0 = transformer.map (%x, %e, %iota : tensor<?x4xf32>, tensor<4xf32>, tensor<?xf32>) dims ["n", 4]
      maps [affine_map<(d0, d1) -> (d0, d1)>, affine_map<(d0, d1) -> (d1)>, affine_map<(d0, d1) -> (d0)>] {
  ^bb0(%p: f32, %q: f32, %s: f32):
    %r = arith.addf %p, %q : f32
    %t = arith.addf %r, %s : f32
    %u = math.exp %t : f32
    transformer.yield %u : f32
  } -> tensor<?x4xf32>
  %1 = transformer.map (%0, %iota : tensor<?x4xf32>, tensor<?xf32>) dims ["n", 4]
      maps [affine_map<(d0, d1) -> (d0, d1)>, affine_map<(d0, d1) -> (d0)>] {
  ^bb0(%p: f32, %s: f32):
    %t = arith.addf %p, %s : f32
    transformer.yield %t : f32
  } -> tensor<?x4xf32>
  return %0, %1 : tensor<?x4xf32>, tensor<?x4xf32>
}

// -----

// A map into a contraction's epilogue; a small map of constants is evaluated; a copy is nothing.
// CHECK-LABEL: func.func @epilogue
// CHECK-SAME: (%[[X:.*]]: tensor<?x4xf32> {{.*}}, %[[W:.*]]: tensor<4x2xf32>
// CHECK: arith.constant dense<[2.000000e+00, 4.000000e+00]> : tensor<2xf32>
// CHECK: transformer.contract(%[[X]], %[[W]]
// CHECK-SAME: extra(%{{.*}} : tensor<2xf32>)
// CHECK-NOT: transformer.map
func.func @epilogue(%x: tensor<?x4xf32> {attune.dims = ["n", 4]},
                    %w: tensor<4x2xf32> {attune.dims = [4, 2]}) -> tensor<?x2xf32> {
  %c = arith.constant dense<[1.0, 2.0]> : tensor<2xf32>
  %d = transformer.map (%c : tensor<2xf32>) dims [2] maps [affine_map<(d0) -> (d0)>] {
  ^bb0(%e: f32):
    %r = arith.addf %e, %e : f32
    transformer.yield %r : f32
  } -> tensor<2xf32>
  %wide = transformer.map (%d : tensor<2xf32>) dims ["n", 2] maps [affine_map<(d0, d1) -> (d1)>] {
  ^bb0(%e: f32):
    transformer.yield %e : f32
  } -> tensor<?x2xf32>
  %0 = transformer.contract (%x, %w : tensor<?x4xf32>, tensor<4x2xf32>) extra (%wide : tensor<?x2xf32>)
      dims ["n", 2, 4] maps [affine_map<(m, n, k) -> (m, k)>, affine_map<(m, n, k) -> (k, n)>,
                             affine_map<(m, n, k) -> (m, n)>] to affine_map<(m, n, k) -> (m, n)> {
  ^bb0(%acc: f32, %b: f32):
    %s = arith.addf %acc, %b : f32
    transformer.yield %s : f32
  } -> tensor<?x2xf32>
  %1 = transformer.map (%0 : tensor<?x2xf32>) dims ["n", 2] maps [affine_map<(d0, d1) -> (d0, d1)>] {
  ^bb0(%e: f32):
    transformer.yield %e : f32
  } -> tensor<?x2xf32>
  return %1 : tensor<?x2xf32>
}
