// An earlier report against the present one: nothing lost, a fact lost, a concept lost, renamed
// nodes, and files that are no report.
// RUN: attune explain %s --json > %t.json
// RUN: attune explain %s --compare %t.json | FileCheck %s --check-prefix=SAME
// SAME: nothing that {{.*}}.json states was lost

// RUN: sed 's/"head_dim": 16/"head_dim": 16, "bias": "tensor"/' %t.json > %t.weak.json
// RUN: attune explain %s --compare %t.weak.json | FileCheck %s --check-prefix=SAME
// RUN: sed 's/"p"/"other"/; s/"scores"/"more"/; s/"mixed"/"names"/' %t.json > %t.renamed.json
// RUN: attune explain %s --compare %t.renamed.json | FileCheck %s --check-prefix=SAME

// RUN: sed 's/"head_dim": 16/"head_dim": 16, "mask": "causal \& tensor"/' %t.json > %t.more.json
// RUN: not attune explain %s --compare %t.more.json > %t.out
// RUN: FileCheck %s --check-prefix=FACT --input-file=%t.out
// FACT: lost: attention({{.*}}) at {{.*}}: mask was causal & tensor, is not stated

// RUN: sed 's/"Mul"(\(.[a-z]*\), .half)/"Add"(\1, \1)/; s/(tensor<?x?x?xf32>, tensor<f32>)/(tensor<?x?x?xf32>, tensor<?x?x?xf32>)/' %s > %t.changed.mlir
// RUN: not attune explain %t.changed.mlir --compare %t.json --json > %t.lost
// RUN: FileCheck %s --check-prefix=LOST --input-file=%t.lost
// LOST:      "lost": [
// LOST-NEXT: {
// LOST-NEXT: "op": "attention",
// LOST:      "p"
// LOST:      "what": "is no longer raised: two contractions are added in the scores"

// RUN: sed 's/onnx.node "Sigmoid"/onnx.node "Tanh"/' %s > %t.tanh.mlir
// RUN: not attune explain %t.tanh.mlir --compare %t.json > %t.out
// RUN: FileCheck %s --check-prefix=SILU --input-file=%t.out
// SILU: lost: map(function=silu) at {{.*}}: silu is no longer raised

// RUN: echo '{"regions": [3]}' > %t.bad.json
// RUN: not attune explain %s --compare %t.bad.json 2>&1 | FileCheck %s --check-prefix=BAD
// RUN: echo 'no' > %t.bad.json
// RUN: not attune explain %s --compare %t.bad.json 2>&1 | FileCheck %s --check-prefix=BAD
// BAD: is no report of attune explain
// RUN: not attune explain %s --compare %t.nowhere.json 2>&1 | FileCheck %s --check-prefix=NONE
// NONE: nowhere.json

func.func @main(%q: tensor<?x?x16xf32> {attune.name = "q", attune.dims = ["b", "s", 16]}) -> (tensor<?x?x16xf32> {attune.name = "y", attune.dims = ["b", "s", 16]}) {
  %half = onnx.constant(dense<0.5> : tensor<f32>) : tensor<f32>
  %k = onnx.node "Transpose"(%q) {version = 17 : i64, node_attributes = {perm = array<i64: 0, 2, 1>}} : (tensor<?x?x16xf32>) -> tensor<?x16x?xf32> loc("turned"("Transpose"))
  %s = onnx.node "MatMul"(%q, %k) {version = 17 : i64} : (tensor<?x?x16xf32>, tensor<?x16x?xf32>) -> tensor<?x?x?xf32> loc("scores"("MatMul"))
  %x = onnx.node "Mul"(%s, %half) {version = 17 : i64} : (tensor<?x?x?xf32>, tensor<f32>) -> tensor<?x?x?xf32> loc("half"("Mul"))
  %p = onnx.node "Softmax"(%x) {version = 17 : i64, node_attributes = {axis = -1 : i64}} : (tensor<?x?x?xf32>) -> tensor<?x?x?xf32> loc("p"("Softmax"))
  %o = onnx.node "MatMul"(%p, %q) {version = 17 : i64} : (tensor<?x?x?xf32>, tensor<?x?x16xf32>) -> tensor<?x?x16xf32> loc("mixed"("MatMul"))
  %g = onnx.node "Sigmoid"(%o) {version = 17 : i64} : (tensor<?x?x16xf32>) -> tensor<?x?x16xf32> loc("gate"("Sigmoid"))
  %y = onnx.node "Mul"(%o, %g) {version = 17 : i64} : (tensor<?x?x16xf32>, tensor<?x?x16xf32>) -> tensor<?x?x16xf32> loc("act"("Mul"))
  return %y : tensor<?x?x16xf32>
}
