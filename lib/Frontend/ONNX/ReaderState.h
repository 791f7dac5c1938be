// What one walk over a file carries along.
#pragma once

#include "Layout.h"
#include "Reader.h"

#include "llvm/ADT/StringRef.h"

#include <vector>

namespace attune::frontend {

struct ReaderState {
  llvm::ArrayRef<uint8_t> file;
  const Limits &limits;
  Skeleton skeleton = {};
  std::vector<const char *> path = {}; ///< field names from the model to here
  uint64_t records = 0;
  uint64_t nodes = 0;
  uint64_t tensors = 0;
  uint64_t graphs = 0;
  uint64_t skeletonBytes = 0;
  uint64_t memoryBytes = 0; ///< in payloads of place Memory

  /// The skeleton of one message.
  std::string readMessage(Message message, llvm::ArrayRef<uint8_t> range);
  /// The skeleton of a TensorProto; its payload may go to `skeleton.payloads`.
  std::string readTensor(llvm::ArrayRef<uint8_t> range);

  bool sawGraph() const { return graphs > 0; }
  /// "graph.node.attribute.t"
  std::string place() const;
  void count(uint64_t &counter, uint64_t limit, llvm::StringRef what, llvm::StringRef flag);
  /// Counts bytes of the skeleton.
  void account(uint64_t bytes);
  [[noreturn]] void failAt(const WireCursor &cursor, llvm::ArrayRef<uint8_t> range);
};

} // namespace attune::frontend
