// Takes a mask's tensor apart into conditions that the grammar has words for.
#include "attune/Dialect/Transformer/Analysis/MaskStructure.h"
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
        element(expressions, op.getMaskTensor(), maskTensorMap(op)) {}

  std::string describe();

private:
  struct Tensor {
    Tensor(ElementExpressions &expressions, Value tensor, AffineMap map) {
      std::optional<ElementIndices> at = expressions.operandIndices(map);
      node = at ? expressions.element(tensor, *at) : nullptr;
    }
    const ElementNode *node;
  };
  static AffineMap maskTensorMap(AttentionOp op) {
    unsigned place = 3 + static_cast<bool>(op.getKeys()) + static_cast<bool>(op.getBias());
    return mapsOf(op.getInputMaps())[place];
  }
  bool takeApart(const ElementNode *node, bool negated, unsigned levels);
  bool isSegments(const ElementNode *node, bool negated);
  std::optional<std::string> prefix(const ElementNode *node, bool negated);
  bool mirrors(const ElementNode *ofQuery, const ElementNode *ofKey, unsigned levels);

  ElementExpressions expressions;
  Tensor element;
  SmallVector<std::string> terms;
};
} // namespace

/// Whether two indices are the same but for the key in place of the query.
static bool mirrorsIndex(ElementIndex ofQuery, const ElementIndex &ofKey) {
  for (IndexDigit &digit : ofQuery.digits)
    if (digit.loop == Query)
      digit.loop = Key;
  return ofQuery == ofKey;
}

/// Whether the second expression is of the key what the first is of the query.
bool Reader::mirrors(const ElementNode *ofQuery, const ElementNode *ofKey, unsigned levels) {
  using Kind = ElementNode::Kind;
  if (ofQuery->kind == Kind::Element && ofKey->kind == Kind::Element &&
      ofQuery->tensor == ofKey->tensor)
    return llvm::all_of_zip(ofQuery->at, ofKey->at, mirrorsIndex);
  const ElementNode *a = expressions.expandAll(ofQuery), *b = expressions.expandAll(ofKey);
  if (levels == 0 || a->kind != b->kind || a->type != b->type)
    return false;
  if (a->kind == Kind::Element)
    return a->tensor == b->tensor && llvm::all_of_zip(a->at, b->at, mirrorsIndex);
  if (a->kind == Kind::Index)
    return mirrorsIndex(a->index, b->index);
  if (a->kind == Kind::Constant)
    return a->constant == b->constant;
  return a->op->getName() == b->op->getName() &&
         a->op->getAttrDictionary() == b->op->getAttrDictionary() &&
         llvm::all_of_zip(a->operands, b->operands,
                          [&](auto *x, auto *y) { return mirrors(x, y, levels - 1); });
}

bool Reader::isSegments(const ElementNode *node, bool negated) {
  bool equal = false;
  if (auto compare = node->is<arith::CmpIOp>() ? cast<arith::CmpIOp>(node->op) : nullptr)
    equal =
        compare.getPredicate() == (negated ? arith::CmpIPredicate::ne : arith::CmpIPredicate::eq);
  if (auto compare = node->is<arith::CmpFOp>() ? cast<arith::CmpFOp>(node->op) : nullptr)
    equal =
        compare.getPredicate() == (negated ? arith::CmpFPredicate::UNE : arith::CmpFPredicate::OEQ);
  if (!equal)
    return false;
  for (unsigned side : {0u, 1u}) {
    const ElementNode *ofQuery = node->operands[side], *ofKey = node->operands[1 - side];
    if (dependsOn(ofQuery, Query) && !dependsOn(ofQuery, {Key, Head}) && dependsOn(ofKey, Key) &&
        !dependsOn(ofKey, Query) && mirrors(ofQuery, ofKey, /*levels=*/8))
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
    bool isCausal = band.upper && band.upper->isConstant(0) && !band.lower && !band.positions &&
                    !band.keys && band.keyConjuncts.empty() && band.rest.empty();
    const ElementNode *first = expressions.expandAll(node->operands[1 - side]);
    auto compare = first->is<arith::CmpIOp>() ? cast<arith::CmpIOp>(first->op) : nullptr;
    if (!isCausal || !compare)
      continue;
    auto predicate = compare.getPredicate();
    if (negated)
      predicate = arith::invertPredicate(predicate);
    std::optional<SymbolicExpression> left = expressions.polynomial(first->operands[0]);
    std::optional<SymbolicExpression> right = expressions.polynomial(first->operands[1]);
    if (predicate == arith::CmpIPredicate::sgt || predicate == arith::CmpIPredicate::sge) {
      std::swap(left, right);
      predicate = predicate == arith::CmpIPredicate::sgt ? arith::CmpIPredicate::slt
                                                         : arith::CmpIPredicate::sle;
    }
    bool isStrict = predicate == arith::CmpIPredicate::slt;
    if (!left || !right || (!isStrict && predicate != arith::CmpIPredicate::sle))
      continue;
    SymbolicExpression count = *right - *left + (isStrict ? 0 : 1) +
                               SymbolicExpression::symbol(ElementExpressions::loopSymbol(Key));
    bool isFree = count.isValid();
    count.forEachSymbol([&](StringRef name) { isFree &= !name.starts_with("$loop"); });
    if (isFree)
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
  bool isAll = takeApart(element.node, /*negated=*/false, /*levels=*/8);
  return isAll && !terms.empty() ? llvm::join(terms, " & ") : "tensor";
}

std::string attune::transformer::describeMaskTensor(AttentionOp op, ConstantTables &tables) {
  return op.getMaskTensor() ? Reader(op, tables).describe() : "";
}
