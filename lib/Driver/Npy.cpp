// The .npy format: a magic, a version, a header that is a Python dict literal, then elements.
#include "attune/Driver/TensorFile.h"

#include <cstring>

using namespace attune;
using namespace attune::driver;

namespace {

Error malformed(std::string message) {
  return {ErrorCode::Malformed, "not a valid .npy file: " + std::move(message), "", "", ""};
}

struct Header {
  std::string descr;
  bool fortran = false;
  std::vector<int64_t> shape;
};

/// A cursor over the header's dict; every step is bounded by the text.
class HeaderParser {
public:
  explicit HeaderParser(std::string_view text) : text(text) {}

  bool parse(Header &header) {
    unsigned seen = 0;
    if (!eat('{'))
      return false;
    while (!eat('}')) {
      std::string key;
      if (!string(key) || !eat(':'))
        return false;
      bool ok;
      unsigned bit;
      if (key == "descr")
        ok = string(header.descr), bit = 1;
      else if (key == "fortran_order")
        ok = boolean(header.fortran), bit = 2;
      else if (key == "shape")
        ok = tuple(header.shape), bit = 4;
      else
        return false;
      if (!ok || (seen & bit))
        return false;
      seen |= bit;
      if (!eat(',') && !(skip(), at < text.size() && text[at] == '}'))
        return false;
    }
    skip();
    return seen == 7 && at == text.size();
  }

private:
  void skip() {
    while (at < text.size() && (text[at] == ' ' || text[at] == '\n' || text[at] == '\t'))
      ++at;
  }
  bool eat(char wanted) {
    skip();
    if (at >= text.size() || text[at] != wanted)
      return false;
    ++at;
    return true;
  }
  bool string(std::string &value) {
    skip();
    if (at >= text.size() || (text[at] != '\'' && text[at] != '"'))
      return false;
    size_t end = text.find(text[at], at + 1);
    if (end == std::string_view::npos)
      return false;
    value = std::string(text.substr(at + 1, end - at - 1));
    at = end + 1;
    return true;
  }
  bool word(std::string_view wanted) {
    skip();
    if (text.substr(at, wanted.size()) != wanted)
      return false;
    at += wanted.size();
    return true;
  }
  bool boolean(bool &value) {
    value = word("True");
    return value || word("False");
  }
  bool tuple(std::vector<int64_t> &dims) {
    if (!eat('('))
      return false;
    while (!eat(')')) {
      skip();
      size_t start = at;
      int64_t value = 0;
      for (; at < text.size() && text[at] >= '0' && text[at] <= '9'; ++at)
        if (__builtin_mul_overflow(value, 10, &value) ||
            __builtin_add_overflow(value, text[at] - '0', &value))
          return false;
      if (at == start || dims.size() >= 64)
        return false;
      dims.push_back(value);
      if (at < text.size() && text[at] == 'L') // Python 2 wrote long integers so
        ++at;
      if (!eat(',') && !(skip(), at < text.size() && text[at] == ')'))
        return false;
    }
    return true;
  }

  std::string_view text;
  size_t at = 0;
};

struct Name {
  std::string_view descr;
  ElementType type;
};
// The first spelling of a type is the one written.
constexpr Name kNames[] = {{"<f4", ElementType::Float32},      {"<f8", ElementType::Float64},
                           {"<f2", ElementType::Float16},      {"<i8", ElementType::Int64},
                           {"<i4", ElementType::Int32},        {"<i2", ElementType::Int16},
                           {"|i1", ElementType::Int8},         {"|u1", ElementType::UInt8},
                           {"<u2", ElementType::UInt16},       {"<u4", ElementType::UInt32},
                           {"<u8", ElementType::UInt64},       {"|b1", ElementType::Bool},
                           {"<V2", ElementType::BFloat16},     {"|V2", ElementType::BFloat16},
                           {"<i1", ElementType::Int8},         {"<u1", ElementType::UInt8},
                           {"bfloat16", ElementType::BFloat16}};

/// Turns column-major elements into row-major ones.
void turn(Tensor &tensor) {
  size_t width = runtime::elementBytes(tensor.type);
  std::vector<char> rows(tensor.data.size());
  std::vector<int64_t> index(tensor.shape.size(), 0);
  int64_t count = tensor.size();
  for (int64_t to = 0; to < count; ++to) {
    int64_t from = 0, stride = 1;
    for (size_t d = 0; d < index.size(); ++d) {
      from += index[d] * stride;
      stride *= tensor.shape[d];
    }
    std::memcpy(rows.data() + to * int64_t(width), tensor.data.data() + from * int64_t(width),
                width);
    for (size_t d = index.size(); d-- > 0;) {
      if (++index[d] < tensor.shape[d])
        break;
      index[d] = 0;
    }
  }
  tensor.data = std::move(rows);
}

} // namespace

Error driver::parseNpy(std::string_view bytes, Tensor &tensor) {
  if (bytes.size() < 10 || bytes.substr(0, 6) != std::string_view("\x93NUMPY", 6))
    return malformed("it does not start with NumPy's magic");
  int major = static_cast<unsigned char>(bytes[6]);
  if (major < 1 || major > 3)
    return malformed("version " + std::to_string(major) + " is not known");
  uint32_t headerBytes = 0;
  size_t lengthBytes = major == 1 ? 2 : 4;
  if (bytes.size() < 8 + lengthBytes)
    return malformed("the header is cut off");
  std::memcpy(&headerBytes, bytes.data() + 8, lengthBytes);
  size_t start = 8 + lengthBytes;
  if (headerBytes > bytes.size() - start)
    return malformed("the header is cut off");

  Header header;
  if (!HeaderParser(bytes.substr(start, headerBytes)).parse(header))
    return malformed("the header is not a dict of descr, fortran_order and shape");
  if (!header.descr.empty() && header.descr[0] == '>')
    return malformed("big-endian data ('" + header.descr + "') is not read");
  const Name *found = nullptr;
  for (const Name &name : kNames)
    if (name.descr == header.descr)
      found = &name;
  if (!found)
    return {ErrorCode::Unsupported, "element type '" + header.descr + "' is not supported", "", "",
            ""};
  std::optional<uint64_t> expected = byteSize(found->type, header.shape);
  std::string_view payload = bytes.substr(start + headerBytes);
  if (!expected || *expected != payload.size())
    return malformed("shape " + shapeText(header.shape) + " of " +
                     runtime::elementName(found->type) + " does not fit the " +
                     std::to_string(payload.size()) + " bytes of data");
  tensor.type = found->type;
  tensor.shape = std::move(header.shape);
  tensor.data.assign(payload.begin(), payload.end());
  if (header.fortran)
    turn(tensor);
  return {};
}

std::string driver::formatNpy(const Tensor &tensor) {
  std::string descr;
  for (const Name &name : kNames)
    if (name.type == tensor.type) {
      descr = std::string(name.descr);
      break;
    }
  std::string header = "{'descr': '" + descr + "', 'fortran_order': False, 'shape': (";
  for (int64_t dim : tensor.shape)
    header += std::to_string(dim) + ", ";
  if (tensor.shape.size() > 1)
    header.resize(header.size() - 2);
  else if (!tensor.shape.empty())
    header.pop_back();
  header += "), }";
  // NumPy pads with blanks so that the elements start at a multiple of 64.
  size_t total = (10 + header.size() + 1 + 63) / 64 * 64;
  header.append(total - 10 - header.size() - 1, ' ');
  header += '\n';
  std::string file("\x93NUMPY\x01\x00", 8);
  file += char(header.size() & 255);
  file += char(header.size() >> 8);
  file += header;
  file.append(tensor.data.begin(), tensor.data.end());
  return file;
}
