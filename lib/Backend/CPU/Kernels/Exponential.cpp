// x = n + f with n an integer and |f| ≤ 1/2; 2^f is a polynomial, and n goes to the exponent.
#include "Exponential.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"

using namespace mlir;

/// 2^f ≈ 1 + f · (c0 + f · (c1 + …)), fitted for the least largest relative error (2e-9).
static constexpr float kCoefficients[] = {0.69314718246f, 0.24022647738f, 0.05550332367f,
                                          0.00961843692f, 0.00133988739f, 0.00015353362f};
/// Below the exponents of normal numbers by one: its bits as an exponent are those of zero.
static constexpr float kLeastExponent = -127;
static constexpr int kMantissaBits = 23;
/// Added to a small number, it leaves the number's integer part plus the bias of an exponent in the
/// lowest bits: 1.5 · 2^23 + 127.
static constexpr float kShifter = 12583039.0f;

namespace {
struct Emitter {
  ImplicitLocOpBuilder &b;
  VectorType type;

  Value constant(float value) {
    return arith::ConstantOp::create(b, DenseElementsAttr::get(type, value));
  }
  Value fma(Value a, Value c, Value d) { return vector::FMAOp::create(b, a, c, d); }

  /// The larger one; NaN stays.
  Value atLeast(Value x, float number) {
    Value least = constant(number);
    Value below = arith::CmpFOp::create(b, arith::CmpFPredicate::OLT, x, least);
    return arith::SelectOp::create(b, below, least, x);
  }

  /// 2^x for x = n + f in powers of two, from the least exponent on, where `fraction(n)` gives f.
  Value power(Value x, function_ref<Value(Value)> fraction) {
    Value shifter = constant(kShifter);
    Value shifted = arith::AddFOp::create(b, x, shifter);
    Value f = fraction(arith::SubFOp::create(b, shifted, shifter));

    Value sum = constant(kCoefficients[5]);
    for (int i = 4; i >= 0; --i)
      sum = fma(sum, f, constant(kCoefficients[i]));
    sum = fma(sum, f, constant(1));

    auto bits = VectorType::get(type.getShape(), b.getI32Type());
    Value exponent = arith::ShLIOp::create(
        b, arith::BitcastOp::create(b, bits, shifted),
        arith::ConstantOp::create(b, DenseElementsAttr::get(bits, kMantissaBits)));
    return arith::MulFOp::create(b, sum, arith::BitcastOp::create(b, type, exponent));
  }
};
} // namespace

Value attune::cpu::emitPowerOfTwo(ImplicitLocOpBuilder &b, Value x) {
  Emitter e{b, cast<VectorType>(x.getType())};
  x = e.atLeast(x, kLeastExponent);
  return e.power(x, [&](Value n) -> Value { return arith::SubFOp::create(b, x, n); });
}

Value attune::cpu::emitPowerOfE(ImplicitLocOpBuilder &b, Value x) {
  // log2(e) in two pieces: f keeps the bits that a rounded product would lose.
  constexpr float high = 1.44269504f, low = 1.92596299e-8f, ln2 = 0.69314718f;
  Emitter e{b, cast<VectorType>(x.getType())};
  x = e.atLeast(x, kLeastExponent * ln2);
  Value product = arith::MulFOp::create(b, x, e.constant(high));
  return e.power(product, [&](Value n) {
    Value f = e.fma(x, e.constant(high), arith::NegFOp::create(b, n));
    return e.fma(x, e.constant(low), f);
  });
}
