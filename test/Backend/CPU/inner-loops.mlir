// The innermost loops of generated kernels keep their sums in registers, whatever the epilogue:
// eight rows of three vectors (two for queries), four steps at a time, and no vector spilled.
// RUN: attune compile -q %s --cpu=x86-64-v4 --emit=asm | %python %S/Inputs/inner_loops.py | FileCheck %s --check-prefix=V4 --implicit-check-not='spills={{[1-9]}}'
// RUN: attune compile -q %s --cpu=x86-64-v3 --emit=asm | %python %S/Inputs/inner_loops.py | FileCheck %s --check-prefix=V3

// V4-DAG: attune_kernel_contract_0 products=96 spills=0 scalars=0
// V4-DAG: attune_kernel_contract_0_few_rows products=96 spills=0 scalars=0
// V4-DAG: attune_kernel_contract_0_one_row products=24 spills=0 scalars=0
// V3-DAG: attune_kernel_contract_0 products=48 spills=0
// V3-DAG: attune_kernel_contract_0_few_rows products=48 spills=0
// V3-DAG: attune_kernel_contract_0_one_row products=16 spills=0
// Rows a power of two apart, whose steps few rows take in blocks.
// V4-DAG: attune_kernel_contract_1 products=96 spills=0 scalars=0
// V4-DAG: attune_kernel_contract_1_few_rows products=96 spills=0 scalars=0
// V3-DAG: attune_kernel_contract_1 products=48 spills=0
// V3-DAG: attune_kernel_contract_1_few_rows products=48 spills=0
// V4-DAG: attune_kernel_attention_2 products=64 spills=0 scalars=0
// V3-DAG: attune_kernel_attention_2 products=48 spills=0
// V4-DAG: attune_kernel_attention_2_few_queries products=32 spills=0
// V3-DAG: attune_kernel_attention_2_few_queries products=32 spills=0
// V4-DAG: attune_kernel_attention_2_decode products=32 spills=0

#heads = affine_map<(b, h, i, j, d, e) -> (b, i, h, d)>
#keys = affine_map<(b, h, i, j, d, e) -> (b, j, h, d)>
#values = affine_map<(b, h, i, j, d, e) -> (b, j, h, e)>
#result = affine_map<(b, h, i, j, d, e) -> (b, i, h, e)>

func.func @main(%x: tensor<?x77xf32> {attune.name = "x", attune.dims = ["m", 77]},
                %u: tensor<?x2048xf32> {attune.name = "u", attune.dims = ["m", 2048]},
                %q: tensor<1x?x12x64xf32> {attune.name = "q", attune.dims = [1, "m", 12, 64]})
    -> (tensor<?x1000xf32> {attune.name = "y", attune.dims = ["m", 1000]},
        tensor<?x512xf32> {attune.name = "r", attune.dims = ["m", 512]},
        tensor<1x?x12x64xf32> {attune.name = "z", attune.dims = [1, "m", 12, 64]}) {
  %w = transformer.weight <file = "w", offset = 0, bytes = 308000, hash = "0", source = tensor<77x1000xf32>> : tensor<77x1000xf32>
  %b = arith.constant dense<0.5> : tensor<1000xf32>
  %y = transformer.contract (%x, %w : tensor<?x77xf32>, tensor<77x1000xf32>) extra (%b : tensor<1000xf32>)
      dims ["m", 1000, 77] maps [affine_map<(m, n, k) -> (m, k)>, affine_map<(m, n, k) -> (k, n)>,
      affine_map<(m, n, k) -> (n)>] to affine_map<(m, n, k) -> (m, n)> {
  ^bb0(%acc: f32, %be: f32):
    %s = arith.addf %acc, %be : f32
    %g = transformer.activation <gelu> %s : f32
    transformer.yield %g : f32
  } -> tensor<?x1000xf32>
  %d = transformer.weight <file = "w", offset = 308000, bytes = 4194304, hash = "0", source = tensor<2048x512xf32>> : tensor<2048x512xf32>
  %r = transformer.contract (%u, %d : tensor<?x2048xf32>, tensor<2048x512xf32>)
      dims ["m", 512, 2048] maps [affine_map<(m, n, k) -> (m, k)>, affine_map<(m, n, k) -> (k, n)>]
      to affine_map<(m, n, k) -> (m, n)> {
  ^bb0(%acc: f32):
    transformer.yield %acc : f32
  } -> tensor<?x512xf32>
  %z = transformer.attention (%q, %q, %q : tensor<1x?x12x64xf32>, tensor<1x?x12x64xf32>, tensor<1x?x12x64xf32>)
      scale 1.25e-1 mask <causal> dead_rows <nan> dims [1, 12, "m", "m", 64, 64]
      maps [#heads, #keys, #values] to #result -> tensor<1x?x12x64xf32>
  return %y, %r, %z : tensor<?x1000xf32>, tensor<?x512xf32>, tensor<1x?x12x64xf32>
}
