// What an addend is where an integer of the model's input is 0, and where it is 1.
#include "attune/Dialect/Transformer/Analysis/AddedMask.h"
#include "attune/Dialect/Transformer/Analysis/MaskAnalysis.h"
#include "attune/Dialect/Transformer/Analysis/NumberCases.h"

using namespace mlir;
using namespace attune;
using namespace attune::transformer;

static constexpr unsigned kMaxSteps = 64;

namespace {
/// Evaluates an expression of one integer input.
struct Evaluator {
  ElementExpressions &expressions;
  double value; ///< of the input
  const ElementNode *input = nullptr;
  unsigned steps = 0;

  std::optional<double> visit(const ElementNode *node) {
    if (!node || ++steps > kMaxSteps)
      return std::nullopt;
    if (std::optional<double> number = expressions.number(node))
      return number;
    node = expressions.expandAll(node);
    if (node->kind == ElementNode::Kind::Element)
      return visitInput(node);
    if (isConversion(node))
      return visit(node->operands[0]);
    if (node->is<arith::SelectOp>()) {
      std::optional<double> condition = visit(node->operands[0]);
      return condition ? visit(node->operands[*condition != 0 ? 1 : 2]) : std::nullopt;
    }
    if (node->operands.size() != 2)
      return std::nullopt;
    std::optional<double> a = visit(node->operands[0]), b = visit(node->operands[1]);
    if (!a || !b)
      return std::nullopt;
    if (node->is<arith::AddFOp>() || node->is<arith::AddIOp>())
      return *a + *b;
    if (node->is<arith::SubFOp>() || node->is<arith::SubIOp>())
      return *a - *b;
    if (node->is<arith::MulFOp>() || node->is<arith::MulIOp>())
      return *a * *b;
    if (node->is<arith::CmpFOp>() || node->is<arith::CmpIOp>())
      return compareNumbers(node->op, *a, *b);
    return std::nullopt;
  }

  std::optional<double> visitInput(const ElementNode *node) {
    auto integer = dyn_cast<IntegerType>(node->type);
    bool isInput = isa<BlockArgument>(node->tensor) && integer && integer.getWidth() > 1;
    if (!isInput || (input && !isSameElement(input, node)))
      return std::nullopt;
    input = node;
    return value;
  }
};
} // namespace

static bool masks(double live, double dead) { return live == 0 && dead <= kMostFill; }

bool transformer::masksKeys(ElementExpressions &expressions, const ElementNode *addend) {
  bool readsMore = false;
  forEachLoop(addend, [&](unsigned loop) { readsMore |= loop != Key && loop != Batch; });
  if (!dependsOn(addend, Key))
    return false;
  // What an expanded tensor was expanded from does not depend on more.
  if (readsMore) {
    const ElementNode *inner = expressions.expand(addend);
    return inner && masksKeys(expressions, inner);
  }
  if (std::optional<NumberCases> cases = casesOf(expressions, addend))
    return cases->size() == 2 && (masks(cases->front().number, cases->back().number) ||
                                  masks(cases->back().number, cases->front().number));
  Evaluator one{expressions, 1}, zero{expressions, 0};
  std::optional<double> atOne = one.visit(addend), atZero = zero.visit(addend);
  return atOne && atZero && (masks(*atOne, *atZero) || masks(*atZero, *atOne));
}
