// Finds a contraction's loops by role.
#include "ContractRoles.h"

#include "VectorRegion.h"

#include "mlir/Dialect/Bufferization/IR/Bufferization.h"

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
  if (roles.n == kNoLoop || roles.k == kNoLoop)
    return failure();

  auto innermost = [&](AffineMap map) {
    return map.getNumResults() && loopOf(map.getResults().back()) == roles.n;
  };
  bool swapped = innermost(maps[0]) && !maps[1].isFunctionOfDim(roles.n);
  if (!swapped && !(innermost(maps[1]) && !maps[0].isFunctionOfDim(roles.n)))
    return failure();
  roles.rowsMap = maps[swapped ? 1 : 0];
  roles.columnsMap = maps[swapped ? 0 : 1];
  roles.rows = bufferOf(swapped ? op.getRhs() : op.getLhs());
  roles.columns = bufferOf(swapped ? op.getLhs() : op.getRhs());
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
    if (!bufferOf(extra) || (map.isFunctionOfDim(roles.n) && !innermost(map)))
      return failure();
  return roles;
}
