// Takes the scores of an attention apart: scale, biases, masks, and the contraction itself.
#include "ScoreExpression.h"
#include "ScalarRegion.h"
#include "attune/Dialect/ONNX/IR/ONNXDialect.h"
#include "attune/Dialect/Transformer/Analysis/ElementOrigin.h"
#include "attune/Dialect/Transformer/Analysis/Facts.h"
#include "attune/Dialect/Transformer/Analysis/NumberCases.h"

#include "llvm/ADT/DenseSet.h"

#include <cmath>

using namespace mlir;
using namespace attune;
using namespace attune::transformer;

namespace {
/// One mask as the graph has it: added to the scores, or chosen instead of them.
struct MaskUse {
  SmallVector<MaskConjunct, 2> conjuncts; ///< a key is live where all hold
  Scores::Fill fill;
  bool additive;
  bool overMasked; ///< applied to scores that already had a mask
  double value;
  BiasTerm asBias;                     ///< additive: the same as a bias
  std::optional<BiasTerm> inner = {};  ///< additive: what live keys get
  std::optional<MaskTerms> terms = {}; ///< a table's, which has no conjuncts
  size_t biasesBelow = 0;              ///< chosen: how many biases it is chosen instead of
};

class Parser {
public:
  Parser(ElementExpressions &expressions, NearMiss &miss) : expressions(expressions), miss(miss) {}
  std::optional<Scores> run(const ElementNode *node);

private:
  bool fail(const ElementNode *at, const Twine &why, const Twine &expected) {
    return miss.note(why, expected, originOf(at));
  }
  bool parse(const ElementNode *node);
  bool parseSelect(const ElementNode *node);
  bool parseTanh(const ElementNode *node);
  bool settleSoftcap(const ElementNode *node);
  bool parseScaled(const ElementNode *node);
  bool isProduct(const ElementNode *node);
  bool leadsToProduct(const ElementNode *node);
  void addend(const ElementNode *node, double coefficient);
  std::optional<MaskUse> asMask(const ElementNode *node, double coefficient, unsigned levels = 16);
  std::optional<MaskUse> asChoice(const ElementNode *node, double coefficient, unsigned levels);
  std::optional<MaskUse> asCases(const ElementNode *node, double coefficient);
  void absorb(SmallVectorImpl<MaskConjunct> &conjuncts);
  std::optional<MaskUse> asTable(const ElementNode *node, double coefficient);
  void settleLiveValue(MaskUse &use, const ElementNode *live, double coefficient, unsigned levels);
  bool isZeroWhere(const ElementNode *node, const MaskConjunct &conjunct);
  bool settleMasks(const ElementNode *node);
  bool settleChosen(const ElementNode *node);
  bool chooseAddedBand();
  bool takeBand(MaskUse &use, const MaskTerms &band);
  MaskTerms termsOf(const MaskUse &use);
  void conjoinMask(const MaskUse &use);
  bool mayRivalMask(const ElementNode *node);

  ElementExpressions &expressions;
  NearMiss &miss;
  Scores scores;
  SmallVector<MaskUse, 2> masks;
  /// With a tanh around the product: what is inside it. `scores.scale` is then what is outside.
  std::optional<double> shareScale;
  unsigned depth = 0;
};
} // namespace

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

bool Parser::isProduct(const ElementNode *node) {
  if (node->kind != ElementNode::Kind::Element)
    return false;
  auto contract = node->tensor.getDefiningOp<ContractOp>();
  if (!contract)
    return false;
  auto acc = dyn_cast<BlockArgument>(yieldedValue(contract.getBody()));
  bool query = false, key = false;
  forEachLoop(node, [&](unsigned loop) {
    query |= loop == Query;
    key |= loop == Key;
  });
  // A single query (or key) has no loop.
  query |= expressions.extent(Query).isConstant(1);
  key |= expressions.extent(Key).isConstant(1);
  return acc && acc.getArgNumber() == 0 && query && key;
}

/// True when the contraction is somewhere in the expression, through maps and reshapes.
bool Parser::leadsToProduct(const ElementNode *node) {
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

bool Parser::parse(const ElementNode *node) {
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

bool Parser::parseTanh(const ElementNode *node) {
  if (!parse(node->operands[0]))
    return false;
  if (shareScale || !masks.empty() || !scores.biases.empty())
    return fail(node, "a tanh is applied to scores that already have a bias, a mask or a tanh",
                "the softcap around the scaled product alone");
  shareScale = std::exchange(scores.scale, 1.0);
  return true;
}

/// outside · tanh(inside · product) = c · tanh(scale · product / c) with c = |outside|.
bool Parser::settleSoftcap(const ElementNode *node) {
  if (!shareScale)
    return true;
  double outside = std::exchange(scores.scale, *shareScale * scores.scale);
  scores.softcap = std::abs(outside);
  return (outside != 0 && std::isfinite(outside)) ||
         fail(node, "a tanh of the scores is scaled by zero or infinity", "a finite softcap");
}

bool Parser::parseScaled(const ElementNode *node) {
  bool divides = node->is<arith::DivFOp>();
  for (unsigned side : {1u, 0u}) {
    std::optional<double> number = expressions.number(node->operands[side]);
    if (!number || (divides && side == 0))
      continue;
    if (!parse(node->operands[1 - side]))
      return false;
    double scale = divides ? 1 / *number : *number;
    if (!masks.empty())
      return fail(node, "the scores are scaled after they were masked, by " + numberText(scale),
                  "the scale before the mask");
    if (!std::isfinite(scale))
      return fail(node, "the scores are scaled by zero or infinity", "a finite scale");
    scores.scale *= scale;
    for (BiasTerm &bias : scores.biases)
      bias.coefficient *= scale;
    return true;
  }
  bool left = leadsToProduct(node->operands[0]), right = leadsToProduct(node->operands[1]);
  if (left && right)
    return fail(node, "the scores are multiplied with themselves", "a constant scale");
  return fail(node, "the scores are scaled by a tensor: " + describe(node->operands[left ? 1 : 0]),
              "a constant scale");
}

bool Parser::parseSelect(const ElementNode *node) {
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
bool Parser::isZeroWhere(const ElementNode *node, const MaskConjunct &conjunct) {
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
void Parser::absorb(SmallVectorImpl<MaskConjunct> &conjuncts) {
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
void Parser::settleLiveValue(MaskUse &use, const ElementNode *live, double coefficient,
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
std::optional<MaskUse> Parser::asChoice(const ElementNode *node, double coefficient,
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
std::optional<MaskUse> Parser::asCases(const ElementNode *node, double coefficient) {
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
std::optional<MaskUse> Parser::asTable(const ElementNode *node, double coefficient) {
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

std::optional<MaskUse> Parser::asMask(const ElementNode *node, double coefficient,
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

void Parser::addend(const ElementNode *node, double coefficient) {
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

/// Beside a dead key's low value a bias must be no number like it: products of two of these stay
/// below what the value rounds away.
static constexpr double kMostBeside = 1e15;

static bool isModest(const llvm::APFloat &value) {
  return std::abs(value.convertToDouble()) <= kMostBeside; // false for NaN
}

/// Whether the numbers of a constant are modest.
static bool isModest(ElementExpressions &expressions, Value tensor) {
  const TableSummary *table =
      expressions.tables() ? expressions.tables()->summary(tensor) : nullptr;
  return table && table->largest <= kMostBeside;
}

/// The scalars that `op`, or the region that it has, names.
static bool namesModestNumbers(Operation *op) {
  WalkResult modest = op->walk([](arith::ConstantOp inner) {
    auto value = dyn_cast<FloatAttr>(inner.getValue());
    return value && !isModest(value.getValue()) ? WalkResult::interrupt() : WalkResult::advance();
  });
  return !modest.wasInterrupted();
}

/// True unless every value that the expression is computed from is known to be finite and no
/// rival of a low value: weights and what integer indices select from them are, the model's own
/// float inputs need not be. What a contraction computes is an activation, as scores are.
bool Parser::mayRivalMask(const ElementNode *node) {
  llvm::DenseSet<const ElementNode *> seen;
  llvm::DenseSet<std::pair<Value, unsigned>> tensors;
  SmallVector<const ElementNode *> work{node};
  SmallVector<std::pair<Value, bool>> slice; // and whether a contraction reads it
  while (!work.empty()) {
    const ElementNode *part = work.pop_back_val();
    if (!seen.insert(part).second)
      continue;
    if (std::optional<double> number = part->number();
        number && isa<FloatType>(part->type) && !(std::abs(*number) <= kMostBeside))
      return true;
    if (part->kind == ElementNode::Kind::Element)
      slice.push_back({part->tensor, false});
    llvm::append_range(work, part->operands);
  }
  while (!slice.empty()) {
    auto [tensor, contracted] = slice.pop_back_val();
    if (!tensors.insert({tensor, unsigned(contracted)}).second ||
        !isa<FloatType>(cast<ShapedType>(tensor.getType()).getElementType()))
      continue;
    Operation *op = tensor.getDefiningOp();
    if (!op || tensors.size() > 256)
      return true;
    if (isa<WeightOp, arith::ConstantOp>(op)) {
      bool isActivation = contracted && isa<WeightOp>(op);
      if (!isActivation && !isModest(expressions, tensor))
        return true;
      continue;
    }
    if (!namesModestNumbers(op))
      return true;
    for (Value operand : op->getOperands())
      if (isa<ShapedType>(operand.getType()))
        slice.push_back({operand, contracted || isa<ContractOp>(op)});
  }
  return false;
}

MaskTerms Parser::termsOf(const MaskUse &use) {
  MaskTerms all;
  for (const MaskConjunct &conjunct : use.conjuncts)
    conjoin(all, analyzeMask(expressions, conjunct.node, conjunct.negated));
  if (use.terms)
    conjoin(all, *use.terms);
  return all;
}

static bool isBandAlone(const MaskTerms &terms) {
  return terms.isBand() && !terms.keys && terms.keyConjuncts.empty() && terms.rest.empty();
}

/// Where one of several masks that are added is a band alone, it is as good as chosen: its low
/// value is all that is left of a score. The others are added to that.
bool Parser::chooseAddedBand() {
  auto isBand = [&](const MaskUse &use) {
    return use.fill == Scores::Fill::Finite && !use.inner && isBandAlone(termsOf(use));
  };
  auto band = llvm::find_if(masks, isBand);
  if (band == masks.end() ||
      llvm::any_of(scores.biases, [&](const BiasTerm &bias) { return mayRivalMask(bias.node); }))
    return false;
  std::rotate(masks.begin(), band, band + 1);
  masks.front().additive = false;
  return true;
}

/// Takes conditions that say nothing but `band` out of an added mask: what is left is added to the
/// keys in the band. False when there is none.
bool Parser::takeBand(MaskUse &use, const MaskTerms &band) {
  SmallVector<MaskConjunct, 2> work(use.conjuncts), rest;
  bool found = false;
  while (!work.empty()) {
    MaskConjunct conjunct = work.pop_back_val();
    const ElementNode *whole = expressions.expandAll(conjunct.node);
    if (!conjunct.negated && whole->is<arith::AndIOp>() && work.size() < 16) {
      for (const ElementNode *part : whole->operands)
        work.push_back({part, false});
      continue;
    }
    MaskTerms terms = analyzeMask(expressions, conjunct.node, conjunct.negated);
    if (isBandAlone(terms) && terms.lower == band.lower && terms.upper == band.upper)
      found = true;
    else
      rest.push_back(conjunct);
  }
  if (!found || use.terms)
    return false;
  const ElementNode *live =
      expressions.constant(BoolAttr::get(scores.product->type.getContext(), true));
  for (const MaskConjunct &conjunct : rest)
    live = both(expressions, live,
                conjunct.negated ? negation(expressions, conjunct.node) : conjunct.node);
  auto number = [&](double value) {
    return expressions.constant(FloatAttr::get(scores.product->type, value));
  };
  const ElementNode *bias = expressions.select(live, number(0), number(use.value));
  if (!bias)
    return false;
  use.asBias = {bias, 1};
  return true;
}

void Parser::conjoinMask(const MaskUse &use) { conjoin(scores.mask, termsOf(use)); }

/// Masks that choose one number instead of the score so far. What is added to the score before
/// is not added to that number; what is added after is.
bool Parser::settleChosen(const ElementNode *node) {
  auto isChosen = [](const MaskUse &use) { return !use.additive; };
  auto first = llvm::find_if(masks, isChosen);
  auto behind = std::find_if_not(first, masks.end(), isChosen);
  ArrayRef<MaskUse> below(masks.begin(), first), chosen(first, behind);
  MutableArrayRef<MaskUse> above(behind, masks.end());
  double value = chosen.front().value;
  size_t biasesBelow = chosen.front().biasesBelow;
  bool isOne = llvm::none_of(above, isChosen) && std::isfinite(value);
  for (const MaskUse &use : chosen)
    isOne &= use.value == value && use.biasesBelow == biasesBelow;
  bool addsBefore = !below.empty() || biasesBelow > 0;
  bool addsAfter = !above.empty() || scores.biases.size() > biasesBelow;
  if (!isOne || (addsBefore && addsAfter))
    return fail(node,
                "masked scores are " + numberText(value) + ", and then masked or added to again",
                "one such mask, before or after everything that is added");
  for (const MaskUse &use : chosen)
    conjoinMask(use);
  // Where an added mask has the same band, keys outside are dead twice, and that is −inf.
  bool isInfinite = isBandAlone(scores.mask) && llvm::any_of(above, [&](MaskUse &use) {
                      return std::isinf(roundedTo(scores.product->type, value + use.value)) &&
                             takeBand(use, scores.mask);
                    });
  scores.fill = isInfinite ? Scores::Fill::Infinite : Scores::Fill::Number;
  scores.fillValue = value;
  scores.fillWithBias = addsAfter;
  for (const MaskUse &use : masks)
    if (use.additive)
      scores.biases.push_back(use.asBias);
  return true;
}

/// Decides whether all masks together are one mask; what is added and cannot be one is a bias.
bool Parser::settleMasks(const ElementNode *node) {
  // A condition that always holds masks nothing, whatever the value is for the others.
  llvm::erase_if(masks, [&](const MaskUse &use) {
    bool isBand = use.terms && !use.terms->isNone();
    return !use.inner && !isBand && llvm::all_of(use.conjuncts, [&](const MaskConjunct &conjunct) {
      return analyzeMask(expressions, conjunct.node, conjunct.negated).isNone();
    });
  });
  if (masks.empty())
    return true;
  if (llvm::any_of(masks, [](auto &use) { return use.fill == Scores::Fill::Number; }))
    return settleChosen(node);
  auto isFinite = [](const MaskUse &use) { return use.fill == Scores::Fill::Finite; };
  auto isAdditive = [](const MaskUse &use) { return use.additive; };
  bool anyFinite = llvm::any_of(masks, isFinite), allFinite = llvm::all_of(masks, isFinite);
  bool allAdditive = llvm::all_of(masks, isAdditive);
  // −inf stays −inf whatever is added or chosen besides. Several finite values do not: dead
  // twice is not dead once when values add up, or differ.
  bool together = !anyFinite;
  if (allFinite) {
    together = true;
    for (const MaskUse &use : masks)
      together &= !(use.additive && use.overMasked) && use.value == masks.front().value;
    for (const BiasTerm &bias : scores.biases)
      together &= !mayRivalMask(bias.node);
    for (const MaskUse &use : masks)
      together &= !use.inner || !mayRivalMask(use.inner->node);
  }
  if (!together && allAdditive && !chooseAddedBand()) {
    for (const MaskUse &use : masks)
      scores.biases.push_back(use.asBias);
    return true;
  }
  if (!together)
    return settleChosen(node);
  scores.fill = masks.front().fill;
  for (const MaskUse &use : masks) {
    conjoinMask(use);
    if (use.inner)
      scores.biases.push_back(*use.inner);
  }
  return true;
}

std::optional<Scores> Parser::run(const ElementNode *node) {
  if (!parse(node) || !settleSoftcap(node) || !settleMasks(node))
    return std::nullopt;
  return scores;
}

std::optional<Scores> attune::transformer::parseScores(ElementExpressions &expressions,
                                                       const ElementNode *node, NearMiss &miss) {
  return Parser(expressions, miss).run(node);
}
