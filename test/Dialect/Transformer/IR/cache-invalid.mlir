// Every constraint of cache_append, broken once.
// RUN: attune-opt %s --split-input-file --verify-diagnostics

func.func @cache_append_c1(%past: tensor<?x4x8x2xf32>, %new: tensor<?x4x?x2xf32>, %start: tensor<?xi64>) {
  // expected-error @below {{(cache_append.C1) dims does not match the result's type}}
  %0 = transformer.cache_append %past, %new at %start axis 2 dims ["batch", 4, 9, 2]
      : tensor<?x4x8x2xf32>, tensor<?x4x?x2xf32>, tensor<?xi64> -> tensor<?x4x8x2xf32>
  return
}

// -----

func.func @cache_append_c2(%past: tensor<?x4x8x2xf32>, %new: tensor<?x4x?x2xf32>, %start: tensor<?xi64>) {
  // expected-error @below {{(cache_append.C2) axis is out of range}}
  %0 = transformer.cache_append %past, %new at %start axis 0 dims ["batch", 4, 8, 2]
      : tensor<?x4x8x2xf32>, tensor<?x4x?x2xf32>, tensor<?xi64> -> tensor<?x4x8x2xf32>
  return
}

// -----

func.func @cache_append_c3(%past: tensor<?x4x8x2xf32>, %new: tensor<?x4x?x3xf32>, %start: tensor<?xi64>) {
  // expected-error @below {{(cache_append.C3) dimension 3 differs}}
  %0 = transformer.cache_append %past, %new at %start axis 2 dims ["batch", 4, 8, 2]
      : tensor<?x4x8x2xf32>, tensor<?x4x?x3xf32>, tensor<?xi64> -> tensor<?x4x8x2xf32>
  return
}

// -----

func.func @cache_append_c4(%past: tensor<?x4x8x2xf32>, %new: tensor<?x4x?x2xf32>, %start: tensor<3xi64>) {
  // expected-error @below {{(cache_append.C4) start has not one element per sequence}}
  %0 = transformer.cache_append %past, %new at %start axis 2 dims ["batch", 4, 8, 2]
      : tensor<?x4x8x2xf32>, tensor<?x4x?x2xf32>, tensor<3xi64> -> tensor<?x4x8x2xf32>
  return
}
