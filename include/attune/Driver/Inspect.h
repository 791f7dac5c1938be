// `attune inspect`: what a model or an artefact is, without running it.
#pragma once

#include "attune/Driver/Compile.h"
#include "attune/Driver/Json.h"

namespace attune::driver {

struct InspectOptions {
  ModelSource source; ///< a model or an artefact
  PipelineOptions pipeline;
  bool check = false; ///< of an artefact: read the weights and check their hash
};

/// Fills `report` with the verb's JSON: of a model inputs, outputs, symbols, guards, operators,
/// opsets, unsupported; of an artefact also target, dispatches and sizes.
Error inspect(const InspectOptions &options, Json &report);

} // namespace attune::driver
