// Takes a mask's boolean expression apart into terms that are proven and conjuncts that are not.
#include "attune/Dialect/Transformer/Analysis/MaskAnalysis.h"
#include "attune/Dialect/Transformer/Analysis/ElementOrigin.h"
#include "attune/Dialect/Transformer/Analysis/NumberCases.h"

#include "mlir/IR/Builders.h"

#include <cmath>

using namespace mlir;
using namespace attune;
using namespace attune::transformer;

namespace {
class Analyzer {
public:
  explicit Analyzer(ElementExpressions &expressions) : expressions(expressions) {}
  using IsLive = IsLiveNumber;
  MaskTerms visit(const ElementNode *node, bool negated);
  std::optional<MaskTerms> visitTable(const ElementNode *node, IsLive isLive);

private:
  MaskTerms leaf(const ElementNode *node, bool negated, const Twine &why);
  MaskTerms visitElement(const ElementNode *node, bool negated);
  MaskTerms visitJoin(const ElementNode *node, bool conjunction, bool negated);
  MaskTerms visitSelect(const ElementNode *node, bool negated);
  MaskTerms visitCompare(const ElementNode *node, bool negated);
  std::optional<MaskTerms> visitNotZero(const ElementNode *node, bool negated);
  std::optional<MaskTerms> visitTwoValued(const ElementNode *node, bool negated);
  std::optional<MaskTerms> visitNumber(const ElementNode *value, IsLive isLive,
                                       unsigned levels = 8);
  std::optional<SymbolicExpression> shifted(const ElementIndex &index, unsigned loop) const;
  bool isNonNegative(const SymbolicExpression &value) const;
  std::optional<MaskTerms> bandWhere(const SymbolicExpression &slack);
  std::optional<MaskTerms> bandOfPositions(const IntegerOrder &order, const MaskConjunct &conjunct);

  ElementExpressions &expressions;
  unsigned budget = 2048; // visits; conjunctions of shared parts could take exponentially many
};
} // namespace

/// True when the element is read at [batch, key], each at most once and in this order.
static bool readsKeys(const ElementNode *node) {
  bool key = false, batch = false;
  for (const ElementIndex &index : node->at) {
    if (index.isZero())
      continue;
    if (index.isLoop(Batch) && !batch && !key)
      batch = true;
    else if (index.isLoop(Key) && !key)
      key = true;
    else
      return false;
  }
  return key;
}

static bool dependsOnKeysOnly(const ElementNode *node) {
  bool only = true;
  forEachLoop(node, [&](unsigned loop) { only &= loop == Batch || loop == Key; });
  return only;
}

MaskTerms Analyzer::leaf(const ElementNode *node, bool negated, const Twine &why) {
  MaskTerms terms;
  if (dependsOnKeysOnly(node)) {
    if (!negated && node->kind == ElementNode::Kind::Element && readsKeys(node))
      terms.keys = node;
    else
      terms.keyConjuncts.push_back({node, negated});
  } else {
    terms.rest.push_back({node, negated});
    terms.reason = why.str();
    terms.at = originOf(node);
  }
  return terms;
}

MaskTerms Analyzer::visit(const ElementNode *node, bool negated) {
  if (budget == 0)
    return leaf(node, negated, "the mask's expression is too large");
  --budget;
  if (std::optional<double> value = expressions.number(node)) {
    if ((*value != 0) != negated)
      return {};
    return leaf(node, negated, "the mask has no live key at all");
  }
  if (node->kind == ElementNode::Kind::Element)
    return visitElement(node, negated);
  if (node->is<arith::AndIOp>())
    return visitJoin(node, /*conjunction=*/!negated, negated);
  if (node->is<arith::OrIOp>())
    return visitJoin(node, /*conjunction=*/negated, negated);
  if (node->is<arith::XOrIOp>())
    for (unsigned side : {0u, 1u})
      if (std::optional<double> constant = expressions.number(node->operands[side]))
        return visit(node->operands[1 - side], negated != (*constant != 0));
  if (node->is<arith::SelectOp>())
    return visitSelect(node, negated);
  if (node->is<arith::CmpIOp>() || node->is<arith::CmpFOp>())
    if (std::optional<MaskTerms> terms = visitTwoValued(node, negated))
      return *terms;
  if (node->is<arith::CmpIOp>())
    return visitCompare(node, negated);
  if (node->is<arith::CmpFOp>()) {
    if (std::optional<MaskTerms> terms = visitNotZero(node, negated))
      return *terms;
    if (const ElementNode *cases = compareByCases(expressions, node))
      return visit(cases, negated);
  }
  return leaf(node, negated, "an operation of the mask is not known, " + describe(node));
}

MaskTerms Analyzer::visitElement(const ElementNode *node, bool negated) {
  if (node->type.isInteger(1))
    if (std::optional<MaskTerms> terms =
            visitTable(node, [&](double value) { return (value != 0) != negated; }))
      return *terms;
  const ElementNode *inner = expressions.expand(node);
  if (!inner)
    return leaf(node, negated,
                "the mask depends on a tensor with unknown content, " + describe(node));
  MaskTerms terms = visit(inner, negated);
  bool writable = llvm::all_of(terms.keyConjuncts, [](auto &c) { return isWritable(c.node); }) &&
                  llvm::all_of(terms.rest, [](auto &c) { return isWritable(c.node); });
  bool structured = terms.isNone() || terms.isBand() || terms.keys;
  MaskTerms whole = leaf(node, negated, terms.reason);
  // An expanded tensor has loops that what it was expanded from has not.
  structured |= terms.rest.empty() && !whole.rest.empty();
  if (writable && structured)
    return terms;
  whole.at = terms.at ? terms.at : whole.at;
  // Unproven either way: the tensor that the graph computes is the better operand.
  return isWritable(node) || !writable ? whole : terms;
}

/// key ≤ query + a or key ≤ query + b is key ≤ query + max(a, b); the like holds below.
static std::optional<MaskTerms> disjoin(const MaskTerms &a, const MaskTerms &b) {
  MaskTerms joined;
  if (!a.isBandAlone() || !b.isBandAlone() || a.positions || b.positions)
    return std::nullopt;
  if (a.upper && b.upper && !a.lower && !b.lower)
    joined.upper = SymbolicExpression::max(*a.upper, *b.upper);
  else if (a.lower && b.lower && !a.upper && !b.upper)
    joined.lower = SymbolicExpression::min(*a.lower, *b.lower);
  else
    return std::nullopt;
  return joined;
}

MaskTerms Analyzer::visitJoin(const ElementNode *node, bool conjunction, bool negated) {
  MaskTerms a = visit(node->operands[0], negated), b = visit(node->operands[1], negated);
  if (conjunction) {
    conjoin(expressions, a, b);
    return a;
  }
  if (a.isNone() || b.isNone())
    return {};
  if (visit(node->operands[0], !negated).isNone())
    return b;
  if (visit(node->operands[1], !negated).isNone())
    return a;
  if (std::optional<MaskTerms> joined = disjoin(a, b))
    return *joined;
  return leaf(node, negated, "the mask is a disjunction");
}

MaskTerms Analyzer::visitSelect(const ElementNode *node, bool negated) {
  const ElementNode *condition = node->operands[0];
  const ElementNode *yes = node->operands[1], *no = node->operands[2];
  if (visit(condition, false).isNone())
    return visit(yes, negated);
  if (visit(condition, true).isNone())
    return visit(no, negated);
  // select(c, x, dead) is c and x; select(c, dead, x) is not c and x.
  for (bool deadFirst : {false, true}) {
    std::optional<double> dead = expressions.number(deadFirst ? yes : no);
    if (!dead || (*dead != 0) != negated)
      continue;
    MaskTerms terms = visit(condition, deadFirst);
    conjoin(expressions, terms, visit(deadFirst ? no : yes, negated));
    return terms;
  }
  return leaf(node, negated, "the mask selects between two masks");
}

namespace {
/// A number that is one of two constants: `yes` where `condition` is true.
struct TwoValued {
  const ElementNode *condition;
  double yes, no;
};
} // namespace

/// select(c, constant, constant), or a boolean as a number.
static std::optional<TwoValued> asTwoValued(ElementExpressions &expressions,
                                            const ElementNode *node) {
  node = expressions.expandAll(node);
  if (node->is<arith::SelectOp>()) {
    std::optional<double> yes = expressions.number(node->operands[1]);
    std::optional<double> no = expressions.number(node->operands[2]);
    if (yes && no)
      return TwoValued{node->operands[0], *yes, *no};
  } else if (!node->operands.empty() && node->operands[0]->type.isInteger(1)) {
    if (node->is<arith::UIToFPOp>() || node->is<arith::ExtUIOp>())
      return TwoValued{node->operands[0], 1, 0};
    if (node->is<arith::SIToFPOp>() || node->is<arith::ExtSIOp>())
      return TwoValued{node->operands[0], -1, 0};
  }
  return std::nullopt;
}

// A mask that went through numbers: Trilu of ones, compared with zero.
std::optional<MaskTerms> Analyzer::visitTwoValued(const ElementNode *node, bool negated) {
  std::optional<double> numbers[] = {expressions.number(node->operands[0]),
                                     expressions.number(node->operands[1])};
  constexpr double exact = 9007199254740992; // 2^53: integers above are rounded
  if (llvm::all_of(numbers, [&](auto &number) { return number && std::abs(*number) < exact; }))
    if (std::optional<bool> holds = compareNumbers(node->op, *numbers[0], *numbers[1]))
      return *holds != negated ? MaskTerms()
                               : leaf(node, negated, "the mask has no live key at all");
  for (unsigned side : {0u, 1u}) {
    std::optional<double> constant = numbers[1 - side];
    if (!constant || node->operands[side]->type.isInteger(1))
      continue;
    auto isLive = [&](double number) -> std::optional<bool> {
      std::optional<bool> holds = side == 0 ? compareNumbers(node->op, number, *constant)
                                            : compareNumbers(node->op, *constant, number);
      return holds ? std::optional(*holds != negated) : std::nullopt;
    };
    if (std::optional<MaskTerms> terms = visitNumber(node->operands[side], isLive))
      return terms;
    if (auto two = asTwoValued(expressions, node->operands[side]);
        two && isLive(two->yes) == false && isLive(two->no) == false)
      return leaf(node, negated, "the mask has no live key at all");
  }
  return std::nullopt;
}

/// Where a number that conditions choose is one of those that live.
std::optional<MaskTerms> Analyzer::visitNumber(const ElementNode *value, IsLive isLive,
                                               unsigned levels) {
  if (std::optional<MaskTerms> terms = visitTable(value, isLive))
    return terms;
  if (std::optional<TwoValued> two = asTwoValued(expressions, value)) {
    std::optional<bool> yes = isLive(two->yes), no = isLive(two->no);
    if (!yes || !no)
      return std::nullopt;
    if (*yes != *no)
      return visit(two->condition, /*negated=*/*no);
    return *yes ? std::optional(MaskTerms()) : std::nullopt;
  }
  // select(c, x, dead): where c holds, and x lives.
  value = expressions.expandAll(value);
  if (!value->is<arith::SelectOp>() || levels == 0)
    return std::nullopt;
  for (bool deadFirst : {false, true}) {
    std::optional<double> dead = expressions.number(value->operands[deadFirst ? 1 : 2]);
    if (!dead || isLive(*dead) != false)
      continue;
    std::optional<MaskTerms> rest =
        visitNumber(value->operands[deadFirst ? 2 : 1], isLive, levels - 1);
    if (rest)
      conjoin(expressions, *rest, visit(value->operands[0], deadFirst));
    return rest;
  }
  return std::nullopt;
}

/// Zero exactly where the operand is.
static bool keepsZero(const ElementNode *node) {
  return node->is<arith::ExtUIOp>() || node->is<arith::ExtSIOp>() || node->is<arith::SIToFPOp>() ||
         node->is<arith::UIToFPOp>();
}

std::optional<MaskTerms> Analyzer::visitNotZero(const ElementNode *node, bool negated) {
  std::optional<bool> differ = asksForDifference(node->op);
  if (!differ)
    return std::nullopt;
  for (unsigned side : {0u, 1u}) {
    const ElementNode *value = node->operands[side];
    std::optional<double> constant = expressions.number(node->operands[1 - side]);
    if (!constant)
      continue;
    bool notEqual = *differ != negated;
    if (value->type.isInteger(1))
      return visit(value, notEqual == (*constant != 0));
    if (*constant != 0 || !notEqual)
      return std::nullopt;
    // Copies of the tensor are as good as the tensor, and further from what may die.
    while (true) {
      if (keepsZero(value)) {
        value = value->operands[0];
      } else if (const ElementNode *inner = expressions.expand(value);
                 inner && (keepsZero(inner) ||
                           (inner->kind == ElementNode::Kind::Element && readsKeys(inner)))) {
        value = inner;
      } else {
        break;
      }
    }
    if (value->type.isInteger(1))
      return visit(value, false);
    if (value->kind == ElementNode::Kind::Element && isa<IntegerType>(value->type) &&
        readsKeys(value))
      return leaf(value, false, "");
  }
  return std::nullopt;
}

bool Analyzer::isNonNegative(const SymbolicExpression &value) const {
  // Put every loop where the value is smallest; it must be linear in them.
  SymbolicExpression least = value;
  for (unsigned loop = 0; loop < expressions.loops(); ++loop) {
    std::string name = ElementExpressions::loopSymbol(loop);
    int64_t coefficient = 0;
    for (const SymbolicExpression::Term &term : value.terms())
      if (term.factors.size() == 1 && term.factors[0]->text == name)
        coefficient = term.coefficient;
    SymbolicExpression symbol = SymbolicExpression::symbol(name);
    least = least - symbol * coefficient;
    if (coefficient < 0)
      least = least + (expressions.extent(loop) - 1) * coefficient;
  }
  if (!least.isValid())
    return false;
  return isLoopFree(least) && SymbolicExpression::provablyLessEqual(0, least);
}

/// The terms that are minima of two, or minus maxima of two, taken apart: slack ≥ 0 when both are.
static std::optional<std::pair<SymbolicExpression, SymbolicExpression>>
splitMinimum(const SymbolicExpression &slack) {
  using Atom = SymbolicExpression::Atom;
  for (const SymbolicExpression::Term &term : slack.terms()) {
    if (term.factors.size() != 1 || term.factors[0]->operands.size() < 2)
      continue;
    const Atom &atom = *term.factors[0];
    bool splits = (atom.kind == Atom::Kind::Min && term.coefficient > 0) ||
                  (atom.kind == Atom::Kind::Max && term.coefficient < 0);
    if (!splits)
      continue;
    SymbolicExpression others = atom.operands[1];
    for (const SymbolicExpression &more : llvm::drop_begin(atom.operands, 2))
      others = atom.kind == Atom::Kind::Min ? SymbolicExpression::min(others, more)
                                            : SymbolicExpression::max(others, more);
    SymbolicExpression rest = slack - SymbolicExpression::fromTerm(term);
    return std::pair(rest + atom.operands[0] * term.coefficient, rest + others * term.coefficient);
  }
  return std::nullopt;
}

/// Where slack ≥ 0 is a bound of key − query: slack = ±(query − key) + a loop-free term.
std::optional<MaskTerms> Analyzer::bandWhere(const SymbolicExpression &slack) {
  if (auto parts = splitMinimum(slack)) {
    std::optional<MaskTerms> a = bandWhere(parts->first), b = bandWhere(parts->second);
    if (a && b)
      conjoin(expressions, *a, *b);
    return b ? a : b;
  }
  if (slack.isValid() && isNonNegative(slack))
    return MaskTerms();
  // A loop of extent one is zero and has no symbol.
  if (expressions.extent(Key).isConstant(1))
    return std::nullopt;
  SymbolicExpression difference = SymbolicExpression::symbol(ElementExpressions::loopSymbol(Key));
  if (!expressions.extent(Query).isConstant(1))
    difference = difference - SymbolicExpression::symbol(ElementExpressions::loopSymbol(Query));
  MaskTerms terms;
  if (SymbolicExpression upper = slack + difference; isLoopFree(upper))
    terms.upper = upper;
  else if (SymbolicExpression negated = slack - difference; isLoopFree(negated))
    terms.lower = -negated;
  else
    return std::nullopt;
  return terms;
}

/// A number, and the constant that it was read without.
static std::pair<const ElementNode *, int64_t> withoutOffset(ElementExpressions &expressions,
                                                             const ElementNode *node) {
  constexpr double most = 1e15; // of a constant: sums stay in 64 bits
  int64_t offset = 0;
  for (unsigned steps = 0; steps < 16; ++steps) {
    const ElementNode *sum =
        node->kind == ElementNode::Kind::Element ? expressions.expand(node) : node;
    bool subtracts = sum && sum->is<arith::SubIOp>();
    if (!sum || !(subtracts || sum->is<arith::AddIOp>()))
      break;
    std::optional<double> left = expressions.number(sum->operands[0]);
    std::optional<double> right = expressions.number(sum->operands[1]);
    if (right && std::abs(*right) <= most) {
      offset += static_cast<int64_t>(subtracts ? -*right : *right);
      node = sum->operands[0];
    } else if (left && !subtracts && std::abs(*left) <= most) {
      offset += static_cast<int64_t>(*left);
      node = sum->operands[1];
    } else {
      break;
    }
  }
  return {node, offset};
}

/// Where a key is compared with an integer that is another one for each query.
std::optional<MaskTerms> Analyzer::bandOfPositions(const IntegerOrder &order,
                                                   const MaskConjunct &conjunct) {
  bool keyIsLow = dependsOn(order.low, Key);
  const ElementNode *key = keyIsLow ? order.low : order.high;
  auto [positions, offset] = withoutOffset(expressions, keyIsLow ? order.high : order.low);
  bool perQuery = dependsOn(positions, Query) && !dependsOn(positions, {Head, Key});
  std::optional<SymbolicExpression> place = expressions.polynomial(key);
  if (!perQuery || !place || !isa<IntegerType>(positions->type) || !isWritable(positions))
    return std::nullopt;
  SymbolicExpression shift =
      *place - SymbolicExpression::symbol(ElementExpressions::loopSymbol(Key));
  if (!isLoopFree(shift) || expressions.extent(Key).isConstant(1))
    return std::nullopt;
  // key + shift ≤ positions + offset, or the other way round
  int64_t strict = order.isStrict;
  MaskTerms terms;
  (keyIsLow ? terms.upper : terms.lower) =
      SymbolicExpression(offset + (keyIsLow ? -strict : strict)) - shift;
  terms.positions = positions;
  terms.positioned.push_back(conjunct);
  return terms;
}

MaskTerms Analyzer::visitCompare(const ElementNode *node, bool negated) {
  if (std::optional<MaskTerms> terms = visitNotZero(node, negated))
    return *terms;
  std::optional<IntegerOrder> order = orderOf(node, negated);
  std::optional<SymbolicExpression> a =
      expressions.polynomial(order ? order->low : node->operands[0]);
  std::optional<SymbolicExpression> b =
      expressions.polynomial(order ? order->high : node->operands[1]);
  if (!a || !b) {
    if (std::optional<MaskTerms> terms =
            order ? bandOfPositions(*order, {node, negated}) : std::nullopt)
      return *terms;
    return leaf(node, negated, "the mask compares values that are not indices");
  }
  if (order) {
    if (std::optional<MaskTerms> terms = bandWhere(*b - *a - (order->isStrict ? 1 : 0)))
      return *terms;
    return leaf(node, negated, "the mask compares indices in another way than key ≤ query + c");
  }
  auto predicate = cast<arith::CmpIOp>(node->op).getPredicate();
  switch (negated ? arith::invertPredicate(predicate) : predicate) {
  case arith::CmpIPredicate::eq:
    if (*a == *b)
      return {};
    // Both ways: a band of one diagonal, when it is one at all.
    if (std::optional<MaskTerms> above = bandWhere(*a - *b), below = bandWhere(*b - *a);
        above && below) {
      conjoin(expressions, *above, *below);
      return *above;
    }
    return leaf(node, negated, "the mask compares indices for equality");
  case arith::CmpIPredicate::ne:
    if (isNonNegative(*a - *b - 1) || isNonNegative(*b - *a - 1))
      return {};
    return leaf(node, negated, "the mask compares indices for equality");
  default:
    return leaf(node, negated, "the mask compares indices as unsigned numbers");
  }
}

/// The loop's symbol plus the offset, where the index is `loop` or, of one value, zero.
std::optional<SymbolicExpression> Analyzer::shifted(const ElementIndex &index,
                                                    unsigned loop) const {
  ElementIndex plain = index;
  plain.offset = SymbolicExpression(0);
  if (expressions.extent(loop).isConstant(1))
    return plain.isZero() ? std::optional(index.offset) : std::nullopt;
  if (!plain.isLoop(loop))
    return std::nullopt;
  return index.offset + SymbolicExpression::symbol(ElementExpressions::loopSymbol(loop));
}

/// A constant over query and key that the exporter folded, or a part of one: a triangle or a band.
std::optional<MaskTerms> Analyzer::visitTable(const ElementNode *node, IsLive isLive) {
  std::optional<TableElement> table = asTableElement(expressions, node);
  if (!table || table->at.size() < 2)
    return std::nullopt;
  ArrayRef<ElementIndex> at = table->at;
  std::optional<SymbolicExpression> row = shifted(at[at.size() - 2], Query);
  std::optional<SymbolicExpression> column = shifted(at.back(), Key);
  if (!row || !column ||
      !llvm::all_of(at.drop_back(2), [](const ElementIndex &index) { return index.isZero(); }))
    return std::nullopt;
  const TableSummary *summary =
      expressions.tables() ? expressions.tables()->summary(table->tensor) : nullptr;
  std::optional<TableBand> band = summary ? bandOfTable(*summary, isLive) : std::nullopt;
  if (!band)
    return std::nullopt;
  MaskTerms terms;
  for (auto [bound, slack] :
       {std::pair(band->lower, *column - *row - SymbolicExpression(band->lower.value_or(0))),
        std::pair(band->upper, *row - *column + SymbolicExpression(band->upper.value_or(0)))}) {
    std::optional<MaskTerms> bounded = bound ? bandWhere(slack) : MaskTerms();
    if (!bounded)
      return std::nullopt;
    conjoin(expressions, terms, *bounded);
  }
  return terms;
}

std::optional<MaskTerms> attune::transformer::analyzeTable(ElementExpressions &expressions,
                                                           const ElementNode *node,
                                                           IsLiveNumber isLive) {
  return Analyzer(expressions).visitTable(node, isLive);
}

MaskTerms attune::transformer::analyzeMask(ElementExpressions &expressions, const ElementNode *live,
                                           bool negated) {
  return Analyzer(expressions).visit(live, negated);
}
