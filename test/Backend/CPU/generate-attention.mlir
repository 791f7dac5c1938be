// Attention stays whole where a generator takes it; its kernel has no buffer that depends on the
// number of keys, and visits none behind a causal mask's last.
// RUN: attune compile -q %s --cpu=x86-64-v4 --emit=tensor | FileCheck %s --check-prefix=TENSOR
// RUN: attune compile -q %s --cpu=x86-64-v4 --emit=tensor | attune-opt -cpu-generate-attention | FileCheck %s
// RUN: attune compile -q %s --cpu=x86-64-v4 --emit=tensor | sed 's/64\] vector/63] vector/' | not attune-opt -cpu-generate-attention 2>&1 | FileCheck %s --check-prefix=BAD

// BAD: the attention generator does not take this kernel

// TENSOR: #[[$FEW:.*]] = affine_set<(d0, d1, d2, d3) : (-d1 + 16 >= 0)>
// TENSOR: #[[$DECODE:.*]] = affine_set<(d0, d1, d2, d3) : (-d1 + 2 >= 0)>
// TENSOR: exec.dispatch [@attention_0_decode, @attention_0_few_queries, @attention_0]
// Half precision has no generator yet: contract, softmax, contract.
// TENSOR: exec.dispatch [@contract
// TENSOR: exec.dispatch [@softmax
// TENSOR-LABEL: func.func @attention_0
// TENSOR-SAME: exec.generator = "attention"
// TENSOR-SAME: exec.schedule = #exec.schedule<task = [512, 64] vector = [8, 16, 2] variant = "blocks">
// The offset of a causal mask is a word.
// TENSOR-SAME: exec.words = ["batch", "q", "kv", "kv - q"]
// TENSOR: transformer.attention
// TENSOR-LABEL: func.func @attention_0_few_queries
// TENSOR-SAME: exec.schedule = #exec.schedule<task = [16, 64] vector = [8, 16, 1] variant = "few_queries">
// TENSOR-SAME: exec.when = #[[$FEW]]
// TENSOR-LABEL: func.func @attention_0_decode
// TENSOR-SAME: exec.generator = "attention_rows"
// TENSOR-SAME: exec.schedule = #exec.schedule<task = [2, 192] vector = [1, 16] variant = "decode">
// TENSOR-SAME: exec.when = #[[$DECODE]]

// CHECK-LABEL: func.func @attention_0
// CHECK-NOT: memref.alloc(
// Queries, sums, scores; keys and values that the blocks of queries share.
// CHECK-DAG: memref.alloca() {alignment = 64 : i64} : memref<512x32xf32>
// CHECK-DAG: memref.alloca() {alignment = 64 : i64} : memref<64x32xf32>
// CHECK-DAG: memref.alloca() {alignment = 64 : i64} : memref<64x8xf32>
// 8 to 16 blocks of 32 queries in a task: as few as leave 24 tasks.
// CHECK: %[[BLOCKS:.*]] = arith.ceildivsi %{{.*}}, %c24
// CHECK: %[[MOST:.*]] = arith.maxsi %[[BLOCKS]], %c8
// CHECK: arith.minsi %[[MOST]], %c16
// CHECK: scf.forall
// CHECK: vector.shuffle
// CHECK: vector.fma
// Only blocks of keys that the diagonal cuts are masked.
// CHECK: scf.if
// CHECK: vector.create_mask
// Scores are in powers of two.
// CHECK: math.exp2 {{.*}} : vector<16xf32>
// Each task tells once how many tiles it visited, and of how many.
// CHECK: exec.count_tiles %{{.*}} of
// CHECK-NOT: = transformer.attention

func.func @main(
    %q: tensor<?x4x?x32xf32> {attune.name = "q", attune.dims = ["batch", 4, "q", 32]},
    %k: tensor<?x4x?x32xf32> {attune.name = "k", attune.dims = ["batch", 4, "kv", 32]},
    %v: tensor<?x4x?x8xf32> {attune.name = "v", attune.dims = ["batch", 4, "kv", 8]},
    %h: tensor<?x4x?x32xf16> {attune.name = "h", attune.dims = ["batch", 4, "kv", 32]})
    -> (tensor<?x4x?x8xf32> {attune.name = "y", attune.dims = ["batch", 4, "q", 8]},
        tensor<?x4x?x32xf16> {attune.name = "z", attune.dims = ["batch", 4, "kv", 32]}) {
  %y = transformer.attention (%q, %k, %v : tensor<?x4x?x32xf32>, tensor<?x4x?x32xf32>, tensor<?x4x?x8xf32>)
      scale 5.0e-1 mask <causal(offset = "kv - q")> dead_rows <zero> dims ["batch", 4, "q", "kv", 32, 8]
      maps [affine_map<(b, h, i, j, d, e) -> (b, h, i, d)>, affine_map<(b, h, i, j, d, e) -> (b, h, j, d)>,
            affine_map<(b, h, i, j, d, e) -> (b, h, j, e)>]
      to affine_map<(b, h, i, j, d, e) -> (b, h, i, e)> -> tensor<?x4x?x8xf32>
  %z = transformer.attention (%h, %h, %h : tensor<?x4x?x32xf16>, tensor<?x4x?x32xf16>, tensor<?x4x?x32xf16>)
      scale 1.0 mask <none> dead_rows <nan> dims ["batch", 4, "kv", "kv", 32, 32]
      maps [affine_map<(b, h, i, j, d, e) -> (b, h, i, d)>, affine_map<(b, h, i, j, d, e) -> (b, h, j, d)>,
            affine_map<(b, h, i, j, d, e) -> (b, h, j, e)>]
      to affine_map<(b, h, i, j, d, e) -> (b, h, i, e)> -> tensor<?x4x?x32xf16>
  return %y, %z : tensor<?x4x?x8xf32>, tensor<?x4x?x32xf16>
}
