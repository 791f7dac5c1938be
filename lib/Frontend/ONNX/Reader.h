// Walks a model file before any library sees it: checks its structure against limits and
// makes a skeleton, the same model with payloads replaced by references.
#pragma once

#include "attune/Frontend/ONNX/Limits.h"

#include "llvm/ADT/ArrayRef.h"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace attune::frontend {

/// Where the bytes of a tensor are, when they are not in the skeleton.
struct Payload {
  enum class Place {
    Model,    ///< at `offset` of the model file
    External, ///< at `offset` of `location`, as the model wrote that name
    Memory,   ///< in `memory`, decoded from a varint encoding
  };
  Place place = Place::Model;
  uint64_t offset = 0;
  uint64_t bytes = 0; ///< always what the tensor's shape and type need
  std::string location;
  std::string memory;
  std::string tensor; ///< the tensor's name, for messages
};

/// The model without payloads, as a serialised ModelProto. A tensor whose bytes are elsewhere
/// has data_location EXTERNAL and one external_data entry: kPayloadKey with an index.
struct Skeleton {
  std::string model;
  std::vector<Payload> payloads;
};

inline constexpr char kPayloadKey[] = "payload";

/// Payloads up to this size stay in the skeleton: shapes, axes and scalars, which shape
/// inference needs to see.
inline constexpr uint64_t kInlineBytes = 1024;

/// Reads a serialised ModelProto; throws Failure. All numeric data in the skeleton is raw_data
/// and has the size that its shape asks for.
Skeleton readSkeleton(llvm::ArrayRef<uint8_t> file, const Limits &limits);

/// What a file that is no ONNX model seems to be ("is empty", "is text, …"), or empty.
std::string describeForeignFile(llvm::ArrayRef<uint8_t> file);

} // namespace attune::frontend
