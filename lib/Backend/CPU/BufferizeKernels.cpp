// Kernels on buffers: destinations first, then one-shot bufferisation; what is left of
// temporaries moves to the kernel's frame.
#include "attune/Backend/CPU/Passes.h"

#include "attune/Dialect/Exec/IR/ExecDialect.h"

#include "mlir/Dialect/Bufferization/Transforms/Passes.h"
#include "mlir/Dialect/Bufferization/Transforms/Transforms.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/Pass/PassManager.h"
#include "mlir/Transforms/Passes.h"

namespace attune::cpu {
#define GEN_PASS_DEF_BUFFERIZEKERNELSPASS
#include "attune/Backend/CPU/Passes.h.inc"
} // namespace attune::cpu

using namespace mlir;
using namespace attune;

/// Temporaries of a static size become part of the frame, at the kernel's start: a frame that
/// grows in a loop would overflow.
static void moveToFrame(func::FuncOp kernel) {
  SmallVector<memref::AllocOp> allocs(kernel.getBody().getOps<memref::AllocOp>());
  kernel.walk([&](memref::AllocOp op) {
    if (!llvm::is_contained(allocs, op))
      allocs.push_back(op);
  });
  OpBuilder builder = OpBuilder::atBlockBegin(&kernel.getBody().front());
  for (memref::AllocOp op : allocs) {
    if (!op.getType().hasStaticShape())
      continue;
    auto frame =
        memref::AllocaOp::create(builder, op.getLoc(), op.getType(), builder.getI64IntegerAttr(64));
    op.replaceAllUsesWith(frame.getResult());
    op.erase();
  }
}

namespace {
struct BufferizeKernelsPass : cpu::impl::BufferizeKernelsPassBase<BufferizeKernelsPass> {
  void getDependentDialects(DialectRegistry &registry) const override {
    BufferizeKernelsPassBase::getDependentDialects(registry);
    OpPassManager pipeline("builtin.module");
    build(pipeline);
    pipeline.getDependentDialects(registry);
  }

  static void build(OpPassManager &pipeline) {
    bufferization::OneShotBufferizePassOptions options;
    options.functionBoundaryTypeConversion = bufferization::LayoutMapOption::IdentityLayoutMap;
    OpPassManager &functions = pipeline.nest<func::FuncOp>();
    functions.addPass(bufferization::createEmptyTensorEliminationPass());
    functions.addPass(createCanonicalizerPass());
    pipeline.addPass(bufferization::createOneShotBufferizePass(options));
    OpPassManager &after = pipeline.nest<func::FuncOp>();
    after.addPass(createCanonicalizerPass());
    after.addPass(createCSEPass());
    after.addPass(createCanonicalizerPass());
  }

  void runOnOperation() override {
    auto kernels = getOperation().lookupSymbol<ModuleOp>(exec::kKernelsModule);
    if (!kernels)
      return;
    OpPassManager pipeline("builtin.module");
    build(pipeline);
    if (failed(runPipeline(pipeline, kernels)))
      return signalPassFailure();
    for (auto kernel : kernels.getOps<func::FuncOp>())
      moveToFrame(kernel);
  }
};
} // namespace
