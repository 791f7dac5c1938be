// Terms of masks together: one conjunction, or one tensor.
#include "attune/Dialect/Transformer/Analysis/ElementOrigin.h"
#include "attune/Dialect/Transformer/Analysis/MaskAnalysis.h"
#include "attune/Dialect/Transformer/Analysis/NumberCases.h"

#include "mlir/IR/Builders.h"

using namespace mlir;
using namespace attune;
using namespace attune::transformer;

bool attune::transformer::haveSamePositions(ElementExpressions &expressions, const MaskTerms &a,
                                            const MaskTerms &b) {
  if (!a.positions || !b.positions)
    return a.positions == b.positions;
  return areSame(expressions, a.positions, b.positions);
}

/// Joins a band. Of two bands about different positions that about the queries themselves stays.
static void conjoinBand(ElementExpressions &expressions, MaskTerms &terms, MaskTerms more) {
  if (!terms.isBand()) {
    terms.positions = more.positions;
  } else if (more.isBand() && !haveSamePositions(expressions, terms, more)) {
    if (!more.positions) {
      std::swap(terms.positions, more.positions);
      std::swap(terms.positioned, more.positioned);
      std::swap(terms.lower, more.lower);
      std::swap(terms.upper, more.upper);
    }
    terms.rest.append(more.positioned);
    if (terms.reason.empty()) {
      terms.reason = "the mask has bands about different positions";
      terms.at = originOf(more.positioned.front().node);
    }
    return;
  }
  terms.positioned.append(more.positioned);
  if (more.lower)
    terms.lower = terms.lower ? SymbolicExpression::max(*terms.lower, *more.lower) : more.lower;
  if (more.upper)
    terms.upper = terms.upper ? SymbolicExpression::min(*terms.upper, *more.upper) : more.upper;
}

void attune::transformer::conjoin(ElementExpressions &expressions, MaskTerms &terms,
                                  const MaskTerms &more) {
  conjoinBand(expressions, terms, more);
  if (more.keys) {
    bool same =
        terms.keys && terms.keys->tensor == more.keys->tensor && terms.keys->at == more.keys->at;
    if (!terms.keys)
      terms.keys = more.keys;
    else if (!same)
      terms.keyConjuncts.push_back({more.keys, false});
  }
  terms.keyConjuncts.append(more.keyConjuncts);
  terms.rest.append(more.rest);
  if (terms.reason.empty()) {
    terms.reason = more.reason;
    terms.at = more.at;
  }
}

Value attune::transformer::materializeConjuncts(OpBuilder &builder, Location loc,
                                                ArrayRef<MaskConjunct> conjuncts,
                                                ArrayRef<IndexDigit> axes) {
  SmallVector<const ElementNode *> nodes;
  for (const MaskConjunct &conjunct : conjuncts)
    nodes.push_back(conjunct.node);
  auto combine = [&](OpBuilder &inner, ValueRange values) {
    Value all;
    for (auto [conjunct, value] : llvm::zip(conjuncts, values)) {
      Value zero = arith::ConstantOp::create(inner, loc, inner.getZeroAttr(value.getType()));
      auto predicate = conjunct.negated ? arith::CmpIPredicate::eq : arith::CmpIPredicate::ne;
      Value live = value;
      if (conjunct.negated || !value.getType().isInteger(1))
        live = arith::CmpIOp::create(inner, loc, predicate, value, zero);
      all = all ? arith::AndIOp::create(inner, loc, all, live).getResult() : live;
    }
    return all;
  };
  return materialize(builder, loc, nodes, axes, combine);
}
