// Kernels to LLVM: vectors, loops and buffers lowered, then an entry with the kernel ABI around
// each. The nested module's functions move to the top.
#include "attune/Backend/CPU/Passes.h"

#include "ApproximateErf.h"
#include "ApproximateExp.h"
#include "attune/Dialect/Exec/IR/ExecDialect.h"
#include "attune/Runtime/Core/KernelABI.h"
#include "attune/Support/Diagnostics.h"

#include "mlir/Conversion/Passes.h"
#include "mlir/Dialect/Arith/Transforms/Passes.h"
#include "mlir/Dialect/Math/Transforms/Passes.h"
#include "mlir/Dialect/MemRef/Transforms/Passes.h"
#include "mlir/IR/ImplicitLocOpBuilder.h"
#include "mlir/Pass/PassManager.h"
#include "mlir/Transforms/GreedyPatternRewriteDriver.h"
#include "mlir/Transforms/Passes.h"

namespace attune::cpu {
#define GEN_PASS_DEF_CONVERTKERNELSTOLLVMPASS
#include "attune/Backend/CPU/Passes.h.inc"
} // namespace attune::cpu

using namespace mlir;
using namespace attune;

/// Where each size of a kernel's buffers comes from.
static Value sizeValue(ImplicitLocOpBuilder &b, Attribute dim, ArrayAttr words, Value wordArray) {
  Type i64 = b.getI64Type(), ptr = LLVM::LLVMPointerType::get(b.getContext());
  if (auto integer = dyn_cast<IntegerAttr>(dim))
    return LLVM::ConstantOp::create(b, i64, b.getI64IntegerAttr(integer.getInt()));
  for (auto [index, word] : llvm::enumerate(words))
    if (word == dim) {
      Value address = LLVM::GEPOp::create(b, ptr, i64, wordArray,
                                          ArrayRef<LLVM::GEPArg>{static_cast<int32_t>(index)});
      return LLVM::LoadOp::create(b, i64, address);
    }
  return {};
}

static Value loadWord(ImplicitLocOpBuilder &b, Type type, Value base, int64_t index) {
  Type ptr = LLVM::LLVMPointerType::get(b.getContext());
  Value address = LLVM::GEPOp::create(b, ptr, b.getI64Type(), base,
                                      ArrayRef<LLVM::GEPArg>{static_cast<int32_t>(index)});
  return LLVM::LoadOp::create(b, type, address);
}

namespace {
/// What an entry needs to know of a kernel's or a grid's signature, from before it was lowered.
struct Signature {
  std::string name;
  Location loc;
  SmallVector<std::pair<MemRefType, ArrayAttr>> buffers; ///< with their symbolic shapes
  ArrayAttr words;                                       ///< null for a grid
  unsigned wordCount = 0;
  unsigned inputs = 0; ///< how many of the buffers are only read
  bool counts = false; ///< the function takes the kernel's context, as its last argument
};
} // namespace

static FailureOr<Signature> signatureOf(func::FuncOp function) {
  Signature signature{function.getName().str(), function.getLoc(), {}, {}};
  auto inputs = function->getAttrOfType<IntegerAttr>(exec::kInputsAttr);
  signature.inputs = inputs ? inputs.getInt() : function.getNumArguments();
  signature.words = function->getAttrOfType<ArrayAttr>(exec::kWordsAttr);
  signature.wordCount = signature.words ? signature.words.size() : function.getNumArguments();
  for (auto [index, type] : llvm::enumerate(function.getArgumentTypes()))
    if (auto memref = dyn_cast<MemRefType>(type)) {
      auto dims = function.getArgAttrOfType<ArrayAttr>(index, exec::kDimsAttr);
      if (!dims)
        return attune::emitError(function.getLoc(), ErrorCode::Internal,
                                 "a kernel's buffer has no attune.dims");
      signature.buffers.push_back({memref, dims});
    }
  return signature;
}

/// What a kernel counts goes to its context: runtime::KernelContext as memory of two numbers, a
/// further argument. False when it counts nothing.
static bool lowerCounts(func::FuncOp function) {
  SmallVector<exec::CountTilesOp> counts;
  function.walk([&](exec::CountTilesOp op) { counts.push_back(op); });
  if (counts.empty())
    return false;
  auto type = MemRefType::get({2}, IndexType::get(function.getContext()));
  unsigned last = function.getNumArguments();
  if (failed(function.insertArgument(last, type, {}, function.getLoc())))
    return false;
  Value context = function.getArgument(last);
  for (exec::CountTilesOp op : counts) {
    ImplicitLocOpBuilder b(op.getLoc(), op);
    for (auto [field, amount] : llvm::enumerate(op.getOperands())) {
      if (isZeroInteger(getAsOpFoldResult(amount)))
        continue;
      Value place = arith::ConstantIndexOp::create(b, field);
      Value before = memref::LoadOp::create(b, context, place);
      Value after = arith::AddIOp::create(b, before, amount);
      memref::StoreOp::create(b, after, context, place);
    }
    op.erase();
  }
  return true;
}
static_assert(offsetof(runtime::KernelContext, tilesVisited) == 0 &&
                  offsetof(runtime::KernelContext, tilesTotal) == sizeof(int64_t) &&
                  sizeof(runtime::KernelContext) == 2 * sizeof(int64_t),
              "lowerCounts writes two numbers, in the order of count_tiles' operands");

/// What a kernel writes is no memory that it reads: the arena keeps apart what is alive at once,
/// and the caller's outputs overlap nothing (Session.h). Else a store would end what is known of
/// all buffers, and an index or a row's scale be read again for each element.
static void markOutputs(const Signature &kernel, LLVM::LLVMFuncOp function) {
  unsigned argument = 0;
  for (auto [index, buffer] : llvm::enumerate(kernel.buffers)) {
    if (index >= kernel.inputs)
      function.setArgAttr(argument + 1, LLVM::LLVMDialect::getNoAliasAttrName(),
                          UnitAttr::get(function.getContext()));
    argument += 3 + 2 * buffer.first.getRank();
  }
}

/// The lowered kernel takes each buffer as (allocated, aligned, offset, sizes…, strides…), then
/// words, begin, end, and the context if it counts. The entry unpacks runtime::Buffer (base,
/// offset, strides) into that.
static LogicalResult makeKernelEntry(const Signature &kernel, Block *body) {
  ImplicitLocOpBuilder b(kernel.loc, kernel.loc.getContext());
  b.setInsertionPointToEnd(body);
  Type ptr = LLVM::LLVMPointerType::get(b.getContext()), i64 = b.getI64Type();
  auto entry =
      LLVM::LLVMFuncOp::create(b, "attune_kernel_" + kernel.name,
                               LLVM::LLVMFunctionType::get(LLVM::LLVMVoidType::get(b.getContext()),
                                                           {ptr, ptr, ptr, i64, i64}));
  b.setInsertionPointToStart(entry.addEntryBlock(b));
  Value buffers = entry.getArgument(1), words = entry.getArgument(2);

  SmallVector<Value> operands;
  for (auto [index, buffer] : llvm::enumerate(kernel.buffers)) {
    auto [memref, dims] = buffer;
    Value base = loadWord(b, ptr, buffers, 3 * index);
    operands.append({base, base, loadWord(b, i64, buffers, 3 * index + 1)});
    for (Attribute dim : dims) {
      Value size = sizeValue(b, dim, kernel.words, words);
      if (!size)
        return attune::emitError(kernel.loc, ErrorCode::Internal,
                                 "a size of a kernel's buffer is not among its words");
      operands.push_back(size);
    }
    Value strides = loadWord(b, ptr, buffers, 3 * index + 2);
    for (int64_t dim = 0; dim < memref.getRank(); ++dim) {
      // The last stride is 1 in the type; the code may rely on it.
      bool unit = memref.getStridesAndOffset().first[dim] == 1;
      operands.push_back(unit ? LLVM::ConstantOp::create(b, i64, b.getI64IntegerAttr(1)).getResult()
                              : loadWord(b, i64, strides, dim));
    }
  }
  for (unsigned word = 0; word < kernel.wordCount; ++word)
    operands.push_back(loadWord(b, i64, words, word));
  operands.append({entry.getArgument(3), entry.getArgument(4)});
  if (kernel.counts) {
    operands.append({entry.getArgument(0), entry.getArgument(0)});
    for (int64_t number : {0, 2, 1}) // offset, size, stride
      operands.push_back(LLVM::ConstantOp::create(b, i64, b.getI64IntegerAttr(number)));
  }
  LLVM::CallOp::create(b, TypeRange(), kernel.name, operands);
  LLVM::ReturnOp::create(b, ValueRange());
  return success();
}

static void makeGridEntry(const Signature &grid, Block *body) {
  ImplicitLocOpBuilder b(grid.loc, grid.loc.getContext());
  b.setInsertionPointToEnd(body);
  Type ptr = LLVM::LLVMPointerType::get(b.getContext()), i64 = b.getI64Type();
  StringRef kernel = StringRef(grid.name).drop_back(StringRef("_grid").size());
  auto entry = LLVM::LLVMFuncOp::create(b, ("attune_grid_" + kernel).str(),
                                        LLVM::LLVMFunctionType::get(i64, {ptr}));
  b.setInsertionPointToStart(entry.addEntryBlock(b));
  SmallVector<Value> words;
  for (unsigned word = 0; word < grid.wordCount; ++word)
    words.push_back(loadWord(b, i64, entry.getArgument(0), word));
  Value count = LLVM::CallOp::create(b, i64, grid.name, words).getResult();
  LLVM::ReturnOp::create(b, count);
}

static void buildLowering(OpPassManager &pipeline) {
  OpPassManager &functions = pipeline.nest<func::FuncOp>();
  functions.addPass(createCanonicalizerPass());
  functions.addPass(createCSEPass());
  functions.addPass(createLoopInvariantCodeMotionPass());
  functions.addPass(createConvertVectorToSCFPass());
  // bf16 is computed in f32 and rounded by integer arithmetic: no call to a support library.
  arith::ArithEmulateUnsupportedFloatsOptions emulated;
  emulated.sourceTypeStrs = {"bf16"};
  functions.addPass(arith::createArithEmulateUnsupportedFloats(emulated));
  arith::ArithExpandOpsPassOptions expanded;
  expanded.includeBf16 = true;
  functions.addPass(arith::createArithExpandOpsPass(expanded));
  pipeline.addPass(memref::createExpandStridedMetadataPass());
  pipeline.addPass(createLowerAffinePass());
  pipeline.addPass(createSCFToControlFlowPass());
  pipeline.addPass(createConvertVectorToLLVMPass());
  pipeline.addPass(createConvertMathToLLVMPass());
  pipeline.addPass(createConvertMathToLibmPass());
  pipeline.addPass(createArithToLLVMConversionPass());
  pipeline.addPass(createConvertIndexToLLVMPass());
  pipeline.addPass(createFinalizeMemRefToLLVMConversionPass());
  pipeline.addPass(createConvertFuncToLLVMPass());
  pipeline.addPass(createConvertControlFlowToLLVMPass());
  pipeline.addPass(createUBToLLVMConversionPass());
  pipeline.addPass(createReconcileUnrealizedCastsPass());
}

namespace {
struct ConvertKernelsToLLVMPass
    : cpu::impl::ConvertKernelsToLLVMPassBase<ConvertKernelsToLLVMPass> {
  using Base::Base;

  void getDependentDialects(DialectRegistry &registry) const override {
    ConvertKernelsToLLVMPassBase::getDependentDialects(registry);
    OpPassManager pipeline("builtin.module");
    buildLowering(pipeline);
    pipeline.getDependentDialects(registry);
  }

  void runOnOperation() override {
    auto kernels = getOperation().lookupSymbol<ModuleOp>(exec::kKernelsModule);
    if (!kernels)
      return;
    FailureOr<cpu::Level> level = cpu::levelFor(getOperation(), cpu);
    if (failed(level))
      return signalPassFailure();
    SmallVector<Signature> signatures;
    for (auto function : kernels.getOps<func::FuncOp>()) {
      FailureOr<Signature> signature = signatureOf(function);
      if (failed(signature))
        return signalPassFailure();
      signature->counts = lowerCounts(function);
      signatures.push_back(*signature);
    }
    // exp, erf, tanh … by polynomials: LLVM vectorises them with the loop around.
    RewritePatternSet patterns(&getContext());
    populateMathPolynomialApproximationPatterns(patterns, [](StringRef name) {
      return llvm::is_contained({"math.expm1", "math.tanh", "math.log", "math.log1p"}, name);
    });
    cpu::populateErfPatterns(patterns);
    cpu::populateExpPatterns(patterns, *level);
    if (failed(applyPatternsGreedily(kernels, std::move(patterns))))
      return signalPassFailure();

    OpPassManager pipeline("builtin.module");
    buildLowering(pipeline);
    if (failed(runPipeline(pipeline, kernels)))
      return signalPassFailure();
    for (auto function : kernels.getOps<LLVM::LLVMFuncOp>())
      if (!function.isExternal())
        function.setLinkage(LLVM::Linkage::Internal);
    for (const Signature &signature : signatures) {
      if (!signature.words) {
        makeGridEntry(signature, kernels.getBody());
        continue;
      }
      markOutputs(signature, kernels.lookupSymbol<LLVM::LLVMFuncOp>(signature.name));
      if (failed(makeKernelEntry(signature, kernels.getBody())))
        return signalPassFailure();
    }
    Block *top = getOperation().getBody();
    top->getOperations().splice(top->end(), kernels.getBody()->getOperations());
    kernels.erase();
  }
};
} // namespace
