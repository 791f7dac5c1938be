// The plain family: verifiers and shapes.
#include "attune/Dialect/Transformer/IR/TransformerDialect.h"

#include "mlir/IR/Builders.h"
#include "llvm/Support/CheckedArithmetic.h"

using namespace mlir;
using namespace attune::transformer;

/// The extents that `map` picks from `dims`; constants give 1.
static ArrayAttr project(ArrayAttr dims, AffineMap map) {
  Builder builder(dims.getContext());
  SmallVector<Attribute> picked;
  for (AffineExpr expr : map.getResults()) {
    auto dim = dyn_cast<AffineDimExpr>(expr);
    picked.push_back(dim ? dims[dim.getPosition()] : builder.getI64IntegerAttr(1));
  }
  return builder.getArrayAttr(picked);
}

SmallVector<AffineMap> attune::transformer::mapsOf(ArrayAttr maps) {
  return llvm::map_to_vector(maps.getAsValueRange<AffineMapAttr>(),
                             [](AffineMap map) { return map; });
}

bool attune::transformer::isConstantTensor(Value tensor) {
  Operation *op = tensor.getDefiningOp();
  return op && (isa<WeightOp>(op) || op->hasTrait<OpTrait::ConstantLike>());
}

std::optional<unsigned> attune::transformer::forwardedOperand(MapOp map) {
  auto argument = dyn_cast<BlockArgument>(map.getBody().front().getTerminator()->getOperand(0));
  if (!argument || argument.getOwner() != &map.getBody().front())
    return std::nullopt;
  return argument.getArgNumber();
}

LogicalResult attune::transformer::verifyDims(Operation *op, ArrayAttr dims) {
  // (dims.C1) extents are i64 integers, not negative, and strings for dynamic ones
  for (Attribute dim : dims) {
    auto integer = dyn_cast<IntegerAttr>(dim);
    bool valid =
        integer ? integer.getType().isInteger(64) && integer.getInt() >= 0 : isa<StringAttr>(dim);
    if (!valid)
      return op->emitOpError("(dims.C1) an extent is ") << dim;
  }
  return success();
}

/// The constraints that map, reduce and contract share; `firstRegionOperand` skips operands
/// that the region does not see one by one.
static LogicalResult verifyIndexed(IndexedOpInterface indexed, TypeRange regionTypes) {
  Operation *op = indexed;
  ArrayAttr dims = indexed.getDims();
  if (failed(verifyDims(op, dims)))
    return failure();
  SmallVector<AffineMap> maps = indexed.getMaps();
  // (indexed.C1) one map per operand
  if (maps.size() != op->getNumOperands() + 1)
    return op->emitOpError("(indexed.C1) expects one map per operand");
  for (auto [index, map] : llvm::enumerate(maps)) {
    auto type =
        cast<RankedTensorType>(index < op->getNumOperands() ? op->getOperand(index).getType()
                                                            : op->getResult(0).getType());
    // (indexed.C2) maps are projected permutations of the loops, or zero in unit dimensions
    if (map.getNumDims() != dims.size() || map.getNumSymbols() != 0 ||
        !map.isProjectedPermutation(/*allowZeroInResults=*/true) ||
        map.getNumResults() != type.getRank())
      return op->emitOpError("(indexed.C2) map ") << index << " does not index its tensor";
    // (indexed.C3) static extents agree
    RankedTensorType expected = typeFor(project(dims, map), type.getElementType());
    for (auto [got, want] : llvm::zip(type.getShape(), expected.getShape()))
      if (got != want)
        return op->emitOpError("(indexed.C3) the shape of ")
               << (index < op->getNumOperands() ? "an operand" : "the result") << ", " << type
               << ", is not what dims and its map give, " << expected;
  }
  // (indexed.C4) the region takes one scalar per element it sees and yields the result's
  Block &block = indexed.getScalarRegion()->front();
  if (block.getArgumentTypes() != regionTypes)
    return op->emitOpError("(indexed.C4) the region's arguments are not its operands' elements");
  Operation *yield = block.getTerminator();
  if (yield->getNumOperands() != 1 ||
      yield->getOperand(0).getType() !=
          cast<RankedTensorType>(op->getResult(0).getType()).getElementType())
    return op->emitOpError("(indexed.C4) the region yields one element of the result");
  // (indexed.C5) transformer.index names a loop
  for (IndexOp index : block.getOps<IndexOp>())
    if (index.getDim() >= dims.size())
      return index.emitOpError("(indexed.C5) there is no loop ") << index.getDim();
  return success();
}

static SmallVector<Type> elementTypes(ValueRange values) {
  return llvm::map_to_vector(
      values, [](Value value) { return cast<RankedTensorType>(value.getType()).getElementType(); });
}

// map

SmallVector<AffineMap> MapOp::getMaps() {
  SmallVector<AffineMap> maps = mapsOf(getInputMaps());
  maps.push_back(AffineMap::getMultiDimIdentityMap(getDims().size(), getContext()));
  return maps;
}
Region *MapOp::getScalarRegion() { return &getBody(); }
ArrayAttr MapOp::getResultDims(unsigned) { return getDims(); }
LogicalResult MapOp::verify() { return verifyIndexed(*this, elementTypes(getInputs())); }

// reduce

SmallVector<AffineMap> ReduceOp::getMaps() {
  SmallVector<AffineMap> maps = mapsOf(getInputMaps());
  maps.push_back(getOutMap());
  return maps;
}
Region *ReduceOp::getScalarRegion() { return &getBody(); }
ArrayAttr ReduceOp::getResultDims(unsigned) { return project(getDims(), getOutMap()); }
LogicalResult ReduceOp::verify() {
  if (failed(verifyIndexed(*this, elementTypes(getInputs()))))
    return failure();
  // (reduce.C1) the result's dimensions are loops in increasing order
  std::optional<unsigned> last;
  for (AffineExpr expr : getOutMap().getResults())
    if (auto dim = dyn_cast<AffineDimExpr>(expr)) {
      if (last && *last > dim.getPosition())
        return emitOpError("(reduce.C1) out_map does not list loops in increasing order");
      last = dim.getPosition();
    }
  // (reduce.C2) the elements are integers or floating-point numbers
  Type element = cast<RankedTensorType>(getType()).getElementType();
  if (!isa<FloatType>(element) && !element.isSignlessInteger())
    return emitOpError("(reduce.C2) cannot reduce elements of type ") << element;
  return success();
}

// contract

SmallVector<AffineMap> ContractOp::getMaps() {
  SmallVector<AffineMap> maps = mapsOf(getInputMaps());
  maps.push_back(getOutMap());
  return maps;
}
Region *ContractOp::getScalarRegion() { return &getBody(); }
ArrayAttr ContractOp::getResultDims(unsigned) { return project(getDims(), getOutMap()); }

LogicalResult ContractOp::verify() {
  SmallVector<Type> types{cast<RankedTensorType>(getResult().getType()).getElementType()};
  llvm::append_range(types, elementTypes(getExtra()));
  if (failed(verifyIndexed(*this, types)))
    return failure();
  // (contract.C1) extra operands are indexed by loops of the result only
  SmallVector<AffineMap> maps = getMaps();
  for (size_t i = 2; i + 1 < maps.size(); ++i)
    for (unsigned dim = 0; dim < getDims().size(); ++dim)
      if (maps[i].isFunctionOfDim(dim) && !getOutMap().isFunctionOfDim(dim))
        return emitOpError("(contract.C1) an extra operand is indexed by a summed loop");
  // (contract.C2) factors and sum are all floating point or all integers
  types = elementTypes({getLhs(), getRhs(), getResult()});
  if (!llvm::all_of(types, llvm::IsaPred<FloatType>) &&
      !llvm::all_of(types, [](Type type) { return type.isSignlessInteger(); }))
    return emitOpError("(contract.C2) the factors and the sum are not of one kind of number");
  return success();
}

// windows

/// Adds `expr` times `factor` to the loops' factors; false when it is no sum of loops.
static bool addFactors(AffineExpr expr, int64_t factor, SmallVectorImpl<int64_t> &factors) {
  if (auto dim = dyn_cast<AffineDimExpr>(expr)) {
    std::optional<int64_t> sum = llvm::checkedAdd(factors[dim.getPosition()], factor);
    factors[dim.getPosition()] = sum.value_or(0);
    return sum.has_value();
  }
  if (auto constant = dyn_cast<AffineConstantExpr>(expr))
    return constant.getValue() == 0;
  auto binary = dyn_cast<AffineBinaryOpExpr>(expr);
  if (!binary)
    return false;
  if (binary.getKind() == AffineExprKind::Add)
    return addFactors(binary.getLHS(), factor, factors) &&
           addFactors(binary.getRHS(), factor, factors);
  auto constant = dyn_cast<AffineConstantExpr>(binary.getRHS());
  if (binary.getKind() != AffineExprKind::Mul || !constant || constant.getValue() <= 0)
    return false;
  std::optional<int64_t> product = llvm::checkedMul(factor, constant.getValue());
  return product && addFactors(binary.getLHS(), *product, factors);
}

std::optional<SmallVector<int64_t>> attune::transformer::loopFactors(AffineExpr position,
                                                                     unsigned loops) {
  SmallVector<int64_t> factors(loops, 0);
  return addFactors(position, 1, factors) ? std::optional(factors) : std::nullopt;
}

/// The last position that static loops reach, or nothing when it is not known or no number.
static std::optional<int64_t> lastPosition(ArrayRef<int64_t> factors, ArrayAttr dims) {
  std::optional<int64_t> last = 0;
  for (auto [factor, dim] : llvm::zip_equal(factors, dims)) {
    if (factor == 0)
      continue;
    auto extent = dyn_cast<IntegerAttr>(dim);
    std::optional<int64_t> part =
        extent ? llvm::checkedMul<int64_t>(factor, extent.getInt() - 1) : std::nullopt;
    last = last && part ? llvm::checkedAdd(*last, *part) : std::nullopt;
  }
  return last;
}

ArrayAttr WindowsOp::getResultDims(unsigned) { return getDims(); }
LogicalResult WindowsOp::verify() {
  auto input = cast<RankedTensorType>(getInput().getType());
  if (failed(verifyDims(*this, getDims())) || (getLow() && failed(verifyDims(*this, *getLow()))))
    return failure();
  // (windows.C1) the map gives a position in each dimension of the input
  if (getMap().getNumDims() != getDims().size() || getMap().getNumSymbols() != 0 ||
      getMap().getNumResults() != input.getRank())
    return emitOpError("(windows.C1) the map does not index the input");
  // (windows.C2) dims is the result's shape, and its elements are the input's
  if (typeFor(getDims(), input.getElementType()) != getResult().getType())
    return emitOpError("(windows.C2) dims and the input's elements do not give the result's type");
  // (windows.C3) low has an extent for each dimension of the input
  if (getLow() && getLow()->size() != static_cast<size_t>(input.getRank()))
    return emitOpError("(windows.C3) low has not one extent per dimension of the input");
  bool isEmpty = llvm::is_contained(cast<RankedTensorType>(getType()).getShape(), 0);
  for (auto [expr, size] : llvm::zip_equal(getMap().getResults(), input.getShape())) {
    // (windows.C4) positions are sums of loops with positive factors
    std::optional<SmallVector<int64_t>> factors = loopFactors(expr, getDims().size());
    if (!factors)
      return emitOpError("(windows.C4) a position is no sum of loops with positive factors");
    // (windows.C5) without low, static positions lie in the input
    std::optional<int64_t> last = lastPosition(*factors, getDims());
    if (!getLow() && !isEmpty && last && !ShapedType::isDynamic(size) && *last >= size)
      return emitOpError("(windows.C5) position ") << *last << " is outside an extent of " << size;
  }
  return success();
}

// cache_append

ArrayAttr CacheAppendOp::getResultDims(unsigned) { return getDims(); }
LogicalResult CacheAppendOp::verify() {
  auto result = cast<RankedTensorType>(getType());
  auto past = cast<RankedTensorType>(getPast().getType());
  auto fresh = cast<RankedTensorType>(getFresh().getType());
  if (failed(verifyDims(*this, getDims())))
    return failure();
  // (cache_append.C1) dims is the result's shape
  if (typeFor(getDims(), result.getElementType()) != result)
    return emitOpError("(cache_append.C1) dims does not match the result's type");
  // (cache_append.C2) the axis exists, and is not the first: that is the sequence
  int64_t axis = static_cast<int64_t>(getAxis());
  if (axis < 1 || axis >= result.getRank())
    return emitOpError("(cache_append.C2) axis is out of range");
  // (cache_append.C3) static extents agree but along the axis
  for (int64_t i = 0; i < result.getRank(); ++i)
    if (i != axis &&
        (past.getDimSize(i) != result.getDimSize(i) || fresh.getDimSize(i) != result.getDimSize(i)))
      return emitOpError("(cache_append.C3) dimension ") << i << " differs";
  // (cache_append.C4) there is a start for each sequence
  if (cast<RankedTensorType>(getStart().getType()).getDimSize(0) != result.getDimSize(0))
    return emitOpError("(cache_append.C4) start has not one element per sequence");
  return success();
}

// softmax, reshape, weight, shape

ArrayAttr SoftmaxOp::getResultDims(unsigned) { return getDims(); }
LogicalResult SoftmaxOp::verify() {
  auto type = cast<RankedTensorType>(getInput().getType());
  if (failed(verifyDims(*this, getDims())))
    return failure();
  // (softmax.C1) the axis exists
  if (static_cast<int64_t>(getAxis()) < 0 || static_cast<int64_t>(getAxis()) >= type.getRank())
    return emitOpError("(softmax.C1) axis is out of range");
  // (softmax.C2) dims is the shape
  if (typeFor(getDims(), type.getElementType()) != type)
    return emitOpError("(softmax.C2) dims does not match the type");
  // (softmax.C3) the elements are floating-point numbers
  if (!isa<FloatType>(type.getElementType()))
    return emitOpError("(softmax.C3) needs floating-point elements");
  return success();
}

ArrayAttr ReshapeOp::getResultDims(unsigned) { return getDims(); }
LogicalResult ReshapeOp::verify() {
  auto type = cast<RankedTensorType>(getResult().getType());
  if (failed(verifyDims(*this, getDims())))
    return failure();
  // (reshape.C1) dims is the result's shape
  if (typeFor(getDims(), type.getElementType()) != type)
    return emitOpError("(reshape.C1) dims does not match the result's type");
  // (reshape.C2) the element type stays
  auto input = cast<RankedTensorType>(getInput().getType());
  if (input.getElementType() != type.getElementType())
    return emitOpError("(reshape.C2) the element type changes");
  // (reshape.C3) static element counts agree
  if (input.hasStaticShape() && type.hasStaticShape() &&
      input.getNumElements() != type.getNumElements())
    return emitOpError("(reshape.C3) the number of elements changes");
  return success();
}

ArrayAttr WeightOp::getResultDims(unsigned) {
  return Builder(getContext())
      .getI64ArrayAttr(cast<RankedTensorType>(getResult().getType()).getShape());
}
LogicalResult WeightOp::verify() {
  // (weight.C1) the recipe gives the result's type
  if (getValue().getResultType() != getResult().getType())
    return emitOpError("(weight.C1) the recipe gives ")
           << getValue().getResultType() << ", not the result's type";
  return success();
}

ArrayAttr ShapeOp::getResultDims(unsigned) {
  return Builder(getContext())
      .getI64ArrayAttr(cast<RankedTensorType>(getResult().getType()).getShape());
}
LogicalResult ShapeOp::verify() {
  auto type = cast<RankedTensorType>(getResult().getType());
  if (failed(verifyDims(*this, getElements())))
    return failure();
  // (shape.C1) one expression per element of an integer tensor
  if (!type.getElementType().isIntOrIndex() ||
      type.getNumElements() != static_cast<int64_t>(getElements().size()))
    return emitOpError("(shape.C1) needs one expression per element of an integer tensor");
  return success();
}
