// Builds the parts of an attention.
#include "SoftmaxAttention.h"

#include "Pieces.h"
#include "Scalars.h"

using namespace mlir;

namespace attune::graph {

Tensor splitHeads(Converter &c, const Tensor &tensor, int64_t heads) {
  if (tensor.rank() != 3) {
    (void)c.malformed("an input of " + Twine(tensor.rank()) + " dimensions where 3 are needed");
    return {};
  }
  if (heads < 1 || !c.symbols.requireDivides(heads, tensor.dims[2], c.name)) {
    (void)c.malformed(tensor.dims[2].str() + " channels do not split into " + Twine(heads) +
                      " heads");
    return {};
  }
  SymbolicShape dims{tensor.dims[0], tensor.dims[1], heads,
                     c.symbols.simplify(tensor.dims[2].floorDiv(heads))};
  return c.transpose(c.reshape(tensor, dims), {0, 2, 1, 3});
}

Tensor joinHeads(Converter &c, const Tensor &tensor) {
  Tensor tokens = c.transpose(tensor, {0, 2, 1, 3});
  return c.reshape(tokens, {tokens.dims[0], tokens.dims[1], tokens.dims[2] * tokens.dims[3]});
}

Tensor shareHeads(Converter &c, const Tensor &tensor, const SymbolicExpression &heads) {
  const SymbolicExpression &groups = tensor.dims[1];
  if (c.symbols.equal(groups, heads))
    return tensor;
  std::optional<int64_t> all = heads.constant(), shared = groups.constant();
  if (!all || !shared) {
    (void)c.unsupported("its numbers of heads, " + heads.str() + " and " + groups.str() +
                            ", are not known when it is compiled",
                        "export the model with fixed numbers of heads");
    return {};
  }
  if (*shared < 1 || *all % *shared != 0) {
    (void)c.malformed(Twine(*all) + " heads do not share " + Twine(*shared) + " of keys");
    return {};
  }
  SymbolicShape dims(tensor.dims);
  dims.insert(dims.begin() + 2, *all / *shared);
  Tensor spread = c.move(tensor, c.select(5, {0, 1, 3, 4}), dims);
  return c.reshape(spread, {tensor.dims[0], *all, tensor.dims[2], tensor.dims[3]});
}

Tensor append(Converter &c, const Tensor &past, const Tensor &fresh, int64_t axis) {
  if (past.rank() != fresh.rank() || past.element() != fresh.element()) {
    (void)c.malformed("a past state has another rank or element type than what is appended");
    return {};
  }
  for (auto [i, extent] : llvm::enumerate(fresh.dims))
    if (static_cast<int64_t>(i) != axis && !c.requireEqual(past.dims[i], extent))
      return {};
  return joined(c, {past, fresh}, axis);
}

Tensor bandMask(Converter &c, const SymbolicExpression &queries, const SymbolicExpression &keys,
                Band band, const Tensor &offset) {
  // No extent is that large, and sums stay in 64 bits.
  constexpr int64_t kFar = int64_t{1} << 40;
  for (std::optional<int64_t> *bound : {&band.lower, &band.upper})
    if (*bound)
      *bound = std::clamp(**bound, -kFar, kFar);
  bool perBatch = offset.rank() == 1;
  SymbolicShape dims{queries, keys};
  if (perBatch)
    dims = {offset.dims[0], 1, queries, keys};
  int64_t query = dims.size() - 2, key = query + 1;
  AffineMap access =
      c.select(dims.size(), perBatch ? SmallVector<int64_t>{0} : SmallVector<int64_t>{});
  return c.map({offset}, {access}, dims, c.b.getI1Type(),
               [&](ImplicitLocOpBuilder &b, ValueRange args) {
                 Scalars s{b, b.getI64Type()};
                 Value position = s.add(loopAsInteger(b, query), args[0]);
                 Value at = loopAsInteger(b, key);
                 Value live;
                 auto conjoin = [&](Scalars::Compare how, int64_t bound) {
                   Value limit = bound == 0 ? position : s.add(position, s.integer(bound));
                   Value holds = s.compare(how, at, limit);
                   live = live ? b.createOrFold<arith::AndIOp>(live, holds) : holds;
                 };
                 if (band.lower)
                   conjoin(Scalars::Compare::Ge, *band.lower);
                 if (band.upper)
                   conjoin(Scalars::Compare::Le, *band.upper);
                 return live ? live : s.boolean(true);
               });
}

Tensor lengthMask(Converter &c, const Tensor &lengths, const SymbolicExpression &keys) {
  SymbolicShape dims{lengths.dims[0], 1, 1, keys};
  return c.map({widened(c, lengths)}, {c.select(4, {0})}, dims, c.b.getI1Type(),
               [&](ImplicitLocOpBuilder &b, ValueRange args) {
                 Scalars s{b, b.getI64Type()};
                 return s.compare(Scalars::Compare::Lt, loopAsInteger(b, 3), args[0]);
               });
}

static Value accumulated(ImplicitLocOpBuilder &, ValueRange args) { return args[0]; }

bool SoftmaxAttention::begin(const Tensor &q, const Tensor &k, double scale) {
  auto batch = agree(c, q.dims[0], k.dims[0]);
  auto heads = batch ? agree(c, q.dims[1], k.dims[1]) : std::nullopt;
  auto channels = heads ? agree(c, q.dims[3], k.dims[3]) : std::nullopt;
  if (!channels)
    return false;
  Type element = q.element();
  scores = c.contract(q, k, {}, {*batch, *heads, q.dims[2], k.dims[2], *channels},
                      {c.select(5, {0, 1, 2, 4}), c.select(5, {0, 1, 3, 4})},
                      c.select(5, {0, 1, 2, 3}), accumulated);
  scores =
      c.elementwise({scores}, scores.dims, element, [&](ImplicitLocOpBuilder &b, ValueRange args) {
        Scalars s{b, element};
        return s.mul(args[0], s.constant(scale));
      });
  return true;
}

void SoftmaxAttention::softcap(double cap) {
  Type element = scores.element();
  scores =
      c.elementwise({scores}, scores.dims, element, [&](ImplicitLocOpBuilder &b, ValueRange args) {
        Scalars s{b, element};
        Value inner = s.div(args[0], s.constant(cap));
        Value bounded =
            transformer::ActivationOp::create(b, transformer::ActivationKind::Tanh, inner);
        return s.mul(bounded, s.constant(cap));
      });
}

/// True when the tensor broadcasts to the scores' shape.
bool SoftmaxAttention::fits(const Tensor &tensor) {
  std::optional<SymbolicShape> wide = c.broadcast({scores.dims, tensor.dims});
  if (!wide)
    return false;
  if (wide->size() != scores.dims.size()) {
    (void)c.malformed("a mask or bias has " + Twine(wide->size()) + " dimensions");
    return false;
  }
  for (auto [extent, own] : llvm::zip_equal(*wide, scores.dims))
    if (!c.requireEqual(own, extent))
      return false;
  return true;
}

bool SoftmaxAttention::addBias(const Tensor &bias) {
  if (!fits(bias))
    return false;
  Type element = scores.element();
  scores = c.elementwise({scores, bias}, scores.dims, element,
                         [&](ImplicitLocOpBuilder &b, ValueRange args) {
                           return Scalars{b, element}.add(args[0], args[1]);
                         });
  return true;
}

bool SoftmaxAttention::mask(const Tensor &live) {
  if (!fits(live))
    return false;
  Type element = scores.element();
  scores = c.elementwise({scores, live}, scores.dims, element,
                         [&](ImplicitLocOpBuilder &b, ValueRange args) {
                           Scalars s{b, element};
                           Value dead = s.constant(-std::numeric_limits<double>::infinity());
                           return s.choose(args[1], args[0], dead);
                         });
  masks.push_back(live);
  return true;
}

Tensor SoftmaxAttention::probabilities(Type precision, bool zeroDeadRows) {
  Type element = scores.element();
  auto converted = [&](const Tensor &input, Type type) {
    if (input.element() == type)
      return input;
    return c.elementwise({input}, input.dims, type, [&](ImplicitLocOpBuilder &b, ValueRange args) {
      return castScalar(b, args[0], false, type, false);
    });
  };
  isPlain &= precision == element;
  Tensor p = converted(c.softmax(converted(scores, precision), 3), element);
  if (!zeroDeadRows || masks.empty())
    return p;
  if (isPlain)
    // As exporters guard it: a row of −∞ has become NaN.
    return c.elementwise({p}, p.dims, element, [&](ImplicitLocOpBuilder &b, ValueRange args) {
      Scalars s{b, element};
      Value isNan = b.createOrFold<arith::CmpFOp>(arith::CmpFPredicate::UNO, args[0], args[0]);
      return s.choose(isNan, s.zero(), args[0]);
    });
  // Nothing raises this: dead keys are cleared, which leaves a NaN of live ones alone.
  SmallVector<Tensor> inputs{p};
  llvm::append_range(inputs, masks);
  return c.elementwise(inputs, p.dims, element, [&](ImplicitLocOpBuilder &b, ValueRange args) {
    Scalars s{b, element};
    Value live = args[1];
    for (Value other : args.drop_front(2))
      live = b.createOrFold<arith::AndIOp>(live, other);
    return s.choose(live, args[0], s.zero());
  });
}

Tensor SoftmaxAttention::values(const Tensor &probabilities, const Tensor &v) {
  auto batch = agree(c, probabilities.dims[0], v.dims[0]);
  auto heads = batch ? agree(c, probabilities.dims[1], v.dims[1]) : std::nullopt;
  auto keys = heads ? agree(c, probabilities.dims[3], v.dims[2]) : std::nullopt;
  if (!keys)
    return {};
  return c.contract(probabilities, v, {}, {*batch, *heads, probabilities.dims[2], v.dims[3], *keys},
                    {c.select(5, {0, 1, 2, 4}), c.select(5, {0, 1, 4, 3})},
                    c.select(5, {0, 1, 2, 3}), accumulated);
}

} // namespace attune::graph
