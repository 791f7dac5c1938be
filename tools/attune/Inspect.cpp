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

std::string text(const Json &object, const char *key) {
  return object.contains(key) ? object[key].get<std::string>() : "";
}

/// "com.microsoft.Gelu"; the standard's domain goes without saying.
std::string operatorName(const Json &entry) {
  std::string domain = text(entry, "domain");
  return (domain.empty() ? "" : domain + ".") + text(entry, "op");
}

std::string operatorLines(const Json &report) {
  std::string lines;
  for (const Json &entry : report.value("operators", Json::array()))
    lines += "operator  " + operatorName(entry) + "  " + entry["count"].dump() +
             (entry["supported"] ? "" : "  unsupported") + "\n";
  for (const Json &opset : report.value("opsets", Json::array())) {
    std::string domain = text(opset, "domain");
    lines +=
        "opset  " + (domain.empty() ? "ai.onnx" : domain) + "  " + opset["version"].dump() + "\n";
  }
  return lines;
}

/// What is unsupported, with the nodes that are named and how many there are.
std::string unsupportedLines(const Json &report) {
  std::string lines;
  for (const Json &entry : report.value("unsupported", Json::array())) {
    lines += "unsupported  ";
    if (std::string name = operatorName(entry); !name.empty())
      lines += name + " ";
    const Json &nodes = entry["nodes"];
    for (size_t i = 0; i < nodes.size(); ++i)
      lines += (i ? ", '" : "'") + nodes[i].get<std::string>() + "'";
    if (uint64_t count = entry.value("count", nodes.size()); count > nodes.size())
      lines += " and " + std::to_string(count - nodes.size()) + " more";
    lines += (nodes.empty() ? "" : ": ") + text(entry, "message");
    if (std::string hint = text(entry, "hint"); !hint.empty())
      lines += " (" + hint + ")";
    lines += "\n";
  }
  return lines;
}

std::string inspectText(const Json &report) {
  std::string text;
  for (const char *key : {"kind", "form", "format", "compiler", "target", "features", "options"})
    if (report.contains(key))
      text += std::string(key) + "  " + report[key].get<std::string>() + "\n";
  for (const char *kind : {"input", "output"})
    for (const Json &tensor : report.value(std::string(kind) + "s", Json::array()))
      text += tensorLine(kind, tensor);
  for (const Json &symbol : report.value("symbols", Json::array()))
    text += symbolLine(symbol);
  for (const Json &guard : report.value("guards", Json::array()))
    text += "guard  " + guard["condition"].get<std::string>() + "  (" +
            guard["node"].get<std::string>() + ")\n";
  if (report.contains("bytes"))
    for (const auto &[name, bytes] : report["bytes"].items())
      text += name + "  " + bytes.dump() + " bytes\n";
  if (report.contains("kernels"))
    text += "kernels  " + std::to_string(report["kernels"].size()) + "\n";
  return text + operatorLines(report) + unsupportedLines(report);
}

int inspectVerb(Cli &cli, InspectOptions &options) {
  Json report;
  if (Error error = checkDimRanges(options.pipeline.dims); error.failed())
    return cli.fail(error);
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
  addGraphFlags(verb, options->pipeline);
  addCommonFlags(verb, cli);
  cli.onVerb(verb, [&cli, options] { return inspectVerb(cli, *options); });
}
