// What a model and its artefact say of themselves, and what explaining it gives.
// RUN: attune inspect %s | FileCheck %s --check-prefixes=CHECK,MODEL
// RUN: attune compile %s -q -o %t.attune
// RUN: attune inspect %t.attune --check | FileCheck %s --check-prefixes=CHECK,ARTIFACT
// RUN: attune explain %s | FileCheck %s --check-prefix=EXPLAIN
// RUN: attune explain %s --format=json | FileCheck %s --check-prefix=JSON

// MODEL: kind model
// MODEL: form onnx
// ARTIFACT: kind artifact
// ARTIFACT: target x86-64-v
// CHECK: input x float32[batch, 8]
// CHECK: output y float32[batch, 8]
// CHECK: symbol batch
// ARTIFACT: kernels 1
// MODEL: operator Exp 1{{$}}
// MODEL: operator Neg 1
// MODEL: opset ai.onnx 17
// EXPLAIN: map from {{.*}}grow
// EXPLAIN: bytes 64 * batch
// EXPLAIN: 2 nodes became 1 operations (0 raised), 1 dispatches of 1 kernels
// JSON: "op": "map"
// JSON: "origin": "native"
// JSON: "bytes": "64 * batch"
// JSON: "summary"

func.func @main(%x: tensor<?x8xf32> {attune.name = "x", attune.dims = ["batch", 8]})
    -> (tensor<?x8xf32> {attune.name = "y", attune.dims = ["batch", 8]}) {
  %n = onnx.node "Neg"(%x) {version = 17 : i64} : (tensor<?x8xf32>) -> tensor<?x8xf32> loc(#neg)
  %y = onnx.node "Exp"(%n) {version = 17 : i64} : (tensor<?x8xf32>) -> tensor<?x8xf32> loc(#exp)
  return %y : tensor<?x8xf32>
}
#neg = loc("flip"("Neg"))
#exp = loc("grow"("Exp"))
