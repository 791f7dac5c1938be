// RUN: attune-opt %s --split-input-file --verify-diagnostics

func.func @short() {
  // expected-error @+1 {{(weight.C2) not a recipe step for 'tensor<2x4xf32>': #transformer.permute<0>}}
  %0 = transformer.weight <file = "w", offset = 0, bytes = 32, hash = "0", source = tensor<2x4xf32>, recipe = [#transformer.permute<0>]> : tensor<2x4xf32>
  return
}

// -----

func.func @twice() {
  // expected-error @+1 {{(weight.C2) not a recipe step for 'tensor<2x4xf32>': #transformer.permute<0, 0>}}
  %0 = transformer.weight <file = "w", offset = 0, bytes = 32, hash = "0", source = tensor<2x4xf32>, recipe = [#transformer.permute<0, 0>]> : tensor<2x4xf32>
  return
}

// -----

func.func @second() {
  // expected-error @+1 {{(weight.C2) not a recipe step for 'tensor<2x4xf32>': #transformer.permute<1, 2>}}
  %0 = transformer.weight <file = "w", offset = 0, bytes = 32, hash = "0", source = tensor<2x4xf32>, recipe = [#transformer.permute<1, 0>, #transformer.permute<1, 2>]> : tensor<2x4xf32>
  return
}

// -----

func.func @index() {
  // expected-error @+1 {{(weight.C3) a weight's source is a static tensor of numbers}}
  %0 = transformer.weight <file = "w", offset = 0, bytes = 32, hash = "0", source = tensor<2x4xindex>> : tensor<2x4xindex>
  return
}

// -----

func.func @order() {
  // expected-error @+1 {{(weight.C1) the recipe gives 'tensor<4x2x3xf32>', not the result's type}}
  %0 = transformer.weight <file = "w", offset = 0, bytes = 32, hash = "0", source = tensor<2x3x4xf32>, recipe = [#transformer.permute<2, 0, 1>]> : tensor<3x4x2xf32>
  return
}

// -----

// Complex numbers are numbers, and may be moved.
func.func @complex() {
  %0 = transformer.weight <file = "w", offset = 0, bytes = 64, hash = "0", source = tensor<2x4xcomplex<f32>>, recipe = [#transformer.permute<1, 0>]> : tensor<4x2xcomplex<f32>>
  return
}

// -----

// expected-error @below {{expected '('}}
func.func private @mask() attributes {mask = #transformer.mask<padding>}

// -----

// expected-error @below {{expected 'keys'}}
func.func private @mask() attributes {mask = #transformer.mask<padding(values)>}

// -----

// expected-error @below {{expected 'offset'}}
func.func private @mask() attributes {mask = #transformer.mask<causal(shift = "1")>}

// -----

// expected-error @below {{not a symbolic expression: 'kv -'}}
func.func private @mask() attributes {mask = #transformer.mask<causal(offset = "kv -")>}

// -----

// expected-error @below {{a window has left; without it the mask is causal}}
func.func private @mask() attributes {mask = #transformer.mask<window(right = "4")>}

// -----

// expected-error @below {{expected left, right, causal, offset or positions}}
func.func private @mask() attributes {mask = #transformer.mask<window(left = "4", below = "2")>}

// -----

// expected-error @below {{the mask's bounds overflow 64 bits}}
func.func private @mask() attributes {mask = #transformer.mask<window(left = "9223372036854775807", right = "0", offset = "-2")>}

// -----

// expected-error @below {{expected valid keyword}}
func.func private @mask() attributes {mask = #transformer.mask<causal and>}

// -----

// expected-error @below {{expected '>'}}
func.func private @mask() attributes {mask = #transformer.mask<none and causal>}
