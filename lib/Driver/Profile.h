// Private to the driver: the rounds of `bench --profile`, and how its rows are told.
#pragma once

#include "attune/Driver/Bench.h"

namespace attune::driver {

/// Fills `report.dispatches` and `report.limits`: rounds of runs, with the machine's limits
/// measured before, between and after them.
Error profile(LoadedModel &model, const std::vector<Tensor> &inputs, BenchReport &report);

Json dispatchesJson(const BenchReport &report);

} // namespace attune::driver
