// The machine's limits: numbers that can divide, whatever vectors the machine has.
#include "attune/Runtime/CPU/Limits.h"

#include "gtest/gtest.h"

#include <cmath>

using namespace attune;
using namespace attune::runtime;

namespace {

/// This processor, but for AVX-512, and for all wide vectors.
bool cpuidWithoutWidest(uint32_t leaf, uint32_t subleaf, uint32_t *regs) {
  bool there = kThisProcessor.cpuid && kThisProcessor.cpuid(leaf, subleaf, regs);
  if (there && leaf == 7 && subleaf == 0)
    regs[1] &= ~(uint32_t(1) << 16);
  return there;
}
bool noCpuid(uint32_t, uint32_t, uint32_t *) { return false; }

TEST(Limits, AreNumbersThatCanDivide) {
  const Processor processors[] = {kThisProcessor,
                                  {cpuidWithoutWidest, kThisProcessor.savedStates},
                                  {noCpuid, kThisProcessor.savedStates}};
  for (int threads : {1, 2, 5})
    for (const Processor &processor : processors) {
      ThreadPool pool;
      ASSERT_FALSE(pool.start(threads).failed());
      LimitsMeter meter(processor);
      ASSERT_FALSE(meter.prepare(pool, 1).failed());
      for (int round = 0; round < 2; ++round) {
        MachineLimits limits = meter.measure(pool);
        EXPECT_TRUE(std::isfinite(limits.fmaGflops) && limits.fmaGflops > 0) << limits.fmaGflops;
        EXPECT_TRUE(std::isfinite(limits.readGbs) && limits.readGbs > 0) << limits.readGbs;
      }
    }
}

TEST(Limits, ReadWhatAModelReads) {
  ThreadPool pool;
  ASSERT_FALSE(pool.start(2).failed());
  const std::pair<uint64_t, uint64_t> sizes[] = {{0, LimitsMeter::kLeastBytes},
                                                 {100 << 20, 100 << 20},
                                                 {(100 << 20) + 1, 100 << 20},
                                                 {UINT64_MAX, LimitsMeter::kMostBytes}};
  LimitsMeter meter;
  for (auto [wanted, read] : sizes) {
    ASSERT_FALSE(meter.prepare(pool, wanted).failed());
    EXPECT_EQ(meter.readBytes(), read);
  }
  EXPECT_GT(meter.measure(pool).readGbs, 0);
}

} // namespace
