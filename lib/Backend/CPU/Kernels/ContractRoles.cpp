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

/// The packed tensor that `tensor` is unpacked from, with the width of its panels.
static std::pair<Value, int64_t> panelsOf(Value tensor) {
  auto unpack = tensor.getDefiningOp<linalg::UnPackOp>();
  if (!unpack || !unpack.hasPureTensorSemantics())
    return {};
  int64_t rank = unpack.getDestRank();
  SmallVector<int64_t> order = llvm::to_vector(llvm::seq<int64_t>(0, rank));
  if (rank < 2)
    return {};
  std::swap(order[rank - 1], order[rank - 2]);
  SmallVector<int64_t> tiles = unpack.getStaticTiles();
  if (ArrayRef(order) != unpack.getOuterDimsPerm() || tiles.size() != 1 ||
      ShapedType::isDynamic(tiles[0]) || unpack.getInnerDimsPos()[0] != rank - 1)
    return {};
  return {unpack.getSource(), tiles[0]};
}

bool ContractRoles::adjacentColumns() const {
  return panelWidth > 0 ||
         (columnsMap.getNumResults() && loopOf(columnsMap.getResults().back()) == n);
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
    if (!out.isFunctionOfDim(loop)) {
      if (roles.k != kNoLoop)
        return failure();
      roles.k = loop;
    }
  if (roles.n == kNoLoop || roles.k == kNoLoop ||
      maps[0].isFunctionOfDim(roles.n) == maps[1].isFunctionOfDim(roles.n))
    return failure();
  roles.columnsOperand = maps[0].isFunctionOfDim(roles.n) ? 0 : 1;
  unsigned rowsOperand = 1 - roles.columnsOperand;
  roles.rowsMap = maps[rowsOperand];
  roles.columnsMap = maps[roles.columnsOperand];
  roles.rows = bufferOf(op->getOperand(rowsOperand));
  Value columns = op->getOperand(roles.columnsOperand);
  if (auto [packed, width] = panelsOf(columns); packed) {
    columns = packed;
    roles.panelWidth = width;
  }
  roles.columns = bufferOf(columns);
  if (!roles.rows || !roles.columns)
    return failure();
  for (AffineExpr expr : out.getResults().drop_back())
    if (int64_t loop = loopOf(expr); loop != kNoLoop && roles.rowsMap.isFunctionOfDim(loop) &&
                                     !roles.columnsMap.isFunctionOfDim(loop))
      roles.m = loop;
  for (AffineExpr expr : out.getResults().drop_back())
    if (int64_t loop = loopOf(expr); loop != kNoLoop && loop != roles.m)
      roles.batch.push_back(loop);
  // Extra operands are read along n, or are the same for a whole row.
  for (auto [extra, map] : llvm::zip(op.getExtra(), ArrayRef(maps).drop_front(2)))
    if (!bufferOf(extra) ||
        (map.isFunctionOfDim(roles.n) && loopOf(map.getResults().back()) != roles.n))
      return failure();
  return roles;
}
