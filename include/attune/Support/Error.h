// What can go wrong, as users see it: the exit codes of the command line, the
// status values of the C API, and the error that carries one. No LLVM in here,
// so that the runtime can use it.
#pragma once

#include <string>

namespace attune {

/// Exit codes of the command line; the C API's status values are the same.
enum class ErrorCode : int {
  Ok = 0,
  Differs = 1,     ///< results differ from what was expected
  Usage = 2,       ///< wrong flags, or an input that was not given or does not fit
  Malformed = 3,   ///< malformed model or data, external data missing, short or outside
  Unsupported = 4, ///< a valid model with an operator or type attune does not compile
  FileAccess = 5,  ///< a file that cannot be read or written
  NoDevice = 6,    ///< the device is not available
  Limit = 7,       ///< over a limit
  Internal = 8,    ///< a bug in attune
};

/// One error: what happened, where in the model, and what to do about it.
struct Error {
  ErrorCode code = ErrorCode::Ok;
  std::string message; ///< one sentence
  std::string node;    ///< the ONNX node's name, or empty
  std::string op;      ///< its operator type, or empty
  std::string hint;    ///< the remedy, or empty

  bool failed() const { return code != ErrorCode::Ok; }
};

} // namespace attune
