// Record mode: what the host function calls lands in a plan.

#include "attune/Runtime/Core/Arena.h"
#include "attune/Runtime/Core/ElementType.h"
#include "attune/Runtime/Core/Plan.h"

#include <algorithm>

using namespace attune;
using namespace attune::runtime;

namespace {

// A handle is its number (from 1) above 40 bits of byte offset, so that the host may form
// views by address arithmetic, and so that null is none.
constexpr int kOffsetBits = 40;
constexpr uint64_t kMaxBytes = uint64_t(1) << kOffsetBits;
constexpr uint64_t kMaxHandles = uint64_t(1) << 22;

struct Handle {
  Space space;
  uint32_t index;
  uint64_t bytes;
};

class Recorder {
public:
  Recorder(const Artifact &artifact, uint64_t memoryLimit, Plan &plan)
      : artifact(artifact), memoryLimit(memoryLimit), plan(plan) {}

  Error record(View<const int64_t> symbols);

private:
  static Recorder &self(void *recorder) { return *static_cast<Recorder *>(recorder); }
  static const HostApi *hostApi();

  void *newHandle(Space space, uint32_t index, uint64_t bytes);
  void *input(int32_t index);
  void *constant(int32_t index);
  void *output(int32_t index, const int64_t *sizes);
  void *allocate(int64_t bytes);
  void dispatch(int32_t index, const Buffer *buffers, const int64_t *words);
  void copy(const Buffer &to, const Buffer &from, int32_t rank, const int64_t *sizes,
            int64_t elementBytes);
  bool addBuffer(const Buffer &buffer, const int64_t *strides, uint32_t rank);
  bool finishLaunch(Launch &launch);
  void checkOutputs();
  void placeTemporaries();
  void seal();

  bool failed() const { return error.failed(); }
  void *fail(ErrorCode code, const char *message, std::string node = "") {
    if (!failed())
      error = {code, message, std::move(node), "", ""};
    return nullptr;
  }
  void *outOfMemory() { return fail(ErrorCode::Limit, "out of memory"); }
  void *overLimit(const char *what, uint64_t bytes);

  const Artifact &artifact;
  uint64_t memoryLimit;
  Plan &plan;
  List<Handle> handles;
  List<ArenaInterval> temporaries;
  uint64_t outputBytes = 0;
  Error error;
};

void *Recorder::overLimit(const char *what, uint64_t bytes) {
  if (!failed())
    error = {ErrorCode::Limit,
             std::string(what) + " of these shapes need " + std::to_string(bytes) +
                 " bytes, over the limit of " + std::to_string(memoryLimit),
             "", "", "use smaller inputs, or raise the memory limit"};
  return nullptr;
}

void *Recorder::newHandle(Space space, uint32_t index, uint64_t bytes) {
  if (failed())
    return nullptr;
  if (handles.size() >= kMaxHandles || bytes >= kMaxBytes)
    return fail(ErrorCode::Limit, "the plan for these shapes is too large");
  if (!handles.push({space, index, bytes}))
    return outOfMemory();
  return reinterpret_cast<void *>(handles.size() << kOffsetBits);
}

void *Recorder::input(int32_t index) {
  auto inputs = artifact.inputs();
  if (index < 0 || static_cast<size_t>(index) >= inputs.size())
    return fail(ErrorCode::Internal, "the host function asked for an input that is not there");
  return newHandle(Space::Input, static_cast<uint32_t>(index), kMaxBytes - 1);
}

void *Recorder::constant(int32_t index) {
  auto constants = artifact.constants();
  if (index < 0 || static_cast<size_t>(index) >= constants.size())
    return fail(ErrorCode::Internal, "the host function asked for a constant that is not there");
  return newHandle(Space::Constant, static_cast<uint32_t>(index), constants[index].bytes);
}

void *Recorder::output(int32_t index, const int64_t *sizes) {
  auto outputs = artifact.outputs();
  if (failed())
    return nullptr;
  if (index < 0 || static_cast<size_t>(index) >= outputs.size() ||
      plan.outputs[index].firstDim != UINT64_MAX)
    return fail(ErrorCode::Internal, "the host function made a wrong output");
  const TensorRecord &tensor = outputs[index];
  auto dims = artifact.dims(tensor);
  OutputShape &shape = plan.outputs[index];
  shape = {plan.outputDims.size(), dims.size(), elementBytes(tensor.type)};
  bool empty = false, overflow = false;
  for (size_t i = 0; i < dims.size(); ++i) {
    if (sizes[i] < 0 || (dims[i].value >= 0 && dims[i].value != sizes[i]))
      return fail(ErrorCode::Internal, "the host function made an output of a wrong shape");
    empty |= sizes[i] == 0;
    overflow |= __builtin_mul_overflow(shape.bytes, static_cast<uint64_t>(sizes[i]), &shape.bytes);
  }
  if (empty)
    shape.bytes = 0;
  if (!plan.outputDims.append(sizes, dims.size()))
    return outOfMemory();
  overflow &= !empty;
  if (overflow || __builtin_add_overflow(outputBytes, shape.bytes, &outputBytes) ||
      outputBytes > memoryLimit)
    return overLimit("the outputs", overflow ? UINT64_MAX : outputBytes);
  return newHandle(Space::Output, static_cast<uint32_t>(index), shape.bytes);
}

void *Recorder::allocate(int64_t bytes) {
  // The host multiplies without checks; a negative size is what is left of an overflow.
  if (bytes < 0)
    return overLimit("temporaries", UINT64_MAX);
  uint64_t size = static_cast<uint64_t>(bytes);
  if (size > memoryLimit)
    return overLimit("temporaries", size);
  auto index = static_cast<uint32_t>(temporaries.size());
  if (!failed() && !temporaries.push({size, UINT32_MAX, 0, 0}))
    return outOfMemory();
  return newHandle(Space::Arena, index, size);
}

/// Adds a buffer of the launch being built and marks what it uses as alive.
bool Recorder::addBuffer(const Buffer &buffer, const int64_t *strides, uint32_t rank) {
  uint64_t value = reinterpret_cast<uint64_t>(buffer.base);
  uint64_t number = value >> kOffsetBits, offset = value & (kMaxBytes - 1);
  if (number == 0 || number > handles.size() || offset > handles[number - 1].bytes) {
    fail(ErrorCode::Internal, "the host function used a buffer that is not there");
    return false;
  }
  const Handle &handle = handles[number - 1];
  if (handle.space == Space::Arena) {
    ArenaInterval &interval = temporaries[handle.index];
    auto launch = static_cast<uint32_t>(plan.launches.size());
    interval.first = std::min(interval.first, launch);
    interval.last = launch;
  }
  BufferPlace place{handle.space, handle.index, offset, plan.strides.size()};
  if (!plan.places.push(place) || !plan.buffers.push({nullptr, buffer.offset, nullptr}) ||
      !plan.strides.append(strides, rank)) {
    outOfMemory();
    return false;
  }
  return true;
}

void Recorder::dispatch(int32_t index, const Buffer *buffers, const int64_t *words) {
  if (failed())
    return;
  auto dispatches = artifact.dispatches();
  if (index < 0 || static_cast<size_t>(index) >= dispatches.size()) {
    fail(ErrorCode::Internal, "the host function made a dispatch that is not there");
    return;
  }
  const DispatchRecord &record = dispatches[index];
  const Code &code = *artifact.code();
  SelectFn select = code.selects ? code.selects[index] : nullptr;
  int32_t chosen = select ? select(words) : 0;
  if (chosen < 0 || static_cast<uint32_t>(chosen) >= record.variantCount) {
    fail(ErrorCode::Internal, "no variant of a dispatch takes these sizes",
         std::string(artifact.text(record.name)));
    return;
  }
  Launch launch{};
  launch.variant = record.variantBegin + static_cast<uint32_t>(chosen);
  launch.dispatch = static_cast<uint32_t>(index);
  launch.kernel = code.kernels[launch.variant];
  launch.tasks = code.grids[launch.variant](words);
  if (launch.tasks < 0 || !launch.kernel) {
    fail(ErrorCode::Internal, "a dispatch has no valid grid",
         std::string(artifact.text(record.name)));
    return;
  }
  if (launch.tasks == 0)
    return;
  auto ranks = artifact.ranks(record);
  launch.firstBuffer = static_cast<uint32_t>(plan.buffers.size());
  launch.bufferCount = static_cast<uint32_t>(ranks.size());
  launch.firstWord = static_cast<uint32_t>(plan.words.size());
  for (size_t i = 0; i < ranks.size(); ++i)
    if (!addBuffer(buffers[i], buffers[i].strides, ranks[i]))
      return;
  if (!plan.words.append(words, record.wordCount) || !plan.launches.push(launch))
    outOfMemory();
}

void Recorder::copy(const Buffer &to, const Buffer &from, int32_t rank, const int64_t *sizes,
                    int64_t elementBytes) {
  if (failed())
    return;
  CopyShape shape;
  if (rank < 0 || rank > CopyShape::kMaxRank || elementBytes < 1 || elementBytes > 16 ||
      !shapeCopy(rank, sizes, to.strides, from.strides, elementBytes, shape)) {
    fail(ErrorCode::Internal, "the host function made a copy of a wrong shape");
    return;
  }
  bool same = to.base == from.base && to.offset == from.offset &&
              std::equal(shape.toStrides, shape.toStrides + shape.rank, shape.fromStrides);
  if (shape.tasks == 0 || same)
    return;
  Launch launch{};
  launch.kernel = runCopyTasks;
  launch.tasks = shape.tasks;
  launch.dispatch = kCopyDispatch;
  launch.firstBuffer = static_cast<uint32_t>(plan.buffers.size());
  launch.bufferCount = 2;
  launch.firstWord = static_cast<uint32_t>(plan.words.size());
  auto newRank = static_cast<uint32_t>(shape.rank);
  if (!addBuffer(to, shape.toStrides, newRank) || !addBuffer(from, shape.fromStrides, newRank))
    return;
  const int64_t words[] = {elementBytes, shape.rank, shape.blockElements, shape.blocksPerRow};
  if (!plan.words.append(words, 4) || !plan.words.append(shape.sizes, newRank) ||
      !plan.launches.push(launch))
    outOfMemory();
}

const HostApi *Recorder::hostApi() {
  static const HostApi api = {
      [](void *recorder, int32_t index) { return self(recorder).input(index); },
      [](void *recorder, int32_t index) { return self(recorder).constant(index); },
      [](void *recorder, int32_t index, const int64_t *sizes) {
        return self(recorder).output(index, sizes);
      },
      [](void *recorder, int64_t bytes) { return self(recorder).allocate(bytes); },
      [](void *recorder, int32_t dispatch, const Buffer *buffers, const int64_t *words) {
        self(recorder).dispatch(dispatch, buffers, words);
      },
      [](void *recorder, const Buffer *to, const Buffer *from, int32_t rank, const int64_t *sizes,
         int64_t elementBytes) { self(recorder).copy(*to, *from, rank, sizes, elementBytes); },
  };
  return &api;
}

void Recorder::checkOutputs() {
  for (const OutputShape &shape : plan.outputs)
    if (shape.firstDim == UINT64_MAX)
      fail(ErrorCode::Internal, "the host function made no output of one index");
}

/// Gives every temporary that a launch uses its place in the arena.
void Recorder::placeTemporaries() {
  List<ArenaInterval> used;
  List<uint32_t> numbers;
  if (!used.reserve(temporaries.size()) || !numbers.reserve(temporaries.size())) {
    outOfMemory();
    return;
  }
  for (size_t i = 0; i < temporaries.size(); ++i)
    if (temporaries[i].first != UINT32_MAX) {
      used.push(temporaries[i]);
      numbers.push(static_cast<uint32_t>(i));
    }
  if (!planArena({used.data(), used.size()}, plan.arenaBytes)) {
    overLimit("temporaries", UINT64_MAX);
    return;
  }
  if (plan.arenaBytes > memoryLimit)
    overLimit("temporaries", plan.arenaBytes);
  for (size_t i = 0; i < used.size(); ++i)
    temporaries[numbers[i]].offset = used[i].offset;
}

/// Makes places final: arena offsets, addresses of constants and of strides.
void Recorder::seal() {
  for (size_t i = 0; i < plan.places.size(); ++i) {
    BufferPlace &place = plan.places[i];
    Buffer &buffer = plan.buffers[i];
    buffer.strides = plan.strides.data() + place.firstStride;
    if (place.space == Space::Arena)
      place.byteOffset += temporaries[place.index].offset;
    if (place.space == Space::Constant) {
      auto *data =
          static_cast<const char *>(artifact.constantData(artifact.constants()[place.index]));
      buffer.base = const_cast<char *>(data + place.byteOffset);
    }
  }
}

Error Recorder::record(View<const int64_t> symbols) {
  if (!plan.outputs.resize(artifact.outputs().size()))
    return {ErrorCode::Limit, "out of memory", "", "", ""};
  for (OutputShape &shape : plan.outputs)
    shape.firstDim = UINT64_MAX;
  int32_t guard = artifact.code()->host(hostApi(), this, symbols.data(), plan.inputDims.data());
  if (guard != 0) {
    auto guards = artifact.guards();
    if (guard < 0 || static_cast<size_t>(guard) > guards.size())
      return {ErrorCode::Internal, "the host function named a guard that is not there", "", "", ""};
    const GuardRecord &record = guards[guard - 1];
    std::string message =
        "the input shapes do not satisfy " + std::string(artifact.text(record.text));
    const char *separator = ": ";
    for (size_t i = 0; i < symbols.size(); ++i) {
      message += separator + std::string(artifact.text(artifact.symbols()[i].name)) + " = " +
                 std::to_string(symbols[i]);
      separator = ", ";
    }
    return {ErrorCode::Usage, message, std::string(artifact.text(record.node)), "",
            "the model needs this of its inputs"};
  }
  if (!failed())
    checkOutputs();
  if (!failed())
    placeTemporaries();
  if (!failed())
    seal();
  return std::move(error);
}

} // namespace

Error attune::runtime::recordPlan(const Artifact &artifact, View<const int64_t> inputDims,
                                  View<const int64_t> symbols, uint64_t memoryLimit, Plan &plan) {
  if (!plan.inputDims.append(inputDims.data(), inputDims.size()))
    return {ErrorCode::Limit, "out of memory", "", "", ""};
  return Recorder(artifact, memoryLimit, plan).record(symbols);
}
