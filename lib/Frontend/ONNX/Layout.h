// The messages of an ONNX model as the reader knows them, and the storage of its tensors.
#pragma once

#include "Wire.h"

#include <cstdint>
#include <optional>

namespace attune::frontend {

enum class Message : uint8_t {
  Model,
  Graph,
  Node,
  Attribute,
  Tensor,
  SparseTensor,
  Function,
  ValueInfo,
  Type,
  TensorType,
  SequenceType,
  MapType,
  OptionalType,
  OpaqueType,
  Shape,
  Dimension,
  OpsetId,
  None,
};

/// How a field is treated. Fields without a rule (doc strings, metadata, training, unknown
/// ones) are left out of the skeleton.
enum class Treatment : uint8_t {
  One,      ///< a scalar or string
  List,     ///< a repeated scalar or string; scalars may be packed
  OneChild, ///< a message that occurs at most once
  Children, ///< a repeated message
};

struct FieldRule {
  Message message;
  uint8_t number;
  Wire wire;
  Treatment treatment;
  Message child;
  const char *name;
};

/// The rule for a field, or null.
const FieldRule *findRule(Message message, uint32_t number);

/// How elements of an ONNX data type are stored.
struct ElementStorage {
  unsigned bits;       ///< per element, when packed in raw_data
  uint8_t typedField;  ///< the TensorProto field of typed data: float_data, int32_data, …
  unsigned entryBytes; ///< raw bytes that one entry of that field stands for
};

/// Nothing for strings, types that this reader does not know, and UNDEFINED.
std::optional<ElementStorage> storageOf(int64_t dataType);

/// Field numbers of TensorProto.
enum TensorField : uint8_t {
  Dims = 1,
  DataType = 2,
  Segment = 3,
  FloatData = 4,
  Int32Data = 5,
  StringData = 6,
  Int64Data = 7,
  Name = 8,
  RawData = 9,
  DoubleData = 10,
  Uint64Data = 11,
  ExternalData = 13,
  DataLocation = 14,
};

} // namespace attune::frontend
