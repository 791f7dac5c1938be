// The evaluator of dimension expressions.
#include "attune/Runtime/Core/DimExpression.h"

#include "gtest/gtest.h"

#include <string>

using namespace attune::runtime;

namespace {

bool lookUp(const void *, std::string_view name, int64_t &value) {
  value = name == "seq" ? 7 : name == "batch" ? 3 : name == "big" ? INT64_MAX : 5;
  return name == "seq" || name == "batch" || name == "big" || name == "input_ids_d0.x";
}

DimStatus evaluate(std::string_view text, int64_t &value) {
  return evaluateDim(text, lookUp, nullptr, value);
}

TEST(DimExpression, Evaluates) {
  const std::pair<const char *, int64_t> cases[] = {
      {"0", 0},
      {"384", 384},
      {"seq", 7},
      {"batch * seq", 21},
      {"2 * seq + 1", 15},
      {"-2 * seq + 20", 6},
      {"-seq", -7},
      {"seq - batch - 1", 3},
      {"min(512, seq)", 7},
      {"max(seq, batch, 9)", 9},
      {"min(seq, max(batch, 4))", 4},
      {"(seq + 3) floordiv 4", 2},
      {"seq ceildiv 2", 4},
      {"(batch - seq) floordiv 3", -2},
      {"(batch - seq) mod 3", 2},
      {"seq mod 4 * 2", 6},
      {"((seq))", 7},
      {"input_ids_d0.x", 5},
      {" seq  +1 ", 8},
  };
  for (auto [text, expected] : cases) {
    int64_t value = -1;
    EXPECT_EQ(evaluate(text, value), DimStatus::Ok) << text;
    EXPECT_EQ(value, expected) << text;
  }
}

TEST(DimExpression, RefusesWhatItDoesNotKnow) {
  int64_t value;
  for (const char *text : {"", " ", "nobody", "seq +", "(seq", "seq)", "min(seq", "seq seq", "2seq",
                           "* 2", "seq // 2", "min()", "seq floordiv", "99999999999999999999", "#"})
    EXPECT_EQ(evaluate(text, value), DimStatus::Malformed) << text;
  EXPECT_EQ(evaluate(std::string(100000, '('), value), DimStatus::Malformed);
  EXPECT_EQ(evaluate(std::string(100000, '-'), value), DimStatus::Malformed);
}

TEST(DimExpression, ReportsOverflow) {
  int64_t value;
  for (const char *text : {"big + 1", "big * 2", "-big - 2", "seq floordiv 0", "seq mod (seq - 7)",
                           "(-big - 1) floordiv -1"})
    EXPECT_EQ(evaluate(text, value), DimStatus::Overflow) << text;
}

} // namespace
