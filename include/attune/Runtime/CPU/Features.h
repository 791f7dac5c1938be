// Which CPU features this machine and its operating system offer, by LLVM's names.
#pragma once

#include <cstdint>
#include <string_view>

namespace attune::runtime {

/// What a feature name means here.
enum class FeatureState {
  Present,
  Absent,
  Unknown, ///< not a name this attune knows, so it cannot be promised
};

/// How a processor tells about itself; a table, so that a test can play any processor.
struct Processor {
  /// The registers EAX, EBX, ECX, EDX of a cpuid leaf; false where there is no such leaf.
  bool (*cpuid)(uint32_t leaf, uint32_t subleaf, uint32_t *regs);
  /// What the operating system saves: the low half of XCR0.
  uint32_t (*savedStates)();
};
extern const Processor kThisProcessor;

/// Looks up one feature: "avx2", "fma", "avx512vl", …
FeatureState findCpuFeature(std::string_view name, const Processor &processor = kThisProcessor);

/// The first of the comma-separated `features` that this machine does not offer; empty when
/// it offers all. A '+' before a name is allowed.
std::string_view firstMissingFeature(std::string_view features);

} // namespace attune::runtime
