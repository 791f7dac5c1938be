// The attention generators' names.
#pragma once

#include "llvm/ADT/StringRef.h"

namespace attune::cpu {

/// The values of `exec.generator` for attention: blocks of queries, and few queries row by row.
inline constexpr llvm::StringLiteral kAttentionGenerator = "attention";
inline constexpr llvm::StringLiteral kAttentionRowsGenerator = "attention_rows";

} // namespace attune::cpu
