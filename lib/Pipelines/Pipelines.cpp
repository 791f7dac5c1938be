// The order of passes between the forms, as numbered recipes.
#include "attune/Pipelines/Pipelines.h"

#include "attune/Backend/CPU/Emit.h"
#include "attune/Backend/CPU/Passes.h"
#include "attune/Backend/Common/ArtifactWriter.h"
#include "attune/Backend/Common/Passes.h"
#include "attune/Conversion/ONNXToLinalg.h"
#include "attune/Conversion/Passes.h"
#include "attune/Dialect/ONNX/IR/ONNXDialect.h"
#include "attune/Dialect/Transformer/IR/TransformerDialect.h"
#include "attune/Dialect/Transformer/Transforms/Passes.h"
#include "attune/Support/Diagnostics.h"

#include "mlir/Pass/PassRegistry.h"
#include "mlir/Transforms/Passes.h"

using namespace mlir;
using namespace attune;

std::optional<Form> attune::detectForm(ModuleOp module) {
  if (auto kernels = module.lookupSymbol<ModuleOp>(exec::kKernelsModule)) {
    // Tasks are mapped, and grids exist, in device form only.
    for (auto kernel : kernels.getOps<func::FuncOp>())
      if (kernel.getName().ends_with("_grid"))
        return Form::Device;
    return Form::Tensor;
  }
  if (!module.getOps<LLVM::LLVMFuncOp>().empty())
    return Form::LLVM;
  auto main = module.lookupSymbol<func::FuncOp>("main");
  if (!main)
    return std::nullopt;
  bool graph = false;
  main.walk([&](Operation *op) {
    auto node = dyn_cast<onnx::NodeOp>(op);
    graph |= isa<transformer::TransformerDialect>(op->getDialect()) || (node && node.getDims());
  });
  return graph ? Form::Graph : Form::ONNX;
}

LogicalResult attune::parseUserPasses(StringRef passes, OpPassManager &manager,
                                      std::string &reason) {
  StringRef inner = passes.trim();
  if (!inner.consume_front("builtin.module(") || !inner.consume_back(")"))
    inner = passes;
  std::string message;
  llvm::raw_string_ostream stream(message);
  LogicalResult parsed = parsePassPipeline(inner, manager, stream);
  // "SOURCE:LINE:COLUMN: error: TEXT", then the line with a mark below it.
  reason = StringRef(message).split('\n').first.split("error: ").second.str();
  return parsed;
}

LogicalResult attune::buildUserPasses(OpPassManager &manager, const PipelineOptions &options) {
  std::string reason;
  for (const std::string &pass : options.extraPasses)
    if (failed(parseUserPasses(pass, manager, reason)))
      return failure();
  manager.addPass(transformer::createVerifyGraphFormPass(hasPlainLowering));
  return success();
}

/// ONNX form to graph form.
static LogicalResult buildGraph(OpPassManager &manager, const PipelineOptions &options) {
  // 1. Operators become loop nests over symbolic extents.
  ConvertONNXToGraphPassOptions convert;
  llvm::append_range(convert.dims, options.dims);
  manager.addPass(createConvertONNXToGraphPass(convert));
  OpPassManager &functions = manager.nest<func::FuncOp>();
  // 2. Normalise: one map per chain, weights with recipes.
  functions.addPass(createCanonicalizerPass());
  functions.addPass(createCSEPass());
  functions.addPass(transformer::createFoldWeightsPass());
  functions.addPass(transformer::createFuseMapsPass());
  functions.addPass(createCSEPass());
  // 3. Raise what the loops mean.
  functions.addPass(transformer::createRaiseActivationPass());
  functions.addPass(transformer::createRaiseNormPass());
  functions.addPass(transformer::createRaiseAttentionPass());
  functions.addPass(createCanonicalizerPass());
  // 4. Elementwise work where its operands lie; one loop over tokens; elementwise work into
  // contractions and norms.
  functions.addPass(transformer::createReorderMapsPass());
  functions.addPass(transformer::createFuseMapsPass());
  functions.addPass(transformer::createFlattenTokensPass());
  functions.addPass(createCanonicalizerPass());
  functions.addPass(createCSEPass());
  functions.addPass(transformer::createFuseMapsPass());
  functions.addPass(transformer::createFuseEpiloguesPass());
  functions.addPass(transformer::createFuseResidualsPass());
  functions.addPass(createCSEPass());
  // 5. What the user added, and the first door.
  return buildUserPasses(manager, options);
}

/// Graph form to tensor form, for the CPU.
static void buildTensor(OpPassManager &manager, const PipelineOptions &options) {
  OpPassManager &functions = manager.nest<func::FuncOp>();
  // 1. What the CPU has no generator for is taken apart.
  functions.addPass(transformer::createDecomposeAttentionPass(cpu::hasGenerator));
  functions.addPass(transformer::createFuseMapsPass());
  functions.addPass(transformer::createFuseEpiloguesPass());
  functions.addPass(transformer::createLayOutWindowsPass());
  functions.addPass(createCSEPass());
  // 2. One kernel per op; generators, with packed weights, schedules and variants, or linalg.
  manager.addPass(backend::createFormDispatchesPass());
  cpu::PackWeightsPassOptions pack;
  pack.cpu = options.cpu;
  manager.addPass(cpu::createPackWeightsPass(pack));
  cpu::SelectGeneratorsPassOptions select;
  select.cpu = options.cpu;
  manager.addPass(cpu::createSelectGeneratorsPass(select));
  manager.addPass(createConvertGraphToLinalgPass());
  manager.addPass(createCanonicalizerPass());
  manager.addPass(createCSEPass());
  // 3. The second door.
  manager.addPass(backend::createVerifyTensorFormPass());
}

/// Tensor form to device form, for the CPU.
static void buildDevice(OpPassManager &manager) {
  // 1. Kernels: generated, or cut in rows, on buffers, as loops.
  manager.addPass(cpu::createGenerateAttentionPass());
  manager.addPass(cpu::createGenerateContractPass());
  manager.addPass(cpu::createGenerateRowsPass());
  manager.addPass(cpu::createTileRowsPass());
  manager.addPass(cpu::createBufferizeKernelsPass());
  manager.addPass(cpu::createLowerLoopsPass());
  manager.addPass(cpu::createMapTasksPass());
  // 2. The host on buffers.
  manager.addPass(backend::createBufferizeHostPass());
  manager.addPass(createCanonicalizerPass());
  manager.addPass(createCSEPass());
  // 3. The third door.
  manager.addPass(cpu::createVerifyDeviceFormPass());
}

LogicalResult attune::buildPipeline(OpPassManager &manager, Form from, Form to,
                                    const PipelineOptions &options) {
  if (from <= Form::ONNX && to >= Form::Graph && failed(buildGraph(manager, options)))
    return failure();
  if (from <= Form::Graph && to >= Form::Tensor)
    buildTensor(manager, options);
  if (from <= Form::Tensor && to >= Form::Device)
    buildDevice(manager);
  return success();
}

constexpr StringLiteral kOptionsAttr = "attune.options";

void attune::recordOptions(ModuleOp module, const PipelineOptions &options) {
  auto before = module->getAttrOfType<StringAttr>(kOptionsAttr);
  std::string text = before ? before.str() : "";
  for (const std::string &dim : options.dims)
    text += " --dim " + dim;
  for (const std::string &pass : options.extraPasses)
    text += " --passes=" + pass;
  if (!text.empty())
    module->setAttr(kOptionsAttr, StringAttr::get(module.getContext(), text));
}

/// A copy of device form as LLVM dialect.
static Error lowerToLLVM(ModuleOp module, StringRef cpu) {
  DiagnosticCollector collector(module.getContext());
  PassManager manager(module.getContext());
  manager.addPass(backend::createConvertHostToLLVMPass());
  cpu::ConvertKernelsToLLVMPassOptions convert;
  convert.cpu = cpu.str();
  manager.addPass(cpu::createConvertKernelsToLLVMPass(convert));
  if (failed(manager.run(module)))
    return collector.failed() ? collector.firstError()
                              : Error{ErrorCode::Internal, "lowering to LLVM failed", "", "", ""};
  return {};
}

static Error emitCode(ModuleOp device, cpu::Output output, const PipelineOptions &options,
                      cpu::Level &level, SmallVectorImpl<char> &bytes) {
  if (Error error = cpu::findLevel(options.cpu, level); error.failed())
    return error;
  SmallVector<ArrayAttr> dispatches = backend::collectDispatches(device);
  OwningOpRef<ModuleOp> copy(device.clone());
  if (Error error = lowerToLLVM(*copy, level.name); error.failed())
    return error;
  llvm::raw_svector_ostream stream(bytes);
  return cpu::emit(*copy, dispatches, level, output, stream);
}

Error attune::emitText(ModuleOp device, Form form, const PipelineOptions &options,
                       raw_ostream &out) {
  cpu::Level level;
  SmallVector<char, 0> text;
  auto output = form == Form::Asm ? cpu::Output::Assembly : cpu::Output::LLVMIR;
  if (Error error = emitCode(device, output, options, level, text); error.failed())
    return error;
  out.write(text.data(), text.size());
  return {};
}

Error attune::emitArtifact(ModuleOp device, const PipelineOptions &options, StringRef outputPath) {
  cpu::Level level;
  SmallVector<char, 0> object, elf;
  if (Error error = emitCode(device, cpu::Output::Object, options, level, object); error.failed())
    return error;
  if (Error error = cpu::link(object, outputPath, elf); error.failed())
    return error;
  auto recorded = device->getAttrOfType<StringAttr>(kOptionsAttr);
  backend::CodeDescription code{level.name, level.features,
                                "--target=cpu --cpu=" + level.name +
                                    (recorded ? recorded.str() : std::string())};
  return backend::writeArtifact(device, elf, code, outputPath);
}
