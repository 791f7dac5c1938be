// A contraction's loops by role: what its generator takes, and how it is cut.
#pragma once

#include "attune/Dialect/Exec/IR/ExecDialect.h"
#include "attune/Dialect/Transformer/IR/TransformerDialect.h"

namespace attune::cpu {

/// The value of `exec.generator` for contractions.
inline constexpr llvm::StringLiteral kContractGenerator = "contract";
inline constexpr int64_t kNoLoop = -1;

/// The loops of a contraction by role, and its operands as buffers. Windows are read through: the
/// maps of their contraction give sums of loops.
struct ContractRoles {
  int64_t n = kNoLoop;          ///< innermost in the result, a loop of `columns`
  llvm::SmallVector<int64_t> m; ///< loops of the result that only `rows` has: one loop over rows
  llvm::SmallVector<int64_t> k; ///< the summed loops, in the order of memory
  llvm::SmallVector<int64_t> batch;
  mlir::Value rows, columns; ///< the operand with m, the operand with n
  mlir::AffineMap rowsMap, columnsMap;
  unsigned columnsOperand = 0; ///< its number among the contraction's
  int64_t panelWidth = 0;      ///< `columns` is packed as `#transformer.panels` of that width
  bool byChannel = false;      ///< `rows` has n, too: vectors times vectors, not times scalars
  bool overWindows = false;    ///< `rows` or `columns` is read through windows

  /// Whether vectors of columns lie in one piece.
  bool adjacentColumns() const;
  /// Whether what is read of `rows` at a time does.
  bool adjacentRows() const;
};

/// The loop that an index map's result is, or kNoLoop for a constant or a sum.
int64_t loopOf(mlir::AffineExpr expr);
/// The kernel argument that a tensor reads, or null.
mlir::Value bufferOf(mlir::Value tensor);
/// The roles; failure when the op has none, or its elements or epilogue do not suit vectors.
mlir::FailureOr<ContractRoles> findContractRoles(transformer::ContractOp op);

} // namespace attune::cpu
