// Indices that are no plain loops: what is none, and what leaves its operand.
// RUN: attune-opt %s --split-input-file --verify-diagnostics

func.func @counts_down(%q: tensor<1x6x3x5xf32>, %k: tensor<1x6x4x5xf32>, %v: tensor<1x6x4x6xf32>) {
  // expected-error @below {{(attention.C2) a map does not index its operand}}
  %0 = transformer.attention (%q, %k, %v : tensor<1x6x3x5xf32>, tensor<1x6x4x5xf32>, tensor<1x6x4x6xf32>)
       scale 1.0 mask <none> dead_rows <nan> dims [1, 6, 3, 4, 5, 6] maps [affine_map<(b, h, i, j, d, e) -> (b, h, i, d)>, affine_map<(b, h, i, j, d, e) -> (b, h, j, 4 - d)>, affine_map<(b, h, i, j, d, e) -> (b, h, j, e)>] to affine_map<(b, h, i, j, d, e) -> (b, h, i, e)> -> tensor<1x6x3x6xf32>
  return
}

// -----

func.func @before_the_first(%q: tensor<1x6x3x5xf32>, %k: tensor<1x6x4x5xf32>, %v: tensor<1x6x4x6xf32>) {
  // expected-error @below {{(attention.C2) a map does not index its operand}}
  %0 = transformer.attention (%q, %k, %v : tensor<1x6x3x5xf32>, tensor<1x6x4x5xf32>, tensor<1x6x4x6xf32>)
       scale 1.0 mask <none> dead_rows <nan> dims [1, 6, 3, 4, 5, 6] maps [affine_map<(b, h, i, j, d, e) -> (b, h, i, d)>, affine_map<(b, h, i, j, d, e) -> (b, h, j, d - 1)>, affine_map<(b, h, i, j, d, e) -> (b, h, j, e)>] to affine_map<(b, h, i, j, d, e) -> (b, h, i, e)> -> tensor<1x6x3x6xf32>
  return
}

// -----

func.func @quotient_of_a_sum(%q: tensor<1x6x3x5xf32>, %k: tensor<1x6x4x5xf32>, %v: tensor<1x6x4x6xf32>) {
  // expected-error @below {{(attention.C2) a map does not index its operand}}
  %0 = transformer.attention (%q, %k, %v : tensor<1x6x3x5xf32>, tensor<1x6x4x5xf32>, tensor<1x6x4x6xf32>)
       scale 1.0 mask <none> dead_rows <nan> dims [1, 6, 3, 4, 5, 6] maps [affine_map<(b, h, i, j, d, e) -> (b, h, i, d)>, affine_map<(b, h, i, j, d, e) -> (b, h, j, (d + 5) floordiv 2)>, affine_map<(b, h, i, j, d, e) -> (b, h, j, e)>] to affine_map<(b, h, i, j, d, e) -> (b, h, i, e)> -> tensor<1x6x3x6xf32>
  return
}

// -----

func.func @rounds_up(%q: tensor<1x6x3x5xf32>, %k: tensor<1x6x4x5xf32>, %v: tensor<1x6x4x6xf32>) {
  // expected-error @below {{(attention.C2) a map does not index its operand}}
  %0 = transformer.attention (%q, %k, %v : tensor<1x6x3x5xf32>, tensor<1x6x4x5xf32>, tensor<1x6x4x6xf32>)
       scale 1.0 mask <none> dead_rows <nan> dims [1, 6, 3, 4, 5, 6] maps [affine_map<(b, h, i, j, d, e) -> (b, h, i, d)>, affine_map<(b, h, i, j, d, e) -> (b, h ceildiv 2, j, d)>, affine_map<(b, h, i, j, d, e) -> (b, h, j, e)>] to affine_map<(b, h, i, j, d, e) -> (b, h, i, e)> -> tensor<1x6x3x6xf32>
  return
}

// -----

func.func @loop_twice(%q: tensor<1x6x3x5xf32>, %k: tensor<1x3x2x4x5xf32>, %v: tensor<1x6x4x6xf32>) {
  // expected-error @below {{(attention.C2) a map does not index its operand}}
  %0 = transformer.attention (%q, %k, %v : tensor<1x6x3x5xf32>, tensor<1x3x2x4x5xf32>, tensor<1x6x4x6xf32>)
       scale 1.0 mask <none> dead_rows <nan> dims [1, 6, 3, 4, 5, 6] maps [affine_map<(b, h, i, j, d, e) -> (b, h, i, d)>, affine_map<(b, h, i, j, d, e) -> (b, h floordiv 2, h mod 2, j, d)>, affine_map<(b, h, i, j, d, e) -> (b, h, j, e)>] to affine_map<(b, h, i, j, d, e) -> (b, h, i, e)> -> tensor<1x6x3x6xf32>
  return
}

// -----

func.func @too_many_terms(%q: tensor<1x6x3x5xf32>, %k: tensor<1x4x99xf32>, %v: tensor<1x6x4x6xf32>) {
  // expected-error @below {{(attention.C2) a map does not index its operand}}
  %0 = transformer.attention (%q, %k, %v : tensor<1x6x3x5xf32>, tensor<1x4x99xf32>, tensor<1x6x4x6xf32>)
       scale 1.0 mask <none> dead_rows <nan> dims [1, 6, 3, 4, 5, 6] maps [affine_map<(b, h, i, j, d, e) -> (b, h, i, d)>, affine_map<(b, h, i, j, d, e) -> (b, j, h floordiv 2 + d * 3 + h floordiv 4 + d * 27 + h floordiv 6 + d * 243 + h floordiv 8 + d * 2187 + h floordiv 10 + d * 19683 + h floordiv 12 + d * 177147 + h floordiv 14)>, affine_map<(b, h, i, j, d, e) -> (b, h, j, e)>] to affine_map<(b, h, i, j, d, e) -> (b, h, i, e)> -> tensor<1x6x3x6xf32>
  return
}

// -----

func.func @slice_too_far(%q: tensor<1x6x3x5xf32>, %k: tensor<1x4x40xf32>, %v: tensor<1x6x4x6xf32>) {
  // expected-error @below {{(attention.C6) the extents do not fit the type 'tensor<1x4x40xf32>'}}
  %0 = transformer.attention (%q, %k, %v : tensor<1x6x3x5xf32>, tensor<1x4x40xf32>, tensor<1x6x4x6xf32>)
       scale 1.0 mask <none> dead_rows <nan> dims [1, 6, 3, 4, 5, 6] maps [affine_map<(b, h, i, j, d, e) -> (b, h, i, d)>, affine_map<(b, h, i, j, d, e) -> (b, j, h * 5 + d + 11)>, affine_map<(b, h, i, j, d, e) -> (b, h, j, e)>] to affine_map<(b, h, i, j, d, e) -> (b, h, i, e)> -> tensor<1x6x3x6xf32>
  return
}

// -----

func.func @slice_of_unknown(%q: tensor<1x6x3x5xf32>, %k: tensor<1x4x?xf32>, %v: tensor<1x6x4x6xf32>) {
  // expected-error @below {{(attention.C6) the extents do not fit the type 'tensor<1x4x?xf32>'}}
  %0 = transformer.attention (%q, %k, %v : tensor<1x6x3x5xf32>, tensor<1x4x?xf32>, tensor<1x6x4x6xf32>)
       scale 1.0 mask <none> dead_rows <nan> dims [1, 6, 3, 4, 5, 6] maps [affine_map<(b, h, i, j, d, e) -> (b, h, i, d)>, affine_map<(b, h, i, j, d, e) -> (b, j, h * 5 + d)>, affine_map<(b, h, i, j, d, e) -> (b, h, j, e)>] to affine_map<(b, h, i, j, d, e) -> (b, h, i, e)> -> tensor<1x6x3x6xf32>
  return
}

// -----

func.func @heads_not_divisible(%q: tensor<1x6x3x5xf32>, %k: tensor<1x2x4x5xf32>, %v: tensor<1x6x4x6xf32>) {
  // expected-error @below {{(attention.C6) the extents do not fit the type 'tensor<1x2x4x5xf32>'}}
  %0 = transformer.attention (%q, %k, %v : tensor<1x6x3x5xf32>, tensor<1x2x4x5xf32>, tensor<1x6x4x6xf32>)
       scale 1.0 mask <none> dead_rows <nan> dims [1, 6, 3, 4, 5, 6] maps [affine_map<(b, h, i, j, d, e) -> (b, h, i, d)>, affine_map<(b, h, i, j, d, e) -> (b, h floordiv 4, j, d)>, affine_map<(b, h, i, j, d, e) -> (b, h, j, e)>] to affine_map<(b, h, i, j, d, e) -> (b, h, i, e)> -> tensor<1x6x3x6xf32>
  return
}

// -----

func.func @heads_not_repeated(%q: tensor<1x6x3x5xf32>, %k: tensor<1x4x4x5xf32>, %v: tensor<1x6x4x6xf32>) {
  // expected-error @below {{(attention.C6) the extents do not fit the type 'tensor<1x4x4x5xf32>'}}
  %0 = transformer.attention (%q, %k, %v : tensor<1x6x3x5xf32>, tensor<1x4x4x5xf32>, tensor<1x6x4x6xf32>)
       scale 1.0 mask <none> dead_rows <nan> dims [1, 6, 3, 4, 5, 6] maps [affine_map<(b, h, i, j, d, e) -> (b, h, i, d)>, affine_map<(b, h, i, j, d, e) -> (b, h mod 4, j, d)>, affine_map<(b, h, i, j, d, e) -> (b, h, j, e)>] to affine_map<(b, h, i, j, d, e) -> (b, h, i, e)> -> tensor<1x6x3x6xf32>
  return
}

// -----

func.func @few_heads(%q: tensor<1x6x3x5xf32>, %k: tensor<1x2x4x5xf32>, %v: tensor<1x6x4x6xf32>) {
  // expected-error @below {{(attention.C6) the extents do not fit the type 'tensor<1x2x4x5xf32>'}}
  %0 = transformer.attention (%q, %k, %v : tensor<1x6x3x5xf32>, tensor<1x2x4x5xf32>, tensor<1x6x4x6xf32>)
       scale 1.0 mask <none> dead_rows <nan> dims [1, 6, 3, 4, 5, 6] maps [affine_map<(b, h, i, j, d, e) -> (b, h, i, d)>, affine_map<(b, h, i, j, d, e) -> (b, h floordiv 2, j, d)>, affine_map<(b, h, i, j, d, e) -> (b, h, j, e)>] to affine_map<(b, h, i, j, d, e) -> (b, h, i, e)> -> tensor<1x6x3x6xf32>
  return
}

// -----

func.func @overflow(%q: tensor<1x6x3x5xf32>, %k: tensor<1x4x40xf32>, %v: tensor<1x6x4x6xf32>) {
  // expected-error @below {{(attention.C6) the extents do not fit the type 'tensor<1x4x40xf32>'}}
  %0 = transformer.attention (%q, %k, %v : tensor<1x6x3x5xf32>, tensor<1x4x40xf32>, tensor<1x6x4x6xf32>)
       scale 1.0 mask <none> dead_rows <nan> dims [1, 6, 3, 4, 5, 6] maps [affine_map<(b, h, i, j, d, e) -> (b, h, i, d)>, affine_map<(b, h, i, j, d, e) -> (b, j, h * 4611686018427387904 + d)>, affine_map<(b, h, i, j, d, e) -> (b, h, j, e)>] to affine_map<(b, h, i, j, d, e) -> (b, h, i, e)> -> tensor<1x6x3x6xf32>
  return
}

// -----

func.func @unknown_heads(%q: tensor<1x?x3x5xf32>, %k: tensor<1x2x4x5xf32>, %v: tensor<1x?x4x6xf32>) {
  // expected-error @below {{(attention.C6) the extents do not fit the type 'tensor<1x2x4x5xf32>'}}
  %0 = transformer.attention (%q, %k, %v : tensor<1x?x3x5xf32>, tensor<1x2x4x5xf32>, tensor<1x?x4x6xf32>)
       scale 1.0 mask <none> dead_rows <nan> dims [1, "h", 3, 4, 5, 6] maps [affine_map<(b, h, i, j, d, e) -> (b, h, i, d)>, affine_map<(b, h, i, j, d, e) -> (b, h floordiv 4, j, d)>, affine_map<(b, h, i, j, d, e) -> (b, h, j, e)>] to affine_map<(b, h, i, j, d, e) -> (b, h, i, e)> -> tensor<1x?x3x6xf32>
  return
}
