// RUN: attune-opt %s --split-input-file --verify-diagnostics --verify-graph-form="operators=Gather"

func.func @operator(%x: tensor<4xf32>) -> tensor<4xf32> {
  // expected-error @below {{the operator Frobnicate is not supported}}
  %0 = onnx.node "Frobnicate"(%x) {dims = [[4]]} : (tensor<4xf32>) -> tensor<4xf32>
  return %0 : tensor<4xf32>
}

// -----

func.func @domain(%x: tensor<4xf32>, %i: tensor<i64>) -> tensor<f32> {
  // expected-error @below {{the operator com.example.Gather is not supported}}
  %0 = onnx.node "Gather"(%x, %i) {domain = "com.example", dims = [[]]} : (tensor<4xf32>, tensor<i64>) -> tensor<f32>
  return %0 : tensor<f32>
}

// -----

func.func @foreign(%x: tensor<4xf32>) -> tensor<4xf32> {
  // expected-error @below {{graph form: what remains is arith.addf}}
  %0 = arith.addf %x, %x : tensor<4xf32>
  return %0 : tensor<4xf32>
}

// -----

func.func @onnx_constant() -> tensor<1xf32> {
  // expected-error @below {{graph form: what remains is onnx.constant}}
  %0 = onnx.constant (dense<1.0> : tensor<1xf32>) : tensor<1xf32>
  return %0 : tensor<1xf32>
}

// -----

func.func @scalar_constant() {
  // expected-error @below {{graph form: a value has no known rank}}
  %0 = arith.constant 1.0 : f32
  return
}

// -----

func.func @scalar_op() {
  // expected-error @below {{graph form: a scalar stands outside a region: transformer.index}}
  %0 = transformer.index 0
  return
}

// -----

// expected-error @below {{graph form: the type of a value still has a sign}}
func.func @sign(%x: tensor<4xsi64>) {
  return
}

// -----

func.func @rank(%x: tensor<4xf32>, %i: tensor<?xi64> {attune.dims = ["n"]}) {
  // expected-error @below {{graph form: a value has no known rank}}
  %0 = onnx.node "Gather"(%x, %i) : (tensor<4xf32>, tensor<?xi64>) -> tensor<*xf32>
  return
}

// -----

// expected-error @below {{graph form: the shape of a value is not known in symbols}}
func.func @argument(%x: tensor<?xf32>) {
  return
}

// -----

func.func @unknown_shape(%x: tensor<4xf32>, %i: tensor<?xi64> {attune.dims = ["n"]}) {
  // expected-error @below {{graph form: the shape of a value is not known in symbols}}
  %0 = onnx.node "Gather"(%x, %i) : (tensor<4xf32>, tensor<?xi64>) -> tensor<?xf32>
  return
}

// -----

func.func @other_rank(%x: tensor<4xf32>, %i: tensor<?xi64> {attune.dims = ["n"]}) {
  // expected-error @below {{graph form: a value's symbolic shape has another rank than its type}}
  %0 = onnx.node "Gather"(%x, %i) {dims = [["n", 1]]} : (tensor<4xf32>, tensor<?xi64>) -> tensor<?xf32>
  return
}

// -----

func.func @other_extent(%x: tensor<4xf32>, %i: tensor<?xi64> {attune.dims = ["n"]}) {
  // expected-error @below {{graph form: a value's symbolic shape does not agree with its type}}
  %0 = onnx.node "Gather"(%x, %i) {dims = [[5]]} : (tensor<4xf32>, tensor<?xi64>) -> tensor<?xf32>
  return
}

// -----

// expected-error @below {{graph form: a dimension is stated as "n +", which is no expression}}
func.func @no_expression(%x: tensor<?xf32> {attune.dims = ["n +"]}) {
  return
}

// -----

func.func @region(%x: tensor<4xf32>) -> tensor<4xf32> {
  %0 = transformer.map (%x : tensor<4xf32>) dims [4] maps [affine_map<(d0) -> (d0)>] {
  ^bb0(%e: f32):
    // expected-error @below {{graph form: a scalar region holds func.call}}
    %r = func.call @f(%e) : (f32) -> f32
    transformer.yield %r : f32
  } -> tensor<4xf32>
  return %0 : tensor<4xf32>
}
func.func @f(%x: f32) -> f32 {
  return %x : f32
}

// -----

// expected-error @below {{graph form: a function is not one block}}
func.func private @declaration(tensor<4xf32>)

// -----

func.func @main() {
  return
}
// expected-error @below {{graph form: the module holds builtin.module}}
module @inner {
}
