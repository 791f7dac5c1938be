// The wire format's bounds, and what the reader makes of tensors and foreign files.
#include "Failure.h"
#include "Reader.h"
#include "Wire.h"

#include <gtest/gtest.h>

using namespace attune;
using namespace attune::frontend;

namespace {

llvm::ArrayRef<uint8_t> bytesOf(const std::string &text) {
  return {reinterpret_cast<const uint8_t *>(text.data()), text.size()};
}

/// model { graph { initializer { tensor } } }
std::string modelWith(const std::string &tensor) {
  std::string graph, model;
  appendField(graph, 5, tensor);
  appendField(model, 1, uint64_t{8});
  appendField(model, 7, graph);
  return model;
}

/// A tensor of `count` floats in raw_data.
std::string rawTensor(uint64_t count, size_t bytes) {
  std::string tensor;
  appendField(tensor, 1, count);
  appendField(tensor, 2, uint64_t{1});
  appendField(tensor, 8, std::string("w"));
  appendField(tensor, 9, std::string(bytes, 'x'));
  return tensor;
}

Error errorOf(const std::string &model, const Limits &limits = {}) {
  try {
    readSkeleton(bytesOf(model), limits);
  } catch (const Failure &failure) {
    return failure.error;
  }
  return {};
}

TEST(Wire, VarintsEndWhereTheyMust) {
  struct {
    std::string bytes;
    WireCursor::Problem problem;
    uint64_t value;
  } cases[] = {
      {std::string("\x00", 1), WireCursor::Problem::None, 0},
      {"\x96\x01", WireCursor::Problem::None, 150},
      {std::string(9, '\xff') + "\x01", WireCursor::Problem::None, UINT64_MAX},
      {std::string(9, '\xff') + "\x02", WireCursor::Problem::Corrupt, 0},
      {std::string(10, '\xff') + "\x01", WireCursor::Problem::Corrupt, 0},
      {"\x96", WireCursor::Problem::Truncated, 0},
      {"", WireCursor::Problem::Truncated, 0},
  };
  for (const auto &entry : cases) {
    WireCursor cursor(bytesOf(entry.bytes));
    uint64_t value = 0;
    EXPECT_EQ(cursor.readVarint(value), entry.problem == WireCursor::Problem::None);
    EXPECT_EQ(cursor.problem(), entry.problem);
    if (entry.problem == WireCursor::Problem::None)
      EXPECT_EQ(value, entry.value);
  }
}

TEST(Wire, LengthsStayInside) {
  for (uint64_t length : {uint64_t{4}, uint64_t{1} << 31, uint64_t{1} << 63, UINT64_MAX}) {
    std::string text;
    appendVarint(text, length);
    text += "abc";
    WireCursor cursor(bytesOf(text));
    llvm::ArrayRef<uint8_t> value;
    EXPECT_FALSE(cursor.readBytes(value)) << length;
    EXPECT_EQ(cursor.problem(), WireCursor::Problem::Truncated);
  }
}

TEST(Wire, GroupsAndFieldZeroAreDamage) {
  for (const char *text : {"\x0b", "\x0c", "\x0e", "\x07", "\x02"}) {
    WireCursor cursor(bytesOf(text));
    uint32_t field;
    Wire wire;
    EXPECT_FALSE(cursor.readTag(field, wire));
    EXPECT_EQ(cursor.problem(), WireCursor::Problem::Corrupt);
  }
}

TEST(Reader, SmallTensorsStayAndLargeOnesAreReferences) {
  std::string small = modelWith(rawTensor(256, 1024));
  EXPECT_TRUE(readSkeleton(bytesOf(small), {}).payloads.empty());

  std::string large = modelWith(rawTensor(257, 1028));
  Skeleton skeleton = readSkeleton(bytesOf(large), {});
  ASSERT_EQ(skeleton.payloads.size(), 1u);
  const Payload &payload = skeleton.payloads[0];
  EXPECT_EQ(payload.place, Payload::Place::Model);
  EXPECT_EQ(payload.bytes, 1028u);
  EXPECT_EQ(payload.tensor, "w");
  EXPECT_EQ(large.substr(payload.offset, payload.bytes), std::string(1028, 'x'));
  EXPECT_LT(skeleton.model.size(), 100u);
}

TEST(Reader, TypedDataInOneChunkIsAReferenceToo) {
  std::string tensor;
  appendField(tensor, 1, uint64_t{300});
  appendField(tensor, 2, uint64_t{1});
  appendField(tensor, 4, std::string(1200, 'f'));
  std::string model = modelWith(tensor);
  Skeleton skeleton = readSkeleton(bytesOf(model), {});
  ASSERT_EQ(skeleton.payloads.size(), 1u);
  EXPECT_EQ(skeleton.payloads[0].place, Payload::Place::Model);
  EXPECT_EQ(model[skeleton.payloads[0].offset], 'f');
  EXPECT_NE(model[skeleton.payloads[0].offset - 1], 'f');
}

TEST(Reader, VarintsAreDecoded) {
  std::string tensor, data;
  for (int i = 0; i < 600; ++i)
    appendVarint(data, static_cast<uint64_t>(int64_t{-i}));
  appendField(tensor, 1, uint64_t{600});
  appendField(tensor, 2, uint64_t{5}); // int16
  appendField(tensor, 5, data);
  Skeleton skeleton = readSkeleton(bytesOf(modelWith(tensor)), {});
  ASSERT_EQ(skeleton.payloads.size(), 1u);
  const std::string &memory = skeleton.payloads[0].memory;
  ASSERT_EQ(memory.size(), 1200u);
  EXPECT_EQ(memory.substr(2, 4), std::string("\xff\xff\xfe\xff", 4));
}

TEST(Reader, LimitsAreKept) {
  Limits limits;
  limits.tensors = 0;
  EXPECT_EQ(errorOf(modelWith(rawTensor(1, 4)), limits).code, ErrorCode::Limit);
  limits = {};
  limits.skeletonBytes = 32;
  EXPECT_EQ(errorOf(modelWith(rawTensor(8, 32)), limits).code, ErrorCode::Limit);
  limits = {};
  limits.depth = 1;
  Error error = errorOf(modelWith(rawTensor(1, 4)), limits);
  EXPECT_EQ(error.code, ErrorCode::Limit);
  EXPECT_NE(error.hint.find("--limit-depth"), std::string::npos);
  EXPECT_FALSE(errorOf(modelWith(rawTensor(1, 4))).failed());
}

TEST(Reader, TruncationAnywhereIsAnError) {
  std::string model = modelWith(rawTensor(300, 1200));
  for (size_t size = 0; size < model.size(); ++size) {
    Error error = errorOf(model.substr(0, size));
    EXPECT_EQ(error.code, ErrorCode::Malformed) << size;
  }
}

TEST(Reader, ForeignFilesAreNamed) {
  EXPECT_EQ(describeForeignFile({}), "is empty");
  EXPECT_EQ(describeForeignFile(bytesOf("hello world\n")), "is text, not an ONNX model");
  EXPECT_EQ(describeForeignFile(bytesOf(modelWith(rawTensor(1, 4)))), "");
}

} // namespace
