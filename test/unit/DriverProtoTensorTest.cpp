// Tensors in protobuf's wire format: every encoding of every type, and nothing that a file
// claims is believed.
#include "attune/Driver/TensorFile.h"

#include <gtest/gtest.h>

using namespace attune;
using namespace attune::driver;

namespace {

ErrorCode protoCode(const std::string &bytes) {
  Tensor tensor;
  return parseTensorProto(bytes, tensor).code;
}

std::string varint(uint64_t value) {
  std::string bytes;
  for (; value >= 128; value >>= 7)
    bytes += char(value | 128);
  return bytes + char(value);
}

/// A field of wire type 0 (`number`), or of another one (`bytes`).
std::string number(unsigned field, uint64_t value) { return varint(field << 3) + varint(value); }
std::string fixed(unsigned field, unsigned wire, const std::string &bytes) {
  return varint(field << 3 | wire) + bytes;
}
std::string text(unsigned field, const std::string &bytes) {
  return fixed(field, 2, varint(bytes.size()) + bytes);
}

/// The fields of TensorProto.
enum { Dims = 1, Type, Segment, Floats, Int32s, Strings, Int64s, Name, Raw, Doubles, UInt64s };

TEST(TensorProto, ReadsRawAndTypedData) {
  Tensor tensor;
  ASSERT_FALSE(
      parseTensorProto(std::string("\x08\x02\x10\x07\x42\x01x\x4a\x10", 9) +
                           std::string("\5\0\0\0\0\0\0\0\xff\xff\xff\xff\xff\xff\xff\xff", 16),
                       tensor)
          .failed());
  EXPECT_EQ(tensor.name, "x");
  EXPECT_EQ(tensor.shape, std::vector<int64_t>{2});
  EXPECT_EQ(asInteger(tensor, 0), 5);
  EXPECT_EQ(asInteger(tensor, 1), -1);
  // Packed dims {1, 2} and packed int64_data {7, -1}.
  ASSERT_FALSE(parseTensorProto(std::string("\x0a\x02\x01\x02\x10\x07\x3a\x0b\x07"
                                            "\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01",
                                            19),
                                tensor)
                   .failed());
  EXPECT_EQ(tensor.shape, (std::vector<int64_t>{1, 2}));
  EXPECT_EQ(asInteger(tensor, 1), -1);
  // A scalar in unpacked float_data.
  ASSERT_FALSE(parseTensorProto(std::string("\x10\x01\x25\x00\x00\x80\x3f", 7), tensor).failed());
  EXPECT_EQ(asDouble(tensor, 0), 1.0);
  // A bool comes in int32_data.
  ASSERT_FALSE(
      parseTensorProto(std::string("\x08\x02\x10\x09\x2a\x02\x01\x00", 8), tensor).failed());
  EXPECT_EQ(asInteger(tensor, 0), 1);
  EXPECT_EQ(asInteger(tensor, 1), 0);
}

TEST(TensorProto, RefusesDamage) {
  std::string good("\x08\x02\x10\x01\x4a\x08\0\0\0\0\0\0\0\0", 14);
  ASSERT_EQ(protoCode(good), ErrorCode::Ok);
  for (size_t size = 0; size < good.size(); ++size)
    EXPECT_NE(protoCode(good.substr(0, size)), ErrorCode::Ok) << size;
  // Negative and huge dims, a group, field 0, data elsewhere, too much data.
  EXPECT_EQ(protoCode(std::string("\x08\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01\x10\x01", 13)),
            ErrorCode::Malformed);
  EXPECT_EQ(protoCode(std::string("\x08\xff\xff\xff\xff\xff\xff\xff\xff\x7f\x10\x01", 12)),
            ErrorCode::Malformed);
  EXPECT_EQ(protoCode(std::string("\x0b\x0c", 2)), ErrorCode::Malformed);
  EXPECT_EQ(protoCode(std::string("\x00\x01", 2)), ErrorCode::Malformed);
  EXPECT_EQ(protoCode(good + std::string("\x70\x01", 2)), ErrorCode::Malformed);
  EXPECT_EQ(protoCode(std::string("\x08\x01\x10\x01\x4a\x08\0\0\0\0\0\0\0\0", 14)),
            ErrorCode::Malformed);
  // Strings are a type that no input of ours has.
  EXPECT_EQ(protoCode(std::string("\x10\x08", 2)), ErrorCode::Unsupported);
  // A list of another type than data_type says.
  EXPECT_EQ(protoCode(std::string("\x08\x01\x10\x01\x3a\x01\x07", 7)), ErrorCode::Malformed);
}

TEST(TensorProto, TakesEachTypeFromItsOwnListOnly) {
  const std::string float1 = {0, 0, '\x80', '\x3f'}, double1 = {0, 0, 0, 0, 0, 0, '\xf0', '\x3f'};
  const std::pair<unsigned, std::string> lists[] = {{Floats, fixed(Floats, 5, float1)},
                                                    {Doubles, fixed(Doubles, 1, double1)},
                                                    {Int32s, number(Int32s, 1)},
                                                    {Int64s, number(Int64s, 1)},
                                                    {UInt64s, number(UInt64s, 1)}};
  const unsigned listOf[] = {0,      Floats, Int32s,  Int32s,  Int32s,  Int32s, Int32s, Int64s, 0,
                             Int32s, Int32s, Doubles, UInt64s, UInt64s, 0,      0,      Int32s};
  for (unsigned type = 1; type <= 16; ++type)
    for (const auto &[list, bytes] : lists) {
      Tensor tensor;
      Error error = parseTensorProto(number(Type, type) + bytes, tensor);
      if (!listOf[type]) {
        EXPECT_EQ(error.code, ErrorCode::Unsupported) << type;
      } else if (list != listOf[type]) {
        EXPECT_EQ(error.code, ErrorCode::Malformed) << type << " in " << list;
      } else {
        ASSERT_EQ(error.code, ErrorCode::Ok) << type << ": " << error.message;
        EXPECT_EQ(tensor.type, ElementType(type));
        EXPECT_EQ(asInteger(tensor, 0), type == 16 || type == 10 ? asInteger(tensor, 0) : 1);
        EXPECT_EQ(tensor.data.size(), runtime::elementBytes(tensor.type));
      }
    }
}

TEST(TensorProto, ReadsWhatIsWellFormed) {
  const std::string two(8, 0), shape2 = number(Dims, 2), minus1 = varint(UINT64_MAX);
  const std::string good[] = {
      shape2 + number(Type, 1) + text(Floats, two),
      shape2 + number(Type, 1) + fixed(Floats, 5, "abcd") + fixed(Floats, 5, "efgh"),
      shape2 + number(Type, 1) + text(Floats, "abcd") + fixed(Floats, 5, "efgh"),
      shape2 + number(Type, 11) + text(Doubles, two + two),
      shape2 + number(Type, 3) + text(Int32s, minus1 + minus1),
      shape2 + number(Type, 3) + number(Int32s, 1) + number(Int32s, 2),
      shape2 + number(Type, 13) + text(UInt64s, minus1) + number(UInt64s, 7),
      number(Dims, 0) + number(Type, 1),
      number(Dims, 0) + number(Type, 1) + text(Int64s, ""),
      shape2 + number(Type, 2) + text(Raw, "ab") + number(14, 0),
      shape2 + number(Type, 2) + text(Raw, "ab") + text(Strings, "ignored"),
      // Fields that are not known, of every wire type.
      shape2 + number(Type, 2) + text(Raw, "ab") + number(20, 1) + fixed(20, 1, two) +
          text(20, "abc") + fixed(20, 5, "abcd"),
      number(Type, 2) + text(Raw, "a") + text(1000000, ""),
  };
  for (const std::string &bytes : good)
    EXPECT_EQ(protoCode(bytes), ErrorCode::Ok) << &bytes - good;
  Tensor tensor;
  ASSERT_FALSE(parseTensorProto(good[2], tensor).failed());
  EXPECT_EQ(std::string(tensor.data.data(), 8), "abcdefgh");
  ASSERT_FALSE(parseTensorProto(good[4], tensor).failed());
  EXPECT_EQ(asInteger(tensor, 1), -1);
  ASSERT_FALSE(parseTensorProto(good[6], tensor).failed());
  EXPECT_EQ(elementText(tensor, 0), "18446744073709551615");
  EXPECT_EQ(elementText(tensor, 1), "7");
}

TEST(TensorProto, RefusesWhatIsNot) {
  const std::string two(8, 0), type = number(Type, 1), raw4 = text(Raw, "abcd");
  const std::pair<std::string, const char *> bad[] = {
      {raw4, "names no element type"},
      {number(Type, 0) + raw4, "names no element type"},
      {number(Type, 8) + raw4, "element type 8"},
      {type + text(Raw, "abc"), "does not fit the 3 bytes"},
      {type + text(Raw, "abcde"), "does not fit the 5 bytes"},
      {number(Dims, 2) + type + text(Floats, "abcd"), "does not fit the 4 bytes"},
      {number(Dims, 2) + number(Type, 7) + number(Int64s, 1), "does not fit the 8 bytes"},
      {type + number(Segment, 1) + raw4, "outside the file"},
      {type + text(13, "") + raw4, "outside the file"},
      {type + number(14, 1) + raw4, "outside the file"},
      {fixed(Dims, 5, "abcd") + type + raw4, "wrong type"},
      {text(Type, "") + raw4, "wrong type"},
      {fixed(Type, 5, "abcd") + raw4, "wrong type"},
      {number(Name, 1) + type + raw4, "wrong type"},
      {type + number(Raw, 1), "wrong type"},
      {type + fixed(Raw, 5, "abcd"), "wrong type"},
      {type + fixed(Floats, 1, two), "wrong type"},
      {type + number(Floats, 1), "wrong type"},
      {number(Type, 11) + fixed(Doubles, 5, "abcd"), "wrong type"},
      {number(Type, 11) + number(Doubles, 1), "wrong type"},
      {number(Type, 6) + fixed(Int32s, 5, "\1\1\1\1"), "wrong type"},
      {number(Type, 6) + text(Int32s, "\x80"), "wrong type"},
      {number(Type, 13) + fixed(UInt64s, 1, "\1\1\1\1\1\1\1\1"), "wrong type"},
      {text(Dims, "\x80") + type + raw4, "wrong type"},
      {type + raw4 + fixed(20, 3, ""), "wrong type"},
      {type + raw4 + fixed(20, 4, ""), "wrong type"},
      {type + raw4 + fixed(20, 6, ""), "wrong type"},
      {type + raw4 + fixed(20, 7, ""), "wrong type"},
      {type + raw4 + fixed(20, 5, "abc"), "wrong type"},
      {type + raw4 + fixed(20, 1, "abcdefg"), "wrong type"},
      {type + raw4 + fixed(20, 2, varint(4) + "abc"), "wrong type"},
      {type + raw4 + fixed(20, 2, varint(UINT64_MAX)), "wrong type"},
      {type + raw4 + "\x80", "wrong type"},
      {type + raw4 + varint(20 << 3) + std::string(10, '\xff') + "\1", "wrong type"},
  };
  for (const auto &[bytes, says] : bad) {
    Tensor tensor;
    Error error = parseTensorProto(bytes, tensor);
    EXPECT_NE(error.message.find(says), std::string::npos)
        << &bytes - &bad[0].first << " " << says << ": " << error.message;
  }
  for (size_t rank : {64, 65}) {
    std::string dims = text(Dims, std::string(rank - 1, '\1')) + number(Dims, 1);
    EXPECT_EQ(protoCode(dims + type + raw4), rank == 64 ? ErrorCode::Ok : ErrorCode::Malformed);
  }
}

} // namespace
