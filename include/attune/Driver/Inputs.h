// The inputs of a run: read from files where the user gives them, made up where allowed.
#pragma once

#include "attune/Driver/Signature.h"

#include <optional>
#include <utility>

namespace attune::driver {

/// What the user said about inputs.
struct InputOptions {
  std::vector<std::pair<std::string, std::string>> files; ///< name and file
  std::vector<std::string> dims;                          ///< "seq=128"
  std::optional<uint64_t> seed; ///< make up what is not given; without it that is an error
};

/// How an input came to be, for reports.
struct InputOrigin {
  std::string name;
  std::string rule;   ///< "file", "normal(0, 1)", "ones", "uniform[0, 30521]"
  bool proven = true; ///< false: the rule is a guess, the safe range is not known
};

/// Splits "NAME=FILE" at the last `=` that leaves a file name.
Error parseInputFlag(const std::string &flag, std::pair<std::string, std::string> &input);
/// Splits "NAME=VALUE".
Error parseDimFlag(const std::string &flag, std::string &name, int64_t &value);

/// Makes the inputs in the signature's order. Symbols take their sizes from the given inputs,
/// then from `dims`, else 1 for the first dimension of an input and up to 128 for others.
Error makeInputs(const Signature &signature, const InputOptions &options,
                 std::vector<Tensor> &inputs, std::vector<InputOrigin> &origins);

/// Fills a tensor by rule: floats N(0,1), integers uniform in [low, high].
void fillNormal(Tensor &tensor, uint64_t seed);
void fillUniform(Tensor &tensor, int64_t low, int64_t high, uint64_t seed);

} // namespace attune::driver
