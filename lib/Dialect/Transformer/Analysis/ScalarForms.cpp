// Names are numbers of texts that spell an expression with the names of its parts.
#include "ScalarForms.h"

#include "llvm/ADT/StringExtras.h"

using namespace mlir;
using namespace attune;
using namespace attune::transformer;

/// What is deeper, or has more terms, is not worth a proof.
static constexpr unsigned kMaxDepth = 48;
static constexpr size_t kMaxTerms = 16;
static constexpr unsigned kMaxSteps = 1 << 18;

const ElementNode *ScalarForms::source(ElementExpressions &expressions, const ElementNode *node) {
  for (unsigned steps = 0; node && steps < kMaxDepth; ++steps) {
    const ElementNode *next = expressions.expand(node);
    next = next ? next : expressions.throughPart(node);
    if (!next)
      break;
    node = next;
  }
  return node;
}

bool ScalarForms::isExhausted(unsigned depth) { return depth >= kMaxDepth || ++steps > kMaxSteps; }

unsigned ScalarForms::named(const std::string &text) {
  return known.try_emplace(text, static_cast<unsigned>(known.size())).first->second;
}

static std::string spell(const void *pointer) {
  return llvm::utohexstr(reinterpret_cast<uintptr_t>(pointer));
}

static std::string spell(const ElementIndex &index) {
  std::string text = index.offset.str();
  for (const IndexDigit &digit : index.digits)
    text += "+" + std::to_string(digit.loop) + "/" + std::to_string(digit.divisor) + "%" +
            digit.extent.str();
  return text;
}

unsigned ScalarForms::nameOfPlace(const ElementIndices &at) {
  std::string text = "place";
  for (const ElementIndex &index : at)
    text += "," + spell(index);
  return named(text);
}

unsigned ScalarForms::name(ElementExpressions &expressions, const ElementNode *node,
                           unsigned depth) {
  if (isExhausted(depth))
    return named("unknown " + std::to_string(known.size()));
  const ElementNode *source = ScalarForms::source(expressions, node);
  std::string text;
  switch (source->kind) {
  case ElementNode::Kind::Constant:
    text = "constant " + spell(source->constant.getAsOpaquePointer());
    break;
  case ElementNode::Kind::Index:
    text = "index " + spell(source->index);
    break;
  case ElementNode::Kind::Element:
    text = "element " + spell(source->tensor.getAsOpaquePointer());
    for (const ElementIndex &index : source->at)
      text += "," + spell(index);
    break;
  case ElementNode::Kind::Operation:
    text = source->op->getName().getStringRef().str() + " " +
           spell(source->op->getAttrDictionary().getAsOpaquePointer());
    SmallVector<unsigned> parts;
    for (const ElementNode *operand : source->operands)
      parts.push_back(name(expressions, operand, depth + 1));
    if (source->op->hasTrait<OpTrait::IsCommutative>())
      llvm::sort(parts);
    for (unsigned part : parts)
      text += "," + std::to_string(part);
    break;
  }
  return named(text);
}

static std::optional<ScalarSum> productOf(const ScalarSum &a, const ScalarSum &b) {
  if (a.size() * b.size() > kMaxTerms)
    return std::nullopt;
  ScalarSum all;
  for (const ScalarTerm &x : a)
    for (const ScalarTerm &y : b) {
      ScalarTerm &term = all.emplace_back(x);
      term.coefficient *= y.coefficient;
      term.factors.append(y.factors);
      if (term.factors.size() > kMaxTerms)
        return std::nullopt;
    }
  return all;
}

std::optional<ScalarSum> ScalarForms::sum(ElementExpressions &expressions, const ElementNode *node,
                                          unsigned depth) {
  node = node && !isExhausted(depth) ? source(expressions, node) : nullptr;
  if (!node)
    return std::nullopt;
  if (std::optional<double> number = expressions.number(node))
    return ScalarSum{ScalarTerm{*number, {}}};
  ScalarSum itself{ScalarTerm{1, {node}}};
  if (node->is<arith::ExtFOp>() || node->is<arith::TruncFOp>())
    return sum(expressions, node->operands[0], depth + 1);
  if (!node->is<arith::AddFOp>() && !node->is<arith::SubFOp>() && !node->is<arith::MulFOp>() &&
      !node->is<arith::DivFOp>() && !node->is<arith::NegFOp>())
    return itself;
  std::optional<ScalarSum> a = sum(expressions, node->operands[0], depth + 1);
  if (!a)
    return std::nullopt;
  if (node->is<arith::NegFOp>())
    return productOf(*a, {ScalarTerm{-1, {}}});
  if (node->is<arith::DivFOp>()) {
    std::optional<double> divisor = expressions.number(node->operands[1]);
    return divisor ? productOf(*a, {ScalarTerm{1 / *divisor, {}}}) : itself;
  }
  std::optional<ScalarSum> b = sum(expressions, node->operands[1], depth + 1);
  if (!b || node->is<arith::MulFOp>())
    return b ? productOf(*a, *b) : std::nullopt;
  for (ScalarTerm &term : *b) {
    term.coefficient *= node->is<arith::SubFOp>() ? -1 : 1;
    a->push_back(std::move(term));
  }
  return a->size() <= kMaxTerms ? a : std::nullopt;
}
