// RUN: attune-opt %s --split-input-file --verify-diagnostics

func.func @no_axes(%x: tensor<2x4xf32>) {
  // expected-error @below {{(norm.C1) axes is out of range}}
  %0 = transformer.norm <layer> %x axes 0 epsilon 0.0 dims [2, 4] : tensor<2x4xf32>
  return
}

// -----

func.func @negative_axes(%x: tensor<2x4xf32>) {
  // expected-error @below {{(norm.C1) axes is out of range}}
  %0 = transformer.norm <layer> %x axes -1 epsilon 0.0 dims [2, 4] : tensor<2x4xf32>
  return
}

// -----

func.func @too_many(%x: tensor<2x4xf32>) {
  // expected-error @below {{(norm.C1) axes is out of range}}
  %0 = transformer.norm <layer> %x axes 3 epsilon 0.0 dims [2, 4] : tensor<2x4xf32>
  return
}

// -----

func.func @dims(%x: tensor<2x4xf32>) {
  // expected-error @below {{(dims.C1) an extent is -2}}
  %0 = transformer.norm <layer> %x axes 1 epsilon 0.0 dims [-2, 4] : tensor<2x4xf32>
  return
}

// -----

func.func @rank(%x: tensor<2x4xf32>) {
  // expected-error @below {{(norm.C2) dims does not match the type}}
  %0 = transformer.norm <layer> %x axes 1 epsilon 0.0 dims [4] : tensor<2x4xf32>
  return
}

// -----

func.func @dynamic(%x: tensor<2x4xf32>) {
  // expected-error @below {{(norm.C2) dims does not match the type}}
  %0 = transformer.norm <layer> %x axes 1 epsilon 0.0 dims ["n", 4] : tensor<2x4xf32>
  return
}

// -----

func.func @scale_rank(%x: tensor<2x4xf32>, %w: tensor<4xf32>) {
  // expected-error @below {{(norm.C3) scale and shift have the shape of the normalised dimensions}}
  %0 = transformer.norm <layer> %x scale (%w : tensor<4xf32>) axes 2 epsilon 0.0 dims [2, 4] : tensor<2x4xf32>
  return
}

// -----

func.func @shift(%x: tensor<2x4xf32>, %w: tensor<2xf32>) {
  // expected-error @below {{(norm.C3) scale and shift have the shape of the normalised dimensions}}
  %0 = transformer.norm <layer> %x shift (%w : tensor<2xf32>) axes 1 epsilon 0.0 dims [2, 4] : tensor<2x4xf32>
  return
}

// -----

func.func @shift_beside_scale(%x: tensor<2x4xf32>, %v: tensor<4xf32>, %w: tensor<5xf32>) {
  // expected-error @below {{(norm.C3) scale and shift have the shape of the normalised dimensions}}
  %0 = transformer.norm <layer> %x scale (%v : tensor<4xf32>) shift (%w : tensor<5xf32>) axes 1 epsilon 0.0 dims [2, 4] : tensor<2x4xf32>
  return
}

// -----

func.func @nan(%x: tensor<2x4xf32>) {
  // expected-error @below {{(norm.C4) needs floating-point elements and a non-negative epsilon}}
  %0 = transformer.norm <layer> %x axes 1 epsilon 0x7FF8000000000000 dims [2, 4] : tensor<2x4xf32>
  return
}
