// Comparison: the rules that `verify` promises.
#include "attune/Driver/Summary.h"

#include <gtest/gtest.h>

#include <cmath>

using namespace attune;
using namespace attune::driver;

namespace {

Tensor tensorOf(ElementType type, const std::vector<double> &values) {
  Tensor tensor = *makeTensor("y", type, {int64_t(values.size())});
  for (size_t i = 0; i < values.size(); ++i)
    setElement(tensor, int64_t(i), values[i]);
  return tensor;
}

bool same(ElementType type, const std::vector<double> &got, const std::vector<double> &want,
          double rtol = 1e-3, double atol = 1e-5) {
  return compare(tensorOf(type, got), tensorOf(type, want), rtol, atol).equal;
}

TEST(Compare, FloatsWithinTolerance) {
  EXPECT_TRUE(same(ElementType::Float64, {1.001, 0}, {1, 0.00001}, 1e-3, 1.1e-5));
  EXPECT_FALSE(same(ElementType::Float64, {1.0012}, {1}));
  EXPECT_FALSE(same(ElementType::Float64, {1}, {1.0000001}, 0, 0));
  EXPECT_TRUE(same(ElementType::Float64, {2}, {2}, 0, 0));
}

TEST(Compare, SpecialValues) {
  EXPECT_TRUE(same(ElementType::Float32, {NAN, INFINITY, -INFINITY}, {NAN, INFINITY, -INFINITY}));
  EXPECT_FALSE(same(ElementType::Float32, {INFINITY}, {-INFINITY}));
  EXPECT_FALSE(same(ElementType::Float32, {NAN}, {0}));
  EXPECT_FALSE(same(ElementType::Float32, {0}, {NAN}));
  EXPECT_FALSE(same(ElementType::Float32, {3e38}, {INFINITY}));
}

TEST(Compare, IntegersAreExact) {
  EXPECT_TRUE(same(ElementType::Int64, {5, -3}, {5, -3}, 1, 1));
  EXPECT_FALSE(same(ElementType::Int64, {5, -3}, {5, -2}, 1, 1));
  EXPECT_FALSE(same(ElementType::Bool, {1}, {0}, 1, 1));
}

TEST(Compare, ShapeTypeAndTheWorstPlace) {
  Tensor want = *makeTensor("y", ElementType::Float32, {2, 2});
  Tensor got = want;
  setElement(got, 3, 0.5);
  setElement(got, 1, 0.25);
  Difference difference = compare(got, want, 1e-3, 1e-5);
  EXPECT_FALSE(difference.equal);
  EXPECT_EQ(difference.worst, (std::vector<int64_t>{1, 1}));
  EXPECT_EQ(difference.maxAbs, 0.5);
  EXPECT_NE(difference.message.find("2 of 4"), std::string::npos) << difference.message;
  got.shape = {4};
  EXPECT_FALSE(compare(got, want, 1, 1).equal);
  got.shape = {2, 2};
  got.type = ElementType::Int32;
  EXPECT_FALSE(compare(got, want, 1, 1).equal);
}

TEST(Compare, EmptyTensorsAreEqual) { EXPECT_TRUE(same(ElementType::Float32, {}, {})); }

TEST(Compare, ToleranceIsInclusive) {
  EXPECT_TRUE(same(ElementType::Float64, {1.5}, {1}, 0, 0.5));
  EXPECT_TRUE(same(ElementType::Float64, {3}, {2}, 0.5, 0));
  EXPECT_TRUE(same(ElementType::Float64, {-3.25}, {-2}, 0.5, 0.25));
  EXPECT_FALSE(same(ElementType::Float64, {-3.26}, {-2}, 0.5, 0.25));
  EXPECT_FALSE(same(ElementType::Float64, {INFINITY}, {1}, 1, INFINITY));
}

TEST(Compare, Measures) {
  const struct {
    std::vector<double> got, want;
    double rtol, atol, maxAbs, maxRel, relToMax;
    int64_t worst; ///< -1: none
  } cases[] = {
      {{1, -2}, {1, -2}, 0, 0, 0, 0, 0, -1},
      {{NAN, INFINITY}, {NAN, INFINITY}, 0, 0, 0, 0, 0, -1},
      {{1001, 1.5}, {1000, 1}, 1e-3, 0, 1, 0.5, 1e-3, 1}, // by the tolerance, not by the size
      {{1.5, 3, 3}, {1, 1, 1}, 0, 0, 2, 2, 2, 1},         // of equals the first
      {{0, 0.5, 0}, {0, 0, -4}, 0, 8, 4, 1, 1, 2},
      {{0.5, 0.25}, {0, 0}, 0, 1, 0.5, 0, 0.5, 0},
      {{5, NAN, NAN}, {1, 1, 1}, 0, 1, 4, 4, 4, 1},
      {{INFINITY, 1}, {1, 2}, 0, 9, 1, 0.5, 0.5, 0},
      {{1, 1}, {INFINITY, 2}, 0, 9, 1, 0.5, 0.5, 0},
      {{-4}, {4}, 0, 8, 8, 2, 2, 0},
  };
  for (const auto &c : cases) {
    Difference difference = compare(tensorOf(ElementType::Float64, c.got),
                                    tensorOf(ElementType::Float64, c.want), c.rtol, c.atol);
    EXPECT_EQ(difference.maxAbs, c.maxAbs) << &c - cases;
    EXPECT_EQ(difference.maxRel, c.maxRel) << &c - cases;
    EXPECT_EQ(difference.relToMax, c.relToMax) << &c - cases;
    EXPECT_EQ(difference.worst, c.worst < 0 ? std::vector<int64_t>() : std::vector{c.worst})
        << &c - cases;
  }
}

TEST(Compare, SaysWhatDiffers) {
  Tensor want = *makeTensor("y", ElementType::Int32, {2, 3, 4});
  Tensor got = want;
  setElement(got, 17, -7);
  EXPECT_EQ(compare(got, want, 1, 1).message,
            "output 'y' differs in 1 of 24 elements, most at [1, 1, 1]: got -7, expected 0");
  EXPECT_EQ(compare(got, want, 1, 1).relToMax, 7);
  got.shape = {24};
  EXPECT_EQ(compare(got, want, 1, 1).message, "output 'y' has shape [24], expected [2, 3, 4]");
  got.type = ElementType::Float32;
  EXPECT_EQ(compare(got, want, 1, 1).message, "output 'y' is float32, expected int32");
  EXPECT_FALSE(compare(got, want, 1, 1).equal);
}

TEST(Summary, CountsFiniteElementsOnly) {
  Json json = summaryJson(tensorOf(ElementType::Float32, {1, 3, NAN, INFINITY}));
  EXPECT_EQ(json["min"], 1);
  EXPECT_EQ(json["max"], 3);
  EXPECT_EQ(json["mean"], 2);
  EXPECT_EQ(json["finite"], false);
  EXPECT_EQ(summaryText(tensorOf(ElementType::Int64, {1, 2})),
            "y  int64[2]  min 1  max 2  mean 1.5  first [1, 2]");
  const std::pair<std::vector<double>, const char *> texts[] = {
      {{}, "y  float32[0]  first []"},
      {{NAN, -INFINITY}, "y  float32[2]  not finite 2  first [nan, -inf]"},
      {{3, -1, 2, INFINITY},
       "y  float32[4]  min -1  max 3  mean 1.33333  not finite 1  "
       "first [3, -1, 2, inf]"},
      {{-1, -2, -3, -4, -5, -6},
       "y  float32[6]  min -6  max -1  mean -3.5  first [-1, -2, -3, -4, -5, -6]"},
      {{1, 1, 1, 1, 1, 1, 1}, "y  float32[7]  min 1  max 1  mean 1  first [1, 1, 1, 1, 1, 1, …]"}};
  for (const auto &[values, text] : texts)
    EXPECT_EQ(summaryText(tensorOf(ElementType::Float32, values)), text);
}

TEST(Summary, AsJson) {
  EXPECT_EQ(summaryJson(tensorOf(ElementType::Bool, {1, 0})).dump(),
            R"({"name":"y","type":"bool","shape":[2],"min":0.0,"max":1.0,"mean":0.5,)"
            R"("finite":true,"first":[true,false]})");
  EXPECT_EQ(summaryJson(tensorOf(ElementType::Float32, {}))["min"].dump(), "null");
  Json json = summaryJson(tensorOf(ElementType::Int64, {1, 2, 3, 4, 5, 6, 7}));
  EXPECT_EQ(json["first"].dump(), "[1,2,3,4,5,6]");
  EXPECT_EQ(summaryJson(tensorOf(ElementType::Float32, {0.5}))["first"].dump(), "[0.5]");
}

} // namespace
