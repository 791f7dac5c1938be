// Registers the transformer dialect; symbolic shapes of graph-form values.
#include "attune/Dialect/Transformer/IR/TransformerDialect.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/IR/Builders.h"
#include "mlir/IR/DialectImplementation.h"
#include "mlir/Interfaces/FoldInterfaces.h"
#include "mlir/Interfaces/FunctionInterfaces.h"

#include "attune/Dialect/Transformer/IR/TransformerDialect.cpp.inc"
#include "attune/Dialect/Transformer/IR/TransformerInterfaces.cpp.inc"

#define GET_OP_CLASSES
#include "attune/Dialect/Transformer/IR/TransformerOps.cpp.inc"

using namespace mlir;
using namespace attune::transformer;

namespace {
/// Constants that folding makes inside a scalar region stay there: the region is one function.
struct TransformerFoldInterface : DialectFoldInterface {
  using DialectFoldInterface::DialectFoldInterface;
  bool shouldMaterializeInto(Region *region) const final {
    return isa<IndexedOpInterface>(region->getParentOp());
  }
};
} // namespace

void TransformerDialect::initialize() {
  registerAttrs();
  addInterfaces<TransformerFoldInterface>();
  addOperations<
#define GET_OP_LIST
#include "attune/Dialect/Transformer/IR/TransformerOps.cpp.inc"
      >();
}

ArrayAttr attune::transformer::symbolicShape(Value value) {
  ArrayAttr stated;
  if (auto arg = dyn_cast<BlockArgument>(value)) {
    if (auto func = dyn_cast<FunctionOpInterface>(arg.getOwner()->getParentOp()))
      stated = func.getArgAttrOfType<ArrayAttr>(arg.getArgNumber(), "attune.dims");
  } else {
    Operation *op = value.getDefiningOp();
    unsigned index = cast<OpResult>(value).getResultNumber();
    if (auto shaped = dyn_cast<SymbolicShapeInterface>(op))
      return shaped.getResultDims(index);
    // onnx.node states what its type does not.
    if (auto dims = op->getAttrOfType<ArrayAttr>("dims"); dims && index < dims.size())
      stated = dyn_cast<ArrayAttr>(dims[index]);
  }
  if (stated)
    return stated;
  // A static type says it all.
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
