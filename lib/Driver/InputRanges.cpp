// Follows arguments through operators that move elements without changing them, and collects
// what the uses at the end demand.
#include "attune/Driver/InputRanges.h"

#include "attune/Dialect/ONNX/IR/ONNXDialect.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "llvm/ADT/SmallPtrSet.h"
#include "llvm/ADT/StringSwitch.h"

#include <limits>

using namespace attune;
using namespace attune::driver;
using namespace mlir;

namespace {

enum class Use {
  Moves, ///< the result holds the same elements
  Shape, ///< only its dimensions are looked at
  Tests, ///< only compared or taken as truth
  Index, ///< indexes an axis
  Casts, ///< to another type
  Other,
};

/// What `op` does with its operand number `index`.
Use classify(onnx::NodeOp op, unsigned index) {
  StringRef type = op.getOpType();
  if (!op.getDomain().empty())
    return Use::Other;
  if (type == "Where" || type == "Compress")
    return index == (type == "Where" ? 0u : 1u) ? Use::Tests : Use::Other;
  if (type == "Gather" || type == "GatherElements" || type == "GatherND")
    return index == 1 ? (type == "GatherND" ? Use::Other : Use::Index) : Use::Moves;
  if (type == "CumSum" || type == "ReduceSum") // lengths and positions that come from a mask
    return Use::Other;
  Use use =
      llvm::StringSwitch<Use>(type)
          .Cases({"Identity", "Reshape", "Unsqueeze", "Squeeze", "Transpose", "Slice"}, Use::Moves)
          .Cases({"Expand", "Flatten", "Tile", "Pad", "Split"}, Use::Moves)
          .Cases({"Shape", "Size"}, Use::Shape)
          .Cases({"Equal", "Less", "LessOrEqual", "Greater", "GreaterOrEqual"}, Use::Tests)
          .Cases({"Not", "And", "Or", "Xor"}, Use::Tests)
          .Case("Cast", Use::Casts)
          .Default(Use::Other);
  // Only the first operand of these is data: the others are shapes, axes and bounds.
  if (use == Use::Moves && index != 0)
    return Use::Other;
  return use;
}

/// The size of the axis that a Gather's indices go into, if it is known.
std::optional<int64_t> axisSize(onnx::NodeOp op) {
  auto data = dyn_cast<RankedTensorType>(op.getInputs()[0].getType());
  if (!data || !data.getRank())
    return std::nullopt;
  int64_t axis = 0;
  if (DictionaryAttr attributes = op.getNodeAttributes())
    if (auto given = attributes.getAs<IntegerAttr>("axis"))
      axis = given.getInt();
  if (axis < 0)
    axis += data.getRank();
  if (axis < 0 || axis >= data.getRank() || data.isDynamicDim(unsigned(axis)))
    return std::nullopt;
  return data.getDimSize(unsigned(axis));
}

/// The uses of one argument.
class Walk {
public:
  /// True if every use is understood.
  bool follow(Value value) {
    if (!seen.insert(value.getAsOpaquePointer()).second)
      return true;
    // Far more than any input of a real model has; hostile graphs end here.
    if (seen.size() > 10000)
      return false;
    for (OpOperand &use : value.getUses()) {
      auto node = dyn_cast<onnx::NodeOp>(use.getOwner());
      if (!node) // returned as it is: any value will do
        continue;
      if (!followInto(node, use.getOperandNumber()))
        return false;
    }
    return true;
  }

  int64_t high = std::numeric_limits<int64_t>::max();
  bool indexed = false;
  bool tested = false;

private:
  bool followInto(onnx::NodeOp node, unsigned operand) {
    switch (classify(node, operand)) {
    case Use::Shape:
      return true;
    case Use::Tests:
      tested = true;
      return true;
    case Use::Index: {
      std::optional<int64_t> size = axisSize(node);
      indexed = true;
      high = std::min(high, size.value_or(0) - 1);
      return size && *size > 0;
    }
    case Use::Casts:
      return followCast(node);
    case Use::Moves:
      return llvm::all_of(node.getOutputs(), [&](Value result) { return follow(result); });
    case Use::Other:
      return false;
    }
    return false;
  }

  /// To bool or to a float, only truth (or a weight of zero or one) can be meant.
  bool followCast(onnx::NodeOp node) {
    if (node.getNumResults() != 1)
      return false;
    auto type = dyn_cast<TensorType>(node.getOutputs()[0].getType());
    if (!type)
      return false;
    if (isa<FloatType>(type.getElementType()) || type.getElementType().isInteger(1)) {
      tested = true;
      return true;
    }
    return follow(node.getOutputs()[0]);
  }

  llvm::SmallPtrSet<void *, 16> seen;
};

} // namespace

void driver::inferInputRanges(ModuleOp module) {
  auto main = module.lookupSymbol<func::FuncOp>("main");
  if (!main || main.isExternal())
    return;
  Builder builder(module.getContext());
  for (BlockArgument argument : main.getArguments()) {
    auto type = dyn_cast<TensorType>(argument.getType());
    if (!type || !isa<IntegerType>(type.getElementType()))
      continue;
    unsigned index = argument.getArgNumber();
    main.removeArgAttr(index, kRangeAttr);
    main.removeArgAttr(index, kRoleAttr);
    Walk walk;
    if (!walk.follow(argument))
      continue;
    if (walk.indexed)
      main.setArgAttr(index, kRangeAttr, builder.getI64ArrayAttr({0, walk.high}));
    else if (walk.tested)
      main.setArgAttr(index, kRoleAttr, builder.getStringAttr("mask"));
  }
}
