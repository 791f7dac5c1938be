// What the attention operators refuse, each with the attribute or input that is not built.
// RUN: attune-opt %s -split-input-file -verify-diagnostics -convert-onnx-to-graph

func.func @scale(%q: tensor<2x4x5x8xf32>) -> tensor<2x4x5x8xf32> {
  // expected-error@+1 {{Attention 'Attention': its scale is negative or not finite}}
  %0 = onnx.node "Attention"(%q, %q, %q) {version = 23 : i64, node_attributes = {scale = -1.0 : f32}} : (tensor<2x4x5x8xf32>, tensor<2x4x5x8xf32>, tensor<2x4x5x8xf32>) -> tensor<2x4x5x8xf32>
  return %0 : tensor<2x4x5x8xf32>
}

// -----

func.func @heads(%q: tensor<2x5x32xf32>) -> tensor<2x5x32xf32> {
  // expected-error@+1 {{Attention 'Attention': 32 channels do not split into 5 heads}}
  %0 = onnx.node "Attention"(%q, %q, %q) {version = 23 : i64, node_attributes = {q_num_heads = 5 : i64, kv_num_heads = 5 : i64}} : (tensor<2x5x32xf32>, tensor<2x5x32xf32>, tensor<2x5x32xf32>) -> tensor<2x5x32xf32>
  return %0 : tensor<2x5x32xf32>
}

// -----

func.func @no_heads(%q: tensor<2x5x32xf32>) -> tensor<2x5x32xf32> {
  // expected-error@+1 {{32 channels do not split into 0 heads}}
  %0 = onnx.node "Attention"(%q, %q, %q) {version = 23 : i64} : (tensor<2x5x32xf32>, tensor<2x5x32xf32>, tensor<2x5x32xf32>) -> tensor<2x5x32xf32>
  return %0 : tensor<2x5x32xf32>
}

// -----

func.func @groups(%q: tensor<2x4x5x8xf32>, %k: tensor<2x3x5x8xf32>) -> tensor<2x4x5x8xf32> {
  // expected-error@+1 {{4 heads do not share 3 of keys}}
  %0 = onnx.node "Attention"(%q, %k, %k) {version = 23 : i64} : (tensor<2x4x5x8xf32>, tensor<2x3x5x8xf32>, tensor<2x3x5x8xf32>) -> tensor<2x4x5x8xf32>
  return %0 : tensor<2x4x5x8xf32>
}

// -----

func.func @mask(%q: tensor<2x4x5x8xf32>, %m: tensor<5x5xsi64>) -> tensor<2x4x5x8xf32> {
  // expected-error@+1 {{attn_mask is neither boolean nor of the type of Q}}
  %0 = onnx.node "Attention"(%q, %q, %q, %m) {version = 23 : i64} : (tensor<2x4x5x8xf32>, tensor<2x4x5x8xf32>, tensor<2x4x5x8xf32>, tensor<5x5xsi64>) -> tensor<2x4x5x8xf32>
  return %0 : tensor<2x4x5x8xf32>
}

// -----

func.func @past(%q: tensor<2x4x5x8xf32>) -> tensor<2x4x5x8xf32> {
  %none = onnx.none : none
  // expected-error@+1 {{past_key and past_value go together, and not with nonpad_kv_seqlen}}
  %0 = onnx.node "Attention"(%q, %q, %q, %none, %q) {version = 23 : i64} : (tensor<2x4x5x8xf32>, tensor<2x4x5x8xf32>, tensor<2x4x5x8xf32>, none, tensor<2x4x5x8xf32>) -> tensor<2x4x5x8xf32>
  return %0 : tensor<2x4x5x8xf32>
}

// -----

func.func @precision(%q: tensor<2x4x5x8xf32>) -> tensor<2x4x5x8xf32> {
  // expected-error@+1 {{softmax_precision is none of FLOAT, FLOAT16, DOUBLE, BFLOAT16}}
  %0 = onnx.node "Attention"(%q, %q, %q) {version = 23 : i64, node_attributes = {softmax_precision = 7 : i64}} : (tensor<2x4x5x8xf32>, tensor<2x4x5x8xf32>, tensor<2x4x5x8xf32>) -> tensor<2x4x5x8xf32>
  return %0 : tensor<2x4x5x8xf32>
}

// -----

func.func @shared_buffer(%x: tensor<2x5x32xf32>, %w: tensor<32x96xf32>) -> tensor<2x5x32xf32> {
  // expected-error@+1 {{past_sequence_length or past_present_share_buffer is given}}
  %0 = onnx.node "Attention"(%x, %w) {domain = "com.microsoft", version = 1 : i64, node_attributes = {num_heads = 4 : i64, past_present_share_buffer = 1 : i64}} : (tensor<2x5x32xf32>, tensor<32x96xf32>) -> tensor<2x5x32xf32>
  return %0 : tensor<2x5x32xf32>
}

// -----

func.func @own_rotary(%x: tensor<2x5x32xf32>, %w: tensor<32x96xf32>) -> tensor<2x5x32xf32> {
  // expected-error@+1 {{do_rotary is set}}
  %0 = onnx.node "Attention"(%x, %w) {domain = "com.microsoft", version = 1 : i64, node_attributes = {num_heads = 4 : i64, do_rotary = 1 : i64}} : (tensor<2x5x32xf32>, tensor<32x96xf32>) -> tensor<2x5x32xf32>
  return %0 : tensor<2x5x32xf32>
}

// -----

func.func @mask_of_four(%q: tensor<2x5x32xf32>, %m: tensor<2x1x9x9xsi32>) -> tensor<2x5x32xf32> {
  %none = onnx.none : none
  // expected-error@+1 {{MultiHeadAttention 'MultiHeadAttention': its mask has 4 dimensions}}
  %0 = onnx.node "MultiHeadAttention"(%q, %q, %q, %none, %m) {domain = "com.microsoft", version = 1 : i64, node_attributes = {num_heads = 4 : i64}} : (tensor<2x5x32xf32>, tensor<2x5x32xf32>, tensor<2x5x32xf32>, none, tensor<2x1x9x9xsi32>) -> tensor<2x5x32xf32>
  return %0 : tensor<2x5x32xf32>
}

// -----

func.func @layout(%q: tensor<2x5x32xf32>, %k: tensor<2x4x5x8xf32>, %b: tensor<96xf32>) -> tensor<2x5x32xf32> {
  // expected-error@+1 {{query, key, value and bias come in a layout that is not built}}
  %0 = onnx.node "MultiHeadAttention"(%q, %k, %k, %b) {domain = "com.microsoft", version = 1 : i64, node_attributes = {num_heads = 4 : i64}} : (tensor<2x5x32xf32>, tensor<2x4x5x8xf32>, tensor<2x4x5x8xf32>, tensor<96xf32>) -> tensor<2x5x32xf32>
  return %0 : tensor<2x5x32xf32>
}

// -----

func.func @sink(%q: tensor<2x5x32xf32>, %l: tensor<2xsi32>, %t: tensor<si32>, %s: tensor<4xf32>) -> tensor<2x5x32xf32> {
  %none = onnx.none : none
  // expected-error@+1 {{GroupQueryAttention 'GroupQueryAttention': input 11 (head_sink, or a scale of a quantised cache) is given}}
  %0 = onnx.node "GroupQueryAttention"(%q, %q, %q, %none, %none, %l, %t, %none, %none, %none, %none, %s) {domain = "com.microsoft", version = 1 : i64, node_attributes = {num_heads = 4 : i64, kv_num_heads = 4 : i64}} : (tensor<2x5x32xf32>, tensor<2x5x32xf32>, tensor<2x5x32xf32>, none, none, tensor<2xsi32>, tensor<si32>, none, none, none, none, tensor<4xf32>) -> tensor<2x5x32xf32>
  return %0 : tensor<2x5x32xf32>
}

// -----

func.func @total(%q: tensor<2x5x32xf32>, %l: tensor<2xsi32>, %t: tensor<si32>) -> tensor<2x5x32xf32> {
  %none = onnx.none : none
  // expected-error@+1 {{its total_sequence_length depends on input data}}
  %0 = onnx.node "GroupQueryAttention"(%q, %q, %q, %none, %none, %l, %t) {domain = "com.microsoft", version = 1 : i64, node_attributes = {num_heads = 4 : i64, kv_num_heads = 4 : i64}} : (tensor<2x5x32xf32>, tensor<2x5x32xf32>, tensor<2x5x32xf32>, none, none, tensor<2xsi32>, tensor<si32>) -> tensor<2x5x32xf32>
  return %0 : tensor<2x5x32xf32>
}

// -----

func.func @smooth(%q: tensor<2x5x32xf32>, %l: tensor<2xsi32>, %t: tensor<si32>) -> tensor<2x5x32xf32> {
  %none = onnx.none : none
  // expected-error@+1 {{smooth_softmax is 1}}
  %0 = onnx.node "GroupQueryAttention"(%q, %q, %q, %none, %none, %l, %t) {domain = "com.microsoft", version = 1 : i64, node_attributes = {num_heads = 4 : i64, kv_num_heads = 4 : i64, smooth_softmax = 1 : i64}} : (tensor<2x5x32xf32>, tensor<2x5x32xf32>, tensor<2x5x32xf32>, none, none, tensor<2xsi32>, tensor<si32>) -> tensor<2x5x32xf32>
  return %0 : tensor<2x5x32xf32>
}

// -----

func.func @odd(%x: tensor<2x3x5x8xf32>, %c: tensor<2x5x3xf32>) -> tensor<2x3x5x8xf32> {
  // expected-error@+1 {{RotaryEmbedding 'RotaryEmbedding': 5 channels of 8 cannot be rotated}}
  %0 = onnx.node "RotaryEmbedding"(%x, %c, %c) {version = 23 : i64, node_attributes = {rotary_embedding_dim = 5 : i64}} : (tensor<2x3x5x8xf32>, tensor<2x5x3xf32>, tensor<2x5x3xf32>) -> tensor<2x3x5x8xf32>
  return %0 : tensor<2x3x5x8xf32>
}

// -----

func.func @packed_batch(%x: tensor<2x3x5x8xf32>, %p: tensor<2x5xsi64>, %c: tensor<9x4xf32>) -> tensor<2x3x5x8xf32> {
  // expected-error@+1 {{is_packed_batching is set}}
  %0 = onnx.node "RotaryEmbedding"(%x, %p, %c, %c) {domain = "com.microsoft", version = 1 : i64, node_attributes = {is_packed_batching = 1 : i64}} : (tensor<2x3x5x8xf32>, tensor<2x5xsi64>, tensor<9x4xf32>, tensor<9x4xf32>) -> tensor<2x3x5x8xf32>
  return %0 : tensor<2x3x5x8xf32>
}

// -----

func.func @axis(%x: tensor<2x5xf32>, %a: tensor<si64>) -> tensor<2x5xf32> {
  // expected-error@+1 {{CumSum 'CumSum': its axis is not constant}}
  %0 = onnx.node "CumSum"(%x, %a) {version = 14 : i64} : (tensor<2x5xf32>, tensor<si64>) -> tensor<2x5xf32>
  return %0 : tensor<2x5xf32>
}

// -----

func.func @longer(%x: tensor<2x5x3xf32>, %u: tensor<2x6x3xf32>) -> tensor<2x5x3xf32> {
  // expected-error@+1 {{TensorScatter 'TensorScatter': 6 is larger than 5}}
  %0 = onnx.node "TensorScatter"(%x, %u) {version = 24 : i64} : (tensor<2x5x3xf32>, tensor<2x6x3xf32>) -> tensor<2x5x3xf32>
  return %0 : tensor<2x5x3xf32>
}

// -----

func.func @mean_output(%x: tensor<2x5x8xf32>, %w: tensor<8xf32>) -> (tensor<2x5x8xf32>, tensor<2x5x1xf32>) {
  // expected-error@+1 {{SkipLayerNormalization 'SkipLayerNormalization': its mean or deviation is used}}
  %0:2 = onnx.node "SkipLayerNormalization"(%x, %x, %w) {domain = "com.microsoft", version = 1 : i64} : (tensor<2x5x8xf32>, tensor<2x5x8xf32>, tensor<8xf32>) -> (tensor<2x5x8xf32>, tensor<2x5x1xf32>)
  return %0#0, %0#1 : tensor<2x5x8xf32>, tensor<2x5x1xf32>
}

// -----

func.func @activation(%x: tensor<2x5xf32>) -> tensor<2x2xf32> {
  // expected-error@+1 {{its activation is 'LeakyRelu'; Relu, Sigmoid and Tanh of floats are built}}
  %0 = onnx.node "FusedGemm"(%x, %x) {domain = "com.microsoft", version = 1 : i64, node_attributes = {transB = 1 : i64, activation = "LeakyRelu"}} : (tensor<2x5xf32>, tensor<2x5xf32>) -> tensor<2x2xf32>
  return %0 : tensor<2x2xf32>
}
