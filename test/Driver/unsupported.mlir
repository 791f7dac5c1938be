// An operator that attune does not compile: inspect lists it, compile names it and its node.
// RUN: attune inspect %s | FileCheck %s --check-prefix=INSPECT
// RUN: not attune compile %s -o %t.attune 2>&1 | FileCheck %s --check-prefix=COMPILE
// RUN: not ls %t.attune
// RUN: not attune compile %s -o %t.attune --json 2>/dev/null | FileCheck %s --check-prefix=JSON

// INSPECT: operator Det 1 unsupported
// INSPECT: unsupported Det 'volume': attune does not compile
// COMPILE: error: {{.*}}Det
// COMPILE-SAME: volume
// JSON: "code": 4
// JSON: "node": "volume"
// JSON: "op": "Det"

func.func @main(%x: tensor<8x8xf32> {attune.name = "x", attune.dims = [8, 8]})
    -> (tensor<f32> {attune.name = "y", attune.dims = []}) {
  %y = onnx.node "Det"(%x) {version = 17 : i64} : (tensor<8x8xf32>) -> tensor<f32> loc(#node)
  return %y : tensor<f32>
}
#node = loc("volume"("Det"))
