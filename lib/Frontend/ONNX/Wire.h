// The protobuf wire format, read from a range of bytes and written to a string. Reading never
// leaves the range and never allocates.
#pragma once

#include "llvm/ADT/ArrayRef.h"

#include <cstdint>
#include <string>

namespace attune::frontend {

/// How a field's value is laid out; groups (3 and 4) do not occur in ONNX.
enum class Wire : uint8_t { Varint = 0, Fixed64 = 1, Bytes = 2, Fixed32 = 5 };

/// A position in a range of bytes.
class WireCursor {
public:
  explicit WireCursor(llvm::ArrayRef<uint8_t> range) : range(range) {}

  bool atEnd() const { return position == range.size(); }
  size_t offset() const { return position; }

  /// How the last read went wrong.
  enum class Problem { None, Truncated, Corrupt };
  Problem problem() const { return what; }

  /// Each returns false, with `problem` set, when the range does not hold such a value.
  bool readVarint(uint64_t &value);
  bool readTag(uint32_t &field, Wire &wire);
  bool readBytes(llvm::ArrayRef<uint8_t> &value);
  bool readFixed(unsigned width, llvm::ArrayRef<uint8_t> &value);
  /// The bytes of a value of any layout, without tag and length.
  bool readValue(Wire wire, llvm::ArrayRef<uint8_t> &value);

private:
  bool fail(Problem problem) {
    what = problem;
    return false;
  }

  llvm::ArrayRef<uint8_t> range;
  size_t position = 0;
  Problem what = Problem::None;
};

/// Appends to a message.
void appendVarint(std::string &out, uint64_t value);
void appendTag(std::string &out, uint32_t field, Wire wire);
/// A field of layout Bytes.
void appendField(std::string &out, uint32_t field, llvm::ArrayRef<uint8_t> value);
void appendField(std::string &out, uint32_t field, const std::string &value);
/// A field of layout Varint.
void appendField(std::string &out, uint32_t field, uint64_t value);

} // namespace attune::frontend
