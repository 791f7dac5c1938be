// Registers the transformer dialect; symbolic shapes of graph-form values.
#include "attune/Dialect/Transformer/IR/TransformerDialect.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/IR/Builders.h"
#include "mlir/IR/DialectImplementation.h"
#include "mlir/Interfaces/FunctionInterfaces.h"

#include "attune/Dialect/Transformer/IR/TransformerDialect.cpp.inc"
#include "attune/Dialect/Transformer/IR/TransformerInterfaces.cpp.inc"

#define GET_OP_CLASSES
#include "attune/Dialect/Transformer/IR/TransformerOps.cpp.inc"

using namespace mlir;
using namespace attune::transformer;

void TransformerDialect::initialize() {
  registerAttrs();
  addOperations<
#define GET_OP_LIST
#include "attune/Dialect/Transformer/IR/TransformerOps.cpp.inc"
      >();
}

ArrayAttr attune::transformer::symbolicShape(Value value) {
  if (auto arg = dyn_cast<BlockArgument>(value)) {
    auto func = dyn_cast<FunctionOpInterface>(arg.getOwner()->getParentOp());
    return func ? func.getArgAttrOfType<ArrayAttr>(arg.getArgNumber(), "attune.dims") : nullptr;
  }
  Operation *op = value.getDefiningOp();
  unsigned index = cast<OpResult>(value).getResultNumber();
  if (auto shaped = dyn_cast<SymbolicShapeInterface>(op))
    return shaped.getResultDims(index);
  // A static type says it all; onnx.node states what its type does not.
  if (auto dims = op->getAttrOfType<ArrayAttr>("dims"); dims && index < dims.size())
    return dyn_cast<ArrayAttr>(dims[index]);
  auto type = dyn_cast<RankedTensorType>(value.getType());
  if (!type || !type.hasStaticShape())
    return nullptr;
  return Builder(value.getContext()).getI64ArrayAttr(type.getShape());
}

RankedTensorType attune::transformer::typeFor(ArrayAttr dims, Type elementType) {
  SmallVector<int64_t> shape;
  for (Attribute dim : dims) {
    auto integer = dyn_cast<IntegerAttr>(dim);
    shape.push_back(integer ? integer.getInt() : ShapedType::kDynamic);
  }
  return RankedTensorType::get(shape, elementType);
}
