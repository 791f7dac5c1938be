// What was not raised: the nearest miss, its node, and what was expected there.
// RUN: attune explain %s | FileCheck %s
// RUN: attune explain %s --json | FileCheck %s --check-prefix=JSON
// RUN: attune compile -v %s -o %t.attune 2>&1 | FileCheck %s --check-prefix=VERBOSE

// CHECK:      softmax(axis={{[0-9]}})  from p
// CHECK-NEXT: bytes
// CHECK-NEXT: declined by transformer-raise-attention: an operation on the scores is none of: scale, softcap, bias, mask; it is Erf; at bent (Erf), expected a scale, a softcap, a bias or a mask
// JSON:       "declined": [{{$}}
// JSON-NEXT:  {
// JSON-NEXT:  "pass": "transformer-raise-attention",
// JSON-NEXT:  "reason": "an operation on the scores is none of: scale, softcap, bias, mask; it is Erf",
// JSON-NEXT:  "nearest": {
// JSON-NEXT:  "node": "bent",
// JSON-NEXT:  "op": "Erf",
// JSON-NEXT:  "expected": "a scale, a softcap, a bias or a mask"
// VERBOSE: p: an operation on the scores

func.func @main(%q: tensor<?x?x16xf32> {attune.name = "q", attune.dims = ["b", "s", 16]}) -> (tensor<?x?x16xf32> {attune.name = "y", attune.dims = ["b", "s", 16]}) {
  %k = onnx.node "Transpose"(%q) {version = 17 : i64, node_attributes = {perm = array<i64: 0, 2, 1>}} : (tensor<?x?x16xf32>) -> tensor<?x16x?xf32> loc("turned"("Transpose"))
  %s = onnx.node "MatMul"(%q, %k) {version = 17 : i64} : (tensor<?x?x16xf32>, tensor<?x16x?xf32>) -> tensor<?x?x?xf32> loc("scores"("MatMul"))
  %x = onnx.node "Erf"(%s) {version = 17 : i64} : (tensor<?x?x?xf32>) -> tensor<?x?x?xf32> loc("bent"("Erf"))
  %p = onnx.node "Softmax"(%x) {version = 17 : i64, node_attributes = {axis = -1 : i64}} : (tensor<?x?x?xf32>) -> tensor<?x?x?xf32> loc("p"("Softmax"))
  %o = onnx.node "MatMul"(%p, %q) {version = 17 : i64} : (tensor<?x?x?xf32>, tensor<?x?x16xf32>) -> tensor<?x?x16xf32> loc("mixed"("MatMul"))
  return %o : tensor<?x?x16xf32>
}
