// Sessions: results, plans, outputs, refusals at the door.
#include "RuntimeTest.h"

#include <chrono>
#include <cmath>

using namespace attune;
using namespace attune::runtime;
using namespace attune::test;

namespace {

class SessionTest : public RuntimeTest {
protected:
  /// The error of a run on `inputs`.
  Error runWith(Session &session, const TinyInputs &inputs) { return session.run(inputs.view()); }
};

TEST_F(SessionTest, GivesTheReferenceAtEveryShape) {
  auto model = load(tiny());
  auto one = session(model);
  for (auto [batch, seq] :
       {std::pair(1, 1), {1, 16}, {2, 77}, {8, 128}, {3, 511}, {1, 1}, {64, 9}}) {
    TinyCase c(batch, seq, static_cast<unsigned>(batch * 1000 + seq));
    Error error = one->run(TinyInputs(c).view());
    ASSERT_FALSE(error.failed()) << error.message;
    EXPECT_TRUE(matches(*one, c)) << batch << " x " << seq;
  }
  EXPECT_EQ(one->stats().planCount, 6u);
}

TEST_F(SessionTest, SizesOfZeroWork) {
  auto one = session(load(tiny()));
  for (auto [batch, seq] : {std::pair(0, 5), {5, 0}, {0, 0}, {2, 3}}) {
    TinyCase c(batch, seq);
    Error error = one->run(TinyInputs(c).view());
    ASSERT_FALSE(error.failed()) << error.message;
    EXPECT_TRUE(matches(*one, c)) << batch << " x " << seq;
  }
}

TEST_F(SessionTest, SelectsTheVariantByWords) {
  auto one = session(load(tiny()));
  ASSERT_FALSE(one->setProfiling(true).failed());
  TinyCase row(1, 1), rows(2, 3);
  ASSERT_FALSE(runWith(*one, TinyInputs(row)).failed());
  ASSERT_FALSE(runWith(*one, TinyInputs(rows)).failed());
  ASSERT_FALSE(runWith(*one, TinyInputs(rows)).failed());
  auto profile = one->profile();
  ASSERT_EQ(profile.size(), 6u);
  EXPECT_EQ(profile[1].name, "multiply_0");
  EXPECT_EQ(profile[1].root, "contract");
  EXPECT_EQ(profile[1].variant, "one_row");
  EXPECT_EQ(profile[1].launches, 1u);
  EXPECT_EQ(profile[2].variant, "rows");
  EXPECT_EQ(profile[2].launches, 2u);
  EXPECT_EQ(profile[2].tasks, 12u);
  EXPECT_EQ(profile[5].root, "copy");
  EXPECT_EQ(profile[5].launches, 3u);
  EXPECT_GE(profile[2].threads, 2u);
  ASSERT_FALSE(one->setProfiling(true).failed());
  EXPECT_EQ(one->profile()[2].launches, 0u);
}

TEST_F(SessionTest, CountsWhatARunDoes) {
  auto one = session(load(tiny()));
  TinyCase c(2, 3);
  ASSERT_FALSE(runWith(*one, TinyInputs(c)).failed());
  SessionStats first = one->stats();
  EXPECT_EQ(first.launches, 5u);
  EXPECT_EQ(first.copies, 1u);
  EXPECT_EQ(first.weightBytes, 80u);
  // relu's and multiply's results (192 bytes) are alive with the copy (96, aligned to 128).
  EXPECT_EQ(first.planArenaBytes, 320u);
  EXPECT_GT(first.heapAllocations, 0u);
  ASSERT_FALSE(runWith(*one, TinyInputs(c)).failed());
  EXPECT_EQ(one->stats().heapAllocations, 0u);
}

TEST_F(SessionTest, KeepsTheMostRecentPlans) {
  SessionOptions options;
  options.planCapacity = 2;
  auto one = session(load(tiny()), options);
  auto allocations = [&](int64_t seq) {
    TinyCase c(1, seq);
    EXPECT_FALSE(runWith(*one, TinyInputs(c)).failed());
    EXPECT_TRUE(matches(*one, c));
    return one->stats().heapAllocations;
  };
  EXPECT_GT(allocations(1), 0u);
  EXPECT_GT(allocations(2), 0u);
  EXPECT_EQ(allocations(1), 0u);
  EXPECT_GT(allocations(3), 0u); // drops 2
  EXPECT_EQ(allocations(1), 0u);
  EXPECT_GT(allocations(2), 0u);
  EXPECT_EQ(one->stats().planCount, 2u);
  options.planCapacity = 0;
  std::unique_ptr<Session> none;
  EXPECT_EQ(Session::create(load(tiny()), options, none).code, ErrorCode::Usage);
}

TEST_F(SessionTest, WritesBoundOutputs) {
  auto one = session(load(tiny()));
  TinyCase c(2, 3);
  TinyInputs inputs(c);
  inputs.tensors[0].data = inputs.tensors[1].data = nullptr; // shapes are enough
  ASSERT_FALSE(one->prepare(inputs.view()).failed());
  OutputTensor y;
  ASSERT_FALSE(one->output(0, y).failed());
  EXPECT_EQ(y.bytes, 96u);
  EXPECT_EQ(y.data, nullptr);
  std::vector<float> mine(y.bytes / 4 + 1, -99);
  ASSERT_FALSE(one->bindOutput(0, mine.data(), y.bytes).failed());
  ASSERT_FALSE(runWith(*one, TinyInputs(c)).failed());
  EXPECT_TRUE(matches(*one, c));
  ASSERT_FALSE(one->output(0, y).failed());
  EXPECT_EQ(y.data, mine.data());
  EXPECT_EQ(mine.back(), -99);

  TinyCase larger(2, 4);
  Error error = runWith(*one, TinyInputs(larger));
  EXPECT_EQ(error.code, ErrorCode::Usage);
  EXPECT_NE(error.message.find("\"y\""), std::string::npos) << error.message;
  EXPECT_NE(error.message.find("128 needed"), std::string::npos) << error.message;
  EXPECT_TRUE(one->output(0, y).failed()); // the failed run voids the results
  ASSERT_FALSE(one->bindOutput(0, nullptr, 0).failed());
  ASSERT_FALSE(runWith(*one, TinyInputs(larger)).failed());
  EXPECT_TRUE(matches(*one, larger));
  EXPECT_EQ(one->bindOutput(2, mine.data(), 4).code, ErrorCode::Usage);
  EXPECT_EQ(one->bindOutput(0, reinterpret_cast<char *>(mine.data()) + 1, 4).code,
            ErrorCode::Usage);
}

TEST_F(SessionTest, TakesInputsByNameOrPosition) {
  auto one = session(load(tiny()));
  TinyCase c(2, 3);
  TinyInputs inputs(c);
  std::swap(inputs.tensors[0], inputs.tensors[1]);
  ASSERT_FALSE(runWith(*one, inputs).failed());
  EXPECT_TRUE(matches(*one, c));
  std::swap(inputs.tensors[0], inputs.tensors[1]);
  inputs.tensors[0].name = inputs.tensors[1].name = "";
  ASSERT_FALSE(runWith(*one, inputs).failed());
  EXPECT_TRUE(matches(*one, c));
}

/// Each change to a good run, and what the message must say.
TEST_F(SessionTest, RefusesWrongInputsAndGoesOn) {
  auto one = session(load(tiny()));
  TinyCase c(2, 3);
  static float unaligned[32];
  struct Wrong {
    const char *what;
    void (*change)(TinyInputs &);
    ErrorCode code;
    std::vector<std::string> says;
  };
  const Wrong wrongs[] = {
      {"type",
       [](TinyInputs &in) { in.tensors[0].type = ElementType::Int32; },
       ErrorCode::Usage,
       {"\"x\"", "float32[batch, seq, 4]", "int32[2, 3, 4]"}},
      {"rank",
       [](TinyInputs &in) { in.tensors[0].dims = {in.xDims, 2}; },
       ErrorCode::Usage,
       {"\"x\"", "float32[batch, seq, 4]", "float32[2, 3]"}},
      {"static size",
       [](TinyInputs &in) { in.xDims[2] = 3; },
       ErrorCode::Usage,
       {"\"x\"", "dimension 2 must be 4", "[2, 3, 3]"}},
      {"negative size",
       [](TinyInputs &in) { in.xDims[1] = -3; },
       ErrorCode::Usage,
       {"\"x\"", "[2, -3, 4]"}},
      {"expression",
       [](TinyInputs &in) { in.idsDims[0] = 5; },
       ErrorCode::Usage,
       {"\"ids\"", "dimension 0 must be 2 * seq = 6", "[5]"}},
      {"range",
       [](TinyInputs &in) {
         in.xDims[0] = 5000;
         in.tensors[0].bytes = SIZE_MAX;
       },
       ErrorCode::Usage,
       {"\"x\"", "dimension 0 must be from 0 to 4096"}},
      {"guard",
       [](TinyInputs &in) {
         in.xDims[1] = 513;
         in.idsDims[0] = 1026;
         in.tensors[0].bytes = in.tensors[1].bytes = SIZE_MAX;
       },
       ErrorCode::Usage,
       {"seq <= 512", "seq = 513"}},
      {"overflow",
       [](TinyInputs &in) { in.xDims[0] = in.xDims[1] = INT64_MAX; },
       ErrorCode::Limit,
       {"\"x\"", "too large"}},
      {"short data",
       [](TinyInputs &in) { in.tensors[0].bytes = 95; },
       ErrorCode::Usage,
       {"\"x\"", "95 bytes", "96 needed"}},
      {"no data",
       [](TinyInputs &in) { in.tensors[1].data = nullptr; },
       ErrorCode::Usage,
       {"\"ids\"", "no data"}},
      {"alignment",
       [](TinyInputs &in) { in.tensors[0].data = reinterpret_cast<char *>(unaligned) + 1; },
       ErrorCode::Usage,
       {"\"x\"", "aligned"}},
      {"unknown name",
       [](TinyInputs &in) { in.tensors[0].name = "nobody"; },
       ErrorCode::Usage,
       {"\"x\" was not given"}},
      {"twice",
       [](TinyInputs &in) { in.tensors[1].name = "x"; },
       ErrorCode::Usage,
       {"\"ids\" was not given"}},
  };
  for (const Wrong &wrong : wrongs) {
    TinyInputs inputs(c);
    wrong.change(inputs);
    Error error = one->run(inputs.view());
    EXPECT_EQ(error.code, wrong.code) << wrong.what << ": " << error.message;
    for (const std::string &text : wrong.says)
      EXPECT_NE(error.message.find(text), std::string::npos) << wrong.what << ": " << error.message;
    ASSERT_FALSE(runWith(*one, TinyInputs(c)).failed()) << wrong.what;
    EXPECT_TRUE(matches(*one, c)) << wrong.what;
  }
}

TEST_F(SessionTest, NamesMissingAndSurplusInputs) {
  auto one = session(load(tiny()));
  TinyCase c(2, 3);
  TinyInputs inputs(c);
  Error missing = one->run({inputs.tensors, 1});
  EXPECT_EQ(missing.code, ErrorCode::Usage);
  EXPECT_NE(missing.message.find("\"ids\" was not given"), std::string::npos) << missing.message;
  EXPECT_NE(missing.hint.find("\"x\" float32[batch, seq, 4]"), std::string::npos) << missing.hint;
  EXPECT_EQ(one->run({}).code, ErrorCode::Usage);
  InputTensor more[] = {inputs.tensors[0], inputs.tensors[1], inputs.tensors[0]};
  more[2].name = "surplus";
  Error surplus = one->run({more, 3});
  EXPECT_EQ(surplus.code, ErrorCode::Usage);
  EXPECT_NE(surplus.message.find("\"surplus\""), std::string::npos) << surplus.message;
  more[2].name = "x";
  EXPECT_EQ(one->run({more, 3}).code, ErrorCode::Usage);
  more[2].name = "";
  surplus = one->run({more, 3});
  EXPECT_NE(surplus.message.find("no input number 2"), std::string::npos) << surplus.message;
  OutputTensor y;
  EXPECT_EQ(one->output(0, y).code, ErrorCode::Usage); // nothing has run
  EXPECT_EQ(one->output(7, y).code, ErrorCode::Usage);
}

/// Only shapes: what the door lets in for a changed signature.
TEST_F(SessionTest, ChecksDimensionsAgainstTheSignature) {
  const struct {
    void (*change)(ArtifactDescription &);
    int64_t batch, seq, features, ids;
    ErrorCode code;
    const char *says;
  } cases[] = {
      {[](auto &d) { d.symbols[1].low = 2, d.symbols[1].high = 5; }, 1, 1, 4, 2, ErrorCode::Usage,
       "got shape [1, 1, 4]: dimension 1 must be from 2 to 5"},
      {[](auto &d) { d.symbols[1].low = 2; }, 1, 2, 4, 4, ErrorCode::Ok, ""},
      {[](auto &d) { d.symbols[1].high = 5; }, 1, 5, 4, 10, ErrorCode::Ok, ""},
      {[](auto &d) { d.symbols[1].high = 5; }, 1, 6, 4, 12, ErrorCode::Usage, "from 0 to 5"},
      {[](auto &d) { d.symbols[1].high = INT64_MAX; }, 1, INT64_MAX / 2 + 1, 4, 0, ErrorCode::Limit,
       "input \"ids\": dimension 0, 2 * seq, has no value"},
      {[](auto &d) { d.inputs[0].dims[2] = {0, ""}; }, 1, 1, 4, 2, ErrorCode::Usage,
       "expected float32[batch, seq, 0], got shape [1, 1, 4]: dimension 2 must be 0"},
      {[](auto &d) { d.inputs[0].dims[2] = {0, ""}; }, 1, 1, 0, 2, ErrorCode::Ok, ""},
      {[](auto &) {}, -1, 1, 4, 2, ErrorCode::Usage, "got float32[-1, 1, 4]"},
      {[](auto &) {}, 1, 1, -4, 2, ErrorCode::Usage, "got float32[1, 1, -4]"},
      {[](auto &) {}, 1, 1, 4, -2, ErrorCode::Usage, "got int64[-2]"},
      {[](auto &) {}, 0, 0, 4, 0, ErrorCode::Ok, ""},
      {[](auto &d) { d.symbols[1] = {"seq", 1, 0}, d.inputs[1].dims[0] = {-1, "seq"}; }, 1, 2, 4, 3,
       ErrorCode::Usage, "\"x\": expected float32[batch, seq, 4], got shape [1, 2, 4]"},
      {[](auto &d) { d.symbols[1] = {"seq", 1, 0}, d.inputs[1].dims[0] = {-1, "seq"}; }, 1, 3, 4, 3,
       ErrorCode::Ok, ""},
  };
  for (const auto &c : cases) {
    auto one = session(load(tiny(c.change), 1));
    int64_t x[] = {c.batch, c.seq, c.features}, ids[] = {c.ids};
    InputTensor inputs[] = {{"x", ElementType::Float32, {x, 3}, nullptr, 0},
                            {"ids", ElementType::Int64, {ids, 1}, nullptr, 0}};
    Error error = one->prepare({inputs, 2});
    EXPECT_EQ(error.code, c.code) << &c - cases << ": " << error.message;
    EXPECT_NE(error.message.find(c.says), std::string::npos) << error.message;
  }
}

TEST_F(SessionTest, EmptyTensorsNeedNoData) {
  auto one = session(load(tiny()));
  TinyCase c(0, 3);
  TinyInputs inputs(c);
  inputs.tensors[0].data = nullptr;
  inputs.tensors[0].bytes = 0;
  ASSERT_FALSE(one->run(inputs.view()).failed());
  EXPECT_TRUE(matches(*one, c));
  inputs.xDims[2] = INT64_MAX; // wrong, but not too large
  EXPECT_EQ(one->run(inputs.view()).code, ErrorCode::Usage);
}

TEST_F(SessionTest, PreparingVoidsResults) {
  auto one = session(load(tiny()));
  TinyCase c(2, 3), other(1, 2);
  ASSERT_FALSE(one->run(TinyInputs(c).view()).failed());
  ASSERT_FALSE(one->prepare(TinyInputs(c).view()).failed());
  OutputTensor y;
  ASSERT_FALSE(one->output(0, y).failed());
  EXPECT_EQ(y.data, nullptr);
  EXPECT_EQ(y.name, "y");
  EXPECT_EQ(y.type, ElementType::Float32);
  TinyInputs wrong(other);
  wrong.idsDims[0] = 5; // a refused call changes nothing
  EXPECT_TRUE(one->prepare(wrong.view()).failed());
  ASSERT_FALSE(one->output(0, y).failed());
  EXPECT_EQ(y.dims[1], 3);
  EXPECT_EQ(one->stats().tasks, 6u + 6 + 6 + 6 + 2);
}

TEST_F(SessionTest, ProfilesCopiesApart) {
  auto one = session(load(tiny(), 1));
  TinyCase c(2, 3);
  auto start = std::chrono::steady_clock::now();
  ASSERT_FALSE(one->setProfiling(true).failed());
  ASSERT_FALSE(one->run(TinyInputs(c).view()).failed());
  auto end = std::chrono::steady_clock::now() - start;
  uint64_t sum = 0;
  for (const ProfileEntry &entry : one->profile()) {
    EXPECT_EQ(entry.launches, entry.variant == "one_row" ? 0u : 1u) << entry.name;
    EXPECT_EQ(entry.threads, entry.variant == "one_row" ? 0u : 1u) << entry.name;
    sum += entry.nanoseconds;
  }
  // Parts are no longer than the whole, by the same clock.
  EXPECT_LE(sum, static_cast<uint64_t>(std::chrono::nanoseconds(end).count()));
  EXPECT_EQ(one->profile()[5].name, "copy");
  ASSERT_FALSE(one->setProfiling(false).failed());
  ASSERT_FALSE(one->run(TinyInputs(c).view()).failed());
  EXPECT_EQ(one->profile()[0].launches, 1u);
}

TEST_F(SessionTest, ProfilesWhatThereIsToDo) {
  auto one = session(load(tiny()));
  ASSERT_FALSE(one->setProfiling(true).failed());
  ASSERT_FALSE(runWith(*one, TinyInputs(TinyCase(2, 3))).failed());
  ASSERT_FALSE(runWith(*one, TinyInputs(TinyCase(3, 4))).failed());
  const ProfileEntry &multiply = one->profile()[2], &sum = one->profile()[4];
  EXPECT_EQ(multiply.what, "contract");
  EXPECT_EQ(multiply.node, "node_multiply");
  ASSERT_EQ(multiply.extents.size(), 3u);
  EXPECT_EQ(multiply.extents[0], 12); // of the last run
  EXPECT_EQ(multiply.extents[2], 4);
  EXPECT_EQ(multiply.flops, 32 * (6 + 12));
  EXPECT_EQ(multiply.bytes, 32 * (6 + 12) + 2 * 64);
  // What the tables do not say is not made up.
  EXPECT_EQ(sum.what, "reduce(kind=sum)");
  ASSERT_EQ(sum.extents.size(), 2u);
  EXPECT_EQ(sum.extents[0], 3);
  EXPECT_EQ(sum.extents[1], -1);
  EXPECT_EQ(sum.flops, 0);
  EXPECT_TRUE(std::isnan(sum.bytes));
  EXPECT_TRUE(std::isnan(one->profile()[0].flops));
  // A copy reads and writes each element of four bytes.
  EXPECT_EQ(one->profile()[5].bytes, 2 * 16 * (6 + 12));
  EXPECT_EQ(one->profile()[5].flops, 0);
}

TEST_F(SessionTest, WorkThatDoesNotFitIsNotKnown) {
  auto change = [](ArtifactDescription &d) {
    d.dispatches[1].work.flops.expression = "seq * 9223372036854775807";
    d.dispatches[1].work.bytes.expression = "seq floordiv (batch - 2)";
    d.dispatches[1].work.extents[0].expression = "seq - 100";
  };
  auto one = session(load(tiny(change)));
  ASSERT_FALSE(one->setProfiling(true).failed());
  ASSERT_FALSE(runWith(*one, TinyInputs(TinyCase(2, 3))).failed());
  EXPECT_TRUE(std::isnan(one->profile()[2].flops));
  EXPECT_TRUE(std::isnan(one->profile()[2].bytes));
  EXPECT_EQ(one->profile()[2].extents[0], -1);
}

TEST_F(SessionTest, CountsTilesWithoutAndWithAProfile) {
  for (int threads : {1, 2, 4}) {
    auto one = session(load(tiny(), threads));
    for (bool profiling : {false, true}) {
      ASSERT_FALSE(one->setProfiling(profiling).failed());
      ASSERT_FALSE(runWith(*one, TinyInputs(TinyCase(7, 60))).failed());
      EXPECT_EQ(one->stats().tilesVisited, 420);
      EXPECT_EQ(one->stats().tilesTotal, 840);
    }
    ASSERT_FALSE(runWith(*one, TinyInputs(TinyCase(1, 1))).failed());
    EXPECT_EQ(one->stats().tilesVisited, 1); // of the last run
    auto profile = one->profile();
    EXPECT_EQ(profile[1].tilesVisited, 1);
    EXPECT_EQ(profile[2].tilesVisited, 420);
    EXPECT_EQ(profile[2].tilesTotal, 840);
    EXPECT_EQ(profile[3].tilesTotal, 0);
  }
}

TEST_F(SessionTest, GuardsNameTheirNode) {
  auto one = session(load(tiny()));
  TinyCase c(1, 600);
  Error error = runWith(*one, TinyInputs(c));
  EXPECT_EQ(error.code, ErrorCode::Usage);
  EXPECT_EQ(error.node, "node_positions");
  EXPECT_EQ(one->stats().planCount, 0u);
}

TEST_F(SessionTest, KeepsToTheMemoryLimit) {
  SessionOptions options;
  options.memoryLimit = 4096;
  auto one = session(load(tiny()), options);
  TinyCase small(1, 8), large(1, 500);
  ASSERT_FALSE(runWith(*one, TinyInputs(small)).failed());
  Error error = runWith(*one, TinyInputs(large));
  EXPECT_EQ(error.code, ErrorCode::Limit);
  EXPECT_NE(error.message.find("4096"), std::string::npos) << error.message;
  ASSERT_FALSE(runWith(*one, TinyInputs(small)).failed());
  EXPECT_TRUE(matches(*one, small));
}

} // namespace
