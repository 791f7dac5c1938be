// Masks over keys that a graph adds as numbers too small in magnitude, or not proven, to be
// skipped.
#pragma once

#include "attune/Dialect/Transformer/Analysis/ElementExpression.h"

namespace attune::transformer {

/// Whether an addend of the scores depends on batch and key alone and is zero for some keys and at
/// most −1000 for the others: chosen by a condition, or computed from an integer input that is 0
/// or 1, as in (1 − m) · −10000.
bool masksKeys(ElementExpressions &expressions, const ElementNode *addend);

} // namespace attune::transformer
