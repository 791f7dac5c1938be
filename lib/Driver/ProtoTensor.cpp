// A reader of ONNX's TensorProto in protobuf's wire format, bounded by the bytes given. The
// protobuf library stays in the importer; a tensor file needs only a dozen fields.
#include "attune/Driver/TensorFile.h"

#include <cstring>

using namespace attune;
using namespace attune::driver;

namespace {

Error malformed(std::string message) {
  return {ErrorCode::Malformed, "not a valid tensor (.pb): " + std::move(message), "", "", ""};
}

/// Steps through a message's fields.
class WireReader {
public:
  explicit WireReader(std::string_view bytes) : bytes(bytes) {}

  bool done() const { return at == bytes.size(); }
  bool varint(uint64_t &value) {
    value = 0;
    for (unsigned shift = 0; shift < 64; shift += 7) {
      if (at >= bytes.size())
        return false;
      auto byte = static_cast<unsigned char>(bytes[at++]);
      value |= uint64_t(byte & 127) << shift;
      if (byte < 128)
        return true;
    }
    return false;
  }
  bool take(uint64_t count, std::string_view &part) {
    if (count > bytes.size() - at)
      return false;
    part = bytes.substr(at, count);
    at += count;
    return true;
  }
  /// Reads a field of any wire type: a varint into `number`, the others into `part`.
  bool field(unsigned wire, uint64_t &number, std::string_view &part) {
    uint64_t length;
    switch (wire) {
    case 0:
      return varint(number);
    case 1:
      return take(8, part);
    case 2:
      return varint(length) && take(length, part);
    case 5:
      return take(4, part);
    default:
      return false;
    }
  }

private:
  std::string_view bytes;
  size_t at = 0;
};

// Field numbers of TensorProto.
enum Field : unsigned {
  kDims = 1,
  kDataType = 2,
  kSegment = 3,
  kFloatData = 4,
  kInt32Data = 5,
  kStringData = 6,
  kInt64Data = 7,
  kName = 8,
  kRawData = 9,
  kDoubleData = 10,
  kUInt64Data = 11,
  kExternalData = 13,
  kDataLocation = 14,
};

/// What a message held: elements come as raw bytes or in one of the typed lists.
struct Fields {
  std::vector<int64_t> dims;
  int64_t dataType = 0;
  std::string name;
  std::optional<std::string_view> raw;
  std::vector<char> fixed;       ///< float_data and double_data
  std::vector<uint64_t> varints; ///< int32_data, int64_data, uint64_data
  unsigned listField = 0;        ///< which list came
  bool elsewhere = false;        ///< external or segmented data
};

bool readVarints(unsigned wire, uint64_t number, std::string_view part,
                 std::vector<uint64_t> &list) {
  if (wire == 0) {
    list.push_back(number);
    return true;
  }
  WireReader packed(part);
  while (!packed.done()) {
    uint64_t value;
    if (!packed.varint(value))
      return false;
    list.push_back(value);
  }
  return wire == 2;
}

bool readField(unsigned field, unsigned wire, uint64_t number, std::string_view part,
               Fields &fields) {
  std::vector<uint64_t> dims;
  switch (field) {
  case kDims:
    if (!readVarints(wire, number, part, dims))
      return false;
    for (uint64_t dim : dims)
      fields.dims.push_back(int64_t(dim));
    return fields.dims.size() <= 64;
  case kDataType:
    fields.dataType = int64_t(number);
    return wire == 0;
  case kName:
    fields.name = std::string(part);
    return wire == 2;
  case kRawData:
    fields.raw = part;
    return wire == 2;
  case kFloatData:
  case kDoubleData:
    fields.listField = field;
    fields.fixed.insert(fields.fixed.end(), part.begin(), part.end());
    return wire == 2 || wire == (field == kFloatData ? 5u : 1u);
  case kInt32Data:
  case kInt64Data:
  case kUInt64Data:
    fields.listField = field;
    return readVarints(wire, number, part, fields.varints);
  case kSegment:
  case kExternalData:
    fields.elsewhere = true;
    return true;
  case kDataLocation:
    fields.elsewhere |= number == 1;
    return true;
  default:
    return true;
  }
}

/// Which list ONNX uses for a type without raw data.
unsigned listFor(ElementType type) {
  switch (type) {
  case ElementType::Float32:
    return kFloatData;
  case ElementType::Float64:
    return kDoubleData;
  case ElementType::Int64:
    return kInt64Data;
  case ElementType::UInt32:
  case ElementType::UInt64:
    return kUInt64Data;
  default:
    return kInt32Data;
  }
}

} // namespace

Error driver::parseTensorProto(std::string_view bytes, Tensor &tensor) {
  Fields fields;
  WireReader reader(bytes);
  while (!reader.done()) {
    uint64_t key, number = 0;
    std::string_view part;
    if (!reader.varint(key) || !(key >> 3) || !reader.field(key & 7, number, part) ||
        !readField(unsigned(key >> 3), key & 7, number, part, fields))
      return malformed("a field is cut off or has a wrong type");
  }
  if (fields.elsewhere)
    return malformed("its data are outside the file");
  std::optional<ElementType> type = typeFromOnnx(fields.dataType);
  if (!type)
    return fields.dataType == 0
               ? malformed("it names no element type")
               : Error{ErrorCode::Unsupported,
                       "element type " + std::to_string(fields.dataType) + " is not supported", "",
                       "", ""};
  std::optional<uint64_t> expected = byteSize(*type, fields.dims);
  size_t width = runtime::elementBytes(*type);
  uint64_t given =
      fields.raw ? fields.raw->size() : fields.fixed.size() + fields.varints.size() * width;
  if (!expected || given != *expected)
    return malformed("shape " + shapeText(fields.dims) + " of " + runtime::elementName(*type) +
                     " does not fit the " + std::to_string(given) + " bytes of data");
  if (!fields.raw && given && fields.listField != listFor(*type))
    return malformed("its elements are in a list of another type");

  tensor.name = std::move(fields.name);
  tensor.type = *type;
  tensor.shape = std::move(fields.dims);
  if (fields.raw) {
    tensor.data.assign(fields.raw->begin(), fields.raw->end());
  } else if (!fields.fixed.empty()) {
    tensor.data = std::move(fields.fixed);
  } else {
    tensor.data.resize(*expected);
    for (size_t i = 0; i < fields.varints.size(); ++i) // little-endian: the low bytes
      std::memcpy(tensor.data.data() + i * width, &fields.varints[i], width);
  }
  return {};
}
