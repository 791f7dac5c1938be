// `attune devices` and `attune passes`.
#include "Flags.h"

#include "attune/Driver/About.h"

using namespace attune;
using namespace attune::cli;
using namespace attune::driver;

namespace {

int devicesVerb(Cli &cli) {
  Json report = devicesJson();
  std::string text;
  for (const Json &device : report["devices"]) {
    text += device["target"].get<std::string>() + "  " + device["name"].get<std::string>() + "  " +
            device["threads"].dump() + " threads ";
    for (const Json &feature : device["features"])
      text += " " + feature.get<std::string>();
    text += "\n";
  }
  return cli.succeed(report, text);
}

int passesVerb(Cli &cli, const std::vector<std::string> &plugins) {
  Json report;
  if (Error error = listPasses(plugins, report); error.failed())
    return cli.fail(error);
  std::string text;
  for (const Json &pass : report["passes"]) {
    std::string name = pass["name"].get<std::string>();
    name.resize(std::max<size_t>(name.size(), 36), ' ');
    text += name + "  " + pass["description"].get<std::string>() + "\n";
  }
  return cli.succeed(report, text);
}

} // namespace

void cli::addFacts(CLI::App &app, Cli &cli) {
  CLI::App *devices = app.add_subcommand("devices", "List what can run here");
  addCommonFlags(devices, cli);
  cli.onVerb(devices, [&cli] { return devicesVerb(cli); });
  CLI::App *passes = app.add_subcommand("passes", "List the passes that can be asked for");
  auto plugins = std::make_shared<std::vector<std::string>>();
  addPluginFlag(passes, *plugins);
  addCommonFlags(passes, cli);
  cli.onVerb(passes, [&cli, plugins] { return passesVerb(cli, *plugins); });
}
