// Makes the addition that only a norm reads the norm's residual: one pass over memory less.
#include "attune/Dialect/Transformer/Transforms/Passes.h"

#include "mlir/Dialect/Arith/IR/Arith.h"

#define DEBUG_TYPE "transformer-fuse-residuals"

using namespace mlir;

namespace attune::transformer {
#define GEN_PASS_DEF_FUSERESIDUALSPASS
#include "attune/Dialect/Transformer/Transforms/Passes.h.inc"
} // namespace attune::transformer

using namespace attune::transformer;

/// Whether the map adds its two inputs, whole tensors of the result's type.
static bool addsTensors(MapOp map) {
  if (map.getInputs().size() != 2 ||
      !llvm::all_of(map.getInputs(), [&](Value input) { return input.getType() == map.getType(); }))
    return false;
  for (AffineMap access : mapsOf(map.getInputMaps()))
    if (!access.isIdentity())
      return false;
  Block &body = map.getBody().front();
  auto add = dyn_cast<arith::AddFOp>(body.front());
  return add && body.getOperations().size() == 2 && body.back().getOperand(0) == add.getResult() &&
         add.getLhs() != add.getRhs() && isa<BlockArgument>(add.getLhs()) &&
         isa<BlockArgument>(add.getRhs());
}

namespace {
struct FuseResiduals : attune::transformer::impl::FuseResidualsPassBase<FuseResiduals> {
  void runOnOperation() override {
    SmallVector<NormOp> norms(getOperation().getOps<NormOp>());
    for (NormOp norm : norms) {
      auto map = norm.getInput().getDefiningOp<MapOp>();
      if (!map || norm.getResidual() || !map->hasOneUse() || !addsTensors(map))
        continue;
      norm.getInputMutable().set(map.getInputs()[0]);
      norm.getResidualMutable().assign(map.getInputs()[1]);
      norm->setLoc(FusedLoc::get(norm.getContext(), {map.getLoc(), norm.getLoc()}));
      map.erase();
      ++fused;
    }
  }
};
} // namespace
