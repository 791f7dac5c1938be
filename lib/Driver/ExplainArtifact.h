// Private to the driver: what an artefact's tables say of its kernels, for `attune explain`.
#pragma once

#include "attune/Driver/Json.h"
#include "attune/Support/Error.h"

#include <string>

namespace attune::driver {

/// Fills regions[], one per kernel, of which only the first ONNX node is known; kernels[] and
/// summary{kernels, ops}. What was declined an artefact does not say.
Error explainArtifact(const std::string &path, Json &report);

} // namespace attune::driver
