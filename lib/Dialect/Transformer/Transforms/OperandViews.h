// Where the elements that an attention reads come from: through transposes, repeated heads,
// reshapes and slices, which become index maps instead of copies.
#pragma once

#include "attune/Dialect/Transformer/Analysis/ElementExpression.h"
#include "attune/Dialect/Transformer/IR/OperandIndex.h"

namespace attune::transformer {

/// A tensor, where its elements are read, and what they are multiplied with.
struct OperandView {
  mlir::Value tensor;
  ElementIndices at;
  double scale = 1;
};

/// The index map over the attention's loops, or null where the indices are none of those that
/// attention takes (attention.C2, C6) or one of them is no number.
mlir::AffineMap accessMap(const ElementIndices &at, const ElementExpressions &expressions,
                          mlir::RankedTensorType type);

/// Follows `tensor` at `at` through views, slices, and constant scales where `scaled` says so.
/// Gives a tensor that attention can read there and from which fewest copies lead to `tensor`;
/// among those the one furthest from it that is read by one loop per dimension.
std::optional<OperandView> followViews(ElementExpressions &expressions, mlir::Value tensor,
                                       ElementIndices at, bool scaled);

/// `tensor` at `at` with neighbouring dimensions joined that have the parts of one loop, by a
/// reshape; null where there are none.
mlir::Value joinParts(mlir::OpBuilder &builder, const ElementExpressions &expressions,
                      mlir::Value tensor, ElementIndices &at);

/// A dimension as an outer and an inner part: batch and heads that were made one.
struct SplitExtent {
  SymbolicExpression outer, inner;
};

/// Where `tensor` comes from views that joined dimensions to `dim`: the first of them, and the
/// rest. Nothing when no view did.
std::optional<SplitExtent> joinedDimensions(mlir::Value tensor, unsigned dim);

/// A map's result without a constant that the map multiplies it with at last, as the scale of q is
/// after a rotation, also behind views; `scale` takes the constant in.
mlir::Value withoutScale(mlir::OpBuilder &builder, mlir::Value tensor, double &scale,
                         unsigned levels = 4);

/// Follows the views that the operands of `op` are; true when one of them changed.
bool absorbViews(AttentionOp op);

} // namespace attune::transformer
