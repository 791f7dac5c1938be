// Gather, GatherElements, GatherND: they stay, unless their data are one value or all constant.
#include "Operators.h"

using namespace mlir;

namespace attune::graph {
namespace {

/// A splat, when every element of the data is the same.
Tensor splatResult(Converter &c, const Tensor &data, ArrayRef<SymbolicExpression> dims) {
  DenseElementsAttr dense = Converter::denseOf(data);
  if (!dense || !dense.isSplat())
    return {};
  return c.splat(cast<TypedAttr>(dense.getSplatValue<Attribute>()), dims);
}

bool hasIntegerIndices(Converter &c) {
  Type element = c.element(1);
  if (element.isInteger(32) || element.isInteger(64))
    return true;
  (void)c.malformed("its indices are no integers");
  return false;
}

// The element of `dense` at a position; null when it is outside.
Attribute elementAt(DenseElementsAttr dense, ArrayRef<int64_t> position) {
  int64_t linear = 0;
  for (auto [at, size] : llvm::zip_equal(position, dense.getType().getShape())) {
    if (at < 0 || at >= size)
      return {};
    linear = linear * size + at;
  }
  return dense.getValues<Attribute>()[linear];
}

std::optional<int64_t> indexAt(DenseElementsAttr indices, ArrayRef<int64_t> position,
                               int64_t size) {
  auto value = dyn_cast_or_null<IntegerAttr>(elementAt(indices, position));
  if (!value)
    return std::nullopt;
  int64_t index = value.getValue().getSExtValue();
  return index < 0 ? index + size : index;
}

LogicalResult
finish(Converter &c, StringRef opType, ArrayRef<NamedAttribute> attributes, const Tensor &data,
       const Tensor &indices, ArrayRef<SymbolicExpression> dims,
       function_ref<Attribute(DenseElementsAttr, DenseElementsAttr, ArrayRef<int64_t>)> pick) {
  if (Tensor splat = splatResult(c, data, dims))
    return c.result(splat);
  DenseElementsAttr from = Converter::denseOf(data), at = Converter::denseOf(indices);
  if (from && at)
    if (Tensor folded = c.fold(dims, data.element(), [&](ArrayRef<int64_t> position) {
          return pick(from, at, position);
        }))
      return c.result(folded);
  return c.result(c.keep(opType, {data, indices}, attributes, dims, data.element()));
}

/// result[pre, i…, post] = data[pre, indices[i…], post]
LogicalResult gather(Converter &c) {
  if (!hasIntegerIndices(c))
    return failure();
  Tensor data = c.operand(0), indices = c.operand(1);
  std::optional<int64_t> axis = c.axis(c.integer("axis", 0), data.rank());
  if (!axis)
    return failure();
  SymbolicShape dims(ArrayRef(data.dims).take_front(*axis));
  dims.append(indices.dims);
  dims.append(data.dims.begin() + *axis + 1, data.dims.end());
  auto pick = [&](DenseElementsAttr from, DenseElementsAttr at, ArrayRef<int64_t> position) {
    auto index =
        indexAt(at, position.slice(*axis, indices.rank()), from.getType().getDimSize(*axis));
    SmallVector<int64_t> source(position.take_front(*axis));
    source.push_back(index.value_or(-1));
    llvm::append_range(source, position.drop_front(*axis + indices.rank()));
    return elementAt(from, source);
  };
  return finish(c, "Gather", {c.attribute("axis", *axis)}, data, indices, dims, pick);
}

/// result[…, i, …] = data[…, indices[…, i, …], …]
LogicalResult gatherElements(Converter &c) {
  if (!hasIntegerIndices(c))
    return failure();
  Tensor data = c.operand(0), indices = c.operand(1);
  std::optional<int64_t> axis = c.axis(c.integer("axis", 0), data.rank());
  if (!axis)
    return failure();
  if (indices.rank() != data.rank())
    return c.malformed("its inputs' ranks differ");
  for (unsigned i = 0; i < data.rank(); ++i)
    if (i != *axis && !c.requireLessEqual(indices.dims[i], data.dims[i]))
      return failure();
  auto pick = [&](DenseElementsAttr from, DenseElementsAttr at, ArrayRef<int64_t> position) {
    SmallVector<int64_t> source(position);
    source[*axis] = indexAt(at, position, from.getType().getDimSize(*axis)).value_or(-1);
    return elementAt(from, source);
  };
  return finish(c, "GatherElements", {c.attribute("axis", *axis)}, data, indices, indices.dims,
                pick);
}

/// result[b…, q…, rest…] = data[b…, indices[b…, q…, 0], …, indices[b…, q…, k − 1], rest…]
LogicalResult gatherND(Converter &c) {
  if (!hasIntegerIndices(c))
    return failure();
  Tensor data = c.operand(0), indices = c.operand(1);
  int64_t batch = c.integer("batch_dims", 0), dataRank = data.rank(), rank = indices.rank();
  std::optional<int64_t> depth = rank > 0 ? indices.dims.back().constant() : std::nullopt;
  if (!depth)
    return c.unsupported("the depth of its indices is not constant");
  if (batch < 0 || batch >= rank || *depth < 1 || *depth > dataRank - batch)
    return c.malformed("its indices do not fit its data");
  for (int64_t i = 0; i < batch; ++i)
    if (!c.requireEqual(data.dims[i], indices.dims[i]))
      return failure();
  SymbolicShape dims(ArrayRef(indices.dims).drop_back());
  dims.append(data.dims.begin() + batch + *depth, data.dims.end());
  auto pick = [&](DenseElementsAttr from, DenseElementsAttr at, ArrayRef<int64_t> position) {
    SmallVector<int64_t> source(position.take_front(batch));
    SmallVector<int64_t> where(position.take_front(rank - 1));
    where.push_back(0);
    for (where.back() = 0; where.back() < *depth; ++where.back())
      source.push_back(
          indexAt(at, where, from.getType().getDimSize(batch + where.back())).value_or(-1));
    llvm::append_range(source, position.drop_front(rank - 1));
    return elementAt(from, source);
  };
  return finish(c, "GatherND", {c.attribute("batch_dims", batch)}, data, indices, dims, pick);
}

} // namespace

llvm::ArrayRef<Operator> gatherOperators() {
  static const Operator operators[] = {
      {"Gather", 1, 2, 2, gather},
      {"GatherElements", 11, 2, 2, gatherElements},
      {"GatherND", 11, 2, 2, gatherND},
  };
  return operators;
}

} // namespace attune::graph
