// Softmax and the normalisations.
#include "Operators.h"
#include "Scalars.h"

#include <cmath>

using namespace mlir;

namespace attune::graph {
namespace {

using transformer::NormKind;
using transformer::ReductionKind;

Value itself(ImplicitLocOpBuilder &, ValueRange args) { return args[0]; }

/// y = exp(x − max) / Σ, or its logarithm: x − max − log Σ exp(x − max), which does not underflow.
Tensor softmaxAlong(Converter &c, const Tensor &input, int64_t axis, bool isLog) {
  if (!isLog)
    return c.softmax(input, axis);
  Type element = input.element();
  Tensor most = c.reduce(ReductionKind::Max, input, {axis}, /*keep=*/true, element, itself);
  Tensor centred = c.elementwise({input, most}, input.dims, element,
                                 [&](ImplicitLocOpBuilder &b, ValueRange args) {
                                   return Scalars{b, element}.sub(args[0], args[1]);
                                 });
  Tensor sum = c.reduce(
      ReductionKind::Sum, centred, {axis}, /*keep=*/true, element,
      [&](ImplicitLocOpBuilder &b, ValueRange args) { return Scalars{b, element}.exp(args[0]); });
  return c.elementwise({centred, sum}, input.dims, element,
                       [&](ImplicitLocOpBuilder &b, ValueRange args) {
                         Scalars s{b, element};
                         return s.sub(args[0], b.createOrFold<math::LogOp>(args[1]));
                       });
}

/// Before opset 13 the input is taken as a matrix whose rows begin at `axis`.
template <bool isLog> LogicalResult softmax(Converter &c) {
  if (!isa<FloatType>(c.element(0)))
    return c.malformed("its input is no float");
  Tensor input = c.operand(0);
  bool isMatrix = c.version() < 13;
  std::optional<int64_t> axis = c.axis(c.integer("axis", isMatrix ? 1 : -1), input.rank());
  if (!axis)
    return failure();
  bool oneAxis = llvm::all_of(ArrayRef(input.dims).drop_front(*axis + 1),
                              [](const SymbolicExpression &e) { return e.isConstant(1); });
  if (!isMatrix || oneAxis)
    return c.result(softmaxAlong(c, input, *axis, isLog));
  SymbolicShape rows{transformer::product(ArrayRef(input.dims).take_front(*axis)),
                     transformer::product(ArrayRef(input.dims).drop_front(*axis))};
  Tensor matrix = softmaxAlong(c, c.reshape(input, rows), 1, isLog);
  return c.result(c.reshape(matrix, input.dims));
}

/// A parameter of a norm with exactly the shape `dims`; a null tensor after an error.
Tensor parameter(Converter &c, unsigned i, ArrayRef<SymbolicExpression> dims) {
  Tensor tensor = c.operand(i);
  while (tensor.rank() > dims.size() && tensor.dims.front().isConstant(1))
    tensor = c.reshape(tensor, ArrayRef(tensor.dims).drop_front());
  bool fits = c.element(i) == c.element(0) && tensor.rank() <= dims.size();
  if (fits) {
    std::optional<SymbolicShape> wide = c.broadcast({SymbolicShape(dims), tensor.dims});
    if (!wide)
      return {};
    fits = ArrayRef(*wide) == dims;
  }
  if (fits)
    return c.expand(tensor, dims);
  (void)c.malformed("input " + Twine(i) + " does not fit the normalised dimensions");
  return {};
}

// The mean over `axes` of `pre` of the input, with the axes kept.
Tensor meanOver(Converter &c, ArrayRef<Tensor> inputs, ArrayRef<int64_t> axes,
                function_ref<Value(const Scalars &, ValueRange)> pre) {
  const Tensor &input = inputs[0];
  Type element = input.element();
  SymbolicExpression count(1);
  for (int64_t axis : axes)
    count = count * input.dims[axis];
  Tensor values =
      c.elementwise(inputs, input.dims, element, [&](ImplicitLocOpBuilder &b, ValueRange args) {
        return pre({b, element}, args);
      });
  Tensor sum = c.reduce(ReductionKind::Sum, values, axes, /*keep=*/true, element, itself);
  Tensor size = c.shapeTensor({count}, 0, c.b.getI64Type());
  return c.elementwise({sum, size}, sum.dims, element,
                       [&](ImplicitLocOpBuilder &b, ValueRange args) {
                         Value n = castScalar(b, args[1], false, element, false);
                         return Scalars{b, element}.div(args[0], n);
                       });
}

Value squaredDifference(const Scalars &s, ValueRange args) {
  Value difference = s.sub(args[0], args[1]);
  return s.mul(difference, difference);
}

/// 1 / √(mean((x − m)²) + epsilon) over `axes`.
Tensor inverseDeviation(Converter &c, const Tensor &input, const Tensor &mean,
                        ArrayRef<int64_t> axes, double epsilon) {
  Tensor variance = meanOver(c, {input, mean}, axes, squaredDifference);
  Type element = input.element();
  return c.elementwise(
      {variance}, variance.dims, element, [&](ImplicitLocOpBuilder &b, ValueRange args) {
        Scalars s{b, element};
        Value root = b.createOrFold<math::SqrtOp>(s.add(args[0], s.constant(epsilon)));
        return s.div(s.constant(1), root);
      });
}

template <NormKind kind> LogicalResult norm(Converter &c) {
  if (!isa<FloatType>(c.element(0)))
    return c.malformed("its input is no float");
  Tensor input = c.operand(0);
  std::optional<int64_t> axis = c.axis(c.integer("axis", -1), input.rank());
  if (!axis)
    return failure();
  int64_t axes = input.rank() - *axis;
  double epsilon = c.number("epsilon", 1e-5f);
  if (!std::isfinite(epsilon) || epsilon < 0)
    return c.malformed("its epsilon is negative or not finite");
  // Static parameters make the dimensions they scale static.
  SymbolicShape dims(input.dims), own(c.dims(1));
  for (size_t i = 1; i <= std::min<size_t>(own.size(), axes); ++i) {
    SymbolicExpression &extent = dims[dims.size() - i];
    const SymbolicExpression &given = own[own.size() - i];
    if (given.isConstant(1) || !given.constant() || extent.constant())
      continue;
    if (!c.requireEqual(extent, given))
      return failure();
    extent = given;
  }
  input = c.reshape(input, dims);
  ArrayRef<SymbolicExpression> normalized = ArrayRef(dims).take_back(axes);
  Tensor scale = parameter(c, 1, normalized);
  Tensor shift = c.has(2) ? parameter(c, 2, normalized) : Tensor();
  if (!scale || (c.has(2) && !shift))
    return failure();
  auto op = transformer::NormOp::create(c.b, input.value.getType(), kind, input.value,
                                        /*residual=*/Value(), scale.value, shift.value, axes,
                                        APFloat(epsilon), c.attribute(dims));
  if (failed(c.result({op.getResult(), dims})))
    return failure();
  if (kind == NormKind::Rms || (!c.isUsed(1) && !c.isUsed(2)))
    return success();
  SmallVector<int64_t> over = llvm::to_vector(llvm::seq<int64_t>(*axis, input.rank()));
  Tensor mean =
      meanOver(c, {input}, over, [](const Scalars &, ValueRange args) { return args[0]; });
  if (failed(c.result(1, mean)))
    return failure();
  return c.isUsed(2) ? c.result(2, inverseDeviation(c, input, mean, over, epsilon)) : success();
}

// A per-channel parameter [C] as [C, 1, …], which broadcasts over [N, C, …].
Tensor perChannel(Converter &c, unsigned i, const Tensor &input) {
  Tensor tensor = c.operand(i);
  if (tensor.rank() != 1 || tensor.element() != input.element() || input.rank() < 2) {
    (void)c.malformed("input " + Twine(i) + " is no vector over the channels");
    return {};
  }
  if (!c.requireEqual(tensor.dims[0], input.dims[1]))
    return {};
  SymbolicShape dims(input.rank() - 1, 1);
  dims[0] = tensor.dims[0];
  return c.reshape(tensor, dims);
}

LogicalResult batchNormalization(Converter &c) {
  if (c.integer("training_mode", 0) != 0)
    return c.unsupported("it is in training mode", "export the model for inference");
  if (!isa<FloatType>(c.element(0)))
    return c.malformed("its input is no float");
  Tensor input = c.operand(0);
  SmallVector<Tensor> inputs{input};
  for (unsigned i = 1; i <= 4; ++i) {
    inputs.push_back(perChannel(c, i, input));
    if (!inputs.back())
      return failure();
  }
  double epsilon = c.number("epsilon", 1e-5f);
  return c.result(c.elementwise(
      inputs, input.dims, input.element(), [&](ImplicitLocOpBuilder &b, ValueRange args) {
        Scalars s{b, input.element()};
        Value root = b.createOrFold<math::SqrtOp>(s.add(args[4], s.constant(epsilon)));
        Value centred = s.sub(args[0], args[3]);
        return s.add(s.mul(s.div(centred, root), args[1]), args[2]);
      }));
}

/// (x − mean) / (deviation + 1e-9) over `axes`, as the operator's function body has it.
LogicalResult meanVarianceNormalization(Converter &c) {
  if (!isa<FloatType>(c.element(0)))
    return c.malformed("its input is no float");
  Tensor input = c.operand(0);
  auto given = c.integers("axes");
  std::optional<SmallVector<int64_t>> axes =
      c.axes(given ? *given : SmallVector<int64_t>{0, 2, 3}, input.rank());
  if (!axes)
    return failure();
  auto itself = [](const Scalars &, ValueRange args) { return args[0]; };
  Tensor mean = meanOver(c, {input}, *axes, itself);
  Tensor variance = meanOver(c, {input, mean}, *axes, squaredDifference);
  return c.result(c.elementwise({input, mean, variance}, input.dims, input.element(),
                                [&](ImplicitLocOpBuilder &b, ValueRange args) {
                                  Scalars s{b, input.element()};
                                  Value deviation = s.add(b.createOrFold<math::SqrtOp>(args[2]),
                                                          s.constant(1e-9));
                                  return s.div(s.sub(args[0], args[1]), deviation);
                                }));
}

/// Groups of channels are normalised together, then each channel is scaled and shifted.
LogicalResult groupNormalization(Converter &c) {
  int64_t groups = c.integer("num_groups", 0);
  if (!isa<FloatType>(c.element(0)) || c.rank(0) < 2 || groups < 1)
    return c.malformed("it takes floats with channels, and num_groups");
  Tensor input = c.operand(0);
  Tensor scale = perChannel(c, 1, input);
  Tensor shift = scale ? perChannel(c, 2, input) : Tensor();
  if (!shift)
    return failure();
  if (!c.symbols.requireDivides(groups, input.dims[1], c.name))
    return c.malformed("its channels do not split into num_groups");
  SymbolicShape rows{input.dims[0], groups,
                     input.dims[1].floorDiv(groups) *
                         transformer::product(ArrayRef(input.dims).drop_front(2))};
  Tensor grouped = c.reshape(input, rows);
  Tensor mean =
      meanOver(c, {grouped}, {2}, [](const Scalars &, ValueRange args) { return args[0]; });
  Tensor inverse = inverseDeviation(c, grouped, mean, {2}, c.number("epsilon", 1e-5f));
  Tensor unit = c.elementwise({grouped, mean, inverse}, rows, input.element(),
                              [&](ImplicitLocOpBuilder &b, ValueRange args) {
                                Scalars s{b, input.element()};
                                return s.mul(s.sub(args[0], args[1]), args[2]);
                              });
  return c.result(c.elementwise({c.reshape(unit, input.dims), scale, shift}, input.dims,
                                input.element(), [&](ImplicitLocOpBuilder &b, ValueRange args) {
                                  Scalars s{b, input.element()};
                                  return s.add(s.mul(args[0], args[1]), args[2]);
                                }));
}

LogicalResult instanceNormalization(Converter &c) {
  if (!isa<FloatType>(c.element(0)))
    return c.malformed("its input is no float");
  Tensor input = c.operand(0);
  Tensor scale = perChannel(c, 1, input);
  Tensor shift = scale ? perChannel(c, 2, input) : Tensor();
  if (!shift)
    return failure();
  SmallVector<int64_t> over = llvm::to_vector(llvm::seq<int64_t>(2, input.rank()));
  Tensor mean =
      meanOver(c, {input}, over, [](const Scalars &, ValueRange args) { return args[0]; });
  Tensor inverse = inverseDeviation(c, input, mean, over, c.number("epsilon", 1e-5f));
  return c.result(c.elementwise({input, mean, inverse, scale, shift}, input.dims, input.element(),
                                [&](ImplicitLocOpBuilder &b, ValueRange args) {
                                  Scalars s{b, input.element()};
                                  Value unit = s.mul(s.sub(args[0], args[1]), args[2]);
                                  return s.add(s.mul(unit, args[3]), args[4]);
                                }));
}

/// x / ‖x‖ along one axis.
LogicalResult lpNormalization(Converter &c) {
  int64_t p = c.integer("p", 2);
  if (!isa<FloatType>(c.element(0)) || (p != 1 && p != 2))
    return c.malformed("it takes floats and p of 1 or 2");
  Tensor input = c.operand(0);
  Type element = input.element();
  std::optional<int64_t> axis = c.axis(c.integer("axis", -1), input.rank());
  if (!axis)
    return failure();
  Tensor sum = c.reduce(ReductionKind::Sum, input, {*axis}, /*keep=*/true, element,
                        [&](ImplicitLocOpBuilder &b, ValueRange args) {
                          Scalars s{b, element};
                          return p == 1 ? s.absolute(args[0]) : s.mul(args[0], args[0]);
                        });
  // A row of zeros stays zero.
  return c.result(c.elementwise(
      {input, sum}, input.dims, element, [&](ImplicitLocOpBuilder &b, ValueRange args) {
        Scalars s{b, element};
        Value length = p == 1 ? args[1] : b.createOrFold<math::SqrtOp>(args[1]);
        Value isZero = s.compare(Scalars::Compare::Eq, length, s.zero());
        return s.choose(isZero, s.zero(), s.div(args[0], length));
      }));
}

} // namespace

llvm::ArrayRef<Operator> normOperators() {
  static const Operator operators[] = {
      {"BatchNormalization", 9, 5, 5, batchNormalization},
      {"GroupNormalization", 21, 3, 3, groupNormalization},
      {"InstanceNormalization", 6, 3, 3, instanceNormalization},
      // ONNX Runtime's optimiser writes it for any opset.
      {"LayerNormalization", 1, 2, 3, norm<NormKind::Layer>},
      {"LogSoftmax", 1, 1, 1, softmax<true>},
      {"LpNormalization", 1, 1, 1, lpNormalization},
      {"MeanVarianceNormalization", 9, 1, 1, meanVarianceNormalization},
      {"RMSNormalization", 23, 2, 2, norm<NormKind::Rms>},
      {"SimplifiedLayerNormalization", 1, 2, 2, norm<NormKind::Rms>},
      {"Softmax", 1, 1, 1, softmax<false>},
  };
  return operators;
}

} // namespace attune::graph
