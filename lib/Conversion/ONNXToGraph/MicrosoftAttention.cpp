// ONNX Runtime's MultiHeadAttention and Attention.
#include "Operators.h"
#include "Pieces.h"
#include "Scalars.h"
#include "SoftmaxAttention.h"

#include <cmath>

using namespace mlir;

namespace attune::graph {
namespace {

/// What both operators do once q, k and v are there as [batch, heads, tokens, channels].
struct Rest {
  unsigned mask;               ///< input: which keys live
  unsigned bias;               ///< input: what is added to the scores
  SymbolicExpression past = 0; ///< how many keys precede the queries
};

// Where each key lives, from a mask of any of the shapes that the operators take; null after an
// error.
Tensor liveKeys(Converter &c, const Tensor &mask, const SymbolicExpression &batch,
                const SymbolicExpression &queries, const SymbolicExpression &keys) {
  if (!isa<IntegerType>(mask.element())) {
    (void)c.malformed("its mask has no integers");
    return {};
  }
  Type boolean = c.b.getI1Type();
  auto positive = [&](const Tensor &tensor) {
    if (tensor.element() == boolean)
      return tensor;
    return c.elementwise({tensor}, tensor.dims, boolean,
                         [&](ImplicitLocOpBuilder &b, ValueRange args) {
                           Scalars s{b, tensor.element()};
                           return s.compare(Scalars::Compare::Gt, args[0], s.zero());
                         });
  };
  SymbolicShape dims = mask.dims;
  if (dims.size() == 1 && c.symbols.equal(dims[0], batch))
    return lengthMask(c, mask, keys);
  if (dims.size() == 2) {
    if (!c.requireEqual(dims[0], batch) || !c.requireEqual(dims[1], keys))
      return {};
    return positive(c.reshape(mask, {dims[0], 1, 1, dims[1]}));
  }
  if (dims.size() == 3) {
    if (!c.requireEqual(dims[0], batch) || !c.requireEqual(dims[1], queries) ||
        !c.requireEqual(dims[2], keys))
      return {};
    return positive(c.reshape(mask, {dims[0], 1, dims[1], dims[2]}));
  }
  (void)c.unsupported("its mask has " + Twine(dims.size()) +
                          " dimensions and is no vector over "
                          "the batch, nor of shape [batch, keys] or [batch, queries, keys]",
                      "export the model with a mask of shape [batch, keys]");
  return {};
}

/// Adds `fill` to the scores of keys that the mask declares dead, and the type's lowest value, in
/// place of it, to those of keys after the query when the node is unidirectional; false after an
/// error.
bool addMask(Converter &c, SoftmaxAttention &attention, const Rest &rest, double fill) {
  SymbolicShape dims = attention.scores.dims, wide{dims[2], dims[3]};
  auto element = cast<FloatType>(attention.scores.element());
  SmallVector<Tensor> masks;
  bool isCausal = c.integer("unidirectional", 0) != 0;
  if (isCausal) {
    Band causal;
    causal.upper = 0;
    Tensor offset = c.shapeTensor({rest.past}, 0, c.b.getI64Type());
    masks.push_back(bandMask(c, dims[2], dims[3], causal, offset));
  }
  if (c.has(rest.mask)) {
    masks.push_back(liveKeys(c, c.operand(rest.mask), dims[0], dims[2], dims[3]));
    if (!masks.back())
      return false;
    wide = masks.back().dims;
    if (isCausal)
      wide[2] = dims[2];
  }
  double lowest =
      APFloat::getLargest(element.getFloatSemantics(), /*Negative=*/true).convertToDouble();
  return attention.addBias(
      c.elementwise(masks, wide, element, [&](ImplicitLocOpBuilder &b, ValueRange live) {
        Scalars s{b, element};
        Value addend = s.zero();
        if (c.has(rest.mask))
          addend = s.choose(live.back(), addend, s.constant(fill));
        return isCausal ? s.choose(live.front(), addend, s.constant(lowest)) : addend;
      }));
}

LogicalResult finish(Converter &c, const Tensor &q, const Tensor &k, const Tensor &v,
                     const Rest &rest) {
  std::optional<int64_t> channels = q.dims[3].constant();
  double scale = c.number("scale", 0), fill = c.number("mask_filter_value", -10000);
  if (scale == 0 && !channels)
    return c.unsupported("its head size is not known when it is compiled",
                         "give the node a scale, or fix the head size with --dim");
  if (scale == 0)
    scale = 1 / std::sqrt(std::max<double>(*channels, 1));
  if (!std::isfinite(scale) || std::isnan(fill))
    return c.malformed("its scale or mask_filter_value is no number");
  SoftmaxAttention attention(c);
  if (!attention.begin(q, k, scale))
    return failure();
  Type element = q.element();
  if (c.has(rest.bias)) {
    if (c.element(rest.bias) != element)
      return c.malformed("what it adds to the scores has another type than they");
    if (!attention.addBias(c.operand(rest.bias)))
      return failure();
  }
  SymbolicShape dims = attention.scores.dims;
  if ((c.has(rest.mask) || c.integer("unidirectional", 0) != 0) &&
      !addMask(c, attention, rest, fill))
    return failure();
  Tensor p = attention.probabilities(element, /*zeroDeadRows=*/false);
  Tensor y = attention.values(p, v);
  return y ? c.result(joinHeads(c, y)) : failure();
}

// Inputs of MultiHeadAttention.
enum Input : unsigned {
  Query,
  Key,
  Value_,
  Bias,
  Mask,
  ScoreBias,
  PastKey,
  PastValue,
  PastLength,
  Indirection
};

/// What refuses to be built; success otherwise.
LogicalResult checkMultiHead(Converter &c) {
  if (c.integer("num_heads", 0) < 1)
    return c.malformed("it has no num_heads");
  for (unsigned i : {Query, Key, Value_, Bias, PastKey, PastValue})
    if (c.has(i) && (!isa<FloatType>(c.element(i)) || c.element(i) != c.element(0)))
      return c.malformed("its inputs are not floats of one type");
  if (c.has(PastLength) || c.has(Indirection))
    return c.unsupported("past_sequence_length or cache_indirection is given",
                         "export the model without a shared cache buffer and without beam search");
  if (c.isUsed(3))
    return c.unsupported("its output qk is used", "export the model without it");
  if (c.has(PastKey) != c.has(PastValue))
    return c.malformed("past_key and past_value go together");
  return success();
}

/// Projections with nothing but heads to split, and their bias [q | k | v]; null after an error.
struct Projections {
  Tensor q, k, v;
};

// [batch, tokens, heads, count, channels] at `index`, as [batch, heads, tokens, channels].
Tensor unpacked(Converter &c, const Tensor &packed, int64_t index) {
  Tensor one = part(c, packed, 3, index, 1);
  SymbolicShape dims{packed.dims[0], packed.dims[1], packed.dims[2], packed.dims[4]};
  return c.transpose(c.reshape(one, dims), {0, 2, 1, 3});
}

// [batch, tokens, channels] plus what its part of the bias says.
Tensor biased(Converter &c, const Tensor &tensor, const Tensor &bias,
              const SymbolicExpression &from) {
  if (tensor.rank() != 3)
    return tensor;
  Tensor own = part(c, bias, 0, from, tensor.dims[2]);
  Type element = tensor.element();
  return c.elementwise({tensor, own}, tensor.dims, element,
                       [&](ImplicitLocOpBuilder &b, ValueRange args) {
                         return Scalars{b, element}.add(args[0], args[1]);
                       });
}

std::optional<Projections> projections(Converter &c, int64_t heads) {
  Tensor q = c.operand(Query);
  if (q.rank() == 5 && !c.has(Key) && !c.has(Value_) && !c.has(Bias)) {
    if (!c.requireEqual(q.dims[2], heads) || !c.requireEqual(q.dims[3], 3))
      return std::nullopt;
    return Projections{unpacked(c, q, 0), unpacked(c, q, 1), unpacked(c, q, 2)};
  }
  if (q.rank() != 3 || !c.has(Key)) {
    (void)c.unsupported("query, key and bias come in a layout that is not built",
                        "export the model with query, key and value apart");
    return std::nullopt;
  }
  Tensor k = c.operand(Key), v = c.has(Value_) ? c.operand(Value_) : Tensor();
  if (k.rank() == 5 && !v && !c.has(Bias)) {
    if (!c.requireEqual(k.dims[2], heads) || !c.requireEqual(k.dims[3], 2))
      return std::nullopt;
    q = splitHeads(c, q, heads);
    return q ? std::optional(Projections{q, unpacked(c, k, 0), unpacked(c, k, 1)}) : std::nullopt;
  }
  if (!v || v.rank() != k.rank() || (k.rank() != 3 && k.rank() != 4) ||
      (k.rank() == 4 && c.has(Bias))) {
    (void)c.unsupported("query, key, value and bias come in a layout that is not built",
                        "export the model with query, key and value of 3 dimensions each");
    return std::nullopt;
  }
  if (c.has(Bias)) {
    Tensor bias = c.operand(Bias);
    SymbolicExpression first = q.dims[2], second = first + k.dims[2];
    if (bias.rank() != 1) {
      (void)c.malformed("its bias is no vector");
      return std::nullopt;
    }
    if (!c.requireEqual(bias.dims[0], second + v.dims[2]))
      return std::nullopt;
    q = biased(c, q, bias, 0);
    k = biased(c, k, bias, first);
    v = biased(c, v, bias, second);
  }
  q = splitHeads(c, q, heads);
  if (q && k.rank() == 3) {
    k = splitHeads(c, k, heads);
    v = k ? splitHeads(c, v, heads) : Tensor();
  }
  return q && v ? std::optional(Projections{q, k, v}) : std::nullopt;
}

LogicalResult multiHeadAttention(Converter &c) {
  if (failed(checkMultiHead(c)))
    return failure();
  std::optional<Projections> own = projections(c, c.integer("num_heads", 0));
  if (!own)
    return failure();
  auto [q, k, v] = *own;
  Rest rest{Mask, ScoreBias};
  if (c.has(PastKey)) {
    Tensor past = c.operand(PastKey);
    if (past.rank() != 4)
      return c.malformed("past_key has not 4 dimensions");
    rest.past = past.dims[2];
    k = append(c, past, k, 2);
    v = k ? append(c, c.operand(PastValue), v, 2) : Tensor();
    if (!v)
      return failure();
  }
  if (failed(c.result(1, k)) || failed(c.result(2, v)))
    return failure();
  return finish(c, q, k, v, rest);
}

/// x·W + b: [batch, tokens, channels].
Tensor project(Converter &c, const Tensor &input, const Tensor &weights, const Tensor &bias) {
  std::optional<SymbolicExpression> inner = agree(c, input.dims[2], weights.dims[0]);
  if (!inner || (bias && !c.requireEqual(bias.dims[0], weights.dims[1])))
    return {};
  SmallVector<AffineMap> maps{c.select(4, {0, 1, 3}), c.select(4, {3, 2})};
  SmallVector<Tensor> extra;
  if (bias) {
    extra.push_back(bias);
    maps.push_back(c.select(4, {2}));
  }
  Type element = input.element();
  return c.contract(input, weights, extra, {input.dims[0], input.dims[1], weights.dims[1], *inner},
                    maps, c.select(4, {0, 1, 2}), [&](ImplicitLocOpBuilder &b, ValueRange args) {
                      Scalars s{b, element};
                      return args.size() > 1 ? s.add(args[0], args[1]) : args[0];
                    });
}

/// The widths of q, k and v in the packed weights; nothing after an error.
std::optional<SmallVector<int64_t>> widths(Converter &c, const Tensor &weights) {
  std::optional<int64_t> all = weights.dims[1].constant();
  if (!all) {
    (void)c.unsupported("the width of its weights is not known when it is compiled",
                        "export the model with its weights in the file");
    return std::nullopt;
  }
  auto given = c.integers("qkv_hidden_sizes");
  SmallVector<int64_t> sizes =
      given && !given->empty() ? *given : SmallVector<int64_t>(3, *all / 3);
  int64_t sum = 0;
  bool fits = sizes.size() == 3;
  for (int64_t size : sizes) {
    fits &= size > 0 && size <= *all;
    sum += fits ? size : 0;
  }
  if (fits && sum == *all && sizes[0] == sizes[1])
    return sizes;
  (void)c.malformed("its weights are not as wide as q, k and v together");
  return std::nullopt;
}

/// Inputs: x, weights, bias, mask, past, what is added to the scores, past length.
LogicalResult attention(Converter &c) {
  int64_t heads = c.integer("num_heads", 0);
  for (unsigned i : {0, 1, 2, 4})
    if (c.has(i) && (!isa<FloatType>(c.element(i)) || c.element(i) != c.element(0)))
      return c.malformed("its inputs are not floats of one type");
  if (heads < 1 || c.rank(0) != 3 || c.rank(1) != 2 || (c.has(2) && c.rank(2) != 1))
    return c.malformed("it has no num_heads, or inputs of other ranks than 3, 2 and 1");
  if (c.integer("do_rotary", 0) != 0)
    return c.unsupported("do_rotary is set", "export the model with RotaryEmbedding nodes");
  if (c.has(6) || c.integer("past_present_share_buffer", 0) != 0)
    return c.unsupported("past_sequence_length or past_present_share_buffer is given",
                         "export the model without a shared cache buffer");
  Tensor weights = c.operand(1);
  std::optional<SmallVector<int64_t>> sizes = widths(c, weights);
  Tensor packed =
      sizes ? project(c, c.operand(0), weights, c.has(2) ? c.operand(2) : Tensor()) : Tensor();
  if (!packed)
    return failure();
  SmallVector<Tensor> own;
  int64_t from = 0;
  for (int64_t size : *sizes) {
    own.push_back(splitHeads(c, part(c, packed, 2, from, size), heads));
    if (!own.back())
      return failure();
    from += size;
  }
  Tensor q = own[0], k = own[1], v = own[2];
  Rest rest{3, 5};
  if (c.has(4)) {
    Tensor past = c.operand(4);
    if (past.rank() != 5 || !c.requireEqual(past.dims[0], 2))
      return c.malformed("its past is not [2, batch, heads, tokens, channels]");
    SymbolicShape dims(ArrayRef(past.dims).drop_front());
    rest.past = dims[2];
    k = append(c, c.reshape(part(c, past, 0, 0, 1), dims), k, 2);
    v = k ? append(c, c.reshape(part(c, past, 0, 1, 1), dims), v, 2) : Tensor();
    if (!v)
      return failure();
  }
  if (c.isUsed(1)) {
    SymbolicShape one(k.dims), other(v.dims);
    if (!c.requireEqual(k.dims[3], v.dims[3]))
      return failure();
    one.insert(one.begin(), 1);
    other.insert(other.begin(), 1);
    if (failed(c.result(1, joined(c, {c.reshape(k, one), c.reshape(v, other)}, 0))))
      return failure();
  }
  return finish(c, q, k, v, rest);
}

} // namespace

llvm::ArrayRef<Operator> microsoftAttentionOperators() {
  static const Operator operators[] = {
      {"Attention", 1, 2, 7, attention, kMicrosoft},
      {"MultiHeadAttention", 1, 1, 10, multiHeadAttention, kMicrosoft},
  };
  return operators;
}

} // namespace attune::graph
