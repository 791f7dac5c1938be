// How many threads this process should use.
#pragma once

#include <sched.h>
#include <string>

namespace attune::runtime {

/// The physical cores that the affinity mask and the CPU quotas of the control groups allow;
/// at least 1.
int defaultThreadCount();

// Its parts. `root` stands before /proc and /sys, so that a test can play any machine.

/// The cores that `cpus` belong to; at least 1.
int countCores(const cpu_set_t &cpus, const std::string &root = "");
/// The CPUs that the control groups of this process allow; 0 for no limit.
double cpuQuota(const std::string &root = "");
/// At most as many threads as whole CPUs of the quota, at least 1.
int threadsFor(int cores, double quota);

} // namespace attune::runtime
