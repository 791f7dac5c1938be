// The pool: one atomic word hands out chunks, futexes put threads to sleep.

#include "attune/Runtime/Core/ThreadPool.h"

#include "attune/Runtime/Core/Clock.h"

#include <algorithm>
#include <climits>
#include <linux/futex.h>
#include <sys/syscall.h>
#include <unistd.h>

#if defined(__x86_64__)
#include <immintrin.h>
#endif

using namespace attune;
using namespace attune::runtime;

namespace {

constexpr uint64_t kMaxChunks = 256;
// The fields of the state.
constexpr uint64_t kChunk = 1;
constexpr uint64_t kFront = uint64_t(1) << 10;
constexpr uint64_t kActive = uint64_t(1) << 20;
constexpr uint64_t kBatch = uint64_t(1) << 32;
/// Pauses before a thread sleeps: tens of microseconds, about the length of a gap between two
/// launches.
constexpr int kSpins = 2000;

uint64_t chunksLeft(uint64_t state) { return state & 0x3ff; }
uint64_t chunksFromFront(uint64_t state) { return state >> 10 & 0x3ff; }
uint64_t activeWorkers(uint64_t state) { return state >> 20 & 0xfff; }
static_assert(kMaxChunks <= 0x3ff && ThreadPool::kMaxThreads <= 0xfff);

/// The chunk that is last among those left in `state`.
uint64_t lastChunk(uint64_t state) { return chunksFromFront(state) + chunksLeft(state) - 1; }

void pauseOnce() {
#if defined(__x86_64__)
  _mm_pause();
#else
  std::atomic_signal_fence(std::memory_order_seq_cst);
#endif
}

void futexWait(std::atomic<uint32_t> &word, uint32_t expected) {
  syscall(SYS_futex, reinterpret_cast<uint32_t *>(&word), FUTEX_WAIT_PRIVATE, expected, nullptr,
          nullptr, 0);
}

void futexWake(std::atomic<uint32_t> &word, int count) {
  syscall(SYS_futex, reinterpret_cast<uint32_t *>(&word), FUTEX_WAKE_PRIVATE, count, nullptr,
          nullptr, 0);
}

/// Calls the kernel for tasks [begin, end), and adds what it counted to the launch's counts.
void runTasks(const TaskBatch &batch, int64_t begin, int64_t end) {
  KernelContext context{};
  batch.kernel(&context, batch.buffers, batch.words, begin, end);
  if (!batch.counts || context.tilesTotal == 0)
    return;
  batch.counts->tilesVisited.fetch_add(context.tilesVisited, std::memory_order_relaxed);
  batch.counts->tilesTotal.fetch_add(context.tilesTotal, std::memory_order_relaxed);
}

/// Kernels run under the default rounding and denormal modes, whatever the caller has set:
/// its share of the tasks must not differ from a worker's.
class DefaultFloatMode {
public:
#if defined(__x86_64__)
  DefaultFloatMode() : saved(_mm_getcsr()) { _mm_setcsr(kDefault); }
  ~DefaultFloatMode() { _mm_setcsr(saved); }

private:
  static constexpr unsigned kDefault = 0x1f80;
  unsigned saved;
#endif
};

} // namespace

Error ThreadPool::start(int threads) {
  if (threads < 1 || threads > kMaxThreads)
    return {ErrorCode::Usage,
            "the number of threads must be 1 to " + std::to_string(kMaxThreads) + ", got " +
                std::to_string(threads),
            "", "", ""};
  if (!workers.reserve(static_cast<size_t>(threads - 1)))
    return {ErrorCode::Limit, "out of memory", "", "", ""};
  for (int i = 1; i < threads; ++i) {
    pthread_t thread;
    if (pthread_create(&thread, nullptr, workerMain, this) != 0)
      return {ErrorCode::Limit,
              "cannot start " + std::to_string(threads) + " threads: the system refused number " +
                  std::to_string(i),
              "", "", "ask for fewer threads"};
    pthread_setname_np(thread, "attune");
    workers.push(thread);
  }
  return {};
}

ThreadPool::~ThreadPool() {
  stopping.store(true);
  wakeups.fetch_add(1);
  futexWake(wakeups, INT_MAX);
  for (pthread_t thread : workers)
    pthread_join(thread, nullptr);
}

void *ThreadPool::workerMain(void *pool) {
  DefaultFloatMode mode;
  static_cast<ThreadPool *>(pool)->work();
  return nullptr;
}

/// Takes the last chunk of the current batch and becomes active; `word` is the state before.
bool ThreadPool::take(uint64_t &word) {
  while (chunksLeft(word))
    if (state.compare_exchange_weak(word, word - kChunk + kActive, std::memory_order_seq_cst))
      return true;
  return false;
}

void ThreadPool::runChunk(uint64_t chunk) {
  int64_t begin = static_cast<int64_t>(chunk) * chunkTasks;
  runTasks(current, begin, std::min(begin + chunkTasks, current.tasks));
}

/// Takes further chunks until none is left, then stops being active.
void ThreadPool::finishChunk(uint64_t &word) {
  for (;;) {
    word = state.load(std::memory_order_relaxed);
    if (chunksLeft(word)) {
      if (state.compare_exchange_weak(word, word - kChunk, std::memory_order_seq_cst))
        runChunk(lastChunk(word));
    } else if (state.compare_exchange_weak(word, word - kActive, std::memory_order_seq_cst)) {
      word -= kActive;
      break;
    }
  }
  if (activeWorkers(word) == 0 && ownerWaits.load()) {
    finished.fetch_add(1);
    futexWake(finished, 1);
  }
}

void ThreadPool::work() {
  int idle = 0;
  while (!stopping.load(std::memory_order_relaxed)) {
    uint64_t word = state.load(std::memory_order_acquire);
    if (take(word)) {
      participants.fetch_add(1, std::memory_order_relaxed);
      runChunk(lastChunk(word));
      finishChunk(word);
      idle = 0;
    } else if (++idle < kSpins) {
      pauseOnce();
    } else {
      sleepUntilWork();
      idle = 0;
    }
  }
}

void ThreadPool::sleepUntilWork() {
  // The count of sleepers is raised before the last look at the state, and publish stores the
  // state before it looks at the count: one of the two sees the other.
  sleepers.fetch_add(1);
  uint32_t seen = wakeups.load();
  if (!chunksLeft(state.load()) && !stopping.load())
    futexWait(wakeups, seen);
  sleepers.fetch_sub(1);
}

void ThreadPool::publish(const TaskBatch &batch, int64_t tasksPerChunk, uint64_t chunks) {
  current = batch;
  chunkTasks = tasksPerChunk;
  participants.store(1, std::memory_order_relaxed);
  uint64_t number = (state.load(std::memory_order_relaxed) / kBatch + 1) * kBatch;
  state.store(number | chunks);
  if (sleepers.load()) {
    wakeups.fetch_add(1);
    futexWake(wakeups, static_cast<int>(chunks - 1));
  }
}

/// Gives for how many nanoseconds the owner slept.
int64_t ThreadPool::waitForActive() {
  for (int i = 0; i < kSpins; ++i) {
    if (activeWorkers(state.load(std::memory_order_acquire)) == 0)
      return 0;
    pauseOnce();
  }
  int64_t begin = nanosecondsNow();
  ownerWaits.store(true);
  for (;;) {
    uint32_t seen = finished.load();
    if (activeWorkers(state.load()) == 0)
      break;
    futexWait(finished, seen);
  }
  ownerWaits.store(false);
  return nanosecondsNow() - begin;
}

/// The owner's share of the chunks; gives their number.
uint64_t ThreadPool::takeOwnShare() {
  uint64_t taken = 0;
  uint64_t word = state.load(std::memory_order_relaxed);
  while (chunksLeft(word))
    if (state.compare_exchange_weak(word, word - kChunk + kFront, std::memory_order_seq_cst)) {
      runChunk(chunksFromFront(word));
      ++taken;
      word = state.load(std::memory_order_relaxed);
    }
  return taken;
}

int ThreadPool::run(const TaskBatch &batch) {
  if (batch.tasks <= 0)
    return 0;
  DefaultFloatMode mode;
  uint64_t tasks = static_cast<uint64_t>(batch.tasks);
  uint64_t perChunk = (tasks + kMaxChunks - 1) / kMaxChunks;
  uint64_t chunks = (tasks + perChunk - 1) / perChunk;
  bool owner = !workers.empty() && chunks > 1 && !taken.exchange(true, std::memory_order_acquire);
  bool shares = owner && (batch.always || payoff.shouldShare());
  if (owner && !shares)
    taken.store(false, std::memory_order_release);
  if (!shares) {
    // The same chunks as with others: a kernel may not see how it is called.
    for (uint64_t begin = 0; begin < tasks; begin += perChunk)
      runTasks(batch, static_cast<int64_t>(begin),
               static_cast<int64_t>(std::min(begin + perChunk, tasks)));
    return 1;
  }
  clock.begin();
  publish(batch, static_cast<int64_t>(perChunk), chunks);
  uint64_t own = takeOwnShare();
  int64_t ran = clock.endOfShare();
  int64_t took = clock.end(waitForActive());
  if (own && !batch.always)
    payoff.note(ran * static_cast<int64_t>(chunks) / static_cast<int64_t>(own), took);
  int parts = participants.load(std::memory_order_relaxed);
  taken.store(false, std::memory_order_release);
  return parts;
}
