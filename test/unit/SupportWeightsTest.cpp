// Weights of every width and element type, the edges of files and chunks, and which error each
// refusal is.
#include "attune/Support/Diagnostics.h"
#include "attune/Support/FileMap.h"
#include "attune/Support/WeightStore.h"

#include "mlir/IR/BuiltinAttributes.h"
#include "mlir/IR/MLIRContext.h"

#include <gtest/gtest.h>

#include <cstring>
#include <fstream>
#include <sys/stat.h>
#include <unistd.h>

using namespace attune;

namespace {

using Bytes = std::vector<uint8_t>;

template <typename T> Bytes bytesOf(std::initializer_list<T> values) {
  Bytes bytes(values.size() * sizeof(T));
  std::memcpy(bytes.data(), values.begin(), bytes.size());
  return bytes;
}

class Weights : public testing::Test {
protected:
  void SetUp() override {
    path = testing::TempDir() + "attune-XXXXXX";
    ASSERT_NE(::mkdtemp(path.data()), nullptr);
  }
  void TearDown() override {
    ::unlink((path + "/w").c_str());
    ::unlink((path + "/pipe").c_str());
    ::rmdir(path.c_str());
  }
  void store(const Bytes &bytes) {
    std::ofstream file(path + "/w", std::ios::binary | std::ios::trunc);
    file.write(reinterpret_cast<const char *>(bytes.data()), bytes.size());
  }
  /// The weight that is the whole file, after `recipe`; the error's code when it has none.
  Bytes write(const Bytes &bytes, const WeightRecipe &recipe, ErrorCode expected = ErrorCode::Ok) {
    store(bytes);
    Bytes all;
    Error error;
    chunks = 0;
    bool ok = WeightStore(path).write(
        {"w", 0, bytes.size(), ""}, recipe,
        [&](llvm::ArrayRef<uint8_t> chunk) {
          ++chunks;
          all.insert(all.end(), chunk.begin(), chunk.end());
          return true;
        },
        error);
    EXPECT_EQ(ok, expected == ErrorCode::Ok);
    EXPECT_EQ(error.code, expected) << error.message;
    return all;
  }

  std::string path;
  unsigned chunks = 0;
};

TEST_F(Weights, EveryWidthIsTransposed) {
  for (unsigned width : {1u, 2u, 3u, 4u, 8u, 16u}) {
    Bytes source(2 * 3 * width), expected(source.size());
    for (size_t i = 0; i < source.size(); ++i)
      source[i] = i + 1;
    for (unsigned row = 0; row < 2; ++row)
      for (unsigned column = 0; column < 3; ++column)
        std::memcpy(&expected[(column * 2 + row) * width], &source[(row * 3 + column) * width],
                    width);
    WeightRecipe recipe{WeightElement::Opaque, width, {2, 3}, {{{1, 0}, 1.0}}};
    EXPECT_EQ(write(source, recipe), expected) << width;
    // Twice is as it was.
    recipe.steps.push_back({{1, 0}, 1.0});
    EXPECT_EQ(write(source, recipe), source) << width;
  }
}

TEST_F(Weights, EveryElementTypeIsScaled) {
  auto scaled = [&](const Bytes &source, WeightElement element, unsigned width) {
    WeightRecipe recipe{element, width, {static_cast<int64_t>(source.size() / width)}, {}};
    recipe.steps.push_back({{}, 0.5});
    recipe.steps.push_back({{}, 1.0});
    recipe.steps.push_back({{}, 3.0});
    return write(source, recipe);
  };
  EXPECT_EQ(scaled(bytesOf<float>({2, -4, 1}), WeightElement::F32, 4),
            bytesOf<float>({3, -6, 1.5}));
  EXPECT_EQ(scaled(bytesOf<double>({2, -4, 0.1}), WeightElement::F64, 8),
            bytesOf<double>({3, -6, 0.1 * 0.5 * 3}));
  // 2, −4 and 1 become 3, −6 and 1.5.
  EXPECT_EQ(scaled(bytesOf<uint16_t>({0x4000, 0xC400, 0x3C00}), WeightElement::F16, 2),
            bytesOf<uint16_t>({0x4200, 0xC600, 0x3E00}));
  EXPECT_EQ(scaled(bytesOf<uint16_t>({0x4000, 0xC080, 0x3F80}), WeightElement::BF16, 2),
            bytesOf<uint16_t>({0x4040, 0xC0C0, 0x3FC0}));
  // Ties go to the even neighbour.
  WeightRecipe third{WeightElement::F16, 2, {1}, {{{}, 1 + 0x1p-11}}};
  EXPECT_EQ(write(bytesOf<uint16_t>({0x3C00}), third), bytesOf<uint16_t>({0x3C00}));
  third.steps[0].factor = 1 + 3 * 0x1p-11;
  EXPECT_EQ(write(bytesOf<uint16_t>({0x3C00}), third), bytesOf<uint16_t>({0x3C02}));
}

TEST_F(Weights, WhatFitsARecipe) {
  Bytes source = bytesOf<float>({1, 2, 3, 4, 5, 6});
  auto accepts = [&](const WeightRecipe &recipe, bool expected = true) {
    write(source, recipe, expected ? ErrorCode::Ok : ErrorCode::Internal);
  };
  auto refuses = [&](const WeightRecipe &recipe) { accepts(recipe, false); };
  accepts({WeightElement::Opaque, 4, {6}, {}});
  accepts({WeightElement::Opaque, 4, {6}, {{{}, 1.0}}});
  refuses({WeightElement::Opaque, 4, {6}, {{{}, 2.0}}});
  accepts({WeightElement::Opaque, 4, {2, 3}, {{{1, 0}, 2.0}}});
  refuses({WeightElement::F32, 4, {7}, {}});
  refuses({WeightElement::F32, 4, {-6}, {}});
  refuses({WeightElement::F32, 4, {-2, -3}, {}});
  refuses({WeightElement::F32, 4, {INT64_MAX, 2, 0}, {}});
  refuses({WeightElement::F32, 4, {INT64_MAX, INT64_MAX, INT64_MAX, 6}, {}});
  refuses({WeightElement::F32, 4, {2, 3}, {{{0}, 1.0}}});
  refuses({WeightElement::F32, 4, {2, 3}, {{{0, 1, 2}, 1.0}}});
  refuses({WeightElement::F32, 4, {2, 3}, {{{0, 2}, 1.0}}});
  refuses({WeightElement::F32, 4, {2, 3}, {{{-1, 0}, 1.0}}});
  refuses({WeightElement::F32, 4, {2, 3}, {{{1, 1}, 1.0}}});
  // Packed elements may be copied and no more.
  accepts({WeightElement::Opaque, 0, {48}, {}});
  refuses({WeightElement::Opaque, 0, {6, 8}, {{{1, 0}, 1.0}}});
  EXPECT_EQ(write({}, {WeightElement::F32, 4, {0, 3}, {{{1, 0}, 1.0}}}), Bytes());
  EXPECT_EQ(write(bytesOf<float>({2}), {WeightElement::F32, 4, {}, {{{}, 2.0}}}),
            bytesOf<float>({4}));
}

TEST_F(Weights, ChunksEndWhereTheyShould) {
  constexpr size_t chunk = size_t{1} << 20;
  for (size_t size : {chunk - 1, chunk, chunk + 1, 2 * chunk}) {
    Bytes source(size);
    for (size_t i = 0; i < size; ++i)
      source[i] = i % 251;
    WeightRecipe recipe{WeightElement::Opaque, 1, {static_cast<int64_t>(size), 1}, {}};
    EXPECT_EQ(write(source, recipe), source);
    EXPECT_EQ(chunks, (size + chunk - 1) / chunk);
    recipe.steps.push_back({{1, 0}, 1.0});
    EXPECT_EQ(write(source, recipe), source);
    EXPECT_EQ(chunks, (size + chunk - 1) / chunk);
  }
  // A sink that stops is asked no more, and that is no error.
  Error error;
  WeightStore weights(path);
  unsigned calls = 0;
  EXPECT_FALSE(weights.write(
      {"w", 0, 2 * chunk, ""}, {WeightElement::Opaque, 1, {2 * chunk}, {}},
      [&](llvm::ArrayRef<uint8_t>) { return ++calls > 1; }, error));
  EXPECT_EQ(calls, 1u);
  EXPECT_FALSE(error.failed());
}

TEST_F(Weights, EndsOfFiles) {
  store(Bytes(10));
  auto code = [&](const char *name, uint64_t offset, uint64_t bytes, uint64_t limit = 10) {
    Error error;
    size_t got = WeightStore(path, limit).bytes({name, offset, bytes, ""}, error).size();
    EXPECT_EQ(got, error.failed() ? 0 : bytes);
    return error.code;
  };
  EXPECT_EQ(code("w", 0, 10), ErrorCode::Ok);
  EXPECT_EQ(code("w", 10, 0), ErrorCode::Ok);
  EXPECT_EQ(code("w", 9, 1), ErrorCode::Ok);
  EXPECT_EQ(code("w", 11, 0), ErrorCode::Malformed);
  EXPECT_EQ(code("w", 9, 2), ErrorCode::Malformed);
  EXPECT_EQ(code("w", 1, UINT64_MAX), ErrorCode::Malformed);
  EXPECT_EQ(code("w", 0, 10, 9), ErrorCode::Limit);
  store({});
  EXPECT_EQ(code("w", 0, 0, 0), ErrorCode::Ok);
  EXPECT_EQ(code("w", 0, 1), ErrorCode::Malformed);
}

TEST_F(Weights, WhichRefusal) {
  store(Bytes(10));
  ASSERT_EQ(::mkfifo((path + "/pipe").c_str(), 0600), 0);
  auto message = [&](const std::string &name, ErrorCode expected) {
    Error error;
    EXPECT_EQ(FileMap::open(name, 10, error), nullptr) << name;
    EXPECT_EQ(error.code, expected) << error.message;
    return error.message;
  };
  EXPECT_NE(message(path, ErrorCode::FileAccess).find("is a folder"), std::string::npos);
  EXPECT_NE(message(path + "/pipe", ErrorCode::FileAccess).find("not a regular file"),
            std::string::npos);
  EXPECT_NE(message(path + "/x", ErrorCode::FileAccess).find("No such file"), std::string::npos);
  Error error;
  EXPECT_NE(FileMap::open(path + "/w", 10, error), nullptr);
  EXPECT_FALSE(error.failed());
  EXPECT_EQ(FileMap::open(path + "/w", 9, error), nullptr);
  EXPECT_EQ(error.code, ErrorCode::Limit);

  auto beneath = [&](const std::string &folder, llvm::StringRef name) {
    Error error;
    EXPECT_EQ(FileMap::openBeneath(folder, name, FileMap::HardLinks::Refuse, 10, error), nullptr);
    return error.message;
  };
  EXPECT_NE(beneath(path, "").find("no usable name"), std::string::npos);
  EXPECT_NE(beneath(path, llvm::StringRef("w\0x", 3)).find("no usable name"), std::string::npos);
  EXPECT_NE(beneath(path, "/w").find("absolute"), std::string::npos);
  EXPECT_NE(beneath(path, "..").find("outside"), std::string::npos);
  EXPECT_NE(beneath(path, ".").find("outside"), std::string::npos);
  EXPECT_NE(beneath(path, "x").find("missing"), std::string::npos);
  EXPECT_NE(beneath(path, "w/x").find("cannot be opened"), std::string::npos);
  EXPECT_NE(beneath(path, "pipe").find("not a regular file"), std::string::npos);
  EXPECT_NE(beneath(path + "/w", "w").find("folder"), std::string::npos);
}

TEST(DiagnosticEdges, Printable) {
  EXPECT_EQ(printable(std::string(200, 'x')), std::string(200, 'x'));
  EXPECT_EQ(printable(std::string(201, 'x')), std::string(200, 'x') + "…");
  EXPECT_EQ(printable("abcd", 3), "abc…");
  EXPECT_EQ(printable(""), "");
  EXPECT_EQ(printable(" ~"), " ~");
  EXPECT_EQ(printable("\x1f\x7f"), "\\x1f\\x7f");
  EXPECT_EQ(printable("😀é"), "😀é");
  EXPECT_EQ(printable("é\xc3"), "é\\xc3");
}

TEST(DiagnosticEdges, SeveritiesAndPlaces) {
  mlir::MLIRContext context;
  mlir::Location unknown = mlir::UnknownLoc::get(&context);
  mlir::Location node = nodeLocation(&context, "n", "Op");
  mlir::Location fused = mlir::FusedLoc::get(&context, {unknown, node});
  EXPECT_EQ(findNodeName(fused).node, "n");
  EXPECT_EQ(findNodeName(fused).op, "Op");
  EXPECT_EQ(findNodeName(unknown).node, "");
  mlir::Location plain = mlir::NameLoc::get(mlir::StringAttr::get(&context, "only"));
  EXPECT_EQ(findNodeName(plain).node, "only");
  EXPECT_EQ(findNodeName(plain).op, "");

  DiagnosticCollector collector(&context);
  EXPECT_FALSE(collector.failed());
  mlir::emitWarning(node) << "one";
  mlir::emitRemark(unknown) << "two";
  EXPECT_FALSE(collector.failed());
  mlir::emitError(mlir::NameLoc::get(mlir::StringAttr::get(&context, "a\nb"))) << "three";
  EXPECT_TRUE(collector.failed());
  EXPECT_EQ(collector.firstError().node, "a\\x0ab");
  ASSERT_EQ(collector.notes().size(), 2u);
  EXPECT_EQ(collector.notes()[0].severity, Note::Severity::Warning);
  EXPECT_EQ(collector.notes()[1].severity, Note::Severity::Remark);
  EXPECT_EQ(collector.notes()[1].message, "two");
}

/// What a recipe makes of `source`, or nothing when it does not fit.
static std::optional<std::vector<uint16_t>> runOn(std::vector<uint16_t> source,
                                                  const WeightRecipe &recipe) {
  std::vector<uint16_t> made;
  bool fits = runRecipe({reinterpret_cast<const uint8_t *>(source.data()), source.size() * 2},
                        recipe, [&](llvm::ArrayRef<uint8_t> chunk) {
                          size_t before = made.size();
                          made.resize(before + chunk.size() / 2);
                          std::memcpy(made.data() + before, chunk.data(), chunk.size());
                          return true;
                        });
  return fits ? std::optional(made) : std::nullopt;
}

TEST(Panels, OfSeveralSummedDimensions) {
  // [2, 2, 3]: element (k, l, n) is 100 k + 10 l + n.
  std::vector<uint16_t> source{0, 1, 2, 10, 11, 12, 100, 101, 102, 110, 111, 112};
  WeightRecipe recipe{WeightElement::Opaque, 2, {2, 2, 3}, {{{}, 1.0, 2, 2}}};
  std::vector<uint16_t> two{0, 1, 10, 11, 100, 101, 110, 111, 2, 0, 12, 0, 102, 0, 112, 0};
  EXPECT_EQ(runOn(source, recipe), two);
  recipe.steps = {{{}, 1.0, 2, 1}};
  std::vector<uint16_t> one{0, 1, 10, 11, 2, 0, 12, 0, 100, 101, 110, 111, 102, 0, 112, 0};
  EXPECT_EQ(runOn(source, recipe), one);
  // The last dimension cannot be summed, and there are no more.
  recipe.steps = {{{}, 1.0, 2, 3}};
  EXPECT_EQ(runOn(source, recipe), std::nullopt);
  recipe.steps = {{{}, 1.0, 2, 0}};
  EXPECT_EQ(runOn(source, recipe), std::nullopt);
}

} // namespace
