// Builds the ops of the graph form: maps, reductions, contractions and what is made of them.
#include "Converter.h"

using namespace mlir;

namespace attune::graph {

ArrayAttr Converter::attribute(ArrayRef<SymbolicExpression> dims) {
  return transformer::toArrayAttr(b.getContext(), dims);
}

RankedTensorType Converter::type(ArrayRef<SymbolicExpression> dims, Type element) {
  return transformer::typeFor(attribute(dims), element);
}

Tensor Converter::constant(TypedAttr value) {
  auto shape = cast<RankedTensorType>(value.getType()).getShape();
  return {arith::ConstantOp::create(b, value), SymbolicShape(shape.begin(), shape.end())};
}

Tensor Converter::keep(StringRef opType, ArrayRef<Tensor> operands,
                       ArrayRef<NamedAttribute> attributes, ArrayRef<SymbolicExpression> dims,
                       Type element) {
  // Operands that older opsets had as attributes are operands here.
  constexpr int64_t kFormOpset = 18;
  SmallVector<Value> inputs;
  for (const Tensor &operand : operands)
    inputs.push_back(operand ? operand.value : onnx::NoneOp::create(b, b.getNoneType()));
  auto op = onnx::NodeOp::create(
      b, TypeRange{type(dims, element)}, b.getStringAttr(opType), b.getStringAttr(""),
      b.getI64IntegerAttr(std::max(version(), kFormOpset)), b.getDictionaryAttr(attributes),
      b.getArrayAttr({attribute(dims)}), inputs, /*subgraphsCount=*/0);
  ++kept;
  return {op.getResult(0), SymbolicShape(dims)};
}

NamedAttribute Converter::attribute(StringRef name, int64_t value) {
  return b.getNamedAttr(name, b.getI64IntegerAttr(value));
}

Tensor Converter::fold(ArrayRef<SymbolicExpression> dims, Type element,
                       function_ref<Attribute(ArrayRef<int64_t>)> pick) {
  constexpr int64_t kMaxBytes = 64 << 10;
  RankedTensorType target = type(dims, element);
  if (!target.hasStaticShape())
    return {};
  int64_t count = 1, most = kMaxBytes * 8 / element.getIntOrFloatBitWidth();
  for (int64_t size : target.getShape()) {
    if (size < 0 || (size != 0 && count > most / size))
      return {};
    count *= size;
  }
  SmallVector<Attribute> values;
  SmallVector<int64_t> position(target.getRank(), 0);
  for (int64_t i = 0; i < count; ++i) {
    Attribute value = pick(position);
    if (!value)
      return {};
    values.push_back(value);
    for (int64_t d = target.getRank(); d-- > 0;) {
      if (++position[d] < target.getDimSize(d))
        break;
      position[d] = 0;
    }
  }
  return constant(DenseElementsAttr::get(target, values));
}

Tensor Converter::splat(TypedAttr value, ArrayRef<SymbolicExpression> dims) {
  return map({}, {}, dims, value.getType(), [&](ImplicitLocOpBuilder &body, ValueRange) -> Value {
    return arith::ConstantOp::create(body, value);
  });
}

Tensor Converter::vector(ArrayRef<int64_t> values) {
  auto type = RankedTensorType::get({static_cast<int64_t>(values.size())}, b.getI64Type());
  return constant(DenseElementsAttr::get(type, values));
}

Tensor Converter::shapeTensor(ArrayRef<SymbolicExpression> elements, unsigned rank, Type element) {
  SymbolicShape dims;
  if (rank == 1)
    dims.push_back(SymbolicExpression(elements.size()));
  RankedTensorType shape = type(dims, element);
  SmallVector<APInt> numbers;
  for (const SymbolicExpression &each : elements)
    if (std::optional<int64_t> number = each.constant())
      numbers.push_back(
          APInt(64, *number, /*isSigned=*/true).trunc(element.getIntOrFloatBitWidth()));
  if (numbers.size() == elements.size())
    return constant(DenseElementsAttr::get(shape, numbers));
  return {transformer::ShapeOp::create(b, shape, attribute(elements)), dims};
}

AffineMap Converter::select(unsigned loopCount, ArrayRef<int64_t> loops) {
  SmallVector<AffineExpr> results;
  for (int64_t loop : loops)
    results.push_back(loop < 0 ? b.getAffineConstantExpr(0) : b.getAffineDimExpr(loop));
  return AffineMap::get(loopCount, 0, results, b.getContext());
}

AffineMap Converter::broadcastMap(ArrayRef<SymbolicExpression> from,
                                  ArrayRef<SymbolicExpression> to) {
  SmallVector<int64_t> loops;
  for (auto [i, extent] : llvm::enumerate(from)) {
    int64_t loop = to.size() - from.size() + i;
    bool isUnit = symbols.equal(extent, 1) && extent != to[loop];
    loops.push_back(isUnit ? -1 : loop);
  }
  return select(to.size(), loops);
}

// The value with a type that fits the nest: where a guard makes a dynamic extent equal to a
// static one, types have to agree.
Value Converter::conform(const Tensor &input, AffineMap map, ArrayRef<SymbolicExpression> dims) {
  SymbolicShape wanted(input.dims);
  bool differs = false;
  for (auto [extent, expr] : llvm::zip_equal(wanted, map.getResults())) {
    auto loop = dyn_cast<AffineDimExpr>(expr);
    SymbolicExpression target = loop ? dims[loop.getPosition()] : SymbolicExpression(1);
    if (extent.constant() == target.constant())
      continue;
    extent = target;
    differs = true;
  }
  if (!differs)
    return input.value;
  return transformer::ReshapeOp::create(b, type(wanted, input.element()), input.value,
                                        attribute(wanted));
}

DenseElementsAttr Converter::denseOf(const Tensor &tensor) {
  auto op = tensor.value.getDefiningOp<arith::ConstantOp>();
  return op ? dyn_cast<DenseElementsAttr>(op.getValue()) : nullptr;
}

// The scalar that every element of the tensor is, or null.
static TypedAttr splatOf(const Tensor &tensor) {
  DenseElementsAttr dense = Converter::denseOf(tensor);
  return dense && dense.isSplat() ? cast<TypedAttr>(dense.getSplatValue<Attribute>()) : nullptr;
}

// Fills a scalar region. Arguments come for `elements`; `scalars` has constants instead of some.
static void fillRegion(ImplicitLocOpBuilder &b, Region &region, ArrayRef<Type> elements,
                       ArrayRef<TypedAttr> scalars, ScalarBody body) {
  Block &block = region.emplaceBlock();
  ImplicitLocOpBuilder inner(b.getLoc(), OpBuilder::atBlockBegin(&block));
  SmallVector<Value> arguments;
  for (auto [element, scalar] : llvm::zip_equal(elements, scalars))
    arguments.push_back(scalar ? Value(arith::ConstantOp::create(inner, scalar))
                               : Value(block.addArgument(element, b.getLoc())));
  Value result = body(inner, arguments);
  transformer::YieldOp::create(inner, result);
  // Constants that were folded into others.
  SmallVector<Operation *> operations;
  for (Operation &op : block.without_terminator())
    operations.push_back(&op);
  for (Operation *op : llvm::reverse(operations))
    if (isOpTriviallyDead(op))
      op->erase();
}

Tensor Converter::map(ArrayRef<Tensor> inputs, ArrayRef<AffineMap> maps,
                      ArrayRef<SymbolicExpression> dims, Type element, ScalarBody body) {
  SmallVector<Value> operands;
  SmallVector<AffineMap> kept;
  SmallVector<Type> elements;
  SmallVector<TypedAttr> scalars;
  for (auto [input, map] : llvm::zip_equal(inputs, maps)) {
    elements.push_back(input.element());
    scalars.push_back(splatOf(input));
    if (scalars.back())
      continue;
    operands.push_back(conform(input, map, dims));
    kept.push_back(map);
  }
  auto op = transformer::MapOp::create(b, type(dims, element), operands, attribute(dims),
                                       b.getAffineMapArrayAttr(kept));
  fillRegion(b, op.getBody(), elements, scalars, body);
  return {op.getResult(), SymbolicShape(dims)};
}

Tensor Converter::elementwise(ArrayRef<Tensor> inputs, ArrayRef<SymbolicExpression> dims,
                              Type element, ScalarBody body) {
  SmallVector<AffineMap> maps = llvm::map_to_vector(
      inputs, [&](const Tensor &input) { return broadcastMap(input.dims, dims); });
  return map(inputs, maps, dims, element, body);
}

Tensor Converter::move(const Tensor &input, AffineMap map, ArrayRef<SymbolicExpression> dims) {
  if (map.isIdentity() && ArrayRef(input.dims) == dims)
    return input;
  return this->map({input}, {map}, dims, input.element(),
                   [](ImplicitLocOpBuilder &, ValueRange args) { return args[0]; });
}

Tensor Converter::transpose(const Tensor &input, ArrayRef<int64_t> permutation) {
  // Result dimension i is input dimension permutation[i].
  SmallVector<int64_t> loops(permutation.size());
  SymbolicShape dims;
  for (auto [i, source] : llvm::enumerate(permutation)) {
    loops[source] = i;
    dims.push_back(input.dims[source]);
  }
  return move(input, select(loops.size(), loops), dims);
}

Tensor Converter::expand(const Tensor &input, ArrayRef<SymbolicExpression> dims) {
  return move(input, broadcastMap(input.dims, dims), dims);
}

Tensor Converter::reduce(transformer::ReductionKind kind, const Tensor &input,
                         ArrayRef<int64_t> axes, bool keep, Type element, ScalarBody body) {
  SmallVector<AffineExpr> out;
  for (unsigned i = 0; i < input.rank(); ++i) {
    bool isReduced = llvm::is_contained(axes, static_cast<int64_t>(i));
    if (isReduced && !keep)
      continue;
    out.push_back(isReduced ? b.getAffineConstantExpr(0) : b.getAffineDimExpr(i));
  }
  AffineMap identity = b.getMultiDimIdentityMap(input.rank());
  return reduce(kind, {input}, {identity}, input.dims,
                AffineMap::get(input.rank(), 0, out, b.getContext()), element, body);
}

Tensor Converter::reduce(transformer::ReductionKind kind, ArrayRef<Tensor> inputs,
                         ArrayRef<AffineMap> maps, ArrayRef<SymbolicExpression> dims, AffineMap out,
                         Type element, ScalarBody body) {
  SmallVector<Value> operands;
  SmallVector<Type> elements;
  for (auto [input, map] : llvm::zip_equal(inputs, maps)) {
    operands.push_back(conform(input, map, dims));
    elements.push_back(input.element());
  }
  SymbolicShape resultDims;
  for (AffineExpr expr : out.getResults()) {
    auto loop = dyn_cast<AffineDimExpr>(expr);
    resultDims.push_back(loop ? dims[loop.getPosition()] : SymbolicExpression(1));
  }
  auto op = transformer::ReduceOp::create(b, type(resultDims, element), kind, operands,
                                          attribute(dims), b.getAffineMapArrayAttr(maps), out);
  SmallVector<TypedAttr> none(elements.size());
  fillRegion(b, op.getBody(), elements, none, body);
  return {op.getResult(), resultDims};
}

Tensor Converter::softmax(const Tensor &input, int64_t axis) {
  return {transformer::SoftmaxOp::create(b, input.value.getType(), input.value, axis,
                                         attribute(input.dims)),
          input.dims};
}

Tensor Converter::reshape(const Tensor &input, ArrayRef<SymbolicExpression> dims) {
  if (ArrayRef(input.dims) == dims)
    return input;
  RankedTensorType target = type(dims, input.element());
  if (DenseElementsAttr dense = denseOf(input); dense && target.hasStaticShape())
    return constant(dense.reshape(target));
  // Same extents but for ones: a map, unless it would read more dimensions than it has loops.
  // Input dimension i is loop loops[i], -1 for a unit.
  SmallVector<int64_t> loops;
  size_t next = 0;
  bool unitsOnly = input.rank() <= dims.size();
  auto skipUnits = [&](const SymbolicExpression &wanted) {
    while (next < dims.size() && dims[next] != wanted && dims[next].isConstant(1))
      ++next;
  };
  for (const SymbolicExpression &extent : input.dims) {
    if (extent.isConstant(1)) {
      loops.push_back(-1);
      continue;
    }
    skipUnits(extent);
    unitsOnly &= next < dims.size() && dims[next] == extent;
    loops.push_back(next++);
    if (!unitsOnly)
      break;
  }
  unitsOnly &= next <= dims.size() &&
               llvm::all_of(dims.drop_front(std::min(next, dims.size())),
                            [](const SymbolicExpression &e) { return e.isConstant(1); });
  if (unitsOnly)
    return move(input, select(dims.size(), loops), dims);
  return {transformer::ReshapeOp::create(b, target, input.value, attribute(dims)),
          SymbolicShape(dims)};
}

Tensor Converter::windows(const Tensor &input, AffineMap map, ArrayRef<SymbolicExpression> dims,
                          ArrayRef<SymbolicExpression> low) {
  ArrayAttr border = low.empty() ? ArrayAttr() : attribute(low);
  return {transformer::WindowsOp::create(b, type(dims, input.element()), input.value,
                                         attribute(dims), map, border),
          SymbolicShape(dims)};
}

Tensor Converter::cacheAppend(const Tensor &past, const Tensor &fresh, const Tensor &start,
                              int64_t axis, const SymbolicExpression &rows, bool ring) {
  SymbolicShape dims(past.dims);
  dims[axis] = rows;
  return {transformer::CacheAppendOp::create(b, type(dims, past.element()), past.value, fresh.value,
                                             start.value, axis, ring, attribute(dims)),
          dims};
}

Tensor Converter::contract(const Tensor &lhs, const Tensor &rhs, ArrayRef<Tensor> extra,
                           ArrayRef<SymbolicExpression> dims, ArrayRef<AffineMap> maps,
                           AffineMap out, ScalarBody body) {
  SymbolicShape resultDims;
  for (AffineExpr expr : out.getResults())
    resultDims.push_back(dims[cast<AffineDimExpr>(expr).getPosition()]);
  SmallVector<Value> extras;
  SmallVector<Type> elements{lhs.element()};
  for (auto [tensor, map] : llvm::zip_equal(extra, maps.drop_front(2))) {
    extras.push_back(conform(tensor, map, dims));
    elements.push_back(tensor.element());
  }
  auto op = transformer::ContractOp::create(
      b, type(resultDims, lhs.element()), conform(lhs, maps[0], dims), conform(rhs, maps[1], dims),
      extras, attribute(dims), b.getAffineMapArrayAttr(maps), out);
  SmallVector<TypedAttr> none(elements.size());
  fillRegion(b, op.getBody(), elements, none, body);
  return {op.getResult(), resultDims};
}

} // namespace attune::graph
