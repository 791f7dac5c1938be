// Names for remarks: the operator where the location has one, else what the value is.
#include "attune/Dialect/Transformer/Analysis/ElementOrigin.h"
#include "attune/Dialect/ONNX/IR/ONNXDialect.h"
#include "attune/Support/Diagnostics.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"

using namespace mlir;
using namespace attune;
using namespace attune::transformer;

std::optional<Location> attune::transformer::originOf(const ElementNode *node) {
  if (!node)
    return std::nullopt;
  if (node->op)
    return node->op->getLoc();
  if (Operation *op = node->tensor ? node->tensor.getDefiningOp() : nullptr)
    return op->getLoc();
  return std::nullopt;
}

static std::string operatorOf(Operation *op) {
  if (auto node = dyn_cast<onnx::NodeOp>(op))
    return node.getOpType().str();
  std::string name = findNodeName(op->getLoc()).op;
  return name.empty() ? op->getName().getStringRef().str() : name;
}

std::string attune::transformer::describe(Value tensor) {
  if (Operation *op = tensor.getDefiningOp())
    return isConstantTensor(tensor) ? "a constant" : operatorOf(op);
  auto argument = cast<BlockArgument>(tensor);
  auto func = dyn_cast_or_null<func::FuncOp>(argument.getOwner()->getParentOp());
  auto name = func ? func.getArgAttrOfType<StringAttr>(argument.getArgNumber(), "attune.name")
                   : StringAttr();
  return name ? "the input '" + printable(name.getValue()) + "'" : "an input";
}

std::string attune::transformer::describe(const ElementNode *node) {
  if (node->op)
    return operatorOf(node->op);
  if (node->tensor)
    return describe(node->tensor);
  return node->kind == ElementNode::Kind::Index ? "an index" : "a constant";
}
