// Best fit over liveness intervals, in the order of their sizes.

#include "attune/Runtime/Core/Arena.h"

#include <algorithm>

using namespace attune::runtime;

namespace {

uint64_t alignedSize(uint64_t bytes) {
  return (bytes + kArenaAlignment - 1) / kArenaAlignment * kArenaAlignment;
}

bool aliveTogether(const ArenaInterval &a, const ArenaInterval &b) {
  return a.first <= b.last && b.first <= a.last;
}

/// The tightest gap among the placed intervals that live at the same time; `placed` holds
/// indices by rising offset.
uint64_t findPlace(View<ArenaInterval> intervals, const List<uint32_t> &placed,
                   const ArenaInterval &interval) {
  uint64_t size = alignedSize(interval.bytes);
  uint64_t place = 0, tightest = UINT64_MAX, top = 0;
  for (uint32_t index : placed) {
    const ArenaInterval &other = intervals[index];
    if (!aliveTogether(interval, other))
      continue;
    if (other.offset > top && other.offset - top >= size && other.offset - top < tightest) {
      tightest = other.offset - top;
      place = top;
    }
    top = std::max(top, other.offset + alignedSize(other.bytes));
  }
  return tightest == UINT64_MAX ? top : place;
}

} // namespace

bool attune::runtime::planArena(View<ArenaInterval> intervals, uint64_t &arenaBytes) {
  List<uint32_t> order, placed;
  if (intervals.size() > UINT32_MAX || !order.resize(intervals.size()) ||
      !placed.reserve(intervals.size()))
    return false;
  uint64_t sum = 0;
  for (size_t i = 0; i < intervals.size(); ++i) {
    order[i] = static_cast<uint32_t>(i);
    if (intervals[i].bytes > INT64_MAX - kArenaAlignment ||
        __builtin_add_overflow(sum, alignedSize(intervals[i].bytes), &sum))
      return false;
  }
  std::sort(order.begin(), order.end(), [&](uint32_t a, uint32_t b) {
    if (intervals[a].bytes != intervals[b].bytes)
      return intervals[a].bytes > intervals[b].bytes;
    return a < b;
  });
  arenaBytes = 0;
  for (uint32_t index : order) {
    ArenaInterval &interval = intervals[index];
    interval.offset = findPlace(intervals, placed, interval);
    arenaBytes = std::max(arenaBytes, interval.offset + alignedSize(interval.bytes));
    uint32_t *position = std::upper_bound(
        placed.begin(), placed.end(), interval.offset,
        [&](uint64_t offset, uint32_t other) { return offset < intervals[other].offset; });
    size_t at = static_cast<size_t>(position - placed.begin());
    placed.push(index);
    std::rotate(placed.begin() + at, placed.end() - 1, placed.end());
  }
  return true;
}
