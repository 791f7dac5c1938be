// What an attention mask is, as a function of batch, head, query and key: proven terms of
// `#transformer.mask`, and the conjuncts about which nothing is proven.
#pragma once

#include "attune/Dialect/Transformer/Analysis/ConstantTable.h"

#include <string>

namespace attune::transformer {

/// The largest number that is taken for a mask where a graph gives it to dead keys: their weight is
/// below e^−1000 of what it would be.
inline constexpr double kMostFill = -1000;

/// A position that is further from zero counts as this far: sums with bounds stay in 64 bits.
inline constexpr int64_t kFarPosition = int64_t(1) << 61;

/// The loops of an attention, in the order of its `dims`.
enum AttentionLoop : unsigned { Batch, Head, Query, Key, KeyChannel, ValueChannel };

/// A conjunct: the element is live where `node` is true (false when `negated`).
struct MaskConjunct {
  const ElementNode *node = nullptr;
  bool negated = false;
};

/// The result of the analysis: the conjunction of everything in it.
struct MaskTerms {
  /// query + lower ≤ key ≤ query + upper, as far as there are bounds.
  std::optional<SymbolicExpression> lower, upper;
  /// An integer per batch and query that these bounds have in place of the query; null: the query.
  const ElementNode *positions = nullptr;
  llvm::SmallVector<MaskConjunct> positioned; ///< what bounds with `positions` were read from
  const ElementNode *keys = nullptr; ///< an integer or boolean element, live where not zero
  llvm::SmallVector<MaskConjunct> keyConjuncts; ///< depend on batch and key only
  llvm::SmallVector<MaskConjunct> rest;         ///< depend on the query or the head as well
  std::string reason;                           ///< why the first of `rest` is not proven
  std::optional<mlir::Location> at;             ///< and where that was met

  /// True when nothing is masked.
  bool isNone() const { return !isBand() && !hasMoreThanBand(); }
  bool isBand() const { return lower || upper; }
  bool isBandAlone() const { return isBand() && !hasMoreThanBand(); }
  bool hasMoreThanBand() const { return keys || !keyConjuncts.empty() || !rest.empty(); }
};

/// Analyses the boolean `live` over loops Batch, Head, Query and Key of `expressions`.
///
/// Conjunctions are taken apart (through not, or, select and equality with a constant);
/// comparisons of affine indices are decided, or bound key − query; `x ≠ 0` of a [batch, keys]
/// tensor gives the padding operand; gathers with known indices are seen through.
/// A key that is compared with an integer per query, up to constants, is in a band of positions.
MaskTerms analyzeMask(ElementExpressions &expressions, const ElementNode *live,
                      bool negated = false);

/// The band that a constant table over query and key leaves alive, where it is one.
std::optional<MaskTerms> analyzeTable(ElementExpressions &expressions, const ElementNode *node,
                                      IsLiveNumber isLive);

/// Joins the terms of `more` to `terms`. Of bands about different positions one stays a band.
void conjoin(ElementExpressions &expressions, MaskTerms &terms, const MaskTerms &more);
/// Whether two bands are about the same positions.
bool haveSamePositions(ElementExpressions &expressions, const MaskTerms &a, const MaskTerms &b);

/// The conjunction as a boolean tensor over `axes` (true where live); null when it cannot be
/// written as a map.
mlir::Value materializeConjuncts(mlir::OpBuilder &builder, mlir::Location loc,
                                 llvm::ArrayRef<MaskConjunct> conjuncts,
                                 llvm::ArrayRef<IndexDigit> axes);

} // namespace attune::transformer
