// map, reduce and contract: each is one generic over its own loop nest, with constants
// folded into the body and unit dimensions sliced away or looped over once, so that maps are
// projected permutations as linalg's transforms want them.
#include "PopulatePatterns.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"

using namespace mlir;
using namespace attune;

namespace {

Type elementTypeOf(Value tensor) {
  return cast<RankedTensorType>(tensor.getType()).getElementType();
}

/// `map` without its constant results, and which results those are. What is no loop alone, as in
/// windows, reads a dimension of `own` extent.
struct UnitDims {
  AffineMap map;
  SmallVector<bool> isUnit;
  Sizes sizes;

  UnitDims(KernelBuilder &b, AffineMap from, ArrayRef<OpFoldResult> loops,
           ArrayRef<OpFoldResult> own = {}) {
    SmallVector<AffineExpr> kept;
    for (auto [at, expr] : llvm::enumerate(from.getResults())) {
      auto dim = dyn_cast<AffineDimExpr>(expr);
      isUnit.push_back(isa<AffineConstantExpr>(expr));
      if (isUnit.back()) {
        sizes.push_back(b.getIndexAttr(1));
        continue;
      }
      sizes.push_back(dim && own.empty() ? loops[dim.getPosition()] : own[at]);
      kept.push_back(expr);
    }
    map = AffineMap::get(from.getNumDims(), 0, kept, b.getContext());
  }

  bool any() const { return llvm::is_contained(isUnit, true); }

  Value sliced(KernelBuilder &b, Value tensor) const {
    SmallVector<OpFoldResult> zeros(sizes.size(), b.getIndexAttr(0));
    return any() ? b.slice(tensor, zeros, sizes, {}, isUnit) : tensor;
  }
};

/// The operands of a generic. Those whose value is one constant are scalars of the body; windows
/// are read in place: through a map, or with a border, by code in the body.
struct Inputs {
  SmallVector<Value> scalars; ///< per operand; null for tensors and borders
  SmallVector<std::pair<transformer::WindowsOp, AffineMap>> borders; ///< per operand; null for most
  SmallVector<Value> tensors;
  SmallVector<AffineMap> maps; ///< per tensor

  LogicalResult add(KernelBuilder &b, Value operand, AffineMap map, ArrayRef<OpFoldResult> loops) {
    auto windows = operand.getDefiningOp<transformer::WindowsOp>();
    borders.push_back({windows && windows.getLow() ? windows : transformer::WindowsOp(), map});
    if (borders.back().first) {
      // What the body will ask for is there.
      scalars.push_back({});
      return success(succeeded(b.operandSizes(windows.getInput())) &&
                     succeeded(b.sizes(*windows.getLow())));
    }
    Sizes own;
    if (windows) {
      operand = windows.getInput();
      map = windows.getMap().compose(map);
      FailureOr<Sizes> sizes = b.operandSizes(operand);
      if (failed(sizes))
        return failure();
      own = *sizes;
    }
    scalars.push_back(b.uniformValue(operand));
    if (scalars.back())
      return success();
    UnitDims units(b, map, loops, own);
    tensors.push_back(units.sliced(b, operand));
    maps.push_back(units.map);
    return success();
  }

  /// linalg takes the extent of a reduced loop from an operand: where none has it, from a
  /// tensor that is never read.
  void coverReducedLoops(KernelBuilder &b, ArrayRef<OpFoldResult> loops, AffineMap out) {
    for (auto [d, size] : llvm::enumerate(loops)) {
      // A sum of loops says nothing of the extent of one.
      auto names = [expr = b.getAffineDimExpr(d)](AffineMap map) {
        return llvm::is_contained(map.getResults(), expr);
      };
      if (names(out) || llvm::any_of(maps, names))
        continue;
      tensors.push_back(b.empty(size, b.getI8Type()));
      maps.push_back(AffineMap::get(loops.size(), 0, b.getAffineDimExpr(d)));
    }
  }

  /// The region's arguments from those of the generic's body, at the body's place.
  SmallVector<Value> regionArgs(KernelBuilder &b, ValueRange elements) const {
    SmallVector<Value> args;
    unsigned next = 0;
    for (auto [scalar, border] : llvm::zip_equal(scalars, borders)) {
      if (border.first)
        args.push_back(readBorder(b, border.first, border.second));
      else
        args.push_back(scalar ? scalar : elements[next++]);
    }
    return args;
  }

private:
  /// Null after an error.
  static Value readBorder(KernelBuilder &b, transformer::WindowsOp windows, AffineMap access) {
    SmallVector<Value> loops;
    for (AffineExpr expr : access.getResults()) {
      auto dim = dyn_cast<AffineDimExpr>(expr);
      loops.push_back(dim ? linalg::IndexOp::create(b, dim.getPosition()).getResult()
                          : b.constantIndex(0));
    }
    return readWindow(b, windows, loops).value_or(Value());
  }
};

/// The loops of a generic: those of the op, and a loop of one iteration for each constant in
/// the result's map, so that the result is indexed by loops alone.
struct Nest {
  Sizes loops;
  AffineMap out;

  Nest(KernelBuilder &b, const Sizes &opLoops, AffineMap outMap) : loops(opLoops) {
    SmallVector<AffineExpr> exprs;
    for (AffineExpr expr : outMap.getResults()) {
      if (isa<AffineDimExpr>(expr)) {
        exprs.push_back(expr);
        continue;
      }
      exprs.push_back(b.getAffineDimExpr(loops.size()));
      loops.push_back(b.getIndexAttr(1));
    }
    out = AffineMap::get(loops.size(), 0, exprs, b.getContext());
  }

  AffineMap widened(AffineMap map) const {
    return AffineMap::get(loops.size(), 0, map.getResults(), map.getContext());
  }
  Sizes resultSizes() const {
    return llvm::map_to_vector(out.getResults(), [&](AffineExpr expr) {
      return loops[cast<AffineDimExpr>(expr).getPosition()];
    });
  }
};

struct MapPattern : OpRewritePattern<transformer::MapOp> {
  using OpRewritePattern::OpRewritePattern;

  LogicalResult matchAndRewrite(transformer::MapOp op, PatternRewriter &rewriter) const override {
    KernelBuilder b(rewriter, op);
    FailureOr<Sizes> loops = b.sizes(op.getDims());
    if (failed(loops))
      return failure();
    Inputs inputs;
    SmallVector<AffineMap> maps = op.getMaps();
    for (auto [operand, map] : llvm::zip(op.getInputs(), maps))
      if (failed(inputs.add(b, operand, map, *loops)))
        return failure();
    Value init = b.empty(*loops, elementTypeOf(op.getResult()));
    inputs.maps.push_back(b.getMultiDimIdentityMap(loops->size()));
    Value result = b.generic(inputs.tensors, init, inputs.maps, [&](ValueRange args) {
      return inlineScalarRegion(b, op.getBody(), inputs.regionArgs(b, args), [&](int64_t dim) {
        return linalg::IndexOp::create(b, dim).getResult();
      });
    });
    replaceResult(rewriter, b, op, result);
    return success();
  }
};

struct ReducePattern : OpRewritePattern<transformer::ReduceOp> {
  using OpRewritePattern::OpRewritePattern;

  LogicalResult matchAndRewrite(transformer::ReduceOp op,
                                PatternRewriter &rewriter) const override {
    KernelBuilder b(rewriter, op);
    FailureOr<Sizes> loops = b.sizes(op.getDims());
    if (failed(loops))
      return failure();
    SmallVector<AffineMap> maps = op.getMaps();
    Nest nest(b, *loops, maps.back());
    Inputs inputs;
    for (auto [operand, map] : llvm::zip(op.getInputs(), maps))
      if (failed(inputs.add(b, operand, nest.widened(map), nest.loops)))
        return failure();
    inputs.coverReducedLoops(b, nest.loops, nest.out);
    inputs.maps.push_back(nest.out);

    Type type = elementTypeOf(op.getResult());
    if (!isa<IntegerType, FloatType>(type))
      return failure();
    Value init = b.filled(neutralElement(b, op.getKind(), type), b.empty(nest.resultSizes(), type));
    Value result = b.generic(inputs.tensors, init, inputs.maps, [&](ValueRange args) {
      Value element =
          inlineScalarRegion(b, op.getBody(), inputs.regionArgs(b, args), [&](int64_t dim) {
            return linalg::IndexOp::create(b, dim).getResult();
          });
      return combine(b, op.getKind(), args.back(), element);
    });
    replaceResult(rewriter, b, op, result);
    return success();
  }
};

/// Whether `tensor`'s elements can be factors of a product of type `type`.
bool isFactorOf(Value tensor, Type type) {
  Type factor = elementTypeOf(tensor);
  if (isa<FloatType>(type))
    return isa<FloatType>(factor);
  return isa<IntegerType>(type) && isa<IntegerType>(factor) &&
         factor.getIntOrFloatBitWidth() <= type.getIntOrFloatBitWidth();
}

/// A factor of a product in the accumulator's type.
Value widen(KernelBuilder &b, Value value, Type type) {
  if (isa<FloatType>(type))
    return b.convertFloat(value, type);
  if (value.getType() == type)
    return value;
  if (value.getType().isInteger(1))
    return arith::ExtUIOp::create(b, type, value);
  return arith::ExtSIOp::create(b, type, value);
}

struct ContractPattern : OpRewritePattern<transformer::ContractOp> {
  using OpRewritePattern::OpRewritePattern;

  LogicalResult matchAndRewrite(transformer::ContractOp op,
                                PatternRewriter &rewriter) const override {
    KernelBuilder b(rewriter, op);
    FailureOr<Sizes> loops = b.sizes(op.getDims());
    if (failed(loops))
      return failure();
    SmallVector<AffineMap> maps = op.getMaps();
    Nest nest(b, *loops, maps.back());
    Inputs factors;
    if (failed(factors.add(b, op.getLhs(), nest.widened(maps[0]), nest.loops)) ||
        failed(factors.add(b, op.getRhs(), nest.widened(maps[1]), nest.loops)))
      return failure();
    factors.coverReducedLoops(b, nest.loops, nest.out);
    factors.maps.push_back(nest.out);

    Type type = op.getBody().getArgument(0).getType();
    if (!isFactorOf(op.getLhs(), type) || !isFactorOf(op.getRhs(), type))
      return failure();
    Value init = b.filled(b.getZeroAttr(type), b.empty(nest.resultSizes(), type));
    Value acc = b.generic(factors.tensors, init, factors.maps, [&](ValueRange args) -> Value {
      SmallVector<Value> factor = factors.regionArgs(b, args);
      Value lhs = widen(b, factor[0], type);
      Value rhs = widen(b, factor[1], type);
      if (!isa<FloatType>(type))
        return arith::AddIOp::create(b, args.back(), arith::MulIOp::create(b, lhs, rhs));
      return arith::AddFOp::create(b, args.back(), arith::MulFOp::create(b, lhs, rhs));
    });
    if (!yieldsAccumulator(op))
      acc = epilogue(b, op, nest, acc);
    replaceResult(rewriter, b, op, acc);
    return success();
  }

private:
  static bool yieldsAccumulator(transformer::ContractOp op) {
    Block &body = op.getBody().front();
    return body.getTerminator()->getOperand(0) == body.getArgument(0);
  }

  /// The region over the result's own loops, in place on the accumulator.
  static Value epilogue(KernelBuilder &b, transformer::ContractOp op, const Nest &nest, Value acc) {
    // Loop d of the contraction is loop position[d] of the epilogue.
    SmallVector<AffineExpr> position(nest.loops.size(), b.getAffineConstantExpr(0));
    for (auto [i, expr] : llvm::enumerate(nest.out.getResults()))
      position[cast<AffineDimExpr>(expr).getPosition()] = b.getAffineDimExpr(i);
    Sizes loops = nest.resultSizes();
    Inputs inputs;
    SmallVector<AffineMap> maps = op.getMaps();
    for (auto [operand, map] : llvm::zip(op.getExtra(), ArrayRef(maps).drop_front(2)))
      // Extra operands are no windows: nothing can fail.
      (void)inputs.add(b, operand,
                       nest.widened(map).replaceDimsAndSymbols(position, {}, loops.size(), 0),
                       loops);
    inputs.maps.push_back(b.getMultiDimIdentityMap(loops.size()));
    return b.generic(inputs.tensors, acc, inputs.maps, [&](ValueRange args) {
      SmallVector<Value> regionArgs = {args.back()};
      regionArgs.append(inputs.regionArgs(b, args));
      return inlineScalarRegion(b, op.getBody(), regionArgs, [&](int64_t dim) -> Value {
        if (auto expr = dyn_cast<AffineDimExpr>(position[dim]))
          return linalg::IndexOp::create(b, expr.getPosition());
        return b.constantIndex(0);
      });
    });
  }
};

} // namespace

void attune::populateIndexedToLinalgPatterns(RewritePatternSet &patterns) {
  patterns.add<MapPattern, ReducePattern, ContractPattern>(patterns.getContext());
}
