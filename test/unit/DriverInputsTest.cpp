// Inputs: what is missing or wrong is named, what is made up follows the rules.
#include "attune/Driver/Files.h"
#include "attune/Driver/Inputs.h"
#include "attune/Driver/TensorFile.h"

#include <gtest/gtest.h>

#include <cmath>
#include <set>

using namespace attune;
using namespace attune::driver;

namespace {

Signature sentenceModel() {
  Signature signature;
  TensorSpec ids{"ids", ElementType::Int64, {{-1, "batch"}, {-1, "seq"}}, false, 0, 99};
  TensorSpec mask{"mask", ElementType::Int64, {{-1, "batch"}, {-1, "seq"}}, true};
  TensorSpec scale{"scale", ElementType::Float32, {{4, ""}, {-1, "2 * seq"}}};
  signature.inputs = {ids, mask, scale};
  signature.symbols = {{"batch"}, {"seq", 0, 64}};
  return signature;
}

class Inputs : public testing::Test {
protected:
  void SetUp() override { ASSERT_FALSE(folder.create().failed()); }

  std::string save(ElementType type, std::vector<int64_t> shape) {
    std::string path = folder.path() + "/" + std::to_string(count++) + ".npy";
    EXPECT_FALSE(writeNpy(path, *makeTensor("", type, std::move(shape))).failed());
    return path;
  }
  Error make() { return makeInputs(sentenceModel(), options, inputs, origins); }

  PrivateFolder folder;
  InputOptions options;
  std::vector<Tensor> inputs;
  std::vector<InputOrigin> origins;
  int count = 0;
};

TEST_F(Inputs, MissingOnesAreNamed) {
  options.files = {{"ids", save(ElementType::Int64, {2, 5})}};
  Error error = make();
  EXPECT_EQ(error.code, ErrorCode::Usage);
  EXPECT_NE(error.message.find("'mask', 'scale'"), std::string::npos) << error.message;
}

TEST_F(Inputs, WrongOnesAreExplained) {
  options.seed = 1;
  options.files = {{"ids", save(ElementType::Float32, {2, 5})}};
  EXPECT_NE(make().message.find("expects int64[batch, seq], got float32[2, 5]"), std::string::npos);
  options.files = {{"ids", save(ElementType::Int64, {2, 5, 1})}};
  EXPECT_EQ(make().code, ErrorCode::Usage);
  options.files = {{"scale", save(ElementType::Float32, {5, 4})}};
  EXPECT_EQ(make().code, ErrorCode::Usage);
  options.files = {{"nothing", save(ElementType::Float32, {5, 4})}};
  EXPECT_NE(make().hint.find("ids, mask, scale"), std::string::npos);
  options.files = {{"ids", folder.path() + "/none.npy"}};
  EXPECT_EQ(make().code, ErrorCode::FileAccess);
  options.files = {{"ids", folder.path() + "/none.txt"}};
  EXPECT_EQ(make().code, ErrorCode::Usage);
}

TEST_F(Inputs, MadeUpOnesFollowTheGivenShapes) {
  options.seed = 7;
  options.files = {{"ids", save(ElementType::Int64, {2, 5})}};
  ASSERT_FALSE(make().failed());
  EXPECT_EQ(inputs[1].shape, (std::vector<int64_t>{2, 5}));
  EXPECT_EQ(inputs[2].shape, (std::vector<int64_t>{4, 10}));
  EXPECT_EQ(origins[0].rule, "file");
  EXPECT_EQ(origins[1].rule, "ones");
  for (int64_t i = 0; i < 10; ++i)
    EXPECT_EQ(asInteger(inputs[1], i), 1);
  EXPECT_EQ(origins[2].rule, "normal(0, 1)");
}

TEST_F(Inputs, DefaultsAndDims) {
  options.seed = 7;
  ASSERT_FALSE(make().failed());
  EXPECT_EQ(inputs[0].shape, (std::vector<int64_t>{1, 64})); // 128 is over seq's limit
  options.dims = {"batch=3", "seq=8"};
  ASSERT_FALSE(make().failed());
  EXPECT_EQ(inputs[0].shape, (std::vector<int64_t>{3, 8}));
  options.dims = {"time=3"};
  EXPECT_NE(make().hint.find("batch, seq"), std::string::npos);
  options.dims = {"seq=9"};
  options.files = {{"ids", save(ElementType::Int64, {2, 5})}};
  EXPECT_EQ(make().code, ErrorCode::Usage);
}

TEST_F(Inputs, GuardsBoundTheDefaults) {
  Signature signature = sentenceModel();
  signature.guards = {{"seq <= 40", ""}, {"seq <= 2 * batch", ""}};
  options.seed = 7;
  ASSERT_FALSE(makeInputs(signature, options, inputs, origins).failed());
  EXPECT_EQ(inputs[0].shape, (std::vector<int64_t>{1, 40}));
}

TEST_F(Inputs, ValuesAreInRangeAndSeeded) {
  options.seed = 7;
  options.dims = {"batch=16", "seq=64"};
  ASSERT_FALSE(make().failed());
  std::set<int64_t> seen;
  for (int64_t i = 0; i < inputs[0].size(); ++i) {
    int64_t value = asInteger(inputs[0], i);
    EXPECT_TRUE(value >= 0 && value <= 99) << value;
    seen.insert(value);
  }
  EXPECT_EQ(seen.size(), 100u);
  std::vector<char> first = inputs[0].data;
  ASSERT_FALSE(make().failed());
  EXPECT_EQ(inputs[0].data, first);
  options.seed = 8;
  ASSERT_FALSE(make().failed());
  EXPECT_NE(inputs[0].data, first);
}

TEST_F(Inputs, MessagesNameWhatIsWrong) {
  std::string ids = save(ElementType::Int64, {2, 5});
  options.seed = 1;
  options.files = {{"ids", ids}, {"ids", ids}};
  EXPECT_EQ(make().message, "input 'ids' is given twice");
  options.files = {{"ids", ids}};
  options.dims = {"seq=9"};
  EXPECT_EQ(make().message, "--dim seq=9 contradicts a given input, where 'seq' is 5");
  options.dims = {"seq=5"};
  EXPECT_FALSE(make().failed());
  options.dims = {"time=5"};
  EXPECT_EQ(make().hint, "its symbols are batch, seq");
  options.dims = {"seq"};
  EXPECT_EQ(make().code, ErrorCode::Usage);
  options = {};
  TensorSpec a, b;
  a.name = "a", b.name = "b";
  Error error = makeInputs({{a, b}, {}, {}, {}}, options, inputs, origins);
  EXPECT_EQ(error.message, "no value for input 'a', 'b'");
  options.seed = 1;
  options.dims = {"n=5"};
  error = makeInputs({{a}, {}, {}, {}}, options, inputs, origins);
  EXPECT_EQ(error.hint, "it has none");
}

TEST_F(Inputs, StaticSizesMustAgree) {
  Signature signature;
  signature.inputs = {{"a", ElementType::Float32, {{0, ""}, {3, ""}}}};
  for (int64_t rows : {0, 1}) {
    options.files = {{"a", save(ElementType::Float32, {rows, 3})}};
    EXPECT_EQ(makeInputs(signature, options, inputs, origins).failed(), rows == 1);
  }
}

TEST_F(Inputs, SizesFollowFromSymbolsAndGuards) {
  const struct {
    std::vector<SymbolSpec> symbols;
    std::vector<const char *> guards;
    std::vector<const char *> dims; // of one input
    std::vector<int64_t> shape;     // none: no size can be found
  } cases[] = {
      {{{"n"}}, {}, {"n"}, {1}},
      {{{"n"}, {"s"}}, {}, {"n", "s"}, {1, 128}},
      {{{"n", 3}, {"s", 200}}, {}, {"n", "s"}, {3, 200}},
      {{{"n", 0, 0}, {"s", 0, 100}}, {}, {"n", "s"}, {0, 100}},
      {{{"s"}}, {"s <= 50", "s <= 30", "s <= 45"}, {"4", "s"}, {4, 30}},
      {{{"s"}}, {"ss <= 5", "s <= 9x", "s <= t", "s < 7", "2 * s <= 8"}, {"4", "s"}, {4, 128}},
      {{{"s"}}, {}, {"4", "s - 128"}, {4, 0}},
      {{{"s"}}, {}, {"4", "s - 129"}, {}},
      {{{"s"}}, {}, {"4", "t"}, {}},
      {{{"s"}}, {}, {"4", "s floordiv 0"}, {}},
  };
  for (const auto &c : cases) {
    TensorSpec spec;
    for (const char *dim : c.dims)
      spec.dims.push_back(isdigit(*dim) ? DimSpec{std::atoi(dim), ""} : DimSpec{-1, dim});
    Signature signature{{spec}, {}, c.symbols, {}};
    for (const char *guard : c.guards)
      signature.guards.push_back({guard, ""});
    options.seed = 1;
    Error error = makeInputs(signature, options, inputs, origins);
    if (c.shape.empty())
      EXPECT_EQ(error.code, ErrorCode::Usage) << &c - cases;
    else
      EXPECT_EQ(inputs[0].shape, c.shape) << error.message;
  }
}

TEST_F(Inputs, RulesFollowFromTypesAndRanges) {
  const struct {
    TensorSpec spec;
    const char *rule;
    bool proven;
    double low, high; // of the values
  } cases[] = {
      {{"a", ElementType::Int64, {{64, ""}}}, "uniform[0, 1]", false, 0, 1},
      {{"b", ElementType::Int32, {{64, ""}}, false, 5, 5}, "uniform[5, 5]", true, 5, 5},
      {{"c", ElementType::Int8, {{64, ""}}, false, -3, 4}, "uniform[-3, 4]", true, -3, 4},
      {{"d", ElementType::Int64, {{64, ""}}, true}, "ones", true, 1, 1},
      {{"e", ElementType::Bool, {{64, ""}}}, "ones", false, 1, 1},
      {{"f", ElementType::Float32, {{64, ""}}, true}, "ones", true, 1, 1},
      {{"g", ElementType::Float64, {{64, ""}}}, "normal(0, 1)", true, -4, 4},
  };
  for (const auto &c : cases) {
    options.seed = 1;
    origins.clear();
    ASSERT_FALSE(makeInputs({{c.spec}, {}, {}, {}}, options, inputs, origins).failed());
    ASSERT_EQ(origins.size(), 1u);
    EXPECT_EQ(origins[0].name, c.spec.name);
    EXPECT_EQ(origins[0].rule, c.rule);
    EXPECT_EQ(origins[0].proven, c.proven) << c.rule;
    std::set<double> seen;
    for (int64_t i = 0; i < 64; ++i)
      seen.insert(asDouble(inputs[0], i));
    EXPECT_GE(*seen.begin(), c.low) << c.rule;
    EXPECT_LE(*seen.rbegin(), c.high) << c.rule;
    if (c.rule[0] == 'u')
      EXPECT_EQ(seen.size(), size_t(c.high - c.low + 1)) << c.rule;
  }
  TensorSpec huge{"h", ElementType::Float32, {{int64_t(1) << 60, ""}}};
  EXPECT_EQ(makeInputs({{huge}, {}, {}, {}}, options, inputs, origins).code, ErrorCode::Limit);
}

TEST_F(Inputs, EachHasASeedOfItsOwn) {
  options.seed = 7;
  TensorSpec a{"a", ElementType::Float32, {{9, ""}}}, b{"b", ElementType::Float32, {{9, ""}}};
  ASSERT_FALSE(makeInputs({{a, b}, {}, {}, {}}, options, inputs, origins).failed());
  for (size_t i = 0; i < 2; ++i) {
    Tensor filled = *makeTensor("", ElementType::Float32, {9});
    fillNormal(filled, 7 + i);
    EXPECT_EQ(inputs[i].data, filled.data);
  }
}

/// A seed means the same numbers everywhere: SplitMix64, then Box and Muller.
TEST(Fill, SeedsMeanTheseNumbers) {
  Tensor tensor = *makeTensor("x", ElementType::Int64, {6});
  fillUniform(tensor, -5, 94, 7);
  const int64_t bounded[] = {57, 22, 80, 92, 55, 48};
  for (int64_t i = 0; i < 6; ++i)
    EXPECT_EQ(asInteger(tensor, i), bounded[i]);
  fillUniform(tensor, INT64_MIN, INT64_MAX, 7); // all 64 bits, up to a double's precision
  const double all[] = {-1.311026645458805e+18, 4.0303170012436285e+18, -6.827485626772219e+18};
  for (int64_t i = 0; i < 3; ++i)
    EXPECT_EQ(asDouble(tensor, i), all[i]);
  Tensor normal = *makeTensor("x", ElementType::Float64, {4});
  const double want[] = {1.3965524693769453, -1.2589721300545424, -0.686459677505396};
  normal.shape = {3}; // the fourth element is not theirs
  setElement(normal, 3, 99);
  fillNormal(normal, 3);
  for (int64_t i = 0; i < 3; ++i)
    EXPECT_NEAR(asDouble(normal, i), want[i], 1e-12);
  EXPECT_EQ(asDouble(normal, 3), 99);
}

TEST(Fill, NormalHasMeanZeroAndDeviationOne) {
  Tensor tensor = *makeTensor("x", ElementType::Float32, {9999});
  fillNormal(tensor, 3);
  double sum = 0, squares = 0;
  for (int64_t i = 0; i < tensor.size(); ++i) {
    sum += asDouble(tensor, i);
    squares += asDouble(tensor, i) * asDouble(tensor, i);
  }
  EXPECT_NEAR(sum / 9999, 0, 0.05);
  EXPECT_NEAR(squares / 9999, 1, 0.05);
}

TEST(Flags, Dims) {
  std::string name;
  int64_t value;
  EXPECT_FALSE(parseDimFlag("a=b=3", name, value).failed());
  EXPECT_EQ(name, "a=b");
  EXPECT_EQ(value, 3);
  EXPECT_FALSE(parseDimFlag("a=0", name, value).failed());
  EXPECT_EQ(value, 0);
  for (const char *flag : {"a", "=3", "a=", "a=-1", "a=3x", "a=99999999999999999999"})
    EXPECT_EQ(parseDimFlag(flag, name, value).code, ErrorCode::Usage) << flag;
}

TEST(Flags, Inputs) {
  std::pair<std::string, std::string> input;
  EXPECT_FALSE(parseInputFlag("a=b=c.npy", input).failed());
  EXPECT_EQ(input.first, "a=b");
  EXPECT_EQ(input.second, "c.npy");
  EXPECT_FALSE(parseInputFlag("a=b", input).failed());
  for (const char *flag : {"a", "=f", "a="})
    EXPECT_EQ(parseInputFlag(flag, input).code, ErrorCode::Usage) << flag;
}

} // namespace
