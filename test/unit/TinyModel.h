// Writes the artefact of the tiny model (TinyKernels.cpp), and computes what it should give.
#pragma once

#include "attune/Runtime/Core/TablesBuilder.h"

#include <string>
#include <vector>

namespace attune::test {

/// The description that belongs to TinyKernels.cpp: inputs x float32[batch, seq, 4] and
/// ids int64[2 * seq]; outputs y float32[batch, seq, 4] and z float32[batch].
runtime::ArtifactDescription tinyDescription();

/// The constants' bytes, in order.
std::vector<std::vector<uint8_t>> tinyConstants();

/// Writes an artefact of `elfPath`'s code to `path`.
Error writeTiny(const std::string &path, const std::string &elfPath,
                const runtime::ArtifactDescription &description);

/// Whole files.
std::string readFile(const std::string &path);
void writeFile(const std::string &path, const std::string &bytes);

/// An input for the tiny model and what comes out.
struct TinyCase {
  TinyCase(int64_t batch, int64_t seq, unsigned seed = 1);
  int64_t batch, seq;
  std::vector<float> x;
  std::vector<int64_t> ids;
  std::vector<float> y;
  std::vector<float> z;
};

} // namespace attune::test
