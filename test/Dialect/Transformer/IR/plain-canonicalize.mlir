// RUN: attune-opt %s --canonicalize | FileCheck %s

// A reshape of a reshape is one; back to the shape it was, it is none.
// CHECK-LABEL: func.func @reshapes
// CHECK-SAME: %[[X:.*]]: tensor<?x?x4xf32>
// CHECK-NEXT: %[[R:.*]] = transformer.reshape %[[X]] dims ["b", "2 * s", 2] : tensor<?x?x4xf32> -> tensor<?x?x2xf32>
// CHECK-NEXT: return %[[R]], %[[X]]
func.func @reshapes(%x: tensor<?x?x4xf32> {attune.dims = ["b", "s", 4]}) -> (tensor<?x?x2xf32>, tensor<?x?x4xf32>) {
  %0 = transformer.reshape %x dims ["b * s", 4] : tensor<?x?x4xf32> -> tensor<?x4xf32>
  %1 = transformer.reshape %0 dims ["b", "2 * s", 2] : tensor<?x4xf32> -> tensor<?x?x2xf32>
  %2 = transformer.reshape %0 dims ["b", "s", 4] : tensor<?x4xf32> -> tensor<?x?x4xf32>
  return %1, %2 : tensor<?x?x2xf32>, tensor<?x?x4xf32>
}

// Equal types, other symbols: a reshape that stays.
// CHECK-LABEL: func.func @swapped
// CHECK-NEXT: transformer.reshape
func.func @swapped(%x: tensor<?x?xf32> {attune.dims = ["b", "s"]}) -> tensor<?x?xf32> {
  %0 = transformer.reshape %x dims ["s", "b"] : tensor<?x?xf32> -> tensor<?x?xf32>
  return %0 : tensor<?x?xf32>
}

// A map that forwards its operand is none; a broadcast of a dynamic dimension has the same types.
// CHECK-LABEL: func.func @identity
// CHECK-SAME: %[[X:.*]]: tensor<?xf32>
// CHECK: %[[B:.*]] = transformer.map
// CHECK: return %[[X]], %[[B]]
func.func @identity(%x: tensor<?xf32> {attune.dims = ["n"]}) -> (tensor<?xf32>, tensor<?xf32>) {
  %0 = transformer.map (%x : tensor<?xf32>) dims ["n"] maps [affine_map<(d0) -> (d0)>] {
  ^bb0(%e: f32):
    transformer.yield %e : f32
  } -> tensor<?xf32>
  %1 = transformer.map (%x : tensor<?xf32>) dims ["m"] maps [affine_map<(d0) -> (d0)>] {
  ^bb0(%e: f32):
    transformer.yield %e : f32
  } -> tensor<?xf32>
  return %0, %1 : tensor<?xf32>, tensor<?xf32>
}

// Constants that folding finds stay in their region.
// CHECK-LABEL: func.func @constants
// CHECK-NOT: arith.constant
// CHECK: transformer.map
// CHECK: arith.constant 3.0
func.func @constants(%x: tensor<?xf32> {attune.dims = ["n"]}) -> tensor<?xf32> {
  %0 = transformer.map (%x : tensor<?xf32>) dims ["n"] maps [affine_map<(d0) -> (d0)>] {
  ^bb0(%e: f32):
    %a = arith.constant 1.0 : f32
    %b = arith.constant 2.0 : f32
    %c = arith.addf %a, %b : f32
    %r = arith.mulf %e, %c : f32
    transformer.yield %r : f32
  } -> tensor<?xf32>
  return %0 : tensor<?xf32>
}

// What nothing reads goes.
// CHECK-LABEL: func.func @unused
// CHECK-NEXT: return
func.func @unused(%x: tensor<?x4xf32> {attune.dims = ["n", 4]}) {
  %w = transformer.weight <file = "w", offset = 0, bytes = 16, hash = "0", source = tensor<4xf32>> : tensor<4xf32>
  %0 = transformer.norm <rms> %x scale (%w : tensor<4xf32>) axes 1 epsilon 1.0e-6 dims ["n", 4] : tensor<?x4xf32>
  return
}
