// `attune bench`: time, memory and counters of repeated runs.
#pragma once

#include "attune/Driver/Run.h"
#include "attune/Runtime/CPU/Limits.h"

#include <optional>

namespace attune::driver {

struct BenchOptions {
  LoadOptions load;
  InputOptions inputs; ///< what is not given is made up
  unsigned warmup = 3;
  unsigned runs = 0; ///< 0: as many as fit into `seconds`, at least 10
  double seconds = 2;
  bool profile = false; ///< a table per dispatch
};

struct BenchReport {
  double medianMs = 0, minMs = 0, p90Ms = 0;
  unsigned runs = 0;
  unsigned threads = 0;
  double loadMs = 0, compileMs = 0, firstRunMs = 0;
  double peakAnonymousMb = 0;
  std::vector<InputOrigin> origins;
  std::vector<Tensor> inputs; ///< without data
  RunCounters counters;
  std::vector<DispatchTime> dispatches;         ///< of a profile, per run, slowest first
  std::optional<runtime::MachineLimits> limits; ///< of a profile: medians, for all threads together
  unsigned limitSamples = 0;
  uint64_t limitBytes = 0; ///< that were read to measure it
};

Error bench(const BenchOptions &options, BenchReport &report);
/// median_ms, min_ms, p90_ms, runs, threads, load_ms, compile_ms, peak_anon_mb, inputs[],
/// limits{}, dispatches[], counters{}
Json toJson(const BenchReport &report);
/// The table of a profile; empty where there is none.
std::string profileText(const BenchReport &report);

} // namespace attune::driver
