// Turns transposes and scales of weights into recipe steps, reads weights under the shape that
// reshapes give them, and shares equal ones.
#include "ScalarRegion.h"
#include "attune/Dialect/Transformer/Transforms/Passes.h"

#include "mlir/IR/Builders.h"
#include "mlir/IR/Matchers.h"

#include <cmath>

#define DEBUG_TYPE "transformer-fold-weights"

using namespace mlir;

namespace attune::transformer {
#define GEN_PASS_DEF_FOLDWEIGHTSPASS
#include "attune/Dialect/Transformer/Transforms/Passes.h.inc"
} // namespace attune::transformer

using namespace attune::transformer;

/// The permutation that gives the map's result from its operand: result dimension i is operand
/// dimension perm[i]; nothing when the map broadcasts or drops a dimension.
static std::optional<SmallVector<int64_t>> permutationOf(AffineMap map) {
  if (!map.isPermutation())
    return std::nullopt;
  SmallVector<int64_t> perm(map.getNumResults());
  for (auto [source, expr] : llvm::enumerate(map.getResults()))
    perm[cast<AffineDimExpr>(expr).getPosition()] = source;
  return perm;
}

/// The factor when the region multiplies or divides its one argument by a constant.
static std::optional<double> scaleOf(Region &region) {
  Operation *op = yieldedValue(region).getDefiningOp();
  if (!op || !isa<arith::MulFOp, arith::DivFOp>(op))
    return std::nullopt;
  for (unsigned side : {0u, 1u}) {
    FloatAttr constant;
    if (op->getOperand(1 - side) != region.getArgument(0) ||
        !matchPattern(op->getOperand(side), m_Constant(&constant)))
      continue;
    double value = constant.getValueAsDouble();
    if (isa<arith::MulFOp>(op))
      return value;
    // A division by 2^n is a multiplication; by anything else it would round differently.
    int exponent;
    if (side == 1 && std::isfinite(value) && std::abs(std::frexp(value, &exponent)) == 0.5)
      return 1 / value;
  }
  return std::nullopt;
}

static bool isIdentity(ArrayRef<int64_t> perm) {
  return llvm::equal(perm, llvm::seq<int64_t>(0, perm.size()));
}

/// The weight with the map's steps appended, or null when the map does something else.
static WeightAttr foldInto(MapOp map, WeightAttr weight) {
  std::optional<SmallVector<int64_t>> perm = permutationOf(mapsOf(map.getInputMaps())[0]);
  if (!perm)
    return {};
  std::optional<double> factor;
  if (!forwardedOperand(map) && !(factor = scaleOf(map.getBody())))
    return {};
  MLIRContext *context = map.getContext();
  WeightAttr folded = weight;
  if (!isIdentity(*perm))
    folded = folded.append(PermuteAttr::get(context, *perm));
  if (factor)
    folded = folded.append(ScaleAttr::get(context, Builder(context).getF64FloatAttr(*factor)));
  return folded;
}

/// The weight under another shape, or null: a step that moves elements stays before a reshape.
static WeightAttr foldInto(ReshapeOp reshape, WeightAttr weight) {
  auto type = dyn_cast<RankedTensorType>(reshape.getType());
  if (!type || !type.hasStaticShape() || !weight.getRecipe().empty())
    return {};
  return WeightAttr::get(reshape.getContext(), weight.getFile(), weight.getOffset(),
                         weight.getBytes(), weight.getHash(), type, {});
}

namespace {
struct FoldWeights : attune::transformer::impl::FoldWeightsPassBase<FoldWeights> {
  void runOnOperation() override {
    func::FuncOp func = getOperation();
    if (func.isExternal())
      return;
    for (Operation &op : llvm::make_early_inc_range(func.getBody().front())) {
      auto weight =
          op.getNumOperands() == 1 ? op.getOperand(0).getDefiningOp<WeightOp>() : WeightOp();
      WeightAttr value;
      if (auto map = dyn_cast<MapOp>(op); map && weight)
        value = foldInto(map, weight.getValue());
      if (auto reshape = dyn_cast<ReshapeOp>(op); reshape && weight)
        value = foldInto(reshape, weight.getValue());
      if (!value)
        continue;
      OpBuilder builder(&op);
      Value replacement = WeightOp::create(builder, op.getLoc(), op.getResult(0).getType(), value);
      op.getResult(0).replaceAllUsesWith(replacement);
      op.erase();
      ++folded;
    }
    share(func);
    eraseUnused(func);
  }

private:
  void share(func::FuncOp func) {
    // File and offset say where the bytes lie, not what they are.
    DenseMap<std::pair<Attribute, Attribute>, WeightOp> known;
    Builder builder(&getContext());
    for (WeightOp weight : llvm::make_early_inc_range(func.getBody().front().getOps<WeightOp>())) {
      WeightAttr value = weight.getValue();
      Attribute bytes = WeightAttr::get(&getContext(), "", 0, value.getBytes(), value.getHash(),
                                        value.getSource(), value.getRecipe());
      auto [entry, inserted] = known.try_emplace({bytes, TypeAttr::get(weight.getType())}, weight);
      if (inserted)
        continue;
      weight.replaceAllUsesWith(entry->second.getResult());
      weight.erase();
      ++shared;
    }
  }
};
} // namespace
