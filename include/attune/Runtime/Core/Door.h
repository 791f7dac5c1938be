// The model's door: what a caller gives is checked here, against the signature, before any
// compiled code runs.
#pragma once

#include "attune/Runtime/Core/Artifact.h"
#include "attune/Runtime/Core/DimExpression.h"

namespace attune::runtime {

/// An input of a run, dense and in row-major order. With an empty name the position decides.
struct InputTensor {
  std::string_view name;
  ElementType type;
  View<const int64_t> dims;
  const void *data; ///< owned by the caller, aligned to the element type
  uint64_t bytes;   ///< at least the product of `dims` times the element size
};

/// Matches `given` with the signature's inputs and checks names, element types, ranks and
/// buffers. Fills `dims` (all dimensions of all inputs, in the signature's order) and `data`
/// (one pointer per input). `needsData` is false when only shapes matter.
Error checkInputs(const Artifact &artifact, View<const InputTensor> given, bool needsData,
                  View<int64_t> dims, View<const void *> data);

/// Checks the values of `dims`, as checkInputs filled them: static sizes, ranges, equal symbols
/// and expressions. Fills `symbols`.
Error bindSymbols(const Artifact &artifact, View<const int64_t> dims, View<int64_t> symbols);

/// Evaluates a size of the tables for the values of the symbols.
DimStatus evaluateSize(const Artifact &artifact, const DimRecord &dim, View<const int64_t> symbols,
                       int64_t &value);

/// The number of dimensions of all inputs together.
size_t countInputDims(const Artifact &artifact);

} // namespace attune::runtime
