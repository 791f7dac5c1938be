// The facts of attention: what differs from the defaults is stated.
// RUN: attune explain %s | FileCheck %s

// CHECK:      attention(heads=4, head_dim=16, value_dim=8, scale=0.5, mask=causal(offset=kv - q) & padding(keys), dead_rows=zero)
// CHECK-NEXT: flops 192 * batch * kv * q
// CHECK:      attention(heads=4, head_dim=16)

func.func @main(
    %q: tensor<?x4x?x16xf32> {attune.name = "q", attune.dims = ["batch", 4, "q", 16]},
    %k: tensor<?x4x?x16xf32> {attune.name = "k", attune.dims = ["batch", 4, "kv", 16]},
    %v: tensor<?x4x?x8xf32> {attune.name = "v", attune.dims = ["batch", 4, "kv", 8]},
    %live: tensor<?x?xi1> {attune.name = "live", attune.dims = ["batch", "kv"]})
    -> (tensor<?x4x?x8xf32> {attune.name = "y", attune.dims = ["batch", 4, "q", 8]},
        tensor<?x4x?x16xf32> {attune.name = "z", attune.dims = ["batch", 4, "q", 16]}) {
  %y = transformer.attention (%q, %k, %v : tensor<?x4x?x16xf32>, tensor<?x4x?x16xf32>, tensor<?x4x?x8xf32>)
      keys(%live : tensor<?x?xi1>) scale 5.0e-1 mask <causal(offset = "kv - q") and padding(keys)>
      dead_rows <zero> dims ["batch", 4, "q", "kv", 16, 8]
      maps [affine_map<(b, h, i, j, d, e) -> (b, h, i, d)>, affine_map<(b, h, i, j, d, e) -> (b, h, j, d)>,
            affine_map<(b, h, i, j, d, e) -> (b, h, j, e)>, affine_map<(b, h, i, j, d, e) -> (b, j)>]
      to affine_map<(b, h, i, j, d, e) -> (b, h, i, e)> -> tensor<?x4x?x8xf32>
  %z = transformer.attention (%q, %k, %k : tensor<?x4x?x16xf32>, tensor<?x4x?x16xf32>, tensor<?x4x?x16xf32>)
      scale 2.5e-1 mask <none> dead_rows <nan> dims ["batch", 4, "q", "kv", 16, 16]
      maps [affine_map<(b, h, i, j, d, e) -> (b, h, i, d)>, affine_map<(b, h, i, j, d, e) -> (b, h, j, d)>,
            affine_map<(b, h, i, j, d, e) -> (b, h, j, e)>]
      to affine_map<(b, h, i, j, d, e) -> (b, h, i, e)> -> tensor<?x4x?x16xf32>
  return %y, %z : tensor<?x4x?x8xf32>, tensor<?x4x?x16xf32>
}
