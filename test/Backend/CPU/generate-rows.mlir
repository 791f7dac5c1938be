// Norms and softmax over f32 rows: a few passes of vectors over each, what is left of a row by
// masks, and no buffer beside the result.
// RUN: attune compile -q %s --cpu=x86-64-v4 --emit=tensor | FileCheck %s --check-prefix=TENSOR
// RUN: attune compile -q %s --cpu=x86-64-v4 --emit=tensor | attune-opt -cpu-generate-rows | FileCheck %s
// RUN: attune compile -q %s --cpu=x86-64-v4 --emit=tensor | sed 's/task = \[1\] vector = \[16\] variant = "rows"/task = [1, 1] vector = [16] variant = "rows"/' | not attune-opt -cpu-generate-rows 2>&1 | FileCheck %s --check-prefix=BAD

// BAD: the row generator does not take this kernel

// TENSOR-LABEL: func.func @norm_0
// TENSOR-SAME: exec.generator = "rows"
// TENSOR-SAME: exec.schedule = #exec.schedule<task = [1] vector = [16] variant = "rows">
// TENSOR: transformer.norm <layer> %{{.*}} residual
// TENSOR-LABEL: func.func @softmax_1
// TENSOR-SAME: exec.generator = "rows"
// Another axis, and half precision, are left to the plain lowering.
// TENSOR-LABEL: func.func @softmax_2
// TENSOR-NOT: exec.generator
// TENSOR: linalg.generic
// TENSOR-LABEL: func.func @norm_3
// TENSOR: linalg.generic

// CHECK-LABEL: func.func @norm_0
// CHECK: scf.forall
// The first pass adds the residual and keeps the sum.
// CHECK: scf.for
// CHECK-COUNT-4: vector.store
// CHECK: vector.maskedstore
// CHECK: vector.reduction <add>
// CHECK: vector.reduction <add>
// CHECK: math.sqrt
// CHECK-NOT: = transformer.norm
// CHECK-LABEL: func.func @softmax_1
// CHECK: vector.reduction <maxnumf>
// CHECK: vector.reduction <add>
// CHECK-NOT: memref.alloc

func.func @main(%x: tensor<?x37xf32> {attune.name = "x", attune.dims = ["n", 37]},
                %r: tensor<?x37xf32> {attune.name = "r", attune.dims = ["n", 37]},
                %h: tensor<?x37xf16> {attune.name = "h", attune.dims = ["n", 37]})
    -> (tensor<?x37xf32> {attune.name = "a", attune.dims = ["n", 37]},
        tensor<?x37xf32> {attune.name = "b", attune.dims = ["n", 37]},
        tensor<?x37xf32> {attune.name = "c", attune.dims = ["n", 37]},
        tensor<?x37xf16> {attune.name = "d", attune.dims = ["n", 37]}) {
  %0 = transformer.norm <layer> %x residual (%r : tensor<?x37xf32>) axes 1 epsilon 1.0e-5 dims ["n", 37] : tensor<?x37xf32>
  %1 = transformer.softmax %x axis 1 dims ["n", 37] : tensor<?x37xf32>
  %2 = transformer.softmax %x axis 0 dims ["n", 37] : tensor<?x37xf32>
  %3 = transformer.norm <rms> %h axes 1 epsilon 1.0e-5 dims ["n", 37] : tensor<?x37xf16>
  return %0, %1, %2, %3 : tensor<?x37xf32>, tensor<?x37xf32>, tensor<?x37xf32>, tensor<?x37xf16>
}
