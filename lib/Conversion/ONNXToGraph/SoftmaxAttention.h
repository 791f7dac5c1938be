// Softmax attention as contract, maps, softmax and contract: the form that
// transformer-raise-attention knows, for the operators that are an attention.
#pragma once

#include "Converter.h"

namespace attune::graph {

/// [batch, tokens, heads · channels] as [batch, heads, tokens, channels]; a null tensor after an
/// error.
Tensor splitHeads(Converter &c, const Tensor &tensor, int64_t heads);
/// The way back: [batch, heads, tokens, channels] as [batch, tokens, heads · channels].
Tensor joinHeads(Converter &c, const Tensor &tensor);
/// [batch, groups, …] with each group for as many heads as share it; a null tensor after an error.
Tensor shareHeads(Converter &c, const Tensor &tensor, const SymbolicExpression &heads);
/// Both along `axis`, one after the other; a null tensor after an error.
Tensor append(Converter &c, const Tensor &past, const Tensor &fresh, int64_t axis);

/// Bounds of key − query − offset.
struct Band {
  std::optional<int64_t> lower, upper;
};
/// Where the band is, over [queries, keys], or [batch, 1, queries, keys] when `offset` is a vector
/// over the batch; it has integers of 64 bits.
Tensor bandMask(Converter &c, const SymbolicExpression &queries, const SymbolicExpression &keys,
                Band band, const Tensor &offset);
/// Where key < lengths[batch], over [batch, 1, 1, keys].
Tensor lengthMask(Converter &c, const Tensor &lengths, const SymbolicExpression &keys);

/// One attention, from its scores on. Operands are [batch, heads, tokens, channels].
class SoftmaxAttention {
public:
  explicit SoftmaxAttention(Converter &c) : c(c) {}

  /// scale · q·kᵀ; false after an error.
  bool begin(const Tensor &q, const Tensor &k, double scale);
  /// cap · tanh(scores / cap)
  void softcap(double cap);
  /// Adds a float tensor that broadcasts to the scores; false after an error.
  bool addBias(const Tensor &bias);
  /// Scores of dead keys become −∞; false after an error.
  bool mask(const Tensor &live);
  /// The softmax, computed in `precision`. With `zeroDeadRows`, a query without a live key has
  /// probabilities of zero.
  Tensor probabilities(mlir::Type precision, bool zeroDeadRows);
  /// Σ p·v, as [batch, heads, queries, channels]; a null tensor after an error.
  Tensor values(const Tensor &probabilities, const Tensor &v);

  Tensor scores; ///< [batch, heads, queries, keys]

private:
  bool fits(const Tensor &tensor);

  Converter &c;
  llvm::SmallVector<Tensor> masks;
  bool isPlain = true; ///< the softmax is in the precision of the scores
};

} // namespace attune::graph
