// An artefact states the facts of its kernels; sizes may be fixed as for compiling.
// RUN: attune compile %s -q -o %t.attune
// RUN: attune explain %t.attune | FileCheck %s
// RUN: attune explain %t.attune --json | FileCheck %s --check-prefix=JSON
// RUN: attune explain %s --json > %t.json
// RUN: attune explain %t.attune --compare %t.json | FileCheck %s --check-prefix=SAME
// RUN: attune explain %s --dim s=7 | FileCheck %s --check-prefix=FIXED
// RUN: attune inspect %s --dim s=7 | FileCheck %s --check-prefix=INSPECT
// RUN: not attune explain %s --dim s=7..3 2>&1 | FileCheck %s --check-prefix=BAD
// RUN: not attune inspect %s --dim s 2>&1 | FileCheck %s --check-prefix=BAD
// RUN: not attune explain %s --passes=no-such-pass 2>&1 | FileCheck %s --check-prefix=PASS

// CHECK:      attention(head{{.*}}head_dim=16, scale=0.5)
// CHECK-NEXT: flops 64 * b * s * s
// CHECK:      1 kernels
// JSON-DAG: "fact": "attention(heads=1, head_dim=16, scale=0.5)"
// JSON-DAG: "kernel": "
// JSON-DAG: "head_dim": 16
// JSON-DAG: "scale": "0.5"
// JSON-DAG: "origin": "compiled"
// SAME: nothing that {{.*}}.json states was lost
// FIXED: flops 3136 * b
// INSPECT: input q float32[b, 7, 16]
// PASS: error: {{.*}}no-such-pass
// BAD: error: --dim s{{.*}} is neither NAME=VALUE nor NAME=LO..HI

func.func @main(%q: tensor<?x?x16xf32> {attune.name = "q", attune.dims = ["b", "s", 16]}) -> (tensor<?x?x16xf32> {attune.name = "y", attune.dims = ["b", "s", 16]}) {
  %half = onnx.constant(dense<0.5> : tensor<f32>) : tensor<f32>
  %k = onnx.node "Transpose"(%q) {version = 17 : i64, node_attributes = {perm = array<i64: 0, 2, 1>}} : (tensor<?x?x16xf32>) -> tensor<?x16x?xf32> loc("turned"("Transpose"))
  %s = onnx.node "MatMul"(%q, %k) {version = 17 : i64} : (tensor<?x?x16xf32>, tensor<?x16x?xf32>) -> tensor<?x?x?xf32> loc("scores"("MatMul"))
  %x = onnx.node "Mul"(%s, %half) {version = 17 : i64} : (tensor<?x?x?xf32>, tensor<f32>) -> tensor<?x?x?xf32> loc("half"("Mul"))
  %p = onnx.node "Softmax"(%x) {version = 17 : i64, node_attributes = {axis = -1 : i64}} : (tensor<?x?x?xf32>) -> tensor<?x?x?xf32> loc("p"("Softmax"))
  %o = onnx.node "MatMul"(%p, %q) {version = 17 : i64} : (tensor<?x?x?xf32>, tensor<?x?x16xf32>) -> tensor<?x?x16xf32> loc("mixed"("MatMul"))
  return %o : tensor<?x?x16xf32>
}
