// The last op writes into the destination: no kernel of one op allocates or copies, and
// softmax and norm only allocate rows.
// RUN: attune-opt %s -convert-graph-to-linalg -eliminate-empty-tensors -one-shot-bufferize -canonicalize | FileCheck %s

// CHECK-LABEL: func.func @map_kept
// CHECK-NOT: memref.alloc
// CHECK-NOT: memref.copy
// CHECK: return
func.func @map_kept(%in0: memref<?x8xf32>, %out: memref<?x1xf32>, %w0: index) attributes {exec.words = ["n"], exec.inputs = 1} {
  %x = bufferization.to_tensor %in0 restrict : memref<?x8xf32> to tensor<?x8xf32>
  %r = transformer.reduce #transformer.reduction<sum> (%x : tensor<?x8xf32>) dims ["n", 8]
      maps [affine_map<(d0, d1) -> (d0, d1)>] to affine_map<(d0, d1) -> (d0, 0)> {
  ^bb0(%e: f32):
    transformer.yield %e : f32
  } -> tensor<?x1xf32>
  bufferization.materialize_in_destination %r in restrict writable %out : (tensor<?x1xf32>, memref<?x1xf32>) -> ()
  return
}

// CHECK-LABEL: func.func @softmax
// CHECK-COUNT-2: memref.alloc({{.*}}) {{.*}} : memref<?xf32>
// CHECK-NOT: memref.alloc
// CHECK-NOT: memref.copy
// CHECK: return
func.func @softmax(%in0: memref<?x8xf32>, %out: memref<?x8xf32>, %w0: index) attributes {exec.words = ["n"], exec.inputs = 1} {
  %x = bufferization.to_tensor %in0 restrict : memref<?x8xf32> to tensor<?x8xf32>
  %y = transformer.softmax %x axis 1 dims ["n", 8] : tensor<?x8xf32>
  bufferization.materialize_in_destination %y in restrict writable %out : (tensor<?x8xf32>, memref<?x8xf32>) -> ()
  return
}

// CHECK-LABEL: func.func @concat
// CHECK-NOT: memref.alloc
// CHECK: return
func.func @concat(%in0: memref<?x8xf32> {attune.dims = ["n", 8]}, %in1: memref<2x8xf32> {attune.dims = [2, 8]},
                  %out: memref<?x8xf32>, %w0: index, %w1: index) attributes {exec.words = ["n", "n + 2"], exec.inputs = 2} {
  %x = bufferization.to_tensor %in0 restrict : memref<?x8xf32> to tensor<?x8xf32>
  %y = bufferization.to_tensor %in1 restrict : memref<2x8xf32> to tensor<2x8xf32>
  %r = onnx.node "Concat"(%x, %y) {node_attributes = {axis = 0 : i64}, dims = [["n + 2", 8]]}
      : (tensor<?x8xf32>, tensor<2x8xf32>) -> tensor<?x8xf32>
  bufferization.materialize_in_destination %r in restrict writable %out : (tensor<?x8xf32>, memref<?x8xf32>) -> ()
  return
}

// CHECK-LABEL: func.func @shape
// CHECK-NOT: memref.alloc
// CHECK-COUNT-2: memref.store
// CHECK: return
func.func @shape(%out: memref<2xi64>, %w0: index) attributes {exec.words = ["n"], exec.inputs = 0} {
  %s = transformer.shape ["n", 7] : tensor<2xi64>
  bufferization.materialize_in_destination %s in restrict writable %out : (tensor<2xi64>, memref<2xi64>) -> ()
  return
}
