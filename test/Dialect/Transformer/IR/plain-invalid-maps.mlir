// RUN: attune-opt %s --split-input-file --verify-diagnostics

func.func @axis_negative(%x: tensor<2x4xf32>) {
  // expected-error @below {{(softmax.C1) axis is out of range}}
  %0 = transformer.softmax %x axis -1 dims [2, 4] : tensor<2x4xf32>
  return
}

// -----

func.func @axis_rank(%x: tensor<2x4xf32>) {
  // expected-error @below {{(softmax.C1) axis is out of range}}
  %0 = transformer.softmax %x axis 2 dims [2, 4] : tensor<2x4xf32>
  return
}

// -----

func.func @extent(%x: tensor<2x4xf32>) {
  // expected-error @below {{(dims.C1) an extent is 2 : i32}}
  %0 = transformer.softmax %x axis 1 dims [2 : i32, 4] : tensor<2x4xf32>
  return
}

// -----

func.func @loops(%x: tensor<2x4xf32>) {
  // expected-error @below {{(indexed.C2) map 0 does not index its tensor}}
  %0 = transformer.map (%x : tensor<2x4xf32>) dims [2, 4] maps [affine_map<(a) -> (a, 0)>] {
  ^bb0(%e: f32):
    transformer.yield %e : f32
  } -> tensor<2x4xf32>
  return
}

// -----

func.func @symbols(%x: tensor<2x4xf32>) {
  // expected-error @below {{(indexed.C2) map 0 does not index its tensor}}
  %0 = transformer.map (%x : tensor<2x4xf32>) dims [2, 4] maps [affine_map<(a, b)[s] -> (a, b)>] {
  ^bb0(%e: f32):
    transformer.yield %e : f32
  } -> tensor<2x4xf32>
  return
}

// -----

func.func @unit(%x: tensor<2x4xf32>) {
  // expected-error @below {{(indexed.C3) the shape of an operand, 'tensor<2x4xf32>', is not what dims and its map give, 'tensor<1x4xf32>'}}
  %0 = transformer.map (%x : tensor<2x4xf32>) dims [2, 4] maps [affine_map<(a, b) -> (0, b)>] {
  ^bb0(%e: f32):
    transformer.yield %e : f32
  } -> tensor<2x4xf32>
  return
}

// -----

func.func @result(%x: tensor<2x4xf32>) {
  // expected-error @below {{(indexed.C3) the shape of the result, 'tensor<2x5xf32>', is not what dims and its map give, 'tensor<2x4xf32>'}}
  %0 = transformer.map (%x : tensor<2x4xf32>) dims [2, 4] maps [affine_map<(a, b) -> (a, b)>] {
  ^bb0(%e: f32):
    transformer.yield %e : f32
  } -> tensor<2x5xf32>
  return
}

// -----

func.func @result_rank(%x: tensor<2x4xf32>) {
  // expected-error @below {{(indexed.C2) map 1 does not index its tensor}}
  %0 = transformer.map (%x : tensor<2x4xf32>) dims [2, 4] maps [affine_map<(a, b) -> (a, b)>] {
  ^bb0(%e: f32):
    transformer.yield %e : f32
  } -> tensor<2xf32>
  return
}

// -----

func.func @no_argument(%x: tensor<2x4xf32>) {
  // expected-error @below {{(indexed.C4) the region's arguments are not its operands' elements}}
  %0 = transformer.map (%x : tensor<2x4xf32>) dims [2, 4] maps [affine_map<(a, b) -> (a, b)>] {
    %e = arith.constant 1.0 : f32
    transformer.yield %e : f32
  } -> tensor<2x4xf32>
  return
}

// -----

func.func @no_yield(%x: tensor<2x4xf32>) {
  // expected-error @below {{(indexed.C4) the region yields one element of the result}}
  %0 = transformer.map (%x : tensor<2x4xf32>) dims [2, 4] maps [affine_map<(a, b) -> (a, b)>] {
  ^bb0(%e: f32):
    transformer.yield
  } -> tensor<2x4xf32>
  return
}

// -----

func.func @yield_type(%x: tensor<2x4xf32>) {
  // expected-error @below {{(indexed.C4) the region yields one element of the result}}
  %0 = transformer.map (%x : tensor<2x4xf32>) dims [2, 4] maps [affine_map<(a, b) -> (a, b)>] {
  ^bb0(%e: f32):
    %r = arith.extf %e : f32 to f64
    transformer.yield %r : f64
  } -> tensor<2x4xf32>
  return
}

// -----

func.func @order(%x: tensor<2x4xf32>) {
  // expected-error @below {{(reduce.C1) out_map does not list loops in increasing order}}
  %0 = transformer.reduce <sum> (%x : tensor<2x4xf32>) dims [2, 4] maps [affine_map<(a, b) -> (a, b)>] to affine_map<(a, b) -> (b, a)> {
  ^bb0(%e: f32):
    transformer.yield %e : f32
  } -> tensor<4x2xf32>
  return
}

// -----

func.func @reduced_loops(%x: tensor<2x4xf32>) {
  // expected-error @below {{(indexed.C2) map 1 does not index its tensor}}
  %0 = transformer.reduce <sum> (%x : tensor<2x4xf32>) dims [2, 4] maps [affine_map<(a, b) -> (a, b)>] to affine_map<(a, b) -> (a, 0)> {
  ^bb0(%e: f32):
    transformer.yield %e : f32
  } -> tensor<2xf32>
  return
}

// -----

func.func @reduced_extent(%x: tensor<2x4xf32>) {
  // expected-error @below {{(indexed.C3) the shape of the result}}
  %0 = transformer.reduce <sum> (%x : tensor<2x4xf32>) dims [2, 4] maps [affine_map<(a, b) -> (a, b)>] to affine_map<(a, b) -> (a, 0)> {
  ^bb0(%e: f32):
    transformer.yield %e : f32
  } -> tensor<2x4xf32>
  return
}

// -----

func.func @extra(%x: tensor<2x4xf32>, %w: tensor<4x3xf32>, %b: tensor<3xf32>, %c: tensor<4xf32>) {
  // expected-error @below {{(contract.C1) an extra operand is indexed by a summed loop}}
  %0 = transformer.contract (%x, %w : tensor<2x4xf32>, tensor<4x3xf32>) extra (%b, %c : tensor<3xf32>, tensor<4xf32>) dims [2, 3, 4]
      maps [affine_map<(m, n, k) -> (m, k)>, affine_map<(m, n, k) -> (k, n)>, affine_map<(m, n, k) -> (n)>, affine_map<(m, n, k) -> (k)>]
      to affine_map<(m, n, k) -> (m, n)> {
  ^bb0(%acc: f32, %e: f32, %f: f32):
    transformer.yield %acc : f32
  } -> tensor<2x3xf32>
  return
}

// -----

func.func @kinds(%x: tensor<2x4xf32>, %w: tensor<4x3xf32>) {
  // expected-error @below {{(contract.C2) the factors and the sum are not of one kind of number}}
  %0 = transformer.contract (%x, %w : tensor<2x4xf32>, tensor<4x3xf32>) dims [2, 3, 4]
      maps [affine_map<(m, n, k) -> (m, k)>, affine_map<(m, n, k) -> (k, n)>] to affine_map<(m, n, k) -> (m, n)> {
  ^bb0(%acc: i32):
    transformer.yield %acc : i32
  } -> tensor<2x3xi32>
  return
}

// -----

func.func @shape_type() {
  // expected-error @below {{(shape.C1) needs one expression per element of an integer tensor}}
  %0 = transformer.shape ["n"] : tensor<1xf32>
  return
}

// -----

func.func @shape_extent() {
  // expected-error @below {{(dims.C1) an extent is -3}}
  %0 = transformer.shape [-3] : tensor<1xi64>
  return
}
