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

struct NormPattern : OpRewritePattern<transformer::NormOp> {
  using OpRewritePattern::OpRewritePattern;

  LogicalResult matchAndRewrite(transformer::NormOp op, PatternRewriter &rewriter) const override {
    KernelBuilder b(rewriter, op);
    FailureOr<Sizes> sizes = b.sizes(op.getDims());
    if (failed(sizes) || !llvm::all_of(op->getOperands(), isFloatTensor))
      return failure();
    unsigned rank = sizes->size(), rows = rank - op.getAxes();
    AffineMap whole = b.getMultiDimIdentityMap(rank);
    AffineMap row = whole.getSliceMap(0, rows), column = whole.getSliceMap(rows, rank - rows);
    AffineMap rowOnly = b.getMultiDimIdentityMap(rows);
    ArrayRef<OpFoldResult> rowSizes = ArrayRef(*sizes).take_front(rows);

    Value x = op.getInput();
    Type type = cast<RankedTensorType>(x.getType()).getElementType();
    Type wide = computeType(b, type);
    Value count = b.constantIndex(1);
    for (OpFoldResult size : ArrayRef(*sizes).drop_front(rows))
      count = b.mul(count, b.index(size));
    count = b.toFloat(count, wide);
    auto zero = [&] { return b.filled(b.getZeroAttr(wide), b.empty(rowSizes, wide)); };

    // The sum with the residual is taken wherever it is read: no row needs a buffer.
    SmallVector<Value> inputs = {x};
    if (op.getResidual())
      inputs.push_back(op.getResidual());
    SmallVector<AffineMap> maps(inputs.size(), whole);
    auto element = [&](ValueRange args) -> Value {
      Value sum = b.convertFloat(args[0], wide);
      if (!op.getResidual())
        return sum;
      return arith::AddFOp::create(b, sum, b.convertFloat(args[1], wide));
    };
    Value mean;
    if (op.getKind() == transformer::NormKind::Layer) {
      SmallVector<AffineMap> sumMaps = maps;
      sumMaps.push_back(row);
      mean = b.generic(inputs, zero(), sumMaps, [&](ValueRange args) {
        return arith::AddFOp::create(b, args.back(), element(args)).getResult();
      });
      mean = b.generic({}, mean, rowOnly, [&](ValueRange args) {
        return arith::DivFOp::create(b, args[0], count).getResult();
      });
    }
    unsigned elements = inputs.size();
    auto centered = [&](ValueRange args) -> Value {
      Value sum = element(args);
      return mean ? arith::SubFOp::create(b, sum, args[elements]) : sum;
    };
    if (mean) {
      inputs.push_back(mean);
      maps.push_back(row);
    }
    SmallVector<AffineMap> squareMaps = maps;
    squareMaps.push_back(row);
    Value inverse = b.generic(inputs, zero(), squareMaps, [&](ValueRange args) {
      Value delta = centered(args);
      Value square = arith::MulFOp::create(b, delta, delta);
      return arith::AddFOp::create(b, args.back(), square).getResult();
    });
    inverse = b.generic({}, inverse, rowOnly, [&](ValueRange args) {
      Value variance = arith::DivFOp::create(b, args[0], count);
      Value epsilon = b.floatConstant(op.getEpsilon().convertToDouble(), wide);
      Value root = math::SqrtOp::create(b, arith::AddFOp::create(b, variance, epsilon));
      return arith::DivFOp::create(b, b.floatConstant(1.0, wide), root).getResult();
    });

    inputs.push_back(inverse);
    maps.push_back(row);
    for (Value operand : {op.getScale(), op.getShift()})
      if (operand) {
        inputs.push_back(operand);
        maps.push_back(column);
      }
    maps.push_back(whole);
    Value result = b.generic(inputs, b.empty(*sizes, type), maps, [&](ValueRange args) {
      unsigned next = elements + (mean ? 1 : 0);
      Value y = centered(args);
      y = arith::MulFOp::create(b, y, args[next++]);
      if (op.getScale())
        y = arith::MulFOp::create(b, y, b.convertFloat(args[next++], wide));
      if (op.getShift())
        y = arith::AddFOp::create(b, y, b.convertFloat(args[next++], wide));
      return b.convertFloat(y, type);
    });
    rewriter.replaceOp(op, result);
    return success();
  }
};

} // namespace

void attune::populateNormalizeToLinalgPatterns(RewritePatternSet &patterns) {
  patterns.add<SoftmaxPattern, NormPattern>(patterns.getContext());
}
