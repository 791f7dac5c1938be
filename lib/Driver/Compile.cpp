// `attune compile`: a private folder for everything that is half done, a child that works in
// it, and one rename at the end.
#include "attune/Driver/Compile.h"

#include "Compiler.h"

#include "attune/Driver/Files.h"
#include "attune/Driver/Json.h"

#include "mlir/Pass/PassRegistry.h"

#include <chrono>
#include <cstdlib>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

using namespace attune;
using namespace attune::driver;

namespace {

using Clock = std::chrono::steady_clock;

constexpr std::pair<std::string_view, Form> kForms[] = {
    {"onnx", Form::ONNX},        {"graph", Form::Graph}, {"tensor", Form::Tensor},
    {"device", Form::Device},    {"llvm", Form::LLVM},   {"asm", Form::Asm},
    {"artifact", Form::Artifact}};

bool isRegularOrNew(const std::string &path) {
  struct stat info;
  return ::stat(path.c_str(), &info) != 0 || S_ISREG(info.st_mode);
}

/// Brings a finished file to where the user wants it: a rename, or a copy where that cannot be
/// (another file system, or a target such as a pipe that must stay what it is).
Error deliver(const std::string &from, const std::string &to) {
  if (isRegularOrNew(to) && ::rename(from.c_str(), to.c_str()) == 0)
    return {};
  if (isRegularOrNew(to) && errno != EXDEV)
    return fileError("write", to);
  std::string bytes;
  if (Error error = readFile(from, UINT64_MAX, bytes); error.failed())
    return error;
  if (isRegularOrNew(to))
    return writeFile(to, bytes);
  int file = ::open(to.c_str(), O_WRONLY | O_CLOEXEC);
  if (file < 0)
    return fileError("write", to);
  Error error;
  for (size_t done = 0; done < bytes.size() && !error.failed();) {
    ssize_t count = ::write(file, bytes.data() + done, bytes.size() - done);
    if (count <= 0)
      error = fileError("write", to);
    else
      done += size_t(count);
  }
  ::close(file);
  return error;
}

Error checkUsage(const CompileOptions &options) {
  if (options.target != "cpu")
    return {ErrorCode::NoDevice, "target '" + options.target + "' is not built into this attune",
            "", "", "--target=cpu is what there is"};
  struct stat info;
  if (::stat(options.output.c_str(), &info) == 0 && S_ISDIR(info.st_mode)) {
    errno = EISDIR;
    return fileError("write", options.output);
  }
  return {};
}

Error checkPassNames(const std::vector<std::string> &names) {
  for (const std::string &name : names)
    if (!mlir::PassInfo::lookup(name))
      return {ErrorCode::Usage, "there is no pass '" + name + "'", "", "",
              "`attune passes` lists them"};
  return {};
}

/// The child's share: everything that LLVM, MLIR or the ONNX library may die of.
class CompileJob {
public:
  CompileJob(const CompileOptions &options, const ModelBytes &model, const std::string &folder,
             bool snapshot)
      : options(options), model(model), folder(folder) {
    if (snapshot)
      watch.snapshot = folder + "/reproducer.mlir";
    watch.printAfter = options.printAfter;
  }

  Error run(Trail &trail, std::string &output) {
    watch.trail = &trail;
    Error error = work();
    if (options.timePasses)
      watch.trace += formatTimes(watch);
    Json report{
        {"trace", watch.trace}, {"phases", phases}, {"warnings", warnings}, {"remarks", remarks}};
    output = dump(report);
    return error;
  }

private:
  Error work() {
    if (Error error = loadUserPasses(options.pipeline); error.failed())
      return error;
    if (Error error = checkPassNames(options.printAfter); error.failed())
      return error;
    Compiler compiler;
    Error error = timed("import", [&] { return compiler.load(model, options.source.import); });
    if (!error.failed() && options.emit < compiler.form())
      error = {ErrorCode::Usage,
               "'" + options.source.path + "' is already in the " +
                   std::string(formName(compiler.form())) + " form",
               "", "", ""};
    if (!error.failed())
      error = compiler.runUserPasses(options.pipeline, watch);
    Form last = std::min(options.emit, Form::Device);
    while (!error.failed()) {
      error = saveForm(compiler);
      if (error.failed() || compiler.form() >= last)
        break;
      auto next = Form(int(compiler.form()) + 1);
      error =
          timed(formName(next), [&] { return compiler.advance(next, options.pipeline, watch); });
    }
    for (const Note &note : compiler.notes())
      if (note.severity == Note::Severity::Warning)
        warnings.push_back(note.message);
      else
        remarks.push_back((note.where.node.empty() ? "" : printable(note.where.node) + ": ") +
                          note.message);
    for (const Remark &remark : compiler.remarks())
      remarks.push_back((remark.where.node.empty() ? "" : remark.where.node + ": ") + remark.text);
    return error.failed() ? error : emit(compiler);
  }

  Error emit(Compiler &compiler) {
    watch.trail->enterPass("emit");
    std::string file = folder + "/output";
    if (options.emit <= Form::Device)
      return writeFile(file, compiler.print());
    if (options.emit == Form::Artifact)
      return timed("emit", [&] { return emitArtifact(compiler.module(), options.pipeline, file); });
    std::string text;
    llvm::raw_string_ostream stream(text);
    Error error = timed("emit", [&] {
      return emitText(compiler.module(), options.emit, options.pipeline, stream);
    });
    return error.failed() ? error : writeFile(file, text);
  }

  Error saveForm(Compiler &compiler) {
    if (options.saveForms.empty())
      return {};
    return writeFile(folder + "/" + std::string(formName(compiler.form())) + ".mlir",
                     compiler.print());
  }

  template <typename Work> Error timed(std::string_view name, Work &&step) {
    auto start = Clock::now();
    Error error = step();
    phases[std::string(name)] = std::chrono::duration<double>(Clock::now() - start).count();
    return error;
  }

  const CompileOptions &options;
  const ModelBytes &model;
  const std::string &folder;
  Watch watch;
  Json phases = Json::object();
  Json warnings = Json::array();
  Json remarks = Json::array();
};

void readReport(const std::string &output, CompileReport &report) {
  Json child = parseJson(output);
  if (!child.is_object())
    return;
  report.trace = child.value("trace", "");
  for (const auto &[name, seconds] : child["phases"].items())
    report.phases.emplace_back(name, seconds.get<double>());
  for (const Json &text : child["warnings"])
    report.warnings.push_back(text.get<std::string>());
  for (const Json &text : child["remarks"])
    report.remarks.push_back(text.get<std::string>());
}

Error keepForms(const CompileOptions &options, const std::string &folder) {
  if (options.saveForms.empty())
    return {};
  if (::mkdir(options.saveForms.c_str(), 0777) != 0 && errno != EEXIST)
    return fileError("make the folder", options.saveForms);
  for (Form form : {Form::ONNX, Form::Graph, Form::Tensor, Form::Device}) {
    std::string name = "/" + std::string(formName(form)) + ".mlir";
    if (::access((folder + name).c_str(), F_OK) != 0)
      continue;
    if (Error error = deliver(folder + name, options.saveForms + name); error.failed())
      return error;
  }
  return {};
}

/// After an internal error: the same once more, with the IR kept before each pass.
void keepReproducer(const CompileOptions &options, const ModelBytes &model,
                    const std::string &folder, bool again, Error &error, CompileReport &report) {
  std::string made = folder + "/reproducer.mlir", kept = options.reproducer;
  if (again) {
    CompileJob job(options, model, folder, /*snapshot=*/true);
    ChildEnd end;
    Error second =
        runWork(options.source, [&](Trail &t, std::string &o) { return job.run(t, o); }, end);
    if (error.node.empty() && second.code == ErrorCode::Internal) {
      error.node = second.node;
      error.op = second.op;
    }
  }
  if (::access(made.c_str(), F_OK) != 0)
    return;
  if (kept.empty()) {
    const char *place = ::getenv("TMPDIR");
    kept = std::string(place && *place ? place : "/tmp") + "/attune-reproducer-" +
           std::to_string(::getpid()) + ".mlir";
  }
  if (deliver(made, kept).failed())
    return;
  report.reproducer = kept;
  std::string plugins;
  for (const std::string &path : options.pipeline.passPlugins)
    plugins += "--load-pass-plugin=" + path + " ";
  if (error.code == ErrorCode::Internal)
    error.hint = "this is a bug in attune; `attune-opt " + plugins + "--run-reproducer " + kept +
                 "` shows it";
}

} // namespace

std::optional<Form> driver::formFromName(std::string_view name) {
  for (const auto &[text, form] : kForms)
    if (text == name)
      return form;
  return std::nullopt;
}

std::string_view driver::formName(Form form) { return kForms[int(form)].first; }

Error driver::compile(const CompileOptions &options, CompileReport &report) {
  auto start = Clock::now();
  bool toText = options.output == "-";
  if (Error error = checkUsage(options); error.failed())
    return error;
  // Beside the output, so that the last step is a rename.
  PrivateFolder folder;
  bool beside = !toText && isRegularOrNew(options.output);
  if (Error error = folder.create(beside ? folderOf(options.output) : ""); error.failed())
    return beside ? fileError("write", options.output) : error;
  ModelBytes model;
  if (Error error = prepareModel(options.source, model); error.failed())
    return error;

  CompileJob job(options, model, folder.path(), !options.reproducer.empty());
  ChildEnd end;
  Error error =
      runWork(options.source, [&](Trail &t, std::string &o) { return job.run(t, o); }, end);
  report.peakAnonymousMb = end.peakAnonymousMb;
  readReport(end.output, report);
  if (Error saving = keepForms(options, folder.path()); saving.failed() && !error.failed())
    error = saving;
  if (error.failed()) {
    bool again =
        error.code == ErrorCode::Internal && options.source.isolate && options.reproducer.empty();
    keepReproducer(options, model, folder.path(), again, error, report);
    return error;
  }

  std::string made = folder.path() + "/output";
  struct stat info;
  report.outputBytes = ::stat(made.c_str(), &info) == 0 ? uint64_t(info.st_size) : 0;
  error = toText ? readFile(made, UINT64_MAX, report.text) : deliver(made, options.output);
  report.seconds = std::chrono::duration<double>(Clock::now() - start).count();
  return error;
}
