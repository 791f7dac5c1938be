// ScatterElements and ScatterND, from the result's side: a place asks which update is written to
// it. Updates to a box at known places are pieces put together.
#include "Operators.h"
#include "Pieces.h"
#include "Scalars.h"
#include "attune/Dialect/Transformer/Analysis/ElementExpression.h"

using namespace mlir;
using attune::transformer::ElementExpressions;

namespace attune::graph {
namespace {

bool replaces(Converter &c) {
  if (c.text("reduction", "none") == "none")
    return true;
  (void)c.unsupported("its updates are combined with what is there",
                      "export the model with updates that replace (reduction none)");
  return false;
}

bool checkOperands(Converter &c) {
  if (c.element(1).isInteger(32) || c.element(1).isInteger(64)) {
    if (c.element(2) == c.element(0))
      return true;
    (void)c.malformed("its data and updates differ in element type");
    return false;
  }
  (void)c.malformed("its indices are no integers");
  return false;
}

/// Where one number of an index is `at` in loop `loop`; numbers below zero count from the end.
Value isAt(ImplicitLocOpBuilder &b, Value number, Value size, unsigned loop) {
  Scalars s{b, b.getI64Type()};
  Value isNegative = s.compare(Scalars::Compare::Lt, number, s.zero());
  Value counted = s.choose(isNegative, s.add(number, size), number);
  return s.compare(Scalars::Compare::Eq, counted, loopAsInteger(b, loop));
}

/// The last update of each place, counted from one; zero where there is none. `indices[i]` is read
/// at `maps[i]`, is of dimension i of the places, and of the updates in the last loop.
Tensor lastUpdate(Converter &c, ArrayRef<Tensor> indices, ArrayRef<AffineMap> maps,
                  ArrayRef<int64_t> placeLoops, ArrayRef<SymbolicExpression> dims) {
  Type i64 = c.b.getI64Type();
  unsigned update = dims.size() - 1, count = indices.size();
  SmallVector<Tensor> inputs(indices);
  SmallVector<AffineMap> inputMaps(maps);
  for (int64_t loop : placeLoops) {
    inputs.push_back(c.shapeTensor({dims[loop]}, 0, i64));
    inputMaps.push_back(c.select(dims.size(), {}));
  }
  SmallVector<int64_t> places = llvm::to_vector(llvm::seq<int64_t>(0, update));
  return c.reduce(
      transformer::ReductionKind::Max, inputs, inputMaps, dims, c.select(dims.size(), places), i64,
      [&](ImplicitLocOpBuilder &b, ValueRange args) {
        Scalars s{b, i64};
        Value hits = s.boolean(true);
        for (unsigned i = 0; i < count; ++i)
          hits =
              b.createOrFold<arith::AndIOp>(hits, isAt(b, args[i], args[count + i], placeLoops[i]));
        return s.choose(hits, s.add(loopAsInteger(b, update), s.integer(1)), s.zero());
      });
}

/// Numbers of updates as indices: none is the first, which is not taken then.
Tensor asIndices(Converter &c, const Tensor &which) {
  return c.elementwise({which}, which.dims, which.element(),
                       [&](ImplicitLocOpBuilder &b, ValueRange args) {
                         Scalars s{b, b.getI64Type()};
                         return s.max(s.sub(args[0], s.integer(1)), s.zero());
                       });
}

/// `taken` where there is an update, else `data`; `which` is read at `map`.
Tensor chosen(Converter &c, const Tensor &data, const Tensor &taken, const Tensor &which,
              AffineMap map) {
  AffineMap all = c.b.getMultiDimIdentityMap(data.rank());
  return c.map({data, taken, which}, {all, all, map}, data.dims, data.element(),
               [&](ImplicitLocOpBuilder &b, ValueRange args) {
                 Scalars s{b, b.getI64Type()}, values{b, data.element()};
                 Value isNew = s.compare(Scalars::Compare::Gt, args[2], s.zero());
                 return values.choose(isNew, args[1], args[0]);
               });
}

/// What an expanded tensor was expanded from, and which of its dimensions vary.
Tensor withoutExpansion(Converter &c, Tensor tensor, SmallVectorImpl<int64_t> &varying) {
  varying = llvm::to_vector(llvm::seq<int64_t>(0, tensor.rank()));
  for (unsigned steps = 0; steps < 8; ++steps) {
    auto map = tensor.value.getDefiningOp<transformer::MapOp>();
    std::optional<SymbolicShape> dims =
        map && map.getInputs().size() == 1 && transformer::forwardedOperand(map)
            ? transformer::fromArrayAttr(transformer::symbolicShape(map.getInputs()[0]))
            : std::nullopt;
    if (!dims)
      break;
    SmallVector<int64_t> next;
    AffineMap access = transformer::mapsOf(map.getInputMaps())[0];
    for (AffineExpr expr : access.getResults()) {
      auto loop = dyn_cast<AffineDimExpr>(expr);
      next.push_back(loop ? varying[loop.getPosition()] : -1);
    }
    tensor = {map.getInputs()[0], *dims};
    varying = next;
  }
  return tensor;
}

/// result[…, indices[…, k, …], …] = updates[…, k, …] along an axis.
LogicalResult scatterElements(Converter &c) {
  if (!replaces(c) || !checkOperands(c))
    return failure();
  Tensor data = c.operand(0), indices = c.operand(1), updates = c.operand(2);
  std::optional<int64_t> axis = c.axis(c.integer("axis", 0), data.rank());
  if (!axis)
    return failure();
  if (indices.rank() != data.rank() || updates.rank() != data.rank())
    return c.malformed("its inputs' ranks differ");
  for (unsigned i = 0; i < data.rank(); ++i)
    if (!c.requireEqual(indices.dims[i], updates.dims[i]) ||
        (i != *axis && !c.requireEqual(updates.dims[i], data.dims[i])))
      return failure();
  // Loops: the dimensions along which the indices differ, the place along the axis, the update.
  SmallVector<int64_t> varying, from, which, place;
  Tensor source = widened(c, withoutExpansion(c, indices, varying));
  SymbolicShape dims;
  for (int64_t i = 0; i < data.rank(); ++i) {
    bool varies = llvm::is_contained(varying, i);
    if (i != *axis && !varies)
      continue;
    if (i == *axis)
      place.push_back(dims.size());
    which.push_back(i);
    dims.push_back(data.dims[i]);
  }
  dims.push_back(updates.dims[*axis]);
  for (int64_t dimension : varying) {
    const int64_t *loop = llvm::find(which, dimension);
    from.push_back(dimension == *axis ? static_cast<int64_t>(dims.size()) - 1
                   : dimension < 0    ? -1
                                      : loop - which.begin());
  }
  Tensor last = lastUpdate(c, {source}, {c.select(dims.size(), from)}, place, dims);
  AffineMap access = c.select(data.rank(), which);
  Tensor wide = c.move(asIndices(c, last), access, data.dims);
  Tensor taken = which.size() == 1
                     ? c.keep("Gather", {updates, asIndices(c, last)}, {c.attribute("axis", *axis)},
                              data.dims, data.element())
                     : c.keep("GatherElements", {updates, wide}, {c.attribute("axis", *axis)},
                              data.dims, data.element());
  return c.result(chosen(c, data, taken, last, access));
}

/// Where each update is written, when index j is the update's own place in dimension j plus an
/// offset.
std::optional<SymbolicShape> boxOffsets(Converter &c, const Tensor &indices, int64_t depth) {
  if (static_cast<int64_t>(indices.rank()) != depth + 1)
    return std::nullopt;
  SymbolicShape loops(ArrayRef(indices.dims).drop_back()), offsets;
  ElementExpressions expressions(loops);
  for (int64_t j = 0; j < depth; ++j) {
    transformer::ElementIndices at;
    for (int64_t loop = 0; loop < depth; ++loop)
      at.push_back(expressions.loopIndex(loop));
    at.push_back({{}, SymbolicExpression(j)});
    auto index = expressions.polynomial(expressions.element(indices.value, std::move(at)));
    if (!index)
      return std::nullopt;
    SymbolicExpression offset = *index;
    if (!loops[j].isConstant(1))
      offset = offset - SymbolicExpression::symbol(ElementExpressions::loopSymbol(j));
    if (!transformer::isLoopFree(offset) || !c.symbols.lessEqual(0, offset) ||
        !c.symbols.lessEqual(0, loops[j]))
      return std::nullopt;
    offsets.push_back(c.symbols.simplify(offset));
  }
  return offsets;
}

/// `data` with `updates` in the box that begins at `offsets`, from dimension `axis` on; null after
/// an error.
Tensor withBox(Converter &c, const Tensor &data, const Tensor &updates,
               ArrayRef<SymbolicExpression> offsets, unsigned axis = 0) {
  if (axis == offsets.size())
    return updates;
  SymbolicExpression size = data.dims[axis], from = offsets[axis], count = updates.dims[axis];
  SymbolicExpression end = c.symbols.simplify(from + count);
  if (c.symbols.equal(count, size) && from.isConstant(0))
    return withBox(c, data, updates, offsets, axis + 1);
  if (!c.requireLessEqual(end, size))
    return {};
  Tensor middle = withBox(c, part(c, data, axis, from, count), updates, offsets, axis + 1);
  if (!middle)
    return {};
  return joined(c,
                {part(c, data, axis, 0, from), middle,
                 part(c, data, axis, end, c.symbols.simplify(size - end))},
                axis);
}

/// result[indices[k…, :], …] = updates[k…, …]
LogicalResult scatterND(Converter &c) {
  if (!replaces(c) || !checkOperands(c))
    return failure();
  Tensor data = c.operand(0), indices = c.operand(1), updates = c.operand(2);
  int64_t rank = data.rank(), outer = indices.rank() - 1;
  std::optional<int64_t> depth =
      outer >= 0 ? indices.dims.back().constant() : std::optional<int64_t>();
  if (!depth)
    return c.unsupported("the depth of its indices is not constant");
  if (*depth < 1 || *depth > rank || static_cast<int64_t>(updates.rank()) != outer + rank - *depth)
    return c.malformed("its indices do not fit its data and updates");
  for (int64_t i = 0; i < outer; ++i)
    if (!c.requireEqual(indices.dims[i], updates.dims[i]))
      return failure();
  for (int64_t i = *depth; i < rank; ++i)
    if (!c.requireEqual(data.dims[i], updates.dims[outer + i - *depth]))
      return failure();
  if (auto offsets = boxOffsets(c, indices, *depth)) {
    Tensor whole = withBox(c, data, updates, *offsets);
    return whole ? c.result(c.reshape(whole, data.dims)) : failure();
  }
  // Updates in one row, and one loop over them behind those over the places.
  SymbolicExpression count = transformer::product(ArrayRef(indices.dims).drop_back());
  if (!count.isValid())
    return c.error(ErrorCode::Limit, "it has too many updates");
  SymbolicShape rowDims{count}, dims(ArrayRef(data.dims).take_front(*depth));
  rowDims.append(data.dims.begin() + *depth, data.dims.end());
  dims.push_back(count);
  Tensor row = c.reshape(updates, rowDims), flat = widened(c, c.reshape(indices, {count, *depth}));
  SmallVector<Tensor> numbers;
  SmallVector<AffineMap> maps;
  SmallVector<int64_t> places = llvm::to_vector(llvm::seq<int64_t>(0, *depth));
  for (int64_t j : places) {
    numbers.push_back(part(c, flat, 1, j, 1));
    maps.push_back(c.select(dims.size(), {*depth, -1}));
  }
  Tensor last = lastUpdate(c, numbers, maps, places, dims);
  Tensor taken = rows(c, row, asIndices(c, last));
  return c.result(chosen(c, data, taken, last, c.select(rank, places)));
}

} // namespace

llvm::ArrayRef<Operator> scatterOperators() {
  static const Operator operators[] = {
      {"ScatterElements", 11, 3, 3, scatterElements},
      {"ScatterND", 11, 3, 3, scatterND},
  };
  return operators;
}

} // namespace attune::graph
