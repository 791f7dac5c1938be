// Computations on sizes: small integer tensors whose elements are symbolic expressions.
#pragma once

#include "Converter.h"

namespace attune::graph {

/// A small tensor with known elements, in row-major order.
struct KnownSizes {
  SymbolicShape elements;
  llvm::SmallVector<int64_t> shape;

  static KnownSizes scalar(const SymbolicExpression &element) { return {{element}, {}}; }
  static KnownSizes vector(SymbolicShape elements) {
    int64_t count = elements.size();
    return {std::move(elements), {count}};
  }
  unsigned rank() const { return shape.size(); }
  /// The elements that the shape has room for.
  size_t count() const;
  /// Element i, or the only one.
  const SymbolicExpression &at(size_t i) const { return elements[elements.size() == 1 ? 0 : i]; }
  /// The shape of all together when each has it, ones in front aside, or is one element.
  static std::optional<llvm::SmallVector<int64_t>>
  broadcast(llvm::ArrayRef<const KnownSizes *> operands);
  /// The elements at all combinations of the places that each dimension is read at.
  KnownSizes picked(llvm::ArrayRef<llvm::SmallVector<int64_t>> places) const;
};

/// The operands of a computation on sizes, and its result.
class SizeComputation {
public:
  explicit SizeComputation(Converter &c) : c(c) {}

  /// The result, when the operator is one of those that it knows and all it needs is known.
  std::optional<KnownSizes> run();

private:
  std::optional<KnownSizes> known(unsigned i);
  std::optional<llvm::SmallVector<int64_t>> axesOf(int64_t rank, bool adds);

  using Function = std::optional<SymbolicExpression> (SizeComputation::*)(
      const SymbolicExpression &, const SymbolicExpression &);
  std::optional<KnownSizes> binary(Function function);
  std::optional<KnownSizes> fold(Function function);
  std::optional<KnownSizes> unary(Function function, const SymbolicExpression &first);
  std::optional<KnownSizes> reduce(Function function, int64_t neutral);
  std::optional<KnownSizes> where();
  std::optional<KnownSizes> castTo();

  std::optional<KnownSizes> concat();
  std::optional<KnownSizes> expand();
  std::optional<KnownSizes> gather();
  std::optional<KnownSizes> range();
  std::optional<KnownSizes> reshape();
  std::optional<KnownSizes> scatter();
  std::optional<KnownSizes> slice();
  std::optional<KnownSizes> squeeze();
  std::optional<KnownSizes> transpose();
  std::optional<KnownSizes> unsqueeze();

  std::optional<SymbolicExpression> add(const SymbolicExpression &a, const SymbolicExpression &b) {
    return a + b;
  }
  std::optional<SymbolicExpression> sub(const SymbolicExpression &a, const SymbolicExpression &b) {
    return a - b;
  }
  std::optional<SymbolicExpression> mul(const SymbolicExpression &a, const SymbolicExpression &b) {
    return a * b;
  }
  std::optional<SymbolicExpression> div(const SymbolicExpression &a, const SymbolicExpression &b);
  std::optional<SymbolicExpression> mod(const SymbolicExpression &a, const SymbolicExpression &b);
  std::optional<SymbolicExpression> min(const SymbolicExpression &a, const SymbolicExpression &b) {
    return SymbolicExpression::min(a, b);
  }
  std::optional<SymbolicExpression> max(const SymbolicExpression &a, const SymbolicExpression &b) {
    return SymbolicExpression::max(a, b);
  }
  std::optional<SymbolicExpression> equal(const SymbolicExpression &a, const SymbolicExpression &b);
  std::optional<SymbolicExpression> less(const SymbolicExpression &a, const SymbolicExpression &b);
  std::optional<SymbolicExpression> greater(const SymbolicExpression &a,
                                            const SymbolicExpression &b) {
    return less(b, a);
  }
  std::optional<SymbolicExpression> lessOrEqual(const SymbolicExpression &a,
                                                const SymbolicExpression &b) {
    std::optional<SymbolicExpression> value = less(b, a);
    return value ? std::optional(SymbolicExpression(1) - *value) : std::nullopt;
  }
  std::optional<SymbolicExpression> greaterOrEqual(const SymbolicExpression &a,
                                                   const SymbolicExpression &b) {
    return lessOrEqual(b, a);
  }

  Converter &c;
};

} // namespace attune::graph
