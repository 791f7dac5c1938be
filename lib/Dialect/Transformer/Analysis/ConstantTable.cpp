// Reads constants and weights as numbers, in one pass over their bytes.
#include "attune/Dialect/Transformer/Analysis/ConstantTable.h"
#include "attune/Dialect/ONNX/IR/ONNXDialect.h"
#include "attune/Support/WeightStore.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/IR/BuiltinOps.h"
#include "mlir/IR/Matchers.h"
#include "llvm/ADT/bit.h"

using namespace mlir;
using namespace attune;
using namespace attune::transformer;

/// A mask over 4096 tokens. Larger tables are not read.
static constexpr int64_t kMaxNumbers = int64_t(1) << 24;
static constexpr int64_t kMaxRank = 8;

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

const TableSummary *ConstantTables::summary(Value table) {
  Attribute key;
  if (auto weight = table.getDefiningOp<WeightOp>())
    key = weight.getValue();
  else if (!matchPattern(table, m_Constant(&key)))
    return nullptr;
  auto [slot, isNew] = known.try_emplace(key);
  if (!isNew)
    return slot->second.get();
  std::optional<int64_t> count = countOf(table);
  if (!count || *count > left)
    return nullptr;
  left -= *count;
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
