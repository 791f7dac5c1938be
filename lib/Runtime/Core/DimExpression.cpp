// A recursive-descent evaluator with checked arithmetic and bounded depth.

#include "attune/Runtime/Core/DimExpression.h"

using namespace attune::runtime;

namespace {

bool isDigit(char c) { return c >= '0' && c <= '9'; }

bool isNameChar(char c) {
  return isDigit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || c == '.' ||
         c == ':' || c == '$';
}

int64_t floorDivide(int64_t a, int64_t b) { return a / b - ((a % b != 0) && ((a < 0) != (b < 0))); }

class Evaluator {
public:
  Evaluator(std::string_view text, SymbolLookup lookup, const void *context)
      : text(text), lookup(lookup), context(context) {}

  DimStatus whole(int64_t &value) {
    if (!sum(value, 0))
      return status;
    skipSpace();
    return position == text.size() ? DimStatus::Ok : DimStatus::Malformed;
  }

private:
  static constexpr int kMaxDepth = 64;

  bool fail(DimStatus why) {
    status = why;
    return false;
  }

  void skipSpace() {
    while (position < text.size() && text[position] == ' ')
      ++position;
  }

  bool eat(char c) {
    skipSpace();
    if (position >= text.size() || text[position] != c)
      return false;
    ++position;
    return true;
  }

  std::string_view peekName() {
    skipSpace();
    size_t end = position;
    while (end < text.size() && isNameChar(text[end]))
      ++end;
    return text.substr(position, end - position);
  }

  bool eatWord(std::string_view word) {
    if (peekName() != word)
      return false;
    position += word.size();
    return true;
  }

  bool sum(int64_t &value, int depth) {
    if (!product(value, depth))
      return false;
    for (;;) {
      int64_t right;
      if (eat('+')) {
        if (!product(right, depth))
          return false;
        if (__builtin_add_overflow(value, right, &value))
          return fail(DimStatus::Overflow);
      } else if (eat('-')) {
        if (!product(right, depth))
          return false;
        if (__builtin_sub_overflow(value, right, &value))
          return fail(DimStatus::Overflow);
      } else {
        return true;
      }
    }
  }

  bool product(int64_t &value, int depth) {
    if (!primary(value, depth))
      return false;
    for (;;) {
      int64_t right;
      if (eat('*')) {
        if (!primary(right, depth))
          return false;
        if (__builtin_mul_overflow(value, right, &value))
          return fail(DimStatus::Overflow);
      } else if (eatWord("floordiv")) {
        if (!primary(right, depth) || !divisible(value, right))
          return false;
        value = floorDivide(value, right);
      } else if (eatWord("ceildiv")) {
        if (!primary(right, depth) || !divisible(value, right))
          return false;
        value = floorDivide(value, right) + (value % right != 0);
      } else if (eatWord("mod")) {
        if (!primary(right, depth) || !divisible(value, right))
          return false;
        value -= floorDivide(value, right) * right;
      } else {
        return true;
      }
    }
  }

  bool divisible(int64_t left, int64_t right) {
    bool fits = right != 0 && !(left == INT64_MIN && right == -1);
    return fits || fail(DimStatus::Overflow);
  }

  bool primary(int64_t &value, int depth) {
    if (depth > kMaxDepth)
      return fail(DimStatus::Malformed);
    if (eat('-')) {
      if (!primary(value, depth + 1))
        return false;
      return !__builtin_sub_overflow(int64_t(0), value, &value) || fail(DimStatus::Overflow);
    }
    if (eat('('))
      return sum(value, depth + 1) && (eat(')') || fail(DimStatus::Malformed));
    std::string_view name = peekName();
    if (name.empty())
      return fail(DimStatus::Malformed);
    position += name.size();
    if ((name == "min" || name == "max") && eat('('))
      return extremum(name == "min", value, depth);
    if (isDigit(name[0]) && number(name, value))
      return true;
    return lookup(context, name, value) || fail(DimStatus::Malformed);
  }

  bool extremum(bool smallest, int64_t &value, int depth) {
    if (!sum(value, depth + 1))
      return false;
    while (eat(',')) {
      int64_t right;
      if (!sum(right, depth + 1))
        return false;
      if ((right < value) == smallest)
        value = right;
    }
    return eat(')') || fail(DimStatus::Malformed);
  }

  static bool number(std::string_view digits, int64_t &value) {
    value = 0;
    for (char c : digits)
      if (!isDigit(c) || __builtin_mul_overflow(value, int64_t(10), &value) ||
          __builtin_add_overflow(value, int64_t(c - '0'), &value))
        return false;
    return true;
  }

  std::string_view text;
  SymbolLookup lookup;
  const void *context;
  size_t position = 0;
  DimStatus status = DimStatus::Malformed;
};

} // namespace

DimStatus attune::runtime::evaluateDim(std::string_view text, SymbolLookup lookup,
                                       const void *context, int64_t &value) {
  return Evaluator(text, lookup, context).whole(value);
}
