// What moves along a sequence: caches that are written, running sums.
#include "Operators.h"
#include "Pieces.h"
#include "Scalars.h"
#include "attune/Dialect/Transformer/Analysis/ElementExpression.h"

using namespace mlir;

namespace attune::graph {
namespace {

/// Inputs: past cache, update, write indices.
LogicalResult tensorScatter(Converter &c) {
  StringRef mode = c.text("mode", "linear");
  if (mode != "linear" && mode != "circular")
    return c.malformed("mode is '" + mode + "'");
  Tensor past = c.operand(0), update = c.operand(1);
  std::optional<int64_t> axis = c.axis(c.integer("axis", -2), past.rank());
  if (!axis)
    return failure();
  if (*axis == 0 || update.rank() != past.rank() || update.element() != past.element())
    return c.malformed("its inputs' types or ranks differ, or its axis is the batch");
  for (auto [i, extent] : llvm::enumerate(past.dims))
    if (static_cast<int64_t>(i) != *axis && !c.requireEqual(extent, update.dims[i]))
      return failure();
  SymbolicExpression size = past.dims[*axis], count = update.dims[*axis];
  if (!c.requireLessEqual(count, size))
    return failure();
  if (!c.has(2)) {
    SymbolicExpression rest = c.symbols.simplify(size - count);
    if (rest.isConstant(0))
      return c.result(update);
    Tensor whole = joined(c, {update, part(c, past, *axis, count, rest)}, *axis);
    return c.result(c.reshape(whole, past.dims));
  }
  Tensor start = c.operand(2);
  if (start.rank() != 1 || !isa<IntegerType>(start.element()) || start.element().isInteger(1))
    return c.malformed("its write indices are no vector of integers");
  if (!c.requireEqual(start.dims[0], past.dims[0]))
    return failure();
  return c.result(
      c.cacheAppend(past, update, widened(c, start), *axis, size, /*ring=*/mode == "circular"));
}

/// The sums of zeros, and of ones: how many there are up to each place. Masks can see through
/// those. A null tensor for anything else.
Tensor countedOnes(Converter &c, const Tensor &input, int64_t axis, bool exclusive, bool reverse) {
  transformer::ElementExpressions expressions(input.dims);
  std::optional<double> each = expressions.number(expressions.element(input.value));
  if (each == 0.0)
    return c.splat(c.b.getZeroAttr(input.element()), input.dims);
  if (each != 1.0)
    return {};
  Type i64 = c.b.getI64Type();
  Tensor size = c.shapeTensor({input.dims[axis]}, 0, i64);
  return c.map({size}, {c.select(input.rank(), {})}, input.dims, input.element(),
               [&](ImplicitLocOpBuilder &b, ValueRange args) {
                 Scalars s{b, i64};
                 Value at = loopAsInteger(b, axis);
                 Value count = reverse ? s.sub(args[0], at) : s.add(at, s.integer(1));
                 if (exclusive)
                   count = s.sub(count, s.integer(1));
                 return castScalar(b, count, false, input.element(), false);
               });
}

/// y[i] = Σ x[j] over j ≤ i, or as `exclusive` and `reverse` say.
LogicalResult cumSum(Converter &c) {
  Tensor input = c.operand(0);
  std::optional<SmallVector<int64_t>> given = c.constants(1);
  // A vector has one axis only.
  if (!given && input.rank() == 1)
    given = SmallVector<int64_t>{0};
  if (!given || given->size() != 1)
    return c.unsupported("its axis is not constant", "export the model with a constant axis");
  std::optional<int64_t> axis = c.axis(given->front(), input.rank());
  if (!axis)
    return failure();
  Type element = input.element();
  if (element.isInteger(1))
    return c.malformed("its input is boolean");
  bool exclusive = c.integer("exclusive", 0) != 0, reverse = c.integer("reverse", 0) != 0;
  if (Tensor counted = countedOnes(c, input, *axis, exclusive, reverse))
    return c.result(counted);
  // One loop more than the input has: the last is the position summed over.
  SymbolicShape dims(input.dims);
  dims.push_back(input.dims[*axis]);
  int64_t rank = input.rank();
  SmallVector<int64_t> loops = llvm::to_vector(llvm::seq<int64_t>(0, rank));
  AffineMap out = c.select(rank + 1, loops);
  loops[*axis] = rank;
  Tensor sum =
      c.reduce(transformer::ReductionKind::Sum, {input}, {c.select(rank + 1, loops)}, dims, out,
               element, [&](ImplicitLocOpBuilder &b, ValueRange args) {
                 Scalars at{b, b.getI64Type()}, values{b, element};
                 Value here = loopAsInteger(b, *axis), other = loopAsInteger(b, rank);
                 if (reverse)
                   std::swap(here, other);
                 auto how = exclusive ? Scalars::Compare::Lt : Scalars::Compare::Le;
                 return values.choose(at.compare(how, other, here), args[0], values.zero());
               });
  return c.result(sum);
}

} // namespace

llvm::ArrayRef<Operator> stateOperators() {
  static const Operator operators[] = {
      {"CumSum", 11, 2, 2, cumSum},
      {"TensorScatter", 24, 2, 3, tensorScatter},
  };
  return operators;
}

} // namespace attune::graph
