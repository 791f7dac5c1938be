// A thin layer, so that one place says which hash attune uses.
#include "attune/Support/Hash.h"

#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/xxhash.h"

namespace attune {

uint64_t hashBytes(llvm::ArrayRef<uint8_t> bytes) { return llvm::xxh3_64bits(bytes); }

std::string hashText(uint64_t hash) {
  return llvm::utohexstr(hash, /*LowerCase=*/true, /*Width=*/16);
}

} // namespace attune
