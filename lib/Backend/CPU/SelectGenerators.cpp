// Chooses generators, schedules and variants for the kernels of tensor form.
#include "attune/Backend/CPU/Passes.h"

#include "Kernels/Attention.h"
#include "Kernels/ContractRoles.h"
#include "attune/Backend/CPU/Target.h"
#include "attune/Dialect/Transformer/Analysis/MaskAnalysis.h"

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

/// Attention by blocks of queries: as many vectors of them as a register tile has, or one, with
/// more keys in the tile. The scores of a block of keys stay in the first-level cache; several
/// blocks of queries share it, since its rows are pages apart.
static exec::ScheduleAttr attentionSchedule(transformer::AttentionOp op, const Level &level,
                                            bool few) {
  constexpr int64_t keys = 64, mostBlocks = 4, frameBytes = 128 << 10;
  int64_t lanes = level.vectorBits / 32, vectors = few ? 1 : level.tileVectors;
  int64_t rows = few ? level.tileRows * level.tileVectors * 3 / 4 : level.tileRows;
  int64_t channels = 0;
  for (unsigned loop : {transformer::KeyChannel, transformer::ValueChannel})
    channels += cast<IntegerAttr>(op.getDims()[loop]).getInt();
  int64_t blockBytes = channels * lanes * vectors * static_cast<int64_t>(sizeof(float));
  int64_t blocks = few ? 1 : std::clamp<int64_t>(frameBytes / blockBytes, 1, mostBlocks);
  return exec::ScheduleAttr::get(op.getContext(), {lanes * vectors * blocks, keys / rows * rows},
                                 {rows, lanes, vectors}, few ? "few_queries" : "blocks");
}

static bool isOne(Attribute extent) {
  auto integer = dyn_cast_or_null<IntegerAttr>(extent);
  return integer && integer.getInt() == 1;
}

namespace {
struct SelectGeneratorsPass : cpu::impl::SelectGeneratorsPassBase<SelectGeneratorsPass> {
  using Base::Base;

  /// A second kernel for small values of a dynamic extent: at most `limit`, or exactly one.
  void addVariant(func::FuncOp kernel, Attribute extent, int64_t limit,
                  exec::ScheduleAttr schedule) {
    auto words = kernel->getAttrOfType<ArrayAttr>(exec::kWordsAttr);
    auto word = llvm::find(words, extent);
    if (!isa_and_nonnull<StringAttr>(extent) || word == words.end())
      return;
    AffineExpr size = getAffineDimExpr(word - words.begin(), &getContext());
    auto when = limit == 1 ? IntegerSet::get(words.size(), 0, size - 1, /*eqFlags=*/true)
                           : IntegerSet::get(words.size(), 0, limit - size, /*eqFlags=*/false);
    func::FuncOp variant = kernel.clone();
    variant.setName((kernel.getName() + "_" + schedule.getVariant()).str());
    variant->setAttr(exec::kScheduleAttr, schedule);
    variant->setAttr(exec::kWhenAttr, IntegerSetAttr::get(when));
    kernel->getBlock()->getOperations().insertAfter(Block::iterator(kernel), variant);
    variants[FlatSymbolRefAttr::get(kernel.getNameAttr())] =
        FlatSymbolRefAttr::get(variant.getNameAttr());
  }

  void mark(func::FuncOp kernel, StringRef generator, exec::ScheduleAttr schedule) {
    kernel->setAttr(exec::kGeneratorAttr, StringAttr::get(&getContext(), generator));
    kernel->setAttr(exec::kScheduleAttr, schedule);
  }

  void select(func::FuncOp kernel, transformer::ContractOp op, const Level &level) {
    FailureOr<ContractRoles> roles = findContractRoles(op);
    if (failed(roles) || !roles->adjacentColumns())
      return;
    Attribute rows = roles->m == kNoLoop ? Attribute() : op.getDims()[roles->m];
    bool oneRow = !rows || isOne(rows);
    mark(kernel, kContractGenerator, schedule(op, *roles, level, oneRow));
    addVariant(kernel, rows, 1, schedule(op, *roles, level, /*oneRow=*/true));
  }

  void select(func::FuncOp kernel, transformer::AttentionOp op, const Level &level) {
    if (!hasGenerator(op))
      return;
    Attribute queries = op.getDims()[transformer::Query];
    int64_t lanes = level.vectorBits / 32;
    auto known = dyn_cast<IntegerAttr>(queries);
    mark(kernel, kAttentionGenerator,
         attentionSchedule(op, level, known && known.getInt() <= lanes));
    addVariant(kernel, queries, lanes, attentionSchedule(op, level, /*few=*/true));
  }

  void runOnOperation() override {
    FailureOr<Level> level = levelFor(getOperation(), cpu);
    if (failed(level))
      return signalPassFailure();
    auto kernels = getOperation().lookupSymbol<ModuleOp>(exec::kKernelsModule);
    if (!kernels)
      return;
    variants.clear();
    SmallVector<func::FuncOp> all(kernels.getOps<func::FuncOp>());
    for (func::FuncOp kernel : all) {
      for (auto op : kernel.getOps<transformer::AttentionOp>())
        select(kernel, op, *level);
      for (auto op : kernel.getOps<transformer::ContractOp>())
        select(kernel, op, *level);
    }
    getOperation().walk([&](exec::DispatchOp dispatch) {
      Attribute kernel = dispatch.getKernels()[0];
      if (FlatSymbolRefAttr variant = variants.lookup(kernel);
          variant && dispatch.getKernels().size() == 1)
        dispatch.setKernelsAttr(ArrayAttr::get(&getContext(), {variant, kernel}));
    });
  }

private:
  DenseMap<Attribute, FlatSymbolRefAttr> variants; ///< by the kernel that they specialise
};
} // namespace
