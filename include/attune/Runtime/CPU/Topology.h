// How many threads this process should use.
#pragma once

namespace attune::runtime {

/// The physical cores that the affinity mask and the CPU quotas of the control groups allow;
/// at least 1.
int defaultThreadCount();

} // namespace attune::runtime
