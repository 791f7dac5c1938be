// One query that is known to be one: the kernel that goes row by row, for the heads that share keys
// together. Rows of keys that are not in one piece, or more queries, stay with blocks of queries.
// RUN: attune compile -q %s --cpu=x86-64-v4 --emit=tensor | FileCheck %s --check-prefix=TENSOR
// RUN: attune compile -q %s --cpu=x86-64-v4 --emit=tensor | attune-opt -cpu-generate-attention | FileCheck %s
// RUN: attune compile -q %s --cpu=x86-64-v4 --emit=tensor | sed 's/vector = \[4, 16\]/vector = [3, 16]/' | not attune-opt -cpu-generate-attention 2>&1 | FileCheck %s --check-prefix=BAD
// RUN: attune compile -q %s --cpu=x86-64-v4 --emit=tensor | sed 's/task = \[2, 144\]/task = [2, 120]/' | not attune-opt -cpu-generate-attention 2>&1 | FileCheck %s --check-prefix=BAD

// BAD: the attention generator does not take this kernel

// TENSOR: exec.dispatch [@attention_0] ins
// TENSOR: exec.dispatch [@attention_1] ins
// TENSOR-LABEL: func.func @attention_0
// TENSOR-SAME: exec.generator = "attention_rows"
// TENSOR-SAME: exec.schedule = #exec.schedule<task = [2, 144] vector = [4, 16] variant = "decode">
// TENSOR-LABEL: func.func @attention_1
// TENSOR-SAME: exec.generator = "attention"

// CHECK-LABEL: func.func @attention_0
// Eight rows: two queries at most of four heads; their sums; a block of scores.
// CHECK-DAG: memref.alloca() {alignment = 64 : i64} : memref<8x48xf32>
// CHECK-DAG: memref.alloca() {alignment = 64 : i64} : memref<8x16xf32>
// CHECK-DAG: memref.alloca() {alignment = 64 : i64} : memref<144xf32>
// CHECK: scf.forall (%{{.*}}, %[[G:.*]]) in
// The head of the keys and values is the group, whatever the head of the query.
// CHECK: vector.load
// CHECK: vector.fma
// Eight channels are left behind 32.
// CHECK: vector.maskedload
// CHECK: vector.shuffle
// CHECK-NOT: = transformer.attention

func.func @main(
    %q: tensor<?x8x1x40xf32> {attune.name = "q", attune.dims = ["batch", 8, 1, 40]},
    %k: tensor<?x2x?x40xf32> {attune.name = "k", attune.dims = ["batch", 2, "kv", 40]},
    %t: tensor<?x2x40x?xf32> {attune.name = "t", attune.dims = ["batch", 2, 40, "kv"]},
    %v: tensor<?x2x?x16xf32> {attune.name = "v", attune.dims = ["batch", 2, "kv", 16]})
    -> (tensor<?x8x1x16xf32> {attune.name = "y", attune.dims = ["batch", 8, 1, 16]},
        tensor<?x8x1x16xf32> {attune.name = "z", attune.dims = ["batch", 8, 1, 16]}) {
  %y = transformer.attention (%q, %k, %v : tensor<?x8x1x40xf32>, tensor<?x2x?x40xf32>, tensor<?x2x?x16xf32>)
      scale 5.0e-1 mask <none> dead_rows <zero> dims ["batch", 8, 1, "kv", 40, 16]
      maps [affine_map<(b, h, i, j, d, e) -> (b, h, i, d)>, affine_map<(b, h, i, j, d, e) -> (b, h floordiv 4, j, d)>,
            affine_map<(b, h, i, j, d, e) -> (b, h floordiv 4, j, e)>]
      to affine_map<(b, h, i, j, d, e) -> (b, h, i, e)> -> tensor<?x8x1x16xf32>
  %z = transformer.attention (%q, %t, %v : tensor<?x8x1x40xf32>, tensor<?x2x40x?xf32>, tensor<?x2x?x16xf32>)
      scale 5.0e-1 mask <none> dead_rows <zero> dims ["batch", 8, 1, "kv", 40, 16]
      maps [affine_map<(b, h, i, j, d, e) -> (b, h, i, d)>, affine_map<(b, h, i, j, d, e) -> (b, h floordiv 4, d, j)>,
            affine_map<(b, h, i, j, d, e) -> (b, h floordiv 4, j, e)>]
      to affine_map<(b, h, i, j, d, e) -> (b, h, i, e)> -> tensor<?x8x1x16xf32>
  return %y, %z : tensor<?x8x1x16xf32>, tensor<?x8x1x16xf32>
}
