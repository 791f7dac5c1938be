// RUN: attune-opt %s --transformer-fuse-maps | FileCheck %s

#id = affine_map<(a, b) -> (a, b)>
#first = affine_map<(a, b) -> (a)>

// Without operands a map of eight operations is repeated, one of nine is not.
// CHECK-LABEL: func.func @eight
// CHECK-COUNT-1: transformer.map
// CHECK-NOT: transformer.map
func.func @eight(%x: tensor<?x4xf32> {attune.dims = ["n", 4]}) -> tensor<?x4xf32> {
  %t = transformer.map () dims ["n"] maps [] {
    %i = transformer.index 0
    %j = arith.index_cast %i : index to i64
    %a0 = arith.sitofp %j : i64 to f32
    %a1 = arith.addf %a0, %a0 : f32
    %a2 = arith.addf %a1, %a1 : f32
    %a3 = arith.addf %a2, %a2 : f32
    %a4 = arith.addf %a3, %a3 : f32
    transformer.yield %a4 : f32
  } -> tensor<?xf32>
  %0 = transformer.map (%x, %t : tensor<?x4xf32>, tensor<?xf32>) dims ["n", 4] maps [#id, #first] {
  ^bb0(%p: f32, %q: f32):
    %r = arith.addf %p, %q : f32
    transformer.yield %r : f32
  } -> tensor<?x4xf32>
  return %0 : tensor<?x4xf32>
}

// CHECK-LABEL: func.func @nine
// CHECK-COUNT-2: transformer.map
func.func @nine(%x: tensor<?x4xf32> {attune.dims = ["n", 4]}) -> tensor<?x4xf32> {
  %t = transformer.map () dims ["n"] maps [] {
    %i = transformer.index 0
    %j = arith.index_cast %i : index to i64
    %a0 = arith.sitofp %j : i64 to f32
    %a1 = arith.addf %a0, %a0 : f32
    %a2 = arith.addf %a1, %a1 : f32
    %a3 = arith.addf %a2, %a2 : f32
    %a4 = arith.addf %a3, %a3 : f32
    %a5 = arith.addf %a4, %a4 : f32
    transformer.yield %a5 : f32
  } -> tensor<?xf32>
  %0 = transformer.map (%x, %t : tensor<?x4xf32>, tensor<?xf32>) dims ["n", 4] maps [#id, #first] {
  ^bb0(%p: f32, %q: f32):
    %r = arith.addf %p, %q : f32
    transformer.yield %r : f32
  } -> tensor<?x4xf32>
  return %0 : tensor<?x4xf32>
}

// Read at every element once, though by a lower rank: the other loop has extent one.
// CHECK-LABEL: func.func @once
// CHECK: transformer.map(%{{.*}}, %{{.*}} : tensor<?x1xf32>, tensor<?xf32>)
// CHECK: math.exp
// CHECK-NOT: transformer.map
func.func @once(%x: tensor<?x1xf32> {attune.dims = ["n", 1]}, %y: tensor<?xf32> {attune.dims = ["n"]}) -> tensor<?x1xf32> {
  %t = transformer.map (%y : tensor<?xf32>) dims ["n"] maps [affine_map<(a) -> (a)>] {
  ^bb0(%e: f32):
    %r = math.exp %e : f32
    transformer.yield %r : f32
  } -> tensor<?xf32>
  %0 = transformer.map (%x, %t : tensor<?x1xf32>, tensor<?xf32>) dims ["n", 1] maps [#id, #first] {
  ^bb0(%p: f32, %q: f32):
    %r = arith.addf %p, %q : f32
    transformer.yield %r : f32
  } -> tensor<?x1xf32>
  return %0 : tensor<?x1xf32>
}

// Read at two elements, or by two ops: computed once. Twice at one element: one operand.
// CHECK-LABEL: func.func @readers
// CHECK: %[[S:.*]] = transformer.map(%{{.*}} : tensor<?x?xf32>)
// CHECK: math.exp
// CHECK: transformer.map(%[[S]], %[[S]] : tensor<?x?xf32>, tensor<?x?xf32>)
// CHECK: transformer.map(%{{.*}} : tensor<?x?xf32>)
// CHECK: %[[L:.*]] = math.log
// CHECK: arith.mulf %[[L]], %[[L]]
// CHECK-NOT: transformer.map
func.func @readers(%x: tensor<?x?xf32> {attune.dims = ["n", "n"]}) -> (tensor<?x?xf32>, tensor<?x?xf32>) {
  %s = transformer.map (%x : tensor<?x?xf32>) dims ["n", "n"] maps [#id] {
  ^bb0(%e: f32):
    %r = math.exp %e : f32
    transformer.yield %r : f32
  } -> tensor<?x?xf32>
  %0 = transformer.map (%s, %s : tensor<?x?xf32>, tensor<?x?xf32>) dims ["n", "n"] maps [#id, affine_map<(a, b) -> (b, a)>] {
  ^bb0(%p: f32, %q: f32):
    %r = arith.addf %p, %q : f32
    transformer.yield %r : f32
  } -> tensor<?x?xf32>
  %t = transformer.map (%x : tensor<?x?xf32>) dims ["n", "n"] maps [#id] {
  ^bb0(%e: f32):
    %r = math.log %e : f32
    transformer.yield %r : f32
  } -> tensor<?x?xf32>
  %1 = transformer.map (%t, %t : tensor<?x?xf32>, tensor<?x?xf32>) dims ["n", "n"] maps [#id, #id] {
  ^bb0(%p: f32, %q: f32):
    %r = arith.mulf %p, %q : f32
    transformer.yield %r : f32
  } -> tensor<?x?xf32>
  return %0, %1 : tensor<?x?xf32>, tensor<?x?xf32>
}

// A contraction's factors stay what they are: equal ones, splats, and computed ones. Its extra
// operands are like a map's: equal ones are one, unused ones go, splats are scalars.
// CHECK-LABEL: func.func @contraction
// CHECK: %[[ONE:.*]] = arith.constant dense<1.0
// CHECK: %[[E:.*]] = transformer.map(%[[X:.*]] : tensor<?x4xf32>)
// CHECK: transformer.contract(%[[E]], %[[E]] : tensor<?x4xf32>, tensor<?x4xf32>) extra(%[[B:.*]] : tensor<?x?xf32>) dims ["n", "m", 4]
// CHECK-NEXT: ^bb0(%[[ACC:.*]]: f32, %[[BE:.*]]: f32):
// CHECK-NEXT: %[[TWO:.*]] = arith.constant 2.0
// CHECK-NEXT: %[[P:.*]] = arith.addf %[[ACC]], %[[BE]]
// CHECK-NEXT: %[[Q:.*]] = arith.mulf %[[P]], %[[BE]]
// CHECK-NEXT: arith.divf %[[Q]], %[[TWO]]
// CHECK: transformer.contract(%[[X]], %[[ONE]] : tensor<?x4xf32>, tensor<4x4xf32>) dims
func.func @contraction(%x: tensor<?x4xf32> {attune.dims = ["n", 4]}, %z: tensor<?xf32> {attune.dims = ["n"]}, %b: tensor<?x?xf32> {attune.dims = ["n", "m"]})
    -> (tensor<?x?xf32>, tensor<?x4xf32>) {
  %one = arith.constant dense<1.0> : tensor<4x4xf32>
  %two = arith.constant dense<2.0> : tensor<1xf32>
  %e = transformer.map (%x : tensor<?x4xf32>) dims ["n", 4] maps [#id] {
  ^bb0(%v: f32):
    %r = math.exp %v : f32
    transformer.yield %r : f32
  } -> tensor<?x4xf32>
  %0 = transformer.contract (%e, %e : tensor<?x4xf32>, tensor<?x4xf32>) extra (%b, %z, %two, %b : tensor<?x?xf32>, tensor<?xf32>, tensor<1xf32>, tensor<?x?xf32>)
      dims ["n", "m", 4] maps [affine_map<(m, n, k) -> (m, k)>, affine_map<(m, n, k) -> (n, k)>, affine_map<(m, n, k) -> (m, n)>,
                               affine_map<(m, n, k) -> (m)>, affine_map<(m, n, k) -> (0)>, affine_map<(m, n, k) -> (m, n)>]
      to affine_map<(m, n, k) -> (m, n)> {
  ^bb0(%acc: f32, %p: f32, %unused: f32, %s: f32, %q: f32):
    %t = arith.addf %acc, %p : f32
    %u = arith.mulf %t, %q : f32
    %r = arith.divf %u, %s : f32
    transformer.yield %r : f32
  } -> tensor<?x?xf32>
  %1 = transformer.contract (%x, %one : tensor<?x4xf32>, tensor<4x4xf32>) dims ["n", 4, 4]
      maps [affine_map<(m, n, k) -> (m, k)>, affine_map<(m, n, k) -> (k, n)>] to affine_map<(m, n, k) -> (m, n)> {
  ^bb0(%acc: f32):
    transformer.yield %acc : f32
  } -> tensor<?x4xf32>
  return %0, %1 : tensor<?x?xf32>, tensor<?x4xf32>
}

// Constants are evaluated where their map reads them, up to 1024 elements of them.
// CHECK-LABEL: func.func @constants
// CHECK-DAG: arith.constant dense<{{\[\[}}1, 14], [2, 15], [3, 16]]> : tensor<3x2xi64>
// CHECK-DAG: arith.constant dense<{{.*}}> : tensor<1024xi64>
// CHECK-DAG: transformer.map() dims [1025]
// CHECK-DAG: transformer.map() dims [0]
// CHECK-NOT: transformer.map
func.func @constants() -> (tensor<3x2xi64>, tensor<1024xi64>, tensor<1025xi64>, tensor<0xi64>) {
  %c = arith.constant dense<[[1, 2, 3], [4, 5, 6]]> : tensor<2x3xi64>
  %ten = arith.constant dense<[[0, 10]]> : tensor<1x2xi64>
  %0 = transformer.map (%c, %ten : tensor<2x3xi64>, tensor<1x2xi64>) dims [3, 2] maps [affine_map<(a, b) -> (b, a)>, affine_map<(a, b) -> (0, b)>] {
  ^bb0(%e: i64, %f: i64):
    %r = arith.addi %e, %f : i64
    transformer.yield %r : i64
  } -> tensor<3x2xi64>
  %1 = transformer.map () dims [1024] maps [] {
    %l = transformer.index 0
    %r = arith.index_cast %l : index to i64
    transformer.yield %r : i64
  } -> tensor<1024xi64>
  %2 = transformer.map () dims [1025] maps [] {
    %l = transformer.index 0
    %r = arith.index_cast %l : index to i64
    transformer.yield %r : i64
  } -> tensor<1025xi64>
  %3 = transformer.map () dims [0] maps [] {
    %l = transformer.index 0
    %r = arith.index_cast %l : index to i64
    transformer.yield %r : i64
  } -> tensor<0xi64>
  return %0, %1, %2, %3 : tensor<3x2xi64>, tensor<1024xi64>, tensor<1025xi64>, tensor<0xi64>
}
