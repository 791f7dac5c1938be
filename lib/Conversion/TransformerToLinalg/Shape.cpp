// shape: a few sizes, written one by one; inserts bufferise to stores into the destination,
// where tensor.from_elements would allocate.
#include "PopulatePatterns.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"

using namespace mlir;
using namespace attune;

namespace {

struct ShapePattern : OpRewritePattern<transformer::ShapeOp> {
  using OpRewritePattern::OpRewritePattern;

  LogicalResult matchAndRewrite(transformer::ShapeOp op, PatternRewriter &rewriter) const override {
    KernelBuilder b(rewriter, op);
    FailureOr<Sizes> elements = b.sizes(op.getElements());
    if (failed(elements))
      return failure();
    auto type = cast<RankedTensorType>(op.getResult().getType());
    Value result = tensor::EmptyOp::create(b, type.getShape(), type.getElementType());
    for (auto [i, element] : llvm::enumerate(*elements)) {
      SmallVector<Value> position(type.getRank());
      for (int64_t d = type.getRank(), rest = i; d-- > 0; rest /= type.getDimSize(d))
        position[d] = b.constantIndex(rest % type.getDimSize(d));
      Value value = b.fromIndex(b.index(element), type.getElementType());
      result = tensor::InsertOp::create(b, value, result, position);
    }
    rewriter.replaceOp(op, result);
    return success();
  }
};

} // namespace

void attune::populateShapeToLinalgPatterns(RewritePatternSet &patterns) {
  patterns.add<ShapePattern>(patterns.getContext());
}
