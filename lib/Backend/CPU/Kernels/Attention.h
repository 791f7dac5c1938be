// The attention generator's name.
#pragma once

#include "llvm/ADT/StringRef.h"

namespace attune::cpu {

/// The value of `exec.generator` for attention.
inline constexpr llvm::StringLiteral kAttentionGenerator = "attention";

} // namespace attune::cpu
