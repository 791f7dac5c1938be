// Builds the kept nodes and maps of Pieces.h.
#include "Pieces.h"

#include "Scalars.h"

using namespace mlir;

namespace attune::graph {

Tensor part(Converter &c, const Tensor &tensor, int64_t axis, const SymbolicExpression &from,
            const SymbolicExpression &extent, int64_t step) {
  if (step == 1 && c.symbols.equal(extent, tensor.dims[axis]))
    return tensor;
  SymbolicShape dims(tensor.dims);
  dims[axis] = c.symbols.simplify(extent);
  Type i64 = c.b.getI64Type();
  SymbolicExpression end = c.symbols.simplify(from + extent * step);
  return c.keep("Slice",
                {tensor, c.shapeTensor({from}, 1, i64), c.shapeTensor({end}, 1, i64),
                 c.vector({axis}), c.vector({step})},
                {}, dims, tensor.element());
}

Tensor joined(Converter &c, ArrayRef<Tensor> parts, int64_t axis) {
  SymbolicShape dims(parts.front().dims);
  dims[axis] = 0;
  SmallVector<Tensor> filled;
  for (const Tensor &each : parts) {
    dims[axis] = c.symbols.simplify(dims[axis] + each.dims[axis]);
    if (!each.dims[axis].isConstant(0))
      filled.push_back(each);
  }
  if (filled.size() <= 1)
    return filled.empty() ? parts.front() : filled.front();
  return c.keep("Concat", filled, {c.attribute("axis", axis)}, dims, parts.front().element());
}

Tensor rows(Converter &c, const Tensor &table, const Tensor &indices) {
  SymbolicShape dims(indices.dims);
  dims.append(table.dims.begin() + 1, table.dims.end());
  return c.keep("Gather", {table, indices}, {c.attribute("axis", 0)}, dims, table.element());
}

Value loopAsInteger(ImplicitLocOpBuilder &b, int64_t loop) {
  Value index = transformer::IndexOp::create(b, b.getI64IntegerAttr(loop));
  return arith::IndexCastOp::create(b, b.getI64Type(), index);
}

Tensor widened(Converter &c, const Tensor &tensor) {
  Type i64 = c.b.getI64Type();
  if (tensor.element() == i64)
    return tensor;
  return c.elementwise({tensor}, tensor.dims, i64, [&](ImplicitLocOpBuilder &b, ValueRange args) {
    return castScalar(b, args[0], false, i64, false);
  });
}

std::optional<SymbolicExpression> agree(Converter &c, const SymbolicExpression &a,
                                        const SymbolicExpression &b) {
  if (!c.requireEqual(a, b))
    return std::nullopt;
  return a.constant() ? a : b;
}

Tensor written(Converter &c, const Tensor &past, const Tensor &update, int64_t axis,
               const Tensor &start, bool circular) {
  Type i64 = c.b.getI64Type();
  SymbolicExpression size = past.dims[axis], count = update.dims[axis];
  // Where in the update each place of the cache is; outside [0, count) it is in none.
  Tensor extents = c.shapeTensor({size}, 0, i64);
  Tensor at = c.map({start, extents}, {c.select(2, {0}), c.select(2, {})}, {past.dims[0], size},
                    i64, [&](ImplicitLocOpBuilder &b, ValueRange args) {
                      Scalars s{b, i64};
                      Value distance = s.sub(loopAsInteger(b, 1), args[0]);
                      return circular ? s.modulo(distance, args[1]) : distance;
                    });
  // An index below zero would count from the end; those places are not taken from the update.
  Tensor from = c.elementwise({at}, at.dims, i64, [&](ImplicitLocOpBuilder &b, ValueRange args) {
    Scalars s{b, i64};
    return s.max(args[0], s.zero());
  });
  SmallVector<int64_t> order{0, axis};
  for (unsigned i = 1; i < past.rank(); ++i)
    if (i != axis)
      order.push_back(i);
  Tensor moved = c.transpose(update, order);
  SymbolicShape dims(moved.dims);
  dims[1] = size;
  Tensor taken = c.keep("GatherND", {moved, c.reshape(from, {past.dims[0], size, 1})},
                        {c.attribute("batch_dims", 1)}, dims, past.element());
  SmallVector<int64_t> places;
  for (int64_t dimension : order)
    places.push_back(dimension);
  Tensor limit = c.shapeTensor({count}, 0, i64);
  unsigned rank = past.rank();
  return c.map({past, taken, at, limit},
               {c.b.getMultiDimIdentityMap(rank), c.select(rank, places), c.select(rank, {0, axis}),
                c.select(rank, {})},
               past.dims, past.element(), [&](ImplicitLocOpBuilder &b, ValueRange args) {
                 Scalars s{b, i64};
                 Value isNew = b.createOrFold<arith::AndIOp>(
                     s.compare(Scalars::Compare::Ge, args[2], s.zero()),
                     s.compare(Scalars::Compare::Lt, args[2], args[3]));
                 return s.choose(isNew, args[1], args[0]);
               });
}

} // namespace attune::graph
