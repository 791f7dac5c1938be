// Reads a bias as a polynomial of query and key with factors that depend on the head alone, or as
// something that depends on their difference alone.
#include "attune/Dialect/Transformer/Analysis/BiasAnalysis.h"
#include "attune/Dialect/ONNX/IR/ONNXDialect.h"
#include "attune/Dialect/Transformer/Analysis/AddedMask.h"
#include "attune/Dialect/Transformer/Analysis/ConstantTable.h"
#include "attune/Dialect/Transformer/Analysis/KeyOrigin.h"
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
/// Coefficients that cancel may be rounded.
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
  Reader(AttentionOp op, ConstantTables &tables)
      : expressions(extentsOf(op.getDims()), &tables), tables(tables) {
    bias = elementOf(expressions, op, op.getBiasMutable()[0].getOperandNumber());
  }

  /// Takes masks over keys out of the bias; true when there was one.
  bool takeMasks();
  bool isNone() const { return !bias; }
  bool isAlibi();
  bool isAlibiOfPositions();
  bool isToeplitz() {
    steps = 0;
    return bias && dependsOnDifference(bias);
  }
  /// The extent of the table that the bias is read from, when it is read as it is.
  std::optional<int64_t> buckets();

private:
  const ElementNode *source(const ElementNode *node);
  std::optional<Terms> terms(const ElementNode *node);
  std::optional<Terms> product(const ElementNode *node);
  std::optional<Terms> tableTerms(const ElementNode *node);
  std::optional<Terms> lineTerms(const TableElement &table, const TableLine &line);
  std::optional<Terms> planeTerms(const ElementNode *node, ArrayRef<ElementIndex> at,
                                  TablePlanes planes);
  std::optional<Term> linear(const SymbolicExpression &index);
  bool dependsOnDifference(const ElementNode *node);
  bool isGatherOfDifference(const ElementNode *node);
  bool isConstantDiagonals(const ElementNode *node);

  ElementExpressions expressions;
  ConstantTables &tables;
  const ElementNode *bias = nullptr;
  DenseMap<const ElementNode *, bool> known;
  unsigned steps = 0;
};
} // namespace

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
  bool free = isLoopFree(rest);
  // Beside a key or a query it shifts a row, and its value does not matter.
  std::optional<int64_t> constant = rest.constant();
  term.constant = constant.value_or(0);
  return free && (constant || !term.isConstant()) ? std::optional(term) : std::nullopt;
}

/// The loop that an index is, shifted or not.
static std::optional<unsigned> loopOf(const ElementIndex &index) {
  bool plain = index.digits.size() == 1 && index.digits[0].isWhole && index.offset.isValid();
  return plain ? std::optional(index.digits[0].loop) : std::nullopt;
}

/// A constant whose numbers are a linear function of its indices.
std::optional<Terms> Reader::lineTerms(const TableElement &table, const TableLine &line) {
  Term all;
  all.constant = line.constant;
  for (auto [index, slope] : llvm::zip_equal(table.at, line.slopes)) {
    if (slope == 0 || index.isZero())
      continue;
    std::optional<unsigned> loop = loopOf(index);
    if (loop != Key && loop != Query)
      return std::nullopt;
    (loop == Key ? all.key : all.query) += slope;
  }
  return Terms{all};
}

static bool dependsOnHeadAlone(const ElementIndex &index) {
  return llvm::all_of(index.digits, [](const IndexDigit &digit) { return digit.loop == Head; });
}

/// A constant with a slope of its own per head; what it is at a key of zero does not matter.
std::optional<Terms> Reader::planeTerms(const ElementNode *node, ArrayRef<ElementIndex> at,
                                        TablePlanes planes) {
  if (planes == TablePlanes::Other || loopOf(at.back()) != Key)
    return std::nullopt;
  ArrayRef<ElementIndex> outer = at.drop_back();
  if (planes == TablePlanes::ByDifference && loopOf(outer.back()) != Query)
    return std::nullopt;
  if (planes != TablePlanes::RowByColumn && !outer.empty())
    outer = outer.drop_back();
  if (!llvm::all_of(outer, dependsOnHeadAlone))
    return std::nullopt;
  return Terms{Term{0, 1, planes == TablePlanes::ByDifference ? -1.0 : 0.0, {node}}};
}

std::optional<Terms> Reader::tableTerms(const ElementNode *node) {
  std::optional<TableElement> table = asTableElement(expressions, node);
  const TableSummary *summary = table ? tables.summary(table->tensor) : nullptr;
  if (!summary)
    return std::nullopt;
  std::optional<Terms> terms = summary->line ? lineTerms(*table, *summary->line) : std::nullopt;
  return terms ? terms : planeTerms(node, table->at, summary->planes);
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
  if (!dependsOn(node, {Query, Key}))
    return dependsOn(node, Batch) ? std::nullopt
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

/// What the element is a view or a part of.
const ElementNode *Reader::source(const ElementNode *node) {
  while (steps <= kMaxSteps) {
    const ElementNode *next = expressions.throughView(node);
    next = next ? next : expressions.throughPart(node);
    if (!next)
      break;
    ++steps;
    node = next;
  }
  return node;
}

/// Whether both are the same elements, in any order.
static bool sameSlopes(ArrayRef<const ElementNode *> a, ArrayRef<const ElementNode *> b) {
  return a.size() == b.size() && llvm::all_of(a, [&](const ElementNode *x) {
           return llvm::any_of(b,
                               [&](const ElementNode *y) { return x == y || isSameElement(x, y); });
         });
}

bool Reader::isAlibi() {
  // Without two loops to tell apart there is nothing to prove.
  if (!bias || expressions.extent(Key).isConstant(1))
    return false;
  steps = 0;
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

/// Whether the bias is a slope per head times an integer per batch and key.
bool Reader::isAlibiOfPositions() {
  SmallVector<const ElementNode *> work{bias};
  unsigned positions = 0, slopes = 0;
  steps = 0;
  while (!work.empty()) {
    const ElementNode *node = work.pop_back_val();
    if (!node || ++steps > kMaxSteps)
      return false;
    if (expressions.number(node))
      continue;
    if (!dependsOn(node, {Query, Key}) && !dependsOn(node, Batch))
      ++slopes;
    else if (node->is<arith::SIToFPOp>() && !dependsOn(node, {Query, Head}))
      ++positions;
    else if (node->kind == ElementNode::Kind::Element)
      work.push_back(expressions.expand(node));
    else if (node->is<arith::MulFOp>() || node->is<arith::ExtFOp>() || node->is<arith::TruncFOp>())
      llvm::append_range(work, node->operands);
    else
      return false;
  }
  return positions == 1 && slopes > 0;
}

/// A table over query and key that is the same along its diagonals.
bool Reader::isConstantDiagonals(const ElementNode *node) {
  std::optional<TableElement> table = asTableElement(expressions, node);
  if (!table || table->at.size() < 2)
    return false;
  ArrayRef<ElementIndex> at = table->at;
  if (!at[at.size() - 2].isLoop(Query) || !at.back().isLoop(Key))
    return false;
  const TableSummary *summary = tables.summary(table->tensor);
  return summary && summary->hasEqualDiagonals;
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
  return llvm::all_of(at.take_front(axis), dependsOnHeadAlone) &&
         llvm::all_of(at.drop_front(axis + count), dependsOnHeadAlone) &&
         dependsOnDifference(
             expressions.element(op.getInputs()[1], ElementIndices(at.slice(axis, count))));
}

bool Reader::dependsOnDifference(const ElementNode *node) {
  if (!node || ++steps > kMaxSteps || dependsOn(node, Batch))
    return false;
  if (!dependsOn(node, {Query, Key}))
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
              dependsOnDifference(expressions.expand(node)) ||
              dependsOnDifference(expressions.throughPart(node));
  return known[node] = depends;
}

std::optional<int64_t> Reader::buckets() {
  steps = 0;
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

bool Reader::takeMasks() {
  SmallVector<const ElementNode *> work{bias}, rest;
  bool found = false;
  for (unsigned addends = 0; !work.empty(); ++addends) {
    const ElementNode *part = work.pop_back_val();
    if (!part || addends > kMaxTerms)
      return false;
    if (masksKeys(expressions, part)) {
      found = true;
      continue;
    }
    const ElementNode *sum = expressions.expandAll(part);
    if (sum->is<arith::AddFOp>())
      llvm::append_range(work, sum->operands);
    else if (expressions.number(part) != 0.0)
      rest.push_back(part);
  }
  if (!found)
    return false;
  bias = rest.empty() ? nullptr : rest.front();
  for (const ElementNode *part : llvm::drop_begin(rest, !rest.empty()))
    bias = bias ? expressions.operation<arith::AddFOp>({bias, part}) : nullptr;
  return rest.empty() || bias;
}

static std::string describe(Reader &reader) {
  if (reader.isAlibi())
    return "alibi(slopes)";
  if (reader.isAlibiOfPositions())
    return "alibi(slopes, positions=operand)";
  if (std::optional<int64_t> buckets = reader.buckets())
    return "table(buckets=" + std::to_string(*buckets) + ")";
  return reader.isToeplitz() ? "toeplitz" : "tensor";
}

BiasFacts attune::transformer::describeBias(AttentionOp op, ConstantTables &tables) {
  if (!op.getBias())
    return {};
  Reader reader(op, tables);
  BiasFacts facts;
  facts.masksKeys = reader.takeMasks();
  facts.structure = reader.isNone() && facts.masksKeys ? "" : describe(reader);
  return facts;
}
