// Profiles: names are views of the artefact's tables, sizes are evaluated once per run.

#include "attune/Runtime/Core/Profile.h"
#include "attune/Runtime/Core/Door.h"

#include <algorithm>
#include <limits>

using namespace attune;
using namespace attune::runtime;

namespace {

/// A size of the tables at the run's symbols; -1 where it is not known or does not fit.
int64_t sizeOf(const Artifact &artifact, const DimRecord &dim, View<const int64_t> symbols) {
  int64_t value;
  bool known = evaluateSize(artifact, dim, symbols, value) == DimStatus::Ok && value >= 0;
  return known ? value : -1;
}

double orUnknown(int64_t size) {
  return size < 0 ? std::numeric_limits<double>::quiet_NaN() : static_cast<double>(size);
}

/// What a copy reads and writes; its words are those of runCopyTasks.
double copiedBytes(const int64_t *words) {
  double bytes = 2 * static_cast<double>(words[0]);
  for (int64_t i = 0; i < words[1]; ++i)
    bytes *= static_cast<double>(words[4 + i]);
  return bytes;
}

} // namespace

Error Profile::start(const Artifact &artifact) {
  size_t variants = artifact.variants().size(), sizes = 0;
  for (const DispatchRecord &dispatch : artifact.dispatches())
    sizes += dispatch.work.extents.count;
  on = rows.resize(variants + 1) && works.resize(artifact.dispatches().size()) &&
       extents.resize(sizes);
  if (!on)
    return {ErrorCode::Limit, "out of memory", "", "", ""};
  std::fill(rows.begin(), rows.end(), ProfileEntry());
  std::fill(extents.begin(), extents.end(), -1);
  const int64_t *next = extents.data();
  for (const DispatchRecord &dispatch : artifact.dispatches()) {
    View<const int64_t> loops(next, dispatch.work.extents.count);
    next += loops.size();
    for (uint32_t i = 0; i < dispatch.variantCount; ++i) {
      ProfileEntry &row = rows[dispatch.variantBegin + i];
      row.name = artifact.text(dispatch.name);
      row.root = artifact.text(dispatch.root);
      row.variant = artifact.text(artifact.variants()[dispatch.variantBegin + i].name);
      row.what = artifact.text(dispatch.work.what);
      row.node = artifact.text(dispatch.work.node);
      row.extents = loops;
    }
  }
  rows[variants].name = rows[variants].root = rows[variants].what = "copy";
  return {};
}

void Profile::beginRun(const Artifact &artifact, View<const int64_t> symbols) {
  int64_t *next = extents.begin();
  Work *work = works.begin();
  for (const DispatchRecord &dispatch : artifact.dispatches()) {
    for (const DimRecord &loop : artifact.dims(dispatch.work.extents))
      *next++ = sizeOf(artifact, loop, symbols);
    work->flops = orUnknown(sizeOf(artifact, dispatch.work.flops, symbols));
    work->bytes = orUnknown(sizeOf(artifact, dispatch.work.bytes, symbols));
    ++work;
  }
}

void Profile::note(const Plan &plan, const Launch &launch, const LaunchNotes &notes) {
  bool isCopy = launch.dispatch == kCopyDispatch;
  ProfileEntry &row = rows[isCopy ? rows.size() - 1 : launch.variant];
  Work work =
      isCopy ? Work{0, copiedBytes(plan.words.data() + launch.firstWord)} : works[launch.dispatch];
  ++row.launches;
  row.tasks += static_cast<uint64_t>(launch.tasks);
  row.nanoseconds += notes.nanoseconds;
  row.threads += static_cast<uint64_t>(notes.threads);
  row.flops += work.flops;
  row.bytes += work.bytes;
  row.tilesVisited += notes.tilesVisited;
  row.tilesTotal += notes.tilesTotal;
}
