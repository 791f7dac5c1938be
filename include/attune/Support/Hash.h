// The hash that names weights and checks artefacts: xxh3-64.
#pragma once

#include "llvm/ADT/ArrayRef.h"

#include <cstdint>
#include <string>

namespace attune {

/// The xxh3-64 of `bytes`.
uint64_t hashBytes(llvm::ArrayRef<uint8_t> bytes);

/// A hash as 16 hexadecimal digits, as weight attributes print it.
std::string hashText(uint64_t hash);

} // namespace attune
