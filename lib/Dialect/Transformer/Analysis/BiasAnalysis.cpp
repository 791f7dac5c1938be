// Reads a bias as a polynomial of query and key with factors that depend on the head alone, or as
// something that depends on their difference alone.
#include "attune/Dialect/Transformer/Analysis/BiasAnalysis.h"
#include "attune/Dialect/ONNX/IR/ONNXDialect.h"
#include "attune/Dialect/Transformer/Analysis/ConstantTable.h"
#include "attune/Dialect/Transformer/Analysis/MaskAnalysis.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "llvm/ADT/DenseMap.h"

#include <cmath>

using namespace mlir;
using namespace attune;
using namespace attune::transformer;

/// Biases are a dozen operations; more are not worth a proof.
static constexpr unsigned kMaxSteps = 256;
static constexpr size_t kMaxTerms = 16;
/// Float tables of positions are exact; slopes times positions are rounded.
static constexpr double kTolerance = 1e-6;

namespace {
/// (constant + key · j + query · i) · slopes, where the slopes depend on the head alone.
struct Term {
  double constant = 0, key = 0, query = 0;
  SmallVector<const ElementNode *, 2> slopes;

  bool isConstant() const { return key == 0 && query == 0; }
};
using Terms = SmallVector<Term, 4>;

class Reader {
public:
  explicit Reader(AttentionOp op) : expressions(extentsOf(op.getDims())) {
    unsigned place = op.getKeys() ? 4 : 3;
    SmallVector<ElementIndex> loops;
    for (unsigned loop = 0; loop < expressions.loops(); ++loop)
      loops.push_back(expressions.loopIndex(loop));
    AffineMap map = mapsOf(op.getInputMaps())[place];
    bias = expressions.element(op.getBias(), expressions.compose(map, loops));
  }

  bool isAlibi();
  bool isToeplitz() { return bias && dependsOnDifference(bias); }
  /// The extent of the table that the bias is read from, when it is read as it is.
  std::optional<int64_t> buckets();

private:
  const ElementNode *source(const ElementNode *node);
  std::optional<Terms> terms(const ElementNode *node);
  std::optional<Terms> product(const ElementNode *node);
  std::optional<Terms> tableTerms(const ElementNode *node);
  std::optional<Term> linear(const SymbolicExpression &index);
  bool dependsOnDifference(const ElementNode *node);
  bool isGatherOfDifference(const ElementNode *node);
  bool isConstantDiagonals(const ElementNode *node);

  ElementExpressions expressions;
  const ElementNode *bias = nullptr;
  DenseMap<const ElementNode *, bool> known;
  unsigned steps = 0;
};
} // namespace

static bool dependsOn(const ElementNode *node, unsigned first, unsigned second) {
  bool depends = false;
  forEachLoop(node, [&](unsigned loop) { depends |= loop == first || loop == second; });
  return depends;
}

/// An index that is linear in key and query; other loops and symbols are no numbers.
std::optional<Term> Reader::linear(const SymbolicExpression &index) {
  Term term;
  SymbolicExpression rest = index;
  for (auto [loop, slot] : {std::pair<unsigned, double *>(Key, &term.key), {Query, &term.query}}) {
    std::string name = ElementExpressions::loopSymbol(loop);
    for (const SymbolicExpression::Term &part : index.terms())
      if (part.factors.size() == 1 && part.factors[0]->text == name) {
        *slot = part.coefficient;
        rest = rest - SymbolicExpression::symbol(name) * part.coefficient;
      }
  }
  bool free = rest.isValid();
  rest.forEachSymbol([&](StringRef name) { free &= !name.starts_with("$loop"); });
  // Beside a key or a query it shifts a row, and its value does not matter.
  std::optional<int64_t> constant = rest.constant();
  term.constant = constant.value_or(0);
  return free && (constant || !term.isConstant()) ? std::optional(term) : std::nullopt;
}

/// A constant whose numbers are a linear function of its indices.
std::optional<Terms> Reader::tableTerms(const ElementNode *node) {
  std::optional<TableElement> table = asTableElement(expressions, node);
  if (!table)
    return std::nullopt;
  ArrayRef<int64_t> shape = cast<RankedTensorType>(table->tensor.getType()).getShape();
  SmallVector<double> numbers;
  if (!forEachNumber(table->tensor, [&](double number) {
        numbers.push_back(number);
        return std::isfinite(number);
      }))
    return std::nullopt;
  Term all;
  SmallVector<double> slopes(shape.size(), 0);
  int64_t stride = 1;
  for (size_t dim = shape.size(); dim-- > 0; stride *= shape[dim]) {
    const ElementIndex &index = table->at[dim];
    if (shape[dim] > 1)
      slopes[dim] = numbers[stride] - numbers[0];
    if (slopes[dim] == 0 || index.isZero())
      continue;
    if (index.digits.size() != 1 || (!index.isLoop(Key) && !index.isLoop(Query)))
      return std::nullopt;
    (index.isLoop(Key) ? all.key : all.query) += slopes[dim];
  }
  for (auto [place, number] : llvm::enumerate(numbers)) {
    double wanted = numbers[0];
    int64_t left = place;
    for (size_t dim = shape.size(); dim-- > 0; left /= shape[dim])
      wanted += slopes[dim] * static_cast<double>(left % shape[dim]);
    if (std::abs(number - wanted) > kTolerance * std::max(1.0, std::abs(wanted)))
      return std::nullopt;
  }
  all.constant = numbers.empty() ? 0 : numbers[0];
  return Terms{all};
}

std::optional<Terms> Reader::product(const ElementNode *node) {
  std::optional<Terms> a = terms(node->operands[0]), b = terms(node->operands[1]);
  if (!a || !b || a->size() * b->size() > kMaxTerms)
    return std::nullopt;
  Terms all;
  for (const Term &x : *a)
    for (const Term &y : *b) {
      const Term &varies = x.isConstant() ? y : x, &constant = x.isConstant() ? x : y;
      if (!constant.isConstant())
        return std::nullopt;
      Term term = varies;
      for (double *part : {&term.constant, &term.key, &term.query})
        *part *= constant.constant;
      term.slopes.append(constant.slopes);
      all.push_back(std::move(term));
    }
  return all;
}

std::optional<Terms> Reader::terms(const ElementNode *node) {
  if (!node || ++steps > kMaxSteps)
    return std::nullopt;
  if (std::optional<double> number = expressions.number(node))
    return Terms{Term{*number, 0, 0, {}}};
  if (!dependsOn(node, Query, Key))
    return dependsOn(node, Batch, Batch) ? std::nullopt
                                         : std::optional(Terms{Term{1, 0, 0, {source(node)}}});
  if (node->kind == ElementNode::Kind::Element) {
    if (std::optional<Terms> table = tableTerms(node))
      return table;
    return terms(expressions.expand(node));
  }
  if (node->is<arith::SIToFPOp>()) {
    std::optional<SymbolicExpression> index = expressions.polynomial(node->operands[0]);
    std::optional<Term> term = index ? linear(*index) : std::nullopt;
    return term ? std::optional(Terms{*term}) : std::nullopt;
  }
  if (node->is<arith::ExtFOp>() || node->is<arith::TruncFOp>())
    return terms(node->operands[0]);
  if (node->is<arith::MulFOp>())
    return product(node);
  bool negates = node->is<arith::NegFOp>() || node->is<arith::SubFOp>();
  if (!negates && !node->is<arith::AddFOp>())
    return std::nullopt;
  Terms all;
  for (auto [side, operand] : llvm::enumerate(node->operands)) {
    std::optional<Terms> parts = terms(operand);
    if (!parts || all.size() + parts->size() > kMaxTerms)
      return std::nullopt;
    bool negated = negates && side + 1 == node->operands.size();
    for (Term &part : *parts) {
      for (double *number : {&part.constant, &part.key, &part.query})
        *number = negated ? -*number : *number;
      all.push_back(part);
    }
  }
  return all;
}

/// What the element is a view of.
const ElementNode *Reader::source(const ElementNode *node) {
  while (const ElementNode *next = expressions.throughView(node))
    node = next;
  return node;
}

/// Whether both are the same elements, in any order.
static bool sameSlopes(ArrayRef<const ElementNode *> a, ArrayRef<const ElementNode *> b) {
  return a.size() == b.size() && llvm::all_of(a, [&](const ElementNode *x) {
           return llvm::any_of(b, [&](const ElementNode *y) {
             return x == y || (x->kind == ElementNode::Kind::Element && x->kind == y->kind &&
                               x->tensor == y->tensor && x->at == y->at);
           });
         });
}

bool Reader::isAlibi() {
  // Without two loops to tell apart there is nothing to prove.
  if (!bias || expressions.extent(Key).isConstant(1))
    return false;
  std::optional<Terms> all = terms(bias);
  if (!all || all->empty())
    return false;
  Term sum = all->front();
  for (const Term &term : llvm::drop_begin(*all)) {
    if (!sameSlopes(term.slopes, sum.slopes))
      return false;
    sum.key += term.key;
    sum.query += term.query;
  }
  return sum.key != 0 &&
         (sum.query == 0 || std::abs(sum.query + sum.key) <= kTolerance * std::abs(sum.key));
}

/// A table over query and key that is the same along its diagonals.
bool Reader::isConstantDiagonals(const ElementNode *node) {
  std::optional<TableElement> table = asTableElement(expressions, node);
  if (!table || table->at.size() < 2)
    return false;
  ArrayRef<ElementIndex> at = table->at;
  if (!at[at.size() - 2].isLoop(Query) || !at.back().isLoop(Key))
    return false;
  int64_t columns = cast<RankedTensorType>(table->tensor.getType()).getShape().back();
  int64_t rows = cast<RankedTensorType>(table->tensor.getType()).getShape().take_back(2)[0];
  SmallVector<double> above, current; // the row before, and what there is of this one
  int64_t row = 0, column = 0;
  return forEachNumber(table->tensor, [&](double number) {
    bool same = row % rows == 0 || column == 0 || above[column - 1] == number;
    current.push_back(number);
    if (++column == columns) {
      above = std::move(current);
      current.clear();
      column = 0;
      ++row;
    }
    return same;
  });
}

/// A gather from a constant table by an index that depends on key − query alone.
bool Reader::isGatherOfDifference(const ElementNode *node) {
  auto op = node->tensor.getDefiningOp<onnx::NodeOp>();
  if (!op || op.getOpType() != "Gather" || !op.getDomain().empty() || op.getInputs().size() != 2)
    return false;
  auto data = dyn_cast<RankedTensorType>(op.getInputs()[0].getType());
  auto indices = dyn_cast<RankedTensorType>(op.getInputs()[1].getType());
  auto axisAttr = op.getNodeAttributes().getAs<IntegerAttr>("axis");
  int64_t axis = axisAttr ? axisAttr.getValue().getSExtValue() : 0;
  if (!data || !indices || op.getInputs()[0].getDefiningOp() == nullptr)
    return false;
  axis += axis < 0 ? data.getRank() : 0;
  int64_t count = indices.getRank();
  if (axis < 0 || axis >= data.getRank() ||
      static_cast<int64_t>(node->at.size()) != data.getRank() - 1 + count)
    return false;
  ArrayRef<ElementIndex> at = node->at;
  auto isHead = [](const ElementIndex &index) {
    return llvm::all_of(index.digits, [](const IndexDigit &digit) { return digit.loop == Head; });
  };
  return llvm::all_of(at.take_front(axis), isHead) &&
         llvm::all_of(at.drop_front(axis + count), isHead) &&
         dependsOnDifference(
             expressions.element(op.getInputs()[1], ElementIndices(at.slice(axis, count))));
}

bool Reader::dependsOnDifference(const ElementNode *node) {
  if (!node || ++steps > kMaxSteps || dependsOn(node, Batch, Batch))
    return false;
  if (!dependsOn(node, Query, Key))
    return true;
  if (auto found = known.find(node); found != known.end())
    return found->second;
  bool depends = false;
  std::optional<SymbolicExpression> index =
      isa<IntegerType, IndexType>(node->type) ? expressions.polynomial(node) : std::nullopt;
  if (std::optional<Term> term = index ? linear(*index) : std::nullopt)
    depends = term->key == -term->query;
  else if (node->kind == ElementNode::Kind::Operation)
    depends = llvm::all_of(node->operands,
                           [&](const ElementNode *part) { return dependsOnDifference(part); });
  else if (node->kind == ElementNode::Kind::Element)
    depends = isConstantDiagonals(node) || isGatherOfDifference(node) ||
              dependsOnDifference(expressions.expand(node));
  return known[node] = depends;
}

std::optional<int64_t> Reader::buckets() {
  const ElementNode *node = bias ? source(bias) : nullptr;
  if (!node || !isGatherOfDifference(node))
    return std::nullopt;
  auto gather = node->tensor.getDefiningOp<onnx::NodeOp>();
  auto data = cast<RankedTensorType>(gather.getInputs()[0].getType());
  auto axis = gather.getNodeAttributes().getAs<IntegerAttr>("axis");
  int64_t at = axis ? axis.getValue().getSExtValue() : 0;
  Operation *table = gather.getInputs()[0].getDefiningOp();
  if (!isa<WeightOp, arith::ConstantOp>(table))
    return std::nullopt;
  return data.getDimSize(at < 0 ? at + data.getRank() : at);
}

std::string attune::transformer::describeBias(AttentionOp op) {
  if (!op.getBias())
    return "";
  Reader reader(op);
  if (reader.isAlibi())
    return "alibi(slopes)";
  if (std::optional<int64_t> buckets = reader.buckets())
    return "table(buckets=" + std::to_string(*buckets) + ")";
  return reader.isToeplitz() ? "toeplitz" : "tensor";
}
