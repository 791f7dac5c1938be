// Chooses generators, schedules and variants for the kernels of tensor form.
#include "attune/Backend/CPU/Passes.h"

#include "Kernels/Attention.h"
#include "Kernels/ContractRoles.h"
#include "attune/Backend/CPU/Target.h"
#include "attune/Support/Diagnostics.h"

#include "mlir/IR/IntegerSet.h"

namespace attune::cpu {
#define GEN_PASS_DEF_SELECTGENERATORSPASS
#include "attune/Backend/CPU/Passes.h.inc"
} // namespace attune::cpu

using namespace mlir;
using namespace attune;
using namespace attune::cpu;

/// Panels per task: enough work that taking a task costs nothing next to it.
static int64_t panelsPerTask(const ContractRoles &roles, transformer::ContractOp op, bool oneRow) {
  auto k = dyn_cast<IntegerAttr>(op.getDims()[roles.k]);
  int64_t most = oneRow ? 4 : 2;
  return k && k.getInt() * most > 1024 && !oneRow ? 1 : most;
}

/// A task's rows are many register tiles, so that they share a panel while it is in the cache.
static exec::ScheduleAttr schedule(transformer::ContractOp op, const ContractRoles &roles,
                                   const Level &level, bool oneRow) {
  int64_t lanes = level.vectorBits / 32, rows = oneRow ? 1 : level.tileRows;
  int64_t columns = lanes * level.tileVectors * panelsPerTask(roles, op, oneRow);
  return exec::ScheduleAttr::get(op.getContext(), {oneRow ? 1 : 16 * rows, columns},
                                 {rows, lanes, level.tileVectors}, oneRow ? "one_row" : "tiled");
}

/// The set of words with word `index` = 1.
static IntegerSetAttr whenOne(MLIRContext *context, unsigned words, unsigned index) {
  AffineExpr constraint = getAffineDimExpr(index, context) - 1;
  return IntegerSetAttr::get(IntegerSet::get(words, 0, constraint, /*eqFlags=*/true));
}

namespace {
struct SelectGeneratorsPass : cpu::impl::SelectGeneratorsPassBase<SelectGeneratorsPass> {
  using Base::Base;

  /// Marks a kernel; returns the name of its variant for one row, or null.
  FlatSymbolRefAttr select(func::FuncOp kernel, transformer::ContractOp op, const Level &level) {
    MLIRContext *context = &getContext();
    FailureOr<ContractRoles> roles = findContractRoles(op);
    if (failed(roles) || !roles->adjacentColumns())
      return {};
    kernel->setAttr(exec::kGeneratorAttr, StringAttr::get(context, kContractGenerator));
    kernel->setAttr(exec::kScheduleAttr, schedule(op, *roles, level, /*oneRow=*/false));
    auto words = kernel->getAttrOfType<ArrayAttr>(exec::kWordsAttr);
    Attribute rows = roles->m == kNoLoop ? Attribute() : op.getDims()[roles->m];
    auto word = llvm::find(words, rows);
    if (!isa_and_nonnull<StringAttr>(rows) || word == words.end())
      return {};
    func::FuncOp variant = kernel.clone();
    variant.setName((kernel.getName() + "_one_row").str());
    variant->setAttr(exec::kScheduleAttr, schedule(op, *roles, level, /*oneRow=*/true));
    variant->setAttr(exec::kWhenAttr, whenOne(context, words.size(), word - words.begin()));
    kernel->getBlock()->getOperations().insertAfter(Block::iterator(kernel), variant);
    return FlatSymbolRefAttr::get(variant.getNameAttr());
  }

  void select(func::FuncOp kernel, transformer::AttentionOp op, const Level &level) {
    if (!hasGenerator(op))
      return;
    constexpr int64_t keys = 64; // a block's scores stay in the first-level cache
    int64_t lanes = level.vectorBits / 32, rows = level.tileRows;
    kernel->setAttr(exec::kGeneratorAttr, StringAttr::get(&getContext(), kAttentionGenerator));
    kernel->setAttr(exec::kScheduleAttr,
                    exec::ScheduleAttr::get(&getContext(),
                                            {lanes * level.tileVectors, keys / rows * rows},
                                            {rows, lanes, level.tileVectors}, "blocks"));
  }

  void runOnOperation() override {
    Level level;
    if (Error error = findLevel(cpu, level); error.failed()) {
      attune::emitError(getOperation().getLoc(), error.code, error.message, error.hint);
      return signalPassFailure();
    }
    auto kernels = getOperation().lookupSymbol<ModuleOp>(exec::kKernelsModule);
    if (!kernels)
      return;
    DenseMap<Attribute, FlatSymbolRefAttr> variants;
    SmallVector<func::FuncOp> all(kernels.getOps<func::FuncOp>());
    for (func::FuncOp kernel : all) {
      for (auto op : kernel.getOps<transformer::AttentionOp>())
        select(kernel, op, level);
      for (auto op : llvm::to_vector(kernel.getOps<transformer::ContractOp>()))
        if (FlatSymbolRefAttr variant = select(kernel, op, level))
          variants[FlatSymbolRefAttr::get(kernel.getNameAttr())] = variant;
    }
    getOperation().walk([&](exec::DispatchOp dispatch) {
      Attribute kernel = dispatch.getKernels()[0];
      if (FlatSymbolRefAttr variant = variants.lookup(kernel);
          variant && dispatch.getKernels().size() == 1)
        dispatch.setKernelsAttr(ArrayAttr::get(&getContext(), {variant, kernel}));
    });
  }
};
} // namespace
