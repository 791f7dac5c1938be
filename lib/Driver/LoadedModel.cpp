// From a path to a session: an artefact is loaded as it is, a model is compiled into a private
// folder that goes as soon as its artefact is mapped.
#include "attune/Driver/LoadedModel.h"

#include "attune/Driver/Files.h"
#include "attune/Runtime/Core/Session.h"

#include <chrono>
#include <cstdlib>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

using namespace attune;
using namespace attune::driver;

namespace {

using Clock = std::chrono::steady_clock;

double millisecondsSince(Clock::time_point start) {
  return std::chrono::duration<double, std::milli>(Clock::now() - start).count();
}

} // namespace

struct LoadedModel::Impl {
  runtime::Ref<runtime::Model> model;
  std::unique_ptr<runtime::Session> session;
};

LoadedModel::LoadedModel() : impl(std::make_unique<Impl>()) {}
LoadedModel::~LoadedModel() = default;

bool driver::looksLikeArtifact(const std::string &path) {
  struct stat info;
  if (path == "-" || ::stat(path.c_str(), &info) != 0 || !S_ISREG(info.st_mode))
    return false;
  int file = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (file < 0)
    return false;
  char magic[4] = {};
  ssize_t count = ::read(file, magic, 4);
  ::close(file);
  return count == 4 && std::string_view(magic, 4) == "\x7f"
                                                     "ELF";
}

Error LoadedModel::open(const LoadOptions &options) {
  if (options.target != "cpu")
    return {ErrorCode::NoDevice, "target '" + options.target + "' is not built into this attune",
            "", "", "--target=cpu is what there is"};
  PrivateFolder folder;
  std::string path = options.source.path;
  bool artifact = looksLikeArtifact(path) ||
                  (path.size() > 7 && path.compare(path.size() - 7, 7, ".attune") == 0);
  if (!artifact) {
    if (Error error = folder.create(); error.failed())
      return error;
    CompileOptions compiling;
    compiling.source = options.source;
    compiling.target = options.target;
    compiling.pipeline = options.pipeline;
    compiling.output = path = folder.path() + "/model.attune";
    CompileReport report;
    auto start = Clock::now();
    if (Error error = compile(compiling, report); error.failed())
      return error;
    compileMilliseconds = millisecondsSince(start);
  }
  auto start = Clock::now();
  runtime::ModelOptions load;
  load.threads = int(options.threads);
  if (Error error = runtime::Model::load(path.c_str(), load, impl->model); error.failed())
    return error;
  loadMilliseconds = millisecondsSince(start);
  modelSignature = readSignature(impl->model->artifact());
  return runtime::Session::create(impl->model, {}, impl->session);
}

unsigned LoadedModel::threads() const { return unsigned(impl->model->threads()); }

runtime::ThreadPool &LoadedModel::pool() { return impl->model->pool(); }

Error LoadedModel::run(const std::vector<Tensor> &inputs) {
  std::vector<runtime::InputTensor> views;
  views.reserve(inputs.size());
  static const char kNothing = 0; // an empty tensor has no data to point at
  for (const Tensor &input : inputs)
    views.push_back({input.name,
                     input.type,
                     {input.shape.data(), input.shape.size()},
                     input.data.empty() ? &kNothing : input.data.data(),
                     input.data.size()});
  return impl->session->run({views.data(), views.size()});
}

Error LoadedModel::takeOutputs(std::vector<Tensor> &outputs) const {
  outputs.clear();
  for (size_t i = 0; i < modelSignature.outputs.size(); ++i) {
    runtime::OutputTensor view;
    if (Error error = impl->session->output(i, view); error.failed())
      return error;
    Tensor tensor;
    tensor.name = std::string(view.name);
    tensor.type = view.type;
    tensor.shape.assign(view.dims.begin(), view.dims.end());
    uint64_t bytes = byteSize(tensor.type, tensor.shape).value_or(0);
    const char *data = static_cast<const char *>(view.data);
    if (bytes)
      tensor.data.assign(data, data + bytes);
    outputs.push_back(std::move(tensor));
  }
  return {};
}

RunCounters LoadedModel::counters() const {
  runtime::SessionStats stats = impl->session->stats();
  RunCounters counters;
  counters.dispatches = stats.launches - stats.copies;
  counters.copies = stats.copies;
  counters.tasks = stats.tasks;
  counters.tilesVisited = stats.tilesVisited;
  counters.tilesTotal = stats.tilesTotal;
  counters.heapAllocations = stats.heapAllocations;
  counters.arenaBytes = stats.planArenaBytes;
  counters.weightBytes = stats.weightBytes;
  counters.plans = stats.planCount;
  return counters;
}

Error LoadedModel::profile(bool on) { return impl->session->setProfiling(on); }

std::vector<DispatchTime> LoadedModel::dispatchTimes() const {
  std::vector<DispatchTime> rows;
  for (const runtime::ProfileEntry &entry : impl->session->profile()) {
    if (!entry.launches)
      continue;
    DispatchTime row;
    row.name = std::string(entry.name);
    row.root = std::string(entry.root);
    row.what = std::string(entry.what);
    row.node = std::string(entry.node);
    row.extents.assign(entry.extents.begin(), entry.extents.end());
    row.variant = std::string(entry.variant);
    row.calls = entry.launches;
    row.tasks = entry.tasks;
    row.threads = double(entry.threads) / double(entry.launches);
    row.flops = entry.flops;
    row.bytes = entry.bytes;
    row.tilesVisited = entry.tilesVisited;
    row.tilesTotal = entry.tilesTotal;
    row.milliseconds = double(entry.nanoseconds) * 1e-6;
    rows.push_back(std::move(row));
  }
  return rows;
}
