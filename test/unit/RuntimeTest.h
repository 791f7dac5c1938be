// What the runtime's tests share: a folder of their own, the tiny artefact, running it.
#pragma once

#include "TinyModel.h"
#include "attune/Runtime/Core/Session.h"

#include "gtest/gtest.h"

#include <cstdlib>
#include <filesystem>

namespace attune::test {

/// A fixture with an empty folder that goes away with it.
class RuntimeTest : public ::testing::Test {
protected:
  RuntimeTest() {
    std::string pattern = (std::filesystem::temp_directory_path() / "attune-XXXXXX").string();
    folder = mkdtemp(pattern.data());
  }
  ~RuntimeTest() override { std::filesystem::remove_all(folder); }

  /// Writes the tiny artefact, with `change` made to its description.
  std::string tiny(void (*change)(runtime::ArtifactDescription &) = nullptr,
                   const char *elf = TINY_KERNELS) {
    runtime::ArtifactDescription description = tinyDescription();
    if (change)
      change(description);
    std::string path = folder + "/tiny.attune";
    Error error = writeTiny(path, elf, description);
    EXPECT_FALSE(error.failed()) << error.message;
    return path;
  }

  runtime::Ref<runtime::Model> load(const std::string &path, int threads = 2) {
    runtime::Ref<runtime::Model> model;
    Error error = runtime::Model::load(path.c_str(), {threads, false}, model);
    EXPECT_FALSE(error.failed()) << error.message;
    return model;
  }

  std::unique_ptr<runtime::Session> session(const runtime::Ref<runtime::Model> &model,
                                            runtime::SessionOptions options = {}) {
    std::unique_ptr<runtime::Session> made;
    Error error = runtime::Session::create(model, options, made);
    EXPECT_FALSE(error.failed()) << error.message;
    return made;
  }

  std::string folder;
};

/// The inputs of a case, as a session takes them.
struct TinyInputs {
  explicit TinyInputs(const TinyCase &c) : xDims{c.batch, c.seq, 4}, idsDims{2 * c.seq} {
    tensors[0] = {"x", runtime::ElementType::Float32, {xDims, 3}, c.x.data(), c.x.size() * 4};
    tensors[1] = {"ids", runtime::ElementType::Int64, {idsDims, 1}, c.ids.data(), c.ids.size() * 8};
  }
  runtime::View<const runtime::InputTensor> view() const { return {tensors, 2}; }

  int64_t xDims[3], idsDims[1];
  runtime::InputTensor tensors[2];
};

/// Whether the session's outputs are those of the case, bit by bit.
inline ::testing::AssertionResult matches(const runtime::Session &session, const TinyCase &c) {
  runtime::OutputTensor y, z;
  if (Error error = session.output(0, y); error.failed())
    return ::testing::AssertionFailure() << error.message;
  if (Error error = session.output(1, z); error.failed())
    return ::testing::AssertionFailure() << error.message;
  if (y.dims.size() != 3 || y.dims[0] != c.batch || y.dims[1] != c.seq || y.dims[2] != 4 ||
      y.bytes != c.y.size() * 4 || z.dims.size() != 1 || z.dims[0] != c.batch)
    return ::testing::AssertionFailure() << "wrong shapes";
  if (!c.y.empty() && std::memcmp(y.data, c.y.data(), y.bytes) != 0)
    return ::testing::AssertionFailure() << "y differs";
  if (!c.z.empty() && std::memcmp(z.data, c.z.data(), z.bytes) != 0)
    return ::testing::AssertionFailure() << "z differs";
  return ::testing::AssertionSuccess();
}

} // namespace attune::test
