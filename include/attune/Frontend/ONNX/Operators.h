// The operators that a model uses, also of one that cannot be imported.
#pragma once

#include "attune/Frontend/ONNX/Import.h"

#include <string>
#include <vector>

namespace attune::frontend {

/// One operator of a model, its uses in subgraphs and functions included.
struct OperatorUse {
  std::string domain; ///< empty for the standard's
  std::string op;
  int64_t version = -1; ///< that the model imports; -1 when it imports none
  uint64_t count = 0;
  std::vector<std::string> nodes; ///< the first few
};
/// How many nodes of an operator are named.
inline constexpr size_t kNamedNodes = 8;

/// Lists the operators, by domain and name, of a file whose graph can be read, whatever it holds.
/// Calls of the model's functions are none; the nodes in functions count once.
Error listOperators(llvm::StringRef path, const ImportOptions &options,
                    std::vector<OperatorUse> &operators);
/// The same for a model in memory.
Error listOperators(llvm::ArrayRef<uint8_t> bytes, const ImportOptions &options,
                    std::vector<OperatorUse> &operators);

} // namespace attune::frontend
