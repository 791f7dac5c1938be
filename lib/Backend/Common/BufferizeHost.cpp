// One-shot bufferisation of the host function.
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

namespace {
struct BufferizeHostPass : backend::impl::BufferizeHostPassBase<BufferizeHostPass> {
  void runOnOperation() override {
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
