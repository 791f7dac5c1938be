// `attune run`.
#include "Flags.h"

#include "attune/Driver/Run.h"
#include "attune/Driver/Summary.h"

using namespace attune;
using namespace attune::cli;
using namespace attune::driver;

namespace {

struct RunFlags {
  RunOptions options;
  InputFlags inputs;
};

int runVerb(Cli &cli, RunFlags &flags) {
  if (Error error = readInputFlags(flags.inputs, flags.options.inputs); error.failed())
    return cli.fail(error);
  flags.options.load.source.progress = cli.progress("compiling");
  RunReport report;
  if (Error error = driver::run(flags.options, report); error.failed())
    return cli.fail(error);
  for (const InputOrigin &origin : report.inputs)
    cli.note("input " + origin.name + ": " + origin.rule +
             (origin.proven ? "" : " (the safe range is not known)"));
  std::string text;
  for (size_t i = 0; i < report.outputs.size(); ++i)
    text += summaryText(report.outputs[i]) +
            (i < report.files.size() ? "  saved as " + report.files[i] : "") + "\n";
  return cli.succeed(toJson(report), text);
}

} // namespace

void cli::addRun(CLI::App &app, Cli &cli) {
  auto flags = std::make_shared<RunFlags>();
  CLI::App *verb = app.add_subcommand("run", "Run a model or an artefact once");
  addModelFlags(verb, flags->options.load.source, "A model or an artefact");
  addInputFlags(verb, flags->inputs);
  verb->add_option("--output-dir", flags->options.outputDir, "Save one .npy per output here");
  addLoadFlags(verb, flags->options.load);
  addCommonFlags(verb, cli);
  cli.onVerb(verb, [&cli, flags] { return runVerb(cli, *flags); });
}
