// Loading: file, code, threads.

#include "attune/Runtime/Core/Model.h"
#include "attune/Runtime/CPU/Topology.h"

using namespace attune;
using namespace attune::runtime;

Error Model::load(const char *path, const ModelOptions &options, Ref<Model> &model) {
  Model *object = new (std::nothrow) Model();
  if (!object)
    return {ErrorCode::Limit, "out of memory", "", "", ""};
  Ref<Model> loaded(object);
  if (Error error = Artifact::open(path, loaded->file); error.failed())
    return error;
  if (options.checkWeights)
    if (Error error = loaded->file->checkWeights(); error.failed())
      return error;
  if (Error error = loaded->file->loadCode(); error.failed())
    return error;
  int threads = options.threads ? options.threads : defaultThreadCount();
  if (Error error = loaded->threadPool.start(threads); error.failed())
    return error;
  model = std::move(loaded);
  return {};
}
