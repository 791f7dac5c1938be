// Registers the exec dialect and verifies its operations.
#include "attune/Dialect/Exec/IR/ExecDialect.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/IR/Builders.h"
#include "mlir/IR/BuiltinOps.h"
#include "mlir/IR/DialectImplementation.h"
#include "llvm/ADT/TypeSwitch.h"

#include "attune/Dialect/Exec/IR/ExecDialect.cpp.inc"

#define GET_ATTRDEF_CLASSES
#include "attune/Dialect/Exec/IR/ExecAttrs.cpp.inc"

#define GET_OP_CLASSES
#include "attune/Dialect/Exec/IR/ExecOps.cpp.inc"

using namespace mlir;
using namespace attune::exec;

void ExecDialect::initialize() {
  addAttributes<
#define GET_ATTRDEF_LIST
#include "attune/Dialect/Exec/IR/ExecAttrs.cpp.inc"
      >();
  addOperations<
#define GET_OP_LIST
#include "attune/Dialect/Exec/IR/ExecOps.cpp.inc"
      >();
}

LogicalResult ConstantOp::verify() {
  // (constant.C1) the value is dense, or a weight, with the result's shape and elements
  auto typed = dyn_cast<TypedAttr>(getValue());
  if (!typed || (isa<ElementsAttr>(typed) && !isa<DenseElementsAttr>(typed)))
    return emitOpError("(constant.C1) the value is neither dense nor a weight");
  auto given = dyn_cast<ShapedType>(typed.getType()), made = cast<ShapedType>(getType());
  if (!given || !made.hasRank() || given.getShape() != made.getShape() ||
      given.getElementType() != made.getElementType())
    return emitOpError("(constant.C1) the value's type ")
           << typed.getType() << " is not that of the result";
  // (constant.C2) kernels read integers and floating-point numbers
  if (!made.getElementType().isIntOrFloat())
    return emitOpError("(constant.C2) needs integers or floating-point numbers");
  return success();
}

LogicalResult DispatchOp::verify() {
  // (dispatch.C1) at least one variant, named by flat symbols
  if (getKernels().empty() ||
      !llvm::all_of(getKernels(), [](Attribute a) { return isa<FlatSymbolRefAttr>(a); }))
    return emitOpError("(dispatch.C1) kernels is a list of symbol names, not empty");
  // (dispatch.C2) on tensors, one result per output; on memrefs, none
  bool tensors = llvm::all_of(getOutputs(), [](Value v) { return isa<TensorType>(v.getType()); });
  bool memrefs = llvm::all_of(getOutputs(), [](Value v) { return isa<MemRefType>(v.getType()); });
  if (!tensors && !memrefs)
    return emitOpError("(dispatch.C2) outputs are all tensors or all memrefs");
  if (memrefs && !getOutputs().empty() ? !getResults().empty()
                                       : TypeRange(getResults()) != TypeRange(getOutputs()))
    return emitOpError("(dispatch.C2) one result per tensor output, none for memrefs");
  return success();
}

LogicalResult DispatchOp::verifySymbolUses(SymbolTableCollection &symbols) {
  auto module = (*this)->getParentOfType<ModuleOp>();
  auto kernels = module ? module.lookupSymbol<ModuleOp>(kKernelsModule) : ModuleOp();
  for (auto ref : getKernels().getAsRange<FlatSymbolRefAttr>()) {
    auto func =
        kernels ? kernels.lookupSymbol<FunctionOpInterface>(ref.getValue()) : FunctionOpInterface();
    // (dispatch.C3) each variant is a kernel
    if (!func)
      return emitOpError("(dispatch.C3) no kernel named ") << ref << " in @kernels";
  }
  return success();
}

void DispatchOp::getEffects(
    SmallVectorImpl<SideEffects::EffectInstance<MemoryEffects::Effect>> &effects) {
  // On tensors a dispatch is a pure value; on memrefs it reads inputs and writes outputs.
  for (OpOperand &operand : getInputsMutable())
    if (isa<MemRefType>(operand.get().getType()))
      effects.emplace_back(MemoryEffects::Read::get(), &operand);
  for (OpOperand &operand : getOutputsMutable())
    if (isa<MemRefType>(operand.get().getType()))
      effects.emplace_back(MemoryEffects::Write::get(), &operand);
}
