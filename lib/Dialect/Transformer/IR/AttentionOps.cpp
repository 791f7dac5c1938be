// The attention family: verifiers and shapes.
#include "attune/Dialect/Transformer/IR/TransformerDialect.h"

#include "mlir/IR/Builders.h"

using namespace mlir;
using namespace attune::transformer;

ArrayAttr AttentionOp::getResultDims(unsigned) {
  SmallVector<Attribute> dims;
  for (AffineExpr expr : getOutMap().getResults())
    dims.push_back(getDims()[cast<AffineDimExpr>(expr).getPosition()]);
  return ArrayAttr::get(getContext(), dims);
}

LogicalResult AttentionOp::verify() {
  // (attention.C1) six loops: batch, head, query, key, key channel, value channel
  if (getDims().size() != 6)
    return emitOpError("(attention.C1) dims has six entries: b, h, i, j, d, e");
  // (attention.C2) one map per operand, each indexing its tensor
  SmallVector<AffineMap> maps = llvm::map_to_vector(getInputMaps().getAsValueRange<AffineMapAttr>(),
                                                    [](AffineMap map) { return map; });
  if (maps.size() != getNumOperands())
    return emitOpError("(attention.C2) expects one map per operand");
  for (auto [operand, map] : llvm::zip(getOperands(), maps))
    if (map.getNumDims() != 6 || !map.isProjectedPermutation(/*allowZeroInResults=*/true) ||
        map.getNumResults() != cast<RankedTensorType>(operand.getType()).getRank())
      return emitOpError("(attention.C2) a map does not index its operand");
  // (attention.C3) the result has one dimension for each of b, h, i, e
  AffineMap out = getOutMap();
  if (out.getNumDims() != 6 || !out.isProjectedPermutation() || out.getNumResults() != 4 ||
      out.isFunctionOfDim(3) || out.isFunctionOfDim(4))
    return emitOpError("(attention.C3) the result's map names b, h, i and e once each");
  // (attention.C4) mask and operands agree
  if (getMask().getPadding() != static_cast<bool>(getKeys()) ||
      getMask().getTensor() != static_cast<bool>(getMaskTensor()))
    return emitOpError("(attention.C4) padding(keys) goes with keys, tensor with mask_tensor");
  return success();
}
