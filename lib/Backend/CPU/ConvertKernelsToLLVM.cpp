// Kernels to LLVM: vectors, loops and buffers lowered, then an entry with the kernel ABI around
// each. The nested module's functions move to the top.
#include "attune/Backend/CPU/Passes.h"

#include "ApproximateErf.h"
#include "attune/Dialect/Exec/IR/ExecDialect.h"
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
};
} // namespace

static FailureOr<Signature> signatureOf(func::FuncOp function) {
  Signature signature{function.getName().str(), function.getLoc(), {}, {}, 0};
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

/// The lowered kernel takes each buffer as (allocated, aligned, offset, sizes…, strides…), then
/// words, begin, end. The entry unpacks runtime::Buffer (base, offset, strides) into that.
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
    SmallVector<Signature> signatures;
    for (auto function : kernels.getOps<func::FuncOp>()) {
      FailureOr<Signature> signature = signatureOf(function);
      if (failed(signature))
        return signalPassFailure();
      signatures.push_back(*signature);
    }
    // exp, erf, tanh … by polynomials: LLVM vectorises them with the loop around.
    RewritePatternSet patterns(&getContext());
    populateMathPolynomialApproximationPatterns(patterns, [](StringRef name) {
      return llvm::is_contained({"math.exp", "math.expm1", "math.tanh", "math.log", "math.log1p"},
                                name);
    });
    cpu::populateErfPatterns(patterns);
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
      if (!signature.words)
        makeGridEntry(signature, kernels.getBody());
      else if (failed(makeKernelEntry(signature, kernels.getBody())))
        return signalPassFailure();
    }
    Block *top = getOperation().getBody();
    top->getOperations().splice(top->end(), kernels.getBody()->getOperations());
    kernels.erase();
  }
};
} // namespace
