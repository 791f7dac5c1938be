// Facts are read off the ops' attributes; costs off their extents.
#include "attune/Dialect/Transformer/Analysis/Facts.h"

#include "attune/Dialect/ONNX/IR/ONNXDialect.h"
#include "attune/Dialect/Transformer/Analysis/BiasAnalysis.h"
#include "attune/Dialect/Transformer/Analysis/KeyOrigin.h"
#include "attune/Dialect/Transformer/Analysis/MaskStructure.h"
#include "attune/Dialect/Transformer/Analysis/RotaryAnalysis.h"
#include "attune/Dialect/Transformer/Analysis/SymbolicDims.h"
#include "attune/Dialect/Transformer/IR/OperandIndex.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/IR/Matchers.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/ADT/TypeSwitch.h"

#include <charconv>
#include <cmath>

using namespace mlir;
using namespace attune;
using namespace attune::transformer;

using Facts = SmallVector<Fact>;

static std::string sizeText(Attribute extent) {
  std::optional<SymbolicExpression> size = fromAttribute(extent);
  return size ? size->str() : "?";
}

std::string transformer::numberText(double value) {
  char text[64];
  return std::string(text, std::to_chars(text, std::end(text), static_cast<float>(value)).ptr);
}

// attention

/// How many heads the keys have, from what their index makes of the head: all, a quotient, a
/// remainder, or one for all.
static SymbolicExpression keyHeads(AttentionOp op) {
  constexpr unsigned head = 1;
  std::optional<SymbolicExpression> heads = fromAttribute(op.getDims()[head]);
  SymbolicExpression count(1);
  for (AffineExpr expr : mapsOf(op.getInputMaps())[1].getResults())
    for (const IndexTerm &term : parseOperandIndex(expr)->terms)
      if (term.loop == head && heads)
        count = count *
                (term.modulus ? SymbolicExpression(term.modulus) : heads->floorDiv(term.divisor));
  return count;
}

static Facts attentionFacts(AttentionOp op, ConstantTables &tables) {
  ArrayAttr dims = op.getDims();
  Facts facts{{"heads", sizeText(dims[1])}};
  if (std::string kvHeads = keyHeads(op).str(); kvHeads != facts[0].value)
    facts.push_back({"kv_heads", kvHeads});
  facts.push_back({"head_dim", sizeText(dims[4])});
  if (dims[5] != dims[4])
    facts.push_back({"value_dim", sizeText(dims[5])});
  double scale = op.getScale().convertToDouble();
  auto channels = dyn_cast<IntegerAttr>(dims[4]);
  double usual = channels ? 1 / std::sqrt(static_cast<double>(channels.getInt())) : 0;
  // Graphs multiply roots of roots: the usual scale is off by a rounding or two of their type.
  auto type = cast<FloatType>(cast<RankedTensorType>(op.getResult().getType()).getElementType());
  int digits = llvm::APFloat::semanticsPrecision(type.getFloatSemantics());
  double tolerance = std::max(1e-6, std::ldexp(4.0, -digits));
  if (!(std::abs(scale - usual) <= tolerance * usual))
    facts.push_back({"scale", numberText(scale)});
  if (op.getSoftcap())
    facts.push_back({"softcap", numberText(op.getSoftcap()->convertToDouble())});
  BiasFacts bias = describeBias(op, tables);
  MaskAttr mask = op.getMask();
  if (bias.masksKeys)
    mask = MaskAttr::get(op.getContext(), mask.getLower(), mask.getUpper(), /*padding=*/true,
                         mask.getTensor(), mask.getPositions());
  if (!mask.isNone())
    facts.push_back({"mask", mask.describe(describeMaskTensor(op, tables))});
  if (!op.getMask().isNone())
    facts.push_back({"dead_rows", stringifyDeadRows(op.getDeadRows()).str()});
  if (!bias.structure.empty())
    facts.push_back({"bias", bias.structure});
  if (isRotary(op, tables))
    facts.push_back({"position", "rotary"});
  if (isCross(op))
    facts.push_back({"cross", "true"});
  if (CacheKind cache = cacheOf(op); cache != CacheKind::None)
    facts.push_back({"cache", cache == CacheKind::Append ? "append"
                              : cache == CacheKind::Ring ? "ring"
                                                         : "scatter"});
  if (op.getLogsumexp())
    facts.push_back({"lse", "true"});
  return facts;
}

// contract, map, reduce

static unsigned countLoops(AffineMap map) {
  return llvm::count_if(map.getResults(), llvm::IsaPred<AffineDimExpr>);
}

/// What one op of an epilogue does: an activation, a sum with an operand of the contraction,
/// or anything else that is elementwise.
static std::string epilogueStep(Operation *step, ContractOp op) {
  if (auto activation = dyn_cast<ActivationOp>(step))
    return stringifyActivationKind(activation.getKind()).str();
  if (!isa<arith::AddFOp, arith::AddIOp>(step))
    return "map";
  Value sum = op.getBody().front().getArgument(0);
  for (unsigned side : {0u, 1u}) {
    // One number for all columns.
    if (step->getOperand(side) == sum && matchPattern(step->getOperand(1 - side), m_Constant()))
      return "bias";
    auto argument = dyn_cast<BlockArgument>(step->getOperand(side));
    if (!argument || argument == sum)
      continue;
    unsigned used = countLoops(op.getMaps()[argument.getArgNumber() + 1]);
    return used <= 1 ? "bias" : used == countLoops(op.getOutMap()) ? "residual" : "map";
  }
  return "map";
}

static Facts contractFacts(ContractOp op) {
  SmallVector<std::string> steps;
  for (Operation &inside : op.getBody().front().without_terminator())
    if (std::string step = epilogueStep(&inside, op);
        !inside.hasTrait<OpTrait::ConstantLike>() && (steps.empty() || steps.back() != step))
      steps.push_back(std::move(step));
  if (steps.empty())
    return {};
  return {{"epilogue", "[" + llvm::join(steps, ", ") + "]"}};
}

static Facts mapFacts(MapOp op) {
  SmallVector<std::string> named;
  for (auto activation : op.getBody().getOps<ActivationOp>())
    named.push_back(stringifyActivationKind(activation.getKind()).str());
  return named.empty() ? Facts() : Facts{{"function", llvm::join(named, ", ")}};
}

static Facts reduceFacts(ReduceOp op) {
  SmallVector<std::string> axes;
  for (unsigned loop = 0; loop < op.getDims().size(); ++loop)
    if (!op.getOutMap().isFunctionOfDim(loop))
      axes.push_back(std::to_string(loop));
  return {{"kind", stringifyReductionKind(op.getKind()).str()},
          {"axes", "[" + llvm::join(axes, ", ") + "]"}};
}

// windows

/// Size, stride and dilation in the dimensions of the input that have windows: positions that count
/// two loops, the places by the stride and the taps by the dilation.
static Facts windowsFacts(WindowsOp op) {
  SmallVector<std::string> size, stride, dilation;
  unsigned loops = op.getDims().size();
  for (AffineExpr position : op.getMap().getResults()) {
    std::optional<SmallVector<int64_t>> factors = loopFactors(position, loops);
    SmallVector<unsigned> counted;
    for (unsigned loop = 0; factors && loop < loops; ++loop)
      if ((*factors)[loop] != 0)
        counted.push_back(loop);
    if (counted.empty() || (counted.size() == 1 && (*factors)[counted[0]] == 1))
      continue;
    bool hasTaps = counted.size() > 1;
    size.push_back(hasTaps ? sizeText(op.getDims()[counted.back()]) : "1");
    stride.push_back(std::to_string((*factors)[counted.front()]));
    dilation.push_back(hasTaps ? std::to_string((*factors)[counted.back()]) : "1");
  }
  Facts facts;
  auto add = [&](StringRef key, ArrayRef<std::string> values, StringRef usual) {
    if (llvm::any_of(values, [&](const std::string &value) { return value != usual; }))
      facts.push_back({key.str(), "[" + llvm::join(values, ", ") + "]"});
  };
  add("size", size, "1");
  add("stride", stride, "1");
  add("dilation", dilation, "1");
  if (op.getLow())
    facts.push_back({"border", "zeros"});
  return facts;
}

// norm, softmax, reshape, the rest

static Facts normFacts(NormOp op) {
  SmallVector<std::string> axes;
  int64_t rank = op.getDims().size();
  for (int64_t axis = rank - op.getAxes(); axis < rank; ++axis)
    axes.push_back(std::to_string(axis - rank));
  StringRef affine =
      op.getScale() ? (op.getShift() ? "both" : "scale") : (op.getShift() ? "shift" : "none");
  Facts facts = {{"kind", stringifyNormKind(op.getKind()).str()},
                 {"axes", "[" + llvm::join(axes, ", ") + "]"},
                 {"affine", affine.str()}};
  if (op.getResidual())
    facts.push_back({"residual", "true"});
  return facts;
}

static Facts cacheFacts(CacheAppendOp op) {
  Facts facts = {{"axis", std::to_string(op.getAxis())}};
  if (op.getRing())
    facts.push_back({"ring", "true"});
  return facts;
}

static Facts reshapeFacts(ReshapeOp op) {
  SmallVector<std::string> sizes = llvm::map_to_vector(op.getDims(), sizeText);
  return {{"size", "[" + llvm::join(sizes, ", ") + "]"}};
}

Facts transformer::factsOf(Operation *op, ConstantTables &tables) {
  return llvm::TypeSwitch<Operation *, Facts>(op)
      .Case<AttentionOp>([&](AttentionOp attention) { return attentionFacts(attention, tables); })
      .Case<ContractOp>(contractFacts)
      .Case<MapOp>(mapFacts)
      .Case<ReduceOp>(reduceFacts)
      .Case<NormOp>(normFacts)
      .Case<ReshapeOp>(reshapeFacts)
      .Case<CacheAppendOp>(cacheFacts)
      .Case<WindowsOp>(windowsFacts)
      .Case<SoftmaxOp>(
          [](SoftmaxOp softmax) { return Facts{{"axis", std::to_string(softmax.getAxis())}}; })
      .Default([](Operation *) { return Facts(); });
}

std::string transformer::factName(Operation *op) {
  if (auto node = dyn_cast<onnx::NodeOp>(op))
    return "onnx." + node.getOpType().str();
  if (!isa<TransformerDialect>(op->getDialect()) || isa<WeightOp, YieldOp>(op))
    return "";
  return op->getName().stripDialect().str();
}

std::string transformer::factText(Operation *op) {
  ConstantTables tables;
  return factText(op, factsOf(op, tables));
}

std::string transformer::factText(Operation *op, ArrayRef<Fact> facts) {
  SmallVector<std::string> parts =
      llvm::map_to_vector(facts, [](const Fact &fact) { return fact.key + "=" + fact.value; });
  return factName(op) + (parts.empty() ? "" : "(" + llvm::join(parts, ", ") + ")");
}

bool transformer::isConcept(StringRef name) {
  return llvm::is_contained({"attention", "norm", "softmax"}, name);
}

// Costs

static SymbolicExpression tensorBytes(Value value, ArrayAttr dims) {
  auto type = dyn_cast<RankedTensorType>(value.getType());
  std::optional<SymbolicShape> shape = fromArrayAttr(dims);
  if (!type || !shape || !type.getElementType().isIntOrFloat())
    return SymbolicExpression::invalid();
  int64_t bytes = llvm::divideCeil(type.getElementType().getIntOrFloatBitWidth(), 8);
  return product(*shape) * SymbolicExpression(bytes);
}

/// The product of the extents, but for those of the loops `without`.
static SymbolicExpression extent(ArrayAttr dims, ArrayRef<unsigned> without = {}) {
  SymbolicExpression all(1);
  for (auto [index, dim] : llvm::enumerate(dims)) {
    std::optional<SymbolicExpression> size = fromAttribute(dim);
    if (!llvm::is_contained(without, index))
      all = all * (size ? *size : SymbolicExpression::invalid());
  }
  return all;
}

/// Twice the pairs of a query i and a key with key ≤ i + offset: the sum over all queries of
/// clamp(i + offset + 1, 0, keys). With r(n) the sum of the positive integers up to n, that is
/// r(queries + offset) − r(offset) − r(queries + offset − keys) + r(offset − keys).
static SymbolicExpression twicePairs(const SymbolicExpression &queries,
                                     const SymbolicExpression &keys,
                                     const SymbolicExpression &offset) {
  auto twiceSumTo = [](const SymbolicExpression &last) {
    SymbolicExpression n = SymbolicExpression::max(0, last);
    return n * n + n;
  };
  return twiceSumTo(queries + offset) - twiceSumTo(offset) - twiceSumTo(queries + offset - keys) +
         twiceSumTo(offset - keys);
}

/// Twice the pairs that a band leaves: those below its upper bound, less those below its lower.
static SymbolicExpression twiceBandPairs(AttentionOp op) {
  auto size = [](Attribute attribute) {
    std::optional<SymbolicExpression> value = fromAttribute(attribute);
    return value ? *value : SymbolicExpression::invalid();
  };
  SymbolicExpression queries = size(op.getDims()[2]), keys = size(op.getDims()[3]);
  Attribute lower = op.getMask().getLowerExtent(), upper = op.getMask().getUpperExtent();
  SymbolicExpression pairs =
      upper ? twicePairs(queries, keys, size(upper)) : SymbolicExpression(2) * queries * keys;
  if (!lower)
    return pairs;
  SymbolicExpression left = pairs - twicePairs(queries, keys, size(lower) - 1);
  // Bounds that cross leave nothing.
  bool ordered = !upper || SymbolicExpression::provablyLessEqual(size(lower), size(upper) + 1);
  return ordered ? left : SymbolicExpression::max(0, left);
}

static void countAttention(AttentionOp op, Cost &cost) {
  SymbolicExpression channels =
      extent(op.getDims(), {0, 1, 2, 3, 5}) + extent(op.getDims(), {0, 1, 2, 3, 4});
  SymbolicExpression heads = extent(op.getDims(), {2, 3, 4, 5});
  cost.flops = SymbolicExpression(2) * extent(op.getDims(), {4, 5}) * channels;
  // Positions are data: any key may be live.
  bool isKnown = op.getMask().isBand() && !op.getPositions();
  cost.liveFlops = isKnown ? heads * channels * twiceBandPairs(op) : cost.flops;
}

Cost transformer::costOf(Operation *op, function_ref<ArrayAttr(Value)> shapeOf) {
  Cost cost;
  // A reshape is another view of the same bytes; sizes as tensors are not computed by kernels.
  if (isa<ReshapeOp, ShapeOp>(op))
    return cost;
  // So are windows; a border is a copy of their input.
  if (auto windows = dyn_cast<WindowsOp>(op)) {
    if (windows.getLow())
      cost.bytes =
          SymbolicExpression(2) * tensorBytes(windows.getInput(), shapeOf(windows.getInput()));
    return cost;
  }
  if (auto contract = dyn_cast<ContractOp>(op))
    cost.flops = SymbolicExpression(2) * extent(contract.getDims());
  if (auto reduce = dyn_cast<ReduceOp>(op))
    cost.flops = extent(reduce.getDims());
  cost.liveFlops = cost.flops;
  if (auto attention = dyn_cast<AttentionOp>(op))
    countAttention(attention, cost);
  llvm::SmallPtrSet<Value, 4> seen;
  // Gathers and slices read as much of their data as they write.
  bool picks = isa<onnx::NodeOp>(op) && op->getNumResults() == 1;
  for (auto [index, operand] : llvm::enumerate(op->getOperands())) {
    Value moved = operand;
    if (auto windows = operand.getDefiningOp<WindowsOp>())
      moved = windows.getInput();
    if (isa<NoneType>(moved.getType()) || !seen.insert(moved).second)
      continue;
    if (picks && index == 0)
      moved = op->getResult(0);
    cost.bytes = cost.bytes + tensorBytes(moved, shapeOf(moved));
  }
  for (Value result : op->getResults())
    cost.bytes = cost.bytes + tensorBytes(result, shapeOf(result));
  return cost;
}

ArrayAttr transformer::extentsOf(Operation *op) {
  if (isa<onnx::NodeOp>(op))
    return op->getNumResults() == 1 ? symbolicShape(op->getResult(0)) : ArrayAttr();
  auto dims = op->getAttrOfType<ArrayAttr>("dims");
  auto contract = dyn_cast<ContractOp>(op);
  if (!contract || !dims)
    return dims;
  SmallVector<Attribute> ordered;
  AffineMap result = contract.getOutMap();
  for (AffineExpr expr : result.getResults())
    if (auto loop = dyn_cast<AffineDimExpr>(expr))
      ordered.push_back(dims[loop.getPosition()]);
  for (unsigned loop = 0; loop < dims.size(); ++loop)
    if (!result.isFunctionOfDim(loop))
      ordered.push_back(dims[loop]);
  return ArrayAttr::get(op->getContext(), ordered);
}
