// Inlines maps into their reader and absorbs views into index maps.
#include "OperandViews.h"
#include "ScalarRegion.h"
#include "attune/Dialect/Transformer/Transforms/Passes.h"

#include "mlir/IR/Builders.h"
#include "mlir/IR/Matchers.h"

#define DEBUG_TYPE "transformer-fuse-maps"

using namespace mlir;

namespace attune::transformer {
#define GEN_PASS_DEF_FUSEMAPSPASS
#include "attune/Dialect/Transformer/Transforms/Passes.h.inc"
} // namespace attune::transformer

using namespace attune::transformer;

/// A region over this size is computed on its own: fusing on would cost more than it saves.
static constexpr size_t kMaxRegion = 256;
/// A map without tensor operands is computed again in each reader up to this size.
static constexpr size_t kMaxRepeated = 8;
/// Maps of constants up to this many elements are evaluated.
static constexpr int64_t kMaxFolded = 1024;

namespace {
struct FuseMaps : attune::transformer::impl::FuseMapsPassBase<FuseMaps> {
  void runOnOperation() override;

private:
  bool simplify(IndexedOpInterface op);
  bool fuseOperand(IndexedOpInterface op, unsigned operand);
  bool inlineSplat(IndexedOpInterface op, unsigned operand);
  bool mergeEqualOperands(IndexedOpInterface op);
  bool absorbView(Operation *op, ArrayAttr maps, unsigned operand);
  bool absorbView(WindowsOp op);
  bool forwardIdentity(MapOp op);
  bool foldConstant(MapOp op);
};
} // namespace

/// The first operand that the region sees as an element of its own; contract's products are not.
static unsigned firstRegionOperand(Operation *op) { return isa<ContractOp>(op) ? 2 : 0; }
/// The block argument of operand `operand`.
static unsigned argumentOf(Operation *op, unsigned operand) {
  return isa<ContractOp>(op) ? operand - 1 : operand;
}

static size_t regionSize(Region &region) { return region.front().getOperations().size(); }

/// Replaces operand `operand` of `op` by `values` with `maps`: the region's argument goes, and
/// arguments for the new operands are appended and returned.
static SmallVector<Value> replaceOperand(Operation *op, unsigned operand, ValueRange values,
                                         ArrayRef<AffineMap> maps) {
  Block &block = op->getRegion(0).front();
  auto attr = op->getAttrOfType<ArrayAttr>("input_maps");
  SmallVector<AffineMap> allMaps = mapsOf(attr);
  allMaps.erase(allMaps.begin() + operand);
  allMaps.append(maps.begin(), maps.end());
  block.eraseArgument(argumentOf(op, operand));
  SmallVector<Value> arguments;
  for (Value value : values)
    arguments.push_back(block.addArgument(cast<RankedTensorType>(value.getType()).getElementType(),
                                          value.getLoc()));
  if (auto contract = dyn_cast<ContractOp>(op)) {
    SmallVector<Value> extra(contract.getExtra());
    extra.erase(extra.begin() + (operand - 2));
    extra.append(values.begin(), values.end());
    contract.getExtraMutable().assign(extra);
  } else {
    SmallVector<Value> inputs(op->getOperands());
    inputs.erase(inputs.begin() + operand);
    inputs.append(values.begin(), values.end());
    op->setOperands(inputs);
  }
  op->setAttr("input_maps", Builder(op->getContext()).getAffineMapArrayAttr(allMaps));
  return arguments;
}

/// Every use of the map lies in `reader`, and at one and the same element.
static bool readOnlyAt(MapOp map, IndexedOpInterface reader, AffineMap access) {
  SmallVector<AffineMap> maps = reader.getMaps();
  for (OpOperand &use : map.getResult().getUses())
    if (use.getOwner() != reader || maps[use.getOperandNumber()] != access)
      return false;
  return true;
}

/// True when no element at `access` is read twice. An epilogue runs over the result's loops only.
static bool visitsOnce(IndexedOpInterface op, AffineMap access) {
  auto contract = dyn_cast<ContractOp>(op.getOperation());
  for (auto [loop, dim] : llvm::enumerate(op.getDims())) {
    auto extent = dyn_cast<IntegerAttr>(dim);
    bool runs = !(extent && extent.getInt() == 1) &&
                (!contract || contract.getOutMap().isFunctionOfDim(loop));
    if (runs && !access.isFunctionOfDim(loop))
      return false;
  }
  return true;
}

bool FuseMaps::fuseOperand(IndexedOpInterface op, unsigned operand) {
  auto producer = op->getOperand(operand).getDefiningOp<MapOp>();
  if (!producer || forwardedOperand(producer))
    return false;
  AffineMap access = op.getMaps()[operand];
  size_t size = regionSize(producer.getBody());
  if (size + regionSize(*op.getScalarRegion()) > kMaxRegion)
    return false;
  bool repeatable = producer.getInputs().empty() && size <= kMaxRepeated;
  if (!repeatable && !(visitsOnce(op, access) && readOnlyAt(producer, op, access)))
    return false;

  SmallVector<AffineMap> maps;
  for (AffineMap map : mapsOf(producer.getInputMaps()))
    maps.push_back(map.compose(access));
  Region &region = *op.getScalarRegion();
  Value old = region.getArgument(argumentOf(op, operand));
  OpBuilder builder = OpBuilder::atBlockBegin(&region.front());
  // The argument must outlive its uses: give them a value first.
  SmallVector<Value> inputs(producer.getInputs());
  SmallVector<Value> placeholders;
  for (Value input : inputs)
    placeholders.push_back(region.front().addArgument(
        cast<RankedTensorType>(input.getType()).getElementType(), input.getLoc()));
  Value inlined =
      inlineRegion(builder, producer.getBody(), placeholders, [&](IndexOp index) -> Value {
        return indexValue(builder, index.getLoc(), access.getResult(index.getDim()));
      });
  old.replaceAllUsesWith(inlined);
  SmallVector<Value> arguments = replaceOperand(op, operand, inputs, maps);
  for (auto [placeholder, argument] : llvm::zip(placeholders, arguments))
    placeholder.replaceAllUsesWith(argument);
  unsigned first = region.getNumArguments() - 2 * placeholders.size();
  region.front().eraseArguments(first, placeholders.size());
  op->setLoc(FusedLoc::get(&getContext(), {op->getLoc(), producer.getLoc()}));
  if (producer->use_empty())
    producer.erase();
  ++fused;
  return true;
}

bool FuseMaps::inlineSplat(IndexedOpInterface op, unsigned operand) {
  TypedAttr scalar = splatConstant(op->getOperand(operand));
  if (!scalar)
    return false;
  Region &region = *op.getScalarRegion();
  OpBuilder builder = OpBuilder::atBlockBegin(&region.front());
  Value constant = arith::ConstantOp::create(builder, op->getOperand(operand).getLoc(), scalar);
  region.getArgument(argumentOf(op, operand)).replaceAllUsesWith(constant);
  replaceOperand(op, operand, {}, {});
  ++scalars;
  return true;
}

bool FuseMaps::mergeEqualOperands(IndexedOpInterface op) {
  SmallVector<AffineMap> maps = op.getMaps();
  Region &region = *op.getScalarRegion();
  unsigned first = firstRegionOperand(op);
  for (unsigned i = first; i < op->getNumOperands(); ++i) {
    Value argument = region.getArgument(argumentOf(op, i));
    if (argument.use_empty()) {
      replaceOperand(op, i, {}, {});
      return true;
    }
    for (unsigned j = first; j < i; ++j)
      if (op->getOperand(i) == op->getOperand(j) && maps[i] == maps[j]) {
        argument.replaceAllUsesWith(region.getArgument(argumentOf(op, j)));
        replaceOperand(op, i, {}, {});
        return true;
      }
  }
  return false;
}

bool FuseMaps::absorbView(Operation *op, ArrayAttr mapsAttr, unsigned operand) {
  auto producer = op->getOperand(operand).getDefiningOp<MapOp>();
  std::optional<unsigned> forwarded = producer ? forwardedOperand(producer) : std::nullopt;
  if (!forwarded)
    return false;
  SmallVector<AffineMap> maps = mapsOf(mapsAttr);
  maps[operand] = mapsOf(producer.getInputMaps())[*forwarded].compose(maps[operand]);
  op->setOperand(operand, producer.getInputs()[*forwarded]);
  op->setAttr("input_maps", Builder(&getContext()).getAffineMapArrayAttr(maps));
  if (producer->use_empty())
    producer.erase();
  ++absorbed;
  return true;
}

// The zeros around the input are around the view's operand, where the view only reorders it.
bool FuseMaps::absorbView(WindowsOp op) {
  auto producer = op.getInput().getDefiningOp<MapOp>();
  std::optional<unsigned> forwarded = producer ? forwardedOperand(producer) : std::nullopt;
  if (!forwarded)
    return false;
  AffineMap view = mapsOf(producer.getInputMaps())[*forwarded];
  if (std::optional<ArrayAttr> low = op.getLow()) {
    if (!view.isPermutation())
      return false;
    op.setLowAttr(
        ArrayAttr::get(&getContext(), llvm::map_to_vector(view.getResults(), [&](AffineExpr expr) {
          return (*low)[cast<AffineDimExpr>(expr).getPosition()];
        })));
  }
  op.setMapAttr(AffineMapAttr::get(view.compose(op.getMap())));
  op.getInputMutable().assign(producer.getInputs()[*forwarded]);
  if (producer->use_empty())
    producer.erase();
  ++absorbed;
  return true;
}

bool FuseMaps::forwardIdentity(MapOp op) {
  SmallVector<OpFoldResult> results;
  if (failed(op->fold(results)) || results.size() != 1)
    return false;
  op.replaceAllUsesWith(cast<Value>(results[0]));
  op.erase();
  ++absorbed;
  return true;
}

/// The value of the region for constant arguments at one point, or null.
static Attribute evaluate(Region &region, ArrayRef<Attribute> arguments, ArrayRef<int64_t> point) {
  DenseMap<Value, Attribute> known;
  for (auto [argument, value] : llvm::zip_equal(region.getArguments(), arguments))
    known[argument] = value;
  for (Operation &op : region.front().without_terminator()) {
    if (auto index = dyn_cast<IndexOp>(op)) {
      known[index] = IntegerAttr::get(IndexType::get(op.getContext()), point[index.getDim()]);
      continue;
    }
    SmallVector<Attribute> operands;
    for (Value operand : op.getOperands())
      operands.push_back(known.lookup(operand));
    if (op.getNumResults() != 1 || op.getNumRegions() != 0)
      return {};
    // Folding may change the op in place: a copy is folded.
    Operation *copy = op.clone();
    SmallVector<OpFoldResult> results;
    Attribute value;
    if (succeeded(copy->fold(operands, results)) && results.size() == 1) {
      value = dyn_cast<Attribute>(results[0]);
      if (auto folded = dyn_cast<Value>(results[0]))
        value = known.lookup(folded);
    }
    copy->destroy();
    if (!value)
      return {};
    known[op.getResult(0)] = value;
  }
  return known.lookup(yieldedValue(region));
}

bool FuseMaps::foldConstant(MapOp op) {
  auto ranked = cast<RankedTensorType>(op.getType());
  if (!ranked.hasStaticShape() || ranked.getNumElements() > kMaxFolded ||
      ranked.getNumElements() == 0)
    return false;
  SmallVector<DenseElementsAttr> constants;
  for (Value input : op.getInputs()) {
    DenseElementsAttr elements;
    if (!matchPattern(input, m_Constant(&elements)))
      return false;
    constants.push_back(elements);
  }
  SmallVector<AffineMap> maps = mapsOf(op.getInputMaps());
  SmallVector<Attribute> results;
  SmallVector<int64_t> point(ranked.getRank(), 0);
  for (int64_t i = 0; i < ranked.getNumElements(); ++i) {
    int64_t rest = i;
    for (int64_t dim = ranked.getRank(); dim-- > 0; rest /= ranked.getDimSize(dim))
      point[dim] = rest % ranked.getDimSize(dim);
    SmallVector<Attribute> arguments;
    for (auto [elements, map] : llvm::zip(constants, maps)) {
      int64_t position = 0;
      for (auto [expr, size] : llvm::zip(map.getResults(), elements.getType().getShape())) {
        auto dim = dyn_cast<AffineDimExpr>(expr);
        position = position * size + (dim ? point[dim.getPosition()] : 0);
      }
      arguments.push_back(elements.getValues<Attribute>()[position]);
    }
    results.push_back(evaluate(op.getBody(), arguments, point));
    if (!results.back())
      return false;
  }
  OpBuilder builder(op);
  auto constant =
      arith::ConstantOp::create(builder, op.getLoc(), DenseElementsAttr::get(ranked, results));
  op.replaceAllUsesWith(constant.getResult());
  op.erase();
  ++folded;
  return true;
}

bool FuseMaps::simplify(IndexedOpInterface op) {
  if (mergeEqualOperands(op))
    return true;
  auto maps = op->getAttrOfType<ArrayAttr>("input_maps");
  for (unsigned operand = 0; operand < op->getNumOperands(); ++operand) {
    if (absorbView(op, maps, operand))
      return true;
    if (operand >= firstRegionOperand(op) && (inlineSplat(op, operand) || fuseOperand(op, operand)))
      return true;
  }
  return false;
}

void FuseMaps::runOnOperation() {
  func::FuncOp func = getOperation();
  if (func.isExternal())
    return;
  // In reverse order each op meets producers not yet changed, and what it takes over is looked
  // at again. Folded maps may give constants to readers already seen: another round for those.
  for (bool changed = true; changed;) {
    changed = false;
    eraseUnused(func);
    for (Operation *op = &func.getBody().back().back(); op;) {
      if (auto indexed = dyn_cast<IndexedOpInterface>(op))
        while (simplify(indexed))
          changed = true;
      if (auto attention = dyn_cast<AttentionOp>(op))
        if (absorbViews(attention)) {
          ++absorbed;
          changed = true;
        }
      if (auto windows = dyn_cast<WindowsOp>(op))
        while (absorbView(windows))
          changed = true;
      Operation *previous = op->getPrevNode();
      if (auto map = dyn_cast<MapOp>(op); map && !op->use_empty())
        changed |= forwardIdentity(map) || foldConstant(map);
      op = previous;
    }
  }
}
