// The table of a profile: what each kernel does, the work that it has, and its tiles. Times are
// not tested.
// RUN: attune compile -q %s -o %t.attune
// RUN: attune bench %t.attune --dim rows=70 --runs 1 --profile --threads 2 | FileCheck %s
// RUN: attune bench %t.attune --dim rows=70 --runs 1 --profile --threads 2 --json | FileCheck %s --check-prefix=JSON
// RUN: attune bench %t.attune --dim rows=70 --runs 1 | FileCheck %s --check-prefix=PLAIN --implicit-check-not=limits
// RUN: attune bench %t.attune --dim rows=70 --runs 1 --json | FileCheck %s --check-prefix=NONE

// A printed form keeps the work; what was damaged by hand is not known, and that is all.
// RUN: attune compile -q %s --emit=device | attune compile -q - -o %t.again.attune
// RUN: cmp %t.attune %t.again.attune
// RUN: attune compile -q %s --emit=device | sed -E 's/bytes = "[^"]*"/bytes = "nobody"/; s/extents = \[[^]]*\]/extents = "x"/; s/flops = "[^"]*"/flops = -7/; s/what = "[^"]*"/what = [1]/' | attune compile -q - -o %t.odd.attune
// RUN: attune bench %t.odd.attune --dim rows=70 --runs 1 --profile --json | FileCheck %s --check-prefix=ODD

// PLAIN: tiles {{[0-9]+}} of {{[0-9]+}}
// NONE: "limits": null,
// NONE: "dispatches": [],
// NONE: "tiles_visited": {{[1-9][0-9]*}},
// NONE: "tiles_total": {{[1-9][0-9]*}},

// CHECK: tiles [[VISITED:[0-9]+]] of [[TOTAL:[0-9]+]]
// CHECK: limits  fma {{[0-9.]+}} GFLOP/s  read {{[0-9.]+}} GB/s of 34 MB  (2 threads, median of 6)
// CHECK: ms    run  calls  tasks  threads  bound    of bound        tiles  variant      what
// CHECK-DAG: {{[0-9.]+ [0-9.]+% 1 [0-9]+ [12]\.[0-9] (compute|memory) [0-9]+% tiled }}contract(epilogue=[bias]) 70 x 64 x 32
// CHECK-DAG: {{[0-9]}}% [[VISITED]]/[[TOTAL]] blocks attention(heads=2, head_dim=16, mask=causal, dead_rows=zero) 1 x 2 x 70 x 70 x 16 x 16
// CHECK-DAG: memory {{[0-9]+}}% rows norm(kind=rms, axes=[-1], affine=none) 70 x 32

// JSON:      "limits": {
// JSON-NEXT:   "threads": 2,
// JSON-NEXT:   "fma_gflops": {{[0-9.]+}},
// JSON-NEXT:   "read_gbs": {{[0-9.]+}},
// JSON-NEXT:   "read_bytes": 33554432,
// JSON-NEXT:   "samples": 6
// JSON-NEXT: },
// JSON:      "name": "{{[a-z_0-9]+}}",
// JSON-NEXT: "root": "{{[a-z]+}}.{{[a-z]+}}",
// JSON-NEXT: "what": "{{.+}}",
// JSON-NEXT: "extents": [
// JSON:      "node": "{{.*}}",
// JSON-NEXT: "variant": "{{tiled|blocks|rows}}",
// JSON-NEXT: "calls": 1,
// JSON-NEXT: "tasks": {{[0-9]+}},
// JSON-NEXT: "threads": {{[0-9.]+}},
// JSON-NEXT: "ms": {{[0-9.]+}},
// JSON-NEXT: "flops": {{[0-9]+}},
// JSON-NEXT: "bytes": {{[0-9]+}},
// JSON-NEXT: "bound": "{{compute|memory}}",
// JSON-NEXT: "share": {{[0-9.]+}},
// JSON-NEXT: "tiles_visited": {{[0-9]+}},
// JSON-NEXT: "tiles_total": {{[0-9]+}}

// ODD: "what": "",
// ODD-NEXT: "extents": [],
// ODD: "flops": null,
// ODD-NEXT: "bytes": null,
// ODD-NEXT: "bound": null,
// ODD-NEXT: "share": null,

func.func @main(%x: tensor<?x32xf32> {attune.name = "x", attune.dims = ["rows", 32]},
                %w: tensor<32x64xf32> {attune.name = "w", attune.dims = [32, 64]})
    -> (tensor<?x64xf32> {attune.name = "y", attune.dims = ["rows", 64]}) {
  %b = arith.constant dense<[0.5, 1.0, 1.5, 2.0, 0.5, 1.0, 1.5, 2.0, 0.5, 1.0, 1.5, 2.0, 0.5, 1.0, 1.5, 2.0,
      0.5, 1.0, 1.5, 2.0, 0.5, 1.0, 1.5, 2.0, 0.5, 1.0, 1.5, 2.0, 0.5, 1.0, 1.5, 2.0,
      0.5, 1.0, 1.5, 2.0, 0.5, 1.0, 1.5, 2.0, 0.5, 1.0, 1.5, 2.0, 0.5, 1.0, 1.5, 2.0,
      0.5, 1.0, 1.5, 2.0, 0.5, 1.0, 1.5, 2.0, 0.5, 1.0, 1.5, 2.0, 0.5, 1.0, 1.5, 2.0]> : tensor<64xf32>
  %n = transformer.norm <rms> %x axes 1 epsilon 1.0e-5 dims ["rows", 32] : tensor<?x32xf32> loc("norm"("Norm"))
  %q = transformer.reshape %n dims [1, "rows", 2, 16] : tensor<?x32xf32> -> tensor<1x?x2x16xf32>
  %a = transformer.attention (%q, %q, %q : tensor<1x?x2x16xf32>, tensor<1x?x2x16xf32>, tensor<1x?x2x16xf32>)
      scale 2.5e-1 mask <causal> dead_rows <zero> dims [1, 2, "rows", "rows", 16, 16]
      maps [affine_map<(b, h, i, j, d, e) -> (b, i, h, d)>, affine_map<(b, h, i, j, d, e) -> (b, j, h, d)>,
            affine_map<(b, h, i, j, d, e) -> (b, j, h, e)>]
      to affine_map<(b, h, i, j, d, e) -> (b, i, h, e)> -> tensor<1x?x2x16xf32> loc("attend"("Softmax"))
  %f = transformer.reshape %a dims ["rows", 32] : tensor<1x?x2x16xf32> -> tensor<?x32xf32>
  %y = transformer.contract (%f, %w : tensor<?x32xf32>, tensor<32x64xf32>) extra (%b : tensor<64xf32>)
      dims ["rows", 64, 32]
      maps [affine_map<(m, n, k) -> (m, k)>, affine_map<(m, n, k) -> (k, n)>, affine_map<(m, n, k) -> (n)>]
      to affine_map<(m, n, k) -> (m, n)> {
  ^bb0(%acc: f32, %e: f32):
    %0 = arith.addf %acc, %e : f32
    transformer.yield %0 : f32
  } -> tensor<?x64xf32> loc("project"("MatMul"))
  return %y : tensor<?x64xf32>
}
