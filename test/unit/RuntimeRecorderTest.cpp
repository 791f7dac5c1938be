// Recording: what the host function may ask for, its bounds, and what lands in the plan.
#include "RuntimeTest.h"
#include "ScriptedKernels.h"

#include <unistd.h>

using namespace attune;
using namespace attune::runtime;
using namespace attune::test;

namespace {

class RecorderTest : public RuntimeTest {
protected:
  static ArtifactDescription description() {
    ArtifactDescription d;
    d.inputs = {{"x", ElementType::Float32, {{-1, "script"}, {-1, "number"}}}};
    d.outputs = {{"y", ElementType::Float32, {{-1, "number"}, {2, ""}}}};
    d.symbols = {{"script", 0, 0}, {"number", 0, 1}};
    d.guards = {{"first", "node_1"}, {"second", "node_2"}};
    d.constants = {{"c", 100}};
    d.dispatches = {{"one", "map", 1, 0, 2, {1}, {"a", "b"}}, {"null", "map", 1, 0, 2, {1}, {"n"}}};
    return d;
  }

  /// Writes an artefact with a form of the scripted code.
  std::string scripted(const std::string &form, const ArtifactDescription &d = description()) {
    std::string path = folder + "/scripted.attune", data(1000, 'c');
    Error error = finishArtifact(
        path, readFile(SCRIPTED_KERNELS + form + ".so"), d,
        [&](size_t i, const ByteSink &sink) { return sink(data.data(), d.constants[i].bytes); });
    EXPECT_FALSE(error.failed()) << error.message;
    return path;
  }

  Error record(Session &session, Script script, int64_t number) {
    int64_t dims[] = {static_cast<int64_t>(script), number + 1};
    InputTensor input{"x", ElementType::Float32, {dims, 2}, nullptr, 0};
    return session.prepare({&input, 1});
  }
};

constexpr int64_t kTera = int64_t(1) << 40; // handles count no more bytes

TEST_F(RecorderTest, KeepsTheHostWithinItsBounds) {
  SessionOptions options;
  options.memoryLimit = uint64_t(1) << 50;
  auto one = session(load(scripted("Whole"), 1), options);
  const struct {
    Script script;
    int64_t number;
    ErrorCode code;
    const char *says;
  } cases[] = {
      {Script::Nothing, 0, ErrorCode::Ok, ""},
      {Script::Input, -1, ErrorCode::Internal, "an input that is not there"},
      {Script::Input, 0, ErrorCode::Ok, ""},
      {Script::Input, 1, ErrorCode::Internal, "an input that is not there"},
      {Script::Constant, -1, ErrorCode::Internal, "a constant that is not there"},
      {Script::Constant, 0, ErrorCode::Ok, ""},
      {Script::Constant, 1, ErrorCode::Internal, "a constant that is not there"},
      {Script::Output, -1, ErrorCode::Internal, "a wrong output"},
      {Script::Output, 1, ErrorCode::Internal, "a wrong output"},
      {Script::OutputTwice, 0, ErrorCode::Internal, "a wrong output"},
      {Script::NoOutput, 0, ErrorCode::Internal, "no output of one index"},
      {Script::OutputRows, -1, ErrorCode::Internal, "an output of a wrong shape"},
      {Script::OutputRows, 0, ErrorCode::Ok, ""},
      {Script::OutputRows, kTera / 8 - 1, ErrorCode::Ok, ""},
      {Script::OutputRows, kTera / 8, ErrorCode::Limit, "too large"},
      {Script::OutputRows, INT64_MAX - 1, ErrorCode::Limit, "need 18446744073709551615 bytes"},
      {Script::OutputColumns, 1, ErrorCode::Internal, "an output of a wrong shape"},
      {Script::OutputColumns, 2, ErrorCode::Ok, ""},
      {Script::OutputColumns, 3, ErrorCode::Internal, "an output of a wrong shape"},
      {Script::Guard, -1, ErrorCode::Internal, "a guard that is not there"},
      {Script::Guard, 0, ErrorCode::Ok, ""},
      {Script::Guard, 1, ErrorCode::Usage, "do not satisfy first: script = 8, number = 2"},
      {Script::Guard, 2, ErrorCode::Usage, "do not satisfy second"},
      {Script::Guard, 3, ErrorCode::Internal, "a guard that is not there"},
      {Script::Allocate, -1, ErrorCode::Limit, "need 18446744073709551615 bytes"},
      {Script::Allocate, 0, ErrorCode::Ok, ""},
      {Script::Allocate, kTera - 1, ErrorCode::Ok, ""},
      {Script::Allocate, kTera, ErrorCode::Limit, "too large"},
      {Script::Dispatch, -1, ErrorCode::Internal, "a dispatch that is not there"},
      {Script::Dispatch, 0, ErrorCode::Ok, ""},
      {Script::Dispatch, 2, ErrorCode::Internal, "a dispatch that is not there"},
      {Script::Select, -1, ErrorCode::Internal, "no variant"},
      {Script::Select, 1, ErrorCode::Ok, ""},
      {Script::Select, 2, ErrorCode::Internal, "no variant"},
      {Script::Grid, -1, ErrorCode::Internal, "no valid grid"},
      {Script::Grid, 0, ErrorCode::Ok, ""},
      {Script::NullKernel, 0, ErrorCode::Internal, "no valid grid"},
      {Script::Handle, 0, ErrorCode::Internal, "a buffer that is not there"},
      {Script::Handle, 1, ErrorCode::Ok, ""},
      {Script::Handle, 2, ErrorCode::Ok, ""},
      {Script::Handle, 3, ErrorCode::Internal, "a buffer that is not there"},
      {Script::Offset, 100, ErrorCode::Ok, ""},
      {Script::Offset, 101, ErrorCode::Internal, "a buffer that is not there"},
      {Script::CopyRank, -1, ErrorCode::Internal, "a copy of a wrong shape"},
      {Script::CopyRank, 0, ErrorCode::Ok, ""},
      {Script::CopyRank, 64, ErrorCode::Ok, ""},
      {Script::CopyRank, 65, ErrorCode::Internal, "a copy of a wrong shape"},
      {Script::CopyElement, 0, ErrorCode::Internal, "a copy of a wrong shape"},
      {Script::CopyElement, 1, ErrorCode::Ok, ""},
      {Script::CopyElement, 16, ErrorCode::Ok, ""},
      {Script::CopyElement, 17, ErrorCode::Internal, "a copy of a wrong shape"},
      {Script::CopyRows, -1, ErrorCode::Internal, "a copy of a wrong shape"},
      {Script::CopyRows, INT64_MAX / 4 + 1, ErrorCode::Internal, "a copy of a wrong shape"},
      {Script::Handles, (1 << 22) - 2, ErrorCode::Ok, ""},
      {Script::Handles, (1 << 22) - 1, ErrorCode::Limit, "too large"},
  };
  for (const auto &c : cases) {
    Error error = record(*one, c.script, c.number);
    EXPECT_EQ(error.code, c.code) << &c - cases << ": " << error.message;
    EXPECT_NE(error.message.find(c.says), std::string::npos) << error.message;
  }
}

TEST_F(RecorderTest, NamesNodes) {
  auto one = session(load(scripted("Whole"), 1));
  EXPECT_EQ(record(*one, Script::Guard, 2).node, "node_2");
  EXPECT_EQ(record(*one, Script::Select, 2).node, "one");
  EXPECT_EQ(record(*one, Script::NullKernel, 0).node, "null");
}

TEST_F(RecorderTest, KeepsToTheMemoryLimit) {
  SessionOptions options;
  options.memoryLimit = 1024;
  auto one = session(load(scripted("Whole"), 1), options);
  const struct {
    Script script;
    int64_t number;
    const char *says; ///< "" where it is within the limit
  } cases[] = {
      {Script::Allocate, 1024, ""},
      {Script::Allocate, 1025,
       "temporaries of these shapes need 1025 bytes, over the limit of 1024"},
      {Script::AllocateTwice, 512, ""},
      {Script::AllocateTwice, 513, "temporaries of these shapes need 1152 bytes"},
      {Script::AllocateChain, 512, ""},
      {Script::OutputRows, 128, ""},
      {Script::OutputRows, 129, "the outputs of these shapes need 1032 bytes"},
  };
  for (const auto &c : cases) {
    Error error = record(*one, c.script, c.number);
    EXPECT_EQ(error.code, *c.says ? ErrorCode::Limit : ErrorCode::Ok) << error.message;
    EXPECT_NE(error.message.find(c.says), std::string::npos) << error.message;
  }
}

TEST_F(RecorderTest, TheMachinesMemoryIsTheLimitByDefault) {
  auto one = session(load(scripted("Whole"), 1));
  int64_t machine = sysconf(_SC_PHYS_PAGES) * sysconf(_SC_PAGESIZE);
  Error error = record(*one, Script::Allocate, machine + 1);
  EXPECT_EQ(error.code, ErrorCode::Limit);
  EXPECT_NE(error.message.find("over the limit of " + std::to_string(machine)), std::string::npos)
      << error.message;
  EXPECT_FALSE(record(*one, Script::Allocate, std::min(machine, kTera - 1)).failed());
}

TEST_F(RecorderTest, PlansWhatIsUsed) {
  auto one = session(load(scripted("Whole"), 1));
  const struct {
    Script script;
    int64_t number;
    uint64_t launches, copies, tasks, arena;
  } cases[] = {
      {Script::Nothing, 0, 0, 0, 0, 0},
      {Script::Allocate, 1, 1, 0, 1, 64},
      {Script::Allocate, 65, 1, 0, 1, 128},
      {Script::AllocateAndIdle, 65, 0, 0, 0, 0},
      {Script::AllocateTwice, 64, 1, 1, 1, 128},
      {Script::AllocateChain, 64, 3, 3, 3, 128},
      {Script::Grid, 0, 0, 0, 0, 0},
      {Script::Grid, 1, 1, 0, 1, 0},
      {Script::Grid, 7, 1, 0, 7, 0},
      {Script::CopyRows, 0, 0, 0, 0, 0},
      {Script::CopyRows, 1, 1, 1, 1, 0},
      {Script::CopyRows, 16384, 1, 1, 1, 0}, // a block of 64 KiB
      {Script::CopyRows, 16385, 1, 1, 2, 0},
      {Script::CopyOntoItself, 0, 0, 0, 0, 0},
      {Script::CopyOntoItself, 1, 1, 1, 1, 0},
      {Script::CopyTransposed, 0, 1, 1, 1, 0},
  };
  for (const auto &c : cases) {
    Error error = record(*one, c.script, c.number);
    ASSERT_FALSE(error.failed()) << error.message;
    SessionStats stats = one->stats();
    EXPECT_EQ(stats.launches, c.launches) << &c - cases;
    EXPECT_EQ(stats.copies, c.copies) << &c - cases;
    EXPECT_EQ(stats.tasks, c.tasks) << &c - cases;
    EXPECT_EQ(stats.planArenaBytes, c.arena) << &c - cases;
  }
}

TEST_F(RecorderTest, SizesOfOutputsAreThoseOfTheHost) {
  auto one = session(load(scripted("Whole"), 1));
  for (int64_t rows : {0, 1, 3}) {
    ASSERT_FALSE(record(*one, Script::OutputRows, rows).failed());
    OutputTensor y;
    ASSERT_FALSE(one->output(0, y).failed());
    EXPECT_EQ(y.dims[0], rows);
    EXPECT_EQ(y.dims[1], 2);
    EXPECT_EQ(y.bytes, static_cast<uint64_t>(rows) * 8);
    EXPECT_EQ(y.data, nullptr);
  }
}

TEST_F(RecorderTest, CodeMustBeWhole) {
  const std::pair<const char *, const char *> forms[] = {{"NoKernels", "do not belong together"},
                                                         {"NoGrids", "do not belong together"},
                                                         {"NoHost", "do not belong together"},
                                                         {"Empty", "do not belong together"},
                                                         {"Unnamed", "does not export"}};
  Ref<Model> model;
  for (auto [form, says] : forms) {
    Error error = Model::load(scripted(form).c_str(), {1, false}, model);
    EXPECT_EQ(error.code, ErrorCode::Malformed) << form;
    EXPECT_NE(error.message.find(says), std::string::npos) << error.message;
  }
  ArtifactDescription bare = description();
  bare.dispatches.clear();
  EXPECT_FALSE(Model::load(scripted("Empty", bare).c_str(), {1, false}, model).failed());
}

} // namespace
