// `attune inspect`.
#include "Flags.h"

#include "attune/Driver/Inspect.h"

using namespace attune;
using namespace attune::cli;
using namespace attune::driver;

namespace {

std::string tensorLine(const char *kind, const Json &tensor) {
  std::string text = std::string(kind) + "  " + tensor["name"].get<std::string>() + "  " +
                     tensor["type"].get<std::string>() + "[";
  bool first = true;
  for (const Json &dim : tensor["shape"]) {
    text += (first ? "" : ", ") + (dim.is_string() ? dim.get<std::string>() : dim.dump());
    first = false;
  }
  text += "]";
  if (tensor.contains("role"))
    text += "  " + tensor["role"].get<std::string>();
  if (tensor.contains("range"))
    text += "  values " + tensor["range"][0].dump() + " to " + tensor["range"][1].dump();
  return text + "\n";
}

std::string symbolLine(const Json &symbol) {
  std::string text = "symbol  " + symbol["name"].get<std::string>();
  if (symbol.contains("high"))
    text += "  " + symbol["low"].dump() + " to " + symbol["high"].dump();
  return text + "\n";
}

std::string inspectText(const Json &report) {
  std::string text;
  for (const char *key : {"kind", "form", "format", "compiler", "target", "features", "options"})
    if (report.contains(key))
      text += std::string(key) + "  " + report[key].get<std::string>() + "\n";
  for (const Json &tensor : report["inputs"])
    text += tensorLine("input", tensor);
  for (const Json &tensor : report["outputs"])
    text += tensorLine("output", tensor);
  for (const Json &symbol : report["symbols"])
    text += symbolLine(symbol);
  for (const Json &guard : report["guards"])
    text += "guard  " + guard["condition"].get<std::string>() + "  (" +
            guard["node"].get<std::string>() + ")\n";
  if (report.contains("bytes"))
    for (const auto &[name, bytes] : report["bytes"].items())
      text += name + "  " + bytes.dump() + " bytes\n";
  if (report.contains("kernels"))
    text += "kernels  " + std::to_string(report["kernels"].size()) + "\n";
  if (report.contains("operators"))
    for (const Json &op : report["operators"])
      text += "operator  " + op["op"].get<std::string>() + "  " + op["count"].dump() + "\n";
  if (report.contains("opsets"))
    for (const Json &opset : report["opsets"])
      text += "opset  " + (opset["domain"] == "" ? "ai.onnx" : opset["domain"].get<std::string>()) +
              "  " + opset["version"].dump() + "\n";
  if (report.contains("unsupported"))
    for (const Json &entry : report["unsupported"])
      text += "unsupported  " + entry["op"].get<std::string>() + " '" +
              entry["node"].get<std::string>() + "': " + entry["message"].get<std::string>() + "\n";
  return text;
}

int inspectVerb(Cli &cli, InspectOptions &options) {
  Json report;
  if (Error error = inspect(options, report); error.failed())
    return cli.fail(error);
  return cli.succeed(report, inspectText(report));
}

} // namespace

void cli::addInspect(CLI::App &app, Cli &cli) {
  auto options = std::make_shared<InspectOptions>();
  CLI::App *verb = app.add_subcommand("inspect", "Show what a model or an artefact is");
  addModelFlags(verb, options->source, "A model or an artefact");
  verb->add_flag("--check", options->check, "Read an artefact's weights and check their hash");
  addPipelineFlags(verb, options->pipeline);
  addCommonFlags(verb, cli);
  cli.onVerb(verb, [&cli, options] { return inspectVerb(cli, *options); });
}
