// What a model takes and gives, the same whether it comes from an artefact or from a module.
#pragma once

#include "attune/Driver/Json.h"
#include "attune/Driver/Tensor.h"

namespace attune::runtime {
class Artifact;
}

namespace attune::driver {

/// A dimension: a number, or an expression over symbols.
struct DimSpec {
  int64_t value = -1;
  std::string expression; ///< where `value` is negative
};

/// An input or an output.
struct TensorSpec {
  std::string name;
  ElementType type = ElementType::Float32;
  std::vector<DimSpec> dims;
  bool mask = false; ///< only whether an element is zero matters
  int64_t low = 1;   ///< with `high`: integers that are safe; low > high says not known
  int64_t high = 0;

  /// "float32[batch, seq, 384]"
  std::string text() const;
};

/// A symbol with what it may be.
struct SymbolSpec {
  std::string name;
  int64_t low = 0;
  int64_t high = INT64_MAX;
};

/// A condition on the symbols, and the node that needs it.
struct GuardSpec {
  std::string text;
  std::string node;
};

/// What a model takes and gives.
struct Signature {
  std::vector<TensorSpec> inputs;
  std::vector<TensorSpec> outputs;
  std::vector<SymbolSpec> symbols;
  std::vector<GuardSpec> guards;

  /// The input's index, or -1.
  int findInput(std::string_view name) const;
  /// "input_ids, attention_mask"
  std::string inputNames() const;
};

/// The signature that an artefact's tables hold.
Signature readSignature(const runtime::Artifact &artifact);

/// inputs[], outputs[], symbols[], guards[] for the JSON of `inspect` and `compile`.
void addSignature(Json &json, const Signature &signature);

} // namespace attune::driver
