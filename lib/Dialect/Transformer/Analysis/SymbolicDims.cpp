// Facts about symbols: ranges and guards, and what they prove.
#include "attune/Dialect/Transformer/Analysis/SymbolicDims.h"

#include "attune/Dialect/ONNX/IR/ONNXDialect.h"
#include "attune/Dialect/Transformer/IR/TransformerDialect.h"

#include "mlir/IR/Builders.h"
#include "mlir/IR/BuiltinOps.h"
#include "llvm/ADT/StringSwitch.h"

#include <numeric>

using namespace mlir;

namespace attune::transformer {

Attribute toAttribute(MLIRContext *context, const SymbolicExpression &expression) {
  Builder builder(context);
  if (std::optional<int64_t> value = expression.constant())
    return builder.getI64IntegerAttr(*value);
  return builder.getStringAttr(expression.str());
}

ArrayAttr toArrayAttr(MLIRContext *context, ArrayRef<SymbolicExpression> expressions) {
  return ArrayAttr::get(context, llvm::map_to_vector(expressions, [&](const SymbolicExpression &e) {
                          return toAttribute(context, e);
                        }));
}

std::optional<SymbolicExpression> fromAttribute(Attribute attribute) {
  if (auto integer = dyn_cast_or_null<IntegerAttr>(attribute))
    if (integer.getValue().getSignificantBits() <= 64)
      return SymbolicExpression(integer.getValue().getSExtValue());
  if (auto text = dyn_cast_or_null<StringAttr>(attribute))
    return SymbolicExpression::parse(text.getValue());
  return std::nullopt;
}

std::optional<SymbolicShape> fromArrayAttr(ArrayAttr attribute) {
  if (!attribute)
    return std::nullopt;
  SymbolicShape shape;
  for (Attribute entry : attribute) {
    std::optional<SymbolicExpression> extent = fromAttribute(entry);
    if (!extent)
      return std::nullopt;
    shape.push_back(std::move(*extent));
  }
  return shape;
}

std::optional<SymbolicShape> symbolicExtents(Value value) {
  return fromArrayAttr(symbolicShape(value));
}

SymbolicExpression product(ArrayRef<SymbolicExpression> extents) {
  SymbolicExpression result(1);
  for (const SymbolicExpression &extent : extents)
    result = result * extent;
  return result;
}

static StringRef relationName(Guard::Relation relation) {
  switch (relation) {
  case Guard::Relation::Equal:
    return "eq";
  case Guard::Relation::LessEqual:
    return "le";
  case Guard::Relation::Divides:
    return "divides";
  }
  llvm_unreachable("all relations are listed");
}

SymbolicDims::SymbolicDims(FunctionOpInterface function) {
  auto module = function->getParentOfType<ModuleOp>();
  if (auto entries = module ? module->getAttrOfType<DictionaryAttr>(kRangesAttr) : nullptr)
    for (NamedAttribute entry : entries)
      if (auto ends = fromArrayAttr(dyn_cast<ArrayAttr>(entry.getValue()));
          ends && ends->size() == 2)
        if (auto low = (*ends)[0].constant(), high = (*ends)[1].constant(); low && high)
          restrict(entry.getName(), {*low, *high});
  auto entries = function->getAttrOfType<ArrayAttr>(onnx::kGuardsAttr);
  if (!entries)
    return;
  for (auto entry : entries.getAsRange<DictionaryAttr>()) {
    auto relation = entry.getAs<StringAttr>("relation");
    std::optional<SymbolicExpression> lhs = fromAttribute(entry.get("lhs"));
    std::optional<SymbolicExpression> rhs = fromAttribute(entry.get("rhs"));
    if (!relation || !lhs || !rhs)
      continue;
    auto kind = llvm::StringSwitch<std::optional<Guard::Relation>>(relation.getValue())
                    .Case("eq", Guard::Relation::Equal)
                    .Case("le", Guard::Relation::LessEqual)
                    .Case("divides", Guard::Relation::Divides)
                    .Default(std::nullopt);
    auto node = entry.getAs<StringAttr>("node");
    if (kind)
      addGuard({*kind, *lhs, *rhs, node ? node.str() : ""});
  }
}

void SymbolicDims::restrict(StringRef symbol, SymbolRange range) {
  SymbolRange &current = symbolRanges[symbol];
  current.low = std::max(current.low, range.low);
  current.high = std::min(current.high, range.high);
}

// The expression after all substitutions and under the ranges; may become a constant.
SymbolicExpression SymbolicDims::resolve(const SymbolicExpression &expression) const {
  if (expression.constant())
    return expression;
  SymbolicExpression value =
      substitutions.empty() ? expression : expression.substitute(substitutions);
  value = value.simplify(symbolRanges);
  return value.isValid() ? value : expression;
}

SymbolicExpression SymbolicDims::simplify(const SymbolicExpression &expression) const {
  SymbolicExpression value = resolve(expression);
  return value.constant() ? expression : value;
}

bool SymbolicDims::equal(const SymbolicExpression &a, const SymbolicExpression &b) const {
  if (a == b)
    return true;
  SymbolicExpression x = resolve(a), y = resolve(b);
  return SymbolicExpression::provablyEqual(x, y, symbolRanges) ||
         known.contains((x - y).str() + " == 0") || known.contains((y - x).str() + " == 0");
}

bool SymbolicDims::lessEqual(const SymbolicExpression &a, const SymbolicExpression &b) const {
  SymbolicExpression x = resolve(a), y = resolve(b);
  return SymbolicExpression::provablyLessEqual(x, y, symbolRanges) ||
         known.contains((y - x).str() + " >= 0");
}

bool SymbolicDims::addGuard(Guard guard) {
  if (!guard.lhs.isValid() || !guard.rhs.isValid())
    return false;
  learn(guard);
  allGuards.push_back(std::move(guard));
  return true;
}

void SymbolicDims::learnSymbol(StringRef symbol, const SymbolicExpression &value) {
  if (std::optional<int64_t> number = value.constant()) {
    restrict(symbol, {*number, *number});
    return;
  }
  bool itself = false;
  value.forEachSymbol([&](StringRef name) { itself |= name == symbol; });
  if (itself)
    return;
  llvm::StringMap<SymbolicExpression> step;
  step[symbol] = value;
  for (auto &entry : substitutions)
    entry.second = entry.second.substitute(step);
  substitutions[symbol] = value;
}

void SymbolicDims::learn(const Guard &guard) {
  const SymbolicExpression &lhs = guard.lhs, &rhs = guard.rhs;
  switch (guard.relation) {
  case Guard::Relation::Equal:
    known.insert((lhs - rhs).str() + " == 0");
    if (!lhs.asSymbol().empty())
      learnSymbol(lhs.asSymbol(), rhs);
    else if (!rhs.asSymbol().empty())
      learnSymbol(rhs.asSymbol(), lhs);
    return;
  case Guard::Relation::LessEqual:
    known.insert((rhs - lhs).str() + " >= 0");
    if (!lhs.asSymbol().empty() && rhs.constant())
      restrict(lhs.asSymbol(), {0, *rhs.constant()});
    if (!rhs.asSymbol().empty() && lhs.constant())
      restrict(rhs.asSymbol(), {*lhs.constant(), SymbolRange().high});
    return;
  case Guard::Relation::Divides:
    known.insert(lhs.str() + " divides " + rhs.str());
    return;
  }
}

// The operands of `e` without `other`, when `e` is one minimum or maximum that has it.
static std::optional<SymbolicShape> otherOperands(const SymbolicExpression &e,
                                                  const SymbolicExpression &other,
                                                  SymbolicExpression::Atom::Kind kind) {
  if (e.terms().size() != 1 || e.terms()[0].coefficient != 1 || e.terms()[0].factors.size() != 1)
    return std::nullopt;
  const SymbolicExpression::Atom &atom = *e.terms()[0].factors[0];
  if (atom.kind != kind || !llvm::is_contained(atom.operands, other))
    return std::nullopt;
  SymbolicShape rest;
  for (const SymbolicExpression &operand : atom.operands)
    if (operand != other)
      rest.push_back(operand);
  return rest;
}

bool SymbolicDims::requireEqual(const SymbolicExpression &a, const SymbolicExpression &b,
                                StringRef node) {
  if (equal(a, b))
    return true;
  SymbolicExpression x = resolve(a), y = resolve(b), difference = x - y;
  Interval range = difference.bounds(symbolRanges);
  if (!difference.isValid() || range.low > 0 || range.high < 0)
    return false;
  // min(x, …) = x says x ≤ …
  using Kind = SymbolicExpression::Atom::Kind;
  for (auto [one, other] : {std::pair(x, y), std::pair(y, x)}) {
    for (Kind kind : {Kind::Min, Kind::Max}) {
      std::optional<SymbolicShape> rest = otherOperands(one, other, kind);
      if (!rest)
        continue;
      return llvm::all_of(*rest, [&, &other = other](const SymbolicExpression &bound) {
        return kind == Kind::Min ? requireLessEqual(other, bound, node)
                                 : requireLessEqual(bound, other, node);
      });
    }
  }
  // Sum = sum, without subtraction and common factors.
  int64_t common = 0;
  for (const auto &term : difference.terms())
    common = std::gcd(common, term.coefficient);
  if (auto reduced = difference.divideExactly(SymbolicExpression(common)))
    difference = *reduced;
  SymbolicExpression lhs;
  for (const auto &term : difference.terms())
    if (term.coefficient > 0)
      lhs = lhs + SymbolicExpression::fromTerm(term);
  SymbolicExpression rhs = lhs - difference;
  if (lhs.constant())
    std::swap(lhs, rhs);
  return addGuard({Guard::Relation::Equal, lhs, rhs, node.str()});
}

bool SymbolicDims::requireLessEqual(const SymbolicExpression &a, const SymbolicExpression &b,
                                    StringRef node) {
  if (lessEqual(a, b))
    return true;
  SymbolicExpression x = resolve(a), y = resolve(b), difference = y - x;
  if (!difference.isValid() || difference.bounds(symbolRanges).high < 0)
    return false;
  return addGuard({Guard::Relation::LessEqual, x, y, node.str()});
}

bool SymbolicDims::requireDivides(const SymbolicExpression &divisor,
                                  const SymbolicExpression &value, StringRef node) {
  SymbolicExpression d = resolve(divisor), v = resolve(value);
  if (!d.isValid() || !v.isValid() || d.isConstant(0))
    return false;
  if (v.divideExactly(d) || known.contains(d.str() + " divides " + v.str()))
    return true;
  if (d.constant() && v.constant())
    return false;
  return addGuard({Guard::Relation::Divides, d, v, node.str()});
}

ArrayAttr SymbolicDims::guardsAttr(MLIRContext *context) const {
  Builder builder(context);
  return builder.getArrayAttr(llvm::map_to_vector(allGuards, [&](const Guard &guard) -> Attribute {
    NamedAttribute entries[] = {
        builder.getNamedAttr("relation", builder.getStringAttr(relationName(guard.relation))),
        builder.getNamedAttr("lhs", builder.getStringAttr(guard.lhs.str())),
        builder.getNamedAttr("rhs", builder.getStringAttr(guard.rhs.str())),
        builder.getNamedAttr("node", builder.getStringAttr(guard.node))};
    return builder.getDictionaryAttr(entries);
  }));
}

std::optional<SymbolicExpression>
SymbolicDims::broadcast(const SymbolicExpression &a, const SymbolicExpression &b, StringRef node) {
  if (!a.isValid() || !b.isValid())
    return std::nullopt;
  if (resolve(a).isConstant(1))
    return b;
  // What is one at most is one: the first few of a dimension, beside another.
  auto atMostOne = [&](const SymbolicExpression &extent) {
    return !extent.constant() && !b.isConstant(0) && extent.bounds(symbolRanges).high <= 1;
  };
  if (a != b && atMostOne(a) && requireEqual(a, 1, node))
    return b;
  if (a != b && atMostOne(b) && requireEqual(b, 1, node))
    return a;
  if (resolve(b).isConstant(1) || requireEqual(a, b, node))
    return b.constant() && !resolve(b).isConstant(1) ? b : simplify(a);
  return std::nullopt;
}

std::optional<SymbolicShape> SymbolicDims::broadcast(ArrayRef<SymbolicExpression> a,
                                                     ArrayRef<SymbolicExpression> b,
                                                     StringRef node) {
  if (a.size() < b.size())
    std::swap(a, b);
  SymbolicShape shape(a.begin(), a.end());
  for (size_t i = 1; i <= b.size(); ++i) {
    std::optional<SymbolicExpression> extent = broadcast(a[a.size() - i], b[b.size() - i], node);
    if (!extent)
      return std::nullopt;
    shape[a.size() - i] = std::move(*extent);
  }
  return shape;
}

const SymbolicShape *SymbolicDims::shape(Value value) const {
  auto it = shapes.find(value);
  return it == shapes.end() ? nullptr : &it->second;
}

void SymbolicDims::setShape(Value value, SymbolicShape shape) { shapes[value] = std::move(shape); }

const SymbolicShape *SymbolicDims::elements(Value value) const {
  auto it = contents.find(value);
  return it == contents.end() ? nullptr : &it->second;
}

void SymbolicDims::setElements(Value value, SymbolicShape elements) {
  if (elements.size() <= kMaxElements &&
      llvm::all_of(elements, [](const SymbolicExpression &e) { return e.isValid(); }))
    contents[value] = std::move(elements);
}

} // namespace attune::transformer
