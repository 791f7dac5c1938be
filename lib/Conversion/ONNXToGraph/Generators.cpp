// Tensors that come from sizes and positions: shapes, constants, ranges, triangles.
#include "Operators.h"
#include "Scalars.h"

#include <cmath>

using namespace mlir;

namespace attune::graph {
namespace {

LogicalResult shape(Converter &c) {
  SymbolicShape dims = c.dims(0);
  int64_t rank = dims.size();
  // Out-of-range ends are limited, as for slices.
  auto position = [&](StringRef attribute, int64_t otherwise) {
    int64_t at = c.integer(attribute, otherwise);
    return std::clamp<int64_t>(at < 0 ? std::max(at, -rank) + rank : at, 0, rank);
  };
  int64_t start = position("start", 0), end = position("end", rank);
  SymbolicShape picked;
  for (int64_t i = start; i < end; ++i)
    picked.push_back(dims[i]);
  int64_t count = picked.size();
  return c.resultElements(picked, {count}, c.b.getI64Type());
}

LogicalResult size(Converter &c) {
  return c.resultElements({transformer::product(c.dims(0))}, {}, c.b.getI64Type());
}

LogicalResult constantOfShape(Converter &c) {
  const SymbolicShape *dims = c.elements(0);
  if (!dims)
    return c.unsupported("its shape depends on input data");
  TypedAttr value = c.b.getF32FloatAttr(0);
  if (Attribute given = c.node.getNodeAttributes().get("value")) {
    auto dense = dyn_cast<DenseElementsAttr>(given);
    Type element = dense ? signlessElement(dense.getElementType()) : Type();
    if (!element || dense.getNumElements() != 1)
      return c.malformed("its value is not one number");
    value = cast<TypedAttr>(*dense.bitcast(element).getValues<Attribute>().begin());
  }
  SymbolicShape extents(*dims);
  return c.result(c.splat(value, extents));
}

Value indexAs(ImplicitLocOpBuilder &b, int64_t loop, Type element) {
  Value index = transformer::IndexOp::create(b, b.getI64IntegerAttr(loop));
  if (isa<IntegerType>(element))
    return arith::IndexCastOp::create(b, element, index);
  return arith::SIToFPOp::create(b, element, arith::IndexCastOp::create(b, b.getI64Type(), index));
}

// The number in a constant of one element.
std::optional<double> scalarOf(const Tensor &tensor) {
  DenseElementsAttr dense = Converter::denseOf(tensor);
  if (!dense || dense.getNumElements() != 1 || !isa<FloatType>(dense.getElementType()))
    return std::nullopt;
  return (*dense.getValues<APFloat>().begin()).convertToDouble();
}

// How many steps of `delta` lead from `start` to before `limit`; nothing after an error.
std::optional<SymbolicExpression> rangeLength(Converter &c) {
  auto fail = [&](LogicalResult) { return std::nullopt; };
  constexpr double kMost = 1u << 31;
  if (isa<FloatType>(c.element(0))) {
    std::optional<double> start = scalarOf(c.operand(0)), limit = scalarOf(c.operand(1)),
                          delta = scalarOf(c.operand(2));
    if (!start || !limit || !delta)
      return fail(c.unsupported("its length depends on input data"));
    double count = std::ceil((*limit - *start) / *delta);
    if (*delta == 0 || !(count < kMost))
      return fail(c.malformed("its length is no size"));
    return SymbolicExpression(count > 0 ? static_cast<int64_t>(count) : 0);
  }
  const SymbolicShape *start = c.elements(0), *limit = c.elements(1), *delta = c.elements(2);
  if (!start || !limit || !delta)
    return fail(c.unsupported("its length depends on input data"));
  if (start->size() != 1 || limit->size() != 1 || delta->size() != 1)
    return fail(c.malformed("its inputs are not scalars"));
  std::optional<int64_t> step = delta->front().constant();
  if (!step)
    return fail(c.unsupported("its delta is not constant"));
  if (*step == 0)
    return fail(c.malformed("its delta is 0"));
  SymbolicExpression distance = limit->front() - start->front();
  SymbolicExpression count =
      *step > 0 ? distance.ceilDiv(*step) : (-distance).ceilDiv(-SymbolicExpression(*step));
  return SymbolicExpression::max(0, count);
}

/// start + i · delta.
LogicalResult range(Converter &c) {
  Type element = c.element(0);
  if (c.element(1) != element || c.element(2) != element || element.isInteger(1))
    return c.malformed("its inputs' element types differ");
  std::optional<SymbolicExpression> length = rangeLength(c);
  if (!length)
    return failure();
  Tensor start = c.reshape(c.operand(0), {}), delta = c.reshape(c.operand(2), {});
  return c.result(c.elementwise({start, delta}, {*length}, element,
                                [&](ImplicitLocOpBuilder &b, ValueRange args) {
                                  Scalars s{b, element};
                                  Value offset = s.mul(indexAs(b, 0, element), args[1]);
                                  return s.add(args[0], offset);
                                }));
}

/// The upper triangle keeps element (i, j) where j − i ≥ k, the lower where j − i ≤ k.
LogicalResult triangle(Converter &c) {
  int64_t rank = c.rank(0);
  if (rank < 2)
    return c.malformed("its input is no matrix");
  bool upper = c.integer("upper", 1) != 0;
  Tensor input = c.operand(0);
  Type i64 = c.b.getI64Type();
  if (c.has(1) && (c.element(1) != i64 || c.rank(1) > 1))
    return c.malformed("k is not one integer");
  if (c.has(1) && c.rank(1) == 1 && !c.requireEqual(c.dims(1)[0], 1))
    return failure();
  Tensor k =
      c.has(1) ? c.reshape(c.operand(1), {}) : c.shapeTensor({SymbolicExpression(0)}, 0, i64);
  return c.result(c.elementwise(
      {input, k}, input.dims, input.element(), [&](ImplicitLocOpBuilder &b, ValueRange args) {
        Scalars integers{b, i64}, values{b, input.element()};
        Value distance = integers.sub(indexAs(b, rank - 1, i64), indexAs(b, rank - 2, i64));
        auto how = upper ? Scalars::Compare::Ge : Scalars::Compare::Le;
        return values.choose(integers.compare(how, distance, args[1]), args[0], values.zero());
      }));
}

/// Ones on diagonal k.
LogicalResult eyeLike(Converter &c) {
  SymbolicShape dims = c.dims(0);
  if (dims.size() != 2)
    return c.malformed("its input is no matrix");
  int64_t k = c.integer("k", 0);
  Type element = signlessElement(getElementTypeOrSelf(c.node.getResult(0)));
  Type i64 = c.b.getI64Type();
  if (!element)
    return c.unsupported("its output has an unsupported type");
  return c.result(c.map({}, {}, dims, element, [&](ImplicitLocOpBuilder &b, ValueRange) {
    Scalars integers{b, i64}, values{b, element};
    Value distance = integers.sub(indexAs(b, 1, i64), indexAs(b, 0, i64));
    Value isOne = integers.compare(Scalars::Compare::Eq, distance, integers.integer(k));
    return values.choose(isOne, values.constant(1), values.zero());
  }));
}

} // namespace

llvm::ArrayRef<Operator> generatorOperators() {
  static const Operator operators[] = {
      {"ConstantOfShape", 9, 1, 1, constantOfShape},
      {"EyeLike", 9, 1, 1, eyeLike},
      {"Range", 11, 3, 3, range},
      {"Shape", 1, 1, 1, shape},
      {"Size", 1, 1, 1, size},
      {"Trilu", 14, 1, 2, triangle},
  };
  return operators;
}

} // namespace attune::graph
