// RUN: attune-opt %s --split-input-file --verify-diagnostics

func.func @query_extent(%q: tensor<1x2x2x5xf32>, %k: tensor<1x2x4x5xf32>, %v: tensor<1x2x4x6xf32>) {
  // expected-error @below {{(attention.C6) the extents do not fit the type 'tensor<1x2x2x5xf32>'}}
  %0 = transformer.attention (%q, %k, %v : tensor<1x2x2x5xf32>, tensor<1x2x4x5xf32>, tensor<1x2x4x6xf32>)
       scale 1.0 mask <none> dead_rows <nan> dims [1, 2, 3, 4, 5, 6] maps [affine_map<(b, h, i, j, d, e) -> (b, h, i, d)>, affine_map<(b, h, i, j, d, e) -> (b, h, j, d)>, affine_map<(b, h, i, j, d, e) -> (b, h, j, e)>] to affine_map<(b, h, i, j, d, e) -> (b, h, i, e)> -> tensor<1x2x3x6xf32>
  return
}

// -----

func.func @key_extent(%q: tensor<1x2x3x5xf32>, %k: tensor<1x2x4x4xf32>, %v: tensor<1x2x4x6xf32>) {
  // expected-error @below {{(attention.C6) the extents do not fit the type 'tensor<1x2x4x4xf32>'}}
  %0 = transformer.attention (%q, %k, %v : tensor<1x2x3x5xf32>, tensor<1x2x4x4xf32>, tensor<1x2x4x6xf32>)
       scale 1.0 mask <none> dead_rows <nan> dims [1, 2, 3, 4, 5, 6] maps [affine_map<(b, h, i, j, d, e) -> (b, h, i, d)>, affine_map<(b, h, i, j, d, e) -> (b, h, j, d)>, affine_map<(b, h, i, j, d, e) -> (b, h, j, e)>] to affine_map<(b, h, i, j, d, e) -> (b, h, i, e)> -> tensor<1x2x3x6xf32>
  return
}

// -----

func.func @value_extent(%q: tensor<1x2x3x5xf32>, %k: tensor<1x2x4x5xf32>, %v: tensor<1x2x4x4xf32>) {
  // expected-error @below {{(attention.C6) the extents do not fit the type 'tensor<1x2x4x4xf32>'}}
  %0 = transformer.attention (%q, %k, %v : tensor<1x2x3x5xf32>, tensor<1x2x4x5xf32>, tensor<1x2x4x4xf32>)
       scale 1.0 mask <none> dead_rows <nan> dims [1, 2, 3, 4, 5, 6] maps [affine_map<(b, h, i, j, d, e) -> (b, h, i, d)>, affine_map<(b, h, i, j, d, e) -> (b, h, j, d)>, affine_map<(b, h, i, j, d, e) -> (b, h, j, e)>] to affine_map<(b, h, i, j, d, e) -> (b, h, i, e)> -> tensor<1x2x3x6xf32>
  return
}

// -----

func.func @dynamic(%q: tensor<1x2x3x5xf32>, %k: tensor<1x2x4x5xf32>, %v: tensor<1x2x4x6xf32>) {
  // expected-error @below {{(attention.C6) the extents do not fit the type 'tensor<1x2x3x5xf32>'}}
  %0 = transformer.attention (%q, %k, %v : tensor<1x2x3x5xf32>, tensor<1x2x4x5xf32>, tensor<1x2x4x6xf32>)
       scale 1.0 mask <none> dead_rows <nan> dims [1, 2, "i", 4, 5, 6] maps [affine_map<(b, h, i, j, d, e) -> (b, h, i, d)>, affine_map<(b, h, i, j, d, e) -> (b, h, j, d)>, affine_map<(b, h, i, j, d, e) -> (b, h, j, e)>] to affine_map<(b, h, i, j, d, e) -> (b, h, i, e)> -> tensor<1x2x3x6xf32>
  return
}

// -----

func.func @not_dynamic(%q: tensor<1x2x?x5xf32>, %k: tensor<1x2x4x5xf32>, %v: tensor<1x2x4x6xf32>) {
  // expected-error @below {{(attention.C6) the extents do not fit the type 'tensor<1x2x?x5xf32>'}}
  %0 = transformer.attention (%q, %k, %v : tensor<1x2x?x5xf32>, tensor<1x2x4x5xf32>, tensor<1x2x4x6xf32>)
       scale 1.0 mask <none> dead_rows <nan> dims [1, 2, 3, 4, 5, 6] maps [affine_map<(b, h, i, j, d, e) -> (b, h, i, d)>, affine_map<(b, h, i, j, d, e) -> (b, h, j, d)>, affine_map<(b, h, i, j, d, e) -> (b, h, j, e)>] to affine_map<(b, h, i, j, d, e) -> (b, h, i, e)> -> tensor<1x2x3x6xf32>
  return
}

// -----

func.func @behind_the_last(%q: tensor<2x2x3x5xf32>, %k: tensor<1x2x4x5xf32>, %v: tensor<1x2x4x6xf32>) {
  // expected-error @below {{(attention.C6) the extents do not fit the type 'tensor<2x2x3x5xf32>'}}
  %0 = transformer.attention (%q, %k, %v : tensor<2x2x3x5xf32>, tensor<1x2x4x5xf32>, tensor<1x2x4x6xf32>)
       scale 1.0 mask <none> dead_rows <nan> dims [1, 2, 3, 4, 5, 6] maps [affine_map<(b, h, i, j, d, e) -> (2, h, i, d)>, affine_map<(b, h, i, j, d, e) -> (b, h, j, d)>, affine_map<(b, h, i, j, d, e) -> (b, h, j, e)>] to affine_map<(b, h, i, j, d, e) -> (b, h, i, e)> -> tensor<1x2x3x6xf32>
  return
}

// -----

func.func @keys_extent(%q: tensor<1x2x3x5xf32>, %k: tensor<1x2x4x5xf32>, %v: tensor<1x2x4x6xf32>, %m: tensor<1x3xi1>) {
  // expected-error @below {{(attention.C6) the extents do not fit the type 'tensor<1x3xi1>'}}
  %0 = transformer.attention (%q, %k, %v : tensor<1x2x3x5xf32>, tensor<1x2x4x5xf32>, tensor<1x2x4x6xf32>) keys (%m : tensor<1x3xi1>)
       scale 1.0 mask <padding(keys)> dead_rows <nan> dims [1, 2, 3, 4, 5, 6] maps [affine_map<(b, h, i, j, d, e) -> (b, h, i, d)>, affine_map<(b, h, i, j, d, e) -> (b, h, j, d)>, affine_map<(b, h, i, j, d, e) -> (b, h, j, e)>, affine_map<(b, h, i, j, d, e) -> (b, j)>] to affine_map<(b, h, i, j, d, e) -> (b, h, i, e)> -> tensor<1x2x3x6xf32>
  return
}

// -----

func.func @result_extent(%q: tensor<1x2x3x5xf32>, %k: tensor<1x2x4x5xf32>, %v: tensor<1x2x4x6xf32>) {
  // expected-error @below {{(attention.C6) the extents do not give the type 'tensor<1x2x3x5xf32>'}}
  %0 = transformer.attention (%q, %k, %v : tensor<1x2x3x5xf32>, tensor<1x2x4x5xf32>, tensor<1x2x4x6xf32>)
       scale 1.0 mask <none> dead_rows <nan> dims [1, 2, 3, 4, 5, 6] maps [affine_map<(b, h, i, j, d, e) -> (b, h, i, d)>, affine_map<(b, h, i, j, d, e) -> (b, h, j, d)>, affine_map<(b, h, i, j, d, e) -> (b, h, j, e)>] to affine_map<(b, h, i, j, d, e) -> (b, h, i, e)> -> tensor<1x2x3x5xf32>
  return
}

// -----

func.func @extent(%q: tensor<1x2x3x5xf32>, %k: tensor<1x2x4x5xf32>, %v: tensor<1x2x4x6xf32>) {
  // expected-error @below {{(dims.C1) an extent is -1}}
  %0 = transformer.attention (%q, %k, %v : tensor<1x2x3x5xf32>, tensor<1x2x4x5xf32>, tensor<1x2x4x6xf32>)
       scale 1.0 mask <none> dead_rows <nan> dims [1, 2, 3, 4, 5, -1] maps [affine_map<(b, h, i, j, d, e) -> (b, h, i, d)>, affine_map<(b, h, i, j, d, e) -> (b, h, j, d)>, affine_map<(b, h, i, j, d, e) -> (b, h, j, e)>] to affine_map<(b, h, i, j, d, e) -> (b, h, i, e)> -> tensor<1x2x3x6xf32>
  return
}

// -----

func.func @extent_type(%q: tensor<1x2x3x5xf32>, %k: tensor<1x2x4x5xf32>, %v: tensor<1x2x4x6xf32>) {
  // expected-error @below {{(dims.C1) an extent is 1 : i32}}
  %0 = transformer.attention (%q, %k, %v : tensor<1x2x3x5xf32>, tensor<1x2x4x5xf32>, tensor<1x2x4x6xf32>)
       scale 1.0 mask <none> dead_rows <nan> dims [1 : i32, 2, 3, 4, 5, 6] maps [affine_map<(b, h, i, j, d, e) -> (b, h, i, d)>, affine_map<(b, h, i, j, d, e) -> (b, h, j, d)>, affine_map<(b, h, i, j, d, e) -> (b, h, j, e)>] to affine_map<(b, h, i, j, d, e) -> (b, h, i, e)> -> tensor<1x2x3x6xf32>
  return
}

// -----

func.func @key_type(%q: tensor<1x2x3x5xf32>, %k: tensor<1x2x4x5xf64>, %v: tensor<1x2x4x6xf32>) {
  // expected-error @below {{(attention.C7) q, k, v, bias and the result differ in element type}}
  %0 = transformer.attention (%q, %k, %v : tensor<1x2x3x5xf32>, tensor<1x2x4x5xf64>, tensor<1x2x4x6xf32>)
       scale 1.0 mask <none> dead_rows <nan> dims [1, 2, 3, 4, 5, 6] maps [affine_map<(b, h, i, j, d, e) -> (b, h, i, d)>, affine_map<(b, h, i, j, d, e) -> (b, h, j, d)>, affine_map<(b, h, i, j, d, e) -> (b, h, j, e)>] to affine_map<(b, h, i, j, d, e) -> (b, h, i, e)> -> tensor<1x2x3x6xf32>
  return
}

// -----

func.func @value_type(%q: tensor<1x2x3x5xf32>, %k: tensor<1x2x4x5xf32>, %v: tensor<1x2x4x6xf16>) {
  // expected-error @below {{(attention.C7) q, k, v, bias and the result differ in element type}}
  %0 = transformer.attention (%q, %k, %v : tensor<1x2x3x5xf32>, tensor<1x2x4x5xf32>, tensor<1x2x4x6xf16>)
       scale 1.0 mask <none> dead_rows <nan> dims [1, 2, 3, 4, 5, 6] maps [affine_map<(b, h, i, j, d, e) -> (b, h, i, d)>, affine_map<(b, h, i, j, d, e) -> (b, h, j, d)>, affine_map<(b, h, i, j, d, e) -> (b, h, j, e)>] to affine_map<(b, h, i, j, d, e) -> (b, h, i, e)> -> tensor<1x2x3x6xf32>
  return
}

// -----

func.func @bias_type(%q: tensor<1x2x3x5xf32>, %k: tensor<1x2x4x5xf32>, %v: tensor<1x2x4x6xf32>, %a: tensor<3x4xf16>) {
  // expected-error @below {{(attention.C7) q, k, v, bias and the result differ in element type}}
  %0 = transformer.attention (%q, %k, %v : tensor<1x2x3x5xf32>, tensor<1x2x4x5xf32>, tensor<1x2x4x6xf32>) bias (%a : tensor<3x4xf16>)
       scale 1.0 mask <none> dead_rows <nan> dims [1, 2, 3, 4, 5, 6] maps [affine_map<(b, h, i, j, d, e) -> (b, h, i, d)>, affine_map<(b, h, i, j, d, e) -> (b, h, j, d)>, affine_map<(b, h, i, j, d, e) -> (b, h, j, e)>, affine_map<(b, h, i, j, d, e) -> (i, j)>] to affine_map<(b, h, i, j, d, e) -> (b, h, i, e)> -> tensor<1x2x3x6xf32>
  return
}

// -----

func.func @result_type(%q: tensor<1x2x3x5xf32>, %k: tensor<1x2x4x5xf32>, %v: tensor<1x2x4x6xf32>) {
  // expected-error @below {{(attention.C7) q, k, v, bias and the result differ in element type}}
  %0 = transformer.attention (%q, %k, %v : tensor<1x2x3x5xf32>, tensor<1x2x4x5xf32>, tensor<1x2x4x6xf32>)
       scale 1.0 mask <none> dead_rows <nan> dims [1, 2, 3, 4, 5, 6] maps [affine_map<(b, h, i, j, d, e) -> (b, h, i, d)>, affine_map<(b, h, i, j, d, e) -> (b, h, j, d)>, affine_map<(b, h, i, j, d, e) -> (b, h, j, e)>] to affine_map<(b, h, i, j, d, e) -> (b, h, i, e)> -> tensor<1x2x3x6xf16>
  return
}

// -----

func.func @integers(%q: tensor<1x2x3x5xi32>, %k: tensor<1x2x4x5xi32>, %v: tensor<1x2x4x6xi32>) {
  // expected-error @below {{(attention.C7) q, k, v, bias and the result differ in element type}}
  %0 = transformer.attention (%q, %k, %v : tensor<1x2x3x5xi32>, tensor<1x2x4x5xi32>, tensor<1x2x4x6xi32>)
       scale 1.0 mask <none> dead_rows <nan> dims [1, 2, 3, 4, 5, 6] maps [affine_map<(b, h, i, j, d, e) -> (b, h, i, d)>, affine_map<(b, h, i, j, d, e) -> (b, h, j, d)>, affine_map<(b, h, i, j, d, e) -> (b, h, j, e)>] to affine_map<(b, h, i, j, d, e) -> (b, h, i, e)> -> tensor<1x2x3x6xi32>
  return
}

// -----

func.func @mask_type(%q: tensor<1x2x3x5xf32>, %k: tensor<1x2x4x5xf32>, %v: tensor<1x2x4x6xf32>, %t: tensor<3x4xf32>) {
  // expected-error @below {{(attention.C7) keys, mask_tensor and positions are integers}}
  %0 = transformer.attention (%q, %k, %v : tensor<1x2x3x5xf32>, tensor<1x2x4x5xf32>, tensor<1x2x4x6xf32>) mask_tensor (%t : tensor<3x4xf32>)
       scale 1.0 mask <tensor> dead_rows <nan> dims [1, 2, 3, 4, 5, 6] maps [affine_map<(b, h, i, j, d, e) -> (b, h, i, d)>, affine_map<(b, h, i, j, d, e) -> (b, h, j, d)>, affine_map<(b, h, i, j, d, e) -> (b, h, j, e)>, affine_map<(b, h, i, j, d, e) -> (i, j)>] to affine_map<(b, h, i, j, d, e) -> (b, h, i, e)> -> tensor<1x2x3x6xf32>
  return
}

// -----

func.func @keys_sign(%q: tensor<1x2x3x5xf32>, %k: tensor<1x2x4x5xf32>, %v: tensor<1x2x4x6xf32>, %m: tensor<1x4xui8>) {
  // expected-error @below {{(attention.C7) keys, mask_tensor and positions are integers}}
  %0 = transformer.attention (%q, %k, %v : tensor<1x2x3x5xf32>, tensor<1x2x4x5xf32>, tensor<1x2x4x6xf32>) keys (%m : tensor<1x4xui8>)
       scale 1.0 mask <padding(keys)> dead_rows <nan> dims [1, 2, 3, 4, 5, 6] maps [affine_map<(b, h, i, j, d, e) -> (b, h, i, d)>, affine_map<(b, h, i, j, d, e) -> (b, h, j, d)>, affine_map<(b, h, i, j, d, e) -> (b, h, j, e)>, affine_map<(b, h, i, j, d, e) -> (b, j)>] to affine_map<(b, h, i, j, d, e) -> (b, h, i, e)> -> tensor<1x2x3x6xf32>
  return
}
