// A tensor on the host: what `run` reads, what it gives back, what `verify` compares.
#pragma once

#include "attune/Runtime/Core/ElementType.h"
#include "attune/Support/Error.h"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace attune::driver {

using runtime::ElementType;

/// Dense row-major elements with their type and shape.
struct Tensor {
  std::string name;
  ElementType type = ElementType::Float32;
  std::vector<int64_t> shape;
  std::vector<char> data;

  /// The number of elements; the shape was checked when the tensor was made.
  int64_t size() const;
};

/// The type with ONNX's number, if attune knows it.
std::optional<ElementType> typeFromOnnx(int64_t number);
bool isFloat(ElementType type);

/// "[2, 16, 384]"
std::string shapeText(const std::vector<int64_t> &shape);

/// Bytes that `shape` of `type` takes; nothing if a dimension is negative or it overflows.
std::optional<uint64_t> byteSize(ElementType type, const std::vector<int64_t> &shape);

/// Element `index` as a double (exact for every type but the 64-bit integers).
double asDouble(const Tensor &tensor, int64_t index);
/// Element `index` of an integer or bool tensor.
int64_t asInteger(const Tensor &tensor, int64_t index);
/// Stores `value`, rounded to the tensor's type.
void setElement(Tensor &tensor, int64_t index, double value);
/// The element as text: integers exactly, floats with up to 7 digits.
std::string elementText(const Tensor &tensor, int64_t index);

/// Zero-filled; nothing if the size overflows or memory does not suffice.
std::optional<Tensor> makeTensor(std::string name, ElementType type, std::vector<int64_t> shape);

} // namespace attune::driver
