// The tiny model's description, constants and reference.
#include "TinyModel.h"

#include <algorithm>
#include <cstring>
#include <fstream>
#include <iterator>

using namespace attune;
using namespace attune::runtime;

static const float kW[16] = {1, 2, 0, -1, 0, 1, 3, 2, -2, 0, 1, 1, 4, -1, 0, 1};
static const float kBias[4] = {0.5f, -1, 2, 8};

ArtifactDescription test::tinyDescription() {
  ArtifactDescription d;
  d.inputs = {{"x", ElementType::Float32, {{-1, "batch"}, {-1, "seq"}, {4, ""}}},
              {"ids", ElementType::Int64, {{-1, "2 * seq"}}}};
  d.outputs = {{"y", ElementType::Float32, {{-1, "batch"}, {-1, "seq"}, {4, ""}}},
               {"z", ElementType::Float32, {{-1, "batch"}}}};
  d.symbols = {{"batch", 0, 0, 0, 4096}, {"seq", 0, 1, 0, 100000}};
  d.guards = {{"seq <= 512", "node_positions"}};
  d.constants = {{"w", 64}, {"bias", 16}};
  d.dispatches = {{"relu_0", "map", 1, 1, 1, {2, 2}, {"plain"}},
                  {"multiply_0", "contract", 2, 1, 1, {2, 2, 2}, {"one_row", "rows"}},
                  {"add_0", "map", 2, 1, 2, {3, 1, 3}, {"plain"}},
                  {"sum_0", "reduce", 2, 1, 2, {3, 1, 1}, {"plain"}}};
  d.dispatches[1].work = {"contract",
                          "node_multiply",
                          {{-1, "batch * seq"}, {4, ""}, {4, ""}},
                          {-1, "32 * batch * seq"},
                          {-1, "32 * batch * seq + 64"}};
  d.dispatches[3].work = {"reduce(kind=sum)", "", {{-1, "batch"}, {-1, ""}}, {0, ""}, {-1, ""}};
  d.compiler = "by hand";
  d.target = "x86-64";
  d.options = "--cpu=x86-64";
  return d;
}

std::vector<std::vector<uint8_t>> test::tinyConstants() {
  std::vector<std::vector<uint8_t>> constants(2);
  constants[0].resize(sizeof(kW));
  std::memcpy(constants[0].data(), kW, sizeof(kW));
  constants[1].resize(sizeof(kBias));
  std::memcpy(constants[1].data(), kBias, sizeof(kBias));
  return constants;
}

Error test::writeTiny(const std::string &path, const std::string &elfPath,
                      const ArtifactDescription &description) {
  auto constants = tinyConstants();
  return finishArtifact(path, readFile(elfPath), description,
                        [&](size_t index, const ByteSink &sink) {
                          // In two pieces, as a stream would come.
                          const auto &bytes = constants[index];
                          if (Error error = sink(bytes.data(), 10); error.failed())
                            return error;
                          return sink(bytes.data() + 10, bytes.size() - 10);
                        });
}

std::string test::readFile(const std::string &path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

void test::writeFile(const std::string &path, const std::string &bytes) {
  std::ofstream(path, std::ios::binary) << bytes;
}

test::TinyCase::TinyCase(int64_t batch, int64_t seq, unsigned seed)
    : batch(batch), seq(seq), x(batch * seq * 4), ids(2 * seq), y(x.size()), z(batch) {
  // Small integers: every sum is exact, so results compare by bits.
  auto next = [&seed] {
    return static_cast<int>((seed = seed * 1664525u + 1013904223u) >> 28) - 7;
  };
  std::generate(x.begin(), x.end(), next);
  std::generate(ids.begin(), ids.end(), next);
  for (int64_t b = 0; b < batch; ++b) {
    z[b] = 0;
    for (int64_t s = 0; s < seq; ++s)
      for (int n = 0; n < 4; ++n) {
        float sum = 0;
        for (int k = 0; k < 4; ++k)
          sum += std::max(x[(b * seq + s) * 4 + k], 0.0f) * kW[k * 4 + n];
        y[(b * seq + s) * 4 + n] = sum + kBias[n];
        z[b] += y[(b * seq + s) * 4 + n];
      }
    for (int64_t id : ids)
      z[b] += static_cast<float>(id);
  }
}
