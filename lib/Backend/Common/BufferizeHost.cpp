// One-shot bufferisation of the host function, with a buffer of its own for each result.
#include "attune/Backend/Common/Passes.h"

#include "attune/Support/Diagnostics.h"

#include "mlir/Dialect/Bufferization/Transforms/OneShotAnalysis.h"
#include "mlir/Dialect/Bufferization/Transforms/OneShotModuleBufferize.h"

namespace attune::backend {
#define GEN_PASS_DEF_BUFFERIZEHOSTPASS
#include "attune/Backend/Common/Passes.h.inc"
} // namespace attune::backend

using namespace mlir;
using namespace attune;

/// Equal empty tensors are one after CSE, but results in one buffer would keep it alive from the
/// first to the last of them: the arena's plan reuses memory better.
static void separateResults(ModuleOp module) {
  module.walk([](exec::DispatchOp dispatch) {
    for (OpOperand &init : dispatch.getOutputsMutable())
      if (auto empty = init.get().getDefiningOp<tensor::EmptyOp>()) {
        init.set(OpBuilder(dispatch).clone(*empty)->getResult(0));
        if (empty->use_empty())
          empty->erase();
      }
  });
}

namespace {
struct BufferizeHostPass : backend::impl::BufferizeHostPassBase<BufferizeHostPass> {
  void runOnOperation() override {
    separateResults(getOperation());
    bufferization::OneShotBufferizationOptions options;
    options.bufferizeFunctionBoundaries = true;
    options.setFunctionBoundaryTypeConversion(bufferization::LayoutMapOption::IdentityLayoutMap);
    // Kernels live in a module of their own, with buffers already.
    options.opFilter.denyOperation([](Operation *op) {
      auto module = op->getParentOfType<ModuleOp>();
      return (module && module.getSymName() == exec::kKernelsModule) || isa<ModuleOp>(op);
    });
    bufferization::BufferizationState state;
    if (failed(bufferization::runOneShotModuleBufferize(getOperation(), options, state)))
      signalPassFailure();
  }
};
} // namespace
