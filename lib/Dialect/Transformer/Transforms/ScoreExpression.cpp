// Takes the scores of an attention apart: scale, biases, masks, and the contraction itself.
#include "ScalarRegion.h"
#include "ScoreParser.h"
#include "attune/Dialect/ONNX/IR/ONNXDialect.h"
#include "attune/Dialect/Transformer/Analysis/Facts.h"
#include "attune/Dialect/Transformer/Analysis/NumberCases.h"

#include "llvm/ADT/DenseSet.h"

#include <cmath>

using namespace mlir;
using namespace attune;
using namespace attune::transformer;

/// Whether a dead key's value is −inf, or so low that its weight underflows. 2^126 is for types
/// with float's exponents; narrower ones are only safe when the value replaces the score.
static Scores::Fill fillOf(double value, Type type, bool additive) {
  auto format = dyn_cast<FloatType>(type);
  if (!format || !(value < 0))
    return Scores::Fill::None;
  if (std::isinf(value))
    return Scores::Fill::Infinite;
  int largest = llvm::APFloat::semanticsMaxExponent(format.getFloatSemantics());
  if (additive && largest < 127)
    return Scores::Fill::None;
  return value <= -std::ldexp(1.0, largest - 1) ? Scores::Fill::Finite : Scores::Fill::None;
}

bool ScoreParser::isProduct(const ElementNode *node) {
  if (node->kind != ElementNode::Kind::Element)
    return false;
  auto contract = node->tensor.getDefiningOp<ContractOp>();
  if (!contract)
    return false;
  auto acc = dyn_cast<BlockArgument>(yieldedValue(contract.getBody()));
  // A single query (or key) has no loop.
  bool query = dependsOn(node, Query) || expressions.extent(Query).isConstant(1);
  bool key = dependsOn(node, Key) || expressions.extent(Key).isConstant(1);
  return acc && acc.getArgNumber() == 0 && query && key;
}

/// True when the contraction is somewhere in the expression, through maps and reshapes.
bool ScoreParser::leadsToProduct(const ElementNode *node) {
  llvm::DenseSet<const ElementNode *> seen;
  SmallVector<const ElementNode *> work{node};
  while (!work.empty() && seen.size() < 256) {
    const ElementNode *part = work.pop_back_val();
    if (!part || !seen.insert(part).second)
      continue;
    if (isProduct(part))
      return true;
    if (part->kind == ElementNode::Kind::Element && !part->tensor.getDefiningOp<onnx::NodeOp>())
      work.push_back(expressions.expand(part));
    llvm::append_range(work, part->operands);
  }
  return false;
}

static bool isTanh(const ElementNode *node) {
  return node->is<math::TanhOp>() ||
         (node->is<ActivationOp>() &&
          cast<ActivationOp>(node->op).getKind() == ActivationKind::Tanh);
}

bool ScoreParser::parse(const ElementNode *node) {
  if (++depth > 64)
    return fail(node, "the scores' expression is too deep", "at most 64 operations");
  if (isProduct(node)) {
    scores.product = node;
    return true;
  }
  if (node->kind == ElementNode::Kind::Element) {
    if (const ElementNode *inner = expressions.expand(node))
      return parse(inner);
    return fail(node,
                "the scores come from something that is not a contraction of q and k: " +
                    describe(node),
                "a contraction of q and k");
  }
  if (node->is<arith::AddFOp>() || node->is<arith::SubFOp>()) {
    const ElementNode *a = node->operands[0], *b = node->operands[1];
    bool left = leadsToProduct(a), right = leadsToProduct(b);
    if (left && right)
      return fail(node, "two contractions are added in the scores", "one contraction of q and k");
    if (node->is<arith::SubFOp>() && right)
      return fail(node, "the contraction of q and k is subtracted", "a sum with it");
    if (!left && !right)
      return fail(node, "no addend of the scores is a contraction of q and k",
                  "a contraction of q and k");
    if (!parse(left ? a : b))
      return false;
    addend(left ? b : a, node->is<arith::SubFOp>() ? -1 : 1);
    return true;
  }
  if (node->is<arith::MulFOp>() || node->is<arith::DivFOp>())
    return parseScaled(node);
  if (node->is<arith::SelectOp>())
    return parseSelect(node);
  if (isTanh(node))
    return parseTanh(node);
  return fail(node,
              "an operation on the scores is none of: scale, softcap, bias, mask; it is " +
                  describe(node),
              "a scale, a softcap, a bias or a mask");
}

bool ScoreParser::parseTanh(const ElementNode *node) {
  if (!parse(node->operands[0]))
    return false;
  if (shareScale || !masks.empty() || !scores.biases.empty())
    return fail(node, "a tanh is applied to scores that already have a bias, a mask or a tanh",
                "the softcap around the scaled product alone");
  shareScale = std::exchange(scores.scale, 1.0);
  return true;
}

/// outside · tanh(inside · product) = c · tanh(scale · product / c) with c = |outside|.
bool ScoreParser::settleSoftcap(const ElementNode *node) {
  if (!shareScale)
    return true;
  double outside = std::exchange(scores.scale, *shareScale * scores.scale);
  scores.softcap = std::abs(outside);
  return (outside != 0 && std::isfinite(outside)) ||
         fail(node, "a tanh of the scores is scaled by zero or infinity", "a finite softcap");
}

bool ScoreParser::parseScaled(const ElementNode *node) {
  bool divides = node->is<arith::DivFOp>();
  for (unsigned side : {1u, 0u}) {
    std::optional<double> number = expressions.number(node->operands[side]);
    if (!number || (divides && side == 0))
      continue;
    if (!parse(node->operands[1 - side]))
      return false;
    double scale = divides ? 1 / *number : *number;
    if (!std::isfinite(scale))
      return fail(node, "the scores are scaled by zero or infinity", "a finite scale");
    scores.scale *= scale;
    for (BiasTerm &bias : scores.biases)
      bias.coefficient *= scale;
    return scaleMasks(scale, node->type) ||
           fail(node, "the scores are scaled after they were masked, by " + numberText(scale),
                "the scale before the mask");
  }
  bool left = leadsToProduct(node->operands[0]), right = leadsToProduct(node->operands[1]);
  if (left && right)
    return fail(node, "the scores are multiplied with themselves", "a constant scale");
  return fail(node, "the scores are scaled by a tensor: " + describe(node->operands[left ? 1 : 0]),
              "a constant scale");
}

/// Low values stay low under a positive factor. What is added is a bias where it is no longer as
/// low as to be safe, unless others are chosen around it.
bool ScoreParser::scaleMasks(double scale, Type type) {
  if (!masks.empty() && scale <= 0)
    return false;
  for (MaskUse &use : masks) {
    use.value = roundedTo(type, use.value * scale);
    use.asBias.coefficient *= scale;
    if (use.inner)
      use.inner->coefficient *= scale;
    use.fill = fillOf(use.value, type, use.additive);
    if (use.fill == Scores::Fill::None && !use.additive && use.value <= kMostFill)
      use.fill = Scores::Fill::Number;
    if (use.fill != Scores::Fill::None)
      continue;
    if (llvm::any_of(masks, [](const MaskUse &other) { return !other.additive; }))
      return false;
    scores.biases.push_back(use.asBias);
  }
  llvm::erase_if(masks, [](const MaskUse &use) { return use.fill == Scores::Fill::None; });
  return true;
}

bool ScoreParser::parseSelect(const ElementNode *node) {
  for (unsigned side : {2u, 1u}) {
    std::optional<double> value = expressions.number(node->operands[side]);
    if (!value)
      continue;
    if (!parse(node->operands[3 - side]))
      return false;
    Scores::Fill fill = fillOf(*value, node->type, /*additive=*/false);
    if (fill == Scores::Fill::None && *value <= kMostFill)
      fill = Scores::Fill::Number;
    if (fill == Scores::Fill::None)
      return fail(node,
                  "a masked score is replaced by a value that need not underflow, " +
                      numberText(*value),
                  "−inf or the type's lowest");
    masks.push_back({{{node->operands[0], side == 1}}, fill, false, !masks.empty(), *value, {}});
    masks.back().biasesBelow = scores.biases.size();
    return true;
  }
  return fail(node, "a select on the scores has no constant for masked keys",
              "−inf or the type's lowest on one side");
}

/// Where the conjunct is "not (node ≠ 0)", or "node = 0".
bool ScoreParser::isZeroWhere(const ElementNode *node, const MaskConjunct &conjunct) {
  const ElementNode *test = expressions.expandAll(conjunct.node);
  auto compare = test->is<arith::CmpFOp>() ? cast<arith::CmpFOp>(test->op) : nullptr;
  if (!compare)
    return false;
  using Predicate = arith::CmpFPredicate;
  Predicate wanted = conjunct.negated ? Predicate::UNE : Predicate::OEQ;
  return compare.getPredicate() == wanted && expressions.number(test->operands[1]) == 0.0 &&
         areSame(expressions, test->operands[0], node);
}

/// Beside p, "not (p and q)" is "not q".
void ScoreParser::absorb(SmallVectorImpl<MaskConjunct> &conjuncts) {
  auto states = [&](const MaskConjunct &conjunct, const ElementNode *fact) {
    const ElementNode *stated =
        conjunct.negated ? negation(expressions, conjunct.node) : conjunct.node;
    return stated && areSame(expressions, stated, fact, /*levels=*/16);
  };
  for (MaskConjunct &conjunct : conjuncts) {
    const ElementNode *whole = expressions.expandAll(conjunct.node);
    if (const ElementNode *cases = compareByCases(expressions, whole))
      whole = cases;
    if (!conjunct.negated || !whole->is<arith::AndIOp>())
      continue;
    for (unsigned side : {0u, 1u})
      if (llvm::any_of(conjuncts, [&](const MaskConjunct &other) {
            return &other != &conjunct && states(other, whole->operands[side]);
          })) {
        conjunct.node = whole->operands[1 - side];
        break;
      }
  }
}

/// What live keys get: zero, the like of another mask of the same value, or a bias.
void ScoreParser::settleLiveValue(MaskUse &use, const ElementNode *live, double coefficient,
                                  unsigned levels) {
  if (std::optional<MaskUse> inner = asMask(live, coefficient, levels);
      inner && inner->value == use.value) {
    llvm::append_range(use.conjuncts, inner->conjuncts);
    absorb(use.conjuncts);
    use.terms = inner->terms;
    use.inner = inner->inner;
    return;
  }
  bool zero = expressions.number(live) == 0.0 ||
              llvm::any_of(use.conjuncts, [&](auto &c) { return isZeroWhere(live, c); });
  if (!zero)
    use.inner = BiasTerm{live, coefficient};
}

/// select(c, live, low) and select(c, low, live).
std::optional<MaskUse> ScoreParser::asChoice(const ElementNode *node, double coefficient,
                                             unsigned levels) {
  for (bool negated : {false, true}) {
    std::optional<double> dead = expressions.number(node->operands[negated ? 1 : 2]);
    double value = dead ? coefficient * *dead : 0;
    Scores::Fill fill = fillOf(value, node->type, /*additive=*/true);
    if (fill == Scores::Fill::None)
      continue;
    MaskUse use{{{node->operands[0], negated}}, fill, true, !masks.empty(), value, {}};
    settleLiveValue(use, node->operands[negated ? 2 : 1], coefficient, levels);
    return use;
  }
  return std::nullopt;
}

/// A number that is zero or low as conditions say: (1 − c) · low, a triangle times a comparison.
std::optional<MaskUse> ScoreParser::asCases(const ElementNode *node, double coefficient) {
  std::optional<NumberCases> cases = casesOf(expressions, node);
  if (!cases || cases->size() != 2)
    return std::nullopt;
  const NumberCase &dead = cases->front().number == 0 ? cases->back() : cases->front();
  const NumberCase &live = cases->front().number == 0 ? cases->front() : cases->back();
  double value = coefficient * dead.number;
  Scores::Fill fill = fillOf(value, node->type, /*additive=*/true);
  if (live.number != 0 || fill == Scores::Fill::None)
    return std::nullopt;
  return MaskUse{{{dead.where, true}}, fill, true, !masks.empty(), value, {}};
}

/// A constant table of zero and of one low value.
std::optional<MaskUse> ScoreParser::asTable(const ElementNode *node, double coefficient) {
  std::optional<TableElement> table = asTableElement(expressions, node);
  if (!table || !isa<FloatType>(node->type) || !expressions.tables())
    return std::nullopt;
  const TableSummary *summary = expressions.tables()->summary(table->tensor);
  if (!summary || summary->values.size() != 2)
    return std::nullopt;
  double low = summary->values[0].number, other = summary->values[1].number;
  if (low == 0)
    std::swap(low, other);
  Scores::Fill fill = fillOf(coefficient * low, node->type, /*additive=*/true);
  if (other != 0 || fill == Scores::Fill::None)
    return std::nullopt;
  MaskUse use{{}, fill, true, !masks.empty(), coefficient * low, {}};
  use.terms = analyzeTable(expressions, node, [&](double number) { return number == 0; });
  return use.terms ? std::optional(use) : std::nullopt;
}

std::optional<MaskUse> ScoreParser::asMask(const ElementNode *node, double coefficient,
                                           unsigned levels) {
  const ElementNode *value = expressions.expandAll(node);
  std::optional<MaskUse> use;
  if (value->is<arith::SelectOp>() && levels > 0)
    use = asChoice(value, coefficient, levels - 1);
  else
    use = asTable(node, coefficient);
  if (!use && value->kind == ElementNode::Kind::Operation)
    use = asCases(value, coefficient);
  if (use)
    use->asBias = {node, coefficient};
  return use;
}

void ScoreParser::addend(const ElementNode *node, double coefficient) {
  if (std::optional<MaskUse> mask = asMask(node, coefficient)) {
    masks.push_back(*mask);
    return;
  }
  // A sum of which a part is a mask: T5 adds its mask to the bias, and both to the scores.
  const ElementNode *sum = expressions.expandAll(node);
  auto isMask = [&](const ElementNode *part) { return asMask(part, coefficient).has_value(); };
  if (sum->is<arith::AddFOp>() && ++depth <= 64 && llvm::any_of(sum->operands, isMask)) {
    for (const ElementNode *part : sum->operands)
      addend(part, coefficient);
    return;
  }
  if (expressions.number(node) != 0.0)
    scores.biases.push_back({node, coefficient});
}

std::optional<Scores> ScoreParser::run(const ElementNode *node) {
  if (!parse(node) || !settleSoftcap(node) || !settleMasks(node))
    return std::nullopt;
  return scores;
}

std::optional<Scores> attune::transformer::parseScores(ElementExpressions &expressions,
                                                       const ElementNode *node, NearMiss &miss) {
  return ScoreParser(expressions, miss).run(node);
}
