// A contraction's loops by role: what its generator takes, and how it is cut.
#pragma once

#include "attune/Dialect/Exec/IR/ExecDialect.h"
#include "attune/Dialect/Transformer/IR/TransformerDialect.h"

namespace attune::cpu {

/// The value of `exec.generator` for contractions.
inline constexpr llvm::StringLiteral kContractGenerator = "contract";
inline constexpr int64_t kNoLoop = -1;

/// The loops of a contraction by role, and its operands as buffers.
struct ContractRoles {
  int64_t n = kNoLoop; ///< innermost in the result, a loop of `columns` and not of `rows`
  int64_t m = kNoLoop; ///< a loop of the result that `columns` does not have, or none
  int64_t k = kNoLoop; ///< the summed loop
  llvm::SmallVector<int64_t> batch;
  mlir::Value rows, columns; ///< the operand with m, the operand with n
  mlir::AffineMap rowsMap, columnsMap;
  unsigned columnsOperand = 0; ///< its number among the contraction's
  int64_t panelWidth = 0;      ///< `columns` is packed as `#transformer.panels` of that width

  /// Whether vectors of columns lie in one piece.
  bool adjacentColumns() const;
};

/// The loop that an index map's result is, or kNoLoop for a constant.
int64_t loopOf(mlir::AffineExpr expr);
/// The kernel argument that a tensor reads, or null.
mlir::Value bufferOf(mlir::Value tensor);
/// The roles; failure when the op has none, or its elements or epilogue do not suit vectors.
mlir::FailureOr<ContractRoles> findContractRoles(transformer::ContractOp op);

} // namespace attune::cpu
