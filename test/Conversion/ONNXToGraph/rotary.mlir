// Rotary position embeddings, caches that are written, running sums.
// RUN: attune-opt %s -split-input-file -convert-onnx-to-graph | FileCheck %s

// Halves of the first six channels; the others are joined as they are.
// CHECK-LABEL: func.func @halves
// CHECK: onnx.node "Gather"(%arg1, %arg2)
// CHECK: onnx.node "Gather"(%arg1, %arg2)
// CHECK: onnx.node "Slice"
// CHECK: onnx.node "Slice"
// CHECK: arith.subf
// CHECK: arith.addf
// CHECK: onnx.node "Concat"({{.*}} {dims = {{.*}}"b", "s", 3, 6]
// CHECK: onnx.node "Slice"
// CHECK: onnx.node "Concat"({{.*}} {dims = {{.*}}"b", "s", 3, 8]
// CHECK: transformer.reshape %{{.*}} dims ["b", "s", 24]
func.func @halves(%x: tensor<?x?x24xf32> {attune.dims = ["b", "s", 24]}, %c: tensor<64x3xf32>, %at: tensor<?x?xsi64> {attune.dims = ["b", "s"]}) -> tensor<?x?x24xf32> {
  %0 = onnx.node "RotaryEmbedding"(%x, %c, %c, %at) {version = 23 : i64, node_attributes = {num_heads = 3 : i64, rotary_embedding_dim = 6 : i64}} : (tensor<?x?x24xf32>, tensor<64x3xf32>, tensor<64x3xf32>, tensor<?x?xsi64>) -> tensor<?x?x24xf32>
  return %0 : tensor<?x?x24xf32>
}

// -----

// Neighbours, and one position for the first token.
// CHECK-LABEL: func.func @pairs
// CHECK: transformer.index
// CHECK: onnx.node "Gather"(%arg2,
// CHECK: dense<2> : tensor<1xi64>
// CHECK: transformer.reshape %{{.*}} dims ["b", 3, "s", 8]
func.func @pairs(%x: tensor<?x3x?x8xf32> {attune.dims = ["b", 3, "s", 8]}, %at: tensor<1xsi64>, %c: tensor<64x4xf32>) -> tensor<?x3x?x8xf32> {
  %0 = onnx.node "RotaryEmbedding"(%x, %at, %c, %c) {domain = "com.microsoft", version = 1 : i64, node_attributes = {interleaved = 1 : i64}} : (tensor<?x3x?x8xf32>, tensor<1xsi64>, tensor<64x4xf32>, tensor<64x4xf32>) -> tensor<?x3x?x8xf32>
  return %0 : tensor<?x3x?x8xf32>
}

// -----

// CHECK-LABEL: func.func @scatter
// CHECK: transformer.cache_append %arg0, %arg1 at %arg2 axis 1 dims ["b", 9, 2]
// CHECK: onnx.node "Concat"(%arg1,
// CHECK: transformer.reduce <sum>(%arg0 : tensor<?x9x2xf32>) dims ["b", 9, 2, 9]
// CHECK: arith.cmpi slt
func.func @scatter(%p: tensor<?x9x2xf32> {attune.dims = ["b", 9, 2]}, %u: tensor<?x4x2xf32> {attune.dims = ["b", 4, 2]}, %at: tensor<?xsi64> {attune.dims = ["b"]}) -> (tensor<?x9x2xf32>, tensor<?x9x2xf32>, tensor<?x9x2xf32>) {
  %axis = onnx.constant(dense<1> : tensor<si64>) : tensor<si64>
  %0 = onnx.node "TensorScatter"(%p, %u, %at) {version = 24 : i64} : (tensor<?x9x2xf32>, tensor<?x4x2xf32>, tensor<?xsi64>) -> tensor<?x9x2xf32>
  %1 = onnx.node "TensorScatter"(%p, %u) {version = 24 : i64} : (tensor<?x9x2xf32>, tensor<?x4x2xf32>) -> tensor<?x9x2xf32>
  %2 = onnx.node "CumSum"(%p, %axis) {version = 14 : i64, node_attributes = {exclusive = 1 : i64, reverse = 1 : i64}} : (tensor<?x9x2xf32>, tensor<si64>) -> tensor<?x9x2xf32>
  return %0, %1, %2 : tensor<?x9x2xf32>, tensor<?x9x2xf32>, tensor<?x9x2xf32>
}
