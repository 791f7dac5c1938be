// Facts and costs of each kind of op, in text and JSON.
// RUN: attune explain %s | FileCheck %s
// RUN: attune explain %s --format=json | FileCheck %s --check-prefix=JSON

// CHECK:      norm(kind=rms, axes=[-1], affine=scale)  from first
// CHECK-NEXT: bytes 256 * rows + 128
// CHECK-NEXT: contract(epilogue=[bias, gelu, residual])  from second
// CHECK-NEXT: flops 2048 * rows
// CHECK-NEXT: bytes 384 * rows + 4224
// CHECK-NEXT: softmax(axis=1)  from third
// CHECK:      reduce(kind=max, axes=[1])  from fourth
// CHECK-NEXT: flops 32 * rows
// CHECK-NEXT: bytes 132 * rows
// CHECK:      map(function=silu)  from fifth
// CHECK-NEXT: bytes 8 * rows
// CHECK:      reshape(size=[rows, 1])  from sixth

// JSON:      "op": "norm",
// JSON-NEXT: "fact": "norm(kind=rms, axes=[-1], affine=scale)",
// JSON:      "attributes": {
// JSON-NEXT: "kind": "rms",
// JSON-NEXT: "axes": "[-1]",
// JSON-NEXT: "affine": "scale"
// JSON:      "flops": "2048 * rows"
// JSON:      "op": "softmax"
// JSON:      "axis": 1

func.func @main(%x: tensor<?x32xf32> {attune.name = "x", attune.dims = ["rows", 32]})
    -> (tensor<?x1xf32> {attune.name = "y", attune.dims = ["rows", 1]}) {
  %s = arith.constant dense<0.5> : tensor<32xf32>
  %w = arith.constant dense<0.25> : tensor<32x32xf32>
  %n = transformer.norm <rms> %x scale(%s : tensor<32xf32>) axes 1 epsilon 1.0e-5
      dims ["rows", 32] : tensor<?x32xf32> loc(#first)
  %c = transformer.contract (%n, %w : tensor<?x32xf32>, tensor<32x32xf32>)
      extra (%s, %x : tensor<32xf32>, tensor<?x32xf32>) dims ["rows", 32, 32]
      maps [affine_map<(m, n, k) -> (m, k)>, affine_map<(m, n, k) -> (k, n)>,
            affine_map<(m, n, k) -> (n)>, affine_map<(m, n, k) -> (m, n)>]
      to affine_map<(m, n, k) -> (m, n)> {
  ^bb0(%acc: f32, %b: f32, %r: f32):
    %0 = arith.addf %acc, %b : f32
    %1 = transformer.activation <gelu> %0 : f32
    %2 = arith.addf %1, %r : f32
    transformer.yield %2 : f32
  } -> tensor<?x32xf32> loc(#second)
  %p = transformer.softmax %c axis 1 dims ["rows", 32] : tensor<?x32xf32> loc(#third)
  %m = transformer.reduce <max> (%p : tensor<?x32xf32>) dims ["rows", 32]
      maps [affine_map<(d0, d1) -> (d0, d1)>] to affine_map<(d0, d1) -> (d0)> {
  ^bb0(%e: f32):
    transformer.yield %e : f32
  } -> tensor<?xf32> loc(#fourth)
  %a = transformer.map (%m : tensor<?xf32>) dims ["rows"] maps [affine_map<(d0) -> (d0)>] {
  ^bb0(%e: f32):
    %0 = transformer.activation <silu> %e : f32
    transformer.yield %0 : f32
  } -> tensor<?xf32> loc(#fifth)
  %y = transformer.reshape %a dims ["rows", 1] : tensor<?xf32> -> tensor<?x1xf32> loc(#sixth)
  return %y : tensor<?x1xf32>
}
#first = loc("first"("Norm"))
#second = loc("second"("MatMul"))
#third = loc("third"("Softmax"))
#fourth = loc("fourth"("ReduceMax"))
#fifth = loc("fifth"("Silu"))
#sixth = loc("sixth"("Reshape"))
