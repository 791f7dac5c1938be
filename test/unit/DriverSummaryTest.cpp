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

TEST(Summary, CountsFiniteElementsOnly) {
  Json json = summaryJson(tensorOf(ElementType::Float32, {1, 3, NAN, INFINITY}));
  EXPECT_EQ(json["min"], 1);
  EXPECT_EQ(json["max"], 3);
  EXPECT_EQ(json["mean"], 2);
  EXPECT_EQ(json["finite"], false);
  EXPECT_EQ(summaryText(tensorOf(ElementType::Int64, {1, 2})),
            "y  int64[2]  min 1  max 2  mean 1.5  first [1, 2]");
}

} // namespace
