// Two views of tensors: what is in one, and how far two are apart.
#pragma once

#include "attune/Driver/Json.h"
#include "attune/Driver/Tensor.h"

namespace attune::driver {

/// {name, type, shape, min, max, mean, finite, first[]}
Json summaryJson(const Tensor &tensor);
/// "out  float32[1, 128, 384]  min -1.2  max 3.4  mean 0.01  first [0.1, …]"
std::string summaryText(const Tensor &tensor);

/// How `got` differs from `want`.
struct Difference {
  bool equal = true;
  double maxAbs = 0;
  double maxRel = 0;          ///< |got − want| / |want|
  double relToMax = 0;        ///< max |got − want| / max |want|
  std::vector<int64_t> worst; ///< index of the largest violation
  std::string message;        ///< why not equal
};

/// Equal if name, type and shape are, and every element is within atol + rtol·|want|: NaN equals
/// NaN, infinities by sign, integers and bools exactly.
Difference compare(const Tensor &got, const Tensor &want, double rtol, double atol);

} // namespace attune::driver
