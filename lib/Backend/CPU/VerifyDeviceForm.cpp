// The door between kernels and LLVM.
#include "attune/Backend/CPU/Passes.h"

#include "attune/Dialect/Exec/IR/ExecDialect.h"
#include "attune/Support/Diagnostics.h"

#include "mlir/Dialect/Math/IR/Math.h"

namespace attune::cpu {
#define GEN_PASS_DEF_VERIFYDEVICEFORMPASS
#include "attune/Backend/CPU/Passes.h.inc"
} // namespace attune::cpu

using namespace mlir;
using namespace attune;

static constexpr int64_t kMaxFrameBytes = 384 << 10;

static LogicalResult reject(Operation *op, const Twine &why) {
  return attune::emitError(op->getLoc(), ErrorCode::Internal,
                           "device form: '" + op->getName().getStringRef() + "' " + why);
}

static bool hasTensor(Operation *op) {
  auto isTensor = [](Type type) { return isa<TensorType>(type); };
  return llvm::any_of(op->getOperandTypes(), isTensor) ||
         llvm::any_of(op->getResultTypes(), isTensor);
}

static LogicalResult verifyKernel(func::FuncOp kernel) {
  int64_t frame = 0;
  auto walk = kernel.walk<WalkOrder::PreOrder>([&](Operation *op) -> WalkResult {
    if (hasTensor(op))
      return reject(op, "still works on tensors");
    if (auto alloca = dyn_cast<memref::AllocaOp>(op)) {
      MemRefType type = alloca.getType();
      if (!type.hasStaticShape() || op->getParentOp() != kernel)
        return reject(op, "grows the frame at run time");
      Type element = type.getElementType();
      if (!element.isIntOrIndexOrFloat())
        return reject(op, "keeps something else than numbers in the frame");
      int64_t bits = element.isIndex() ? 64 : element.getIntOrFloatBitWidth();
      if (type.getNumElements() <= kMaxFrameBytes)
        frame += type.getNumElements() * llvm::divideCeilSigned(bits, 8);
      if (type.getNumElements() > kMaxFrameBytes || frame > kMaxFrameBytes)
        return reject(op, "needs a frame over 384 KiB");
      return WalkResult::advance();
    }
    if (isa<memref::AllocOp, memref::DeallocOp>(op))
      return reject(op, "uses the heap in a kernel");
    if (isa<func::FuncOp, func::ReturnOp, exec::CountTilesOp>(op) ||
        isa<arith::ArithDialect, math::MathDialect, memref::MemRefDialect, scf::SCFDialect,
            vector::VectorDialect, affine::AffineDialect>(op->getDialect()))
      return WalkResult::advance();
    return reject(op, "may not be in a kernel");
  });
  return failure(walk.wasInterrupted());
}

static LogicalResult verifyHost(func::FuncOp host) {
  for (Operation &op : host.getOps()) {
    if (hasTensor(&op))
      return reject(&op, "still works on tensors");
    if (!isa<func::ReturnOp, memref::AllocOp, memref::DimOp, memref::CopyOp, memref::CastOp>(op) &&
        !isa<exec::ExecDialect, arith::ArithDialect, scf::SCFDialect>(op.getDialect()))
      return reject(&op, "may not be on the host");
  }
  return success();
}

namespace {
struct VerifyDeviceFormPass : cpu::impl::VerifyDeviceFormPassBase<VerifyDeviceFormPass> {
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
    for (auto kernel : kernels.getOps<func::FuncOp>()) {
      // A kernel has its grid beside it; a grid is scalar.
      bool isGrid = kernel.getName().ends_with("_grid");
      if (!isGrid && !kernels.lookupSymbol((kernel.getName() + "_grid").str())) {
        (void)reject(kernel, "has no grid function");
        return signalPassFailure();
      }
      if (failed(verifyKernel(kernel)))
        return signalPassFailure();
    }
    markAllAnalysesPreserved();
  }
};
} // namespace
