// Computes elementwise work in the order in which what it reads lies; its readers get a view.
#include "ScalarRegion.h"
#include "attune/Dialect/Transformer/Transforms/Passes.h"

#include "mlir/IR/Builders.h"

#define DEBUG_TYPE "transformer-reorder-maps"

using namespace mlir;

namespace attune::transformer {
#define GEN_PASS_DEF_REORDERMAPSPASS
#include "attune/Dialect/Transformer/Transforms/Passes.h.inc"
} // namespace attune::transformer

using namespace attune::transformer;

/// Whether `map` may be merged into the contraction that makes `value`: nothing else reads that.
static bool becomesEpilogue(MapOp map, Value value) {
  return value.getDefiningOp<ContractOp>() &&
         llvm::all_of(value.getUsers(), [&](Operation *user) { return user == map; });
}

/// Whether all that read the map's result do so through index maps.
static bool areViewsFree(MapOp map) {
  return !map->use_empty() && llvm::all_of(map->getUsers(), [](Operation *user) {
    return isa<IndexedOpInterface, WindowsOp, AttentionOp>(user);
  });
}

/// The one permutation at which the map reads all operands that have its number of dimensions; null
/// when there is no such, or reading so gains nothing.
static AffineMap findOrder(MapOp map) {
  if (forwardedOperand(map))
    return {};
  AffineMap order;
  bool epilogue = false;
  for (auto [input, access] : llvm::zip_equal(map.getInputs(), mapsOf(map.getInputMaps()))) {
    // What is broadcast is small.
    if (!access.isPermutation())
      continue;
    if (access.isIdentity() || (order && order != access))
      return {};
    order = access;
    epilogue |= becomesEpilogue(map, input);
  }
  return order && (epilogue || areViewsFree(map)) ? order : AffineMap();
}

/// map(i, j) { f(x[j, i]) }   becomes   y = map(j, i) { f(x[j, i]) }, map(i, j) { y[j, i] }
static void reorder(MapOp map, AffineMap order) {
  OpBuilder builder(map);
  Location loc = map.getLoc();
  AffineMap loops = inversePermutation(order);
  SmallVector<Attribute> dims = llvm::map_to_vector(order.getResults(), [&](AffineExpr expr) {
    return map.getDims()[cast<AffineDimExpr>(expr).getPosition()];
  });
  SmallVector<AffineMap> maps = llvm::map_to_vector(
      mapsOf(map.getInputMaps()), [&](AffineMap access) { return access.compose(loops); });
  Type element = cast<RankedTensorType>(map.getType()).getElementType();
  ArrayAttr shape = builder.getArrayAttr(dims);
  auto inner = MapOp::create(builder, loc, typeFor(shape, element), map.getInputs(), shape,
                             builder.getAffineMapArrayAttr(maps));
  Block *block = builder.createBlock(&inner.getBody());
  for (BlockArgument argument : map.getBody().getArguments())
    block->addArgument(argument.getType(), argument.getLoc());
  Value result =
      inlineRegion(builder, map.getBody(), block->getArguments(), [&](IndexOp index) -> Value {
        return indexValue(builder, index.getLoc(), loops.getResult(index.getDim()));
      });
  YieldOp::create(builder, loc, ValueRange(result));

  builder.setInsertionPoint(map);
  auto view = MapOp::create(builder, loc, map.getType(), ValueRange(inner), map.getDims(),
                            builder.getAffineMapArrayAttr({order}));
  block = builder.createBlock(&view.getBody(), {}, element, loc);
  YieldOp::create(builder, loc, ValueRange(block->getArgument(0)));
  map.replaceAllUsesWith(view.getResult());
  map.erase();
}

/// Reads through the transposes in front of a map.
static void absorbViews(MapOp map) {
  SmallVector<AffineMap> maps = mapsOf(map.getInputMaps());
  for (auto [index, access] : llvm::enumerate(maps)) {
    OpOperand &operand = map->getOpOperand(index);
    auto view = operand.get().getDefiningOp<MapOp>();
    std::optional<unsigned> forwarded = view ? forwardedOperand(view) : std::nullopt;
    if (!forwarded)
      continue;
    access = mapsOf(view.getInputMaps())[*forwarded].compose(access);
    operand.set(view.getInputs()[*forwarded]);
  }
  map.setInputMapsAttr(Builder(map.getContext()).getAffineMapArrayAttr(maps));
}

namespace {
struct ReorderMaps : attune::transformer::impl::ReorderMapsPassBase<ReorderMaps> {
  void runOnOperation() override {
    func::FuncOp func = getOperation();
    if (func.isExternal())
      return;
    // In program order: a reordered map is a view for the next.
    for (MapOp map : llvm::make_early_inc_range(func.getBody().front().getOps<MapOp>())) {
      absorbViews(map);
      if (AffineMap order = findOrder(map)) {
        reorder(map, order);
        ++reordered;
      }
    }
    eraseUnused(func);
  }
};
} // namespace
