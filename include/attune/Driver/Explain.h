// `attune explain`: what was recognised in a model, and what it became.
#pragma once

#include "attune/Driver/Compile.h"
#include "attune/Driver/Json.h"

namespace attune::driver {

struct ExplainOptions {
  ModelSource source;
  PipelineOptions pipeline;
};

/// Fills `report` with regions[{op, nodes[], attributes{}, origin, rewrites[], declined[],
/// cost{}}], kernels[], declined[] (what names no region) and summary{}.
Error explain(const ExplainOptions &options, Json &report);

/// Compares with an earlier report: adds comparison{with, lost[{op, fact, nodes[], what}]}, a
/// region or fact per entry that `path` says was raised and `report` does not.
Error compareExplained(const std::string &path, Json &report);
/// Whether a comparison found a loss.
bool hasLost(const Json &report);
/// The comparison for people; empty without one.
std::string comparisonText(const Json &report);

/// The same for people.
std::string explainText(const Json &report);

} // namespace attune::driver
