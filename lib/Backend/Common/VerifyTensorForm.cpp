// The door between graph and backend: what host and kernels may hold in tensor form.
#include "attune/Backend/Common/Passes.h"

#include "attune/Dialect/Transformer/IR/TransformerDialect.h"
#include "attune/Support/Diagnostics.h"

#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/SCF/IR/SCF.h"

namespace attune::backend {
#define GEN_PASS_DEF_VERIFYTENSORFORMPASS
#include "attune/Backend/Common/Passes.h.inc"
} // namespace attune::backend

using namespace mlir;
using namespace attune;
using namespace attune::backend;

static LogicalResult reject(Operation *op, const Twine &why) {
  return attune::emitError(op->getLoc(), ErrorCode::Internal,
                           "tensor form: '" + op->getName().getStringRef() + "' " + why);
}

static LogicalResult verifyHost(func::FuncOp host) {
  for (Operation &op : host.getOps()) {
    if (op.getDialect()->getNamespace() == exec::ExecDialect::getDialectNamespace() ||
        isa<tensor::EmptyOp, tensor::DimOp, func::ReturnOp>(op))
      continue;
    if (!isa<arith::ArithDialect, scf::SCFDialect>(op.getDialect()))
      return reject(&op, "may not be on the host");
    if (!llvm::all_of(op.getResultTypes(), [](Type type) { return type.isIntOrIndex(); }))
      return reject(&op, "computes a tensor on the host; only dispatches may");
  }
  return success();
}

static LogicalResult verifyKernel(func::FuncOp kernel) {
  for (StringRef name : {exec::kWordsAttr, exec::kInputsAttr, exec::kRootAttr})
    if (!kernel->hasAttr(name))
      return reject(kernel, "has no " + name);
  auto walk = kernel.walk<WalkOrder::PreOrder>([&](Operation *op) -> WalkResult {
    if (op == kernel ||
        isa<linalg::LinalgDialect, arith::ArithDialect, math::MathDialect, tensor::TensorDialect>(
            op->getDialect()) ||
        isa<bufferization::ToTensorOp, bufferization::MaterializeInDestinationOp, func::ReturnOp,
            scf::IfOp, scf::YieldOp>(op))
      return WalkResult::advance();
    // A root that the backend generates code for stays whole, its region included.
    if (kernel->hasAttr(exec::kGeneratorAttr) &&
        isa<transformer::TransformerDialect>(op->getDialect()))
      return WalkResult::skip();
    return reject(op, "may not be in a kernel");
  });
  return failure(walk.wasInterrupted());
}

namespace {
struct VerifyTensorFormPass : backend::impl::VerifyTensorFormPassBase<VerifyTensorFormPass> {
  void runOnOperation() override {
    ModuleOp module = getOperation();
    auto host = module.lookupSymbol<func::FuncOp>("main");
    auto kernels = module.lookupSymbol<ModuleOp>(exec::kKernelsModule);
    if (!host || !kernels) {
      (void)reject(module, "needs @main and a module @kernels");
      return signalPassFailure();
    }
    if (failed(verifyHost(host)))
      return signalPassFailure();
    for (auto kernel : kernels.getOps<func::FuncOp>())
      if (failed(verifyKernel(kernel)))
        return signalPassFailure();
    markAllAnalysesPreserved();
  }
};
} // namespace
