// Strided copies as launches, so that they run on the pool like kernels.

#include "attune/Runtime/Core/Plan.h"

#include <algorithm>

using namespace attune::runtime;

namespace {

constexpr int64_t kBlockBytes = 64 * 1024;

/// Drops dimensions of size 1 and merges neighbours that are one run on both sides.
void mergeDims(int rank, const int64_t *sizes, const int64_t *to, const int64_t *from,
               CopyShape &shape) {
  for (int i = 0; i < rank; ++i) {
    if (sizes[i] == 1)
      continue;
    int last = shape.rank - 1;
    bool merges = last >= 0 && shape.toStrides[last] == to[i] * sizes[i] &&
                  shape.fromStrides[last] == from[i] * sizes[i];
    int at = merges ? last : shape.rank++;
    shape.sizes[at] = merges ? shape.sizes[at] * sizes[i] : sizes[i];
    shape.toStrides[at] = to[i];
    shape.fromStrides[at] = from[i];
  }
  if (shape.rank == 0) {
    shape.rank = 1;
    shape.sizes[0] = shape.toStrides[0] = shape.fromStrides[0] = 1;
  }
}

template <typename T>
void copyStrided(char *to, const char *from, int64_t count, int64_t toStride, int64_t fromStride) {
  for (int64_t i = 0; i < count; ++i)
    std::memcpy(to + i * toStride * int64_t(sizeof(T)), from + i * fromStride * int64_t(sizeof(T)),
                sizeof(T));
}

void copyRow(char *to, const char *from, int64_t count, int64_t toStride, int64_t fromStride,
             int64_t elementBytes) {
  if (toStride == 1 && fromStride == 1) {
    std::memcpy(to, from, static_cast<size_t>(count * elementBytes));
    return;
  }
  switch (elementBytes) {
  case 1:
    return copyStrided<uint8_t>(to, from, count, toStride, fromStride);
  case 2:
    return copyStrided<uint16_t>(to, from, count, toStride, fromStride);
  case 4:
    return copyStrided<uint32_t>(to, from, count, toStride, fromStride);
  case 8:
    return copyStrided<uint64_t>(to, from, count, toStride, fromStride);
  default:
    for (int64_t i = 0; i < count; ++i)
      std::memcpy(to + i * toStride * elementBytes, from + i * fromStride * elementBytes,
                  static_cast<size_t>(elementBytes));
  }
}

} // namespace

bool attune::runtime::shapeCopy(int rank, const int64_t *sizes, const int64_t *toStrides,
                                const int64_t *fromStrides, int64_t elementBytes,
                                CopyShape &shape) {
  int64_t elements = elementBytes;
  bool empty = std::any_of(sizes, sizes + rank, [](int64_t size) { return size == 0; });
  for (int i = 0; i < rank; ++i)
    if (!empty && (sizes[i] < 0 || __builtin_mul_overflow(elements, sizes[i], &elements)))
      return false;
  shape.rank = 0;
  shape.tasks = 0;
  if (empty)
    return true;
  mergeDims(rank, sizes, toStrides, fromStrides, shape);
  int64_t row = shape.sizes[shape.rank - 1];
  shape.blockElements = std::max<int64_t>(1, std::min(row, kBlockBytes / elementBytes));
  shape.blocksPerRow = (row + shape.blockElements - 1) / shape.blockElements;
  shape.tasks = shape.blocksPerRow;
  for (int i = 0; i + 1 < shape.rank; ++i)
    shape.tasks *= shape.sizes[i];
  return true;
}

/// Words: element bytes, rank, elements of a block, blocks of a row, the sizes.
void attune::runtime::runCopyTasks(KernelContext *, const Buffer *buffers, const int64_t *words,
                                   int64_t taskBegin, int64_t taskEnd) {
  const Buffer &to = buffers[0], &from = buffers[1];
  int64_t elementBytes = words[0], rank = words[1], block = words[2], blocks = words[3];
  const int64_t *sizes = words + 4;
  for (int64_t task = taskBegin; task < taskEnd; ++task) {
    int64_t column = task % blocks * block;
    int64_t toElement = to.offset + column * to.strides[rank - 1];
    int64_t fromElement = from.offset + column * from.strides[rank - 1];
    int64_t row = task / blocks;
    for (int64_t i = rank - 2; i >= 0; --i) {
      toElement += row % sizes[i] * to.strides[i];
      fromElement += row % sizes[i] * from.strides[i];
      row /= sizes[i];
    }
    copyRow(static_cast<char *>(to.base) + toElement * elementBytes,
            static_cast<const char *>(from.base) + fromElement * elementBytes,
            std::min(block, sizes[rank - 1] - column), to.strides[rank - 1], from.strides[rank - 1],
            elementBytes);
  }
}
