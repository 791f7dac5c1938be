// Counts cores through the affinity mask, sysfs and the control groups.

#include "attune/Runtime/CPU/Topology.h"

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <sched.h>
#include <string>

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

/// Counts each core once: by the first allowed one of its hardware threads.
int allowedCores() {
  cpu_set_t allowed;
  CPU_ZERO(&allowed);
  if (sched_getaffinity(0, sizeof(allowed), &allowed) != 0)
    return 1;
  cpu_set_t seen;
  CPU_ZERO(&seen);
  int cores = 0;
  for (int cpu = 0; cpu < CPU_SETSIZE; ++cpu) {
    if (!CPU_ISSET(cpu, &allowed))
      continue;
    // The list starts with the lowest hardware thread of the core: "0,64" or "0-1".
    std::string siblings = firstLine("/sys/devices/system/cpu/cpu" + std::to_string(cpu) +
                                     "/topology/thread_siblings_list");
    int first = siblings.empty() ? cpu : std::atoi(siblings.c_str());
    if (first < 0 || first >= CPU_SETSIZE)
      first = cpu;
    cores += !CPU_ISSET(first, &seen);
    CPU_SET(first, &seen);
  }
  return std::max(cores, 1);
}

/// CPUs of a version 2 group: "max 100000" or "150000 100000"; 0 for no limit.
double quotaOfGroup(const std::string &folder) {
  std::string line = firstLine(folder + "/cpu.max");
  long long quota = 0, period = 0;
  if (std::sscanf(line.c_str(), "%lld %lld", &quota, &period) == 2 && quota > 0 && period > 0)
    return double(quota) / double(period);
  quota = std::atoll(firstLine(folder + "/cpu.cfs_quota_us").c_str());
  period = std::atoll(firstLine(folder + "/cpu.cfs_period_us").c_str());
  return quota > 0 && period > 0 ? double(quota) / double(period) : 0;
}

/// The smallest quota from `group` up to the root of the hierarchy; 0 for no limit.
double quotaOfHierarchy(const std::string &root, std::string group) {
  double smallest = 0;
  for (;;) {
    double quota = quotaOfGroup(root + group);
    if (quota > 0 && (smallest == 0 || quota < smallest))
      smallest = quota;
    size_t slash = group.rfind('/');
    if (group.empty() || slash == std::string::npos)
      return smallest;
    group.resize(slash);
  }
}

double cpuQuota() {
  double smallest = 0;
  FILE *file = std::fopen("/proc/self/cgroup", "re");
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
    double quota = quotaOfHierarchy(unified ? std::string("/sys/fs/cgroup")
                                            : std::string("/sys/fs/cgroup/") + controllers,
                                    path);
    if (quota > 0 && (smallest == 0 || quota < smallest))
      smallest = quota;
  }
  std::fclose(file);
  return smallest;
}

} // namespace

int attune::runtime::defaultThreadCount() {
  int cores = allowedCores();
  double quota = cpuQuota();
  // A thread beyond the quota only makes the group stall sooner.
  return quota > 0 ? std::clamp(static_cast<int>(quota), 1, cores) : cores;
}
