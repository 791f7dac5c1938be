// The patterns of this folder, by op family, and what the families share.
#pragma once

#include "attune/Conversion/KernelBuilder.h"
#include "attune/Dialect/Transformer/IR/TransformerDialect.h"
#include "mlir/IR/PatternMatch.h"

namespace attune {

/// map, reduce, contract.
void populateIndexedToLinalgPatterns(mlir::RewritePatternSet &patterns);
/// softmax, norm.
void populateNormalizeToLinalgPatterns(mlir::RewritePatternSet &patterns);
/// windows that are not read in place.
void populateWindowsToLinalgPatterns(mlir::RewritePatternSet &patterns);
/// cache_append.
void populateCacheAppendToLinalgPatterns(mlir::RewritePatternSet &patterns);
/// shape.
void populateShapeToLinalgPatterns(mlir::RewritePatternSet &patterns);

/// Replaces `op` by `value`: symbolic and actual types agree but for what canonicalisation learned.
void replaceResult(mlir::PatternRewriter &rewriter, KernelBuilder &b, mlir::Operation *op,
                   mlir::Value value);

/// Emits the ops of a scalar region with `args` for its block arguments; `loopIndex` gives
/// the value of transformer.index. Returns what the region yields.
mlir::Value inlineScalarRegion(KernelBuilder &b, mlir::Region &region, mlir::ValueRange args,
                               llvm::function_ref<mlir::Value(int64_t)> loopIndex);

/// The element of `op`'s result at `loops`: of its input, or zero in the border.
mlir::FailureOr<mlir::Value> readWindow(KernelBuilder &b, transformer::WindowsOp op,
                                        llvm::ArrayRef<mlir::Value> loops);

/// The value that leaves `kind` unchanged: 0, 1, −inf or the lowest integer, +inf or the
/// highest. Integers are signed, but for i1.
mlir::TypedAttr neutralElement(mlir::OpBuilder &b, transformer::ReductionKind kind,
                               mlir::Type type);

/// One step of a reduction. Maximum and minimum of floats propagate NaN.
mlir::Value combine(KernelBuilder &b, transformer::ReductionKind kind, mlir::Value a,
                    mlir::Value c);

} // namespace attune
