// Where the time of profiled runs goes, and what there was to do: one entry per variant of a
// dispatch, and one for copies.
#pragma once

#include "attune/Runtime/Core/Plan.h"
#include "attune/Support/Error.h"

namespace attune::runtime {

/// What the launches of one variant took, and what they had to do.
struct ProfileEntry {
  std::string_view name; ///< the kernel
  std::string_view root; ///< the graph op, "copy" for copies
  std::string_view variant;
  std::string_view what;       ///< the op as facts state it, "contract(epilogue=[bias])"
  std::string_view node;       ///< the first ONNX node that it came from
  View<const int64_t> extents; ///< of the op's loops in the last run; -1 where not known
  uint64_t launches = 0;
  uint64_t tasks = 0;
  uint64_t nanoseconds = 0;
  uint64_t threads = 0; ///< that took part, summed over the launches
  double flops = 0;     ///< of all launches, as is what follows; not a number when not known
  double bytes = 0;     ///< every operand read once, every result written once
  int64_t tilesVisited = 0;
  int64_t tilesTotal = 0;
};

/// What was seen of one launch.
struct LaunchNotes {
  uint64_t nanoseconds;
  int threads;
  int64_t tilesVisited;
  int64_t tilesTotal;
};

/// The profile of a session.
class Profile {
public:
  /// Clears, and starts; `artifact` outlives the profile.
  Error start(const Artifact &artifact);
  void stop() { on = false; }
  bool isOn() const { return on; }

  /// Evaluates what each dispatch has to do for these values of the symbols. Does not allocate.
  void beginRun(const Artifact &artifact, View<const int64_t> symbols);
  void note(const Plan &plan, const Launch &launch, const LaunchNotes &notes);

  View<const ProfileEntry> entries() const { return rows.view(); }

private:
  struct Work {
    double flops;
    double bytes;
  };

  List<ProfileEntry> rows;
  List<Work> works;      ///< of one launch of each dispatch, in this run
  List<int64_t> extents; ///< of all dispatches
  bool on = false;
};

} // namespace attune::runtime
