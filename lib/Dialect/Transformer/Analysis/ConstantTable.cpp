// Reads constants and weights as numbers, in one pass over their bytes.
#include "attune/Dialect/Transformer/Analysis/ConstantTable.h"
#include "attune/Dialect/ONNX/IR/ONNXDialect.h"
#include "attune/Support/WeightStore.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/IR/BuiltinOps.h"
#include "mlir/IR/Matchers.h"
#include "llvm/ADT/bit.h"

#include <cmath>

using namespace mlir;
using namespace attune;
using namespace attune::transformer;

/// A mask over 4096 tokens. Larger tables are not read.
static constexpr int64_t kMaxNumbers = int64_t(1) << 24;
static constexpr int64_t kMaxRank = 8;
/// Rows of cosines are as wide as a head.
static constexpr int64_t kMaxColumns = 4096;

static bool isTable(Value tensor) {
  return tensor.getDefiningOp<arith::ConstantOp>() || tensor.getDefiningOp<WeightOp>();
}

std::optional<TableElement> attune::transformer::asTableElement(ElementExpressions &expressions,
                                                                const ElementNode *node) {
  for (unsigned steps = 0; node && node->kind == ElementNode::Kind::Element && steps < 16;
       ++steps) {
    if (isTable(node->tensor))
      return TableElement{node->tensor, node->at};
    const ElementNode *next = expressions.throughView(node);
    node = next ? next : expressions.throughPart(node);
  }
  return std::nullopt;
}

/// The number of which the file has the bytes `raw`; a boolean is a byte.
static double numberOf(uint64_t raw, unsigned width, Type type) {
  if (type.isF32())
    return llvm::bit_cast<float>(static_cast<uint32_t>(raw));
  if (type.isInteger(1))
    return raw != 0;
  APInt bits(8 * width, raw);
  if (auto format = dyn_cast<FloatType>(type))
    return APFloat(format.getFloatSemantics(), bits).convertToDouble();
  return bits.roundToDouble(/*isSigned=*/!type.isUnsignedInteger());
}

static bool isNumber(Type type) {
  return type.isF16() || type.isBF16() || type.isF32() || type.isF64() || type.isInteger(1) ||
         type.isInteger(8) || type.isInteger(32) || type.isInteger(64);
}

/// The numbers of a weight that is as its file has it.
static bool forEachWeightNumber(WeightOp op, llvm::function_ref<bool(double)> visit) {
  WeightAttr weight = op.getValue();
  auto module = op->getParentOfType<ModuleOp>();
  Type type = weight.getSource().getElementType();
  if (!weight.getRecipe().empty() || !module)
    return false;
  auto folder = module->getAttrOfType<StringAttr>(onnx::kSourceAttr);
  WeightStore store(folder ? folder.getValue().str() : ".");
  WeightRecipe plain;
  plain.elementBytes = llvm::divideCeil(type.getIntOrFloatBitWidth(), 8);
  plain.shape.assign(weight.getSource().getShape().begin(), weight.getSource().getShape().end());
  // A chunk may end within a number, whose first bytes (little endian) are then in `raw`.
  uint64_t raw = 0;
  unsigned have = 0;
  bool stopped = false;
  auto take = [&](ArrayRef<uint8_t> chunk) {
    for (uint8_t byte : chunk) {
      raw |= uint64_t(byte) << (8 * have);
      if (++have < plain.elementBytes)
        continue;
      if (!visit(numberOf(raw, plain.elementBytes, type))) {
        stopped = true;
        return false;
      }
      raw = have = 0;
    }
    return true;
  };
  Error error;
  bool whole = store.write(
      {weight.getFile().str(), weight.getOffset(), weight.getBytes(), weight.getHash().str()},
      plain, take, error);
  return whole && !stopped && !error.failed();
}

/// Visits the numbers in row-major order until `visit` gives false; whether it visited all.
static bool forEachNumber(Value table, llvm::function_ref<bool(double)> visit) {
  if (auto weight = table.getDefiningOp<WeightOp>())
    return forEachWeightNumber(weight, visit);
  Type element = cast<RankedTensorType>(table.getType()).getElementType();
  DenseElementsAttr dense;
  if (!matchPattern(table, m_Constant(&dense)))
    return false;
  if (element.isF32())
    return llvm::all_of(dense.getValues<float>(), visit);
  if (isa<FloatType>(element))
    return llvm::all_of(dense.getValues<APFloat>(),
                        [&](const APFloat &value) { return visit(value.convertToDouble()); });
  if (element.isInteger(1))
    return llvm::all_of(dense.getValues<bool>(), visit);
  return llvm::all_of(dense.getValues<APInt>(), [&](const APInt &value) {
    return visit(value.roundToDouble(/*isSigned=*/true));
  });
}

/// How many numbers a table has; nothing when it is none that is read.
static std::optional<int64_t> countOf(Value table) {
  auto type = dyn_cast<RankedTensorType>(table.getType());
  if (!type || !type.hasStaticShape() || type.getRank() > kMaxRank ||
      !isNumber(type.getElementType()))
    return std::nullopt;
  int64_t count = 1;
  for (int64_t extent : type.getShape())
    if (llvm::MulOverflow(count, extent, count) || count > kMaxNumbers)
      return std::nullopt;
  return count;
}

/// What stands for the table's numbers; null for no table.
static Attribute keyOf(Value table) {
  Attribute key;
  if (auto weight = table.getDefiningOp<WeightOp>())
    return weight.getValue();
  return matchPattern(table, m_Constant(&key)) ? key : Attribute();
}

bool ConstantTables::mayRead(Value table) {
  std::optional<int64_t> count = countOf(table);
  if (!count || *count > left)
    return false;
  left -= *count;
  return true;
}

const TableSummary *ConstantTables::summary(Value table) {
  Attribute key = keyOf(table);
  if (!key)
    return nullptr;
  auto [slot, isNew] = known.try_emplace(key);
  if (!isNew || !mayRead(table))
    return slot->second.get();
  auto type = cast<RankedTensorType>(table.getType());
  TableScan scan(type.getShape());
  bool whole = forEachNumber(table, [&](double number) {
    scan.take(number);
    return true;
  });
  if (whole)
    slot->second = std::make_unique<TableSummary>(scan.finish(type.getElementType()));
  return slot->second.get();
}

std::optional<TableBand> attune::transformer::bandOfTable(const TableSummary &table,
                                                          IsLiveNumber isLive) {
  const TableValue *live = nullptr;
  for (const TableValue &value : table.values) {
    std::optional<bool> lives = isLive(value.number);
    if (!lives || (*lives && live))
      return lives ? std::optional(TableBand()) : std::nullopt;
    live = *lives ? &value : live;
  }
  return live ? live->band : std::nullopt;
}

ArrayRef<float> ConstantTables::numbers(Value table) {
  Attribute key = keyOf(table);
  if (!key)
    return {};
  auto [slot, isNew] = kept.try_emplace(key);
  std::optional<int64_t> count = countOf(table);
  if (!isNew || !count || *count > leftKept || !mayRead(table))
    return slot->second;
  std::vector<float> &all = slot->second;
  all.reserve(*count);
  bool whole = forEachNumber(table, [&](double number) {
    all.push_back(static_cast<float>(number));
    return true;
  });
  if (!whole || static_cast<int64_t>(all.size()) != *count)
    all.clear();
  leftKept -= static_cast<int64_t>(all.size());
  return all;
}

/// How many columns a table of such numbers has.
static int64_t columnsOf(Value table) {
  auto type = cast<RankedTensorType>(table.getType());
  return type.getRank() > 0 ? type.getShape().back() : 1;
}

std::optional<int64_t> ConstantTables::firstEqualColumn(Value table, int64_t column) {
  ArrayRef<float> all = numbers(table);
  if (all.empty() || column < 0 || column >= columnsOf(table) || columnsOf(table) > kMaxColumns)
    return std::nullopt;
  auto size = static_cast<int64_t>(all.size()), columns = columnsOf(table);
  auto [slot, isNew] = equal.try_emplace({keyOf(table).getAsOpaquePointer(), column}, column);
  for (int64_t first = 0; isNew && first < column; ++first) {
    int64_t row = 0;
    while (row < size && all[row + first] == all[row + column])
      row += columns;
    if (row >= size) {
      slot->second = first;
      break;
    }
  }
  return slot->second;
}

bool ConstantTables::isCircle(const Column &a, const Column &b) {
  ArrayRef<float> x = numbers(a.table), y = numbers(b.table);
  int64_t across = columnsOf(a.table), down = columnsOf(b.table);
  if (x.empty() || y.empty() || a.index >= across || b.index >= down ||
      x.size() / across != y.size() / down)
    return false;
  auto [slot, isNew] = circles.try_emplace(
      {keyOf(a.table).getAsOpaquePointer(), a.index, keyOf(b.table).getAsOpaquePointer(), b.index},
      false);
  if (!isNew)
    return slot->second;
  Type element = cast<RankedTensorType>(a.table.getType()).getElementType();
  auto squares = [&](size_t row) {
    double c = x[row * across + a.index], s = y[row * down + b.index];
    return c * c + s * s;
  };
  double radius = squares(0);
  bool turns = false, isRound = radius > 0 && std::isfinite(radius);
  for (size_t row = 0; isRound && row < x.size() / across; ++row) {
    isRound = std::abs(squares(row) - radius) <= 2 * roundingOf(element) * radius;
    turns |= x[row * across + a.index] != x[a.index] || y[row * down + b.index] != y[b.index];
  }
  return slot->second = isRound && turns;
}
