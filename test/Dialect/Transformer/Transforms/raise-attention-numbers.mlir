// Masks that choose one finite number instead of the score are masks with a fill, when nothing comes
// behind them.
// RUN: attune-opt %s --transformer-raise-attention --mlir-disable-threading --remarks-filter="transformer-raise-attention" 2>%t | FileCheck %s
// RUN: FileCheck %s --check-prefix=REMARK --input-file=%t

#qk = affine_map<(b, i, j, d) -> (b, i, d)>
#kk = affine_map<(b, i, j, d) -> (b, j, d)>
#ss = affine_map<(b, i, j, d) -> (b, i, j)>
#id = affine_map<(b, i, j) -> (b, i, j)>
#row = affine_map<(b, i, j) -> (b, j)>
#pp = affine_map<(b, i, d, j) -> (b, i, j)>
#vv = affine_map<(b, i, d, j) -> (b, j, d)>
#oo = affine_map<(b, i, d, j) -> (b, i, d)>

// CHECK-LABEL: func.func @causal
// CHECK: transformer.attention
// CHECK-SAME: mask <causal> fill -1.000000e+04 dead_rows <mean>
func.func @causal(%q: tensor<?x?x16xf32> {attune.dims = ["b", "s", 16]}, %m: tensor<?x?xf32> {attune.dims = ["b", "s"]}, %k: tensor<?x?xi1> {attune.dims = ["b", "s"]}) -> tensor<?x?x16xf32> {
  %s = transformer.contract (%q, %q : tensor<?x?x16xf32>, tensor<?x?x16xf32>) dims ["b", "s", "s", 16] maps [#qk, #kk] to #ss {
  ^bb0(%acc: f32):
    transformer.yield %acc : f32
  } -> tensor<?x?x?xf32>
  %c = transformer.map (%s, %m, %k : tensor<?x?x?xf32>, tensor<?x?xf32>, tensor<?x?xi1>) dims ["b", "s", "s"] maps [#id, #row, #row] {
  ^bb0(%e: f32, %x: f32, %live: i1):
    %i = transformer.index 1
    %j = transformer.index 2
    %past = arith.cmpi sle, %j, %i : index
    %low = arith.constant -1.0e+04 : f32
    %r = arith.select %past, %e, %low : f32
    transformer.yield %r : f32
  } -> tensor<?x?x?xf32>
  %p = transformer.softmax %c axis 2 dims ["b", "s", "s"] : tensor<?x?x?xf32>
  %o = transformer.contract (%p, %q : tensor<?x?x?xf32>, tensor<?x?x16xf32>) dims ["b", "s", 16, "s"] maps [#pp, #vv] to #oo {
  ^bb0(%acc: f32):
    transformer.yield %acc : f32
  } -> tensor<?x?x16xf32>
  return %o : tensor<?x?x16xf32>
}

// CHECK-LABEL: func.func @twice
// CHECK: transformer.attention
// CHECK-SAME: mask <causal and padding(keys)> fill -1.000000e+04 dead_rows <mean>
func.func @twice(%q: tensor<?x?x16xf32> {attune.dims = ["b", "s", 16]}, %m: tensor<?x?xf32> {attune.dims = ["b", "s"]}, %k: tensor<?x?xi1> {attune.dims = ["b", "s"]}) -> tensor<?x?x16xf32> {
  %s = transformer.contract (%q, %q : tensor<?x?x16xf32>, tensor<?x?x16xf32>) dims ["b", "s", "s", 16] maps [#qk, #kk] to #ss {
  ^bb0(%acc: f32):
    transformer.yield %acc : f32
  } -> tensor<?x?x?xf32>
  %c = transformer.map (%s, %m, %k : tensor<?x?x?xf32>, tensor<?x?xf32>, tensor<?x?xi1>) dims ["b", "s", "s"] maps [#id, #row, #row] {
  ^bb0(%e: f32, %x: f32, %live: i1):
    %i = transformer.index 1
    %j = transformer.index 2
    %past = arith.cmpi sle, %j, %i : index
    %low = arith.constant -1.0e+04 : f32
    %a = arith.select %past, %e, %low : f32
    %r = arith.select %live, %a, %low : f32
    transformer.yield %r : f32
  } -> tensor<?x?x?xf32>
  %p = transformer.softmax %c axis 2 dims ["b", "s", "s"] : tensor<?x?x?xf32>
  %o = transformer.contract (%p, %q : tensor<?x?x?xf32>, tensor<?x?x16xf32>) dims ["b", "s", 16, "s"] maps [#pp, #vv] to #oo {
  ^bb0(%acc: f32):
    transformer.yield %acc : f32
  } -> tensor<?x?x16xf32>
  return %o : tensor<?x?x16xf32>
}

// CHECK-LABEL: func.func @over_bias
// CHECK: transformer.attention
// CHECK-SAME: bias
// CHECK-SAME: mask <causal> fill -1.000000e+04 dead_rows <mean>
func.func @over_bias(%q: tensor<?x?x16xf32> {attune.dims = ["b", "s", 16]}, %m: tensor<?x?xf32> {attune.dims = ["b", "s"]}, %k: tensor<?x?xi1> {attune.dims = ["b", "s"]}) -> tensor<?x?x16xf32> {
  %s = transformer.contract (%q, %q : tensor<?x?x16xf32>, tensor<?x?x16xf32>) dims ["b", "s", "s", 16] maps [#qk, #kk] to #ss {
  ^bb0(%acc: f32):
    transformer.yield %acc : f32
  } -> tensor<?x?x?xf32>
  %c = transformer.map (%s, %m, %k : tensor<?x?x?xf32>, tensor<?x?xf32>, tensor<?x?xi1>) dims ["b", "s", "s"] maps [#id, #row, #row] {
  ^bb0(%e: f32, %x: f32, %live: i1):
    %i = transformer.index 1
    %j = transformer.index 2
    %past = arith.cmpi sle, %j, %i : index
    %low = arith.constant -1.0e+04 : f32
    %a = arith.addf %e, %x : f32
    %r = arith.select %past, %a, %low : f32
    transformer.yield %r : f32
  } -> tensor<?x?x?xf32>
  %p = transformer.softmax %c axis 2 dims ["b", "s", "s"] : tensor<?x?x?xf32>
  %o = transformer.contract (%p, %q : tensor<?x?x?xf32>, tensor<?x?x16xf32>) dims ["b", "s", 16, "s"] maps [#pp, #vv] to #oo {
  ^bb0(%acc: f32):
    transformer.yield %acc : f32
  } -> tensor<?x?x16xf32>
  return %o : tensor<?x?x16xf32>
}

// What is added below the mask is a bias.
// CHECK-LABEL: func.func @over_mask
// CHECK: transformer.attention
// CHECK-SAME: bias
// CHECK-SAME: mask <causal> fill -1.000000e+04 dead_rows <mean>
func.func @over_mask(%q: tensor<?x?x16xf32> {attune.dims = ["b", "s", 16]}, %m: tensor<?x?xf32> {attune.dims = ["b", "s"]}, %k: tensor<?x?xi1> {attune.dims = ["b", "s"]}) -> tensor<?x?x16xf32> {
  %s = transformer.contract (%q, %q : tensor<?x?x16xf32>, tensor<?x?x16xf32>) dims ["b", "s", "s", 16] maps [#qk, #kk] to #ss {
  ^bb0(%acc: f32):
    transformer.yield %acc : f32
  } -> tensor<?x?x?xf32>
  %c = transformer.map (%s, %m, %k : tensor<?x?x?xf32>, tensor<?x?xf32>, tensor<?x?xi1>) dims ["b", "s", "s"] maps [#id, #row, #row] {
  ^bb0(%e: f32, %x: f32, %live: i1):
    %i = transformer.index 1
    %j = transformer.index 2
    %past = arith.cmpi sle, %j, %i : index
    %low = arith.constant -1.0e+04 : f32
    %inf = arith.constant 0xFF800000 : f32
    %zero = arith.constant 0.0 : f32
    %a = arith.select %live, %zero, %inf : f32
    %b = arith.addf %e, %a : f32
    %r = arith.select %past, %b, %low : f32
    transformer.yield %r : f32
  } -> tensor<?x?x?xf32>
  %p = transformer.softmax %c axis 2 dims ["b", "s", "s"] : tensor<?x?x?xf32>
  %o = transformer.contract (%p, %q : tensor<?x?x?xf32>, tensor<?x?x16xf32>) dims ["b", "s", 16, "s"] maps [#pp, #vv] to #oo {
  ^bb0(%acc: f32):
    transformer.yield %acc : f32
  } -> tensor<?x?x16xf32>
  return %o : tensor<?x?x16xf32>
}

// What is added above the mask is added to the number, too.
// CHECK-LABEL: func.func @below_bias
// CHECK: transformer.attention
// CHECK-SAME: bias
// CHECK-SAME: mask <causal> fill -1.000000e+04 with_bias dead_rows <mean>
func.func @below_bias(%q: tensor<?x?x16xf32> {attune.dims = ["b", "s", 16]}, %m: tensor<?x?xf32> {attune.dims = ["b", "s"]}, %k: tensor<?x?xi1> {attune.dims = ["b", "s"]}) -> tensor<?x?x16xf32> {
  %s = transformer.contract (%q, %q : tensor<?x?x16xf32>, tensor<?x?x16xf32>) dims ["b", "s", "s", 16] maps [#qk, #kk] to #ss {
  ^bb0(%acc: f32):
    transformer.yield %acc : f32
  } -> tensor<?x?x?xf32>
  %c = transformer.map (%s, %m, %k : tensor<?x?x?xf32>, tensor<?x?xf32>, tensor<?x?xi1>) dims ["b", "s", "s"] maps [#id, #row, #row] {
  ^bb0(%e: f32, %x: f32, %live: i1):
    %i = transformer.index 1
    %j = transformer.index 2
    %past = arith.cmpi sle, %j, %i : index
    %low = arith.constant -1.0e+04 : f32
    %a = arith.select %past, %e, %low : f32
    %r = arith.addf %a, %x : f32
    transformer.yield %r : f32
  } -> tensor<?x?x?xf32>
  %p = transformer.softmax %c axis 2 dims ["b", "s", "s"] : tensor<?x?x?xf32>
  %o = transformer.contract (%p, %q : tensor<?x?x?xf32>, tensor<?x?x16xf32>) dims ["b", "s", 16, "s"] maps [#pp, #vv] to #oo {
  ^bb0(%acc: f32):
    transformer.yield %acc : f32
  } -> tensor<?x?x16xf32>
  return %o : tensor<?x?x16xf32>
}

// CHECK-LABEL: func.func @below_mask
// CHECK: transformer.softmax
// REMARK: masked scores are -10000, and then masked or added to again
func.func @below_mask(%q: tensor<?x?x16xf32> {attune.dims = ["b", "s", 16]}, %m: tensor<?x?xf32> {attune.dims = ["b", "s"]}, %k: tensor<?x?xi1> {attune.dims = ["b", "s"]}) -> tensor<?x?x16xf32> {
  %s = transformer.contract (%q, %q : tensor<?x?x16xf32>, tensor<?x?x16xf32>) dims ["b", "s", "s", 16] maps [#qk, #kk] to #ss {
  ^bb0(%acc: f32):
    transformer.yield %acc : f32
  } -> tensor<?x?x?xf32>
  %c = transformer.map (%s, %m, %k : tensor<?x?x?xf32>, tensor<?x?xf32>, tensor<?x?xi1>) dims ["b", "s", "s"] maps [#id, #row, #row] {
  ^bb0(%e: f32, %x: f32, %live: i1):
    %i = transformer.index 1
    %j = transformer.index 2
    %past = arith.cmpi sle, %j, %i : index
    %low = arith.constant -1.0e+04 : f32
    %inf = arith.constant 0xFF800000 : f32
    %a = arith.select %past, %e, %low : f32
    %r = arith.select %live, %a, %inf : f32
    transformer.yield %r : f32
  } -> tensor<?x?x?xf32>
  %p = transformer.softmax %c axis 2 dims ["b", "s", "s"] : tensor<?x?x?xf32>
  %o = transformer.contract (%p, %q : tensor<?x?x?xf32>, tensor<?x?x16xf32>) dims ["b", "s", 16, "s"] maps [#pp, #vv] to #oo {
  ^bb0(%acc: f32):
    transformer.yield %acc : f32
  } -> tensor<?x?x16xf32>
  return %o : tensor<?x?x16xf32>
}

// CHECK-LABEL: func.func @two_numbers
// CHECK: transformer.softmax
// REMARK: masked scores are -10000, and then masked or added to again
func.func @two_numbers(%q: tensor<?x?x16xf32> {attune.dims = ["b", "s", 16]}, %m: tensor<?x?xf32> {attune.dims = ["b", "s"]}, %k: tensor<?x?xi1> {attune.dims = ["b", "s"]}) -> tensor<?x?x16xf32> {
  %s = transformer.contract (%q, %q : tensor<?x?x16xf32>, tensor<?x?x16xf32>) dims ["b", "s", "s", 16] maps [#qk, #kk] to #ss {
  ^bb0(%acc: f32):
    transformer.yield %acc : f32
  } -> tensor<?x?x?xf32>
  %c = transformer.map (%s, %m, %k : tensor<?x?x?xf32>, tensor<?x?xf32>, tensor<?x?xi1>) dims ["b", "s", "s"] maps [#id, #row, #row] {
  ^bb0(%e: f32, %x: f32, %live: i1):
    %i = transformer.index 1
    %j = transformer.index 2
    %past = arith.cmpi sle, %j, %i : index
    %low = arith.constant -1.0e+04 : f32
    %lower = arith.constant -2.0e+04 : f32
    %a = arith.select %past, %e, %low : f32
    %r = arith.select %live, %a, %lower : f32
    transformer.yield %r : f32
  } -> tensor<?x?x?xf32>
  %p = transformer.softmax %c axis 2 dims ["b", "s", "s"] : tensor<?x?x?xf32>
  %o = transformer.contract (%p, %q : tensor<?x?x?xf32>, tensor<?x?x16xf32>) dims ["b", "s", 16, "s"] maps [#pp, #vv] to #oo {
  ^bb0(%acc: f32):
    transformer.yield %acc : f32
  } -> tensor<?x?x16xf32>
  return %o : tensor<?x?x16xf32>
}

// CHECK-LABEL: func.func @bias_between
// CHECK: transformer.softmax
// REMARK: masked scores are -10000, and then masked or added to again
func.func @bias_between(%q: tensor<?x?x16xf32> {attune.dims = ["b", "s", 16]}, %m: tensor<?x?xf32> {attune.dims = ["b", "s"]}, %k: tensor<?x?xi1> {attune.dims = ["b", "s"]}) -> tensor<?x?x16xf32> {
  %s = transformer.contract (%q, %q : tensor<?x?x16xf32>, tensor<?x?x16xf32>) dims ["b", "s", "s", 16] maps [#qk, #kk] to #ss {
  ^bb0(%acc: f32):
    transformer.yield %acc : f32
  } -> tensor<?x?x?xf32>
  %c = transformer.map (%s, %m, %k : tensor<?x?x?xf32>, tensor<?x?xf32>, tensor<?x?xi1>) dims ["b", "s", "s"] maps [#id, #row, #row] {
  ^bb0(%e: f32, %x: f32, %live: i1):
    %i = transformer.index 1
    %j = transformer.index 2
    %past = arith.cmpi sle, %j, %i : index
    %low = arith.constant -1.0e+04 : f32
    %a = arith.select %past, %e, %low : f32
    %b = arith.addf %a, %x : f32
    %r = arith.select %live, %b, %low : f32
    transformer.yield %r : f32
  } -> tensor<?x?x?xf32>
  %p = transformer.softmax %c axis 2 dims ["b", "s", "s"] : tensor<?x?x?xf32>
  %o = transformer.contract (%p, %q : tensor<?x?x?xf32>, tensor<?x?x16xf32>) dims ["b", "s", 16, "s"] maps [#pp, #vv] to #oo {
  ^bb0(%acc: f32):
    transformer.yield %acc : f32
  } -> tensor<?x?x16xf32>
  return %o : tensor<?x?x16xf32>
}

// Two lowest values on one key add up to −inf, and a row without a live key is no plain mean.
// CHECK-LABEL: func.func @two_masks
// CHECK: transformer.attention
// CHECK-SAME: bias(%{{.*}} : tensor<?x?xf32>) {{.*}} mask <causal> fill -3.40{{.*}} with_bias dead_rows <mean>
func.func @two_masks(%q: tensor<?x?x16xf32> {attune.dims = ["b", "s", 16]}, %m: tensor<?x?xi1> {attune.dims = ["b", "s"]}) -> tensor<?x?x16xf32> {
  %s = transformer.contract (%q, %q : tensor<?x?x16xf32>, tensor<?x?x16xf32>) dims ["b", "s", "s", 16] maps [#qk, #kk] to #ss {
  ^bb0(%acc: f32):
    transformer.yield %acc : f32
  } -> tensor<?x?x?xf32>
  %x = transformer.map (%s, %m : tensor<?x?x?xf32>, tensor<?x?xi1>) dims ["b", "s", "s"] maps [#id, affine_map<(b, i, j) -> (b, j)>] {
  ^bb0(%e: f32, %live: i1):
    %low = arith.constant -3.40282347E+38 : f32
    %zero = arith.constant 0.0 : f32
    %i = transformer.index 1
    %j = transformer.index 2
    %causal = arith.cmpi sle, %j, %i : index
    %a = arith.select %causal, %e, %low : f32
    %b = arith.select %live, %zero, %low : f32
    %r = arith.addf %a, %b : f32
    transformer.yield %r : f32
  } -> tensor<?x?x?xf32>
  %p = transformer.softmax %x axis 2 dims ["b", "s", "s"] : tensor<?x?x?xf32>
  %o = transformer.contract (%p, %q : tensor<?x?x?xf32>, tensor<?x?x16xf32>) dims ["b", "s", 16, "s"] maps [#pp, #vv] to #oo {
  ^bb0(%acc: f32):
    transformer.yield %acc : f32
  } -> tensor<?x?x16xf32>
  return %o : tensor<?x?x16xf32>
}

// Keys outside the band that both masks have are −inf; the second's other keys are a bias.
// CHECK-LABEL: func.func @one_band
// CHECK: transformer.map({{.*}}tensor<?x?xi1>)
// CHECK: transformer.attention
// CHECK-SAME: bias(%{{.*}} : tensor<?x?xf32>) {{.*}} mask <causal> dead_rows <nan>
func.func @one_band(%q: tensor<?x?x16xf32> {attune.dims = ["b", "s", 16]}, %m: tensor<?x?xi1> {attune.dims = ["b", "s"]}) -> tensor<?x?x16xf32> {
  %s = transformer.contract (%q, %q : tensor<?x?x16xf32>, tensor<?x?x16xf32>) dims ["b", "s", "s", 16] maps [#qk, #kk] to #ss {
  ^bb0(%acc: f32):
    transformer.yield %acc : f32
  } -> tensor<?x?x?xf32>
  %x = transformer.map (%s, %m : tensor<?x?x?xf32>, tensor<?x?xi1>) dims ["b", "s", "s"] maps [#id, affine_map<(b, i, j) -> (b, j)>] {
  ^bb0(%e: f32, %live: i1):
    %low = arith.constant -3.40282347E+38 : f32
    %zero = arith.constant 0.0 : f32
    %i = transformer.index 1
    %j = transformer.index 2
    %causal = arith.cmpi sle, %j, %i : index
    %a = arith.select %causal, %e, %low : f32
    %both = arith.andi %live, %causal : i1
    %b = arith.select %both, %zero, %low : f32
    %r = arith.addf %a, %b : f32
    transformer.yield %r : f32
  } -> tensor<?x?x?xf32>
  %p = transformer.softmax %x axis 2 dims ["b", "s", "s"] : tensor<?x?x?xf32>
  %o = transformer.contract (%p, %q : tensor<?x?x?xf32>, tensor<?x?x16xf32>) dims ["b", "s", 16, "s"] maps [#pp, #vv] to #oo {
  ^bb0(%acc: f32):
    transformer.yield %acc : f32
  } -> tensor<?x?x16xf32>
  return %o : tensor<?x?x16xf32>
}
