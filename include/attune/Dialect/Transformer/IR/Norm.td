// The norm family.
#ifndef ATTUNE_DIALECT_TRANSFORMER_IR_NORM_TD
#define ATTUNE_DIALECT_TRANSFORMER_IR_NORM_TD

include "attune/Dialect/Transformer/IR/TransformerAttrs.td"
include "attune/Dialect/Transformer/IR/TransformerInterfaces.td"
include "mlir/Interfaces/InferTypeOpInterface.td"
include "mlir/Interfaces/SideEffectInterfaces.td"

def Transformer_NormOp : Transformer_Op<"norm", [Pure, AttrSizedOperandSegments,
    AllTypesMatch<["input", "result"]>,
    DeclareOpInterfaceMethods<Transformer_SymbolicShapeInterface>]> {
  let summary = "normalisation of the last axes";
  let description = [{
    Over the last `axes` dimensions: `layer` is (x − mean) / √(variance + epsilon), `rms` is
    x / √(mean of squares + epsilon); then · scale + shift, each of the shape of the
    normalised dimensions (Ba et al. 2016; Zhang and Sennrich 2019). The variance is taken
    in two passes, about the mean. x is the input, plus the residual if there is one.
  }];
  let arguments = (ins Transformer_NormKindAttr:$kind, AnyRankedTensor:$input,
    Optional<AnyRankedTensor>:$residual, Optional<AnyRankedTensor>:$scale, Optional<AnyRankedTensor>:$shift,
    I64Attr:$axes, F64Attr:$epsilon, ArrayAttr:$dims);
  let results = (outs AnyRankedTensor:$result);
  let assemblyFormat = [{
    $kind $input (`residual` `(` $residual^ `:` type($residual) `)`)? (`scale` `(` $scale^ `:` type($scale) `)`)? (`shift` `(` $shift^ `:` type($shift) `)`)?
    `axes` $axes `epsilon` $epsilon `dims` $dims attr-dict `:` type($input)
  }];
  let hasVerifier = 1;
}

#endif
