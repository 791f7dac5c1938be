// Operators outside the standard, about whose results the ONNX library knows nothing.
#pragma once

#include "Model.h"

#include "onnx/defs/schema.h"

#include <memory>

namespace attune::frontend {

/// A schema that gives the results' element types and nothing else; null for an operator that
/// attune does not know either.
std::unique_ptr<pb::OpSchema> extensionSchema(const std::string &opType, const std::string &domain);

} // namespace attune::frontend
