// cache_append: a generic over the result that reads each row from one of two tensors. Which one
// does not depend on the loops behind the rows, so that whole rows are copied.
#include "PopulatePatterns.h"

#include "mlir/Dialect/Tensor/IR/Tensor.h"

using namespace mlir;
using namespace attune;

namespace {

struct CacheAppendPattern : OpRewritePattern<transformer::CacheAppendOp> {
  using OpRewritePattern::OpRewritePattern;

  LogicalResult matchAndRewrite(transformer::CacheAppendOp op,
                                PatternRewriter &rewriter) const override {
    KernelBuilder b(rewriter, op);
    FailureOr<Sizes> sizes = b.sizes(op.getDims()), past = b.operandSizes(op.getPast()),
                     fresh = b.operandSizes(op.getFresh());
    if (failed(sizes) || failed(past) || failed(fresh))
      return failure();
    uint64_t axis = op.getAxis();
    Value one = b.uniformValue(op.getStart()); // for all sequences
    auto element = [&](ValueRange args) {
      SmallVector<Value> at = b.loopIndices(sizes->size()), inFresh = at;
      inFresh[axis] = b.sub(at[axis], b.toIndex(one ? one : args[0]));
      if (op.getRing())
        inFresh[axis] = b.modulo(inFresh[axis], b.index((*sizes)[axis]));
      return b.branch(
          b.isWithin(inFresh[axis], (*fresh)[axis]),
          [&]() -> Value { return tensor::ExtractOp::create(b, op.getFresh(), inFresh); },
          [&]() -> Value {
            if ((*past)[axis] == (*sizes)[axis])
              return tensor::ExtractOp::create(b, op.getPast(), at);
            return b.readIf(b.isWithin(at[axis], (*past)[axis]), op.getPast(), at);
          });
    };
    Type type = cast<RankedTensorType>(op.getType()).getElementType();
    AffineMap whole = b.getMultiDimIdentityMap(sizes->size());
    SmallVector<AffineMap> maps{whole};
    if (!one)
      maps.insert(maps.begin(), whole.getSubMap({0}));
    Value result = b.generic(one ? ValueRange() : ValueRange(op.getStart()), b.empty(*sizes, type),
                             maps, element);
    replaceResult(rewriter, b, op, result);
    return success();
  }
};

} // namespace

void attune::populateCacheAppendToLinalgPatterns(RewritePatternSet &patterns) {
  patterns.add<CacheAppendPattern>(patterns.getContext());
}
