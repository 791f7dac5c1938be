// The attention family.
#ifndef ATTUNE_DIALECT_TRANSFORMER_IR_ATTENTION_TD
#define ATTUNE_DIALECT_TRANSFORMER_IR_ATTENTION_TD

include "attune/Dialect/Transformer/IR/TransformerAttrs.td"
include "attune/Dialect/Transformer/IR/TransformerInterfaces.td"
include "mlir/Interfaces/InferTypeOpInterface.td"
include "mlir/Interfaces/SideEffectInterfaces.td"

def Transformer_AttentionOp : Transformer_Op<"attention", [Pure, AttrSizedOperandSegments,
    DeclareOpInterfaceMethods<Transformer_SymbolicShapeInterface>]> {
  let summary = "scaled dot-product attention";
  let description = [{
    For batch b, head h, query i, key j, key channel d, value channel e:

    score[b,h,i,j] = cap(scale · Σ_d q[b,h,i,d] · k[b,h,j,d]) + bias[b,h,i,j], where `softcap` c
    makes cap(s) = c · tanh(s / c) (Gemma Team 2024, section 2), and else cap(s) = s;
    p = softmax over the keys that `mask` leaves alive; result[b,h,i,e] = Σ_j p · v[b,h,j,e]
    (Vaswani et al. 2017, eq. 1). A query without a live key gives what `dead_rows` says:
    NaN, zeros, or the mean of all values. With `fill`, the score of a key that the mask leaves out
    is that number, and the softmax is over all keys; `with_bias` adds the bias to it. `logsumexp` is
    log Σ_j exp(score[b,h,i,j]) over the live keys, −∞ where there are none: what partial attentions
    over parts of the keys are joined with.

    `dims` = [b, h, i, j, d, e]; every operand's map takes (b, h, i, j, d, e) to its
    dimensions, so that head transposes, shared heads (`h floordiv 4`) and slices of packed
    projections (`768 + h * 64 + d`) are not copies. `keys` is [batch, keys],
    any integer or i1 type, for `padding(keys)`; `bias` and `mask_tensor` map likewise, and
    `positions`, integers that the mask has in place of i, over b and i.
    `maps` lists q, k, v, then keys, bias, mask_tensor, positions as far as present; `out_map` is the
    result's, `lse_map` that of `logsumexp`.
  }];
  let arguments = (ins AnyRankedTensor:$q, AnyRankedTensor:$k, AnyRankedTensor:$v,
    Optional<AnyRankedTensor>:$keys, Optional<AnyRankedTensor>:$bias,
    Optional<AnyRankedTensor>:$mask_tensor, Optional<AnyRankedTensor>:$positions,
    F64Attr:$scale, OptionalAttr<F64Attr>:$softcap, OptionalAttr<F64Attr>:$fill,
    UnitAttr:$fill_with_bias,
    Transformer_MaskAttr:$mask, Transformer_DeadRowsAttr:$dead_rows,
    ArrayAttr:$dims, AffineMapArrayAttr:$input_maps, AffineMapAttr:$out_map,
    OptionalAttr<AffineMapAttr>:$lse_map);
  let results = (outs AnyRankedTensor:$result, Optional<AnyRankedTensor>:$logsumexp);
  let assemblyFormat = [{
    `(` $q `,` $k `,` $v `:` type($q) `,` type($k) `,` type($v) `)`
    (`keys` `(` $keys^ `:` type($keys) `)`)? (`bias` `(` $bias^ `:` type($bias) `)`)?
    (`mask_tensor` `(` $mask_tensor^ `:` type($mask_tensor) `)`)?
    (`positions` `(` $positions^ `:` type($positions) `)`)?
    `scale` $scale (`softcap` $softcap^)? `mask` $mask (`fill` $fill^)? (`with_bias` $fill_with_bias^)?
    `dead_rows` $dead_rows
    `dims` $dims `maps` $input_maps `to` $out_map (`logsumexp` `to` $lse_map^)?
    attr-dict `->` type($result) (`,` type($logsumexp)^)?
  }];
  let hasVerifier = 1;
}

#endif
