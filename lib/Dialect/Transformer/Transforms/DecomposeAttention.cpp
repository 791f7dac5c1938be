// Attention as contract, softmax, contract: its plain meaning, for backends without a generator.
#include "LogSumExp.h"
#include "ScalarRegion.h"
#include "attune/Dialect/ONNX/IR/ONNXDialect.h"
#include "attune/Dialect/Transformer/Analysis/ElementExpression.h"
#include "attune/Dialect/Transformer/Analysis/MaskAnalysis.h"
#include "attune/Dialect/Transformer/IR/OperandIndex.h"
#include "attune/Dialect/Transformer/Transforms/Passes.h"

#include "mlir/IR/Builders.h"

#define DEBUG_TYPE "transformer-decompose-attention"

using namespace mlir;

namespace attune::transformer {
#define GEN_PASS_DEF_DECOMPOSEATTENTIONPASS
#include "attune/Dialect/Transformer/Transforms/Passes.h.inc"
} // namespace attune::transformer

using namespace attune;
using namespace attune::transformer;

namespace {
/// Builds the ops that one attention stands for.
class Decomposer {
public:
  explicit Decomposer(AttentionOp op)
      : op(op), builder(op), loc(op.getLoc()),
        type(cast<FloatType>(cast<RankedTensorType>(op.getResult().getType()).getElementType())) {}
  void run();

private:
  /// Tensors that the mask reads, with maps over batch, head, query and key.
  struct MaskInputs {
    SmallVector<Value> tensors;
    SmallVector<AffineMap> maps;
  };

  ArrayAttr dimsOf(ArrayRef<unsigned> loops) {
    SmallVector<Attribute> dims;
    for (unsigned loop : loops)
      dims.push_back(op.getDims()[loop]);
    return builder.getArrayAttr(dims);
  }
  void gatherOperands();
  void gather(OpOperand &operand, AffineMap &map, unsigned position);
  Value indexTensor(const OperandIndex &index, ArrayRef<unsigned> loops);
  AffineMap select(AffineMap map, ArrayRef<unsigned> loops);
  MaskInputs maskInputs();
  Value positionOf(Value element);
  Value live(ValueRange elements);
  Value constant(double value) {
    return arith::ConstantOp::create(builder, loc, builder.getFloatAttr(type, value));
  }
  Value scores(const MaskInputs &mask);
  Value liveRows(const MaskInputs &mask);
  Value clearDeadRows(Value probabilities, const MaskInputs &mask);

  AttentionOp op;
  OpBuilder builder;
  Location loc;
  FloatType type;
  AffineMap biasMap;
};
} // namespace

/// Whether contract, map and reduce read a dimension of `size` by this index too: all of it by one
/// loop, or its only element.
static bool isPlain(const OperandIndex &index, int64_t size, ArrayAttr dims) {
  if (std::optional<unsigned> loop = index.plainLoop()) {
    auto extent = dyn_cast<IntegerAttr>(dims[*loop]);
    return !extent || extent.getInt() == size;
  }
  return index.terms.empty() && index.offset == 0 && size == 1;
}

/// The values of an index over its loops, as an integer tensor.
Value Decomposer::indexTensor(const OperandIndex &index, ArrayRef<unsigned> loops) {
  ArrayAttr dims = dimsOf(loops);
  IntegerType integer = builder.getI64Type();
  auto map = MapOp::create(builder, loc, typeFor(dims, integer), ValueRange(), dims,
                           builder.getAffineMapArrayAttr({}));
  OpBuilder::InsertionGuard guard(builder);
  builder.createBlock(&map.getBody());
  auto number = [&](int64_t value) {
    return arith::ConstantIndexOp::create(builder, loc, value).getResult();
  };
  Value sum = number(index.offset);
  for (const IndexTerm &term : index.terms) {
    Value part = IndexOp::create(builder, loc, builder.getIndexType(),
                                 llvm::find(loops, term.loop) - loops.begin());
    if (term.divisor != 1)
      part = arith::DivUIOp::create(builder, loc, part, number(term.divisor));
    if (term.modulus != 0)
      part = arith::RemUIOp::create(builder, loc, part, number(term.modulus));
    part = arith::MulIOp::create(builder, loc, part, number(term.stride));
    sum = arith::AddIOp::create(builder, loc, sum, part);
  }
  sum = arith::IndexCastOp::create(builder, loc, integer, sum);
  YieldOp::create(builder, loc, sum);
  return map.getResult();
}

/// k[b, j, 8 · (h floordiv 2) + d]   becomes   Gather(k)[b, j, h, d]
void Decomposer::gather(OpOperand &operand, AffineMap &map, unsigned position) {
  OperandIndex index = *parseOperandIndex(map.getResult(position));
  SmallVector<unsigned> loops;
  for (const IndexTerm &term : index.terms)
    if (!llvm::is_contained(loops, term.loop))
      loops.push_back(term.loop);
  auto type = cast<RankedTensorType>(operand.get().getType());
  SmallVector<Attribute> shape;
  for (auto [expr, size] : llvm::zip(map.getResults(), type.getShape())) {
    std::optional<unsigned> loop = parseOperandIndex(expr)->plainLoop();
    shape.push_back(ShapedType::isDynamic(size) ? op.getDims()[*loop]
                                                : builder.getI64IntegerAttr(size));
  }
  SmallVector<AffineExpr> exprs(map.getResults());
  shape.erase(shape.begin() + position);
  exprs.erase(exprs.begin() + position);
  for (auto [place, loop] : llvm::enumerate(loops)) {
    shape.insert(shape.begin() + position + place, op.getDims()[loop]);
    exprs.insert(exprs.begin() + position + place, builder.getAffineDimExpr(loop));
  }
  ArrayAttr dims = builder.getArrayAttr(shape);
  auto axis = builder.getNamedAttr("axis", builder.getI64IntegerAttr(position));
  constexpr int64_t opset = 18;
  auto node = onnx::NodeOp::create(
      builder, loc, TypeRange{typeFor(dims, type.getElementType())},
      builder.getStringAttr("Gather"), builder.getStringAttr(""), builder.getI64IntegerAttr(opset),
      builder.getDictionaryAttr({axis}), builder.getArrayAttr({dims}),
      ValueRange{operand.get(), indexTensor(index, loops)}, /*subgraphsCount=*/0);
  operand.set(node.getResult(0));
  map = AffineMap::get(map.getNumDims(), 0, exprs, builder.getContext());
}

/// Gives every operand one loop per dimension: what is read by any other index is gathered.
void Decomposer::gatherOperands() {
  SmallVector<AffineMap> maps = mapsOf(op.getInputMaps());
  for (auto [operand, map] : llvm::zip(op->getOpOperands(), maps))
    for (unsigned position = map.getNumResults(); position-- > 0;) {
      int64_t size = cast<RankedTensorType>(operand.get().getType()).getDimSize(position);
      // A map has no more results than loops: of many dimensions, those of one element go too.
      bool tooMany = map.getNumResults() > 4 && isa<AffineConstantExpr>(map.getResult(position));
      if (tooMany || !isPlain(*parseOperandIndex(map.getResult(position)), size, op.getDims()))
        gather(operand, map, position);
    }
  op.setInputMapsAttr(builder.getAffineMapArrayAttr(maps));
}

/// `map` over the six loops as a map over `loops` only; it depends on no other.
AffineMap Decomposer::select(AffineMap map, ArrayRef<unsigned> loops) {
  MLIRContext *context = builder.getContext();
  SmallVector<AffineExpr> dims(6, getAffineConstantExpr(0, context));
  for (auto [position, loop] : llvm::enumerate(loops))
    dims[loop] = getAffineDimExpr(position, context);
  return map.replaceDimsAndSymbols(dims, {}, loops.size(), 0);
}

static constexpr unsigned kRowLoops[] = {Batch, Head, Query};
static constexpr unsigned kScoreLoops[] = {Batch, Head, Query, Key};
static constexpr unsigned kProductLoops[] = {Batch, Head, Query, Key, KeyChannel};
static constexpr unsigned kValueLoops[] = {Batch, Head, Query, Key, ValueChannel};

Decomposer::MaskInputs Decomposer::maskInputs() {
  MaskInputs inputs;
  SmallVector<AffineMap> maps = mapsOf(op.getInputMaps());
  unsigned next = 3;
  if (op.getKeys()) {
    inputs.tensors.push_back(op.getKeys());
    inputs.maps.push_back(select(maps[next++], kScoreLoops));
  }
  if (op.getBias())
    biasMap = select(maps[next++], kScoreLoops);
  if (op.getMaskTensor()) {
    inputs.tensors.push_back(op.getMaskTensor());
    inputs.maps.push_back(select(maps[next++], kScoreLoops));
  }
  if (op.getPositions()) {
    inputs.tensors.push_back(op.getPositions());
    inputs.maps.push_back(select(maps[next++], kScoreLoops));
  }
  for (Attribute bound : {op.getMask().getLowerExtent(), op.getMask().getUpperExtent()}) {
    if (!isa_and_nonnull<StringAttr>(bound))
      continue;
    // A symbolic bound is data: one element, read at zero.
    auto shape = RankedTensorType::get({1}, builder.getI64Type());
    inputs.tensors.push_back(ShapeOp::create(builder, loc, shape, builder.getArrayAttr({bound})));
    inputs.maps.push_back(AffineMap::get(4, 0, builder.getAffineConstantExpr(0)));
  }
  return inputs;
}

/// A position as an index, no further than where sums with bounds stay in 64 bits.
Value Decomposer::positionOf(Value element) {
  Type index = builder.getIndexType();
  Value place = arith::IndexCastOp::create(builder, loc, index, element);
  Value far = arith::ConstantIndexOp::create(builder, loc, kFarPosition);
  Value farBelow = arith::ConstantIndexOp::create(builder, loc, -kFarPosition);
  place = arith::MinSIOp::create(builder, loc, place, far);
  return arith::MaxSIOp::create(builder, loc, place, farBelow);
}

/// Inside a region over batch, head, query, key: whether the key is live. `elements` are those of
/// the mask's inputs, in their order.
Value Decomposer::live(ValueRange elements) {
  Value all;
  auto conjoin = [&](Value term) {
    all = all ? arith::AndIOp::create(builder, loc, all, term).getResult() : term;
  };
  auto isSet = [&](Value element) -> Value {
    if (element.getType().isInteger(1))
      return element;
    Value zero = arith::ConstantOp::create(builder, loc, builder.getZeroAttr(element.getType()));
    return arith::CmpIOp::create(builder, loc, arith::CmpIPredicate::ne, element, zero);
  };
  unsigned next = 0;
  if (op.getKeys())
    conjoin(isSet(elements[next++]));
  if (op.getMaskTensor())
    conjoin(isSet(elements[next++]));
  if (op.getMask().isBand()) {
    Value query = op.getPositions()
                      ? positionOf(elements[next++])
                      : IndexOp::create(builder, loc, builder.getIndexType(), Query).getResult();
    Value key = IndexOp::create(builder, loc, builder.getIndexType(), Key);
    for (auto [bound, predicate] :
         {std::pair(op.getMask().getLowerExtent(), arith::CmpIPredicate::sge),
          std::pair(op.getMask().getUpperExtent(), arith::CmpIPredicate::sle)}) {
      if (!bound)
        continue;
      auto number = dyn_cast<IntegerAttr>(bound);
      Value offset;
      if (!number)
        offset = arith::IndexCastOp::create(builder, loc, builder.getIndexType(), elements[next++]);
      else if (number.getInt() != 0)
        offset = arith::ConstantIndexOp::create(builder, loc, number.getInt());
      Value limit = offset ? arith::AddIOp::create(builder, loc, query, offset).getResult() : query;
      conjoin(arith::CmpIOp::create(builder, loc, predicate, key, limit));
    }
  }
  return all;
}

/// [batch, head, query]: one where the row has a live key, else zero.
Value Decomposer::liveRows(const MaskInputs &mask) {
  auto reduce =
      ReduceOp::create(builder, loc, typeFor(dimsOf(kRowLoops), type), ReductionKind::Max,
                       mask.tensors, dimsOf(kScoreLoops), builder.getAffineMapArrayAttr(mask.maps),
                       builder.getMultiDimIdentityMap(4).getMajorSubMap(3));
  OpBuilder::InsertionGuard guard(builder);
  Block *block = builder.createBlock(&reduce.getBody());
  for (Value tensor : mask.tensors)
    block->addArgument(cast<RankedTensorType>(tensor.getType()).getElementType(), loc);
  Value one = constant(1), zero = constant(0);
  Value value = arith::SelectOp::create(builder, loc, live(block->getArguments()), one, zero);
  YieldOp::create(builder, loc, value);
  return reduce.getResult();
}

/// cap(scale · q·k) + bias, with masked scores replaced.
Value Decomposer::scores(const MaskInputs &mask) {
  bool masked = !mask.tensors.empty() || op.getMask().isBand();
  bool mean = op.getDeadRows() == DeadRows::Mean;
  SmallVector<Value> extra(mask.tensors);
  SmallVector<AffineMap> extraMaps(mask.maps);
  if (op.getBias()) {
    extra.push_back(op.getBias());
    extraMaps.push_back(biasMap);
  }
  // Without a bias live scores are finite, and the lowest value loses against each of them. A
  // bias may be −inf: then a row is asked whether it has a live key.
  bool askRows = masked && mean && op.getBias() && !op.getFill();
  if (askRows) {
    Value rows = liveRows(mask);
    extra.push_back(rows);
    extraMaps.push_back(builder.getMultiDimIdentityMap(4).getMajorSubMap(3));
  }

  SmallVector<AffineMap> operandMaps = mapsOf(op.getInputMaps());
  SmallVector<AffineMap> maps{select(operandMaps[0], kProductLoops),
                              select(operandMaps[1], kProductLoops)};
  // The product's first four loops are the score's.
  AffineMap out = AffineMap::getMultiDimIdentityMap(5, builder.getContext()).getMajorSubMap(4);
  for (AffineMap map : extraMaps)
    maps.push_back(map.compose(out));
  ArrayAttr shape = dimsOf(kScoreLoops);
  auto contract =
      ContractOp::create(builder, loc, typeFor(shape, type), op.getQ(), op.getK(), extra,
                         dimsOf(kProductLoops), builder.getAffineMapArrayAttr(maps), out);
  OpBuilder::InsertionGuard guard(builder);
  Block *block = builder.createBlock(&contract.getBody());
  Value score = block->addArgument(type, loc);
  for (Value tensor : extra)
    block->addArgument(cast<RankedTensorType>(tensor.getType()).getElementType(), loc);
  auto elements = block->getArguments().drop_front();
  if (op.getScale().convertToDouble() != 1)
    score = arith::MulFOp::create(builder, loc, score, constant(op.getScale().convertToDouble()));
  if (op.getSoftcap()) {
    Value cap = constant(op.getSoftcap()->convertToDouble());
    Value share = arith::DivFOp::create(builder, loc, score, cap);
    score = arith::MulFOp::create(builder, loc, math::TanhOp::create(builder, loc, share), cap);
  }
  size_t next = mask.tensors.size();
  Value bias = op.getBias() ? elements[next++] : Value();
  if (bias && !op.getFillWithBias())
    score = arith::AddFOp::create(builder, loc, score, bias);
  if (masked) {
    const llvm::fltSemantics &format = type.getFloatSemantics();
    APFloat fill = mean && !askRows ? APFloat::getLargest(format, /*Negative=*/true)
                                    : APFloat::getInf(format, /*Negative=*/true);
    Value dead =
        op.getFill()
            ? constant(op.getFill()->convertToDouble())
            : arith::ConstantOp::create(builder, loc, FloatAttr::get(type, fill)).getResult();
    if (askRows) {
      Value zero = constant(0);
      Value isLive =
          arith::CmpFOp::create(builder, loc, arith::CmpFPredicate::UNE, elements[next++], zero);
      dead = arith::SelectOp::create(builder, loc, isLive, dead, zero);
    }
    score = arith::SelectOp::create(builder, loc, live(elements.take_front(mask.tensors.size())),
                                    score, dead);
  }
  if (op.getFillWithBias())
    score = arith::AddFOp::create(builder, loc, score, bias);
  YieldOp::create(builder, loc, score);
  return contract.getResult();
}

/// Every probability of a row without a live key is dead, and NaN: dead ones become zero.
Value Decomposer::clearDeadRows(Value probabilities, const MaskInputs &mask) {
  SmallVector<Value> inputs{probabilities};
  SmallVector<AffineMap> maps{AffineMap::getMultiDimIdentityMap(4, builder.getContext())};
  inputs.append(mask.tensors);
  maps.append(mask.maps);
  auto map = MapOp::create(builder, loc, probabilities.getType(), inputs, dimsOf(kScoreLoops),
                           builder.getAffineMapArrayAttr(maps));
  OpBuilder::InsertionGuard guard(builder);
  Block *block = builder.createBlock(&map.getBody());
  for (Value tensor : inputs)
    block->addArgument(cast<RankedTensorType>(tensor.getType()).getElementType(), loc);
  Value isLive = live(block->getArguments().drop_front());
  Value value = arith::SelectOp::create(builder, loc, isLive, block->getArgument(0), constant(0));
  YieldOp::create(builder, loc, value);
  return map.getResult();
}

void Decomposer::run() {
  gatherOperands();
  MaskInputs mask = maskInputs();
  bool masked = !mask.tensors.empty() || op.getMask().isBand();
  Value score = scores(mask);
  Value probabilities =
      SoftmaxOp::create(builder, loc, score, /*axis=*/3, dimsOf(kScoreLoops)).getResult();
  if (masked && op.getDeadRows() == DeadRows::Zero)
    probabilities = clearDeadRows(probabilities, mask);
  AffineMap p = AffineMap::getMultiDimIdentityMap(5, builder.getContext()).getMajorSubMap(4);
  SmallVector<AffineMap> maps{p, select(mapsOf(op.getInputMaps())[2], kValueLoops)};
  auto contract =
      ContractOp::create(builder, loc, op.getResult().getType(), probabilities, op.getV(),
                         ValueRange(), dimsOf(kValueLoops), builder.getAffineMapArrayAttr(maps),
                         select(op.getOutMap(), kValueLoops));
  OpBuilder::InsertionGuard guard(builder);
  Block *block = builder.createBlock(&contract.getBody());
  Value acc = block->addArgument(type, loc);
  YieldOp::create(builder, loc, acc);
  op.getResult().replaceAllUsesWith(contract.getResult());
  builder.setInsertionPoint(op);
  if (op.getLogsumexp()) // a dead score may be a finite number
    op.getLogsumexp().replaceAllUsesWith(
        logSumExp(builder, op, score, masked && !op.getFill() ? liveRows(mask) : Value()));
  op.erase();
}

namespace {
struct DecomposeAttention
    : attune::transformer::impl::DecomposeAttentionPassBase<DecomposeAttention> {
  using DecomposeAttentionPassBase::DecomposeAttentionPassBase;
  explicit DecomposeAttention(HasGenerator hasGenerator) : hasGenerator(std::move(hasGenerator)) {}

  void runOnOperation() override {
    getOperation().walk([&](AttentionOp op) {
      if (hasGenerator && hasGenerator(op))
        return;
      Decomposer(op).run();
      ++decomposed;
    });
  }

  HasGenerator hasGenerator;
};
} // namespace

std::unique_ptr<Pass> attune::transformer::createDecomposeAttentionPass(HasGenerator hasGenerator) {
  return std::make_unique<DecomposeAttention>(std::move(hasGenerator));
}
