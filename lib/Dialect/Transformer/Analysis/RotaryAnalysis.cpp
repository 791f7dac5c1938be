// Reads every channel of an operand as a sum of products, so that the ways to spell a rotation
// (halves joined, pairs interleaved, pairs as a dimension of their own) look the same.
#include "attune/Dialect/Transformer/Analysis/RotaryAnalysis.h"
#include "attune/Dialect/ONNX/IR/ONNXDialect.h"
#include "attune/Dialect/Transformer/Analysis/KeyOrigin.h"
#include "attune/Dialect/Transformer/Analysis/MaskAnalysis.h"

#include "ScalarForms.h"

#include "mlir/Dialect/Math/IR/Math.h"

#include <cmath>

using namespace mlir;
using namespace attune;
using namespace attune::transformer;

/// Heads are not wider.
static constexpr int64_t kMaxChannels = 1024;
static constexpr double kTolerance = 1e-6;

namespace {
/// What turns a channel: a cosine or a sine of an angle, or a column of a table at a row.
struct Turn {
  enum class Kind { Cosine, Sine, Table } kind;
  unsigned name;                 ///< of the angle, or of the row
  ConstantTables::Column column; ///< of a table

  auto key() const {
    return std::tuple(kind, name, kind == Kind::Table ? column.table.getAsOpaquePointer() : nullptr,
                      kind == Kind::Table ? column.index : 0);
  }
  bool operator<(const Turn &other) const { return key() < other.key(); }
};

/// Σ coefficient · what is not turned itself, by the names of the factors.
using Part = std::map<std::vector<unsigned>, double>;
/// The parts of a channel by what they are multiplied with; without `turned` it stays as it is.
struct Channel {
  std::map<Turn, Part> turned;
  bool isPlain = false;
};

class Reader {
public:
  Reader(ConstantTables &tables, ScalarForms &forms) : tables(tables), forms(forms) {}
  bool isRotated(const OperandSource &source);

private:
  std::optional<Channel> read(ElementExpressions &expressions, const ElementNode *node);
  std::optional<Turn> asTurn(ElementExpressions &expressions, const ElementNode *node);
  std::optional<Turn> asLookUp(ElementExpressions &expressions, const ElementNode *node);
  bool dependsOnToken(ElementExpressions &expressions, const ElementNode *node);
  bool isPair(const Channel &a, const Channel &b);
  bool isCircle(const Turn &a, const Turn &b);

  ConstantTables &tables;
  ScalarForms &forms;
  unsigned token = 0; ///< the loop over queries or keys
};
} // namespace

/// Whether the expression has another value for another token. One token alone has no loop: then
/// what is computed at all comes from an input.
bool Reader::dependsOnToken(ElementExpressions &expressions, const ElementNode *node) {
  return dependsOn(node, token) ||
         (expressions.extent(token).isConstant(1) && !expressions.number(node));
}

/// A row of a constant table that the token chooses, at a known column.
std::optional<Turn> Reader::asLookUp(ElementExpressions &expressions, const ElementNode *node) {
  ElementIndices at(node->at);
  if (at.empty() || !at.back().digits.empty() || !at.back().offset.constant())
    return std::nullopt;
  Value table = node->tensor;
  int64_t column = *at.back().offset.constant();
  at.back() = ElementIndex();
  const ElementNode *row = expressions.element(table, at);
  auto gather = table.getDefiningOp<onnx::NodeOp>();
  if (gather) {
    // A Gather of rows by what is no known index.
    auto axis = gather.getNodeAttributes().getAs<IntegerAttr>("axis");
    auto data = dyn_cast<RankedTensorType>(gather.getInputs()[0].getType());
    if (gather.getOpType() != "Gather" || !gather.getDomain().empty() ||
        gather.getInputs().size() != 2 || (axis && !axis.getValue().isZero()) || !data ||
        data.getRank() != 2)
      return std::nullopt;
    table = gather.getInputs()[0];
    at.pop_back();
    row = expressions.element(gather.getInputs()[1], at);
  }
  std::optional<int64_t> first = tables.firstEqualColumn(table, column);
  if (!row || !first || !dependsOnToken(expressions, row))
    return std::nullopt;
  // The tables of cosines and sines are others, the row in them is the same.
  unsigned name = gather ? forms.name(expressions, row) : forms.nameOfPlace(at);
  return Turn{Turn::Kind::Table, name, {table, *first}};
}

std::optional<Turn> Reader::asTurn(ElementExpressions &expressions, const ElementNode *node) {
  bool isCosine = node->is<math::CosOp>();
  if (!isCosine && !node->is<math::SinOp>())
    return node->kind == ElementNode::Kind::Element ? asLookUp(expressions, node) : std::nullopt;
  const ElementNode *angle = ScalarForms::source(expressions, node->operands[0]);
  if (!dependsOnToken(expressions, angle))
    return std::nullopt;
  return Turn{isCosine ? Turn::Kind::Cosine : Turn::Kind::Sine, forms.name(expressions, angle), {}};
}

std::optional<Channel> Reader::read(ElementExpressions &expressions, const ElementNode *node) {
  std::optional<ScalarSum> sum = forms.sum(expressions, node);
  if (!sum)
    return std::nullopt;
  Channel channel;
  for (const ScalarTerm &term : *sum) {
    std::optional<Turn> by;
    std::vector<unsigned> rest;
    for (const ElementNode *factor : term.factors) {
      std::optional<Turn> turn = asTurn(expressions, factor);
      if (turn && by)
        return std::nullopt;
      if (turn)
        by = turn;
      else
        rest.push_back(forms.name(expressions, factor));
    }
    llvm::sort(rest);
    channel.isPlain |= !by;
    if (by && term.coefficient != 0)
      channel.turned[*by][rest] += term.coefficient;
  }
  return channel;
}

/// Whether a = sign · b, and no mere number.
static bool isMultiple(const Part &a, const Part &b, double sign) {
  return !a.rbegin()->first.empty() && a.size() == b.size() &&
         std::equal(a.begin(), a.end(), b.begin(), [&](auto &x, auto &y) {
           return x.first == y.first && x.second != 0 &&
                  std::abs(x.second - sign * y.second) <= kTolerance * std::abs(x.second);
         });
}

/// Whether C and S are cosine and sine of one angle, or a multiple of them.
bool Reader::isCircle(const Turn &a, const Turn &b) {
  if (a.name != b.name)
    return false;
  if (a.kind == Turn::Kind::Table && b.kind == Turn::Kind::Table)
    return tables.isCircle(a.column, b.column);
  return a.kind != Turn::Kind::Table && b.kind != Turn::Kind::Table && a.kind != b.kind;
}

/// Whether the channels are (x·C − y·S, y·C + x·S), or the same the other way round.
bool Reader::isPair(const Channel &a, const Channel &b) {
  auto [turn, first] = *a.turned.begin();
  auto [other, second] = *std::next(a.turned.begin());
  const Part &third = b.turned.begin()->second, &fourth = std::next(b.turned.begin())->second;
  bool turns = (isMultiple(first, fourth, 1) && isMultiple(second, third, -1)) ||
               (isMultiple(first, fourth, -1) && isMultiple(second, third, 1));
  return turns && isCircle(turn, other);
}

bool Reader::isRotated(const OperandSource &source) {
  std::optional<int64_t> channels = source.extents[KeyChannel].constant();
  if (!channels || *channels < 2 || *channels > kMaxChannels)
    return false;
  token = source.token;
  std::map<std::pair<Turn, Turn>, std::vector<Channel>> pairs;
  for (int64_t index = 0; index < *channels; ++index) {
    // A few dozen nodes each: one set of expressions would reach its limit.
    ElementExpressions expressions(source.extents, &tables);
    expressions.joinNumbers();
    ElementIndices at(source.at);
    at[source.channel] = ElementIndex();
    at[source.channel].offset = SymbolicExpression(index);
    std::optional<Channel> channel = read(expressions, expressions.element(source.tensor, at));
    if (!channel || (channel->isPlain && !channel->turned.empty()))
      return false;
    if (channel->isPlain)
      continue;
    if (channel->turned.size() != 2)
      return false;
    const Turn &first = channel->turned.begin()->first;
    const Turn &second = std::next(channel->turned.begin())->first;
    pairs[{first, second}].push_back(std::move(*channel));
  }
  return !pairs.empty() && llvm::all_of(pairs, [&](const auto &entry) {
    return entry.second.size() == 2 && isPair(entry.second[0], entry.second[1]);
  });
}

bool attune::transformer::isRotary(AttentionOp op, ConstantTables &tables) {
  ScalarForms forms;
  Reader reader(tables, forms);
  for (unsigned operand : {0u, 1u}) {
    std::optional<OperandSource> source = sourceOfOperand(op, operand);
    if (!source || !reader.isRotated(*source))
      return false;
  }
  return true;
}
