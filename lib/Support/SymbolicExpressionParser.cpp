// Reads symbolic sizes: the canonical text, and what exporters write in dim_param.
#include "attune/Support/SymbolicExpression.h"

#include "llvm/ADT/StringExtras.h"
#include "llvm/ADT/StringSwitch.h"

namespace attune {
namespace {

constexpr size_t kMaxText = 1024;
constexpr unsigned kMaxNesting = 32;

/// A fraction: exporters write floor(seq/2 + 1/2).
struct Fraction {
  SymbolicExpression numerator;
  SymbolicExpression denominator = SymbolicExpression(1);
};

/// Recursive descent; every method returns nothing at the first thing it cannot read.
class Parser {
public:
  explicit Parser(llvm::StringRef text) : rest(text) {}

  std::optional<SymbolicExpression> run() {
    std::optional<Fraction> value = sum();
    skipSpace();
    if (!value || !rest.empty())
      return std::nullopt;
    return whole(*value);
  }

private:
  using Result = std::optional<Fraction>;

  static std::optional<SymbolicExpression> whole(const Fraction &value) {
    if (value.denominator.isConstant(1))
      return valid(value.numerator);
    return value.numerator.divideExactly(value.denominator);
  }
  static std::optional<SymbolicExpression> valid(SymbolicExpression value) {
    return value.isValid() ? std::optional(std::move(value)) : std::nullopt;
  }
  static Result wrap(std::optional<SymbolicExpression> value) {
    return value && value->isValid() ? Result(Fraction{*value}) : std::nullopt;
  }

  void skipSpace() { rest = rest.ltrim(" \t"); }
  bool take(llvm::StringRef token) {
    skipSpace();
    return rest.consume_front(token);
  }
  // A word operator must not be the start of a longer name.
  bool takeWord(llvm::StringRef word) {
    skipSpace();
    if (!rest.starts_with(word) || (rest.size() > word.size() &&
                                    (llvm::isAlnum(rest[word.size()]) || rest[word.size()] == '_')))
      return false;
    rest = rest.drop_front(word.size());
    return true;
  }

  Result sum() {
    Result left = product();
    while (left) {
      bool minus = false;
      if (!take("+")) {
        if (!take("-"))
          break;
        minus = true;
      }
      Result right = product();
      if (!right)
        return std::nullopt;
      SymbolicExpression a = left->numerator * right->denominator;
      SymbolicExpression b = right->numerator * left->denominator;
      left = Fraction{minus ? a - b : a + b, left->denominator * right->denominator};
    }
    return left;
  }

  Result product() {
    Result left = unary();
    while (left) {
      enum { Multiply, Divide, Floor, Ceil, Mod } kind;
      if (take("//") || takeWord("floordiv"))
        kind = Floor;
      else if (take("/"))
        kind = Divide;
      else if (take("%") || takeWord("mod"))
        kind = Mod;
      else if (takeWord("ceildiv"))
        kind = Ceil;
      else if (take("*"))
        kind = Multiply;
      else
        break;
      Result right = unary();
      if (!right)
        return std::nullopt;
      if (kind == Multiply)
        left = Fraction{left->numerator * right->numerator, left->denominator * right->denominator};
      else if (kind == Divide)
        left = divide(*left, *right);
      else
        left = kind == Floor  ? floorDivide(*left, *right)
               : kind == Ceil ? ceilDivide(*left, *right)
                              : modulo(*left, *right);
    }
    return left;
  }

  static Result divide(const Fraction &a, const Fraction &b) {
    SymbolicExpression numerator = a.numerator * b.denominator;
    SymbolicExpression denominator = a.denominator * b.numerator;
    std::optional<int64_t> number = denominator.constant();
    if (number && *number < 0)
      return divide({-numerator}, {-denominator});
    if (number && *number == 0)
      return std::nullopt;
    return Fraction{numerator, denominator};
  }
  static Result floorDivide(const Fraction &a, const Fraction &b) {
    Result value = divide(a, b);
    return value ? wrap(value->numerator.floorDiv(value->denominator)) : std::nullopt;
  }
  static Result ceilDivide(const Fraction &a, const Fraction &b) {
    Result value = divide(a, b);
    return value ? wrap(value->numerator.ceilDiv(value->denominator)) : std::nullopt;
  }
  static Result modulo(const Fraction &a, const Fraction &b) {
    std::optional<SymbolicExpression> x = whole(a), y = whole(b);
    return x && y ? wrap(x->mod(*y)) : std::nullopt;
  }

  Result unary() {
    if (++nesting > kMaxNesting)
      return std::nullopt;
    Result value;
    if (take("-")) {
      value = unary();
      if (value)
        value->numerator = -value->numerator;
    } else if (take("+")) {
      value = unary();
    } else {
      value = power();
    }
    --nesting;
    return value;
  }

  Result power() {
    Result base = primary();
    if (!base || !take("**"))
      return base;
    skipSpace();
    unsigned exponent;
    if (rest.consumeInteger(10, exponent) || exponent > 8)
      return std::nullopt;
    Fraction value{SymbolicExpression(1)};
    for (unsigned i = 0; i < exponent; ++i)
      value = {value.numerator * base->numerator, value.denominator * base->denominator};
    return value;
  }

  Result primary() {
    skipSpace();
    if (rest.empty())
      return std::nullopt;
    if (take("(")) {
      Result value = sum();
      return value && take(")") ? value : std::nullopt;
    }
    if (llvm::isDigit(rest.front())) {
      int64_t number;
      if (rest.consumeInteger(10, number) || (!rest.empty() && isNameCharacter(rest.front())))
        return std::nullopt;
      return Fraction{SymbolicExpression(number)};
    }
    llvm::StringRef name = rest.take_while(isNameCharacter);
    rest = rest.drop_front(name.size());
    if (take("("))
      return call(name);
    return wrap(SymbolicExpression::symbol(name));
  }

  static bool isNameCharacter(char c) {
    return llvm::isAlnum(c) || c == '_' || c == '.' || c == ':' || c == '$';
  }

  Result call(llvm::StringRef name) {
    llvm::SmallVector<Fraction, 2> arguments;
    do {
      Result argument = sum();
      if (!argument)
        return std::nullopt;
      arguments.push_back(std::move(*argument));
    } while (take(","));
    if (!take(")"))
      return std::nullopt;
    enum Function { None, Min, Max, Floor, Ceil, FloorDiv, CeilDiv, Mod };
    auto function = llvm::StringSwitch<Function>(name)
                        .CasesLower({"min"}, Min)
                        .CasesLower({"max"}, Max)
                        .CasesLower({"floor"}, Floor)
                        .CasesLower({"ceil", "ceiling"}, Ceil)
                        .CasesLower({"floordiv", "cleandiv"}, FloorDiv)
                        .CasesLower({"ceildiv"}, CeilDiv)
                        .CasesLower({"mod", "pythonmod"}, Mod)
                        .Default(None);
    size_t count = arguments.size();
    if (function == Min || function == Max)
      return extremum(function == Min, arguments);
    if (function == Floor || function == Ceil) {
      Fraction one{SymbolicExpression(1)};
      if (count != 1)
        return std::nullopt;
      return function == Floor ? floorDivide(arguments[0], one) : ceilDivide(arguments[0], one);
    }
    if (function == None || count != 2)
      return std::nullopt;
    return function == FloorDiv  ? floorDivide(arguments[0], arguments[1])
           : function == CeilDiv ? ceilDivide(arguments[0], arguments[1])
                                 : modulo(arguments[0], arguments[1]);
  }

  static Result extremum(bool minimum, llvm::ArrayRef<Fraction> arguments) {
    std::optional<SymbolicExpression> best;
    for (const Fraction &argument : arguments) {
      std::optional<SymbolicExpression> value = whole(argument);
      if (!value)
        return std::nullopt;
      best = !best     ? *value
             : minimum ? SymbolicExpression::min(*best, *value)
                       : SymbolicExpression::max(*best, *value);
    }
    return wrap(best);
  }

  llvm::StringRef rest;
  unsigned nesting = 0;
};

} // namespace

std::optional<SymbolicExpression> SymbolicExpression::parse(llvm::StringRef text) {
  if (text.size() > kMaxText)
    return std::nullopt;
  return Parser(text).run();
}

} // namespace attune
