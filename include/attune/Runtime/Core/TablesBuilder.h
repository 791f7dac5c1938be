// Writes an artefact: records in, bytes out. The compiler's writer and the tests share it;
// the bytes depend on nothing but the description, the code and the constants.
#pragma once

#include "attune/Runtime/Core/ArtifactFormat.h"
#include "attune/Support/Error.h"

#include <functional>
#include <limits>
#include <string>
#include <string_view>
#include <vector>

namespace attune::runtime {

/// A dimension: static when `value` ≥ 0, else the text of its expression.
struct DimDescription {
  int64_t value = -1;
  std::string expression;
};

/// An input or an output.
struct TensorDescription {
  std::string name;
  ElementType type = ElementType::Float32;
  std::vector<DimDescription> dims;
  InputRole role = InputRole::Data;
  int64_t low = 1; ///< with `high`: the integers that are safe for every use; 1 and 0: not known
  int64_t high = 0;
};

/// A symbol: the size of dimension `dim` of input `input`, within [low, high].
struct SymbolDescription {
  std::string name;
  uint32_t input = 0;
  uint32_t dim = 0;
  int64_t low = 0;
  int64_t high = std::numeric_limits<int64_t>::max();
};

/// A condition of the host function; the order is the order of its result codes.
struct GuardDescription {
  std::string text;
  std::string node;
};

/// One constant; its place in the weights section follows from the order.
struct ConstantDescription {
  std::string name;
  uint64_t bytes = 0;
};

/// What a launch has to do. An unknown size has neither value nor expression.
struct WorkDescription {
  std::string what;
  std::string node;
  std::vector<DimDescription> extents;
  DimDescription flops;
  DimDescription bytes;
};

/// One dispatch. All variants of all dispatches, in order, are Code's kernels and grids.
struct DispatchDescription {
  std::string name;
  std::string root;
  uint32_t inputCount = 0;
  uint32_t outputCount = 0;
  uint32_t wordCount = 0;
  std::vector<uint32_t> ranks; ///< one per buffer: inputs, then outputs
  std::vector<std::string> variants;
  WorkDescription work;
};

/// Everything an artefact says about its code and its weights.
struct ArtifactDescription {
  std::vector<TensorDescription> inputs;
  std::vector<TensorDescription> outputs;
  std::vector<SymbolDescription> symbols;
  std::vector<GuardDescription> guards;
  std::vector<ConstantDescription> constants;
  std::vector<DispatchDescription> dispatches;
  std::string compiler;    ///< "attune 0.1.0, LLVM 22.1.8"
  std::string target;      ///< "x86-64-v4"
  std::string features;    ///< "avx2,fma": LLVM's names, which the loader must find
  std::string options;     ///< the compile options, as flags
  std::string certificate; ///< JSON or empty
};

/// The place of each constant in the weights section, in order, and the section's size.
struct WeightsLayout {
  std::vector<uint64_t> offsets;
  uint64_t bytes = 0;
};
WeightsLayout layOutWeights(const std::vector<ConstantDescription> &constants);

/// The bytes of the tables section.
std::vector<uint8_t> serializeTables(const ArtifactDescription &description);

/// Takes the next bytes of a constant.
using ByteSink = std::function<Error(const void *data, size_t bytes)>;

/// Gives the bytes of constant `index` to `sink`, in as many pieces as it likes: exactly the
/// described number of bytes in all. Called once per constant, in order.
using ConstantSource = std::function<Error(size_t index, const ByteSink &sink)>;

/// Writes the artefact to `path`: `elf` (a shared object that exports "attune_code"), the
/// tables, the constants, the trailer. It is written aside in the same folder, synced and
/// renamed; on failure nothing is left behind and what was at `path` stays.
Error finishArtifact(const std::string &path, std::string_view elf,
                     const ArtifactDescription &description, const ConstantSource &source);

} // namespace attune::runtime
