// Folders whose names look like flags or lists of flags: the linker takes them for what they are.
// RUN: rm -rf %t && mkdir -p %t/-d %t/@e
// RUN: cd %t
// RUN: attune compile -q %s -o ./-d/a.attune
// RUN: attune compile -q %s -o @e/a.attune
// RUN: cmp ./-d/a.attune @e/a.attune
// RUN: ls -A ./-d @e | FileCheck %s

// CHECK: -d:
// CHECK-NEXT: a.attune
// CHECK: @e:
// CHECK-NEXT: a.attune
// CHECK-NOT: {{.}}

func.func @main(%x: tensor<?x8xf32> {attune.name = "x", attune.dims = ["batch", 8]})
    -> (tensor<?x8xf32> {attune.name = "y", attune.dims = ["batch", 8]}) {
  %y = onnx.node "Neg"(%x) {version = 17 : i64} : (tensor<?x8xf32>) -> tensor<?x8xf32>
  return %y : tensor<?x8xf32>
}
