// Recipes run output chunk by output chunk: several permutations are one gather with strides,
// and factors apply to each chunk in their order.
#include "attune/Support/WeightStore.h"

#include "attune/Support/Hash.h"

#include "llvm/ADT/APFloat.h"
#include "llvm/ADT/Twine.h"
#include "llvm/Support/CheckedArithmetic.h"

#include <algorithm>
#include <cstring>
#include <vector>

namespace attune {

static constexpr size_t kChunkBytes = size_t{1} << 20;

static bool fail(Error &error, ErrorCode code, const llvm::Twine &message) {
  error = {code, message.str(), "", "", ""};
  return false;
}

WeightStore::WeightStore(std::string folder, uint64_t maxFileBytes)
    : folder(std::move(folder)), maxFileBytes(maxFileBytes) {}

const FileMap *WeightStore::file(llvm::StringRef name, Error &error) {
  auto known = files.find(name);
  if (known != files.end())
    return known->second.get();
  // Who read the model decided about hard links; this is the same file again.
  std::unique_ptr<FileMap> map =
      FileMap::openBeneath(folder, name, FileMap::HardLinks::Allow, maxFileBytes, error);
  if (!map)
    return nullptr;
  return files.try_emplace(name, std::move(map)).first->second.get();
}

llvm::ArrayRef<uint8_t> WeightStore::bytes(const WeightRef &ref, Error &error) {
  const FileMap *map = file(ref.file, error);
  if (!map)
    return {};
  llvm::ArrayRef<uint8_t> all = map->bytes();
  if (ref.offset > all.size() || ref.bytes > all.size() - ref.offset) {
    fail(error, ErrorCode::Malformed,
         "weight file '" + ref.file + "' has " + llvm::Twine(all.size()) + " bytes; a weight of " +
             llvm::Twine(ref.bytes) + " bytes at " + llvm::Twine(ref.offset) + " is not in it");
    return {};
  }
  return all.slice(ref.offset, ref.bytes);
}

void WeightStore::drop(const WeightRef &ref) {
  Error ignored;
  auto known = files.find(ref.file);
  if (known != files.end())
    known->second->drop(bytes(ref, ignored));
}

namespace {
/// A gather: the shape of the result and, per dimension, the stride in the source (elements).
struct Gather {
  llvm::SmallVector<int64_t, 4> shape;
  llvm::SmallVector<int64_t, 4> strides;
  int64_t columns = -1; ///< of the tensor that is cut in panels; -1 when it is not
  size_t panelsAt = 0;  ///< the dimension that counts its panels
  bool inOrder = true;

  int64_t size() const {
    int64_t count = 1;
    for (int64_t extent : shape)
      count *= extent;
    return count;
  }
};
} // namespace

/// Cuts [.., K, N] in panels, where K is `depth` dimensions. False when there is no such tensor, or
/// it would be too large.
static bool cutPanels(Gather &gather, int64_t width, int64_t depth) {
  int64_t rank = gather.shape.size();
  if (depth < 1 || rank <= depth || width < 1 || gather.columns >= 0)
    return false;
  int64_t columns = gather.shape.pop_back_val(), columnStride = gather.strides.pop_back_val();
  gather.panelsAt = rank - 1 - depth;
  gather.shape.insert(gather.shape.begin() + gather.panelsAt,
                      columns / width + (columns % width != 0));
  gather.strides.insert(gather.strides.begin() + gather.panelsAt,
                        columns > width ? width * columnStride : 0);
  gather.shape.push_back(width);
  gather.strides.push_back(columnStride);
  gather.columns = columns;
  gather.inOrder = false;
  std::optional<int64_t> size = 1;
  for (int64_t extent : gather.shape)
    size = size ? llvm::checkedMul(*size, extent) : std::nullopt;
  return size.has_value();
}

/// Folds the steps of `recipe` that move elements into one gather. False when the recipe is
/// inconsistent.
static bool makeGather(const WeightRecipe &recipe, uint64_t bytes, Gather &gather) {
  gather.shape = recipe.shape;
  gather.strides.resize(recipe.shape.size());
  uint64_t count = 1;
  for (size_t i = recipe.shape.size(); i-- > 0;) {
    if (recipe.shape[i] < 0)
      return false;
    gather.strides[i] = static_cast<int64_t>(count);
    std::optional<uint64_t> next =
        llvm::checkedMulUnsigned(count, static_cast<uint64_t>(recipe.shape[i]));
    if (!next || *next > static_cast<uint64_t>(INT64_MAX))
      return false;
    count = *next;
  }
  if (recipe.elementBytes != 0 && count != bytes / recipe.elementBytes)
    return false;
  for (const WeightStep &step : recipe.steps) {
    if (step.panelWidth &&
        (recipe.elementBytes == 0 || !cutPanels(gather, step.panelWidth, step.panelDepth)))
      return false;
    if (step.permutation.empty())
      continue;
    size_t rank = gather.shape.size();
    if (step.permutation.size() != rank || recipe.elementBytes == 0 || gather.columns >= 0)
      return false;
    Gather next;
    llvm::SmallVector<bool, 4> seen(rank, false);
    for (int64_t source : step.permutation) {
      if (source < 0 || source >= static_cast<int64_t>(rank) || seen[source])
        return false;
      seen[source] = true;
      next.shape.push_back(gather.shape[source]);
      next.strides.push_back(gather.strides[source]);
    }
    next.inOrder = false;
    gather = std::move(next);
  }
  return true;
}

template <typename Word>
static void gatherRow(uint8_t *out, const uint8_t *source, int64_t stride, int64_t count) {
  for (int64_t i = 0; i < count; ++i)
    std::memcpy(out + i * sizeof(Word), source + i * stride * sizeof(Word), sizeof(Word));
}

static void gatherRow(unsigned width, uint8_t *out, const uint8_t *source, int64_t stride,
                      int64_t count) {
  switch (width) {
  case 1:
    return gatherRow<uint8_t>(out, source, stride, count);
  case 2:
    return gatherRow<uint16_t>(out, source, stride, count);
  case 4:
    return gatherRow<uint32_t>(out, source, stride, count);
  case 8:
    return gatherRow<uint64_t>(out, source, stride, count);
  default:
    for (int64_t i = 0; i < count; ++i)
      std::memcpy(out + i * width, source + i * stride * width, width);
  }
}

template <typename T> static void scaleNative(uint8_t *data, size_t bytes, double factor) {
  for (size_t i = 0; i + sizeof(T) <= bytes; i += sizeof(T)) {
    T value;
    std::memcpy(&value, data + i, sizeof(T));
    value = static_cast<T>(static_cast<double>(value) * factor);
    std::memcpy(data + i, &value, sizeof(T));
  }
}

static void scaleHalf(const llvm::fltSemantics &semantics, uint8_t *data, size_t bytes,
                      double factor) {
  bool inexact;
  for (size_t i = 0; i + 2 <= bytes; i += 2) {
    uint16_t bits;
    std::memcpy(&bits, data + i, 2);
    llvm::APFloat value(semantics, llvm::APInt(16, bits));
    // The product of a half and a double is rounded once, from double.
    value.convert(llvm::APFloat::IEEEdouble(), llvm::APFloat::rmNearestTiesToEven, &inexact);
    llvm::APFloat product(value.convertToDouble() * factor);
    product.convert(semantics, llvm::APFloat::rmNearestTiesToEven, &inexact);
    bits = static_cast<uint16_t>(product.bitcastToAPInt().getZExtValue());
    std::memcpy(data + i, &bits, 2);
  }
}

static void scale(WeightElement element, uint8_t *data, size_t bytes, double factor) {
  switch (element) {
  case WeightElement::F32:
    return scaleNative<float>(data, bytes, factor);
  case WeightElement::F64:
    return scaleNative<double>(data, bytes, factor);
  case WeightElement::F16:
    return scaleHalf(llvm::APFloat::IEEEhalf(), data, bytes, factor);
  case WeightElement::BF16:
    return scaleHalf(llvm::APFloat::BFloat(), data, bytes, factor);
  case WeightElement::Opaque:
    break; // write() has refused it
  }
}

/// Copies elements [first, first + count) of the gather's result to `out`.
static void fillChunk(const Gather &gather, unsigned width, const uint8_t *source, int64_t first,
                      int64_t count, uint8_t *out) {
  size_t rank = gather.shape.size();
  if (gather.inOrder || rank == 0) {
    std::memcpy(out, source + first * width, count * width);
    return;
  }
  int64_t inner = gather.shape[rank - 1];
  while (count > 0) {
    int64_t column = first % inner;
    int64_t row = first / inner;
    int64_t offset = column * gather.strides[rank - 1];
    for (size_t i = rank - 1; i-- > 0;) {
      offset += row % gather.shape[i] * gather.strides[i];
      row /= gather.shape[i];
    }
    int64_t run = std::min(count, inner - column);
    // Of the last panel, only some columns exist.
    int64_t present = run;
    if (gather.columns >= 0) {
      int64_t panel = first / inner;
      for (size_t i = rank - 2; i > gather.panelsAt; --i)
        panel /= gather.shape[i];
      panel %= gather.shape[gather.panelsAt];
      present = std::clamp<int64_t>(gather.columns - panel * inner - column, 0, run);
      std::memset(out + present * width, 0, (run - present) * width);
    }
    gatherRow(width, out, source + offset * width, gather.strides[rank - 1], present);
    out += run * width;
    first += run;
    count -= run;
  }
}

bool runRecipe(llvm::ArrayRef<uint8_t> source, const WeightRecipe &recipe, ByteSink sink) {
  Gather gather;
  bool scales = llvm::any_of(recipe.steps, [](const WeightStep &step) {
    return step.permutation.empty() && step.factor != 1.0;
  });
  if (!makeGather(recipe, source.size(), gather) ||
      (scales && recipe.element == WeightElement::Opaque))
    return false;

  bool going = true;
  unsigned width = std::max(recipe.elementBytes, 1u);
  size_t perChunk = kChunkBytes / width;
  size_t total = recipe.elementBytes ? static_cast<size_t>(gather.size()) : source.size();
  std::vector<uint8_t> chunk;
  for (size_t first = 0; going && first < total; first += perChunk) {
    size_t count = std::min(perChunk, total - first);
    if (gather.inOrder && !scales) {
      going = sink(source.slice(first * width, count * width));
    } else {
      chunk.resize(count * width);
      fillChunk(gather, width, source.data(), first, count, chunk.data());
      for (const WeightStep &step : recipe.steps)
        if (step.permutation.empty() && step.factor != 1.0)
          scale(recipe.element, chunk.data(), chunk.size(), step.factor);
      going = sink(chunk);
    }
  }
  return true;
}

bool WeightStore::write(const WeightRef &ref, const WeightRecipe &recipe, ByteSink sink,
                        Error &error) {
  Error opening;
  llvm::ArrayRef<uint8_t> source = bytes(ref, opening);
  if (opening.failed()) {
    error = std::move(opening);
    return false;
  }
  if (!ref.hash.empty() && hashText(hashBytes(source)) != ref.hash)
    return fail(error, ErrorCode::Malformed,
                "the bytes of a weight in '" + ref.file + "' at " + llvm::Twine(ref.offset) +
                    " are not those that were imported (other hash)");
  bool going = true;
  bool fits =
      runRecipe(source, recipe, [&](llvm::ArrayRef<uint8_t> chunk) { return going = sink(chunk); });
  if (!fits)
    return fail(error, ErrorCode::Internal,
                "the recipe of a weight in '" + ref.file + "' does not fit it");
  drop(ref);
  return going;
}

} // namespace attune
