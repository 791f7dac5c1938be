// Counts cores through the affinity mask, sysfs and the control groups.

#include "attune/Runtime/CPU/Topology.h"

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <cstring>

using namespace attune::runtime;

namespace {

/// The first line of a file; empty when it cannot be read.
std::string firstLine(const std::string &path) {
  std::string line;
  if (FILE *file = std::fopen(path.c_str(), "re")) {
    char buffer[256];
    if (std::fgets(buffer, sizeof(buffer), file))
      line = buffer;
    std::fclose(file);
  }
  return line.substr(0, line.find('\n'));
}

double quotient(long long quota, long long period) {
  return quota > 0 && period > 0 ? double(quota) / double(period) : 0;
}

/// CPUs of a group, version 2 ("max 100000" or "150000 100000") or 1; 0 for no limit.
double quotaOfGroup(const std::string &folder) {
  std::string line = firstLine(folder + "/cpu.max");
  long long quota, period;
  if (std::sscanf(line.c_str(), "%lld %lld", &quota, &period) == 2)
    return quotient(quota, period);
  quota = std::atoll(firstLine(folder + "/cpu.cfs_quota_us").c_str());
  period = std::atoll(firstLine(folder + "/cpu.cfs_period_us").c_str());
  return quotient(quota, period);
}

/// The smaller one of two quotas, of which 0 says no limit.
double tighter(double a, double b) { return a > 0 && b > 0 ? std::min(a, b) : a + b; }

/// The smallest quota from `group` up to the root of the hierarchy; 0 for no limit.
double quotaOfHierarchy(const std::string &mount, std::string group) {
  double smallest = 0;
  for (;;) {
    smallest = tighter(smallest, quotaOfGroup(mount + group));
    size_t slash = group.rfind('/');
    if (slash == std::string::npos)
      return smallest;
    group.resize(slash);
  }
}

} // namespace

/// Counts each core once: by the first allowed one of its hardware threads.
int attune::runtime::countCores(const cpu_set_t &cpus, const std::string &root) {
  cpu_set_t seen;
  CPU_ZERO(&seen);
  for (int cpu = 0; cpu < CPU_SETSIZE; ++cpu) {
    if (!CPU_ISSET(cpu, &cpus))
      continue;
    // The list starts with the lowest hardware thread of the core: "0,64" or "0-1".
    std::string siblings = firstLine(root + "/sys/devices/system/cpu/cpu" + std::to_string(cpu) +
                                     "/topology/thread_siblings_list");
    int first = siblings.empty() ? cpu : std::atoi(siblings.c_str());
    CPU_SET(first < 0 || first >= CPU_SETSIZE ? cpu : first, &seen);
  }
  return std::max(CPU_COUNT(&seen), 1);
}

double attune::runtime::cpuQuota(const std::string &root) {
  double smallest = 0;
  FILE *file = std::fopen((root + "/proc/self/cgroup").c_str(), "re");
  if (!file)
    return 0;
  char line[4096];
  while (std::fgets(line, sizeof(line), file)) {
    line[std::strcspn(line, "\n")] = 0;
    char *controllers = std::strchr(line, ':');
    char *group = controllers ? std::strchr(controllers + 1, ':') : nullptr;
    if (!group)
      continue;
    *group++ = 0;
    ++controllers;
    bool unified = *controllers == 0;
    if (!unified && !std::strstr(controllers, "cpu"))
      continue;
    std::string path = std::strcmp(group, "/") == 0 ? "" : group;
    std::string mount = root + "/sys/fs/cgroup" + (unified ? "" : "/") + controllers;
    smallest = tighter(smallest, quotaOfHierarchy(mount, path));
  }
  std::fclose(file);
  return smallest;
}

int attune::runtime::threadsFor(int cores, double quota) {
  // A thread beyond the quota only makes the group stall sooner.
  return quota > 0 ? std::clamp(static_cast<int>(quota), 1, cores) : cores;
}

int attune::runtime::defaultThreadCount() {
  cpu_set_t allowed;
  CPU_ZERO(&allowed); // a failure leaves it empty, which counts as one core
  sched_getaffinity(0, sizeof(allowed), &allowed);
  return threadsFor(countCores(allowed), cpuQuota());
}
