// Which CPU features this machine and its operating system offer, by LLVM's names.
#pragma once

#include <string_view>

namespace attune::runtime {

/// What a feature name means here.
enum class FeatureState {
  Present,
  Absent,
  Unknown, ///< not a name this attune knows, so it cannot be promised
};

/// Looks up one feature: "avx2", "fma", "avx512vl", …
FeatureState findCpuFeature(std::string_view name);

/// The first of the comma-separated `features` that this machine does not offer; empty when
/// it offers all. A '+' before a name is allowed.
std::string_view firstMissingFeature(std::string_view features);

} // namespace attune::runtime
