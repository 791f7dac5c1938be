// Extents, slices and generics of one kernel.
#include "attune/Conversion/KernelBuilder.h"

#include "attune/Conversion/TransformerToLinalg.h"
#include "attune/Dialect/Exec/IR/ExecDialect.h"
#include "attune/Dialect/ONNX/IR/ONNXDialect.h"
#include "attune/Dialect/Transformer/IR/TransformerDialect.h"
#include "attune/Support/Diagnostics.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Arith/Utils/Utils.h"
#include "mlir/Dialect/Bufferization/IR/Bufferization.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/IR/Matchers.h"

using namespace mlir;
using namespace attune;

Value attune::sizeOf(OpBuilder &builder, Location loc, FunctionOpInterface kernel, Attribute dim) {
  if (auto integer = dyn_cast<IntegerAttr>(dim))
    return arith::ConstantIndexOp::create(builder, loc, integer.getInt());
  auto words = kernel->getAttrOfType<ArrayAttr>(exec::kWordsAttr);
  unsigned count = words ? words.size() : 0;
  unsigned first = kernel.getNumArguments() - count;
  for (unsigned i = 0; i < count; ++i)
    if (words[i] == dim)
      return kernel.getArgument(first + i);
  attune::emitError(
      loc, ErrorCode::Internal,
      "the kernel has no word for the extent " +
          (isa<StringAttr>(dim) ? cast<StringAttr>(dim).str() : std::string("of unknown kind")));
  return {};
}

KernelBuilder::KernelBuilder(OpBuilder &builder, Operation *op)
    : ImplicitLocOpBuilder(op->getLoc(), builder), op(op) {}

FailureOr<Sizes> KernelBuilder::sizes(ArrayAttr dims) {
  auto kernel = op->getParentOfType<FunctionOpInterface>();
  Sizes result;
  for (Attribute dim : dims) {
    if (auto integer = dyn_cast<IntegerAttr>(dim)) {
      result.push_back(getIndexAttr(integer.getInt()));
      continue;
    }
    Value size = sizeOf(*this, getLoc(), kernel, dim);
    if (!size)
      return failure();
    result.push_back(size);
  }
  return result;
}

ArrayAttr KernelBuilder::operandDims(Value operand) {
  auto type = cast<RankedTensorType>(operand.getType());
  if (type.hasStaticShape())
    return getI64ArrayAttr(type.getShape());
  auto view = operand.getDefiningOp<bufferization::ToTensorOp>();
  if (!view)
    return transformer::symbolicShape(operand);
  auto argument = dyn_cast<BlockArgument>(view.getBuffer());
  auto kernel = op->getParentOfType<FunctionOpInterface>();
  if (!argument || argument.getOwner() != &kernel.getFunctionBody().front())
    return {};
  return kernel.getArgAttrOfType<ArrayAttr>(argument.getArgNumber(), onnx::kDimsAttr);
}

FailureOr<Sizes> KernelBuilder::operandSizes(Value operand) {
  auto type = cast<RankedTensorType>(operand.getType());
  ArrayAttr dims = operandDims(operand);
  if (!dims || static_cast<int64_t>(dims.size()) != type.getRank())
    return attune::emitError(getLoc(), ErrorCode::Internal,
                             "the kernel does not say the extents of an operand"),
           failure();
  return sizes(dims);
}

Value KernelBuilder::element(Value tensor, int64_t i) {
  DenseElementsAttr dense;
  if (matchPattern(tensor, m_Constant(&dense)) && isa<IntegerType>(dense.getElementType()))
    return constantIndex(dense.getValues<APInt>()[i].getSExtValue());
  if (auto shape = tensor.getDefiningOp<transformer::ShapeOp>()) {
    FailureOr<Sizes> size = sizes(getArrayAttr(shape.getElements()[i]));
    return failed(size) ? Value() : index(size->front());
  }
  SmallVector<Value> position;
  auto type = cast<RankedTensorType>(tensor.getType());
  for (int64_t d = type.getRank(), rest = i; d-- > 0;) {
    position.insert(position.begin(),
                    constantIndex(rest % std::max<int64_t>(type.getDimSize(d), 1)));
    rest /= std::max<int64_t>(type.getDimSize(d), 1);
  }
  return toIndex(tensor::ExtractOp::create(*this, tensor, position));
}

Value KernelBuilder::uniformValue(Value tensor) {
  DenseElementsAttr dense;
  auto type = dyn_cast<RankedTensorType>(tensor.getType());
  if (type && matchPattern(tensor, m_Constant(&dense)) && dense.isSplat())
    if (auto value = dyn_cast<TypedAttr>(dense.getSplatValue<Attribute>()))
      return arith::ConstantOp::create(*this, value);
  auto shape = tensor.getDefiningOp<transformer::ShapeOp>();
  if (!shape || shape.getElements().size() != 1)
    return {};
  Value size = element(tensor, 0);
  return size ? fromIndex(size, type.getElementType()) : Value();
}

Value KernelBuilder::index(OpFoldResult size) {
  return getValueOrCreateConstantIndexOp(*this, getLoc(), size);
}
Value KernelBuilder::constantIndex(int64_t value) {
  return arith::ConstantIndexOp::create(*this, value);
}
Value KernelBuilder::add(Value a, Value b) { return createOrFold<arith::AddIOp>(a, b); }
Value KernelBuilder::sub(Value a, Value b) { return createOrFold<arith::SubIOp>(a, b); }
Value KernelBuilder::mul(Value a, Value b) { return createOrFold<arith::MulIOp>(a, b); }

Value KernelBuilder::modulo(Value a, Value b) {
  Value rest = arith::RemSIOp::create(*this, a, b);
  Value isNegative =
      arith::CmpIOp::create(*this, arith::CmpIPredicate::slt, rest, constantIndex(0));
  return arith::SelectOp::create(*this, isNegative, add(rest, b), rest);
}

Value KernelBuilder::isWithin(Value at, OpFoldResult size) {
  // A negative place is a large unsigned one.
  return arith::CmpIOp::create(*this, arith::CmpIPredicate::ult, at, index(size));
}

SmallVector<Value> KernelBuilder::loopIndices(unsigned count) {
  SmallVector<Value> loops;
  for (unsigned d = 0; d < count; ++d)
    loops.push_back(linalg::IndexOp::create(*this, d));
  return loops;
}

Value KernelBuilder::clamp(Value value, Value low, Value high) {
  value = createOrFold<arith::MinSIOp>(value, high);
  return createOrFold<arith::MaxSIOp>(value, low);
}

Value KernelBuilder::toFloat(Value size, Type type) {
  APInt constant;
  if (matchPattern(size, m_ConstantInt(&constant)))
    return floatConstant(static_cast<double>(constant.getSExtValue()), type);
  return arith::SIToFPOp::create(*this, type,
                                 arith::IndexCastOp::create(*this, getI64Type(), size));
}

Value KernelBuilder::toIndex(Value integer) {
  // i1 is a truth value: 1, not -1.
  if (integer.getType().isInteger(1))
    return arith::IndexCastUIOp::create(*this, getIndexType(), integer);
  return arith::IndexCastOp::create(*this, getIndexType(), integer);
}

Value KernelBuilder::fromIndex(Value index, Type type) {
  return isa<IndexType>(type) ? index : arith::IndexCastOp::create(*this, type, index).getResult();
}

Value KernelBuilder::convertFloat(Value value, Type type) {
  unsigned from = value.getType().getIntOrFloatBitWidth(), to = type.getIntOrFloatBitWidth();
  if (value.getType() == type)
    return value;
  if (from < to)
    return arith::ExtFOp::create(*this, type, value);
  if (from > to)
    return arith::TruncFOp::create(*this, type, value);
  // f16 and bf16: neither holds the other.
  return arith::TruncFOp::create(*this, type, arith::ExtFOp::create(*this, getF32Type(), value));
}

Value KernelBuilder::floatConstant(double value, Type type) {
  return arith::ConstantOp::create(*this, getFloatAttr(type, value));
}

Value KernelBuilder::empty(ArrayRef<OpFoldResult> sizes, Type elementType) {
  return tensor::EmptyOp::create(*this, sizes, elementType);
}

Value KernelBuilder::filled(TypedAttr value, Value init) {
  Value scalar = arith::ConstantOp::create(*this, value);
  return linalg::FillOp::create(*this, scalar, init).getResult(0);
}

Value KernelBuilder::destination(Value result, ArrayRef<OpFoldResult> sizes) {
  auto type = cast<RankedTensorType>(result.getType());
  if (result.hasOneUse())
    if (auto user = dyn_cast<bufferization::MaterializeInDestinationOp>(*result.user_begin()))
      if (isa<MemRefType>(user.getDest().getType()) && isa<BlockArgument>(user.getDest()))
        return bufferization::ToTensorOp::create(*this, type, user.getDest(), /*restrict=*/true,
                                                 /*writable=*/true);
  return empty(sizes, type.getElementType());
}

Value KernelBuilder::branch(Value condition, function_ref<Value()> then,
                            function_ref<Value()> otherwise) {
  auto yields = [this](function_ref<Value()> value) {
    return [this, value](OpBuilder &nested, Location) {
      OpBuilder::InsertionGuard guard(*this);
      setInsertionPoint(nested.getInsertionBlock(), nested.getInsertionPoint());
      scf::YieldOp::create(*this, value());
    };
  };
  return scf::IfOp::create(*this, condition, yields(then), yields(otherwise)).getResult(0);
}

Value KernelBuilder::readIf(Value condition, Value tensor, ArrayRef<Value> position) {
  Type type = cast<RankedTensorType>(tensor.getType()).getElementType();
  return branch(
      condition, [&]() -> Value { return tensor::ExtractOp::create(*this, tensor, position); },
      [&]() -> Value { return arith::ConstantOp::create(*this, getZeroAttr(type)); });
}

Value KernelBuilder::generic(ValueRange inputs, Value init, ArrayRef<AffineMap> maps,
                             function_ref<Value(ValueRange)> body) {
  AffineMap out = maps.back();
  SmallVector<utils::IteratorType> iterators;
  for (unsigned d = 0; d < out.getNumDims(); ++d)
    iterators.push_back(out.isFunctionOfDim(d) ? utils::IteratorType::parallel
                                               : utils::IteratorType::reduction);
  auto op = linalg::GenericOp::create(*this, init.getType(), inputs, ValueRange(init), maps,
                                      iterators, [&](OpBuilder &nested, Location, ValueRange args) {
                                        // The body builds with this builder, whose insertion point
                                        // is the caller's.
                                        OpBuilder::InsertionGuard guard(*this);
                                        setInsertionPoint(nested.getInsertionBlock(),
                                                          nested.getInsertionPoint());
                                        linalg::YieldOp::create(*this, body(args));
                                      });
  return op.getResult(0);
}

Value KernelBuilder::slice(Value tensor, ArrayRef<OpFoldResult> offsets,
                           ArrayRef<OpFoldResult> sizes, ArrayRef<OpFoldResult> strides,
                           ArrayRef<bool> drop) {
  SmallVector<OpFoldResult> ones(offsets.size(), getIndexAttr(1)), kept;
  for (auto [i, size] : llvm::enumerate(sizes))
    if (drop.empty() || !drop[i])
      kept.push_back(size);
  Type element = cast<RankedTensorType>(tensor.getType()).getElementType();
  // Without elements, an offset at the end would be one too far for the slice.
  if (llvm::any_of(kept, isZeroInteger))
    return empty(kept, element);
  SmallVector<int64_t> shape = llvm::map_to_vector(kept, [](OpFoldResult size) {
    return getConstantIntValue(size).value_or(ShapedType::kDynamic);
  });
  return tensor::ExtractSliceOp::create(*this, RankedTensorType::get(shape, element), tensor,
                                        offsets, sizes,
                                        strides.empty() ? ArrayRef<OpFoldResult>(ones) : strides);
}

Value KernelBuilder::copyInto(Value tensor, Value into, ArrayRef<OpFoldResult> offsets,
                              ArrayRef<OpFoldResult> sizes) {
  if (llvm::any_of(sizes, isZeroInteger))
    return into;
  SmallVector<OpFoldResult> ones(offsets.size(), getIndexAttr(1));
  AffineMap identity = getMultiDimIdentityMap(offsets.size());
  Value part = generic(tensor, slice(into, offsets, sizes), {identity, identity},
                       [](ValueRange args) { return args[0]; });
  return tensor::InsertSliceOp::create(*this, part, into, offsets, sizes, ones);
}
