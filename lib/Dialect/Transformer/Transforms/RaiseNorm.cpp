// Raises spelled-out layer and RMS normalisation of the last dimension.
#include "ScalarRegion.h"
#include "attune/Dialect/Transformer/Analysis/ElementExpression.h"
#include "attune/Dialect/Transformer/Transforms/Passes.h"

#include "mlir/IR/Builders.h"
#include "mlir/IR/Remarks.h"

#include <cmath>

#define DEBUG_TYPE "transformer-raise-norm"

using namespace mlir;

namespace attune::transformer {
#define GEN_PASS_DEF_RAISENORMPASS
#include "attune/Dialect/Transformer/Transforms/Passes.h.inc"
} // namespace attune::transformer

using namespace attune;
using namespace attune::transformer;

namespace {
/// What was found: kind, input, and the affine part.
struct Norm {
  NormKind kind;
  Value input;
  double epsilon = 0;
  const ElementNode *scale = nullptr, *shift = nullptr;
};

/// A mean over the last dimension: the summand, in a loop of its own.
struct Mean {
  const ElementNode *summand;
  unsigned loop;
};

class Matcher {
public:
  explicit Matcher(ArrayAttr dims) : expressions(extentsOf(dims)), last(dims.size() - 1) {}
  std::optional<Norm> match(Value result);
  std::string reason; ///< why something that began as a norm was not one

private:
  ElementProduct factors(const ElementNode *node);
  const ElementNode *asVector(const ElementNode *node);
  std::optional<Mean> matchMean(const ElementNode *node);
  const ElementNode *matchCentred(const ElementNode *node, unsigned loop);
  bool matchDeviation(const ElementNode *squared, Norm &norm, const ElementNode *core);
  bool sameElement(const ElementNode *a, unsigned loopA, const ElementNode *b, unsigned loopB);

  ElementExpressions expressions;
  unsigned last;
};
} // namespace

/// Collects factors through maps that multiply or divide.
ElementProduct Matcher::factors(const ElementNode *node) {
  ElementProduct product;
  SmallVector<std::pair<const ElementNode *, bool>> work{{node, false}};
  for (unsigned steps = 0; !work.empty() && steps < 64; ++steps) {
    auto [part, inverse] = work.pop_back_val();
    const ElementNode *inner = part;
    if (part->kind == ElementNode::Kind::Element && !asVector(part))
      if (const ElementNode *next = expressions.expand(part))
        inner = next;
    if (std::optional<double> number = expressions.number(inner)) {
      product.coefficient *= inverse ? 1 / *number : *number;
    } else if (inner->is<arith::MulFOp>() || inner->is<arith::DivFOp>()) {
      work.push_back({inner->operands[0], inverse});
      work.push_back({inner->operands[1], inverse != inner->is<arith::DivFOp>()});
    } else {
      (inverse ? product.denominators : product.numerators).push_back(part);
    }
  }
  // Over the limit: nothing that matches has so many factors.
  for (auto &[part, inverse] : work)
    product.numerators.push_back(part);
  return product;
}

/// The element of a tensor that has only the last dimension, seen through views; or null.
const ElementNode *Matcher::asVector(const ElementNode *node) {
  for (; node && node->kind == ElementNode::Kind::Element; node = expressions.throughView(node)) {
    unsigned found = 0, other = 0;
    for (const ElementIndex &index : node->at)
      if (index.isLoop(last))
        ++found;
      else if (!index.isZero())
        ++other;
    if (found == 1 && other == 0)
      return node;
  }
  return nullptr;
}

/// Σ f / n over the last dimension.
std::optional<Mean> Matcher::matchMean(const ElementNode *node) {
  ElementProduct product = factors(node);
  if (product.numerators.size() != 1 || !product.denominators.empty() ||
      product.numerators[0]->kind != ElementNode::Kind::Element)
    return std::nullopt;
  const ElementNode *sum = product.numerators[0];
  auto reduce = sum->tensor.getDefiningOp<ReduceOp>();
  if (!reduce || reduce.getKind() != ReductionKind::Sum)
    return std::nullopt;
  ElementIndices indices(reduce.getDims().size());
  SmallVector<bool> kept(indices.size(), false);
  for (auto [position, expr] : llvm::enumerate(reduce.getOutMap().getResults()))
    if (auto dim = dyn_cast<AffineDimExpr>(expr)) {
      indices[dim.getPosition()] = sum->at[position];
      kept[dim.getPosition()] = true;
    }
  std::optional<unsigned> fresh;
  for (auto [loop, keeps] : llvm::enumerate(kept)) {
    if (keeps)
      continue;
    SymbolicExpression extent = extentOf(reduce.getDims()[loop]);
    if (fresh || extent != expressions.extent(last))
      return std::nullopt;
    fresh = expressions.addLoop(extent);
    indices[loop] = expressions.loopIndex(*fresh);
  }
  std::optional<int64_t> count = fresh ? expressions.extent(last).constant() : std::nullopt;
  if (!count || std::abs(product.coefficient * *count - 1) > 1e-6)
    return std::nullopt;
  SmallVector<const ElementNode *> arguments;
  for (auto [input, map] : llvm::zip(reduce.getInputs(), mapsOf(reduce.getInputMaps())))
    if (arguments.push_back(expressions.element(input, expressions.compose(map, indices)));
        !arguments.back())
      return std::nullopt;
  const ElementNode *summand = expressions.inlineRegion(reduce.getBody(), arguments, indices);
  return summand ? std::optional(Mean{summand, *fresh}) : std::nullopt;
}

bool Matcher::sameElement(const ElementNode *a, unsigned loopA, const ElementNode *b,
                          unsigned loopB) {
  if (!a || !b || a->kind != ElementNode::Kind::Element || b->kind != a->kind ||
      a->tensor != b->tensor)
    return false;
  return llvm::equal(a->at, b->at, [&](const ElementIndex &x, const ElementIndex &y) {
    return (x.isLoop(loopA) && y.isLoop(loopB)) || x == y;
  });
}

/// x when `node` is x − mean(x), x being read at `loop` of the last dimension.
const ElementNode *Matcher::matchCentred(const ElementNode *node, unsigned loop) {
  if (node->kind == ElementNode::Kind::Element)
    if (const ElementNode *inner = expressions.expand(node))
      node = inner;
  if (!node->is<arith::SubFOp>())
    return nullptr;
  const ElementNode *x = node->operands[0];
  std::optional<Mean> mean = matchMean(node->operands[1]);
  if (!mean || !sameElement(x, loop, mean->summand, mean->loop))
    return nullptr;
  return x;
}

/// `squared` = mean of core² (+ epsilon), core being what is normalised.
bool Matcher::matchDeviation(const ElementNode *squared, Norm &norm, const ElementNode *core) {
  if (squared->kind == ElementNode::Kind::Element)
    if (const ElementNode *inner = expressions.expand(squared); inner && inner->is<arith::AddFOp>())
      squared = inner;
  if (squared->is<arith::AddFOp>())
    for (unsigned side : {0u, 1u})
      if (std::optional<double> epsilon = expressions.number(squared->operands[side])) {
        norm.epsilon = *epsilon;
        squared = squared->operands[1 - side];
        break;
      }
  std::optional<Mean> mean = matchMean(squared);
  if (!mean)
    return false;
  const ElementNode *summand = mean->summand;
  if (summand->kind == ElementNode::Kind::Element)
    if (const ElementNode *inner = expressions.expand(summand))
      summand = inner;
  const ElementNode *base = nullptr;
  if (summand->is<arith::MulFOp>()) {
    const ElementNode *a = summand->operands[0], *b = summand->operands[1];
    if (a == b || sameElement(a, mean->loop, b, mean->loop))
      base = a;
  } else if (summand->is<math::PowFOp>() && expressions.number(summand->operands[1]) == 2.0) {
    base = summand->operands[0];
  }
  if (!base) {
    reason = "what is averaged under the root is not a square";
    return false;
  }
  if (const ElementNode *x = matchCentred(core, last)) {
    const ElementNode *y = matchCentred(base, mean->loop);
    if (!sameElement(x, last, y, mean->loop)) {
      reason = "the variance is not that of the centred value";
      return false;
    }
    norm.kind = NormKind::Layer;
    norm.input = x->tensor;
    core = x;
  } else {
    if (!sameElement(core, last, base, mean->loop)) {
      reason = "the mean of squares is not that of the scaled value";
      return false;
    }
    norm.kind = NormKind::Rms;
    norm.input = core->tensor;
  }
  for (auto [loop, index] : llvm::enumerate(core->at))
    if (!(index == expressions.loopIndex(loop))) {
      reason = "the normalised value is read in another order than it is written";
      return false;
    }
  return true;
}

std::optional<Norm> Matcher::match(Value result) {
  Norm norm;
  const ElementNode *root = expressions.expand(expressions.element(result));
  if (root && root->is<arith::AddFOp>())
    for (unsigned side : {0u, 1u})
      if (const ElementNode *vector = asVector(root->operands[side])) {
        norm.shift = vector;
        root = root->operands[1 - side];
        break;
      }
  if (!root)
    return std::nullopt;
  ElementProduct product = factors(root);
  if (product.coefficient != 1 || product.denominators.size() > 1)
    return std::nullopt;
  const ElementNode *core = nullptr, *squared = nullptr;
  auto takeRoot = [&](const ElementNode *node, bool inverse) {
    if (const ElementNode *inner = expressions.expand(node))
      node = inner;
    bool power = node->is<math::PowFOp>();
    double wanted = inverse ? 0.5 : -0.5;
    bool root = inverse ? node->is<math::SqrtOp>() : node->is<math::RsqrtOp>();
    if (squared || !(root || (power && expressions.number(node->operands[1]) == wanted)))
      return false;
    squared = node->operands[0];
    return true;
  };
  for (const ElementNode *node : product.denominators)
    if (!takeRoot(node, /*inverse=*/true))
      return std::nullopt;
  for (const ElementNode *node : product.numerators) {
    if (takeRoot(node, /*inverse=*/false))
      continue;
    const ElementNode *vector = asVector(node);
    const ElementNode *&slot = vector ? norm.scale : core;
    if (slot)
      return std::nullopt;
    slot = vector ? vector : node;
  }
  if (!squared || !core)
    return std::nullopt;
  if (!matchDeviation(squared, norm, core))
    return std::nullopt;
  return norm.input.getType() == result.getType() ? std::optional(norm) : std::nullopt;
}

/// The vector as a tensor of rank one.
static Value asRankOne(OpBuilder &builder, const ElementNode *vector, Attribute extent) {
  if (!vector)
    return {};
  auto type = cast<RankedTensorType>(vector->tensor.getType());
  if (type.getRank() == 1)
    return vector->tensor;
  ArrayAttr dims = builder.getArrayAttr({extent});
  return ReshapeOp::create(builder, vector->tensor.getLoc(), typeFor(dims, type.getElementType()),
                           vector->tensor, dims);
}

namespace {
struct RaiseNorm : attune::transformer::impl::RaiseNormPassBase<RaiseNorm> {
  void runOnOperation() override {
    func::FuncOp func = getOperation();
    if (func.isExternal())
      return;
    // From the last: the outermost map of a norm takes scale and shift with it.
    Block &block = func.getBody().front();
    for (Operation *op = &block.back(); op;) {
      Operation *previous = op->getPrevNode();
      if (auto map = dyn_cast<MapOp>(op); map && !op->use_empty() && !map.getDims().empty())
        raise(map);
      op = previous;
    }
    eraseUnused(func);
  }

private:
  void raise(MapOp map) {
    if (!isa<FloatType>(cast<RankedTensorType>(map.getType()).getElementType()))
      return;
    Matcher matcher(map.getDims());
    std::optional<Norm> norm = matcher.match(map.getResult());
    if (!norm) {
      if (matcher.reason.empty())
        return;
      ++declined;
      remark::missed(map.getLoc(), remark::RemarkOpts::name("norm").category(DEBUG_TYPE))
          << matcher.reason;
      return;
    }
    OpBuilder builder(map);
    Attribute extent = map.getDims().getValue().back();
    Value scale = asRankOne(builder, norm->scale, extent);
    Value shift = asRankOne(builder, norm->shift, extent);
    auto op = NormOp::create(builder, map.getLoc(), map.getType(), norm->kind, norm->input,
                             /*residual=*/Value(), scale, shift, /*axes=*/1,
                             llvm::APFloat(norm->epsilon), map.getDims());
    map.replaceAllUsesWith(op.getResult());
    map.erase();
    ++raised;
  }
};
} // namespace
