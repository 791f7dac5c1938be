// Binding files to inputs, sizes to symbols, and made-up values to the rest. The generator is
// our own, so that a seed means the same numbers on every machine.
#include "attune/Driver/Inputs.h"

#include "attune/Driver/TensorFile.h"
#include "attune/Runtime/Core/DimExpression.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <map>

using namespace attune;
using namespace attune::driver;

namespace {

/// SplitMix64: small, fast and the same everywhere.
class Generator {
public:
  explicit Generator(uint64_t seed) : state(seed) {}

  uint64_t next() {
    uint64_t z = state += 0x9e3779b97f4a7c15;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
    z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
    return z ^ (z >> 31);
  }
  /// In (0, 1].
  double unit() { return double((next() >> 11) + 1) * 0x1p-53; }

private:
  uint64_t state;
};

Error usage(std::string message, std::string hint = "") {
  return {ErrorCode::Usage, std::move(message), "", "", std::move(hint)};
}

using Sizes = std::map<std::string, int64_t, std::less<>>;

bool lookUp(const void *context, std::string_view name, int64_t &value) {
  const auto &sizes = *static_cast<const Sizes *>(context);
  auto found = sizes.find(name);
  if (found == sizes.end())
    return false;
  value = found->second;
  return true;
}

/// Collects sizes of symbols and makes inputs with them.
class Maker {
public:
  Maker(const Signature &signature, const InputOptions &options)
      : signature(signature), options(options), given(signature.inputs.size()) {}

  Error make(std::vector<Tensor> &inputs, std::vector<InputOrigin> &origins) {
    Error error = readFiles();
    if (!error.failed())
      error = checkMissing();
    if (!error.failed())
      error = readDims();
    if (error.failed())
      return error;
    chooseRest();
    inputs.clear();
    for (size_t i = 0; i < signature.inputs.size(); ++i) {
      const TensorSpec &spec = signature.inputs[i];
      if (given[i]) {
        origins.push_back({spec.name, "file"});
        inputs.push_back(std::move(*given[i]));
        continue;
      }
      Tensor tensor;
      if (error = madeUp(spec, *options.seed + i, tensor, origins); error.failed())
        return error;
      inputs.push_back(std::move(tensor));
    }
    return {};
  }

private:
  Error readFiles() {
    for (const auto &[name, file] : options.files) {
      int index = signature.findInput(name);
      if (index < 0)
        return usage("the model has no input '" + name + "'",
                     "its inputs are " + signature.inputNames());
      if (given[size_t(index)])
        return usage("input '" + name + "' is given twice");
      Tensor tensor;
      if (Error error = readTensorFile(file, tensor); error.failed())
        return error;
      tensor.name = name;
      const TensorSpec &spec = signature.inputs[size_t(index)];
      if (Error error = checkTensor(spec, tensor); error.failed())
        return error;
      for (size_t d = 0; d < spec.dims.size(); ++d)
        if (spec.dims[d].value < 0)
          sizes.emplace(spec.dims[d].expression, tensor.shape[d]);
      given[size_t(index)] = std::move(tensor);
    }
    return {};
  }

  /// What needs no plan to see; the runtime checks the rest at the model's door.
  static Error checkTensor(const TensorSpec &spec, const Tensor &tensor) {
    bool fits = tensor.type == spec.type && tensor.shape.size() == spec.dims.size();
    for (size_t d = 0; fits && d < spec.dims.size(); ++d)
      fits = spec.dims[d].value < 0 || spec.dims[d].value == tensor.shape[d];
    if (fits)
      return {};
    return usage("input '" + spec.name + "' expects " + spec.text() + ", got " +
                 runtime::elementName(tensor.type) + shapeText(tensor.shape));
  }

  Error checkMissing() {
    if (options.seed)
      return {};
    std::string missing;
    for (size_t i = 0; i < given.size(); ++i)
      if (!given[i])
        missing += (missing.empty() ? "'" : ", '") + signature.inputs[i].name + "'";
    if (missing.empty())
      return {};
    return usage("no value for input " + missing,
                 "give --input NAME=FILE.npy, or --random SEED to make it up");
  }

  Error readDims() {
    for (const std::string &flag : options.dims) {
      std::string name;
      int64_t value;
      if (Error error = parseDimFlag(flag, name, value); error.failed())
        return error;
      const SymbolSpec *symbol = nullptr;
      std::string known;
      for (const SymbolSpec &spec : signature.symbols) {
        symbol = spec.name == name ? &spec : symbol;
        known += (known.empty() ? "" : ", ") + spec.name;
      }
      if (!symbol)
        return usage("the model has no symbol '" + name + "'",
                     known.empty() ? "it has none" : "its symbols are " + known);
      auto [entry, fresh] = sizes.emplace(name, value);
      if (!fresh && entry->second != value)
        return usage("--dim " + flag + " contradicts a given input, where '" + name + "' is " +
                     std::to_string(entry->second));
    }
    return {};
  }

  void chooseRest() {
    for (const SymbolSpec &symbol : signature.symbols) {
      bool first = false;
      for (const TensorSpec &input : signature.inputs)
        first |= !input.dims.empty() && input.dims[0].expression == symbol.name;
      int64_t wanted = std::min({int64_t(first ? 1 : 128), symbol.high, guardLimit(symbol.name)});
      sizes.emplace(symbol.name, std::max(symbol.low, wanted));
    }
  }

  /// The bound that a guard of the form "seq <= 512" sets.
  int64_t guardLimit(const std::string &symbol) const {
    int64_t limit = INT64_MAX;
    std::string start = symbol + " <= ";
    for (const GuardSpec &guard : signature.guards) {
      if (guard.text.compare(0, start.size(), start) != 0)
        continue;
      int64_t value;
      const char *end = guard.text.data() + guard.text.size();
      auto [stop, status] = std::from_chars(guard.text.data() + start.size(), end, value);
      if (status == std::errc() && stop == end)
        limit = std::min(limit, value);
    }
    return limit;
  }

  Error madeUp(const TensorSpec &spec, uint64_t seed, Tensor &tensor,
               std::vector<InputOrigin> &origins) {
    std::vector<int64_t> shape;
    for (const DimSpec &dim : spec.dims) {
      int64_t value = dim.value;
      if (value < 0 &&
          (runtime::evaluateDim(dim.expression, lookUp, &sizes, value) != runtime::DimStatus::Ok ||
           value < 0))
        return usage("input '" + spec.name + "': no size for dimension '" + dim.expression + "'",
                     "give --dim NAME=VALUE");
      shape.push_back(value);
    }
    std::optional<Tensor> made = makeTensor(spec.name, spec.type, shape);
    if (!made)
      return {ErrorCode::Limit,
              "input '" + spec.name + "' of " + shapeText(shape) + " is too large", "", "", ""};
    tensor = std::move(*made);
    InputOrigin origin{spec.name, "normal(0, 1)"};
    if (spec.mask || spec.type == ElementType::Bool) {
      for (int64_t i = 0, n = tensor.size(); i < n; ++i)
        setElement(tensor, i, 1);
      origin.rule = "ones";
      origin.proven = spec.mask;
    } else if (isFloat(spec.type)) {
      fillNormal(tensor, seed);
    } else {
      origin.proven = spec.low <= spec.high;
      int64_t low = origin.proven ? spec.low : 0, high = origin.proven ? spec.high : 1;
      fillUniform(tensor, low, high, seed);
      origin.rule = "uniform[" + std::to_string(low) + ", " + std::to_string(high) + "]";
    }
    origins.push_back(std::move(origin));
    return {};
  }

  const Signature &signature;
  const InputOptions &options;
  std::vector<std::optional<Tensor>> given;
  Sizes sizes;
};

} // namespace

Error driver::parseInputFlag(const std::string &flag, std::pair<std::string, std::string> &input) {
  // ONNX names may hold `=`, file names hardly do.
  size_t at = flag.rfind('=');
  if (at == std::string::npos || at == 0 || at + 1 == flag.size())
    return usage("--input " + flag + " is not NAME=FILE");
  input = {flag.substr(0, at), flag.substr(at + 1)};
  return {};
}

Error driver::parseDimFlag(const std::string &flag, std::string &name, int64_t &value) {
  size_t at = flag.rfind('=');
  const char *end = flag.data() + flag.size();
  if (at != std::string::npos && at > 0) {
    auto [stop, status] = std::from_chars(flag.data() + at + 1, end, value);
    name = flag.substr(0, at);
    if (status == std::errc() && stop == end && value >= 0)
      return {};
  }
  return usage("--dim " + flag + " is not NAME=VALUE");
}

Error driver::makeInputs(const Signature &signature, const InputOptions &options,
                         std::vector<Tensor> &inputs, std::vector<InputOrigin> &origins) {
  return Maker(signature, options).make(inputs, origins);
}

void driver::fillNormal(Tensor &tensor, uint64_t seed) {
  Generator generator(seed * 0x2545f4914f6cdd1d + 1);
  constexpr double kTau = 6.283185307179586;
  for (int64_t i = 0, n = tensor.size(); i < n; i += 2) { // Box and Muller: two at a time
    double radius = std::sqrt(-2 * std::log(generator.unit()));
    double angle = kTau * generator.unit();
    setElement(tensor, i, radius * std::cos(angle));
    if (i + 1 < n)
      setElement(tensor, i + 1, radius * std::sin(angle));
  }
}

void driver::fillUniform(Tensor &tensor, int64_t low, int64_t high, uint64_t seed) {
  Generator generator(seed * 0x2545f4914f6cdd1d + 1);
  uint64_t span = uint64_t(high) - uint64_t(low) + 1; // 0: all 64 bits
  for (int64_t i = 0, n = tensor.size(); i < n; ++i) {
    uint64_t value = generator.next();
    setElement(tensor, i, double(int64_t(uint64_t(low) + (span ? value % span : value))));
  }
}
