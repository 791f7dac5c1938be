// Element access of host tensors, one type switch for all of it.
#include "attune/Driver/Tensor.h"

#include <cinttypes>
#include <cmath>
#include <cstdio>
#include <cstring>
#include <limits>

using namespace attune;
using namespace attune::driver;

namespace {

/// The 16-bit formats differ from float only in their bits.
float halfToFloat(uint16_t bits) {
  uint32_t exponent = (bits >> 10) & 31, mantissa = bits & 1023;
  float magnitude;
  if (exponent == 31)
    magnitude =
        mantissa ? std::numeric_limits<float>::quiet_NaN() : std::numeric_limits<float>::infinity();
  else if (exponent == 0)
    magnitude = std::ldexp(float(mantissa), -24);
  else
    magnitude = std::ldexp(float(mantissa + 1024), int(exponent) - 25);
  return bits & 0x8000 ? -magnitude : magnitude;
}

uint16_t floatToHalf(double value) {
  uint16_t sign = std::signbit(value) ? 0x8000 : 0;
  double magnitude = std::fabs(value);
  if (std::isnan(value))
    return sign | 0x7e00;
  if (magnitude >= 65520.0)
    return sign | 0x7c00;
  if (magnitude < 0x1p-14)
    return sign | uint16_t(std::nearbyint(magnitude * 0x1p24));
  int exponent;
  double fraction = std::frexp(magnitude, &exponent); // [0.5, 1)
  auto mantissa = uint32_t(std::nearbyint(fraction * 2048.0));
  return sign | uint16_t(((exponent + 13) << 10) + mantissa);
}

float bfloatToFloat(uint16_t bits) {
  uint32_t wide = uint32_t(bits) << 16;
  float value;
  std::memcpy(&value, &wide, 4);
  return value;
}

uint16_t floatToBfloat(double value) {
  auto single = float(value);
  uint32_t bits;
  std::memcpy(&bits, &single, 4);
  if (std::isnan(single))
    return uint16_t(bits >> 16) | 0x40;
  return uint16_t((bits + 0x7fff + ((bits >> 16) & 1)) >> 16);
}

template <typename T> T load(const Tensor &tensor, int64_t index) {
  T value;
  std::memcpy(&value, tensor.data.data() + index * int64_t(sizeof(T)), sizeof(T));
  return value;
}

/// Converts without undefined behaviour: out of range saturates, NaN is 0.
template <typename T> T convert(double value) {
  if constexpr (std::is_floating_point_v<T>) {
    return T(value);
  } else {
    if (std::isnan(value))
      return 0;
    if (value <= double(std::numeric_limits<T>::min()))
      return std::numeric_limits<T>::min();
    if (value >= double(std::numeric_limits<T>::max()))
      return std::numeric_limits<T>::max();
    return T(value);
  }
}

template <typename T> void store(Tensor &tensor, int64_t index, T value) {
  std::memcpy(tensor.data.data() + index * int64_t(sizeof(T)), &value, sizeof(T));
}

/// Calls `visit` with a value of the C++ type that holds `type`; the 16-bit floats come as
/// uint16_t and are told apart by the caller.
template <typename Visitor> auto dispatchType(ElementType type, Visitor visit) {
  switch (type) {
  case ElementType::Float32:
    return visit(float());
  case ElementType::Float64:
    return visit(double());
  case ElementType::Int8:
    return visit(int8_t());
  case ElementType::Int16:
    return visit(int16_t());
  case ElementType::Int32:
    return visit(int32_t());
  case ElementType::Int64:
    return visit(int64_t());
  case ElementType::UInt8:
    return visit(uint8_t());
  case ElementType::UInt32:
    return visit(uint32_t());
  case ElementType::UInt64:
    return visit(uint64_t());
  case ElementType::Bool:
    return visit(uint8_t());
  case ElementType::UInt16:
  case ElementType::Float16:
  case ElementType::BFloat16:
    break;
  }
  return visit(uint16_t());
}

} // namespace

int64_t Tensor::size() const {
  int64_t count = 1;
  for (int64_t dim : shape)
    count *= dim;
  return count;
}

std::optional<ElementType> driver::typeFromOnnx(int64_t number) {
  bool known = number == uint32_t(number) && runtime::elementBytes(ElementType(number));
  return known ? std::optional(ElementType(number)) : std::nullopt;
}

bool driver::isFloat(ElementType type) {
  return type == ElementType::Float32 || type == ElementType::Float64 ||
         type == ElementType::Float16 || type == ElementType::BFloat16;
}

std::string driver::shapeText(const std::vector<int64_t> &shape) {
  std::string text = "[";
  for (size_t i = 0; i < shape.size(); ++i)
    text += (i ? ", " : "") + std::to_string(shape[i]);
  return text + "]";
}

std::optional<uint64_t> driver::byteSize(ElementType type, const std::vector<int64_t> &shape) {
  uint64_t bytes = runtime::elementBytes(type);
  bool empty = false;
  for (int64_t dim : shape) {
    if (dim < 0)
      return std::nullopt;
    empty |= dim == 0;
  }
  if (!bytes || empty)
    return bytes ? std::optional<uint64_t>(0) : std::nullopt;
  for (int64_t dim : shape)
    if (__builtin_mul_overflow(bytes, uint64_t(dim), &bytes) || bytes > uint64_t(INT64_MAX))
      return std::nullopt;
  return bytes;
}

double driver::asDouble(const Tensor &tensor, int64_t index) {
  if (tensor.type == ElementType::Float16)
    return halfToFloat(load<uint16_t>(tensor, index));
  if (tensor.type == ElementType::BFloat16)
    return bfloatToFloat(load<uint16_t>(tensor, index));
  return dispatchType(tensor.type,
                      [&](auto zero) { return double(load<decltype(zero)>(tensor, index)); });
}

int64_t driver::asInteger(const Tensor &tensor, int64_t index) {
  return dispatchType(tensor.type, [&](auto zero) -> int64_t {
    if constexpr (std::is_floating_point_v<decltype(zero)>)
      return convert<int64_t>(load<decltype(zero)>(tensor, index));
    else
      return int64_t(load<decltype(zero)>(tensor, index));
  });
}

void driver::setElement(Tensor &tensor, int64_t index, double value) {
  if (tensor.type == ElementType::Float16)
    return store(tensor, index, floatToHalf(value));
  if (tensor.type == ElementType::BFloat16)
    return store(tensor, index, floatToBfloat(value));
  if (tensor.type == ElementType::Bool)
    return store(tensor, index, uint8_t(value != 0));
  dispatchType(tensor.type,
               [&](auto zero) { store(tensor, index, convert<decltype(zero)>(value)); });
}

std::string driver::elementText(const Tensor &tensor, int64_t index) {
  char text[40];
  if (tensor.type == ElementType::Bool)
    return asInteger(tensor, index) ? "true" : "false";
  if (tensor.type == ElementType::UInt64)
    std::snprintf(text, sizeof text, "%" PRIu64, uint64_t(asInteger(tensor, index)));
  else if (!isFloat(tensor.type))
    std::snprintf(text, sizeof text, "%" PRId64, asInteger(tensor, index));
  else
    std::snprintf(text, sizeof text, "%.7g", asDouble(tensor, index));
  return text;
}

std::optional<Tensor> driver::makeTensor(std::string name, ElementType type,
                                         std::vector<int64_t> shape) {
  std::optional<uint64_t> bytes = byteSize(type, shape);
  // Beyond this no machine that attune runs on can hold it, and `vector` would throw.
  if (!bytes || *bytes > (uint64_t(1) << 40))
    return std::nullopt;
  Tensor tensor{std::move(name), type, std::move(shape), {}};
  tensor.data.resize(*bytes);
  return tensor;
}
