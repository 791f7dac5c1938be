// Decides what the masks of an attention's scores are together: one mask, a mask with a fill, or
// biases.
#include "ScoreParser.h"
#include "attune/Dialect/Transformer/Analysis/Facts.h"
#include "attune/Dialect/Transformer/Analysis/NumberCases.h"

#include "llvm/ADT/DenseSet.h"

#include <cmath>

using namespace mlir;
using namespace attune;
using namespace attune::transformer;

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
bool ScoreParser::mayRivalMask(const ElementNode *node) {
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

bool ScoreParser::biasesMayRivalMask() {
  return llvm::any_of(scores.biases, [&](const BiasTerm &bias) { return mayRivalMask(bias.node); });
}

MaskTerms ScoreParser::termsOf(const MaskUse &use) {
  MaskTerms all;
  for (const MaskConjunct &conjunct : use.conjuncts)
    conjoin(expressions, all, analyzeMask(expressions, conjunct.node, conjunct.negated));
  if (use.terms)
    conjoin(expressions, all, *use.terms);
  return all;
}

/// Where one of several masks that are added is a band alone, it is as good as chosen: its low
/// value is all that is left of a score. The others are added to that.
bool ScoreParser::chooseAddedBand() {
  auto isBand = [&](const MaskUse &use) {
    return use.fill == Scores::Fill::Finite && !use.inner && termsOf(use).isBandAlone();
  };
  auto band = llvm::find_if(masks, isBand);
  if (band == masks.end() || biasesMayRivalMask())
    return false;
  std::rotate(masks.begin(), band, band + 1);
  masks.front().additive = false;
  return true;
}

/// Takes conditions that say nothing but `band` out of an added mask: what is left is added to the
/// keys in the band. False when there is none.
bool ScoreParser::takeBand(MaskUse &use, const MaskTerms &band) {
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
    if (terms.isBandAlone() && terms.lower == band.lower && terms.upper == band.upper &&
        haveSamePositions(expressions, terms, band))
      found = true;
    else
      rest.push_back(conjunct);
  }
  if (!found || use.terms || use.inner)
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

/// Masks that choose one number instead of the score so far. What is added to the score before
/// is not added to that number; what is added after is.
bool ScoreParser::settleChosen(const ElementNode *node) {
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
    conjoin(expressions, scores.mask, termsOf(use));
  // Where the one added mask has the same band, keys outside are dead twice, and that is −inf.
  bool isInfinite = above.size() == 1 && scores.mask.isBandAlone() && !biasesMayRivalMask() &&
                    std::isinf(roundedTo(scores.product->type, value + above.front().value)) &&
                    takeBand(above.front(), scores.mask);
  scores.fill = isInfinite ? Scores::Fill::Infinite : Scores::Fill::Number;
  scores.fillValue = value;
  scores.fillWithBias = addsAfter;
  for (const MaskUse &use : masks)
    if (use.additive)
      scores.biases.push_back(use.asBias);
  return true;
}

/// Decides whether all masks together are one mask; what is added and cannot be one is a bias.
bool ScoreParser::settleMasks(const ElementNode *node) {
  // A condition that always holds masks nothing, whatever the value is for the others.
  llvm::erase_if(masks, [&](const MaskUse &use) { return !use.inner && termsOf(use).isNone(); });
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
    together &= !biasesMayRivalMask();
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
    conjoin(expressions, scores.mask, termsOf(use));
    if (use.inner)
      scores.biases.push_back(*use.inner);
  }
  return true;
}
