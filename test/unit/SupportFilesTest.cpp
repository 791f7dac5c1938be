// Files beneath a folder, weights with recipes, and errors that carry codes.
#include "attune/Support/Diagnostics.h"
#include "attune/Support/FileMap.h"
#include "attune/Support/Hash.h"
#include "attune/Support/WeightStore.h"

#include "mlir/IR/MLIRContext.h"

#include <gtest/gtest.h>

#include <cstring>
#include <fstream>
#include <numeric>
#include <sys/stat.h>
#include <unistd.h>

using namespace attune;

namespace {

class Folder : public testing::Test {
protected:
  void SetUp() override {
    path = testing::TempDir() + "attune-XXXXXX";
    ASSERT_NE(::mkdtemp(path.data()), nullptr);
    ::mkdir((path + "/in").c_str(), 0700);
  }
  void TearDown() override {
    for (const std::string &name : names)
      ::unlink((path + "/" + name).c_str());
    ::rmdir((path + "/in/sub").c_str());
    ::rmdir((path + "/in").c_str());
    ::rmdir(path.c_str());
  }
  void write(const std::string &name, llvm::ArrayRef<float> values) {
    names.push_back(name);
    std::ofstream file(path + "/" + name, std::ios::binary);
    file.write(reinterpret_cast<const char *>(values.data()), values.size() * sizeof(float));
  }
  Error openError(const std::string &name) {
    Error error;
    FileMap::openBeneath(path + "/in", name, FileMap::HardLinks::Refuse, 1000, error);
    return error;
  }

  std::string path;
  std::vector<std::string> names;
};

TEST_F(Folder, OnlyWhatIsBeneath) {
  ::mkdir((path + "/in/sub").c_str(), 0700);
  write("out.bin", {1});
  write("in/a.bin", {1});
  write("in/sub/b.bin", {1});
  write("in/big.bin", std::vector<float>(1000));
  for (const char *good : {"a.bin", "./a.bin", "sub/b.bin", "sub//./b.bin"})
    EXPECT_FALSE(openError(good).failed()) << good;
  names.push_back("in/link");
  names.push_back("in/hard");
  ASSERT_EQ(::symlink("a.bin", (path + "/in/link").c_str()), 0);
  ASSERT_EQ(::link((path + "/out.bin").c_str(), (path + "/in/hard").c_str()), 0);
  for (const char *bad : {"../out.bin", "sub/../../out.bin", "sub/..", "/etc/passwd", "", ".",
                          "nothing", "link", "hard", "sub", "a.bin/x"})
    EXPECT_EQ(openError(bad).code, ErrorCode::Malformed) << bad;
  EXPECT_EQ(openError("big.bin").code, ErrorCode::Limit);
}

std::vector<float> iota(size_t count) {
  std::vector<float> values(count);
  std::iota(values.begin(), values.end(), 0.0f);
  return values;
}

struct Written {
  std::vector<float> values;
  size_t largest = 0;
};

Written run(WeightStore &store, const WeightRef &ref, const WeightRecipe &recipe, Error &error) {
  std::string all;
  Written written;
  bool ok = store.write(
      ref, recipe,
      [&](llvm::ArrayRef<uint8_t> chunk) {
        written.largest = std::max(written.largest, chunk.size());
        all.append(reinterpret_cast<const char *>(chunk.data()), chunk.size());
        return true;
      },
      error);
  EXPECT_EQ(ok, !error.failed());
  written.values.resize(all.size() / sizeof(float));
  std::memcpy(written.values.data(), all.data(), all.size());
  return written;
}

TEST_F(Folder, RecipesComposeInOrder) {
  std::vector<float> source = iota(2 * 3 * 5 + 1);
  write("in/w.bin", source);
  WeightStore store(path + "/in");
  WeightRef ref{"w.bin", 4, 120, ""};
  WeightRecipe recipe{WeightElement::F32, 4, {2, 3, 5}, {}};
  recipe.steps.push_back({{2, 0, 1}, 1.0}); // 5 x 2 x 3
  recipe.steps.push_back({{}, 0.5});
  recipe.steps.push_back({{0, 2, 1}, 1.0}); // 5 x 3 x 2
  recipe.steps.push_back({{}, 3.0});
  Error error;
  Written got = run(store, ref, recipe, error);
  ASSERT_EQ(got.values.size(), 30u) << error.message;
  for (int k = 0; k < 5; ++k)
    for (int j = 0; j < 3; ++j)
      for (int i = 0; i < 2; ++i)
        EXPECT_EQ(got.values[(k * 3 + j) * 2 + i], source[1 + (i * 3 + j) * 5 + k] * 1.5f);
}

TEST_F(Folder, LargeWeightsStreamInChunks) {
  constexpr int64_t rows = 1031, columns = 1021;
  std::vector<float> source = iota(rows * columns);
  write("in/w.bin", source);
  WeightStore store(path + "/in");
  WeightRef ref{"w.bin", 0, rows * columns * 4, ""};
  WeightRecipe recipe{WeightElement::F32, 4, {rows, columns}, {{{1, 0}, 1.0}}};
  Error error;
  Written got = run(store, ref, recipe, error);
  ASSERT_EQ(got.values.size(), source.size()) << error.message;
  EXPECT_LE(got.largest, size_t{1} << 20);
  for (int64_t i = 0; i < rows; ++i)
    for (int64_t j = 0; j < columns; ++j)
      ASSERT_EQ(got.values[j * rows + i], source[i * columns + j]);
}

/// [.., K, N] to [.., panel, K, lane]: a transposed source, batches, a last panel that is not full.
TEST_F(Folder, PanelsAreFilledUpWithZeros) {
  constexpr int64_t batches = 2, columns = 11, rows = 3, width = 4, panels = 3;
  std::vector<float> source = iota(batches * columns * rows + 1);
  write("in/w.bin", source);
  WeightStore store(path + "/in");
  WeightRecipe recipe{WeightElement::F32, 4, {batches, columns, rows}, {}};
  recipe.steps.push_back({{0, 2, 1}, 1.0});
  recipe.steps.push_back({{}, 1.0, width});
  recipe.steps.push_back({{}, 2.0});
  Error error;
  Written got = run(store, {"w.bin", 4, batches * columns * rows * 4, ""}, recipe, error);
  ASSERT_EQ(got.values.size(), size_t{batches * panels * rows * width}) << error.message;
  size_t at = 0;
  for (int64_t b = 0; b < batches; ++b)
    for (int64_t panel = 0; panel < panels; ++panel)
      for (int64_t k = 0; k < rows; ++k)
        for (int64_t lane = 0; lane < width; ++lane, ++at) {
          int64_t n = panel * width + lane;
          float want = n < columns ? 2 * source[1 + (b * columns + n) * rows + k] : 0;
          EXPECT_EQ(got.values[at], want) << b << " " << panel << " " << k << " " << lane;
        }
}

TEST_F(Folder, PanelsStreamInChunks) {
  constexpr int64_t rows = 1031, columns = 1021, width = 32, panels = 32;
  std::vector<float> source = iota(rows * columns);
  write("in/w.bin", source);
  WeightStore store(path + "/in");
  WeightRecipe recipe{WeightElement::F32, 4, {rows, columns}, {{{}, 1.0, width}}};
  Error error;
  Written got = run(store, {"w.bin", 0, rows * columns * 4, ""}, recipe, error);
  ASSERT_EQ(got.values.size(), size_t{panels * rows * width}) << error.message;
  EXPECT_LE(got.largest, size_t{1} << 20);
  for (int64_t i = 0; i < panels * rows * width; ++i) {
    int64_t n = i / width / rows * width + i % width, k = i / width % rows;
    ASSERT_EQ(got.values[i], n < columns ? source[k * columns + n] : 0) << i;
  }
}

TEST_F(Folder, PanelsThatDoNotFitAreRefused) {
  write("in/w.bin", iota(16));
  WeightStore store(path + "/in");
  for (llvm::SmallVector<WeightStep, 2> steps :
       {llvm::SmallVector<WeightStep, 2>{{{}, 1.0, 4}, {{0, 1}, 1.0}},
        llvm::SmallVector<WeightStep, 2>{{{}, 1.0, 4}, {{}, 1.0, 4}},
        llvm::SmallVector<WeightStep, 2>{{{}, 1.0, -4}},
        llvm::SmallVector<WeightStep, 2>{{{}, 1.0, INT64_MAX}}}) {
    Error error;
    run(store, {"w.bin", 0, 64, ""}, {WeightElement::F32, 4, {4, 4}, steps}, error);
    EXPECT_EQ(error.code, ErrorCode::Internal);
  }
  Error error;
  run(store, {"w.bin", 0, 64, ""}, {WeightElement::F32, 4, {16}, {{{}, 1.0, 4}}}, error);
  EXPECT_EQ(error.code, ErrorCode::Internal);
}

TEST_F(Folder, WeightsThatDoNotFitAreRefused) {
  write("in/w.bin", iota(16));
  WeightStore store(path + "/in");
  WeightRecipe plain{WeightElement::F32, 4, {16}, {}};
  auto codeOf = [&](WeightRef ref, const WeightRecipe &recipe) {
    Error error;
    run(store, ref, recipe, error);
    return error.code;
  };
  EXPECT_EQ(codeOf({"w.bin", 0, 64, ""}, plain), ErrorCode::Ok);
  EXPECT_EQ(codeOf({"w.bin", 1, 64, ""}, plain), ErrorCode::Malformed);
  EXPECT_EQ(codeOf({"w.bin", UINT64_MAX, 64, ""}, plain), ErrorCode::Malformed);
  EXPECT_EQ(codeOf({"v.bin", 0, 64, ""}, plain), ErrorCode::Malformed);
  EXPECT_EQ(codeOf({"w.bin", 0, 64, "0123456789abcdef"}, plain), ErrorCode::Malformed);
  Error none;
  std::string hash = hashText(hashBytes(store.bytes({"w.bin", 0, 64, ""}, none)));
  EXPECT_EQ(codeOf({"w.bin", 0, 64, hash}, plain), ErrorCode::Ok);
  WeightRecipe recipe = plain;
  recipe.shape = {15};
  EXPECT_EQ(codeOf({"w.bin", 0, 64, ""}, recipe), ErrorCode::Internal);
  recipe = {WeightElement::F32, 4, {4, 4}, {{{0, 0}, 1.0}}};
  EXPECT_EQ(codeOf({"w.bin", 0, 64, ""}, recipe), ErrorCode::Internal);
  recipe = {WeightElement::Opaque, 4, {16}, {{{}, 2.0}}};
  EXPECT_EQ(codeOf({"w.bin", 0, 64, ""}, recipe), ErrorCode::Internal);
}

TEST(Diagnostics, TheFirstErrorCounts) {
  mlir::MLIRContext context;
  mlir::Location node = nodeLocation(&context, "layer/add", "Add");
  DiagnosticCollector collector(&context);
  mlir::emitWarning(node) << "careful";
  emitError(node, ErrorCode::Unsupported, "no such thing", "take another");
  emitError(node, ErrorCode::Limit, "too late");
  const Error &error = collector.firstError();
  EXPECT_EQ(error.code, ErrorCode::Unsupported);
  EXPECT_EQ(error.message, "no such thing");
  EXPECT_EQ(error.hint, "take another");
  EXPECT_EQ(error.node, "layer/add");
  EXPECT_EQ(error.op, "Add");
  ASSERT_EQ(collector.notes().size(), 1u);
  EXPECT_EQ(collector.notes()[0].where.op, "Add");
}

TEST(Diagnostics, AnErrorWithoutCodeIsABug) {
  mlir::MLIRContext context;
  DiagnosticCollector collector(&context);
  mlir::emitError(mlir::UnknownLoc::get(&context)) << "what";
  EXPECT_EQ(collector.firstError().code, ErrorCode::Internal);
  EXPECT_EQ(collector.firstError().node, "");
}

TEST(Diagnostics, NamesOfAFileAreMadePrintable) {
  EXPECT_EQ(printable("plain/name_0"), "plain/name_0");
  EXPECT_EQ(printable("größe"), "größe");
  EXPECT_EQ(printable("a\nb\x1b[31m"), "a\\x0ab\\x1b[31m");
  EXPECT_EQ(printable("\xff\xc3"), "\\xff\\xc3");
  EXPECT_EQ(printable(std::string(500, 'x')), std::string(200, 'x') + "…");
}

} // namespace
