// The state of taking scores apart: shared by the reading (ScoreExpression.cpp) and by the decision
// what all masks together are (ScoreMasks.cpp).
#pragma once

#include "ScoreExpression.h"
#include "attune/Dialect/Transformer/Analysis/ElementOrigin.h"

namespace attune::transformer {

/// One mask as the graph has it: added to the scores, or chosen instead of them.
struct MaskUse {
  llvm::SmallVector<MaskConjunct, 2> conjuncts; ///< a key is live where all hold
  Scores::Fill fill;
  bool additive;
  bool overMasked; ///< applied to scores that already had a mask
  double value;
  BiasTerm asBias;                     ///< additive: the same as a bias
  std::optional<BiasTerm> inner = {};  ///< additive: what live keys get
  std::optional<MaskTerms> terms = {}; ///< a table's, which has no conjuncts
  size_t biasesBelow = 0;              ///< chosen: how many biases it is chosen instead of
};

/// Reads scores from the softmax down to the contraction; what masks come to is settled last.
class ScoreParser {
public:
  ScoreParser(ElementExpressions &expressions, NearMiss &miss)
      : expressions(expressions), miss(miss) {}
  std::optional<Scores> run(const ElementNode *node);

private:
  bool fail(const ElementNode *at, const llvm::Twine &why, const llvm::Twine &expected) {
    return miss.note(why, expected, originOf(at));
  }
  bool parse(const ElementNode *node);
  bool parseSelect(const ElementNode *node);
  bool parseTanh(const ElementNode *node);
  bool settleSoftcap(const ElementNode *node);
  bool parseScaled(const ElementNode *node);
  bool scaleMasks(double scale, mlir::Type type);
  bool isProduct(const ElementNode *node);
  bool leadsToProduct(const ElementNode *node);
  void addend(const ElementNode *node, double coefficient);
  std::optional<MaskUse> asMask(const ElementNode *node, double coefficient, unsigned levels = 16);
  std::optional<MaskUse> asChoice(const ElementNode *node, double coefficient, unsigned levels);
  std::optional<MaskUse> asCases(const ElementNode *node, double coefficient);
  void absorb(llvm::SmallVectorImpl<MaskConjunct> &conjuncts);
  std::optional<MaskUse> asTable(const ElementNode *node, double coefficient);
  void settleLiveValue(MaskUse &use, const ElementNode *live, double coefficient, unsigned levels);
  bool isZeroWhere(const ElementNode *node, const MaskConjunct &conjunct);
  bool settleMasks(const ElementNode *node);
  bool settleChosen(const ElementNode *node);
  bool chooseAddedBand();
  bool takeBand(MaskUse &use, const MaskTerms &band);
  MaskTerms termsOf(const MaskUse &use);
  bool mayRivalMask(const ElementNode *node);
  bool biasesMayRivalMask();

  ElementExpressions &expressions;
  NearMiss &miss;
  Scores scores;
  llvm::SmallVector<MaskUse, 2> masks;
  /// With a tanh around the product: what is inside it. `scores.scale` is then what is outside.
  std::optional<double> shareScale;
  unsigned depth = 0;
};

} // namespace attune::transformer
