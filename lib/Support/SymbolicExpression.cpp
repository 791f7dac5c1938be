// Canonical arithmetic on symbolic sizes.
#include "attune/Support/SymbolicExpression.h"

#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/ADT/StringSet.h"
#include "llvm/Support/MathExtras.h"

#include <algorithm>
#include <numeric>

namespace attune {
namespace {

using Atom = SymbolicExpression::Atom;
using AtomRef = SymbolicExpression::AtomRef;
using Term = SymbolicExpression::Term;

// Sizes of real models stay far below; hostile text stops here.
constexpr unsigned kMaxSize = 512;
constexpr unsigned kMaxDepth = 12;
constexpr size_t kMaxProducts = 1024;
constexpr size_t kMaxOperands = 8;
constexpr size_t kMaxName = 128;

int compareFactors(llvm::ArrayRef<AtomRef> a, llvm::ArrayRef<AtomRef> b) {
  if (a.size() != b.size())
    return a.size() > b.size() ? -1 : 1;
  for (auto [x, y] : llvm::zip_equal(a, b))
    if (int order = x->text.compare(y->text))
      return order;
  return 0;
}

// Sorted union of two factor lists.
llvm::SmallVector<AtomRef, 2> mergeFactors(llvm::ArrayRef<AtomRef> a, llvm::ArrayRef<AtomRef> b) {
  llvm::SmallVector<AtomRef, 2> result;
  std::merge(a.begin(), a.end(), b.begin(), b.end(), std::back_inserter(result),
             [](const AtomRef &x, const AtomRef &y) { return x->text < y->text; });
  return result;
}

// The factors of `a` without those of `b`, when all of them are there.
std::optional<llvm::SmallVector<AtomRef, 2>> removeFactors(llvm::ArrayRef<AtomRef> a,
                                                           llvm::ArrayRef<AtomRef> b) {
  llvm::SmallVector<AtomRef, 2> result(a);
  for (const AtomRef &factor : b) {
    auto *it = llvm::find_if(result, [&](const AtomRef &x) { return x->text == factor->text; });
    if (it == result.end())
      return std::nullopt;
    result.erase(it);
  }
  return result;
}

int64_t floorDivide(int64_t a, int64_t b) {
  int64_t quotient = a / b;
  return a % b != 0 && (a < 0) != (b < 0) ? quotient - 1 : quotient;
}

bool needsParentheses(const SymbolicExpression &e) {
  if (e.terms().empty())
    return false;
  if (e.terms().size() > 1)
    return true;
  const Term &term = e.terms().front();
  if (term.factors.empty())
    return term.coefficient < 0;
  return term.coefficient != 1 || term.factors.size() > 1 ||
         term.factors.front()->kind == Atom::Kind::FloorDiv;
}

std::string atomText(Atom::Kind kind, llvm::ArrayRef<SymbolicExpression> operands) {
  if (kind == Atom::Kind::FloorDiv) {
    auto wrapped = [](const SymbolicExpression &e) {
      return needsParentheses(e) ? "(" + e.str() + ")" : e.str();
    };
    return wrapped(operands[0]) + " floordiv " + wrapped(operands[1]);
  }
  return (kind == Atom::Kind::Min ? "min(" : "max(") +
         llvm::join(llvm::map_range(operands, [](const SymbolicExpression &e) { return e.str(); }),
                    ", ") +
         ")";
}

// Without sign; a division with a sign or a factor before it is wrapped.
std::string termText(const Term &term, uint64_t magnitude) {
  std::string text;
  if (magnitude != 1 || term.factors.empty())
    text = std::to_string(magnitude);
  bool single = term.coefficient == 1 && term.factors.size() == 1;
  for (const AtomRef &factor : term.factors) {
    if (!text.empty())
      text += " * ";
    bool wrap = factor->kind == Atom::Kind::FloorDiv && !single;
    text += wrap ? "(" + factor->text + ")" : factor->text;
  }
  return text;
}

} // namespace

SymbolicExpression::SymbolicExpression(int64_t value) {
  if (value != 0)
    parts.push_back({value, {}});
}

SymbolicExpression SymbolicExpression::invalid() {
  SymbolicExpression result;
  result.valid = false;
  return result;
}

bool SymbolicExpression::isSymbolName(llvm::StringRef name) {
  static const llvm::StringSet<> words{"floordiv", "ceildiv", "mod"};
  if (name.empty() || name.size() > kMaxName || words.contains(name))
    return false;
  auto isStart = [](char c) { return llvm::isAlpha(c) || c == '_' || c == '$'; };
  return isStart(name.front()) && llvm::all_of(name, [&](char c) {
           return isStart(c) || llvm::isDigit(c) || c == '.' || c == ':';
         });
}

SymbolicExpression SymbolicExpression::symbol(llvm::StringRef name) {
  if (!isSymbolName(name))
    return invalid();
  SymbolicExpression result;
  auto atom = std::make_shared<Atom>(Atom{Atom::Kind::Symbol, name.str(), {}, 1, 0});
  result.parts.push_back({1, {std::move(atom)}});
  return result;
}

SymbolicExpression SymbolicExpression::fromTerm(const Term &term) {
  SymbolicExpression result;
  if (term.coefficient != 0)
    result.parts.push_back(term);
  return result;
}

SymbolicExpression SymbolicExpression::fromAtom(Atom::Kind kind,
                                                std::vector<SymbolicExpression> operands) {
  unsigned size = 1, depth = 1;
  for (const SymbolicExpression &operand : operands) {
    if (!operand.valid)
      return invalid();
    size += operand.size();
    depth = std::max(depth, operand.depth() + 1);
  }
  if (size > kMaxSize || depth > kMaxDepth || operands.size() > kMaxOperands)
    return invalid();
  std::string text = atomText(kind, operands);
  SymbolicExpression result;
  auto atom = std::make_shared<Atom>(Atom{kind, std::move(text), std::move(operands), size, depth});
  result.parts.push_back({1, {std::move(atom)}});
  return result;
}

SymbolicExpression SymbolicExpression::fromTerms(llvm::SmallVectorImpl<Term> &&terms) {
  llvm::sort(terms,
             [](const Term &a, const Term &b) { return compareFactors(a.factors, b.factors) < 0; });
  SymbolicExpression result;
  for (Term &term : terms) {
    if (result.parts.empty() || compareFactors(result.parts.back().factors, term.factors) != 0) {
      result.parts.push_back(std::move(term));
      continue;
    }
    int64_t &sum = result.parts.back().coefficient;
    if (llvm::AddOverflow(sum, term.coefficient, sum))
      return invalid();
  }
  llvm::erase_if(result.parts, [](const Term &term) { return term.coefficient == 0; });
  return result.size() > kMaxSize ? invalid() : result;
}

unsigned SymbolicExpression::size() const {
  unsigned result = 0;
  for (const Term &term : parts) {
    ++result;
    for (const AtomRef &factor : term.factors)
      result += factor->size;
  }
  return result;
}

unsigned SymbolicExpression::depth() const {
  unsigned result = 0;
  for (const Term &term : parts)
    for (const AtomRef &factor : term.factors)
      result = std::max(result, factor->depth);
  return result;
}

std::string SymbolicExpression::str() const {
  if (!valid)
    return "<invalid>";
  if (parts.empty())
    return "0";
  std::string text;
  for (const Term &term : parts) {
    bool negative = term.coefficient < 0;
    uint64_t magnitude = negative ? -static_cast<uint64_t>(term.coefficient)
                                  : static_cast<uint64_t>(term.coefficient);
    if (!text.empty())
      text += negative ? " - " : " + ";
    else if (negative)
      text += "-";
    text += termText(term, magnitude);
  }
  return text;
}

std::optional<int64_t> SymbolicExpression::constant() const {
  if (!valid)
    return std::nullopt;
  if (parts.empty())
    return 0;
  if (parts.size() == 1 && parts.front().factors.empty())
    return parts.front().coefficient;
  return std::nullopt;
}

llvm::StringRef SymbolicExpression::asSymbol() const {
  if (!valid || parts.size() != 1 || parts.front().coefficient != 1 ||
      parts.front().factors.size() != 1)
    return {};
  const Atom &atom = *parts.front().factors.front();
  return atom.kind == Atom::Kind::Symbol ? llvm::StringRef(atom.text) : llvm::StringRef();
}

static void collectSymbols(const SymbolicExpression &e, llvm::StringSet<> &names) {
  for (const Term &term : e.terms())
    for (const AtomRef &factor : term.factors) {
      if (factor->kind == Atom::Kind::Symbol)
        names.insert(factor->text);
      for (const SymbolicExpression &operand : factor->operands)
        collectSymbols(operand, names);
    }
}

void SymbolicExpression::forEachSymbol(llvm::function_ref<void(llvm::StringRef)> callback) const {
  llvm::StringSet<> names;
  collectSymbols(*this, names);
  for (const auto &entry : names)
    callback(entry.getKey());
}

SymbolicExpression SymbolicExpression::operator+(const SymbolicExpression &other) const {
  if (!valid || !other.valid)
    return invalid();
  llvm::SmallVector<Term, 4> terms(parts.begin(), parts.end());
  terms.append(other.parts.begin(), other.parts.end());
  return fromTerms(std::move(terms));
}

SymbolicExpression SymbolicExpression::operator-(const SymbolicExpression &other) const {
  return *this + other * SymbolicExpression(-1);
}

SymbolicExpression SymbolicExpression::operator*(const SymbolicExpression &other) const {
  if (!valid || !other.valid || parts.size() * other.parts.size() > kMaxProducts)
    return invalid();
  llvm::SmallVector<Term, 4> terms;
  for (const Term &a : parts)
    for (const Term &b : other.parts) {
      int64_t coefficient;
      if (llvm::MulOverflow(a.coefficient, b.coefficient, coefficient))
        return invalid();
      terms.push_back({coefficient, mergeFactors(a.factors, b.factors)});
    }
  return fromTerms(std::move(terms));
}

bool SymbolicExpression::operator==(const SymbolicExpression &other) const {
  if (!valid || !other.valid || parts.size() != other.parts.size())
    return false;
  return llvm::all_of(llvm::zip_equal(parts, other.parts), [](const auto &pair) {
    const auto &[a, b] = pair;
    return a.coefficient == b.coefficient && compareFactors(a.factors, b.factors) == 0;
  });
}

std::optional<SymbolicExpression>
SymbolicExpression::divideExactly(const SymbolicExpression &divisor) const {
  if (!valid || !divisor.valid || divisor.parts.empty())
    return std::nullopt;
  const Term &lead = divisor.parts.front();
  SymbolicExpression rest = *this;
  llvm::SmallVector<Term, 4> quotient;
  // Printing order is a monomial order, so leading terms cancel one by one.
  while (!rest.parts.empty()) {
    const Term &top = rest.parts.front();
    auto factors = removeFactors(top.factors, lead.factors);
    // The least integer has no negative, so no difference with it.
    bool fits = top.coefficient != std::numeric_limits<int64_t>::min();
    if (!factors || !fits || top.coefficient % lead.coefficient != 0 || quotient.size() >= kMaxSize)
      return std::nullopt;
    Term step{top.coefficient / lead.coefficient, std::move(*factors)};
    quotient.push_back(step);
    rest = rest - fromTerm(step) * divisor;
    if (!rest.valid)
      return std::nullopt;
  }
  SymbolicExpression result = fromTerms(std::move(quotient));
  return result.valid ? std::optional(result) : std::nullopt;
}

SymbolicExpression SymbolicExpression::floorDiv(const SymbolicExpression &divisor) const {
  return floorDivIn(divisor, {});
}

SymbolicExpression SymbolicExpression::floorDivIn(const SymbolicExpression &divisor,
                                                  const SymbolRanges &ranges) const {
  if (!valid || !divisor.valid)
    return invalid();
  std::optional<int64_t> number = divisor.constant();
  if (number && *number < 1)
    return invalid();
  if (auto exact = divideExactly(divisor))
    return *exact;
  if (!number)
    return fromAtom(Atom::Kind::FloorDiv, {*this, divisor});

  // Whole multiples leave the division; what stays has coefficients in [0, number).
  llvm::SmallVector<Term, 4> whole, rest;
  int64_t common = *number, remainder = 0;
  for (const Term &term : parts) {
    int64_t quotient = floorDivide(term.coefficient, *number);
    int64_t left = term.coefficient - quotient * *number;
    if (quotient != 0)
      whole.push_back({quotient, term.factors});
    if (left == 0)
      continue;
    if (term.factors.empty())
      remainder = left;
    else {
      rest.push_back({left, term.factors});
      common = std::gcd(common, left);
    }
  }
  SymbolicExpression outside = fromTerms(std::move(whole));
  if (rest.empty())
    return outside;
  // floor((g·x + r) / (g·c)) = floor((x + floor(r / g)) / c)
  for (Term &term : rest)
    term.coefficient /= common;
  SymbolicExpression inside = fromTerms(std::move(rest)) + SymbolicExpression(remainder / common);
  int64_t by = *number / common;
  if (by == 1)
    return outside + inside;
  Interval range = inside.bounds(ranges);
  if (range.low >= 0 && range.high < by)
    return outside;
  // floor(floor(x / a) / b) = floor(x / (a·b)) for positive a and b
  if (inside.parts.size() == 1 && inside.parts.front().coefficient == 1 &&
      inside.parts.front().factors.size() == 1) {
    const Atom &atom = *inside.parts.front().factors.front();
    int64_t product;
    if (atom.kind == Atom::Kind::FloorDiv && atom.operands[1].constant() &&
        !llvm::MulOverflow(*atom.operands[1].constant(), by, product))
      return outside + atom.operands[0].floorDivIn(product, ranges);
  }
  return outside + fromAtom(Atom::Kind::FloorDiv, {inside, SymbolicExpression(by)});
}

SymbolicExpression SymbolicExpression::ceilDiv(const SymbolicExpression &divisor) const {
  return (*this + divisor - SymbolicExpression(1)).floorDiv(divisor);
}

SymbolicExpression SymbolicExpression::mod(const SymbolicExpression &divisor) const {
  return *this - divisor * floorDiv(divisor);
}

std::optional<SymbolicExpression> SymbolicExpression::samePresence(const SymbolicExpression &sum,
                                                                   const SymbolRanges &ranges) {
  llvm::SmallVector<Term, 4> terms;
  bool isSimpler = false;
  for (const Term &term : sum.parts) {
    if (term.coefficient < 0 || fromTerm({1, term.factors}).bounds(ranges).low < 0)
      return std::nullopt;
    const Atom *atom = term.factors.size() == 1 ? term.factors.front().get() : nullptr;
    bool isPresence = atom && atom->kind == Atom::Kind::Min && atom->operands.size() == 2 &&
                      atom->operands[0].isConstant(1);
    isSimpler |= isPresence || term.coefficient > 1;
    if (isPresence)
      llvm::append_range(terms, atom->operands[1].parts);
    else
      terms.push_back({1, term.factors});
  }
  if (!isSimpler)
    return std::nullopt;
  SymbolicExpression simpler = fromTerms(std::move(terms));
  return simpler.valid ? std::optional(simpler) : std::nullopt;
}

SymbolicExpression SymbolicExpression::extremum(Atom::Kind kind, const SymbolicExpression &a,
                                                const SymbolicExpression &b,
                                                const SymbolRanges &ranges) {
  if (!a.valid || !b.valid)
    return invalid();
  std::vector<SymbolicExpression> operands;
  for (const SymbolicExpression *side : {&a, &b}) {
    bool same = side->parts.size() == 1 && side->parts.front().coefficient == 1 &&
                side->parts.front().factors.size() == 1 &&
                side->parts.front().factors.front()->kind == kind;
    if (same)
      llvm::append_range(operands, side->parts.front().factors.front()->operands);
    else
      operands.push_back(*side);
  }
  // Keep an operand unless another one that is kept decides the comparison.
  std::vector<SymbolicExpression> kept;
  for (const SymbolicExpression &candidate : operands) {
    auto beats = [&](const SymbolicExpression &x, const SymbolicExpression &y) {
      return kind == Atom::Kind::Min ? provablyLessEqual(x, y, ranges)
                                     : provablyLessEqual(y, x, ranges);
    };
    if (llvm::any_of(kept, [&](const SymbolicExpression &k) { return beats(k, candidate); }))
      continue;
    llvm::erase_if(kept, [&](const SymbolicExpression &k) { return beats(candidate, k); });
    kept.push_back(candidate);
  }
  if (kept.size() == 1)
    return kept.front();
  if (kind == Atom::Kind::Min && kept.size() == 2)
    for (unsigned side : {0u, 1u})
      if (kept[side].isConstant(1))
        if (std::optional<SymbolicExpression> simpler = samePresence(kept[1 - side], ranges))
          return extremum(kind, kept[side], *simpler, ranges);
  llvm::sort(kept, [](const SymbolicExpression &x, const SymbolicExpression &y) {
    bool xConstant = x.constant().has_value(), yConstant = y.constant().has_value();
    return xConstant != yConstant ? xConstant : x.str() < y.str();
  });
  return fromAtom(kind, std::move(kept));
}

SymbolicExpression SymbolicExpression::min(const SymbolicExpression &a,
                                           const SymbolicExpression &b) {
  return extremum(Atom::Kind::Min, a, b, {});
}

SymbolicExpression SymbolicExpression::max(const SymbolicExpression &a,
                                           const SymbolicExpression &b) {
  return extremum(Atom::Kind::Max, a, b, {});
}

SymbolicExpression SymbolicExpression::rebuild(
    llvm::function_ref<std::optional<SymbolicExpression>(const Atom &)> replace,
    const SymbolRanges &ranges) const {
  if (!valid)
    return invalid();
  SymbolicExpression sum;
  for (const Term &term : parts) {
    SymbolicExpression product(term.coefficient);
    for (const AtomRef &factor : term.factors) {
      if (auto value = replace(*factor)) {
        product = product * *value;
        continue;
      }
      if (factor->kind == Atom::Kind::Symbol) {
        product = product * symbol(factor->text);
        continue;
      }
      SymbolicExpression value = factor->operands.front().rebuild(replace, ranges);
      for (const SymbolicExpression &operand : llvm::drop_begin(factor->operands)) {
        SymbolicExpression other = operand.rebuild(replace, ranges);
        value = factor->kind == Atom::Kind::FloorDiv ? value.floorDivIn(other, ranges)
                                                     : extremum(factor->kind, value, other, ranges);
      }
      product = product * value;
    }
    sum = sum + product;
  }
  return sum;
}

SymbolicExpression
SymbolicExpression::substitute(const llvm::StringMap<SymbolicExpression> &values) const {
  return rebuild(
      [&](const Atom &atom) -> std::optional<SymbolicExpression> {
        auto it = atom.kind == Atom::Kind::Symbol ? values.find(atom.text) : values.end();
        return it == values.end() ? std::nullopt : std::optional(it->second);
      },
      {});
}

SymbolicExpression SymbolicExpression::simplify(const SymbolRanges &ranges) const {
  return rebuild(
      [&](const Atom &atom) -> std::optional<SymbolicExpression> {
        auto it = atom.kind == Atom::Kind::Symbol ? ranges.find(atom.text) : ranges.end();
        if (it == ranges.end() || it->second.low != it->second.high)
          return std::nullopt;
        return SymbolicExpression(it->second.low);
      },
      ranges);
}

std::optional<int64_t> SymbolicExpression::evaluate(const llvm::StringMap<int64_t> &symbols) const {
  if (!valid)
    return std::nullopt;
  auto evaluateAtom = [&](const Atom &atom) -> std::optional<int64_t> {
    if (atom.kind == Atom::Kind::Symbol) {
      auto it = symbols.find(atom.text);
      return it == symbols.end() ? std::nullopt : std::optional(it->second);
    }
    std::optional<int64_t> value = atom.operands.front().evaluate(symbols);
    for (const SymbolicExpression &operand : llvm::drop_begin(atom.operands)) {
      std::optional<int64_t> other = operand.evaluate(symbols);
      if (!value || !other || (atom.kind == Atom::Kind::FloorDiv && *other < 1))
        return std::nullopt;
      value = atom.kind == Atom::Kind::FloorDiv ? floorDivide(*value, *other)
              : atom.kind == Atom::Kind::Min    ? std::min(*value, *other)
                                                : std::max(*value, *other);
    }
    return value;
  };
  int64_t sum = 0;
  for (const Term &term : parts) {
    int64_t product = term.coefficient;
    for (const AtomRef &factor : term.factors) {
      std::optional<int64_t> value = evaluateAtom(*factor);
      if (!value || llvm::MulOverflow(product, *value, product))
        return std::nullopt;
    }
    if (llvm::AddOverflow(sum, product, sum))
      return std::nullopt;
  }
  return sum;
}

} // namespace attune
