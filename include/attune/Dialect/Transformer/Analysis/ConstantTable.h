// Constants and weights as tables of numbers, of which a mask or a bias may be a part.
#pragma once

#include "attune/Dialect/Transformer/Analysis/ElementExpression.h"
#include "attune/Dialect/Transformer/Analysis/TableSummary.h"

#include "llvm/ADT/DenseMap.h"

#include <map>
#include <memory>
#include <optional>
#include <tuple>
#include <vector>

namespace attune::transformer {

/// The constant tensor of which `node` is an element, through views and slices that begin at
/// known places, and where it is read there; nothing for anything else.
struct TableElement {
  mlir::Value tensor;
  ElementIndices at;
};
std::optional<TableElement> asTableElement(ElementExpressions &expressions,
                                           const ElementNode *node);

/// Reads tables, each once, as layers share them.
class ConstantTables {
public:
  /// What is regular in the table; nothing when it is no table of at most 2^24 numbers, when its
  /// file cannot be read or has changed, or when too much was read already.
  const TableSummary *summary(mlir::Value table);

  /// The first column (index of the last dimension) that has the numbers of `column`; nothing when
  /// the table cannot be read.
  std::optional<int64_t> firstEqualColumn(mlir::Value table, int64_t column);

  /// A column of a table.
  struct Column {
    mlir::Value table;
    int64_t index;
  };
  /// Whether two columns are, row by row, multiples of cosine and sine of angles that differ.
  bool isCircle(const Column &a, const Column &b);

private:
  llvm::ArrayRef<float> numbers(mlir::Value table);
  bool mayRead(mlir::Value table);

  llvm::DenseMap<mlir::Attribute, std::unique_ptr<TableSummary>> known;
  llvm::DenseMap<mlir::Attribute, std::vector<float>> kept;
  std::map<std::pair<const void *, int64_t>, int64_t> equal;
  std::map<std::tuple<const void *, int64_t, const void *, int64_t>, bool> circles;
  int64_t left = int64_t(1) << 28;     ///< how many numbers may still be read
  int64_t leftKept = int64_t(1) << 24; ///< how many may still be kept
};

/// Whether a number marks a live key; nothing when it is neither.
using IsLiveNumber = llvm::function_ref<std::optional<bool>(double)>;
/// The band that the live values of a table have; nothing when it is none.
std::optional<TableBand> bandOfTable(const TableSummary &table, IsLiveNumber isLive);

} // namespace attune::transformer
