// Two tiles of few rows take long sums in blocks; other variants take all steps at once, as do sums
// without a divisor of that size. (1538 is twice a prime.)
// RUN: attune compile -q %s --cpu=x86-64-v4 --emit=tensor | FileCheck %s

// CHECK-DAG: task = [128, 48, 17] vector = [8, 16, 3] variant = "tiled"
// CHECK-DAG: task = [16, 48, 1, 192] vector = [8, 16, 3] variant = "few_rows"
// CHECK-DAG: task = [16, 48, 1] vector = [8, 16, 3] variant = "few_rows"

#rows = affine_map<(m, n, k) -> (m, k)>
#columns = affine_map<(m, n, k) -> (k, n)>
#out = affine_map<(m, n, k) -> (m, n)>

func.func @main(%x: tensor<?x1536xf32> {attune.name = "x", attune.dims = ["m", 1536]},
                %t: tensor<?x1538xf32> {attune.name = "t", attune.dims = ["m", 1538]})
    -> (tensor<?x48xf32> {attune.name = "y", attune.dims = ["m", 48]},
        tensor<?x48xf32> {attune.name = "z", attune.dims = ["m", 48]}) {
  %w = transformer.weight <file = "w", offset = 0, bytes = 294912, hash = "0", source = tensor<1536x48xf32>> : tensor<1536x48xf32>
  %v = transformer.weight <file = "w", offset = 294912, bytes = 295296, hash = "1", source = tensor<1538x48xf32>> : tensor<1538x48xf32>
  %y = transformer.contract (%x, %w : tensor<?x1536xf32>, tensor<1536x48xf32>)
      dims ["m", 48, 1536] maps [#rows, #columns] to #out {
  ^bb0(%acc: f32):
    transformer.yield %acc : f32
  } -> tensor<?x48xf32>
  %z = transformer.contract (%t, %v : tensor<?x1538xf32>, tensor<1538x48xf32>)
      dims ["m", 48, 1538] maps [#rows, #columns] to #out {
  ^bb0(%acc: f32):
    transformer.yield %acc : f32
  } -> tensor<?x48xf32>
  return %y, %z : tensor<?x48xf32>, tensor<?x48xf32>
}
