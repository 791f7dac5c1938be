// Every refusal names the node: unsupported operators, shapes that depend on data, malformed nodes.
// RUN: attune-opt %s -split-input-file -verify-diagnostics -convert-onnx-to-graph

func.func @operators(%x: tensor<?xf32>) -> tensor<?xf32> {
  // expected-error@+1 {{operator 'Foo' (ai.onnx, opset 18) is not supported}}
  %0 = onnx.node "Foo"(%x) {version = 18 : i64} : (tensor<?xf32>) -> tensor<?xf32>
  %1 = onnx.node "Foo"(%0) {version = 18 : i64} : (tensor<?xf32>) -> tensor<?xf32>
  // expected-note@+1 {{operator 'Relu' (com.example, opset 1) is not supported}}
  %2 = onnx.node "Relu"(%1) {domain = "com.example", version = 1 : i64} : (tensor<?xf32>) -> tensor<?xf32>
  // expected-note@+1 {{operator 'Add' (ai.onnx, opset 6) is not supported}}
  %3 = onnx.node "Add"(%2, %1) {version = 6 : i64} : (tensor<?xf32>, tensor<?xf32>) -> tensor<?xf32>
  return %3 : tensor<?xf32>
}

// -----

func.func @data_dependent(%x: tensor<?xf32>, %s: tensor<2xsi64>) -> tensor<?x?xf32> {
  // expected-error@+1 {{Reshape 'Reshape': its shape depends on input data}}
  %0 = onnx.node "Reshape"(%x, %s) {version = 18 : i64} : (tensor<?xf32>, tensor<2xsi64>) -> tensor<?x?xf32>
  return %0 : tensor<?x?xf32>
}

// -----

func.func @broadcast(%x: tensor<3x4xf32>, %y: tensor<5xf32>) -> tensor<3x4xf32> {
  // expected-error@+1 {{Add 'Add': shapes [3, 4] and [5] do not broadcast}}
  %0 = onnx.node "Add"(%x, %y) {version = 18 : i64} : (tensor<3x4xf32>, tensor<5xf32>) -> tensor<3x4xf32>
  return %0 : tensor<3x4xf32>
}

// -----

func.func @types(%x: tensor<4xf32>, %y: tensor<4xsi64>) -> tensor<4xf32> {
  // expected-error@+1 {{its inputs' element types are not those the operator takes}}
  %0 = onnx.node "Mul"(%x, %y) {version = 18 : i64} : (tensor<4xf32>, tensor<4xsi64>) -> tensor<4xf32>
  return %0 : tensor<4xf32>
}

// -----

func.func @count(%x: tensor<4xf32>) -> tensor<4xf32> {
  // expected-error@+1 {{MatMul 'MatMul': it has 1 inputs and 1 outputs}}
  %0 = onnx.node "MatMul"(%x) {version = 18 : i64} : (tensor<4xf32>) -> tensor<4xf32>
  return %0 : tensor<4xf32>
}

// -----

func.func @absent(%x: tensor<4xf32>) -> tensor<4xf32> {
  %none = onnx.none : none
  // expected-error@+1 {{input 1 is missing}}
  %0 = onnx.node "Add"(%x, %none) {version = 18 : i64} : (tensor<4xf32>, none) -> tensor<4xf32>
  return %0 : tensor<4xf32>
}

// -----

func.func @result_type(%x: tensor<4xf32>) -> tensor<4xsi32> {
  // expected-error@+1 {{output 0 has another element type than its inputs give}}
  %0 = onnx.node "Neg"(%x) {version = 18 : i64} : (tensor<4xf32>) -> tensor<4xsi32>
  return %0 : tensor<4xsi32>
}

// -----

func.func @sum(%x: tensor<4x8xf32>, %y: tensor<6x8xf32>) -> tensor<4x8xf32> {
  // expected-error@+1 {{an extent is 8 where 6 is needed}}
  %0 = onnx.node "MatMul"(%x, %y) {version = 18 : i64} : (tensor<4x8xf32>, tensor<6x8xf32>) -> tensor<4x8xf32>
  return %0 : tensor<4x8xf32>
}

// -----

func.func @axis(%x: tensor<4xf32>) -> tensor<4xf32> {
  // expected-error@+1 {{axis 1 is out of range for rank 1}}
  %0 = onnx.node "Softmax"(%x) {version = 18 : i64, node_attributes = {axis = 1 : i64}} : (tensor<4xf32>) -> tensor<4xf32>
  return %0 : tensor<4xf32>
}

// -----

func.func @negative() -> tensor<?xf32> {
  %s = onnx.constant(dense<-3> : tensor<1xsi64>) : tensor<1xsi64>
  // expected-error@+1 {{an extent of its result is negative: -3}}
  %0 = onnx.node "ConstantOfShape"(%s) {version = 18 : i64} : (tensor<1xsi64>) -> tensor<?xf32>
  return %0 : tensor<?xf32>
}

// -----

func.func @huge() -> tensor<?x?xf32> {
  %s = onnx.constant(dense<4611686018427387904> : tensor<2xsi64>) : tensor<2xsi64>
  // expected-error@+1 {{its result has too many elements}}
  %0 = onnx.node "ConstantOfShape"(%s) {version = 18 : i64} : (tensor<2xsi64>) -> tensor<?x?xf32>
  return %0 : tensor<?x?xf32>
}

// -----

func.func @squeeze(%x: tensor<?xf32> {attune.dims = ["n"]}) -> tensor<*xf32> {
  // expected-error@+1 {{without axes, its rank depends on whether n is 1}}
  %0 = onnx.node "Squeeze"(%x) {version = 18 : i64} : (tensor<?xf32>) -> tensor<*xf32>
  return %0 : tensor<*xf32>
}

// -----

func.func @subgraph(%x: tensor<4xf32>) -> tensor<4xf32> {
  // expected-error@+1 {{Relu 'Relu': it has a subgraph}}
  %0 = onnx.node "Relu"(%x) {version = 18 : i64} : (tensor<4xf32>) -> tensor<4xf32> {
    onnx.yield
  }
  return %0 : tensor<4xf32>
}

// -----

// expected-error@+1 {{input 'x' has no known rank}}
func.func @rank(%x: tensor<*xf32> {attune.name = "x"}) -> tensor<*xf32> {
  %0 = onnx.node "Neg"(%x) {version = 18 : i64} : (tensor<*xf32>) -> tensor<*xf32>
  return %0 : tensor<*xf32>
}

// -----

// expected-error@+1 {{input 'x' has dims of another rank than its type}}
func.func @dims(%x: tensor<?xf32> {attune.name = "x", attune.dims = ["a", "b"]}) -> tensor<?xf32> {
  %0 = onnx.node "Neg"(%x) {version = 18 : i64} : (tensor<?xf32>) -> tensor<?xf32>
  return %0 : tensor<?xf32>
}

// -----

func.func @form(%x: tensor<4xf32>) -> tensor<4xf32> {
  %0 = onnx.node "Neg"(%x) {version = 18 : i64} : (tensor<4xf32>) -> tensor<4xf32>
  // expected-error@+1 {{'arith.negf' is not in ONNX form}}
  %1 = arith.negf %0 : tensor<4xf32>
  return %1 : tensor<4xf32>
}
