// RUN: attune-opt %s --split-input-file --verify-diagnostics

func.func @dims_c1(%x: tensor<4xf32>) {
  // expected-error @below {{(dims.C1) an extent is -4}}
  %0 = transformer.softmax %x axis 0 dims [-4] : tensor<4xf32>
  return
}

// -----

func.func @dims_c1_kind(%x: tensor<?xf32>) {
  // expected-error @below {{(dims.C1) an extent is}}
  %0 = transformer.softmax %x axis 0 dims [4.0] : tensor<?xf32>
  return
}

// -----

func.func @indexed_c1(%x: tensor<4xf32>) {
  // expected-error @below {{(indexed.C1) expects one map per operand}}
  %0 = transformer.map (%x : tensor<4xf32>) dims [4] maps [] {
  ^bb0(%e: f32):
    transformer.yield %e : f32
  } -> tensor<4xf32>
  return
}

// -----

func.func @indexed_c2(%x: tensor<4x4xf32>) {
  // expected-error @below {{(indexed.C2) map 0 does not index its tensor}}
  %0 = transformer.map (%x : tensor<4x4xf32>) dims [4, 4] maps [affine_map<(d0, d1) -> (d0, d0)>] {
  ^bb0(%e: f32):
    transformer.yield %e : f32
  } -> tensor<4x4xf32>
  return
}

// -----

func.func @indexed_c2_rank(%x: tensor<4x4xf32>) {
  // expected-error @below {{(indexed.C2) map 0 does not index its tensor}}
  %0 = transformer.map (%x : tensor<4x4xf32>) dims [4, 4] maps [affine_map<(d0, d1) -> (d0)>] {
  ^bb0(%e: f32):
    transformer.yield %e : f32
  } -> tensor<4x4xf32>
  return
}

// -----

func.func @indexed_c3(%x: tensor<5xf32>) {
  // expected-error @below {{(indexed.C3) the shape of an operand, 'tensor<5xf32>', is not what dims and its map give, 'tensor<4xf32>'}}
  %0 = transformer.map (%x : tensor<5xf32>) dims [4] maps [affine_map<(d0) -> (d0)>] {
  ^bb0(%e: f32):
    transformer.yield %e : f32
  } -> tensor<4xf32>
  return
}

// -----

func.func @indexed_c4(%x: tensor<4xf32>) {
  // expected-error @below {{(indexed.C4) the region's arguments are not its operands' elements}}
  %0 = transformer.map (%x : tensor<4xf32>) dims [4] maps [affine_map<(d0) -> (d0)>] {
  ^bb0(%e: f64):
    %r = arith.truncf %e : f64 to f32
    transformer.yield %r : f32
  } -> tensor<4xf32>
  return
}

// -----

func.func @indexed_c4_yield(%x: tensor<4xf32>) {
  // expected-error @below {{(indexed.C4) the region yields one element of the result}}
  %0 = transformer.map (%x : tensor<4xf32>) dims [4] maps [affine_map<(d0) -> (d0)>] {
  ^bb0(%e: f32):
    transformer.yield %e, %e : f32, f32
  } -> tensor<4xf32>
  return
}

// -----

func.func @indexed_c5() {
  %0 = transformer.map () dims [4] maps [] {
    // expected-error @below {{(indexed.C5) there is no loop 1}}
    %i = transformer.index 1
    transformer.yield %i : index
  } -> tensor<4xindex>
  return
}

// -----

func.func @reduce_c1(%x: tensor<2x3x4xf32>) {
  // expected-error @below {{(reduce.C1) out_map does not list loops in increasing order}}
  %y = transformer.reduce <sum> (%x : tensor<2x3x4xf32>) dims [2, 3, 4]
      maps [affine_map<(a, b, c) -> (a, b, c)>] to affine_map<(a, b, c) -> (b, a)> {
  ^bb0(%e: f32):
    transformer.yield %e : f32
  } -> tensor<3x2xf32>
  return
}

// -----

func.func @contract_c1(%x: tensor<2x4xf32>, %w: tensor<4x3xf32>, %b: tensor<4xf32>) {
  // expected-error @below {{(contract.C1) an extra operand is indexed by a summed loop}}
  %y = transformer.contract (%x, %w : tensor<2x4xf32>, tensor<4x3xf32>) extra (%b : tensor<4xf32>) dims [2, 3, 4]
      maps [affine_map<(m, n, k) -> (m, k)>, affine_map<(m, n, k) -> (k, n)>, affine_map<(m, n, k) -> (k)>]
      to affine_map<(m, n, k) -> (m, n)> {
  ^bb0(%acc: f32, %e: f32):
    transformer.yield %acc : f32
  } -> tensor<2x3xf32>
  return
}

// -----

func.func @softmax_c1(%x: tensor<4xf32>) {
  // expected-error @below {{(softmax.C1) axis is out of range}}
  %0 = transformer.softmax %x axis 1 dims [4] : tensor<4xf32>
  return
}

// -----

func.func @softmax_c2(%x: tensor<4xf32>) {
  // expected-error @below {{(softmax.C2) dims does not match the type}}
  %0 = transformer.softmax %x axis 0 dims ["n"] : tensor<4xf32>
  return
}

// -----

func.func @reshape_c1(%x: tensor<4xf32>) {
  // expected-error @below {{(reshape.C1) dims does not match the result's type}}
  %0 = transformer.reshape %x dims [2, 3] : tensor<4xf32> -> tensor<2x2xf32>
  return
}

// -----

func.func @reshape_c2(%x: tensor<4xf32>) {
  // expected-error @below {{(reshape.C2) the element type changes}}
  %0 = transformer.reshape %x dims [2, 2] : tensor<4xf32> -> tensor<2x2xi32>
  return
}

// -----

func.func @reshape_c3(%x: tensor<4xf32>) {
  // expected-error @below {{(reshape.C3) the number of elements changes}}
  %0 = transformer.reshape %x dims [2, 3] : tensor<4xf32> -> tensor<2x3xf32>
  return
}

// -----

func.func @weight_c1() {
  // expected-error @below {{(weight.C1) the recipe gives 'tensor<2x4xf32>', not the result's type}}
  %0 = transformer.weight <file = "w", offset = 0, bytes = 32, hash = "0", source = tensor<2x4xf32>> : tensor<4x2xf32>
  return
}

// -----

func.func @weight_c2() {
  // expected-error @+1 {{(weight.C2) not a recipe step for 'tensor<2x4xf32>': #transformer.permute<0, 5>}}
  %0 = transformer.weight <file = "w", offset = 0, bytes = 32, hash = "0", source = tensor<2x4xf32>, recipe = [#transformer.permute<0, 5>]> : tensor<2x4xf32>
  return
}

// -----

func.func @weight_c2_step() {
  // expected-error @+1 {{(weight.C2) not a recipe step for 'tensor<2x4xf32>': 7 : i64}}
  %0 = transformer.weight <file = "w", offset = 0, bytes = 32, hash = "0", source = tensor<2x4xf32>, recipe = [7 : i64]> : tensor<2x4xf32>
  return
}

// -----

func.func @shape_c1() {
  // expected-error @below {{(shape.C1) needs one expression per element of an integer tensor}}
  %0 = transformer.shape ["n"] : tensor<2xi64>
  return
}

// -----

func.func @weight_c2_integers() {
  // expected-error @+1 {{(weight.C2) not a recipe step for 'tensor<2x4xi32>': #transformer.scale<2.000000e+00 : f64>}}
  %0 = transformer.weight <file = "w", offset = 0, bytes = 32, hash = "0", source = tensor<2x4xi32>, recipe = [#transformer.scale<2.0 : f64>]> : tensor<2x4xi32>
  return
}

// -----

func.func @weight_c2_elsewhere() {
  // expected-error @+1 {{(weight.C2) not a recipe step for 'tensor<2x4xf32>': #transformer.permute<0, 5>}}
  %0 = exec.constant (#transformer.weight<file = "w", offset = 0, bytes = 32, hash = "0", source = tensor<2x4xf32>, recipe = [#transformer.permute<0, 5>]>) : tensor<2x4xf32>
  return
}

// -----

func.func @weight_c3() {
  // expected-error @+1 {{(weight.C3) a weight's source is a static tensor of numbers}}
  %0 = transformer.weight <file = "w", offset = 0, bytes = 32, hash = "0", source = tensor<2x?xf32>> : tensor<2x4xf32>
  return
}

// -----

func.func @softmax_c3(%x: tensor<2x4xi32>) {
  // expected-error @below {{(softmax.C3) needs floating-point elements}}
  %0 = transformer.softmax %x axis 1 dims [2, 4] : tensor<2x4xi32>
  return
}

// -----

func.func @contract_c2(%x: tensor<2x4xi32>, %w: tensor<4x3xf32>) {
  // expected-error @below {{(contract.C2) the factors and the sum are not of one kind of number}}
  %0 = transformer.contract (%x, %w : tensor<2x4xi32>, tensor<4x3xf32>) dims [2, 3, 4]
      maps [affine_map<(m, n, k) -> (m, k)>, affine_map<(m, n, k) -> (k, n)>]
      to affine_map<(m, n, k) -> (m, n)> {
  ^bb0(%acc: f32):
    transformer.yield %acc : f32
  } -> tensor<2x3xf32>
  return
}

// -----

func.func @reduce_c2(%x: tensor<2x4xindex>) {
  // expected-error @below {{(reduce.C2) cannot reduce elements of type 'index'}}
  %0 = transformer.reduce <sum> (%x : tensor<2x4xindex>) dims [2, 4]
      maps [affine_map<(m, n) -> (m, n)>] to affine_map<(m, n) -> (m)> {
  ^bb0(%xe: index):
    transformer.yield %xe : index
  } -> tensor<2xindex>
  return
}

// -----

func.func @weight_c2_panels() {
  // expected-error @+1 {{(weight.C2) not a recipe step for 'tensor<8xf32>': #transformer.panels<4>}}
  %0 = transformer.weight <file = "w", offset = 0, bytes = 32, hash = "0", source = tensor<8xf32>, recipe = [#transformer.panels<4>]> : tensor<8xf32>
  return
}

// -----

func.func @weight_c2_width() {
  // expected-error @+1 {{(weight.C2) not a recipe step for 'tensor<2x4xf32>': #transformer.panels<0>}}
  %0 = transformer.weight <file = "w", offset = 0, bytes = 32, hash = "0", source = tensor<2x4xf32>, recipe = [#transformer.panels<0>]> : tensor<8xf32>
  return
}

// -----

func.func @weight_c4() {
  // expected-error @+1 {{(weight.C4) a step after panels moves elements: #transformer.permute<0, 2, 1>}}
  %0 = transformer.weight <file = "w", offset = 0, bytes = 32, hash = "0", source = tensor<2x4xf32>, recipe = [#transformer.panels<4>, #transformer.permute<0, 2, 1>]> : tensor<1x4x2xf32>
  return
}
