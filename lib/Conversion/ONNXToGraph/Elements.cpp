// Computations on sizes: the arithmetic, and which operator computes what.
#include "Operators.h"
#include "SizeComputation.h"

#include "llvm/Support/MathExtras.h"

using namespace mlir;

namespace attune::graph {

// Truncating and flooring division agree where neither side is negative.
std::optional<SymbolicExpression> SizeComputation::div(const SymbolicExpression &a,
                                                       const SymbolicExpression &b) {
  std::optional<int64_t> x = a.constant(), y = b.constant();
  if (x && y) {
    bool overflows = *x == std::numeric_limits<int64_t>::min() && *y == -1;
    return *y == 0 || overflows ? std::nullopt : std::optional(SymbolicExpression(*x / *y));
  }
  if (auto exact = a.divideExactly(b))
    return c.symbols.requireLessEqual(1, b, c.name) ? exact : std::nullopt;
  if (!c.symbols.lessEqual(0, a) || !c.symbols.requireLessEqual(1, b, c.name))
    return std::nullopt;
  return a.floorDiv(b);
}

std::optional<SymbolicExpression> SizeComputation::mod(const SymbolicExpression &a,
                                                       const SymbolicExpression &b) {
  std::optional<int64_t> divisor = b.constant();
  bool sameAsFloor = c.integer("fmod", 0) == 0 || c.symbols.lessEqual(0, a);
  if (!divisor || *divisor < 1 || !sameAsFloor)
    return std::nullopt;
  return a.mod(b);
}

std::optional<SymbolicExpression> SizeComputation::equal(const SymbolicExpression &a,
                                                         const SymbolicExpression &b) {
  if (c.symbols.equal(a, b))
    return SymbolicExpression(1);
  Interval range = (a - b).bounds(c.symbols.ranges());
  if (range.low > 0 || range.high < 0)
    return SymbolicExpression(0);
  return std::nullopt;
}

std::optional<SymbolicExpression> SizeComputation::less(const SymbolicExpression &a,
                                                        const SymbolicExpression &b) {
  if (c.symbols.lessEqual(b, a))
    return SymbolicExpression(0);
  if (c.symbols.lessEqual(a + 1, b))
    return SymbolicExpression(1);
  return std::nullopt;
}

std::optional<KnownSizes> SizeComputation::binary(Function function) {
  std::optional<KnownSizes> a = known(0), other = known(1);
  if (!a || !other)
    return std::nullopt;
  std::optional<SmallVector<int64_t>> shape = KnownSizes::broadcast({&*a, &*other});
  if (!shape)
    return std::nullopt;
  KnownSizes result{{}, *shape};
  for (size_t i = 0, e = result.count(); i < e; ++i) {
    auto value = (this->*function)(a->at(i), other->at(i));
    if (!value)
      return std::nullopt;
    result.elements.push_back(*value);
  }
  return result;
}

// function(first, element) for each element.
std::optional<KnownSizes> SizeComputation::unary(Function function,
                                                 const SymbolicExpression &first) {
  std::optional<KnownSizes> value = known(0);
  if (!value)
    return std::nullopt;
  for (SymbolicExpression &element : value->elements)
    element = (this->*function)(first, element).value_or(SymbolicExpression::invalid());
  return value;
}

// Operators of any number of operands, of one element each.
std::optional<KnownSizes> SizeComputation::fold(Function function) {
  if (c.operandCount() == 2)
    return binary(function);
  std::optional<KnownSizes> result = known(0);
  for (unsigned i = 1; result && i < c.operandCount(); ++i) {
    std::optional<KnownSizes> next = known(i);
    if (!next || next->elements.size() != 1 || result->elements.size() != 1)
      return std::nullopt;
    result->elements[0] = *(this->*function)(result->elements[0], next->elements[0]);
    result->shape.resize(std::max(result->shape.size(), next->shape.size()), 1);
  }
  return result;
}

std::optional<KnownSizes> SizeComputation::where() {
  std::optional<KnownSizes> condition = known(0), a = known(1), other = known(2);
  if (!condition || !a || !other)
    return std::nullopt;
  std::optional<SmallVector<int64_t>> shape = KnownSizes::broadcast({&*condition, &*a, &*other});
  if (!shape)
    return std::nullopt;
  KnownSizes result{{}, *shape};
  for (size_t i = 0, e = result.count(); i < e; ++i) {
    std::optional<int64_t> which = condition->at(i).constant();
    if (!which)
      return std::nullopt;
    result.elements.push_back(*which != 0 ? a->at(i) : other->at(i));
  }
  return result;
}

// To integers as they are; to booleans where the truth is known.
std::optional<KnownSizes> SizeComputation::castTo() {
  std::optional<KnownSizes> value = known(0);
  bool toBoolean = getElementTypeOrSelf(c.node.getResult(0)).isInteger(1);
  if (!value || !toBoolean)
    return value;
  for (SymbolicExpression &element : value->elements) {
    std::optional<SymbolicExpression> isZero = equal(element, 0);
    if (!isZero)
      return std::nullopt;
    element = SymbolicExpression(1) - *isZero;
  }
  return value;
}

// All elements of a vector to one.
std::optional<KnownSizes> SizeComputation::reduce(Function function, int64_t neutral) {
  std::optional<KnownSizes> data = known(0);
  if (!data || data->rank() != 1 || (data->elements.empty() && neutral < 0))
    return std::nullopt;
  bool asOperand = c.version() >= (c.node.getOpType() == "ReduceSum" ? 13 : 18);
  if (asOperand && c.has(1) ? !c.constants(1) || c.constants(1)->size() != 1
                            : c.integer("noop_with_empty_axes", 0) != 0)
    return std::nullopt;
  SymbolicExpression value =
      data->elements.empty() ? SymbolicExpression(neutral) : data->elements.front();
  for (const SymbolicExpression &element :
       llvm::drop_begin(data->elements, !data->elements.empty()))
    value = *(this->*function)(value, element);
  return c.integer("keepdims", 1) != 0 ? KnownSizes::vector({value}) : KnownSizes::scalar(value);
}

std::optional<KnownSizes> SizeComputation::run() {
  using This = SizeComputation;
  using Make = std::optional<KnownSizes> (*)(This &);
  static const llvm::StringMap<Make> makers{
      {"Add", [](This &s) { return s.binary(&This::add); }},
      {"Sub", [](This &s) { return s.binary(&This::sub); }},
      {"Mul", [](This &s) { return s.binary(&This::mul); }},
      {"Div", [](This &s) { return s.binary(&This::div); }},
      {"Mod", [](This &s) { return s.binary(&This::mod); }},
      {"And", [](This &s) { return s.binary(&This::mul); }},
      {"Or", [](This &s) { return s.binary(&This::max); }},
      {"Not", [](This &s) { return s.unary(&This::sub, 1); }},
      {"Neg", [](This &s) { return s.unary(&This::sub, 0); }},
      {"Min", [](This &s) { return s.fold(&This::min); }},
      {"Max", [](This &s) { return s.fold(&This::max); }},
      {"Equal", [](This &s) { return s.binary(&This::equal); }},
      {"Less", [](This &s) { return s.binary(&This::less); }},
      {"LessOrEqual", [](This &s) { return s.binary(&This::lessOrEqual); }},
      {"Greater", [](This &s) { return s.binary(&This::greater); }},
      {"GreaterOrEqual", [](This &s) { return s.binary(&This::greaterOrEqual); }},
      {"Where", [](This &s) { return s.where(); }},
      {"Cast", [](This &s) { return s.castTo(); }},
      {"Gather", [](This &s) { return s.gather(); }},
      {"ScatterElements", [](This &s) { return s.scatter(); }},
      {"Slice", [](This &s) { return s.slice(); }},
      {"Concat", [](This &s) { return s.concat(); }},
      {"Identity", [](This &s) { return s.known(0); }},
      {"Transpose", [](This &s) { return s.transpose(); }},
      {"Reshape", [](This &s) { return s.reshape(); }},
      {"Squeeze", [](This &s) { return s.squeeze(); }},
      {"Unsqueeze", [](This &s) { return s.unsqueeze(); }},
      {"Range", [](This &s) { return s.range(); }},
      {"Expand", [](This &s) { return s.expand(); }},
      {"ConstantOfShape", [](This &s) { return s.expand(); }},
      {"ReduceProd", [](This &s) { return s.reduce(&This::mul, 1); }},
      {"ReduceSum", [](This &s) { return s.reduce(&This::add, 0); }},
      {"ReduceMax", [](This &s) { return s.reduce(&This::max, -1); }},
      {"ReduceMin", [](This &s) { return s.reduce(&This::min, -1); }},
  };
  auto it = makers.find(c.node.getOpType());
  return it == makers.end() ? std::nullopt : it->second(*this);
}

// Numbers that a type cannot hold would wrap; that is no computation on sizes.
static bool fits(const SymbolicExpression &element, unsigned width) {
  if (std::optional<int64_t> number = element.constant())
    return width == 1 ? *number == 0 || *number == 1 : llvm::isIntN(width, *number);
  return element.isValid();
}

bool convertElements(Converter &c, bool &failed) {
  failed = false;
  Type declared = getElementTypeOrSelf(c.node.getResult(0));
  if (c.resultCount() != 1 || !isSizeType(declared))
    return false;
  std::optional<KnownSizes> result = SizeComputation(c).run();
  unsigned width = declared.getIntOrFloatBitWidth();
  if (!result || result->elements.size() > transformer::SymbolicDims::kMaxElements ||
      !llvm::all_of(result->elements,
                    [&](const SymbolicExpression &element) { return fits(element, width); }))
    return false;
  failed =
      mlir::failed(c.resultElements(result->elements, result->shape, signlessElement(declared)));
  return true;
}

} // namespace attune::graph
