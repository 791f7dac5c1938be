// Merges the map that alone reads a contraction into the contraction's epilogue.
#include "ScalarRegion.h"
#include "attune/Dialect/Transformer/Transforms/Passes.h"

#include "mlir/IR/Builders.h"

#define DEBUG_TYPE "transformer-fuse-epilogues"

using namespace mlir;

namespace attune::transformer {
#define GEN_PASS_DEF_FUSEEPILOGUESPASS
#include "attune/Dialect/Transformer/Transforms/Passes.h.inc"
} // namespace attune::transformer

using namespace attune::transformer;

/// An epilogue stays something that a register tile can do.
static constexpr size_t kMaxRegion = 64;

/// The contraction among the map's operands whose epilogue the map can become.
static ContractOp findContract(MapOp map) {
  SmallVector<AffineMap> maps = mapsOf(map.getInputMaps());
  ContractOp found;
  for (auto [input, access] : llvm::zip(map.getInputs(), maps)) {
    auto contract = input.getDefiningOp<ContractOp>();
    if (!contract || !access.isIdentity() || contract.getResultDims(0) != map.getDims())
      continue;
    // Accumulation happens in the result's type: a map that changes it stays a map.
    if (cast<RankedTensorType>(map.getType()).getElementType() !=
        cast<RankedTensorType>(contract.getType()).getElementType())
      continue;
    auto otherUse = [&](OpOperand &use) {
      return use.getOwner() != map || !maps[use.getOperandNumber()].isIdentity();
    };
    size_t size = contract.getBody().front().getOperations().size() +
                  map.getBody().front().getOperations().size();
    if (llvm::any_of(contract->getUses(), otherUse) || size > kMaxRegion)
      continue;
    // Of two the later one: the other's result is then a plain operand.
    if (!found || found->isBeforeInBlock(contract))
      found = contract;
  }
  return found;
}

static void fuse(ContractOp contract, MapOp map) {
  OpBuilder builder(map);
  MLIRContext *context = map.getContext();
  Location loc = FusedLoc::get(context, {contract.getLoc(), map.getLoc()});
  AffineMap out = contract.getOutMap();
  SmallVector<Value> extra(contract.getExtra());
  SmallVector<AffineMap> maps = mapsOf(contract.getInputMaps());
  for (auto [input, access] : llvm::zip(map.getInputs(), mapsOf(map.getInputMaps()))) {
    if (input == contract.getResult())
      continue;
    extra.push_back(input);
    // The map's loops are the result's dimensions.
    maps.push_back(access.compose(out));
  }
  auto merged =
      ContractOp::create(builder, loc, map.getType(), contract.getLhs(), contract.getRhs(), extra,
                         contract.getDims(), builder.getAffineMapArrayAttr(maps), out);
  Block *block = builder.createBlock(&merged.getBody());
  Type element = cast<RankedTensorType>(map.getType()).getElementType();
  block->addArgument(element, loc);
  for (Value value : extra)
    block->addArgument(cast<RankedTensorType>(value.getType()).getElementType(), value.getLoc());
  size_t kept = 1 + contract.getExtra().size();
  Value acc =
      inlineRegion(builder, contract.getBody(), block->getArguments().take_front(kept), nullptr);
  SmallVector<Value> arguments;
  for (Value input : map.getInputs())
    arguments.push_back(input == contract.getResult() ? acc : block->getArgument(kept++));
  Value result = inlineRegion(builder, map.getBody(), arguments, [&](IndexOp index) -> Value {
    return indexValue(builder, index.getLoc(), out.getResult(index.getDim()));
  });
  YieldOp::create(builder, loc, ValueRange(result));
  map.replaceAllUsesWith(merged.getResult());
  map.erase();
  contract.erase();
}

namespace {
struct FuseEpilogues : attune::transformer::impl::FuseEpiloguesPassBase<FuseEpilogues> {
  void runOnOperation() override {
    // In program order a chain of maps is merged one by one.
    for (Block &block : getOperation().getBody())
      for (Operation &op : llvm::make_early_inc_range(block))
        if (auto map = dyn_cast<MapOp>(op))
          if (ContractOp contract = findContract(map)) {
            fuse(contract, map);
            ++fused;
          }
  }
};
} // namespace
