// The pool: every task once, whoever runs it; many sessions at once give the same bits.
#include "RuntimeTest.h"

#include <chrono>
#include <thread>

using namespace attune;
using namespace attune::runtime;
using namespace attune::test;

namespace {

/// Counts, for each task, how often it ran; words[0] is the address of the counters.
void countTasks(KernelContext *, const Buffer *, const int64_t *words, int64_t begin, int64_t end) {
  auto *counters = reinterpret_cast<std::atomic<int> *>(words[0]);
  for (int64_t task = begin; task < end; ++task)
    counters[task].fetch_add(1, std::memory_order_relaxed);
}

/// Counts its tasks twice over, and those before it.
void countTiles(KernelContext *context, const Buffer *, const int64_t *, int64_t begin,
                int64_t end) {
  for (int64_t task = begin; task < end; ++task) {
    context->tilesVisited += task;
    context->tilesTotal += 2 * task + 1;
  }
}

TEST(ThreadPool, SumsWhatKernelsCount) {
  for (int threads : {1, 2, 3, 8}) {
    ThreadPool pool;
    ASSERT_FALSE(pool.start(threads).failed());
    TaskCounts counts;
    int64_t visited = 0, total = 0;
    for (int64_t tasks : {0, 1, 2, 255, 256, 257, 1000})
      for (int round = 0; round < 20; ++round) {
        pool.run({countTiles, nullptr, nullptr, tasks, &counts});
        pool.run({countTiles, nullptr, nullptr, tasks}); // nobody asks
        visited += tasks * (tasks - 1) / 2;
        total += tasks * tasks;
        ASSERT_EQ(counts.tilesVisited.load(), visited) << tasks << " on " << threads;
        ASSERT_EQ(counts.tilesTotal.load(), total) << tasks << " on " << threads;
      }
  }
}

/// Plain writes: what they wrote must be visible when the launch is over.
void writeTasks(KernelContext *, const Buffer *, const int64_t *words, int64_t begin, int64_t end) {
  auto *numbers = reinterpret_cast<int64_t *>(words[0]);
  for (int64_t task = begin; task < end; ++task)
    numbers[task] = words[1] + task;
}

/// A slow task, so that workers get a share.
void sleepTasks(KernelContext *, const Buffer *, const int64_t *, int64_t, int64_t) {
  usleep(2000);
}

TEST(ThreadPool, RunsEveryTaskOnce) {
  for (int threads : {1, 2, 3, 8}) {
    ThreadPool pool;
    ASSERT_FALSE(pool.start(threads).failed());
    EXPECT_EQ(pool.threads(), threads);
    for (int64_t tasks : {0, 1, 2, 3, 255, 256, 257, 1000, 5000}) {
      std::vector<std::atomic<int>> counters(static_cast<size_t>(tasks));
      int64_t word = reinterpret_cast<int64_t>(counters.data());
      for (int round = 1; round <= 20; ++round) {
        int took = pool.run({countTasks, nullptr, &word, tasks});
        EXPECT_LE(took, threads);
        EXPECT_EQ(took >= 1, tasks > 0);
      }
      for (auto &counter : counters)
        ASSERT_EQ(counter.load(), 20);
    }
  }
}

/// Notes the length of the chunk that each task came in.
void noteChunks(KernelContext *, const Buffer *, const int64_t *words, int64_t begin, int64_t end) {
  auto *lengths = reinterpret_cast<int64_t *>(words[0]);
  for (int64_t task = begin; task < end; ++task)
    lengths[task] = end - begin;
}

TEST(ThreadPool, CutsTasksByTheirNumberOnly) {
  const struct {
    int64_t tasks, chunk;
  } cases[] = {{1, 1}, {255, 1}, {256, 1}, {257, 2}, {512, 2}, {513, 3}, {1000, 4}};
  for (int threads : {1, 2})
    for (const auto &c : cases) {
      ThreadPool pool;
      ASSERT_FALSE(pool.start(threads).failed());
      std::vector<int64_t> lengths(static_cast<size_t>(c.tasks) + 8);
      int64_t word = reinterpret_cast<int64_t>(lengths.data());
      pool.run({noteChunks, nullptr, &word, c.tasks});
      int64_t last = c.tasks % c.chunk ? c.tasks % c.chunk : c.chunk;
      for (int64_t task = 0; task < c.tasks; ++task)
        ASSERT_EQ(lengths[static_cast<size_t>(task)], task < c.tasks - last ? c.chunk : last)
            << task << " of " << c.tasks;
      for (int64_t past = c.tasks; past < c.tasks + 8; ++past)
        ASSERT_EQ(lengths[static_cast<size_t>(past)], 0);
    }
}

TEST(ThreadPool, SharesSlowTasks) {
  ThreadPool pool;
  ASSERT_FALSE(pool.start(4).failed());
  int64_t word = 0;
  usleep(50000); // the workers sleep by now
  EXPECT_GT(pool.run({sleepTasks, nullptr, &word, 64}), 1);
}

/// Spins for a moment that does not grow when it is shared.
void spinTasks(KernelContext *, const Buffer *, const int64_t *, int64_t, int64_t) {
  for (auto end = std::chrono::steady_clock::now() + std::chrono::microseconds(300);
       std::chrono::steady_clock::now() < end;)
    ;
}

/// Much slower when a worker takes part: sharing is then given up.
void slowForOthers(KernelContext *, const Buffer *, const int64_t *words, int64_t, int64_t) {
  if (static_cast<int64_t>(pthread_self()) != words[0])
    usleep(1000);
}

TEST(ThreadPool, SharesAlwaysWhereItMust) {
  ThreadPool pool;
  ASSERT_FALSE(pool.start(2).failed());
  auto word = static_cast<int64_t>(pthread_self());
  // Until sharing is judged not to pay: the launches after that run alone.
  for (int i = 0; i < 100; ++i)
    pool.run({slowForOthers, nullptr, &word, 4});
  int alone = 0, shared = 0;
  for (int i = 0; i < 8; ++i) {
    alone += pool.run({spinTasks, nullptr, nullptr, 8}) == 1;
    shared += pool.run({spinTasks, nullptr, nullptr, 8, nullptr, /*always=*/true}) == 2;
  }
  EXPECT_EQ(alone, 8);
  EXPECT_GT(shared, 0);
}

TEST(ThreadPool, ResultsAreVisibleAfterEachLaunch) {
  ThreadPool pool;
  ASSERT_FALSE(pool.start(3).failed());
  std::vector<int64_t> numbers(300);
  for (int64_t round = 0; round < 20000; ++round) {
    int64_t words[] = {reinterpret_cast<int64_t>(numbers.data()), round};
    pool.run({writeTasks, nullptr, words, static_cast<int64_t>(1 + round % 300)});
    for (int64_t task = 0; task < 1 + round % 300; ++task)
      ASSERT_EQ(numbers[static_cast<size_t>(task)], round + task);
  }
}

TEST(ThreadPool, ManyCallersAtOnce) {
  ThreadPool pool;
  ASSERT_FALSE(pool.start(3).failed());
  std::vector<std::thread> callers;
  std::atomic<int> wrong{0};
  for (int caller = 0; caller < 4; ++caller)
    callers.emplace_back([&, caller] {
      std::vector<int64_t> numbers(100);
      for (int64_t round = 0; round < 3000; ++round) {
        int64_t words[] = {reinterpret_cast<int64_t>(numbers.data()), round * caller};
        pool.run({writeTasks, nullptr, words, 100});
        for (int64_t task = 0; task < 100; ++task)
          wrong += numbers[static_cast<size_t>(task)] != round * caller + task;
      }
    });
  for (std::thread &thread : callers)
    thread.join();
  EXPECT_EQ(wrong.load(), 0);
}

TEST(ThreadPool, StartsAndStops) {
  for (int i = 0; i < 100; ++i) {
    ThreadPool pool;
    ASSERT_FALSE(pool.start(1 + i % 5).failed());
    if (i % 3 == 0)
      usleep(300);
  }
  ThreadPool pool;
  EXPECT_EQ(pool.start(0).code, ErrorCode::Usage);
  EXPECT_EQ(pool.start(-1).code, ErrorCode::Usage);
  EXPECT_EQ(pool.start(ThreadPool::kMaxThreads + 1).code, ErrorCode::Usage);
  EXPECT_NE(pool.start(ThreadPool::kMaxThreads).code, ErrorCode::Usage);
}

/// How many launches in a row run alone after `window` shared ones that took this long.
int pauseAfter(SharingPayoff &payoff, int64_t alone, int64_t shared) {
  for (int i = 0; i < 32; ++i) {
    EXPECT_TRUE(payoff.shouldShare());
    payoff.note(alone, i == 0 ? shared + 40 : shared);
  }
  int pause = 0;
  while (pause < 5000 && !payoff.shouldShare())
    ++pause;
  return pause;
}

TEST(ThreadPool, StopsSharingWhileItDoesNotPay) {
  SharingPayoff payoff;
  for (int i = 0; i < 32; ++i)
    payoff.note(70, 65); // a small gain: it goes on
  EXPECT_EQ(pauseAfter(payoff, 100, 60), 0);
  EXPECT_EQ(pauseAfter(payoff, 100, 97), 32); // less than the guess is wrong by
  EXPECT_EQ(pauseAfter(payoff, 100, 60), 0);
  EXPECT_EQ(pauseAfter(payoff, 100, 120), 32);
  EXPECT_EQ(pauseAfter(payoff, 100, 120), 64);
  EXPECT_EQ(pauseAfter(payoff, 100, 60), 0);
  EXPECT_EQ(pauseAfter(payoff, 100, 120), 32);
  for (int i = 0; i < 10; ++i)
    pauseAfter(payoff, 100, 120);
  EXPECT_EQ(pauseAfter(payoff, 100, 120), 1024);
}

TEST(ThreadPool, TimeGivenToOthersIsNotTheOwners) {
  OwnerClock clock;
  for (int i = 0; i < 2; ++i) {
    clock.begin();
    std::thread([] {
      volatile int work = 0;
      for (int j = 0; j < 10'000'000; ++j)
        work = j;
    }).join();
    int64_t ran = clock.endOfShare();
    EXPECT_LT(ran, clock.end(0) / 2) << i;
  }
}

#if defined(__x86_64__)
void readFloatMode(KernelContext *, const Buffer *, const int64_t *words, int64_t begin,
                   int64_t end) {
  for (int64_t task = begin; task < end; ++task)
    reinterpret_cast<uint32_t *>(words[0])[task] = __builtin_ia32_stmxcsr() & 0xffc0;
}

TEST(ThreadPool, TheCallersFloatModeDoesNotReachKernels) {
  ThreadPool pool;
  ASSERT_FALSE(pool.start(2).failed());
  std::vector<uint32_t> modes(256);
  int64_t word = reinterpret_cast<int64_t>(modes.data());
  uint32_t before = __builtin_ia32_stmxcsr();
  __builtin_ia32_ldmxcsr(before | 0x8040); // flush denormals to zero
  pool.run({readFloatMode, nullptr, &word, 256});
  EXPECT_EQ(__builtin_ia32_stmxcsr() & 0x8040, 0x8040u);
  __builtin_ia32_ldmxcsr(before);
  for (uint32_t mode : modes)
    EXPECT_EQ(mode, 0x1f80u);
}
#endif

class SharingTest : public RuntimeTest {};

TEST_F(SharingTest, SessionsOfOneModelRunAtOnce) {
  for (int threads : {1, 2, 4}) {
    auto model = load(tiny(), threads);
    std::atomic<int> wrong{0};
    std::vector<std::thread> users;
    for (int user = 0; user < 4; ++user)
      users.emplace_back([&, user] {
        std::unique_ptr<Session> one;
        wrong += Session::create(model, {}, one).failed();
        for (int round = 0; round < 200; ++round) {
          TinyCase c(1 + round % 7, 1 + (round * 31 + user) % 90, static_cast<unsigned>(round));
          wrong += one->run(TinyInputs(c).view()).failed();
          wrong += !matches(*one, c);
        }
      });
    for (std::thread &thread : users)
      thread.join();
    EXPECT_EQ(wrong.load(), 0) << threads;
  }
}

TEST_F(SharingTest, ASessionRefusesASecondCaller) {
  auto one = session(load(tiny()));
  std::atomic<int> refused{0}, other{0}, good{0};
  std::vector<std::thread> users;
  for (int user = 0; user < 4; ++user)
    users.emplace_back([&] {
      TinyCase c(8, 100);
      TinyInputs inputs(c);
      for (int round = 0; round < 200; ++round) {
        Error error = one->run(inputs.view());
        good += !error.failed();
        refused += error.code == ErrorCode::Usage;
        other += error.failed() && error.code != ErrorCode::Usage;
      }
    });
  for (std::thread &thread : users)
    thread.join();
  EXPECT_EQ(good + refused, 800);
  EXPECT_GT(good.load(), 0);
  EXPECT_EQ(other.load(), 0);
}

TEST_F(SharingTest, ASessionKeepsItsModel) {
  auto model = load(tiny());
  auto one = session(model);
  model = Ref<Model>();
  TinyCase c(2, 3);
  ASSERT_FALSE(one->run(TinyInputs(c).view()).failed());
  EXPECT_TRUE(matches(*one, c));
}

} // namespace
