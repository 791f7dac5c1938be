// Constants and weights as tables of numbers, of which a mask or a bias may be a part.
#pragma once

#include "attune/Dialect/Transformer/Analysis/ElementExpression.h"
#include "attune/Dialect/Transformer/Analysis/TableSummary.h"

#include "llvm/ADT/DenseMap.h"

#include <memory>
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

/// Reads tables, each once, as layers share them.
class ConstantTables {
public:
  /// What is regular in the table; nothing when it is no table of at most 2^24 numbers, when its
  /// file cannot be read or has changed, or when too much was read already.
  const TableSummary *summary(mlir::Value table);

private:
  llvm::DenseMap<mlir::Attribute, std::unique_ptr<TableSummary>> known;
  int64_t left = int64_t(1) << 28; ///< how many numbers may still be read
};

/// Whether a number marks a live key; nothing when it is neither.
using IsLiveNumber = llvm::function_ref<std::optional<bool>(double)>;
/// The band that the live values of a table have; nothing when it is none.
std::optional<TableBand> bandOfTable(const TableSummary &table, IsLiveNumber isLive);

} // namespace attune::transformer
