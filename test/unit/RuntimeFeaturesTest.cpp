// CPU features: each is one bit of cpuid, usable where the system saves what it needs.
#include "TinyModel.h"
#include "attune/Runtime/CPU/Features.h"

#include "gtest/gtest.h"

#include <algorithm>
#include <sstream>

using namespace attune;
using namespace attune::runtime;

namespace {

#if defined(__x86_64__)
/// The processors' manuals: the features of a register by their bits.
struct Leaf {
  uint32_t leaf, subleaf;
  int reg; // EAX, EBX, ECX, EDX
  const char *features;
};
const Leaf kLeaves[] = {
    {1, 0, 2,
     "sse3=0 pclmul=1 ssse3=9 fma=12 cx16=13 sse4.1=19 sse4.2=20 crc32=20 movbe=22 popcnt=23 "
     "aes=25 xsave=27 avx=28 f16c=29 rdrnd=30"},
    {7, 0, 1,
     "fsgsbase=0 bmi=3 avx2=5 bmi2=8 invpcid=10 avx512f=16 evex512=16 avx512dq=17 rdseed=18 "
     "adx=19 avx512ifma=21 clflushopt=23 clwb=24 avx512cd=28 sha=29 avx512bw=30 avx512vl=31"},
    {7, 0, 2,
     "avx512vbmi=1 pku=4 waitpkg=5 avx512vbmi2=6 shstk=7 gfni=8 vaes=9 vpclmulqdq=10 "
     "avx512vnni=11 avx512bitalg=12 avx512vpopcntdq=14 rdpid=22 cldemote=25 movdiri=27 "
     "movdir64b=28 enqcmd=29"},
    {7, 0, 3,
     "uintr=5 avx512vp2intersect=8 serialize=14 tsxldtrk=16 pconfig=18 amx-bf16=22 "
     "avx512fp16=23 amx-tile=24 amx-int8=25"},
    {7, 1, 0, "avxvnni=4 avx512bf16=5 cmpccxadd=7 amx-fp16=21 avxifma=23"},
    {7, 1, 3, "avxvnniint8=4 avxneconvert=5 avxvnniint16=10 prefetchi=14"},
    {13, 1, 0, "xsaveopt=0 xsavec=1 xsaves=3"},
    {0x80000001, 0, 2, "sahf=0 lzcnt=5 sse4a=6 prfchw=8 xop=11 lwp=15 fma4=16 tbm=21 mwaitx=29"},
    {0x80000008, 0, 1, "clzero=0 rdpru=4 wbnoinvd=9"},
};

/// What a feature needs the system to save: nothing, 256-bit or 512-bit registers, tiles.
uint32_t stateOf(const std::string &name) {
  auto isOneOf = [&](const char *names) {
    return std::string(names).find(" " + name + " ") != std::string::npos;
  };
  if (name.find("avx512") == 0 || name == "evex512")
    return 0xe6;
  if (name.find("amx-") == 0)
    return 0x60000;
  bool ymm = name.find("avx") == 0 || isOneOf(" fma f16c vaes vpclmulqdq xop fma4 ");
  return ymm ? 0x6 : 0;
}

/// A processor of which `leaf` has one bit set (or cleared, where `others` are all set).
struct Played {
  const Leaf *leaf = nullptr;
  uint32_t bit = 0, others = 0, saved = 0;
  bool systemSaves = true;
} played;
constexpr uint32_t kOsxsave = uint32_t(1) << 27;

bool playCpuid(uint32_t leaf, uint32_t subleaf, uint32_t *regs) {
  auto same = [&](const Leaf &known) { return known.leaf == leaf && known.subleaf == subleaf; };
  if (std::none_of(std::begin(kLeaves), std::end(kLeaves), same))
    return false;
  std::fill_n(regs, 4, played.others);
  uint32_t &bits = regs[played.leaf->reg];
  if (same(*played.leaf))
    bits = played.others ? bits & ~played.bit : bits | played.bit;
  if (leaf == 1 && !(same(*played.leaf) && played.leaf->reg == 2 && played.bit == kOsxsave))
    regs[2] = played.systemSaves ? regs[2] | kOsxsave : regs[2] & ~kOsxsave;
  return true;
}

uint32_t playSavedStates() { return played.saved; }

FeatureState find(const std::string &name) {
  return findCpuFeature(name, {playCpuid, playSavedStates});
}

TEST(Features, AreTheBitsOfTheManuals) {
  for (const Leaf &leaf : kLeaves) {
    std::istringstream entries(leaf.features);
    for (std::string entry; entries >> entry;) {
      std::string name = entry.substr(0, entry.find('='));
      uint32_t bit = uint32_t(1) << std::stoi(entry.substr(name.size() + 1));
      uint32_t state = stateOf(name);
      played = {&leaf, bit, 0, state};
      EXPECT_EQ(find(name), FeatureState::Present) << name << " from its bit alone";
      played = {&leaf, bit, UINT32_MAX, UINT32_MAX};
      EXPECT_EQ(find(name), FeatureState::Absent) << name << " from all other bits";
      for (uint32_t one = 1; one; one <<= 1)
        if (state & one) {
          played = {&leaf, bit, 0, ~one};
          EXPECT_EQ(find(name), FeatureState::Absent) << name << " without state " << one;
        }
      played = {&leaf, bit, 0, UINT32_MAX, /*systemSaves=*/false};
      if (bit != kOsxsave) {
        EXPECT_EQ(find(name) == FeatureState::Present, state == 0) << name;
      }
    }
  }
}

TEST(Features, OfEveryProcessorNeedNoBit) {
  played = {&kLeaves[0], 0, 0, 0, false};
  for (const char *name : {"64bit", "cmov", "cx8", "fxsr", "mmx", "sse", "sse2", "x87"})
    EXPECT_EQ(find(name), FeatureState::Present) << name;
  EXPECT_EQ(find("avx2"), FeatureState::Absent);
}
#endif

TEST(Features, AreThoseOfThisMachine) {
#if defined(__x86_64__)
  EXPECT_EQ(findCpuFeature("sse2"), FeatureState::Present);
  EXPECT_EQ(findCpuFeature("avx2") == FeatureState::Present, !!__builtin_cpu_supports("avx2"));
  EXPECT_EQ(findCpuFeature("fma") == FeatureState::Present, !!__builtin_cpu_supports("fma"));
  EXPECT_EQ(findCpuFeature("avx512bw") == FeatureState::Present,
            !!__builtin_cpu_supports("avx512bw"));
  EXPECT_EQ(firstMissingFeature("sse,+sse2,,cmov"), "");
#endif
  EXPECT_EQ(findCpuFeature("quantum"), FeatureState::Unknown);
  EXPECT_EQ(firstMissingFeature(""), "");
  const std::pair<const char *, const char *> lists[] = {
      {"+quantum", "quantum"}, {"sse2,quantum", "quantum"}, {"a,b", "a"}, {",,+,b", "b"}};
  for (auto [list, missing] : lists)
    EXPECT_EQ(firstMissingFeature(list), missing) << list;
}

/// What the kernel shows must be found; it may hide what the processor has.
TEST(Features, HoldWhatTheKernelShows) {
  const std::pair<const char *, const char *> names[] = {
      {"avx", "avx"},
      {"avx2", "avx2"},
      {"fma", "fma"},
      {"f16c", "f16c"},
      {"bmi", "bmi1"},
      {"bmi2", "bmi2"},
      {"lzcnt", "abm"},
      {"popcnt", "popcnt"},
      {"movbe", "movbe"},
      {"sse3", "pni"},
      {"ssse3", "ssse3"},
      {"sse4.1", "sse4_1"},
      {"sse4.2", "sse4_2"},
      {"cx16", "cx16"},
      {"sahf", "lahf_lm"},
      {"xsave", "xsave"},
      {"avx512f", "avx512f"},
      {"avx512bw", "avx512bw"},
      {"avx512cd", "avx512cd"},
      {"avx512dq", "avx512dq"},
      {"avx512vl", "avx512vl"},
      {"avx512vnni", "avx512_vnni"},
      {"avx512bf16", "avx512_bf16"},
      {"avx512fp16", "avx512_fp16"},
      {"avxvnni", "avx_vnni"},
      {"gfni", "gfni"},
      {"vaes", "vaes"},
      {"sha", "sha_ni"},
      {"xsavec", "xsavec"},
      {"amx-tile", "amx_tile"},
  };
  std::string info = test::readFile("/proc/cpuinfo");
  size_t begin = info.find("\nflags");
  if (begin == std::string::npos)
    GTEST_SKIP() << "no flags in /proc/cpuinfo";
  std::string flags = info.substr(begin + 1, info.find('\n', begin + 1) - begin - 1) + " ";
  for (auto [ours, theirs] : names)
    if (flags.find(std::string(" ") + theirs + " ") != std::string::npos) {
      EXPECT_EQ(findCpuFeature(ours), FeatureState::Present) << ours;
    }
}

} // namespace
