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

} // namespace attune::graph
