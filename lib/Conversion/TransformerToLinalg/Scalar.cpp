// What happens to one element: scalar regions, activations and the steps of reductions.
#include "PopulatePatterns.h"

#include "attune/Conversion/TransformerToLinalg.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/IR/IRMapping.h"

#include <cmath>

using namespace mlir;
using namespace attune;
using transformer::ActivationKind;
using transformer::ReductionKind;

/// x · 1 / (1 + exp(−x)) with `numerator` in place of the leading factor. exp overflows to
/// infinity for very negative x, which gives the limit 0.
static Value logistic(KernelBuilder &b, Value numerator, Value x) {
  Value one = b.floatConstant(1.0, x.getType());
  Value exp = math::ExpOp::create(b, arith::NegFOp::create(b, x));
  return arith::DivFOp::create(b, numerator, arith::AddFOp::create(b, exp, one));
}

/// x/2 · (1 + y).
static Value halfTimesOnePlus(KernelBuilder &b, Value x, Value y) {
  Value half = arith::MulFOp::create(b, x, b.floatConstant(0.5, x.getType()));
  Value sum = arith::AddFOp::create(b, y, b.floatConstant(1.0, x.getType()));
  return arith::MulFOp::create(b, half, sum);
}

static Value activation(KernelBuilder &b, ActivationKind kind, Value x) {
  Type type = x.getType();
  switch (kind) {
  case ActivationKind::Relu:
    return arith::MaximumFOp::create(b, x, b.floatConstant(0.0, type));
  case ActivationKind::Tanh:
    return math::TanhOp::create(b, x);
  case ActivationKind::Sigmoid:
    return logistic(b, b.floatConstant(1.0, type), x);
  case ActivationKind::Silu:
    return logistic(b, x, x);
  case ActivationKind::Gelu: {
    Value scaled = arith::MulFOp::create(b, x, b.floatConstant(std::sqrt(0.5), type));
    return halfTimesOnePlus(b, x, math::ErfOp::create(b, scaled));
  }
  case ActivationKind::GeluTanh: {
    // tanh(√(2/π) · (x + 0.044715 x³))
    Value square = arith::MulFOp::create(b, x, x);
    Value cubic = arith::MulFOp::create(b, square, b.floatConstant(0.044715, type));
    Value factor = arith::AddFOp::create(b, cubic, b.floatConstant(1.0, type));
    Value scaled = arith::MulFOp::create(b, x, b.floatConstant(std::sqrt(2.0 / M_PI), type));
    return halfTimesOnePlus(b, x,
                            math::TanhOp::create(b, arith::MulFOp::create(b, scaled, factor)));
  }
  }
  llvm_unreachable("all kinds are listed");
}

Value attune::lowerActivation(KernelBuilder &b, transformer::ActivationOp op, Value x) {
  Type type = x.getType();
  Type wide = type.getIntOrFloatBitWidth() < 32 ? b.getF32Type() : type;
  return b.convertFloat(activation(b, op.getKind(), b.convertFloat(x, wide)), type);
}

Value attune::inlineScalarRegion(KernelBuilder &b, Region &region, ValueRange args,
                                 function_ref<Value(int64_t)> loopIndex) {
  IRMapping mapping;
  Block &block = region.front();
  mapping.map(block.getArguments(), args);
  for (Operation &op : block.without_terminator()) {
    if (auto index = dyn_cast<transformer::IndexOp>(op))
      mapping.map(index.getResult(), loopIndex(index.getDim()));
    else if (auto act = dyn_cast<transformer::ActivationOp>(op))
      mapping.map(act.getResult(), lowerActivation(b, act, mapping.lookup(act.getInput())));
    else
      b.clone(op, mapping);
  }
  return mapping.lookupOrDefault(block.getTerminator()->getOperand(0));
}

TypedAttr attune::neutralElement(OpBuilder &b, ReductionKind kind, Type type) {
  bool isMax = kind == ReductionKind::Max;
  if (kind == ReductionKind::Sum)
    return b.getZeroAttr(type);
  if (kind == ReductionKind::Prod)
    return b.getOneAttr(type);
  if (auto floating = dyn_cast<FloatType>(type))
    return b.getFloatAttr(type, APFloat::getInf(floating.getFloatSemantics(), isMax));
  unsigned width = type.getIntOrFloatBitWidth();
  if (width == 1)
    return b.getIntegerAttr(type, isMax ? 0 : 1);
  return b.getIntegerAttr(type, isMax ? APInt::getSignedMinValue(width)
                                      : APInt::getSignedMaxValue(width));
}

Value attune::combine(KernelBuilder &b, ReductionKind kind, Value a, Value c) {
  bool isFloat = isa<FloatType>(a.getType()), isTruth = a.getType().isInteger(1);
  switch (kind) {
  case ReductionKind::Sum:
    return isFloat ? b.createOrFold<arith::AddFOp>(a, c) : b.createOrFold<arith::AddIOp>(a, c);
  case ReductionKind::Prod:
    return isFloat ? b.createOrFold<arith::MulFOp>(a, c) : b.createOrFold<arith::MulIOp>(a, c);
  case ReductionKind::Max:
    if (isFloat)
      return arith::MaximumFOp::create(b, a, c);
    return isTruth ? b.createOrFold<arith::OrIOp>(a, c) : b.createOrFold<arith::MaxSIOp>(a, c);
  case ReductionKind::Min:
    if (isFloat)
      return arith::MinimumFOp::create(b, a, c);
    return isTruth ? b.createOrFold<arith::AndIOp>(a, c) : b.createOrFold<arith::MinSIOp>(a, c);
  }
  llvm_unreachable("all kinds are listed");
}
