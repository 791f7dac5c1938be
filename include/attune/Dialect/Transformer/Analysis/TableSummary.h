// What is regular in a table of numbers: bands of one value, slopes, equal diagonals.
#pragma once

#include "mlir/IR/Types.h"
#include "mlir/Support/LLVM.h"
#include "llvm/ADT/BitVector.h"

#include <optional>

namespace attune::transformer {

/// The elements of row r and column c with r + lower ≤ c ≤ r + upper.
struct TableBand {
  std::optional<int64_t> lower, upper;
};

/// One of the values of a table, and the band of the last two dimensions that has it, the others
/// being of extent one; no band when it is none.
struct TableValue {
  double number;
  std::optional<TableBand> band;
};

/// constant + Σ slope · index over all dimensions.
struct TableLine {
  double constant = 0;
  llvm::SmallVector<double> slopes;
};

/// How every plane (the last two dimensions) depends on its column c and its row r.
enum class TablePlanes {
  Other,
  RowByColumn,  ///< constant[r] + slope[r] · c
  ByColumn,     ///< constant + slope · c
  ByDifference, ///< constant + slope · (c − r)
};

struct TableSummary {
  llvm::SmallVector<TableValue, 2> values; ///< all, where there are at most two; else empty
  std::optional<TableLine> line;
  TablePlanes planes = TablePlanes::Other; ///< each with a constant and a slope of its own
  bool hasEqualDiagonals = false;          ///< in every plane
  double largest = 0;                      ///< the largest magnitude; infinity beside a NaN
};

/// What a computed number may be off by, as a part of it: some roundings of its type.
double roundingOf(mlir::Type element);

/// Makes a summary of numbers that come one by one, in row-major order.
class TableScan {
public:
  explicit TableScan(llvm::ArrayRef<int64_t> shape);
  void take(double number);
  /// After the last number; `element` says how exact they are.
  TableSummary finish(mlir::Type element) const;

private:
  void takeValue(double number);
  void takeDiagonal(double number);
  std::optional<TableBand> bandOf(bool first) const;
  std::optional<TableLine> line(double tolerance) const;
  TablePlanes planes(double tolerance) const;

  llvm::ArrayRef<int64_t> shape;
  int64_t count = 1, rows = 1, columns = 1;
  int64_t taken = 0;
  llvm::SmallVector<double, 2> values; ///< the first two
  bool hasMore = false;                ///< there are more than these
  llvm::BitVector isFirst;             ///< where the first value is
  bool isDiagonal = true;
  double largest = 0;
  llvm::SmallVector<double> above, current; ///< the row before, and what there is of this one
  llvm::SmallVector<double> numbers;        ///< all of them, where they are few enough
};

} // namespace attune::transformer
