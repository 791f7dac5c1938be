// The build system says attune's version once, in the root CMakeLists.txt.
#include "attune/Support/Version.h"

#include "llvm/Config/llvm-config.h"

namespace attune {

llvm::StringRef version() { return ATTUNE_VERSION; }

llvm::StringRef llvmVersion() { return LLVM_VERSION_STRING; }

} // namespace attune
