// Sessions: find or record the plan, provide memory, replay.

#include "attune/Runtime/Core/Session.h"
#include "attune/Runtime/Core/Clock.h"
#include "attune/Runtime/Core/ElementType.h"

#include <algorithm>
#include <unistd.h>

using namespace attune;
using namespace attune::runtime;

namespace {

Error outOfMemory() { return {ErrorCode::Limit, "out of memory", "", "", ""}; }

uint64_t machineMemory() {
  return static_cast<uint64_t>(sysconf(_SC_PHYS_PAGES)) *
         static_cast<uint64_t>(sysconf(_SC_PAGESIZE));
}

} // namespace

Error Session::create(Ref<Model> model, const SessionOptions &options,
                      std::unique_ptr<Session> &session) {
  std::unique_ptr<Session> created(new (std::nothrow) Session(std::move(model)));
  if (!created)
    return outOfMemory();
  if (Error error = created->initialize(options); error.failed())
    return error;
  session = std::move(created);
  return {};
}

Error Session::initialize(const SessionOptions &options) {
  limits = options;
  if (limits.planCapacity == 0)
    return {ErrorCode::Usage, "a session must keep at least one plan", "", "", ""};
  if (limits.memoryLimit == 0)
    limits.memoryLimit = machineMemory();
  const Artifact &artifact = owner->artifact();
  outputs.reset(new (std::nothrow) OwnedOutput[artifact.outputs().size()]);
  bool enough = outputs && inputDims.resize(countInputDims(artifact)) &&
                inputData.resize(artifact.inputs().size()) &&
                symbols.resize(artifact.symbols().size()) && plans.reserve(1);
  return enough ? Error() : outOfMemory();
}

Session::~Session() {
  for (Plan *plan : plans)
    delete plan;
}

Error Session::enter() const {
  if (busy.exchange(true, std::memory_order_acquire))
    return {ErrorCode::Usage, "the session is running in another thread", "", "",
            "make one session per thread"};
  return {};
}

Error Session::findPlan(View<const InputTensor> inputs, bool needsData, Plan *&plan) {
  View<int64_t> dims(inputDims.data(), inputDims.size());
  View<const void *> data(inputData.data(), inputData.size());
  if (Error error = checkInputs(owner->artifact(), inputs, needsData, dims, data); error.failed())
    return error;
  for (Plan *known : plans)
    if (std::equal(dims.begin(), dims.end(), known->inputDims.begin())) {
      plan = known;
      plan->lastUse = ++clock;
      return {};
    }
  return makePlan(plan);
}

Error Session::makePlan(Plan *&plan) {
  const Artifact &artifact = owner->artifact();
  if (Error error = bindSymbols(artifact, inputDims.view(), {symbols.data(), symbols.size()});
      error.failed())
    return error;
  countAllocation();
  std::unique_ptr<Plan> made(new (std::nothrow) Plan());
  if (!made)
    return outOfMemory();
  if (Error error =
          recordPlan(artifact, inputDims.view(), symbols.view(), limits.memoryLimit, *made);
      error.failed())
    return error;
  if (plans.size() == limits.planCapacity) {
    Plan **oldest = std::min_element(plans.begin(), plans.end(),
                                     [](Plan *a, Plan *b) { return a->lastUse < b->lastUse; });
    if (*oldest == current)
      current = nullptr;
    delete *oldest;
    *oldest = plans[plans.size() - 1];
    plans.pop();
  }
  if (!plans.push(made.get()))
    return outOfMemory();
  plan = made.release();
  plan->lastUse = ++clock;
  return {};
}

/// The arena and a buffer for every output.
Error Session::provideMemory(const Plan &plan) {
  if (!arena.ensure(plan.arenaBytes))
    return {ErrorCode::Limit,
            "the system has not got the " + std::to_string(plan.arenaBytes) +
                " bytes that temporaries of these shapes need",
            "", "", "use smaller inputs"};
  const Artifact &artifact = owner->artifact();
  for (size_t i = 0; i < plan.outputs.size(); ++i) {
    OwnedOutput &output = outputs[i];
    uint64_t bytes = plan.outputs[i].bytes;
    if (output.bound) {
      if (output.boundBytes < bytes)
        return {ErrorCode::Usage,
                "output \"" + std::string(artifact.text(artifact.outputs()[i].name)) +
                    "\": the bound buffer has " + std::to_string(output.boundBytes) + " bytes, " +
                    std::to_string(bytes) + " needed",
                "", "", "ask for the outputs' shapes first"};
      output.data = output.bound;
      continue;
    }
    if (!output.own.ensure(bytes))
      return {ErrorCode::Limit,
              "the system has not got the " + std::to_string(bytes) + " bytes of an output", "", "",
              "use smaller inputs"};
    output.data = output.own.data();
  }
  return {};
}

void Session::replay(Plan &plan) {
  for (size_t i = 0; i < plan.places.size(); ++i) {
    const BufferPlace &place = plan.places[i];
    const void *base = nullptr;
    switch (place.space) {
    case Space::Constant:
      continue;
    case Space::Input:
      base = inputData[place.index];
      break;
    case Space::Output:
      base = outputs[place.index].data;
      break;
    case Space::Arena:
      base = arena.data();
      break;
    }
    // Kernels only read inputs; the ABI has one kind of buffer.
    plan.buffers[i].base =
        reinterpret_cast<void *>(reinterpret_cast<uintptr_t>(base) + place.byteOffset);
  }
  ThreadPool &pool = owner->pool();
  TaskCounts counts;
  for (const Launch &launch : plan.launches) {
    TaskBatch batch{launch.kernel, plan.buffers.data() + launch.firstBuffer,
                    plan.words.data() + launch.firstWord, launch.tasks, &counts};
    if (!profiled.isOn()) {
      pool.run(batch);
      continue;
    }
    int64_t visited = counts.tilesVisited, total = counts.tilesTotal;
    int64_t begin = nanosecondsNow();
    int threads = pool.run(batch);
    profiled.note(plan, launch,
                  {static_cast<uint64_t>(nanosecondsNow() - begin), threads,
                   counts.tilesVisited - visited, counts.tilesTotal - total});
  }
  runTilesVisited = counts.tilesVisited;
  runTilesTotal = counts.tilesTotal;
}

/// The plan exists, so its sizes have passed the door: they bind the symbols again.
Error Session::beginProfile(const Plan &plan) {
  View<int64_t> values(symbols.data(), symbols.size());
  if (Error error = bindSymbols(owner->artifact(), plan.inputDims.view(), values); error.failed())
    return error;
  profiled.beginRun(owner->artifact(), symbols.view());
  return {};
}

Error Session::prepare(View<const InputTensor> inputs) {
  if (Error error = enter(); error.failed())
    return error;
  Plan *plan = nullptr;
  Error error = findPlan(inputs, /*needsData=*/false, plan);
  if (!error.failed()) {
    current = plan;
    hasResults = false;
  }
  leave();
  return error;
}

Error Session::run(View<const InputTensor> inputs) {
  if (Error error = enter(); error.failed())
    return error;
  uint64_t before = allocationCount();
  Plan *plan = nullptr;
  Error error = findPlan(inputs, /*needsData=*/true, plan);
  // Growing an output gives up what it held, so results are void from here on.
  if (!error.failed()) {
    current = nullptr;
    error = provideMemory(*plan);
  }
  if (!error.failed() && profiled.isOn())
    error = beginProfile(*plan);
  if (!error.failed()) {
    replay(*plan);
    current = plan;
    hasResults = true;
  }
  runAllocations = allocationCount() - before;
  leave();
  return error;
}

Error Session::bindOutput(size_t index, void *data, uint64_t bytes) {
  auto tensors = owner->artifact().outputs();
  if (index >= tensors.size())
    return {ErrorCode::Usage,
            "the model has " + std::to_string(tensors.size()) + " outputs, there is no number " +
                std::to_string(index),
            "", "", ""};
  if (reinterpret_cast<uintptr_t>(data) % elementBytes(tensors[index].type) != 0)
    return {ErrorCode::Usage, "the buffer of an output is not aligned to its element type", "", "",
            ""};
  if (Error error = enter(); error.failed())
    return error;
  outputs[index].bound = data;
  outputs[index].boundBytes = data ? bytes : 0;
  leave();
  return {};
}

Error Session::output(size_t index, OutputTensor &tensor) const {
  const Artifact &artifact = owner->artifact();
  if (index >= artifact.outputs().size())
    return {ErrorCode::Usage, "the model has no output number " + std::to_string(index), "", "",
            ""};
  if (Error error = enter(); error.failed())
    return error;
  Error error;
  if (current) {
    const OutputShape &shape = current->outputs[index];
    const TensorRecord &record = artifact.outputs()[index];
    tensor = {artifact.text(record.name), record.type,
              View<const int64_t>(current->outputDims.data() + shape.firstDim, shape.rank),
              hasResults ? outputs[index].data : nullptr, shape.bytes};
  } else {
    error = {ErrorCode::Usage, "the session has no results: no run has succeeded yet", "", "", ""};
  }
  leave();
  return error;
}

Error Session::setProfiling(bool on) {
  if (Error error = enter(); error.failed())
    return error;
  Error error;
  if (on)
    error = profiled.start(owner->artifact());
  else
    profiled.stop();
  leave();
  return error;
}

SessionStats Session::stats() const {
  SessionStats stats;
  stats.arenaBytes = arena.size();
  stats.planCount = plans.size();
  stats.weightBytes = owner->artifact().trailer().weights.bytes;
  stats.heapAllocations = runAllocations;
  stats.tilesVisited = runTilesVisited;
  stats.tilesTotal = runTilesTotal;
  if (current) {
    stats.planArenaBytes = current->arenaBytes;
    stats.launches = current->launches.size();
    for (const Launch &launch : current->launches) {
      stats.copies += launch.dispatch == kCopyDispatch;
      stats.tasks += static_cast<uint64_t>(launch.tasks);
    }
  }
  return stats;
}
