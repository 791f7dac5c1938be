// Computations on sizes: small integer tensors whose elements are symbolic expressions.
#include "Operators.h"

#include "llvm/Support/MathExtras.h"

using namespace mlir;

namespace attune::graph {
namespace {

/// A tensor of rank 0 or 1 with known elements.
struct Known {
  SymbolicShape elements;
  unsigned rank;
};

/// The operands of a computation on sizes, and its result.
class SizeComputation {
public:
  explicit SizeComputation(Converter &c) : c(c) {}

  /// The result, when the operator is one of those below and everything it needs is known.
  std::optional<Known> run();

private:
  std::optional<Known> known(unsigned i) {
    const SymbolicShape *elements = c.elements(i);
    if (!elements)
      return std::nullopt;
    Known value{*elements, c.rank(i)};
    for (SymbolicExpression &element : value.elements)
      element = c.symbols.simplify(element);
    return value;
  }

  using Function = std::optional<SymbolicExpression> (SizeComputation::*)(
      const SymbolicExpression &, const SymbolicExpression &);
  std::optional<Known> binary(Function function);
  std::optional<Known> fold(Function function);
  std::optional<Known> unary(Function function, const SymbolicExpression &first);
  std::optional<Known> where();
  std::optional<Known> castTo();
  std::optional<Known> gather();
  std::optional<Known> slice();
  std::optional<Known> concat();
  std::optional<Known> reshape();
  std::optional<Known> range();
  std::optional<Known> expand();
  std::optional<Known> reduce(Function function, int64_t neutral);

  std::optional<SymbolicExpression> add(const SymbolicExpression &a, const SymbolicExpression &b) {
    return a + b;
  }
  std::optional<SymbolicExpression> sub(const SymbolicExpression &a, const SymbolicExpression &b) {
    return a - b;
  }
  std::optional<SymbolicExpression> mul(const SymbolicExpression &a, const SymbolicExpression &b) {
    return a * b;
  }
  std::optional<SymbolicExpression> div(const SymbolicExpression &a, const SymbolicExpression &b);
  std::optional<SymbolicExpression> mod(const SymbolicExpression &a, const SymbolicExpression &b);
  std::optional<SymbolicExpression> min(const SymbolicExpression &a, const SymbolicExpression &b) {
    return SymbolicExpression::min(a, b);
  }
  std::optional<SymbolicExpression> max(const SymbolicExpression &a, const SymbolicExpression &b) {
    return SymbolicExpression::max(a, b);
  }
  std::optional<SymbolicExpression> equal(const SymbolicExpression &a, const SymbolicExpression &b);
  std::optional<SymbolicExpression> less(const SymbolicExpression &a, const SymbolicExpression &b);
  std::optional<SymbolicExpression> greater(const SymbolicExpression &a,
                                            const SymbolicExpression &b) {
    return less(b, a);
  }
  std::optional<SymbolicExpression> lessOrEqual(const SymbolicExpression &a,
                                                const SymbolicExpression &b) {
    std::optional<SymbolicExpression> value = less(b, a);
    return value ? std::optional(SymbolicExpression(1) - *value) : std::nullopt;
  }
  std::optional<SymbolicExpression> greaterOrEqual(const SymbolicExpression &a,
                                                   const SymbolicExpression &b) {
    return lessOrEqual(b, a);
  }

  Converter &c;
};

// Truncating and flooring division agree where neither side is negative.
std::optional<SymbolicExpression> SizeComputation::div(const SymbolicExpression &a,
                                                       const SymbolicExpression &b) {
  std::optional<int64_t> x = a.constant(), y = b.constant();
  if (x && y) {
    bool overflows = *x == std::numeric_limits<int64_t>::min() && *y == -1;
    return *y == 0 || overflows ? std::nullopt : std::optional(SymbolicExpression(*x / *y));
  }
  if (auto exact = a.divideExactly(b); exact && c.symbols.lessEqual(1, b))
    return exact;
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

std::optional<Known> SizeComputation::binary(Function function) {
  std::optional<Known> a = known(0), other = known(1);
  if (!a || !other)
    return std::nullopt;
  size_t n = a->elements.size(), m = other->elements.size();
  if (n != m && n != 1 && m != 1)
    return std::nullopt;
  Known result{{}, std::max(a->rank, other->rank)};
  for (size_t i = 0, e = n == 1 ? m : n; i < e; ++i) {
    auto value = (this->*function)(a->elements[n == 1 ? 0 : i], other->elements[m == 1 ? 0 : i]);
    if (!value)
      return std::nullopt;
    result.elements.push_back(*value);
  }
  return result;
}

// function(first, element) for each element.
std::optional<Known> SizeComputation::unary(Function function, const SymbolicExpression &first) {
  std::optional<Known> value = known(0);
  if (!value)
    return std::nullopt;
  for (SymbolicExpression &element : value->elements)
    element = (this->*function)(first, element).value_or(SymbolicExpression::invalid());
  return value;
}

// Operators of any number of operands, of one element each.
std::optional<Known> SizeComputation::fold(Function function) {
  if (c.operandCount() == 2)
    return binary(function);
  std::optional<Known> result = known(0);
  for (unsigned i = 1; result && i < c.operandCount(); ++i) {
    std::optional<Known> next = known(i);
    if (!next || next->elements.size() != 1 || result->elements.size() != 1)
      return std::nullopt;
    result->elements[0] = *(this->*function)(result->elements[0], next->elements[0]);
    result->rank = std::max(result->rank, next->rank);
  }
  return result;
}

std::optional<Known> SizeComputation::where() {
  std::optional<Known> condition = known(0), a = known(1), other = known(2);
  if (!condition || !a || !other)
    return std::nullopt;
  size_t count = std::max({condition->elements.size(), a->elements.size(), other->elements.size()});
  Known result{{}, std::max({condition->rank, a->rank, other->rank})};
  for (const Known *each : {&*condition, &*a, &*other})
    if (each->elements.size() != count && each->elements.size() != 1)
      return std::nullopt;
  auto at = [](const Known &value, size_t i) {
    return value.elements[value.elements.size() == 1 ? 0 : i];
  };
  for (size_t i = 0; i < count; ++i) {
    std::optional<int64_t> which = at(*condition, i).constant();
    if (!which)
      return std::nullopt;
    result.elements.push_back(at(*which != 0 ? *a : *other, i));
  }
  return result;
}

// To integers as they are; to booleans where the truth is known.
std::optional<Known> SizeComputation::castTo() {
  std::optional<Known> value = known(0);
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

std::optional<Known> SizeComputation::gather() {
  std::optional<Known> data = known(0), indices = known(1);
  if (!data || data->rank != 1 || !indices)
    return std::nullopt;
  Known result{{}, indices->rank};
  int64_t size = data->elements.size();
  for (const SymbolicExpression &each : indices->elements) {
    std::optional<int64_t> index = each.constant();
    if (!index || *index < -size || *index >= size)
      return std::nullopt;
    result.elements.push_back(data->elements[*index < 0 ? *index + size : *index]);
  }
  return result;
}

std::optional<Known> SizeComputation::slice() {
  std::optional<Known> data = known(0);
  auto one = [&](unsigned i, StringRef attribute, std::optional<int64_t> otherwise) {
    if (c.version() < 10) {
      auto given = c.integers(attribute);
      return given && given->size() == 1 ? std::optional(given->front()) : otherwise;
    }
    if (!c.has(i))
      return otherwise;
    auto given = c.constants(i);
    return given && given->size() == 1 ? std::optional(given->front()) : std::nullopt;
  };
  auto start = one(1, "starts", std::nullopt), end = one(2, "ends", std::nullopt);
  auto step = one(4, "steps", 1);
  if (!data || data->rank != 1 || !start || !end || !step || *step == 0 ||
      *step == std::numeric_limits<int64_t>::min())
    return std::nullopt;
  int64_t size = data->elements.size();
  auto limited = [&](int64_t at, int64_t least, int64_t most) {
    return std::clamp(at < 0 ? std::max(at, -size - 1) + size : at, least, most);
  };
  Known result{{}, 1};
  if (*step > 0) {
    int64_t to = limited(*end, 0, size);
    for (int64_t i = limited(*start, 0, size); i < to; i += std::min(*step, size + 1))
      result.elements.push_back(data->elements[i]);
  } else if (size > 0) {
    int64_t to = limited(*end, -1, size - 1);
    for (int64_t i = limited(*start, 0, size - 1); i > to; i -= std::min(-*step, size + 1))
      result.elements.push_back(data->elements[i]);
  }
  return result;
}

std::optional<Known> SizeComputation::concat() {
  Known result{{}, 1};
  for (unsigned i = 0; i < c.operandCount(); ++i) {
    std::optional<Known> part = known(i);
    if (!part || part->rank != 1)
      return std::nullopt;
    result.elements.append(part->elements);
  }
  return result;
}

// Reshape, Squeeze, Unsqueeze and the like between rank 0 and 1.
std::optional<Known> SizeComputation::reshape() {
  std::optional<Known> data = known(0);
  if (!data)
    return std::nullopt;
  StringRef op = c.node.getOpType();
  std::optional<SmallVector<int64_t>> given =
      op == "Reshape" || c.version() >= 13 ? c.constants(1) : c.integers("axes");
  bool isOne = data->elements.size() == 1;
  if (op == "Identity" || op == "Transpose")
    return data;
  if (op == "Squeeze") {
    bool hasAxes = c.version() >= 13 ? c.has(1) : given.has_value();
    bool named = given && given->size() == 1 && (given->front() == 0 || given->front() == -1);
    if (data->rank != 1 || !isOne || (hasAxes && !named))
      return std::nullopt;
    return Known{data->elements, 0};
  }
  if (op == "Unsqueeze") {
    bool named = given && given->size() == 1 && (given->front() == 0 || given->front() == -1);
    return data->rank == 0 && named ? std::optional(Known{data->elements, 1}) : std::nullopt;
  }
  // Reshape to [] or [n].
  if (!given || given->size() > 1 || (given->empty() && !isOne))
    return std::nullopt;
  bool fits = given->empty() || given->front() == -1 ||
              given->front() == static_cast<int64_t>(data->elements.size());
  return fits ? std::optional(Known{data->elements, static_cast<unsigned>(given->size())})
              : std::nullopt;
}

std::optional<Known> SizeComputation::range() {
  auto start = c.constants(0), limit = c.constants(1), step = c.constants(2);
  if (!start || !limit || !step || start->size() != 1 || limit->size() != 1 || step->size() != 1 ||
      step->front() == 0)
    return std::nullopt;
  Known result{{}, 1};
  for (int64_t i = start->front(); step->front() > 0 ? i < limit->front() : i > limit->front();) {
    if (result.elements.size() == transformer::SymbolicDims::kMaxElements)
      return std::nullopt;
    result.elements.push_back(i);
    if (llvm::AddOverflow(i, step->front(), i))
      break;
  }
  return result;
}

// ConstantOfShape and Expand to a small vector.
std::optional<Known> SizeComputation::expand() {
  bool isFill = c.node.getOpType() == "ConstantOfShape";
  std::optional<SmallVector<int64_t>> shape = c.constants(isFill ? 0 : 1);
  if (!shape || shape->size() > 1)
    return std::nullopt;
  int64_t count = shape->empty() ? 1 : shape->front();
  if (count < 0 || count > static_cast<int64_t>(transformer::SymbolicDims::kMaxElements))
    return std::nullopt;
  unsigned rank = shape->size();
  if (isFill) {
    auto dense = dyn_cast_or_null<DenseElementsAttr>(c.node.getNodeAttributes().get("value"));
    Type element = getElementTypeOrSelf(c.node.getResult(0));
    if (!dense || dense.getNumElements() != 1 || dense.getElementType() != element)
      return std::nullopt;
    APInt value = *dense.getValues<APInt>().begin();
    return Known{
        SymbolicShape(count, element.isInteger(1) ? value.getZExtValue() : value.getSExtValue()),
        rank};
  }
  std::optional<Known> data = known(0);
  if (!data || data->rank > rank ||
      (data->elements.size() != 1 && count != 1 &&
       static_cast<int64_t>(data->elements.size()) != count))
    return std::nullopt;
  if (data->elements.size() != 1)
    return Known{data->elements, 1};
  return Known{SymbolicShape(count, data->elements[0]), rank};
}

// All elements of a vector to one.
std::optional<Known> SizeComputation::reduce(Function function, int64_t neutral) {
  std::optional<Known> data = known(0);
  if (!data || data->rank != 1 || (data->elements.empty() && neutral < 0))
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
  return Known{{value}, c.integer("keepdims", 1) != 0 ? 1u : 0u};
}

std::optional<Known> SizeComputation::run() {
  using This = SizeComputation;
  using Make = std::optional<Known> (*)(This &);
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
      {"Slice", [](This &s) { return s.slice(); }},
      {"Concat", [](This &s) { return s.concat(); }},
      {"Identity", [](This &s) { return s.reshape(); }},
      {"Transpose", [](This &s) { return s.reshape(); }},
      {"Reshape", [](This &s) { return s.reshape(); }},
      {"Squeeze", [](This &s) { return s.reshape(); }},
      {"Unsqueeze", [](This &s) { return s.reshape(); }},
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

} // namespace

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
  std::optional<Known> result = SizeComputation(c).run();
  unsigned width = declared.getIntOrFloatBitWidth();
  if (!result || result->elements.size() > transformer::SymbolicDims::kMaxElements ||
      !llvm::all_of(result->elements,
                    [&](const SymbolicExpression &element) { return fits(element, width); }))
    return false;
  failed =
      mlir::failed(c.resultElements(result->elements, result->rank, signlessElement(declared)));
  return true;
}

} // namespace attune::graph
