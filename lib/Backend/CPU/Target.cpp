// The CPU levels, and which of them this machine has.
#include "attune/Backend/CPU/Target.h"

#include "attune/Support/Diagnostics.h"

#include "llvm/ADT/StringExtras.h"
#include "llvm/ADT/StringMap.h"
#include "llvm/Support/MathExtras.h"
#include "llvm/TargetParser/Host.h"

using namespace llvm;
using namespace attune;
using namespace attune::cpu;

/// The x86-64 psABI's micro-architecture levels. Register tiles leave room for the operands:
/// 16 or 24 of 32 zmm, 12 of 16 ymm registers hold sums.
static const Level kLevels[] = {
    {"x86-64", "", 128, 2, 4, 4},
    {"x86-64-v3", "avx2,bmi2,f16c,fma", 256, 6, 2, 2},
    {"x86-64-v4", "avx2,bmi2,f16c,fma,avx512f,avx512bw,avx512cd,avx512dq,avx512vl", 512, 8, 2, 3},
};

int64_t Level::columnVectors(int64_t columns) const {
  // A narrow tile takes about this share more time for the same products.
  constexpr double narrow = 1.06;
  auto padded = [&](int64_t vectors) {
    return double(alignTo(columns, uint64_t(vectors * lanes())));
  };
  return padded(wideVectors) <= narrow * padded(tileVectors) ? wideVectors : tileVectors;
}

static bool hasAll(const StringMap<bool> &host, StringRef features) {
  SmallVector<StringRef> names;
  features.split(names, ',', -1, /*KeepEmpty=*/false);
  return all_of(names, [&](StringRef name) { return host.lookup(name); });
}

SmallVector<StringRef> cpu::levelNames() {
  SmallVector<StringRef> names;
  for (const Level &level : kLevels)
    names.push_back(level.name);
  return names;
}

attune::Error cpu::findLevel(StringRef name, Level &level) {
  if (name == "native") {
    StringMap<bool> host = sys::getHostCPUFeatures();
    for (const Level &candidate : reverse(kLevels))
      if (hasAll(host, candidate.features)) {
        level = candidate;
        return {};
      }
  }
  for (const Level &candidate : kLevels)
    if (candidate.name == name) {
      level = candidate;
      return {};
    }
  return attune::Error{ErrorCode::Usage, ("'" + name + "' is not a CPU level").str(), "", "",
                       "use native, " + join(levelNames(), ", ")};
}

mlir::FailureOr<Level> cpu::levelFor(mlir::ModuleOp module, StringRef name) {
  Level level;
  if (attune::Error error = findLevel(name, level); error.failed())
    return attune::emitError(module.getLoc(), error.code, error.message, error.hint);
  return level;
}
