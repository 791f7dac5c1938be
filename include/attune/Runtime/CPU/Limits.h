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
  double readGbs = 0;   ///< 1e9 bytes read per second, from memory or a cache that cores share
};

/// Measures them, in some milliseconds.
class LimitsMeter {
public:
  /// Between these is what is read: more than a core's own caches hold.
  static constexpr uint64_t kLeastBytes = uint64_t(32) << 20, kMostBytes = uint64_t(256) << 20;

  /// Uses the widest vectors that `processor` has.
  explicit LimitsMeter(const Processor &processor = kThisProcessor) : processor(processor) {}

  /// Provides memory to read, given back with the meter: about `workingSet` bytes, so that it lies
  /// where a model that reads as many again and again finds its own.
  Error prepare(ThreadPool &pool, uint64_t workingSet);
  uint64_t readBytes() const { return bytes; }
  /// Needs a call of `prepare` that succeeded.
  MachineLimits measure(ThreadPool &pool);

private:
  Processor processor;
  PageRegion memory;
  uint64_t bytes = 0;
};

} // namespace attune::runtime
