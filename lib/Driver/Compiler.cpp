// Loading a model into a context and taking it from form to form, with every failure turned
// into the error that users see.
#include "Compiler.h"

#include "attune/Driver/Files.h"
#include "attune/Driver/InputRanges.h"

#include "mlir/Bytecode/BytecodeReader.h"
#include "mlir/Parser/Parser.h"
#include "mlir/Tools/Plugins/PassPlugin.h"
#include "llvm/Support/SourceMgr.h"

#include <sys/stat.h>

using namespace attune;
using namespace attune::driver;

namespace {

bool endsWith(const std::string &text, std::string_view ending) {
  return text.size() >= ending.size() &&
         std::string_view(text).substr(text.size() - ending.size()) == ending;
}

/// Text and bytecode of MLIR by their first bytes; a serialised ModelProto starts with the tag
/// of its version (0x08) in every writer that there is.
bool looksLikeMlir(std::string_view bytes) {
  if (bytes.substr(0, 4) == "ML\xefR")
    return true;
  for (unsigned char c : bytes.substr(0, 512))
    if (c < 0x20 && c != '\n' && c != '\t' && c != '\r')
      return false;
  return !bytes.empty();
}

mlir::DialectRegistry everything() {
  mlir::DialectRegistry registry;
  registerAllDialects(registry);
  return registry;
}

bool isMlir(const ModelBytes &model) {
  return model.path == "-" ? looksLikeMlir(model.bytes)
                           : endsWith(model.path, ".mlir") || endsWith(model.path, ".mlirbc");
}

/// What does not parse is the user's file, never a bug.
Error parseError(const Error &first, const std::string &name) {
  Error error = first;
  error.code = ErrorCode::Malformed;
  error.message = "'" + name + "' is not valid MLIR: " +
                  (first.message.empty() ? std::string("it does not parse") : first.message);
  return error;
}

} // namespace

Compiler::Compiler()
    : mlirContext(everything(), mlir::MLIRContext::Threading::DISABLED), collector(&mlirContext) {
  collectRemarks(mlirContext, said);
}

Error Compiler::load(const ModelBytes &model, const frontend::ImportOptions &options) {
  Error error = isMlir(model) ? loadMlir(model) : loadOnnx(model, options);
  if (!error.failed() && present == Form::ONNX)
    inferInputRanges(*owned);
  return error;
}

Error Compiler::loadOnnx(const ModelBytes &model, const frontend::ImportOptions &options) {
  Error error;
  if (model.path == "-")
    owned = frontend::importModel(
        mlirContext, {reinterpret_cast<const uint8_t *>(model.bytes.data()), model.bytes.size()},
        ".", options, error);
  else
    owned = frontend::importModel(mlirContext, model.path, options, error);
  if (!error.failed() && !owned)
    error = collector.failed()
                ? collector.firstError()
                : Error{ErrorCode::Internal, "the importer failed silently", "", "", ""};
  present = Form::ONNX;
  return error;
}

Error Compiler::loadMlir(const ModelBytes &model) {
  mlir::ParserConfig config(&mlirContext);
  owned = model.path == "-" ? mlir::parseSourceString<mlir::ModuleOp>(model.bytes, config)
                            : mlir::parseSourceFile<mlir::ModuleOp>(model.path, config);
  std::string name = model.path == "-" ? "standard input" : model.path;
  if (!owned)
    return parseError(collector.firstError(), name);
  std::optional<Form> found = detectForm(*owned);
  if (!found)
    return {ErrorCode::Malformed, "'" + name + "' is MLIR, but none of attune's forms", "", "",
            "a form is what `attune compile --emit=onnx|graph|tensor|device` prints"};
  present = *found;
  return {};
}

Error Compiler::advance(Form to, const PipelineOptions &options, Watch &watch) {
  if (to <= present)
    return {};
  if (present == Form::ONNX)
    recordOptions(*owned, options);
  mlir::PassManager manager(&mlirContext);
  attachWatch(manager, watch);
  traceNodes(mlirContext, watch);
  if (mlir::failed(buildPipeline(manager, present, to, options)))
    return collector.failed() ? collector.firstError()
                              : Error{ErrorCode::Usage,
                                      "no passes lead from the " + std::string(formName(present)) +
                                          " form to the " + std::string(formName(to)) + " form",
                                      "", "", ""};
  Error error = run(manager, watch);
  if (!error.failed())
    present = to;
  return error;
}

Error Compiler::runUserPasses(const PipelineOptions &options, Watch &watch) {
  if (options.extraPasses.empty() || present == Form::ONNX)
    return {}; // on their way to graph form
  if (present > Form::Graph)
    return {ErrorCode::Usage, "the model is already past the graph form, on which --passes work",
            "", "", "give the model that it came from"};
  PipelineOptions added;
  added.extraPasses = options.extraPasses;
  recordOptions(*owned, added);
  mlir::PassManager manager(&mlirContext);
  attachWatch(manager, watch);
  traceNodes(mlirContext, watch);
  if (mlir::failed(buildUserPasses(manager, options)))
    return collector.firstError();
  return run(manager, watch);
}

Error Compiler::run(mlir::PassManager &manager, Watch &watch) {
  bool ran = mlir::succeeded(manager.run(*owned));
  mlirContext.registerActionHandler(nullptr);
  if (collector.failed()) {
    Error error = collector.firstError();
    if (error.code == ErrorCode::Internal)
      error.message += " (in pass '" + watch.currentPass + "')";
    return error;
  }
  if (!ran)
    return {ErrorCode::Internal, "pass '" + watch.currentPass + "' failed and did not say why", "",
            "", ""};
  return {};
}

std::string Compiler::print() {
  std::string text;
  llvm::raw_string_ostream stream(text);
  owned->print(stream, mlir::OpPrintingFlags().enableDebugInfo());
  stream << "\n";
  return text;
}

Error driver::loadPasses(const std::vector<std::string> &plugins) {
  registerAllPasses();
  for (const std::string &path : plugins) {
    llvm::Expected<mlir::PassPlugin> plugin = mlir::PassPlugin::load(path);
    if (!plugin)
      return {ErrorCode::FileAccess,
              "cannot load the pass plugin '" + path + "': " + llvm::toString(plugin.takeError()),
              "", "", ""};
    plugin->registerPassRegistryCallbacks();
  }
  return {};
}

Error driver::loadUserPasses(const PipelineOptions &options) {
  if (Error error = loadPasses(options.passPlugins); error.failed())
    return error;
  for (const std::string &text : options.extraPasses) {
    std::string reason;
    mlir::OpPassManager manager(mlir::ModuleOp::getOperationName());
    if (mlir::failed(parseUserPasses(text, manager, reason)))
      return {ErrorCode::Usage, "--passes: " + printable(reason, 500), "", "",
              "`attune passes` lists what there is, and with --load-pass-plugin a plugin's too"};
  }
  return {};
}

Error driver::prepareModel(const ModelSource &source, ModelBytes &model) {
  model.path = source.path;
  if (model.path == "-") {
    // A serialised model is at most 2 GiB: protobuf allows no more.
    Error error = readFile("-", uint64_t(2) << 30, model.bytes);
    if (!error.failed() && model.bytes.empty())
      error = {ErrorCode::Malformed, "standard input holds no model", "", "", ""};
    return error;
  }
  struct stat info;
  if (::stat(model.path.c_str(), &info) != 0)
    return fileError("read", model.path);
  if (S_ISDIR(info.st_mode)) {
    errno = EISDIR;
    return fileError("read", model.path);
  }
  return {};
}

Error driver::runWork(const ModelSource &source,
                      const std::function<Error(Trail &, std::string &)> &work, ChildEnd &end) {
  if (source.isolate)
    return runIsolated(source.limits, work, end, source.progress);
  Trail trail;
  return work(trail, end.output);
}

Error driver::runForReport(const ModelSource &source,
                           const std::function<Error(const ModelBytes &, Trail &, Json &)> &work,
                           Json &report) {
  ModelBytes model;
  if (Error error = prepareModel(source, model); error.failed())
    return error;
  ChildEnd end;
  Error error = runWork(
      source,
      [&](Trail &trail, std::string &output) {
        Json found = newReport();
        Error result = work(model, trail, found);
        output = dump(found);
        return result;
      },
      end);
  Json found = parseJson(end.output);
  if (found.is_object())
    report = std::move(found);
  return error;
}
