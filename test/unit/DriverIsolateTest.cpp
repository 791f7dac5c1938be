// The child process: results come back, deaths are told apart, nothing takes the caller down.
#include "attune/Driver/Isolate.h"

#include "llvm/Support/ErrorHandling.h"

#include <csignal>
#include <gtest/gtest.h>
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
