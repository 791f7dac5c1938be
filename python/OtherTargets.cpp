// lld asks LLVM for every target and extension that it was built with. The wheel compiles for x86
// alone: here the others' entry points do nothing, which keeps their archives out.
#include "llvm/Plugins/PassPlugin.h"

// What the list below makes for x86 gets names that nobody calls.
#define LLVMInitializeX86Target attuneUnusedX86Target
#define LLVMInitializeX86TargetInfo attuneUnusedX86TargetInfo
#define LLVMInitializeX86TargetMC attuneUnusedX86TargetMC
#define LLVMInitializeX86AsmPrinter attuneUnusedX86AsmPrinter
#define LLVMInitializeX86AsmParser attuneUnusedX86AsmParser

#define LLVM_TARGET(name)                                                                          \
  void LLVMInitialize##name##Target() {}                                                           \
  void LLVMInitialize##name##TargetInfo() {}                                                       \
  void LLVMInitialize##name##TargetMC() {}                                                         \
  void LLVMInitialize##name##AsmPrinter() {}                                                       \
  void LLVMInitialize##name##AsmParser() {}

extern "C" {
#include "llvm/Config/Targets.def"
}

// Only linking bitcode would ask for it, and artefacts are linked from machine code.
llvm::PassPluginLibraryInfo getPollyPluginInfo() {
  return {LLVM_PLUGIN_API_VERSION, "none", "0", nullptr};
}
