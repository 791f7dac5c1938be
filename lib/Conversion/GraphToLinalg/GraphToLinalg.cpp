// The pass that lowers the graph ops of kernels: users before producers, so that a lowering
// still sees constants and symbolic sizes as the ops that make them.
#include "attune/Conversion/ONNXToLinalg.h"
#include "attune/Conversion/TransformerToLinalg.h"
#include "attune/Dialect/Exec/IR/ExecDialect.h"
#include "attune/Dialect/Transformer/IR/TransformerDialect.h"
#include "attune/Support/Diagnostics.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Bufferization/IR/Bufferization.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/Interfaces/FunctionInterfaces.h"
#include "mlir/Pass/Pass.h"
#include "mlir/Rewrite/FrozenRewritePatternSet.h"
#include "mlir/Rewrite/PatternApplicator.h"

namespace attune {
#define GEN_PASS_DEF_CONVERTGRAPHTOLINALGPASS
#include "attune/Conversion/Passes.h.inc"
} // namespace attune

using namespace mlir;
using namespace attune;

static bool isGraphOp(Operation *op) {
  return isa<transformer::TransformerDialect, onnx::ONNXDialect>(op->getDialect());
}

static std::string nameOf(Operation *op) {
  if (auto node = dyn_cast<onnx::NodeOp>(op))
    return ("operator " + node.getOpType()).str();
  return op->getName().getStringRef().str();
}

namespace {

struct ConvertGraphToLinalg : attune::impl::ConvertGraphToLinalgPassBase<ConvertGraphToLinalg> {
  LogicalResult initialize(MLIRContext *context) override {
    RewritePatternSet set(context);
    populateTransformerToLinalgPatterns(set);
    populateONNXToLinalgPatterns(set);
    patterns = std::move(set);
    return success();
  }

  void runOnOperation() override {
    WalkResult result = getOperation()->walk([&](FunctionOpInterface kernel) {
      if (!kernel->hasAttr(exec::kWordsAttr) || kernel->hasAttr(exec::kGeneratorAttr) ||
          kernel.isExternal())
        return WalkResult::advance();
      return failed(lowerKernel(kernel)) ? WalkResult::interrupt() : WalkResult::skip();
    });
    if (result.wasInterrupted())
      signalPassFailure();
  }

private:
  LogicalResult lowerKernel(FunctionOpInterface kernel) {
    PatternApplicator applicator(patterns);
    applicator.applyDefaultCostModel();
    PatternRewriter rewriter(&getContext());
    SmallVector<Operation *> ops;
    for (Operation &op : kernel.getFunctionBody().front())
      ops.push_back(&op);
    for (Operation *op : llvm::reverse(ops)) {
      bool isConstant = op->hasTrait<OpTrait::ConstantLike>() || isa<onnx::NoneOp>(op);
      if (!isGraphOp(op) && !isConstant)
        continue;
      // Constants and sizes that the lowering folded into what it built.
      if (op->use_empty()) {
        rewriter.eraseOp(op);
        continue;
      }
      if (isConstant)
        continue;
      rewriter.setInsertionPoint(op);
      std::string name = nameOf(op);
      Location loc = op->getLoc();
      if (failed(applicator.matchAndRewrite(op, rewriter)))
        return attune::emitError(loc, ErrorCode::Internal, name + " could not be lowered to linalg",
                                 "this is a bug in attune: please report it");
      ++lowered;
    }
    return success();
  }

  FrozenRewritePatternSet patterns;
};

} // namespace
