// Weights stay in their files. The store maps those files once and runs a weight's recipe
// (permute, scale) as a stream, when the artefact is written.
#pragma once

#include "attune/Support/Error.h"
#include "attune/Support/FileMap.h"

#include "llvm/ADT/ArrayRef.h"
#include "llvm/ADT/STLFunctionalExtras.h"
#include "llvm/ADT/SmallVector.h"
#include "llvm/ADT/StringMap.h"

#include <cstdint>
#include <memory>
#include <string>

namespace attune {

/// Where a weight's bytes lie: `#transformer.weight` without its types.
struct WeightRef {
  std::string file; ///< relative to the store's folder
  uint64_t offset = 0;
  uint64_t bytes = 0;
  std::string hash; ///< as `hashText` writes it; empty: not checked
};

/// How elements are computed with; what is only moved is Opaque.
enum class WeightElement { Opaque, F16, BF16, F32, F64 };

/// One step of a recipe: a permutation, a factor, or panels.
struct WeightStep {
  llvm::SmallVector<int64_t, 4> permutation; ///< result dimension i is source dimension [i]
  double factor = 1.0;                       ///< used where `permutation` is empty
  int64_t panelWidth = 0; ///< [.., K, N] to [.., ⌈N / width⌉, K, width], zeros at the end
  int64_t panelDepth = 1; ///< how many dimensions K is
};

/// What turns the bytes in the file into the value that the program has.
struct WeightRecipe {
  WeightElement element = WeightElement::Opaque;
  unsigned elementBytes = 1; ///< 0 for packed elements below a byte, which no step may move
  llvm::SmallVector<int64_t, 4> shape; ///< of the bytes in the file
  llvm::SmallVector<WeightStep, 2> steps;
};

/// Takes the next bytes; false stops the stream, and the caller knows why.
using ByteSink = llvm::function_ref<bool(llvm::ArrayRef<uint8_t>)>;

/// Streams what `recipe` makes of `source`, in chunks of bounded size, until the sink stops.
/// False, with nothing streamed, when the recipe does not fit.
bool runRecipe(llvm::ArrayRef<uint8_t> source, const WeightRecipe &recipe, ByteSink sink);

/// The weight files of one model. Not thread-safe: one store per compilation.
class WeightStore {
public:
  /// Weights are looked for beneath `folder`.
  explicit WeightStore(std::string folder, uint64_t maxFileBytes = UINT64_MAX);

  /// The bytes of a weight in its file, valid while the store lives; empty with `error` set
  /// when the file is missing, outside the folder or too short.
  llvm::ArrayRef<uint8_t> bytes(const WeightRef &ref, Error &error);

  /// Streams the weight's value after its recipe, in chunks of bounded size, and drops the
  /// pages it read. A changed file (other hash) is an error. Returns false with `error` set,
  /// or with `error` untouched when the sink stopped.
  bool write(const WeightRef &ref, const WeightRecipe &recipe, ByteSink sink, Error &error);

  /// Gives the pages of a weight back to the system.
  void drop(const WeightRef &ref);

private:
  const FileMap *file(llvm::StringRef name, Error &error);

  std::string folder;
  uint64_t maxFileBytes;
  llvm::StringMap<std::unique_ptr<FileMap>> files;
};

} // namespace attune
