// Collects the plain lowerings of the transformer dialect.
#include "attune/Conversion/TransformerToLinalg.h"

#include "PopulatePatterns.h"

#include "mlir/Dialect/Tensor/IR/Tensor.h"

using namespace mlir;
using namespace attune;

void attune::replaceResult(PatternRewriter &rewriter, KernelBuilder &b, Operation *op,
                           Value value) {
  Type type = op->getResult(0).getType();
  if (value.getType() != type)
    value = tensor::CastOp::create(b, type, value);
  rewriter.replaceOp(op, value);
}

void attune::populateTransformerToLinalgPatterns(mlir::RewritePatternSet &patterns) {
  populateIndexedToLinalgPatterns(patterns);
  populateNormalizeToLinalgPatterns(patterns);
  populateWindowsToLinalgPatterns(patterns);
  populateShapeToLinalgPatterns(patterns);
  populateCacheAppendToLinalgPatterns(patterns);
}
