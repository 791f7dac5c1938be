// The clock that only goes forward.
#pragma once

#include <chrono>
#include <cstdint>

namespace attune::runtime {

/// Nanoseconds since some moment.
inline int64_t nanosecondsNow() {
  auto now = std::chrono::steady_clock::now().time_since_epoch();
  return std::chrono::duration_cast<std::chrono::nanoseconds>(now).count();
}

} // namespace attune::runtime
