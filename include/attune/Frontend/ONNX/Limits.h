// What a model file may ask for before attune refuses it. Files are hostile: every bound is
// checked before memory or time is spent.
#pragma once

#include <cstdint>

namespace attune::frontend {

/// Limits of reading; the driver sets each from the flag named beside it.
struct Limits {
  uint64_t fileBytes = uint64_t{256} << 30; ///< --limit-file-bytes: one file, model or weights
  /// --limit-skeleton-bytes: the graph without its tensors' payloads, also after inlining
  uint64_t skeletonBytes = uint64_t{256} << 20;
  /// --limit-constant-bytes: tensors that are kept in memory instead of by reference
  uint64_t constantBytes = uint64_t{512} << 20;
  uint64_t nodes = 250'000;     ///< --limit-nodes: operators, also after inlining
  uint64_t tensors = 250'000;   ///< --limit-tensors: initializers and tensor attributes
  uint64_t records = 8'000'000; ///< --limit-records: messages and names of any kind
  uint64_t depth = 64;          ///< --limit-depth: messages inside messages (at most 1000)
  uint64_t rank = 64;           ///< --limit-rank: dimensions of one tensor
};

} // namespace attune::frontend
