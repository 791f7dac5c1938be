// What is added to, multiplied with and masked out of attention scores before the softmax.
#pragma once

#include "attune/Dialect/Transformer/Analysis/MaskAnalysis.h"
#include "attune/Support/Remarks.h"

namespace attune::transformer {

/// An addend of the scores: coefficient · node.
struct BiasTerm {
  const ElementNode *node = nullptr;
  double coefficient = 1;
};

/// softmax's operand as cap(scale · product) + biases, where `mask` lives; with a softcap c,
/// cap(s) = c · tanh(s / c).
struct Scores {
  /// What a dead key gets. Finite: a value so low that it underflows (see the pass' description);
  /// Number: `fillValue`, whatever it does.
  enum class Fill { None, Number, Finite, Infinite };

  const ElementNode *product = nullptr; ///< the element of a contraction's result
  double scale = 1;
  std::optional<double> softcap;
  llvm::SmallVector<BiasTerm> biases;
  Fill fill = Fill::None;
  double fillValue = 0;
  bool fillWithBias = false; ///< Number: biases are added to it
  MaskTerms mask;
};

/// Takes the expression of a score apart; on failure `miss` says what was met instead.
std::optional<Scores> parseScores(ElementExpressions &expressions, const ElementNode *node,
                                  NearMiss &miss);

} // namespace attune::transformer
