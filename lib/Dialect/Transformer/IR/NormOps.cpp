// The norm family: verifiers and shapes.
#include "attune/Dialect/Transformer/IR/TransformerDialect.h"

using namespace mlir;
using namespace attune::transformer;

ArrayAttr NormOp::getResultDims(unsigned) { return getDims(); }

LogicalResult NormOp::verify() {
  auto type = cast<RankedTensorType>(getInput().getType());
  int64_t axes = getAxes();
  if (failed(verifyDims(*this, getDims())))
    return failure();
  // (norm.C1) at least one axis, at most all
  if (axes < 1 || axes > type.getRank())
    return emitOpError("(norm.C1) axes is out of range");
  // (norm.C2) dims is the shape
  if (typeFor(getDims(), type.getElementType()) != type)
    return emitOpError("(norm.C2) dims does not match the type");
  // (norm.C3) scale and shift have the shape of the normalised dimensions
  for (Value operand : {getScale(), getShift()})
    if (operand &&
        cast<RankedTensorType>(operand.getType()).getShape() != type.getShape().take_back(axes))
      return emitOpError("(norm.C3) scale and shift have the shape of the normalised dimensions");
  // (norm.C4) the elements are floating-point numbers, epsilon is not negative
  if (!isa<FloatType>(type.getElementType()) || !(getEpsilon().convertToDouble() >= 0))
    return emitOpError("(norm.C4) needs floating-point elements and a non-negative epsilon");
  // (norm.C5) the residual has the input's type
  if (getResidual() && getResidual().getType() != type)
    return emitOpError("(norm.C5) the residual does not have the input's type");
  return success();
}
