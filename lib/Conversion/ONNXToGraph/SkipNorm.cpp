// ONNX Runtime's norms: with a residual added before, or with embeddings looked up before.
#include "Operators.h"
#include "Pieces.h"
#include "Scalars.h"

#include <cmath>

using namespace mlir;

namespace attune::graph {
namespace {

using transformer::NormKind;

// What ONNX Runtime takes when a fused norm states no epsilon.
constexpr double kFusedEpsilon = 1e-12f;

bool checkFloats(Converter &c, ArrayRef<unsigned> inputs) {
  for (unsigned i : inputs)
    if (c.has(i) && (!isa<FloatType>(c.element(i)) || c.element(i) != c.element(inputs.front()))) {
      (void)c.malformed("its inputs are not floats of one type");
      return false;
    }
  return true;
}

/// A vector over the last dimension of `input`, whose extent it makes static; null after an error.
Tensor vectorFor(Converter &c, unsigned i, Tensor &input) {
  Tensor tensor = c.operand(i);
  if (tensor.rank() != 1) {
    (void)c.malformed("input " + Twine(i) + " is no vector");
    return {};
  }
  std::optional<SymbolicExpression> extent = agree(c, input.dims.back(), tensor.dims[0]);
  if (!extent)
    return {};
  SymbolicShape dims(input.dims);
  dims.back() = *extent;
  input = c.reshape(input, dims);
  return c.reshape(tensor, {*extent});
}

Tensor sum(Converter &c, const Tensor &a, const Tensor &other) {
  Type element = a.element();
  return c.elementwise({a, other}, a.dims, element, [&](ImplicitLocOpBuilder &b, ValueRange args) {
    return Scalars{b, element}.add(args[0], args[1]);
  });
}

// The norm over the last dimension; `shift` may be null.
LogicalResult normalize(Converter &c, NormKind kind, const Tensor &input, const Tensor &scale,
                        const Tensor &shift, double epsilon) {
  if (!std::isfinite(epsilon) || epsilon < 0)
    return c.malformed("its epsilon is negative or not finite");
  auto op =
      transformer::NormOp::create(c.b, input.value.getType(), kind, input.value,
                                  /*residual=*/Value(), scale.value, shift ? shift.value : Value(),
                                  1, APFloat(epsilon), c.attribute(input.dims));
  return c.result({op.getResult(), input.dims});
}

/// Inputs: x, skip, scale, then shift (layer norm only) and bias. Output 3 is what was normalised.
template <NormKind kind> LogicalResult skipNorm(Converter &c) {
  constexpr unsigned shiftAt = 3, biasAt = kind == NormKind::Layer ? 4 : 3;
  if (!checkFloats(c, {0, 1, 2, 3, 4}))
    return failure();
  if (c.isUsed(1) || c.isUsed(2))
    return c.unsupported("its mean or deviation is used", "export the model for inference");
  Tensor input = c.operand(0), skip = c.operand(1);
  if (input.rank() < 2)
    return c.malformed("its input has fewer than 2 dimensions");
  Tensor scale = vectorFor(c, 2, input), shift, bias;
  if (scale && kind == NormKind::Layer && c.has(shiftAt)) {
    shift = vectorFor(c, shiftAt, input);
    if (!shift)
      return failure();
  }
  if (scale && c.has(biasAt)) {
    bias = vectorFor(c, biasAt, input);
    if (!bias)
      return failure();
  }
  std::optional<SymbolicShape> wide = scale ? c.broadcast({input.dims, skip.dims}) : std::nullopt;
  if (!wide)
    return failure();
  if (wide->size() != input.rank())
    return c.malformed("its skip has more dimensions than its input");
  for (auto [extent, own] : llvm::zip_equal(*wide, input.dims))
    if (!c.requireEqual(own, extent))
      return failure();
  Tensor total = sum(c, input, skip);
  if (bias)
    total = sum(c, total, bias);
  if (failed(c.result(3, total)))
    return failure();
  return normalize(c, kind, total, scale, shift, c.number("epsilon", kFusedEpsilon));
}

// table[indices] for indices of shape [batch or 1, tokens].
Tensor embedded(Converter &c, unsigned table, const Tensor &indices) {
  if (c.rank(table) != 2 || indices.rank() != 2) {
    (void)c.malformed("its tables and indices have not 2 dimensions each");
    return {};
  }
  return rows(c, c.operand(table), indices);
}

// How many ones each row of the mask has.
Tensor maskLengths(Converter &c, const Tensor &ids) {
  Type i32 = c.b.getI32Type();
  if (!c.has(7))
    return c.splat(c.b.getI32IntegerAttr(0), {ids.dims[0]});
  Tensor mask = c.operand(7);
  if (mask.rank() != 2 || !mask.element().isInteger(32)) {
    (void)c.malformed("its mask has no 32-bit integers of shape [batch, tokens]");
    return {};
  }
  return c.reduce(transformer::ReductionKind::Sum, mask, {1}, /*keep=*/false, i32,
                  [&](ImplicitLocOpBuilder &b, ValueRange args) {
                    Scalars s{b, i32};
                    Value isOne = s.compare(Scalars::Compare::Eq, args[0], s.integer(1));
                    return s.choose(isOne, s.integer(1), s.zero());
                  });
}

/// Inputs: ids, segments, the three tables, scale, shift, mask, positions.
LogicalResult embedLayerNormalization(Converter &c) {
  for (unsigned i : {0, 1, 8})
    if (c.has(i) && !c.element(i).isInteger(32) && !c.element(i).isInteger(64))
      return c.malformed("its indices are no integers");
  if (c.has(1) != c.has(4) || !c.has(2) || !c.has(3) || !c.has(5) || !c.has(6))
    return c.malformed("a table or parameter is missing");
  if (!checkFloats(c, {2, 3, 4, 5, 6}))
    return failure();
  Tensor ids = c.operand(0);
  Tensor total = embedded(c, 2, ids);
  if (!total)
    return failure();
  Tensor positions;
  if (c.has(8))
    positions = c.operand(8);
  else
    positions = c.map({}, {}, {1, ids.dims[1]}, c.b.getI64Type(),
                      [](ImplicitLocOpBuilder &b, ValueRange) { return loopAsInteger(b, 1); });
  SmallVector<Tensor> others{embedded(c, 3, positions)};
  if (c.has(1))
    others.push_back(embedded(c, 4, c.operand(1)));
  for (const Tensor &other : others) {
    if (!other)
      return failure();
    std::optional<SymbolicShape> wide = c.broadcast({total.dims, other.dims});
    if (!wide || !c.requireEqual((*wide)[0], total.dims[0]))
      return failure();
    total = sum(c, total, other);
  }
  Tensor scale = vectorFor(c, 5, total), shift = scale ? vectorFor(c, 6, total) : Tensor();
  if (!shift)
    return failure();
  if (c.isUsed(1)) {
    Tensor lengths = maskLengths(c, ids);
    if (!lengths || failed(c.result(1, lengths)))
      return failure();
  }
  if (failed(c.result(2, total)))
    return failure();
  return normalize(c, NormKind::Layer, total, scale, shift, c.number("epsilon", kFusedEpsilon));
}

} // namespace

llvm::ArrayRef<Operator> skipNormOperators() {
  static const Operator operators[] = {
      {"EmbedLayerNormalization", 1, 1, 9, embedLayerNormalization, kMicrosoft},
      {"SkipLayerNormalization", 1, 3, 5, skipNorm<NormKind::Layer>, kMicrosoft},
      {"SkipSimplifiedLayerNormalization", 1, 3, 4, skipNorm<NormKind::Rms>, kMicrosoft},
  };
  return operators;
}

} // namespace attune::graph
