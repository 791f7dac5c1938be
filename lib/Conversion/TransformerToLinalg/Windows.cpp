// windows: a generic over the result that reads the input at computed positions. A contraction
// reads its windows in place (Indexed.cpp) and needs no more than the read of one element.
#include "PopulatePatterns.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"

using namespace mlir;
using namespace attune;

/// Whether a dimension has no border: a loop over all of it, with no zeros in front.
static bool isWhole(transformer::WindowsOp op, unsigned dimension, ArrayAttr inputDims) {
  auto loop = dyn_cast<AffineDimExpr>(op.getMap().getResult(dimension));
  return isZeroInteger(OpFoldResult((*op.getLow())[dimension])) && loop && inputDims &&
         inputDims[dimension] == op.getDims()[loop.getPosition()];
}

FailureOr<Value> attune::readWindow(KernelBuilder &b, transformer::WindowsOp op,
                                    ArrayRef<Value> loops) {
  Value input = op.getInput();
  FailureOr<Sizes> sizes = b.operandSizes(input), low = Sizes();
  if (op.getLow())
    low = b.sizes(*op.getLow());
  if (failed(sizes) || failed(low))
    return failure();
  SmallVector<Value> position;
  Value inside;
  ArrayAttr inputDims = b.operandDims(input);
  for (auto [dimension, expr] : llvm::enumerate(op.getMap().getResults())) {
    Value at = b.constantIndex(0);
    std::optional<SmallVector<int64_t>> factors = transformer::loopFactors(expr, loops.size());
    for (auto [factor, loop] : llvm::zip_equal(*factors, loops))
      if (factor != 0)
        at = b.add(at, b.mul(loop, b.constantIndex(factor)));
    if (!low->empty() && !isWhole(op, dimension, inputDims)) {
      at = b.sub(at, b.index((*low)[dimension]));
      Value holds = b.isWithin(at, (*sizes)[dimension]);
      inside = inside ? arith::AndIOp::create(b, inside, holds).getResult() : holds;
    }
    position.push_back(at);
  }
  if (!inside)
    return tensor::ExtractOp::create(b, input, position).getResult();
  return b.readIf(inside, input, position);
}

namespace {

struct WindowsPattern : OpRewritePattern<transformer::WindowsOp> {
  using OpRewritePattern::OpRewritePattern;

  LogicalResult matchAndRewrite(transformer::WindowsOp op,
                                PatternRewriter &rewriter) const override {
    KernelBuilder b(rewriter, op);
    FailureOr<Sizes> sizes = b.sizes(op.getDims());
    if (failed(sizes))
      return failure();
    Type type = cast<RankedTensorType>(op.getType()).getElementType();
    AffineMap identity = b.getMultiDimIdentityMap(sizes->size());
    bool failedToRead = false;
    Value result = b.generic({}, b.empty(*sizes, type), identity, [&](ValueRange args) {
      FailureOr<Value> element = readWindow(b, op, b.loopIndices(sizes->size()));
      failedToRead = failed(element);
      return failedToRead ? args[0] : *element;
    });
    if (failedToRead)
      return failure();
    replaceResult(rewriter, b, op, result);
    return success();
  }
};

} // namespace

void attune::populateWindowsToLinalgPatterns(RewritePatternSet &patterns) {
  patterns.add<WindowsPattern>(patterns.getContext());
}
