// How many threads: cores, not hardware threads, and no more than the control groups allow.
#include "RuntimeTest.h"
#include "attune/Runtime/CPU/Topology.h"

#include <map>
#include <thread>

using namespace attune;
using namespace attune::runtime;
using namespace attune::test;

namespace {

class Topology : public RuntimeTest {
protected:
  /// Makes the files of a machine under `folder`.
  void machine(const std::map<std::string, std::string> &files) {
    std::filesystem::remove_all(folder);
    for (const auto &[path, text] : files) {
      std::filesystem::create_directories(folder + path.substr(0, path.rfind('/')));
      writeFile(folder + path, text);
    }
  }
};

TEST_F(Topology, CountsCoresByTheirFirstHardwareThread) {
  const struct {
    std::vector<int> cpus;
    std::vector<std::string> siblings; // of cpu0, cpu1, …; empty: no such file
    int cores;
  } cases[] = {
      {{0, 1, 2, 3}, {"0-1\n", "0-1\n", "2-3\n", "2-3\n"}, 2},
      {{0, 1, 2, 3}, {"0,2\n", "1,3\n", "0,2\n", "1,3\n"}, 2},
      {{1, 2}, {"0-1", "0-1", "2-3", "2-3"}, 2},
      {{2, 3}, {"0-1", "0-1", "2-3", "2-3"}, 1},
      {{0, 1, 2}, {"", "", ""}, 3},
      {{0, 1}, {"-1", "99999"}, 2},
      {{0, 1}, {"1024", "1024"}, 2}, // one past the largest that a set holds
      {{0, 1, 1022}, {"1023", "1023", ""}, 2},
      {{1023}, {}, 1},
      {{}, {}, 1},
  };
  for (const auto &c : cases) {
    std::map<std::string, std::string> files;
    for (size_t i = 0; i < c.siblings.size(); ++i)
      if (!c.siblings[i].empty())
        files["/sys/devices/system/cpu/cpu" + std::to_string(i) +
              "/topology/thread_siblings_list"] = c.siblings[i];
    machine(files);
    cpu_set_t cpus;
    CPU_ZERO(&cpus);
    for (int cpu : c.cpus)
      CPU_SET(cpu, &cpus);
    EXPECT_EQ(countCores(cpus, folder), c.cores) << &c - cases;
  }
}

TEST_F(Topology, TakesTheTightestQuota) {
  const std::string v1 = "/sys/fs/cgroup/cpu,cpuacct", v2 = "/sys/fs/cgroup";
  const struct {
    std::string groups; // /proc/self/cgroup
    std::map<std::string, std::string> files;
    double quota;
  } cases[] = {
      {"0::/\n", {}, 0},
      {"0::/\n", {{v2 + "/cpu.max", "150000 100000\n"}}, 1.5},
      {"0::/\n", {{v2 + "/cpu.max", "max 100000\n"}}, 0},
      {"0::/\n", {{v2 + "/cpu.max", "0 100000\n"}}, 0},
      {"0::/\n", {{v2 + "/cpu.max", "1 0\n"}}, 0},
      {"0::/\n", {{v2 + "/cpu.max", "1 1\n"}}, 1},
      {"0::/a/b\n", {{v2 + "/a/cpu.max", "200000 100000"}}, 2},
      {"0::/a/b\n", {{v2 + "/cpu.max", "300000 100000"}, {v2 + "/a/b/cpu.max", "8 2"}}, 3},
      {"0::/a/b\n", {{v2 + "/cpu.max", "8 2"}, {v2 + "/a/b/cpu.max", "3 1"}}, 3},
      {"0::/a\n", {{v2 + "/other/cpu.max", "1 1"}}, 0},
      {"3:cpu,cpuacct:/x\n1:name=systemd:/\n",
       {{v1 + "/x/cpu.cfs_quota_us", "250000\n"}, {v1 + "/x/cpu.cfs_period_us", "100000\n"}},
       2.5},
      {"3:cpu,cpuacct:/\n",
       {{v1 + "/cpu.cfs_quota_us", "-1\n"}, {v1 + "/cpu.cfs_period_us", "100000\n"}},
       0},
      {"3:cpu,cpuacct:/\n", {{v1 + "/cpu.cfs_quota_us", "5"}}, 0},
      {"3:memory:/\n", {{"/sys/fs/cgroup/memory/cpu.max", "1 1"}}, 0},
      {"5:cpu,cpuacct:/\n0::/\n",
       {{v1 + "/cpu.cfs_quota_us", "4"},
        {v1 + "/cpu.cfs_period_us", "1"},
        {v2 + "/cpu.max", "6 1"}},
       4},
      {"damaged\n0:half\n\n0::/\n", {{v2 + "/cpu.max", "7 1"}}, 7},
      {"0::a\n", {{v2 + "a/cpu.max", "5 1"}}, 5}, // no slash to go up by
  };
  for (const auto &c : cases) {
    auto files = c.files;
    files["/proc/self/cgroup"] = c.groups;
    machine(files);
    EXPECT_EQ(cpuQuota(folder), c.quota) << &c - cases;
  }
  machine({});
  EXPECT_EQ(cpuQuota(folder), 0);
}

TEST_F(Topology, ThreadsAreWholeCpusOfTheQuota) {
  const struct {
    int cores;
    double quota;
    int threads;
  } cases[] = {{8, 0, 8}, {8, 0.5, 1}, {8, 1.9, 1}, {8, 3, 3}, {8, 8.5, 8}, {8, 99, 8}, {1, 4, 1}};
  for (const auto &c : cases)
    EXPECT_EQ(threadsFor(c.cores, c.quota), c.threads) << c.quota;
}

TEST_F(Topology, KeepsToTheAffinityMask) {
  int counts[2] = {};
  std::thread([&counts] {
    cpu_set_t allowed, one;
    ASSERT_EQ(sched_getaffinity(0, sizeof(allowed), &allowed), 0);
    counts[0] = defaultThreadCount();
    EXPECT_LE(counts[0], CPU_COUNT(&allowed));
    CPU_ZERO(&one);
    for (int cpu = 0; cpu < CPU_SETSIZE && CPU_COUNT(&one) == 0; ++cpu)
      if (CPU_ISSET(cpu, &allowed))
        CPU_SET(cpu, &one);
    ASSERT_EQ(sched_setaffinity(0, sizeof(one), &one), 0);
    counts[1] = defaultThreadCount();
  }).join();
  EXPECT_GE(counts[0], 1);
  EXPECT_EQ(counts[1], 1);
}

} // namespace
