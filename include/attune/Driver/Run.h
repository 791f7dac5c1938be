// `attune run`: one run with given or made-up inputs.
#pragma once

#include "attune/Driver/Inputs.h"
#include "attune/Driver/LoadedModel.h"

namespace attune::driver {

struct RunOptions {
  LoadOptions load;
  InputOptions inputs;
  std::string outputDir; ///< where to save one .npy per output; empty: nowhere
};

struct RunReport {
  std::vector<Tensor> outputs;
  std::vector<std::string> files; ///< one per output, where they were saved
  std::vector<InputOrigin> inputs;
  double milliseconds = 0; ///< of the run alone
};

Error run(const RunOptions &options, RunReport &report);
/// {schema, outputs[], inputs[], run_ms}
Json toJson(const RunReport &report);
/// [{name, rule, proven}]
Json originsJson(const std::vector<InputOrigin> &origins);

} // namespace attune::driver
