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
  for (const char *flag : {"a", "=3", "a=", "a=-1", "a=3x", "a=99999999999999999999"})
    EXPECT_EQ(parseDimFlag(flag, name, value).code, ErrorCode::Usage) << flag;
}

TEST(Flags, Inputs) {
  std::pair<std::string, std::string> input;
  EXPECT_FALSE(parseInputFlag("a=b=c.npy", input).failed());
  EXPECT_EQ(input.first, "a=b");
  for (const char *flag : {"a", "=f", "a="})
    EXPECT_EQ(parseInputFlag(flag, input).code, ErrorCode::Usage) << flag;
}

} // namespace
