// Constants and weights as tables of numbers, of which a mask or a bias may be a part.
#pragma once

#include "attune/Dialect/Transformer/Analysis/ElementExpression.h"

#include <optional>

namespace attune::transformer {

/// The constant tensor of which `node` is an element, through views and slices that begin at
/// known places, and where it is read there; nothing for anything else.
struct TableElement {
  mlir::Value tensor;
  ElementIndices at;
};
std::optional<TableElement> asTableElement(ElementExpressions &expressions,
                                           const ElementNode *node);

/// Visits the numbers of a constant or a weight in row-major order until `visit` gives false.
/// False when it stopped, when the tensor is no table of at most 2^24 numbers, or when its file
/// cannot be read or has changed.
bool forEachNumber(mlir::Value table, llvm::function_ref<bool(double)> visit);

/// Whether a number marks a live key; nothing when it is neither.
using IsLiveNumber = llvm::function_ref<std::optional<bool>(double)>;

/// Which elements of a table live: those of row r and column c with r + lower ≤ c ≤ r + upper.
struct TableBand {
  std::optional<int64_t> lower, upper;
};
/// The band of the last two dimensions, the others being of extent one; nothing when it is none.
std::optional<TableBand> bandOfTable(mlir::Value table, IsLiveNumber isLive);

} // namespace attune::transformer
