// From ONNX form to graph form.
#pragma once

#include "attune/Conversion/Passes.h"

#include "llvm/ADT/StringRef.h"

namespace attune {

/// What attune makes of an operator.
struct OperatorSupport {
  bool supported = false;
  /// Where another opset of it is supported, the oldest such; else 0.
  int oldestOpset = 0;
};
/// Looks an operator up in the converter's table; `domain` may be "" or "ai.onnx".
OperatorSupport operatorSupport(llvm::StringRef domain, llvm::StringRef opType, int64_t opset);

} // namespace attune
