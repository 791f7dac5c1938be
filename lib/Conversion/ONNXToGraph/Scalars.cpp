// Scalar arithmetic with ONNX's meaning.
#include "Scalars.h"

#include "attune/Dialect/Transformer/IR/TransformerDialect.h"

using namespace mlir;

namespace attune::graph {

Value Scalars::constant(double value) const {
  if (!isFloat())
    return integer(static_cast<int64_t>(value));
  return arith::ConstantOp::create(b, b.getFloatAttr(type, value));
}

Value Scalars::integer(int64_t value) const {
  APInt bits = APInt(64, value, /*isSigned=*/true).trunc(width());
  return arith::ConstantOp::create(b, b.getIntegerAttr(type, bits));
}

Value Scalars::boolean(bool value) const {
  return arith::ConstantOp::create(b, b.getBoolAttr(value));
}

Value Scalars::add(Value x, Value y) const {
  return isFloat() ? b.createOrFold<arith::AddFOp>(x, y) : b.createOrFold<arith::AddIOp>(x, y);
}

Value Scalars::sub(Value x, Value y) const {
  return isFloat() ? b.createOrFold<arith::SubFOp>(x, y) : b.createOrFold<arith::SubIOp>(x, y);
}

Value Scalars::mul(Value x, Value y) const {
  return isFloat() ? b.createOrFold<arith::MulFOp>(x, y) : b.createOrFold<arith::MulIOp>(x, y);
}

Value Scalars::div(Value x, Value y) const {
  if (isFloat())
    return b.createOrFold<arith::DivFOp>(x, y);
  Value one = integer(1), isZero = compare(Compare::Eq, y, zero());
  if (isUnsigned)
    return choose(isZero, zero(), b.createOrFold<arith::DivUIOp>(x, choose(isZero, one, y)));
  // The least integer divided by -1 overflows: negate instead, which wraps.
  Value isMinusOne = compare(Compare::Eq, y, integer(-1));
  Value safe = choose(b.createOrFold<arith::OrIOp>(isZero, isMinusOne), one, y);
  Value quotient = b.createOrFold<arith::DivSIOp>(x, safe);
  return choose(isZero, zero(), choose(isMinusOne, negate(x), quotient));
}

Value Scalars::remainder(Value x, Value y) const {
  if (isFloat())
    return b.createOrFold<arith::RemFOp>(x, y);
  Value isZero = compare(Compare::Eq, y, zero());
  if (isUnsigned)
    return choose(isZero, zero(), b.createOrFold<arith::RemUIOp>(x, choose(isZero, integer(1), y)));
  // By -1, 0 and 1 alike the result is 0.
  Value isUnit = b.createOrFold<arith::OrIOp>(isZero, compare(Compare::Eq, y, integer(-1)));
  return b.createOrFold<arith::RemSIOp>(x, choose(isUnit, integer(1), y));
}

Value Scalars::modulo(Value x, Value y) const {
  Value rest = remainder(x, y);
  if (isUnsigned)
    return rest;
  Value isWhole = compare(Compare::Eq, rest, zero());
  if (isFloat()) // a zero takes the divisor's sign
    return choose(isWhole, b.createOrFold<math::CopySignOp>(rest, y), floorModulo(rest, y));
  return choose(isWhole, rest, floorModulo(rest, y));
}

// A remainder that is not zero, moved to the divisor's sign.
Value Scalars::floorModulo(Value rest, Value y) const {
  Value sameSign =
      b.createOrFold<arith::CmpIOp>(arith::CmpIPredicate::eq, compare(Compare::Lt, rest, zero()),
                                    compare(Compare::Lt, y, zero()));
  return choose(sameSign, rest, add(rest, y));
}

Value Scalars::minus(Value x) const { return b.createOrFold<arith::NegFOp>(x); }

Value Scalars::absolute(Value x) const {
  if (isFloat())
    return b.createOrFold<math::AbsFOp>(x);
  return isUnsigned ? x : max(x, negate(x));
}

Value Scalars::max(Value x, Value y) const {
  if (isFloat())
    return b.createOrFold<arith::MaximumFOp>(x, y);
  return isUnsigned ? b.createOrFold<arith::MaxUIOp>(x, y) : b.createOrFold<arith::MaxSIOp>(x, y);
}

Value Scalars::min(Value x, Value y) const {
  if (isFloat())
    return b.createOrFold<arith::MinimumFOp>(x, y);
  return isUnsigned ? b.createOrFold<arith::MinUIOp>(x, y) : b.createOrFold<arith::MinSIOp>(x, y);
}

Value Scalars::compare(Compare how, Value x, Value y) const {
  using F = arith::CmpFPredicate;
  using I = arith::CmpIPredicate;
  static constexpr F floats[] = {F::OEQ, F::UNE, F::OLT, F::OLE, F::OGT, F::OGE};
  static constexpr I integers[] = {I::eq, I::ne, I::slt, I::sle, I::sgt, I::sge};
  static constexpr I unsignedIntegers[] = {I::eq, I::ne, I::ult, I::ule, I::ugt, I::uge};
  auto index = static_cast<size_t>(how);
  if (isFloat())
    return b.createOrFold<arith::CmpFOp>(floats[index], x, y);
  return b.createOrFold<arith::CmpIOp>(isUnsigned ? unsignedIntegers[index] : integers[index], x,
                                       y);
}

Value Scalars::choose(Value condition, Value x, Value y) const {
  return b.createOrFold<arith::SelectOp>(condition, x, y);
}

Value Scalars::sigmoid(Value x) const {
  return transformer::ActivationOp::create(b, transformer::ActivationKind::Sigmoid, x);
}

Value Scalars::exp(Value x) const { return b.createOrFold<math::ExpOp>(x); }

Value Scalars::power(Value x, Value y) const { return b.createOrFold<math::PowFOp>(x, y); }

// 2^exponent as a float of that type.
static Value powerOfTwo(ImplicitLocOpBuilder &b, FloatType type, unsigned exponent, bool negative) {
  double value = std::ldexp(negative ? -1.0 : 1.0, exponent);
  return arith::ConstantOp::create(b, b.getFloatAttr(type, value));
}

static Value floatToInteger(ImplicitLocOpBuilder &b, Value x, IntegerType to, bool toUnsigned) {
  // Half precision cannot hold the limits.
  if (x.getType().getIntOrFloatBitWidth() < 32)
    x = arith::ExtFOp::create(b, b.getF32Type(), x);
  auto from = cast<FloatType>(x.getType());
  unsigned width = to.getWidth();
  Scalars s{b, from};
  Value low = toUnsigned ? s.zero() : powerOfTwo(b, from, width - 1, true);
  Value end = powerOfTwo(b, from, toUnsigned ? width : width - 1, false);
  Value isLow = s.compare(Scalars::Compare::Lt, x, low);
  Value isHigh = s.compare(Scalars::Compare::Ge, x, end);
  Value isNan = b.createOrFold<arith::CmpFOp>(arith::CmpFPredicate::UNO, x, x);
  Value outside = b.createOrFold<arith::OrIOp>(b.createOrFold<arith::OrIOp>(isLow, isHigh), isNan);
  Value safe = s.choose(outside, s.zero(), x);
  Value whole = toUnsigned ? b.createOrFold<arith::FPToUIOp>(to, safe)
                           : b.createOrFold<arith::FPToSIOp>(to, safe);
  auto limit = [&](const APInt &bits) -> Value {
    return arith::ConstantOp::create(b, b.getIntegerAttr(to, bits));
  };
  Value least = limit(toUnsigned ? APInt::getMinValue(width) : APInt::getSignedMinValue(width));
  Value most = limit(toUnsigned ? APInt::getMaxValue(width) : APInt::getSignedMaxValue(width));
  return s.choose(isHigh, most, s.choose(isLow, least, whole));
}

Value castScalar(ImplicitLocOpBuilder &b, Value x, bool fromUnsigned, Type to, bool toUnsigned) {
  Type from = x.getType();
  if (to.isInteger(1)) {
    Scalars s{b, from};
    return from == to ? x : s.compare(Scalars::Compare::Ne, x, s.zero());
  }
  bool zeroExtend = fromUnsigned || from.isInteger(1);
  if (auto integer = dyn_cast<IntegerType>(to)) {
    if (isa<FloatType>(from))
      return floatToInteger(b, x, integer, toUnsigned);
    unsigned fromWidth = from.getIntOrFloatBitWidth();
    if (fromWidth == integer.getWidth())
      return x;
    if (fromWidth > integer.getWidth())
      return b.createOrFold<arith::TruncIOp>(to, x);
    return zeroExtend ? b.createOrFold<arith::ExtUIOp>(to, x)
                      : b.createOrFold<arith::ExtSIOp>(to, x);
  }
  if (isa<IntegerType>(from))
    return zeroExtend ? b.createOrFold<arith::UIToFPOp>(to, x)
                      : b.createOrFold<arith::SIToFPOp>(to, x);
  if (from == to)
    return x;
  unsigned fromWidth = from.getIntOrFloatBitWidth(), toWidth = to.getIntOrFloatBitWidth();
  if (fromWidth == toWidth) // f16 and bf16
    return arith::TruncFOp::create(b, to, arith::ExtFOp::create(b, b.getF32Type(), x));
  return fromWidth < toWidth ? b.createOrFold<arith::ExtFOp>(to, x)
                             : b.createOrFold<arith::TruncFOp>(to, x);
}

} // namespace attune::graph
