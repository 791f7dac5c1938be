// Row pointers pass through an empty assembly statement, which no analysis looks into.
#include "PinRowPointers.h"

#include "llvm/ADT/SetVector.h"
#include "llvm/Analysis/LoopInfo.h"
#include "llvm/Analysis/ScalarEvolutionExpressions.h"
#include "llvm/IR/IRBuilder.h"
#include "llvm/IR/InlineAsm.h"
#include "llvm/IR/IntrinsicInst.h"

using namespace attune::cpu;
using llvm::dyn_cast;

/// Fewer products than this in a loop leave registers free.
static constexpr unsigned kManyProducts = 8;

static bool isProduct(const llvm::Instruction &step) {
  auto *call = dyn_cast<llvm::IntrinsicInst>(&step);
  return call && call->getType()->isVectorTy() &&
         (call->getIntrinsicID() == llvm::Intrinsic::fmuladd ||
          call->getIntrinsicID() == llvm::Intrinsic::fma);
}

/// What the loop adds its own offsets to: addresses that were computed before it.
static llvm::SmallSetVector<llvm::Instruction *, 16> rowPointers(llvm::Loop &loop) {
  llvm::SmallSetVector<llvm::Instruction *, 16> pointers;
  for (llvm::BasicBlock *block : loop.blocks())
    for (llvm::Instruction &step : *block)
      if (auto *address = dyn_cast<llvm::GetElementPtrInst>(&step))
        if (auto *base = dyn_cast<llvm::GetElementPtrInst>(address->getPointerOperand()))
          if (loop.isLoopInvariant(base))
            pointers.insert(base);
  return pointers;
}

namespace {
/// Replaces addresses in a loop by what an empty statement gives, or by a number of bytes from it.
struct Pins {
  llvm::Loop &loop;
  llvm::ScalarEvolution &evolution;
  llvm::IRBuilder<> b;
  llvm::SmallVector<std::pair<llvm::Instruction *, llvm::Value *>> pinned;

  Pins(llvm::Loop &loop, llvm::ScalarEvolution &evolution)
      : loop(loop), evolution(evolution), b(loop.getLoopPreheader()->getTerminator()) {}

  llvm::Value *statement(llvm::Instruction *pointer) {
    auto *type = llvm::FunctionType::get(pointer->getType(), {pointer->getType()}, false);
    auto *same = llvm::InlineAsm::get(type, /*AsmString=*/"", /*Constraints=*/"=r,0",
                                      /*hasSideEffects=*/false);
    return b.CreateCall(type, same, {pointer});
  }

  llvm::Value *opaque(llvm::Instruction *pointer) {
    for (auto [other, opaque] : pinned)
      if (auto *bytes = dyn_cast<llvm::SCEVConstant>(
              evolution.getMinusSCEV(evolution.getSCEV(pointer), evolution.getSCEV(other))))
        return b.CreatePtrAdd(opaque, bytes->getValue());
    return pinned.emplace_back(pointer, statement(pointer)).second;
  }

  void pin(llvm::Instruction *pointer) {
    llvm::Value *opaque = this->opaque(pointer);
    pointer->replaceUsesWithIf(opaque, [&](llvm::Use &use) {
      auto *user = dyn_cast<llvm::Instruction>(use.getUser());
      return user && loop.contains(user);
    });
  }
};
} // namespace

llvm::PreservedAnalyses PinRowPointersPass::run(llvm::Function &function,
                                                llvm::FunctionAnalysisManager &analyses) {
  bool changed = false;
  for (llvm::Loop *loop : analyses.getResult<llvm::LoopAnalysis>(function).getLoopsInPreorder()) {
    if (!loop->isInnermost() || !loop->getLoopPreheader())
      continue;
    unsigned products = 0;
    for (llvm::BasicBlock *block : loop->blocks())
      products += llvm::count_if(*block, isProduct);
    if (products < kManyProducts)
      continue;
    Pins pins(*loop, analyses.getResult<llvm::ScalarEvolutionAnalysis>(function));
    for (llvm::Instruction *pointer : rowPointers(*loop)) {
      pins.pin(pointer);
      changed = true;
    }
  }
  if (!changed)
    return llvm::PreservedAnalyses::all();
  llvm::PreservedAnalyses preserved;
  preserved.preserveSet<llvm::CFGAnalyses>();
  return preserved;
}
