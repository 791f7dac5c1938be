// Rotary position embeddings, in the standard's form and in ONNX Runtime's.
#include "Rotary.h"

#include "Operators.h"
#include "Pieces.h"
#include "Scalars.h"

using namespace mlir;

namespace attune::graph {

// a·b − c·d, or a·b + c·d.
static Tensor combined(Converter &c, ArrayRef<Tensor> factors, bool subtract) {
  Type element = factors[0].element();
  return c.elementwise(factors, factors[0].dims, element,
                       [&](ImplicitLocOpBuilder &b, ValueRange args) {
                         Scalars s{b, element};
                         Value first = s.mul(args[0], args[1]), second = s.mul(args[2], args[3]);
                         return subtract ? s.sub(first, second) : s.add(first, second);
                       });
}

Tensor rotate(Converter &c, const Tensor &input, int64_t headAxis, Tensor cosine, Tensor sine,
              int64_t channels, bool interleaved) {
  std::optional<int64_t> size = input.dims[3].constant();
  if (!size || channels < 0 || channels > *size || channels % 2 != 0) {
    if (!size)
      (void)c.unsupported("its head size is not known when it is compiled",
                          "export the model with a fixed head size");
    else
      (void)c.malformed(Twine(channels) + " channels of " + Twine(*size) + " cannot be rotated");
    return {};
  }
  int64_t half = channels / 2, tokenAxis = 3 - headAxis;
  for (Tensor *cache : {&cosine, &sine}) {
    if (cache->element() != input.element() || cache->rank() != 3) {
      (void)c.malformed("a cache of cosines or sines has another type or rank than is needed");
      return {};
    }
    SymbolicShape dims(cache->dims);
    // The batch may be one.
    if ((!dims[0].isConstant(1) && !c.requireEqual(dims[0], input.dims[0])) ||
        !c.requireEqual(dims[1], input.dims[tokenAxis]) || !c.requireEqual(dims[2], half))
      return {};
    dims.back() = half;
    dims.insert(dims.begin() + headAxis, 1);
    *cache = c.reshape(*cache, dims);
  }
  int64_t step = interleaved ? 2 : 1;
  Tensor first = part(c, input, 3, 0, half, step);
  Tensor second = part(c, input, 3, interleaved ? 1 : half, half, step);
  Tensor real = combined(c, {first, cosine, second, sine}, /*subtract=*/true);
  Tensor imaginary = combined(c, {first, sine, second, cosine}, /*subtract=*/false);
  Tensor rotated;
  if (interleaved) {
    SymbolicShape pairs(real.dims), flat(real.dims);
    pairs.push_back(1);
    flat[3] = channels;
    rotated = c.reshape(joined(c, {c.reshape(real, pairs), c.reshape(imaginary, pairs)}, 4), flat);
  } else {
    rotated = joined(c, {real, imaginary}, 3);
  }
  if (channels == *size)
    return rotated;
  return joined(c, {rotated, part(c, input, 3, channels, *size - channels)}, 3);
}

namespace {

/// The input with four dimensions, and where its heads are.
struct Heads {
  Tensor tensor;
  int64_t axis;
};

// [batch, heads, tokens, channels], or [batch, tokens, heads · channels] with `heads`.
std::optional<Heads> headsOf(Converter &c, const Tensor &input, int64_t heads) {
  if (input.rank() == 4)
    return Heads{input, 1};
  if (input.rank() != 3 || heads < 1 || !c.symbols.requireDivides(heads, input.dims[2], c.name)) {
    (void)c.malformed("its input has neither 4 dimensions, nor 3 that split into num_heads");
    return std::nullopt;
  }
  SymbolicExpression size = c.symbols.simplify(input.dims[2].floorDiv(heads));
  return Heads{c.reshape(input, {input.dims[0], input.dims[1], heads, size}), 2};
}

LogicalResult finish(Converter &c, const Heads &heads, const Tensor &cosine, const Tensor &sine,
                     int64_t given) {
  if (!isa<FloatType>(heads.tensor.element()))
    return c.malformed("its input is no float");
  int64_t channels = given != 0 ? given : heads.tensor.dims[3].constant().value_or(0);
  Tensor rotated =
      rotate(c, heads.tensor, heads.axis, cosine, sine, channels, c.integer("interleaved", 0) != 0);
  return rotated ? c.result(c.reshape(rotated, c.dims(0))) : failure();
}

bool checkIndices(Converter &c, unsigned i) {
  if (c.element(i).isInteger(32) || c.element(i).isInteger(64))
    return true;
  (void)c.malformed("its positions are no integers");
  return false;
}

/// Inputs: X, cosines, sines, positions.
LogicalResult rotaryEmbedding(Converter &c) {
  std::optional<Heads> heads = headsOf(c, c.operand(0), c.integer("num_heads", 0));
  if (!heads)
    return failure();
  Tensor cosine = c.operand(1), sine = c.operand(2);
  if (c.has(3)) {
    if (!checkIndices(c, 3))
      return failure();
    if (c.rank(3) != 2 || cosine.rank() != 2 || sine.rank() != 2)
      return c.malformed("with position_ids, positions and caches have 2 dimensions");
    cosine = rows(c, cosine, c.operand(3));
    sine = rows(c, sine, c.operand(3));
  }
  return finish(c, *heads, cosine, sine, c.integer("rotary_embedding_dim", 0));
}

/// Inputs: X, positions, cosines, sines. One position is that of the first token.
LogicalResult microsoftRotaryEmbedding(Converter &c) {
  if (c.integer("is_packed_batching", 0) != 0)
    return c.unsupported("is_packed_batching is set", "export the model without packed batches");
  Tensor cosine = c.operand(2), sine = c.operand(3);
  if (!checkIndices(c, 1))
    return failure();
  if (cosine.rank() != 2 || sine.rank() != 2)
    return c.malformed("its caches have not 2 dimensions each");
  int64_t given = c.integer("rotary_embedding_dim", 0), count = c.integer("num_heads", 0);
  SymbolicShape dims = c.dims(0);
  // Without a number of heads, a head is as wide as the caches say.
  if (std::optional<int64_t> hidden = dims.back().constant(), half = cosine.dims[1].constant();
      dims.size() == 3 && count == 0 && given == 0 && hidden && half && *half > 0)
    count = *hidden / (2 * *half);
  std::optional<Heads> heads = headsOf(c, c.operand(0), count);
  if (!heads)
    return failure();
  Tensor positions = widened(c, c.operand(1));
  const SymbolicExpression &tokens = heads->tensor.dims[3 - heads->axis];
  if (positions.rank() == 1) {
    if (!c.requireEqual(positions.dims[0], 1))
      return failure();
    positions = c.map({c.reshape(positions, {})}, {c.select(2, {})}, {1, tokens}, c.b.getI64Type(),
                      [&](ImplicitLocOpBuilder &b, ValueRange args) {
                        return Scalars{b, b.getI64Type()}.add(args[0], loopAsInteger(b, 1));
                      });
  } else if (positions.rank() != 2) {
    return c.malformed("its positions have not 1 or 2 dimensions");
  }
  return finish(c, *heads, rows(c, cosine, positions), rows(c, sine, positions), given);
}

} // namespace

llvm::ArrayRef<Operator> rotaryOperators() {
  static const Operator operators[] = {
      {"RotaryEmbedding", 23, 3, 4, rotaryEmbedding},
      {"RotaryEmbedding", 1, 4, 4, microsoftRotaryEmbedding, kMicrosoft},
  };
  return operators;
}

} // namespace attune::graph
