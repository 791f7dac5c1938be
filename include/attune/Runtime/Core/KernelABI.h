// The interface between compiled code and the runtime: plain C layouts, used by
// the code generator (which writes against it) and by the runtime (which calls it).
#pragma once

#include <cstdint>

namespace attune::runtime {

/// Bumped when anything below changes.
inline constexpr uint32_t kKernelAbiVersion = 2;

/// One tensor operand. `offset` and `strides` count elements; the kernel knows the rank and
/// the static sizes, dynamic sizes come as words.
struct Buffer {
  void *base;
  int64_t offset;
  const int64_t *strides;
};

/// What a kernel tells of its tasks, beside its outputs: it adds to these. The caller gives each
/// call one of its own, so that nothing is shared between threads.
struct KernelContext {
  int64_t tilesVisited; ///< blocks of an iteration space that were computed
  int64_t tilesTotal;   ///< blocks that there are, dead ones included
};

/// Computes tasks [taskBegin, taskEnd) of a dispatch. `context` is never null.
using KernelFn = void (*)(KernelContext *context, const Buffer *buffers, const int64_t *words,
                          int64_t taskBegin, int64_t taskEnd);
/// The number of tasks for these words.
using GridFn = int64_t (*)(const int64_t *words);
/// The variant to run for these words: an index into the dispatch's variants.
using SelectFn = int32_t (*)(const int64_t *words);

/// What the host function calls while it records a plan. Bases that these return are opaque
/// handles, never dereferenced by the host; they come back in `dispatch`'s buffers, as they are
/// or moved by whole bytes. `output` takes all sizes, static ones too, and is called once per
/// index; `allocate` takes a negative size as one that overflowed.
struct HostApi {
  void *(*input)(void *recorder, int32_t index);
  void *(*constant)(void *recorder, int32_t index);
  void *(*output)(void *recorder, int32_t index, const int64_t *sizes);
  void *(*allocate)(void *recorder, int64_t bytes);
  void (*dispatch)(void *recorder, int32_t dispatch, const Buffer *buffers, const int64_t *words);
  void (*copy)(void *recorder, const Buffer *to, const Buffer *from, int32_t rank,
               const int64_t *sizes, int64_t elementBytes);
};

/// Records one plan. `inputDims` holds all dimensions of all inputs in order, `symbols` the
/// values of the symbols. Returns 0, or i + 1 when guard i does not hold.
using HostFn = int32_t (*)(const HostApi *api, void *recorder, const int64_t *symbols,
                           const int64_t *inputDims);

/// The one exported symbol of an artefact's code, "attune_code".
struct Code {
  uint32_t abiVersion;
  uint32_t kernelCount;
  HostFn host;
  const KernelFn *kernels; ///< by variant record
  const GridFn *grids;     ///< by variant record
  const SelectFn *selects; ///< by dispatch record; null where there is one variant
};

} // namespace attune::runtime
