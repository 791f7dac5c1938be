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
};

int explainVerb(Cli &cli, ExplainFlags &flags) {
  cli.json |= flags.format == "json";
  flags.options.source.progress = cli.progress("explaining");
  Json report;
  if (Error error = explain(flags.options, report); error.failed())
    return cli.fail(error);
  return cli.succeed(report, explainText(report));
}

} // namespace

void cli::addExplain(CLI::App &app, Cli &cli) {
  auto flags = std::make_shared<ExplainFlags>();
  CLI::App *verb =
      app.add_subcommand("explain", "Say what was recognised in a model, rewritten and declined");
  addModelFlags(verb, flags->options.source, "An .onnx file, an .mlir file up to graph form, or -");
  verb->add_option("--format", flags->format, "text or json")
      ->capture_default_str()
      ->check(CLI::IsMember({"text", "json"}));
  addPipelineFlags(verb, flags->options.pipeline);
  addCommonFlags(verb, cli);
  cli.onVerb(verb, [&cli, flags] { return explainVerb(cli, *flags); });
}
