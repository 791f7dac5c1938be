// The ONNX form: a faithful picture of a model in two operations. Types keep the
// file's signedness; every operator is one generic node.
#ifndef ATTUNE_DIALECT_ONNX_IR_ONNXOPS_TD
#define ATTUNE_DIALECT_ONNX_IR_ONNXOPS_TD

include "mlir/IR/OpBase.td"
include "mlir/Interfaces/SideEffectInterfaces.td"

def ONNX_Dialect : Dialect {
  let name = "onnx";
  let cppNamespace = "::attune::onnx";
  let summary = "ONNX graphs, one generic op";
  let description = [{
    A model is a `func.func` whose arguments and results carry `attune.name` and
    `attune.dims`; its body is `onnx.node`, `onnx.constant` and `onnx.none`.
  }];
}

class ONNX_Op<string mnemonic, list<Trait> traits = []> : Op<ONNX_Dialect, mnemonic, traits>;

def ONNX_NodeOp : ONNX_Op<"node"> {
  let summary = "one operator of an ONNX graph";
  let description = [{
    `op_type`, `domain` and `version` name the operator (`version` is the opset that
    the model imports for its domain). `node_attributes` holds the node's attributes by name.
    Operands follow the schema's order; an absent optional operand is an `onnx.none`.
    In graph form, types are signless and `dims` gives each result's symbolic shape.

    ```mlir
    %y = onnx.node "Softmax"(%x) {node_attributes = {axis = -1 : i64}, version = 18 : i64}
      : (tensor<?x?xf32>) -> tensor<?x?xf32>
    ```
  }];
  let arguments = (ins
    StrAttr:$op_type,
    DefaultValuedStrAttr<StrAttr, "">:$domain,
    DefaultValuedAttr<I64Attr, "0">:$version,
    DefaultValuedAttr<DictionaryAttr, "{}">:$node_attributes,
    OptionalAttr<ArrayAttr>:$dims,
    Variadic<AnyType>:$inputs);
  let results = (outs Variadic<AnyType>:$outputs);
  let regions = (region VariadicRegion<AnyRegion>:$subgraphs);
  let assemblyFormat = [{
    $op_type `(` $inputs `)` attr-dict `:` functional-type($inputs, $outputs) ($subgraphs^)?
  }];
}

def ONNX_ConstantOp : ONNX_Op<"constant", [Pure]> {
  let summary = "a tensor of the model: an initializer or a Constant node's value";
  let description = [{
    `value` is a dense elements attribute, or `#transformer.weight` for a payload that
    stays in its file.
  }];
  let arguments = (ins AnyAttr:$value);
  let results = (outs AnyTensor:$result);
  let assemblyFormat = "`(` $value `)` attr-dict `:` type($result)";
  let hasVerifier = 1;
}

def ONNX_NoneOp : ONNX_Op<"none", [Pure]> {
  let summary = "the absent optional operand";
  let results = (outs NoneType:$result);
  let assemblyFormat = "attr-dict `:` type($result)";
}

def ONNX_YieldOp : ONNX_Op<"yield", [Pure, Terminator]> {
  let summary = "the outputs of a subgraph";
  let arguments = (ins Variadic<AnyType>:$operands);
  let assemblyFormat = "($operands^ `:` type($operands))? attr-dict";
}

#endif
