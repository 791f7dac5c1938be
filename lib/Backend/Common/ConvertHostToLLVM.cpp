// The host to calls of the recorder: attune_host(api, recorder, symbols, inputDims).
#include "attune/Backend/Common/ArtifactWriter.h"
#include "attune/Backend/Common/Passes.h"

#include "attune/Runtime/Core/KernelABI.h"
#include "attune/Support/Diagnostics.h"

#include "mlir/Conversion/ArithToLLVM/ArithToLLVM.h"
#include "mlir/Conversion/ControlFlowToLLVM/ControlFlowToLLVM.h"
#include "mlir/Conversion/LLVMCommon/ConversionTarget.h"
#include "mlir/Conversion/LLVMCommon/Pattern.h"
#include "mlir/Conversion/MemRefToLLVM/MemRefToLLVM.h"
#include "mlir/Conversion/ReconcileUnrealizedCasts/ReconcileUnrealizedCasts.h"
#include "mlir/Dialect/Arith/Transforms/Passes.h"
#include "mlir/IR/IntegerSet.h"

namespace attune::backend {
#define GEN_PASS_DEF_CONVERTHOSTTOLLVMPASS
#include "attune/Backend/Common/Passes.h.inc"
} // namespace attune::backend

using namespace mlir;
using namespace attune;
using namespace attune::backend;

namespace {

/// Positions in runtime::HostApi.
enum class Call { Input, Constant, Output, Allocate, Dispatch, Copy };

/// The numbers of constants and dispatches, by position.
struct HostContext {
  SmallVector<Attribute> constants;
  SmallVector<ArrayAttr> dispatches;
};

/// Emits into the host function: calls of the recorder, arrays in its frame, descriptors.
struct Emitter {
  OpBuilder &b;
  Location loc;
  LLVM::LLVMFuncOp host;
  const LLVMTypeConverter &converter;

  Value i32(int64_t value) {
    return LLVM::ConstantOp::create(b, loc, b.getI32Type(), b.getI32IntegerAttr(value));
  }
  Value i64(int64_t value) {
    return LLVM::ConstantOp::create(b, loc, b.getI64Type(), b.getI64IntegerAttr(value));
  }
  Type ptr() { return LLVM::LLVMPointerType::get(b.getContext()); }

  /// Calls an entry of the HostApi; the result is null for those that return nothing.
  Value call(Call which, ArrayRef<Value> args) {
    Value slot = LLVM::GEPOp::create(b, loc, ptr(), ptr(), host.getArgument(0),
                                     ArrayRef<LLVM::GEPArg>{static_cast<int32_t>(which)});
    Value callee = LLVM::LoadOp::create(b, loc, ptr(), slot);
    SmallVector<Value> operands{callee, host.getArgument(1)};
    operands.append(args.begin(), args.end());
    SmallVector<Type> types;
    for (Value operand : ArrayRef(operands).drop_front())
      types.push_back(operand.getType());
    bool returnsBase = which != Call::Dispatch && which != Call::Copy;
    Type result = returnsBase ? ptr() : LLVM::LLVMVoidType::get(b.getContext());
    auto call = LLVM::CallOp::create(b, loc, LLVM::LLVMFunctionType::get(result, types), operands);
    return returnsBase ? call.getResult() : Value();
  }

  /// An array in the entry block's frame, so that no loop grows the stack.
  Value array(int64_t count) {
    OpBuilder::InsertionGuard guard(b);
    b.setInsertionPointToStart(&host.getBody().front());
    return LLVM::AllocaOp::create(b, loc, ptr(), b.getI64Type(), i64(std::max<int64_t>(count, 1)),
                                  /*alignment=*/8);
  }
  Value addressOf(Value base, int64_t index) {
    return LLVM::GEPOp::create(b, loc, ptr(), b.getI64Type(), base,
                               ArrayRef<LLVM::GEPArg>{static_cast<int32_t>(index)});
  }
  Value arrayOf(ArrayRef<Value> values) {
    Value base = array(values.size());
    for (auto [index, value] : llvm::enumerate(values))
      LLVM::StoreOp::create(b, loc, value, addressOf(base, index));
    return base;
  }

  /// All sizes of a memref from its dynamic ones.
  SmallVector<Value> sizesOf(MemRefType type, ValueRange dynamic) {
    SmallVector<Value> sizes;
    unsigned next = 0;
    for (int64_t size : type.getShape())
      sizes.push_back(ShapedType::isDynamic(size) ? dynamic[next++] : i64(size));
    return sizes;
  }

  Value contiguous(MemRefType type, Value base, ArrayRef<Value> sizes) {
    auto descriptor = MemRefDescriptor::poison(b, loc, converter.convertType(type));
    descriptor.setAllocatedPtr(b, loc, base);
    descriptor.setAlignedPtr(b, loc, base);
    descriptor.setOffset(b, loc, i64(0));
    Value stride = i64(1);
    for (int64_t dim = type.getRank() - 1; dim >= 0; --dim) {
      descriptor.setSize(b, loc, dim, sizes[dim]);
      descriptor.setStride(b, loc, dim, stride);
      stride = LLVM::MulOp::create(b, loc, stride, sizes[dim]);
    }
    return descriptor;
  }

  /// Appends a runtime::Buffer, three words, to `words`.
  void appendBuffer(SmallVectorImpl<Value> &words, Value memref, MemRefType type) {
    MemRefDescriptor descriptor(memref);
    SmallVector<Value> strides;
    for (int64_t dim = 0; dim < type.getRank(); ++dim)
      strides.push_back(descriptor.stride(b, loc, dim));
    words.push_back(descriptor.alignedPtr(b, loc));
    words.push_back(descriptor.offset(b, loc));
    words.push_back(arrayOf(strides));
  }
};
static_assert(sizeof(runtime::Buffer) == 3 * sizeof(int64_t), "appendBuffer writes three words");

template <typename Op> struct HostPattern : ConvertOpToLLVMPattern<Op> {
  HostPattern(const LLVMTypeConverter &converter, const HostContext &context)
      : ConvertOpToLLVMPattern<Op>(converter, /*benefit=*/10), context(context) {}
  const HostContext &context;

  Emitter emitter(OpBuilder &b, Operation *op) const {
    return {b, op->getLoc(), op->getParentOfType<LLVM::LLVMFuncOp>(), *this->getTypeConverter()};
  }
};

struct ConstantPattern : HostPattern<exec::ConstantOp> {
  using HostPattern::HostPattern;
  LogicalResult matchAndRewrite(exec::ConstantOp op, OpAdaptor,
                                ConversionPatternRewriter &b) const override {
    Emitter e = emitter(b, op);
    int64_t index = llvm::find(context.constants, op.getValue()) - context.constants.begin();
    Value base = e.call(Call::Constant, {e.i32(index)});
    auto type = cast<MemRefType>(op.getType());
    b.replaceOp(op, e.contiguous(type, base, e.sizesOf(type, {})));
    return success();
  }
};

struct OutputPattern : HostPattern<exec::OutputOp> {
  using HostPattern::HostPattern;
  LogicalResult matchAndRewrite(exec::OutputOp op, OpAdaptor adaptor,
                                ConversionPatternRewriter &b) const override {
    Emitter e = emitter(b, op);
    auto type = cast<MemRefType>(op.getType());
    SmallVector<Value> sizes = e.sizesOf(type, adaptor.getSizes());
    Value base = e.call(Call::Output, {e.i32(op.getIndex()), e.arrayOf(sizes)});
    b.replaceOp(op, e.contiguous(type, base, sizes));
    return success();
  }
};

struct AllocPattern : HostPattern<memref::AllocOp> {
  using HostPattern::HostPattern;
  LogicalResult matchAndRewrite(memref::AllocOp op, OpAdaptor adaptor,
                                ConversionPatternRewriter &b) const override {
    Emitter e = emitter(b, op);
    MemRefType type = op.getType();
    SmallVector<Value> sizes = e.sizesOf(type, adaptor.getDynamicSizes());
    // The recorder refuses -1: a size that 64 bits cannot hold.
    Value bytes = e.i64(llvm::divideCeil(type.getElementTypeBitWidth(), 8));
    Value overflowed = LLVM::ConstantOp::create(b, op.getLoc(), b.getBoolAttr(false));
    auto pair = LLVM::LLVMStructType::getLiteral(b.getContext(), {b.getI64Type(), b.getI1Type()});
    for (Value size : sizes) {
      Value product = LLVM::SMulWithOverflowOp::create(b, op.getLoc(), pair, bytes, size);
      bytes = LLVM::ExtractValueOp::create(b, op.getLoc(), product, 0);
      Value over = LLVM::ExtractValueOp::create(b, op.getLoc(), product, 1);
      overflowed = LLVM::OrOp::create(b, op.getLoc(), overflowed, over);
    }
    bytes = LLVM::SelectOp::create(b, op.getLoc(), overflowed, e.i64(-1), bytes);
    b.replaceOp(op, e.contiguous(type, e.call(Call::Allocate, {bytes}), sizes));
    return success();
  }
};

struct ReshapePattern : HostPattern<exec::ReshapeOp> {
  using HostPattern::HostPattern;
  LogicalResult matchAndRewrite(exec::ReshapeOp op, OpAdaptor adaptor,
                                ConversionPatternRewriter &b) const override {
    Emitter e = emitter(b, op);
    auto type = cast<MemRefType>(op.getType());
    Value base = MemRefDescriptor(adaptor.getSource()).alignedPtr(b, op.getLoc());
    b.replaceOp(op, e.contiguous(type, base, e.sizesOf(type, adaptor.getSizes())));
    return success();
  }
};

struct GuardPattern : HostPattern<exec::GuardOp> {
  using HostPattern::HostPattern;
  LogicalResult matchAndRewrite(exec::GuardOp op, OpAdaptor adaptor,
                                ConversionPatternRewriter &b) const override {
    Emitter e = emitter(b, op);
    Block *here = b.getInsertionBlock();
    Block *rest = b.splitBlock(here, Block::iterator(op));
    Block *fail = b.createBlock(here->getParent(), here->getParent()->end());
    LLVM::ReturnOp::create(b, op.getLoc(), e.i32(op.getIndex() + 1));
    b.setInsertionPointToEnd(here);
    LLVM::CondBrOp::create(b, op.getLoc(), adaptor.getCondition(), rest, fail);
    b.eraseOp(op);
    return success();
  }
};

struct DispatchPattern : HostPattern<exec::DispatchOp> {
  using HostPattern::HostPattern;
  LogicalResult matchAndRewrite(exec::DispatchOp op, OpAdaptor adaptor,
                                ConversionPatternRewriter &b) const override {
    Emitter e = emitter(b, op);
    int64_t index = llvm::find(context.dispatches, op.getKernels()) - context.dispatches.begin();
    SmallVector<Value> buffers;
    for (auto [memref, original] : llvm::zip(adaptor.getInputs(), op.getInputs()))
      e.appendBuffer(buffers, memref, cast<MemRefType>(original.getType()));
    for (auto [memref, original] : llvm::zip(adaptor.getOutputs(), op.getOutputs()))
      e.appendBuffer(buffers, memref, cast<MemRefType>(original.getType()));
    Value words = e.arrayOf(SmallVector<Value>(adaptor.getWords()));
    e.call(Call::Dispatch, {e.i32(index), e.arrayOf(buffers), words});
    b.eraseOp(op);
    return success();
  }
};

struct CopyPattern : HostPattern<memref::CopyOp> {
  using HostPattern::HostPattern;
  LogicalResult matchAndRewrite(memref::CopyOp op, OpAdaptor adaptor,
                                ConversionPatternRewriter &b) const override {
    Emitter e = emitter(b, op);
    auto type = cast<MemRefType>(op.getSource().getType());
    SmallVector<Value> to, from, sizes;
    e.appendBuffer(to, adaptor.getTarget(), cast<MemRefType>(op.getTarget().getType()));
    e.appendBuffer(from, adaptor.getSource(), type);
    MemRefDescriptor source(adaptor.getSource());
    for (int64_t dim = 0; dim < type.getRank(); ++dim)
      sizes.push_back(source.size(b, op.getLoc(), dim));
    Value bytes = e.i64(llvm::divideCeil(type.getElementTypeBitWidth(), 8));
    e.call(Call::Copy,
           {e.arrayOf(to), e.arrayOf(from), e.i32(type.getRank()), e.arrayOf(sizes), bytes});
    b.eraseOp(op);
    return success();
  }
};

/// Results are in their outputs already; the host returns success.
struct ReturnPattern : HostPattern<func::ReturnOp> {
  using HostPattern::HostPattern;
  LogicalResult matchAndRewrite(func::ReturnOp op, OpAdaptor,
                                ConversionPatternRewriter &b) const override {
    b.replaceOpWithNewOp<LLVM::ReturnOp>(op, emitter(b, op).i32(0));
    return success();
  }
};

} // namespace

/// @main(memrefs) becomes attune_host(api, recorder, symbols, inputDims) with the same body
/// behind a prologue that describes the inputs.
static LLVM::LLVMFuncOp makeHost(func::FuncOp main, const LLVMTypeConverter &converter) {
  OpBuilder b(main);
  Location loc = main.getLoc();
  Type pointer = LLVM::LLVMPointerType::get(b.getContext());
  auto type = LLVM::LLVMFunctionType::get(b.getI32Type(), {pointer, pointer, pointer, pointer});
  auto host = LLVM::LLVMFuncOp::create(b, loc, "attune_host", type);
  Block *entry = host.addEntryBlock(b);
  b.setInsertionPointToEnd(entry);
  Emitter e{b, loc, host, converter};
  Block &body = main.getBody().front();
  int64_t dimIndex = 0;
  for (auto [index, arg] : llvm::enumerate(body.getArguments())) {
    auto memref = cast<MemRefType>(arg.getType());
    Value base = e.call(Call::Input, {e.i32(index)});
    SmallVector<Value> sizes;
    for (int64_t dim = 0; dim < memref.getRank(); ++dim)
      sizes.push_back(LLVM::LoadOp::create(b, loc, b.getI64Type(),
                                           e.addressOf(host.getArgument(3), dimIndex++)));
    Value input = e.contiguous(memref, base, sizes);
    arg.replaceAllUsesWith(UnrealizedConversionCastOp::create(b, loc, memref, input).getResult(0));
  }
  entry->getOperations().splice(entry->end(), body.getOperations());
  main.erase();
  return host;
}

/// An affine expression over the words that `words` points at.
static Value evaluate(OpBuilder &b, Location loc, AffineExpr expr, Value words) {
  Type i64 = b.getI64Type(), ptr = words.getType();
  if (auto constant = dyn_cast<AffineConstantExpr>(expr))
    return LLVM::ConstantOp::create(b, loc, i64, b.getI64IntegerAttr(constant.getValue()));
  if (auto word = dyn_cast<AffineDimExpr>(expr)) {
    auto index = static_cast<int32_t>(word.getPosition());
    Value address = LLVM::GEPOp::create(b, loc, ptr, i64, words, ArrayRef<LLVM::GEPArg>{index});
    return LLVM::LoadOp::create(b, loc, i64, address);
  }
  auto binary = dyn_cast<AffineBinaryOpExpr>(expr);
  if (!binary)
    return {};
  Value lhs = evaluate(b, loc, binary.getLHS(), words);
  Value rhs = evaluate(b, loc, binary.getRHS(), words);
  if (!lhs || !rhs)
    return {};
  switch (binary.getKind()) {
  case AffineExprKind::Add:
    return LLVM::AddOp::create(b, loc, lhs, rhs);
  case AffineExprKind::Mul:
    return LLVM::MulOp::create(b, loc, lhs, rhs);
  default:
    return {};
  }
}

/// attune_select_INDEX(words): the first variant whose `exec.when` holds; the last has none.
static LogicalResult makeSelect(ModuleOp module, ModuleOp kernels, ArrayAttr variants,
                                size_t index) {
  OpBuilder b = OpBuilder::atBlockEnd(module.getBody());
  Location loc = module.getLoc();
  Type i32 = b.getI32Type(), ptr = LLVM::LLVMPointerType::get(b.getContext());
  auto select = LLVM::LLVMFuncOp::create(b, loc, "attune_select_" + std::to_string(index),
                                         LLVM::LLVMFunctionType::get(i32, {ptr}));
  b.setInsertionPointToStart(select.addEntryBlock(b));
  auto number = [&](int64_t value) -> Value {
    return LLVM::ConstantOp::create(b, loc, i32, b.getI32IntegerAttr(value));
  };
  Value chosen = number(variants.size() - 1);
  Value zero = LLVM::ConstantOp::create(b, loc, b.getI64Type(), b.getI64IntegerAttr(0));
  // From the last condition to the first, so that the first that holds wins.
  for (size_t i = variants.size() - 1; i-- > 0;) {
    auto kernel =
        kernels.lookupSymbol<func::FuncOp>(cast<FlatSymbolRefAttr>(variants[i]).getValue());
    auto when = kernel ? kernel->getAttrOfType<IntegerSetAttr>(exec::kWhenAttr) : nullptr;
    if (!when)
      return attune::emitError(loc, ErrorCode::Internal, "a variant has no condition");
    Value holds = LLVM::ConstantOp::create(b, loc, b.getBoolAttr(true));
    for (unsigned c = 0; c < when.getValue().getNumConstraints(); ++c) {
      Value side = evaluate(b, loc, when.getValue().getConstraint(c), select.getArgument(0));
      if (!side)
        return attune::emitError(loc, ErrorCode::Internal, "a variant's condition is not linear");
      auto predicate = when.getValue().isEq(c) ? LLVM::ICmpPredicate::eq : LLVM::ICmpPredicate::sge;
      holds =
          LLVM::AndOp::create(b, loc, holds, LLVM::ICmpOp::create(b, loc, predicate, side, zero));
    }
    chosen = LLVM::SelectOp::create(b, loc, holds, number(i), chosen);
  }
  LLVM::ReturnOp::create(b, loc, chosen);
  return success();
}

namespace {
struct ConvertHostToLLVMPass : backend::impl::ConvertHostToLLVMPassBase<ConvertHostToLLVMPass> {
  void runOnOperation() override {
    ModuleOp module = getOperation();
    MLIRContext *context = &getContext();
    auto main = module.lookupSymbol<func::FuncOp>("main");
    if (!main)
      return;
    HostContext numbers{collectConstants(module), collectDispatches(module)};
    auto kernels = module.lookupSymbol<ModuleOp>(exec::kKernelsModule);
    for (auto [index, variants] : llvm::enumerate(numbers.dispatches))
      if (variants.size() > 1 && (!kernels || failed(makeSelect(module, kernels, variants, index))))
        return signalPassFailure();
    LLVMTypeConverter converter(context);
    LLVM::LLVMFuncOp host = makeHost(main, converter);

    RewritePatternSet patterns(context);
    patterns.add<ConstantPattern, OutputPattern, AllocPattern, ReshapePattern, GuardPattern,
                 DispatchPattern, CopyPattern, ReturnPattern>(converter, numbers);
    populateFinalizeMemRefToLLVMConversionPatterns(converter, patterns);
    arith::populateCeilFloorDivExpandOpsPatterns(patterns);
    arith::populateArithToLLVMConversionPatterns(converter, patterns);
    cf::populateControlFlowToLLVMConversionPatterns(converter, patterns);
    LLVMConversionTarget target(*context);
    target.addIllegalDialect<exec::ExecDialect, memref::MemRefDialect, arith::ArithDialect,
                             func::FuncDialect>();
    if (failed(applyPartialConversion(host, target, std::move(patterns))))
      return signalPassFailure();
    SmallVector<UnrealizedConversionCastOp> casts;
    host.walk([&](UnrealizedConversionCastOp cast) { casts.push_back(cast); });
    reconcileUnrealizedCasts(casts);
  }
};
} // namespace
