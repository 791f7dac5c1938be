// What passes may ask of any op of the graph form.
#ifndef ATTUNE_DIALECT_TRANSFORMER_IR_TRANSFORMERINTERFACES_TD
#define ATTUNE_DIALECT_TRANSFORMER_IR_TRANSFORMERINTERFACES_TD

include "mlir/IR/OpBase.td"

def Transformer_SymbolicShapeInterface : OpInterface<"SymbolicShapeInterface"> {
  let cppNamespace = "::attune::transformer";
  let description = "Gives each result's shape in symbols, as an array like `dims`.";
  let methods = [InterfaceMethod<
    "The symbolic shape of result `index`: strings (canonical expressions) and i64 integers.",
    "::mlir::ArrayAttr", "getResultDims", (ins "unsigned":$index)>];
}

/// map, reduce and contract: a loop nest with one projected permutation per operand.
def Transformer_IndexedOpInterface : OpInterface<"IndexedOpInterface"> {
  let cppNamespace = "::attune::transformer";
  let description = [{
    A loop nest over `dims`. Operand i is read at `indexing_maps[i]`, the result is written
    at the last map; maps are projected permutations (constant zero for unit dimensions).
  }];
  let methods = [
    InterfaceMethod<"The extents of the loops.", "::mlir::ArrayAttr", "getDims", (ins)>,
    InterfaceMethod<"One map per operand, then the result's.",
      "::llvm::SmallVector<::mlir::AffineMap>", "getMaps", (ins)>,
    InterfaceMethod<"The scalar region, or null.", "::mlir::Region *", "getScalarRegion", (ins)>];
}

#endif
