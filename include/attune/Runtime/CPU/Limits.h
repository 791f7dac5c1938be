// What this machine can do at this moment: products and sums per second, bytes read per second.
// Profiles measure it in turns with a model's runs, because the speed of a machine wanders.
#pragma once

#include "attune/Runtime/CPU/Features.h"
#include "attune/Runtime/Core/ThreadPool.h"

namespace attune::runtime {

/// Rates of all threads of a pool together.
struct MachineLimits {
  double fmaGflops = 0; ///< f32 multiply-adds from registers, two operations each, in the widest
                        ///< vectors that the machine has
  double readGbs = 0;   ///< 1e9 bytes read per second, from beyond the caches of a core
};

/// Measures them, in some milliseconds.
class LimitsMeter {
public:
  /// Memory to read, given back with the meter.
  static constexpr uint64_t kReadBytes = uint64_t(64) << 20;

  /// Uses the widest vectors that `processor` has.
  explicit LimitsMeter(const Processor &processor = kThisProcessor) : processor(processor) {}

  Error prepare(ThreadPool &pool);
  /// Needs a call of `prepare` that succeeded.
  MachineLimits measure(ThreadPool &pool);

private:
  Processor processor;
  PageRegion memory;
};

} // namespace attune::runtime
