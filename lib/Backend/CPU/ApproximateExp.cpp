// exp and exp2 of f32 numbers: 2^x = 2^n · 2^f, where n is an integer near x. 2^f is a polynomial,
// n goes to the exponent. Softmax is made of these: every operation counts.
#include "ApproximateExp.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"
#include "mlir/IR/ImplicitLocOpBuilder.h"
#include "mlir/IR/TypeUtilities.h"

using namespace mlir;

/// 2 · 2^f for |f| ≤ 1/2, from f⁰ on, fitted for the least largest relative error (9e-8).
static constexpr float kNearest[] = {2.0f,          1.386293955f,  0.480444842f,
                                     0.1110146749f, 0.0193430256f, 0.0026529455f};
/// 2^f for 0 ≤ f ≤ 1 likewise (8e-8).
static constexpr float kFloor[] = {1.0f,           0.69315131182f, 0.24016444997f,
                                   0.05579991376f, 0.00901702941f, 0.0018671305f};
/// Below it all results are zero, from it on they are normal numbers.
static constexpr float kLeast = -126;
static constexpr float kLn2 = 0.69314718f;
/// log2(e) in two pieces: f keeps the bits that one rounded product would lose.
static constexpr float kLog2eHigh = 1.44269504f, kLog2eLow = 1.92596299e-8f;

namespace {
struct Emitter : ImplicitLocOpBuilder {
  Emitter(Location loc, OpBuilder &builder, Type type)
      : ImplicitLocOpBuilder(loc, builder), type(type) {}
  Type type; ///< f32 or a vector of it

  Value constant(float value) { return constant(type, getF32FloatAttr(value)); }
  Value constant(Type type, TypedAttr value) {
    if (auto shaped = dyn_cast<ShapedType>(type))
      value = DenseElementsAttr::get(shaped, value);
    return arith::ConstantOp::create(*this, value);
  }
  Value fma(Value a, Value c, Value d) { return math::FmaOp::create(*this, a, c, d); }
  Value polynomial(ArrayRef<float> coefficients, Value x) {
    Value sum = constant(coefficients.back());
    for (float coefficient : llvm::reverse(coefficients.drop_back()))
      sum = fma(sum, x, constant(coefficient));
    return sum;
  }

  /// `limit` where x is beyond it; NaN stays.
  Value limited(Value x, arith::CmpFPredicate beyond, float limit) {
    Value number = constant(limit);
    Value isBeyond = arith::CmpFOp::create(*this, beyond, x, number);
    return arith::SelectOp::create(*this, isBeyond, number, x);
  }
  Value atMost(Value x, float most) { return limited(x, arith::CmpFPredicate::OGT, most); }
  Value atLeast(Value x, float least) { return limited(x, arith::CmpFPredicate::OLT, least); }

  /// x · log2(e) − product for product = x · log2(e), rounded.
  Value lostByRounding(Value x, Value product) {
    Value lost = fma(x, constant(kLog2eHigh), arith::NegFOp::create(*this, product));
    return fma(x, constant(kLog2eLow), lost);
  }
};

/// With integer operations alone, so that LLVM vectorises it with the loop around.
struct Portable : Emitter {
  using Emitter::Emitter;

  Value powerOfTwo(Value x) {
    x = atLeast(atMost(x, 128), kLeast);
    return power(x, [&](Value n) -> Value { return arith::SubFOp::create(*this, x, n); });
  }
  Value powerOfE(Value x) {
    x = atLeast(atMost(x, 88.72284f), kLeast * kLn2);
    Value product = arith::MulFOp::create(*this, x, constant(kLog2eHigh));
    return power(product, [&](Value n) { return lostByRounding(x, n); });
  }

private:
  /// 2^(n + fraction(n)), n the integer nearest to x: 2 · 2^f times 2^(n − 1), which is zero for
  /// the least n and below infinity for the largest.
  Value power(Value x, function_ref<Value(Value)> fraction) {
    // Added to a small number, it leaves n − 1 plus the bias of exponents in the lowest bits.
    constexpr float shift = 12582912 + 126;
    constexpr int mantissaBits = 23;
    Value shifted = arith::AddFOp::create(*this, x, constant(shift));
    Value f = fraction(arith::SubFOp::create(*this, shifted, constant(shift)));
    Type bits = getI32Type();
    if (auto shaped = dyn_cast<ShapedType>(type))
      bits = shaped.clone(bits);
    Value exponent = arith::ShLIOp::create(*this, arith::BitcastOp::create(*this, bits, shifted),
                                           constant(bits, getI32IntegerAttr(mantissaBits)));
    return arith::MulFOp::create(*this, polynomial(kNearest, f),
                                 arith::BitcastOp::create(*this, type, exponent));
  }
};

/// Sixteen lanes of AVX-512, which has n and f as instructions: x − ⌊x⌋ and a · 2^⌊x⌋.
struct Avx512 : Emitter {
  using Emitter::Emitter;
  static constexpr int64_t kLanes = 16;

  Value powerOfTwo(Value x) { return scaled(polynomial(kFloor, fraction(x)), x, kLeast, x); }
  Value powerOfE(Value x) {
    Value below = atMost(x, 89);
    Value product = arith::MulFOp::create(*this, below, constant(kLog2eHigh));
    Value f = arith::AddFOp::create(*this, fraction(product), lostByRounding(below, product));
    return scaled(polynomial(kFloor, f), product, kLeast * kLn2, x);
  }

private:
  Value integer(Type type, int64_t value) {
    return LLVM::ConstantOp::create(*this, type, getIntegerAttr(type, value));
  }
  Value intrinsic(StringRef name, ValueRange operands) {
    return LLVM::CallIntrinsicOp::create(*this, type, getStringAttr(name), operands).getResult(0);
  }
  /// x − ⌊x⌋; zero for ±∞ (VREDUCEPS, Intel SDM vol. 2).
  Value fraction(Value x) {
    constexpr int64_t floorWithoutFlags = 9, currentMode = 4;
    return intrinsic("llvm.x86.avx512.mask.reduce.ps.512",
                     {x, integer(getI32Type(), floorWithoutFlags), constant(0),
                      integer(getI16Type(), -1), integer(getI32Type(), currentMode)});
  }
  /// a · 2^⌊n⌋ where x is at least `least` or NaN, else zero (VSCALEFPS).
  Value scaled(Value a, Value n, float least, Value x) {
    Value live = arith::CmpFOp::create(*this, arith::CmpFPredicate::UGE, x, constant(least));
    Value mask = vector::BitCastOp::create(*this, VectorType::get({1}, getI16Type()), live);
    return intrinsic("llvm.x86.avx512.mask.scalef.ps.512",
                     {a, n, constant(0),
                      vector::ExtractOp::create(*this, mask, ArrayRef<int64_t>{0}),
                      integer(getI32Type(), 4)});
  }
};

template <typename Op> struct ExpPattern : OpRewritePattern<Op> {
  ExpPattern(MLIRContext *context, bool hasAvx512)
      : OpRewritePattern<Op>(context), hasAvx512(hasAvx512) {}

  LogicalResult matchAndRewrite(Op op, PatternRewriter &rewriter) const override {
    Type type = op.getType();
    auto vector = dyn_cast<VectorType>(type);
    if (!getElementTypeOrSelf(type).isF32() || (vector && vector.isScalable()))
      return failure();
    bool isRegister = vector && vector.getRank() == 1 && vector.getNumElements() == Avx512::kLanes;
    auto emit = [&](auto emitter) {
      Value x = op.getOperand();
      rewriter.replaceOp(op, std::is_same_v<Op, math::Exp2Op> ? emitter.powerOfTwo(x)
                                                              : emitter.powerOfE(x));
      return success();
    };
    return hasAvx512 && isRegister ? emit(Avx512(op.getLoc(), rewriter, type))
                                   : emit(Portable(op.getLoc(), rewriter, type));
  }
  bool hasAvx512;
};
} // namespace

void attune::cpu::populateExpPatterns(RewritePatternSet &patterns, const Level &level) {
  bool hasAvx512 = level.lanes() == Avx512::kLanes;
  patterns.add<ExpPattern<math::ExpOp>, ExpPattern<math::Exp2Op>>(patterns.getContext(), hasAvx512);
}
