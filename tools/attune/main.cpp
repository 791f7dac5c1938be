// The attune command: verbs and their flags. Exit codes are attune::ErrorCode.
#include "Flags.h"

#include "attune/Driver/About.h"
#include "attune/Driver/Isolate.h"

#include <csignal>
#include <cstring>

using namespace attune;
using namespace attune::cli;

namespace {

/// The first signal stops the child and cleans up, the second ends at once.
void onSignal(int signal) {
  if (driver::interrupted()) {
    ::signal(signal, SIG_DFL);
    ::raise(signal);
  }
  driver::interrupt();
}

std::string versionText() {
  driver::Json json = driver::versionJson();
  return "attune " + json["attune"].get<std::string>() + "\nLLVM " +
         json["llvm"].get<std::string>() + "\nONNX " + json["onnx"].get<std::string>() +
         ", opsets " + std::to_string(json["opsets"]["ai.onnx"][0].get<int>()) + " to " +
         std::to_string(json["opsets"]["ai.onnx"][1].get<int>()) + "\nartefact format " +
         json["artifact_format"].get<std::string>() + "\ntargets cpu\n";
}

int parseFailure(const CLI::Error &error, const CLI::App &app, Cli &cli, int argc, char **argv) {
  for (int i = 1; i < argc; ++i)
    cli.json |= std::strcmp(argv[i], "--json") == 0;
  std::string hint = "attune --help";
  for (const CLI::App *verb : app.get_subcommands())
    hint = "attune " + verb->get_name() + " --help";
  return cli.fail({ErrorCode::Usage, error.what(), "", "", "see `" + hint + "`"});
}

} // namespace

int main(int argc, char **argv) {
  std::signal(SIGPIPE, SIG_IGN);
  std::signal(SIGINT, onSignal);
  std::signal(SIGTERM, onSignal);

  CLI::App app("attune compiles ONNX models built on attention", "attune");
  Cli cli;
  bool version = false;
  app.add_flag("--version", version, "Say which attune, LLVM and ONNX this is, and for what");
  app.add_flag("--json", cli.json, "Print one JSON object on standard output");
  app.require_subcommand(0, 1);
  addCompile(app, cli);
  addRun(app, cli);
  addVerify(app, cli);
  addBench(app, cli);
  addInspect(app, cli);
  addExplain(app, cli);
  addFacts(app, cli);
  // CLI11 reports by exceptions; they end here.
  try {
    app.parse(argc, argv);
  } catch (const CLI::Success &success) {
    return app.exit(success); // --help
  } catch (const CLI::Error &error) {
    return parseFailure(error, app, cli, argc, argv);
  }
  int code;
  if (version)
    code = cli.succeed(driver::versionJson(), versionText());
  else if (app.get_subcommands().empty())
    code = cli.fail({ErrorCode::Usage, "no verb given", "", "", "see `attune --help`"});
  else
    code = cli.runVerb();
  if (driver::interrupted()) {
    std::signal(SIGINT, SIG_DFL);
    std::raise(SIGINT);
  }
  return code;
}
