// Operations of the exec dialect: constants, outputs, views and dispatches.
#ifndef ATTUNE_DIALECT_EXEC_IR_EXECOPS_TD
#define ATTUNE_DIALECT_EXEC_IR_EXECOPS_TD

include "attune/Dialect/Exec/IR/ExecAttrs.td"
include "mlir/IR/SymbolInterfaces.td"
include "mlir/Interfaces/DestinationStyleOpInterface.td"
include "mlir/Interfaces/SideEffectInterfaces.td"

class Exec_Op<string mnemonic, list<Trait> traits = []> : Op<Exec_Dialect, mnemonic, traits>;

def Exec_TensorOrMemRef : AnyTypeOf<[AnyRankedTensor, AnyMemRef]>;

def Exec_ConstantOp : Exec_Op<"constant", [Pure]> {
  let summary = "constant data of the artefact: a weight or a dense tensor";
  let arguments = (ins AnyAttr:$value);
  let results = (outs Exec_TensorOrMemRef:$result);
  let assemblyFormat = "`(` $value `)` attr-dict `:` type($result)";
  let hasVerifier = 1;
}

def Exec_OutputOp : Exec_Op<"output"> {
  let summary = "the buffer of the model's result `index`";
  let description = "`sizes` gives the dynamic dimensions in order. Each index has one output.";
  let arguments = (ins I64Attr:$index, Variadic<Index>:$sizes);
  let results = (outs Exec_TensorOrMemRef:$result);
  let assemblyFormat = "$index `(` $sizes `)` attr-dict `:` type($result)";
}

def Exec_GuardOp : Exec_Op<"guard"> {
  let summary = "a condition of the model's door";
  let description = [{
    When `condition` is false, recording stops and the caller gets the error of entry `index`
    of the host's `attune.guards`.
  }];
  let arguments = (ins I1:$condition, I64Attr:$index);
  let assemblyFormat = "$condition `index` $index attr-dict";
}

def Exec_ReshapeOp : Exec_Op<"reshape", [Pure]> {
  let summary = "the same contiguous elements under another shape; never a copy";
  let description = "`sizes` gives the result's dynamic dimensions in order.";
  let arguments = (ins Exec_TensorOrMemRef:$source, Variadic<Index>:$sizes);
  let results = (outs Exec_TensorOrMemRef:$result);
  let assemblyFormat = "$source `(` $sizes `)` attr-dict `:` type($source) `->` type($result)";
}

def Exec_CountTilesOp : Exec_Op<"count_tiles"> {
  let summary = "adds to what a kernel tells of the blocks that it computed, and of all";
  let description = [{
    For kernels that leave dead blocks of an iteration space out: counters that do not depend on
    the threads. Only in the device form of a kernel.

    ```mlir
    exec.count_tiles %visited of %all
    ```
  }];
  let arguments = (ins Index:$visited, Index:$total);
  let assemblyFormat = "$visited `of` $total attr-dict";
}

def Exec_DispatchOp : Exec_Op<"dispatch", [AttrSizedOperandSegments,
    DeclareOpInterfaceMethods<SymbolUserOpInterface>,
    DeclareOpInterfaceMethods<MemoryEffectsOpInterface>,
    DestinationStyleOpInterface]> {
  let summary = "one launch of a kernel";
  let description = [{
    `kernels` lists the variants of one computation, in the nested module `@kernels`; the
    first whose `exec.when` set holds for the words runs. Outputs are destinations.

    ```mlir
    %y = exec.dispatch [@gemm_0] ins(%x, %w : tensor<?x384xf32>, tensor<384x384xf32>)
        outs(%e : tensor<?x384xf32>) words(%m) -> tensor<?x384xf32>
    ```
  }];
  let arguments = (ins ArrayAttr:$kernels, Variadic<Exec_TensorOrMemRef>:$inputs,
                       Variadic<Exec_TensorOrMemRef>:$outputs, Variadic<Index>:$words);
  let results = (outs Variadic<AnyRankedTensor>:$results);
  let assemblyFormat = [{
    $kernels `ins` `(` ($inputs^ `:` type($inputs))? `)` `outs` `(` ($outputs^ `:` type($outputs))? `)`
    `words` `(` ($words^)? `)` attr-dict (`->` type($results)^)?
  }];
  let hasVerifier = 1;
  let extraClassDeclaration = [{
    ::mlir::MutableOperandRange getDpsInitsMutable() { return getOutputsMutable(); }
  }];
}

#endif
