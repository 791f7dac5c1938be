// Takes a mask's tensor apart into conditions that the grammar has words for.
#include "attune/Dialect/Transformer/Analysis/MaskStructure.h"
#include "attune/Dialect/Transformer/Analysis/KeyOrigin.h"
#include "attune/Dialect/Transformer/Analysis/MaskAnalysis.h"
#include "attune/Dialect/Transformer/Analysis/NumberCases.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "llvm/ADT/StringExtras.h"

using namespace mlir;
using namespace attune;
using namespace attune::transformer;

namespace {
class Reader {
public:
  Reader(AttentionOp op, ConstantTables &tables)
      : expressions(extentsOf(op.getDims()), &tables),
        element(elementOf(expressions, op, op.getMaskTensorMutable()[0].getOperandNumber())) {}

  std::string describe();

private:
  bool takeApart(const ElementNode *node, bool negated, unsigned levels);
  bool isSegments(const ElementNode *node, bool negated);
  std::optional<std::string> prefix(const ElementNode *node, bool negated);

  ElementExpressions expressions;
  const ElementNode *element;
  SmallVector<std::string> terms;
};
} // namespace

bool Reader::isSegments(const ElementNode *node, bool negated) {
  bool compares = node->is<arith::CmpIOp>() || node->is<arith::CmpFOp>();
  if (!compares || asksForDifference(node->op) != negated)
    return false;
  for (unsigned side : {0u, 1u}) {
    const ElementNode *ofQuery = node->operands[side], *ofKey = node->operands[1 - side];
    if (dependsOn(ofQuery, Query) && !dependsOn(ofQuery, {Key, Head}) && dependsOn(ofKey, Key) &&
        !dependsOn(ofKey, Query) && areSameBut(expressions, ofQuery, ofKey, Query, Key))
      return true;
  }
  return false;
}

/// The number of the first keys, where the condition is that the key is one of them, or not later
/// than the query.
std::optional<std::string> Reader::prefix(const ElementNode *node, bool negated) {
  if (negated ? !node->is<arith::AndIOp>() : !node->is<arith::OrIOp>())
    return std::nullopt;
  for (unsigned side : {0u, 1u}) {
    MaskTerms band = analyzeMask(expressions, node->operands[side], negated);
    bool isCausal =
        band.isBandAlone() && !band.lower && !band.positions && band.upper->isConstant(0);
    std::optional<IntegerOrder> order =
        orderOf(expressions.expandAll(node->operands[1 - side]), negated);
    if (!isCausal || !order)
      continue;
    std::optional<SymbolicExpression> low = expressions.polynomial(order->low);
    std::optional<SymbolicExpression> high = expressions.polynomial(order->high);
    if (!low || !high)
      continue;
    SymbolicExpression count = *high - *low + (order->isStrict ? 0 : 1) +
                               SymbolicExpression::symbol(ElementExpressions::loopSymbol(Key));
    if (isLoopFree(count))
      return "prefix(" + count.str() + ")";
  }
  return std::nullopt;
}

/// Adds the words for all parts of a conjunction; false where there is none for one.
bool Reader::takeApart(const ElementNode *node, bool negated, unsigned levels) {
  node = node ? expressions.expandAll(node) : nullptr;
  if (!node || levels == 0)
    return false;
  if (std::optional<double> always = expressions.number(node))
    return (*always != 0) != negated;
  if (std::optional<std::string> words = prefix(node, negated)) {
    terms.push_back(std::move(*words));
    return true;
  }
  if (negated ? node->is<arith::OrIOp>() : node->is<arith::AndIOp>())
    return llvm::all_of(node->operands, [&](const ElementNode *part) {
      return takeApart(part, negated, levels - 1);
    });
  // not x, as x ⊕ true or x = false
  bool isEqual = node->is<arith::CmpIOp>() &&
                 cast<arith::CmpIOp>(node->op).getPredicate() == arith::CmpIPredicate::eq;
  if ((isEqual || node->is<arith::XOrIOp>()) && node->operands[0]->type.isInteger(1))
    for (unsigned side : {0u, 1u})
      if (std::optional<double> constant = expressions.number(node->operands[side])) {
        bool turns = isEqual ? *constant == 0 : *constant != 0;
        return takeApart(node->operands[1 - side], negated != turns, levels - 1);
      }
  if (!isSegments(node, negated))
    return false;
  terms.push_back("segments");
  return true;
}

std::string Reader::describe() {
  bool isAll = takeApart(element, /*negated=*/false, /*levels=*/8);
  return isAll && !terms.empty() ? llvm::join(terms, " & ") : "tensor";
}

std::string attune::transformer::describeMaskTensor(AttentionOp op, ConstantTables &tables) {
  return op.getMaskTensor() ? Reader(op, tables).describe() : "";
}
