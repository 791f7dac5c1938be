// The arena's planner, copies, and memory that runs out.
#include "RuntimeTest.h"
#include "attune/Runtime/Core/Arena.h"
#include "attune/Runtime/Core/ArtifactFormat.h"

#include <algorithm>
#include <fcntl.h>
#include <random>
#include <sys/mman.h>
#include <unistd.h>

using namespace attune;
using namespace attune::runtime;
using namespace attune::test;

// The program's own operator new, to count requests and to refuse one of them.
static std::atomic<uint64_t> requests{0};
static std::atomic<int64_t> refuseAt{-1}; // counts down over nothrow requests

static void *request(size_t bytes) {
  ++requests;
  return std::malloc(bytes ? bytes : 1);
}

void *operator new(size_t bytes) {
  void *data = request(bytes);
  if (!data)
    std::abort();
  return data;
}
void *operator new(size_t bytes, const std::nothrow_t &) noexcept {
  if (refuseAt >= 0 && refuseAt-- == 0)
    return nullptr;
  return request(bytes);
}
void *operator new[](size_t bytes) { return operator new(bytes); }
void *operator new[](size_t bytes, const std::nothrow_t &tag) noexcept {
  return operator new(bytes, tag);
}
void operator delete(void *data) noexcept { std::free(data); }
void operator delete(void *data, size_t) noexcept { std::free(data); }
void operator delete[](void *data) noexcept { std::free(data); }
void operator delete[](void *data, size_t) noexcept { std::free(data); }

namespace {

TEST(Arena, IntervalsAliveTogetherDoNotOverlap) {
  std::mt19937 random(7);
  for (int round = 0; round < 300; ++round) {
    std::vector<ArenaInterval> intervals(random() % 60);
    uint64_t sum = 0;
    for (ArenaInterval &interval : intervals) {
      uint32_t first = random() % 40;
      interval = {random() % 5 ? random() % 10000 : 0, first,
                  first + static_cast<uint32_t>(random() % 12), 0};
      sum += (interval.bytes + 63) / 64 * 64;
    }
    uint64_t bytes = 1;
    ASSERT_TRUE(planArena({intervals.data(), intervals.size()}, bytes));
    uint64_t peak = 0;
    for (uint32_t time = 0; time < 60; ++time) {
      uint64_t alive = 0;
      for (const ArenaInterval &a : intervals)
        alive += a.first <= time && time <= a.last ? (a.bytes + 63) / 64 * 64 : 0;
      peak = std::max(peak, alive);
    }
    EXPECT_GE(bytes, peak);
    EXPECT_LE(bytes, sum);
    for (size_t i = 0; i < intervals.size(); ++i) {
      const ArenaInterval &a = intervals[i];
      ASSERT_EQ(a.offset % kArenaAlignment, 0u);
      ASSERT_LE(a.offset + a.bytes, bytes);
      for (size_t j = 0; j < i; ++j) {
        const ArenaInterval &b = intervals[j];
        bool together = a.first <= b.last && b.first <= a.last;
        bool apart = a.offset + a.bytes <= b.offset || b.offset + b.bytes <= a.offset;
        ASSERT_TRUE(!together || apart || !a.bytes || !b.bytes) << i << " " << j;
      }
    }
  }
}

TEST(Arena, AChainNeedsTwoBuffers) {
  std::vector<ArenaInterval> intervals;
  for (uint32_t i = 0; i < 100; ++i)
    intervals.push_back({1000, i, i + 1, 0});
  uint64_t bytes = 0;
  ASSERT_TRUE(planArena({intervals.data(), intervals.size()}, bytes));
  EXPECT_EQ(bytes, 2048u);
}

TEST(Arena, TakesTheTightestGap) {
  // Two gaps, of 512 and of 256 bytes, between intervals that stay; 200 bytes fit the second.
  std::vector<ArenaInterval> intervals = {{4096, 0, 9, 0}, {2048, 0, 9, 0}, {1024, 0, 9, 0},
                                          {512, 0, 1, 0},  {448, 0, 9, 0},  {256, 0, 1, 0},
                                          {192, 0, 9, 0},  {128, 2, 9, 0}};
  uint64_t bytes = 0;
  ASSERT_TRUE(planArena({intervals.data(), intervals.size()}, bytes));
  EXPECT_EQ(intervals[7].offset, intervals[5].offset);
}

TEST(Arena, PlacesByTheRules) {
  const struct {
    std::vector<ArenaInterval> intervals; // with the expected offsets
    uint64_t bytes;
  } cases[] = {
      {{}, 0},
      {{{0, 0, 9, 0}}, 0},
      {{{64, 0, 9, 0}}, 64},
      {{{65, 0, 9, 0}}, 128},
      {{{100, 0, 1, 256}, {100, 0, 1, 384}, {200, 0, 1, 0}}, 512}, // large ones, then by number
      {{{64, 0, 1, 0}, {64, 2, 3, 0}, {64, 1, 2, 64}}, 128},       // both ends are alive
      // 128 fill a part of the gap of 192, 64 the rest exactly.
      {{{256, 0, 9, 0}, {192, 0, 1, 256}, {192, 0, 9, 448}, {128, 2, 9, 256}, {64, 2, 9, 384}},
       640},
      // Of two equal gaps the lower one.
      {{{256, 0, 9, 0},
        {192, 0, 1, 256},
        {192, 0, 9, 448},
        {192, 0, 1, 640},
        {192, 0, 9, 832},
        {64, 2, 9, 256}},
       1024},
  };
  for (const auto &c : cases) {
    std::vector<ArenaInterval> intervals = c.intervals;
    for (ArenaInterval &interval : intervals)
      interval.offset = 1;
    uint64_t bytes = 1;
    ASSERT_TRUE(planArena({intervals.data(), intervals.size()}, bytes));
    EXPECT_EQ(bytes, c.bytes) << &c - cases;
    for (size_t i = 0; i < intervals.size(); ++i)
      EXPECT_EQ(intervals[i].offset, c.intervals[i].offset) << &c - cases << " " << i;
  }
}

TEST(Arena, RefusesSizesThatOverflow) {
  uint64_t bytes = 0;
  for (uint64_t beyond : {0, 1}) {
    ArenaInterval large{INT64_MAX - kArenaAlignment + beyond, 0, 1, 0};
    EXPECT_EQ(planArena({&large, 1}, bytes), beyond == 0);
  }
  std::vector<ArenaInterval> intervals = {{UINT64_MAX - 10, 0, 1, 0}};
  EXPECT_FALSE(planArena({intervals.data(), 1}, bytes));
  intervals = {{INT64_MAX / 2, 0, 1, 0},
               {INT64_MAX / 2, 0, 1, 0},
               {INT64_MAX / 2, 0, 1, 0},
               {INT64_MAX / 2, 0, 1, 0},
               {INT64_MAX / 2, 0, 1, 0}};
  EXPECT_FALSE(planArena({intervals.data(), 5}, bytes));
}

TEST(Copy, AgreesWithALoopOverAllElements) {
  std::mt19937 random(11);
  for (int round = 0; round < 500; ++round) {
    int rank = static_cast<int>(random() % 5);
    int64_t elementBytes = int64_t(1) << random() % 5;
    std::vector<int64_t> sizes(rank), to(rank), from(rank), order(rank);
    int64_t count = 1;
    for (int i = 0; i < rank; ++i) {
      sizes[i] = random() % 6 ? 1 + random() % 6 : random() % 2;
      order[i] = i;
      count *= sizes[i];
    }
    if (round % 50 == 0 && rank) { // rows of more than one block
      sizes[rank - 1] = 70000;
      count = 70000;
      std::fill(sizes.begin(), sizes.end() - 1, 1);
    }
    // Dense in the given order on one side, in a shuffled one with gaps on the other.
    int64_t toStride = 1, fromStride = 1 + random() % 2;
    for (int i = rank - 1; i >= 0; --i) {
      to[i] = toStride;
      toStride *= sizes[i];
    }
    if (random() % 2)
      std::shuffle(order.begin(), order.end(), random);
    for (int i = rank - 1; i >= 0; --i) {
      from[order[i]] = fromStride;
      fromStride *= sizes[order[i]];
    }
    std::vector<uint8_t> source(static_cast<size_t>((fromStride + 4) * elementBytes + 64));
    for (auto &byte : source)
      byte = static_cast<uint8_t>(random());
    std::vector<uint8_t> result(static_cast<size_t>(count * elementBytes + 64)), expected = result;
    for (int64_t linear = 0; linear < count; ++linear) {
      int64_t rest = linear, at = 3;
      for (int i = rank - 1; i >= 0; --i) {
        at += rest % sizes[i] * from[i];
        rest /= sizes[i];
      }
      std::memcpy(&expected[static_cast<size_t>(linear * elementBytes)],
                  &source[static_cast<size_t>(at * elementBytes)], elementBytes);
    }
    CopyShape shape;
    ASSERT_TRUE(shapeCopy(rank, sizes.data(), to.data(), from.data(), elementBytes, shape));
    Buffer buffers[] = {{result.data(), 0, shape.toStrides}, {source.data(), 3, shape.fromStrides}};
    std::vector<int64_t> words = {elementBytes, shape.rank, shape.blockElements,
                                  shape.blocksPerRow};
    words.insert(words.end(), shape.sizes, shape.sizes + shape.rank);
    KernelContext context{};
    for (int64_t task = 0; task < shape.tasks; ++task)
      runCopyTasks(&context, buffers, words.data(), task, task + 1);
    ASSERT_EQ(result, expected) << round;
  }
}

TEST(Copy, MergesDimensionsAndRefusesOverflow) {
  int64_t sizes[] = {2, 3, 1, 4}, dense[] = {12, 4, 4, 1}, gaps[] = {24, 8, 4, 1};
  CopyShape shape;
  ASSERT_TRUE(shapeCopy(4, sizes, dense, dense, 4, shape));
  EXPECT_EQ(shape.rank, 1);
  EXPECT_EQ(shape.sizes[0], 24);
  ASSERT_TRUE(shapeCopy(4, sizes, dense, gaps, 4, shape));
  EXPECT_EQ(shape.rank, 2);
  EXPECT_EQ(shape.tasks, 6);
  int64_t huge[] = {INT64_MAX, 2, 0, 1};
  ASSERT_TRUE(shapeCopy(4, huge, dense, dense, 4, shape)); // nothing to copy
  EXPECT_EQ(shape.tasks, 0);
  EXPECT_FALSE(shapeCopy(2, huge, dense, dense, 4, shape));
  int64_t negative[] = {-1};
  EXPECT_FALSE(shapeCopy(1, negative, dense, dense, 4, shape));
}

/// Address and file offset agree within a huge page, and every byte is there.
TEST(Memory, LargeRangesSuitHugePages) {
  const uint64_t page = static_cast<uint64_t>(sysconf(_SC_PAGESIZE));
  const std::string path = testing::TempDir() + "attune-map-pages";
  int file = ::open(path.c_str(), O_CREAT | O_TRUNC | O_RDWR, 0600);
  ASSERT_GE(file, 0);
  ASSERT_EQ(ftruncate(file, static_cast<off_t>(4 * kHugePage)), 0);
  for (uint64_t bytes : {page, kHugePage, kHugePage + 1, 2 * kHugePage + 3 * page})
    for (uint64_t offset : {uint64_t(0), page, kHugePage - page, kHugePage + 5 * page}) {
      char last = static_cast<char>(1 + bytes % 100);
      ASSERT_EQ(pwrite(file, &last, 1, static_cast<off_t>(offset + bytes - 1)), 1);
      auto *data = static_cast<char *>(
          mapPages(bytes, PROT_READ, MAP_SHARED, file, static_cast<int64_t>(offset)));
      ASSERT_NE(data, nullptr);
      EXPECT_EQ(data[bytes - 1], last) << bytes << " from " << offset;
      if (bytes >= kHugePage)
        EXPECT_EQ(reinterpret_cast<uintptr_t>(data) % kHugePage, offset % kHugePage);
      EXPECT_EQ(munmap(data, bytes), 0);
    }
  EXPECT_EQ(mapPages(kHugePage, PROT_READ, MAP_SHARED, file, 1), nullptr);
  EXPECT_EQ(mapPages(UINT64_MAX - page, PROT_READ, MAP_SHARED, file, 0), nullptr);
  close(file);
  unlink(path.c_str());
}

TEST(Memory, RegionsGrowByPages) {
  const uint64_t page = static_cast<uint64_t>(sysconf(_SC_PAGESIZE));
  PageRegion region;
  const struct {
    uint64_t bytes, usable;
    bool asks; ///< the system for memory
  } cases[] = {
      {0, page - kOverRead, true},
      {1, page - kOverRead, false},
      {page - kOverRead, page - kOverRead, false},
      {page - kOverRead + 1, 2 * page - kOverRead, true},
      {5, 2 * page - kOverRead, false},
      {9 * page, 10 * page - kOverRead, true},
  };
  for (const auto &c : cases) {
    uint64_t before = allocationCount();
    ASSERT_TRUE(region.ensure(c.bytes));
    EXPECT_EQ(region.size(), c.usable) << c.bytes;
    EXPECT_EQ(allocationCount() - before, c.asks ? 1u : 0u) << c.bytes;
    std::memset(region.data(), 1, region.size() + kOverRead);
  }
  for (uint64_t refused : {SIZE_MAX / 4, SIZE_MAX / 4 + 1, SIZE_MAX - page}) {
    ASSERT_TRUE(region.ensure(1));
    EXPECT_FALSE(region.ensure(refused));
  }
  region.release();
  EXPECT_EQ(region.data(), nullptr);
  EXPECT_EQ(region.size(), 0u);
}

class MemoryTest : public RuntimeTest {};

TEST_F(MemoryTest, TheSecondRunAtAShapeAllocatesNothing) {
  auto model = load(tiny(), 2);
  auto one = session(model);
  TinyCase small(2, 5), large(4, 60);
  TinyInputs smallInputs(small), largeInputs(large);
  ASSERT_FALSE(one->run(smallInputs.view()).failed());
  EXPECT_GT(one->stats().heapAllocations, 0u);
  ASSERT_FALSE(one->run(largeInputs.view()).failed());
  uint64_t before = requests;
  for (int i = 0; i < 50; ++i) {
    ASSERT_FALSE(one->run(i % 2 ? smallInputs.view() : largeInputs.view()).failed());
    ASSERT_EQ(one->stats().heapAllocations, 0u);
  }
  EXPECT_EQ(requests, before);
  std::vector<float> y(small.y.size());
  ASSERT_FALSE(one->bindOutput(0, y.data(), y.size() * 4).failed());
  ASSERT_FALSE(one->setProfiling(true).failed());
  before = requests;
  ASSERT_FALSE(one->run(smallInputs.view()).failed());
  EXPECT_EQ(requests, before);
  EXPECT_EQ(y, small.y);
}

/// Each nothrow request refused in turn: a clear error, and the session goes on.
TEST_F(MemoryTest, EveryRefusedRequestIsALimit) {
  std::string path = tiny();
  TinyCase c(2, 5);
  TinyInputs inputs(c);
  int failures = 0;
  for (int64_t refused = 0;; ++refused) {
    Ref<Model> model;
    std::unique_ptr<Session> one;
    refuseAt = refused;
    Error error = Model::load(path.c_str(), {2, false}, model);
    if (!error.failed())
      error = Session::create(model, {}, one);
    if (!error.failed())
      error = one->run(inputs.view());
    bool struck = refuseAt < 0;
    refuseAt = -1;
    if (!struck)
      break;
    ASSERT_EQ(error.code, ErrorCode::Limit) << refused << ": " << error.message;
    ++failures;
    if (!one)
      continue;
    ASSERT_FALSE(one->run(inputs.view()).failed()) << refused;
    EXPECT_TRUE(matches(*one, c)) << refused;
  }
  EXPECT_GT(failures, 15);
}

} // namespace
