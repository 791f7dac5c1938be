// How attention's index maps read an operand: each position is an offset plus terms, where a term
// is a multiple of a loop or of a digit of one. Heads that share keys, and slices of joined
// dimensions, are read so where they lie.
#pragma once

#include "mlir/IR/AffineMap.h"
#include "mlir/IR/BuiltinAttributes.h"
#include "llvm/ADT/SmallVector.h"

#include <optional>

namespace attune::transformer {

/// stride · ((loop floordiv divisor) mod modulus); with modulus 0 the quotient as it is.
struct IndexTerm {
  unsigned loop = 0;
  int64_t stride = 1, divisor = 1, modulus = 0;
};

/// offset + Σ terms; all numbers are positive, the offset may be zero.
struct OperandIndex {
  llvm::SmallVector<IndexTerm, 2> terms;
  int64_t offset = 0;

  /// The loop that this is; nothing when it is anything else.
  std::optional<unsigned> plainLoop() const;
  /// True when it grows by one with `loop`, whatever the other loops are.
  bool isAdjacentIn(unsigned loop) const;
};

/// The index that an affine expression is; nothing when it is none.
std::optional<OperandIndex> parseOperandIndex(mlir::AffineExpr expr);

/// Whether each result of `map` is an index, and each loop is in one result at most.
bool isOperandMap(mlir::AffineMap map);

/// Whether `map` stays inside a tensor of `shape` when the loops have the extents `dims`: numbers
/// keep each index below the dimension, and a loop whose extent is no number is a dimension alone,
/// or bounded by a modulus. Divisors and moduli divide the extents that are numbers.
bool staysInside(mlir::AffineMap map, mlir::ArrayAttr dims, llvm::ArrayRef<int64_t> shape);

} // namespace attune::transformer
