// RUN: attune-opt %s --transformer-raise-norm --mlir-disable-threading --remarks-filter="transformer-raise-norm" 2>%t | FileCheck %s
// RUN: FileCheck %s --check-prefix=REMARK --input-file=%t

#id = affine_map<(d0, d1) -> (d0, d1)>
#row = affine_map<(d0, d1) -> (d0, 0)>
#col = affine_map<(d0, d1) -> (d1)>
#s = affine_map<(d0, d1) -> ()>

// ReduceMean, Sub, Pow, ReduceMean, Add, Sqrt, Div, Mul, Add, one map each; a residual before.
// CHECK-LABEL: func.func @layer
// CHECK-SAME: (%[[X:.*]]: tensor<?x4xf32> {{.*}}, %[[Y:.*]]: tensor<?x4xf32> {{.*}}, %[[W:.*]]: tensor<4xf32> {{.*}}, %[[B:.*]]: tensor<4xf32>
// CHECK: %[[SUM:.*]] = transformer.map(%[[X]], %[[Y]]
// CHECK: %[[N:.*]] = transformer.norm <layer> %[[SUM]] scale(%[[W]] : tensor<4xf32>) shift(%[[B]] : tensor<4xf32>) axes 1 epsilon 9.999999{{.*}} dims ["n", 4] : tensor<?x4xf32>
// CHECK-NOT: transformer.map
// CHECK: return %[[N]]
func.func @layer(%x: tensor<?x4xf32> {attune.dims = ["n", 4]}, %y: tensor<?x4xf32> {attune.dims = ["n", 4]},
    %w: tensor<4xf32> {attune.dims = [4]}, %b: tensor<4xf32> {attune.dims = [4]}) -> tensor<?x4xf32> {
  %n = arith.constant dense<4.0> : tensor<f32>
  %two = arith.constant dense<2.0> : tensor<f32>
  %eps = arith.constant dense<1.0e-12> : tensor<f32>
  %res = transformer.map (%x, %y : tensor<?x4xf32>, tensor<?x4xf32>) dims ["n", 4] maps [#id, #id] {
  ^bb0(%e: f32, %f: f32):
    %r = arith.addf %e, %f : f32
    transformer.yield %r : f32
  } -> tensor<?x4xf32>
  %sum = transformer.reduce <sum> (%res : tensor<?x4xf32>) dims ["n", 4] maps [#id] to #row {
  ^bb0(%e: f32):
    transformer.yield %e : f32
  } -> tensor<?x1xf32>
  %mean = transformer.map (%sum, %n : tensor<?x1xf32>, tensor<f32>) dims ["n", 1] maps [#id, #s] {
  ^bb0(%e: f32, %f: f32):
    %r = arith.divf %e, %f : f32
    transformer.yield %r : f32
  } -> tensor<?x1xf32>
  %centred = transformer.map (%res, %mean : tensor<?x4xf32>, tensor<?x1xf32>) dims ["n", 4] maps [#id, #row] {
  ^bb0(%e: f32, %f: f32):
    %r = arith.subf %e, %f : f32
    transformer.yield %r : f32
  } -> tensor<?x4xf32>
  %square = transformer.map (%centred, %two : tensor<?x4xf32>, tensor<f32>) dims ["n", 4] maps [#id, #s] {
  ^bb0(%e: f32, %f: f32):
    %r = math.powf %e, %f : f32
    transformer.yield %r : f32
  } -> tensor<?x4xf32>
  %sum2 = transformer.reduce <sum> (%square : tensor<?x4xf32>) dims ["n", 4] maps [#id] to #row {
  ^bb0(%e: f32):
    transformer.yield %e : f32
  } -> tensor<?x1xf32>
  %std = transformer.map (%sum2, %n, %eps : tensor<?x1xf32>, tensor<f32>, tensor<f32>) dims ["n", 1] maps [#id, #s, #s] {
  ^bb0(%e: f32, %f: f32, %g: f32):
    %v = arith.divf %e, %f : f32
    %a = arith.addf %v, %g : f32
    %r = math.sqrt %a : f32
    transformer.yield %r : f32
  } -> tensor<?x1xf32>
  %norm = transformer.map (%centred, %std : tensor<?x4xf32>, tensor<?x1xf32>) dims ["n", 4] maps [#id, #row] {
  ^bb0(%e: f32, %f: f32):
    %r = arith.divf %e, %f : f32
    transformer.yield %r : f32
  } -> tensor<?x4xf32>
  %scaled = transformer.map (%norm, %w : tensor<?x4xf32>, tensor<4xf32>) dims ["n", 4] maps [#id, #col] {
  ^bb0(%e: f32, %f: f32):
    %r = arith.mulf %e, %f : f32
    transformer.yield %r : f32
  } -> tensor<?x4xf32>
  %out = transformer.map (%b, %scaled : tensor<4xf32>, tensor<?x4xf32>) dims ["n", 4] maps [#col, #id] {
  ^bb0(%f: f32, %e: f32):
    %r = arith.addf %f, %e : f32
    transformer.yield %r : f32
  } -> tensor<?x4xf32>
  return %out : tensor<?x4xf32>
}

// T5: w · (x · 1/√(mean x² + ε)), fused as far as maps fuse.
// CHECK-LABEL: func.func @rms
// CHECK: transformer.norm <rms> %{{.*}} scale(%{{.*}} : tensor<4xf32>) axes 1 epsilon 9.99{{.*}}E-7 dims ["n", 4]
// CHECK-NEXT: return
func.func @rms(%x: tensor<?x4xf32> {attune.dims = ["n", 4]}, %w: tensor<4xf32> {attune.dims = [4]}) -> tensor<?x4xf32> {
  %sum2 = transformer.reduce <sum> (%x : tensor<?x4xf32>) dims ["n", 4] maps [#id] to #row {
  ^bb0(%e: f32):
    %r = arith.mulf %e, %e : f32
    transformer.yield %r : f32
  } -> tensor<?x1xf32>
  %rstd = transformer.map (%sum2 : tensor<?x1xf32>) dims ["n", 1] maps [#id] {
  ^bb0(%e: f32):
    %quarter = arith.constant 0.25 : f32
    %eps = arith.constant 1.0e-6 : f32
    %one = arith.constant 1.0 : f32
    %v = arith.mulf %e, %quarter : f32
    %a = arith.addf %eps, %v : f32
    %s = math.sqrt %a : f32
    %r = arith.divf %one, %s : f32
    transformer.yield %r : f32
  } -> tensor<?x1xf32>
  %out = transformer.map (%x, %w, %rstd : tensor<?x4xf32>, tensor<4xf32>, tensor<?x1xf32>) dims ["n", 4] maps [#id, #col, #row] {
  ^bb0(%e: f32, %f: f32, %g: f32):
    %r = arith.mulf %e, %g : f32
    %t = arith.mulf %f, %r : f32
    transformer.yield %t : f32
  } -> tensor<?x4xf32>
  return %out : tensor<?x4xf32>
}

// The deviation is that of another value; the sum is divided by another number.
// CHECK-LABEL: func.func @other_value
// CHECK-NOT: transformer.norm
// REMARK: the mean of squares is not that of the scaled value
func.func @other_value(%x: tensor<?x4xf32> {attune.dims = ["n", 4]}, %y: tensor<?x4xf32> {attune.dims = ["n", 4]}) -> (tensor<?x4xf32>, tensor<?x4xf32>) {
  %sum2 = transformer.reduce <sum> (%y : tensor<?x4xf32>) dims ["n", 4] maps [#id] to #row {
  ^bb0(%e: f32):
    %r = arith.mulf %e, %e : f32
    transformer.yield %r : f32
  } -> tensor<?x1xf32>
  %rstd = transformer.map (%sum2 : tensor<?x1xf32>) dims ["n", 1] maps [#id] {
  ^bb0(%e: f32):
    %quarter = arith.constant 0.25 : f32
    %v = arith.mulf %e, %quarter : f32
    %r = math.rsqrt %v : f32
    transformer.yield %r : f32
  } -> tensor<?x1xf32>
  %rstd2 = transformer.map (%sum2 : tensor<?x1xf32>) dims ["n", 1] maps [#id] {
  ^bb0(%e: f32):
    %third = arith.constant 0.3 : f32
    %v = arith.mulf %e, %third : f32
    %r = math.rsqrt %v : f32
    transformer.yield %r : f32
  } -> tensor<?x1xf32>
  %0 = transformer.map (%x, %rstd : tensor<?x4xf32>, tensor<?x1xf32>) dims ["n", 4] maps [#id, #row] {
  ^bb0(%e: f32, %g: f32):
    %r = arith.mulf %e, %g : f32
    transformer.yield %r : f32
  } -> tensor<?x4xf32>
  %1 = transformer.map (%y, %rstd2 : tensor<?x4xf32>, tensor<?x1xf32>) dims ["n", 4] maps [#id, #row] {
  ^bb0(%e: f32, %g: f32):
    %r = arith.mulf %e, %g : f32
    transformer.yield %r : f32
  } -> tensor<?x4xf32>
  return %0, %1 : tensor<?x4xf32>, tensor<?x4xf32>
}
