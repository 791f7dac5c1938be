// RUN: attune-opt %s --split-input-file --verify-diagnostics --verify-graph-form="operators=Gather"

// What may remain: a known operator, constants, absent values, scalars inside a region.
func.func @accepted(%x: tensor<4x?xf32> {attune.dims = [4, "n"]}, %i: tensor<i64>) -> tensor<4x?xf32> {
  %none = onnx.none : none
  %one = arith.constant dense<1.0> : tensor<1xf32>
  %0 = onnx.node "Gather"(%x, %i) {dims = [["n"]]} : (tensor<4x?xf32>, tensor<i64>) -> tensor<?xf32>
  %1 = transformer.map (%x, %one : tensor<4x?xf32>, tensor<1xf32>) dims [4, "n"] maps [affine_map<(a, b) -> (a, b)>, affine_map<(a, b) -> (0)>] {
  ^bb0(%e: f32, %f: f32):
    %l = transformer.index 1
    %j = arith.index_cast %l : index to i64
    %k = arith.sitofp %j : i64 to f32
    %g = transformer.activation <gelu> %e : f32
    %h = math.exp %g : f32
    %m = arith.addf %h, %f : f32
    %r = arith.addf %m, %k : f32
    transformer.yield %r : f32
  } -> tensor<4x?xf32>
  return %1 : tensor<4x?xf32>
}

// -----

// expected-error @below {{graph form: the type of a value still has a sign}}
func.func @unsigned(%x: tensor<4xui8>) {
  return
}

// -----

// expected-error @below {{graph form: a value has no known rank}}
func.func @second_argument(%x: tensor<4xf32>, %y: tensor<*xf32>) {
  return
}

// -----

func.func @second_result(%x: tensor<4xf32>, %i: tensor<i64>) {
  // expected-error @below {{graph form: a value has no known rank}}
  %0:2 = onnx.node "Gather"(%x, %i) {dims = [[], []]} : (tensor<4xf32>, tensor<i64>) -> (tensor<f32>, tensor<*xf32>)
  return
}

// -----

// expected-error @below {{graph form: a value's symbolic shape does not agree with its type}}
func.func @symbol_of_static(%x: tensor<4xf32> {attune.dims = ["n"]}) {
  return
}

// -----

// expected-error @below {{graph form: a value's symbolic shape does not agree with its type}}
func.func @number_of_dynamic(%x: tensor<4x?xf32> {attune.dims = [4, 5]}) {
  return
}

// -----

// expected-error @below {{graph form: a dimension is stated as "$loop0", which is no expression}}
func.func @reserved(%x: tensor<?xf32> {attune.dims = ["$loop0"]}) {
  return
}

// -----

func.func @nested(%x: tensor<4xf32>) -> tensor<4xf32> {
  %0 = transformer.map (%x : tensor<4xf32>) dims [4] maps [affine_map<(d0) -> (d0)>] {
  ^bb0(%e: f32):
    %c = arith.constant true
    // expected-error @below {{graph form: a scalar region holds scf.if}}
    %r = scf.if %c -> f32 {
      scf.yield %e : f32
    } else {
      scf.yield %e : f32
    }
    transformer.yield %r : f32
  } -> tensor<4xf32>
  return %0 : tensor<4xf32>
}

// -----

func.func @activation(%x: f32) {
  return
}
// expected-error @-3 {{graph form: a value has no known rank}}

// -----

// expected-error @below {{graph form: a function is not one block}}
func.func @two_blocks() {
  cf.br ^bb1
^bb1:
  return
}

// -----

func.func @no_return() {
  // expected-error @below {{graph form: a function does not end in a return}}
  llvm.unreachable
}

// -----

func.func @second(%x: tensor<4xf32>) {
  return
}
func.func @third(%x: tensor<4xf32>) {
  // expected-error @below {{graph form: what remains is tensor.empty}}
  %0 = tensor.empty() : tensor<4xf32>
  return
}
