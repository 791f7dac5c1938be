// The plain family: folds and canonical forms.
#include "attune/Dialect/Transformer/IR/TransformerDialect.h"

#include "attune/Support/SymbolicExpression.h"

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

/// Dimensions [from, to) of a reshape's input that become dimensions [first, last) of its result.
struct Regrouped {
  size_t from, to, first, last;
};

/// The least groups of dimensions that the reshape keeps apart, each with one extent at least on
/// both sides; nothing where an extent is zero or no expression.
std::optional<SmallVector<Regrouped>> regroup(ArrayAttr before, ArrayAttr after) {
  using Products = SmallVector<attune::SymbolicExpression>;
  auto products = [](ArrayAttr dims) {
    Products result{attune::SymbolicExpression(1)};
    for (Attribute dim : dims) {
      auto integer = dyn_cast<IntegerAttr>(dim);
      auto text = dyn_cast<StringAttr>(dim);
      auto extent = integer ? attune::SymbolicExpression(integer.getInt())
                            : attune::SymbolicExpression::parse(text ? text.getValue() : "")
                                  .value_or(attune::SymbolicExpression::invalid());
      result.push_back(result.back() * extent);
    }
    return result;
  };
  Products in = products(before), out = products(after);
  auto isUsable = [](const attune::SymbolicExpression &product) {
    return product.isValid() && !product.isConstant(0);
  };
  if (in.size() < 2 || out.size() < 2 || !llvm::all_of(in, isUsable) ||
      !llvm::all_of(out, isUsable) || in.back() != out.back())
    return std::nullopt;
  SmallVector<Regrouped> groups;
  for (size_t from = 0, first = 0; from + 1 < in.size() && first + 1 < out.size();) {
    // Both sides end at the last dimension at the latest.
    Regrouped group{from, in.size() - 1, first, out.size() - 1};
    for (size_t to = from + 1; to < in.size() && group.to == in.size() - 1; ++to)
      for (size_t last = first + 1; last < out.size(); ++last)
        if (in[to] == out[last]) {
          group.to = to;
          group.last = last;
          break;
        }
    from = group.to;
    first = group.last;
    groups.push_back(group);
  }
  // Unit dimensions at the end.
  groups.back().to = in.size() - 1;
  groups.back().last = out.size() - 1;
  return groups;
}

/// reshape(transpose(x)) becomes transpose(reshape(x)) where dimensions that the reshape joins or
/// splits are neighbours in x: transposes meet, and cancel.
struct ReshapeBeforeTranspose : OpRewritePattern<ReshapeOp> {
  using OpRewritePattern::OpRewritePattern;
  LogicalResult matchAndRewrite(ReshapeOp op, PatternRewriter &rewriter) const override {
    auto view = op.getInput().getDefiningOp<MapOp>();
    if (!view || !view->hasOneUse() || view.getInputs().size() != 1 ||
        view.getBody().front().getTerminator()->getOperand(0) != view.getBody().getArgument(0))
      return failure();
    AffineMap access = mapsOf(view.getInputMaps())[0];
    ArrayAttr sourceDims = symbolicShape(view.getInputs()[0]);
    std::optional<SmallVector<Regrouped>> groups = regroup(view.getDims(), op.getDims());
    if (!access.isPermutation() || access.isIdentity() || !sourceDims || !groups)
      return failure();
    // Where the view's dimensions lie in the source.
    SmallVector<size_t> place(access.getNumDims());
    for (auto [at, expr] : llvm::enumerate(access.getResults()))
      place[cast<AffineDimExpr>(expr).getPosition()] = at;
    for (const Regrouped &group : *groups)
      for (size_t dim = group.from + 1; dim < group.to; ++dim)
        if (place[dim] != place[dim - 1] + 1)
          return failure();
    llvm::sort(*groups, [&](const Regrouped &a, const Regrouped &b) {
      return place[a.from] < place[b.from];
    });
    SmallVector<Attribute> dims;
    SmallVector<AffineExpr> loops;
    for (const Regrouped &group : *groups)
      for (size_t dim = group.first; dim < group.last; ++dim) {
        dims.push_back(op.getDims()[dim]);
        loops.push_back(rewriter.getAffineDimExpr(dim));
      }
    Type element = cast<RankedTensorType>(op.getType()).getElementType();
    ArrayAttr shape = rewriter.getArrayAttr(dims);
    Value reshaped = ReshapeOp::create(rewriter, op.getLoc(), typeFor(shape, element),
                                       view.getInputs()[0], shape);
    AffineMap order = AffineMap::get(loops.size(), 0, loops, rewriter.getContext());
    auto transposed = MapOp::create(rewriter, view.getLoc(), op.getType(), reshaped, op.getDims(),
                                    rewriter.getAffineMapArrayAttr({order}));
    Block *block = rewriter.createBlock(&transposed.getBody(), {}, element, view.getLoc());
    YieldOp::create(rewriter, view.getLoc(), ValueRange(block->getArgument(0)));
    rewriter.replaceOp(op, transposed);
    return success();
  }
};
} // namespace

void ReshapeOp::getCanonicalizationPatterns(RewritePatternSet &patterns, MLIRContext *context) {
  patterns.add<MergeReshapes, ReshapeBeforeTranspose>(context);
}
