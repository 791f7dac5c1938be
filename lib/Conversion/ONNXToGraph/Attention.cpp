// The standard's Attention.
#include "Operators.h"
#include "Pieces.h"
#include "Scalars.h"
#include "SoftmaxAttention.h"

#include <cmath>

using namespace mlir;

namespace attune::graph {
namespace {

enum Input : unsigned { Q, K, V, Mask, PastKey, PastValue, Lengths };
enum Output : unsigned { Y, PresentKey, PresentValue, Scores };

/// What the node is about, with heads split: [batch, heads, tokens, channels].
struct Operands {
  Tensor q, k, v;
  bool wasFlat = false; ///< the inputs had no dimension for heads
};

std::optional<Operands> operands(Converter &c) {
  Operands o{c.operand(Q), c.operand(K), c.operand(V)};
  Type element = o.q.element();
  if (!isa<FloatType>(element) || o.k.element() != element || o.v.element() != element) {
    (void)c.unsupported("Q, K and V are not floats of one type",
                        "cast them to one type before the node");
    return std::nullopt;
  }
  o.wasFlat = o.q.rank() == 3;
  if ((!o.wasFlat && o.q.rank() != 4) || o.k.rank() != o.q.rank() || o.v.rank() != o.q.rank()) {
    (void)c.malformed("Q, K and V have not 3 or 4 dimensions each");
    return std::nullopt;
  }
  if (o.wasFlat) {
    int64_t heads = c.integer("q_num_heads", 0), groups = c.integer("kv_num_heads", 0);
    o.q = splitHeads(c, o.q, heads);
    o.k = o.q ? splitHeads(c, o.k, groups) : Tensor();
    o.v = o.k ? splitHeads(c, o.v, groups) : Tensor();
  }
  if (!o.v || !c.requireEqual(o.k.dims[1], o.v.dims[1]) ||
      !c.requireEqual(o.k.dims[2], o.v.dims[2]))
    return std::nullopt;
  return o;
}

/// How many keys there were before the queries' own: the past's extent, or per batch what is left
/// of the lengths.
Tensor queryOffset(Converter &c, const SymbolicExpression &past,
                   const SymbolicExpression &queries) {
  Type i64 = c.b.getI64Type();
  if (!c.has(Lengths))
    return c.shapeTensor({past}, 0, i64);
  Tensor lengths = widened(c, c.operand(Lengths)), own = c.shapeTensor({queries}, 0, i64);
  return c.elementwise({lengths, own}, lengths.dims, i64,
                       [&](ImplicitLocOpBuilder &b, ValueRange args) {
                         return Scalars{b, i64}.sub(args[0], args[1]);
                       });
}

// A mask whose last dimension is shorter than the keys has no live key behind its end.
Tensor paddedMask(Converter &c, const Tensor &mask, const SymbolicExpression &keys) {
  if (mask.rank() == 0 || c.version() < 24 || c.symbols.equal(mask.dims.back(), keys))
    return mask;
  if (!c.requireLessEqual(mask.dims.back(), keys))
    return {};
  SymbolicShape pads(2 * mask.rank(), 0), dims(mask.dims);
  pads.back() = c.symbols.simplify(keys - mask.dims.back());
  dims.back() = keys;
  auto scalar = RankedTensorType::get({}, mask.element());
  Attribute dead = c.b.getBoolAttr(false);
  if (auto element = dyn_cast<FloatType>(mask.element()))
    dead = c.b.getFloatAttr(element, -std::numeric_limits<double>::infinity());
  Tensor fill = c.constant(DenseElementsAttr::get(scalar, dead));
  NamedAttribute mode = c.b.getNamedAttr("mode", c.b.getStringAttr("constant"));
  return c.keep("Pad", {mask, c.shapeTensor(pads, 1, c.b.getI64Type()), fill}, {mode}, dims,
                mask.element());
}

/// attn_mask: a boolean that says which keys live, or an addend; false after an error.
bool applyMask(Converter &c, SoftmaxAttention &attention) {
  Type element = attention.scores.element();
  if (c.element(Mask) != element && !c.element(Mask).isInteger(1)) {
    (void)c.malformed("attn_mask is neither boolean nor of the type of Q");
    return false;
  }
  Tensor mask = paddedMask(c, c.operand(Mask), attention.scores.dims[3]);
  if (!mask)
    return false;
  if (mask.element().isInteger(1))
    return attention.mask(mask);
  // A key to whose score −∞ is added is dead: only then a row without a live key is zero.
  Tensor live = c.elementwise({mask}, mask.dims, c.b.getI1Type(),
                              [&](ImplicitLocOpBuilder &b, ValueRange args) {
                                Scalars s{b, element};
                                Value dead = s.constant(-std::numeric_limits<double>::infinity());
                                return s.compare(Scalars::Compare::Ne, args[0], dead);
                              });
  return attention.addBias(mask) && attention.mask(live);
}

/// Causality, windows and lengths; false after an error.
bool applyBand(Converter &c, SoftmaxAttention &attention, const SymbolicExpression &past) {
  SymbolicExpression queries = attention.scores.dims[2], keys = attention.scores.dims[3];
  int64_t left = c.integer("left_window_size", -1), right = c.integer("right_window_size", -1);
  if (left < -1 || right < -1) {
    (void)c.malformed("a window's size is below -1");
    return false;
  }
  Band band;
  if (left >= 0)
    band.lower = -left;
  if (right >= 0)
    band.upper = right;
  if (c.integer("is_causal", 0) != 0)
    band.upper = 0;
  if (c.has(Lengths)) {
    Tensor lengths = c.operand(Lengths);
    if (lengths.rank() != 1 || !isa<IntegerType>(lengths.element())) {
      (void)c.malformed("nonpad_kv_seqlen is no vector of integers");
      return false;
    }
    if (!c.requireEqual(lengths.dims[0], attention.scores.dims[0]) ||
        !attention.mask(lengthMask(c, lengths, keys)))
      return false;
  }
  if (!band.lower && !band.upper)
    return true;
  return attention.mask(bandMask(c, queries, keys, band, queryOffset(c, past, queries)));
}

/// The scale; nothing after an error.
std::optional<double> scaleOf(Converter &c, const Tensor &q) {
  std::optional<int64_t> channels = q.dims[3].constant();
  bool given = c.node.getNodeAttributes().contains("scale");
  if (!given && !channels) {
    (void)c.unsupported("its head size is not known when it is compiled",
                        "give the node a scale, or fix the head size with --dim");
    return std::nullopt;
  }
  double scale = given ? c.number("scale", 0) : 1 / std::sqrt(std::max<double>(*channels, 1));
  if (std::isfinite(scale) && scale >= 0)
    return scale;
  (void)c.malformed("its scale is negative or not finite");
  return std::nullopt;
}

/// The type of the softmax; null after an error.
Type precisionOf(Converter &c, Type element) {
  switch (c.integer("softmax_precision", 0)) {
  case 0:
    return element;
  case 1:
    return c.b.getF32Type();
  case 10:
    return c.b.getF16Type();
  case 11:
    return c.b.getF64Type();
  case 16:
    return c.b.getBF16Type();
  default:
    (void)c.malformed("softmax_precision is none of FLOAT, FLOAT16, DOUBLE, BFLOAT16");
    return {};
  }
}

/// Appends the past and gives the present; false after an error.
bool update(Converter &c, Operands &o, SymbolicExpression &past) {
  if (c.has(PastKey) != c.has(PastValue) || (c.has(PastKey) && c.has(Lengths))) {
    (void)c.malformed("past_key and past_value go together, and not with nonpad_kv_seqlen");
    return false;
  }
  if (c.has(PastKey)) {
    if (c.rank(PastKey) != 4) {
      (void)c.malformed("past_key has not 4 dimensions");
      return false;
    }
    past = c.dims(PastKey)[2];
    o.k = append(c, c.operand(PastKey), o.k, 2);
    o.v = o.k ? append(c, c.operand(PastValue), o.v, 2) : Tensor();
    if (!o.v)
      return false;
  }
  return succeeded(c.result(PresentKey, o.k)) && succeeded(c.result(PresentValue, o.v));
}

LogicalResult attention(Converter &c) {
  std::optional<Operands> o = operands(c);
  SymbolicExpression past;
  if (!o || !update(c, *o, past))
    return failure();
  std::optional<double> scale = scaleOf(c, o->q);
  Type precision = precisionOf(c, o->q.element());
  double cap = c.number("softcap", 0);
  if (!scale || !precision)
    return failure();
  if (!std::isfinite(cap) || cap < 0)
    return c.malformed("its softcap is negative or not finite");
  Tensor k = shareHeads(c, o->k, o->q.dims[1]);
  Tensor v = k ? shareHeads(c, o->v, o->q.dims[1]) : Tensor();
  SoftmaxAttention attention(c);
  if (!v || !attention.begin(o->q, k, *scale))
    return failure();
  Tensor product = attention.scores;
  if (cap > 0)
    attention.softcap(cap);
  Tensor capped = attention.scores;
  if ((c.has(Mask) && !applyMask(c, attention)) || !applyBand(c, attention, past))
    return failure();
  Tensor probabilities = attention.probabilities(precision, /*zeroDeadRows=*/true);
  if (c.isUsed(Scores)) {
    int64_t mode = c.integer("qk_matmul_output_mode", 0);
    if (mode < 0 || mode > 3)
      return c.malformed("qk_matmul_output_mode is " + Twine(mode));
    Tensor stages[] = {product, capped, attention.scores, probabilities};
    if (failed(c.result(Scores, stages[mode])))
      return failure();
  }
  Tensor y = attention.values(probabilities, v);
  if (!y)
    return failure();
  return c.result(Y, o->wasFlat ? joinHeads(c, y) : y);
}

} // namespace

llvm::ArrayRef<Operator> attentionOperators() {
  static const Operator operators[] = {
      {"Attention", 23, 3, 6, attention},
      {"Attention", 24, 3, 7, attention},
  };
  return operators;
}

} // namespace attune::graph
