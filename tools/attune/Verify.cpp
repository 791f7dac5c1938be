// `attune verify`.
#include "Flags.h"

#include "attune/Driver/Verify.h"

#include <cstdio>

using namespace attune;
using namespace attune::cli;
using namespace attune::driver;

namespace {

std::string caseText(const CaseReport &report) {
  char figures[128];
  std::snprintf(figures, sizeof figures, "  max abs %.3g, of the largest %.3g  (%.2f s)",
                report.maxAbs, report.relToMax, report.seconds);
  std::string text = report.result + "  " + report.name;
  if (report.compared)
    text += figures;
  if (!report.message.empty())
    text += "  " + report.message;
  for (char &c : text)
    c = c == '\n' ? ' ' : c;
  return text + "\n";
}

int verifyVerb(Cli &cli, VerifyOptions &options) {
  bool written = true;
  std::vector<CaseReport> cases = verify(options, [&](const CaseReport &report) {
    if (!cli.json && (!cli.quiet || report.result != "pass"))
      written &= writeOut(caseText(report));
  });
  Error error = verdict(cases);
  Json json = toJson(cases);
  if (cli.json && !writeOut(dump(json) + "\n"))
    written = false;
  if (!written)
    return cli.fail({ErrorCode::FileAccess, "cannot write standard output", "", "", ""});
  if (!error.failed())
    return 0;
  // Under --json the object has said it already.
  return cli.json ? int(error.code) : cli.fail(error);
}

} // namespace

void cli::addVerify(CLI::App &app, Cli &cli) {
  auto options = std::make_shared<VerifyOptions>();
  CLI::App *verb = app.add_subcommand("verify", "Compare a model's results with expected ones");
  verb->add_option("CASE", options->cases,
                   "Folders with model.onnx and test_data_set_N/{input,output}_M.pb")
      ->required();
  verb->add_option("--rtol", options->rtol, "Relative tolerance")
      ->capture_default_str()
      ->check(CLI::NonNegativeNumber);
  verb->add_option("--atol", options->atol, "Absolute tolerance")
      ->capture_default_str()
      ->check(CLI::NonNegativeNumber);
  addLimitFlags(verb, options->load.source);
  addLoadFlags(verb, options->load);
  addCommonFlags(verb, cli);
  cli.onVerb(verb, [&cli, options] { return verifyVerb(cli, *options); });
}
