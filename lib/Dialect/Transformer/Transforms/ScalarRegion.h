// What the passes share about scalar regions: reading them, moving them, and clearing up.
#pragma once

#include "attune/Dialect/Transformer/IR/TransformerDialect.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/IR/IRMapping.h"

#include <optional>

namespace attune::transformer {

/// The scalar that the region yields.
mlir::Value yieldedValue(mlir::Region &region);

/// Clones `source` at `builder`, block argument i standing for `arguments[i]`; `index` gives the
/// value of a `transformer.index` (a null function copies them). Returns the yielded scalar.
mlir::Value inlineRegion(mlir::OpBuilder &builder, mlir::Region &source, mlir::ValueRange arguments,
                         llvm::function_ref<mlir::Value(IndexOp)> index);

/// The value of loop `expr` of the enclosing op, or zero.
mlir::Value indexValue(mlir::OpBuilder &builder, mlir::Location loc, mlir::AffineExpr expr);

/// The scalar of a splat constant tensor; null when it is none.
mlir::TypedAttr splatConstant(mlir::Value tensor);

/// Erases ops without users, ONNX nodes included (none has an effect). Returns their number.
unsigned eraseUnused(mlir::func::FuncOp func);

} // namespace attune::transformer
