// softmax and norm: row reductions and one last pass into the destination. All generics of a
// kernel have the row loops first, so that a backend can fuse them per row.
#include "PopulatePatterns.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Math/IR/Math.h"

using namespace mlir;
using namespace attune;
using transformer::ReductionKind;

namespace {

bool isFloatTensor(Value tensor) {
  return isa<FloatType>(cast<RankedTensorType>(tensor.getType()).getElementType());
}

/// Sums and quotients of half-precision rows are taken in f32 and rounded once.
Type computeType(KernelBuilder &b, Type type) {
  return type.getIntOrFloatBitWidth() < 32 ? b.getF32Type() : type;
}

struct SoftmaxPattern : OpRewritePattern<transformer::SoftmaxOp> {
  using OpRewritePattern::OpRewritePattern;

  LogicalResult matchAndRewrite(transformer::SoftmaxOp op,
                                PatternRewriter &rewriter) const override {
    KernelBuilder b(rewriter, op);
    FailureOr<Sizes> sizes = b.sizes(op.getDims());
    if (failed(sizes) || !isFloatTensor(op.getInput()))
      return failure();
    // The rows' loops come first, the axis last, wherever it lies in the tensor.
    unsigned rank = sizes->size(), axis = op.getAxis();
    SmallVector<AffineExpr> tensorDims;
    Sizes rowSizes;
    for (unsigned d = 0; d < rank; ++d)
      tensorDims.push_back(b.getAffineDimExpr(d == axis ? rank - 1 : d - (d > axis)));
    for (unsigned d = 0; d < rank; ++d)
      if (d != axis)
        rowSizes.push_back((*sizes)[d]);
    AffineMap whole = AffineMap::get(rank, 0, tensorDims, b.getContext());
    AffineMap row = b.getMultiDimIdentityMap(rank).dropResult(rank - 1);

    Value x = op.getInput();
    Type type = cast<RankedTensorType>(x.getType()).getElementType();
    Type wide = computeType(b, type);
    auto filled = [&](ReductionKind kind) {
      return b.filled(neutralElement(b, kind, wide), b.empty(rowSizes, wide));
    };
    Value max = b.generic(x, filled(ReductionKind::Max), {whole, row}, [&](ValueRange args) {
      return combine(b, ReductionKind::Max, args[1], b.convertFloat(args[0], wide));
    });
    // The exponentials are computed twice: a tensor of them with two readers would be fused
    // twice anyway, and kept as a temporary.
    auto exponential = [&](Value element, Value rowMax) -> Value {
      element = b.convertFloat(element, wide);
      return math::ExpOp::create(b, arith::SubFOp::create(b, element, rowMax));
    };
    Value sum =
        b.generic({x, max}, filled(ReductionKind::Sum), {whole, row, row}, [&](ValueRange args) {
          return arith::AddFOp::create(b, args[2], exponential(args[0], args[1])).getResult();
        });
    Value result = b.generic(
        {x, max, sum}, b.empty(*sizes, type), {whole, row, row, whole}, [&](ValueRange args) {
          Value quotient = arith::DivFOp::create(b, exponential(args[0], args[1]), args[2]);
          return b.convertFloat(quotient, type);
        });
    rewriter.replaceOp(op, result);
    return success();
  }
};

/// What the passes of a norm over its rows read, growing as they give results.
class NormLowering {
public:
  NormLowering(KernelBuilder &b, transformer::NormOp op, Sizes sizes)
      : b(b), op(op), sizes(std::move(sizes)), rank(this->sizes.size()), rows(rank - op.getAxes()),
        whole(b.getMultiDimIdentityMap(rank)), row(whole.getSliceMap(0, rows)),
        column(whole.getSliceMap(rows, rank - rows)),
        type(cast<RankedTensorType>(op.getType()).getElementType()), wide(computeType(b, type)) {
    // The sum with the residual is taken wherever it is read: no row needs a buffer.
    read(op.getInput(), whole);
    if (op.getResidual())
      read(op.getResidual(), whole);
    count = b.constantIndex(1);
    for (OpFoldResult size : ArrayRef(this->sizes).drop_front(rows))
      count = b.mul(count, b.index(size));
    count = b.toFloat(count, wide);
  }

  Value run() {
    if (op.getKind() == transformer::NormKind::Layer) {
      Value sum = rowSum([&](ValueRange args) { return centered(args); });
      meanAt = inputs.size();
      read(eachRow(sum, [&](Value total) { return mean(total); }), row);
    }
    Value squares = rowSum([&](ValueRange args) -> Value {
      Value delta = centered(args);
      return arith::MulFOp::create(b, delta, delta);
    });
    size_t inverseAt = inputs.size();
    read(eachRow(squares,
                 [&](Value total) -> Value {
                   Value epsilon = b.floatConstant(op.getEpsilon().convertToDouble(), wide);
                   Value variance = arith::AddFOp::create(b, mean(total), epsilon);
                   Value root = math::SqrtOp::create(b, variance);
                   return arith::DivFOp::create(b, b.floatConstant(1.0, wide), root);
                 }),
         row);
    for (Value operand : {op.getScale(), op.getShift()})
      if (operand)
        read(operand, column);
    maps.push_back(whole);
    return b.generic(inputs, b.empty(sizes, type), maps, [&](ValueRange args) {
      size_t next = inverseAt;
      Value y = arith::MulFOp::create(b, centered(args), args[next++]);
      if (op.getScale())
        y = arith::MulFOp::create(b, y, b.convertFloat(args[next++], wide));
      if (op.getShift())
        y = arith::AddFOp::create(b, y, b.convertFloat(args[next++], wide));
      return b.convertFloat(y, type);
    });
  }

private:
  void read(Value tensor, AffineMap map) {
    inputs.push_back(tensor);
    maps.push_back(map);
  }
  Value mean(Value total) { return arith::DivFOp::create(b, total, count); }
  /// The element that is normalised, less the mean once it is known.
  Value centered(ValueRange args) {
    Value sum = b.convertFloat(args[0], wide);
    if (op.getResidual())
      sum = arith::AddFOp::create(b, sum, b.convertFloat(args[1], wide));
    return meanAt ? arith::SubFOp::create(b, sum, args[*meanAt]).getResult() : sum;
  }
  Value rowSum(function_ref<Value(ValueRange)> term) {
    SmallVector<AffineMap> all = maps;
    all.push_back(row);
    Value zero = b.filled(b.getZeroAttr(wide), b.empty(ArrayRef(sizes).take_front(rows), wide));
    return b.generic(inputs, zero, all, [&](ValueRange args) {
      return arith::AddFOp::create(b, args.back(), term(args)).getResult();
    });
  }
  Value eachRow(Value values, function_ref<Value(Value)> body) {
    return b.generic({}, values, b.getMultiDimIdentityMap(rows),
                     [&](ValueRange args) { return body(args[0]); });
  }

  KernelBuilder &b;
  transformer::NormOp op;
  Sizes sizes;
  unsigned rank, rows;
  AffineMap whole, row, column;
  Type type, wide;
  Value count;
  SmallVector<Value> inputs;
  SmallVector<AffineMap> maps;
  std::optional<size_t> meanAt;
};

struct NormPattern : OpRewritePattern<transformer::NormOp> {
  using OpRewritePattern::OpRewritePattern;

  LogicalResult matchAndRewrite(transformer::NormOp op, PatternRewriter &rewriter) const override {
    KernelBuilder b(rewriter, op);
    FailureOr<Sizes> sizes = b.sizes(op.getDims());
    if (failed(sizes) || !llvm::all_of(op->getOperands(), isFloatTensor))
      return failure();
    rewriter.replaceOp(op, NormLowering(b, op, *sizes).run());
    return success();
  }
};

} // namespace

void attune::populateNormalizeToLinalgPatterns(RewritePatternSet &patterns) {
  patterns.add<SoftmaxPattern, NormPattern>(patterns.getContext());
}
