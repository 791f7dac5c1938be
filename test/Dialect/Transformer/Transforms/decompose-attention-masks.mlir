// RUN: attune-opt %s --transformer-decompose-attention | FileCheck %s

#q = affine_map<(b, h, i, j, d, e) -> (b, i, h, d)>
#k = affine_map<(b, h, i, j, d, e) -> (b, j, h, d)>
#v = affine_map<(b, h, i, j, d, e) -> (b, j, h, e)>
#o = affine_map<(b, h, i, j, d, e) -> (b, i, h, e)>
#keys = affine_map<(b, h, i, j, d, e) -> (b, j)>
#grid = affine_map<(b, h, i, j, d, e) -> (i, j)>

// An offset that is a number is one in the region; zero is none at all.
// CHECK-LABEL: func.func @offsets
// CHECK-NOT: transformer.shape
// CHECK: %[[I:.*]] = transformer.index 2
// CHECK-NEXT: %[[J:.*]] = transformer.index 3
// CHECK-NEXT: %[[N:.*]] = arith.constant -2 : index
// CHECK-NEXT: %[[L:.*]] = arith.addi %[[I]], %[[N]] : index
// CHECK-NEXT: %[[C:.*]] = arith.cmpi sle, %[[J]], %[[L]] : index
// CHECK-NEXT: arith.select %[[C]]
// CHECK: %[[I:.*]] = transformer.index 2
// CHECK-NEXT: %[[J:.*]] = transformer.index 3
// CHECK-NEXT: arith.cmpi sle, %[[J]], %[[I]] : index
func.func @offsets(%q: tensor<?x?x2x16xf32> {attune.dims = ["b", "s", 2, 16]}) -> (tensor<?x?x2x16xf32>, tensor<?x?x2x16xf32>) {
  %0 = transformer.attention (%q, %q, %q : tensor<?x?x2x16xf32>, tensor<?x?x2x16xf32>, tensor<?x?x2x16xf32>)
      scale 1.0 mask <causal(offset = "-2")> dead_rows <nan> dims ["b", 2, "s", "s", 16, 16] maps [#q, #k, #v] to #o -> tensor<?x?x2x16xf32>
  %1 = transformer.attention (%q, %q, %q : tensor<?x?x2x16xf32>, tensor<?x?x2x16xf32>, tensor<?x?x2x16xf32>)
      scale 1.0 mask <causal(offset = "0")> dead_rows <nan> dims ["b", 2, "s", "s", 16, 16] maps [#q, #k, #v] to #o -> tensor<?x?x2x16xf32>
  return %0, %1 : tensor<?x?x2x16xf32>, tensor<?x?x2x16xf32>
}

// Half precision has another lowest value; booleans are what they are; a scale is one product.
// CHECK-LABEL: func.func @half
// CHECK: ^bb0(%[[A:.*]]: f16, %[[M:.*]]: i1):
// CHECK-NEXT: %[[C:.*]] = arith.constant 5.000000e-01 : f16
// CHECK-NEXT: %[[S:.*]] = arith.mulf %[[A]], %[[C]] : f16
// CHECK-NEXT: %[[D:.*]] = arith.constant -6.550400e+04 : f16
// CHECK-NEXT: %[[R:.*]] = arith.select %[[M]], %[[S]], %[[D]] : f16
// CHECK-NEXT: transformer.yield %[[R]]
// CHECK: transformer.softmax
// CHECK-NEXT: transformer.contract
func.func @half(%q: tensor<?x?x2x16xf16> {attune.dims = ["b", "s", 2, 16]}, %m: tensor<?x?xi1> {attune.dims = ["b", "s"]}) -> tensor<?x?x2x16xf16> {
  %0 = transformer.attention (%q, %q, %q : tensor<?x?x2x16xf16>, tensor<?x?x2x16xf16>, tensor<?x?x2x16xf16>) keys (%m : tensor<?x?xi1>)
      scale 0.5 mask <padding(keys)> dead_rows <mean> dims ["b", 2, "s", "s", 16, 16] maps [#q, #k, #v, #keys] to #o -> tensor<?x?x2x16xf16>
  return %0 : tensor<?x?x2x16xf16>
}

// All terms together, in the order of the operands, in the scores and after the softmax.
// CHECK-LABEL: func.func @together
// CHECK: ^bb0(%[[A:.*]]: f32, %[[K:.*]]: i64, %[[T:.*]]: i8, %[[B:.*]]: f32):
// CHECK-NEXT: %[[S:.*]] = arith.addf %[[A]], %[[B]]
// CHECK: %[[D:.*]] = arith.constant 0xFF800000 : f32
// CHECK: %[[K1:.*]] = arith.cmpi ne, %[[K]], %{{.*}} : i64
// CHECK: %[[T1:.*]] = arith.cmpi ne, %[[T]], %{{.*}} : i8
// CHECK-NEXT: %[[KT:.*]] = arith.andi %[[K1]], %[[T1]]
// CHECK: %[[C:.*]] = arith.cmpi sle
// CHECK-NEXT: %[[ALL:.*]] = arith.andi %[[KT]], %[[C]]
// CHECK-NEXT: arith.select %[[ALL]], %[[S]], %[[D]]
// CHECK: transformer.softmax
// CHECK: ^bb0(%[[P:.*]]: f32, %[[K:.*]]: i64, %[[T:.*]]: i8):
// CHECK: arith.select %{{.*}}, %[[P]], %{{.*}} : f32
func.func @together(%q: tensor<?x?x2x16xf32> {attune.dims = ["b", "s", 2, 16]}, %m: tensor<?x?xi64> {attune.dims = ["b", "s"]}, %a: tensor<?x?xf32> {attune.dims = ["s", "s"]},
    %t: tensor<?x?xi8> {attune.dims = ["s", "s"]}) -> tensor<?x?x2x16xf32> {
  %0 = transformer.attention (%q, %q, %q : tensor<?x?x2x16xf32>, tensor<?x?x2x16xf32>, tensor<?x?x2x16xf32>) keys (%m : tensor<?x?xi64>) bias (%a : tensor<?x?xf32>) mask_tensor (%t : tensor<?x?xi8>)
      scale 1.0 mask <causal and padding(keys) and tensor> dead_rows <zero> dims ["b", 2, "s", "s", 16, 16] maps [#q, #k, #v, #keys, #grid, #grid] to #o -> tensor<?x?x2x16xf32>
  return %0 : tensor<?x?x2x16xf32>
}

// Without a bias no row is asked; a causal mask with a bias asks by its indices alone.
// CHECK-LABEL: func.func @rows
// CHECK-NOT: transformer.reduce
// CHECK: transformer.softmax
// CHECK: %[[R:.*]] = transformer.reduce <max>() dims ["b", 2, "s", "s"]
// CHECK: arith.cmpi sle
// CHECK: transformer.contract(%{{.*}}) extra(%{{.*}}, %[[R]] : tensor<?x?xf32>, tensor<?x2x?xf32>)
// CHECK-NEXT: ^bb0(%[[A:.*]]: f32, %[[B:.*]]: f32, %[[ROW:.*]]: f32):
// CHECK-NEXT: arith.addf %[[A]], %[[B]]
// CHECK: arith.cmpf une, %[[ROW]], %{{.*}} : f32
func.func @rows(%q: tensor<?x?x2x16xf32> {attune.dims = ["b", "s", 2, 16]}, %a: tensor<?x?xf32> {attune.dims = ["s", "s"]}) -> (tensor<?x?x2x16xf32>, tensor<?x?x2x16xf32>) {
  %0 = transformer.attention (%q, %q, %q : tensor<?x?x2x16xf32>, tensor<?x?x2x16xf32>, tensor<?x?x2x16xf32>)
      scale 1.0 mask <causal> dead_rows <mean> dims ["b", 2, "s", "s", 16, 16] maps [#q, #k, #v] to #o -> tensor<?x?x2x16xf32>
  %1 = transformer.attention (%q, %q, %q : tensor<?x?x2x16xf32>, tensor<?x?x2x16xf32>, tensor<?x?x2x16xf32>) bias (%a : tensor<?x?xf32>)
      scale 1.0 mask <causal> dead_rows <mean> dims ["b", 2, "s", "s", 16, 16] maps [#q, #k, #v, #grid] to #o -> tensor<?x?x2x16xf32>
  return %0, %1 : tensor<?x?x2x16xf32>, tensor<?x?x2x16xf32>
}

// Nothing masked: a bias alone neither fills nor clears.
// CHECK-LABEL: func.func @bias
// CHECK-NOT: arith.select
// CHECK: transformer.softmax
// CHECK-NEXT: transformer.contract
// CHECK-NOT: arith.select
func.func @bias(%q: tensor<?x?x2x16xf32> {attune.dims = ["b", "s", 2, 16]}, %a: tensor<?x?xf32> {attune.dims = ["s", "s"]}) -> tensor<?x?x2x16xf32> {
  %0 = transformer.attention (%q, %q, %q : tensor<?x?x2x16xf32>, tensor<?x?x2x16xf32>, tensor<?x?x2x16xf32>) bias (%a : tensor<?x?xf32>)
      scale 1.0 mask <none> dead_rows <zero> dims ["b", 2, "s", "s", 16, 16] maps [#q, #k, #v, #grid] to #o -> tensor<?x?x2x16xf32>
  return %0 : tensor<?x?x2x16xf32>
}
