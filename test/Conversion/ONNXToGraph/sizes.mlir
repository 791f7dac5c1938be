// Arithmetic on sizes is done here: constants and shapes come out, no map and no reduction.
// RUN: attune-opt %s -convert-onnx-to-graph \
// RUN:   | FileCheck %s --implicit-check-not='transformer.{{map|re}}' --implicit-check-not=onnx.node

// Element by element; one element goes with any number.
// CHECK-LABEL: func.func @arithmetic
// CHECK: arith.constant dense<[4, 5]> : tensor<2xi64>
// CHECK: arith.constant dense<[4, 5]> : tensor<2xi64>
// CHECK: arith.constant dense<[4, 5]> : tensor<2xi64>
// CHECK: arith.constant dense<[4, 5]> : tensor<2xi64>
// CHECK: arith.constant dense<[11, 22]> : tensor<2xi64>
// CHECK: arith.constant dense<7> : tensor<i64>
// CHECK: arith.constant dense<7> : tensor<1xi64>
// CHECK: arith.constant dense<[3, -2]> : tensor<2xi64>
// CHECK: arith.constant dense<[15, 20]> : tensor<2xi64>
// CHECK: arith.constant dense<[3, -3]> : tensor<2xi64>
// CHECK: arith.constant dense<[1, 2]> : tensor<2xi64>
// CHECK: arith.constant dense<1> : tensor<1xi64>
// CHECK: arith.constant dense<0> : tensor<2xi64>
// CHECK: arith.constant dense<[-3, 4]> : tensor<2xi64>
// CHECK: arith.constant dense<[true, false]> : tensor<2xi1>
// CHECK: arith.constant dense<[true, false]> : tensor<2xi1>
// CHECK: arith.constant dense<[false, true]> : tensor<2xi1>
// CHECK: arith.constant dense<[3, 5]> : tensor<2xi64>
// CHECK: arith.constant dense<[5, 9]> : tensor<2xi64>
// CHECK: arith.constant dense<3> : tensor<i64>
// CHECK: arith.constant dense<9> : tensor<1xi64>
// CHECK: arith.constant dense<[4, 5]> : tensor<2xi64>
// CHECK-NEXT: return
func.func @arithmetic() -> (
    tensor<2xsi64>, tensor<2xsi64>, tensor<2xsi64>, tensor<2xsi64>, tensor<2xsi64>, tensor<si64>,
    tensor<1xsi64>, tensor<2xsi64>, tensor<2xsi64>, tensor<2xsi64>, tensor<2xsi64>, tensor<1xsi64>,
    tensor<2xsi64>, tensor<2xsi64>, tensor<2xi1>, tensor<2xi1>, tensor<2xi1>, tensor<2xsi64>,
    tensor<2xsi64>, tensor<si64>, tensor<1xsi64>, tensor<2xsi64>) {
  %c0 = onnx.constant(dense<[1, 2]> : tensor<2xsi64>) : tensor<2xsi64>
  %c1 = onnx.constant(dense<3> : tensor<1xsi64>) : tensor<1xsi64>
  %c2 = onnx.constant(dense<3> : tensor<si64>) : tensor<si64>
  %c3 = onnx.constant(dense<[10, 20]> : tensor<2xsi64>) : tensor<2xsi64>
  %c4 = onnx.constant(dense<4> : tensor<si64>) : tensor<si64>
  %c5 = onnx.constant(dense<4> : tensor<1xsi64>) : tensor<1xsi64>
  %c6 = onnx.constant(dense<[5, 1]> : tensor<2xsi64>) : tensor<2xsi64>
  %c7 = onnx.constant(dense<[2, 3]> : tensor<2xsi64>) : tensor<2xsi64>
  %c8 = onnx.constant(dense<[3, 4]> : tensor<2xsi64>) : tensor<2xsi64>
  %c9 = onnx.constant(dense<5> : tensor<1xsi64>) : tensor<1xsi64>
  %c10 = onnx.constant(dense<[7, -7]> : tensor<2xsi64>) : tensor<2xsi64>
  %c11 = onnx.constant(dense<2> : tensor<1xsi64>) : tensor<1xsi64>
  %c12 = onnx.constant(dense<7> : tensor<1xsi64>) : tensor<1xsi64>
  %c13 = onnx.constant(dense<[7, 8]> : tensor<2xsi64>) : tensor<2xsi64>
  %c14 = onnx.constant(dense<1> : tensor<1xsi64>) : tensor<1xsi64>
  %c15 = onnx.constant(dense<[3, -4]> : tensor<2xsi64>) : tensor<2xsi64>
  %c16 = onnx.constant(dense<[true, false]> : tensor<2xi1>) : tensor<2xi1>
  %c17 = onnx.constant(dense<true> : tensor<1xi1>) : tensor<1xi1>
  %c18 = onnx.constant(dense<false> : tensor<1xi1>) : tensor<1xi1>
  %c19 = onnx.constant(dense<[3, 9]> : tensor<2xsi64>) : tensor<2xsi64>
  %c20 = onnx.constant(dense<7> : tensor<si64>) : tensor<si64>
  %c21 = onnx.constant(dense<5> : tensor<si64>) : tensor<si64>
  %c22 = onnx.constant(dense<2> : tensor<si64>) : tensor<si64>
  %c23 = onnx.constant(dense<9> : tensor<1xsi64>) : tensor<1xsi64>
  %c24 = onnx.constant(dense<[4, 5]> : tensor<2xsi64>) : tensor<2xsi64>
  %0 = onnx.node "Add"(%c0, %c1) {version = 18 : i64} : (tensor<2xsi64>, tensor<1xsi64>) -> tensor<2xsi64>
  %1 = onnx.node "Add"(%c1, %c0) {version = 18 : i64} : (tensor<1xsi64>, tensor<2xsi64>) -> tensor<2xsi64>
  %2 = onnx.node "Add"(%c2, %c0) {version = 18 : i64} : (tensor<si64>, tensor<2xsi64>) -> tensor<2xsi64>
  %3 = onnx.node "Add"(%c0, %c2) {version = 18 : i64} : (tensor<2xsi64>, tensor<si64>) -> tensor<2xsi64>
  %4 = onnx.node "Add"(%c0, %c3) {version = 18 : i64} : (tensor<2xsi64>, tensor<2xsi64>) -> tensor<2xsi64>
  %5 = onnx.node "Add"(%c2, %c4) {version = 18 : i64} : (tensor<si64>, tensor<si64>) -> tensor<si64>
  %6 = onnx.node "Add"(%c2, %c5) {version = 18 : i64} : (tensor<si64>, tensor<1xsi64>) -> tensor<1xsi64>
  %7 = onnx.node "Sub"(%c6, %c7) {version = 18 : i64} : (tensor<2xsi64>, tensor<2xsi64>) -> tensor<2xsi64>
  %8 = onnx.node "Mul"(%c8, %c9) {version = 18 : i64} : (tensor<2xsi64>, tensor<1xsi64>) -> tensor<2xsi64>
  %9 = onnx.node "Div"(%c10, %c11) {version = 18 : i64} : (tensor<2xsi64>, tensor<1xsi64>) -> tensor<2xsi64>
  %10 = onnx.node "Mod"(%c10, %c1) {version = 18 : i64} : (tensor<2xsi64>, tensor<1xsi64>) -> tensor<2xsi64>
  %11 = onnx.node "Mod"(%c12, %c1) {version = 18 : i64, node_attributes = {fmod = 1 : i64}} : (tensor<1xsi64>, tensor<1xsi64>) -> tensor<1xsi64>
  %12 = onnx.node "Mod"(%c13, %c14) {version = 18 : i64} : (tensor<2xsi64>, tensor<1xsi64>) -> tensor<2xsi64>
  %13 = onnx.node "Neg"(%c15) {version = 18 : i64} : (tensor<2xsi64>) -> tensor<2xsi64>
  %14 = onnx.node "And"(%c16, %c17) {version = 18 : i64} : (tensor<2xi1>, tensor<1xi1>) -> tensor<2xi1>
  %15 = onnx.node "Or"(%c16, %c18) {version = 18 : i64} : (tensor<2xi1>, tensor<1xi1>) -> tensor<2xi1>
  %16 = onnx.node "Not"(%c16) {version = 18 : i64} : (tensor<2xi1>) -> tensor<2xi1>
  %17 = onnx.node "Min"(%c19, %c9) {version = 18 : i64} : (tensor<2xsi64>, tensor<1xsi64>) -> tensor<2xsi64>
  %18 = onnx.node "Max"(%c19, %c9) {version = 18 : i64} : (tensor<2xsi64>, tensor<1xsi64>) -> tensor<2xsi64>
  %19 = onnx.node "Min"(%c20, %c2, %c21) {version = 18 : i64} : (tensor<si64>, tensor<si64>, tensor<si64>) -> tensor<si64>
  %20 = onnx.node "Max"(%c22, %c23, %c21) {version = 18 : i64} : (tensor<si64>, tensor<1xsi64>, tensor<si64>) -> tensor<1xsi64>
  %21 = onnx.node "Max"(%c24) {version = 18 : i64} : (tensor<2xsi64>) -> tensor<2xsi64>
  return %0, %1, %2, %3, %4, %5, %6, %7, %8, %9, %10, %11, %12, %13, %14, %15, %16, %17, %18, %19, %20, %21 : tensor<2xsi64>, tensor<2xsi64>, tensor<2xsi64>, tensor<2xsi64>, tensor<2xsi64>, tensor<si64>, tensor<1xsi64>, tensor<2xsi64>, tensor<2xsi64>, tensor<2xsi64>, tensor<2xsi64>, tensor<1xsi64>, tensor<2xsi64>, tensor<2xsi64>, tensor<2xi1>, tensor<2xi1>, tensor<2xi1>, tensor<2xsi64>, tensor<2xsi64>, tensor<si64>, tensor<1xsi64>, tensor<2xsi64>
}

// Comparisons give truth values, which select and convert.
// CHECK-LABEL: func.func @comparisons
// CHECK: arith.constant dense<[true, false]> : tensor<2xi1>
// CHECK: arith.constant dense<[true, false, false]> : tensor<3xi1>
// CHECK: arith.constant dense<[true, true, false]> : tensor<3xi1>
// CHECK: arith.constant dense<[false, false, true]> : tensor<3xi1>
// CHECK: arith.constant dense<[false, true, true]> : tensor<3xi1>
// CHECK: arith.constant dense<[1, 4]> : tensor<2xi64>
// CHECK: arith.constant dense<[1, 2]> : tensor<2xi64>
// CHECK: arith.constant dense<3> : tensor<2xi64>
// CHECK: arith.constant dense<[1, 2]> : tensor<2xi64>
// CHECK: arith.constant dense<1> : tensor<i64>
// CHECK: arith.constant dense<1> : tensor<1xi64>
// CHECK: arith.constant dense<[false, true, true]> : tensor<3xi1>
// CHECK: arith.constant dense<[5, -5]> : tensor<2xi32>
// CHECK: arith.constant dense<[1, 0]> : tensor<2xi64>
// CHECK-NEXT: return
func.func @comparisons() -> (
    tensor<2xi1>, tensor<3xi1>, tensor<3xi1>, tensor<3xi1>, tensor<3xi1>, tensor<2xsi64>,
    tensor<2xsi64>, tensor<2xsi64>, tensor<2xsi64>, tensor<si64>, tensor<1xsi64>, tensor<3xi1>,
    tensor<2xsi32>, tensor<2xsi64>) {
  %c0 = onnx.constant(dense<[1, 2]> : tensor<2xsi64>) : tensor<2xsi64>
  %c1 = onnx.constant(dense<[1, 3]> : tensor<2xsi64>) : tensor<2xsi64>
  %c2 = onnx.constant(dense<[1, 2, 3]> : tensor<3xsi64>) : tensor<3xsi64>
  %c3 = onnx.constant(dense<2> : tensor<si64>) : tensor<si64>
  %c4 = onnx.constant(dense<[true, false]> : tensor<2xi1>) : tensor<2xi1>
  %c5 = onnx.constant(dense<[3, 4]> : tensor<2xsi64>) : tensor<2xsi64>
  %c6 = onnx.constant(dense<true> : tensor<i1>) : tensor<i1>
  %c7 = onnx.constant(dense<3> : tensor<si64>) : tensor<si64>
  %c8 = onnx.constant(dense<false> : tensor<i1>) : tensor<i1>
  %c9 = onnx.constant(dense<1> : tensor<si64>) : tensor<si64>
  %c10 = onnx.constant(dense<2> : tensor<1xsi64>) : tensor<1xsi64>
  %c11 = onnx.constant(dense<[0, 2, -1]> : tensor<3xsi64>) : tensor<3xsi64>
  %c12 = onnx.constant(dense<[5, -5]> : tensor<2xsi64>) : tensor<2xsi64>
  %0 = onnx.node "Equal"(%c0, %c1) {version = 18 : i64} : (tensor<2xsi64>, tensor<2xsi64>) -> tensor<2xi1>
  %1 = onnx.node "Less"(%c2, %c3) {version = 18 : i64} : (tensor<3xsi64>, tensor<si64>) -> tensor<3xi1>
  %2 = onnx.node "LessOrEqual"(%c2, %c3) {version = 18 : i64} : (tensor<3xsi64>, tensor<si64>) -> tensor<3xi1>
  %3 = onnx.node "Greater"(%c2, %c3) {version = 18 : i64} : (tensor<3xsi64>, tensor<si64>) -> tensor<3xi1>
  %4 = onnx.node "GreaterOrEqual"(%c2, %c3) {version = 18 : i64} : (tensor<3xsi64>, tensor<si64>) -> tensor<3xi1>
  %5 = onnx.node "Where"(%c4, %c0, %c5) {version = 18 : i64} : (tensor<2xi1>, tensor<2xsi64>, tensor<2xsi64>) -> tensor<2xsi64>
  %6 = onnx.node "Where"(%c6, %c0, %c7) {version = 18 : i64} : (tensor<i1>, tensor<2xsi64>, tensor<si64>) -> tensor<2xsi64>
  %7 = onnx.node "Where"(%c8, %c0, %c7) {version = 18 : i64} : (tensor<i1>, tensor<2xsi64>, tensor<si64>) -> tensor<2xsi64>
  %8 = onnx.node "Where"(%c4, %c9, %c3) {version = 18 : i64} : (tensor<2xi1>, tensor<si64>, tensor<si64>) -> tensor<2xsi64>
  %9 = onnx.node "Where"(%c6, %c9, %c3) {version = 18 : i64} : (tensor<i1>, tensor<si64>, tensor<si64>) -> tensor<si64>
  %10 = onnx.node "Where"(%c6, %c9, %c10) {version = 18 : i64} : (tensor<i1>, tensor<si64>, tensor<1xsi64>) -> tensor<1xsi64>
  %11 = onnx.node "Cast"(%c11) {version = 18 : i64, node_attributes = {to = 9 : i64}} : (tensor<3xsi64>) -> tensor<3xi1>
  %12 = onnx.node "Cast"(%c12) {version = 18 : i64, node_attributes = {to = 6 : i64}} : (tensor<2xsi64>) -> tensor<2xsi32>
  %13 = onnx.node "Cast"(%c4) {version = 18 : i64, node_attributes = {to = 7 : i64}} : (tensor<2xi1>) -> tensor<2xsi64>
  return %0, %1, %2, %3, %4, %5, %6, %7, %8, %9, %10, %11, %12, %13 : tensor<2xi1>, tensor<3xi1>, tensor<3xi1>, tensor<3xi1>, tensor<3xi1>, tensor<2xsi64>, tensor<2xsi64>, tensor<2xsi64>, tensor<2xsi64>, tensor<si64>, tensor<1xsi64>, tensor<3xi1>, tensor<2xsi32>, tensor<2xsi64>
}

// A vector to one element.
// CHECK-LABEL: func.func @reductions
// CHECK: arith.constant dense<24> : tensor<1xi64>
// CHECK: arith.constant dense<24> : tensor<i64>
// CHECK: arith.constant dense<9> : tensor<1xi64>
// CHECK: arith.constant dense<9> : tensor<i64>
// CHECK: arith.constant dense<4> : tensor<1xi64>
// CHECK: arith.constant dense<4> : tensor<i64>
// CHECK: arith.constant dense<2> : tensor<1xi64>
// CHECK: arith.constant dense<2> : tensor<i64>
// CHECK: arith.constant dense<24> : tensor<1xi64>
// CHECK: arith.constant dense<5> : tensor<1xi64>
// CHECK: arith.constant dense<5> : tensor<1xi64>
// CHECK: arith.constant dense<5> : tensor<1xi64>
// CHECK: arith.constant dense<1> : tensor<1xi64>
// CHECK: arith.constant dense<0> : tensor<1xi64>
// CHECK-NEXT: return
func.func @reductions() -> (
    tensor<1xsi64>, tensor<si64>, tensor<1xsi64>, tensor<si64>, tensor<1xsi64>, tensor<si64>,
    tensor<1xsi64>, tensor<si64>, tensor<1xsi64>, tensor<1xsi64>, tensor<1xsi64>, tensor<1xsi64>,
    tensor<1xsi64>, tensor<1xsi64>) {
  %e = onnx.constant(dense<> : tensor<0xsi64>) : tensor<0xsi64>
  %c0 = onnx.constant(dense<[2, 3, 4]> : tensor<3xsi64>) : tensor<3xsi64>
  %c1 = onnx.constant(dense<0> : tensor<1xsi64>) : tensor<1xsi64>
  %c2 = onnx.constant(dense<[2, 3]> : tensor<2xsi64>) : tensor<2xsi64>
  %c3 = onnx.constant(dense<-1> : tensor<1xsi64>) : tensor<1xsi64>
  %0 = onnx.node "ReduceProd"(%c0) {version = 18 : i64} : (tensor<3xsi64>) -> tensor<1xsi64>
  %1 = onnx.node "ReduceProd"(%c0, %c1) {version = 18 : i64, node_attributes = {keepdims = 0 : i64}} : (tensor<3xsi64>, tensor<1xsi64>) -> tensor<si64>
  %2 = onnx.node "ReduceSum"(%c0) {version = 18 : i64} : (tensor<3xsi64>) -> tensor<1xsi64>
  %3 = onnx.node "ReduceSum"(%c0, %c1) {version = 18 : i64, node_attributes = {keepdims = 0 : i64}} : (tensor<3xsi64>, tensor<1xsi64>) -> tensor<si64>
  %4 = onnx.node "ReduceMax"(%c0) {version = 18 : i64} : (tensor<3xsi64>) -> tensor<1xsi64>
  %5 = onnx.node "ReduceMax"(%c0, %c1) {version = 18 : i64, node_attributes = {keepdims = 0 : i64}} : (tensor<3xsi64>, tensor<1xsi64>) -> tensor<si64>
  %6 = onnx.node "ReduceMin"(%c0) {version = 18 : i64} : (tensor<3xsi64>) -> tensor<1xsi64>
  %7 = onnx.node "ReduceMin"(%c0, %c1) {version = 18 : i64, node_attributes = {keepdims = 0 : i64}} : (tensor<3xsi64>, tensor<1xsi64>) -> tensor<si64>
  %8 = onnx.node "ReduceProd"(%c0) {version = 17 : i64, node_attributes = {axes = array<i64: 0>}} : (tensor<3xsi64>) -> tensor<1xsi64>
  %9 = onnx.node "ReduceSum"(%c2) {version = 12 : i64, node_attributes = {axes = array<i64: 0>}} : (tensor<2xsi64>) -> tensor<1xsi64>
  %10 = onnx.node "ReduceSum"(%c2, %c3) {version = 13 : i64} : (tensor<2xsi64>, tensor<1xsi64>) -> tensor<1xsi64>
  %11 = onnx.node "ReduceSum"(%c2, %c1) {version = 18 : i64, node_attributes = {noop_with_empty_axes = 1 : i64}} : (tensor<2xsi64>, tensor<1xsi64>) -> tensor<1xsi64>
  %12 = onnx.node "ReduceProd"(%e) {version = 18 : i64} : (tensor<0xsi64>) -> tensor<1xsi64>
  %13 = onnx.node "ReduceSum"(%e) {version = 18 : i64} : (tensor<0xsi64>) -> tensor<1xsi64>
  return %0, %1, %2, %3, %4, %5, %6, %7, %8, %9, %10, %11, %12, %13 : tensor<1xsi64>, tensor<si64>, tensor<1xsi64>, tensor<si64>, tensor<1xsi64>, tensor<si64>, tensor<1xsi64>, tensor<si64>, tensor<1xsi64>, tensor<1xsi64>, tensor<1xsi64>, tensor<1xsi64>, tensor<1xsi64>, tensor<1xsi64>
}

// What holds for every size is a truth value; the rest is arithmetic.
// CHECK-LABEL: func.func @symbols
// CHECK: transformer.shape ["n + 1"] : tensor<1xi64>
// CHECK: transformer.shape ["-m + n"] : tensor<1xi64>
// CHECK: transformer.shape ["3 * n", "3 * m"] : tensor<2xi64>
// CHECK: transformer.shape ["n floordiv 2"] : tensor<1xi64>
// CHECK: transformer.shape ["n - 4 * (n floordiv 4)"] : tensor<1xi64>
// CHECK: transformer.shape ["n - 4 * (n floordiv 4)"] : tensor<1xi64>
// CHECK: transformer.shape ["-n"] : tensor<1xi64>
// CHECK: transformer.shape ["min(m, n)"] : tensor<1xi64>
// CHECK: transformer.shape ["max(m, n)"] : tensor<1xi64>
// CHECK: transformer.shape ["n"] : tensor<1xi64>
// CHECK: transformer.shape ["m"] : tensor<1xi64>
// CHECK: transformer.shape ["m"] : tensor<1xi64>
// CHECK: transformer.shape ["m + n"] : tensor<1xi64>
// CHECK: transformer.shape ["m * n"] : tensor<1xi64>
// CHECK: arith.constant dense<true> : tensor<1xi1>
// CHECK: arith.constant dense<false> : tensor<1xi1>
// CHECK: arith.constant dense<false> : tensor<1xi1>
// CHECK: arith.constant dense<false> : tensor<1xi1>
// CHECK: arith.constant dense<true> : tensor<1xi1>
// CHECK: arith.constant dense<false> : tensor<1xi1>
// CHECK: arith.constant dense<false> : tensor<1xi1>
// CHECK: arith.constant dense<true> : tensor<1xi1>
// CHECK: arith.constant dense<false> : tensor<1xi1>
// CHECK: arith.constant dense<true> : tensor<1xi1>
// CHECK: arith.constant dense<false> : tensor<1xi1>
// CHECK: arith.constant dense<true> : tensor<1xi1>
// CHECK: transformer.shape ["n"] : tensor<1xi32>
// CHECK-NEXT: return
func.func @symbols(%x: tensor<?x?xf32> {attune.dims = ["n", "m"]}) -> (
    tensor<1xsi64>, tensor<1xsi64>, tensor<2xsi64>, tensor<1xsi64>, tensor<1xsi64>, tensor<1xsi64>,
    tensor<1xsi64>, tensor<1xsi64>, tensor<1xsi64>, tensor<1xsi64>, tensor<1xsi64>, tensor<1xsi64>,
    tensor<1xsi64>, tensor<1xsi64>, tensor<1xi1>, tensor<1xi1>, tensor<1xi1>, tensor<1xi1>,
    tensor<1xi1>, tensor<1xi1>, tensor<1xi1>, tensor<1xi1>, tensor<1xi1>, tensor<1xi1>, tensor<1xi1>,
    tensor<1xi1>, tensor<1xsi32>) {
  %none = onnx.none : none
  %c0 = onnx.constant(dense<1> : tensor<1xsi64>) : tensor<1xsi64>
  %c1 = onnx.constant(dense<3> : tensor<1xsi64>) : tensor<1xsi64>
  %c2 = onnx.constant(dense<2> : tensor<1xsi64>) : tensor<1xsi64>
  %c3 = onnx.constant(dense<4> : tensor<1xsi64>) : tensor<1xsi64>
  %c4 = onnx.constant(dense<true> : tensor<1xi1>) : tensor<1xi1>
  %c5 = onnx.constant(dense<false> : tensor<1xi1>) : tensor<1xi1>
  %c6 = onnx.constant(dense<-1> : tensor<1xsi64>) : tensor<1xsi64>
  %c7 = onnx.constant(dense<0> : tensor<1xsi64>) : tensor<1xsi64>
  %v = onnx.node "Shape"(%x) {version = 18 : i64} : (tensor<?x?xf32>) -> tensor<2xsi64>
  %n = onnx.node "Shape"(%x) {version = 18 : i64, node_attributes = {start = 0 : i64, end = 1 : i64}} : (tensor<?x?xf32>) -> tensor<1xsi64>
  %m = onnx.node "Shape"(%x) {version = 18 : i64, node_attributes = {start = 1 : i64, end = 2 : i64}} : (tensor<?x?xf32>) -> tensor<1xsi64>
  %z = onnx.constant(dense<1> : tensor<1xsi64>) : tensor<1xsi64>
  %n1 = onnx.node "Add"(%n, %z) {version = 18 : i64} : (tensor<1xsi64>, tensor<1xsi64>) -> tensor<1xsi64>
  %0 = onnx.node "Add"(%n, %c0) {version = 18 : i64} : (tensor<1xsi64>, tensor<1xsi64>) -> tensor<1xsi64>
  %1 = onnx.node "Sub"(%n, %m) {version = 18 : i64} : (tensor<1xsi64>, tensor<1xsi64>) -> tensor<1xsi64>
  %2 = onnx.node "Mul"(%v, %c1) {version = 18 : i64} : (tensor<2xsi64>, tensor<1xsi64>) -> tensor<2xsi64>
  %3 = onnx.node "Div"(%n, %c2) {version = 18 : i64} : (tensor<1xsi64>, tensor<1xsi64>) -> tensor<1xsi64>
  %4 = onnx.node "Mod"(%n, %c3) {version = 18 : i64} : (tensor<1xsi64>, tensor<1xsi64>) -> tensor<1xsi64>
  %5 = onnx.node "Mod"(%n, %c3) {version = 18 : i64, node_attributes = {fmod = 1 : i64}} : (tensor<1xsi64>, tensor<1xsi64>) -> tensor<1xsi64>
  %6 = onnx.node "Neg"(%n) {version = 18 : i64} : (tensor<1xsi64>) -> tensor<1xsi64>
  %7 = onnx.node "Min"(%n, %m) {version = 18 : i64} : (tensor<1xsi64>, tensor<1xsi64>) -> tensor<1xsi64>
  %8 = onnx.node "Max"(%n, %m) {version = 18 : i64} : (tensor<1xsi64>, tensor<1xsi64>) -> tensor<1xsi64>
  %9 = onnx.node "Where"(%c4, %n, %m) {version = 18 : i64} : (tensor<1xi1>, tensor<1xsi64>, tensor<1xsi64>) -> tensor<1xsi64>
  %10 = onnx.node "Where"(%c5, %n, %m) {version = 18 : i64} : (tensor<1xi1>, tensor<1xsi64>, tensor<1xsi64>) -> tensor<1xsi64>
  %11 = onnx.node "Gather"(%v, %c0) {version = 18 : i64} : (tensor<2xsi64>, tensor<1xsi64>) -> tensor<1xsi64>
  %12 = onnx.node "ReduceSum"(%v, %none) {version = 18 : i64} : (tensor<2xsi64>, none) -> tensor<1xsi64>
  %13 = onnx.node "ReduceProd"(%v, %none) {version = 18 : i64} : (tensor<2xsi64>, none) -> tensor<1xsi64>
  %14 = onnx.node "Equal"(%n, %n) {version = 18 : i64} : (tensor<1xsi64>, tensor<1xsi64>) -> tensor<1xi1>
  %15 = onnx.node "Equal"(%n, %c6) {version = 18 : i64} : (tensor<1xsi64>, tensor<1xsi64>) -> tensor<1xi1>
  %16 = onnx.node "Equal"(%c6, %n) {version = 18 : i64} : (tensor<1xsi64>, tensor<1xsi64>) -> tensor<1xi1>
  %17 = onnx.node "Equal"(%n1, %c7) {version = 18 : i64} : (tensor<1xsi64>, tensor<1xsi64>) -> tensor<1xi1>
  %18 = onnx.node "Less"(%n, %n1) {version = 18 : i64} : (tensor<1xsi64>, tensor<1xsi64>) -> tensor<1xi1>
  %19 = onnx.node "Less"(%n, %n) {version = 18 : i64} : (tensor<1xsi64>, tensor<1xsi64>) -> tensor<1xi1>
  %20 = onnx.node "Less"(%n1, %n) {version = 18 : i64} : (tensor<1xsi64>, tensor<1xsi64>) -> tensor<1xi1>
  %21 = onnx.node "LessOrEqual"(%n, %n) {version = 18 : i64} : (tensor<1xsi64>, tensor<1xsi64>) -> tensor<1xi1>
  %22 = onnx.node "LessOrEqual"(%n1, %n) {version = 18 : i64} : (tensor<1xsi64>, tensor<1xsi64>) -> tensor<1xi1>
  %23 = onnx.node "Greater"(%n1, %n) {version = 18 : i64} : (tensor<1xsi64>, tensor<1xsi64>) -> tensor<1xi1>
  %24 = onnx.node "GreaterOrEqual"(%n, %n1) {version = 18 : i64} : (tensor<1xsi64>, tensor<1xsi64>) -> tensor<1xi1>
  %25 = onnx.node "Cast"(%n1) {version = 18 : i64, node_attributes = {to = 9 : i64}} : (tensor<1xsi64>) -> tensor<1xi1>
  %26 = onnx.node "Cast"(%n) {version = 18 : i64, node_attributes = {to = 6 : i64}} : (tensor<1xsi64>) -> tensor<1xsi32>
  return %0, %1, %2, %3, %4, %5, %6, %7, %8, %9, %10, %11, %12, %13, %14, %15, %16, %17, %18, %19, %20, %21, %22, %23, %24, %25, %26 : tensor<1xsi64>, tensor<1xsi64>, tensor<2xsi64>, tensor<1xsi64>, tensor<1xsi64>, tensor<1xsi64>, tensor<1xsi64>, tensor<1xsi64>, tensor<1xsi64>, tensor<1xsi64>, tensor<1xsi64>, tensor<1xsi64>, tensor<1xsi64>, tensor<1xsi64>, tensor<1xi1>, tensor<1xi1>, tensor<1xi1>, tensor<1xi1>, tensor<1xi1>, tensor<1xi1>, tensor<1xi1>, tensor<1xi1>, tensor<1xi1>, tensor<1xi1>, tensor<1xi1>, tensor<1xi1>, tensor<1xsi32>
}
