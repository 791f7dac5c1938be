// Inside this folder a failed import is an exception, since the ONNX library throws too;
// importModel turns it into an attune::Error.
#pragma once

#include "attune/Support/Diagnostics.h"
#include "attune/Support/Error.h"

#include "llvm/ADT/Twine.h"

#include <string>

namespace attune::frontend {

/// Why the import stopped.
struct Failure {
  Error error;
};

/// Stops the import. `where` names the node, if there is one.
[[noreturn]] inline void fail(ErrorCode code, const llvm::Twine &message, llvm::StringRef hint = "",
                              NodeName where = {}) {
  throw Failure{{code, message.str(), printable(where.node), printable(where.op), hint.str()}};
}

/// Stops the import because a limit was passed; `flag` raises it.
[[noreturn]] inline void failLimit(const llvm::Twine &what, uint64_t limit, llvm::StringRef flag) {
  fail(ErrorCode::Limit, what + ", over the limit of " + llvm::Twine(limit),
       ("raise --limit-" + flag + " if you trust this file").str());
}

/// A name from the file, quoted for a message.
inline std::string quote(llvm::StringRef name) { return "'" + printable(name) + "'"; }

} // namespace attune::frontend
