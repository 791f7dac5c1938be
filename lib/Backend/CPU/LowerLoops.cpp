// Linalg on buffers to scalar loops, sums free to be reassociated so that LLVM can use vectors.
#include "attune/Backend/CPU/Passes.h"

#include "attune/Dialect/Exec/IR/ExecDialect.h"

#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/Linalg/Transforms/Transforms.h"
#include "mlir/Dialect/Linalg/Utils/Utils.h"

namespace attune::cpu {
#define GEN_PASS_DEF_LOWERLOOPSPASS
#include "attune/Backend/CPU/Passes.h.inc"
} // namespace attune::cpu

using namespace mlir;
using namespace attune;

/// The addition that carries a sum may be reassociated, and contracted with its product.
static void relaxSums(linalg::LinalgOp op) {
  if (op.getNumReductionLoops() == 0)
    return;
  auto flags = arith::FastMathFlagsAttr::get(op.getContext(), arith::FastMathFlags::reassoc |
                                                                  arith::FastMathFlags::contract);
  for (arith::AddFOp add : op.getBlock()->getOps<arith::AddFOp>())
    if (llvm::is_contained(op.getRegionOutputArgs(), add.getLhs()) ||
        llvm::is_contained(op.getRegionOutputArgs(), add.getRhs())) {
      add.setFastmathAttr(flags);
      for (Value operand : add.getOperands())
        if (auto product = operand.getDefiningOp<arith::MulFOp>())
          product.setFastmathAttr(flags);
    }
}

namespace {
struct LowerLoopsPass : cpu::impl::LowerLoopsPassBase<LowerLoopsPass> {
  void runOnOperation() override {
    auto kernels = getOperation().lookupSymbol<ModuleOp>(exec::kKernelsModule);
    if (!kernels)
      return;
    IRRewriter rewriter(&getContext());
    // Canonicalisation makes copies of identity maps; the runtime has no function for them.
    SmallVector<memref::CopyOp> copies;
    kernels.walk([&](memref::CopyOp op) { copies.push_back(op); });
    for (memref::CopyOp op : copies) {
      rewriter.setInsertionPoint(op);
      linalg::makeMemRefCopyOp(rewriter, op.getLoc(), op.getSource(), op.getTarget());
      rewriter.eraseOp(op);
    }
    SmallVector<linalg::LinalgOp> ops;
    kernels.walk([&](linalg::LinalgOp op) { ops.push_back(op); });
    for (linalg::LinalgOp op : ops) {
      relaxSums(op);
      rewriter.setInsertionPoint(op);
      if (failed(linalg::linalgOpToLoops(rewriter, op)))
        return signalPassFailure();
      rewriter.eraseOp(op);
    }
  }
};
} // namespace
