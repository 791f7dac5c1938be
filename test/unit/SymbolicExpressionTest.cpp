// Symbolic sizes: canonical text, parsing of exporters' spellings, arithmetic, proofs.
#include "SymbolicText.h"

#include <random>

using attune::Interval;
using attune::SymbolicExpression;
using attune::SymbolRanges;

namespace {

TEST(SymbolicExpression, CanonicalText) {
  const std::pair<const char *, const char *> cases[] = {
      {"seq*batch", "batch * seq"},
      {"1 + 2*seq", "2 * seq + 1"},
      {"past + 1", "past + 1"},
      {"a - a", "0"},
      {"-a", "-a"},
      {"1 - a", "-a + 1"},
      {"-(a - 2*b)", "-a + 2 * b"},
      {"(a + b)*(a - b)", "a * a - b * b"},
      {"a**3", "a * a * a"},
      {"Min(512, seq)", "min(512, seq)"},
      {"min(seq, 512, 600)", "min(512, seq)"},
      {"Max(seq, 0)", "seq"},
      {"max(seq, seq + 1)", "seq + 1"},
      {"min(a, max(a, b))", "a"},
      {"min(1, min(1, s) + s)", "min(1, s)"},
      {"min(1, 2*a + 3*b*c)", "min(1, b * c + a)"},
      {"min(1, min(1, s - 1) + s)", "min(1, min(1, s - 1) + s)"},
      {"min(2, 2*a)", "min(2, 2 * a)"},
      {"seq//2", "seq floordiv 2"},
      {"floor(seq/2)", "seq floordiv 2"},
      {"floor(seq/2 - 1/2) + 1", "(seq + 1) floordiv 2"},
      {"ceiling(seq/4)", "(seq + 3) floordiv 4"},
      {"(seq + 3) floordiv 4", "(seq + 3) floordiv 4"},
      {"(4*seq + 7)//4", "seq + 1"},
      {"(6*a + 3)//4", "(a + 1) floordiv 2 + a"},
      {"(2*seq)//4", "seq floordiv 2"},
      {"seq//2//3", "seq floordiv 6"},
      {"2*(seq//2)", "2 * (seq floordiv 2)"},
      {"a*b/a", "b"},
      {"(a*b + a*c)//a", "b + c"},
      {"(batch*seq)//(seq*heads)", "(batch * seq) floordiv (heads * seq)"},
      {"Mod(seq, 4)", "seq - 4 * (seq floordiv 4)"},
      {"Mod(4*seq + 1, 4)", "1"},
      {"input.1_d0", "input.1_d0"},
      {" s0 ", "s0"},
      {"9223372036854775807", "9223372036854775807"},
  };
  for (auto [text, expected] : cases) {
    EXPECT_EQ(canonical(text), expected) << text;
    EXPECT_EQ(canonical(expected), expected);
  }
}

TEST(SymbolicExpression, WhatIsNoExpression) {
  for (const char *text : {"",
                           " ",
                           "seq/2",
                           "a b",
                           "a +",
                           "(a",
                           "a)",
                           "2a",
                           "min()",
                           "f(a)",
                           "a//0",
                           "a / 0",
                           "a ** -1",
                           "a**9",
                           "9223372036854775808",
                           "9223372036854775807 + 1",
                           "batch size",
                           "?",
                           "a,b",
                           "4611686018427387904 * 2",
                           "floordiv",
                           "Mod(a)",
                           "floor(a, b)",
                           "\"a\"",
                           "a\n"})
    EXPECT_FALSE(SymbolicExpression::parse(text)) << text;
}

TEST(SymbolicExpression, HostileText) {
  EXPECT_FALSE(SymbolicExpression::parse(std::string(2000, 'a')));
  EXPECT_FALSE(SymbolicExpression::parse(std::string(500, '(') + "a" + std::string(500, ')')));
  EXPECT_FALSE(SymbolicExpression::parse(std::string(1000, '-') + "a"));
  EXPECT_FALSE(SymbolicExpression::parse("(a+b+c+d+e+f+g+h)**8"));
  std::string nested = "a";
  for (int i = 0; i < 20; ++i)
    nested = "min(" + nested + ", b" + std::to_string(i) + "//(c+a))";
  EXPECT_FALSE(SymbolicExpression::parse(nested));
  EXPECT_FALSE(SymbolicExpression::isSymbolName(std::string(129, 'a')));
}

TEST(SymbolicExpression, InvalidStays) {
  SymbolicExpression big(std::numeric_limits<int64_t>::max());
  SymbolicExpression over = big + SymbolicExpression(1);
  EXPECT_FALSE(over.isValid());
  EXPECT_FALSE((over - over).isValid());
  EXPECT_FALSE(over == over);
  EXPECT_FALSE(SymbolicExpression::min(over, SymbolicExpression(0)).isValid());
  EXPECT_FALSE(over.floorDiv(SymbolicExpression(2)).isValid());
  EXPECT_FALSE(SymbolicExpression(std::numeric_limits<int64_t>::min())
                   .divideExactly(SymbolicExpression(-1))
                   .has_value());
  EXPECT_FALSE(over.constant());
  EXPECT_EQ(SymbolicExpression(std::numeric_limits<int64_t>::min()).str(), "-9223372036854775808");
}

TEST(SymbolicExpression, Bounds) {
  SymbolRanges ranges;
  ranges["seq"] = {1, 512};
  Interval interval = get("2*seq + 1").bounds(ranges);
  EXPECT_EQ(interval.low, 3);
  EXPECT_EQ(interval.high, 1025);
  interval = get("Mod(a, 8)").bounds();
  EXPECT_EQ(interval.low, 0);
  EXPECT_EQ(interval.high, 7);
  interval = get("min(512, s) - s").bounds();
  EXPECT_EQ(interval.high, 0);
  EXPECT_EQ(get("(seq + 3)//4").bounds(ranges).high, 128);
  EXPECT_EQ(get("a*b*c").bounds().high, std::numeric_limits<int64_t>::max());
}

TEST(SymbolicExpression, Proofs) {
  auto lessEqual = [](const char *a, const char *b, const SymbolRanges &ranges = {}) {
    return SymbolicExpression::provablyLessEqual(get(a), get(b), ranges);
  };
  EXPECT_TRUE(lessEqual("min(512, s)", "s"));
  EXPECT_TRUE(lessEqual("s//2", "s"));
  EXPECT_TRUE(lessEqual("s", "s + past"));
  EXPECT_FALSE(lessEqual("s + 1", "s"));
  EXPECT_FALSE(lessEqual("s", "512"));
  EXPECT_FALSE(lessEqual("s", "min(512, s)"));
  SymbolRanges ranges;
  ranges["s"] = {0, 512};
  EXPECT_TRUE(lessEqual("s", "min(512, s)", ranges));
  EXPECT_TRUE(SymbolicExpression::provablyEqual(get("s"), get("min(512, s)"), ranges));
  EXPECT_EQ(get("min(512, s) + t").simplify(ranges).str(), "s + t");
  ranges["t"] = {4, 4};
  EXPECT_EQ(get("min(512, s) + t").simplify(ranges).str(), "s + 4");
}

TEST(SymbolicExpression, SubstituteAndEvaluate) {
  llvm::StringMap<SymbolicExpression> values;
  values["a"] = get("2*b");
  EXPECT_EQ(get("a*a + a//4 + min(a, 7)").substitute(values).str(),
            "4 * b * b + b floordiv 2 + min(7, 2 * b)");
  llvm::StringMap<int64_t> numbers;
  numbers["b"] = 3;
  EXPECT_EQ(get("2*b - b//2").evaluate(numbers), 5);
  EXPECT_FALSE(get("a + b").evaluate(numbers));
  EXPECT_FALSE(get("b // (b - 3)").evaluate(numbers));
  EXPECT_EQ(get("(b - 5) // 4").evaluate(numbers), -1);
  unsigned count = 0;
  get("a*b + min(a, c)").forEachSymbol([&](llvm::StringRef) { ++count; });
  EXPECT_EQ(count, 3u);
}

TEST(SymbolicExpression, ExactDivision) {
  EXPECT_EQ(get("384*batch*seq").divideExactly(get("32*batch"))->str(), "12 * seq");
  EXPECT_EQ(get("batch*seq + batch*past").divideExactly(get("seq + past"))->str(), "batch");
  EXPECT_FALSE(get("batch*seq + 1").divideExactly(get("batch")));
  EXPECT_FALSE(get("a").divideExactly(get("0")));
}

// Random expressions keep their value through text, simplification and canonical arithmetic.
TEST(SymbolicExpression, RandomValuesAgree) {
  std::mt19937 random(7);
  auto pick = [&](int n) { return static_cast<int>(random() % n); };
  for (int round = 0; round < 3000; ++round) {
    llvm::StringMap<int64_t> numbers;
    SymbolRanges ranges;
    for (const char *name : {"a", "b", "c"}) {
      numbers[name] = pick(9);
      ranges[name] = {numbers[name] - pick(2) * (numbers[name] > 0), numbers[name] + pick(3)};
    }
    std::vector<std::pair<SymbolicExpression, int64_t>> pool;
    for (const char *name : {"a", "b", "c"})
      pool.push_back({SymbolicExpression::symbol(name), numbers[name]});
    pool.push_back({SymbolicExpression(pick(7) - 3), 0});
    pool.back().second = *pool.back().first.constant();
    for (int step = 0; step < 6; ++step) {
      auto [x, xv] = pool[pick(pool.size())];
      auto [y, yv] = pool[pick(pool.size())];
      int64_t divisor = 1 + pick(5);
      switch (pick(6)) {
      case 0:
        pool.push_back({x + y, xv + yv});
        break;
      case 1:
        pool.push_back({x - y, xv - yv});
        break;
      case 2:
        pool.push_back({x * y, xv * yv});
        break;
      case 3:
        pool.push_back({SymbolicExpression::min(x, y), std::min(xv, yv)});
        break;
      case 4:
        pool.push_back({SymbolicExpression::max(x, y), std::max(xv, yv)});
        break;
      default: {
        int64_t quotient = xv / divisor - (xv % divisor < 0);
        pool.push_back({x.floorDiv(SymbolicExpression(divisor)), quotient});
      }
      }
      const auto &[e, value] = pool.back();
      if (!e.isValid() || value > 1000000 || value < -1000000) {
        pool.pop_back();
        continue;
      }
      ASSERT_EQ(e.evaluate(numbers), value) << e.str();
      ASSERT_EQ(canonical(e.str()), e.str());
      SymbolicExpression simple = e.simplify(ranges);
      if (simple.isValid())
        ASSERT_EQ(simple.evaluate(numbers), value) << e.str() << " as " << simple.str();
      for (const SymbolRanges &r : {SymbolRanges(), ranges}) {
        Interval interval = e.bounds(r);
        ASSERT_LE(interval.low, value) << e.str();
        ASSERT_GE(interval.high, value) << e.str();
      }
    }
  }
}

} // namespace
