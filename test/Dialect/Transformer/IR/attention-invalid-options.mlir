// Softcap, fill and log-sum-exp: what the verifier says no to.
// RUN: attune-opt %s -split-input-file -verify-diagnostics

func.func @negative_cap(%q: tensor<1x2x3x5xf32>, %k: tensor<1x2x4x5xf32>, %v: tensor<1x2x4x6xf32>) {
  // expected-error @below {{(attention.C8) softcap is a positive number}}
  %0 = transformer.attention (%q, %k, %v : tensor<1x2x3x5xf32>, tensor<1x2x4x5xf32>, tensor<1x2x4x6xf32>)
       scale 1.0 softcap -1.0 mask <none> dead_rows <nan> dims [1, 2, 3, 4, 5, 6]
       maps [affine_map<(b, h, i, j, d, e) -> (b, h, i, d)>, affine_map<(b, h, i, j, d, e) -> (b, h, j, d)>, affine_map<(b, h, i, j, d, e) -> (b, h, j, e)>]
       to affine_map<(b, h, i, j, d, e) -> (b, h, i, e)> -> tensor<1x2x3x6xf32>
  return
}

// -----

func.func @zero_cap(%q: tensor<1x2x3x5xf32>, %k: tensor<1x2x4x5xf32>, %v: tensor<1x2x4x6xf32>) {
  // expected-error @below {{(attention.C8) softcap is a positive number}}
  %0 = transformer.attention (%q, %k, %v : tensor<1x2x3x5xf32>, tensor<1x2x4x5xf32>, tensor<1x2x4x6xf32>)
       scale 1.0 softcap 0.0 mask <none> dead_rows <nan> dims [1, 2, 3, 4, 5, 6]
       maps [affine_map<(b, h, i, j, d, e) -> (b, h, i, d)>, affine_map<(b, h, i, j, d, e) -> (b, h, j, d)>, affine_map<(b, h, i, j, d, e) -> (b, h, j, e)>]
       to affine_map<(b, h, i, j, d, e) -> (b, h, i, e)> -> tensor<1x2x3x6xf32>
  return
}

// -----

func.func @infinite_cap(%q: tensor<1x2x3x5xf32>, %k: tensor<1x2x4x5xf32>, %v: tensor<1x2x4x6xf32>) {
  // expected-error @below {{(attention.C8) softcap is a positive number}}
  %0 = transformer.attention (%q, %k, %v : tensor<1x2x3x5xf32>, tensor<1x2x4x5xf32>, tensor<1x2x4x6xf32>)
       scale 1.0 softcap 0x7FF0000000000000 mask <none> dead_rows <nan> dims [1, 2, 3, 4, 5, 6]
       maps [affine_map<(b, h, i, j, d, e) -> (b, h, i, d)>, affine_map<(b, h, i, j, d, e) -> (b, h, j, d)>, affine_map<(b, h, i, j, d, e) -> (b, h, j, e)>]
       to affine_map<(b, h, i, j, d, e) -> (b, h, i, e)> -> tensor<1x2x3x6xf32>
  return
}

// -----

func.func @no_map(%q: tensor<1x2x3x5xf32>, %k: tensor<1x2x4x5xf32>, %v: tensor<1x2x4x6xf32>) {
  // expected-error @below {{(attention.C9) logsumexp goes with its map}}
  %0, %1 = transformer.attention (%q, %k, %v : tensor<1x2x3x5xf32>, tensor<1x2x4x5xf32>, tensor<1x2x4x6xf32>)
       scale 1.0  mask <none> dead_rows <nan> dims [1, 2, 3, 4, 5, 6]
       maps [affine_map<(b, h, i, j, d, e) -> (b, h, i, d)>, affine_map<(b, h, i, j, d, e) -> (b, h, j, d)>, affine_map<(b, h, i, j, d, e) -> (b, h, j, e)>]
       to affine_map<(b, h, i, j, d, e) -> (b, h, i, e)> -> tensor<1x2x3x6xf32>, tensor<1x2x3xf32>
  return
}

// -----

func.func @no_result(%q: tensor<1x2x3x5xf32>, %k: tensor<1x2x4x5xf32>, %v: tensor<1x2x4x6xf32>) {
  // expected-error @below {{(attention.C9) logsumexp goes with its map}}
  %0 = transformer.attention (%q, %k, %v : tensor<1x2x3x5xf32>, tensor<1x2x4x5xf32>, tensor<1x2x4x6xf32>)
       scale 1.0  mask <none> dead_rows <nan> dims [1, 2, 3, 4, 5, 6]
       maps [affine_map<(b, h, i, j, d, e) -> (b, h, i, d)>, affine_map<(b, h, i, j, d, e) -> (b, h, j, d)>, affine_map<(b, h, i, j, d, e) -> (b, h, j, e)>]
       to affine_map<(b, h, i, j, d, e) -> (b, h, i, e)> logsumexp to affine_map<(b, h, i, j, d, e) -> (b, h, i)> -> tensor<1x2x3x6xf32>
  return
}

// -----

func.func @a_loop_twice(%q: tensor<1x2x3x5xf32>, %k: tensor<1x2x4x5xf32>, %v: tensor<1x2x4x6xf32>) {
  // expected-error @below {{(attention.C9) logsumexp's map names b, h and i once each}}
  %0, %1 = transformer.attention (%q, %k, %v : tensor<1x2x3x5xf32>, tensor<1x2x4x5xf32>, tensor<1x2x4x6xf32>)
       scale 1.0  mask <none> dead_rows <nan> dims [1, 2, 3, 4, 5, 6]
       maps [affine_map<(b, h, i, j, d, e) -> (b, h, i, d)>, affine_map<(b, h, i, j, d, e) -> (b, h, j, d)>, affine_map<(b, h, i, j, d, e) -> (b, h, j, e)>]
       to affine_map<(b, h, i, j, d, e) -> (b, h, i, e)> logsumexp to affine_map<(b, h, i, j, d, e) -> (b, h, h)> -> tensor<1x2x3x6xf32>, tensor<1x2x2xf32>
  return
}

// -----

func.func @keys(%q: tensor<1x2x3x5xf32>, %k: tensor<1x2x4x5xf32>, %v: tensor<1x2x4x6xf32>) {
  // expected-error @below {{(attention.C9) logsumexp's map names b, h and i once each}}
  %0, %1 = transformer.attention (%q, %k, %v : tensor<1x2x3x5xf32>, tensor<1x2x4x5xf32>, tensor<1x2x4x6xf32>)
       scale 1.0  mask <none> dead_rows <nan> dims [1, 2, 3, 4, 5, 6]
       maps [affine_map<(b, h, i, j, d, e) -> (b, h, i, d)>, affine_map<(b, h, i, j, d, e) -> (b, h, j, d)>, affine_map<(b, h, i, j, d, e) -> (b, h, j, e)>]
       to affine_map<(b, h, i, j, d, e) -> (b, h, i, e)> logsumexp to affine_map<(b, h, i, j, d, e) -> (b, h, j)> -> tensor<1x2x3x6xf32>, tensor<1x2x4xf32>
  return
}

// -----

func.func @too_few(%q: tensor<1x2x3x5xf32>, %k: tensor<1x2x4x5xf32>, %v: tensor<1x2x4x6xf32>) {
  // expected-error @below {{(attention.C9) logsumexp's map names b, h and i once each}}
  %0, %1 = transformer.attention (%q, %k, %v : tensor<1x2x3x5xf32>, tensor<1x2x4x5xf32>, tensor<1x2x4x6xf32>)
       scale 1.0  mask <none> dead_rows <nan> dims [1, 2, 3, 4, 5, 6]
       maps [affine_map<(b, h, i, j, d, e) -> (b, h, i, d)>, affine_map<(b, h, i, j, d, e) -> (b, h, j, d)>, affine_map<(b, h, i, j, d, e) -> (b, h, j, e)>]
       to affine_map<(b, h, i, j, d, e) -> (b, h, i, e)> logsumexp to affine_map<(b, h, i, j, d, e) -> (b, h)> -> tensor<1x2x3x6xf32>, tensor<1x2xf32>
  return
}

// -----

func.func @extents(%q: tensor<1x2x3x5xf32>, %k: tensor<1x2x4x5xf32>, %v: tensor<1x2x4x6xf32>) {
  // expected-error @below {{(attention.C9) the extents do not give the type 'tensor<1x2x4xf32>'}}
  %0, %1 = transformer.attention (%q, %k, %v : tensor<1x2x3x5xf32>, tensor<1x2x4x5xf32>, tensor<1x2x4x6xf32>)
       scale 1.0  mask <none> dead_rows <nan> dims [1, 2, 3, 4, 5, 6]
       maps [affine_map<(b, h, i, j, d, e) -> (b, h, i, d)>, affine_map<(b, h, i, j, d, e) -> (b, h, j, d)>, affine_map<(b, h, i, j, d, e) -> (b, h, j, e)>]
       to affine_map<(b, h, i, j, d, e) -> (b, h, i, e)> logsumexp to affine_map<(b, h, i, j, d, e) -> (b, h, i)> -> tensor<1x2x3x6xf32>, tensor<1x2x4xf32>
  return
}

// -----

func.func @element(%q: tensor<1x2x3x5xf32>, %k: tensor<1x2x4x5xf32>, %v: tensor<1x2x4x6xf32>) {
  // expected-error @below {{(attention.C9) the extents do not give the type 'tensor<1x2x3xf64>'}}
  %0, %1 = transformer.attention (%q, %k, %v : tensor<1x2x3x5xf32>, tensor<1x2x4x5xf32>, tensor<1x2x4x6xf32>)
       scale 1.0  mask <none> dead_rows <nan> dims [1, 2, 3, 4, 5, 6]
       maps [affine_map<(b, h, i, j, d, e) -> (b, h, i, d)>, affine_map<(b, h, i, j, d, e) -> (b, h, j, d)>, affine_map<(b, h, i, j, d, e) -> (b, h, j, e)>]
       to affine_map<(b, h, i, j, d, e) -> (b, h, i, e)> logsumexp to affine_map<(b, h, i, j, d, e) -> (b, h, i)> -> tensor<1x2x3x6xf32>, tensor<1x2x3xf64>
  return
}

// -----

func.func @fill_of_nothing(%q: tensor<1x2x3x5xf32>, %k: tensor<1x2x4x5xf32>, %v: tensor<1x2x4x6xf32>) {
  // expected-error @below {{(attention.C10) fill is a number, and goes with a mask}}
  %0 = transformer.attention (%q, %k, %v : tensor<1x2x3x5xf32>, tensor<1x2x4x5xf32>, tensor<1x2x4x6xf32>)
       scale 1.0 mask <none> fill -1.0 dead_rows <mean> dims [1, 2, 3, 4, 5, 6]
       maps [affine_map<(b, h, i, j, d, e) -> (b, h, i, d)>, affine_map<(b, h, i, j, d, e) -> (b, h, j, d)>, affine_map<(b, h, i, j, d, e) -> (b, h, j, e)>]
       to affine_map<(b, h, i, j, d, e) -> (b, h, i, e)> -> tensor<1x2x3x6xf32>
  return
}

// -----

func.func @infinite_fill(%q: tensor<1x2x3x5xf32>, %k: tensor<1x2x4x5xf32>, %v: tensor<1x2x4x6xf32>) {
  // expected-error @below {{(attention.C10) fill is a number, and goes with a mask}}
  %0 = transformer.attention (%q, %k, %v : tensor<1x2x3x5xf32>, tensor<1x2x4x5xf32>, tensor<1x2x4x6xf32>)
       scale 1.0 mask <causal> fill 0xFFF0000000000000 dead_rows <mean> dims [1, 2, 3, 4, 5, 6]
       maps [affine_map<(b, h, i, j, d, e) -> (b, h, i, d)>, affine_map<(b, h, i, j, d, e) -> (b, h, j, d)>, affine_map<(b, h, i, j, d, e) -> (b, h, j, e)>]
       to affine_map<(b, h, i, j, d, e) -> (b, h, i, e)> -> tensor<1x2x3x6xf32>
  return
}

// -----

func.func @fill_and_zeros(%q: tensor<1x2x3x5xf32>, %k: tensor<1x2x4x5xf32>, %v: tensor<1x2x4x6xf32>) {
  // expected-error @below {{(attention.C10) with a fill, dead_rows is mean}}
  %0 = transformer.attention (%q, %k, %v : tensor<1x2x3x5xf32>, tensor<1x2x4x5xf32>, tensor<1x2x4x6xf32>)
       scale 1.0 mask <causal> fill -1.0 dead_rows <zero> dims [1, 2, 3, 4, 5, 6]
       maps [affine_map<(b, h, i, j, d, e) -> (b, h, i, d)>, affine_map<(b, h, i, j, d, e) -> (b, h, j, d)>, affine_map<(b, h, i, j, d, e) -> (b, h, j, e)>]
       to affine_map<(b, h, i, j, d, e) -> (b, h, i, e)> -> tensor<1x2x3x6xf32>
  return
}
