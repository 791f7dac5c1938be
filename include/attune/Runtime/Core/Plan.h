// A plan: what the host function asked for at one set of input shapes, ready to be replayed.
#pragma once

#include "attune/Runtime/Core/Artifact.h"
#include "attune/Runtime/Core/Memory.h"

namespace attune::runtime {

/// Dispatch index of a copy.
inline constexpr uint32_t kCopyDispatch = UINT32_MAX;

/// One launch: `kernel` over `tasks` tasks.
struct Launch {
  KernelFn kernel;
  int64_t tasks;
  uint32_t firstBuffer;
  uint32_t bufferCount;
  uint32_t firstWord;
  uint32_t dispatch; ///< its record, or kCopyDispatch
  uint32_t variant;  ///< its record; not for copies
};

/// What a buffer's base is when the plan runs.
enum class Space : uint32_t { Input, Output, Arena, Constant };

/// Where a launch's buffer lies: `byteOffset` in input or output `index`, in the arena, or in
/// a constant.
struct BufferPlace {
  Space space;
  uint32_t index;
  uint64_t byteOffset;
  uint64_t firstStride; ///< in the plan's strides
};

/// The shape of an output under a plan.
struct OutputShape {
  uint64_t firstDim; ///< in the plan's outputDims
  uint64_t rank;
  uint64_t bytes;
};

/// A recorded run. After recording only `buffers` and `lastUse` change, by the one session
/// that owns it.
struct Plan {
  List<int64_t> inputDims; ///< the key: all dimensions of all inputs, in order
  List<Launch> launches;
  List<BufferPlace> places; ///< of all launches
  List<Buffer> buffers;     ///< of all launches; bases are set when the plan runs
  List<int64_t> strides;
  List<int64_t> words;
  List<int64_t> outputDims;
  List<OutputShape> outputs;
  uint64_t arenaBytes = 0;
  uint64_t lastUse = 0;
};

/// Calls the artefact's host function for these input dimensions and symbols, and plans the
/// arena. `memoryLimit` bounds the bytes of the arena and of the outputs. A guard that does
/// not hold is a usage error with its text.
Error recordPlan(const Artifact &artifact, View<const int64_t> inputDims,
                 View<const int64_t> symbols, uint64_t memoryLimit, Plan &plan);

/// The kernel of recorded copies: buffers {to, from}, words from copyWords.
void runCopyTasks(KernelContext *context, const Buffer *buffers, const int64_t *words,
                  int64_t taskBegin, int64_t taskEnd);

/// A copy, with dimensions merged where both sides allow it. `tasks` is 0 when there is nothing
/// to copy.
struct CopyShape {
  static constexpr int kMaxRank = 64;
  int64_t tasks = 0;
  int rank = 0;
  int64_t sizes[kMaxRank];
  int64_t toStrides[kMaxRank];
  int64_t fromStrides[kMaxRank];
  int64_t blockElements = 0; ///< elements of a row that one task copies
  int64_t blocksPerRow = 0;
};

/// Prepares a copy; false when its sizes overflow.
bool shapeCopy(int rank, const int64_t *sizes, const int64_t *toStrides, const int64_t *fromStrides,
               int64_t elementBytes, CopyShape &shape);

} // namespace attune::runtime
