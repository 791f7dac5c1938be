// LLVM IR for one CPU level: translation, the code table, optimisation, machine code.
#include "attune/Backend/CPU/Emit.h"

#include "PinRowPointers.h"
#include "attune/Runtime/Core/KernelABI.h"

#include "mlir/Target/LLVMIR/Dialect/All.h"
#include "mlir/Target/LLVMIR/Export.h"
#include "llvm/IR/IRBuilder.h"
#include "llvm/IR/LegacyPassManager.h"
#include "llvm/IR/Module.h"
#include "llvm/IR/Verifier.h"
#include "llvm/MC/TargetRegistry.h"
#include "llvm/Passes/PassBuilder.h"
#include "llvm/Support/TargetSelect.h"
#include "llvm/Target/TargetMachine.h"

using namespace attune;
using namespace attune::cpu;
using llvm::Constant;
using llvm::ConstantArray;
using llvm::ConstantInt;
using llvm::ConstantStruct;
using llvm::GlobalVariable;

static Error internal(const llvm::Twine &message) {
  return Error{ErrorCode::Internal, message.str(), "", "", ""};
}

static std::unique_ptr<llvm::TargetMachine> makeMachine(const Level &level, Error &error) {
  static const bool initialized = [] {
    llvm::InitializeNativeTarget();
    llvm::InitializeNativeTargetAsmPrinter();
    return true;
  }();
  (void)initialized;
  std::string message;
  llvm::Triple triple("x86_64-unknown-linux-gnu");
  const llvm::Target *target = llvm::TargetRegistry::lookupTarget(triple, message);
  if (!target) {
    error = internal("LLVM has no x86-64 target: " + message);
    return nullptr;
  }
  // Vectors as wide as the level has: kernels are vector code from end to end.
  std::string features = level.vectorBits >= 512 ? "-prefer-256-bit" : "";
  return std::unique_ptr<llvm::TargetMachine>(target->createTargetMachine(
      triple, level.name, features, llvm::TargetOptions(), llvm::Reloc::PIC_, std::nullopt,
      llvm::CodeGenOptLevel::Aggressive));
}

/// A constant array of function pointers (null where `names` has an empty string).
static Constant *functionTable(llvm::Module &module, llvm::ArrayRef<std::string> names,
                               llvm::StringRef tableName, Error &error) {
  auto *pointer = llvm::PointerType::getUnqual(module.getContext());
  llvm::SmallVector<Constant *> entries;
  for (const std::string &name : names) {
    Constant *function = name.empty() ? nullptr : module.getFunction(name);
    if (!function && !name.empty())
      error = internal("function " + name + " is missing");
    entries.push_back(function ? function : llvm::ConstantPointerNull::get(pointer));
  }
  auto *type = llvm::ArrayType::get(pointer, entries.size());
  return new GlobalVariable(module, type, /*isConstant=*/true, GlobalVariable::InternalLinkage,
                            ConstantArray::get(type, entries), tableName);
}

/// The exported runtime::Code.
static Error addCodeTable(llvm::Module &module, llvm::ArrayRef<mlir::ArrayAttr> dispatches) {
  std::vector<std::string> kernels, grids, selects;
  for (auto [index, list] : llvm::enumerate(dispatches)) {
    for (auto name : list.getAsRange<mlir::FlatSymbolRefAttr>()) {
      kernels.push_back(("attune_kernel_" + name.getValue()).str());
      grids.push_back(("attune_grid_" + name.getValue()).str());
    }
    selects.push_back(list.size() > 1 ? "attune_select_" + std::to_string(index) : "");
  }
  // Internal but for the table: the linker keeps what the table names.
  for (llvm::Function &function : module)
    if (!function.isDeclaration() && !function.hasHiddenVisibility())
      function.setLinkage(llvm::Function::InternalLinkage);
  Error error;
  auto *i32 = llvm::Type::getInt32Ty(module.getContext());
  Constant *host = module.getFunction("attune_host");
  if (!host)
    return internal("attune_host is missing");
  Constant *fields[] = {ConstantInt::get(i32, runtime::kKernelAbiVersion),
                        ConstantInt::get(i32, kernels.size()),
                        host,
                        functionTable(module, kernels, "attune_kernels", error),
                        functionTable(module, grids, "attune_grids", error),
                        functionTable(module, selects, "attune_selects", error)};
  Constant *code = ConstantStruct::getAnon(fields);
  new GlobalVariable(module, code->getType(), /*isConstant=*/true, GlobalVariable::ExternalLinkage,
                     code, "attune_code");
  return error;
}

/// Defines __truncsfbf2, f32 to bf16 rounded to nearest even: LLVM calls it where a bf16 value
/// crosses blocks, and artefacts come without compiler-rt.
static void addBFloatRounding(llvm::Module &module) {
  llvm::IRBuilder<> b(module.getContext());
  auto *type = llvm::FunctionType::get(b.getBFloatTy(), {b.getFloatTy()}, false);
  auto *function =
      llvm::Function::Create(type, llvm::Function::ExternalLinkage, "__truncsfbf2", module);
  function->setVisibility(llvm::GlobalValue::HiddenVisibility);
  b.SetInsertPoint(llvm::BasicBlock::Create(module.getContext(), "", function));
  llvm::Value *value = function->getArg(0);
  llvm::Value *bits = b.CreateBitCast(value, b.getInt32Ty());
  llvm::Value *odd = b.CreateAnd(b.CreateLShr(bits, 16), 1);
  llvm::Value *rounded = b.CreateAdd(bits, b.CreateAdd(odd, b.getInt32(0x7fff)));
  // A NaN keeps its sign and stays quiet.
  llvm::Value *quiet = b.CreateOr(bits, 0x00400000);
  llvm::Value *chosen = b.CreateSelect(b.CreateFCmpUNO(value, value), quiet, rounded);
  llvm::Value *half = b.CreateTrunc(b.CreateLShr(chosen, 16), b.getInt16Ty());
  b.CreateRet(b.CreateBitCast(half, b.getBFloatTy()));
}

static void optimize(llvm::Module &module, llvm::TargetMachine &machine) {
  llvm::LoopAnalysisManager loops;
  llvm::FunctionAnalysisManager functions;
  llvm::CGSCCAnalysisManager calls;
  llvm::ModuleAnalysisManager modules;
  llvm::PipelineTuningOptions tuning;
  tuning.LoopVectorization = true;
  tuning.SLPVectorization = true;
  llvm::PassBuilder builder(&machine, tuning);
  builder.registerModuleAnalyses(modules);
  builder.registerCGSCCAnalyses(calls);
  builder.registerFunctionAnalyses(functions);
  builder.registerLoopAnalyses(loops);
  builder.crossRegisterProxies(loops, functions, calls, modules);
  builder.registerOptimizerLastEPCallback(
      [](llvm::ModulePassManager &passes, llvm::OptimizationLevel, llvm::ThinOrFullLTOPhase) {
        passes.addPass(llvm::createModuleToFunctionPassAdaptor(PinRowPointersPass()));
      });
  builder.buildPerModuleDefaultPipeline(llvm::OptimizationLevel::O3).run(module, modules);
}

Error cpu::emit(mlir::ModuleOp source, llvm::ArrayRef<mlir::ArrayAttr> dispatches,
                const Level &level, Output output, llvm::raw_pwrite_stream &out) {
  Error error;
  std::unique_ptr<llvm::TargetMachine> machine = makeMachine(level, error);
  if (!machine)
    return error;
  llvm::LLVMContext context;
  std::unique_ptr<llvm::Module> module = mlir::translateModuleToLLVMIR(source, context, "attune");
  if (!module)
    return internal("the LLVM dialect could not be translated");
  module->setTargetTriple(machine->getTargetTriple());
  module->setDataLayout(machine->createDataLayout());
  addBFloatRounding(*module);
  for (llvm::Function &function : *module)
    if (!function.isDeclaration()) {
      function.addFnAttr("target-cpu", level.name);
      function.addFnAttr("target-features", machine->getTargetFeatureString());
      function.addFnAttr("prefer-vector-width", std::to_string(level.vectorBits));
      function.addFnAttr(llvm::Attribute::NoUnwind);
    }
  if (Error failed = addCodeTable(*module, dispatches); failed.failed())
    return failed;
  if (llvm::verifyModule(*module))
    return internal("the LLVM module is not valid");
  optimize(*module, *machine);
  if (output == Output::LLVMIR) {
    module->print(out, nullptr);
    return {};
  }
  // With comments: they tell what is spilled.
  machine->Options.MCOptions.AsmVerbose = true;
  llvm::legacy::PassManager codegen;
  if (machine->addPassesToEmitFile(codegen, out, nullptr,
                                   output == Output::Assembly ? llvm::CodeGenFileType::AssemblyFile
                                                              : llvm::CodeGenFileType::ObjectFile))
    return internal("the target cannot emit this file type");
  codegen.run(*module);
  return {};
}
