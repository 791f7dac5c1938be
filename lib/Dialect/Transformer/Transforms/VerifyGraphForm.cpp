// The door of the graph form: names the first thing that may not remain, at its node.
#include "attune/Dialect/Transformer/Analysis/ElementExpression.h"
#include "attune/Dialect/Transformer/Transforms/Passes.h"
#include "attune/Support/Diagnostics.h"

#define DEBUG_TYPE "verify-graph-form"

using namespace mlir;

namespace attune::transformer {
#define GEN_PASS_DEF_VERIFYGRAPHFORMPASS
#include "attune/Dialect/Transformer/Transforms/Passes.h.inc"
} // namespace attune::transformer

using namespace attune;
using namespace attune::transformer;

static InFlightDiagnostic broken(Location loc, const Twine &message) {
  return attune::emitError(loc, ErrorCode::Internal, "graph form: " + message,
                           "this is a bug in attune: please report it with the model");
}

/// Types are ranked, and integers have no sign.
static LogicalResult verifyType(Location loc, Type type) {
  if (isa<NoneType>(type))
    return success();
  auto tensor = dyn_cast<RankedTensorType>(type);
  if (!tensor)
    return broken(loc, "a value has no known rank");
  if (tensor.getElementType().isSignedInteger() || tensor.getElementType().isUnsignedInteger())
    return broken(loc, "the type of a value still has a sign");
  return success();
}

/// A value's shape is known in symbols, and its type agrees.
static LogicalResult verifyValue(Location loc, Value value) {
  if (failed(verifyType(loc, value.getType())))
    return failure();
  auto type = dyn_cast<RankedTensorType>(value.getType());
  if (!type)
    return success();
  ArrayAttr dims = symbolicShape(value);
  if (!dims)
    return broken(loc, "the shape of a value is not known in symbols");
  if (static_cast<int64_t>(dims.size()) != type.getRank())
    return broken(loc, "a value's symbolic shape has another rank than its type");
  for (auto [dim, size] : llvm::zip(dims, type.getShape())) {
    auto integer = dyn_cast<IntegerAttr>(dim);
    if (!extentOf(dim).isValid())
      return broken(loc, "a dimension is stated as ") << dim << ", which is no expression";
    if (integer ? integer.getInt() != size : !ShapedType::isDynamic(size))
      return broken(loc, "a value's symbolic shape does not agree with its type ") << type;
  }
  return success();
}

/// Scalar regions compute with arith, math and the transformer dialect's scalars.
static LogicalResult verifyScalarRegion(Region &region) {
  for (Operation &op : region.getOps()) {
    bool scalar = isa<arith::ArithDialect, math::MathDialect>(op.getDialect()) ||
                  isa<IndexOp, ActivationOp, YieldOp>(op);
    if (!scalar || op.getNumRegions() != 0)
      return broken(op.getLoc(), "a scalar region holds ") << op.getName();
  }
  return success();
}

namespace {
struct VerifyGraphForm : attune::transformer::impl::VerifyGraphFormPassBase<VerifyGraphForm> {
  using VerifyGraphFormPassBase::VerifyGraphFormPassBase;
  explicit VerifyGraphForm(HasLowering hasLowering) : hasLowering(std::move(hasLowering)) {}

  void runOnOperation() override {
    for (Operation &op : *getOperation().getBody()) {
      auto func = dyn_cast<func::FuncOp>(op);
      if (!func) {
        broken(op.getLoc(), "the module holds ") << op.getName();
        return signalPassFailure();
      }
      if (failed(verifyFunction(func)))
        return signalPassFailure();
    }
  }

private:
  bool canLower(onnx::NodeOp node) const {
    if (hasLowering)
      return hasLowering(node);
    return node.getDomain().empty() && llvm::is_contained(operators, node.getOpType().str());
  }

  LogicalResult verifyFunction(func::FuncOp func) {
    if (!func.getBody().hasOneBlock())
      return broken(func.getLoc(), "a function is not one block");
    Block &block = func.getBody().front();
    for (BlockArgument argument : block.getArguments())
      if (failed(verifyValue(func.getLoc(), argument)))
        return failure();
    if (!isa<func::ReturnOp>(block.getTerminator()))
      return broken(block.getTerminator()->getLoc(), "a function does not end in a return");
    for (Operation &op : block.without_terminator())
      if (failed(verifyOp(&op)))
        return failure();
    return success();
  }

  LogicalResult verifyOp(Operation *op) {
    if (auto node = dyn_cast<onnx::NodeOp>(op)) {
      if (failed(verifyNode(node)))
        return failure();
    } else if (isa<IndexOp, ActivationOp, YieldOp>(op)) {
      return broken(op->getLoc(), "a scalar stands outside a region: ") << op->getName();
    } else if (isa<TransformerDialect>(op->getDialect())) {
      for (Region &region : op->getRegions())
        if (failed(verifyScalarRegion(region)))
          return failure();
    } else if (!isa<arith::ConstantOp, onnx::NoneOp>(op)) {
      return broken(op->getLoc(), "what remains is ") << op->getName();
    }
    for (Value result : op->getResults())
      if (failed(verifyValue(op->getLoc(), result)))
        return failure();
    return success();
  }

  LogicalResult verifyNode(onnx::NodeOp node) {
    if (canLower(node))
      return success();
    std::string name = printable(node.getOpType());
    if (!node.getDomain().empty())
      name = printable(node.getDomain()) + "." + name;
    return attune::emitError(node.getLoc(), ErrorCode::Unsupported,
                             "the operator " + name + " is not supported",
                             "`attune inspect` lists what a model needs");
  }

  HasLowering hasLowering;
};
} // namespace

std::unique_ptr<Pass> attune::transformer::createVerifyGraphFormPass(HasLowering hasLowering) {
  return std::make_unique<VerifyGraphForm>(std::move(hasLowering));
}
