// Numbers that conditions choose from a few constants, as masks are when graphs compute with them:
// a triangle of a low value times a comparison, a sum with a padding mask compared with zero.
#pragma once

#include "attune/Dialect/Transformer/Analysis/ElementExpression.h"

namespace attune::transformer {

/// One number, and where it is chosen; null where it always is.
struct NumberCase {
  const ElementNode *where;
  double number;
};
using NumberCases = llvm::SmallVector<NumberCase, 4>;

/// The numbers that `node` can be, at most four, each once; the conditions exclude each other and
/// one always holds. Nothing when it can be another number, or none (NaN).
std::optional<NumberCases> casesOf(ElementExpressions &expressions, const ElementNode *node);

/// A comparison of a sum of cases and of something else, as what is left of it in each case; null
/// for anything else.
const ElementNode *compareByCases(ElementExpressions &expressions, const ElementNode *node);

/// low ≤ high, or low < high where it is strict.
struct IntegerOrder {
  const ElementNode *low, *high;
  bool isStrict;
};
/// What a comparison of integers, or its negation, says; nothing for equality, unsigned order and
/// what is no comparison.
std::optional<IntegerOrder> orderOf(const ElementNode *node, bool negated);

/// Whether a comparison asks for different values; nothing when it is about their order.
std::optional<bool> asksForDifference(mlir::Operation *comparison);
/// What the comparison gives for two numbers; nothing for unsigned order and NaN.
std::optional<bool> compareNumbers(mlir::Operation *comparison, double a, double b);

/// Boolean nodes from boolean nodes; null where one is, or when there are too many nodes.
const ElementNode *both(ElementExpressions &expressions, const ElementNode *a,
                        const ElementNode *b);
const ElementNode *either(ElementExpressions &expressions, const ElementNode *a,
                          const ElementNode *b);
const ElementNode *negation(ElementExpressions &expressions, const ElementNode *node);

/// Whether both are the same computation of the same elements.
bool areSame(ElementExpressions &expressions, const ElementNode *a, const ElementNode *b,
             unsigned levels = 8);
/// The same but for `loopB` in `b` where `a` has `loopA`; `a` has no `loopB`, and `b` no `loopA`.
bool areSameBut(ElementExpressions &expressions, const ElementNode *a, const ElementNode *b,
                unsigned loopA, unsigned loopB);

} // namespace attune::transformer
