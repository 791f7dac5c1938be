// RUN: attune-opt %s -cpu-select-generators=cpu=x86-64-v4 -cpu-generate-contract | FileCheck %s --check-prefixes=CHECK,V4
// RUN: attune-opt %s -cpu-select-generators=cpu=x86-64-v3 -cpu-generate-contract | FileCheck %s --check-prefixes=CHECK,V3
// RUN: not attune-opt %s -cpu-select-generators=cpu=z80 -cpu-generate-contract 2>&1 | FileCheck %s --check-prefix=LEVEL

// CHECK: #[[$ONE:.*]] = affine_set<(d0) : (d0 - 1 == 0)>
// LEVEL: 'z80' is not a CPU level

module {
  func.func @main() { return }
  module @kernels {
    // The sums are loop-carried vectors; columns that do not fill a tile are masked; the
    // epilogue works on vectors.
    // CHECK-LABEL: func.func @gemm
    // CHECK-SAME: exec.generator = "contract"
    // V4-SAME: exec.schedule = #exec.schedule<task = [128, 64, 2] vector = [8, 16, 2] variant = "tiled">
    // V3-SAME: exec.schedule = #exec.schedule<task = [96, 32, 2] vector = [6, 8, 2] variant = "tiled">
    // CHECK: scf.forall
    // Rows are shared evenly among tiles: one case per height.
    // CHECK: scf.index_switch
    // CHECK: case 1
    // CHECK: scf.for {{.*}} iter_args
    // V4: vector.maskedload {{.*}} into vector<16xf32>
    // V3: vector.maskedload {{.*}} into vector<8xf32>
    // CHECK: vector.fma
    // CHECK: arith.addf {{.*}} : vector<
    // CHECK: vector.maskedstore
    // V4: case 8
    // V3: case 6
    // CHECK-NOT: = transformer.contract
    // CHECK-LABEL: func.func @gemm_one_row
    // CHECK-SAME: exec.when = #[[$ONE]]
    // CHECK-NOT: = transformer.contract
    func.func @gemm(%a: memref<?x77xf32, strided<[?, 1], offset: ?>> {attune.dims = ["n", 77]},
                    %b: memref<77x1000xf32, strided<[?, 1], offset: ?>> {attune.dims = [77, 1000]},
                    %c: memref<1000xf32, strided<[1], offset: ?>> {attune.dims = [1000]},
                    %o: memref<?x1000xf32, strided<[?, 1], offset: ?>> {attune.dims = ["n", 1000]}, %n: index)
        attributes {exec.inputs = 3 : i64, exec.root = "transformer.contract", exec.words = ["n"]} {
      %at = bufferization.to_tensor %a restrict : memref<?x77xf32, strided<[?, 1], offset: ?>> to tensor<?x77xf32>
      %bt = bufferization.to_tensor %b restrict : memref<77x1000xf32, strided<[?, 1], offset: ?>> to tensor<77x1000xf32>
      %ct = bufferization.to_tensor %c restrict : memref<1000xf32, strided<[1], offset: ?>> to tensor<1000xf32>
      %r = transformer.contract (%at, %bt : tensor<?x77xf32>, tensor<77x1000xf32>) extra (%ct : tensor<1000xf32>)
          dims ["n", 1000, 77] maps [affine_map<(m, n, k) -> (m, k)>, affine_map<(m, n, k) -> (k, n)>,
          affine_map<(m, n, k) -> (n)>] to affine_map<(m, n, k) -> (m, n)> {
      ^bb0(%acc: f32, %be: f32):
        %s = arith.addf %acc, %be : f32
        transformer.yield %s : f32
      } -> tensor<?x1000xf32>
      bufferization.materialize_in_destination %r in restrict writable %o : (tensor<?x1000xf32>, memref<?x1000xf32, strided<[?, 1], offset: ?>>) -> ()
      return
    }

    // No operand has the result's last loop innermost: left to the plain lowering.
    // CHECK-LABEL: func.func @scores
    // CHECK-NOT: exec.generator
    // CHECK: = transformer.contract
    func.func @scores(%q: memref<?x64xf32, strided<[?, 1], offset: ?>> {attune.dims = ["n", 64]},
                      %k: memref<?x64xf32, strided<[?, 1], offset: ?>> {attune.dims = ["n", 64]},
                      %o: memref<?x?xf32, strided<[?, 1], offset: ?>> {attune.dims = ["n", "n"]}, %n: index)
        attributes {exec.inputs = 2 : i64, exec.root = "transformer.contract", exec.words = ["n"]} {
      %qt = bufferization.to_tensor %q restrict : memref<?x64xf32, strided<[?, 1], offset: ?>> to tensor<?x64xf32>
      %kt = bufferization.to_tensor %k restrict : memref<?x64xf32, strided<[?, 1], offset: ?>> to tensor<?x64xf32>
      %r = transformer.contract (%qt, %kt : tensor<?x64xf32>, tensor<?x64xf32>) dims ["n", "n", 64]
          maps [affine_map<(m, n, k) -> (m, k)>, affine_map<(m, n, k) -> (n, k)>] to affine_map<(m, n, k) -> (m, n)> {
      ^bb0(%acc: f32):
        transformer.yield %acc : f32
      } -> tensor<?x?xf32>
      bufferization.materialize_in_destination %r in restrict writable %o : (tensor<?x?xf32>, memref<?x?xf32, strided<[?, 1], offset: ?>>) -> ()
      return
    }
  }
}
