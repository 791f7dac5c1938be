// exp and exp2: with AVX-512, sixteen lanes have instructions for the integer and the fraction;
// else the integer's bits are shifted to the exponent. No library is called.
// RUN: attune-opt %s -cpu-convert-kernels-to-llvm=cpu=x86-64-v4 | FileCheck %s --check-prefixes=CHECK,WIDE
// RUN: attune-opt %s -cpu-convert-kernels-to-llvm=cpu=x86-64-v3 | FileCheck %s --check-prefixes=CHECK,NARROW
// RUN: not attune-opt %s -cpu-convert-kernels-to-llvm=cpu=386 2>&1 | FileCheck %s --check-prefix=BAD

// BAD: '386' is not a CPU level
module {
  // CHECK-LABEL: llvm.func internal @powers(
  // CHECK-NOT: llvm.call @exp
  // WIDE: llvm.call_intrinsic "llvm.x86.avx512.mask.reduce.ps.512"
  // WIDE: llvm.call_intrinsic "llvm.x86.avx512.mask.scalef.ps.512"
  // WIDE: llvm.call_intrinsic "llvm.x86.avx512.mask.reduce.ps.512"
  // WIDE: llvm.call_intrinsic "llvm.x86.avx512.mask.scalef.ps.512"
  // NARROW-NOT: llvm.call_intrinsic
  // NARROW-COUNT-2: llvm.shl {{.*}} : vector<16xi32>
  // A loop of scalars stays one that LLVM vectorises.
  // CHECK: llvm.shl {{.*}} : i32
  // CHECK-NOT: llvm.call_intrinsic
  // CHECK: llvm.return
  module @kernels {
    func.func @powers(%x: memref<?xf32, strided<[1], offset: ?>> {attune.dims = ["n"]}, %n: index, %begin: index, %end: index)
        attributes {exec.words = ["n"]} {
      %c1 = arith.constant 1 : index
      %c16 = arith.constant 16 : index
      scf.for %i = %begin to %end step %c16 {
        %e = vector.load %x[%i] : memref<?xf32, strided<[1], offset: ?>>, vector<16xf32>
        %a = math.exp %e : vector<16xf32>
        %b = math.exp2 %a : vector<16xf32>
        vector.store %b, %x[%i] : memref<?xf32, strided<[1], offset: ?>>, vector<16xf32>
      }
      scf.for %i = %begin to %end step %c1 {
        %e = memref.load %x[%i] : memref<?xf32, strided<[1], offset: ?>>
        %t = math.exp %e : f32
        memref.store %t, %x[%i] : memref<?xf32, strided<[1], offset: ?>>
      }
      return
    }
    func.func @powers_grid(%n: index) -> index { return %n : index }
  }
}
