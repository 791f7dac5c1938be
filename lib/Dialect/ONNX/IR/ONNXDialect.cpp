// Registers the onnx dialect and verifies its operations.
#include "attune/Dialect/ONNX/IR/ONNXDialect.h"

#include "mlir/IR/Builders.h"
#include "mlir/IR/BuiltinAttributes.h"
#include "mlir/IR/DialectImplementation.h"

#include "attune/Dialect/ONNX/IR/ONNXDialect.cpp.inc"

#define GET_OP_CLASSES
#include "attune/Dialect/ONNX/IR/ONNXOps.cpp.inc"

using namespace mlir;
using namespace attune::onnx;

void ONNXDialect::initialize() {
  addOperations<
#define GET_OP_LIST
#include "attune/Dialect/ONNX/IR/ONNXOps.cpp.inc"
      >();
}

LogicalResult ConstantOp::verify() {
  // (onnx.constant.C1) the value is dense, or a weight, of the result's type
  auto typed = dyn_cast<TypedAttr>(getValue());
  if (!typed || (isa<ElementsAttr>(typed) && !isa<DenseElementsAttr>(typed)))
    return emitOpError("(onnx.constant.C1) the value is neither dense nor a weight");
  if (typed.getType() != getResult().getType())
    return emitOpError("(onnx.constant.C1) the value's type ")
           << typed.getType() << " is not the result's type";
  return success();
}
