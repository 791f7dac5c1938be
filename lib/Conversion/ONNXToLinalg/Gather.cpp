// Gather, GatherElements, GatherND: one generic each, which reads the data at computed
// places. ONNX leaves an index outside the data undefined: here it is limited to the nearest
// element (zero where the data has none), so no index reads outside its tensor.
#include "Lowerings.h"

#include "mlir/Dialect/Arith/IR/Arith.h"

using namespace mlir;
using namespace attune;

/// Negative indices count from the end.
static Value fromFront(KernelBuilder &b, Value i, OpFoldResult size) {
  Value zero = b.constantIndex(0);
  Value isNegative = arith::CmpIOp::create(b, arith::CmpIPredicate::slt, i, zero);
  return arith::SelectOp::create(b, isNegative, b.add(i, b.index(size)), i);
}

static bool isIntegerTensor(Value value) {
  auto type = dyn_cast<RankedTensorType>(value.getType());
  return type && type.getElementType().isInteger() && !type.getElementType().isInteger(1);
}

/// result[pre, i…, post] = data[pre, indices[i…], post]
static FailureOr<SmallVector<Value>> lowerGather(NodeLowering &n) {
  KernelBuilder &b = n.b;
  Value data = n.input(0), indices = n.input(1);
  int64_t rank = rankOf(data), indexRank = rankOf(indices);
  int64_t axis = normalizeAxis(intAttribute(n.node, "axis", 0), rank);
  FailureOr<Sizes> dataSizes = b.operandSizes(data);
  if (failed(dataSizes))
    return failure();
  unsigned loops = n.resultSizes[0].size();
  AffineMap identity = b.getMultiDimIdentityMap(loops);
  SmallVector<Value> inputs;
  SmallVector<AffineMap> maps;
  Value uniform = b.uniformValue(indices);
  if (!uniform) {
    inputs.push_back(indices);
    maps.push_back(identity.getSliceMap(axis, indexRank));
  }
  maps.push_back(identity);
  Value result =
      b.generic(inputs, b.empty(n.resultSizes[0], n.elementType()), maps, [&](ValueRange args) {
        Value i = b.toIndex(uniform ? uniform : args[0]);
        SmallVector<Value> loop = b.loopIndices(loops), position;
        for (int64_t d = 0; d < axis; ++d)
          position.push_back(loop[d]);
        position.push_back(fromFront(b, i, (*dataSizes)[axis]));
        for (int64_t d = axis + 1; d < rank; ++d)
          position.push_back(loop[d - 1 + indexRank]);
        return readWithin(b, data, *dataSizes, position, axis);
      });
  return SmallVector<Value>{result};
}

static bool acceptGather(onnx::NodeOp node) {
  if (node.getInputs().size() != 2 || !isIntegerTensor(node.getInputs()[1]))
    return false;
  int64_t rank = rankOf(node.getInputs()[0]), indexRank = rankOf(node.getInputs()[1]);
  return rank >= 1 && normalizeAxis(intAttribute(node, "axis", 0), rank) >= 0 &&
         rankOf(node->getResult(0)) == rank + indexRank - 1;
}

/// result[…, i, …] = data[…, indices[…, i, …], …]
static FailureOr<SmallVector<Value>> lowerGatherElements(NodeLowering &n) {
  KernelBuilder &b = n.b;
  Value data = n.input(0), indices = n.input(1);
  int64_t rank = rankOf(data);
  int64_t axis = normalizeAxis(intAttribute(n.node, "axis", 0), rank);
  FailureOr<Sizes> dataSizes = b.operandSizes(data);
  if (failed(dataSizes))
    return failure();
  // The data may be longer than the indices in the other dimensions; that it is not shorter
  // is the graph's promise, kept here for extents that are not known to be the same.
  SmallVector<int64_t> limited = {axis};
  for (int64_t d = 0; d < rank; ++d)
    if (d != axis && (*dataSizes)[d] != n.resultSizes[0][d])
      limited.push_back(d);
  AffineMap identity = b.getMultiDimIdentityMap(rank);
  Value result = b.generic(indices, b.empty(n.resultSizes[0], n.elementType()),
                           {identity, identity}, [&](ValueRange args) {
                             SmallVector<Value> position = b.loopIndices(rank);
                             position[axis] = fromFront(b, b.toIndex(args[0]), (*dataSizes)[axis]);
                             return readWithin(b, data, *dataSizes, position, limited);
                           });
  return SmallVector<Value>{result};
}

static bool acceptGatherElements(onnx::NodeOp node) {
  if (node.getInputs().size() != 2 || !isIntegerTensor(node.getInputs()[1]))
    return false;
  int64_t rank = rankOf(node.getInputs()[0]);
  return rank >= 1 && rankOf(node.getInputs()[1]) == rank && rankOf(node->getResult(0)) == rank &&
         normalizeAxis(intAttribute(node, "axis", 0), rank) >= 0;
}

/// result[b…, q…, rest…] = data[b…, indices[b…, q…, 0], …, indices[b…, q…, k − 1], rest…]
static FailureOr<SmallVector<Value>> lowerGatherND(NodeLowering &n) {
  KernelBuilder &b = n.b;
  Value data = n.input(0), indices = n.input(1);
  int64_t rank = rankOf(data), indexRank = rankOf(indices);
  int64_t batch = intAttribute(n.node, "batch_dims", 0);
  int64_t depth = cast<RankedTensorType>(indices.getType()).getShape().back();
  FailureOr<Sizes> dataSizes = b.operandSizes(data), indexSizes = b.operandSizes(indices);
  if (failed(dataSizes) || failed(indexSizes))
    return failure();
  unsigned loops = n.resultSizes[0].size();
  AffineMap identity = b.getMultiDimIdentityMap(loops);
  // Each component of the indices is an operand of its own.
  SmallVector<Value> inputs;
  Sizes sizes = *indexSizes;
  sizes.back() = b.getIndexAttr(1);
  SmallVector<bool> drop(indexRank, false);
  drop.back() = true;
  SmallVector<int64_t> limited;
  for (int64_t c = 0; c < depth; ++c) {
    SmallVector<OpFoldResult> offsets(indexRank, b.getIndexAttr(0));
    offsets.back() = b.getIndexAttr(c);
    inputs.push_back(b.slice(indices, offsets, sizes, {}, drop));
    limited.push_back(batch + c);
  }
  SmallVector<AffineMap> maps(depth, identity.getSliceMap(0, indexRank - 1));
  maps.push_back(identity);
  Value result =
      b.generic(inputs, b.empty(n.resultSizes[0], n.elementType()), maps, [&](ValueRange args) {
        SmallVector<Value> loop = b.loopIndices(loops), position;
        for (int64_t d = 0; d < batch; ++d)
          position.push_back(loop[d]);
        for (int64_t c = 0; c < depth; ++c)
          position.push_back(fromFront(b, b.toIndex(args[c]), (*dataSizes)[batch + c]));
        for (int64_t d = batch + depth; d < rank; ++d)
          position.push_back(loop[indexRank - 1 + d - batch - depth]);
        return readWithin(b, data, *dataSizes, position, limited);
      });
  return SmallVector<Value>{result};
}

static bool acceptGatherND(onnx::NodeOp node) {
  if (node.getInputs().size() != 2 || !isIntegerTensor(node.getInputs()[1]))
    return false;
  int64_t rank = rankOf(node.getInputs()[0]), indexRank = rankOf(node.getInputs()[1]);
  int64_t batch = intAttribute(node, "batch_dims", 0);
  if (rank < 1 || indexRank < 1)
    return false;
  int64_t depth = cast<RankedTensorType>(node.getInputs()[1].getType()).getShape().back();
  return depth >= 1 && batch >= 0 && batch < indexRank && batch + depth <= rank &&
         rankOf(node->getResult(0)) == indexRank - 1 + rank - batch - depth;
}

ArrayRef<LoweringEntry> attune::gatherLowerings() {
  static const LoweringEntry entries[] = {
      {"Gather", lowerGather, acceptGather},
      {"GatherElements", lowerGatherElements, acceptGatherElements},
      {"GatherND", lowerGatherND, acceptGatherND},
  };
  return entries;
}
