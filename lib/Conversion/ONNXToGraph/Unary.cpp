// Unary functions and activations: one map each.
#include "Operators.h"
#include "Scalars.h"

using namespace mlir;

namespace attune::graph {
namespace {

using Compare = Scalars::Compare;
using transformer::ActivationKind;

/// Which element types a function takes.
enum Domain { Floats, Numbers, Integers, Booleans };

bool accepts(Domain domain, Type element) {
  bool isBoolean = element.isInteger(1), isFloat = isa<FloatType>(element);
  switch (domain) {
  case Floats:
    return isFloat;
  case Numbers:
    return !isBoolean;
  case Integers:
    return !isBoolean && !isFloat;
  case Booleans:
    return isBoolean;
  }
  llvm_unreachable("all domains are listed");
}

using UnaryBody = llvm::function_ref<Value(const Scalars &, Value)>;

/// A map of operand 0 with the same type, or i1 when `toBoolean`.
LogicalResult unary(Converter &c, Domain domain, UnaryBody body, bool toBoolean = false) {
  if (!accepts(domain, c.element(0)))
    return c.malformed("its input's element type is not one the operator takes");
  bool isUnsigned = c.isUnsigned(0);
  Tensor input = c.operand(0);
  Type element = toBoolean ? Type(c.b.getI1Type()) : input.element();
  return c.result(
      c.elementwise({input}, input.dims, element, [&](ImplicitLocOpBuilder &b, ValueRange args) {
        return body({b, input.element(), isUnsigned}, args[0]);
      }));
}

template <typename FloatOp> LogicalResult mathFunction(Converter &c) {
  return unary(c, Floats, [](const Scalars &s, Value x) { return s.b.createOrFold<FloatOp>(x); });
}

Value activate(const Scalars &s, ActivationKind kind, Value x) {
  return transformer::ActivationOp::create(s.b, kind, x);
}

template <ActivationKind kind> LogicalResult activation(Converter &c) {
  return unary(c, Floats, [](const Scalars &s, Value x) { return activate(s, kind, x); });
}

LogicalResult relu(Converter &c) {
  return unary(c, Numbers, [](const Scalars &s, Value x) {
    return s.isFloat() ? activate(s, ActivationKind::Relu, x) : s.max(x, s.zero());
  });
}

LogicalResult negate(Converter &c) {
  return unary(c, Numbers, [](const Scalars &s, Value x) { return s.negate(x); });
}

LogicalResult absolute(Converter &c) {
  return unary(c, Numbers, [](const Scalars &s, Value x) { return s.absolute(x); });
}

LogicalResult reciprocal(Converter &c) {
  return unary(c, Floats, [](const Scalars &s, Value x) { return s.div(s.constant(1), x); });
}

/// 1, -1, or x itself where it is zero or NaN.
LogicalResult sign(Converter &c) {
  return unary(c, Numbers, [](const Scalars &s, Value x) {
    Value negative = s.isUnsigned ? x
                                  : s.choose(s.compare(Compare::Lt, x, s.zero()),
                                             s.isFloat() ? s.constant(-1) : s.integer(-1), x);
    return s.choose(s.compare(Compare::Gt, x, s.zero()), s.constant(1), negative);
  });
}

LogicalResult isNan(Converter &c) {
  return unary(
      c, Floats,
      [](const Scalars &s, Value x) {
        return s.b.createOrFold<arith::CmpFOp>(arith::CmpFPredicate::UNO, x, x);
      },
      /*toBoolean=*/true);
}

LogicalResult isInf(Converter &c) {
  bool positive = c.integer("detect_positive", 1) != 0;
  bool negative = c.integer("detect_negative", 1) != 0;
  return unary(
      c, Floats,
      [&](const Scalars &s, Value x) {
        if (!positive && !negative)
          return s.boolean(false);
        Value tested = positive && negative ? s.absolute(x) : positive ? x : s.negate(x);
        Value infinity = s.constant(std::numeric_limits<double>::infinity());
        return s.compare(Compare::Eq, tested, infinity);
      },
      /*toBoolean=*/true);
}

LogicalResult logicalNot(Converter &c) {
  return unary(c, Booleans, [](const Scalars &s, Value x) {
    return s.b.createOrFold<arith::XOrIOp>(x, s.boolean(true));
  });
}

LogicalResult bitwiseNot(Converter &c) {
  return unary(c, Integers, [](const Scalars &s, Value x) {
    return s.b.createOrFold<arith::XOrIOp>(x, s.integer(-1));
  });
}

LogicalResult gelu(Converter &c) {
  StringRef how = c.text("approximate", "none");
  if (how != "none" && how != "tanh")
    return c.malformed("approximate is '" + how + "'");
  ActivationKind kind = how == "none" ? ActivationKind::Gelu : ActivationKind::GeluTanh;
  return unary(c, Floats, [&](const Scalars &s, Value x) { return activate(s, kind, x); });
}

LogicalResult swish(Converter &c) {
  double alpha = c.number("alpha", 1.0);
  return unary(c, Floats, [&](const Scalars &s, Value x) -> Value {
    if (alpha == 1.0)
      return activate(s, ActivationKind::Silu, x);
    return s.mul(x, s.sigmoid(s.mul(x, s.constant(alpha))));
  });
}

/// ONNX Runtime's x · sigmoid(alpha · x).
LogicalResult quickGelu(Converter &c) {
  double alpha = c.number("alpha", 1.702f);
  return unary(c, Floats, [&](const Scalars &s, Value x) {
    return s.mul(x, s.sigmoid(s.mul(x, s.constant(alpha))));
  });
}

LogicalResult leakyRelu(Converter &c) {
  double alpha = c.number("alpha", 0.01f);
  return unary(c, Floats, [&](const Scalars &s, Value x) {
    return s.choose(s.compare(Compare::Lt, x, s.zero()), s.mul(x, s.constant(alpha)), x);
  });
}

/// scale · (x where x > 0, else alpha · (exp(x / inner) − 1)).
LogicalResult exponentialUnit(Converter &c, double scale, double alpha, double inner) {
  return unary(c, Floats, [&](const Scalars &s, Value x) {
    Value power = s.b.createOrFold<math::ExpM1Op>(inner == 1.0 ? x : s.div(x, s.constant(inner)));
    Value low = s.mul(power, s.constant(alpha));
    Value value = s.choose(s.compare(Compare::Lt, x, s.zero()), low, x);
    return scale == 1.0 ? value : s.mul(value, s.constant(scale));
  });
}

LogicalResult elu(Converter &c) { return exponentialUnit(c, 1.0, c.number("alpha", 1.0), 1.0); }

LogicalResult selu(Converter &c) {
  return exponentialUnit(c, c.number("gamma", 1.05070102214813232421875f),
                         c.number("alpha", 1.67326319217681884765625f), 1.0);
}

LogicalResult celu(Converter &c) {
  double alpha = c.number("alpha", 1.0);
  return exponentialUnit(c, 1.0, alpha, alpha);
}

LogicalResult hardSigmoid(Converter &c, double alpha, double beta, bool timesX) {
  return unary(c, Floats, [&](const Scalars &s, Value x) {
    Value line = s.add(s.mul(x, s.constant(alpha)), s.constant(beta));
    Value gate = s.max(s.zero(), s.min(s.constant(1), line));
    return timesX ? s.mul(x, gate) : gate;
  });
}

LogicalResult hardSigmoid(Converter &c) {
  return hardSigmoid(c, c.number("alpha", 0.2f), c.number("beta", 0.5), false);
}

LogicalResult hardSwish(Converter &c) { return hardSigmoid(c, 1.0 / 6.0, 0.5, true); }

/// log(1 + exp(x)), without overflow.
Value softplusOf(const Scalars &s, Value x) {
  Value tail = s.b.createOrFold<math::Log1pOp>(s.exp(s.negate(s.absolute(x))));
  return s.add(s.max(x, s.zero()), tail);
}

LogicalResult softplus(Converter &c) { return unary(c, Floats, softplusOf); }

LogicalResult mish(Converter &c) {
  return unary(c, Floats, [](const Scalars &s, Value x) {
    return s.mul(x, activate(s, ActivationKind::Tanh, softplusOf(s, x)));
  });
}

LogicalResult softsign(Converter &c) {
  return unary(c, Floats, [](const Scalars &s, Value x) {
    return s.div(x, s.add(s.constant(1), s.absolute(x)));
  });
}

LogicalResult thresholdedRelu(Converter &c) {
  double alpha = c.number("alpha", 1.0);
  return unary(c, Floats, [&](const Scalars &s, Value x) {
    return s.choose(s.compare(Compare::Gt, x, s.constant(alpha)), x, s.zero());
  });
}

LogicalResult shrink(Converter &c) {
  double bias = c.number("bias", 0.0), lambda = c.number("lambd", 0.5);
  return unary(c, Floats, [&](const Scalars &s, Value x) {
    Value high = s.choose(s.compare(Compare::Gt, x, s.constant(lambda)), s.sub(x, s.constant(bias)),
                          s.zero());
    return s.choose(s.compare(Compare::Lt, x, s.constant(-lambda)), s.add(x, s.constant(bias)),
                    high);
  });
}

LogicalResult identity(Converter &c) {
  if (failed(c.result(c.operand(0))))
    return failure();
  if (const SymbolicShape *known = c.elements(0))
    c.alsoElements(*known);
  return success();
}

/// Inference: the data as they are, and a mask of ones.
LogicalResult dropout(Converter &c) {
  if (c.has(2)) {
    std::optional<SmallVector<int64_t>> training = c.constants(2);
    if (!training || training->size() != 1)
      return c.unsupported("its training mode is not a constant");
    if (training->front() != 0)
      return c.unsupported("it is in training mode", "export the model for inference");
  }
  Tensor input = c.operand(0);
  if (failed(c.result(input)))
    return failure();
  if (!c.isUsed(1))
    return success();
  return c.result(1, c.splat(c.b.getBoolAttr(true), input.dims));
}

} // namespace

llvm::ArrayRef<Operator> unaryOperators() {
  static const Operator operators[] = {
      {"Abs", 6, 1, 1, absolute},
      {"Acos", 7, 1, 1, mathFunction<math::AcosOp>},
      {"Acosh", 9, 1, 1, mathFunction<math::AcoshOp>},
      {"Asin", 7, 1, 1, mathFunction<math::AsinOp>},
      {"Asinh", 9, 1, 1, mathFunction<math::AsinhOp>},
      {"Atan", 7, 1, 1, mathFunction<math::AtanOp>},
      {"Atanh", 9, 1, 1, mathFunction<math::AtanhOp>},
      {"BitwiseNot", 18, 1, 1, bitwiseNot},
      {"Ceil", 6, 1, 1, mathFunction<math::CeilOp>},
      {"Celu", 12, 1, 1, celu},
      {"Cos", 7, 1, 1, mathFunction<math::CosOp>},
      {"Cosh", 9, 1, 1, mathFunction<math::CoshOp>},
      {"Dropout", 7, 1, 3, dropout},
      {"Elu", 6, 1, 1, elu},
      {"Erf", 9, 1, 1, mathFunction<math::ErfOp>},
      {"Exp", 6, 1, 1, mathFunction<math::ExpOp>},
      {"Floor", 6, 1, 1, mathFunction<math::FloorOp>},
      {"Gelu", 20, 1, 1, gelu},
      {"Gelu", 1, 1, 1, activation<ActivationKind::Gelu>, kMicrosoft},
      {"HardSigmoid", 6, 1, 1, hardSigmoid},
      {"HardSwish", 14, 1, 1, hardSwish},
      {"Identity", 1, 1, 1, identity},
      {"IsInf", 10, 1, 1, isInf},
      {"IsNaN", 9, 1, 1, isNan},
      {"LeakyRelu", 6, 1, 1, leakyRelu},
      {"Log", 6, 1, 1, mathFunction<math::LogOp>},
      {"Mish", 18, 1, 1, mish},
      {"Neg", 6, 1, 1, negate},
      {"Not", 1, 1, 1, logicalNot},
      {"QuickGelu", 1, 1, 1, quickGelu, kMicrosoft},
      {"Reciprocal", 6, 1, 1, reciprocal},
      {"Relu", 6, 1, 1, relu},
      {"Round", 11, 1, 1, mathFunction<math::RoundEvenOp>},
      {"Selu", 6, 1, 1, selu},
      {"Shrink", 9, 1, 1, shrink},
      {"Sigmoid", 6, 1, 1, activation<ActivationKind::Sigmoid>},
      {"Sign", 9, 1, 1, sign},
      {"Sin", 7, 1, 1, mathFunction<math::SinOp>},
      {"Sinh", 9, 1, 1, mathFunction<math::SinhOp>},
      {"Softplus", 1, 1, 1, softplus},
      {"Softsign", 1, 1, 1, softsign},
      {"Sqrt", 6, 1, 1, mathFunction<math::SqrtOp>},
      {"Swish", 24, 1, 1, swish},
      {"Tan", 7, 1, 1, mathFunction<math::TanOp>},
      {"Tanh", 6, 1, 1, activation<ActivationKind::Tanh>},
      {"ThresholdedRelu", 10, 1, 1, thresholdedRelu},
  };
  return operators;
}

} // namespace attune::graph
