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
  // (onnx.constant.C1) a dense value has the result's type
  if (auto elements = dyn_cast<ElementsAttr>(getValue()))
    if (elements.getShapedType() != getResult().getType())
      return emitOpError("(onnx.constant.C1) the value's type ")
             << elements.getShapedType() << " is not the result's type";
  return success();
}
