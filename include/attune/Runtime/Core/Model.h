// A loaded artefact and the threads that run it; sessions share both.
#pragma once

#include "attune/Runtime/Core/Artifact.h"
#include "attune/Runtime/Core/ThreadPool.h"

namespace attune::runtime {

/// How a model is loaded.
struct ModelOptions {
  int threads = 0;           ///< counts the caller; 0: the cores this process may use
  bool checkWeights = false; ///< read all weights and check their hash
};

/// A model ready to run. Immutable but for its threads; safe to use from many threads.
class Model {
public:
  /// Opens and checks the artefact at `path`, loads its code and starts the threads.
  static Error load(const char *path, const ModelOptions &options, Ref<Model> &model);

  const Artifact &artifact() const { return *file; }
  ThreadPool &pool() { return threadPool; }
  /// How many threads a launch may use, the caller included.
  int threads() const { return threadPool.threads(); }

private:
  friend class Ref<Model>;
  Model() = default;
  ~Model() = default;

  std::atomic<uint64_t> references{1};
  std::unique_ptr<Artifact> file;
  ThreadPool threadPool;
};

} // namespace attune::runtime
