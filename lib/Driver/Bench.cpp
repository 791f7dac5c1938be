// Timing: warm up, run until there are enough samples, percentiles over all of them.
#include "attune/Driver/Bench.h"

#include "Profile.h"

#include <algorithm>
#include <chrono>
#include <cmath>

using namespace attune;
using namespace attune::driver;

namespace {

using Clock = std::chrono::steady_clock;

double millisecondsSince(Clock::time_point start) {
  return std::chrono::duration<double, std::milli>(Clock::now() - start).count();
}

/// The smallest sample that `share` of the samples do not exceed.
double percentile(const std::vector<double> &sorted, double share) {
  auto index = size_t(std::ceil(share * double(sorted.size())));
  return sorted[std::min(sorted.size() - 1, index ? index - 1 : 0)];
}

double median(const std::vector<double> &sorted) {
  size_t middle = sorted.size() / 2;
  return sorted.size() % 2 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

constexpr unsigned kLeastRuns = 10;
constexpr unsigned kMostRuns = 100000;

Error measure(const BenchOptions &options, LoadedModel &model, const std::vector<Tensor> &inputs,
              BenchReport &report) {
  std::vector<double> samples;
  auto start = Clock::now();
  auto enough = [&] {
    if (options.runs)
      return samples.size() >= options.runs;
    return samples.size() >= kMostRuns ||
           (samples.size() >= kLeastRuns && millisecondsSince(start) > options.seconds * 1000);
  };
  while (!enough()) {
    auto begin = Clock::now();
    if (Error error = model.run(inputs); error.failed())
      return error;
    samples.push_back(millisecondsSince(begin));
    report.peakAnonymousMb = std::max(report.peakAnonymousMb, anonymousMb());
    if (interrupted())
      return {ErrorCode::Limit, "interrupted", "", "", ""};
  }
  report.counters = model.counters();
  std::sort(samples.begin(), samples.end());
  report.runs = unsigned(samples.size());
  report.medianMs = median(samples);
  report.minMs = samples.front();
  report.p90Ms = percentile(samples, 0.9);
  return {};
}

} // namespace

Error driver::bench(const BenchOptions &options, BenchReport &report) {
  LoadedModel model;
  if (Error error = model.open(options.load); error.failed())
    return error;
  report.loadMs = model.loadMs();
  report.compileMs = model.compileMs();
  report.threads = model.threads();
  InputOptions request = options.inputs;
  request.seed = request.seed.value_or(0);
  std::vector<Tensor> inputs;
  if (Error error = makeInputs(model.signature(), request, inputs, report.origins); error.failed())
    return error;

  for (unsigned i = 0; i < std::max(1u, options.warmup); ++i) {
    auto begin = Clock::now();
    if (Error error = model.run(inputs); error.failed())
      return error;
    if (i == 0)
      report.firstRunMs = millisecondsSince(begin);
    report.peakAnonymousMb = std::max(report.peakAnonymousMb, anonymousMb());
  }
  if (Error error = measure(options, model, inputs, report); error.failed())
    return error;
  // Apart, so that timing each dispatch does not slow the figures above.
  if (options.profile)
    if (Error error = profile(model, inputs, report); error.failed())
      return error;
  for (Tensor &input : inputs)
    report.inputs.push_back({input.name, input.type, input.shape, {}});
  return {};
}

Json driver::toJson(const BenchReport &report) {
  Json json = newReport();
  json["median_ms"] = report.medianMs;
  json["min_ms"] = report.minMs;
  json["p90_ms"] = report.p90Ms;
  json["runs"] = report.runs;
  json["threads"] = report.threads;
  json["load_ms"] = report.loadMs;
  json["compile_ms"] = report.compileMs;
  json["first_run_ms"] = report.firstRunMs;
  json["peak_anon_mb"] = report.peakAnonymousMb;
  json["inputs"] = originsJson(report.origins);
  for (size_t i = 0; i < report.inputs.size(); ++i) {
    json["inputs"][i]["type"] = runtime::elementName(report.inputs[i].type);
    json["inputs"][i]["shape"] = report.inputs[i].shape;
  }
  json["limits"] = nullptr;
  if (report.limits)
    json["limits"] = {{"threads", report.threads},
                      {"fma_gflops", report.limits->fmaGflops},
                      {"read_gbs", report.limits->readGbs},
                      {"read_bytes", report.limitBytes},
                      {"samples", report.limitSamples}};
  json["dispatches"] = dispatchesJson(report);
  const RunCounters &counters = report.counters;
  json["counters"] = {{"dispatches", counters.dispatches},
                      {"copies", counters.copies},
                      {"tasks", counters.tasks},
                      {"tiles_visited", counters.tilesVisited},
                      {"tiles_total", counters.tilesTotal},
                      {"heap_allocations", counters.heapAllocations},
                      {"arena_bytes", counters.arenaBytes},
                      {"weight_bytes", counters.weightBytes},
                      {"plans", counters.plans}};
  return json;
}
