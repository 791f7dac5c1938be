// The row generator: norms and softmax, a row at a time and in a few passes over it while it is
// in the cache. The row of the result holds what the next pass reads.
#include "Rows.h"

#include "ContractRoles.h"
#include "GeneratedKernels.h"
#include "LoopEmitter.h"
#include "attune/Backend/CPU/Passes.h"
#include "attune/Conversion/KernelBuilder.h"
#include "attune/Support/Diagnostics.h"

#include "mlir/Dialect/Math/IR/Math.h"

namespace attune::cpu {
#define GEN_PASS_DEF_GENERATEROWSPASS
#include "attune/Backend/CPU/Passes.h.inc"
} // namespace attune::cpu

using namespace mlir;
using namespace attune;
using namespace attune::cpu;
using transformer::NormKind;
using transformer::NormOp;
using transformer::SoftmaxOp;

static bool areF32Arguments(Operation *op) {
  return llvm::all_of(op->getOperands(), [](Value operand) {
    return cast<RankedTensorType>(operand.getType()).getElementType().isF32() && bufferOf(operand);
  });
}

bool cpu::hasRowGenerator(NormOp op) { return op.getAxes() == 1 && areF32Arguments(op); }

bool cpu::hasRowGenerator(SoftmaxOp op) {
  int64_t rank = cast<RankedTensorType>(op.getType()).getRank();
  return static_cast<int64_t>(op.getAxis()) == rank - 1 && areF32Arguments(op);
}

namespace {

/// Emits one kernel.
class RowGenerator : LoopEmitter {
public:
  RowGenerator(ImplicitLocOpBuilder &b, func::FuncOp kernel, exec::ScheduleAttr schedule)
      : LoopEmitter(b, schedule.getVector()[0]),
        out(kernel.getArgument(kernel->getAttrOfType<IntegerAttr>(exec::kInputsAttr).getInt())) {}

  LogicalResult run(NormOp op, KernelBuilder &sizes);
  LogicalResult run(SoftmaxOp op, KernelBuilder &sizes);

private:
  /// Vectors that a pass works on at a time, with a sum each: their latencies overlap.
  static constexpr int64_t kAtOnce = 4;

  /// Where a pass stands in the row, and the lanes that exist there; null when all do.
  struct Place {
    Value column, mask;
  };

  LogicalResult openRow(ArrayAttr dims, KernelBuilder &sizes);
  SmallVector<Value> at(Value column) {
    SmallVector<Value> indices(row);
    indices.push_back(column);
    return indices;
  }
  Value load(Value buffer, ArrayRef<Value> indices, Place place, float missing = 0);
  Value read(Value buffer, Place place, float missing = 0) {
    return load(buffer, at(place.column), place, missing);
  }
  /// Of a vector with an element per column.
  Value readColumns(Value buffer, Place place) { return load(buffer, {place.column}, place); }
  void write(Value value, Place place);

  void pass(function_ref<void(Place)> body);
  Value reduce(float start, vector::CombiningKind kind, function_ref<Value(Place, Value)> body);
  Value sum(function_ref<Value(Place)> term);

  Value out;
  SmallVector<Value> row; ///< indices of the current row
  Value length;
};

/// One task per row.
LogicalResult RowGenerator::openRow(ArrayAttr dims, KernelBuilder &sizes) {
  FailureOr<Sizes> extents = sizes.sizes(dims);
  if (failed(extents))
    return failure();
  length = sizes.index(extents->back());
  SmallVector<OpFoldResult> grid(ArrayRef(*extents).drop_back());
  bool single = grid.empty();
  if (single)
    grid.push_back(b.getIndexAttr(1));
  auto forall = scf::ForallOp::create(b, grid, ValueRange(), std::nullopt);
  b.setInsertionPointToStart(forall.getBody());
  if (!single)
    row = SmallVector<Value>(forall.getInductionVars());
  return success();
}

Value RowGenerator::load(Value buffer, ArrayRef<Value> indices, Place place, float missing) {
  if (!place.mask)
    return vector::LoadOp::create(b, floats(), buffer, indices);
  return vector::MaskedLoadOp::create(b, floats(), buffer, indices, place.mask, splat(missing));
}

void RowGenerator::write(Value value, Place place) {
  if (place.mask)
    vector::MaskedStoreOp::create(b, out, at(place.column), place.mask, value);
  else
    vector::StoreOp::create(b, value, out, at(place.column));
}

/// Emits `body` for each vector of the row.
void RowGenerator::pass(function_ref<void(Place)> body) {
  reduce(0, vector::CombiningKind::ADD, [&](Place place, Value before) {
    body(place);
    return before;
  });
}

/// Combines what `body` makes of each vector and of the result so far, then the lanes.
Value RowGenerator::reduce(float start, vector::CombiningKind kind,
                           function_ref<Value(Place, Value)> body) {
  int64_t step = kAtOnce * lanes;
  Value whole = mul(arith::DivUIOp::create(b, length, index(step)), step);
  Values parts =
      loop(zero, whole, step, Values(kAtOnce, splat(start)), [&](Value column, ValueRange before) {
        Values after;
        for (int64_t i = 0; i < kAtOnce; ++i)
          after.push_back(body({add(column, i * lanes), {}}, before[i]));
        return after;
      });
  parts[0] = loop(whole, length, lanes, {parts[0]}, [&](Value column, ValueRange before) {
    Value mask = vector::CreateMaskOp::create(b, VectorType::get({lanes}, b.getI1Type()),
                                              sub(length, column));
    return Values{body({column, mask}, before[0])};
  })[0];
  auto flags = arith::FastMathFlagsAttr::get(b.getContext(), arith::FastMathFlags::reassoc);
  for (int64_t half = kAtOnce / 2; half; half /= 2)
    for (int64_t i = 0; i < half; ++i)
      parts[i] = vector::makeArithReduction(b, b.getLoc(), kind, parts[i], parts[i + half]);
  return vector::ReductionOp::create(b, kind, parts[0], flags.getValue());
}

Value RowGenerator::sum(function_ref<Value(Place)> term) {
  return reduce(0, vector::CombiningKind::ADD, [&](Place place, Value before) -> Value {
    return arith::AddFOp::create(b, before, term(place));
  });
}

LogicalResult RowGenerator::run(NormOp op, KernelBuilder &sizes) {
  if (failed(openRow(op.getDims(), sizes)))
    return failure();
  Value from = bufferOf(op.getInput());
  Value count = arith::SIToFPOp::create(b, b.getF32Type(),
                                        arith::IndexCastOp::create(b, b.getI64Type(), length));
  auto mean = [&](Value total) { return arith::DivFOp::create(b, total, count).getResult(); };
  // The sum with the residual is taken once, by the first pass, and kept in the result's row.
  auto first = [&](Place place) {
    Value x = read(from, place);
    if (!op.getResidual())
      return x;
    x = arith::AddFOp::create(b, x, read(bufferOf(op.getResidual()), place));
    write(x, place);
    return x;
  };
  Value center, squares;
  if (op.getKind() == NormKind::Layer) {
    Value middle = mean(sum(first));
    center = splat(middle);
    Value centered = op.getResidual() ? out : from;
    squares = sum([&](Place place) -> Value {
      Value x = read(centered, place);
      Value delta = arith::SubFOp::create(b, x, center);
      if (place.mask)
        delta = arith::SelectOp::create(b, place.mask, delta, splat(0.0f));
      return arith::MulFOp::create(b, delta, delta);
    });
  } else {
    squares = sum([&](Place place) -> Value {
      Value x = first(place);
      return arith::MulFOp::create(b, x, x);
    });
  }
  Value epsilon = arith::ConstantOp::create(
      b, b.getF32FloatAttr(static_cast<float>(op.getEpsilon().convertToDouble())));
  Value root = math::SqrtOp::create(b, arith::AddFOp::create(b, mean(squares), epsilon));
  Value unit = arith::ConstantOp::create(b, b.getF32FloatAttr(1));
  Value inverse = splat(arith::DivFOp::create(b, unit, root).getResult());
  pass([&](Place place) {
    Value y = read(op.getResidual() ? out : from, place);
    if (center)
      y = arith::SubFOp::create(b, y, center);
    y = arith::MulFOp::create(b, y, inverse);
    if (op.getScale())
      y = arith::MulFOp::create(b, y, readColumns(bufferOf(op.getScale()), place));
    if (op.getShift())
      y = arith::AddFOp::create(b, y, readColumns(bufferOf(op.getShift()), place));
    write(y, place);
  });
  return success();
}

LogicalResult RowGenerator::run(SoftmaxOp op, KernelBuilder &sizes) {
  if (failed(openRow(op.getDims(), sizes)))
    return failure();
  constexpr float low = -std::numeric_limits<float>::infinity();
  Value from = bufferOf(op.getInput());
  // A NaN is no maximum; it comes through the sum.
  Value most = reduce(low, vector::CombiningKind::MAXNUMF, [&](Place place, Value before) -> Value {
    Value x = read(from, place, low);
    Value greater = arith::CmpFOp::create(b, arith::CmpFPredicate::OGT, x, before);
    return arith::SelectOp::create(b, greater, x, before);
  });
  most = splat(most);
  Value total = sum([&](Place place) -> Value {
    Value p = math::ExpOp::create(b, arith::SubFOp::create(b, read(from, place, low), most));
    write(p, place);
    if (place.mask) // behind a row of −∞ there is a NaN, too
      p = arith::SelectOp::create(b, place.mask, p, splat(0.0f));
    return p;
  });
  Value unit = arith::ConstantOp::create(b, b.getF32FloatAttr(1));
  Value inverse = splat(arith::DivFOp::create(b, unit, total).getResult());
  pass([&](Place place) { write(arith::MulFOp::create(b, read(out, place), inverse), place); });
  return success();
}

struct GenerateRowsPass : cpu::impl::GenerateRowsPassBase<GenerateRowsPass> {
  template <typename Op> LogicalResult generateAll() {
    for (auto [kernel, op] : generatedRoots<Op>(getOperation(), kRowGenerator)) {
      exec::ScheduleAttr schedule = scheduleOf(kernel, /*task=*/1, /*vector=*/1);
      if (!hasRowGenerator(op) || !schedule)
        return attune::emitError(op.getLoc(), ErrorCode::Internal,
                                 "the row generator does not take this kernel");
      ImplicitLocOpBuilder b(op.getLoc(), op);
      KernelBuilder sizes(b, op);
      if (failed(RowGenerator(b, kernel, schedule).run(op, sizes)))
        return failure();
      eraseRoot(kernel, op);
      ++numGenerated;
    }
    return success();
  }

  void runOnOperation() override {
    if (failed(generateAll<NormOp>()) || failed(generateAll<SoftmaxOp>()))
      signalPassFailure();
  }
};

} // namespace
