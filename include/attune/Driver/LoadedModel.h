// A model ready to run: an artefact as it is, or a model file compiled first.
#pragma once

#include "attune/Driver/Compile.h"
#include "attune/Driver/Signature.h"
#include "attune/Runtime/Core/ThreadPool.h"

#include <memory>

namespace attune::driver {

/// How to get a model ready.
struct LoadOptions {
  ModelSource source; ///< may be an artefact
  std::string target = "cpu";
  PipelineOptions pipeline;
  unsigned threads = 0; ///< 0: the runtime's default
};

/// One row of a profile: all calls of one variant of a kernel.
struct DispatchTime {
  std::string name;
  std::string root;
  std::string what;             ///< the op as facts state it
  std::string node;             ///< the first ONNX node that it came from
  std::vector<int64_t> extents; ///< of the op's loops; -1 where not known
  std::string variant;
  uint64_t calls = 0;
  uint64_t tasks = 0;
  double threads = 0; ///< that took part in a call, on average
  double milliseconds = 0;
  double flops = 0; ///< not a number when not known
  double bytes = 0;
  int64_t tilesVisited = 0; ///< blocks of the iteration space that were computed
  int64_t tilesTotal = 0;   ///< 0 for kernels that count none
};

/// What a session counted.
struct RunCounters {
  uint64_t dispatches = 0; ///< of the last run, without copies
  uint64_t copies = 0;
  uint64_t tasks = 0;
  int64_t tilesVisited = 0;     ///< blocks of attention that were computed
  int64_t tilesTotal = 0;       ///< with those that a mask made dead
  uint64_t heapAllocations = 0; ///< requests for memory during the last run
  uint64_t arenaBytes = 0;      ///< that the last run needs
  uint64_t weightBytes = 0;
  uint64_t plans = 0;
};

/// A loaded model with one session.
class LoadedModel {
public:
  LoadedModel();
  ~LoadedModel();

  /// Opens or compiles; nothing of a compiled artefact stays on disk.
  Error open(const LoadOptions &options);

  const Signature &signature() const { return modelSignature; }
  double loadMs() const { return loadMilliseconds; }
  double compileMs() const { return compileMilliseconds; } ///< 0 for an artefact
  unsigned threads() const;
  /// The threads that run the model.
  runtime::ThreadPool &pool();

  /// Runs once; the outputs stay inside the session.
  Error run(const std::vector<Tensor> &inputs);
  /// Copies the outputs of the last run.
  Error takeOutputs(std::vector<Tensor> &outputs) const;

  RunCounters counters() const;
  /// Starts timing each dispatch.
  Error profile(bool on);
  std::vector<DispatchTime> dispatchTimes() const;

private:
  struct Impl;
  std::unique_ptr<Impl> impl;
  Signature modelSignature;
  double loadMilliseconds = 0;
  double compileMilliseconds = 0;
};

/// True if the file starts as an artefact does (an ELF image).
bool looksLikeArtifact(const std::string &path);

} // namespace attune::driver
