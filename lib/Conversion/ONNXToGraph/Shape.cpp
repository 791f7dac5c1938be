// Operators that only rearrange: reshapes where dimensions merge or split, maps elsewhere.
#include "Operators.h"

using namespace mlir;

namespace attune::graph {
namespace {

LogicalResult dependsOnData(Converter &c) {
  return c.unsupported("its shape depends on input data",
                       "give the sizes it depends on as constants when exporting the model");
}

// Takes extents that both lists have out of both.
void cancel(Converter &c, SymbolicShape &a, SymbolicShape &b) {
  for (size_t i = 0; i < a.size();) {
    auto *it =
        llvm::find_if(b, [&](const SymbolicExpression &e) { return c.symbols.equal(a[i], e); });
    if (it == b.end()) {
      ++i;
      continue;
    }
    b.erase(it);
    a.erase(a.begin() + i);
  }
}

// The extent that -1 stands for: what is left of `from` beside `to`; nothing after an error.
std::optional<SymbolicExpression> inferred(Converter &c, SymbolicShape from, SymbolicShape to) {
  cancel(c, from, to);
  SymbolicExpression elements = transformer::product(from), others = transformer::product(to);
  if (auto exact = elements.divideExactly(others))
    return exact;
  if (!c.symbols.requireLessEqual(1, others, c.name) ||
      !c.symbols.requireDivides(others, elements, c.name)) {
    (void)c.malformed("its shape does not fit: " + elements.str() + " is no multiple of " +
                      others.str());
    return std::nullopt;
  }
  return elements.floorDiv(others);
}

/// An extent 0 copies the input's unless `allowzero`; symbolic extents stand for themselves.
LogicalResult reshape(Converter &c) {
  const SymbolicShape *wanted = c.elements(1);
  if (!wanted || c.rank(1) != 1)
    return dependsOnData(c);
  SymbolicShape from = c.dims(0), to(*wanted);
  bool copyZeros = c.integer("allowzero", 0) == 0;
  std::optional<size_t> unknown;
  for (auto [i, extent] : llvm::enumerate(to)) {
    if (copyZeros && extent.isConstant(0)) {
      if (i >= from.size())
        return c.malformed("its shape copies a dimension that is not there");
      extent = from[i];
    } else if (extent.isConstant(-1)) {
      if (unknown)
        return c.malformed("its shape has two unknown extents");
      unknown = i;
    }
    extent = c.symbols.simplify(extent);
  }
  if (unknown) {
    SymbolicShape others(to);
    others.erase(others.begin() + *unknown);
    std::optional<SymbolicExpression> extent = inferred(c, from, others);
    if (!extent)
      return failure();
    to[*unknown] = *extent;
  } else {
    SymbolicShape a(from), b(to);
    auto isZero = [](const SymbolicExpression &extent) { return extent.isConstant(0); };
    bool bothEmpty = llvm::any_of(a, isZero) && llvm::any_of(b, isZero);
    cancel(c, a, b);
    if (!bothEmpty && !c.requireEqual(transformer::product(a), transformer::product(b)))
      return failure();
  }
  return c.result(c.reshape(c.operand(0), to));
}

LogicalResult flatten(Converter &c) {
  SymbolicShape from = c.dims(0);
  int64_t rank = from.size(), axis = c.integer("axis", 1);
  if (axis < -rank || axis > rank)
    return c.malformed("axis " + Twine(axis) + " is out of range");
  axis = axis < 0 ? axis + rank : axis;
  SymbolicShape to{transformer::product(ArrayRef(from).take_front(axis)),
                   transformer::product(ArrayRef(from).drop_front(axis))};
  return c.result(c.reshape(c.operand(0), to));
}

// The axes attribute, or from opset 13 on the axes operand; null when there is neither.
FailureOr<std::optional<SmallVector<int64_t>>> givenAxes(Converter &c) {
  if (c.version() < 13)
    return c.integers("axes");
  if (!c.has(1))
    return std::optional<SmallVector<int64_t>>();
  std::optional<SmallVector<int64_t>> axes = c.constants(1);
  if (!axes)
    return c.unsupported("its axes are not constant");
  return axes;
}

LogicalResult squeeze(Converter &c) {
  FailureOr<std::optional<SmallVector<int64_t>>> given = givenAxes(c);
  if (failed(given))
    return failure();
  SymbolicShape from = c.dims(0), to;
  SmallVector<int64_t> axes;
  if (*given) {
    std::optional<SmallVector<int64_t>> checked = c.axes(**given, from.size());
    if (!checked)
      return failure();
    axes = *checked;
    for (int64_t axis : axes)
      if (!c.requireEqual(from[axis], 1))
        return failure();
  } else {
    for (auto [i, extent] : llvm::enumerate(from)) {
      if (extent.isConstant(1))
        axes.push_back(i);
      else if (!extent.constant() && !c.symbols.lessEqual(2, extent))
        return c.unsupported("without axes, its rank depends on whether " + extent.str() + " is 1");
    }
  }
  for (auto [i, extent] : llvm::enumerate(from))
    if (!llvm::is_contained(axes, static_cast<int64_t>(i)))
      to.push_back(extent);
  return c.result(c.reshape(c.operand(0), to));
}

LogicalResult unsqueeze(Converter &c) {
  FailureOr<std::optional<SmallVector<int64_t>>> given = givenAxes(c);
  if (failed(given))
    return failure();
  if (!*given)
    return c.malformed("it has no axes");
  SymbolicShape from = c.dims(0), to;
  size_t rank = from.size() + (*given)->size();
  std::optional<SmallVector<int64_t>> axes = c.axes(**given, rank);
  if (!axes)
    return failure();
  for (size_t i = 0, next = 0; i < rank; ++i)
    to.push_back(llvm::is_contained(*axes, static_cast<int64_t>(i)) ? SymbolicExpression(1)
                                                                    : from[next++]);
  return c.result(c.reshape(c.operand(0), to));
}

LogicalResult transpose(Converter &c) {
  int64_t rank = c.rank(0);
  SmallVector<int64_t> order(llvm::reverse(llvm::seq<int64_t>(0, rank)));
  if (auto given = c.integers("perm")) {
    std::optional<SmallVector<int64_t>> checked = c.axes(*given, rank);
    if (!checked)
      return failure();
    order = *checked;
  }
  if (static_cast<int64_t>(order.size()) != rank)
    return c.malformed("perm does not name every dimension");
  return c.result(c.transpose(c.operand(0), order));
}

LogicalResult expand(Converter &c) {
  const SymbolicShape *wanted = c.elements(1);
  if (!wanted || c.rank(1) != 1)
    return dependsOnData(c);
  std::optional<SymbolicShape> dims = c.broadcast({c.dims(0), *wanted});
  if (!dims)
    return failure();
  return c.result(c.expand(c.operand(0), *dims));
}

/// [a, b] repeated (r, s) times is [r, a, s, b] with loops r and s not read, reshaped.
LogicalResult tile(Converter &c) {
  const SymbolicShape *repeats = c.elements(1);
  Tensor input = c.operand(0);
  if (!repeats)
    return dependsOnData(c);
  if (repeats->size() != input.rank())
    return c.malformed("it has not one repeat per dimension");
  SymbolicShape spread, dims;
  SmallVector<int64_t> loops;
  for (auto [extent, repeat] : llvm::zip_equal(input.dims, *repeats)) {
    if (!repeat.isConstant(1))
      spread.push_back(repeat);
    loops.push_back(spread.size());
    spread.push_back(extent);
    dims.push_back(extent * repeat);
    if (!c.requireLessEqual(0, repeat))
      return failure();
    if (!dims.back().isValid())
      return c.malformed("its repeats are too large");
  }
  return c.result(c.reshape(c.move(input, c.select(spread.size(), loops), spread), dims));
}

// Reshapes to `split`, transposes, reshapes to `dims`.
LogicalResult rearrange(Converter &c, ArrayRef<SymbolicExpression> split,
                        ArrayRef<int64_t> permutation, ArrayRef<SymbolicExpression> dims) {
  Tensor parts = c.reshape(c.operand(0), split);
  return c.result(c.reshape(c.transpose(parts, permutation), dims));
}

// The block size, when the operand is an image; zero after an error.
int64_t blockSize(Converter &c) {
  int64_t block = c.integer("blocksize", 0);
  if (c.rank(0) == 4 && block >= 1 && block <= (1 << 16))
    return block;
  (void)c.malformed("it needs an input of rank 4 and a positive blocksize");
  return 0;
}

LogicalResult depthToSpace(Converter &c) {
  int64_t block = blockSize(c);
  if (block == 0)
    return failure();
  SymbolicShape d = c.dims(0);
  StringRef mode = c.text("mode", "DCR");
  std::optional<SymbolicExpression> channels = inferred(c, {d[1]}, {block, block});
  if (!channels)
    return failure();
  SymbolicShape dims{d[0], *channels, d[2] * block, d[3] * block};
  if (mode == "CRD")
    return rearrange(c, {d[0], *channels, block, block, d[2], d[3]}, {0, 1, 4, 2, 5, 3}, dims);
  return rearrange(c, {d[0], block, block, *channels, d[2], d[3]}, {0, 3, 4, 1, 5, 2}, dims);
}

LogicalResult spaceToDepth(Converter &c) {
  int64_t block = blockSize(c);
  if (block == 0)
    return failure();
  SymbolicShape d = c.dims(0);
  std::optional<SymbolicExpression> height = inferred(c, {d[2]}, {block});
  std::optional<SymbolicExpression> width = inferred(c, {d[3]}, {block});
  if (!height || !width)
    return failure();
  SymbolicShape split{d[0], d[1], *height, block, *width, block};
  SymbolicShape dims{d[0], d[1] * (block * block), *height, *width};
  if (c.text("mode", "DCR") == "CRD")
    return rearrange(c, split, {0, 1, 3, 5, 2, 4}, dims);
  return rearrange(c, split, {0, 3, 5, 1, 2, 4}, dims);
}

} // namespace

llvm::ArrayRef<Operator> shapeOperators() {
  static const Operator operators[] = {
      {"DepthToSpace", 1, 1, 1, depthToSpace},
      {"Expand", 8, 2, 2, expand},
      {"Flatten", 1, 1, 1, flatten},
      {"Reshape", 5, 2, 2, reshape},
      {"SpaceToDepth", 1, 1, 1, spaceToDepth},
      {"Squeeze", 1, 1, 2, squeeze},
      {"Tile", 6, 2, 2, tile},
      {"Transpose", 1, 1, 1, transpose},
      {"Unsqueeze", 1, 1, 2, unsqueeze},
  };
  return operators;
}

} // namespace attune::graph
