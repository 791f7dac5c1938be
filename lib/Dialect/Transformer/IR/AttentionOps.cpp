// The attention family: verifiers and shapes.
#include "attune/Dialect/Transformer/IR/OperandIndex.h"
#include "attune/Dialect/Transformer/IR/TransformerDialect.h"

#include "mlir/IR/Builders.h"

using namespace mlir;
using namespace attune::transformer;

ArrayAttr AttentionOp::getResultDims(unsigned index) {
  SmallVector<Attribute> dims;
  for (AffineExpr expr : (index ? *getLseMap() : getOutMap()).getResults())
    dims.push_back(getDims()[cast<AffineDimExpr>(expr).getPosition()]);
  return ArrayAttr::get(getContext(), dims);
}

/// Whether `map` depends on no loop but `loops`.
static bool dependsOnlyOn(AffineMap map, ArrayRef<unsigned> loops) {
  for (unsigned loop = 0; loop < map.getNumDims(); ++loop)
    if (map.isFunctionOfDim(loop) && !llvm::is_contained(loops, loop))
      return false;
  return true;
}

/// Whether `map` over the six loops names each of `loops` once, and no other.
static bool namesOnceEach(AffineMap map, ArrayRef<unsigned> loops) {
  return map.getNumDims() == 6 && map.isProjectedPermutation() &&
         map.getNumResults() == loops.size() &&
         llvm::all_of(loops, [&](unsigned loop) { return map.isFunctionOfDim(loop); });
}

/// (attention.C8) to (attention.C10): the softcap is a positive number; the log-sum-exp is as
/// `dims` and its map say; a fill has a mask.
static LogicalResult verifyOptions(AttentionOp op) {
  if (op.getSoftcap() && !(op.getSoftcap()->isFiniteNonZero() && !op.getSoftcap()->isNegative()))
    return op.emitOpError("(attention.C8) softcap is a positive number");
  if (op.getFill() && (!op.getFill()->isFinite() || op.getMask().isNone()))
    return op.emitOpError("(attention.C10) fill is a number, and goes with a mask");
  if (op.getFillWithBias() && !(op.getFill() && op.getBias()))
    return op.emitOpError("(attention.C10) with_bias goes with a fill and a bias");
  if (op.getFill() && op.getDeadRows() != DeadRows::Mean)
    return op.emitOpError("(attention.C10) with a fill, dead_rows is mean");
  if (static_cast<bool>(op.getLogsumexp()) != op.getLseMap().has_value())
    return op.emitOpError("(attention.C9) logsumexp goes with its map");
  if (!op.getLogsumexp())
    return success();
  if (!namesOnceEach(*op.getLseMap(), {0, 1, 2}))
    return op.emitOpError("(attention.C9) logsumexp's map names b, h and i once each");
  Type element = cast<RankedTensorType>(op.getResult().getType()).getElementType();
  if (typeFor(op.getResultDims(1), element) != op.getLogsumexp().getType())
    return op.emitOpError("(attention.C9) the extents do not give the type ")
           << op.getLogsumexp().getType();
  return success();
}

LogicalResult AttentionOp::verify() {
  if (failed(verifyDims(*this, getDims())))
    return failure();
  // (attention.C1) six loops: batch, head, query, key, key channel, value channel
  if (getDims().size() != 6)
    return emitOpError("(attention.C1) dims has six entries: b, h, i, j, d, e");
  // (attention.C2) one map per operand, each indexing its tensor
  SmallVector<AffineMap> maps = mapsOf(getInputMaps());
  if (maps.size() != getNumOperands())
    return emitOpError("(attention.C2) expects one map per operand");
  for (auto [operand, map] : llvm::zip(getOperands(), maps))
    if (map.getNumDims() != 6 || !isOperandMap(map) ||
        map.getNumResults() != cast<RankedTensorType>(operand.getType()).getRank())
      return emitOpError("(attention.C2) a map does not index its operand");
  // (attention.C3) the result has one dimension for each of b, h, i, e
  if (!namesOnceEach(getOutMap(), {0, 1, 2, 5}))
    return emitOpError("(attention.C3) the result's map names b, h, i and e once each");
  // (attention.C4) mask and operands agree
  if (getMask().getPadding() != static_cast<bool>(getKeys()) ||
      getMask().getTensor() != static_cast<bool>(getMaskTensor()) ||
      getMask().getPositions() != static_cast<bool>(getPositions()))
    return emitOpError("(attention.C4) padding(keys) goes with keys, tensor with mask_tensor, "
                       "positions with positions");
  // (attention.C5) an operand is indexed by its own loops, in at most six dimensions
  const unsigned q[] = {0, 1, 2, 4}, k[] = {0, 1, 3, 4}, v[] = {0, 1, 3, 5};
  const unsigned keys[] = {0, 3}, scores[] = {0, 1, 2, 3}, queries[] = {0, 2};
  SmallVector<ArrayRef<unsigned>> loops{q, k, v};
  if (getKeys())
    loops.push_back(keys);
  loops.resize(maps.size(), scores);
  if (getPositions())
    loops.back() = queries;
  for (auto [map, own] : llvm::zip(maps, loops))
    if (!dependsOnlyOn(map, own) || map.getNumResults() > 6)
      return emitOpError("(attention.C5) a map depends on a loop that its operand does not have");
  // (attention.C6) no index leaves its operand, and the extents are the result's dimensions
  for (auto [map, type] : llvm::zip(maps, getOperandTypes()))
    if (!staysInside(map, getDims(), cast<RankedTensorType>(type).getShape()))
      return emitOpError("(attention.C6) the extents do not fit the type ") << type;
  auto type = cast<RankedTensorType>(getResult().getType());
  Type element = type.getElementType();
  if (typeFor(getResultDims(0), element) != type)
    return emitOpError("(attention.C6) the extents do not give the type ") << type;
  // (attention.C7) q, k, v, bias and result have one floating-point element type; keys,
  // mask_tensor and positions are integers
  auto elementOf = [](Value value) {
    return cast<RankedTensorType>(value.getType()).getElementType();
  };
  for (Value operand : {getQ(), getK(), getV(), getBias()})
    if (!isa<FloatType>(element) || (operand && elementOf(operand) != element))
      return emitOpError("(attention.C7) q, k, v, bias and the result differ in element type");
  for (Value operand : {getKeys(), getMaskTensor(), getPositions()})
    if (operand && !elementOf(operand).isSignlessInteger())
      return emitOpError("(attention.C7) keys, mask_tensor and positions are integers");
  return verifyOptions(*this);
}
