// Case analysis of numbers, and boolean expressions that no graph has as they are.
#include "attune/Dialect/Transformer/Analysis/NumberCases.h"

#include <cmath>

using namespace mlir;
using namespace attune;
using namespace attune::transformer;

/// More cases than this, or deeper nests, are no mask.
static constexpr size_t kMaxCases = 4;
static constexpr unsigned kMaxLevels = 12;

const ElementNode *transformer::negation(ElementExpressions &expressions, const ElementNode *node) {
  if (!node)
    return nullptr;
  if (node->is<arith::XOrIOp>())
    for (unsigned side : {0u, 1u})
      if (expressions.number(node->operands[side]) == 1.0)
        return node->operands[1 - side];
  const ElementNode *truth = expressions.constant(BoolAttr::get(node->type.getContext(), true));
  return truth ? expressions.operation<arith::XOrIOp>({node, truth}) : nullptr;
}

const ElementNode *transformer::both(ElementExpressions &expressions, const ElementNode *a,
                                     const ElementNode *b) {
  return a && b ? expressions.operation<arith::AndIOp>({a, b}) : nullptr;
}

const ElementNode *transformer::either(ElementExpressions &expressions, const ElementNode *a,
                                       const ElementNode *b) {
  return a && b ? expressions.operation<arith::OrIOp>({a, b}) : nullptr;
}

using SameIndex = function_ref<bool(const ElementIndex &, const ElementIndex &)>;

/// Whether both are the same computation, read at the same indices; the same node is.
static bool correspond(ElementExpressions &expressions, const ElementNode *a, const ElementNode *b,
                       SameIndex isSame, unsigned levels) {
  auto isElement = [&] {
    return a->kind == ElementNode::Kind::Element && b->kind == a->kind && a->tensor == b->tensor &&
           llvm::all_of_zip(a->at, b->at, isSame);
  };
  if (a == b || isElement())
    return true;
  a = expressions.expandAll(a);
  b = expressions.expandAll(b);
  if (levels == 0 || a->kind != b->kind || a->kind == ElementNode::Kind::Element)
    return isElement();
  if (a->kind == ElementNode::Kind::Index)
    return a->type == b->type && isSame(a->index, b->index);
  if (!a->op || !b->op || a->type != b->type) {
    std::optional<double> x = expressions.number(a), y = expressions.number(b);
    return a->type == b->type && x && y && *x == *y;
  }
  return a->op->getName() == b->op->getName() &&
         a->op->getAttrDictionary() == b->op->getAttrDictionary() &&
         llvm::all_of_zip(a->operands, b->operands, [&](auto *x, auto *y) {
           return correspond(expressions, x, y, isSame, levels - 1);
         });
}

bool transformer::areSame(ElementExpressions &expressions, const ElementNode *a,
                          const ElementNode *b, unsigned levels) {
  auto equal = [](const ElementIndex &x, const ElementIndex &y) { return x == y; };
  return correspond(expressions, a, b, equal, levels);
}

bool transformer::areSameBut(ElementExpressions &expressions, const ElementNode *a,
                             const ElementNode *b, unsigned loopA, unsigned loopB) {
  constexpr unsigned levels = 8;
  auto equal = [&](ElementIndex x, const ElementIndex &y) {
    for (IndexDigit &digit : x.digits)
      if (digit.loop == loopA)
        digit.loop = loopB;
    return x == y;
  };
  return correspond(expressions, a, b, equal, levels);
}

namespace {
class CaseFinder {
public:
  explicit CaseFinder(ElementExpressions &expressions) : expressions(expressions) {}
  std::optional<NumberCases> find(const ElementNode *node, unsigned levels);

private:
  std::optional<NumberCases> ofSelect(const ElementNode *node, unsigned levels);
  std::optional<NumberCases> ofArithmetic(const ElementNode *node, unsigned levels);
  bool add(NumberCases &cases, NumberCase more);

  ElementExpressions &expressions;
};
} // namespace

static bool isArithmetic(const ElementNode *node) {
  return node->is<arith::MulFOp>() || node->is<arith::AddFOp>() || node->is<arith::SubFOp>();
}

static double compute(const ElementNode *node, double a, double b) {
  double exact = node->is<arith::MulFOp>() ? a * b : node->is<arith::AddFOp>() ? a + b : a - b;
  return roundedTo(node->type, exact);
}

/// Joins a case of the same number; false when there are too many, or for NaN.
bool CaseFinder::add(NumberCases &cases, NumberCase more) {
  for (NumberCase &known : cases)
    if (known.number == more.number) {
      known.where = either(expressions, known.where, more.where);
      return known.where;
    }
  cases.push_back(more);
  return cases.size() <= kMaxCases && !std::isnan(more.number);
}

std::optional<NumberCases> CaseFinder::ofSelect(const ElementNode *node, unsigned levels) {
  NumberCases all;
  for (bool negated : {false, true}) {
    const ElementNode *condition = node->operands[0];
    if (negated)
      condition = negation(expressions, condition);
    std::optional<NumberCases> cases = find(node->operands[negated ? 2 : 1], levels - 1);
    if (!cases || !condition)
      return std::nullopt;
    for (NumberCase &each : *cases) {
      const ElementNode *where = each.where ? both(expressions, condition, each.where) : condition;
      if (!where || !add(all, {where, each.number}))
        return std::nullopt;
    }
  }
  return all;
}

std::optional<NumberCases> CaseFinder::ofArithmetic(const ElementNode *node, unsigned levels) {
  std::optional<NumberCases> a = find(node->operands[0], levels - 1);
  std::optional<NumberCases> b = a ? find(node->operands[1], levels - 1) : std::nullopt;
  if (!b)
    return std::nullopt;
  NumberCases all;
  for (const NumberCase &x : *a)
    for (const NumberCase &y : *b) {
      const ElementNode *where = !x.where   ? y.where
                                 : !y.where ? x.where
                                            : both(expressions, x.where, y.where);
      if ((!where && (x.where || y.where)) || !add(all, {where, compute(node, x.number, y.number)}))
        return std::nullopt;
    }
  return all;
}

std::optional<NumberCases> CaseFinder::find(const ElementNode *node, unsigned levels) {
  if (!node || levels == 0)
    return std::nullopt;
  node = expressions.expandAll(node);
  if (std::optional<double> number = expressions.number(node))
    return std::isnan(*number) ? std::nullopt : std::optional(NumberCases{{nullptr, *number}});
  if (node->is<arith::SelectOp>())
    return ofSelect(node, levels);
  if (isArithmetic(node))
    return ofArithmetic(node, levels);
  if (node->operands.empty() || !node->operands[0]->type.isInteger(1))
    return std::nullopt;
  bool isUnsigned = node->is<arith::UIToFPOp>() || node->is<arith::ExtUIOp>();
  if (!isUnsigned && !node->is<arith::SIToFPOp>() && !node->is<arith::ExtSIOp>())
    return std::nullopt;
  const ElementNode *truth = node->operands[0], *lie = negation(expressions, truth);
  return lie ? std::optional(NumberCases{{truth, isUnsigned ? 1.0 : -1.0}, {lie, 0.0}})
             : std::nullopt;
}

std::optional<NumberCases> transformer::casesOf(ElementExpressions &expressions,
                                                const ElementNode *node) {
  return CaseFinder(expressions).find(node, kMaxLevels);
}

std::optional<IntegerOrder> transformer::orderOf(const ElementNode *node, bool negated) {
  using Predicate = arith::CmpIPredicate;
  auto compare = node->is<arith::CmpIOp>() ? cast<arith::CmpIOp>(node->op) : nullptr;
  if (!compare)
    return std::nullopt;
  Predicate predicate = compare.getPredicate();
  if (negated)
    predicate = arith::invertPredicate(predicate);
  bool isStrict = predicate == Predicate::slt || predicate == Predicate::sgt;
  if (predicate == Predicate::sle || predicate == Predicate::slt)
    return IntegerOrder{node->operands[0], node->operands[1], isStrict};
  if (predicate == Predicate::sge || predicate == Predicate::sgt)
    return IntegerOrder{node->operands[1], node->operands[0], isStrict};
  return std::nullopt;
}

std::optional<bool> transformer::asksForDifference(Operation *op) {
  if (auto compare = dyn_cast<arith::CmpIOp>(op)) {
    if (compare.getPredicate() == arith::CmpIPredicate::eq)
      return false;
    return compare.getPredicate() == arith::CmpIPredicate::ne ? std::optional(true) : std::nullopt;
  }
  auto predicate = cast<arith::CmpFOp>(op).getPredicate();
  if (predicate == arith::CmpFPredicate::OEQ)
    return false;
  return predicate == arith::CmpFPredicate::UNE ? std::optional(true) : std::nullopt;
}

std::optional<bool> transformer::compareNumbers(Operation *op, double a, double b) {
  if (std::isnan(a) || std::isnan(b))
    return std::nullopt;
  // FCmp predicates, ordered or not, differ only on NaN.
  if (auto cmp = dyn_cast<arith::CmpFOp>(op))
    switch (cmp.getPredicate()) {
    case arith::CmpFPredicate::OEQ:
    case arith::CmpFPredicate::UEQ:
      return a == b;
    case arith::CmpFPredicate::ONE:
    case arith::CmpFPredicate::UNE:
      return a != b;
    case arith::CmpFPredicate::OLT:
    case arith::CmpFPredicate::ULT:
      return a < b;
    case arith::CmpFPredicate::OLE:
    case arith::CmpFPredicate::ULE:
      return a <= b;
    case arith::CmpFPredicate::OGT:
    case arith::CmpFPredicate::UGT:
      return a > b;
    case arith::CmpFPredicate::OGE:
    case arith::CmpFPredicate::UGE:
      return a >= b;
    default:
      return std::nullopt;
    }
  switch (cast<arith::CmpIOp>(op).getPredicate()) {
  case arith::CmpIPredicate::eq:
    return a == b;
  case arith::CmpIPredicate::ne:
    return a != b;
  case arith::CmpIPredicate::slt:
    return a < b;
  case arith::CmpIPredicate::sle:
    return a <= b;
  case arith::CmpIPredicate::sgt:
    return a > b;
  case arith::CmpIPredicate::sge:
    return a >= b;
  default:
    return std::nullopt;
  }
}

/// Whether an integer of 64 bits plus a number so large is that number.
static bool swallowsIntegers(double number) { return std::abs(number) >= std::ldexp(1.0, 120); }

/// An integer as a floating-point number.
static bool isInteger(const ElementNode *node) {
  return node->is<arith::SIToFPOp>() || node->is<arith::UIToFPOp>();
}

const ElementNode *transformer::compareByCases(ElementExpressions &expressions,
                                               const ElementNode *node) {
  auto compare = node->is<arith::CmpFOp>() ? cast<arith::CmpFOp>(node->op) : nullptr;
  if (!compare || compare.getPredicate() != arith::CmpFPredicate::OEQ ||
      node->op->getOperand(0) == node->op->getOperand(1) ||
      expressions.number(node->operands[1]) != 0.0)
    return nullptr;
  const ElementNode *sum = expressions.expandAll(node->operands[0]);
  if (!sum->is<arith::AddFOp>())
    return nullptr;
  if (std::optional<NumberCases> cases = casesOf(expressions, sum)) {
    auto zero = llvm::find_if(*cases, [](const NumberCase &each) { return each.number == 0; });
    bool maybe = zero != cases->end();
    return maybe && zero->where
               ? zero->where
               : expressions.constant(BoolAttr::get(node->type.getContext(), maybe));
  }
  for (unsigned side : {0u, 1u}) {
    const ElementNode *rest = expressions.expandAll(sum->operands[1 - side]);
    std::optional<NumberCases> cases =
        isInteger(rest) ? casesOf(expressions, sum->operands[side]) : std::nullopt;
    if (!cases || cases->size() != 2)
      continue;
    // x + n = 0 for an integer n: where x is zero, and n is; never where x is far from all n.
    bool firstIsZero = cases->front().number == 0;
    const NumberCase &zero = firstIsZero ? cases->front() : cases->back();
    const NumberCase &large = firstIsZero ? cases->back() : cases->front();
    if (zero.number != 0 || !swallowsIntegers(large.number))
      continue;
    const ElementNode *isZero = expressions.withOperands(node, {rest, node->operands[1]});
    return both(expressions, negation(expressions, large.where), isZero);
  }
  return nullptr;
}
