// `attune bench`.
#include "Flags.h"

#include "attune/Driver/Bench.h"

#include <cstdio>

using namespace attune;
using namespace attune::cli;
using namespace attune::driver;

namespace {

struct BenchFlags {
  BenchOptions options;
  InputFlags inputs;
};

template <typename... Values> std::string format(const char *pattern, Values... values) {
  char text[512];
  std::snprintf(text, sizeof text, pattern, values...);
  return text;
}

std::string benchText(const BenchReport &report) {
  std::string text;
  for (size_t i = 0; i < report.inputs.size(); ++i)
    text += "input  " + report.inputs[i].name + "  " + runtime::elementName(report.inputs[i].type) +
            shapeText(report.inputs[i].shape) + "  " + report.origins[i].rule +
            (report.origins[i].proven ? "" : " (a guess)") + "\n";
  text += format("median %.3f ms  min %.3f  p90 %.3f  (%u runs, %u threads)\n", report.medianMs,
                 report.minMs, report.p90Ms, report.runs, report.threads);
  text += format("load %.2f ms  compile %.0f ms  first run %.2f ms  peak anonymous %.1f MB\n",
                 report.loadMs, report.compileMs, report.firstRunMs, report.peakAnonymousMb);
  const RunCounters &counters = report.counters;
  text += format("dispatches %llu  copies %llu  heap allocations %llu  arena %.2f MB\n",
                 (unsigned long long)counters.dispatches, (unsigned long long)counters.copies,
                 (unsigned long long)counters.heapAllocations, double(counters.arenaBytes) * 1e-6);
  if (counters.tilesTotal)
    text += format("tiles %lld of %lld\n", (long long)counters.tilesVisited,
                   (long long)counters.tilesTotal);
  return text + profileText(report);
}

int benchVerb(Cli &cli, BenchFlags &flags) {
  if (Error error = readInputFlags(flags.inputs, flags.options.inputs); error.failed())
    return cli.fail(error);
  flags.options.load.source.progress = cli.progress("compiling");
  BenchReport report;
  if (Error error = bench(flags.options, report); error.failed())
    return cli.fail(error);
  return cli.succeed(toJson(report), benchText(report));
}

} // namespace

void cli::addBench(CLI::App &app, Cli &cli) {
  auto flags = std::make_shared<BenchFlags>();
  BenchOptions &options = flags->options;
  CLI::App *verb = app.add_subcommand("bench", "Time a model or an artefact");
  addModelFlags(verb, options.load.source, "A model or an artefact");
  addInputFlags(verb, flags->inputs);
  verb->add_option("--warmup", options.warmup, "Runs before timing")
      ->capture_default_str()
      ->check(CLI::Range(1u, 100000u));
  verb->add_option("--runs", options.runs, "Timed runs (default: as many as fit into 2 s)")
      ->check(CLI::Range(1u, 100000u));
  verb->add_flag("--profile", options.profile, "Show where the time goes, per kernel");
  addLoadFlags(verb, options.load);
  addCommonFlags(verb, cli);
  cli.onVerb(verb, [&cli, flags] { return benchVerb(cli, *flags); });
}
