// RUN: attune-opt %s --split-input-file --verify-diagnostics

func.func @c5(%x: tensor<2x4xf32>, %r: tensor<1x4xf32>) {
  // expected-error @below {{(norm.C5) the residual does not have the input's type}}
  %0 = transformer.norm <layer> %x residual (%r : tensor<1x4xf32>) axes 1 epsilon 0.0 dims [2, 4] : tensor<2x4xf32>
  return
}

// -----

func.func @c1(%x: tensor<4xf32>) {
  // expected-error @below {{(norm.C1) axes is out of range}}
  %0 = transformer.norm <layer> %x axes 2 epsilon 0.0 dims [4] : tensor<4xf32>
  return
}

// -----

func.func @c2(%x: tensor<4xf32>) {
  // expected-error @below {{(norm.C2) dims does not match the type}}
  %0 = transformer.norm <layer> %x axes 1 epsilon 0.0 dims [5] : tensor<4xf32>
  return
}

// -----

func.func @c3(%x: tensor<2x4xf32>, %w: tensor<2xf32>) {
  // expected-error @below {{(norm.C3) scale and shift have the shape of the normalised dimensions}}
  %0 = transformer.norm <layer> %x scale (%w : tensor<2xf32>) axes 1 epsilon 0.0 dims [2, 4] : tensor<2x4xf32>
  return
}

// -----

func.func @c4(%x: tensor<4xf32>) {
  // expected-error @below {{(norm.C4) needs floating-point elements and a non-negative epsilon}}
  %0 = transformer.norm <layer> %x axes 1 epsilon -1.0 dims [4] : tensor<4xf32>
  return
}

// -----

func.func @c4_type(%x: tensor<4xi32>) {
  // expected-error @below {{(norm.C4) needs floating-point elements and a non-negative epsilon}}
  %0 = transformer.norm <layer> %x axes 1 epsilon 1.0 dims [4] : tensor<4xi32>
  return
}
