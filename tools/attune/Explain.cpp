// `attune explain`.
#include "Flags.h"

#include "attune/Driver/Explain.h"

using namespace attune;
using namespace attune::cli;
using namespace attune::driver;

namespace {

struct ExplainFlags {
  ExplainOptions options;
  std::string format = "text";
  std::string before;
};

int explainVerb(Cli &cli, ExplainFlags &flags) {
  cli.json |= flags.format == "json";
  flags.options.source.progress = cli.progress("explaining");
  Json report;
  if (Error error = checkDimRanges(flags.options.pipeline.dims); error.failed())
    return cli.fail(error);
  if (Error error = explain(flags.options, report); error.failed())
    return cli.fail(error);
  if (!flags.before.empty())
    if (Error error = compareExplained(flags.before, report); error.failed())
      return cli.fail(error);
  int written = cli.succeed(report, explainText(report) + comparisonText(report));
  return written == 0 && hasLost(report) ? int(ErrorCode::Differs) : written;
}

} // namespace

void cli::addExplain(CLI::App &app, Cli &cli) {
  auto flags = std::make_shared<ExplainFlags>();
  CLI::App *verb =
      app.add_subcommand("explain", "Say what was recognised in a model, rewritten and declined");
  addModelFlags(verb, flags->options.source,
                "An .onnx file, an .mlir file up to graph form, an artefact, or -");
  verb->add_option("--format", flags->format, "text or json")
      ->capture_default_str()
      ->check(CLI::IsMember({"text", "json"}));
  verb->add_option("--compare", flags->before,
                   "An earlier report (explain --json); exit 1 when something in it was lost");
  addPipelineFlags(verb, flags->options.pipeline);
  addGraphFlags(verb, flags->options.pipeline);
  addCommonFlags(verb, cli);
  cli.onVerb(verb, [&cli, flags] { return explainVerb(cli, *flags); });
}
