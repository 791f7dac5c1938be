// How many heads the keys have is read off their index.
// RUN: attune explain %s | FileCheck %s

// CHECK: attention(heads=8, kv_heads=2, head_dim=16)
// CHECK: attention(heads=8, kv_heads=4, head_dim=16)
// CHECK: attention(heads=8, kv_heads=1, head_dim=16)
// CHECK: attention(heads=8, head_dim=16)

#q = affine_map<(b, h, i, j, d, e) -> (b, h, i, d)>
#o = affine_map<(b, h, i, j, d, e) -> (b, h, i, e)>
func.func @main(
    %q: tensor<?x8x?x16xf32> {attune.name = "q", attune.dims = ["b", 8, "s", 16]},
    %k: tensor<?x?x64xf32> {attune.name = "k", attune.dims = ["b", "s", 64]},
    %p: tensor<?x?x384xf32> {attune.name = "p", attune.dims = ["b", "s", 384]})
    -> (tensor<?x8x?x16xf32> {attune.name = "w", attune.dims = ["b", 8, "s", 16]},
        tensor<?x8x?x16xf32> {attune.name = "x", attune.dims = ["b", 8, "s", 16]},
        tensor<?x8x?x16xf32> {attune.name = "y", attune.dims = ["b", 8, "s", 16]},
        tensor<?x8x?x16xf32> {attune.name = "z", attune.dims = ["b", 8, "s", 16]}) {
  %w = transformer.attention (%q, %k, %k : tensor<?x8x?x16xf32>, tensor<?x?x64xf32>, tensor<?x?x64xf32>)
      scale 2.5e-1 mask <none> dead_rows <nan> dims ["b", 8, "s", "s", 16, 16]
      maps [#q, affine_map<(b, h, i, j, d, e) -> (b, j, h floordiv 4 * 16 + d)>, affine_map<(b, h, i, j, d, e) -> (b, j, h floordiv 4 * 16 + e)>]
      to #o -> tensor<?x8x?x16xf32>
  %x = transformer.attention (%q, %k, %k : tensor<?x8x?x16xf32>, tensor<?x?x64xf32>, tensor<?x?x64xf32>)
      scale 2.5e-1 mask <none> dead_rows <nan> dims ["b", 8, "s", "s", 16, 16]
      maps [#q, affine_map<(b, h, i, j, d, e) -> (b, j, h mod 4 * 16 + d)>, affine_map<(b, h, i, j, d, e) -> (b, j, h mod 4 * 16 + e)>]
      to #o -> tensor<?x8x?x16xf32>
  %y = transformer.attention (%q, %k, %k : tensor<?x8x?x16xf32>, tensor<?x?x64xf32>, tensor<?x?x64xf32>)
      scale 2.5e-1 mask <none> dead_rows <nan> dims ["b", 8, "s", "s", 16, 16]
      maps [#q, affine_map<(b, h, i, j, d, e) -> (b, j, 48 + d)>, affine_map<(b, h, i, j, d, e) -> (b, j, 48 + e)>]
      to #o -> tensor<?x8x?x16xf32>
  %z = transformer.attention (%q, %p, %p : tensor<?x8x?x16xf32>, tensor<?x?x384xf32>, tensor<?x?x384xf32>)
      scale 2.5e-1 mask <none> dead_rows <nan> dims ["b", 8, "s", "s", 16, 16]
      maps [#q, affine_map<(b, h, i, j, d, e) -> (b, j, h * 48 + 16 + d)>, affine_map<(b, h, i, j, d, e) -> (b, j, h * 48 + 16 + e)>]
      to #o -> tensor<?x8x?x16xf32>
  return %w, %x, %y, %z : tensor<?x8x?x16xf32>, tensor<?x8x?x16xf32>, tensor<?x8x?x16xf32>, tensor<?x8x?x16xf32>
}
