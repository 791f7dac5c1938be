// Vectors of sizes are cut, joined and filled here: constants and shapes come out.
// RUN: attune-opt %s -convert-onnx-to-graph \
// RUN:   | FileCheck %s --implicit-check-not='transformer.{{map|re}}' --implicit-check-not=onnx.node

// Parts of vectors; negative positions count from the end, far ones are limited.
// CHECK-LABEL: func.func @parts
// CHECK: transformer.shape ["a", "e"] : tensor<2xi64>
// CHECK: transformer.shape ["b"] : tensor<i64>
// CHECK: transformer.shape ["a"] : tensor<i64>
// CHECK: transformer.shape ["e"] : tensor<i64>
// CHECK: transformer.shape ["b", "b", "b", "b", "b", "b"] : tensor<6xi64>
// CHECK: transformer.shape ["b", "c"] : tensor<2xi64>
// CHECK: transformer.shape ["d", "e"] : tensor<2xi64>
// CHECK: transformer.shape ["a", "b", "c", "d"] : tensor<4xi64>
// CHECK: transformer.shape ["a", "b"] : tensor<2xi64>
// CHECK: transformer.shape ["a", "c", "e"] : tensor<3xi64>
// CHECK: transformer.shape ["a", "e"] : tensor<2xi64>
// CHECK: transformer.shape ["b"] : tensor<1xi64>
// CHECK: arith.constant dense<> : tensor<0xi64>
// CHECK: arith.constant dense<> : tensor<0xi64>
// CHECK: transformer.shape ["a"] : tensor<1xi64>
// CHECK: transformer.shape ["e", "d", "c", "b", "a"] : tensor<5xi64>
// CHECK: transformer.shape ["d", "b"] : tensor<2xi64>
// CHECK: transformer.shape ["e", "d"] : tensor<2xi64>
// CHECK: transformer.shape ["e", "c", "a"] : tensor<3xi64>
// CHECK: transformer.shape ["a"] : tensor<1xi64>
// CHECK: arith.constant dense<> : tensor<0xi64>
// CHECK: transformer.shape ["e"] : tensor<1xi64>
// CHECK: transformer.shape ["e", "a"] : tensor<2xi64>
// CHECK: transformer.shape ["a"] : tensor<1xi64>
// CHECK: transformer.shape ["b"] : tensor<1xi64>
// CHECK: transformer.shape ["b", "c"] : tensor<2xi64>
// CHECK: arith.constant dense<> : tensor<0xi64>
// CHECK: transformer.shape ["a", "b", "c", "d", "e", "a", "b", "c", "d", "e"] : tensor<10xi64>
// CHECK-NEXT: return
func.func @parts(%x: tensor<?x?x?x?x?xf32> {attune.dims = ["a", "b", "c", "d", "e"]}) -> (
    tensor<2xsi64>, tensor<si64>, tensor<si64>, tensor<si64>, tensor<6xsi64>, tensor<2xsi64>,
    tensor<2xsi64>, tensor<4xsi64>, tensor<2xsi64>, tensor<3xsi64>, tensor<2xsi64>, tensor<1xsi64>,
    tensor<0xsi64>, tensor<0xsi64>, tensor<1xsi64>, tensor<5xsi64>, tensor<2xsi64>, tensor<2xsi64>,
    tensor<3xsi64>, tensor<1xsi64>, tensor<0xsi64>, tensor<1xsi64>, tensor<2xsi64>, tensor<1xsi64>,
    tensor<1xsi64>, tensor<2xsi64>, tensor<0xsi64>, tensor<10xsi64>) {
  %none = onnx.none : none
  %c0 = onnx.constant(dense<[0, -1]> : tensor<2xsi64>) : tensor<2xsi64>
  %c1 = onnx.constant(dense<1> : tensor<si64>) : tensor<si64>
  %c2 = onnx.constant(dense<-5> : tensor<si64>) : tensor<si64>
  %c3 = onnx.constant(dense<4> : tensor<si64>) : tensor<si64>
  %c4 = onnx.constant(dense<1> : tensor<6xsi64>) : tensor<6xsi64>
  %c5 = onnx.constant(dense<1> : tensor<1xsi64>) : tensor<1xsi64>
  %c6 = onnx.constant(dense<3> : tensor<1xsi64>) : tensor<1xsi64>
  %c7 = onnx.constant(dense<-2> : tensor<1xsi64>) : tensor<1xsi64>
  %c8 = onnx.constant(dense<9223372036854775807> : tensor<1xsi64>) : tensor<1xsi64>
  %c9 = onnx.constant(dense<0> : tensor<1xsi64>) : tensor<1xsi64>
  %c10 = onnx.constant(dense<-1> : tensor<1xsi64>) : tensor<1xsi64>
  %c11 = onnx.constant(dense<-100> : tensor<1xsi64>) : tensor<1xsi64>
  %c12 = onnx.constant(dense<2> : tensor<1xsi64>) : tensor<1xsi64>
  %c13 = onnx.constant(dense<5> : tensor<1xsi64>) : tensor<1xsi64>
  %c14 = onnx.constant(dense<4> : tensor<1xsi64>) : tensor<1xsi64>
  %c15 = onnx.constant(dense<100> : tensor<1xsi64>) : tensor<1xsi64>
  %c16 = onnx.constant(dense<9> : tensor<1xsi64>) : tensor<1xsi64>
  %c17 = onnx.constant(dense<-5> : tensor<1xsi64>) : tensor<1xsi64>
  %c18 = onnx.constant(dense<-4> : tensor<1xsi64>) : tensor<1xsi64>
  %c19 = onnx.constant(dense<-9223372036854775808> : tensor<1xsi64>) : tensor<1xsi64>
  %c20 = onnx.constant(dense<-6> : tensor<1xsi64>) : tensor<1xsi64>
  %c21 = onnx.constant(dense<> : tensor<0xsi64>) : tensor<0xsi64>
  %d = onnx.node "Shape"(%x) {version = 18 : i64} : (tensor<?x?x?x?x?xf32>) -> tensor<5xsi64>
  %0 = onnx.node "Gather"(%d, %c0) {version = 18 : i64} : (tensor<5xsi64>, tensor<2xsi64>) -> tensor<2xsi64>
  %1 = onnx.node "Gather"(%d, %c1) {version = 18 : i64} : (tensor<5xsi64>, tensor<si64>) -> tensor<si64>
  %2 = onnx.node "Gather"(%d, %c2) {version = 18 : i64} : (tensor<5xsi64>, tensor<si64>) -> tensor<si64>
  %3 = onnx.node "Gather"(%d, %c3) {version = 18 : i64} : (tensor<5xsi64>, tensor<si64>) -> tensor<si64>
  %4 = onnx.node "Gather"(%d, %c4) {version = 18 : i64} : (tensor<5xsi64>, tensor<6xsi64>) -> tensor<6xsi64>
  %5 = onnx.node "Slice"(%d, %c5, %c6) {version = 18 : i64} : (tensor<5xsi64>, tensor<1xsi64>, tensor<1xsi64>) -> tensor<2xsi64>
  %6 = onnx.node "Slice"(%d, %c7, %c8) {version = 18 : i64} : (tensor<5xsi64>, tensor<1xsi64>, tensor<1xsi64>) -> tensor<2xsi64>
  %7 = onnx.node "Slice"(%d, %c9, %c10) {version = 18 : i64} : (tensor<5xsi64>, tensor<1xsi64>, tensor<1xsi64>) -> tensor<4xsi64>
  %8 = onnx.node "Slice"(%d, %c11, %c12) {version = 18 : i64} : (tensor<5xsi64>, tensor<1xsi64>, tensor<1xsi64>) -> tensor<2xsi64>
  %9 = onnx.node "Slice"(%d, %c9, %c13, %c9, %c12) {version = 18 : i64} : (tensor<5xsi64>, tensor<1xsi64>, tensor<1xsi64>, tensor<1xsi64>, tensor<1xsi64>) -> tensor<3xsi64>
  %10 = onnx.node "Slice"(%d, %c9, %c13, %c9, %c14) {version = 18 : i64} : (tensor<5xsi64>, tensor<1xsi64>, tensor<1xsi64>, tensor<1xsi64>, tensor<1xsi64>) -> tensor<2xsi64>
  %11 = onnx.node "Slice"(%d, %c5, %c15, %c9, %c15) {version = 18 : i64} : (tensor<5xsi64>, tensor<1xsi64>, tensor<1xsi64>, tensor<1xsi64>, tensor<1xsi64>) -> tensor<1xsi64>
  %12 = onnx.node "Slice"(%d, %c6, %c12) {version = 18 : i64} : (tensor<5xsi64>, tensor<1xsi64>, tensor<1xsi64>) -> tensor<0xsi64>
  %13 = onnx.node "Slice"(%d, %c13, %c16) {version = 18 : i64} : (tensor<5xsi64>, tensor<1xsi64>, tensor<1xsi64>) -> tensor<0xsi64>
  %14 = onnx.node "Slice"(%d, %c17, %c18) {version = 18 : i64} : (tensor<5xsi64>, tensor<1xsi64>, tensor<1xsi64>) -> tensor<1xsi64>
  %15 = onnx.node "Slice"(%d, %c10, %c19, %c9, %c10) {version = 18 : i64} : (tensor<5xsi64>, tensor<1xsi64>, tensor<1xsi64>, tensor<1xsi64>, tensor<1xsi64>) -> tensor<5xsi64>
  %16 = onnx.node "Slice"(%d, %c6, %c9, %c9, %c7) {version = 18 : i64} : (tensor<5xsi64>, tensor<1xsi64>, tensor<1xsi64>, tensor<1xsi64>, tensor<1xsi64>) -> tensor<2xsi64>
  %17 = onnx.node "Slice"(%d, %c16, %c12, %c9, %c10) {version = 18 : i64} : (tensor<5xsi64>, tensor<1xsi64>, tensor<1xsi64>, tensor<1xsi64>, tensor<1xsi64>) -> tensor<2xsi64>
  %18 = onnx.node "Slice"(%d, %c14, %c11, %c9, %c7) {version = 18 : i64} : (tensor<5xsi64>, tensor<1xsi64>, tensor<1xsi64>, tensor<1xsi64>, tensor<1xsi64>) -> tensor<3xsi64>
  %19 = onnx.node "Slice"(%d, %c20, %c11, %c9, %c10) {version = 18 : i64} : (tensor<5xsi64>, tensor<1xsi64>, tensor<1xsi64>, tensor<1xsi64>, tensor<1xsi64>) -> tensor<1xsi64>
  %20 = onnx.node "Slice"(%d, %c5, %c6, %c9, %c10) {version = 18 : i64} : (tensor<5xsi64>, tensor<1xsi64>, tensor<1xsi64>, tensor<1xsi64>, tensor<1xsi64>) -> tensor<0xsi64>
  %21 = onnx.node "Slice"(%d, %c14, %c9, %c9, %c11) {version = 18 : i64} : (tensor<5xsi64>, tensor<1xsi64>, tensor<1xsi64>, tensor<1xsi64>, tensor<1xsi64>) -> tensor<1xsi64>
  %22 = onnx.node "Slice"(%d, %c8, %c20, %c9, %c18) {version = 18 : i64} : (tensor<5xsi64>, tensor<1xsi64>, tensor<1xsi64>, tensor<1xsi64>, tensor<1xsi64>) -> tensor<2xsi64>
  %23 = onnx.node "Slice"(%d, %c9, %c6, %c9, %c8) {version = 18 : i64} : (tensor<5xsi64>, tensor<1xsi64>, tensor<1xsi64>, tensor<1xsi64>, tensor<1xsi64>) -> tensor<1xsi64>
  %24 = onnx.node "Slice"(%d, %c5, %c6, %none, %c12) {version = 18 : i64} : (tensor<5xsi64>, tensor<1xsi64>, tensor<1xsi64>, none, tensor<1xsi64>) -> tensor<1xsi64>
  %25 = onnx.node "Slice"(%d) {version = 9 : i64, node_attributes = {starts = array<i64: 1>, ends = array<i64: 3>}} : (tensor<5xsi64>) -> tensor<2xsi64>
  %26 = onnx.node "Slice"(%c21, %c10, %c19, %c9, %c10) {version = 18 : i64} : (tensor<0xsi64>, tensor<1xsi64>, tensor<1xsi64>, tensor<1xsi64>, tensor<1xsi64>) -> tensor<0xsi64>
  %27 = onnx.node "Concat"(%d, %d) {version = 18 : i64, node_attributes = {axis = 0 : i64}} : (tensor<5xsi64>, tensor<5xsi64>) -> tensor<10xsi64>
  return %0, %1, %2, %3, %4, %5, %6, %7, %8, %9, %10, %11, %12, %13, %14, %15, %16, %17, %18, %19, %20, %21, %22, %23, %24, %25, %26, %27 : tensor<2xsi64>, tensor<si64>, tensor<si64>, tensor<si64>, tensor<6xsi64>, tensor<2xsi64>, tensor<2xsi64>, tensor<4xsi64>, tensor<2xsi64>, tensor<3xsi64>, tensor<2xsi64>, tensor<1xsi64>, tensor<0xsi64>, tensor<0xsi64>, tensor<1xsi64>, tensor<5xsi64>, tensor<2xsi64>, tensor<2xsi64>, tensor<3xsi64>, tensor<1xsi64>, tensor<0xsi64>, tensor<1xsi64>, tensor<2xsi64>, tensor<1xsi64>, tensor<1xsi64>, tensor<2xsi64>, tensor<0xsi64>, tensor<10xsi64>
}

// Between a vector and a scalar; fills and ranges.
// CHECK-LABEL: func.func @shapes
// CHECK: transformer.shape ["a", "b"] : tensor<2xi64>
// CHECK: transformer.shape ["a", "b"] : tensor<2xi64>
// CHECK: transformer.shape ["a"] : tensor<i64>
// CHECK: transformer.shape ["a"] : tensor<1xi64>
// CHECK: transformer.shape ["a", "b"] : tensor<2xi64>
// CHECK: transformer.shape ["a", "b"] : tensor<2xi64>
// CHECK: transformer.shape ["a"] : tensor<i64>
// CHECK: transformer.shape ["a"] : tensor<i64>
// CHECK: transformer.shape ["a"] : tensor<i64>
// CHECK: transformer.shape ["a"] : tensor<i64>
// CHECK: transformer.shape ["a"] : tensor<i64>
// CHECK: transformer.shape ["a"] : tensor<i64>
// CHECK: transformer.shape ["a"] : tensor<1xi64>
// CHECK: transformer.shape ["a"] : tensor<1xi64>
// CHECK: transformer.shape ["a"] : tensor<1xi64>
// CHECK: transformer.shape ["a"] : tensor<1xi64>
// CHECK: transformer.shape ["a", "a", "a"] : tensor<3xi64>
// CHECK: transformer.shape ["a", "a"] : tensor<2xi64>
// CHECK: transformer.shape ["a", "b"] : tensor<2xi64>
// CHECK: transformer.shape ["a", "b"] : tensor<2xi64>
// CHECK: transformer.shape ["a"] : tensor<i64>
// CHECK: arith.constant dense<[0, 2, 4]> : tensor<3xi64>
// CHECK: arith.constant dense<[0, 2]> : tensor<2xi64>
// CHECK: arith.constant dense<[5, 3, 1]> : tensor<3xi64>
// CHECK: arith.constant dense<[4, 2]> : tensor<2xi64>
// CHECK: arith.constant dense<> : tensor<0xi64>
// CHECK: arith.constant dense<9223372036854775806> : tensor<1xi64>
// CHECK: arith.constant dense<7> : tensor<3xi64>
// CHECK: arith.constant dense<-7> : tensor<2xi64>
// CHECK: arith.constant dense<7> : tensor<i64>
// CHECK: arith.constant dense<true> : tensor<2xi1>
// CHECK: arith.constant dense<> : tensor<0xi64>
// CHECK-NEXT: return
func.func @shapes(%x: tensor<?x?x?x?x?xf32> {attune.dims = ["a", "b", "c", "d", "e"]}) -> (
    tensor<2xsi64>, tensor<2xsi64>, tensor<si64>, tensor<1xsi64>, tensor<2xsi64>, tensor<2xsi64>,
    tensor<si64>, tensor<si64>, tensor<si64>, tensor<si64>, tensor<si64>, tensor<si64>, tensor<1xsi64>,
    tensor<1xsi64>, tensor<1xsi64>, tensor<1xsi64>, tensor<3xsi64>, tensor<2xsi64>, tensor<2xsi64>,
    tensor<2xsi64>, tensor<si64>, tensor<3xsi64>, tensor<2xsi64>, tensor<3xsi64>, tensor<2xsi64>,
    tensor<0xsi64>, tensor<1xsi64>, tensor<3xsi64>, tensor<2xsi64>, tensor<si64>, tensor<2xi1>,
    tensor<0xsi64>) {
  %e = onnx.constant(dense<> : tensor<0xsi64>) : tensor<0xsi64>
  %c0 = onnx.constant(dense<1> : tensor<1xsi64>) : tensor<1xsi64>
  %c1 = onnx.constant(dense<-1> : tensor<1xsi64>) : tensor<1xsi64>
  %c2 = onnx.constant(dense<2> : tensor<1xsi64>) : tensor<1xsi64>
  %c3 = onnx.constant(dense<0> : tensor<1xsi64>) : tensor<1xsi64>
  %c4 = onnx.constant(dense<3> : tensor<1xsi64>) : tensor<1xsi64>
  %c5 = onnx.constant(dense<0> : tensor<si64>) : tensor<si64>
  %c6 = onnx.constant(dense<5> : tensor<si64>) : tensor<si64>
  %c7 = onnx.constant(dense<2> : tensor<si64>) : tensor<si64>
  %c8 = onnx.constant(dense<4> : tensor<si64>) : tensor<si64>
  %c9 = onnx.constant(dense<-2> : tensor<si64>) : tensor<si64>
  %c10 = onnx.constant(dense<3> : tensor<si64>) : tensor<si64>
  %c11 = onnx.constant(dense<1> : tensor<si64>) : tensor<si64>
  %c12 = onnx.constant(dense<9223372036854775806> : tensor<si64>) : tensor<si64>
  %c13 = onnx.constant(dense<9223372036854775807> : tensor<si64>) : tensor<si64>
  %d = onnx.node "Shape"(%x) {version = 18 : i64} : (tensor<?x?x?x?x?xf32>) -> tensor<5xsi64>
  %v = onnx.node "Shape"(%x) {version = 18 : i64, node_attributes = {end = 1 : i64}} : (tensor<?x?x?x?x?xf32>) -> tensor<1xsi64>
  %s = onnx.node "Squeeze"(%v) {version = 18 : i64} : (tensor<1xsi64>) -> tensor<si64>
  %t = onnx.node "Shape"(%x) {version = 18 : i64, node_attributes = {end = 2 : i64}} : (tensor<?x?x?x?x?xf32>) -> tensor<2xsi64>
  %0 = onnx.node "Identity"(%t) {version = 18 : i64} : (tensor<2xsi64>) -> tensor<2xsi64>
  %1 = onnx.node "Transpose"(%t) {version = 18 : i64} : (tensor<2xsi64>) -> tensor<2xsi64>
  %2 = onnx.node "Reshape"(%v, %e) {version = 18 : i64} : (tensor<1xsi64>, tensor<0xsi64>) -> tensor<si64>
  %3 = onnx.node "Reshape"(%s, %c0) {version = 18 : i64} : (tensor<si64>, tensor<1xsi64>) -> tensor<1xsi64>
  %4 = onnx.node "Reshape"(%t, %c1) {version = 18 : i64} : (tensor<2xsi64>, tensor<1xsi64>) -> tensor<2xsi64>
  %5 = onnx.node "Reshape"(%t, %c2) {version = 18 : i64} : (tensor<2xsi64>, tensor<1xsi64>) -> tensor<2xsi64>
  %6 = onnx.node "Squeeze"(%v) {version = 13 : i64} : (tensor<1xsi64>) -> tensor<si64>
  %7 = onnx.node "Squeeze"(%v, %c3) {version = 13 : i64} : (tensor<1xsi64>, tensor<1xsi64>) -> tensor<si64>
  %8 = onnx.node "Squeeze"(%v, %c1) {version = 13 : i64} : (tensor<1xsi64>, tensor<1xsi64>) -> tensor<si64>
  %9 = onnx.node "Squeeze"(%v) {version = 12 : i64} : (tensor<1xsi64>) -> tensor<si64>
  %10 = onnx.node "Squeeze"(%v) {version = 12 : i64, node_attributes = {axes = array<i64: 0>}} : (tensor<1xsi64>) -> tensor<si64>
  %11 = onnx.node "Squeeze"(%v) {version = 12 : i64, node_attributes = {axes = array<i64: -1>}} : (tensor<1xsi64>) -> tensor<si64>
  %12 = onnx.node "Unsqueeze"(%s, %c3) {version = 13 : i64} : (tensor<si64>, tensor<1xsi64>) -> tensor<1xsi64>
  %13 = onnx.node "Unsqueeze"(%s, %c1) {version = 13 : i64} : (tensor<si64>, tensor<1xsi64>) -> tensor<1xsi64>
  %14 = onnx.node "Unsqueeze"(%s) {version = 12 : i64, node_attributes = {axes = array<i64: 0>}} : (tensor<si64>) -> tensor<1xsi64>
  %15 = onnx.node "Unsqueeze"(%s) {version = 12 : i64, node_attributes = {axes = array<i64: -1>}} : (tensor<si64>) -> tensor<1xsi64>
  %16 = onnx.node "Expand"(%v, %c4) {version = 18 : i64} : (tensor<1xsi64>, tensor<1xsi64>) -> tensor<3xsi64>
  %17 = onnx.node "Expand"(%s, %c2) {version = 18 : i64} : (tensor<si64>, tensor<1xsi64>) -> tensor<2xsi64>
  %18 = onnx.node "Expand"(%t, %c0) {version = 18 : i64} : (tensor<2xsi64>, tensor<1xsi64>) -> tensor<2xsi64>
  %19 = onnx.node "Expand"(%t, %c2) {version = 18 : i64} : (tensor<2xsi64>, tensor<1xsi64>) -> tensor<2xsi64>
  %20 = onnx.node "Expand"(%s, %e) {version = 18 : i64} : (tensor<si64>, tensor<0xsi64>) -> tensor<si64>
  %21 = onnx.node "Range"(%c5, %c6, %c7) {version = 18 : i64} : (tensor<si64>, tensor<si64>, tensor<si64>) -> tensor<3xsi64>
  %22 = onnx.node "Range"(%c5, %c8, %c7) {version = 18 : i64} : (tensor<si64>, tensor<si64>, tensor<si64>) -> tensor<2xsi64>
  %23 = onnx.node "Range"(%c6, %c5, %c9) {version = 18 : i64} : (tensor<si64>, tensor<si64>, tensor<si64>) -> tensor<3xsi64>
  %24 = onnx.node "Range"(%c8, %c5, %c9) {version = 18 : i64} : (tensor<si64>, tensor<si64>, tensor<si64>) -> tensor<2xsi64>
  %25 = onnx.node "Range"(%c10, %c10, %c11) {version = 18 : i64} : (tensor<si64>, tensor<si64>, tensor<si64>) -> tensor<0xsi64>
  %26 = onnx.node "Range"(%c12, %c13, %c7) {version = 18 : i64} : (tensor<si64>, tensor<si64>, tensor<si64>) -> tensor<1xsi64>
  %27 = onnx.node "ConstantOfShape"(%c4) {version = 18 : i64, node_attributes = {value = dense<7> : tensor<1xsi64>}} : (tensor<1xsi64>) -> tensor<3xsi64>
  %28 = onnx.node "ConstantOfShape"(%c2) {version = 18 : i64, node_attributes = {value = dense<-7> : tensor<1xsi64>}} : (tensor<1xsi64>) -> tensor<2xsi64>
  %29 = onnx.node "ConstantOfShape"(%e) {version = 18 : i64, node_attributes = {value = dense<7> : tensor<1xsi64>}} : (tensor<0xsi64>) -> tensor<si64>
  %30 = onnx.node "ConstantOfShape"(%c2) {version = 18 : i64, node_attributes = {value = dense<true> : tensor<1xi1>}} : (tensor<1xsi64>) -> tensor<2xi1>
  %31 = onnx.node "ConstantOfShape"(%c3) {version = 18 : i64, node_attributes = {value = dense<7> : tensor<1xsi64>}} : (tensor<1xsi64>) -> tensor<0xsi64>
  return %0, %1, %2, %3, %4, %5, %6, %7, %8, %9, %10, %11, %12, %13, %14, %15, %16, %17, %18, %19, %20, %21, %22, %23, %24, %25, %26, %27, %28, %29, %30, %31 : tensor<2xsi64>, tensor<2xsi64>, tensor<si64>, tensor<1xsi64>, tensor<2xsi64>, tensor<2xsi64>, tensor<si64>, tensor<si64>, tensor<si64>, tensor<si64>, tensor<si64>, tensor<si64>, tensor<1xsi64>, tensor<1xsi64>, tensor<1xsi64>, tensor<1xsi64>, tensor<3xsi64>, tensor<2xsi64>, tensor<2xsi64>, tensor<2xsi64>, tensor<si64>, tensor<3xsi64>, tensor<2xsi64>, tensor<3xsi64>, tensor<2xsi64>, tensor<0xsi64>, tensor<1xsi64>, tensor<3xsi64>, tensor<2xsi64>, tensor<si64>, tensor<2xi1>, tensor<0xsi64>
}
