// The child process: results come back, deaths are told apart, nothing takes the caller down.
#include "attune/Driver/Isolate.h"

#include "llvm/Support/ErrorHandling.h"

#include <csignal>
#include <gtest/gtest.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <unistd.h>

using namespace attune;
using namespace attune::driver;

namespace {

using Work = std::function<Error(Trail &, std::string &)>;

Error isolate(const Work &work, ChildEnd &end, ChildLimits limits = {}) {
  return runIsolated(limits, work, end);
}

ErrorCode codeOf(const Work &work, ChildLimits limits = {}) {
  ChildEnd end;
  return isolate(work, end, limits).code;
}

/// Uses the stack; the caller's frame is read below it, so that this cannot become a loop.
int recurse(int depth, volatile char *above) {
  volatile char frame[512];
  frame[0] = char(above[0] + 1);
  return depth == 0 ? frame[0] : recurse(depth - 1, frame) + frame[0];
}

TEST(Isolate, ResultsComeBack) {
  ChildEnd end;
  std::string large(3 << 20, 'x');
  Error error = isolate(
      [&](Trail &, std::string &output) -> Error {
        output = large;
        return {ErrorCode::Unsupported, "message", "node", "Op", "hint"};
      },
      end);
  EXPECT_EQ(error.code, ErrorCode::Unsupported);
  EXPECT_EQ(error.message, "message");
  EXPECT_EQ(error.node, "node");
  EXPECT_EQ(error.op, "Op");
  EXPECT_EQ(error.hint, "hint");
  EXPECT_EQ(end.output, large);
  EXPECT_FALSE(end.crashed);
}

TEST(Isolate, CrashesAreBugsWithPassAndNode) {
  for (int signal : {SIGABRT, SIGSEGV, SIGFPE, SIGILL, SIGBUS}) {
    ChildEnd end;
    Error error = isolate(
        [&](Trail &trail, std::string &) -> Error {
          trail.enterPass("some-pass");
          trail.enterNode("node_1", "Add");
          ::raise(signal);
          return {};
        },
        end);
    EXPECT_EQ(error.code, ErrorCode::Internal);
    EXPECT_TRUE(end.crashed);
    EXPECT_NE(error.message.find("some-pass"), std::string::npos) << error.message;
    EXPECT_EQ(error.node, "node_1");
    EXPECT_EQ(error.op, "Add");
  }
}

TEST(Isolate, FatalErrorsOfLlvmKeepTheirWords) {
  ChildEnd end;
  Error error = isolate(
      [](Trail &, std::string &) -> Error { llvm::report_fatal_error("the reason", false); }, end);
  EXPECT_EQ(error.code, ErrorCode::Internal);
  EXPECT_NE(error.message.find("the reason"), std::string::npos) << error.message;
}

TEST(Isolate, EarlyExitIsABug) {
  EXPECT_EQ(codeOf([](Trail &, std::string &) -> Error { _exit(0); }), ErrorCode::Internal);
  EXPECT_EQ(codeOf([](Trail &, std::string &) -> Error { _exit(3); }), ErrorCode::Internal);
}

TEST(Isolate, MemoryLimit) {
  ChildLimits limits;
  limits.memoryBytes = uint64_t(64) << 20;
  Work hungry = [](Trail &, std::string &output) -> Error {
    std::vector<std::string> kept;
    for (int i = 0; i < 256; ++i)
      kept.emplace_back(size_t(1) << 20, 'x');
    output = kept.back();
    return {};
  };
  EXPECT_EQ(codeOf(hungry, limits), ErrorCode::Limit);
  limits.memoryBytes = uint64_t(1) << 30;
  EXPECT_EQ(codeOf(hungry, limits), ErrorCode::Ok);
}

TEST(Isolate, StackLimit) {
  ChildLimits limits;
  limits.stackBytes = uint64_t(1) << 20;
  Work deep = [](Trail &, std::string &output) -> Error {
    volatile char first = 0;
    output = std::to_string(recurse(20000, &first));
    return {};
  };
  EXPECT_EQ(codeOf(deep, limits), ErrorCode::Limit);
  limits.stackBytes = uint64_t(64) << 20;
  EXPECT_EQ(codeOf(deep, limits), ErrorCode::Ok);
}

TEST(Isolate, TimeLimit) {
  ChildLimits limits;
  limits.seconds = 0.2;
  EXPECT_EQ(codeOf(
                [](Trail &, std::string &) -> Error {
                  ::sleep(60);
                  return {};
                },
                limits),
            ErrorCode::Limit);
}

TEST(Isolate, KilledFromOutsideIsALimit) {
  EXPECT_EQ(codeOf([](Trail &, std::string &) -> Error {
              ::raise(SIGKILL);
              return {};
            }),
            ErrorCode::Limit);
}

/// What a death is called: its message and its hint.
TEST(Isolate, DeathsAreExplained) {
  const struct {
    Work work;
    ChildLimits limits;
    ErrorCode code;
    const char *message, *hint;
  } cases[] = {
      {[](Trail &, std::string &) -> Error {
         ::sleep(60);
         return {};
       },
       {0, uint64_t(8) << 20, 0.9},
       ErrorCode::Limit,
       "compiling took longer than the limit of 0 s (in pass 'p')",
       "raise --limit-seconds"},
      {[](Trail &, std::string &output) -> Error {
         output.resize(size_t(1) << 30);
         return {};
       },
       {uint64_t(64) << 20, uint64_t(8) << 20, 60},
       ErrorCode::Limit,
       "compiling needs more memory than the limit allows (in pass 'p')",
       "raise --limit-memory"},
      {[](Trail &, std::string &output) -> Error {
         volatile char first = 0;
         output = std::to_string(recurse(100000, &first));
         return {};
       },
       {0, uint64_t(1) << 20, 60},
       ErrorCode::Limit,
       "the model is nested too deeply for the compiler's stack (in pass 'p')",
       "raise --limit-stack"},
      {[](Trail &, std::string &) -> Error {
         int file = ::memfd_create("model", 0);
         (void)!::ftruncate(file, 4096);
         auto *data =
             static_cast<volatile char *>(::mmap(nullptr, 4096, PROT_READ, MAP_SHARED, file, 0));
         (void)!::ftruncate(file, 0);
         return {ErrorCode(data[0]), "", "", "", ""};
       },
       {},
       ErrorCode::FileAccess,
       "a file of the model changed or failed while it was read",
       ""},
      {[](Trail &, std::string &) -> Error {
         ::raise(SIGKILL);
         return {};
       },
       {},
       ErrorCode::Limit,
       "the compiler was killed, most likely because the machine ran out of memory (in pass 'p')",
       ""},
      {[](Trail &, std::string &) -> Error {
         *reinterpret_cast<volatile int *>(8) = 1;
         return {};
       },
       {},
       ErrorCode::Internal,
       "the compiler died of signal Segmentation fault in pass 'p'",
       ""},
      {[](Trail &trail, std::string &) -> Error {
         trail.lastWords("why");
         _exit(3);
       },
       {},
       ErrorCode::Internal,
       "the compiler ended early in pass 'p': why",
       ""},
      {[](Trail &trail, std::string &) -> Error {
         trail.enterPass("");
         _exit(0);
       },
       {},
       ErrorCode::Internal,
       "the compiler ended early",
       ""},
  };
  for (const auto &c : cases) {
    ChildEnd end;
    Error error = isolate(
        [&](Trail &trail, std::string &output) {
          trail.enterPass("p");
          trail.enterNode("node_1", "Add");
          return c.work(trail, output);
        },
        end, c.limits);
    EXPECT_EQ(error.code, c.code) << error.message;
    EXPECT_EQ(error.message, c.message);
    EXPECT_EQ(error.hint, c.hint);
    EXPECT_EQ(error.node, c.code == ErrorCode::FileAccess ? "" : "node_1");
    EXPECT_EQ(end.crashed, c.code == ErrorCode::Internal);
  }
}

TEST(Isolate, TheChildRunsUnderItsLimits) {
  auto limitsIn = [](ChildLimits limits) {
    ChildEnd end;
    Error error = isolate(
        [](Trail &, std::string &output) -> Error {
          rlimit data, core;
          ::getrlimit(RLIMIT_DATA, &data);
          ::getrlimit(RLIMIT_CORE, &core);
          output = std::to_string(data.rlim_cur) + " " + std::to_string(data.rlim_max) + " " +
                   std::to_string(core.rlim_cur + core.rlim_max) + " " +
                   std::to_string(::getpgrp() == ::getpid());
          return {};
        },
        end, limits);
    EXPECT_FALSE(error.failed()) << error.message;
    return end.output;
  };
  const uint64_t stack = uint64_t(8) << 20, memory = uint64_t(1) << 30;
  std::string sum = std::to_string(stack + memory);
  EXPECT_EQ(limitsIn({memory, stack, 60}), sum + " " + sum + " 0 1");
  uint64_t machine = uint64_t(::sysconf(_SC_PHYS_PAGES)) * uint64_t(::sysconf(_SC_PAGESIZE));
  sum = std::to_string(machine / 4 * 3 + stack);
  EXPECT_EQ(limitsIn({0, stack, 60}), sum + " " + sum + " 0 1");
}

TEST(Isolate, TheTrailCutsLongTexts) {
  auto trail = std::make_unique<Trail>();
  for (size_t size : {0, 254, 255, 256, 1000}) {
    std::string text(size, 'x'), kept(std::min<size_t>(size, 255), 'x');
    trail->enterPass(text);
    trail->enterNode(text, text);
    trail->lastWords(text);
    for (const std::string &got : {trail->pass(), trail->node(), trail->op(), trail->words()})
      EXPECT_EQ(got, kept);
  }
}

TEST(IsolateDeathTest, AnInterruptEndsTheChild) {
  EXPECT_EXIT(
      {
        interrupt();
        ChildEnd end;
        Error error = isolate(
            [](Trail &, std::string &) -> Error {
              ::sleep(60);
              return {};
            },
            end);
        ::_exit(interrupted() && error.code == ErrorCode::Limit && error.message == "interrupted"
                    ? 0
                    : 1);
      },
      testing::ExitedWithCode(0), "");
  EXPECT_FALSE(interrupted());
}

TEST(Isolate, MemoryIsToldInMegabytes) {
  double before = anonymousMb();
  std::vector<char> kept(size_t(64) << 20, 'x');
  EXPECT_NEAR(anonymousMb(::getpid()) - before, 64, 8) << kept[5];
  EXPECT_EQ(anonymousMb(-1), 0);
}

TEST(Isolate, ProgressAndPeak) {
  std::string seen;
  ChildEnd end;
  Error error = runIsolated(
      {},
      [](Trail &trail, std::string &output) -> Error {
        trail.enterPass("slow-pass");
        output.assign(size_t(32) << 20, 'x');
        ::usleep(200000);
        output.clear();
        return {};
      },
      end, [&](const std::string &pass) { seen = pass.empty() ? seen : pass; });
  EXPECT_FALSE(error.failed());
  EXPECT_EQ(seen, "slow-pass");
  EXPECT_GT(end.peakAnonymousMb, 30);
}

} // namespace
