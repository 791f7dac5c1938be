// What the library's inference functions take on trust. Each guard here stands for a model
// that made one of them leave its bounds or run without end.
#pragma once

#include "attune/Frontend/ONNX/Limits.h"

#include "onnx/defs/shape_inference.h"

#include <string>

namespace attune::frontend {

/// Checks a node before its inference function runs; throws Failure.
void checkInferenceInputs(const std::string &op, ::onnx::InferenceContext &context,
                          const Limits &limits);

/// The size of a one-dimensional value, or 0 when it has another shape or none is known.
int64_t vectorLength(const ::onnx::TypeProto *type);

} // namespace attune::frontend
