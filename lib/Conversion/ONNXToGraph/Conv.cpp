// Conv: a contraction over windows of the input, with channels last in its result; a transpose
// behind it, which the next reader absorbs, gives ONNX's order.
#include "Operators.h"
#include "Scalars.h"

using namespace mlir;

namespace attune::graph {
namespace {

/// One spatial dimension.
struct Axis {
  SymbolicExpression size;   ///< of the input
  SymbolicExpression taps;   ///< of the kernel
  SymbolicExpression places; ///< of the result
  SymbolicExpression before; ///< zeros in front of the input
  int64_t stride, dilation;
  bool bordered; ///< some window may reach outside the input

  SymbolicExpression window() const {
    return (taps - 1) * SymbolicExpression(dilation) + SymbolicExpression(1);
  }
  /// Window i is element i of the input.
  bool isIdentity() const { return taps.isConstant(1) && stride == 1 && !bordered; }
};

struct Convolution {
  SmallVector<Axis> axes;
  int64_t groups;
  SymbolicExpression channels, filters; ///< of one group
  /// Each channel has filters of its own.
  bool isDepthwise() const { return groups > 1 && channels.isConstant(1); }
};

// An attribute with one integer per spatial dimension (`times` of them), each at least `least`;
// nothing after an error.
std::optional<SmallVector<int64_t>> perAxis(Converter &c, StringRef name, int64_t least,
                                            int64_t otherwise, unsigned times = 1) {
  size_t count = times * (c.rank(0) - 2);
  auto given = c.integers(name);
  if (!given)
    return SmallVector<int64_t>(count, otherwise);
  if (given->size() == count && llvm::all_of(*given, [&](int64_t value) { return value >= least; }))
    return given;
  (void)c.malformed("attribute " + name + " is no list of " + Twine(count) +
                    " integers of at least " + Twine(least));
  return std::nullopt;
}

bool checkOperands(Converter &c) {
  Type element = c.element(0);
  bool hasBias = c.has(2);
  if (!isa_and_nonnull<FloatType>(element) || c.element(1) != element ||
      (hasBias && c.element(2) != element)) {
    (void)c.malformed("its inputs are not floats of one type");
    return false;
  }
  if (c.rank(0) < 3 || c.rank(1) != c.rank(0) || (hasBias && c.rank(2) != 1)) {
    (void)c.malformed("its inputs have ranks " + Twine(c.rank(0)) + " and " + Twine(c.rank(1)) +
                      (hasBias ? ", its bias " + Twine(c.rank(2)) : Twine()) +
                      "; it takes two of one rank, at least 3, and a vector");
    return false;
  }
  return true;
}

// Places and border under explicit pads; false after an error.
bool placeBetween(Converter &c, Axis &axis, size_t at, int64_t before, int64_t after) {
  SymbolicExpression pads = SymbolicExpression(before) + SymbolicExpression(after);
  SymbolicExpression padded = axis.size + pads, least = axis.window() - pads;
  if (padded.isValid() && least.isValid() &&
      !c.symbols.requireLessEqual(least, axis.size, c.name)) {
    (void)c.malformed("a window of " + axis.window().str() + " does not fit spatial dimension " +
                      Twine(at) + ", which has " + padded.str() + " elements with its pads");
    return false;
  }
  axis.places = (padded - axis.window()).floorDiv(SymbolicExpression(axis.stride)) + 1;
  axis.before = before;
  axis.bordered = before != 0 || after != 0;
  return true;
}

// Pads such that there is a place per `stride` elements; the larger half comes last, or first.
void placeSame(Converter &c, Axis &axis, bool largerFirst) {
  axis.places = axis.size.ceilDiv(SymbolicExpression(axis.stride));
  SymbolicExpression read = (axis.places - 1) * SymbolicExpression(axis.stride) + axis.window();
  SymbolicExpression pads =
      c.symbols.simplify(SymbolicExpression::max(SymbolicExpression(0), read - axis.size));
  axis.before =
      largerFirst ? pads.ceilDiv(SymbolicExpression(2)) : pads.floorDiv(SymbolicExpression(2));
  axis.bordered = !pads.isConstant(0);
}

// The spatial dimensions as the attributes have them; nothing after an error.
std::optional<SmallVector<Axis>> readAxes(Converter &c) {
  auto strides = perAxis(c, "strides", 1, 1);
  auto dilations = strides ? perAxis(c, "dilations", 1, 1) : std::nullopt;
  auto kernel = dilations ? perAxis(c, "kernel_shape", 1, 0) : std::nullopt;
  auto pads = kernel ? perAxis(c, "pads", 0, 0, 2) : std::nullopt;
  if (!pads)
    return std::nullopt;
  StringRef mode = c.text("auto_pad", "NOTSET");
  if (!llvm::is_contained({"NOTSET", "SAME_UPPER", "SAME_LOWER", "VALID"}, mode)) {
    (void)c.malformed("auto_pad is '" + mode + "'");
    return std::nullopt;
  }
  if (mode != "NOTSET" && llvm::any_of(*pads, [](int64_t pad) { return pad != 0; })) {
    (void)c.malformed("it has pads, and auto_pad " + mode);
    return std::nullopt;
  }
  SmallVector<Axis> axes;
  SymbolicShape sizes = c.dims(0), taps = c.dims(1);
  size_t count = strides->size();
  for (size_t i = 0; i < count; ++i) {
    Axis axis{sizes[2 + i], taps[2 + i], {}, {}, (*strides)[i], (*dilations)[i], false};
    if ((*kernel)[i] > 0) {
      if (!c.requireEqual(axis.taps, (*kernel)[i]))
        return std::nullopt;
      axis.taps = (*kernel)[i];
    }
    if (!c.requireLessEqual(1, axis.taps))
      return std::nullopt;
    if (mode.starts_with("SAME"))
      placeSame(c, axis, mode == "SAME_LOWER");
    else if (!placeBetween(c, axis, i, (*pads)[i], (*pads)[count + i]))
      return std::nullopt;
    axis.places = c.symbols.simplify(axis.places);
    axis.before = c.symbols.simplify(axis.before);
    if (!axis.places.isValid() || !axis.before.isValid()) {
      (void)c.error(ErrorCode::Limit, "its windows are too large");
      return std::nullopt;
    }
    axes.push_back(std::move(axis));
  }
  return axes;
}

std::optional<Convolution> read(Converter &c) {
  if (!checkOperands(c))
    return std::nullopt;
  Convolution conv;
  conv.groups = c.integer("group", 1);
  if (conv.groups < 1) {
    (void)c.malformed("group is " + Twine(conv.groups));
    return std::nullopt;
  }
  SymbolicExpression groups(conv.groups), all = c.dims(0)[1], filters = c.dims(1)[0];
  conv.channels = c.dims(1)[1];
  if (!c.requireEqual(all, conv.channels * groups))
    return std::nullopt;
  if (all.constant() && !conv.channels.constant())
    conv.channels = all.floorDiv(groups);
  if (conv.groups > 1 && !c.symbols.requireDivides(groups, filters, c.name)) {
    (void)c.malformed("its " + filters.str() + " filters do not split into " + Twine(conv.groups) +
                      " groups");
    return std::nullopt;
  }
  conv.filters = c.symbols.simplify(filters.floorDiv(groups));
  if (c.has(2) && !c.requireEqual(c.dims(2)[0], filters))
    return std::nullopt;
  std::optional<SmallVector<Axis>> axes = readAxes(c);
  if (!axes)
    return std::nullopt;
  conv.axes = std::move(*axes);
  return conv;
}

/// The loops of the contraction: first those of the result, then those that are summed; -1 for a
/// loop that there is not.
struct Nest {
  SymbolicShape dims;
  SmallVector<int64_t> places, taps;
  int64_t batch = 0, group = -1, filter = -1, channel = -1;
  unsigned results = 0;

  Nest(const Convolution &conv, const SymbolicExpression &batchSize) {
    dims.push_back(batchSize);
    for (const Axis &axis : conv.axes)
      places.push_back(add(axis.places));
    // Vectors run along the result's last loop: there a depthwise convolution has its channels.
    if (conv.isDepthwise()) {
      if (!conv.filters.isConstant(1))
        filter = add(conv.filters);
      group = add(conv.groups);
    } else {
      if (conv.groups > 1)
        group = add(conv.groups);
      filter = add(conv.filters);
    }
    results = dims.size();
    bool hasTaps =
        llvm::any_of(conv.axes, [](const Axis &axis) { return !axis.taps.isConstant(1); });
    if (!conv.channels.isConstant(1) || !hasTaps)
      channel = add(conv.channels);
    for (const Axis &axis : conv.axes)
      taps.push_back(axis.taps.isConstant(1) ? -1 : add(axis.taps));
  }

  int64_t add(const SymbolicExpression &extent) {
    dims.push_back(extent);
    return dims.size() - 1;
  }
  /// Those of `loops` that there are, and their extents.
  SmallVector<int64_t> present(ArrayRef<int64_t> loops) const {
    return llvm::to_vector(llvm::make_filter_range(loops, [](int64_t loop) { return loop >= 0; }));
  }
  SymbolicShape extents(ArrayRef<int64_t> loops) const {
    return SymbolicShape(llvm::map_range(loops, [&](int64_t loop) { return dims[loop]; }));
  }
};

/// The input as the contraction reads it, and at which loops.
std::pair<Tensor, SmallVector<int64_t>> windowsOf(Converter &c, const Convolution &conv,
                                                  const Nest &nest) {
  Tensor input = c.operand(0);
  SmallVector<int64_t> lead{nest.batch};
  if (conv.groups > 1)
    lead.push_back(nest.group);
  if (!conv.isDepthwise())
    lead.push_back(nest.channel);
  if (lead.size() == 3) {
    SymbolicShape split{input.dims[0], conv.groups, conv.channels};
    split.append(input.dims.begin() + 2, input.dims.end());
    input = c.reshape(input, split);
  }
  SmallVector<int64_t> loops(lead);
  loops.append(nest.places);
  if (llvm::all_of(conv.axes, [](const Axis &axis) { return axis.isIdentity(); }))
    return {input, loops};

  SmallVector<int64_t> own = nest.present(loops);
  own.append(nest.present(nest.taps));
  llvm::sort(own);
  auto at = [&](int64_t loop) -> AffineExpr {
    return loop < 0 ? c.b.getAffineConstantExpr(0)
                    : c.b.getAffineDimExpr(llvm::find(own, loop) - own.begin());
  };
  SmallVector<AffineExpr> positions = llvm::map_to_vector(lead, at);
  SymbolicShape low(lead.size(), 0);
  for (auto [axis, place, tap] : llvm::zip_equal(conv.axes, nest.places, nest.taps)) {
    positions.push_back(at(place) * axis.stride + at(tap) * axis.dilation);
    low.push_back(axis.before);
  }
  if (llvm::none_of(conv.axes, [](const Axis &axis) { return axis.bordered; }))
    low.clear();
  AffineMap map = AffineMap::get(own.size(), 0, positions, c.b.getContext());
  return {c.windows(input, map, nest.extents(own), low), own};
}

LogicalResult conv(Converter &c) {
  std::optional<Convolution> read = graph::read(c);
  if (!read)
    return failure();
  Nest nest(*read, c.dims(0)[0]);
  unsigned loops = nest.dims.size();
  auto [input, inputLoops] = windowsOf(c, *read, nest);

  SmallVector<int64_t> filterLoops = nest.present({nest.group, nest.filter});
  SmallVector<int64_t> weightLoops(filterLoops);
  weightLoops.append(nest.present({nest.channel}));
  weightLoops.append(nest.present(nest.taps));
  Tensor weights = c.reshape(c.operand(1), nest.extents(weightLoops));
  SmallVector<AffineMap> maps{c.select(loops, inputLoops), c.select(loops, weightLoops)};
  SmallVector<Tensor> bias;
  if (c.has(2)) {
    bias.push_back(c.reshape(c.operand(2), nest.extents(filterLoops)));
    maps.push_back(c.select(loops, filterLoops));
  }
  AffineMap out = c.select(loops, llvm::to_vector(llvm::seq<int64_t>(0, nest.results)));
  Tensor sums = c.contract(input, weights, bias, nest.dims, maps, out,
                           [&](ImplicitLocOpBuilder &b, ValueRange args) {
                             Scalars s{b, args[0].getType()};
                             return args.size() > 1 ? s.add(args[0], args[1]) : args[0];
                           });
  // [batch, places, filters] to [batch, filters, places].
  SmallVector<int64_t> order{nest.batch};
  order.append(filterLoops);
  order.append(nest.places);
  SymbolicShape shape{sums.dims[nest.batch], c.dims(1)[0]};
  for (int64_t place : nest.places)
    shape.push_back(sums.dims[place]);
  return c.result(c.reshape(c.transpose(sums, order), shape));
}

} // namespace

llvm::ArrayRef<Operator> convOperators() {
  static const Operator operators[] = {
      {"Conv", 1, 2, 3, conv},
  };
  return operators;
}

} // namespace attune::graph
