// Elementwise operators become one map each; scalars become constants of its region.
// RUN: attune-opt %s -split-input-file -convert-onnx-to-graph | FileCheck %s

// CHECK-DAG: #[[ID:.*]] = affine_map<(d0, d1, d2) -> (d0, d1, d2)>
// CHECK-DAG: #[[LAST:.*]] = affine_map<(d0, d1, d2) -> (d2)>
// CHECK-DAG: #[[UNIT:.*]] = affine_map<(d0, d1, d2) -> (0, d1, d2)>
// CHECK-LABEL: func.func @broadcast
// CHECK: transformer.map(%arg0, %arg1 : tensor<?x?x8xf32>, tensor<8xf32>)
// CHECK-SAME: dims ["batch", "seq", 8] maps [#[[ID]], #[[LAST]]]
// CHECK: %[[S:.*]] = arith.addf
// CHECK: transformer.yield %[[S]] : f32
// CHECK: } -> tensor<?x?x8xf32>
// CHECK: transformer.map({{.*}} maps [#[[ID]], #[[UNIT]]]
// CHECK: arith.mulf
// CHECK: ^bb0(%[[X:.*]]: f32):
// CHECK: %[[C:.*]] = arith.constant 5.000000e-01 : f32
// CHECK: arith.divf %[[X]], %[[C]] : f32
func.func @broadcast(
    %x: tensor<?x?x8xf32> {attune.dims = ["batch", "seq", 8]},
    %b: tensor<8xf32> {attune.dims = [8]},
    %u: tensor<1x?x8xf32> {attune.dims = [1, "seq", 8]}) -> tensor<?x?x8xf32> {
  %half = onnx.constant(dense<0.5> : tensor<f32>) : tensor<f32>
  %0 = onnx.node "Add"(%x, %b) {version = 18 : i64} : (tensor<?x?x8xf32>, tensor<8xf32>) -> tensor<?x?x8xf32>
  %1 = onnx.node "Mul"(%0, %u) {version = 18 : i64} : (tensor<?x?x8xf32>, tensor<1x?x8xf32>) -> tensor<?x?x8xf32>
  %2 = onnx.node "Div"(%1, %half) {version = 18 : i64} : (tensor<?x?x8xf32>, tensor<f32>) -> tensor<?x?x8xf32>
  return %2 : tensor<?x?x8xf32>
}

// -----

// Integer division by zero gives 0, and -1 does not overflow.
// CHECK-LABEL: func.func @integers
// CHECK: ^bb0(%[[X:.*]]: i32, %[[Y:.*]]: i32):
// CHECK: %[[ZERO:.*]] = arith.cmpi eq, %[[Y]], %{{.*}} : i32
// CHECK: %[[MINUS:.*]] = arith.cmpi eq, %[[Y]], %{{.*}} : i32
// CHECK: %[[UNSAFE:.*]] = arith.ori %[[ZERO]], %[[MINUS]] : i1
// CHECK: %[[SAFE:.*]] = arith.select %[[UNSAFE]], %{{.*}}, %[[Y]] : i32
// CHECK: %[[Q:.*]] = arith.divsi %[[X]], %[[SAFE]] : i32
// CHECK: %[[N:.*]] = arith.subi %{{.*}}, %[[X]] : i32
// CHECK: %[[Q2:.*]] = arith.select %[[MINUS]], %[[N]], %[[Q]] : i32
// CHECK: arith.select %[[ZERO]], %{{.*}}, %[[Q2]] : i32
// A constant divisor needs no test.
// CHECK: ^bb0(%[[X:.*]]: i32):
// CHECK-NEXT: %[[C:.*]] = arith.constant 3 : i32
// CHECK-NEXT: %[[Q:.*]] = arith.divsi %[[X]], %[[C]] : i32
// CHECK-NEXT: yield %[[Q]]
// CHECK: arith.remsi
// CHECK: arith.divui
// CHECK: arith.cmpi ult
// CHECK: arith.maxui
func.func @integers(
    %x: tensor<?xsi32> {attune.dims = ["n"]}, %y: tensor<?xsi32> {attune.dims = ["n"]},
    %u: tensor<?xui8> {attune.dims = ["n"]}, %v: tensor<?xui8> {attune.dims = ["n"]})
    -> (tensor<?xsi32>, tensor<?xsi32>, tensor<?xsi32>, tensor<?xui8>, tensor<?xi1>, tensor<?xui8>) {
  %three = onnx.constant(dense<3> : tensor<si32>) : tensor<si32>
  %0 = onnx.node "Div"(%x, %y) {version = 18 : i64} : (tensor<?xsi32>, tensor<?xsi32>) -> tensor<?xsi32>
  %1 = onnx.node "Div"(%x, %three) {version = 18 : i64} : (tensor<?xsi32>, tensor<si32>) -> tensor<?xsi32>
  %2 = onnx.node "Mod"(%x, %y) {version = 18 : i64} : (tensor<?xsi32>, tensor<?xsi32>) -> tensor<?xsi32>
  %3 = onnx.node "Div"(%u, %v) {version = 18 : i64} : (tensor<?xui8>, tensor<?xui8>) -> tensor<?xui8>
  %4 = onnx.node "Less"(%u, %v) {version = 18 : i64} : (tensor<?xui8>, tensor<?xui8>) -> tensor<?xi1>
  %5 = onnx.node "Max"(%u, %v) {version = 18 : i64} : (tensor<?xui8>, tensor<?xui8>) -> tensor<?xui8>
  return %0, %1, %2, %3, %4, %5 : tensor<?xsi32>, tensor<?xsi32>, tensor<?xsi32>, tensor<?xui8>, tensor<?xi1>, tensor<?xui8>
}

// -----

// CHECK-LABEL: func.func @floats
// CHECK: arith.maximumf
// CHECK: arith.minimumf
// CHECK: arith.mulf %[[P:.*]], %[[P]] : f32
// CHECK-NEXT: transformer.yield
// CHECK: math.powf
// CHECK: arith.cmpf oge
// CHECK: arith.cmpf uno
// CHECK: arith.select
// CHECK: arith.remf
// CHECK: arith.maximumf
// CHECK-NEXT: arith.minimumf
func.func @floats(%x: tensor<?xf32> {attune.dims = ["n"]}, %y: tensor<?xf32> {attune.dims = ["n"]})
    -> (tensor<?xf32>, tensor<?xf32>, tensor<?xf32>, tensor<?xf32>, tensor<?xf32>, tensor<?xf32>, tensor<?xf32>) {
  %two = onnx.constant(dense<2.0> : tensor<f32>) : tensor<f32>
  %low = onnx.constant(dense<-1.0> : tensor<f32>) : tensor<f32>
  %0 = onnx.node "Max"(%x, %y) {version = 18 : i64} : (tensor<?xf32>, tensor<?xf32>) -> tensor<?xf32>
  %1 = onnx.node "Min"(%x, %y) {version = 18 : i64} : (tensor<?xf32>, tensor<?xf32>) -> tensor<?xf32>
  %2 = onnx.node "Pow"(%x, %two) {version = 18 : i64} : (tensor<?xf32>, tensor<f32>) -> tensor<?xf32>
  %3 = onnx.node "Pow"(%x, %y) {version = 18 : i64} : (tensor<?xf32>, tensor<?xf32>) -> tensor<?xf32>
  %c = onnx.node "GreaterOrEqual"(%x, %y) {version = 18 : i64} : (tensor<?xf32>, tensor<?xf32>) -> tensor<?xi1>
  %n = onnx.node "IsNaN"(%x) {version = 18 : i64} : (tensor<?xf32>) -> tensor<?xi1>
  %d = onnx.node "And"(%c, %n) {version = 18 : i64} : (tensor<?xi1>, tensor<?xi1>) -> tensor<?xi1>
  %4 = onnx.node "Where"(%d, %x, %y) {version = 18 : i64} : (tensor<?xi1>, tensor<?xf32>, tensor<?xf32>) -> tensor<?xf32>
  %5 = onnx.node "Mod"(%x, %y) {version = 18 : i64, node_attributes = {fmod = 1 : i64}} : (tensor<?xf32>, tensor<?xf32>) -> tensor<?xf32>
  %6 = onnx.node "Clip"(%x, %low, %two) {version = 18 : i64} : (tensor<?xf32>, tensor<f32>, tensor<f32>) -> tensor<?xf32>
  return %0, %1, %2, %3, %4, %5, %6 : tensor<?xf32>, tensor<?xf32>, tensor<?xf32>, tensor<?xf32>, tensor<?xf32>, tensor<?xf32>, tensor<?xf32>
}

// -----

// Before opset 11, Clip's limits are attributes; an absent limit does nothing.
// CHECK-LABEL: func.func @clip
// CHECK: arith.constant 0.000000e+00 : f32
// CHECK: arith.maximumf
// CHECK: arith.minimumf
// CHECK: transformer.map
// CHECK-NOT: maximumf
// CHECK: arith.minimumf
func.func @clip(%x: tensor<?xf32> {attune.dims = ["n"]}, %most: tensor<f32>) -> (tensor<?xf32>, tensor<?xf32>) {
  %none = onnx.none : none
  %0 = onnx.node "Clip"(%x) {version = 6 : i64, node_attributes = {min = 0.0 : f32, max = 6.0 : f32}} : (tensor<?xf32>) -> tensor<?xf32>
  %1 = onnx.node "Clip"(%x, %none, %most) {version = 13 : i64} : (tensor<?xf32>, none, tensor<f32>) -> tensor<?xf32>
  return %0, %1 : tensor<?xf32>, tensor<?xf32>
}
