// Flags that several verbs take, so that they mean the same everywhere.
#pragma once

#include "Cli.h"

#include "attune/Driver/Inputs.h"
#include "attune/Driver/LoadedModel.h"

namespace attune::cli {

/// Flags as text, before they are checked.
struct InputFlags {
  std::vector<std::string> inputs;
  std::vector<std::string> dims;
  std::optional<uint64_t> seed;
};

/// --json, -q, -v.
void addCommonFlags(CLI::App *verb, Cli &cli);
/// MODEL and the --limit-… flags.
void addModelFlags(CLI::App *verb, driver::ModelSource &source, const std::string &description);
/// The --limit-… flags alone.
void addLimitFlags(CLI::App *verb, driver::ModelSource &source);
/// --cpu.
void addPipelineFlags(CLI::App *verb, PipelineOptions &pipeline);
/// --dim, which fixes or bounds a symbol, --passes and --load-pass-plugin; checkDimRanges checks
/// what was given.
void addGraphFlags(CLI::App *verb, PipelineOptions &pipeline);
/// --load-pass-plugin.
void addPluginFlag(CLI::App *verb, std::vector<std::string> &plugins);
/// --target, --threads and the pipeline's flags.
void addLoadFlags(CLI::App *verb, driver::LoadOptions &load);
/// --input, --dim, --random.
void addInputFlags(CLI::App *verb, InputFlags &flags);

/// Checks and splits.
Error readInputFlags(const InputFlags &flags, driver::InputOptions &options);
/// NAME=VALUE or NAME=LO..HI.
Error checkDimRanges(const std::vector<std::string> &dims);

// One per verb.
void addCompile(CLI::App &app, Cli &cli);
void addRun(CLI::App &app, Cli &cli);
void addVerify(CLI::App &app, Cli &cli);
void addBench(CLI::App &app, Cli &cli);
void addInspect(CLI::App &app, Cli &cli);
void addExplain(CLI::App &app, Cli &cli);
void addFacts(CLI::App &app, Cli &cli);

} // namespace attune::cli
