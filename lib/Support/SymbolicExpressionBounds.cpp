// Intervals of symbolic sizes, and the proofs that rest on them.
#include "attune/Support/SymbolicExpression.h"

#include "llvm/ADT/STLExtras.h"
#include "llvm/Support/MathExtras.h"

#include <algorithm>

namespace attune {
namespace {

constexpr int64_t kLow = std::numeric_limits<int64_t>::min();
constexpr int64_t kHigh = std::numeric_limits<int64_t>::max();
// How many minima, maxima and divisions a proof may take apart.
constexpr unsigned kSplits = 2;

bool unbounded(int64_t value) { return value == kLow || value == kHigh; }

// Saturating: the ends stand for infinity.
int64_t multiply(int64_t a, int64_t b) {
  if (a == 0 || b == 0)
    return 0;
  int64_t product;
  if (unbounded(a) || unbounded(b) || llvm::MulOverflow(a, b, product))
    return (a < 0) == (b < 0) ? kHigh : kLow;
  return product;
}

Interval multiply(Interval a, Interval b) {
  auto corners = {multiply(a.low, b.low), multiply(a.low, b.high), multiply(a.high, b.low),
                  multiply(a.high, b.high)};
  return {std::min(corners), std::max(corners)};
}

Interval add(Interval a, Interval b) {
  Interval sum;
  if (a.low == kLow || b.low == kLow || llvm::AddOverflow(a.low, b.low, sum.low))
    sum.low = kLow;
  if (a.high == kHigh || b.high == kHigh || llvm::AddOverflow(a.high, b.high, sum.high))
    sum.high = kHigh;
  return sum;
}

int64_t floorDivide(int64_t a, int64_t b) {
  if (unbounded(a))
    return a;
  if (b == kHigh)
    return a < 0 ? -1 : 0;
  return a / b - (a % b < 0 ? 1 : 0);
}

Interval divide(Interval a, Interval b) {
  if (b.low < 1)
    return {};
  auto corners = {floorDivide(a.low, b.low), floorDivide(a.low, b.high), floorDivide(a.high, b.low),
                  floorDivide(a.high, b.high)};
  return {std::min(corners), std::max(corners)};
}

} // namespace

Interval SymbolicExpression::boundsWithin(const SymbolRanges &ranges, unsigned splits) const {
  if (!valid)
    return {};
  Interval sum{0, 0};
  for (const Term &term : parts) {
    Interval product{term.coefficient, term.coefficient};
    for (const AtomRef &factor : term.factors) {
      Interval value;
      if (factor->kind == Atom::Kind::Symbol) {
        auto it = ranges.find(factor->text);
        SymbolRange range = it == ranges.end() ? SymbolRange() : it->second;
        value = {range.low, range.high};
      } else {
        value = factor->operands.front().boundsWithin(ranges, 0);
        for (const SymbolicExpression &operand : llvm::drop_begin(factor->operands)) {
          Interval other = operand.boundsWithin(ranges, 0);
          if (factor->kind == Atom::Kind::FloorDiv)
            value = divide(value, other);
          else if (factor->kind == Atom::Kind::Min)
            value = {std::min(value.low, other.low), std::min(value.high, other.high)};
          else
            value = {std::max(value.low, other.low), std::max(value.high, other.high)};
        }
      }
      product = multiply(product, value);
    }
    sum = add(sum, product);
  }
  if (splits > 0) {
    sum.low = std::max(sum.low, lowerBound(ranges, splits));
    int64_t negated = (-*this).lowerBound(ranges, splits);
    if (negated != kLow)
      sum.high = std::min(sum.high, -negated);
  }
  return sum;
}

Interval SymbolicExpression::bounds(const SymbolRanges &ranges) const {
  return boundsWithin(ranges, kSplits);
}

int64_t SymbolicExpression::lowerBound(const SymbolRanges &ranges, unsigned splits) const {
  int64_t plain = boundsWithin(ranges, 0).low;
  if (splits == 0)
    return plain;
  std::optional<int64_t> split = splitLowerBound(ranges, splits);
  return split ? std::max(plain, *split) : plain;
}

// Replaces the first occurrence of `atom` in each term by `value` and multiplies the terms that
// do not have it by `factor`.
SymbolicExpression SymbolicExpression::replaceFactor(const Atom &atom,
                                                     const SymbolicExpression &value,
                                                     int64_t factor) const {
  SymbolicExpression sum;
  for (const Term &term : parts) {
    SymbolicExpression product = fromTerm(term);
    Term &rest = product.parts.front();
    auto *it = llvm::find_if(rest.factors,
                             [&](const AtomRef &factor) { return factor->text == atom.text; });
    if (it != rest.factors.end()) {
      rest.factors.erase(it);
      product = product * value;
    } else {
      product = product * SymbolicExpression(factor);
    }
    sum = sum + product;
  }
  return sum;
}

// Takes one function atom apart. With E[x] for E where x stands for the atom: a minimum is one of
// its operands, so E ≥ min over them of E[operand]; and where all its terms are negative and their
// other factors are not, E ≥ E[operand] for each operand, so the best one counts. Maxima mirror
// this; for a division by a constant c, c·floor(a/c) lies in [a − c + 1, a], which bounds c·E.
std::optional<int64_t> SymbolicExpression::splitLowerBound(const SymbolRanges &ranges,
                                                           unsigned splits) const {
  AtomRef atom;
  for (const Term &term : parts)
    for (const AtomRef &factor : term.factors)
      if (!atom && factor->kind != Atom::Kind::Symbol)
        atom = factor;
  if (!atom)
    return std::nullopt;

  bool linear = true, positive = true, negative = true;
  std::optional<int64_t> divisor =
      atom->kind == Atom::Kind::FloorDiv ? atom->operands[1].constant() : std::nullopt;
  for (const Term &term : parts) {
    auto isAtom = [&](const AtomRef &factor) { return factor->text == atom->text; };
    if (llvm::none_of(term.factors, isAtom))
      continue;
    linear &= llvm::count_if(term.factors, isAtom) == 1;
    SymbolicExpression others(1);
    for (const AtomRef &factor : term.factors)
      if (!isAtom(factor))
        others.parts.front().factors.push_back(factor);
    linear &= others.boundsWithin(ranges, 0).low >= 0;
    (term.coefficient > 0 ? negative : positive) = false;
  }
  if (atom->kind == Atom::Kind::FloorDiv) {
    if (!divisor || !linear || !(positive || negative))
      return std::nullopt;
    SymbolicExpression value = atom->operands[0];
    if (positive)
      value = value - SymbolicExpression(*divisor - 1);
    int64_t bound = replaceFactor(*atom, value, *divisor).lowerBound(ranges, splits - 1);
    return unbounded(bound) ? bound : -floorDivide(-bound, *divisor);
  }

  bool choose = linear && (atom->kind == Atom::Kind::Min ? negative : positive);
  int64_t best = choose ? kLow : kHigh;
  for (const SymbolicExpression &operand : atom->operands) {

    int64_t bound = replaceFactor(*atom, operand, 1).lowerBound(ranges, splits - 1);
    best = choose ? std::max(best, bound) : std::min(best, bound);
  }
  return best;
}

bool SymbolicExpression::provablyLessEqual(const SymbolicExpression &a, const SymbolicExpression &b,
                                           const SymbolRanges &ranges) {
  SymbolicExpression difference = b - a;
  return difference.valid && difference.bounds(ranges).low >= 0;
}

bool SymbolicExpression::provablyEqual(const SymbolicExpression &a, const SymbolicExpression &b,
                                       const SymbolRanges &ranges) {
  SymbolicExpression difference = a - b;
  if (!difference.valid)
    return false;
  if (difference.isConstant(0))
    return true;
  Interval range = difference.bounds(ranges);
  return range.low == 0 && range.high == 0;
}

} // namespace attune
