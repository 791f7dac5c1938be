// Attention that gives NaN is changed, attention that gives zeros is not.
// RUN: attune-opt %s %load_plugin --pass-pipeline="builtin.module(func.func(example-zero-dead-rows))" -o %t 2>&1 | FileCheck %s --check-prefix=REMARK
// RUN: FileCheck %s --input-file=%t
// RUN: attune compile %s -v --emit=graph -o %t %load_plugin --passes="func.func(example-zero-dead-rows)" 2>&1 | FileCheck %s --check-prefix=REMARK
// RUN: FileCheck %s --input-file=%t

// REMARK: remark: {{.*}}dead rows of this attention give zeros
// REMARK-NOT: remark:
// CHECK-COUNT-2: dead_rows <zero>
// CHECK-NOT: dead_rows

#q = affine_map<(b, h, i, j, d, e) -> (b, h, i, d)>
#k = affine_map<(b, h, i, j, d, e) -> (b, h, j, d)>
#v = affine_map<(b, h, i, j, d, e) -> (b, h, j, e)>
#y = affine_map<(b, h, i, j, d, e) -> (b, h, i, e)>
func.func @main(%x: tensor<?x2x8x16xf32> {attune.name = "x", attune.dims = ["batch", 2, 8, 16]})
    -> (tensor<?x2x8x16xf32> {attune.name = "y", attune.dims = ["batch", 2, 8, 16]}) {
  %0 = transformer.attention (%x, %x, %x : tensor<?x2x8x16xf32>, tensor<?x2x8x16xf32>, tensor<?x2x8x16xf32>)
      scale 2.5e-1 mask <causal> dead_rows <nan> dims ["batch", 2, 8, 8, 16, 16]
      maps [#q, #k, #v] to #y -> tensor<?x2x8x16xf32>
  %1 = transformer.attention (%0, %0, %0 : tensor<?x2x8x16xf32>, tensor<?x2x8x16xf32>, tensor<?x2x8x16xf32>)
      scale 2.5e-1 mask <none> dead_rows <zero> dims ["batch", 2, 8, 8, 16, 16]
      maps [#q, #k, #v] to #y -> tensor<?x2x8x16xf32>
  return %1 : tensor<?x2x8x16xf32>
}
