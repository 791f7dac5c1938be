// Overlong varints, lengths past the end and unknown layouts are all errors here, so that
// nothing after this file has to think of them.
#include "Wire.h"

namespace attune::frontend {

bool WireCursor::readVarint(uint64_t &value) {
  value = 0;
  for (unsigned shift = 0; shift < 64; shift += 7) {
    if (position == range.size())
      return fail(Problem::Truncated);
    uint8_t byte = range[position++];
    if (shift == 63 && byte > 1)
      return fail(Problem::Corrupt);
    value |= static_cast<uint64_t>(byte & 0x7f) << shift;
    if ((byte & 0x80) == 0)
      return true;
  }
  return fail(Problem::Corrupt);
}

bool WireCursor::readTag(uint32_t &field, Wire &wire) {
  uint64_t tag;
  if (!readVarint(tag))
    return false;
  field = static_cast<uint32_t>(tag >> 3);
  unsigned layout = tag & 7;
  if ((tag >> 3) == 0 || (tag >> 3) > 0x1fffffff || layout == 3 || layout == 4 || layout > 5)
    return fail(Problem::Corrupt);
  wire = static_cast<Wire>(layout);
  return true;
}

bool WireCursor::readBytes(llvm::ArrayRef<uint8_t> &value) {
  uint64_t length;
  if (!readVarint(length))
    return false;
  if (length > range.size() - position)
    return fail(Problem::Truncated);
  value = range.slice(position, length);
  position += length;
  return true;
}

bool WireCursor::readFixed(unsigned width, llvm::ArrayRef<uint8_t> &value) {
  if (width > range.size() - position)
    return fail(Problem::Truncated);
  value = range.slice(position, width);
  position += width;
  return true;
}

bool WireCursor::readValue(Wire wire, llvm::ArrayRef<uint8_t> &value) {
  switch (wire) {
  case Wire::Varint: {
    size_t start = position;
    uint64_t ignored;
    if (!readVarint(ignored))
      return false;
    value = range.slice(start, position - start);
    return true;
  }
  case Wire::Fixed64:
    return readFixed(8, value);
  case Wire::Bytes:
    return readBytes(value);
  case Wire::Fixed32:
    return readFixed(4, value);
  }
  return fail(Problem::Corrupt);
}

void appendVarint(std::string &out, uint64_t value) {
  for (; value >= 0x80; value >>= 7)
    out.push_back(static_cast<char>(value | 0x80));
  out.push_back(static_cast<char>(value));
}

void appendTag(std::string &out, uint32_t field, Wire wire) {
  appendVarint(out, static_cast<uint64_t>(field) << 3 | static_cast<uint64_t>(wire));
}

void appendField(std::string &out, uint32_t field, llvm::ArrayRef<uint8_t> value) {
  appendTag(out, field, Wire::Bytes);
  appendVarint(out, value.size());
  out.append(reinterpret_cast<const char *>(value.data()), value.size());
}

void appendField(std::string &out, uint32_t field, const std::string &value) {
  appendTag(out, field, Wire::Bytes);
  appendVarint(out, value.size());
  out += value;
}

void appendField(std::string &out, uint32_t field, uint64_t value) {
  appendTag(out, field, Wire::Varint);
  appendVarint(out, value);
}

} // namespace attune::frontend
