// What this build is, for `--version` and for artefacts.
#pragma once

#include "llvm/ADT/StringRef.h"

namespace attune {

/// attune's own version, "major.minor.patch".
llvm::StringRef version();

/// The LLVM that was linked.
llvm::StringRef llvmVersion();

} // namespace attune
