// What the attention kernels share.
#include "AttentionEmitter.h"

#include "llvm/Support/MathExtras.h"

using namespace mlir;
using namespace attune;
using namespace attune::cpu;
using namespace attune::transformer;

AttentionEmitter::AttentionEmitter(ImplicitLocOpBuilder &b, func::FuncOp kernel, AttentionOp op,
                                   int64_t lanes, int64_t keyBlock)
    : LoopEmitter(b, lanes), op(op), keyBlock(keyBlock) {
  int64_t inputs = kernel->getAttrOfType<IntegerAttr>(exec::kInputsAttr).getInt();
  out = kernel.getArgument(inputs);
  if (op.getLogsumexp())
    lse = kernel.getArgument(inputs + 1);
  SmallVector<AffineMap> maps = mapsOf(op.getInputMaps());
  unsigned next = 0;
  for (auto [operand, value] :
       {std::pair(&q, op.getQ()), std::pair(&k, op.getK()), std::pair(&v, op.getV()),
        std::pair(&keys, op.getKeys()), std::pair(&bias, op.getBias()),
        std::pair(&maskTensor, op.getMaskTensor()), std::pair(&positions, op.getPositions())})
    if (value)
      *operand = {bufferOf(value), maps[next++]};
  masked = op.getMask().isBand() || keys.buffer || maskTensor.buffer;
  binary = !bias.buffer;
}

LogicalResult AttentionEmitter::readSizes(KernelBuilder &sizes) {
  FailureOr<Sizes> extents = sizes.sizes(op.getDims());
  if (failed(extents))
    return failure();
  for (OpFoldResult size : *extents)
    extent.push_back(sizes.index(size));
  position.assign(extent.size(), zero);
  for (auto [extent, bound] : {std::pair(op.getMask().getLowerExtent(), &lower),
                               std::pair(op.getMask().getUpperExtent(), &upper)}) {
    if (!extent)
      continue;
    FailureOr<Sizes> size = sizes.sizes(b.getArrayAttr({extent}));
    if (failed(size))
      return failure();
    *bound = sizes.index(size->front());
  }
  return success();
}

Value AttentionEmitter::frame(ArrayRef<int64_t> shape) {
  return memref::AllocaOp::create(b, MemRefType::get(shape, b.getF32Type()),
                                  b.getI64IntegerAttr(64));
}

SmallVector<Value> AttentionEmitter::indices(AffineMap map, Moved moved) {
  SmallVector<Value> places(position);
  for (auto [loop, value] : moved)
    places[loop] = value;
  return llvm::map_to_vector(map.getResults(), [&](AffineExpr expr) {
    OperandIndex position = *parseOperandIndex(expr);
    Value sum = position.offset || position.terms.empty() ? index(position.offset) : Value();
    for (const IndexTerm &term : position.terms) {
      Value part = places[term.loop];
      if (term.divisor != 1)
        part = arith::DivUIOp::create(b, part, index(term.divisor));
      if (term.modulus != 0)
        part = arith::RemUIOp::create(b, part, index(term.modulus));
      if (term.stride != 1)
        part = mul(part, term.stride);
      sum = sum ? add(sum, part) : part;
    }
    return sum;
  });
}

Value AttentionEmitter::at(const Operand &operand, Moved moved) {
  return memref::LoadOp::create(b, operand.buffer, indices(operand.map, moved));
}

Value AttentionEmitter::numberAt(const Operand &operand, Moved moved) {
  Value element = at(operand, moved);
  if (element.getType().isF32())
    return element;
  Value nothing = arith::ConstantOp::create(b, b.getZeroAttr(element.getType()));
  Value set = arith::CmpIOp::create(b, arith::CmpIPredicate::ne, element, nothing);
  return arith::UIToFPOp::create(b, b.getF32Type(), set);
}

Value AttentionEmitter::positionOf(Value query) {
  if (!positions.buffer)
    return query;
  Value place = arith::IndexCastOp::create(b, b.getIndexType(), at(positions, {{Query, query}}));
  return max(index(-kFarPosition), min(index(kFarPosition), place));
}

AttentionEmitter::Span AttentionEmitter::spanOf(Value firstQuery, Value behindLastQuery) {
  if (!positions.buffer)
    return {firstQuery, sub(behindLastQuery, one)};
  Values ends = loop(firstQuery, behindLastQuery, 1, {index(kFarPosition), index(-kFarPosition)},
                     [&](Value query, ValueRange carried) {
                       Value place = positionOf(query);
                       return Values{min(carried[0], place), max(carried[1], place)};
                     });
  return {ends[0], ends[1]};
}

Value AttentionEmitter::firstVisibleKey(const Span &queries) {
  if (!lower || !skips)
    return zero;
  Value key = max(zero, add(queries.least, lower));
  return mul(arith::DivUIOp::create(b, key, index(keyBlock)), keyBlock);
}

Value AttentionEmitter::visibleKeys(const Span &queries) {
  if (!upper || !skips)
    return extent[Key];
  return max(zero, min(extent[Key], add(add(queries.largest, 1), upper)));
}

void AttentionEmitter::noteLiveKeys(Value begin, Value count) {
  if (!keys.buffer)
    return;
  Value no = arith::ConstantOp::create(b, b.getBoolAttr(false));
  Value yes = arith::ConstantOp::create(b, b.getBoolAttr(true));
  Values seen = loop(zero, count, 1, {no, yes}, [&](Value j, ValueRange carried) {
    Value element = at(keys, {{Key, add(begin, j)}});
    Value nothing = arith::ConstantOp::create(b, b.getZeroAttr(element.getType()));
    Value live = arith::CmpIOp::create(b, arith::CmpIPredicate::ne, element, nothing);
    return Values{arith::OrIOp::create(b, carried[0], live),
                  arith::AndIOp::create(b, carried[1], live)};
  });
  anyLive = seen[0];
  allLive = seen[1];
}

Value AttentionEmitter::meanOfValues(Value channel) {
  Value none = arith::ConstantOp::create(b, b.getF32FloatAttr(0));
  Value sum = loop(zero, extent[Key], 1, {none}, [&](Value j, ValueRange carried) {
    Value element = at(v, {{Key, j}, {ValueChannel, channel}});
    return Values{arith::AddFOp::create(b, carried[0], element)};
  })[0];
  Value keys = arith::IndexCastOp::create(b, b.getI64Type(), max(extent[Key], one));
  return arith::DivFOp::create(b, sum, arith::SIToFPOp::create(b, b.getF32Type(), keys));
}

float AttentionEmitter::queryFactor() {
  double scale = op.getScale().convertToDouble();
  if (op.getSoftcap())
    return static_cast<float>(scale / op.getSoftcap()->convertToDouble());
  return static_cast<float>(binary ? scale * llvm::numbers::log2e : scale);
}

float AttentionEmitter::fillScore() {
  if (!op.getFill())
    return -std::numeric_limits<float>::infinity();
  double fill = op.getFill()->convertToDouble();
  return static_cast<float>(binary ? fill * llvm::numbers::log2e : fill);
}

Value AttentionEmitter::capped(Value share) {
  double cap = op.getSoftcap()->convertToDouble() * (binary ? llvm::numbers::log2e : 1);
  return arith::MulFOp::create(b, math::TanhOp::create(b, share), splat(static_cast<float>(cap)));
}

Value AttentionEmitter::logSumExp(Value largest, Value sum) {
  if (binary) {
    float ln2 = llvm::numbers::ln2f;
    Value unit = arith::ConstantOp::create(
        b, isa<VectorType>(sum.getType())
               ? TypedAttr(DenseElementsAttr::get(cast<VectorType>(sum.getType()), ln2))
               : b.getF32FloatAttr(ln2));
    largest = arith::MulFOp::create(b, largest, unit);
  }
  return arith::AddFOp::create(b, math::LogOp::create(b, sum), largest);
}
