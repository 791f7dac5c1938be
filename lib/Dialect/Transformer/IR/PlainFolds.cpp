// The plain family: folds and canonical forms.
#include "attune/Dialect/Transformer/IR/TransformerDialect.h"

#include "mlir/IR/PatternMatch.h"

using namespace mlir;
using namespace attune::transformer;

OpFoldResult ReshapeOp::fold(FoldAdaptor) {
  if (symbolicShape(getInput()) == getDims())
    return getInput();
  return {};
}

namespace {
/// reshape(reshape(x)) becomes reshape(x).
struct MergeReshapes : OpRewritePattern<ReshapeOp> {
  using OpRewritePattern::OpRewritePattern;
  LogicalResult matchAndRewrite(ReshapeOp op, PatternRewriter &rewriter) const override {
    auto inner = op.getInput().getDefiningOp<ReshapeOp>();
    if (!inner)
      return failure();
    rewriter.replaceOpWithNewOp<ReshapeOp>(op, op.getType(), inner.getInput(), op.getDims());
    return success();
  }
};
} // namespace

void ReshapeOp::getCanonicalizationPatterns(RewritePatternSet &patterns, MLIRContext *context) {
  patterns.add<MergeReshapes>(context);
}
