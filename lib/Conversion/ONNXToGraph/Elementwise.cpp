// Arithmetic, comparison and logic of two or more operands: one map each, with broadcasting.
#include "Operators.h"
#include "Scalars.h"

using namespace mlir;

namespace attune::graph {
namespace {

using Compare = Scalars::Compare;

enum Kinds : unsigned { Float = 1, Integer = 2, Boolean = 4, Number = Float | Integer, Any = 7 };

bool accepts(unsigned kinds, Type element) {
  unsigned kind = isa<FloatType>(element) ? Float : element.isInteger(1) ? Boolean : Integer;
  return (kinds & kind) != 0;
}

/// All operands broadcast together, with one element type; nothing after an error.
std::optional<SmallVector<Tensor>> sameTypeOperands(Converter &c, unsigned kinds) {
  SmallVector<Tensor> inputs;
  for (unsigned i = 0; i < c.operandCount(); ++i) {
    if (!c.has(i) || c.element(i) != c.element(0) || !accepts(kinds, c.element(i))) {
      (void)c.malformed("its inputs' element types are not those the operator takes");
      return std::nullopt;
    }
    inputs.push_back(c.operand(i));
  }
  return inputs;
}

std::optional<SymbolicShape> broadcastOf(Converter &c, ArrayRef<Tensor> inputs) {
  SmallVector<SymbolicShape> shapes;
  for (const Tensor &input : inputs)
    shapes.push_back(input.dims);
  return c.broadcast(shapes);
}

using Combine = llvm::function_ref<Value(const Scalars &, ValueRange)>;

LogicalResult combined(Converter &c, unsigned kinds, Combine combine, bool toBoolean = false) {
  std::optional<SmallVector<Tensor>> inputs = sameTypeOperands(c, kinds);
  if (!inputs)
    return failure();
  std::optional<SymbolicShape> dims = broadcastOf(c, *inputs);
  if (!dims)
    return failure();
  Type element = inputs->front().element();
  bool isUnsigned = c.isUnsigned(0);
  return c.result(c.elementwise(*inputs, *dims, toBoolean ? Type(c.b.getI1Type()) : element,
                                [&](ImplicitLocOpBuilder &b, ValueRange args) {
                                  return combine({b, element, isUnsigned}, args);
                                }));
}

using Binary = Value (Scalars::*)(Value, Value) const;

template <Binary function> LogicalResult arithmetic(Converter &c) {
  return combined(
      c, Number, [](const Scalars &s, ValueRange args) { return (s.*function)(args[0], args[1]); });
}

/// Any number of operands, from left to right.
template <Binary function> LogicalResult variadic(Converter &c) {
  return combined(c, Number, [](const Scalars &s, ValueRange args) {
    Value value = args[0];
    for (Value other : args.drop_front())
      value = (s.*function)(value, other);
    return value;
  });
}

LogicalResult mean(Converter &c) {
  return combined(c, Float, [](const Scalars &s, ValueRange args) {
    Value sum = args[0];
    for (Value other : args.drop_front())
      sum = s.add(sum, other);
    return s.div(sum, s.constant(args.size()));
  });
}

template <Compare how, unsigned kinds> LogicalResult comparison(Converter &c) {
  return combined(
      c, kinds, [](const Scalars &s, ValueRange args) { return s.compare(how, args[0], args[1]); },
      /*toBoolean=*/true);
}

template <typename IntegerOp, unsigned kinds> LogicalResult bitwise(Converter &c) {
  return combined(c, kinds, [](const Scalars &s, ValueRange args) {
    return s.b.createOrFold<IntegerOp>(args[0], args[1]);
  });
}

LogicalResult modulo(Converter &c) {
  bool cStyle = c.integer("fmod", 0) != 0;
  if (!cStyle && isa<FloatType>(c.element(0)) && c.version() < 28)
    return c.malformed("floats need fmod = 1");
  return combined(c, Number, [&](const Scalars &s, ValueRange args) {
    return cStyle ? s.remainder(args[0], args[1]) : s.modulo(args[0], args[1]);
  });
}

/// Shifts by a negative amount, by the width or more leave what the fill is: the sign for a signed
/// right shift, else 0.
LogicalResult bitShift(Converter &c) {
  StringRef direction = c.text("direction", "");
  if (direction != "LEFT" && direction != "RIGHT")
    return c.malformed("direction is '" + direction + "'");
  return combined(c, Integer, [&](const Scalars &s, ValueRange args) {
    Value most = s.integer(s.width() - 1);
    Value tooFar = s.b.createOrFold<arith::CmpIOp>(arith::CmpIPredicate::ugt, args[1], most);
    Value amount = s.choose(tooFar, most, args[1]);
    if (direction == "RIGHT" && !s.isUnsigned)
      return s.b.createOrFold<arith::ShRSIOp>(args[0], amount);
    Value shifted = direction == "LEFT" ? s.b.createOrFold<arith::ShLIOp>(args[0], amount)
                                        : s.b.createOrFold<arith::ShRUIOp>(args[0], amount);
    return s.choose(tooFar, s.zero(), shifted);
  });
}

/// The exponent as a small whole number, when it is one number.
std::optional<int64_t> smallExponent(Converter &c) {
  auto op = c.operand(1).value.getDefiningOp<arith::ConstantOp>();
  auto dense = op ? dyn_cast<DenseElementsAttr>(op.getValue()) : nullptr;
  if (!dense || !dense.isSplat())
    return std::nullopt;
  double value;
  if (isa<FloatType>(dense.getElementType()))
    value = dense.getSplatValue<FloatAttr>().getValueAsDouble();
  else
    value = dense.getSplatValue<APInt>().roundToDouble(!c.isUnsigned(1));
  if (value != 1 && value != 2 && value != 3 && value != 4)
    return std::nullopt;
  return static_cast<int64_t>(value);
}

/// The result has the base's type. Powers 1 to 4 are products; others of integers are taken in
/// f64.
LogicalResult power(Converter &c) {
  if (!accepts(Number, c.element(0)) || !accepts(Number, c.element(1)))
    return c.malformed("its inputs' element types are not those the operator takes");
  std::optional<SymbolicShape> dims = c.broadcast({c.dims(0), c.dims(1)});
  if (!dims)
    return failure();
  bool baseUnsigned = c.isUnsigned(0), exponentUnsigned = c.isUnsigned(1);
  Tensor base = c.operand(0);
  if (std::optional<int64_t> exponent = smallExponent(c))
    return c.result(
        c.elementwise({base}, *dims, base.element(), [&](ImplicitLocOpBuilder &b, ValueRange args) {
          Scalars s{b, base.element(), baseUnsigned};
          Value value = args[0];
          for (int64_t i = 1; i < *exponent; ++i)
            value = s.mul(value, args[0]);
          return value;
        }));
  Type type = base.element();
  Type wide = isa<FloatType>(type) ? type : Type(c.b.getF64Type());
  return c.result(c.elementwise(
      {base, c.operand(1)}, *dims, type, [&](ImplicitLocOpBuilder &b, ValueRange args) {
        Value x = castScalar(b, args[0], baseUnsigned, wide, false);
        Value y = castScalar(b, args[1], exponentUnsigned, wide, false);
        return castScalar(b, Scalars{b, wide}.power(x, y), false, type, baseUnsigned);
      }));
}

LogicalResult prelu(Converter &c) {
  return combined(c, Number, [](const Scalars &s, ValueRange args) {
    return s.choose(s.compare(Compare::Lt, args[0], s.zero()), s.mul(args[0], args[1]), args[0]);
  });
}

LogicalResult where(Converter &c) {
  if (!c.element(0).isInteger(1) || c.element(1) != c.element(2))
    return c.malformed("its inputs' element types are not those the operator takes");
  SmallVector<Tensor> inputs{c.operand(0), c.operand(1), c.operand(2)};
  std::optional<SymbolicShape> dims = broadcastOf(c, inputs);
  if (!dims)
    return failure();
  return c.result(c.elementwise(inputs, *dims, inputs[1].element(),
                                [](ImplicitLocOpBuilder &b, ValueRange args) {
                                  return b.createOrFold<arith::SelectOp>(args[0], args[1], args[2]);
                                }));
}

/// Before opset 11 the limits are attributes.
LogicalResult clipToAttributes(Converter &c) {
  if (!isa<FloatType>(c.element(0)))
    return c.malformed("its input's element type is not one the operator takes");
  Tensor input = c.operand(0);
  double low = c.number("min", -std::numeric_limits<float>::max());
  double high = c.number("max", std::numeric_limits<float>::max());
  return c.result(c.elementwise({input}, input.dims, input.element(),
                                [&](ImplicitLocOpBuilder &b, ValueRange args) {
                                  Scalars s{b, input.element()};
                                  return s.min(s.max(args[0], s.constant(low)), s.constant(high));
                                }));
}

LogicalResult clip(Converter &c) {
  if (!accepts(Number, c.element(0)))
    return c.malformed("its input's element type is not one the operator takes");
  bool isUnsigned = c.isUnsigned(0), hasLow = c.has(1), hasHigh = c.has(2);
  SmallVector<Tensor> inputs{c.operand(0)};
  for (unsigned i : {1, 2}) {
    if (!c.has(i))
      continue;
    if (c.element(i) != c.element(0) || c.rank(i) > 1)
      return c.malformed("a limit is not a scalar of its input's type");
    // A limit of shape [1] is a scalar too.
    if (c.rank(i) == 1 && !c.requireEqual(c.dims(i)[0], 1))
      return failure();
    inputs.push_back(c.reshape(c.operand(i), {}));
  }
  SymbolicShape dims = inputs[0].dims;
  return c.result(c.elementwise(inputs, dims, inputs[0].element(),
                                [&](ImplicitLocOpBuilder &b, ValueRange args) {
                                  Scalars s{b, inputs[0].element(), isUnsigned};
                                  Value value = args[0];
                                  if (hasLow)
                                    value = s.max(value, args[1]);
                                  if (hasHigh)
                                    value = s.min(value, args.back());
                                  return value;
                                }));
}

} // namespace

llvm::ArrayRef<Operator> elementwiseOperators() {
  static const Operator operators[] = {
      {"Add", 7, 2, 2, arithmetic<&Scalars::add>},
      {"And", 7, 2, 2, bitwise<arith::AndIOp, Boolean>},
      {"BitShift", 11, 2, 2, bitShift},
      {"BitwiseAnd", 18, 2, 2, bitwise<arith::AndIOp, Integer>},
      {"BitwiseOr", 18, 2, 2, bitwise<arith::OrIOp, Integer>},
      {"BitwiseXor", 18, 2, 2, bitwise<arith::XOrIOp, Integer>},
      {"Clip", 6, 1, 1, clipToAttributes},
      {"Clip", 11, 1, 3, clip},
      {"Div", 7, 2, 2, arithmetic<&Scalars::div>},
      {"Equal", 7, 2, 2, comparison<Compare::Eq, Any>},
      {"Greater", 7, 2, 2, comparison<Compare::Gt, Number>},
      {"GreaterOrEqual", 12, 2, 2, comparison<Compare::Ge, Number>},
      {"Less", 7, 2, 2, comparison<Compare::Lt, Number>},
      {"LessOrEqual", 12, 2, 2, comparison<Compare::Le, Number>},
      {"Max", 8, 1, -1, variadic<&Scalars::max>},
      {"Mean", 8, 1, -1, mean},
      {"Min", 8, 1, -1, variadic<&Scalars::min>},
      {"Mod", 10, 2, 2, modulo},
      {"Mul", 7, 2, 2, arithmetic<&Scalars::mul>},
      {"Or", 7, 2, 2, bitwise<arith::OrIOp, Boolean>},
      {"PRelu", 7, 2, 2, prelu},
      {"Pow", 7, 2, 2, power},
      {"Sub", 7, 2, 2, arithmetic<&Scalars::sub>},
      {"Sum", 8, 1, -1, variadic<&Scalars::add>},
      {"Where", 9, 3, 3, where},
      {"Xor", 7, 2, 2, bitwise<arith::XOrIOp, Boolean>},
  };
  return operators;
}

} // namespace attune::graph
