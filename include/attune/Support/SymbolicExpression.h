// Symbolic sizes: polynomials over a model's dimension symbols, with min, max and floor
// division, in one canonical form. Dimension attributes carry their text.
#pragma once

#include "llvm/ADT/ArrayRef.h"
#include "llvm/ADT/STLFunctionalExtras.h"
#include "llvm/ADT/SmallVector.h"
#include "llvm/ADT/StringMap.h"
#include "llvm/ADT/StringRef.h"

#include <cstdint>
#include <limits>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace attune {

/// The values that a symbol may take, both ends included.
struct SymbolRange {
  int64_t low = 0;
  int64_t high = (int64_t{1} << 31) - 1;
};

/// Ranges by symbol name; a symbol that is not listed has the default range.
using SymbolRanges = llvm::StringMap<SymbolRange>;

/// What a value is known to lie between; the ends of int64_t mean unbounded.
struct Interval {
  int64_t low = std::numeric_limits<int64_t>::min();
  int64_t high = std::numeric_limits<int64_t>::max();
};

/// A canonical polynomial: expressions that the rules below can make equal print equally.
///
/// Arithmetic that overflows 64 bits, or an expression that grows over a fixed size, gives an
/// invalid expression, which every further operation keeps; ask `isValid` where it matters.
class SymbolicExpression {
public:
  /// A factor that is not a product itself: a symbol or a function of expressions.
  struct Atom {
    enum class Kind { Symbol, Min, Max, FloorDiv };
    Kind kind;
    std::string text;                         ///< canonical; two atoms are equal if it is
    std::vector<SymbolicExpression> operands; ///< none for a symbol, two for FloorDiv
    unsigned size;                            ///< nodes in it
    unsigned depth;                           ///< levels of functions
  };
  using AtomRef = std::shared_ptr<const Atom>;
  /// `coefficient` times all `factors`; never zero in an expression.
  struct Term {
    int64_t coefficient;
    llvm::SmallVector<AtomRef, 2> factors; ///< ordered, with repetition
  };

  /// A constant.
  SymbolicExpression(int64_t value = 0);
  /// The symbol of that name; invalid when `isSymbolName` says no.
  static SymbolicExpression symbol(llvm::StringRef name);
  /// Letters, digits, `_`, `.`, `:` and `$`, not starting with a digit, at most 128 long, and no
  /// word of the grammar.
  static bool isSymbolName(llvm::StringRef name);
  /// One term alone.
  static SymbolicExpression fromTerm(const Term &term);
  /// Reads what `str` prints and what exporters write in dim_param: `Min(512, seq)`, `2*seq`,
  /// `seq//2`, `floor(seq/2 + 1/2)`, `s**2`, `Mod(s, 4)`. Nothing when it is no such text, or
  /// not an integer for all values (`seq/2`).
  static std::optional<SymbolicExpression> parse(llvm::StringRef text);
  static SymbolicExpression invalid();

  bool isValid() const { return valid; }
  /// The canonical text, which `parse` reads: "batch * seq", "2 * seq + 1", "min(512, seq)",
  /// "(seq + 3) floordiv 4".
  std::string str() const;

  /// The value, when it is the same for all symbols.
  std::optional<int64_t> constant() const;
  bool isConstant(int64_t value) const { return constant() == value; }
  /// The name, when the expression is exactly one symbol; else empty.
  llvm::StringRef asSymbol() const;
  /// The terms in printing order (higher degrees first, the constant last).
  llvm::ArrayRef<Term> terms() const { return parts; }
  /// Calls back once per symbol in it, in no given order.
  void forEachSymbol(llvm::function_ref<void(llvm::StringRef)> callback) const;

  SymbolicExpression operator+(const SymbolicExpression &other) const;
  SymbolicExpression operator-(const SymbolicExpression &other) const;
  SymbolicExpression operator*(const SymbolicExpression &other) const;
  SymbolicExpression operator-() const { return SymbolicExpression(0) - *this; }
  bool operator==(const SymbolicExpression &other) const;
  bool operator!=(const SymbolicExpression &other) const { return !(*this == other); }

  /// Rounds towards minus infinity. The divisor is taken to be positive: invalid when it is a
  /// constant below one.
  SymbolicExpression floorDiv(const SymbolicExpression &divisor) const;
  SymbolicExpression ceilDiv(const SymbolicExpression &divisor) const;
  /// In [0, divisor).
  SymbolicExpression mod(const SymbolicExpression &divisor) const;
  /// The quotient, when the divisor divides this as a polynomial.
  std::optional<SymbolicExpression> divideExactly(const SymbolicExpression &divisor) const;
  static SymbolicExpression min(const SymbolicExpression &a, const SymbolicExpression &b);
  static SymbolicExpression max(const SymbolicExpression &a, const SymbolicExpression &b);

  /// Replaces symbols by expressions; unnamed symbols stay.
  SymbolicExpression substitute(const llvm::StringMap<SymbolicExpression> &values) const;
  /// The same value under `ranges` with minima and maxima that they decide removed.
  SymbolicExpression simplify(const SymbolRanges &ranges) const;
  /// The value; nothing when a symbol is missing, a divisor is not positive or 64 bits overflow.
  std::optional<int64_t> evaluate(const llvm::StringMap<int64_t> &symbols) const;

  /// A safe interval for the value under `ranges`.
  Interval bounds(const SymbolRanges &ranges = {}) const;
  /// True only if a ≤ b for all values in `ranges`.
  static bool provablyLessEqual(const SymbolicExpression &a, const SymbolicExpression &b,
                                const SymbolRanges &ranges = {});
  /// True only if a = b for all values in `ranges`.
  static bool provablyEqual(const SymbolicExpression &a, const SymbolicExpression &b,
                            const SymbolRanges &ranges = {});

private:
  static SymbolicExpression fromTerms(llvm::SmallVectorImpl<Term> &&terms);
  static SymbolicExpression fromAtom(Atom::Kind kind, std::vector<SymbolicExpression> operands);
  /// A simpler sum that is zero exactly where this one of non-negative terms is: min(1, x) asks
  /// nothing else of x. Nothing where there is none.
  static std::optional<SymbolicExpression> samePresence(const SymbolicExpression &sum,
                                                        const SymbolRanges &ranges);
  static SymbolicExpression extremum(Atom::Kind kind, const SymbolicExpression &a,
                                     const SymbolicExpression &b, const SymbolRanges &ranges);
  SymbolicExpression floorDivIn(const SymbolicExpression &divisor,
                                const SymbolRanges &ranges) const;
  SymbolicExpression
  rebuild(llvm::function_ref<std::optional<SymbolicExpression>(const Atom &)> replace,
          const SymbolRanges &ranges) const;
  SymbolicExpression replaceFactor(const Atom &atom, const SymbolicExpression &value,
                                   int64_t factor) const;
  Interval boundsWithin(const SymbolRanges &ranges, unsigned splits) const;
  int64_t lowerBound(const SymbolRanges &ranges, unsigned splits) const;
  std::optional<int64_t> splitLowerBound(const SymbolRanges &ranges, unsigned splits) const;
  unsigned size() const;
  unsigned depth() const;

  llvm::SmallVector<Term, 0> parts;
  bool valid = true;
};

} // namespace attune
