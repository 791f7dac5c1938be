// Threads that share the tasks of one launch at a time. The caller takes part.
#pragma once

#include "attune/Runtime/Core/KernelABI.h"
#include "attune/Runtime/Core/Memory.h"
#include "attune/Runtime/Core/SharingPayoff.h"
#include "attune/Support/Error.h"

#include <pthread.h>

namespace attune::runtime {

/// What kernels counted, summed over their calls: the same for any number of threads.
struct TaskCounts {
  std::atomic<int64_t> tilesVisited{0};
  std::atomic<int64_t> tilesTotal{0};
};

/// What a launch runs: `kernel` over tasks [0, tasks).
struct TaskBatch {
  KernelFn kernel;
  const Buffer *buffers;
  const int64_t *words;
  int64_t tasks;
  TaskCounts *counts = nullptr; ///< where the calls add what they counted
  bool always = false;          ///< shared even while sharing does not seem to pay
};

/// A pool of `threads - 1` workers. Safe to use from many threads: whoever finds it taken runs
/// its tasks alone. Tasks are cut into chunks by their number only, so that what a task
/// computes never depends on the threads.
class ThreadPool {
public:
  ThreadPool() = default;
  ~ThreadPool();
  ThreadPool(const ThreadPool &) = delete;
  ThreadPool &operator=(const ThreadPool &) = delete;

  /// Starts the workers; once. `threads` counts the caller.
  Error start(int threads);

  /// Runs all tasks and returns when they are done; gives the number of threads that took
  /// part. Waits for no thread that took none. Does not allocate.
  int run(const TaskBatch &batch);

  int threads() const { return static_cast<int>(workers.size()) + 1; }

  /// The most threads a pool takes.
  static constexpr int kMaxThreads = 1024;

private:
  static void *workerMain(void *pool);
  void work();
  bool take(uint64_t &word);
  void runChunk(uint64_t chunk);
  void finishChunk(uint64_t &word);
  void sleepUntilWork();
  void publish(const TaskBatch &batch, int64_t chunkTasks, uint64_t chunks);
  int64_t waitForActive();
  uint64_t takeOwnShare();

  List<pthread_t> workers;
  std::atomic<bool> taken{false};

  // The current batch, and what earlier ones took. Only its owner writes it, while nobody is active
  // in it.
  TaskBatch current{};
  int64_t chunkTasks = 0;
  SharingPayoff payoff;
  OwnerClock clock;
  std::atomic<int> participants{0};

  // Batch number : 32, active workers : 12, chunks taken from the front : 10, chunks left : 10,
  // changed as one: a worker that has taken a chunk is counted as active by the same step, so the
  // owner waits for exactly those, and a late worker cannot touch a batch that is over. The owner
  // takes chunks from the front, workers from the back: what a thread wrote in one launch it tends
  // to read in the next, from its own caches.
  alignas(64) std::atomic<uint64_t> state{0};
  alignas(64) std::atomic<uint32_t> wakeups{0};
  std::atomic<uint32_t> sleepers{0};
  std::atomic<bool> stopping{false};
  alignas(64) std::atomic<uint32_t> finished{0};
  std::atomic<bool> ownerWaits{false};
};

} // namespace attune::runtime
