// The artefact states what it was compiled with, whatever form was printed on the way.
// RUN: rm -rf %t && mkdir %t
// RUN: attune compile -q %s --cpu=x86-64-v3 --dim batch=1..64 --passes=canonicalize -o %t/a.attune
// RUN: attune inspect %t/a.attune | FileCheck %s
// RUN: attune compile -q %s --cpu=x86-64-v3 --dim batch=1..64 --passes=canonicalize --emit=tensor -o %t/t.mlir
// RUN: attune compile -q %t/t.mlir --cpu=x86-64-v3 -o %t/b.attune
// RUN: cmp %t/a.attune %t/b.attune

// Passes run on a printed graph form too, and are stated; past it they are refused.
// RUN: attune compile -q %s --cpu=x86-64-v3 --dim batch=1..64 --emit=graph -o %t/g.mlir
// RUN: attune compile -q %t/g.mlir --cpu=x86-64-v3 --passes=canonicalize --print-after canonicalize -o %t/c.attune 2>&1 | FileCheck %s --check-prefix=RAN
// RUN: cmp %t/a.attune %t/c.attune
// RUN: not attune compile %t/t.mlir --passes=canonicalize -o %t/d.attune 2>&1 | FileCheck %s --check-prefix=LATE
// RAN: // after canonicalize on builtin.module
// LATE: error: the model is already past the graph form, on which --passes work

// CHECK: options --target=cpu --cpu=x86-64-v3 --dim batch=1..64 --passes=canonicalize

func.func @main(%x: tensor<?x8xf32> {attune.name = "x", attune.dims = ["batch", 8]})
    -> (tensor<?x8xf32> {attune.name = "y", attune.dims = ["batch", 8]}) {
  %y = onnx.node "Neg"(%x) {version = 17 : i64} : (tensor<?x8xf32>) -> tensor<?x8xf32>
  return %y : tensor<?x8xf32>
}
