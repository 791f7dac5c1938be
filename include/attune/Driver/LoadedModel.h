// A model ready to run: an artefact as it is, or a model file compiled first.
#pragma once

#include "attune/Driver/Compile.h"
#include "attune/Driver/Signature.h"

#include <memory>

namespace attune::driver {

/// How to get a model ready.
struct LoadOptions {
  ModelSource source; ///< may be an artefact
  std::string target = "cpu";
  PipelineOptions pipeline;
  unsigned threads = 0; ///< 0: the runtime's default
};

/// One row of a profile.
struct DispatchTime {
  std::string name;
  std::string root;
  std::string variant;
  uint64_t calls = 0;
  uint64_t tasks = 0;
  double milliseconds = 0; ///< in all calls
};

/// What a session counted.
struct RunCounters {
  uint64_t dispatches = 0; ///< of the last run, without copies
  uint64_t copies = 0;
  uint64_t tasks = 0;
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
