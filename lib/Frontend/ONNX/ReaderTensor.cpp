// Tensors: finds where the bytes are, whatever of the eight encodings was used, checks them
// against the shape, and replaces large ones by a reference.
#include "Failure.h"
#include "ReaderState.h"

#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/CheckedArithmetic.h"

#include <cstring>

namespace attune::frontend {

namespace {
/// One TensorProto, without its data.
struct TensorFields {
  llvm::SmallVector<int64_t, 8> dims;
  int64_t dataType = 0;
  std::string name;
  bool external = false;
  bool segmented = false;
  std::string location, offset, length;
  std::optional<llvm::ArrayRef<uint8_t>> raw;
  /// Typed data: its field (0: none, 255: several), entries, and the bytes if in one chunk.
  uint8_t typedField = 0;
  uint64_t entries = 0;
  unsigned chunks = 0;
  llvm::ArrayRef<uint8_t> chunk;
  uint64_t stringBytes = 0;

  std::string label(const ReaderState &state) const {
    return name.empty() ? "the tensor in " + state.place() : "tensor " + quote(name);
  }
};
} // namespace

/// Bytes of one entry on the wire, or 0 for varints.
static unsigned fixedWidth(uint8_t field) {
  return field == FloatData ? 4 : field == DoubleData ? 8 : 0;
}

/// Calls `visit` with each entry of a chunk of typed data; false when the chunk is damaged.
template <typename Visit>
static bool forEachEntry(uint8_t field, llvm::ArrayRef<uint8_t> chunk, Visit visit) {
  if (unsigned width = fixedWidth(field)) {
    if (chunk.size() % width)
      return false;
    for (size_t i = 0; i < chunk.size(); i += width) {
      uint64_t bits = 0;
      std::memcpy(&bits, chunk.data() + i, width);
      visit(bits);
    }
    return true;
  }
  WireCursor cursor(chunk);
  while (!cursor.atEnd()) {
    uint64_t value;
    if (!cursor.readVarint(value))
      return false;
    visit(value);
  }
  return true;
}

static void readExternalEntry(TensorFields &tensor, llvm::ArrayRef<uint8_t> entry) {
  std::string key, value;
  WireCursor cursor(entry);
  while (!cursor.atEnd()) {
    uint32_t number;
    Wire wire;
    llvm::ArrayRef<uint8_t> text;
    if (!cursor.readTag(number, wire) || !cursor.readValue(wire, text))
      fail(ErrorCode::Malformed, "the file is damaged in external_data of a tensor");
    if (wire == Wire::Bytes && number <= 2)
      (number == 1 ? key : value) = llvm::toStringRef(text).str();
  }
  if (key == "location")
    tensor.location = value;
  else if (key == "offset")
    tensor.offset = value;
  else if (key == "length")
    tensor.length = value;
}

static void readDims(ReaderState &state, TensorFields &tensor, Wire wire,
                     llvm::ArrayRef<uint8_t> value) {
  if (wire != Wire::Varint && wire != Wire::Bytes)
    fail(ErrorCode::Malformed, "the file is damaged: dims in " + state.place());
  WireCursor cursor(value);
  while (!cursor.atEnd()) {
    uint64_t dim;
    if (!cursor.readVarint(dim))
      fail(ErrorCode::Malformed, "the file is damaged: dims in " + state.place());
    if (tensor.dims.size() >= state.limits.rank)
      failLimit("a tensor in " + state.place() + " has too many dimensions", state.limits.rank,
                "rank");
    tensor.dims.push_back(static_cast<int64_t>(dim));
  }
}

static void noteTyped(ReaderState &state, TensorFields &tensor, uint8_t field, Wire wire,
                      llvm::ArrayRef<uint8_t> value) {
  if (tensor.typedField != 0 && tensor.typedField != field)
    tensor.typedField = 255;
  else
    tensor.typedField = field;
  if (field == StringData) {
    state.count(state.records, state.limits.records, "names and records", "records");
    ++tensor.entries;
    return;
  }
  unsigned width = fixedWidth(field);
  Wire single = width == 4 ? Wire::Fixed32 : width == 8 ? Wire::Fixed64 : Wire::Varint;
  if ((wire != Wire::Bytes && wire != single) ||
      !forEachEntry(field, value, [&](uint64_t) { ++tensor.entries; }))
    fail(ErrorCode::Malformed, "the file is damaged: data of a tensor in " + state.place());
  if (value.empty())
    return;
  ++tensor.chunks;
  tensor.chunk = value;
}

static TensorFields readFields(ReaderState &state, llvm::ArrayRef<uint8_t> range) {
  TensorFields tensor;
  WireCursor cursor(range);
  while (!cursor.atEnd()) {
    uint32_t number;
    Wire wire;
    llvm::ArrayRef<uint8_t> value;
    if (!cursor.readTag(number, wire) || !cursor.readValue(wire, value))
      state.failAt(cursor, range);
    auto varint = [&] {
      uint64_t result = 0;
      WireCursor(value).readVarint(result);
      return result;
    };
    bool isBytes = wire == Wire::Bytes;
    if (number == Dims)
      readDims(state, tensor, wire, value);
    else if (number == DataType && wire == Wire::Varint)
      tensor.dataType = static_cast<int64_t>(varint());
    else if (number == DataLocation && wire == Wire::Varint)
      tensor.external = varint() == 1;
    else if (number == Name && isBytes)
      tensor.name = llvm::toStringRef(value).str();
    else if (number == RawData && isBytes)
      tensor.raw = value;
    else if (number == ExternalData && isBytes)
      readExternalEntry(tensor, value);
    else if (number == Segment)
      tensor.segmented = true;
    else if (number == FloatData || number == Int32Data || number == Int64Data ||
             number == DoubleData || number == Uint64Data || (number == StringData && isBytes))
      noteTyped(state, tensor, number, wire, value);
    else if (number == DataType || number == DataLocation || number == Name || number == RawData)
      fail(ErrorCode::Malformed, "the file is damaged: a tensor in " + state.place());
  }
  return tensor;
}

/// Elements of a shape, refusing negative sizes and what overflows.
static uint64_t countElements(const ReaderState &state, const TensorFields &tensor) {
  uint64_t count = 1;
  bool empty = false;
  for (int64_t dim : tensor.dims) {
    if (dim < 0)
      fail(ErrorCode::Malformed,
           tensor.label(state) + " has a negative dimension (" + llvm::Twine(dim) + ")");
    empty |= dim == 0;
    auto next = llvm::checkedMulUnsigned(count, static_cast<uint64_t>(std::max<int64_t>(dim, 1)));
    // Bits must fit as well, hence the margin.
    if (!next || *next > (uint64_t{1} << 55))
      fail(ErrorCode::Limit, tensor.label(state) + " has more than 2^55 elements");
    count = *next;
  }
  return empty ? 0 : count;
}

static uint64_t parseNumber(const ReaderState &state, const TensorFields &tensor,
                            llvm::StringRef text, llvm::StringRef what) {
  uint64_t value = 0;
  if (!text.empty() && text.getAsInteger(10, value))
    fail(ErrorCode::Malformed, tensor.label(state) + ": the external data's " + what + " " +
                                   quote(text) + " is not a number");
  return value;
}

/// Typed data in varints, or in several chunks, as raw bytes.
static std::string decode(llvm::ArrayRef<uint8_t> range, uint8_t field, unsigned entryBytes,
                          uint64_t bytes) {
  std::string raw;
  raw.reserve(bytes);
  WireCursor cursor(range);
  while (!cursor.atEnd()) {
    uint32_t number;
    Wire wire;
    llvm::ArrayRef<uint8_t> value;
    if (!cursor.readTag(number, wire) || !cursor.readValue(wire, value))
      break; // readFields has read all of it before
    if (number == field)
      forEachEntry(field, value, [&](uint64_t bits) {
        raw.append(reinterpret_cast<const char *>(&bits), entryBytes);
      });
  }
  return raw;
}

static void checkSize(const ReaderState &state, const TensorFields &tensor, uint64_t have,
                      uint64_t need) {
  if (have == need)
    return;
  std::string shape;
  for (int64_t dim : tensor.dims)
    shape += (shape.empty() ? "" : ", ") + std::to_string(dim);
  fail(ErrorCode::Malformed, tensor.label(state) + " holds " + llvm::Twine(have) +
                                 " bytes of data; its shape [" + shape + "] needs " +
                                 llvm::Twine(need));
}

static Payload externalPayload(const ReaderState &state, const TensorFields &tensor,
                               uint64_t need) {
  Payload payload;
  payload.place = Payload::Place::External;
  if (tensor.raw || tensor.typedField)
    fail(ErrorCode::Malformed, tensor.label(state) + " has data both inside and outside the file");
  if (tensor.location.empty())
    fail(ErrorCode::Malformed, tensor.label(state) + " is external but names no file");
  // One spelling per file, so that equal weights are equal attributes.
  llvm::StringRef location = tensor.location;
  while (location.consume_front("./"))
    ;
  payload.location = location.str();
  payload.offset = parseNumber(state, tensor, tensor.offset, "offset");
  if (!tensor.length.empty())
    checkSize(state, tensor, parseNumber(state, tensor, tensor.length, "length"), need);
  return payload;
}

std::string ReaderState::readTensor(llvm::ArrayRef<uint8_t> range) {
  count(tensors, limits.tensors, "tensors", "tensors");
  TensorFields tensor = readFields(*this, range);
  if (tensor.segmented)
    fail(ErrorCode::Unsupported, tensor.label(*this) + " is stored in segments");

  std::string out;
  for (int64_t dim : tensor.dims)
    appendField(out, Dims, static_cast<uint64_t>(dim));
  appendField(out, DataType, static_cast<uint64_t>(tensor.dataType));
  appendField(out, Name, tensor.name);
  uint64_t elements = countElements(*this, tensor);
  std::optional<ElementStorage> storage = storageOf(tensor.dataType);
  account(out.size());
  if (!storage)
    return out; // the importer names the type and refuses it

  uint64_t need = (elements * storage->bits + 7) / 8;
  Payload payload;
  std::string small;
  bool isSmall = need <= kInlineBytes;
  if (tensor.external) {
    payload = externalPayload(*this, tensor, need);
    isSmall = need == 0;
  } else if (tensor.raw) {
    if (tensor.typedField)
      fail(ErrorCode::Malformed, tensor.label(*this) + " has its data in two fields");
    checkSize(*this, tensor, tensor.raw->size(), need);
    payload.offset = tensor.raw->data() - file.data();
    small = isSmall ? llvm::toStringRef(*tensor.raw).str() : "";
  } else {
    if (tensor.typedField && tensor.typedField != storage->typedField)
      fail(ErrorCode::Malformed, tensor.label(*this) + " has its data in the wrong field");
    // More than one entry may share an element's bytes (complex), or the reverse (4-bit).
    checkSize(*this, tensor, tensor.entries * storage->entryBytes, need);
    if (!isSmall && tensor.chunks == 1 && fixedWidth(tensor.typedField)) {
      payload.offset = tensor.chunk.data() - file.data();
    } else {
      memoryBytes += need;
      if (memoryBytes > limits.constantBytes)
        failLimit("tensors in a variable-length encoding are too large", limits.constantBytes,
                  "constant-bytes");
      std::string raw = decode(range, tensor.typedField, storage->entryBytes, need);
      payload.place = Payload::Place::Memory;
      (isSmall ? small : payload.memory) = std::move(raw);
    }
  }
  if (isSmall) {
    appendField(out, RawData, small);
    account(small.size() + 4);
    return out;
  }
  payload.bytes = need;
  payload.tensor = tensor.name;
  std::string entry;
  appendField(entry, 1, std::string(kPayloadKey));
  appendField(entry, 2, std::to_string(skeleton.payloads.size()));
  appendField(out, ExternalData, entry);
  appendField(out, DataLocation, uint64_t{1});
  account(entry.size() + 8);
  skeleton.payloads.push_back(std::move(payload));
  return out;
}

} // namespace attune::frontend
