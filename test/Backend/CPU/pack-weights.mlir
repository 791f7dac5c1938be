// Constant columns become panels as wide as a register tile; the contraction reads what they
// unpack to, and its generator reads the panels in order, without masks.
// RUN: attune-opt %s -cpu-pack-weights=cpu=x86-64-v4 | FileCheck %s
// RUN: attune-opt %s -cpu-pack-weights=cpu=x86-64-v3 | FileCheck %s --check-prefix=V3
// RUN: attune-opt %s -cpu-pack-weights=cpu=x86-64-v4 -cpu-select-generators=cpu=x86-64-v4 -cpu-generate-contract | FileCheck %s --check-prefix=GEN
// RUN: not attune-opt %s -cpu-pack-weights=cpu=z80 2>&1 | FileCheck %s --check-prefix=LEVEL
// LEVEL: 'z80' is not a CPU level

// CHECK-DAG: #[[$ROWS:.*]] = affine_map<(d0, d1, d2) -> (d0, d2)>
// CHECK-DAG: #[[$COLUMNS:.*]] = affine_map<(d0, d1, d2) -> (d2, d1)>
// CHECK-LABEL: func.func @main
// A transposed weight is permuted first; a kernel packs all its dispatches' weights.
// CHECK: %[[A:.*]] = exec.constant(#transformer.weight<file = "w", offset = 0, bytes = 4000, hash = "a", source = tensor<40x25xf32>, recipe = [#transformer.permute<1, 0>, #transformer.panels<48>]> : tensor<1x25x48xf32>)
// CHECK: %[[B:.*]] = exec.constant({{.*}}offset = 4000, {{.*}}panels<48>{{.*}} : tensor<1x25x48xf32>
// CHECK: exec.dispatch [@linear] ins({{.*}}, %[[A]]
// CHECK: exec.dispatch [@linear] ins({{.*}}, %[[B]]
// V3: panels<16>{{.*}} : tensor<3x25x16xf32>

// One of its dispatches passes no constant, or it is too narrow: left as it is.
// CHECK: exec.dispatch [@mixed] ins({{.*}} : tensor<?x25xf32>, tensor<25x40xf32>)
// CHECK: exec.dispatch [@narrow] ins({{.*}} : tensor<?x25xf32>, tensor<25x15xf32>)

// CHECK-LABEL: func.func @linear
// CHECK-SAME: memref<1x25x48xf32, strided<[1200, 48, 1], offset: ?>> {attune.dims = [1, 25, 48]}
// CHECK: %[[U:.*]] = linalg.unpack {{.*}} outer_dims_perm = [1, 0] inner_dims_pos = [1] inner_tiles = [48] into {{.*}} : tensor<1x25x48xf32> -> tensor<25x40xf32>
// CHECK: transformer.contract({{.*}}, %[[U]] : {{.*}}) dims ["n", 40, 25] maps [#[[$ROWS]], #[[$COLUMNS]]]
// CHECK-LABEL: func.func @mixed
// CHECK-NOT: linalg.unpack

// What is packed has variants for one row and for few.
// GEN: exec.dispatch [@linear_one_row, @linear_few_rows, @linear]
// GEN: exec.dispatch [@mixed_one_row, @mixed]
// GEN-LABEL: func.func @linear(
// GEN-NOT: linalg.unpack
// GEN-NOT: vector.maskedload
// GEN: memref.prefetch
// GEN: vector.load {{.*}} memref<1x25x48xf32
// GEN: vector.maskedstore
// GEN-LABEL: func.func @linear_one_row
// GEN-NOT: vector.maskedload
// GEN: vector.load {{.*}} memref<1x25x48xf32

!x = tensor<?x25xf32>
!y = tensor<?x40xf32>
!xm = memref<?x25xf32, strided<[?, 1], offset: ?>>
!ym = memref<?x40xf32, strided<[?, 1], offset: ?>>
#rows = affine_map<(m, n, k) -> (m, k)>
#out = affine_map<(m, n, k) -> (m, n)>

module {
  func.func @main(%x: !x {attune.dims = ["n", 25]}, %d: tensor<25x40xf32>) {
    %c0 = arith.constant 0 : index
    %n = tensor.dim %x, %c0 : !x
    %a = exec.constant(#transformer.weight<file = "w", offset = 0, bytes = 4000, hash = "a", source = tensor<40x25xf32>>) : tensor<40x25xf32>
    %b = exec.constant(#transformer.weight<file = "w", offset = 4000, bytes = 4000, hash = "b", source = tensor<40x25xf32>>) : tensor<40x25xf32>
    %s = exec.constant(dense<1.0> : tensor<25x40xf32>) : tensor<25x40xf32>
    %t = exec.constant(dense<1.0> : tensor<25x15xf32>) : tensor<25x15xf32>
    %e = tensor.empty(%n) : !y
    %f = tensor.empty(%n) : tensor<?x15xf32>
    %0 = exec.dispatch [@linear] ins(%x, %a : !x, tensor<40x25xf32>) outs(%e : !y) words(%n) -> !y
    %1 = exec.dispatch [@linear] ins(%x, %b : !x, tensor<40x25xf32>) outs(%e : !y) words(%n) -> !y
    %2 = exec.dispatch [@mixed] ins(%x, %s : !x, tensor<25x40xf32>) outs(%e : !y) words(%n) -> !y
    %3 = exec.dispatch [@mixed] ins(%x, %d : !x, tensor<25x40xf32>) outs(%e : !y) words(%n) -> !y
    %4 = exec.dispatch [@narrow] ins(%x, %t : !x, tensor<25x15xf32>) outs(%f : tensor<?x15xf32>) words(%n) -> tensor<?x15xf32>
    return
  }
  module @kernels {
    func.func @linear(%a: !xm {attune.dims = ["n", 25]},
                      %b: memref<40x25xf32, strided<[?, 1], offset: ?>> {attune.dims = [40, 25]},
                      %o: !ym {attune.dims = ["n", 40]}, %n: index)
        attributes {exec.inputs = 2 : i64, exec.root = "transformer.contract", exec.words = ["n"]} {
      %at = bufferization.to_tensor %a restrict : !xm to !x
      %bt = bufferization.to_tensor %b restrict : memref<40x25xf32, strided<[?, 1], offset: ?>> to tensor<40x25xf32>
      %r = transformer.contract (%at, %bt : !x, tensor<40x25xf32>) dims ["n", 40, 25]
          maps [#rows, affine_map<(m, n, k) -> (n, k)>] to #out {
      ^bb0(%acc: f32):
        transformer.yield %acc : f32
      } -> !y
      bufferization.materialize_in_destination %r in restrict writable %o : (!y, !ym) -> ()
      return
    }
    func.func @mixed(%a: !xm {attune.dims = ["n", 25]},
                     %b: memref<25x40xf32, strided<[?, 1], offset: ?>> {attune.dims = [25, 40]},
                     %o: !ym {attune.dims = ["n", 40]}, %n: index)
        attributes {exec.inputs = 2 : i64, exec.root = "transformer.contract", exec.words = ["n"]} {
      %at = bufferization.to_tensor %a restrict : !xm to !x
      %bt = bufferization.to_tensor %b restrict : memref<25x40xf32, strided<[?, 1], offset: ?>> to tensor<25x40xf32>
      %r = transformer.contract (%at, %bt : !x, tensor<25x40xf32>) dims ["n", 40, 25]
          maps [#rows, affine_map<(m, n, k) -> (k, n)>] to #out {
      ^bb0(%acc: f32):
        transformer.yield %acc : f32
      } -> !y
      bufferization.materialize_in_destination %r in restrict writable %o : (!y, !ym) -> ()
      return
    }
    func.func @narrow(%a: !xm {attune.dims = ["n", 25]},
                      %b: memref<25x15xf32, strided<[?, 1], offset: ?>> {attune.dims = [25, 15]},
                      %o: memref<?x15xf32, strided<[?, 1], offset: ?>> {attune.dims = ["n", 15]}, %n: index)
        attributes {exec.inputs = 2 : i64, exec.root = "transformer.contract", exec.words = ["n"]} {
      %at = bufferization.to_tensor %a restrict : !xm to !x
      %bt = bufferization.to_tensor %b restrict : memref<25x15xf32, strided<[?, 1], offset: ?>> to tensor<25x15xf32>
      %r = transformer.contract (%at, %bt : !x, tensor<25x15xf32>) dims ["n", 15, 25]
          maps [#rows, affine_map<(m, n, k) -> (k, n)>] to #out {
      ^bb0(%acc: f32):
        transformer.yield %acc : f32
      } -> tensor<?x15xf32>
      bufferization.materialize_in_destination %r in restrict writable %o : (tensor<?x15xf32>, memref<?x15xf32, strided<[?, 1], offset: ?>>) -> ()
      return
    }
  }
}
