// Evaluates the text of a dimension, "min(512, seq)" or "(seq + 3) floordiv 4", for the values
// of the symbols. The grammar is what the compiler prints; the runtime only evaluates it.
#pragma once

#include <cstdint>
#include <string_view>

namespace attune::runtime {

/// How an evaluation ended.
enum class DimStatus {
  Ok,
  Malformed, ///< not in the grammar, or an unknown symbol
  Overflow,  ///< a value beyond 64 bits, or a division by zero
};

/// Gives the value of a symbol; false when there is none of that name.
using SymbolLookup = bool (*)(const void *context, std::string_view name, int64_t &value);

/// Evaluates `text`. Operators: +, -, *, floordiv, ceildiv, mod, min(…), max(…), parentheses.
DimStatus evaluateDim(std::string_view text, SymbolLookup lookup, const void *context,
                      int64_t &value);

} // namespace attune::runtime
