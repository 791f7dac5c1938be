// Computations on sizes: the operators that only arrange elements.
#include "SizeComputation.h"

#include "llvm/ADT/STLExtras.h"

using namespace mlir;

namespace attune::graph {

constexpr int64_t kMost = transformer::SymbolicDims::kMaxElements;
constexpr size_t kMostRank = 8; ///< sizes in more dimensions are no exporter's

size_t KnownSizes::count() const {
  size_t count = 1;
  for (int64_t extent : shape)
    count *= extent;
  return count;
}

std::optional<SmallVector<int64_t>> KnownSizes::broadcast(ArrayRef<const KnownSizes *> operands) {
  SmallVector<int64_t> shape;
  size_t rank = 0;
  for (const KnownSizes *operand : operands) {
    rank = std::max(rank, operand->shape.size());
    ArrayRef<int64_t> own = ArrayRef(operand->shape).drop_while([](int64_t e) { return e == 1; });
    if (operand->elements.size() == 1)
      continue;
    if (!shape.empty() && own != ArrayRef(shape))
      return std::nullopt;
    shape.assign(own.begin(), own.end());
  }
  shape.insert(shape.begin(), rank - shape.size(), 1);
  return shape;
}

KnownSizes KnownSizes::picked(ArrayRef<SmallVector<int64_t>> places) const {
  KnownSizes result{{}, {}};
  for (const SmallVector<int64_t> &each : places)
    result.shape.push_back(each.size());
  for (size_t i = 0, e = result.count(); i < e; ++i) {
    size_t rest = i, from = 0, stride = 1;
    for (size_t d = places.size(); d-- > 0;) {
      from += places[d][rest % places[d].size()] * stride;
      rest /= places[d].size();
      stride *= shape[d];
    }
    result.elements.push_back(elements[from]);
  }
  return result;
}

static SmallVector<SmallVector<int64_t>> allPlaces(ArrayRef<int64_t> shape) {
  return map_to_vector(shape,
                       [](int64_t extent) { return llvm::to_vector(llvm::seq<int64_t>(extent)); });
}

std::optional<KnownSizes> SizeComputation::known(unsigned i) {
  const SymbolicShape *elements = c.has(i) ? c.symbols.elements(c.node.getInputs()[i]) : nullptr;
  if (!elements)
    return std::nullopt;
  KnownSizes value{*elements, {}};
  for (SymbolicExpression &element : value.elements)
    element = c.symbols.simplify(element);
  for (const SymbolicExpression &extent : c.dims(i))
    value.shape.push_back(extent.constant().value_or(0));
  return value.count() == value.elements.size() ? std::optional(value) : std::nullopt;
}

// Distinct axes in order, of the data or, where the operator `adds` them, of the result; from an
// operand since opset 13 and an attribute before.
std::optional<SmallVector<int64_t>> SizeComputation::axesOf(int64_t rank, bool adds) {
  std::optional<SmallVector<int64_t>> axes =
      c.version() >= 13 ? c.constants(1) : c.integers("axes");
  if (!axes)
    return std::nullopt;
  rank += adds ? axes->size() : 0;
  for (int64_t &axis : *axes) {
    if (axis < -rank || axis >= rank)
      return std::nullopt;
    axis += axis < 0 ? rank : 0;
  }
  llvm::sort(*axes);
  return llvm::adjacent_find(*axes) == axes->end() ? axes : std::nullopt;
}

std::optional<KnownSizes> SizeComputation::gather() {
  std::optional<KnownSizes> data = known(0), indices = known(1);
  if (!data || data->rank() != 1 || !indices)
    return std::nullopt;
  KnownSizes result{{}, indices->shape};
  int64_t size = data->elements.size();
  for (const SymbolicExpression &each : indices->elements) {
    std::optional<int64_t> index = each.constant();
    if (!index || *index < -size || *index >= size)
      return std::nullopt;
    result.elements.push_back(data->elements[*index < 0 ? *index + size : *index]);
  }
  return result;
}

// One size put in the place of another.
std::optional<KnownSizes> SizeComputation::scatter() {
  std::optional<KnownSizes> data = known(0), indices = known(1), updates = known(2);
  if (!data || !indices || !updates || data->rank() != 1 || indices->rank() != 1 ||
      updates->rank() != 1 || indices->elements.size() != updates->elements.size() ||
      c.text("reduction", "none") != "none")
    return std::nullopt;
  int64_t size = data->elements.size();
  for (auto [at, update] : llvm::zip(indices->elements, updates->elements)) {
    std::optional<int64_t> index = at.constant();
    if (!index || *index < -size || *index >= size)
      return std::nullopt;
    data->elements[*index < 0 ? *index + size : *index] = update;
  }
  return data;
}

// The places from start to before end, as Slice counts them.
static SmallVector<int64_t> slicedPlaces(int64_t size, int64_t start, int64_t end, int64_t step) {
  auto limited = [&](int64_t at, int64_t least, int64_t most) {
    return std::clamp(at < 0 ? std::max(at, -size - 1) + size : at, least, most);
  };
  SmallVector<int64_t> places;
  if (step > 0) {
    int64_t to = limited(end, 0, size);
    for (int64_t i = limited(start, 0, size); i < to; i += std::min(step, size + 1))
      places.push_back(i);
  } else if (size > 0) {
    int64_t to = limited(end, -1, size - 1);
    for (int64_t i = limited(start, 0, size - 1); i > to; i -= std::min(-step, size + 1))
      places.push_back(i);
  }
  return places;
}

std::optional<KnownSizes> SizeComputation::slice() {
  std::optional<KnownSizes> data = known(0);
  if (!data)
    return std::nullopt;
  bool asAttributes = c.version() < 10;
  auto numbers = [&](unsigned i, StringRef attribute) {
    return asAttributes ? c.integers(attribute) : c.constants(i);
  };
  auto starts = numbers(1, "starts"), ends = numbers(2, "ends");
  if (!starts || !ends || starts->size() != ends->size() || starts->size() > data->rank())
    return std::nullopt;
  SmallVector<int64_t> axes = llvm::to_vector(llvm::seq<int64_t>(starts->size()));
  SmallVector<int64_t> steps(starts->size(), 1);
  auto replace = [&](SmallVector<int64_t> &values, bool given, unsigned i, StringRef attribute) {
    std::optional<SmallVector<int64_t>> read = numbers(i, attribute);
    if (given && read)
      values = *read;
    return !given || (read && read->size() == starts->size());
  };
  if (!replace(axes, asAttributes ? c.integers("axes").has_value() : c.has(3), 3, "axes") ||
      !replace(steps, !asAttributes && c.has(4), 4, "steps"))
    return std::nullopt;
  SmallVector<SmallVector<int64_t>> places = allPlaces(data->shape);
  int64_t rank = data->rank();
  for (auto [axis, start, end, step] : llvm::zip_equal(axes, *starts, *ends, steps)) {
    if (axis < -rank || axis >= rank || step == 0 || step == std::numeric_limits<int64_t>::min())
      return std::nullopt;
    int64_t at = axis < 0 ? axis + rank : axis;
    places[at] = slicedPlaces(data->shape[at], start, end, step);
  }
  return data->picked(places);
}

// Vectors one behind the other; tensors along their first dimension.
std::optional<KnownSizes> SizeComputation::concat() {
  if (c.integer("axis", 0) != 0 && c.rank(0) != 1)
    return std::nullopt;
  std::optional<KnownSizes> result = known(0);
  for (unsigned i = 1; result && i < c.operandCount(); ++i) {
    std::optional<KnownSizes> part = known(i);
    if (!part || part->rank() != result->rank() || part->rank() == 0 ||
        ArrayRef(part->shape).drop_front() != ArrayRef(result->shape).drop_front())
      return std::nullopt;
    result->elements.append(part->elements);
    result->shape[0] += part->shape[0];
  }
  return result && result->rank() != 0 ? result : std::nullopt;
}

std::optional<KnownSizes> SizeComputation::squeeze() {
  std::optional<KnownSizes> data = known(0);
  if (!data)
    return std::nullopt;
  bool hasAxes = c.version() >= 13 ? c.has(1) : c.integers("axes").has_value();
  std::optional<SmallVector<int64_t>> axes =
      hasAxes ? axesOf(data->rank(), /*adds=*/false)
              : std::optional<SmallVector<int64_t>>(std::in_place);
  if (!axes)
    return std::nullopt;
  SmallVector<int64_t> shape;
  for (auto [i, extent] : llvm::enumerate(data->shape)) {
    bool named = hasAxes ? llvm::is_contained(*axes, static_cast<int64_t>(i)) : extent == 1;
    if (named && extent != 1)
      return std::nullopt;
    if (!named)
      shape.push_back(extent);
  }
  return KnownSizes{data->elements, shape};
}

std::optional<KnownSizes> SizeComputation::unsqueeze() {
  std::optional<KnownSizes> data = known(0);
  std::optional<SmallVector<int64_t>> axes =
      data ? axesOf(data->rank(), /*adds=*/true) : std::nullopt;
  if (!axes || axes->size() > kMostRank)
    return std::nullopt;
  for (int64_t axis : *axes)
    data->shape.insert(data->shape.begin() + axis, 1);
  return data;
}

std::optional<KnownSizes> SizeComputation::reshape() {
  std::optional<KnownSizes> data = known(0);
  std::optional<SmallVector<int64_t>> shape = c.constants(1);
  if (!data || !shape || shape->size() > kMostRank)
    return std::nullopt;
  int64_t count = 1, *unknown = nullptr;
  for (auto [i, extent] : llvm::enumerate(*shape)) {
    if (extent == 0 && c.integer("allowzero", 0) == 0 && i < data->rank())
      extent = data->shape[i];
    if (extent == -1 && !unknown) {
      unknown = &extent;
      continue;
    }
    if (extent < 0 || extent > kMost || (count *= extent) > kMost)
      return std::nullopt;
  }
  int64_t all = data->elements.size();
  if (unknown && (count == 0 || all % count != 0))
    return std::nullopt;
  if (unknown)
    *unknown = all / count;
  KnownSizes result{data->elements, *shape};
  return static_cast<int64_t>(result.count()) == all ? std::optional(result) : std::nullopt;
}

std::optional<KnownSizes> SizeComputation::transpose() {
  std::optional<KnownSizes> data = known(0);
  if (!data)
    return std::nullopt;
  int64_t rank = data->rank();
  SmallVector<int64_t> reversed = llvm::to_vector(llvm::reverse(llvm::seq<int64_t>(rank)));
  SmallVector<int64_t> order = c.integers("perm").value_or(reversed);
  if (!std::is_permutation(order.begin(), order.end(), reversed.begin(), reversed.end()))
    return std::nullopt;
  KnownSizes result{{}, {}};
  for (int64_t axis : order)
    result.shape.push_back(data->shape[axis]);
  for (size_t i = 0, e = result.count(); i < e; ++i) {
    SmallVector<int64_t> place(rank);
    size_t rest = i, from = 0;
    for (int64_t d = rank; d-- > 0; rest /= result.shape[d])
      place[order[d]] = rest % result.shape[d];
    for (int64_t d = 0; d < rank; ++d)
      from = from * data->shape[d] + place[d];
    result.elements.push_back(data->elements[from]);
  }
  return result;
}

std::optional<KnownSizes> SizeComputation::range() {
  auto start = c.constants(0), limit = c.constants(1), step = c.constants(2);
  if (!start || !limit || !step || start->size() != 1 || limit->size() != 1 || step->size() != 1 ||
      step->front() == 0)
    return std::nullopt;
  SymbolicShape elements;
  for (int64_t i = start->front(); step->front() > 0 ? i < limit->front() : i > limit->front();) {
    if (static_cast<int64_t>(elements.size()) == kMost)
      return std::nullopt;
    elements.push_back(i);
    if (llvm::AddOverflow(i, step->front(), i))
      break;
  }
  return KnownSizes::vector(std::move(elements));
}

// ConstantOfShape and Expand, of one element.
std::optional<KnownSizes> SizeComputation::expand() {
  bool isFill = c.node.getOpType() == "ConstantOfShape";
  std::optional<SmallVector<int64_t>> shape = c.constants(isFill ? 0 : 1);
  if (!shape || shape->size() > kMostRank)
    return std::nullopt;
  int64_t count = 1;
  for (int64_t extent : *shape)
    if (extent < 0 || extent > kMost || (count *= extent) > kMost)
      return std::nullopt;
  if (isFill) {
    auto dense = dyn_cast_or_null<DenseElementsAttr>(c.node.getNodeAttributes().get("value"));
    Type element = getElementTypeOrSelf(c.node.getResult(0));
    if (!dense || dense.getNumElements() != 1 || dense.getElementType() != element)
      return std::nullopt;
    APInt value = *dense.getValues<APInt>().begin();
    int64_t number = element.isInteger(1) ? value.getZExtValue() : value.getSExtValue();
    return KnownSizes{SymbolicShape(count, number), *shape};
  }
  std::optional<KnownSizes> data = known(0);
  if (!data)
    return std::nullopt;
  KnownSizes target{SymbolicShape(count, 0), *shape};
  std::optional<SmallVector<int64_t>> result = KnownSizes::broadcast({&*data, &target});
  if (!result)
    return std::nullopt;
  KnownSizes expanded{{}, *result};
  for (size_t i = 0, e = expanded.count(); i < e; ++i)
    expanded.elements.push_back(data->at(i));
  return expanded;
}

} // namespace attune::graph
