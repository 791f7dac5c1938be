// CPU levels: what code may use, and the register tiles that follow from it.
#pragma once

#include "attune/Dialect/Transformer/IR/TransformerDialect.h"
#include "attune/Support/Error.h"

#include "mlir/IR/BuiltinOps.h"

#include "llvm/ADT/SmallVector.h"
#include "llvm/ADT/StringRef.h"

#include <cstdint>
#include <string>

namespace attune::cpu {

/// One CPU level.
struct Level {
  std::string name;     ///< LLVM's CPU name: "x86-64-v3", "x86-64-v4"
  std::string features; ///< what the loader must find, comma-separated: "avx2,fma"
  int64_t vectorBits;   ///< the widest vector that pays
  int64_t tileRows;     ///< rows of a contraction's register tile
  int64_t tileVectors;  ///< vectors in each of its rows
  int64_t wideVectors;  ///< the same of a wide tile, for columns that fill it

  int64_t lanes() const { return vectorBits / 32; } ///< f32 lanes
  /// Vectors in a row of the tile for that many constant columns: a wide one has more products
  /// per load, where that is not lost to padding.
  int64_t columnVectors(int64_t columns) const;
};

/// The level of that name; "native" is the best that this machine has. An unknown name is a
/// usage error that lists the known ones; a machine below every level, NoDevice.
Error findLevel(llvm::StringRef name, Level &level);

/// The same for a pass on `module`: an unknown name is an error there.
mlir::FailureOr<Level> levelFor(mlir::ModuleOp module, llvm::StringRef name);

/// The names that `findLevel` knows, best last.
llvm::SmallVector<llvm::StringRef> levelNames();

/// Whether this backend generates code for the op as it is.
bool hasGenerator(transformer::AttentionOp op);

} // namespace attune::cpu
