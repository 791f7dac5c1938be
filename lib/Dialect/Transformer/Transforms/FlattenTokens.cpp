// Makes one loop of the leading loops that all operands share: [batch, seq, N] becomes
// [batch * seq, N].
#include "ScalarRegion.h"
#include "attune/Dialect/Transformer/Analysis/ElementExpression.h"
#include "attune/Dialect/Transformer/Transforms/Passes.h"

#include "mlir/IR/Builders.h"

#define DEBUG_TYPE "transformer-flatten-tokens"

using namespace mlir;

namespace attune::transformer {
#define GEN_PASS_DEF_FLATTENTOKENSPASS
#include "attune/Dialect/Transformer/Transforms/Passes.h.inc"
} // namespace attune::transformer

using namespace attune;
using namespace attune::transformer;

static bool isUnit(Attribute dim) {
  auto extent = dyn_cast<IntegerAttr>(dim);
  return extent && extent.getInt() == 1;
}

/// The product of `dims` as one entry, or null when an extent is no expression.
static Attribute productOf(ArrayRef<Attribute> dims) {
  SymbolicExpression product(1);
  for (Attribute dim : dims)
    product = product * extentOf(dim);
  return product.isValid() ? dimFor(dims[0].getContext(), product) : Attribute();
}

/// `value` under another shape; a reshape of a reshape is one, and none when the shape is there.
static Value reshaped(OpBuilder &builder, Value value, ArrayAttr dims) {
  while (auto reshape = value.getDefiningOp<ReshapeOp>())
    value = reshape.getInput();
  auto type = typeFor(dims, cast<RankedTensorType>(value.getType()).getElementType());
  if (symbolicShape(value) == dims && value.getType() == type)
    return value;
  return ReshapeOp::create(builder, value.getLoc(), type, value, dims);
}

namespace {
/// How one tensor is seen when loops 0 … count-1 become one.
struct Access {
  AffineMap map;   ///< over the new loops
  ArrayAttr shape; ///< the tensor's new shape; null when it stays
};
} // namespace

/// `map` after joining the first `count` loops; nothing when the tensor has them in another
/// order, apart, or only some of them.
static std::optional<Access> joinLoops(AffineMap map, ArrayAttr dims, unsigned count,
                                       Attribute joined) {
  MLIRContext *context = map.getContext();
  auto inRun = [&](AffineExpr expr) {
    auto dim = dyn_cast<AffineDimExpr>(expr);
    return dim && dim.getPosition() < count;
  };
  SmallVector<unsigned> wanted, seen;
  for (unsigned loop = 0; loop < count; ++loop)
    if (!isUnit(dims[loop]))
      wanted.push_back(loop);
  unsigned rank = map.getNumResults(), first = rank, last = 0;
  for (auto [position, expr] : llvm::enumerate(map.getResults()))
    if (inRun(expr)) {
      unsigned loop = cast<AffineDimExpr>(expr).getPosition();
      if (!isUnit(dims[loop]))
        seen.push_back(loop);
      first = std::min<unsigned>(first, position);
      last = position;
    }
  bool partOfRun = first < rank && seen == wanted;
  if (!partOfRun && !seen.empty())
    return std::nullopt;
  auto joins = [&](AffineExpr expr) { return inRun(expr) || isa<AffineConstantExpr>(expr); };
  if (partOfRun) {
    for (unsigned position = first; position <= last; ++position)
      if (!joins(map.getResult(position)))
        return std::nullopt;
    while (first > 0 && joins(map.getResult(first - 1)))
      --first;
    while (last + 1 < rank && joins(map.getResult(last + 1)))
      ++last;
  }
  SmallVector<AffineExpr> exprs;
  SmallVector<Attribute> shape;
  for (unsigned position = 0; position < rank; ++position) {
    AffineExpr expr = map.getResult(position);
    auto dim = dyn_cast<AffineDimExpr>(expr);
    if (partOfRun && position >= first && position <= last) {
      if (position > first)
        continue;
      exprs.push_back(getAffineDimExpr(0, context));
      shape.push_back(joined);
    } else if (dim && dim.getPosition() >= count) {
      exprs.push_back(getAffineDimExpr(dim.getPosition() - count + 1, context));
      shape.push_back(dims[dim.getPosition()]);
    } else {
      exprs.push_back(getAffineConstantExpr(0, context));
      shape.push_back(Builder(context).getI64IntegerAttr(1));
    }
  }
  // A map has no more results than loops: unit dimensions that no loop reads go.
  unsigned loops = dims.size() - count + 1;
  for (size_t i = exprs.size(); exprs.size() > loops && i-- > 0;)
    if (isa<AffineConstantExpr>(exprs[i])) {
      exprs.erase(exprs.begin() + i);
      shape.erase(shape.begin() + i);
    }
  Access access;
  access.map = AffineMap::get(loops, 0, exprs, context);
  if (exprs.size() != rank)
    access.shape = ArrayAttr::get(context, shape);
  return access;
}

/// How many leading loops may be joined at most: the last loop stays, summed loops stay, and a
/// contraction joins rows of one side only.
static unsigned maxRun(IndexedOpInterface op) {
  unsigned count = op.getDims().size();
  if (count > 0)
    --count;
  SmallVector<AffineMap> maps = op.getMaps();
  unsigned run = 0;
  for (; run < count; ++run) {
    if (!maps.back().isFunctionOfDim(run))
      break;
    if (isa<ContractOp>(op)) {
      bool lhs = maps[0].isFunctionOfDim(run), rhs = maps[1].isFunctionOfDim(run);
      if (lhs == rhs || (run > 0 && lhs != maps[0].isFunctionOfDim(0)))
        break;
    }
  }
  return run;
}

/// Whether a reshape of `value` would part `op` from what it is to be computed with: windows are
/// read in place, and a map becomes the epilogue of a contraction whose rows could not be joined.
static bool staysTogether(Operation *op, Value value) {
  if (value.getDefiningOp<WindowsOp>())
    return true;
  auto contract = value.getDefiningOp<ContractOp>();
  return contract && isa<MapOp>(op) && contract.getResultDims(0) == cast<MapOp>(op).getDims() &&
         llvm::all_of(contract->getUsers(), [&](Operation *user) { return user == op; });
}

/// Joins the first `count` loops of `op` when every operand allows it.
static bool flatten(IndexedOpInterface op, unsigned count) {
  if (llvm::any_of(op->getOperands(), [&](Value value) { return staysTogether(op, value); }))
    return false;
  ArrayAttr dims = op.getDims();
  Attribute joined = productOf(dims.getValue().take_front(count));
  if (!joined)
    return false;
  SmallVector<Access> accesses;
  for (AffineMap map : op.getMaps()) {
    std::optional<Access> access = joinLoops(map, dims, count, joined);
    if (!access)
      return false;
    accesses.push_back(*access);
  }
  if (!accesses.back().shape || !accesses.back().map.isFunctionOfDim(0))
    return false;
  SmallVector<IndexOp> indices;
  bool usesRun = false;
  op.getScalarRegion()->walk([&](IndexOp index) {
    usesRun |= index.getDim() < count;
    indices.push_back(index);
  });
  if (usesRun)
    return false;

  OpBuilder builder(op);
  ArrayAttr oldShape = cast<SymbolicShapeInterface>(op.getOperation()).getResultDims(0);
  SmallVector<AffineMap> maps;
  for (auto [operand, access] : llvm::zip(op->getOpOperands(), accesses)) {
    if (access.shape)
      operand.set(reshaped(builder, operand.get(), access.shape));
    maps.push_back(access.map);
  }
  SmallVector<Attribute> newDims{joined};
  llvm::append_range(newDims, dims.getValue().drop_front(count));
  op->setAttr("dims", builder.getArrayAttr(newDims));
  op->setAttr("input_maps", builder.getAffineMapArrayAttr(maps));
  if (!isa<MapOp>(op))
    op->setAttr("out_map", AffineMapAttr::get(accesses.back().map));
  for (IndexOp index : indices)
    index.setDim(index.getDim() - count + 1);
  Value result = op->getResult(0);
  auto oldType = cast<RankedTensorType>(result.getType());
  result.setType(typeFor(accesses.back().shape, oldType.getElementType()));
  builder.setInsertionPointAfter(op);
  auto back = ReshapeOp::create(builder, op->getLoc(), oldType, result, oldShape);
  result.replaceAllUsesExcept(back, back);
  return true;
}

/// norm and softmax: the first `count` dimensions become one.
static bool flattenRows(Operation *op, unsigned count) {
  auto dims = op->getAttrOfType<ArrayAttr>("dims");
  Attribute joined = count >= 2 ? productOf(dims.getValue().take_front(count)) : Attribute();
  if (!joined)
    return false;
  OpBuilder builder(op);
  SmallVector<Attribute> newDims{joined};
  llvm::append_range(newDims, dims.getValue().drop_front(count));
  ArrayAttr shape = builder.getArrayAttr(newDims);
  for (OpOperand &operand : op->getOpOperands())
    if (symbolicShape(operand.get()) == dims) // what is normalised, and its residual
      operand.set(reshaped(builder, operand.get(), shape));
  op->setAttr("dims", shape);
  Value result = op->getResult(0);
  auto oldType = cast<RankedTensorType>(result.getType());
  result.setType(typeFor(shape, oldType.getElementType()));
  builder.setInsertionPointAfter(op);
  auto back = ReshapeOp::create(builder, op->getLoc(), oldType, result, dims);
  result.replaceAllUsesExcept(back, back);
  return true;
}

namespace {
struct FlattenTokens : attune::transformer::impl::FlattenTokensPassBase<FlattenTokens> {
  void runOnOperation() override {
    func::FuncOp func = getOperation();
    if (func.isExternal())
      return;
    for (Operation &op : llvm::make_early_inc_range(func.getBody().front()))
      flattened += visit(&op);
    // Users that stayed as they were read the reshapes; a chain of them is one.
    for (ReshapeOp reshape :
         llvm::make_early_inc_range(func.getBody().front().getOps<ReshapeOp>())) {
      OpBuilder builder(reshape);
      if (reshape.getInput().getDefiningOp<ReshapeOp>() ||
          symbolicShape(reshape.getInput()) == reshape.getDims()) {
        reshape.replaceAllUsesWith(reshaped(builder, reshape.getInput(), reshape.getDims()));
        reshape.erase();
      }
    }
    eraseUnused(func);
  }

private:
  static bool visit(Operation *op) {
    if (auto norm = dyn_cast<NormOp>(op))
      return flattenRows(op, norm.getDims().size() - norm.getAxes());
    if (auto softmax = dyn_cast<SoftmaxOp>(op)) {
      if (!flattenRows(op, softmax.getAxis()))
        return false;
      softmax.setAxis(1);
      return true;
    }
    if (auto indexed = dyn_cast<IndexedOpInterface>(op))
      for (unsigned count = maxRun(indexed); count >= 2; --count)
        if (flatten(indexed, count))
          return true;
    return false;
  }
};
} // namespace
