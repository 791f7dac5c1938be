// `attune compile`.
#include "Flags.h"

#include <cstdio>

using namespace attune;
using namespace attune::cli;
using namespace attune::driver;

namespace {

struct CompileFlags {
  CompileOptions options;
  std::string emit = "artifact";
};

/// MODEL.attune: the model's own ending goes.
std::string defaultOutput(const std::string &model) {
  for (const char *ending : {".onnx", ".mlir", ".mlirbc"}) {
    std::string_view text = ending;
    if (model.size() > text.size() &&
        model.compare(model.size() - text.size(), text.size(), text) == 0)
      return model.substr(0, model.size() - text.size()) + ".attune";
  }
  return model + ".attune";
}

Error readFlags(CompileFlags &flags) {
  CompileOptions &options = flags.options;
  if (flags.emit == "ptx" || flags.emit == "spirv")
    return {ErrorCode::NoDevice, "--emit=" + flags.emit + " needs a target that is not built yet",
            "", "", "--target=cpu is what there is"};
  std::optional<Form> form = formFromName(flags.emit);
  if (!form)
    return {ErrorCode::Usage, "--emit=" + flags.emit + " is no form", "", "",
            "onnx, graph, tensor, device, llvm, asm or artifact"};
  options.emit = *form;
  if (options.output.empty() && options.emit != Form::Artifact)
    options.output = "-";
  if (options.output.empty() && options.source.path == "-")
    return {ErrorCode::Usage, "a model from standard input needs -o", "", "", ""};
  if (options.output == "-" && options.emit == Form::Artifact)
    return {ErrorCode::Usage, "an artefact is not written to standard output", "", "",
            "give -o FILE"};
  if (options.output.empty())
    options.output = defaultOutput(options.source.path);
  return checkDimRanges(options.pipeline.dims);
}

Json reportJson(const CompileOptions &options, const CompileReport &report) {
  Json json = newReport();
  json["emit"] = formName(options.emit);
  if (options.output == "-")
    json["text"] = report.text;
  else
    json["output"] = options.output;
  json["bytes"] = report.outputBytes;
  json["seconds"] = report.seconds;
  json["peak_anon_mb"] = report.peakAnonymousMb;
  json["phases"] = Json::object();
  for (const auto &[name, seconds] : report.phases)
    json["phases"][name] = seconds;
  json["warnings"] = report.warnings;
  json["remarks"] = report.remarks;
  return json;
}

int compileVerb(Cli &cli, CompileFlags &flags) {
  if (Error error = readFlags(flags); error.failed())
    return cli.fail(error);
  CompileOptions &options = flags.options;
  options.source.progress = cli.progress("compiling");
  CompileReport report;
  Error error = compile(options, report);
  clearProgress();
  std::fputs(report.trace.c_str(), stderr);
  for (const std::string &warning : report.warnings)
    if (!cli.quiet)
      std::fputs(("warning: " + warning + "\n").c_str(), stderr);
  for (const std::string &remark : report.remarks)
    cli.note("remark: " + remark);
  if (error.failed())
    return cli.fail(error);
  for (const auto &[name, seconds] : report.phases)
    cli.note(name + ": " + std::to_string(seconds) + " s");
  if (options.output == "-") {
    bool quiet = cli.quiet;
    cli.quiet = false; // the text is what was asked for
    int code = cli.succeed(reportJson(options, report), report.text);
    cli.quiet = quiet;
    return code;
  }
  char line[160];
  std::snprintf(line, sizeof line, " (%.1f MB) in %.2f s\n", double(report.outputBytes) * 1e-6,
                report.seconds);
  return cli.succeed(reportJson(options, report), options.output + line);
}

} // namespace

void cli::addCompile(CLI::App &app, Cli &cli) {
  auto flags = std::make_shared<CompileFlags>();
  CompileOptions &options = flags->options;
  CLI::App *verb = app.add_subcommand("compile", "Compile a model ahead of time");
  addModelFlags(verb, options.source, "An .onnx file, an .mlir file in any form, or -");
  verb->add_option("-o,--output", options.output, "Where to write (default: MODEL.attune)");
  verb->add_option("--target", options.target, "cpu")->capture_default_str();
  addPipelineFlags(verb, options.pipeline);
  addGraphFlags(verb, options.pipeline);
  verb->add_option("--emit", flags->emit,
                   "Stop at a form: onnx, graph, tensor, device, llvm, asm or artifact")
      ->capture_default_str();
  verb->add_option("--save-forms", options.saveForms, "A folder for every form on the way");
  verb->add_option("--print-after", options.printAfter, "Print the IR after this pass; repeatable")
      ->expected(1)
      ->take_all();
  verb->add_flag("--time-passes", options.timePasses, "Say how long each pass took");
  verb->add_option("--reproducer", options.reproducer,
                   "Where to keep the IR before the pass that failed");
  addCommonFlags(verb, cli);
  cli.onVerb(verb, [&cli, flags] { return compileVerb(cli, *flags); });
}
