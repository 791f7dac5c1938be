// Checks of inputs: every message names the input, what was expected and what came.

#include "attune/Runtime/Core/Door.h"
#include "attune/Runtime/Core/ElementType.h"

using namespace attune;
using namespace attune::runtime;

namespace {

Error usage(std::string message, const char *hint = "") {
  return {ErrorCode::Usage, std::move(message), "", "", hint};
}

std::string shapeText(View<const int64_t> dims) {
  std::string text = "[";
  const char *separator = "";
  for (int64_t dim : dims) {
    text += separator + std::to_string(dim);
    separator = ", ";
  }
  return text + "]";
}

std::string quoted(std::string_view name) { return "\"" + std::string(name) + "\""; }

/// "input "x": expected float32[batch, 4], got int32[1, 4]"
std::string mismatch(const Artifact &artifact, const TensorRecord &tensor,
                     const InputTensor &given) {
  return "input " + quoted(artifact.text(tensor.name)) + ": expected " + artifact.describe(tensor) +
         ", got " + elementName(given.type) + shapeText(given.dims);
}

/// The given tensor for input `index`; null when there is none.
const InputTensor *findGiven(View<const InputTensor> given, std::string_view name, size_t index) {
  if (index < given.size() && (given[index].name.empty() || given[index].name == name))
    return &given[index];
  for (const InputTensor &tensor : given)
    if (tensor.name == name && !name.empty())
      return &tensor;
  return nullptr;
}

Error checkNames(const Artifact &artifact, View<const InputTensor> given) {
  auto inputs = artifact.inputs();
  auto signature = [&] {
    std::string text = "the model's inputs are";
    const char *separator = " ";
    for (const TensorRecord &tensor : inputs) {
      text += separator + quoted(artifact.text(tensor.name)) + " " + artifact.describe(tensor);
      separator = ", ";
    }
    return text;
  };
  for (size_t i = 0; i < inputs.size(); ++i) {
    std::string_view name = artifact.text(inputs[i].name);
    if (!findGiven(given, name, i))
      return usage("input " + quoted(name) + " was not given: expected " +
                       artifact.describe(inputs[i]),
                   signature().c_str());
  }
  for (size_t i = 0; i < given.size(); ++i) {
    // Every input has a tensor here, so a further tensor is either unknown or given twice.
    size_t matches = 0;
    for (size_t j = 0; j < inputs.size(); ++j)
      matches += findGiven(given, artifact.text(inputs[j].name), j) == &given[i];
    if (matches == 0)
      return usage(
          "the model has no input " +
              (given[i].name.empty() ? "number " + std::to_string(i) : quoted(given[i].name)) +
              ", or it was given twice",
          signature().c_str());
  }
  return {};
}

Error checkData(const Artifact &artifact, const TensorRecord &tensor, const InputTensor &given) {
  uint64_t bytes = elementBytes(tensor.type);
  bool empty = false, overflow = false;
  for (int64_t dim : given.dims) {
    empty |= dim == 0;
    overflow |= __builtin_mul_overflow(bytes, static_cast<uint64_t>(dim), &bytes);
  }
  if (empty)
    return {};
  std::string name = "input " + quoted(artifact.text(tensor.name));
  if (overflow)
    return {ErrorCode::Limit, name + ": the shape " + shapeText(given.dims) + " is too large", "",
            "", ""};
  if (!given.data)
    return usage(name + " has no data");
  if (given.bytes < bytes)
    return usage(name + ": " + std::to_string(given.bytes) + " bytes of data, " +
                 std::to_string(bytes) + " needed for " + elementName(tensor.type) +
                 shapeText(given.dims));
  if (reinterpret_cast<uintptr_t>(given.data) % elementBytes(tensor.type) != 0)
    return usage(name + ": the data are not aligned to " + elementName(tensor.type));
  return {};
}

/// The symbols that have a value, for expressions.
struct BoundSymbols {
  const Artifact &artifact;
  View<const int64_t> values;

  static bool find(const void *context, std::string_view name, int64_t &value) {
    const auto &bound = *static_cast<const BoundSymbols *>(context);
    auto symbols = bound.artifact.symbols();
    for (size_t i = 0; i < symbols.size(); ++i)
      if (bound.artifact.text(symbols[i].name) == name) {
        value = bound.values[i];
        return true;
      }
    return false;
  }
};

Error wrongDim(const Artifact &artifact, const TensorRecord &tensor, View<const int64_t> dims,
               size_t dim, const std::string &expected) {
  return usage("input " + quoted(artifact.text(tensor.name)) + ": expected " +
               artifact.describe(tensor) + ", got shape " + shapeText(dims) + ": dimension " +
               std::to_string(dim) + " must be " + expected);
}

Error checkDim(const Artifact &artifact, const TensorRecord &tensor, View<const int64_t> dims,
               size_t index, View<const int64_t> symbols) {
  const DimRecord &dim = artifact.dims(tensor)[index];
  if (dim.value >= 0)
    return dims[index] == dim.value
               ? Error()
               : wrongDim(artifact, tensor, dims, index, std::to_string(dim.value));
  int64_t value;
  DimStatus status = evaluateSize(artifact, dim, symbols, value);
  if (status == DimStatus::Overflow)
    return {ErrorCode::Limit,
            "input " + quoted(artifact.text(tensor.name)) + ": dimension " + std::to_string(index) +
                ", " + std::string(artifact.text(dim.expression)) +
                ", has no value for these shapes",
            "", "", ""};
  if (dims[index] == value)
    return {};
  return wrongDim(artifact, tensor, dims, index,
                  std::string(artifact.text(dim.expression)) + " = " + std::to_string(value));
}

} // namespace

DimStatus attune::runtime::evaluateSize(const Artifact &artifact, const DimRecord &dim,
                                        View<const int64_t> symbols, int64_t &value) {
  value = dim.value;
  if (value >= 0)
    return DimStatus::Ok;
  BoundSymbols bound{artifact, symbols};
  return evaluateDim(artifact.text(dim.expression), BoundSymbols::find, &bound, value);
}

size_t attune::runtime::countInputDims(const Artifact &artifact) {
  size_t count = 0;
  for (const TensorRecord &tensor : artifact.inputs())
    count += tensor.dims.count;
  return count;
}

Error attune::runtime::checkInputs(const Artifact &artifact, View<const InputTensor> given,
                                   bool needsData, View<int64_t> dims, View<const void *> data) {
  auto inputs = artifact.inputs();
  // In the usual case names and order agree, and no name is looked up twice.
  bool inOrder = given.size() == inputs.size();
  for (size_t i = 0; i < inputs.size() && inOrder; ++i)
    inOrder = given[i].name.empty() || given[i].name == artifact.text(inputs[i].name);
  if (!inOrder)
    if (Error error = checkNames(artifact, given); error.failed())
      return error;
  size_t next = 0;
  for (size_t i = 0; i < inputs.size(); ++i) {
    const TensorRecord &tensor = inputs[i];
    const InputTensor &value = *findGiven(given, artifact.text(tensor.name), i);
    bool fits = value.type == tensor.type && value.dims.size() == tensor.dims.count;
    for (size_t dim = 0; dim < tensor.dims.count && fits; ++dim)
      fits = value.dims[dim] >= 0;
    if (!fits)
      return usage(mismatch(artifact, tensor, value));
    if (needsData)
      if (Error error = checkData(artifact, tensor, value); error.failed())
        return error;
    for (int64_t dim : value.dims)
      dims[next++] = dim;
    data[i] = value.data;
  }
  return {};
}

Error attune::runtime::bindSymbols(const Artifact &artifact, View<const int64_t> dims,
                                   View<int64_t> symbols) {
  auto inputs = artifact.inputs();
  auto shapeOf = [&](size_t input) {
    size_t first = 0;
    for (size_t i = 0; i < input; ++i)
      first += inputs[i].dims.count;
    return View<const int64_t>(dims.data() + first, inputs[input].dims.count);
  };
  for (size_t i = 0; i < symbols.size(); ++i) {
    const SymbolRecord &symbol = artifact.symbols()[i];
    View<const int64_t> shape = shapeOf(symbol.input);
    symbols[i] = shape[symbol.dim];
    if (symbols[i] < symbol.low || symbols[i] > symbol.high)
      return wrongDim(artifact, inputs[symbol.input], shape, symbol.dim,
                      "from " + std::to_string(symbol.low) + " to " + std::to_string(symbol.high));
  }
  View<const int64_t> bound(symbols.data(), symbols.size());
  for (size_t i = 0; i < inputs.size(); ++i)
    for (size_t dim = 0; dim < inputs[i].dims.count; ++dim)
      if (Error error = checkDim(artifact, inputs[i], shapeOf(i), dim, bound); error.failed())
        return error;
  return {};
}
