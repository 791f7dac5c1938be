// Profiles: the time of each kernel next to the time that the machine needs for it at the least,
// both measured in turns.
#include "Profile.h"

#include "attune/Driver/Files.h"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <tuple>

using namespace attune;
using namespace attune::driver;

namespace {

constexpr unsigned kRounds = 5, kLeastRuns = 5, kMostRuns = 100;

double median(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  size_t middle = values.size() / 2;
  return values.size() % 2 ? values[middle] : (values[middle - 1] + values[middle]) / 2;
}

/// The rows of some runs, per run.
Error profileRound(LoadedModel &model, const std::vector<Tensor> &inputs, unsigned runs,
                   std::vector<DispatchTime> &rows) {
  // Measuring the memory has emptied the caches.
  if (Error error = model.run(inputs); error.failed())
    return error;
  if (Error error = model.profile(true); error.failed())
    return error;
  for (unsigned i = 0; i < runs; ++i) {
    if (Error error = model.run(inputs); error.failed())
      return error;
    if (interrupted())
      return {ErrorCode::Limit, "interrupted", "", "", ""};
  }
  rows = model.dispatchTimes();
  for (DispatchTime &row : rows) {
    row.milliseconds /= runs;
    row.calls /= runs;
    row.tasks /= runs;
    row.flops /= runs;
    row.bytes /= runs;
    row.tilesVisited /= runs;
    row.tilesTotal /= runs;
  }
  return model.profile(false);
}

/// What the kernels of a run read and write, as far as it is known.
uint64_t bytesOf(const std::vector<DispatchTime> &rows) {
  double bytes = 0;
  for (const DispatchTime &row : rows)
    bytes += std::isnan(row.bytes) ? 0 : row.bytes;
  return bytes < 1e18 ? uint64_t(bytes) : UINT64_MAX;
}

/// What keeps a kernel from being faster on this machine, and how near it is to that.
struct Bound {
  const char *name = nullptr; ///< null where the work is not known, or is none
  double percent = 0;
};

Bound boundOf(const DispatchTime &row, const runtime::MachineLimits &limits) {
  double compute = row.flops / (limits.fmaGflops * 1e6),
         memory = row.bytes / (limits.readGbs * 1e6);
  double least = std::max(compute, memory);
  if (std::isnan(compute) || std::isnan(memory) || least <= 0 || row.milliseconds <= 0)
    return {};
  return {compute >= memory ? "compute" : "memory", 100 * least / row.milliseconds};
}

template <typename... Values> std::string format(const char *pattern, Values... values) {
  char text[256];
  std::snprintf(text, sizeof text, pattern, values...);
  return text;
}

/// "contract(epilogue=[bias, gelu]) 128 x 1536 x 384"
std::string describe(const DispatchTime &row) {
  std::string text = row.what.empty() ? row.name : row.what;
  const char *separator = " ";
  for (int64_t extent : row.extents) {
    text += separator + (extent < 0 ? "?" : std::to_string(extent));
    separator = " x ";
  }
  return text;
}

} // namespace

Error driver::profile(LoadedModel &model, const std::vector<Tensor> &inputs, BenchReport &report) {
  unsigned runs = (std::clamp(report.runs, kLeastRuns, kMostRuns) + kRounds - 1) / kRounds;
  std::vector<DispatchTime> once;
  if (Error error = profileRound(model, inputs, 1, once); error.failed())
    return error;
  runtime::LimitsMeter meter;
  if (Error error = meter.prepare(model.pool(), bytesOf(once)); error.failed())
    return error;
  std::vector<double> fma, read;
  auto measureLimits = [&] {
    runtime::MachineLimits limits = meter.measure(model.pool());
    fma.push_back(limits.fmaGflops);
    read.push_back(limits.readGbs);
  };
  measureLimits();
  std::vector<std::vector<double>> times;
  for (unsigned round = 0; round < kRounds; ++round) {
    std::vector<DispatchTime> rows;
    if (Error error = profileRound(model, inputs, runs, rows); error.failed())
      return error;
    measureLimits();
    times.resize(rows.size());
    for (size_t i = 0; i < rows.size(); ++i)
      times[i].push_back(rows[i].milliseconds);
    report.dispatches = std::move(rows);
  }
  for (size_t i = 0; i < times.size(); ++i)
    report.dispatches[i].milliseconds = median(times[i]);
  report.limits = runtime::MachineLimits{median(fma), median(read)};
  report.limitSamples = unsigned(fma.size());
  report.limitBytes = meter.readBytes();
  std::sort(report.dispatches.begin(), report.dispatches.end(), [](const auto &a, const auto &b) {
    return std::tie(b.milliseconds, a.name) < std::tie(a.milliseconds, b.name);
  });
  return {};
}

/// A whole number where 64 bits hold it; null where it is not known.
static Json amountJson(double amount) {
  return amount < 9e18 ? Json(int64_t(amount)) : Json(amount);
}

Json driver::dispatchesJson(const BenchReport &report) {
  Json rows = Json::array();
  for (const DispatchTime &row : report.dispatches) {
    Bound bound = boundOf(row, *report.limits);
    rows.push_back({{"name", row.name},
                    {"root", row.root},
                    {"what", row.what},
                    {"extents", row.extents},
                    {"node", row.node},
                    {"variant", row.variant},
                    {"calls", row.calls},
                    {"tasks", row.tasks},
                    {"threads", row.threads},
                    {"ms", row.milliseconds},
                    {"flops", amountJson(row.flops)},
                    {"bytes", amountJson(row.bytes)},
                    {"bound", bound.name ? Json(bound.name) : Json()},
                    {"share", bound.name ? Json(bound.percent) : Json()},
                    {"tiles_visited", row.tilesVisited},
                    {"tiles_total", row.tilesTotal}});
  }
  return rows;
}

std::string driver::profileText(const BenchReport &report) {
  if (!report.limits)
    return "";
  double total = 0;
  for (const DispatchTime &row : report.dispatches)
    total += row.milliseconds;
  std::string text = format(
      "\nlimits  fma %.1f GFLOP/s  read %.1f GB/s of %.0f MB  (%u threads, median of %u)\n\n",
      report.limits->fmaGflops, report.limits->readGbs, double(report.limitBytes) * 1e-6,
      report.threads, report.limitSamples);
  text += "      ms    run  calls  tasks  threads  bound    of bound        tiles  variant      "
          "what\n";
  for (const DispatchTime &row : report.dispatches) {
    Bound bound = boundOf(row, *report.limits);
    std::string share = bound.name ? format("%.0f%%", bound.percent) : "";
    std::string tiles =
        row.tilesTotal ? std::to_string(row.tilesVisited) + "/" + std::to_string(row.tilesTotal)
                       : "";
    text +=
        format("%8.3f  %4.1f%%  %5llu  %5llu  %7.1f  %-7s  %8s  %11s  %-11s  ", row.milliseconds,
               total > 0 ? 100 * row.milliseconds / total : 0.0, (unsigned long long)row.calls,
               (unsigned long long)row.tasks, row.threads, bound.name ? bound.name : "-",
               share.c_str(), tiles.c_str(), row.variant.c_str()) +
        describe(row) + "\n";
  }
  return text;
}
