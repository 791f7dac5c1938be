// Reads constants and weights as numbers, in passes over their bytes, and looks for bands in them.
#include "attune/Dialect/Transformer/Analysis/ConstantTable.h"
#include "attune/Dialect/ONNX/IR/ONNXDialect.h"
#include "attune/Support/WeightStore.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/IR/BuiltinOps.h"
#include "mlir/IR/Matchers.h"
#include "llvm/ADT/BitVector.h"
#include "llvm/ADT/bit.h"

using namespace mlir;
using namespace attune;
using namespace attune::transformer;

/// A mask over 4096 tokens. Larger tables are not read.
static constexpr int64_t kMaxNumbers = int64_t(1) << 24;

static bool isTable(Value tensor) {
  return tensor.getDefiningOp<arith::ConstantOp>() || tensor.getDefiningOp<WeightOp>();
}

static SmallVector<int64_t> constantInts(Value tensor) {
  DenseIntElementsAttr values;
  SmallVector<int64_t> ints;
  if (tensor && matchPattern(tensor, m_Constant(&values)))
    for (const APInt &value : values.getValues<APInt>())
      ints.push_back(value.getSExtValue());
  return ints;
}

/// The element that a slice with steps of one reads.
static const ElementNode *throughSlice(ElementExpressions &expressions, const ElementNode *node) {
  auto op = node->tensor.getDefiningOp<onnx::NodeOp>();
  if (!op || op.getOpType() != "Slice" || !op.getDomain().empty() || op.getInputs().size() != 5)
    return nullptr;
  Value data = op.getInputs()[0];
  SmallVector<int64_t> axes = constantInts(op.getInputs()[3]);
  SmallVector<int64_t> steps = constantInts(op.getInputs()[4]);
  ElementIndices at = node->at;
  ArrayAttr dims = symbolicShape(data);
  if (!dims || dims.size() != at.size() || axes.empty() || axes.size() != steps.size())
    return nullptr;
  for (auto [i, axis] : llvm::enumerate(axes)) {
    if (axis < 0 || axis >= static_cast<int64_t>(at.size()) || steps[i] != 1)
      return nullptr;
    ElementIndex which;
    which.offset = SymbolicExpression(static_cast<int64_t>(i));
    std::optional<SymbolicExpression> start =
        expressions.polynomial(expressions.element(op.getInputs()[1], {which}));
    if (start && start->constant() && *start->constant() < 0)
      start = *start + extentOf(dims[axis]);
    // A start behind the end leaves no element to read.
    if (!start || !start->isValid() || !SymbolicExpression::provablyLessEqual(0, *start))
      return nullptr;
    at[axis].offset = at[axis].offset + *start;
  }
  return expressions.element(data, std::move(at));
}

std::optional<TableElement> attune::transformer::asTableElement(ElementExpressions &expressions,
                                                                const ElementNode *node) {
  for (unsigned steps = 0; node && node->kind == ElementNode::Kind::Element && steps < 16;
       ++steps) {
    if (isTable(node->tensor))
      return TableElement{node->tensor, node->at};
    const ElementNode *next = expressions.throughView(node);
    node = next ? next : throughSlice(expressions, node);
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

bool attune::transformer::forEachNumber(Value table, llvm::function_ref<bool(double)> visit) {
  auto type = dyn_cast<RankedTensorType>(table.getType());
  if (!type || !type.hasStaticShape() || !isNumber(type.getElementType()))
    return false;
  int64_t count = 1;
  for (int64_t extent : type.getShape())
    if (llvm::MulOverflow(count, extent, count) || count > kMaxNumbers)
      return false;
  if (auto weight = table.getDefiningOp<WeightOp>())
    return forEachWeightNumber(weight, visit);
  DenseElementsAttr dense;
  if (!matchPattern(table, m_Constant(&dense)))
    return false;
  if (type.getElementType().isF32())
    return llvm::all_of(dense.getValues<float>(), visit);
  if (isa<FloatType>(type.getElementType()))
    return llvm::all_of(dense.getValues<APFloat>(),
                        [&](const APFloat &value) { return visit(value.convertToDouble()); });
  if (type.getElementType().isInteger(1))
    return llvm::all_of(dense.getValues<bool>(), visit);
  return llvm::all_of(dense.getValues<APInt>(), [&](const APInt &value) {
    return visit(value.roundToDouble(/*isSigned=*/true));
  });
}

std::optional<TableBand> attune::transformer::bandOfTable(Value table, IsLiveNumber isLive) {
  auto type = dyn_cast<RankedTensorType>(table.getType());
  if (!type || !type.hasStaticShape() || type.getRank() < 2)
    return std::nullopt;
  int64_t rows = type.getDimSize(type.getRank() - 2), columns = type.getShape().back();
  if (llvm::any_of(type.getShape().drop_back(2), [](int64_t extent) { return extent != 1; }))
    return std::nullopt;
  llvm::BitVector live;
  bool whole = forEachNumber(table, [&](double number) {
    std::optional<bool> lives = isLive(number);
    live.push_back(lives.value_or(false));
    return lives.has_value();
  });
  if (!whole || live.size() != static_cast<size_t>(rows * columns))
    return std::nullopt;
  TableBand band;
  for (int64_t row = 0; row < rows; ++row) {
    int64_t first = live.find_first_in(row * columns, (row + 1) * columns);
    if (first < 0)
      continue;
    int64_t last = live.find_last_in(row * columns, (row + 1) * columns);
    // Ends at the table's own only limit the bounds.
    if (first > row * columns && !band.lower)
      band.lower = first - row * columns - row;
    if (last < (row + 1) * columns - 1 && !band.upper)
      band.upper = last - row * columns - row;
  }
  for (int64_t row = 0; row < rows; ++row)
    for (int64_t column = 0; column < columns; ++column)
      if (live[row * columns + column] != ((!band.lower || column >= row + *band.lower) &&
                                           (!band.upper || column <= row + *band.upper)))
        return std::nullopt;
  return band;
}
