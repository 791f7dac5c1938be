// The plain family: folds and canonical forms.
#include "attune/Dialect/Transformer/IR/TransformerDialect.h"

#include "mlir/IR/PatternMatch.h"

using namespace mlir;
using namespace attune::transformer;

// A map that forwards an operand element by element, over the operand's own shape. Equal types
// are not enough: they may hide a broadcast of a dynamic dimension.
OpFoldResult MapOp::fold(FoldAdaptor) {
  auto argument = dyn_cast<BlockArgument>(getBody().front().getTerminator()->getOperand(0));
  if (!argument || argument.getOwner() != &getBody().front())
    return {};
  unsigned operand = argument.getArgNumber();
  Value input = getInputs()[operand];
  if (!cast<AffineMapAttr>(getInputMaps()[operand]).getValue().isIdentity() ||
      symbolicShape(input) != getDims() || input.getType() != getType())
    return {};
  return input;
}

OpFoldResult ReshapeOp::fold(FoldAdaptor) {
  if (symbolicShape(getInput()) == getDims() && getInput().getType() == getType())
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
