// The transformer dialect: what a graph means.
#ifndef ATTUNE_DIALECT_TRANSFORMER_IR_TRANSFORMERDIALECT_TD
#define ATTUNE_DIALECT_TRANSFORMER_IR_TRANSFORMERDIALECT_TD

include "mlir/IR/OpBase.td"

def Transformer_Dialect : Dialect {
  let name = "transformer";
  let cppNamespace = "::attune::transformer";
  let summary = "attention models as mathematics";
  let description = [{
    Value semantics, signless types. Every op states its iteration space as `dims`: an
    array with one entry per loop, an integer for a static extent and a canonical
    symbolic expression in a string for a dynamic one (`["batch * seq", 384]`).
  }];
  let useDefaultAttributePrinterParser = 1;
  let extraClassDeclaration = "void registerAttrs();";
  let dependentDialects = ["::mlir::arith::ArithDialect", "::mlir::math::MathDialect"];
}

class Transformer_Op<string mnemonic, list<Trait> traits = []>
    : Op<Transformer_Dialect, mnemonic, traits>;

#endif
