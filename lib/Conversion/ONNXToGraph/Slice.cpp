// Slice, Split, Concat, Pad: they stay onnx.node; their extents are computed here.
#include "Operators.h"

using namespace mlir;

namespace attune::graph {
namespace {

/// One axis of a slice, as the node gives it.
struct SlicedAxis {
  int64_t axis;
  SymbolicExpression start, end;
  int64_t step;
  SymbolicExpression from, extent; ///< the first element, and how many
};

// A position as ONNX counts it: negative ones from the end, then limited to [least, most] (`most`
// wins: it is -1 in an empty axis). A position whose sign is not known is guarded to be no negative
// one; minus a size is guarded not to be zero, which would count from the start.
SymbolicExpression limited(Converter &c, SymbolicExpression given, const SymbolicExpression &size,
                           const SymbolicExpression &least, const SymbolicExpression &most) {
  // Exporters write the ends of int64_t for "as far as it goes"; keep the arithmetic in range.
  constexpr int64_t kFar = int64_t{1} << 62;
  if (std::optional<int64_t> number = given.constant())
    given = std::clamp(*number, -kFar, kFar);
  const SymbolicExpression &at = given;
  bool isNegative = !at.constant() && at.bounds(c.symbols.ranges()).high <= 0;
  if (at.bounds(c.symbols.ranges()).high < 0)
    isNegative = true;
  else if (isNegative ? !c.symbols.requireLessEqual(at, -1, c.name)
                      : !c.symbols.requireLessEqual(0, at, c.name))
    return SymbolicExpression::invalid();
  SymbolicExpression counted = isNegative ? at + size : at;
  return c.symbols.simplify(SymbolicExpression::min(most, SymbolicExpression::max(least, counted)));
}

// to − from; size − max(0, size − 4) is min(4, size).
SymbolicExpression distance(const SymbolicExpression &from, const SymbolicExpression &to) {
  llvm::ArrayRef<SymbolicExpression::Term> terms = from.terms();
  if (terms.size() != 1 || terms[0].coefficient != 1 || terms[0].factors.size() != 1 ||
      terms[0].factors[0]->kind != SymbolicExpression::Atom::Kind::Max)
    return to - from;
  std::optional<SymbolicExpression> least;
  for (const SymbolicExpression &operand : terms[0].factors[0]->operands)
    least = least ? SymbolicExpression::min(*least, to - operand) : to - operand;
  return *least;
}

// Fills in `from` and `extent`; false after an error.
bool resolve(Converter &c, SlicedAxis &slice, const SymbolicExpression &size) {
  SymbolicExpression step(slice.step);
  if (slice.step > 0) {
    slice.from = limited(c, slice.start, size, 0, size);
    SymbolicExpression to = limited(c, slice.end, size, 0, size);
    slice.extent = SymbolicExpression::max(0, distance(slice.from, to).ceilDiv(step));
  } else {
    SymbolicExpression last = size - 1;
    slice.from = limited(c, slice.start, size, 0, last);
    SymbolicExpression to = limited(c, slice.end, size, -1, last);
    slice.extent = SymbolicExpression::max(0, distance(to, slice.from).ceilDiv(-step));
  }
  slice.extent = c.symbols.simplify(slice.extent);
  if (slice.extent.isValid())
    return true;
  (void)c.malformed("its starts and ends do not fit axis " + Twine(slice.axis));
  return false;
}

/// The slice as a kept node, or the data themselves, a splat or a folded constant.
Tensor sliceOf(Converter &c, const Tensor &data, ArrayRef<SlicedAxis> slices) {
  SymbolicShape dims(data.dims), starts, ends;
  SmallVector<int64_t> axes, steps;
  for (const SlicedAxis &slice : slices) {
    if (slice.step == 1 && c.symbols.equal(slice.extent, data.dims[slice.axis]))
      continue;
    dims[slice.axis] = slice.extent;
    starts.push_back(slice.start);
    ends.push_back(slice.end);
    axes.push_back(slice.axis);
    steps.push_back(slice.step);
  }
  if (axes.empty())
    return data;
  if (DenseElementsAttr dense = Converter::denseOf(data)) {
    if (dense.isSplat())
      return c.splat(cast<TypedAttr>(dense.getSplatValue<Attribute>()), dims);
    auto values = dense.getValues<Attribute>();
    Tensor folded = c.fold(dims, data.element(), [&](ArrayRef<int64_t> position) -> Attribute {
      SmallVector<int64_t> source(position);
      for (const SlicedAxis &slice : slices) {
        std::optional<int64_t> from = slice.from.constant();
        if (!from)
          return {};
        source[slice.axis] = *from + position[slice.axis] * slice.step;
      }
      int64_t linear = 0;
      for (auto [at, size] : llvm::zip_equal(source, dense.getType().getShape()))
        linear = linear * size + at;
      return values[linear];
    });
    if (folded)
      return folded;
  }
  Type i64 = c.b.getI64Type();
  return c.keep("Slice",
                {data, c.shapeTensor(starts, 1, i64), c.shapeTensor(ends, 1, i64), c.vector(axes),
                 c.vector(steps)},
                {}, dims, data.element());
}

LogicalResult slice(Converter &c, ArrayRef<SymbolicExpression> starts,
                    ArrayRef<SymbolicExpression> ends, ArrayRef<int64_t> givenAxes,
                    ArrayRef<int64_t> steps) {
  Tensor data = c.operand(0);
  if (starts.size() != ends.size() || starts.size() != givenAxes.size() ||
      starts.size() != steps.size())
    return c.malformed("starts, ends, axes and steps have different lengths");
  std::optional<SmallVector<int64_t>> axes = c.axes(givenAxes, data.rank());
  if (!axes)
    return failure();
  SmallVector<SlicedAxis> slices;
  for (size_t i = 0; i < starts.size(); ++i) {
    if (steps[i] == 0 || steps[i] == std::numeric_limits<int64_t>::min())
      return c.malformed("a step is " + Twine(steps[i]));
    slices.push_back({(*axes)[i], starts[i], ends[i], steps[i], {}, {}});
    if (!resolve(c, slices.back(), data.dims[(*axes)[i]]))
      return failure();
  }
  return c.result(sliceOf(c, data, slices));
}

LogicalResult sliceByAttributes(Converter &c) {
  auto starts = c.integers("starts"), ends = c.integers("ends"), axes = c.integers("axes");
  if (!starts || !ends)
    return c.malformed("it has no starts or ends");
  SmallVector<int64_t> all = llvm::to_vector(llvm::seq<int64_t>(0, starts->size()));
  SmallVector<int64_t> ones(starts->size(), 1);
  return slice(c, SymbolicShape(starts->begin(), starts->end()),
               SymbolicShape(ends->begin(), ends->end()), axes ? *axes : all, ones);
}

LogicalResult sliceByOperands(Converter &c) {
  const SymbolicShape *starts = c.elements(1), *ends = c.elements(2);
  if (!starts || !ends)
    return c.unsupported("its extents depend on input data");
  SmallVector<int64_t> axes = llvm::to_vector(llvm::seq<int64_t>(0, starts->size()));
  SmallVector<int64_t> steps(starts->size(), 1);
  for (auto [i, list] : {std::pair(3u, &axes), std::pair(4u, &steps)}) {
    if (!c.has(i))
      continue;
    auto given = c.constants(i);
    if (!given)
      return c.unsupported(i == 3 ? "its axes are not constant" : "its steps are not constant");
    *list = *given;
  }
  return slice(c, *starts, *ends, axes, steps);
}

// The extents of the parts: given ones, or equal ones; nothing after an error.
std::optional<SymbolicShape> partSizes(Converter &c, const SymbolicExpression &size) {
  unsigned count = c.resultCount();
  SymbolicShape sizes;
  if (c.version() < 13) {
    if (auto given = c.integers("split"))
      sizes.assign(given->begin(), given->end());
  } else if (c.has(1)) {
    const SymbolicShape *given = c.elements(1);
    if (!given) {
      (void)c.unsupported("its extents depend on input data");
      return std::nullopt;
    }
    sizes = *given;
  }
  if (!sizes.empty()) {
    if (sizes.size() != count) {
      (void)c.malformed("it has not one extent per output");
      return std::nullopt;
    }
    SymbolicExpression sum;
    for (const SymbolicExpression &part : sizes)
      sum = sum + part;
    return c.requireEqual(sum, size) ? std::optional(sizes) : std::nullopt;
  }
  // From opset 18 on, the last part may be smaller.
  SymbolicExpression part = c.version() < 18 ? size.floorDiv(count) : size.ceilDiv(count);
  if (c.version() < 18 && !c.symbols.requireDivides(count, size, c.name)) {
    (void)c.malformed("its axis does not split evenly");
    return std::nullopt;
  }
  sizes.assign(count - 1, part);
  sizes.push_back(size - part * (count - 1));
  return sizes;
}

LogicalResult split(Converter &c) {
  Tensor data = c.operand(0);
  std::optional<int64_t> axis = c.axis(c.integer("axis", 0), data.rank());
  if (!axis)
    return failure();
  std::optional<SymbolicShape> sizes = partSizes(c, data.dims[*axis]);
  if (!sizes)
    return failure();
  SymbolicExpression start;
  for (auto [i, part] : llvm::enumerate(*sizes)) {
    SymbolicExpression end = start + part;
    Tensor piece = sliceOf(c, data, SlicedAxis{*axis, start, end, 1, start, part});
    if (failed(c.result(i, piece)))
      return failure();
    start = end;
  }
  return success();
}

LogicalResult concat(Converter &c) {
  std::optional<int64_t> axis = c.axis(c.integer("axis", 1), c.rank(0));
  if (!axis)
    return failure();
  SmallVector<Tensor> parts;
  SymbolicShape dims = c.dims(0);
  dims[*axis] = 0;
  for (unsigned i = 0; i < c.operandCount(); ++i) {
    if (!c.has(i) || c.element(i) != c.element(0) || c.rank(i) != dims.size())
      return c.malformed("its inputs' types or ranks differ");
    SymbolicShape part = c.dims(i);
    for (auto [d, extent] : llvm::enumerate(part))
      if (static_cast<int64_t>(d) != *axis && !c.requireEqual(dims[d], extent))
        return failure();
    dims[*axis] = dims[*axis] + part[*axis];
    if (!part[*axis].isConstant(0))
      parts.push_back(c.operand(i));
  }
  if (parts.empty())
    parts.push_back(c.operand(0));
  if (parts.size() == 1)
    return c.result(parts.front());
  if (llvm::all_of(parts, [](const Tensor &part) { return !!Converter::denseOf(part); })) {
    Tensor folded = c.fold(dims, c.element(0), [&](ArrayRef<int64_t> position) -> Attribute {
      SmallVector<int64_t> source(position);
      for (const Tensor &part : parts) {
        DenseElementsAttr dense = Converter::denseOf(part);
        int64_t size = dense.getType().getDimSize(*axis), linear = 0;
        if (source[*axis] >= size) {
          source[*axis] -= size;
          continue;
        }
        for (auto [at, extent] : llvm::zip_equal(source, dense.getType().getShape()))
          linear = linear * extent + at;
        return dense.getValues<Attribute>()[linear];
      }
      return {};
    });
    if (folded)
      return c.result(folded);
  }
  return c.result(c.keep("Concat", parts, {c.attribute("axis", *axis)}, dims, c.element(0)));
}

// The pads before and after each dimension, as the node has them; nothing after an error.
std::optional<SymbolicShape> givenPads(Converter &c) {
  if (c.version() < 11) {
    auto pads = c.integers("pads");
    if (pads)
      return SymbolicShape(pads->begin(), pads->end());
    (void)c.malformed("it has no pads");
    return std::nullopt;
  }
  if (const SymbolicShape *pads = c.elements(1))
    return *pads;
  (void)(c.has(1) ? c.unsupported("its pads depend on input data") : c.malformed("it has no pads"));
  return std::nullopt;
}

LogicalResult pad(Converter &c) {
  Tensor data = c.operand(0);
  std::optional<SymbolicShape> given = givenPads(c);
  if (!given)
    return failure();
  SmallVector<int64_t> axes = llvm::to_vector(llvm::seq<int64_t>(0, data.rank()));
  if (c.has(3)) {
    auto named = c.constants(3);
    if (!named)
      return c.unsupported("its axes are not constant");
    auto checked = c.axes(*named, data.rank());
    if (!checked)
      return failure();
    axes = *checked;
  }
  StringRef mode = c.text("mode", "constant");
  if (!llvm::is_contained({"constant", "edge", "reflect", "wrap"}, mode))
    return c.malformed("mode is '" + mode + "'");
  if (given->size() != 2 * axes.size())
    return c.malformed("it has not two pads per dimension");
  SymbolicShape pads(2 * data.rank(), 0), dims(data.dims);
  for (auto [i, axis] : llvm::enumerate(axes)) {
    pads[axis] = (*given)[i];
    pads[data.rank() + axis] = (*given)[axes.size() + i];
    dims[axis] = dims[axis] + pads[axis] + pads[data.rank() + axis];
  }
  if (llvm::all_of(pads, [](const SymbolicExpression &e) { return e.isConstant(0); }))
    return c.result(data);
  SmallVector<Tensor> operands{data, c.shapeTensor(pads, 1, c.b.getI64Type())};
  if (mode == "constant" && c.has(2)) {
    if (c.element(2) != data.element() || c.rank(2) > 1)
      return c.malformed("its padding value is not one element of its input's type");
    if (c.rank(2) == 1 && !c.requireEqual(c.dims(2)[0], 1))
      return failure();
    operands.push_back(c.reshape(c.operand(2), {}));
  } else if (mode == "constant" && c.version() < 11 && isa<FloatType>(data.element())) {
    auto scalar = RankedTensorType::get({}, data.element());
    Attribute value = c.b.getFloatAttr(data.element(), c.number("value", 0));
    operands.push_back(c.constant(DenseElementsAttr::get(scalar, value)));
  }
  NamedAttribute modeAttr = c.b.getNamedAttr("mode", c.b.getStringAttr(mode));
  return c.result(c.keep("Pad", operands, {modeAttr}, dims, data.element()));
}

} // namespace

llvm::ArrayRef<Operator> sliceOperators() {
  static const Operator operators[] = {
      {"Concat", 4, 1, -1, concat},
      {"Pad", 2, 1, 4, pad},
      {"Slice", 1, 1, 1, sliceByAttributes},
      {"Slice", 10, 3, 5, sliceByOperands},
      {"Split", 2, 1, 2, split},
  };
  return operators;
}

} // namespace attune::graph
