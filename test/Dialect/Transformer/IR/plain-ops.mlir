// RUN: attune-opt %s | attune-opt | FileCheck %s

// CHECK-LABEL: func.func @map
// CHECK: transformer.map(%{{.*}}, %{{.*}} : tensor<?x384xf32>, tensor<384xf32>) dims ["batch * seq", 384]
func.func @map(%x: tensor<?x384xf32>, %b: tensor<384xf32>) -> tensor<?x384xf32> {
  %y = transformer.map (%x, %b : tensor<?x384xf32>, tensor<384xf32>)
      dims ["batch * seq", 384] maps [affine_map<(d0, d1) -> (d0, d1)>, affine_map<(d0, d1) -> (d1)>] {
  ^bb0(%xe: f32, %be: f32):
    %s = arith.addf %xe, %be : f32
    transformer.yield %s : f32
  } -> tensor<?x384xf32>
  return %y : tensor<?x384xf32>
}

// CHECK-LABEL: func.func @reduce_indices
// CHECK: transformer.reduce <max>() dims ["n"] maps [] to #{{.*}} {
// CHECK-NEXT: transformer.index 0
func.func @reduce_indices() -> tensor<i64> {
  %y = transformer.reduce <max> () dims ["n"] maps [] to affine_map<(d0) -> ()> {
    %i = transformer.index 0
    %j = arith.index_cast %i : index to i64
    transformer.yield %j : i64
  } -> tensor<i64>
  return %y : tensor<i64>
}

// CHECK-LABEL: func.func @iota
// CHECK: transformer.map() dims ["n"] maps [] {
// CHECK: transformer.index 0
func.func @iota() -> tensor<?xi64> {
  %y = transformer.map () dims ["n"] maps [] {
    %i = transformer.index 0
    %j = arith.index_cast %i : index to i64
    transformer.yield %j : i64
  } -> tensor<?xi64>
  return %y : tensor<?xi64>
}

// CHECK-LABEL: func.func @reduce
// CHECK: transformer.reduce <max>(%{{.*}} : tensor<?x4xf32>) dims ["n", 4] maps [#{{.*}}] to #{{.*}} {
func.func @reduce(%x: tensor<?x4xf32>) -> tensor<?x1xf32> {
  %y = transformer.reduce <max> (%x : tensor<?x4xf32>) dims ["n", 4]
      maps [affine_map<(d0, d1) -> (d0, d1)>] to affine_map<(d0, d1) -> (d0, 0)> {
  ^bb0(%e: f32):
    transformer.yield %e : f32
  } -> tensor<?x1xf32>
  return %y : tensor<?x1xf32>
}

// CHECK-LABEL: func.func @contract
// CHECK: transformer.contract(%{{.*}}, %{{.*}} : tensor<?x384xf32>, tensor<384x1536xf32>) extra(%{{.*}} : tensor<1536xf32>)
func.func @contract(%x: tensor<?x384xf32>, %w: tensor<384x1536xf32>, %b: tensor<1536xf32>) -> tensor<?x1536xf32> {
  %y = transformer.contract (%x, %w : tensor<?x384xf32>, tensor<384x1536xf32>)
      extra (%b : tensor<1536xf32>) dims ["batch * seq", 1536, 384]
      maps [affine_map<(m, n, k) -> (m, k)>, affine_map<(m, n, k) -> (k, n)>,
            affine_map<(m, n, k) -> (n)>] to affine_map<(m, n, k) -> (m, n)> {
  ^bb0(%acc: f32, %be: f32):
    %s = arith.addf %acc, %be : f32
    %g = transformer.activation <gelu> %s : f32
    transformer.yield %g : f32
  } -> tensor<?x1536xf32>
  return %y : tensor<?x1536xf32>
}

// CHECK-LABEL: func.func @others
// CHECK: transformer.softmax %{{.*}} axis 1 dims ["n", 4] : tensor<?x4xf32>
// CHECK: transformer.reshape %{{.*}} dims ["2 * n", 2] : tensor<?x4xf32> -> tensor<?x2xf32>
// CHECK: transformer.weight <file = "w.bin", offset = 64, bytes = 32, hash = "0123456789abcdef", source = tensor<2x4xf32>, recipe = [#transformer.permute<1, 0>, #transformer.scale<2.000000e+00 : f64>]> : tensor<4x2xf32>
// CHECK: transformer.shape ["2 * n", 2] : tensor<2xi64>
func.func @others(%x: tensor<?x4xf32>) -> (tensor<?x2xf32>, tensor<4x2xf32>, tensor<2xi64>) {
  %0 = transformer.softmax %x axis 1 dims ["n", 4] : tensor<?x4xf32>
  %1 = transformer.reshape %0 dims ["2 * n", 2] : tensor<?x4xf32> -> tensor<?x2xf32>
  %2 = transformer.weight <file = "w.bin", offset = 64, bytes = 32, hash = "0123456789abcdef", source = tensor<2x4xf32>,
      recipe = [#transformer.permute<1, 0>, #transformer.scale<2.0 : f64>]> : tensor<4x2xf32>
  %3 = transformer.shape ["2 * n", 2] : tensor<2xi64>
  return %1, %2, %3 : tensor<?x2xf32>, tensor<4x2xf32>, tensor<2xi64>
}

// CHECK-LABEL: func.func @cache_append
func.func @cache_append(%past: tensor<?x4x8x2xf32>, %new: tensor<?x4x?x2xf32>, %start: tensor<?xi64>)
    -> (tensor<?x4x8x2xf32>, tensor<?x4x8x2xf32>) {
  // CHECK: transformer.cache_append %{{.*}}, %{{.*}} at %{{.*}} axis 2 dims ["batch", 4, 8, 2] : tensor<?x4x8x2xf32>, tensor<?x4x?x2xf32>, tensor<?xi64> -> tensor<?x4x8x2xf32>
  %0 = transformer.cache_append %past, %new at %start axis 2 dims ["batch", 4, 8, 2]
      : tensor<?x4x8x2xf32>, tensor<?x4x?x2xf32>, tensor<?xi64> -> tensor<?x4x8x2xf32>
  // CHECK: transformer.cache_append %{{.*}}, %{{.*}} at %{{.*}} axis 2 ring dims ["batch", 4, 8, 2] :
  %1 = transformer.cache_append %past, %new at %start axis 2 ring dims ["batch", 4, 8, 2]
      : tensor<?x4x8x2xf32>, tensor<?x4x?x2xf32>, tensor<?xi64> -> tensor<?x4x8x2xf32>
  return %0, %1 : tensor<?x4x8x2xf32>, tensor<?x4x8x2xf32>
}
