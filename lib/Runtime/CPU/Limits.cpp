// Two kernels of the ordinary kind, one for each limit, compiled for every width of vector and
// chosen by what the machine has.

#include "attune/Runtime/CPU/Limits.h"
#include "attune/Runtime/Core/Clock.h"

#include <algorithm>
#include <cstring>
#include <iterator>

using namespace attune;
using namespace attune::runtime;

namespace {

/// Steps of every chain in a task, and tasks per thread: about 2 ms in all.
constexpr int64_t kSteps = 4096, kTasksPerThread = 64;
/// What a task reads, as so many streams side by side.
constexpr int64_t kSliceBytes = 256 << 10, kStreams = 4;
/// How often all is read, at the most, and after how long no more.
constexpr int kReadPasses = 6;
constexpr double kReadSeconds = 0.03;

using Vector16 = float __attribute__((vector_size(16)));
using Vector32 = float __attribute__((vector_size(32)));
using Vector64 = float __attribute__((vector_size(64)));

/// As far as the compiler can tell, the value is used, and is another one afterwards.
template <typename T> [[gnu::always_inline]] inline void touch(T &value) {
  __asm__ volatile("" : : "r"(&value) : "memory");
}

/// `chains` sums that do not wait for each other: as many as registers hold beside the factors.
template <typename Vector, int chains> [[gnu::always_inline]] inline void multiplyAndAdd() {
  Vector factor = Vector{} + 0.999f, term = Vector{} + 0.001f, first{}, sums[chains];
  touch(first);
  for (int chain = 0; chain < chains; ++chain)
    sums[chain] = first + static_cast<float>(chain);
  for (int64_t step = 0; step < kSteps; ++step)
    for (int chain = 0; chain < chains; ++chain)
      sums[chain] = sums[chain] * factor + term;
  Vector total = sums[0];
  for (int chain = 1; chain < chains; ++chain)
    total += sums[chain];
  touch(total);
}

template <typename Vector> [[gnu::always_inline]] inline void readSlice(const char *slice) {
  constexpr int64_t part = kSliceBytes / kStreams, step = 64;
  static_assert(kStreams == 4, "four sums are added up");
  Vector sums[kStreams] = {};
  for (int64_t offset = 0; offset < part; offset += step)
    for (int64_t stream = 0; stream < kStreams; ++stream)
      for (int64_t in = 0; in < step; in += static_cast<int64_t>(sizeof(Vector)))
        sums[stream] += *reinterpret_cast<const Vector *>(slice + stream * part + offset + in);
  Vector total = (sums[0] + sums[1]) + (sums[2] + sums[3]);
  touch(total);
}

/// A width of vectors: its kernels, and what a task of the first computes.
struct Width {
  std::string_view features[2]; ///< that it needs; empty for none
  KernelFn multiplyAndAdd;
  KernelFn read;
  double taskFlops;
};

/// Both kernels for one width; TARGET is the attribute that lets the compiler use it.
#define ATTUNE_WIDTH(NAME, TARGET, VECTOR, CHAINS)                                                 \
  TARGET void multiplyAndAdd##NAME(KernelContext *, const Buffer *, const int64_t *,               \
                                   int64_t begin, int64_t end) {                                   \
    for (int64_t task = begin; task < end; ++task)                                                 \
      multiplyAndAdd<VECTOR, CHAINS>();                                                            \
  }                                                                                                \
  TARGET void read##NAME(KernelContext *, const Buffer *buffers, const int64_t *, int64_t begin,   \
                         int64_t end) {                                                            \
    for (int64_t task = begin; task < end; ++task)                                                 \
      readSlice<VECTOR>(static_cast<const char *>(buffers[0].base) + task * kSliceBytes);          \
  }                                                                                                \
  constexpr double kTaskFlops##NAME =                                                              \
      2.0 * CHAINS * kSteps * static_cast<double>(sizeof(VECTOR) / sizeof(float));

ATTUNE_WIDTH(Narrow, , Vector16, 10)
#if defined(__x86_64__)
ATTUNE_WIDTH(Wide, __attribute__((target("avx2,fma"))), Vector32, 12)
ATTUNE_WIDTH(Widest, __attribute__((target("avx512f"))), Vector64, 24)
#endif

const Width kWidths[] = {
#if defined(__x86_64__)
    {{"avx512f"}, multiplyAndAddWidest, readWidest, kTaskFlopsWidest},
    {{"avx2", "fma"}, multiplyAndAddWide, readWide, kTaskFlopsWide},
#endif
    {{}, multiplyAndAddNarrow, readNarrow, kTaskFlopsNarrow},
};

const Width &widest(const Processor &processor) {
  auto has = [&](std::string_view name) {
    return name.empty() || findCpuFeature(name, processor) == FeatureState::Present;
  };
  return *std::find_if(std::begin(kWidths), std::end(kWidths), [&](const Width &width) {
    return has(width.features[0]) && has(width.features[1]);
  });
}

void writeSlices(KernelContext *, const Buffer *buffers, const int64_t *, int64_t begin,
                 int64_t end) {
  std::memset(static_cast<char *>(buffers[0].base) + begin * kSliceBytes, 0,
              static_cast<size_t>((end - begin) * kSliceBytes));
}

double seconds() { return static_cast<double>(nanosecondsNow()) * 1e-9; }

/// How long a launch takes, on all threads; never zero.
double timeOf(ThreadPool &pool, KernelFn kernel, const Buffer *buffer, int64_t tasks) {
  double begin = seconds();
  pool.run({kernel, buffer, nullptr, tasks, nullptr, /*always=*/true});
  double took = seconds() - begin;
  return took > 1e-9 ? took : 1e-9;
}

/// The best of some passes: a shared cache that can hold the bytes takes a few to do so.
double fastestRead(ThreadPool &pool, KernelFn read, const Buffer &buffer, int64_t slices) {
  double best = timeOf(pool, read, &buffer, slices), spent = best;
  for (int pass = 1; pass < kReadPasses && spent < kReadSeconds; ++pass) {
    double took = timeOf(pool, read, &buffer, slices);
    best = std::min(best, took);
    spent += took;
  }
  return best;
}

} // namespace

Error LimitsMeter::prepare(ThreadPool &pool, uint64_t workingSet) {
  bytes = std::clamp(workingSet, kLeastBytes, kMostBytes) / kSliceBytes * kSliceBytes;
  if (!memory.ensure(bytes))
    return {ErrorCode::Limit,
            "the system has not got the " + std::to_string(bytes) +
                " bytes that measuring the memory's speed needs",
            "", "", "bench without --profile"};
  // Pages that were never written are all the same one.
  Buffer buffer{memory.data(), 0, nullptr};
  pool.run({writeSlices, &buffer, nullptr, static_cast<int64_t>(bytes) / kSliceBytes});
  return {};
}

MachineLimits LimitsMeter::measure(ThreadPool &pool) {
  const Width &width = widest(processor);
  Buffer buffer{memory.data(), 0, nullptr};
  int64_t tasks = kTasksPerThread * pool.threads();
  int64_t slices = static_cast<int64_t>(bytes) / kSliceBytes;
  // Threads that sleep wake up, and the clock of wide vectors settles, before anything counts.
  timeOf(pool, width.multiplyAndAdd, nullptr, tasks / 4);
  MachineLimits limits;
  limits.fmaGflops = 1e-9 * width.taskFlops * static_cast<double>(tasks) /
                     timeOf(pool, width.multiplyAndAdd, nullptr, tasks);
  limits.readGbs =
      1e-9 * static_cast<double>(bytes) / fastestRead(pool, width.read, buffer, slices);
  return limits;
}
