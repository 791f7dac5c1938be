// Scalar expressions as sums of products, and names for what they are made of that do not depend
// on the expression they are met in. Private to the analyses.
#pragma once

#include "attune/Dialect/Transformer/Analysis/ElementExpression.h"

#include <map>
#include <optional>
#include <string>

namespace attune::transformer {

/// coefficient · factors, none of which is a sum, a product or a number.
struct ScalarTerm {
  double coefficient = 1;
  llvm::SmallVector<const ElementNode *, 4> factors;
};
using ScalarSum = llvm::SmallVector<ScalarTerm, 8>;

/// Reads expressions until they take too many steps. All must be over the same loops.
class ScalarForms {
public:
  /// The node with an element replaced by what it is computed from or moved from, as far as that
  /// goes.
  static const ElementNode *source(ElementExpressions &expressions, const ElementNode *node);
  /// Gives equal numbers to expressions that compute the same in the same way.
  unsigned name(ElementExpressions &expressions, const ElementNode *node, unsigned depth = 0);
  /// The same for a place in a tensor, whichever it is.
  unsigned nameOfPlace(const ElementIndices &at);
  /// The sum that an expression is; nothing when it has too many terms.
  std::optional<ScalarSum> sum(ElementExpressions &expressions, const ElementNode *node,
                               unsigned depth = 0);

private:
  unsigned named(const std::string &text);
  bool isExhausted(unsigned depth);

  std::map<std::string, unsigned> known;
  unsigned steps = 0;
};

} // namespace attune::transformer
