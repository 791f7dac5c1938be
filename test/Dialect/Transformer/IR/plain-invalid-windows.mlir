// RUN: attune-opt %s --split-input-file --verify-diagnostics

func.func @loops(%x: tensor<3x20xf32>) {
  // expected-error @below {{(windows.C1) the map does not index the input}}
  %0 = transformer.windows %x dims [3, 5] map affine_map<(c, t, k) -> (c, t)> : tensor<3x20xf32> -> tensor<3x5xf32>
  return
}

// -----

func.func @rank(%x: tensor<3x20xf32>) {
  // expected-error @below {{(windows.C1) the map does not index the input}}
  %0 = transformer.windows %x dims [5] map affine_map<(t) -> (t)> : tensor<3x20xf32> -> tensor<5xf32>
  return
}

// -----

func.func @symbols(%x: tensor<20xf32>) {
  // expected-error @below {{(windows.C1) the map does not index the input}}
  %0 = transformer.windows %x dims [5] map affine_map<(t)[s] -> (t)> : tensor<20xf32> -> tensor<5xf32>
  return
}

// -----

func.func @shape(%x: tensor<20xf32>) {
  // expected-error @below {{(windows.C2) dims and the input's elements do not give the result's type}}
  %0 = transformer.windows %x dims [5] map affine_map<(t) -> (t)> : tensor<20xf32> -> tensor<6xf32>
  return
}

// -----

func.func @element(%x: tensor<20xf32>) {
  // expected-error @below {{(windows.C2) dims and the input's elements do not give the result's type}}
  %0 = transformer.windows %x dims [5] map affine_map<(t) -> (t)> : tensor<20xf32> -> tensor<5xf64>
  return
}

// -----

func.func @low(%x: tensor<3x20xf32>) {
  // expected-error @below {{(windows.C3) low has not one extent per dimension of the input}}
  %0 = transformer.windows %x dims [3, 5] map affine_map<(c, t) -> (c, t)> low [1] : tensor<3x20xf32> -> tensor<3x5xf32>
  return
}

// -----

func.func @negative(%x: tensor<20xf32>) {
  // expected-error @below {{(dims.C1) an extent is -1}}
  %0 = transformer.windows %x dims [5] map affine_map<(t) -> (t)> low [-1] : tensor<20xf32> -> tensor<5xf32>
  return
}

// -----

func.func @backwards(%x: tensor<20xf32>) {
  // expected-error @below {{(windows.C4) a position is no sum of loops with positive factors}}
  %0 = transformer.windows %x dims [5, 2] map affine_map<(t, k) -> (t - k)> low [1] : tensor<20xf32> -> tensor<5x2xf32>
  return
}

// -----

func.func @constant(%x: tensor<20xf32>) {
  // expected-error @below {{(windows.C4) a position is no sum of loops with positive factors}}
  %0 = transformer.windows %x dims [5] map affine_map<(t) -> (t + 1)> : tensor<20xf32> -> tensor<5xf32>
  return
}

// -----

func.func @division(%x: tensor<20xf32>) {
  // expected-error @below {{(windows.C4) a position is no sum of loops with positive factors}}
  %0 = transformer.windows %x dims [5] map affine_map<(t) -> (t floordiv 2)> : tensor<20xf32> -> tensor<5xf32>
  return
}

// -----

func.func @overflow(%x: tensor<20xf32>) {
  // expected-error @below {{(windows.C4) a position is no sum of loops with positive factors}}
  %0 = transformer.windows %x dims [5, 2] map affine_map<(t, k) -> ((t * 4611686018427387904 + k) * 4)> low [0]
      : tensor<20xf32> -> tensor<5x2xf32>
  return
}

// -----

func.func @outside(%x: tensor<20xf32>) {
  // expected-error @below {{(windows.C5) position 20 is outside an extent of 20}}
  %0 = transformer.windows %x dims [9, 5] map affine_map<(t, k) -> (t * 2 + k)> : tensor<20xf32> -> tensor<9x5xf32>
  return
}

// -----

func.func @depth() {
  // expected-error @+1 {{(weight.C2) not a recipe step for 'tensor<8x4xf32>': #transformer.panels<4, depth = 2>}}
  %0 = transformer.weight <file = "w", offset = 0, bytes = 128, hash = "0", source = tensor<8x4xf32>, recipe = [#transformer.panels<4, depth = 2>]> : tensor<1x8x4xf32>
  return
}

// -----

func.func @no_depth() {
  // expected-error @+1 {{(weight.C2) not a recipe step for 'tensor<8x4xf32>': #transformer.panels<4, depth = 0>}}
  %0 = transformer.weight <file = "w", offset = 0, bytes = 128, hash = "0", source = tensor<8x4xf32>, recipe = [#transformer.panels<4, depth = 0>]> : tensor<8x1x4xf32>
  return
}
