// ONNX Runtime's GroupQueryAttention: attention with a cache that each sequence of the batch
// fills to a length of its own.
#include "Operators.h"
#include "Pieces.h"
#include "Rotary.h"
#include "Scalars.h"
#include "SoftmaxAttention.h"

#include <cmath>

using namespace mlir;

namespace attune::graph {
namespace {

enum Input : unsigned {
  Query,
  Key,
  Value_,
  PastKey,
  PastValue,
  Lengths, ///< per sequence: how many keys there are, less one
  Total,   ///< how many keys the longest sequence has
  Cosines,
  Sines,
  Positions,
  ScoreBias
};

struct Operands {
  Tensor q, k, v; ///< [batch, heads, tokens, channels]
};

LogicalResult check(Converter &c) {
  for (unsigned i : {Query, Key, Value_, PastKey, PastValue, Cosines, Sines, ScoreBias})
    if (c.has(i) && (!isa<FloatType>(c.element(i)) || c.element(i) != c.element(0)))
      return c.unsupported("its inputs are not floats of one type",
                           "export the model with a cache that is not quantised");
  for (unsigned i = ScoreBias + 1; i < c.operandCount(); ++i)
    if (c.has(i))
      return c.unsupported("input " + Twine(i) +
                               " (head_sink, or a scale of a quantised cache) is "
                               "given",
                           "export the model without it");
  for (StringRef attribute : {"smooth_softmax", "qk_output", "kv_cache_bit_width"})
    if (int64_t value = c.integer(attribute, 0); value > 0)
      return c.unsupported(attribute + " is " + Twine(value), "export the model without it");
  for (StringRef attribute : {"k_quant_type", "v_quant_type"})
    if (c.text(attribute, "NONE") != "NONE")
      return c.unsupported(attribute + " is set",
                           "export the model with a cache that is not quantised");
  if (c.isUsed(3))
    return c.unsupported("its output of scores is used", "export the model without it");
  if (c.has(PastKey) != c.has(PastValue) || c.has(Key) != c.has(Value_) || !c.has(Lengths) ||
      !c.has(Total))
    return c.malformed("key and value, past_key and past_value go together, and seqlens_k and "
                       "total_sequence_length are needed");
  return success();
}

std::optional<Operands> operands(Converter &c) {
  int64_t heads = c.integer("num_heads", 0), groups = c.integer("kv_num_heads", 0);
  if (heads < 1 || groups < 1 || heads % groups != 0 || heads > INT32_MAX) {
    (void)c.malformed("num_heads is no multiple of kv_num_heads");
    return std::nullopt;
  }
  Tensor q = c.operand(Query), k, v;
  if (c.has(Key)) {
    k = c.operand(Key);
    v = c.operand(Value_);
  } else {
    std::optional<int64_t> width = q.rank() == 3 ? q.dims[2].constant() : std::nullopt;
    if (!width || *width % (heads + 2 * groups) != 0) {
      (void)c.malformed("its packed input does not split into the heads of q, k and v");
      return std::nullopt;
    }
    int64_t size = *width / (heads + 2 * groups), own = heads * size, shared = groups * size;
    Tensor packed = q;
    q = part(c, packed, 2, 0, own);
    k = part(c, packed, 2, own, shared);
    v = part(c, packed, 2, own + shared, shared);
  }
  Operands o{splitHeads(c, q, heads), {}, {}};
  o.k = o.q ? splitHeads(c, k, groups) : Tensor();
  o.v = o.k ? splitHeads(c, v, groups) : Tensor();
  return o.v ? std::optional(o) : std::nullopt;
}

/// How many keys precede the queries: none (a scalar) in a prompt, else per sequence. A null
/// tensor after an error.
Tensor keysBefore(Converter &c, const Operands &o, const SymbolicExpression &total) {
  Type i64 = c.b.getI64Type();
  const SymbolicExpression &queries = o.q.dims[2];
  if (c.symbols.equal(queries, total))
    return c.shapeTensor({SymbolicExpression(0)}, 0, i64);
  Tensor lengths = c.operand(Lengths);
  if (lengths.rank() == 2) {
    if (!c.requireEqual(lengths.dims[1], 1))
      return {};
    lengths = c.reshape(lengths, {lengths.dims[0]});
  }
  if (lengths.rank() != 1 || !lengths.element().isInteger(32)) {
    (void)c.malformed("seqlens_k is no vector of 32-bit integers");
    return {};
  }
  if (!c.requireEqual(lengths.dims[0], o.q.dims[0]))
    return {};
  Tensor sizes = c.shapeTensor({queries}, 0, i64), all = c.shapeTensor({total}, 0, i64);
  return c.elementwise({widened(c, lengths), sizes, all}, lengths.dims, i64,
                       [&](ImplicitLocOpBuilder &b, ValueRange args) {
                         Scalars s{b, i64};
                         Value before = s.sub(s.add(args[0], s.integer(1)), args[1]);
                         Value isPrompt = s.compare(Scalars::Compare::Eq, args[1], args[2]);
                         return s.choose(isPrompt, s.zero(), s.max(before, s.zero()));
                       });
}

/// Where each query is: [batch or 1, queries].
Tensor positionsOf(Converter &c, const Tensor &before, const SymbolicExpression &queries) {
  bool perBatch = before.rank() == 1;
  SymbolicShape dims{perBatch ? before.dims[0] : SymbolicExpression(1), queries};
  AffineMap access = c.select(2, perBatch ? SmallVector<int64_t>{0} : SmallVector<int64_t>{});
  return c.map({before}, {access}, dims, c.b.getI64Type(),
               [&](ImplicitLocOpBuilder &b, ValueRange args) {
                 return Scalars{b, b.getI64Type()}.add(args[0], loopAsInteger(b, 1));
               });
}

/// Rotates queries and new keys when the node says so; false after an error.
bool applyRotary(Converter &c, Operands &o, const Tensor &before) {
  if (c.integer("do_rotary", 0) == 0)
    return true;
  if (!c.has(Cosines) || !c.has(Sines) || c.rank(Cosines) != 2 || c.rank(Sines) != 2) {
    (void)c.malformed("with do_rotary it needs cos_cache and sin_cache of 2 dimensions");
    return false;
  }
  Tensor positions;
  if (c.has(Positions)) {
    if (c.rank(Positions) != 2 || !c.element(Positions).isInteger(64)) {
      (void)c.malformed("position_ids are not 64-bit integers of shape [batch, tokens]");
      return false;
    }
    positions = c.operand(Positions);
  } else {
    positions = positionsOf(c, before, o.q.dims[2]);
  }
  std::optional<int64_t> half = c.dims(Cosines)[1].constant();
  if (!half || *half > INT32_MAX) {
    (void)c.unsupported("the width of its cos_cache is not known when it is compiled",
                        "export the model with cos_cache in the file");
    return false;
  }
  Tensor cosine = rows(c, c.operand(Cosines), positions);
  Tensor sine = rows(c, c.operand(Sines), positions);
  bool interleaved = c.integer("rotary_interleaved", 0) != 0;
  o.q = rotate(c, o.q, 1, cosine, sine, 2 * *half, interleaved);
  o.k = o.q ? rotate(c, o.k, 1, cosine, sine, 2 * *half, interleaved) : Tensor();
  return static_cast<bool>(o.k);
}

// The past of `extent` places, zeros behind it, and the new keys or values from `before` on.
Tensor present(Converter &c, unsigned past, const Tensor &fresh, const Tensor &before,
               const SymbolicExpression &extent) {
  if (!c.has(past)) {
    // A scalar means that there is nothing before.
    if (before.rank() == 0)
      return fresh;
    return c.requireEqual(fresh.dims[2], extent) ? fresh : Tensor();
  }
  Tensor old = c.operand(past);
  if (old.rank() != 4) {
    (void)c.malformed("past_key or past_value has not 4 dimensions");
    return {};
  }
  for (unsigned i : {0, 1, 3})
    if (!c.requireEqual(old.dims[i], fresh.dims[i]))
      return {};
  Tensor start = before.rank() == 1 ? before : c.expand(before, {fresh.dims[0]});
  return c.cacheAppend(old, fresh, start, 2, extent);
}

LogicalResult attend(Converter &c, const Operands &o, const Tensor &before) {
  std::optional<int64_t> channels = o.q.dims[3].constant();
  if (!channels)
    return c.unsupported("its head size is not known when it is compiled",
                         "fix the head size with --dim");
  double scale = c.number("scale", 0), cap = c.number("softcap", 0);
  if (scale == 0)
    scale = 1 / std::sqrt(std::max<double>(*channels, 1));
  if (!std::isfinite(scale) || !std::isfinite(cap) || cap < 0)
    return c.malformed("its scale or softcap is negative or not finite");
  Tensor k = shareHeads(c, o.k, o.q.dims[1]), v = k ? shareHeads(c, o.v, o.q.dims[1]) : Tensor();
  SoftmaxAttention attention(c);
  if (!v || !attention.begin(o.q, k, scale))
    return failure();
  if (cap > 0)
    attention.softcap(cap);
  if (c.has(ScoreBias) && !attention.addBias(c.operand(ScoreBias)))
    return failure();
  int64_t window = c.integer("local_window_size", -1);
  Band band;
  band.upper = 0;
  if (window > 0 && window <= INT32_MAX)
    band.lower = 1 - window;
  if (!attention.mask(
          bandMask(c, attention.scores.dims[2], attention.scores.dims[3], band, before)))
    return failure();
  // Every query sees its own key.
  Tensor p = attention.probabilities(o.q.element(), /*zeroDeadRows=*/false);
  Tensor y = attention.values(p, v);
  return y ? c.result(joinHeads(c, y)) : failure();
}

LogicalResult groupQueryAttention(Converter &c) {
  if (failed(check(c)))
    return failure();
  std::optional<Operands> o = operands(c);
  if (!o)
    return failure();
  const SymbolicShape *total = c.elements(Total);
  if (!total || total->size() != 1)
    return c.unsupported("its total_sequence_length depends on input data",
                         "compute it from a shape, such as that of the attention mask");
  Tensor before = keysBefore(c, *o, total->front());
  if (!before || !applyRotary(c, *o, before))
    return failure();
  SymbolicExpression extent = total->front();
  if (c.has(PastKey) && c.rank(PastKey) == 4)
    extent = c.symbols.simplify(SymbolicExpression::max(extent, c.dims(PastKey)[2]));
  if (!c.requireLessEqual(o->q.dims[2], extent))
    return failure();
  o->k = present(c, PastKey, o->k, before, extent);
  o->v = o->k ? present(c, PastValue, o->v, before, extent) : Tensor();
  if (!o->v || failed(c.result(1, o->k)) || failed(c.result(2, o->v)))
    return failure();
  return attend(c, *o, before);
}

} // namespace

llvm::ArrayRef<Operator> groupQueryOperators() {
  static const Operator operators[] = {
      {"GroupQueryAttention", 1, 1, -1, groupQueryAttention, kMicrosoft},
  };
  return operators;
}

} // namespace attune::graph
