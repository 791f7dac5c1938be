// The evaluator of dimension expressions.
#include "attune/Runtime/Core/DimExpression.h"

#include "gtest/gtest.h"

#include <string>

using namespace attune::runtime;

namespace {

bool lookUp(const void *, std::string_view name, int64_t &value) {
  value = name == "seq" ? 7 : name == "batch" ? 3 : name == "big" ? INT64_MAX : 5;
  return name == "seq" || name == "batch" || name == "big" || name == "input_ids_d0.x" ||
         name == "azAZ_.:$09" || name == "max";
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
      {"azAZ_.:$09", 5},
      {"max + 1", 6}, // a symbol of that name
      {"1098", 1098},
      {"9223372036854775807", INT64_MAX},
      {"7 floordiv 2", 3},
      {"-7 floordiv 2", -4},
      {"7 floordiv -2", -4},
      {"-7 floordiv -2", 3},
      {"-8 floordiv 2", -4},
      {"8 floordiv -2", -4},
      {"0 floordiv -3", 0},
      {"5 floordiv -1", -5},
      {"7 ceildiv 2", 4},
      {"-7 ceildiv 2", -3},
      {"8 ceildiv 2", 4},
      {"-7 mod 2", 1},
      {"7 mod -2", -1},
      {"8 mod 2", 0},
      {"(-big - 1) floordiv 1", INT64_MIN},
      {"max(3, 3, 2)", 3},
      {"min(3)", 3},
  };
  for (auto [text, expected] : cases) {
    int64_t value = -1;
    EXPECT_EQ(evaluate(text, value), DimStatus::Ok) << text;
    EXPECT_EQ(value, expected) << text;
  }
}

TEST(DimExpression, RefusesWhatItDoesNotKnow) {
  int64_t value;
  for (const char *text : {"",
                           " ",
                           "nobody",
                           "seq +",
                           "(seq",
                           "seq)",
                           "min(seq",
                           "seq seq",
                           "2seq",
                           "* 2",
                           "seq // 2",
                           "min()",
                           "seq floordiv",
                           "99999999999999999999",
                           "#",
                           "9223372036854775808",
                           "seq -",
                           "seq *",
                           "seq ceildiv",
                           "seq mod",
                           "-",
                           "(-)",
                           "()",
                           "min(1,",
                           "max(1 2)",
                           "min",
                           "seq(3)",
                           "(seq +)",
                           "a@",
                           "a[",
                           "a`",
                           "a{",
                           "a/",
                           "a;",
                           "1 + * 2",
                           "seq mod floordiv"})
    EXPECT_EQ(evaluate(text, value), DimStatus::Malformed) << text;
  EXPECT_EQ(evaluate(std::string(100000, '('), value), DimStatus::Malformed);
  EXPECT_EQ(evaluate(std::string(100000, '-'), value), DimStatus::Malformed);
}

TEST(DimExpression, BoundsItsDepth) {
  const std::pair<const char *, const char *> shells[] = {
      {"(", ")"}, {"-", ""}, {"min(", ")"}, {"max(1, ", ")"}, {"2 * (", ")"}, {"1 - (", ")"}};
  for (auto [open, close] : shells)
    for (int depth : {64, 65}) {
      std::string text = "1";
      for (int i = 0; i < depth; ++i)
        text = open + text + close;
      int64_t value;
      EXPECT_EQ(evaluate(text, value) == DimStatus::Malformed, depth == 65) << text;
    }
}

TEST(DimExpression, ReportsOverflow) {
  int64_t value;
  for (const char *text : {"big + 1", "big * 2", "-big - 2", "seq floordiv 0", "seq mod (seq - 7)",
                           "(-big - 1) floordiv -1", "seq ceildiv 0", "seq mod 0",
                           "(-big - 1) ceildiv -1", "(-big - 1) mod -1", "-(-big - 1)"})
    EXPECT_EQ(evaluate(text, value), DimStatus::Overflow) << text;
}

} // namespace
