// Finds a contraction's loops by role.
#include "ContractRoles.h"

#include "VectorRegion.h"

#include "mlir/Dialect/Bufferization/IR/Bufferization.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"

using namespace mlir;
using namespace attune;
using namespace attune::cpu;

int64_t cpu::loopOf(AffineExpr expr) {
  auto dim = dyn_cast<AffineDimExpr>(expr);
  return dim ? static_cast<int64_t>(dim.getPosition()) : kNoLoop;
}

Value cpu::bufferOf(Value tensor) {
  auto read = tensor.getDefiningOp<bufferization::ToTensorOp>();
  return read && isa<BlockArgument>(read.getBuffer()) ? read.getBuffer() : Value();
}

static bool isF32(Value tensor) {
  return cast<RankedTensorType>(tensor.getType()).getElementType().isF32();
}

namespace {
/// A factor of the contraction as it lies in memory.
struct Factor {
  Value buffer;
  AffineMap map;
  int64_t panelWidth = 0; ///< of a packed one
  unsigned panelDepth = 0;
  bool windows = false;
};
} // namespace

/// What packs `tensor` as `#transformer.panels` with one depth or more; false when nothing does.
static bool readPanels(Value tensor, Factor &factor) {
  auto unpack = tensor.getDefiningOp<linalg::UnPackOp>();
  if (!unpack || !unpack.hasPureTensorSemantics())
    return false;
  int64_t rank = unpack.getDestRank();
  SmallVector<int64_t> tiles = unpack.getStaticTiles();
  SmallVector<int64_t> order(unpack.getOuterDimsPerm());
  auto columns = llvm::find(order, rank - 1);
  if (rank < 2 || columns == order.end() || tiles.size() != 1 || ShapedType::isDynamic(tiles[0]) ||
      unpack.getInnerDimsPos()[0] != rank - 1)
    return false;
  factor.panelDepth = order.end() - columns - 1;
  order.erase(columns);
  if (factor.panelDepth == 0 || !llvm::equal(order, llvm::seq<int64_t>(0, rank - 1)))
    return false;
  factor.panelWidth = tiles[0];
  factor.buffer = bufferOf(unpack.getSource());
  return true;
}

static Factor readFactor(Value tensor, AffineMap map) {
  Factor factor{{}, map};
  if (readPanels(tensor, factor))
    return factor;
  if (auto windows = tensor.getDefiningOp<transformer::WindowsOp>()) {
    if (windows.getLow())
      return factor;
    factor.windows = true;
    factor.map = windows.getMap().compose(map);
    tensor = windows.getInput();
  }
  factor.buffer = bufferOf(tensor);
  return factor;
}

/// Whether the elements of consecutive `loop` are neighbours.
static bool areAdjacent(AffineMap map, int64_t loop) {
  if (map.getNumResults() == 0)
    return false;
  for (AffineExpr expr : map.getResults().drop_back())
    if (expr.isFunctionOfDim(loop))
      return false;
  auto factors = transformer::loopFactors(map.getResults().back(), map.getNumDims());
  return factors && (*factors)[loop] == 1;
}

bool ContractRoles::adjacentColumns() const { return panelWidth > 0 || areAdjacent(columnsMap, n); }
bool ContractRoles::adjacentRows() const { return !byChannel || areAdjacent(rowsMap, n); }

/// Loops of inner dimensions last, and of two in one dimension the one with the smaller factor.
static void sortByMemory(SmallVectorImpl<int64_t> &loops, AffineMap map) {
  auto key = [&](int64_t loop) -> std::tuple<int64_t, int64_t, int64_t> {
    for (size_t at = map.getNumResults(); at-- > 0;)
      if (map.getResult(at).isFunctionOfDim(loop)) {
        auto factors = transformer::loopFactors(map.getResult(at), map.getNumDims());
        return {at, factors ? -(*factors)[loop] : 0, loop};
      }
    return {-1, 0, loop};
  };
  llvm::sort(loops, [&](int64_t a, int64_t b) { return key(a) < key(b); });
}

/// Which factor has the columns: the only one with the loop n; of two the packed one, then the one
/// that is no windows.
static std::optional<unsigned> findColumns(const Factor (&factors)[2], int64_t n) {
  bool has[] = {factors[0].map.isFunctionOfDim(n), factors[1].map.isFunctionOfDim(n)};
  if (!has[0] && !has[1])
    return std::nullopt;
  if (has[0] != has[1])
    return has[0] ? 0 : 1;
  if (factors[0].panelWidth || factors[1].panelWidth)
    return factors[0].panelWidth ? 0 : 1;
  return factors[1].windows && !factors[0].windows ? 0 : 1;
}

/// Extra operands are read along n, or are the same for a whole row.
static bool areExtrasReadable(transformer::ContractOp op, int64_t n) {
  SmallVector<AffineMap> maps = op.getMaps();
  return llvm::all_of(llvm::zip(op.getExtra(), ArrayRef(maps).drop_front(2)), [&](auto pair) {
    auto [extra, map] = pair;
    return bufferOf(extra) && (!map.isFunctionOfDim(n) || loopOf(map.getResults().back()) == n);
  });
}

FailureOr<ContractRoles> cpu::findContractRoles(transformer::ContractOp op) {
  AffineMap out = op.getOutMap();
  SmallVector<AffineMap> maps = op.getMaps();
  ContractRoles roles;
  if (out.getNumResults() == 0 || !isF32(op.getLhs()) || !isF32(op.getRhs()) ||
      !isF32(op.getResult()) || !canVectorize(op.getBody()))
    return failure();
  roles.n = loopOf(out.getResults().back());
  for (int64_t loop = 0; loop < static_cast<int64_t>(op.getDims().size()); ++loop)
    if (!out.isFunctionOfDim(loop))
      roles.k.push_back(loop);
  if (roles.n == kNoLoop || roles.k.empty() || !areExtrasReadable(op, roles.n))
    return failure();
  const Factor factors[] = {readFactor(op.getLhs(), maps[0]), readFactor(op.getRhs(), maps[1])};
  std::optional<unsigned> columnsOperand = findColumns(factors, roles.n);
  if (!columnsOperand)
    return failure();
  roles.columnsOperand = *columnsOperand;
  const Factor &columns = factors[*columnsOperand], &rows = factors[1 - *columnsOperand];
  roles.rows = rows.buffer;
  roles.rowsMap = rows.map;
  roles.columns = columns.buffer;
  roles.columnsMap = columns.map;
  roles.panelWidth = columns.panelWidth;
  roles.overWindows = rows.windows || columns.windows;
  roles.byChannel = rows.map.isFunctionOfDim(roles.n);
  if (!roles.rows || !roles.columns || rows.panelWidth)
    return failure();
  sortByMemory(roles.k, columns.panelWidth ? columns.map : rows.map);
  if (columns.panelWidth && columns.panelDepth != roles.k.size())
    return failure();
  for (AffineExpr expr : out.getResults().drop_back()) {
    int64_t loop = loopOf(expr);
    if (loop == kNoLoop)
      continue;
    bool isRow = rows.map.isFunctionOfDim(loop) && !columns.map.isFunctionOfDim(loop);
    (isRow ? roles.m : roles.batch).push_back(loop);
  }
  return roles;
}
