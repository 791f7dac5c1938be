// `attune verify`: ONNX test folders, model.onnx with test_data_set_N/{input,output}_M.pb.
#pragma once

#include "attune/Driver/LoadedModel.h"

namespace attune::driver {

struct VerifyOptions {
  LoadOptions load; ///< `source.path` is replaced by each case's model
  std::vector<std::string> cases;
  double rtol = 1e-3;
  double atol = 1e-5;
};

/// One folder's outcome.
struct CaseReport {
  std::string name;
  std::string result; ///< "pass", "fail", "error"
  Error error;        ///< why it could not be run
  double maxAbs = 0;
  double maxRel = 0;
  double relToMax = 0;
  std::vector<int64_t> worstIndex;
  double seconds = 0;
  std::string message;
  unsigned compared = 0; ///< outputs
};

/// Runs all cases and calls `done` (may be empty) after each.
std::vector<CaseReport> verify(const VerifyOptions &options,
                               const std::function<void(const CaseReport &)> &done);
/// Ok if all pass and something was compared; Differs if a result differs or nothing was
/// compared; else the first error.
Error verdict(const std::vector<CaseReport> &cases);
/// {schema, cases[], passed, failed}
Json toJson(const std::vector<CaseReport> &cases);

} // namespace attune::driver
