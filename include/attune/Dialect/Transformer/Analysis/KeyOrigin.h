// Where an attention's keys come from: another sequence than its queries, or a cache.
#pragma once

#include "attune/Dialect/Transformer/Analysis/ElementExpression.h"

namespace attune::transformer {

/// Whether queries and keys are proven to come from different sequences: nothing but constants is
/// behind both, up to earlier attentions, and they differ in length.
bool isCross(AttentionOp op);

/// Where an operand's elements are computed: `tensor` at `at`, which reads the loop KeyChannel (of
/// v, ValueChannel) as its dimension `channel` and nowhere else. Behind a cache that is what is
/// new, whose tokens are a loop of their own.
struct OperandSource {
  mlir::Value tensor;
  ElementIndices at;
  unsigned channel;
  unsigned token;                                ///< the loop of the queries, or of the keys
  llvm::SmallVector<SymbolicExpression> extents; ///< of the loops
};
/// Of operand 0 (q) or 1 (k); nothing when it is read in another way.
std::optional<OperandSource> sourceOfOperand(AttentionOp op, unsigned operand);

/// What an operand has for the loops of the attention; null where its map reads no mixed-radix
/// number of them.
const ElementNode *elementOf(ElementExpressions &expressions, AttentionOp op, unsigned operand);

/// How new keys and values get to past ones, which are inputs of the model.
enum class CacheKind {
  None,
  Append,  ///< behind them, or from one place per batch on
  Ring,    ///< from one place per batch on, and on at the beginning
  Scatter, ///< in their place, where the graph says
};
CacheKind cacheOf(AttentionOp op);

} // namespace attune::transformer
