// Symbolic sizes at their edges: the limits of expressions and of their text, the ends of
// intervals, and proofs beside what is almost one.
#include "SymbolicText.h"

using attune::Interval;
using attune::SymbolicExpression;
using attune::SymbolRanges;

namespace {

constexpr int64_t kLow = std::numeric_limits<int64_t>::min();
constexpr int64_t kHigh = std::numeric_limits<int64_t>::max();

TEST(SymbolicBounds, TextOfExporters) {
  const std::pair<const char *, const char *> cases[] = {
      // Operators, as signs and as words.
      {"a % 4", "a - 4 * (a floordiv 4)"},
      {"a mod 4", "a - 4 * (a floordiv 4)"},
      {"a ceildiv 4", "(a + 3) floordiv 4"},
      {"a mod(4)", "a - 4 * (a floordiv 4)"},
      {"a mod4", "nothing"},
      {"a mod_4", "nothing"},
      {"a mod", "nothing"},
      {"mod", "nothing"},
      {"amod 4", "nothing"},
      {"+a", "a"},
      {"--a", "a"},
      {"-+a", "-a"},
      {"a -", "nothing"},
      {"a * ", "nothing"},
      {"a - b + c", "a - b + c"},
      // Powers.
      {"a**0", "1"},
      {"a ** 2", "a * a"},
      {"2**3", "8"},
      {"a**8", "a * a * a * a * a * a * a * a"},
      {"a**b", "nothing"},
      {"(a/2)**2*4", "a * a"},
      // Fractions must go.
      {"a/2 + a/2", "a"},
      {"a/2 - a/2", "0"},
      {"3*a/2 - a/2", "a"},
      {"a/2 + b/3", "nothing"},
      {"floor(a/2 + b/3)", "(3 * a + 2 * b) floordiv 6"},
      {"floor(a/2 - b/3)", "(3 * a + 4 * b) floordiv 6 - b"},
      {"(a/2)*(4*b)", "2 * a * b"},
      {"(a/2)*(b/3)*6", "a * b"},
      {"a*b/(b/2)", "2 * a"},
      {"6*a/-2", "-3 * a"},
      {"-(a/2)*2", "-a"},
      {"floor(a/-2)", "-a + a floordiv 2"},
      {"(a/2) // (b/3)", "(3 * a) floordiv (2 * b)"},
      {"min(2*a/2, b)", "min(a, b)"},
      {"min(a/2, b)", "nothing"},
      {"(a/2) % 3", "nothing"},
      {"3 % (a/2)", "nothing"},
      // Functions, in any case, with their number of arguments.
      {"MAX(a, 5)", "max(5, a)"},
      {"Floor(a/2)", "a floordiv 2"},
      {"ceil(a/2)", "(a + 1) floordiv 2"},
      {"CleanDiv(a, 2)", "a floordiv 2"},
      {"floordiv(a, 2)", "a floordiv 2"},
      {"ceildiv(a, 2)", "(a + 1) floordiv 2"},
      {"PythonMod(a, 2)", "a - 2 * (a floordiv 2)"},
      {"mod(a, 2)", "a - 2 * (a floordiv 2)"},
      {"min(a)", "a"},
      {"floor()", "nothing"},
      {"ceil(a, b)", "nothing"},
      {"mod(a, b, c)", "nothing"},
      {"ceildiv(a)", "nothing"},
      {"min(a, b", "nothing"},
      {"min(a,)", "nothing"},
      {"abs(a)", "nothing"},
      // Names and numbers.
      {"a.b:c$d_1", "a.b:c$d_1"},
      {"$a", "$a"},
      {".a", "nothing"},
      {":a", "nothing"},
      {"2.5", "nothing"},
      {"2_", "nothing"},
      {"2 a", "nothing"},
      {"\ta ", "a"},
  };
  for (auto [text, expected] : cases) {
    EXPECT_EQ(canonical(text), expected) << text;
    if (expected != std::string("nothing"))
      EXPECT_EQ(canonical(expected), expected) << text;
  }
}

TEST(SymbolicBounds, CanonicalForms) {
  const std::pair<const char *, const char *> cases[] = {
      {"(0-1)//a", "(-1) floordiv a"},
      {"1//a", "1 floordiv a"},
      {"(a+b)//c", "(a + b) floordiv c"},
      {"(2*a)//b", "(2 * a) floordiv b"},
      {"a//(2*b)", "a floordiv (2 * b)"},
      {"(a//b)//c", "(a floordiv b) floordiv c"},
      {"(a//b)//2", "(a floordiv b) floordiv 2"},
      {"min(a, b)//c", "min(a, b) floordiv c"},
      {"a*(b//2)", "a * (b floordiv 2)"},
      {"0 - a//2", "-(a floordiv 2)"},
      {"a//1", "a"},
      {"(0-8)//4", "-2"},
      {"(0-3)//2", "-2"},
      {"3//2", "1"},
      {"(0-a)//2", "-a + a floordiv 2"},
      {"(4*a + 6)//4", "a + 1"},
      {"(4*a + 2*b + 3)//4", "(b + 1) floordiv 2 + a"},
      {"(2*(a//2))//6", "a floordiv 6"},
      {"(3*(a//2))//7", "(3 * (a floordiv 2)) floordiv 7"},
      {"(a//2 + 1)//3", "(a floordiv 2 + 1) floordiv 3"},
      {"(b*(a//2))//3", "((a floordiv 2) * b) floordiv 3"},
      {"min(a, 7)//8", "0"},
      {"min(a, 8)//8", "min(8, a) floordiv 8"},
      {"min(a, min(b, c))", "min(a, b, c)"},
      {"max(max(a, b), c)", "max(a, b, c)"},
      {"max(c, min(a, b))", "max(c, min(a, b))"},
      {"min(2*min(a, b), c)", "min(2 * min(a, b), c)"},
      {"min(c*min(a, b), d)", "min(c * min(a, b), d)"},
      {"min(a + 1, a)", "a"},
      {"min(a, a + 1)", "a"},
      {"max(a + 1, a)", "a + 1"},
      {"max(b, 5, a)", "max(5, a, b)"},
      {"min(b, a + 2, a, b + 1)", "min(a, b)"},
      {"a*b - b*a + c", "c"},
      {"0 - 3", "-3"},
  };
  for (auto [text, expected] : cases) {
    EXPECT_EQ(canonical(text), expected) << text;
    EXPECT_EQ(canonical(expected), expected) << text;
  }
  EXPECT_EQ(SymbolicExpression::invalid().str(), "<invalid>");
}

TEST(SymbolicBounds, SymbolsAndConstants) {
  EXPECT_EQ(get("a").asSymbol(), "a");
  for (const char *text : {"2*a", "a*b", "a + b", "a//2", "3", "0", "a + 1"})
    EXPECT_EQ(get(text).asSymbol(), "") << text;
  EXPECT_EQ(SymbolicExpression::invalid().asSymbol(), "");
  for (const char *text : {"2*a", "a", "a + 1"})
    EXPECT_FALSE(get(text).constant()) << text;
  EXPECT_EQ(get("0 - 7").constant(), -7);
  EXPECT_TRUE(get("a + b") != get("a + c"));
  EXPECT_TRUE(get("a + b") != get("a + 2*b"));
  EXPECT_TRUE(get("a + b") != get("a"));
  EXPECT_TRUE(SymbolicExpression::isSymbolName(std::string(128, 'a')));
  EXPECT_FALSE(SymbolicExpression::isSymbolName(""));
  for (const char *text : {"floordiv", "ceildiv", "mod", "1a", ".a", "a b"})
    EXPECT_FALSE(SymbolicExpression::isSymbolName(text)) << text;
}

TEST(SymbolicBounds, Limits) {
  EXPECT_TRUE(SymbolicExpression::parse("a" + std::string(1023, ' ')));
  EXPECT_FALSE(SymbolicExpression::parse("a" + std::string(1024, ' ')));
  EXPECT_TRUE(SymbolicExpression::parse(std::string(31, '-') + "a"));
  EXPECT_FALSE(SymbolicExpression::parse(std::string(32, '-') + "a"));
  EXPECT_TRUE(SymbolicExpression::parse(std::string(31, '(') + "a" + std::string(31, ')')));
  EXPECT_FALSE(SymbolicExpression::parse(std::string(32, '(') + "a" + std::string(32, ')')));
  std::string many = "a";
  for (int i = 0; i < 40; ++i)
    many += " + -a";
  EXPECT_EQ(canonical(many), "-39 * a");

  // 256 symbols are 512 nodes.
  SymbolicExpression sum;
  for (int i = 0; i < 256; ++i)
    sum = sum + SymbolicExpression::symbol("s" + std::to_string(i));
  EXPECT_TRUE(sum.isValid());
  EXPECT_FALSE((sum + 1).isValid());
  EXPECT_FALSE(sum.floorDiv(get("a")).isValid());

  SymbolicExpression nested = get("a//b");
  for (int depth = 1; depth < 12; ++depth)
    nested = (nested + get("a")).floorDiv(get("b"));
  EXPECT_TRUE(nested.isValid());
  EXPECT_FALSE((nested + get("a")).floorDiv(get("b")).isValid());

  SymbolicExpression least = get("min(a, b, c, d, e, f, g, h)");
  EXPECT_TRUE(least.isValid());
  EXPECT_FALSE(SymbolicExpression::min(least, get("i")).isValid());
}

TEST(SymbolicBounds, Overflow) {
  SymbolicExpression high(kHigh), low(kLow);
  EXPECT_FALSE((high + 1).isValid());
  EXPECT_FALSE((low - 1).isValid());
  EXPECT_FALSE((low * -1).isValid());
  for (int64_t divisor : {1, -1, -2})
    EXPECT_FALSE(low.divideExactly(divisor));
  EXPECT_EQ(*(low + 1).divideExactly(-1), high);
  EXPECT_EQ(*SymbolicExpression(6).divideExactly(-1), SymbolicExpression(-6));
  EXPECT_FALSE(SymbolicExpression::invalid().divideExactly(1));
  EXPECT_FALSE(get("a").divideExactly(SymbolicExpression::invalid()));
  EXPECT_FALSE(get("5*a").divideExactly(2));
  EXPECT_EQ(get("(a + b)*(c + 2)").divideExactly(get("a + b"))->str(), "c + 2");
  for (int64_t divisor : {0, -1})
    EXPECT_FALSE(get("a").floorDiv(divisor).isValid());
  EXPECT_FALSE(get("a").floorDiv(SymbolicExpression::invalid()).isValid());
  EXPECT_FALSE((SymbolicExpression::invalid() * get("a")).isValid());
  EXPECT_FALSE((get("a") + SymbolicExpression::invalid()).isValid());
  EXPECT_FALSE(SymbolicExpression::max(get("a"), SymbolicExpression::invalid()).isValid());
}

TEST(SymbolicBounds, Evaluate) {
  llvm::StringMap<int64_t> numbers;
  numbers["a"] = 3;
  numbers["b"] = -8;
  numbers["big"] = int64_t{1} << 62;
  const std::pair<const char *, std::optional<int64_t>> cases[] = {
      {"min(a, b)", -8},       {"max(a, b)", 3},
      {"b // a", -3},          {"b // (a - 1)", -4},
      {"a // (a - 2)", 3},     {"a // (a - 3)", std::nullopt},
      {"2*a - b", 14},         {"min(a, c)", std::nullopt},
      {"2*big", std::nullopt}, {"a*big*b", std::nullopt}};
  for (auto [text, expected] : cases)
    EXPECT_EQ(get(text).evaluate(numbers), expected) << text;
  numbers["also"] = int64_t{1} << 62;
  EXPECT_FALSE(get("big + also").evaluate(numbers));
  EXPECT_FALSE(SymbolicExpression::invalid().evaluate(numbers));
}

TEST(SymbolicBounds, Intervals) {
  SymbolRanges ranges;
  ranges["x"] = {-3, 5};
  ranges["y"] = {-7, 2};
  ranges["s"] = {0, 512};
  ranges["t"] = {2, 8};
  ranges["u"] = {3, 10};
  ranges["v"] = {5, 7};
  ranges["z"] = {0, 0};
  ranges["n"] = {-2, -1};
  ranges["m"] = {0, 8};
  const struct {
    const char *text;
    int64_t low, high;
  } cases[] = {
      {"x*y", -35, 21},
      {"x + y", -10, 7},
      {"x - y", -5, 12},
      {"-3*x", -15, 9},
      {"7", 7, 7},
      // Infinity times zero, and with signs.
      {"a*b*c", 0, kHigh},
      {"a*b*c*z", 0, 0},
      {"0 - a*b*c", kLow, 0},
      {"a*b*c*n", kLow, 0},
      {"1 + a*b*c", 1, kHigh},
      {"1 - a*b*c", kLow, 1},
      {"a*b*c - d*e*f", kLow, kHigh},
      {"a", 0, (int64_t{1} << 31) - 1},
      // Division.
      {"(s - 5)//4", -2, 126},
      {"(s - 8)//4", -2, 126},
      {"s//t", 0, 256},
      {"(s - 9)//t", -5, 251},
      {"s//m", kLow, kHigh},
      {"s//(m + 1)", 0, 512},
      {"s//(a*b*c + 1)", 0, 512},
      {"(s - 9)//(a*b*c + 1)", -9, 503},
      {"(a*b*c)//2", 0, kHigh},
      {"(1 - a*b*c)//2", kLow, 0},
      // Minimum and maximum.
      {"min(u, v)", 3, 7},
      {"max(u, v)", 5, 10},
      {"u - min(u, v)", 0, 5},
      {"max(u, v) - v", 0, 5},
  };
  for (auto [text, low, high] : cases) {
    Interval interval = get(text).bounds(ranges);
    EXPECT_EQ(interval.low, low) << text;
    EXPECT_EQ(interval.high, high) << text;
  }
  Interval all = SymbolicExpression::invalid().bounds();
  EXPECT_EQ(all.low, kLow);
  EXPECT_EQ(all.high, kHigh);
}

TEST(SymbolicBounds, ProofsAndNearMisses) {
  SymbolRanges ranges;
  ranges["x"] = {-1, 5};
  auto lessEqual = [&](const char *a, const char *b) {
    return SymbolicExpression::provablyLessEqual(get(a), get(b), ranges);
  };
  const std::pair<const char *, const char *> proven[] = {
      {"s", "s"},
      {"0", "s"},
      {"min(s, t)", "s"},
      {"min(s, t)", "t"},
      {"min(s, t)", "max(s, t)"},
      {"t", "max(s, t)"},
      {"max(s, t)", "s + t"},
      {"r*min(s, t)", "r*s"},
      {"2*(s//2)", "s"},
      {"s", "2*(s//2) + 1"},
      {"s", "4*((s + 3)//4)"},
      {"4*((s + 3)//4)", "s + 3"},
      {"2*t*(s//2)", "s*t"},
      {"s//2 + s//3", "s"},
      {"(s - 1)//2", "s//2"},
      {"s//4", "s//2"},
  };
  for (auto [a, b] : proven)
    EXPECT_TRUE(lessEqual(a, b)) << a << " <= " << b;
  const std::pair<const char *, const char *> open[] = {
      {"1", "s"},
      {"0", "x"},
      {"s", "min(s, t)"},
      {"max(s, t)", "s"},
      {"max(s, t) + 1", "s + t"},
      {"x*min(s, t)", "x*s"},
      {"s", "2*(s//2)"},
      {"s", "4*((s + 2)//4)"},
      {"4*((s + 3)//4)", "s + 2"},
      {"2*x*(s//2)", "s*x"},
      {"s//2", "(s - 1)//2"},
      {"s//2 + s//3 + 1", "s"},
      {"(s//t)*t", "s - 1"},
      {"2*min(s, t)", "s + t"},
      // True, but three functions are more than a proof takes apart.
      {"s//2 + s//4 + s//8", "s"},
  };
  for (auto [a, b] : open)
    EXPECT_FALSE(lessEqual(a, b)) << a << " <= " << b;
  auto equal = [&](const char *a, const char *b) {
    return SymbolicExpression::provablyEqual(get(a), get(b), ranges);
  };
  ranges["f"] = {4, 4};
  EXPECT_TRUE(equal("f", "4"));
  EXPECT_FALSE(equal("f", "5"));
  EXPECT_FALSE(equal("f", "3"));
  EXPECT_FALSE(equal("x", "0"));
  EXPECT_TRUE(equal("s + t", "t + s"));
  EXPECT_FALSE(SymbolicExpression::provablyEqual(SymbolicExpression::invalid(), get("s")));
  EXPECT_FALSE(SymbolicExpression::provablyLessEqual(SymbolicExpression::invalid(), get("s")));
}

TEST(SymbolicBounds, SimplifyUnderRanges) {
  const struct {
    const char *text;
    int64_t low, high;
    const char *expected;
  } cases[] = {
      {"s//8", 0, 7, "0"},      {"s//8", 0, 8, "s floordiv 8"}, {"s//8", -1, 7, "s floordiv 8"},
      {"s//8 + t", 3, 3, "t"},  {"s + t", 3, 3, "t + 3"},       {"s + t", 3, 4, "s + t"},
      {"min(s, 8)", 0, 8, "s"}, {"min(s, 8)", 8, 9, "8"},       {"min(s, 8)", 7, 9, "min(8, s)"},
      {"max(s, 8)", 0, 8, "8"}, {"max(s, 8)", 8, 9, "s"},       {"max(s, 8)", 7, 9, "max(8, s)"},
      {"(s//2)//4", 0, 7, "0"},
  };
  for (auto [text, low, high, expected] : cases) {
    SymbolRanges ranges;
    ranges["s"] = {low, high};
    EXPECT_EQ(get(text).simplify(ranges).str(), expected) << text << " " << low << " " << high;
  }
  EXPECT_FALSE(SymbolicExpression::invalid().simplify({}).isValid());
}

} // namespace
