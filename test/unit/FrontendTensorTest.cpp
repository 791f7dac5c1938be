// What the reader makes of tensors: the places of their bytes, and every way to be wrong.
#include "Failure.h"
#include "Layout.h"
#include "Reader.h"

#include <gtest/gtest.h>

using namespace attune;
using namespace attune::frontend;

namespace {

std::string number(uint32_t field, uint64_t value) {
  std::string out;
  appendField(out, field, value);
  return out;
}
std::string text(uint32_t field, const std::string &value) {
  std::string out;
  appendField(out, field, value);
  return out;
}
std::string fixed(uint32_t field, Wire wire, const std::string &bytes) {
  std::string out;
  appendTag(out, field, wire);
  return out + bytes;
}
std::string varints(std::initializer_list<uint64_t> values) {
  std::string out;
  for (uint64_t value : values)
    appendVarint(out, value);
  return out;
}
/// An entry of external_data.
std::string entry(const std::string &key, const std::string &value) {
  return text(ExternalData, text(1, key) + text(2, value));
}

/// Keeps the bytes that its skeleton refers to.
struct Read {
  explicit Read(const std::string &tensor, const Limits &limits = {})
      : model(number(1, 8) + text(7, text(5, tensor))) {
    try {
      skeleton =
          readSkeleton({reinterpret_cast<const uint8_t *>(model.data()), model.size()}, limits);
    } catch (const Failure &failure) {
      error = failure.error;
    }
  }
  /// The skeleton of the tensor.
  std::string tensor() const {
    std::string head = number(1, 8);
    return skeleton.model.substr(head.size());
  }

  std::string model;
  Skeleton skeleton;
  Error error;
};

const std::string kFloat = number(DataType, 1);
const std::string kOutside = number(DataLocation, 1);

TEST(Tensors, ThatAreRefused) {
  const std::string four(4, 'x'), file = entry("location", "w.bin");
  const struct {
    std::string tensor;
    ErrorCode code;
    const char *says;
  } cases[] = {
      {number(Dims, UINT64_MAX) + kFloat, ErrorCode::Malformed, "negative dimension (-1)"},
      {number(Dims, uint64_t(1) << 55) + kFloat, ErrorCode::Malformed, "holds 0 bytes"},
      {number(Dims, (uint64_t(1) << 55) + 1) + kFloat, ErrorCode::Limit, "2^55"},
      {number(Dims, 0) + number(Dims, uint64_t(1) << 56) + kFloat, ErrorCode::Limit, "2^55"},
      {number(Dims, uint64_t(1) << 32) + number(Dims, uint64_t(1) << 32) + kFloat, ErrorCode::Limit,
       "2^55"},
      {fixed(Dims, Wire::Fixed32, four) + kFloat, ErrorCode::Malformed, "damaged: dims"},
      {text(Dims, "\x80") + kFloat, ErrorCode::Malformed, "damaged: dims"},
      {text(DataType, "x"), ErrorCode::Malformed, "damaged: a tensor in graph.initializer"},
      {text(DataLocation, "x"), ErrorCode::Malformed, "damaged: a tensor"},
      {number(Name, 1), ErrorCode::Malformed, "damaged: a tensor"},
      {number(RawData, 1), ErrorCode::Malformed, "damaged: a tensor"},
      {kFloat + text(Name, "w") + text(RawData, "abc"), ErrorCode::Malformed,
       "tensor 'w' holds 3 bytes of data; its shape [] needs 4"},
      {kFloat + varints({Dims << 3, 2, Dims << 3, 3}) + text(RawData, four), ErrorCode::Malformed,
       "the tensor in graph.initializer holds 4 bytes of data; its shape [2, 3] needs 24"},
      {kFloat + text(RawData, four) + text(FloatData, four), ErrorCode::Malformed, "two fields"},
      {kFloat + text(Int32Data, "\1"), ErrorCode::Malformed, "wrong field"},
      {kFloat + text(FloatData, four) + text(Int32Data, ""), ErrorCode::Malformed, "wrong field"},
      {kFloat + text(Int32Data, "") + text(FloatData, four) + text(FloatData, ""),
       ErrorCode::Malformed, "wrong field"},
      {kFloat + text(FloatData, "abc"), ErrorCode::Malformed, "damaged: data"},
      {kFloat + fixed(FloatData, Wire::Fixed64, four + four), ErrorCode::Malformed,
       "damaged: data"},
      {kFloat + number(FloatData, 1), ErrorCode::Malformed, "damaged: data"},
      {number(DataType, 11) + fixed(DoubleData, Wire::Fixed32, four), ErrorCode::Malformed,
       "damaged: data"},
      {number(DataType, 11) + text(DoubleData, four), ErrorCode::Malformed, "damaged: data"},
      {number(DataType, 6) + fixed(Int32Data, Wire::Fixed32, "\1\1\1\1"), ErrorCode::Malformed,
       "damaged: data"},
      {number(DataType, 6) + text(Int32Data, "\x80"), ErrorCode::Malformed, "damaged: data"},
      {number(DataType, 7) + fixed(Int64Data, Wire::Fixed64, "\1\1\1\1\1\1\1\1"),
       ErrorCode::Malformed, "damaged: data"},
      {number(DataType, 13) + fixed(Uint64Data, Wire::Fixed64, "\1\1\1\1\1\1\1\1"),
       ErrorCode::Malformed, "damaged: data"},
      {kFloat + number(Segment, 1), ErrorCode::Unsupported, "in segments"},
      {kFloat + text(Segment, ""), ErrorCode::Unsupported, "in segments"},
      {kFloat + kOutside, ErrorCode::Malformed, "names no file"},
      {kFloat + kOutside + entry("location", ""), ErrorCode::Malformed, "names no file"},
      {kFloat + kOutside + file + text(RawData, four), ErrorCode::Malformed, "both inside"},
      {kFloat + kOutside + file + text(FloatData, four), ErrorCode::Malformed, "both inside"},
      {kFloat + kOutside + file + entry("offset", "-1"), ErrorCode::Malformed,
       "offset '-1' is not a number"},
      {kFloat + kOutside + file + entry("offset", "0x10"), ErrorCode::Malformed, "not a number"},
      {kFloat + kOutside + file + entry("offset", "18446744073709551616"), ErrorCode::Malformed,
       "not a number"},
      {kFloat + kOutside + file + entry("length", "4x"), ErrorCode::Malformed,
       "length '4x' is not a number"},
      {kFloat + kOutside + file + entry("length", "5"), ErrorCode::Malformed, "holds 5 bytes"},
      {kFloat + kOutside + text(ExternalData, "\x0a\x05x"), ErrorCode::Malformed,
       "damaged in external_data"},
      {kFloat + kOutside + text(ExternalData, std::string(1, 0)), ErrorCode::Malformed,
       "damaged in external_data"},
      {kFloat + kOutside + text(ExternalData, number(1, 1)), ErrorCode::Malformed, "no file"},
      {kFloat + kOutside + text(ExternalData, text(1, "location") + text(3, "w.bin")),
       ErrorCode::Malformed, "no file"},
  };
  for (const auto &c : cases) {
    Read read(c.tensor);
    EXPECT_EQ(read.error.code, c.code) << &c - cases << ": " << read.error.message;
    EXPECT_NE(read.error.message.find(c.says), std::string::npos)
        << &c - cases << ": " << read.error.message;
  }
}

TEST(Tensors, OutsideAreReferences) {
  const std::string tensor = kFloat + number(Dims, 4) + text(Name, "w") + kOutside;
  const struct {
    std::string entries;
    uint64_t offset;
    const char *location;
  } cases[] = {
      {entry("location", "w.bin"), 0, "w.bin"},
      {entry("location", "./././w.bin") + entry("offset", "64"), 64, "w.bin"},
      {entry("offset", "18446744073709551615") + entry("location", "a/./b"), UINT64_MAX, "a/./b"},
      {entry("location", "w") + entry("length", "16") + entry("offset", ""), 0, "w"},
      {entry("checksum", "x") + entry("location", "w") + entry("length", ""), 0, "w"},
      {text(ExternalData, text(3, "more") + text(2, "w") + number(4, 1) + text(1, "location")), 0,
       "w"},
  };
  for (const auto &c : cases) {
    Read read(tensor + c.entries);
    ASSERT_FALSE(read.error.failed()) << read.error.message;
    ASSERT_EQ(read.skeleton.payloads.size(), 1u);
    const Payload &payload = read.skeleton.payloads[0];
    EXPECT_EQ(payload.place, Payload::Place::External);
    EXPECT_EQ(payload.location, c.location);
    EXPECT_EQ(payload.offset, c.offset);
    EXPECT_EQ(payload.bytes, 16u);
    EXPECT_EQ(payload.tensor, "w");
    std::string kept =
        number(Dims, 4) + kFloat + text(Name, "w") + entry(kPayloadKey, "0") + kOutside;
    EXPECT_EQ(read.tensor(), text(7, text(5, kept)));
  }
  // Nothing to refer to.
  Read empty(kFloat + number(Dims, 0) + kOutside + entry("location", "w"));
  EXPECT_TRUE(empty.skeleton.payloads.empty());
  EXPECT_EQ(empty.tensor(),
            text(7, text(5, number(Dims, 0) + kFloat + text(Name, "") + text(RawData, ""))));
}

/// Small tensors become raw_data, whatever held them.
TEST(Tensors, SmallOnesBecomeRaw) {
  const std::string one = {0, 0, '\x80', '\x3f'};
  const struct {
    uint64_t type;
    std::vector<uint64_t> dims;
    std::string data, raw;
  } cases[] = {
      {1, {1}, text(RawData, one), one},
      {1, {1}, fixed(FloatData, Wire::Fixed32, one), one},
      {1, {2}, text(FloatData, one) + fixed(FloatData, Wire::Fixed32, one), one + one},
      {1, {}, text(FloatData, one), one},
      {1, {0, 3}, "", ""},
      {1, {0}, text(FloatData, ""), ""},
      {14, {1}, text(FloatData, one + one), one + one},
      {11, {1}, fixed(DoubleData, Wire::Fixed64, one + one), one + one},
      {15, {1}, text(DoubleData, one + one + one + one), one + one + one + one},
      {5, {2}, text(Int32Data, varints({1, UINT64_MAX})), std::string("\1\0\xff\xff", 4)},
      {3, {2}, number(Int32Data, 7) + number(Int32Data, 300), "\7\x2c"},
      {7, {1}, number(Int64Data, 258), std::string("\2\1\0\0\0\0\0\0", 8)},
      {12, {1}, number(Uint64Data, 258), std::string("\2\1\0\0", 4)},
      {22, {3}, text(Int32Data, "\x21\x03"), "\x21\x03"}, // two elements of four bits to a byte
      {26, {5}, text(Int32Data, "\x21\x03"), "\x21\x03"},
      {22, {3}, text(RawData, "\x21\x03"), "\x21\x03"},
      {1, {1}, number(DataLocation, 0) + text(RawData, one), one},
      {1, {1}, number(DataLocation, 2) + text(RawData, one), one},
      {1, {1}, text(20, "unknown") + text(12, "doc") + text(RawData, one), one},
  };
  for (const auto &c : cases) {
    std::string dims;
    for (uint64_t dim : c.dims)
      dims += number(Dims, dim);
    Read read(dims + number(DataType, c.type) + c.data);
    EXPECT_EQ(read.error.message, "") << &c - cases;
    EXPECT_EQ(read.tensor(), text(7, text(5, dims + number(DataType, c.type) + text(Name, "") +
                                                 text(RawData, c.raw))))
        << &c - cases;
  }
}

TEST(Tensors, LargeOnesInChunksAreDecoded) {
  std::string half(800, 'a'), other(800, 'b');
  std::string chunks = kFloat + number(Dims, 400) + text(FloatData, half) + text(FloatData, other);
  Read read(chunks);
  ASSERT_EQ(read.skeleton.payloads.size(), 1u);
  EXPECT_EQ(read.skeleton.payloads[0].place, Payload::Place::Memory);
  EXPECT_EQ(read.skeleton.payloads[0].memory, half + other);
  EXPECT_EQ(read.skeleton.payloads[0].bytes, 1600u);
  // An empty chunk is none.
  Read single(kFloat + number(Dims, 400) + text(FloatData, "") + text(FloatData, half + other));
  ASSERT_EQ(single.skeleton.payloads.size(), 1u);
  EXPECT_EQ(single.skeleton.payloads[0].place, Payload::Place::Model);
  Limits limits;
  limits.constantBytes = 1600;
  EXPECT_FALSE(Read(chunks, limits).error.failed());
  limits.constantBytes = 1599;
  Read refused(chunks, limits);
  EXPECT_EQ(refused.error.code, ErrorCode::Limit);
  EXPECT_NE(refused.error.hint.find("--limit-constant-bytes"), std::string::npos);
}

TEST(Tensors, RanksAreBounded) {
  Limits limits;
  limits.rank = 3;
  const std::pair<std::string, bool> cases[] = {{text(Dims, "\1\1\1"), true},
                                                {text(Dims, "\1\1\1\1"), false},
                                                {text(Dims, "\1\1") + number(Dims, 1), true},
                                                {text(Dims, "\1\1\1") + number(Dims, 1), false}};
  for (const auto &[dims, good] : cases) {
    Read read(dims + kFloat + text(RawData, "abcd"), limits);
    EXPECT_EQ(read.error.code, good ? ErrorCode::Ok : ErrorCode::Limit);
    EXPECT_EQ(read.error.hint.empty(), good);
  }
}

/// The importer names such a type; the reader lets it pass without its data.
TEST(Tensors, OfOtherTypesPassWithoutData) {
  for (uint64_t type : {0, 8, 99}) {
    Read read(number(Dims, 1) + number(DataType, type) + text(StringData, "abc"));
    EXPECT_EQ(read.tensor(),
              text(7, text(5, number(Dims, 1) + number(DataType, type) + text(Name, ""))));
  }
  Limits limits;
  limits.records = 6;
  std::string strings = number(DataType, 8);
  for (int i = 0; i < 3; ++i)
    strings += text(StringData, "");
  EXPECT_FALSE(Read(strings, limits).error.failed()); // with model, graph and tensor: 6
  EXPECT_EQ(Read(strings + text(StringData, ""), limits).error.code, ErrorCode::Limit);
}

} // namespace
