// Makes the copies that let contractions run over windows in place: of an input with a border of
// zeros around it, of one whose channels a contraction works on one by one, and of filters that the
// model computes.
#include "attune/Dialect/Transformer/Analysis/SymbolicDims.h"
#include "attune/Dialect/Transformer/Transforms/Passes.h"

#include "mlir/IR/Builders.h"
#include "llvm/Support/CheckedArithmetic.h"

#define DEBUG_TYPE "transformer-lay-out-windows"

using namespace mlir;

namespace attune::transformer {
#define GEN_PASS_DEF_LAYOUTWINDOWSPASS
#include "attune/Dialect/Transformer/Transforms/Passes.h.inc"
} // namespace attune::transformer

using namespace attune;
using namespace attune::transformer;

/// A border as wide as a window of this many positions is as much as a copy may grow by.
static constexpr int64_t kMaxWindow = 1 << 16;

namespace {
/// Windows as one contraction reads them.
struct Reader {
  AffineMap access; ///< from the contraction's loops to the windows' dimensions
  AffineMap other;  ///< of the other factor
  AffineMap out;

  int64_t loopOf(unsigned dimension) const {
    auto dim = dyn_cast<AffineDimExpr>(access.getResult(dimension));
    return dim ? static_cast<int64_t>(dim.getPosition()) : -1;
  }
  bool isSummed(unsigned dimension) const {
    int64_t loop = loopOf(dimension);
    return loop >= 0 && !out.isFunctionOfDim(loop);
  }
};
} // namespace

/// The contractions that have the windows as a factor; nothing when something else reads them.
static std::optional<SmallVector<Reader>> readersOf(WindowsOp op) {
  SmallVector<Reader> readers;
  for (OpOperand &use : op->getUses()) {
    auto contract = dyn_cast<ContractOp>(use.getOwner());
    if (!contract || use.getOperandNumber() > 1)
      return std::nullopt;
    SmallVector<AffineMap> maps = contract.getMaps();
    unsigned factor = use.getOperandNumber();
    readers.push_back({maps[factor], maps[1 - factor], maps.back()});
  }
  return readers;
}

/// Whether a copy with its border is not much more than the input or the result: places are no
/// further apart than a window is long, and a window is not long.
static bool isSmall(WindowsOp op, const Reader &reader) {
  unsigned loops = op.getDims().size();
  int64_t all = 1;
  for (AffineExpr expr : op.getMap().getResults()) {
    std::optional<SmallVector<int64_t>> factors = loopFactors(expr, loops);
    int64_t stride = 0, window = 1;
    for (unsigned loop = 0; loop < loops; ++loop) {
      int64_t factor = (*factors)[loop];
      if (factor == 0)
        continue;
      auto extent = dyn_cast<IntegerAttr>(op.getDims()[loop]);
      if (!reader.isSummed(loop)) {
        stride = std::max(stride, factor);
      } else if (std::optional<int64_t> reach =
                     extent ? llvm::checkedMul<int64_t>(factor, extent.getInt() - 1) : std::nullopt;
                 reach && *reach < kMaxWindow && window > 0) {
        window += std::max<int64_t>(*reach, 0);
      } else {
        window = 0;
      }
    }
    // A dimension without places, as of channels, is copied as it is.
    if (stride == 0)
      continue;
    if (window == 0 || stride > window || (all *= window) > kMaxWindow)
      return false;
  }
  return true;
}

/// The dimension of the input along which the vectors of a contraction run that works channel by
/// channel: its result's last loop is a loop of both factors.
static std::optional<unsigned> channelsOf(WindowsOp op, const Reader &reader) {
  ArrayRef<AffineExpr> results = reader.out.getResults();
  auto last = results.empty() ? nullptr : dyn_cast<AffineDimExpr>(results.back());
  if (!last || !reader.other.isFunctionOfDim(last.getPosition()))
    return std::nullopt;
  for (auto [at, expr] : llvm::enumerate(op.getMap().getResults()))
    if (auto dim = dyn_cast<AffineDimExpr>(expr);
        dim && reader.loopOf(dim.getPosition()) == static_cast<int64_t>(last.getPosition()))
      return at;
  return std::nullopt;
}

/// How far the windows reach in one dimension, their border included.
static SymbolicExpression reach(WindowsOp op, AffineExpr expr, const SymbolicDims &symbols) {
  std::optional<SmallVector<int64_t>> factors = loopFactors(expr, op.getDims().size());
  SymbolicExpression all(1);
  for (auto [factor, dim] : llvm::zip_equal(*factors, op.getDims()))
    if (factor != 0)
      all = all + SymbolicExpression(factor) *
                      (fromAttribute(dim).value_or(SymbolicExpression::invalid()) - 1);
  return symbols.simplify(SymbolicExpression::max(SymbolicExpression(0), all));
}

/// The input's dimensions in order, but for `last` at the end.
static SmallVector<unsigned> orderWith(unsigned rank, std::optional<unsigned> last) {
  SmallVector<unsigned> order;
  for (unsigned dim = 0; dim < rank; ++dim)
    if (dim != last)
      order.push_back(dim);
  if (last)
    order.push_back(*last);
  return order;
}

/// The factor with the filters in a row for each tap, where it is no constant, which is packed.
static void layOutFilters(ContractOp op, unsigned factor) {
  Value filters = op->getOperand(factor);
  AffineMap map = op.getMaps()[factor], out = op.getOutMap();
  if (isConstantTensor(filters) || out.getNumResults() == 0 || !map.isProjectedPermutation())
    return;
  AffineExpr last = out.getResults().back();
  if (!llvm::is_contained(map.getResults(), last) || map.getResults().back() == last)
    return;
  OpBuilder builder(op);
  SmallVector<AffineExpr> loops;
  for (AffineExpr loop : map.getResults())
    if (loop != last)
      loops.push_back(loop);
  loops.push_back(last);
  SmallVector<Attribute> dims;
  for (AffineExpr loop : loops)
    dims.push_back(op.getDims()[cast<AffineDimExpr>(loop).getPosition()]);
  SmallVector<AffineExpr> from = llvm::map_to_vector(map.getResults(), [&](AffineExpr loop) {
    return builder.getAffineDimExpr(llvm::find(loops, loop) - loops.begin());
  });
  Type element = cast<RankedTensorType>(filters.getType()).getElementType();
  ArrayAttr shape = builder.getArrayAttr(dims);
  AffineMap read = AffineMap::get(loops.size(), 0, from, op.getContext());
  auto copy = MapOp::create(builder, op.getLoc(), typeFor(shape, element), filters, shape,
                            builder.getAffineMapArrayAttr({read}));
  Block *block = builder.createBlock(&copy.getBody(), {}, element, op.getLoc());
  YieldOp::create(builder, op.getLoc(), ValueRange(block->getArgument(0)));
  op->setOperand(factor, copy);
  SmallVector<AffineMap> maps = mapsOf(op.getInputMaps());
  maps[factor] = AffineMap::get(map.getNumDims(), 0, loops, op.getContext());
  op.setInputMapsAttr(builder.getAffineMapArrayAttr(maps));
}

namespace {
struct LayOutWindows : attune::transformer::impl::LayOutWindowsPassBase<LayOutWindows> {
  void runOnOperation() override {
    func::FuncOp func = getOperation();
    if (func.isExternal())
      return;
    SymbolicDims symbols(func);
    for (ContractOp op : func.getBody().front().getOps<ContractOp>())
      for (unsigned factor : {0u, 1u})
        if (op->getOperand(1 - factor).getDefiningOp<WindowsOp>())
          layOutFilters(op, factor);
    for (WindowsOp op : llvm::make_early_inc_range(func.getBody().front().getOps<WindowsOp>())) {
      std::optional<SmallVector<Reader>> readers = readersOf(op);
      if (!readers || readers->empty())
        continue;
      unsigned rank = op.getMap().getNumResults();
      std::optional<unsigned> channels;
      for (const Reader &reader : *readers)
        if (std::optional<unsigned> found = channelsOf(op, reader); found && *found + 1 != rank)
          channels = found;
      bool bordered = op.getLow().has_value();
      bool fits = !bordered ||
                  llvm::all_of(*readers, [&](const Reader &reader) { return isSmall(op, reader); });
      if (!fits)
        ++declined;
      else if (bordered || channels)
        copyInput(op, orderWith(rank, channels), symbols);
    }
  }

private:
  void copyInput(WindowsOp op, ArrayRef<unsigned> order, const SymbolicDims &symbols) {
    OpBuilder builder(op);
    MLIRContext *context = op.getContext();
    SmallVector<Attribute> dims;
    SmallVector<AffineExpr> from(order.size()), to;
    for (auto [at, dim] : llvm::enumerate(order)) {
      AffineExpr position = op.getMap().getResult(dim);
      SymbolicExpression extent = reach(op, position, symbols);
      if (!extent.isValid())
        return;
      dims.push_back(toAttribute(context, extent));
      from[dim] = getAffineDimExpr(at, context);
      to.push_back(position);
    }
    ArrayAttr shape = builder.getArrayAttr(dims);
    Type element = cast<RankedTensorType>(op.getType()).getElementType();
    AffineMap copied = AffineMap::get(order.size(), 0, from, context);
    Value copy = WindowsOp::create(builder, op.getLoc(), typeFor(shape, element), op.getInput(),
                                   shape, copied, op.getLowAttr());
    op.getInputMutable().assign(copy);
    op.setMap(AffineMap::get(op.getMap().getNumDims(), 0, to, context));
    op.removeLowAttr();
    ++copies;
  }
};
} // namespace
