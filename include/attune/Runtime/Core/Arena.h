// Plans where temporaries lie in the arena, from when each is used.
#pragma once

#include "attune/Runtime/Core/Memory.h"

namespace attune::runtime {

inline constexpr uint64_t kArenaAlignment = 64;

/// A temporary that is alive in launches first..last, both included. `offset` is the answer.
struct ArenaInterval {
  uint64_t bytes;
  uint32_t first;
  uint32_t last;
  uint64_t offset;
};

/// Gives each interval an aligned offset so that no two that are alive at once overlap, and the
/// arena's size: the larger ones first, each into the tightest gap. False when memory ran out
/// or the sizes overflow.
bool planArena(View<ArenaInterval> intervals, uint64_t &arenaBytes);

} // namespace attune::runtime
