// Contractions over windows: several summed loops, rows of several loops, channel by channel.
// RUN: attune-opt %s -cpu-pack-weights=cpu=x86-64-v4 -cpu-select-generators=cpu=x86-64-v4 | FileCheck %s
// RUN: attune-opt %s -cpu-pack-weights=cpu=x86-64-v4 -cpu-select-generators=cpu=x86-64-v4 -cpu-generate-contract | FileCheck %s --check-prefix=GEN

// Filters are packed in the order in which the input lies: taps before channels that are innermost.
// CHECK: exec.constant({{.*}}recipe = [#transformer.permute<2, 1, 0>, #transformer.panels<48, depth = 2>]> : tensor<1x3x5x48xf32>)
// Channel by channel, they are packed taps over channels.
// CHECK: exec.constant({{.*}}recipe = [#transformer.permute<1, 0>, #transformer.panels<48>]> : tensor<1x3x48xf32>)
// CHECK-LABEL: func.func @stem(
// CHECK-SAME: exec.generator = "contract"
// CHECK: linalg.unpack {{.*}} outer_dims_perm = [2, 0, 1] inner_dims_pos = [2] inner_tiles = [48] into {{.*}} : tensor<1x3x5x48xf32> -> tensor<3x5x40xf32>
// CHECK-LABEL: func.func @channels(
// CHECK-SAME: exec.generator = "contract"
// CHECK-LABEL: func.func @apart(
// CHECK-NOT: exec.generator
// CHECK-LABEL: func.func @border(
// CHECK-NOT: exec.generator

// Rows count through batch and places: the first is divided up, the others carry.
// GEN-LABEL: func.func @stem(
// GEN: scf.forall
// GEN: arith.remui
// GEN: arith.divui
// GEN: arith.select
// The taps are a loop, the five channels are written out; the rows are read where they lie.
// GEN: scf.for {{.*}} iter_args
// GEN-NOT: scf.for
// GEN: memref.load %arg0
// GEN: vector.fma
// GEN-NOT: transformer.windows
// GEN-LABEL: func.func @channels(
// GEN-NOT: memref.load %arg0
// GEN: vector.load %arg0{{.*}}, vector<16xf32>
// GEN: vector.fma
// GEN-LABEL: func.func @apart(

!xm = memref<?x?x5xf32, strided<[?, ?, 1], offset: ?>>
!wm = memref<40x5x3xf32, strided<[?, ?, 1], offset: ?>>
!om = memref<?x?x40xf32, strided<[?, ?, 1], offset: ?>>
!x = tensor<?x?x5xf32>
!w = tensor<40x5x3xf32>
!o = tensor<?x?x40xf32>
#seen = affine_map<(b, t, n, c, k) -> (b, t, c, k)>
#filters = affine_map<(b, t, n, c, k) -> (n, c, k)>
#out = affine_map<(b, t, n, c, k) -> (b, t, n)>

module {
  func.func @main(%x: !x {attune.dims = ["b", "2 * t + 1", 5]}, %y: tensor<?x48xf32> {attune.dims = ["t + 2", 48]}) {
    %c0 = arith.constant 0 : index
    %b = tensor.dim %x, %c0 : !x
    %w = exec.constant(#transformer.weight<file = "w", offset = 0, bytes = 2400, hash = "a", source = tensor<40x5x3xf32>>) : !w
    %v = exec.constant(#transformer.weight<file = "w", offset = 2400, bytes = 576, hash = "b", source = tensor<48x3xf32>>) : tensor<48x3xf32>
    %e = tensor.empty(%b, %b) : !o
    %f = tensor.empty(%b) : tensor<?x48xf32>
    %0 = exec.dispatch [@stem] ins(%x, %w : !x, !w) outs(%e : !o) words(%b, %b, %b) -> !o
    %1 = exec.dispatch [@channels] ins(%y, %v : tensor<?x48xf32>, tensor<48x3xf32>) outs(%f : tensor<?x48xf32>) words(%b, %b) -> tensor<?x48xf32>
    return
  }
  module @kernels {
    func.func @stem(%a: !xm {attune.dims = ["b", "2 * t + 1", 5]}, %f: !wm {attune.dims = [40, 5, 3]}, %o: !om {attune.dims = ["b", "t", 40]},
                    %b: index, %t: index, %u: index)
        attributes {exec.inputs = 2 : i64, exec.root = "transformer.contract", exec.words = ["b", "t", "2 * t + 1"]} {
      %x = bufferization.to_tensor %a restrict : !xm to !x
      %w = bufferization.to_tensor %f restrict : !wm to !w
      %v = transformer.windows %x dims ["b", "t", 5, 3] map affine_map<(b, t, c, k) -> (b, t * 2 + k, c)> : !x -> tensor<?x?x5x3xf32>
      %r = transformer.contract (%v, %w : tensor<?x?x5x3xf32>, !w) dims ["b", "t", 40, 5, 3] maps [#seen, #filters] to #out {
      ^bb0(%acc: f32):
        transformer.yield %acc : f32
      } -> !o
      bufferization.materialize_in_destination %r in restrict writable %o : (!o, !om) -> ()
      return
    }
    func.func @channels(%a: memref<?x48xf32, strided<[?, 1], offset: ?>> {attune.dims = ["t + 2", 48]},
                        %f: memref<48x3xf32, strided<[?, 1], offset: ?>> {attune.dims = [48, 3]},
                        %o: memref<?x48xf32, strided<[?, 1], offset: ?>> {attune.dims = ["t", 48]}, %t: index, %u: index)
        attributes {exec.inputs = 2 : i64, exec.root = "transformer.contract", exec.words = ["t", "t + 2"]} {
      %x = bufferization.to_tensor %a restrict : memref<?x48xf32, strided<[?, 1], offset: ?>> to tensor<?x48xf32>
      %w = bufferization.to_tensor %f restrict : memref<48x3xf32, strided<[?, 1], offset: ?>> to tensor<48x3xf32>
      %v = transformer.windows %x dims ["t", 48, 3] map affine_map<(t, c, k) -> (t + k, c)> : tensor<?x48xf32> -> tensor<?x48x3xf32>
      %r = transformer.contract (%v, %w : tensor<?x48x3xf32>, tensor<48x3xf32>) dims ["t", 48, 3]
          maps [affine_map<(t, c, k) -> (t, c, k)>, affine_map<(t, c, k) -> (c, k)>] to affine_map<(t, c, k) -> (t, c)> {
      ^bb0(%acc: f32):
        transformer.yield %acc : f32
      } -> tensor<?x48xf32>
      bufferization.materialize_in_destination %r in restrict writable %o : (tensor<?x48xf32>, memref<?x48xf32, strided<[?, 1], offset: ?>>) -> ()
      return
    }
    // The channels of the rows lie apart.
    func.func @apart(%a: memref<48x?xf32, strided<[?, 1], offset: ?>> {attune.dims = [48, "t + 2"]},
                     %f: memref<3x48xf32, strided<[?, 1], offset: ?>> {attune.dims = [3, 48]},
                     %o: memref<?x48xf32, strided<[?, 1], offset: ?>> {attune.dims = ["t", 48]}, %t: index, %u: index)
        attributes {exec.inputs = 2 : i64, exec.root = "transformer.contract", exec.words = ["t", "t + 2"]} {
      %x = bufferization.to_tensor %a restrict : memref<48x?xf32, strided<[?, 1], offset: ?>> to tensor<48x?xf32>
      %w = bufferization.to_tensor %f restrict : memref<3x48xf32, strided<[?, 1], offset: ?>> to tensor<3x48xf32>
      %v = transformer.windows %x dims ["t", 48, 3] map affine_map<(t, c, k) -> (c, t + k)> : tensor<48x?xf32> -> tensor<?x48x3xf32>
      %r = transformer.contract (%v, %w : tensor<?x48x3xf32>, tensor<3x48xf32>) dims ["t", 48, 3]
          maps [affine_map<(t, c, k) -> (t, c, k)>, affine_map<(t, c, k) -> (k, c)>] to affine_map<(t, c, k) -> (t, c)> {
      ^bb0(%acc: f32):
        transformer.yield %acc : f32
      } -> tensor<?x48xf32>
      bufferization.materialize_in_destination %r in restrict writable %o : (tensor<?x48xf32>, memref<?x48xf32, strided<[?, 1], offset: ?>>) -> ()
      return
    }
    func.func @border(%a: memref<?x48xf32, strided<[?, 1], offset: ?>> {attune.dims = ["t", 48]},
                      %f: memref<3x48xf32, strided<[?, 1], offset: ?>> {attune.dims = [3, 48]},
                      %o: memref<?x48xf32, strided<[?, 1], offset: ?>> {attune.dims = ["t", 48]}, %t: index)
        attributes {exec.inputs = 2 : i64, exec.root = "transformer.contract", exec.words = ["t"]} {
      %x = bufferization.to_tensor %a restrict : memref<?x48xf32, strided<[?, 1], offset: ?>> to tensor<?x48xf32>
      %w = bufferization.to_tensor %f restrict : memref<3x48xf32, strided<[?, 1], offset: ?>> to tensor<3x48xf32>
      %v = transformer.windows %x dims ["t", 48, 3] map affine_map<(t, c, k) -> (t + k, c)> low [1, 0] : tensor<?x48xf32> -> tensor<?x48x3xf32>
      %r = transformer.contract (%v, %w : tensor<?x48x3xf32>, tensor<3x48xf32>) dims ["t", 48, 3]
          maps [affine_map<(t, c, k) -> (t, c, k)>, affine_map<(t, c, k) -> (k, c)>] to affine_map<(t, c, k) -> (t, c)> {
      ^bb0(%acc: f32):
        transformer.yield %acc : f32
      } -> tensor<?x48xf32>
      bufferization.materialize_in_destination %r in restrict writable %o : (tensor<?x48xf32>, memref<?x48xf32, strided<[?, 1], offset: ?>>) -> ()
      return
    }
  }
}
