// The log-sum-exp of an attention as reductions and a map.
#pragma once

#include "attune/Dialect/Transformer/IR/TransformerDialect.h"

namespace attune::transformer {

/// What `op` gives as its log-sum-exp, from its scores [batch, head, query, key], where dead ones
/// are −∞ or finite. `liveRows` [batch, head, query] is zero where a query has no live key;
/// null when each has one, or has no dead key.
mlir::Value logSumExp(mlir::OpBuilder &builder, AttentionOp op, mlir::Value scores,
                      mlir::Value liveRows);

} // namespace attune::transformer
