// Which ONNX node an expression came from, for remarks about it.
#pragma once

#include "attune/Dialect/Transformer/Analysis/ElementExpression.h"

#include <optional>
#include <string>

namespace attune::transformer {

/// The location of what computes the element; nothing for inputs and bare constants.
std::optional<mlir::Location> originOf(const ElementNode *node);
/// In words: "Mul", "the input 'mask'", "a constant", "an index".
std::string describe(const ElementNode *node);
/// The same for a tensor.
std::string describe(mlir::Value tensor);

} // namespace attune::transformer
