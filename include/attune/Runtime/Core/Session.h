// One user of a model: plans per shape, an arena, outputs.
#pragma once

#include "attune/Runtime/Core/Door.h"
#include "attune/Runtime/Core/Model.h"
#include "attune/Runtime/Core/Profile.h"

namespace attune::runtime {

/// Limits of a session.
struct SessionOptions {
  uint32_t planCapacity = 64; ///< plans kept; the least recently used one goes first; at least 1
  uint64_t memoryLimit = 0;   ///< bytes of the arena, and of all outputs; 0: the machine's memory
};

/// An output of the last run. `data` is the bound buffer, or the session's own, which the next
/// run may overwrite or move.
struct OutputTensor {
  std::string_view name;
  ElementType type;
  View<const int64_t> dims;
  void *data; ///< null after `prepare`
  uint64_t bytes;
};

/// Counters of a session; those of a run are of the last one.
struct SessionStats {
  uint64_t arenaBytes = 0;     ///< held by the session
  uint64_t planArenaBytes = 0; ///< needed by the run
  uint64_t planCount = 0;
  uint64_t launches = 0; ///< dispatches and copies of the run
  uint64_t copies = 0;   ///< of these, copies
  uint64_t tasks = 0;
  int64_t tilesVisited = 0;     ///< blocks that the run's kernels computed
  int64_t tilesTotal = 0;       ///< with those that a mask made dead
  uint64_t weightBytes = 0;     ///< of the artefact
  uint64_t heapAllocations = 0; ///< requests for memory during the run
};

/// Runs a model. For one thread at a time (a second call meanwhile is refused); any number of
/// sessions of one model may run at once. A failed call leaves the session usable.
class Session {
public:
  /// A session of `model`, which lives as long as its sessions.
  static Error create(Ref<Model> model, const SessionOptions &options,
                      std::unique_ptr<Session> &session);
  ~Session();

  /// Makes the plan for these input shapes, so that `output` tells the shapes of the outputs;
  /// data need not be given.
  Error prepare(View<const InputTensor> inputs);
  /// Runs the model. At a shape that has a plan, with outputs that are large enough, nothing is
  /// allocated.
  Error run(View<const InputTensor> inputs);
  /// Lets runs write output `index` to `data`, `bytes` long and aligned to the element type,
  /// which must not overlap an input or another output; null gives it back to the session.
  Error bindOutput(size_t index, void *data, uint64_t bytes);
  /// Output `index` of the last successful `run` or `prepare`.
  Error output(size_t index, OutputTensor &tensor) const;

  /// Starts (and clears) or stops the profile.
  Error setProfiling(bool on);
  View<const ProfileEntry> profile() const { return profiled.entries(); }
  SessionStats stats() const;
  const Model &model() const { return *owner; }

private:
  struct OwnedOutput {
    PageRegion own;
    void *bound = nullptr;
    uint64_t boundBytes = 0;
    void *data = nullptr; ///< where the current run writes
  };

  explicit Session(Ref<Model> model) : owner(std::move(model)) {}
  Error initialize(const SessionOptions &options);
  Error findPlan(View<const InputTensor> inputs, bool needsData, Plan *&plan);
  Error makePlan(Plan *&plan);
  Error provideMemory(const Plan &plan);
  void replay(Plan &plan);
  Error beginProfile(const Plan &plan);
  Error enter() const;
  void leave() const { busy.store(false, std::memory_order_release); }

  Ref<Model> owner;
  SessionOptions limits;
  mutable std::atomic<bool> busy{false};
  List<Plan *> plans;
  Plan *current = nullptr; ///< of the last successful call
  bool hasResults = false; ///< the last successful call was a run
  uint64_t clock = 0;
  uint64_t runAllocations = 0;
  int64_t runTilesVisited = 0, runTilesTotal = 0;
  PageRegion arena;
  std::unique_ptr<OwnedOutput[]> outputs;
  List<int64_t> inputDims;
  List<const void *> inputData;
  List<int64_t> symbols;
  Profile profiled;
};

} // namespace attune::runtime
