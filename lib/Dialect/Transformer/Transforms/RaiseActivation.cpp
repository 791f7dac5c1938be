// Names the activation functions that scalar regions spell out.
#include "ScalarRegion.h"
#include "attune/Dialect/Transformer/Analysis/Facts.h"
#include "attune/Dialect/Transformer/Transforms/Passes.h"
#include "attune/Support/Remarks.h"

#include "mlir/IR/Builders.h"
#include "mlir/IR/Matchers.h"

#include <cmath>

#define DEBUG_TYPE "transformer-raise-activation"

using namespace mlir;

namespace attune::transformer {
#define GEN_PASS_DEF_RAISEACTIVATIONPASS
#include "attune/Dialect/Transformer/Transforms/Passes.h.inc"
} // namespace attune::transformer

using namespace attune;
using namespace attune::transformer;

/// Expressions are followed this deep; activations are a dozen operations.
static constexpr unsigned kMaxDepth = 24;

static std::optional<double> constantOf(Value value) {
  FloatAttr attr;
  if (!matchPattern(value, m_Constant(&attr)))
    return std::nullopt;
  return attr.getValueAsDouble();
}

/// Equal up to what the rounding of two constants to `type` may change.
static bool near(double a, double b, Type type) {
  int precision = APFloat::semanticsPrecision(cast<FloatType>(type).getFloatSemantics());
  double tolerance = std::max(1e-6, std::ldexp(1.0, 1 - precision));
  return std::abs(a - b) <= tolerance * std::abs(b);
}

namespace {
/// coefficient · numerators / denominators, whatever the order and nesting of factors.
struct Product {
  double coefficient = 1;
  SmallVector<Value, 4> numerators, denominators;
};

/// constant + coefficient · term.
struct Affine {
  double constant = 0, coefficient = 0;
  Value term;
};

/// Coefficients of x⁰ … x³.
using Cubic = std::array<double, 4>;
} // namespace

static void collect(Value value, bool inverse, Product &product, unsigned depth) {
  if (std::optional<double> constant = constantOf(value)) {
    product.coefficient *= inverse ? 1 / *constant : *constant;
    return;
  }
  Operation *op = value.getDefiningOp();
  if (op && depth < kMaxDepth && product.numerators.size() + product.denominators.size() < 8) {
    if (isa<arith::MulFOp, arith::DivFOp>(op)) {
      collect(op->getOperand(0), inverse, product, depth + 1);
      collect(op->getOperand(1), inverse != isa<arith::DivFOp>(op), product, depth + 1);
      return;
    }
    if (isa<arith::NegFOp>(op)) {
      product.coefficient = -product.coefficient;
      return collect(op->getOperand(0), inverse, product, depth + 1);
    }
  }
  (inverse ? product.denominators : product.numerators).push_back(value);
}

static Product productOf(Value value) {
  Product product;
  collect(value, false, product, 0);
  return product;
}

/// The one factor of a product without denominators.
static std::optional<std::pair<double, Value>> scaledValue(Value value) {
  Product product = productOf(value);
  if (product.numerators.size() != 1 || !product.denominators.empty())
    return std::nullopt;
  return std::pair(product.coefficient, product.numerators[0]);
}

static std::optional<Affine> affineOf(Value value) {
  Affine affine;
  Value rest = value;
  if (Operation *op = value.getDefiningOp(); isa_and_nonnull<arith::AddFOp, arith::SubFOp>(op)) {
    double sign = isa<arith::SubFOp>(op) ? -1 : 1;
    for (unsigned side : {0u, 1u})
      if (std::optional<double> constant = constantOf(op->getOperand(side))) {
        affine.constant = side == 1 ? sign * *constant : *constant;
        rest = op->getOperand(1 - side);
        if (std::optional<std::pair<double, Value>> scaled = scaledValue(rest)) {
          affine.coefficient = scaled->first * (side == 0 ? sign : 1);
          affine.term = scaled->second;
          return affine;
        }
        return std::nullopt;
      }
  }
  return std::nullopt;
}

static std::optional<Cubic> cubicIn(Value value, Value x, unsigned depth = 0) {
  if (value == x)
    return Cubic{0, 1, 0, 0};
  if (std::optional<double> constant = constantOf(value))
    return Cubic{*constant, 0, 0, 0};
  Operation *op = value.getDefiningOp();
  if (!op || depth > 8 || !isa<arith::AddFOp, arith::MulFOp, arith::DivFOp, math::PowFOp>(op))
    return std::nullopt;
  std::optional<Cubic> a = cubicIn(op->getOperand(0), x, depth + 1);
  if (!a)
    return std::nullopt;
  auto times = [](const Cubic &p, const Cubic &q) -> std::optional<Cubic> {
    Cubic product{};
    for (unsigned i = 0; i < 4; ++i)
      for (unsigned j = 0; j < 4; ++j)
        if (p[i] != 0 && q[j] != 0) {
          if (i + j > 3)
            return std::nullopt;
          product[i + j] += p[i] * q[j];
        }
    return product;
  };
  if (isa<math::PowFOp>(op)) {
    std::optional<double> power = constantOf(op->getOperand(1));
    if (!power || (*power != 2 && *power != 3))
      return std::nullopt;
    std::optional<Cubic> square = times(*a, *a);
    return square && *power == 3 ? times(*square, *a) : square;
  }
  std::optional<Cubic> b = cubicIn(op->getOperand(1), x, depth + 1);
  if (!b)
    return std::nullopt;
  if (isa<arith::MulFOp>(op))
    return times(*a, *b);
  bool divides = isa<arith::DivFOp>(op);
  if (divides && ((*b)[0] == 0 || (*b)[1] != 0 || (*b)[2] != 0 || (*b)[3] != 0))
    return std::nullopt;
  for (unsigned i = 0; i < 4; ++i)
    (*a)[i] = divides ? (*a)[i] / (*b)[0] : (*a)[i] + (*b)[i];
  return a;
}

/// x when `value` is 1 / (1 + exp(−x)).
static Value matchSigmoid(Value value) {
  if (auto activation = value.getDefiningOp<ActivationOp>();
      activation && activation.getKind() == ActivationKind::Sigmoid)
    return activation.getInput();
  Product product = productOf(value);
  if (product.denominators.size() != 1 || !product.numerators.empty())
    return {};
  std::optional<Affine> sum = affineOf(product.denominators[0]);
  Type type = value.getType();
  // Scaling numerator and denominator alike is no change.
  if (!sum || !near(sum->constant, product.coefficient, type) ||
      !near(sum->coefficient, product.coefficient, type))
    return {};
  auto exp = sum->term.getDefiningOp<math::ExpOp>();
  if (!exp)
    return {};
  if (auto negated = exp.getOperand().getDefiningOp<arith::NegFOp>())
    return negated.getOperand();
  std::optional<std::pair<double, Value>> scaled = scaledValue(exp.getOperand());
  return scaled && scaled->first == -1 ? scaled->second : Value();
}

/// x when `value` is coefficient·(1 + f(…x…)) with coefficient 0.5 in all, for f = erf or tanh.
static std::optional<ActivationKind> matchGelu(double coefficient, Value x, Value factor) {
  std::optional<Affine> sum = affineOf(factor);
  Type type = factor.getType();
  if (!sum || !near(coefficient * sum->constant, 0.5, type) ||
      !near(coefficient * sum->coefficient, 0.5, type))
    return std::nullopt;
  if (auto erf = sum->term.getDefiningOp<math::ErfOp>()) {
    std::optional<std::pair<double, Value>> scaled = scaledValue(erf.getOperand());
    if (scaled && scaled->second == x && near(scaled->first, std::sqrt(0.5), type))
      return ActivationKind::Gelu;
    return std::nullopt;
  }
  Value inner;
  if (auto tanh = sum->term.getDefiningOp<math::TanhOp>())
    inner = tanh.getOperand();
  if (auto named = sum->term.getDefiningOp<ActivationOp>();
      named && named.getKind() == ActivationKind::Tanh)
    inner = named.getInput();
  std::optional<Cubic> cubic = inner ? cubicIn(inner, x) : std::nullopt;
  const double slope = std::sqrt(2 / M_PI);
  if (cubic && (*cubic)[0] == 0 && (*cubic)[2] == 0 && near((*cubic)[1], slope, type) &&
      near((*cubic)[3], slope * 0.044715, type))
    return ActivationKind::GeluTanh;
  return std::nullopt;
}

/// The activation that `op` computes, and of what.
static std::optional<std::pair<ActivationKind, Value>> match(Operation *op) {
  Value value = op->getResult(0);
  if (!isa<FloatType>(value.getType()))
    return std::nullopt;
  if (isa<arith::MaximumFOp>(op)) {
    for (unsigned side : {0u, 1u})
      if (constantOf(op->getOperand(side)) == 0.0)
        return std::pair(ActivationKind::Relu, op->getOperand(1 - side));
    return std::nullopt;
  }
  if (isa<math::TanhOp>(op))
    return std::pair(ActivationKind::Tanh, op->getOperand(0));
  if (!isa<arith::MulFOp, arith::DivFOp>(op))
    return std::nullopt;
  if (Value x = matchSigmoid(value))
    return std::pair(ActivationKind::Sigmoid, x);
  Product product = productOf(value);
  // silu spelled as one fraction: x / (1 + exp(−x)).
  if (product.numerators.size() == 1 && product.denominators.size() == 1) {
    Value x = product.numerators[0];
    std::optional<Affine> sum = affineOf(product.denominators[0]);
    auto exp = sum && sum->constant == 1 && sum->coefficient == 1
                   ? sum->term.getDefiningOp<math::ExpOp>()
                   : nullptr;
    std::optional<std::pair<double, Value>> scaled =
        exp ? scaledValue(exp.getOperand()) : std::nullopt;
    if (product.coefficient == 1 && scaled && scaled->first == -1 && scaled->second == x)
      return std::pair(ActivationKind::Silu, x);
    return std::nullopt;
  }
  if (product.numerators.size() != 2 || !product.denominators.empty())
    return std::nullopt;
  for (unsigned side : {0u, 1u}) {
    Value x = product.numerators[side], factor = product.numerators[1 - side];
    if (std::optional<ActivationKind> gelu = matchGelu(product.coefficient, x, factor))
      return std::pair(*gelu, x);
    if (product.coefficient == 1 && matchSigmoid(factor) == x)
      return std::pair(ActivationKind::Silu, x);
  }
  return std::nullopt;
}

// Near misses

/// What is wrong with x · coefficient · (constant + slope · f(inner)), which is nearly a gelu.
static NearMiss missedGelu(double coefficient, Value x, Value factor) {
  NearMiss miss;
  std::optional<Affine> sum = affineOf(factor);
  auto alone = factor.getDefiningOp<math::ErfOp>();
  if (std::optional<std::pair<double, Value>> scaled =
          alone ? scaledValue(alone.getOperand()) : std::nullopt;
      !sum && scaled && scaled->second == x)
    miss.note("the value is multiplied with " + numberText(coefficient) + " · erf",
              "0.5 + 0.5 · it", alone.getLoc());
  Operation *op = sum ? sum->term.getDefiningOp() : nullptr;
  if (miss || !op || op->getNumOperands() != 1)
    return miss;
  Type type = factor.getType();
  auto named = dyn_cast<ActivationOp>(op);
  bool isTanh = isa<math::TanhOp>(op) || (named && named.getKind() == ActivationKind::Tanh);
  Operation *where = op->getOperand(0).getDefiningOp() ? op->getOperand(0).getDefiningOp() : op;
  if (isa<math::ErfOp>(op)) {
    std::optional<std::pair<double, Value>> scaled = scaledValue(op->getOperand(0));
    if (!scaled || scaled->second != x)
      miss.note("the erf is of another value than it multiplies", "erf(x / √2) of the factor x",
                where->getLoc());
    else if (!near(scaled->first, std::sqrt(0.5), type))
      miss.note("the erf is of " + numberText(scaled->first) + " · x",
                numberText(std::sqrt(0.5)) + " · x", where->getLoc());
  } else {
    std::optional<Cubic> cubic = isTanh ? cubicIn(op->getOperand(0), x) : std::nullopt;
    if (!cubic || (*cubic)[3] == 0)
      return miss;
    const double slope = std::sqrt(2 / M_PI);
    const Cubic wanted{0, slope, 0, slope * 0.044715};
    for (unsigned power = 0; power < 4; ++power)
      if (!((*cubic)[power] == wanted[power] || near((*cubic)[power], wanted[power], type)))
        miss.note("the tanh is of a polynomial with " + numberText((*cubic)[power]) + " · x^" +
                      Twine(power),
                  numberText(wanted[power]) + " · x^" + Twine(power), where->getLoc());
  }
  double constant = coefficient * sum->constant, factorOfTerm = coefficient * sum->coefficient;
  if (!near(constant, 0.5, type) || !near(factorOfTerm, 0.5, type))
    miss.note("the value is multiplied with " + numberText(constant) + " + " +
                  numberText(factorOfTerm) + " · " + (isTanh ? "tanh" : "erf"),
              "0.5 + 0.5 · it", factor.getDefiningOp()->getLoc());
  return miss;
}

/// What is wrong with x · sigmoid(…x…), which is nearly a silu; gates by other values are none.
static NearMiss missedSilu(double coefficient, Value x, Value factor) {
  NearMiss miss;
  Value inner = matchSigmoid(factor);
  if (!inner)
    return miss;
  std::optional<std::pair<double, Value>> scaled = scaledValue(inner);
  std::optional<Affine> shifted = affineOf(inner);
  if (inner != x && scaled && scaled->second == x)
    miss.note("the sigmoid is of " + numberText(scaled->first) + " · x", "the factor x itself",
              inner.getLoc());
  else if (inner != x && shifted && shifted->term == x)
    miss.note("the sigmoid is of x plus " + numberText(shifted->constant), "the factor x itself",
              inner.getLoc());
  else if (inner == x && coefficient != 1)
    miss.note("the value is multiplied with " + numberText(coefficient) + " besides its sigmoid",
              "no other factor", factor.getLoc());
  return miss;
}

/// Why `op` is no activation, when it is nearly one; `kind` is the activation's name.
static NearMiss nearest(Operation *op, StringRef &kind) {
  if (!isa<arith::MulFOp, arith::DivFOp>(op) || !isa<FloatType>(op->getResult(0).getType()))
    return {};
  Product product = productOf(op->getResult(0));
  if (product.numerators.size() != 2 || !product.denominators.empty())
    return {};
  for (unsigned side : {0u, 1u}) {
    Value x = product.numerators[side], factor = product.numerators[1 - side];
    kind = "gelu";
    if (NearMiss miss = missedGelu(product.coefficient, x, factor))
      return miss;
    kind = "silu";
    if (NearMiss miss = missedSilu(product.coefficient, x, factor))
      return miss;
  }
  return {};
}

/// Erases what nothing reads any more.
static void eraseDeadScalars(Block &block) {
  for (Operation &op : llvm::make_early_inc_range(llvm::reverse(block)))
    if (op.use_empty() && !op.hasTrait<OpTrait::IsTerminator>() && isMemoryEffectFree(&op))
      op.erase();
}

namespace {
struct RaiseActivation : attune::transformer::impl::RaiseActivationPassBase<RaiseActivation> {
  void runOnOperation() override {
    getOperation().walk([&](IndexedOpInterface indexed) {
      Region *region = indexed.getScalarRegion();
      if (!region)
        return;
      Block &block = region->front();
      // Outermost last: a silu is seen after its sigmoid, a gelu after its tanh.
      for (Operation &op : llvm::make_early_inc_range(block.without_terminator())) {
        if (op.getNumResults() != 1)
          continue;
        std::optional<std::pair<ActivationKind, Value>> found = match(&op);
        if (!found)
          continue;
        OpBuilder builder(&op);
        Value named = ActivationOp::create(builder, op.getLoc(), found->second.getType(),
                                           found->first, found->second);
        op.getResult(0).replaceAllUsesWith(named);
        ++raised;
      }
      eraseDeadScalars(block);
      reportMisses(block, indexed->getLoc());
    });
  }

private:
  /// The outermost op of each near miss speaks for the parts that look like one as well.
  void reportMisses(Block &block, Location about) {
    if (!block.getParentOp()->getContext()->getRemarkEngine())
      return;
    llvm::SmallPtrSet<Operation *, 4> missed;
    for (Operation &op : llvm::reverse(block)) {
      StringRef kind;
      NearMiss miss = nearest(&op, kind);
      if (!miss)
        continue;
      bool inner = llvm::any_of(op.getUsers(), [&](Operation *u) { return missed.contains(u); });
      missed.insert(&op);
      if (!inner)
        remarkDeclined(about, remark::RemarkOpts::name(kind).category(DEBUG_TYPE), miss);
    }
  }
};
} // namespace
