// Raises spelled-out layer and RMS normalisation of the last dimension.
#include "ScalarRegion.h"
#include "attune/Dialect/Transformer/Analysis/ElementOrigin.h"
#include "attune/Dialect/Transformer/Analysis/Facts.h"
#include "attune/Dialect/Transformer/Transforms/Passes.h"
#include "attune/Support/Remarks.h"

#include "mlir/IR/Builders.h"

#include <cmath>
#include <set>

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

/// What stands squared in a mean under a root, and epsilon beside that.
struct MeanSquare {
  const ElementNode *base;
  unsigned loop; ///< of the mean
  double epsilon;
};

class Matcher {
public:
  explicit Matcher(ArrayAttr dims) : expressions(extentsOf(dims)), last(dims.size() - 1) {}
  std::optional<Norm> match(Value result);
  NearMiss miss; ///< why something that began as a norm is none

private:
  std::nullopt_t fail(const ElementNode *at, const Twine &why, const Twine &expected) {
    miss.note(why, expected, originOf(at));
    return std::nullopt;
  }
  const ElementNode *asRoot(const ElementNode *node, bool inverse);
  bool isRootOfSum(const ElementNode *node);
  bool lacksNode(const ElementNode *divisor);
  bool nearlyNorm(const ElementProduct &product);
  ElementProduct factors(const ElementNode *node);
  const ElementNode *asVector(const ElementNode *node);
  std::optional<Mean> matchMean(const ElementNode *node, NearMiss &why);
  const ElementNode *matchCentred(const ElementNode *node, unsigned loop, NearMiss &why);
  const ElementNode *baseOfSquare(const ElementNode *node);
  const ElementNode *matchSquare(const Mean &mean);
  std::optional<MeanSquare> matchMeanSquare(const ElementNode *squared);
  Value squaredTensor(const ElementProduct &product);
  bool matchDeviation(const ElementNode *squared, Norm &norm, const ElementNode *core);
  bool sameElement(const ElementNode *a, unsigned loopA, const ElementNode *b, unsigned loopB);

  ElementExpressions expressions;
  unsigned last;
  Value whole;                         ///< a tensor that is one factor, though it may be a product
  const ElementNode *scaled = nullptr; ///< what last multiplied with a constant, for remarks
};
} // namespace

/// Collects factors through maps that multiply or divide.
ElementProduct Matcher::factors(const ElementNode *node) {
  ElementProduct product;
  SmallVector<std::pair<const ElementNode *, bool>> work{{node, false}};
  for (unsigned steps = 0; !work.empty() && steps < 64; ++steps) {
    auto [part, inverse] = work.pop_back_val();
    const ElementNode *inner = part;
    if (part->kind == ElementNode::Kind::Element && part->tensor != whole && !asVector(part))
      if (const ElementNode *next = expressions.expand(part))
        inner = next;
    if (std::optional<double> number = expressions.number(inner)) {
      product.coefficient *= inverse ? 1 / *number : *number;
    } else if (inner->is<arith::MulFOp>() || inner->is<arith::DivFOp>()) {
      if (expressions.number(inner->operands[0]) || expressions.number(inner->operands[1]))
        scaled = inner;
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
std::optional<Mean> Matcher::matchMean(const ElementNode *node, NearMiss &why) {
  scaled = nullptr;
  auto decline = [&](const Twine &met, const Twine &expected, std::optional<Location> at) {
    why.note(met, expected, at);
    return std::nullopt;
  };
  ElementProduct product = factors(node);
  const ElementNode *sum = product.numerators.empty() ? nullptr : product.numerators[0];
  ReduceOp reduce;
  if (sum && sum->kind == ElementNode::Kind::Element)
    reduce = sum->tensor.getDefiningOp<ReduceOp>();
  if (!reduce || reduce.getKind() != ReductionKind::Sum)
    return decline("there is no mean where one was looked for, but " + describe(node),
                   "a sum over the last dimension, divided by its extent", originOf(node));
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
      return decline("a mean is over dimension " + Twine(loop) + " of " + Twine(kept.size()) +
                         ", of extent " + extent.str(),
                     "the last alone, of extent " + expressions.extent(last).str(),
                     reduce.getLoc());
    fresh = expressions.addLoop(extent);
    indices[loop] = expressions.loopIndex(*fresh);
  }
  if (product.numerators.size() != 1 || !product.denominators.empty())
    return decline("a sum is scaled by something that is not constant",
                   expressions.extent(last).str(), originOf(node));
  std::optional<int64_t> count = fresh ? expressions.extent(last).constant() : std::nullopt;
  if (!count)
    return decline("a mean is over a dimension whose extent is not fixed", "a fixed extent",
                   reduce.getLoc());
  if (std::abs(product.coefficient * *count - 1) > 1e-6)
    return decline("a sum of " + Twine(*count) + " values is divided by " +
                       numberText(1 / product.coefficient),
                   Twine(*count), scaled ? originOf(scaled) : reduce.getLoc());
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

/// x when `node` is x − mean(x), x being read at `loop` of the last dimension. `why` says what a
/// difference is otherwise.
const ElementNode *Matcher::matchCentred(const ElementNode *node, unsigned loop, NearMiss &why) {
  if (node->kind == ElementNode::Kind::Element)
    if (const ElementNode *inner = expressions.expand(node))
      node = inner;
  if (!node->is<arith::SubFOp>())
    return nullptr;
  const ElementNode *x = node->operands[0];
  std::optional<Mean> mean = matchMean(node->operands[1], why);
  if (!mean)
    return nullptr;
  if (!sameElement(x, loop, mean->summand, mean->loop)) {
    why.note("what is subtracted is the mean of another value, or over another dimension",
             "the mean of the same value over the last dimension", originOf(node));
    return nullptr;
  }
  return x;
}

/// x of x · x and of x²; null for anything else.
const ElementNode *Matcher::baseOfSquare(const ElementNode *node) {
  bool isProduct =
      node->is<arith::MulFOp>() && (node->operands[0] == node->operands[1] ||
                                    isSameElement(node->operands[0], node->operands[1]));
  bool isPower = node->is<math::PowFOp>() && expressions.number(node->operands[1]) == 2.0;
  return isProduct || isPower ? node->operands[0] : nullptr;
}

/// What a mean of squares squares.
const ElementNode *Matcher::matchSquare(const Mean &mean) {
  const ElementNode *summand = mean.summand;
  if (summand->kind == ElementNode::Kind::Element)
    if (const ElementNode *inner = expressions.expand(summand))
      summand = inner;
  if (const ElementNode *base = baseOfSquare(summand))
    return base;
  fail(summand, "what is averaged under the root is not a square, but " + describe(summand),
       "a square");
  return nullptr;
}

/// `squared` = mean of base² (+ epsilon).
std::optional<MeanSquare> Matcher::matchMeanSquare(const ElementNode *squared) {
  double added = 0;
  if (squared->kind == ElementNode::Kind::Element)
    if (const ElementNode *inner = expressions.expand(squared); inner && inner->is<arith::AddFOp>())
      squared = inner;
  if (squared->is<arith::AddFOp>())
    for (unsigned side : {0u, 1u})
      if (std::optional<double> epsilon = expressions.number(squared->operands[side])) {
        added = *epsilon;
        squared = squared->operands[1 - side];
        break;
      }
  std::optional<Mean> mean = matchMean(squared, miss);
  const ElementNode *base = mean ? matchSquare(*mean) : nullptr;
  return base ? std::optional(MeanSquare{base, mean->loop, added}) : std::nullopt;
}

/// The tensor that stands squared under a root among the factors; null where there is none.
Value Matcher::squaredTensor(const ElementProduct &product) {
  NearMiss before = std::exchange(miss, NearMiss());
  Value tensor;
  for (auto [factors, inverse] :
       {std::pair(&product.denominators, true), {&product.numerators, false}})
    for (const ElementNode *node : *factors)
      if (const ElementNode *under = tensor ? nullptr : asRoot(node, inverse))
        if (std::optional<MeanSquare> square = matchMeanSquare(under))
          tensor = square->base->tensor;
  miss = before;
  return tensor;
}

/// `squared` = mean of core² (+ epsilon), core being what is normalised.
bool Matcher::matchDeviation(const ElementNode *squared, Norm &norm, const ElementNode *core) {
  std::optional<MeanSquare> square = matchMeanSquare(squared);
  if (!square)
    return false;
  auto [base, loop, epsilon] = *square;
  norm.epsilon = epsilon;
  NearMiss uncentred;
  if (const ElementNode *x = matchCentred(core, last, uncentred)) {
    NearMiss variance;
    const ElementNode *y = matchCentred(base, loop, variance);
    if (!sameElement(x, last, y, loop)) {
      fail(base, "the variance is not that of the centred value", "the same value less its mean");
      return false;
    }
    norm.kind = NormKind::Layer;
    norm.input = x->tensor;
    core = x;
  } else {
    if (!sameElement(core, last, base, loop)) {
      if (uncentred)
        miss = uncentred;
      fail(core, "the mean of squares is not that of the scaled value", "the same value");
      return false;
    }
    norm.kind = NormKind::Rms;
    norm.input = core->tensor;
  }
  for (auto [loop, index] : llvm::enumerate(core->at))
    if (!(index == expressions.loopIndex(loop))) {
      fail(core, "the normalised value is read in another order than it is written", "one order");
      return false;
    }
  return true;
}

/// What is under a root by which the value is divided: of the divisor, or of a factor.
const ElementNode *Matcher::asRoot(const ElementNode *node, bool inverse) {
  if (const ElementNode *inner = expressions.expand(node))
    node = inner;
  bool power = node->is<math::PowFOp>();
  double wanted = inverse ? 0.5 : -0.5;
  bool root = inverse ? node->is<math::SqrtOp>() : node->is<math::RsqrtOp>();
  bool matches = root || (power && expressions.number(node->operands[1]) == wanted);
  return matches ? node->operands[0] : nullptr;
}

/// Whether `node` is a root of a sum over a tensor, scaled and with a constant added or not.
bool Matcher::isRootOfSum(const ElementNode *node) {
  const ElementNode *under = asRoot(node, true);
  if (!under)
    under = asRoot(node, false);
  if (!under)
    return false;
  const ElementNode *inner = expressions.expand(under);
  if (inner && inner->is<arith::AddFOp>())
    under = inner;
  if (under->is<arith::AddFOp>())
    under = under->operands[expressions.number(under->operands[0]) ? 1 : 0];
  ElementProduct product = factors(under);
  return llvm::any_of(product.numerators, [](const ElementNode *factor) {
    auto reduce = factor->tensor ? factor->tensor.getDefiningOp<ReduceOp>() : ReduceOp();
    return reduce && reduce.getKind() == ReductionKind::Sum;
  });
}

/// A divisor that lacks one node of a norm's: the root of a mean of squares, or the mean under the
/// root.
bool Matcher::lacksNode(const ElementNode *divisor) {
  constexpr double mostEpsilon = 1e-2; // more beside a square is an activation's
  NearMiss before = std::exchange(miss, NearMiss());
  std::optional<MeanSquare> square = matchMeanSquare(divisor);
  const ElementNode *under = asRoot(divisor, /*inverse=*/true);
  miss = before;
  if (square && square->epsilon > 0)
    fail(divisor, "the value is divided by a mean of squares, and not by its root",
         "the root of a mean of squares");
  const ElementNode *sum = under ? expressions.expandAll(under) : nullptr;
  if (!sum || !sum->is<arith::AddFOp>())
    return static_cast<bool>(miss);
  for (unsigned side : {0u, 1u}) {
    std::optional<double> epsilon = expressions.number(sum->operands[side]);
    bool isSquare = baseOfSquare(expressions.expandAll(sum->operands[1 - side]));
    if (epsilon && *epsilon > 0 && *epsilon <= mostEpsilon && isSquare)
      fail(sum, "what is under the root is each value's own square",
           "the mean of the squares over the last dimension");
  }
  return static_cast<bool>(miss);
}

/// Whether the factors look like a norm: something divided by the root of a sum. A divisor that
/// is not quite a root is a miss already.
bool Matcher::nearlyNorm(const ElementProduct &product) {
  if (product.numerators.empty())
    return false;
  for (const ElementNode *node : product.denominators) {
    if (isRootOfSum(node) || lacksNode(node))
      return true;
    const ElementNode *inner = expressions.expand(node);
    const ElementNode *sum = inner ? inner : node;
    for (unsigned side : {0u, 1u})
      if (sum->is<arith::AddFOp>() && expressions.number(sum->operands[side]) &&
          isRootOfSum(sum->operands[1 - side])) {
        fail(sum,
             "epsilon, " + numberText(*expressions.number(sum->operands[side])) +
                 ", is added after the square root",
             "epsilon under the root");
        return true;
      }
  }
  return product.numerators.size() > 1 &&
         llvm::any_of(product.numerators, [&](const ElementNode *node) {
           return !asVector(node) && asRoot(node, false) && isRootOfSum(node);
         });
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
  if (!nearlyNorm(product) || miss)
    return std::nullopt;
  // What is normalised may be a product itself: a scaled embedding, a gated value.
  whole = squaredTensor(product);
  scaled = nullptr;
  product = factors(root);
  const ElementNode *scaledAt = scaled;
  if (product.coefficient != 1)
    return fail(scaledAt,
                "the normalised value is multiplied with " + numberText(product.coefficient),
                "a scale per element of the last dimension");
  if (product.denominators.size() > 1)
    return fail(product.denominators[1], "the value is divided twice", "one divisor, the root");
  const ElementNode *core = nullptr, *squared = nullptr;
  for (const ElementNode *node : product.denominators)
    if (!(squared = asRoot(node, /*inverse=*/true)))
      return fail(node, "the divisor is no square root", "the root of a mean of squares");
  for (const ElementNode *node : product.numerators) {
    if (const ElementNode *under = squared ? nullptr : asRoot(node, /*inverse=*/false)) {
      squared = under;
      continue;
    }
    const ElementNode *vector = asVector(node);
    const ElementNode *&slot = vector ? norm.scale : core;
    if (slot)
      return fail(node, vector ? "there is a second scale" : "a second value is a factor",
                  "the value, its root, and one scale over the last dimension");
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
    told.clear();
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
  std::set<std::pair<const void *, std::string>> told;

  void raise(MapOp map) {
    if (!isa<FloatType>(cast<RankedTensorType>(map.getType()).getElementType()))
      return;
    Matcher matcher(map.getDims());
    std::optional<Norm> norm = matcher.match(map.getResult());
    if (!norm) {
      // Maps that share a part share its miss: the last one tells it.
      const void *where = matcher.miss.at ? matcher.miss.at->getAsOpaquePointer() : nullptr;
      if (!matcher.miss || !told.insert({where, matcher.miss.reason}).second)
        return;
      ++declined;
      remarkDeclined(map.getLoc(), remark::RemarkOpts::name("norm").category(DEBUG_TYPE),
                     matcher.miss);
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
