// Reductions: a scalar function before, one reduction, a map after.
#include "Operators.h"
#include "Scalars.h"

using namespace mlir;

namespace attune::graph {
namespace {

using transformer::ReductionKind;

Value itself(ImplicitLocOpBuilder &, ValueRange args) { return args[0]; }

/// What a reduction works on.
struct Reduction {
  Tensor input;
  SmallVector<int64_t> axes;
  bool keep;
  bool isUnsigned;
};

// Axes are an attribute before `operandSince`, an operand from then on. Nothing after an error.
std::optional<Reduction> reductionOf(Converter &c, int operandSince) {
  int64_t rank = c.rank(0);
  std::optional<SmallVector<int64_t>> given;
  if (c.version() < operandSince) {
    given = c.integers("axes");
  } else if (c.has(1)) {
    given = c.constants(1);
    if (!given) {
      (void)c.unsupported("its axes are not constant");
      return std::nullopt;
    }
  }
  SmallVector<int64_t> axes;
  if (!given || given->empty()) {
    if (c.integer("noop_with_empty_axes", 0) == 0)
      axes = llvm::to_vector(llvm::seq<int64_t>(0, rank));
  } else if (auto checked = c.axes(*given, rank)) {
    axes = *checked;
  } else {
    return std::nullopt;
  }
  return Reduction{c.operand(0), axes, c.integer("keepdims", 1) != 0, c.isUnsigned(0)};
}

// Half-precision sums are taken in f32.
Type sumType(Converter &c, Type element) {
  return isa<FloatType>(element) && element.getIntOrFloatBitWidth() < 32 ? Type(c.b.getF32Type())
                                                                         : element;
}

/// post(Σ pre(x)) in the input's type; both see the accumulation's type.
using Step = llvm::function_ref<Value(const Scalars &, Value)>;

Tensor sumOf(Converter &c, const Reduction &r, Step pre) {
  Type element = r.input.element(), wide = sumType(c, element);
  return c.reduce(ReductionKind::Sum, r.input, r.axes, r.keep, wide,
                  [&](ImplicitLocOpBuilder &b, ValueRange args) {
                    Value x = castScalar(b, args[0], r.isUnsigned, wide, r.isUnsigned);
                    return pre({b, wide, r.isUnsigned}, x);
                  });
}

Tensor after(Converter &c, const Tensor &input, Type element, bool isUnsigned, Step post) {
  return c.elementwise({input}, input.dims, element, [&](ImplicitLocOpBuilder &b, ValueRange args) {
    Value value = post({b, input.element(), isUnsigned}, args[0]);
    return castScalar(b, value, isUnsigned, element, isUnsigned);
  });
}

Value identityStep(const Scalars &, Value x) { return x; }
Value squareStep(const Scalars &s, Value x) { return s.mul(x, x); }
Value absoluteStep(const Scalars &s, Value x) { return s.absolute(x); }

Value rootStep(const Scalars &s, Value x) {
  if (s.isFloat())
    return s.b.createOrFold<math::SqrtOp>(x);
  Type wide = s.b.getF64Type();
  Value root = math::SqrtOp::create(s.b, castScalar(s.b, x, s.isUnsigned, wide, false));
  return castScalar(s.b, root, false, s.type, s.isUnsigned);
}

Value logStep(const Scalars &s, Value x) {
  if (s.isFloat())
    return s.b.createOrFold<math::LogOp>(x);
  Type wide = s.b.getF64Type();
  Value log = math::LogOp::create(s.b, castScalar(s.b, x, s.isUnsigned, wide, false));
  return castScalar(s.b, log, false, s.type, s.isUnsigned);
}

using StepFn = Value (*)(const Scalars &, Value);

template <StepFn pre, StepFn post, int operandSince> LogicalResult sumReduction(Converter &c) {
  std::optional<Reduction> r = reductionOf(c, operandSince);
  if (!r)
    return failure();
  Type element = r->input.element();
  if (element.isInteger(1))
    return c.malformed("its input is boolean");
  Tensor sum = sumOf(c, *r, pre);
  bool isPlain = post == identityStep && sum.element() == element;
  return c.result(isPlain ? sum : after(c, sum, element, r->isUnsigned, post));
}

/// Σ x / n. The number of elements is a size, not an operand.
LogicalResult meanOf(Converter &c, const Reduction &r) {
  Type element = r.input.element();
  if (element.isInteger(1))
    return c.malformed("its input is boolean");
  SymbolicExpression count(1);
  for (int64_t axis : r.axes)
    count = count * r.input.dims[axis];
  Tensor sum = sumOf(c, r, identityStep);
  Tensor size = c.shapeTensor({count}, 0, c.b.getI64Type());
  return c.result(
      c.elementwise({sum, size}, sum.dims, element, [&](ImplicitLocOpBuilder &b, ValueRange args) {
        Scalars s{b, sum.element(), r.isUnsigned};
        Value n = castScalar(b, args[1], false, s.type, r.isUnsigned);
        return castScalar(b, s.div(args[0], n), r.isUnsigned, element, r.isUnsigned);
      }));
}

LogicalResult mean(Converter &c) {
  std::optional<Reduction> r = reductionOf(c, 18);
  return r ? meanOf(c, *r) : failure();
}

// Everything behind batch and channels, kept.
std::optional<Reduction> globalPool(Converter &c) {
  if (c.rank(0) >= 2 && isa<FloatType>(c.element(0)))
    return Reduction{c.operand(0), llvm::to_vector(llvm::seq<int64_t>(2, c.rank(0))), true, false};
  (void)c.malformed("its input has no channels");
  return std::nullopt;
}

LogicalResult globalAveragePool(Converter &c) {
  std::optional<Reduction> r = globalPool(c);
  return r ? meanOf(c, *r) : failure();
}

LogicalResult globalMaxPool(Converter &c) {
  std::optional<Reduction> r = globalPool(c);
  return r ? c.result(c.reduce(ReductionKind::Max, r->input, r->axes, true, c.element(0), itself))
           : failure();
}

template <int operandSince> LogicalResult product(Converter &c) {
  std::optional<Reduction> r = reductionOf(c, operandSince);
  if (!r)
    return failure();
  Type element = r->input.element(), wide = sumType(c, element);
  if (element.isInteger(1))
    return c.malformed("its input is boolean");
  Tensor value = c.reduce(ReductionKind::Prod, r->input, r->axes, r->keep, wide,
                          [&](ImplicitLocOpBuilder &b, ValueRange args) {
                            return castScalar(b, args[0], r->isUnsigned, wide, r->isUnsigned);
                          });
  return c.result(wide == element ? value : after(c, value, element, r->isUnsigned, identityStep));
}

// Reductions compare signed: flipping the sign bit keeps the order of unsigned integers.
Value flipSign(const Scalars &s, Value x) {
  APInt bit = APInt::getSignMask(s.width());
  return s.b.createOrFold<arith::XOrIOp>(
      x, arith::ConstantOp::create(s.b, s.b.getIntegerAttr(s.type, bit)));
}

template <ReductionKind kind, int operandSince> LogicalResult extremum(Converter &c) {
  std::optional<Reduction> r = reductionOf(c, operandSince);
  if (!r)
    return failure();
  Type element = r->input.element();
  bool isBoolean = element.isInteger(1);
  if (!r->isUnsigned && !isBoolean)
    return c.result(c.reduce(kind, r->input, r->axes, r->keep, element, itself));
  Type wide = isBoolean ? Type(c.b.getI8Type()) : element;
  Tensor value = c.reduce(
      kind, r->input, r->axes, r->keep, wide, [&](ImplicitLocOpBuilder &b, ValueRange args) {
        Scalars s{b, wide};
        return isBoolean ? castScalar(b, args[0], true, wide, true) : flipSign(s, args[0]);
      });
  return c.result(after(c, value, element, true, [&](const Scalars &s, Value x) {
    // Of nothing at all, the least boolean is the reduction's neutral element.
    if (isBoolean)
      return s.b.createOrFold<arith::CmpIOp>(arith::CmpIPredicate::sgt, x, s.zero());
    return flipSign(s, x);
  }));
}

/// log Σ exp(x), with the maximum m taken out; where m is infinite nothing is.
LogicalResult logSumExp(Converter &c) {
  std::optional<Reduction> r = reductionOf(c, 18);
  if (!r)
    return failure();
  Type element = r->input.element();
  if (!isa<FloatType>(element))
    return c.unsupported("its input is no float");
  Type wide = sumType(c, element);
  Tensor most = c.reduce(ReductionKind::Max, r->input, r->axes, /*keep=*/true, element, itself);
  Tensor shift =
      c.elementwise({most}, most.dims, element, [&](ImplicitLocOpBuilder &b, ValueRange args) {
        Scalars s{b, element};
        Value infinity = s.constant(std::numeric_limits<double>::infinity());
        Value isFinite = s.compare(Scalars::Compare::Lt, s.absolute(args[0]), infinity);
        return s.choose(isFinite, args[0], s.zero());
      });
  Tensor powers = c.elementwise(
      {r->input, shift}, r->input.dims, wide, [&](ImplicitLocOpBuilder &b, ValueRange args) {
        Scalars s{b, wide};
        Value x = castScalar(b, args[0], false, wide, false);
        return s.exp(s.sub(x, castScalar(b, args[1], false, wide, false)));
      });
  Tensor sum = c.reduce(ReductionKind::Sum, powers, r->axes, r->keep, wide, itself);
  Tensor kept = c.reshape(shift, sum.dims);
  return c.result(
      c.elementwise({sum, kept}, sum.dims, element, [&](ImplicitLocOpBuilder &b, ValueRange args) {
        Scalars s{b, wide};
        Value value = s.add(logStep(s, args[0]), castScalar(b, args[1], false, wide, false));
        return castScalar(b, value, false, element, false);
      }));
}

} // namespace

llvm::ArrayRef<Operator> reduceOperators() {
  static const Operator operators[] = {
      {"GlobalAveragePool", 1, 1, 1, globalAveragePool},
      {"GlobalMaxPool", 1, 1, 1, globalMaxPool},
      {"ReduceL1", 1, 1, 2, sumReduction<absoluteStep, identityStep, 18>},
      {"ReduceL2", 1, 1, 2, sumReduction<squareStep, rootStep, 18>},
      {"ReduceLogSum", 1, 1, 2, sumReduction<identityStep, logStep, 18>},
      {"ReduceLogSumExp", 1, 1, 2, logSumExp},
      {"ReduceMax", 1, 1, 2, extremum<ReductionKind::Max, 18>},
      {"ReduceMean", 1, 1, 2, mean},
      {"ReduceMin", 1, 1, 2, extremum<ReductionKind::Min, 18>},
      {"ReduceProd", 1, 1, 2, product<18>},
      {"ReduceSum", 1, 1, 2, sumReduction<identityStep, identityStep, 13>},
      {"ReduceSumSquare", 1, 1, 2, sumReduction<squareStep, identityStep, 18>},
  };
  return operators;
}

} // namespace attune::graph
