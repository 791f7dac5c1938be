// Private to the driver: what is seen of passes while they run.
#pragma once

#include "attune/Driver/Isolate.h"

#include "mlir/Pass/PassManager.h"

#include <map>
#include <string>
#include <vector>

namespace attune::driver {

/// How often a pass ran and for how long in all.
struct PassTime {
  unsigned runs = 0;
  double seconds = 0;
};

/// What to watch, and what was seen.
struct Watch {
  Trail *trail = nullptr;
  std::string snapshot;                ///< file for the IR before the pass at hand, or empty
  std::vector<std::string> printAfter; ///< passes to print after
  std::string trace;                   ///< what they printed
  std::string currentPass;
  std::map<std::string, PassTime> times; ///< by the name of the pass
};

/// Makes `manager` report to `watch`, which must outlive its run.
void attachWatch(mlir::PassManager &manager, Watch &watch);

/// Where a snapshot is kept, that is after a crash, also leaves the node that each pattern is at
/// on the trail. `watch` must outlive the context's last pass.
void traceNodes(mlir::MLIRContext &context, Watch &watch);

/// The lines of `--time-passes`, slowest first.
std::string formatTimes(const Watch &watch);

} // namespace attune::driver
