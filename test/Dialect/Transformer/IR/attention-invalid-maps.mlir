// RUN: attune-opt %s --split-input-file --verify-diagnostics

func.func @loops(%q: tensor<1x2x3x5xf32>, %k: tensor<1x2x4x5xf32>, %v: tensor<1x2x4x6xf32>) {
  // expected-error @below {{(attention.C2) a map does not index its operand}}
  %0 = transformer.attention (%q, %k, %v : tensor<1x2x3x5xf32>, tensor<1x2x4x5xf32>, tensor<1x2x4x6xf32>)
       scale 1.0 mask <none> dead_rows <nan> dims [1, 2, 3, 4, 5, 6] maps [affine_map<(b, h, i, d, j) -> (b, h, i, d)>, affine_map<(b, h, i, j, d, e) -> (b, h, j, d)>, affine_map<(b, h, i, j, d, e) -> (b, h, j, e)>] to affine_map<(b, h, i, j, d, e) -> (b, h, i, e)> -> tensor<1x2x3x6xf32>
  return
}

// -----

func.func @diagonal(%q: tensor<1x2x3x3xf32>, %k: tensor<1x2x4x5xf32>, %v: tensor<1x2x4x6xf32>) {
  // expected-error @below {{(attention.C2) a map does not index its operand}}
  %0 = transformer.attention (%q, %k, %v : tensor<1x2x3x3xf32>, tensor<1x2x4x5xf32>, tensor<1x2x4x6xf32>)
       scale 1.0 mask <none> dead_rows <nan> dims [1, 2, 3, 4, 5, 6] maps [affine_map<(b, h, i, j, d, e) -> (b, h, i, i)>, affine_map<(b, h, i, j, d, e) -> (b, h, j, d)>, affine_map<(b, h, i, j, d, e) -> (b, h, j, e)>] to affine_map<(b, h, i, j, d, e) -> (b, h, i, e)> -> tensor<1x2x3x6xf32>
  return
}

// -----

func.func @value_rank(%q: tensor<1x2x3x5xf32>, %k: tensor<1x2x4x5xf32>, %v: tensor<1x2x4xf32>) {
  // expected-error @below {{(attention.C2) a map does not index its operand}}
  %0 = transformer.attention (%q, %k, %v : tensor<1x2x3x5xf32>, tensor<1x2x4x5xf32>, tensor<1x2x4xf32>)
       scale 1.0 mask <none> dead_rows <nan> dims [1, 2, 3, 4, 5, 6] maps [affine_map<(b, h, i, j, d, e) -> (b, h, i, d)>, affine_map<(b, h, i, j, d, e) -> (b, h, j, d)>, affine_map<(b, h, i, j, d, e) -> (b, h, j, e)>] to affine_map<(b, h, i, j, d, e) -> (b, h, i, e)> -> tensor<1x2x3x6xf32>
  return
}

// -----

func.func @keys_rank(%q: tensor<1x2x3x5xf32>, %k: tensor<1x2x4x5xf32>, %v: tensor<1x2x4x6xf32>, %m: tensor<1x4xi1>) {
  // expected-error @below {{(attention.C2) a map does not index its operand}}
  %0 = transformer.attention (%q, %k, %v : tensor<1x2x3x5xf32>, tensor<1x2x4x5xf32>, tensor<1x2x4x6xf32>) keys (%m : tensor<1x4xi1>)
       scale 1.0 mask <padding(keys)> dead_rows <nan> dims [1, 2, 3, 4, 5, 6] maps [affine_map<(b, h, i, j, d, e) -> (b, h, i, d)>, affine_map<(b, h, i, j, d, e) -> (b, h, j, d)>, affine_map<(b, h, i, j, d, e) -> (b, h, j, e)>, affine_map<(b, h, i, j, d, e) -> (j)>] to affine_map<(b, h, i, j, d, e) -> (b, h, i, e)> -> tensor<1x2x3x6xf32>
  return
}

// -----

func.func @result_loops(%q: tensor<1x2x3x5xf32>, %k: tensor<1x2x4x5xf32>, %v: tensor<1x2x4x6xf32>) {
  // expected-error @below {{(attention.C3) the result's map names b, h, i and e once each}}
  %0 = transformer.attention (%q, %k, %v : tensor<1x2x3x5xf32>, tensor<1x2x4x5xf32>, tensor<1x2x4x6xf32>)
       scale 1.0 mask <none> dead_rows <nan> dims [1, 2, 3, 4, 5, 6] maps [affine_map<(b, h, i, j, d, e) -> (b, h, i, d)>, affine_map<(b, h, i, j, d, e) -> (b, h, j, d)>, affine_map<(b, h, i, j, d, e) -> (b, h, j, e)>] to affine_map<(b, h, i, e, j) -> (b, h, i, e)> -> tensor<1x2x3x6xf32>
  return
}

// -----

func.func @result_rank(%q: tensor<1x2x3x5xf32>, %k: tensor<1x2x4x5xf32>, %v: tensor<1x2x4x6xf32>) {
  // expected-error @below {{(attention.C3) the result's map names b, h, i and e once each}}
  %0 = transformer.attention (%q, %k, %v : tensor<1x2x3x5xf32>, tensor<1x2x4x5xf32>, tensor<1x2x4x6xf32>)
       scale 1.0 mask <none> dead_rows <nan> dims [1, 2, 3, 4, 5, 6] maps [affine_map<(b, h, i, j, d, e) -> (b, h, i, d)>, affine_map<(b, h, i, j, d, e) -> (b, h, j, d)>, affine_map<(b, h, i, j, d, e) -> (b, h, j, e)>] to affine_map<(b, h, i, j, d, e) -> (b, h, i)> -> tensor<1x2x3xf32>
  return
}

// -----

func.func @result_key(%q: tensor<1x2x3x5xf32>, %k: tensor<1x2x4x5xf32>, %v: tensor<1x2x4x6xf32>) {
  // expected-error @below {{(attention.C3) the result's map names b, h, i and e once each}}
  %0 = transformer.attention (%q, %k, %v : tensor<1x2x3x5xf32>, tensor<1x2x4x5xf32>, tensor<1x2x4x6xf32>)
       scale 1.0 mask <none> dead_rows <nan> dims [1, 2, 3, 4, 5, 6] maps [affine_map<(b, h, i, j, d, e) -> (b, h, i, d)>, affine_map<(b, h, i, j, d, e) -> (b, h, j, d)>, affine_map<(b, h, i, j, d, e) -> (b, h, j, e)>] to affine_map<(b, h, i, j, d, e) -> (b, h, j, e)> -> tensor<1x2x4x6xf32>
  return
}

// -----

func.func @result_zero(%q: tensor<1x2x3x5xf32>, %k: tensor<1x2x4x5xf32>, %v: tensor<1x2x4x6xf32>) {
  // expected-error @below {{(attention.C3) the result's map names b, h, i and e once each}}
  %0 = transformer.attention (%q, %k, %v : tensor<1x2x3x5xf32>, tensor<1x2x4x5xf32>, tensor<1x2x4x6xf32>)
       scale 1.0 mask <none> dead_rows <nan> dims [1, 2, 3, 4, 5, 6] maps [affine_map<(b, h, i, j, d, e) -> (b, h, i, d)>, affine_map<(b, h, i, j, d, e) -> (b, h, j, d)>, affine_map<(b, h, i, j, d, e) -> (b, h, j, e)>] to affine_map<(b, h, i, j, d, e) -> (b, h, 0, e)> -> tensor<1x2x1x6xf32>
  return
}

// -----

func.func @no_keys(%q: tensor<1x2x3x5xf32>, %k: tensor<1x2x4x5xf32>, %v: tensor<1x2x4x6xf32>) {
  // expected-error @below {{(attention.C4) padding(keys) goes with keys, tensor with mask_tensor, positions with positions}}
  %0 = transformer.attention (%q, %k, %v : tensor<1x2x3x5xf32>, tensor<1x2x4x5xf32>, tensor<1x2x4x6xf32>)
       scale 1.0 mask <tensor> dead_rows <nan> dims [1, 2, 3, 4, 5, 6] maps [affine_map<(b, h, i, j, d, e) -> (b, h, i, d)>, affine_map<(b, h, i, j, d, e) -> (b, h, j, d)>, affine_map<(b, h, i, j, d, e) -> (b, h, j, e)>] to affine_map<(b, h, i, j, d, e) -> (b, h, i, e)> -> tensor<1x2x3x6xf32>
  return
}

// -----

func.func @keys_not_named(%q: tensor<1x2x3x5xf32>, %k: tensor<1x2x4x5xf32>, %v: tensor<1x2x4x6xf32>, %m: tensor<1x4xi1>) {
  // expected-error @below {{(attention.C4) padding(keys) goes with keys, tensor with mask_tensor, positions with positions}}
  %0 = transformer.attention (%q, %k, %v : tensor<1x2x3x5xf32>, tensor<1x2x4x5xf32>, tensor<1x2x4x6xf32>) keys (%m : tensor<1x4xi1>)
       scale 1.0 mask <none> dead_rows <nan> dims [1, 2, 3, 4, 5, 6] maps [affine_map<(b, h, i, j, d, e) -> (b, h, i, d)>, affine_map<(b, h, i, j, d, e) -> (b, h, j, d)>, affine_map<(b, h, i, j, d, e) -> (b, h, j, e)>, affine_map<(b, h, i, j, d, e) -> (b, j)>] to affine_map<(b, h, i, j, d, e) -> (b, h, i, e)> -> tensor<1x2x3x6xf32>
  return
}

// -----

func.func @tensor_not_named(%q: tensor<1x2x3x5xf32>, %k: tensor<1x2x4x5xf32>, %v: tensor<1x2x4x6xf32>, %t: tensor<1x4xi1>) {
  // expected-error @below {{(attention.C4) padding(keys) goes with keys, tensor with mask_tensor, positions with positions}}
  %0 = transformer.attention (%q, %k, %v : tensor<1x2x3x5xf32>, tensor<1x2x4x5xf32>, tensor<1x2x4x6xf32>) mask_tensor (%t : tensor<1x4xi1>)
       scale 1.0 mask <none> dead_rows <nan> dims [1, 2, 3, 4, 5, 6] maps [affine_map<(b, h, i, j, d, e) -> (b, h, i, d)>, affine_map<(b, h, i, j, d, e) -> (b, h, j, d)>, affine_map<(b, h, i, j, d, e) -> (b, h, j, e)>, affine_map<(b, h, i, j, d, e) -> (b, j)>] to affine_map<(b, h, i, j, d, e) -> (b, h, i, e)> -> tensor<1x2x3x6xf32>
  return
}

// -----

func.func @keys_for_tensor(%q: tensor<1x2x3x5xf32>, %k: tensor<1x2x4x5xf32>, %v: tensor<1x2x4x6xf32>, %m: tensor<1x4xi1>) {
  // expected-error @below {{(attention.C4) padding(keys) goes with keys, tensor with mask_tensor, positions with positions}}
  %0 = transformer.attention (%q, %k, %v : tensor<1x2x3x5xf32>, tensor<1x2x4x5xf32>, tensor<1x2x4x6xf32>) keys (%m : tensor<1x4xi1>)
       scale 1.0 mask <tensor> dead_rows <nan> dims [1, 2, 3, 4, 5, 6] maps [affine_map<(b, h, i, j, d, e) -> (b, h, i, d)>, affine_map<(b, h, i, j, d, e) -> (b, h, j, d)>, affine_map<(b, h, i, j, d, e) -> (b, h, j, e)>, affine_map<(b, h, i, j, d, e) -> (b, j)>] to affine_map<(b, h, i, j, d, e) -> (b, h, i, e)> -> tensor<1x2x3x6xf32>
  return
}

// -----

func.func @positions_not_named(%q: tensor<1x2x3x5xf32>, %k: tensor<1x2x4x5xf32>, %v: tensor<1x2x4x6xf32>, %m: tensor<1x3xi64>) {
  // expected-error @below {{(attention.C4) padding(keys) goes with keys, tensor with mask_tensor, positions with positions}}
  %0 = transformer.attention (%q, %k, %v : tensor<1x2x3x5xf32>, tensor<1x2x4x5xf32>, tensor<1x2x4x6xf32>) positions (%m : tensor<1x3xi64>)
       scale 1.0 mask <causal> dead_rows <nan> dims [1, 2, 3, 4, 5, 6] maps [affine_map<(b, h, i, j, d, e) -> (b, h, i, d)>, affine_map<(b, h, i, j, d, e) -> (b, h, j, d)>, affine_map<(b, h, i, j, d, e) -> (b, h, j, e)>, affine_map<(b, h, i, j, d, e) -> (b, j)>] to affine_map<(b, h, i, j, d, e) -> (b, h, i, e)> -> tensor<1x2x3x6xf32>
  return
}

// -----

func.func @positions_of_keys(%q: tensor<1x2x3x5xf32>, %k: tensor<1x2x4x5xf32>, %v: tensor<1x2x4x6xf32>, %m: tensor<1x3xi64>) {
  // expected-error @below {{(attention.C5) a map depends on a loop that its operand does not have}}
  %0 = transformer.attention (%q, %k, %v : tensor<1x2x3x5xf32>, tensor<1x2x4x5xf32>, tensor<1x2x4x6xf32>) positions (%m : tensor<1x3xi64>)
       scale 1.0 mask <causal(positions = operand)> dead_rows <nan> dims [1, 2, 3, 4, 5, 6] maps [affine_map<(b, h, i, j, d, e) -> (b, h, i, d)>, affine_map<(b, h, i, j, d, e) -> (b, h, j, d)>, affine_map<(b, h, i, j, d, e) -> (b, h, j, e)>, affine_map<(b, h, i, j, d, e) -> (b, j)>] to affine_map<(b, h, i, j, d, e) -> (b, h, i, e)> -> tensor<1x2x3x6xf32>
  return
}

// -----

func.func @query_of_keys(%q: tensor<1x2x4x5xf32>, %k: tensor<1x2x4x5xf32>, %v: tensor<1x2x4x6xf32>) {
  // expected-error @below {{(attention.C5) a map depends on a loop that its operand does not have}}
  %0 = transformer.attention (%q, %k, %v : tensor<1x2x4x5xf32>, tensor<1x2x4x5xf32>, tensor<1x2x4x6xf32>)
       scale 1.0 mask <none> dead_rows <nan> dims [1, 2, 3, 4, 5, 6] maps [affine_map<(b, h, i, j, d, e) -> (b, h, j, d)>, affine_map<(b, h, i, j, d, e) -> (b, h, j, d)>, affine_map<(b, h, i, j, d, e) -> (b, h, j, e)>] to affine_map<(b, h, i, j, d, e) -> (b, h, i, e)> -> tensor<1x2x3x6xf32>
  return
}

// -----

func.func @key_of_queries(%q: tensor<1x2x3x5xf32>, %k: tensor<1x2x3x5xf32>, %v: tensor<1x2x4x6xf32>) {
  // expected-error @below {{(attention.C5) a map depends on a loop that its operand does not have}}
  %0 = transformer.attention (%q, %k, %v : tensor<1x2x3x5xf32>, tensor<1x2x3x5xf32>, tensor<1x2x4x6xf32>)
       scale 1.0 mask <none> dead_rows <nan> dims [1, 2, 3, 4, 5, 6] maps [affine_map<(b, h, i, j, d, e) -> (b, h, i, d)>, affine_map<(b, h, i, j, d, e) -> (b, h, i, d)>, affine_map<(b, h, i, j, d, e) -> (b, h, j, e)>] to affine_map<(b, h, i, j, d, e) -> (b, h, i, e)> -> tensor<1x2x3x6xf32>
  return
}

// -----

func.func @value_of_channels(%q: tensor<1x2x3x5xf32>, %k: tensor<1x2x4x5xf32>, %v: tensor<1x2x4x5xf32>) {
  // expected-error @below {{(attention.C5) a map depends on a loop that its operand does not have}}
  %0 = transformer.attention (%q, %k, %v : tensor<1x2x3x5xf32>, tensor<1x2x4x5xf32>, tensor<1x2x4x5xf32>)
       scale 1.0 mask <none> dead_rows <nan> dims [1, 2, 3, 4, 5, 6] maps [affine_map<(b, h, i, j, d, e) -> (b, h, i, d)>, affine_map<(b, h, i, j, d, e) -> (b, h, j, d)>, affine_map<(b, h, i, j, d, e) -> (b, h, j, d)>] to affine_map<(b, h, i, j, d, e) -> (b, h, i, e)> -> tensor<1x2x3x6xf32>
  return
}

// -----

func.func @padding_of_heads(%q: tensor<1x2x3x5xf32>, %k: tensor<1x2x4x5xf32>, %v: tensor<1x2x4x6xf32>, %m: tensor<2x4xi1>) {
  // expected-error @below {{(attention.C5) a map depends on a loop that its operand does not have}}
  %0 = transformer.attention (%q, %k, %v : tensor<1x2x3x5xf32>, tensor<1x2x4x5xf32>, tensor<1x2x4x6xf32>) keys (%m : tensor<2x4xi1>)
       scale 1.0 mask <padding(keys)> dead_rows <nan> dims [1, 2, 3, 4, 5, 6] maps [affine_map<(b, h, i, j, d, e) -> (b, h, i, d)>, affine_map<(b, h, i, j, d, e) -> (b, h, j, d)>, affine_map<(b, h, i, j, d, e) -> (b, h, j, e)>, affine_map<(b, h, i, j, d, e) -> (h, j)>] to affine_map<(b, h, i, j, d, e) -> (b, h, i, e)> -> tensor<1x2x3x6xf32>
  return
}

// -----

func.func @padding_of_queries(%q: tensor<1x2x3x5xf32>, %k: tensor<1x2x4x5xf32>, %v: tensor<1x2x4x6xf32>, %m: tensor<3x4xi1>) {
  // expected-error @below {{(attention.C5) a map depends on a loop that its operand does not have}}
  %0 = transformer.attention (%q, %k, %v : tensor<1x2x3x5xf32>, tensor<1x2x4x5xf32>, tensor<1x2x4x6xf32>) keys (%m : tensor<3x4xi1>)
       scale 1.0 mask <padding(keys)> dead_rows <nan> dims [1, 2, 3, 4, 5, 6] maps [affine_map<(b, h, i, j, d, e) -> (b, h, i, d)>, affine_map<(b, h, i, j, d, e) -> (b, h, j, d)>, affine_map<(b, h, i, j, d, e) -> (b, h, j, e)>, affine_map<(b, h, i, j, d, e) -> (i, j)>] to affine_map<(b, h, i, j, d, e) -> (b, h, i, e)> -> tensor<1x2x3x6xf32>
  return
}

// -----

func.func @bias_of_channels(%q: tensor<1x2x3x5xf32>, %k: tensor<1x2x4x5xf32>, %v: tensor<1x2x4x6xf32>, %a: tensor<3x5xf32>) {
  // expected-error @below {{(attention.C5) a map depends on a loop that its operand does not have}}
  %0 = transformer.attention (%q, %k, %v : tensor<1x2x3x5xf32>, tensor<1x2x4x5xf32>, tensor<1x2x4x6xf32>) bias (%a : tensor<3x5xf32>)
       scale 1.0 mask <none> dead_rows <nan> dims [1, 2, 3, 4, 5, 6] maps [affine_map<(b, h, i, j, d, e) -> (b, h, i, d)>, affine_map<(b, h, i, j, d, e) -> (b, h, j, d)>, affine_map<(b, h, i, j, d, e) -> (b, h, j, e)>, affine_map<(b, h, i, j, d, e) -> (i, d)>] to affine_map<(b, h, i, j, d, e) -> (b, h, i, e)> -> tensor<1x2x3x6xf32>
  return
}

// -----

func.func @mask_of_channels(%q: tensor<1x2x3x5xf32>, %k: tensor<1x2x4x5xf32>, %v: tensor<1x2x4x6xf32>, %t: tensor<3x6xi1>) {
  // expected-error @below {{(attention.C5) a map depends on a loop that its operand does not have}}
  %0 = transformer.attention (%q, %k, %v : tensor<1x2x3x5xf32>, tensor<1x2x4x5xf32>, tensor<1x2x4x6xf32>) mask_tensor (%t : tensor<3x6xi1>)
       scale 1.0 mask <tensor> dead_rows <nan> dims [1, 2, 3, 4, 5, 6] maps [affine_map<(b, h, i, j, d, e) -> (b, h, i, d)>, affine_map<(b, h, i, j, d, e) -> (b, h, j, d)>, affine_map<(b, h, i, j, d, e) -> (b, h, j, e)>, affine_map<(b, h, i, j, d, e) -> (i, e)>] to affine_map<(b, h, i, j, d, e) -> (b, h, i, e)> -> tensor<1x2x3x6xf32>
  return
}

// -----

func.func @seven_dimensions(%q: tensor<1x1x1x1x2x3x5xf32>, %k: tensor<1x2x4x5xf32>, %v: tensor<1x2x4x6xf32>) {
  // expected-error @below {{(attention.C5) a map depends on a loop that its operand does not have}}
  %0 = transformer.attention (%q, %k, %v : tensor<1x1x1x1x2x3x5xf32>, tensor<1x2x4x5xf32>, tensor<1x2x4x6xf32>)
       scale 1.0 mask <none> dead_rows <nan> dims [1, 2, 3, 4, 5, 6] maps [affine_map<(b, h, i, j, d, e) -> (0, 0, 0, b, h, i, d)>, affine_map<(b, h, i, j, d, e) -> (b, h, j, d)>, affine_map<(b, h, i, j, d, e) -> (b, h, j, e)>] to affine_map<(b, h, i, j, d, e) -> (b, h, i, e)> -> tensor<1x2x3x6xf32>
  return
}
