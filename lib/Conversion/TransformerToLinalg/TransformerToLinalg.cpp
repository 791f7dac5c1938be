// Collects the plain lowerings of the transformer dialect.
#include "attune/Conversion/TransformerToLinalg.h"

#include "PopulatePatterns.h"

void attune::populateTransformerToLinalgPatterns(mlir::RewritePatternSet &patterns) {
  populateIndexedToLinalgPatterns(patterns);
  populateNormalizeToLinalgPatterns(patterns);
  populateWindowsToLinalgPatterns(patterns);
  populateShapeToLinalgPatterns(patterns);
  populateCacheAppendToLinalgPatterns(patterns);
}
