// Integers of an expression as polynomials in loops and sizes, and the conditions that they decide.
#include "attune/Dialect/Transformer/Analysis/ConstantTable.h"
#include "attune/Dialect/Transformer/Analysis/NumberCases.h"

#include "mlir/Dialect/Arith/IR/Arith.h"

#include <cmath>

using namespace mlir;
using namespace attune;
using namespace attune::transformer;

/// An index in the loops' symbols; a part of a loop is no polynomial of it.
static std::optional<SymbolicExpression> polynomialOf(const ElementIndex &index) {
  if (!llvm::all_of(index.digits, ElementIndex::isWholeDigit))
    return std::nullopt;
  SymbolicExpression sum = index.offset, stride(1);
  for (const IndexDigit &digit : llvm::reverse(index.digits)) {
    sum = sum + SymbolicExpression::symbol(ElementExpressions::loopSymbol(digit.loop)) * stride;
    stride = stride * digit.extent;
  }
  return sum;
}

/// An element of a constant whose integers are a linear function of its indices.
static std::optional<SymbolicExpression> lineOf(ElementExpressions &expressions,
                                                const ElementNode *node) {
  std::optional<TableElement> table = isa<IntegerType>(node->type) && expressions.tables()
                                          ? asTableElement(expressions, node)
                                          : std::nullopt;
  const TableSummary *summary = table ? expressions.tables()->summary(table->tensor) : nullptr;
  constexpr double exact = 9007199254740992; // 2^53: integers above are rounded
  if (!summary || !summary->line || summary->largest >= exact)
    return std::nullopt;
  auto isWhole = [](double number) { return std::trunc(number) == number; };
  SymbolicExpression sum(static_cast<int64_t>(summary->line->constant));
  for (auto [index, slope] : llvm::zip_equal(table->at, summary->line->slopes)) {
    if (slope == 0)
      continue;
    std::optional<SymbolicExpression> place = polynomialOf(index);
    if (!place || !isWhole(slope))
      return std::nullopt;
    sum = sum + *place * static_cast<int64_t>(slope);
  }
  return sum;
}

using Visit = function_ref<std::optional<SymbolicExpression>(const ElementNode *)>;

/// Of a choice at the first index of a loop, what is chosen behind it, where it is the same there.
static std::optional<SymbolicExpression> joinedPieces(const ElementNode *select, Visit visit) {
  const ElementNode *condition = select->operands[0];
  auto compare = condition->is<arith::CmpIOp>() ? cast<arith::CmpIOp>(condition->op) : nullptr;
  if (!compare || compare.getPredicate() != arith::CmpIPredicate::slt)
    return std::nullopt;
  std::optional<SymbolicExpression> index = visit(condition->operands[0]);
  std::optional<SymbolicExpression> bound = visit(condition->operands[1]);
  if (!index || !bound || !bound->isConstant(1) || index->terms().size() != 1)
    return std::nullopt;
  const SymbolicExpression::Term &loop = index->terms().front();
  bool isLoop = loop.coefficient == 1 && loop.factors.size() == 1 && !isLoopFree(*index);
  std::optional<SymbolicExpression> first = visit(select->operands[1]);
  std::optional<SymbolicExpression> rest = visit(select->operands[2]);
  if (!isLoop || !first || !rest)
    return std::nullopt;
  // Where the loop is zero, a difference of its multiples is.
  auto hasLoop = [&](const SymbolicExpression::Term &term) {
    return llvm::any_of(term.factors,
                        [&](const auto &atom) { return atom->text == loop.factors[0]->text; });
  };
  return llvm::all_of((*rest - *first).terms(), hasLoop) ? rest : std::nullopt;
}

std::optional<SymbolicExpression> ElementExpressions::polynomial(const ElementNode *node) {
  DenseMap<const ElementNode *, std::optional<SymbolicExpression>> memo;
  std::function<std::optional<SymbolicExpression>(const ElementNode *)> visit =
      [&](const ElementNode *part) -> std::optional<SymbolicExpression> {
    if (!part)
      return std::nullopt;
    if (auto found = memo.find(part); found != memo.end())
      return found->second;
    std::optional<SymbolicExpression> result;
    if (part->kind == ElementNode::Kind::Index) {
      result = polynomialOf(part->index);
    } else if (auto integer = dyn_cast_or_null<IntegerAttr>(part->constant);
               integer && !integer.getType().isInteger(1) &&
               integer.getValue().getSignificantBits() <= 64) {
      result = SymbolicExpression(integer.getValue().getSExtValue());
    } else if (part->kind == ElementNode::Kind::Element) {
      result = visit(expand(part));
      result = result ? result : lineOf(*this, part);
    } else if (part->is<arith::IndexCastOp>() || part->is<arith::ExtSIOp>()) {
      result = part->operands[0]->type.isInteger(1) ? std::nullopt : visit(part->operands[0]);
    } else if (part->is<arith::AddIOp>() || part->is<arith::SubIOp>() ||
               part->is<arith::MulIOp>() || part->is<arith::MaxSIOp>() ||
               part->is<arith::MinSIOp>()) {
      std::optional<SymbolicExpression> a = visit(part->operands[0]), b = visit(part->operands[1]);
      if (a && b)
        result = part->is<arith::AddIOp>()    ? *a + *b
                 : part->is<arith::SubIOp>()  ? *a - *b
                 : part->is<arith::MulIOp>()  ? *a * *b
                 : part->is<arith::MaxSIOp>() ? SymbolicExpression::max(*a, *b)
                                              : SymbolicExpression::min(*a, *b);
    } else if (part->is<arith::SelectOp>()) {
      result = joinedPieces(part, visit);
    }
    if (result && !result->isValid())
      result.reset();
    return memo[part] = result;
  };
  return visit(node);
}

std::optional<bool> ElementExpressions::decided(const ElementNode *node, unsigned levels) {
  bool isJoin = node->is<arith::AndIOp>() || node->is<arith::OrIOp>() || node->is<arith::XOrIOp>();
  if (levels == 0 || !(isJoin || node->is<arith::CmpIOp>()))
    return std::nullopt;
  if (node->operands[0]->type.isInteger(1)) {
    std::optional<bool> sides[2];
    for (auto [side, operand] : llvm::zip(sides, node->operands)) {
      const ElementNode *whole = expandAll(operand);
      std::optional<double> value = whole->number();
      side = value ? std::optional(*value != 0) : decided(whole, levels - 1);
      if (!side)
        return std::nullopt;
    }
    if (node->is<arith::CmpIOp>())
      return compareNumbers(node->op, *sides[0], *sides[1]);
    return node->is<arith::AndIOp>()  ? *sides[0] && *sides[1]
           : node->is<arith::OrIOp>() ? *sides[0] || *sides[1]
                                      : *sides[0] != *sides[1];
  }
  std::optional<SymbolicExpression> a = polynomial(node->operands[0]);
  std::optional<SymbolicExpression> b = a ? polynomial(node->operands[1]) : std::nullopt;
  std::optional<int64_t> difference = b ? (*a - *b).constant() : std::nullopt;
  return difference && node->is<arith::CmpIOp>()
             ? compareNumbers(node->op, static_cast<double>(*difference), 0)
             : std::nullopt;
}
