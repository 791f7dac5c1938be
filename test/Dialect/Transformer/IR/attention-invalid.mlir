// RUN: attune-opt %s --split-input-file --verify-diagnostics

#q = affine_map<(b, h, i, j, d, e) -> (b, h, i, d)>
#k = affine_map<(b, h, i, j, d, e) -> (b, h, j, d)>
#v = affine_map<(b, h, i, j, d, e) -> (b, h, j, e)>
#o = affine_map<(b, h, i, j, d, e) -> (b, h, i, e)>
func.func @c1(%q: tensor<1x2x3x5xf32>, %k: tensor<1x2x4x5xf32>, %v: tensor<1x2x4x6xf32>) {
  // expected-error @below {{(attention.C1) dims has six entries: b, h, i, j, d, e}}
  %0 = transformer.attention (%q, %k, %v : tensor<1x2x3x5xf32>, tensor<1x2x4x5xf32>, tensor<1x2x4x6xf32>)
       scale 1.0 mask <none> dead_rows <nan> dims [1, 2, 3, 4, 5] maps [#q, #k, #v] to #o -> tensor<1x2x3x6xf32>
  return
}

// -----

#q = affine_map<(b, h, i, j, d, e) -> (b, h, i, d)>
#k = affine_map<(b, h, i, j, d, e) -> (b, h, j, d)>
#v = affine_map<(b, h, i, j, d, e) -> (b, h, j, e)>
#o = affine_map<(b, h, i, j, d, e) -> (b, h, i, e)>
func.func @c2(%q: tensor<1x2x3x5xf32>, %k: tensor<1x2x4x5xf32>, %v: tensor<1x2x4x6xf32>) {
  // expected-error @below {{(attention.C2) expects one map per operand}}
  %0 = transformer.attention (%q, %k, %v : tensor<1x2x3x5xf32>, tensor<1x2x4x5xf32>, tensor<1x2x4x6xf32>)
       scale 1.0 mask <none> dead_rows <nan> dims [1, 2, 3, 4, 5, 6] maps [#q, #k] to #o -> tensor<1x2x3x6xf32>
  return
}

// -----

#q = affine_map<(b, h, i, j, d, e) -> (b, h, i, d)>
#k = affine_map<(b, h, i, j, d, e) -> (b, h, j, d)>
#v = affine_map<(b, h, i, j, d, e) -> (b, h, j, e)>
#o = affine_map<(b, h, i, j, d, e) -> (b, h, i, e)>
func.func @c2_map(%q: tensor<1x2x3x5xf32>, %k: tensor<1x2x4x5xf32>, %v: tensor<1x2x4x6xf32>) {
  // expected-error @below {{(attention.C2) a map does not index its operand}}
  %0 = transformer.attention (%q, %k, %v : tensor<1x2x3x5xf32>, tensor<1x2x4x5xf32>, tensor<1x2x4x6xf32>)
       scale 1.0 mask <none> dead_rows <nan> dims [1, 2, 3, 4, 5, 6] maps [affine_map<(b, h, i, j, d, e) -> (b, h, i)>, #k, #v] to #o -> tensor<1x2x3x6xf32>
  return
}

// -----

#q = affine_map<(b, h, i, j, d, e) -> (b, h, i, d)>
#k = affine_map<(b, h, i, j, d, e) -> (b, h, j, d)>
#v = affine_map<(b, h, i, j, d, e) -> (b, h, j, e)>
#o = affine_map<(b, h, i, j, d, e) -> (b, h, i, e)>
func.func @c3(%q: tensor<1x2x3x5xf32>, %k: tensor<1x2x4x5xf32>, %v: tensor<1x2x4x6xf32>) {
  // expected-error @below {{(attention.C3) the result's map names b, h, i and e once each}}
  %0 = transformer.attention (%q, %k, %v : tensor<1x2x3x5xf32>, tensor<1x2x4x5xf32>, tensor<1x2x4x6xf32>)
       scale 1.0 mask <none> dead_rows <nan> dims [1, 2, 3, 4, 5, 6] maps [#q, #k, #v] to affine_map<(b, h, i, j, d, e) -> (b, h, i, d)> -> tensor<1x2x3x6xf32>
  return
}

// -----

#q = affine_map<(b, h, i, j, d, e) -> (b, h, i, d)>
#k = affine_map<(b, h, i, j, d, e) -> (b, h, j, d)>
#v = affine_map<(b, h, i, j, d, e) -> (b, h, j, e)>
#o = affine_map<(b, h, i, j, d, e) -> (b, h, i, e)>
func.func @c4(%q: tensor<1x2x3x5xf32>, %k: tensor<1x2x4x5xf32>, %v: tensor<1x2x4x6xf32>) {
  // expected-error @below {{(attention.C4) padding(keys) goes with keys, tensor with mask_tensor}}
  %0 = transformer.attention (%q, %k, %v : tensor<1x2x3x5xf32>, tensor<1x2x4x5xf32>, tensor<1x2x4x6xf32>)
       scale 1.0 mask <padding(keys)> dead_rows <nan> dims [1, 2, 3, 4, 5, 6] maps [#q, #k, #v] to #o -> tensor<1x2x3x6xf32>
  return
}

// -----

#q = affine_map<(b, h, i, j, d, e) -> (b, h, i, d)>
#k = affine_map<(b, h, i, j, d, e) -> (b, h, j, d)>
#v = affine_map<(b, h, i, j, d, e) -> (b, h, j, e)>
#o = affine_map<(b, h, i, j, d, e) -> (b, h, i, e)>
func.func @c5(%q: tensor<1x2x3x5xf32>, %k: tensor<1x2x4x5xf32>, %v: tensor<1x2x4x6xf32>) {
  // expected-error @below {{(attention.C5) a map depends on a loop that its operand does not have}}
  %0 = transformer.attention (%q, %k, %v : tensor<1x2x3x5xf32>, tensor<1x2x4x5xf32>, tensor<1x2x4x6xf32>)
       scale 1.0 mask <none> dead_rows <nan> dims [1, 2, 3, 4, 5, 6] maps [affine_map<(b, h, i, j, d, e) -> (b, h, i, e)>, #k, #v] to #o -> tensor<1x2x3x6xf32>
  return
}

// -----

#q = affine_map<(b, h, i, j, d, e) -> (b, h, i, d)>
#k = affine_map<(b, h, i, j, d, e) -> (b, h, j, d)>
#v = affine_map<(b, h, i, j, d, e) -> (b, h, j, e)>
#o = affine_map<(b, h, i, j, d, e) -> (b, h, i, e)>
func.func @c6(%q: tensor<1x2x2x5xf32>, %k: tensor<1x2x4x5xf32>, %v: tensor<1x2x4x6xf32>) {
  // expected-error @below {{(attention.C6) the extents do not fit the type 'tensor<1x2x2x5xf32>'}}
  %0 = transformer.attention (%q, %k, %v : tensor<1x2x2x5xf32>, tensor<1x2x4x5xf32>, tensor<1x2x4x6xf32>)
       scale 1.0 mask <none> dead_rows <nan> dims [1, 2, 3, 4, 5, 6] maps [#q, #k, #v] to #o -> tensor<1x2x3x6xf32>
  return
}

// -----

#q = affine_map<(b, h, i, j, d, e) -> (b, h, i, d)>
#k = affine_map<(b, h, i, j, d, e) -> (b, h, j, d)>
#v = affine_map<(b, h, i, j, d, e) -> (b, h, j, e)>
#o = affine_map<(b, h, i, j, d, e) -> (b, h, i, e)>
func.func @c6_result(%q: tensor<1x2x3x5xf32>, %k: tensor<1x2x4x5xf32>, %v: tensor<1x2x4x6xf32>) {
  // expected-error @below {{(attention.C6) the extents do not give the type 'tensor<1x2x3x7xf32>'}}
  %0 = transformer.attention (%q, %k, %v : tensor<1x2x3x5xf32>, tensor<1x2x4x5xf32>, tensor<1x2x4x6xf32>)
       scale 1.0 mask <none> dead_rows <nan> dims [1, 2, 3, 4, 5, 6] maps [#q, #k, #v] to #o -> tensor<1x2x3x7xf32>
  return
}

// -----

#q = affine_map<(b, h, i, j, d, e) -> (b, h, i, d)>
#k = affine_map<(b, h, i, j, d, e) -> (b, h, j, d)>
#v = affine_map<(b, h, i, j, d, e) -> (b, h, j, e)>
#o = affine_map<(b, h, i, j, d, e) -> (b, h, i, e)>
func.func @c7(%q: tensor<1x2x3x5xf16>, %k: tensor<1x2x4x5xf32>, %v: tensor<1x2x4x6xf32>) {
  // expected-error @below {{(attention.C7) q, k, v, bias and the result differ in element type}}
  %0 = transformer.attention (%q, %k, %v : tensor<1x2x3x5xf16>, tensor<1x2x4x5xf32>, tensor<1x2x4x6xf32>)
       scale 1.0 mask <none> dead_rows <nan> dims [1, 2, 3, 4, 5, 6] maps [#q, #k, #v] to #o -> tensor<1x2x3x6xf32>
  return
}

// -----

#q = affine_map<(b, h, i, j, d, e) -> (b, h, i, d)>
#k = affine_map<(b, h, i, j, d, e) -> (b, h, j, d)>
#v = affine_map<(b, h, i, j, d, e) -> (b, h, j, e)>
#o = affine_map<(b, h, i, j, d, e) -> (b, h, i, e)>
func.func @c7_keys(%q: tensor<1x2x3x5xf32>, %k: tensor<1x2x4x5xf32>, %v: tensor<1x2x4x6xf32>, %m: tensor<1x4xf32>) {
  // expected-error @below {{(attention.C7) keys, mask_tensor and positions are integers}}
  %0 = transformer.attention (%q, %k, %v : tensor<1x2x3x5xf32>, tensor<1x2x4x5xf32>, tensor<1x2x4x6xf32>)
      keys (%m : tensor<1x4xf32>) scale 1.0 mask <padding(keys)> dead_rows <nan> dims [1, 2, 3, 4, 5, 6] maps [#q, #k, #v, affine_map<(b, h, i, j, d, e) -> (b, j)>] to #o -> tensor<1x2x3x6xf32>
  return
}

// -----

// expected-error @below {{unknown mask term 'diagonal'}}
func.func private @mask() attributes {mask = #transformer.mask<diagonal>}

// -----

// expected-error @below {{all terms of a band have positions, or none}}
#mixed = #transformer.mask<causal and window(left = "3", positions = operand)>

// -----

// expected-error @below {{expected 'operand'}}
#other = #transformer.mask<causal(positions = "q")>
