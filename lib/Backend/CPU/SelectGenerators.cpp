// Chooses generators, schedules and variants for the kernels of tensor form.
#include "attune/Backend/CPU/Passes.h"

#include "Kernels/Attention.h"
#include "Kernels/AttentionRows.h"
#include "Kernels/ContractRoles.h"
#include "Kernels/Rows.h"
#include "attune/Backend/CPU/Target.h"
#include "attune/Dialect/Transformer/Analysis/MaskAnalysis.h"

#include "mlir/IR/IntegerSet.h"
#include "llvm/Support/CheckedArithmetic.h"

namespace attune::cpu {
#define GEN_PASS_DEF_SELECTGENERATORSPASS
#include "attune/Backend/CPU/Passes.h.inc"
} // namespace attune::cpu

using namespace mlir;
using namespace attune;
using namespace attune::cpu;

/// How many steps the sums have; 0 when it is not known.
static int64_t summedSteps(const ContractRoles &roles, transformer::ContractOp op) {
  constexpr int64_t many = int64_t{1} << 40;
  int64_t steps = 1;
  for (int64_t loop : roles.k) {
    auto extent = dyn_cast<IntegerAttr>(op.getDims()[loop]);
    if (!extent)
      return 0;
    steps = llvm::checkedMul(steps, extent.getInt()).value_or(many);
  }
  return steps;
}

/// Panels per task: enough work that taking a task costs nothing next to it.
static int64_t panelsPerTask(const ContractRoles &roles, transformer::ContractOp op, bool oneRow) {
  return summedSteps(roles, op) > 512 && !oneRow ? 1 : 2;
}

namespace {
/// How many rows a variant's tasks have at most, in register tiles; none for the only row there is.
struct RowVariant {
  StringRef name;
  int64_t tiles;
  int64_t taskRows(const Level &level) const { return tiles ? tiles * level.tileRows : 1; }
};
} // namespace
static constexpr RowVariant kOneRow{"one_row", 0}, kFewRows{"few_rows", 2};

/// How many steps of the sums the two tiles of few rows take in turns, so that the second reads
/// them, and both their rows, from the first level: a divisor of all steps; 0 where they take all
/// at once. Fewer steps than two thousand or so are near enough; more tiles gain nothing.
static int64_t blockSteps(const ContractRoles &roles, transformer::ContractOp op) {
  constexpr int64_t many = 1536, most = 192, granule = 4;
  int64_t all = summedSteps(roles, op);
  if (roles.k.size() != 1 || all < many)
    return 0;
  for (int64_t steps = most; steps >= most / 2; steps -= granule)
    if (all % steps == 0)
      return steps;
  return 0;
}

/// A task's rows are many register tiles, so that they share a panel while it is in the cache,
/// but no more than stay in the second level while panels pass through it.
static RowVariant tiledVariant(const ContractRoles &roles, transformer::ContractOp op,
                               const Level &level) {
  constexpr int64_t cacheBytes = 768 << 10;
  RowVariant variant{"tiled", 16};
  if (int64_t steps = std::min(summedSteps(roles, op), cacheBytes); steps > 0)
    variant.tiles = std::clamp<int64_t>(
        cacheBytes / (steps * level.tileRows * static_cast<int64_t>(sizeof(float))), 4, 16);
  return variant;
}

static exec::ScheduleAttr schedule(transformer::ContractOp op, const ContractRoles &roles,
                                   const Level &level, RowVariant variant, int64_t leastRows) {
  bool oneRow = variant.tiles == 0;
  int64_t lanes = level.lanes();
  int64_t vectors = roles.panelWidth ? roles.panelWidth / lanes : level.tileVectors;
  int64_t columns = lanes * vectors * panelsPerTask(roles, op, oneRow);
  SmallVector<int64_t> task{variant.taskRows(level), columns, leastRows};
  if (int64_t steps = variant.name == kFewRows.name ? blockSteps(roles, op) : 0)
    task.push_back(steps);
  return exec::ScheduleAttr::get(op.getContext(), task,
                                 {oneRow ? 1 : level.tileRows, lanes, vectors}, variant.name);
}

/// Attention by blocks of queries: as many vectors of them as a register tile has, or one, with
/// more keys in the tile, but no more than there are registers for their addresses. The scores of a
/// block of keys stay in the first-level cache; several blocks of queries share a copy of it, since
/// its rows are pages apart.
static exec::ScheduleAttr attentionSchedule(transformer::AttentionOp op, const Level &level,
                                            bool few) {
  constexpr int64_t keys = 64, mostBlocks = 16, frameBytes = 320 << 10, mostRows = 8;
  int64_t lanes = level.lanes(), vectors = few ? 1 : level.tileVectors;
  int64_t rows =
      few ? std::min<int64_t>(level.tileRows * level.tileVectors, mostRows) : level.tileRows;
  int64_t channels = 0;
  for (unsigned loop : {transformer::KeyChannel, transformer::ValueChannel})
    channels += cast<IntegerAttr>(op.getDims()[loop]).getInt();
  int64_t rowBytes = channels * static_cast<int64_t>(sizeof(float));
  int64_t left = frameBytes - keys * rowBytes;
  int64_t blocks =
      few ? 1 : std::clamp<int64_t>(left / (lanes * vectors * rowBytes), 1, mostBlocks);
  return exec::ScheduleAttr::get(op.getContext(), {lanes * vectors * blocks, keys / rows * rows},
                                 {rows, lanes, vectors}, few ? "few_queries" : "blocks");
}

/// Attention row by row, for the number of queries up to which lanes full of keys beat lanes full
/// of queries. A block of keys and values stays in the first-level cache for all rows.
static constexpr int64_t kFewestQueries = 2;
static exec::ScheduleAttr rowsSchedule(transformer::AttentionOp op, const Level &level) {
  constexpr int64_t blockBytes = 32 << 10, mostKeys = 256;
  int64_t lanes = level.lanes(), channels = 0;
  for (unsigned loop : {transformer::KeyChannel, transformer::ValueChannel})
    channels += cast<IntegerAttr>(op.getDims()[loop]).getInt();
  int64_t keys = blockBytes / (channels * static_cast<int64_t>(sizeof(float)));
  keys = std::clamp(keys / lanes * lanes, lanes, mostKeys);
  return exec::ScheduleAttr::get(op.getContext(), {kFewestQueries, keys}, {headsPerTask(op), lanes},
                                 "decode");
}

namespace {
struct SelectGeneratorsPass : cpu::impl::SelectGeneratorsPassBase<SelectGeneratorsPass> {
  using Base::Base;

  static bool isWord(func::FuncOp kernel, Attribute extent) {
    auto words = kernel->getAttrOfType<ArrayAttr>(exec::kWordsAttr);
    return isa_and_nonnull<StringAttr>(extent) && llvm::is_contained(words, extent);
  }

  /// Another kernel for small values of a dynamic extent: at most `limit`, or exactly one. The
  /// first that applies is taken.
  void addVariant(func::FuncOp kernel, Attribute extent, int64_t limit, exec::ScheduleAttr schedule,
                  StringRef generator) {
    if (!isWord(kernel, extent))
      return;
    auto words = kernel->getAttrOfType<ArrayAttr>(exec::kWordsAttr);
    auto word = llvm::find(words, extent);
    AffineExpr size = getAffineDimExpr(word - words.begin(), &getContext());
    auto when = limit == 1 ? IntegerSet::get(words.size(), 0, size - 1, /*eqFlags=*/true)
                           : IntegerSet::get(words.size(), 0, limit - size, /*eqFlags=*/false);
    func::FuncOp variant = kernel.clone();
    variant.setName((kernel.getName() + "_" + schedule.getVariant()).str());
    mark(variant, generator, schedule);
    variant->setAttr(exec::kWhenAttr, IntegerSetAttr::get(when));
    kernel->getBlock()->getOperations().insertAfter(Block::iterator(kernel), variant);
    variants[FlatSymbolRefAttr::get(kernel.getNameAttr())].push_back(
        FlatSymbolRefAttr::get(variant.getNameAttr()));
  }

  void mark(func::FuncOp kernel, StringRef generator, exec::ScheduleAttr schedule) {
    kernel->setAttr(exec::kGeneratorAttr, StringAttr::get(&getContext(), generator));
    kernel->setAttr(exec::kScheduleAttr, schedule);
  }

  /// The extent of the rows' loops together, where it is a number or that of one loop; a text that
  /// is no word where it is neither; null where there are no rows.
  static Attribute rowsOf(const ContractRoles &roles, transformer::ContractOp op) {
    Builder builder(op.getContext());
    SmallVector<Attribute> dynamic;
    int64_t all = 1;
    for (int64_t loop : roles.m)
      if (auto extent = dyn_cast<IntegerAttr>(op.getDims()[loop]))
        all = llvm::checkedMul(all, extent.getInt()).value_or(std::numeric_limits<int64_t>::max());
      else
        dynamic.push_back(op.getDims()[loop]);
    if (roles.m.empty())
      return {};
    if (dynamic.empty())
      return builder.getI64IntegerAttr(all);
    return dynamic.size() == 1 && all == 1 ? dynamic[0] : builder.getStringAttr("");
  }

  void select(func::FuncOp kernel, transformer::ContractOp op, const Level &level) {
    FailureOr<ContractRoles> roles = findContractRoles(op);
    if (failed(roles) || !roles->adjacentColumns() || !roles->adjacentRows() ||
        roles->panelWidth % level.lanes())
      return;
    Attribute rows = rowsOf(*roles, op);
    // Few tiles fetch panels ahead faster than many; what is not packed is not fetched ahead.
    SmallVector<RowVariant> small{kOneRow};
    if (roles->panelWidth)
      small.push_back(kFewRows);
    auto known = dyn_cast_or_null<IntegerAttr>(rows);
    int64_t least = !rows ? 1 : known ? known.getInt() : 1;
    if (!known && rows && isWord(kernel, rows))
      least = small.back().taskRows(level) + 1;
    RowVariant chosen = tiledVariant(*roles, op, level);
    if (!rows || known)
      if (auto *fits = llvm::find_if(
              small, [&](RowVariant variant) { return least <= variant.taskRows(level); });
          fits != small.end())
        chosen = *fits;
    mark(kernel, kContractGenerator, schedule(op, *roles, level, chosen, least));
    for (RowVariant variant : small)
      addVariant(kernel, rows, variant.taskRows(level), schedule(op, *roles, level, variant, 1),
                 kContractGenerator);
  }

  void select(func::FuncOp kernel, transformer::AttentionOp op, const Level &level) {
    if (!hasGenerator(op))
      return;
    Attribute queries = op.getDims()[transformer::Query];
    int64_t lanes = level.lanes();
    auto known = dyn_cast<IntegerAttr>(queries);
    bool byRows = hasRowsGenerator(op);
    if (byRows && known && known.getInt() <= kFewestQueries)
      return mark(kernel, kAttentionRowsGenerator, rowsSchedule(op, level));
    mark(kernel, kAttentionGenerator,
         attentionSchedule(op, level, known && known.getInt() <= lanes));
    if (byRows)
      addVariant(kernel, queries, kFewestQueries, rowsSchedule(op, level), kAttentionRowsGenerator);
    addVariant(kernel, queries, lanes, attentionSchedule(op, level, /*few=*/true),
               kAttentionGenerator);
  }

  template <typename Op> void selectRows(func::FuncOp kernel, const Level &level) {
    for (auto op : kernel.getOps<Op>())
      if (hasRowGenerator(op))
        mark(kernel, kRowGenerator,
             exec::ScheduleAttr::get(&getContext(), {1}, {level.lanes()}, "rows"));
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
      selectRows<transformer::NormOp>(kernel, *level);
      selectRows<transformer::SoftmaxOp>(kernel, *level);
    }
    getOperation().walk([&](exec::DispatchOp dispatch) {
      Attribute kernel = dispatch.getKernels()[0];
      auto found = variants.find(kernel);
      if (found == variants.end() || dispatch.getKernels().size() != 1)
        return;
      SmallVector<Attribute> all(found->second);
      all.push_back(kernel);
      dispatch.setKernelsAttr(ArrayAttr::get(&getContext(), all));
    });
  }

private:
  DenseMap<Attribute, SmallVector<Attribute>> variants; ///< by the kernel that they specialise
};
} // namespace
