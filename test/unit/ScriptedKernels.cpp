// A host function that does wrong on purpose: what, the sizes of the input say. Built as a
// shared object of its own, also in forms that no artefact may have.
#include "ScriptedKernels.h"
#include "attune/Runtime/Core/KernelABI.h"

using namespace attune::runtime;
using attune::test::Script;

namespace {

void nothing(KernelContext *, const Buffer *, const int64_t *, int64_t, int64_t) {}

/// Words: the number of tasks, the variant.
int64_t tasksOf(const int64_t *words) { return words[0]; }
int32_t variantOf(const int64_t *words) { return static_cast<int32_t>(words[1]); }

struct Host {
  const HostApi *api;
  void *recorder;
  int64_t number;
  void *first = nullptr; // constant 0

  void use(void *base, int32_t dispatch = 0, int64_t tasks = 1, int64_t variant = 0) const {
    int64_t strides[] = {1}, words[] = {tasks, variant};
    Buffer buffer{base, 0, strides};
    api->dispatch(recorder, dispatch, &buffer, words);
  }

  void useBoth(void *a, void *b) const {
    int64_t strides[] = {1}, sizes[] = {2};
    Buffer to{b, 0, strides}, from{a, 0, strides};
    api->copy(recorder, &to, &from, 1, sizes, 4);
  }

  void copy(int64_t offset, int32_t rank, int64_t size, int64_t stride, int64_t bytes) const {
    int64_t sizes[65], to[65], from[65];
    for (int i = 0; i < 65; ++i) {
      sizes[i] = i == 0 ? size : 1;
      to[i] = stride;
      from[i] = 1;
    }
    Buffer toBuffer{first, offset, to}, fromBuffer{first, 0, from};
    api->copy(recorder, &toBuffer, &fromBuffer, rank, sizes, bytes);
  }

  void output(int32_t index, int64_t rows, int64_t columns) const {
    int64_t sizes[] = {rows, columns};
    api->output(recorder, index, sizes);
  }

  int32_t run(Script script) {
    auto index = static_cast<int32_t>(number);
    first = api->constant(recorder, 0);
    bool makes = script != Script::NoOutput && script != Script::OutputRows &&
                 script != Script::OutputColumns;
    if (makes)
      output(0, 1, 2);
    void *temporaries[4];
    switch (script) {
    case Script::Nothing:
    case Script::NoOutput:
      return 0;
    case Script::Guard:
      return index;
    case Script::Input:
      api->input(recorder, index);
      return 0;
    case Script::Constant:
      api->constant(recorder, index);
      return 0;
    case Script::Output:
      output(index, 1, 2);
      return 0;
    case Script::OutputTwice:
      output(0, 1, 2);
      return 0;
    case Script::OutputRows:
      output(0, number, 2);
      return 0;
    case Script::OutputColumns:
      output(0, 1, number);
      return 0;
    case Script::Allocate:
      use(api->allocate(recorder, number));
      return 0;
    case Script::AllocateAndIdle:
      api->allocate(recorder, number);
      return 0;
    case Script::AllocateTwice:
    case Script::AllocateChain:
      for (void *&temporary : temporaries)
        temporary = api->allocate(recorder, number);
      for (int i = 0; i < (script == Script::AllocateTwice ? 1 : 3); ++i)
        useBoth(temporaries[i], temporaries[i + 1]);
      return 0;
    case Script::Dispatch:
      use(first, index);
      return 0;
    case Script::Select:
      use(first, 0, 1, number);
      return 0;
    case Script::Grid:
      use(first, 0, number);
      return 0;
    case Script::NullKernel:
      use(first, 1);
      return 0;
    case Script::Handle:
      use(reinterpret_cast<void *>(static_cast<uint64_t>(number) << 40));
      return 0;
    case Script::Offset:
      use(static_cast<char *>(first) + number);
      return 0;
    case Script::CopyRank:
      copy(1, index, 2, 1, 4);
      return 0;
    case Script::CopyElement:
      copy(1, 1, 2, 1, number);
      return 0;
    case Script::CopyRows:
      copy(1, 1, number, 1, 4);
      return 0;
    case Script::CopyOntoItself:
      copy(number, 1, 2, 1, 4);
      return 0;
    case Script::CopyTransposed:
      copy(0, 1, 2, 2, 4);
      return 0;
    case Script::Handles:
      for (int64_t i = 0; i < number; ++i)
        api->constant(recorder, 0);
      return 0;
    }
    return -1;
  }
};

[[maybe_unused]] int32_t host(const HostApi *api, void *recorder, const int64_t *symbols,
                              const int64_t *) {
  return Host{api, recorder, symbols[1] - 1}.run(static_cast<Script>(symbols[0]));
}

[[maybe_unused]] const KernelFn kKernels[] = {nothing, nothing, nullptr};
[[maybe_unused]] const GridFn kGrids[] = {tasksOf, tasksOf, tasksOf};
[[maybe_unused]] const SelectFn kSelects[] = {variantOf, nullptr};

} // namespace

#if defined(SCRIPTED_NoHost)
#define HOST nullptr
#else
#define HOST host
#endif
#if defined(SCRIPTED_Unnamed)
#define attune_code other_code
#endif

extern "C" __attribute__((visibility("default")))
#if defined(SCRIPTED_Empty)
const Code attune_code = {kKernelAbiVersion, 0, host, nullptr, nullptr, nullptr};
#elif defined(SCRIPTED_NoKernels)
const Code attune_code = {kKernelAbiVersion, 3, host, nullptr, kGrids, kSelects};
#elif defined(SCRIPTED_NoGrids)
const Code attune_code = {kKernelAbiVersion, 3, host, kKernels, nullptr, kSelects};
#else
const Code attune_code = {kKernelAbiVersion, 3, HOST, kKernels, kGrids, kSelects};
#endif
