// Panels are three vectors wide where that is not lost to padding, else two.
// RUN: attune compile -q %s --cpu=x86-64-v4 --emit=device | FileCheck %s --check-prefix=V4
// RUN: attune compile -q %s --cpu=x86-64-v3 --emit=device | FileCheck %s --check-prefix=V3

// V4: source = tensor<8x64xf32>, recipe = [#transformer.panels<32>]
// V4: source = tensor<8x128xf32>, recipe = [#transformer.panels<32>]
// V4: source = tensor<8x144xf32>, recipe = [#transformer.panels<48>]
// V4: source = tensor<8x1000xf32>, recipe = [#transformer.panels<48>]
// V3: source = tensor<8x64xf32>, recipe = [#transformer.panels<16>]
// V3: source = tensor<8x1000xf32>, recipe = [#transformer.panels<16>]

#rows = affine_map<(m, n, k) -> (m, k)>
#columns = affine_map<(m, n, k) -> (k, n)>
#out = affine_map<(m, n, k) -> (m, n)>

func.func @main(%x: tensor<?x8xf32> {attune.name = "x", attune.dims = ["m", 8]})
    -> (tensor<?x64xf32> {attune.name = "y64", attune.dims = ["m", 64]},
        tensor<?x128xf32> {attune.name = "y128", attune.dims = ["m", 128]},
        tensor<?x144xf32> {attune.name = "y144", attune.dims = ["m", 144]},
        tensor<?x1000xf32> {attune.name = "y1000", attune.dims = ["m", 1000]}) {
  %w64 = transformer.weight <file = "w", offset = 0, bytes = 2048, hash = "0", source = tensor<8x64xf32>> : tensor<8x64xf32>
  %w128 = transformer.weight <file = "w", offset = 2048, bytes = 4096, hash = "1", source = tensor<8x128xf32>> : tensor<8x128xf32>
  %w144 = transformer.weight <file = "w", offset = 6144, bytes = 4608, hash = "2", source = tensor<8x144xf32>> : tensor<8x144xf32>
  %w1000 = transformer.weight <file = "w", offset = 10752, bytes = 32000, hash = "3", source = tensor<8x1000xf32>> : tensor<8x1000xf32>
  %y64 = transformer.contract (%x, %w64 : tensor<?x8xf32>, tensor<8x64xf32>)
      dims ["m", 64, 8] maps [#rows, #columns] to #out {
  ^bb0(%acc: f32):
    transformer.yield %acc : f32
  } -> tensor<?x64xf32>
  %y128 = transformer.contract (%x, %w128 : tensor<?x8xf32>, tensor<8x128xf32>)
      dims ["m", 128, 8] maps [#rows, #columns] to #out {
  ^bb0(%acc: f32):
    transformer.yield %acc : f32
  } -> tensor<?x128xf32>
  %y144 = transformer.contract (%x, %w144 : tensor<?x8xf32>, tensor<8x144xf32>)
      dims ["m", 144, 8] maps [#rows, #columns] to #out {
  ^bb0(%acc: f32):
    transformer.yield %acc : f32
  } -> tensor<?x144xf32>
  %y1000 = transformer.contract (%x, %w1000 : tensor<?x8xf32>, tensor<8x1000xf32>)
      dims ["m", 1000, 8] maps [#rows, #columns] to #out {
  ^bb0(%acc: f32):
    transformer.yield %acc : f32
  } -> tensor<?x1000xf32>
  return %y64, %y128, %y144, %y1000 : tensor<?x64xf32>, tensor<?x128xf32>, tensor<?x144xf32>, tensor<?x1000xf32>
}
