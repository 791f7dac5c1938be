// Tensor files: what is written reads back, and nothing that a file claims is believed.
#include "attune/Driver/TensorFile.h"

#include <gtest/gtest.h>

#include <cmath>

using namespace attune;
using namespace attune::driver;

namespace {

Tensor floats(std::vector<int64_t> shape) {
  Tensor tensor = *makeTensor("x", ElementType::Float32, std::move(shape));
  for (int64_t i = 0; i < tensor.size(); ++i)
    setElement(tensor, i, double(i) * 0.5 - 1);
  return tensor;
}

/// An .npy file with this header and that many bytes of data.
std::string npy(const std::string &header, size_t dataBytes, char version = 1) {
  std::string file = "\x93NUMPY";
  file += version;
  file += '\0';
  file += char(header.size() & 255);
  file += char(header.size() >> 8);
  if (version > 1)
    file += std::string(2, '\0');
  return file + header + std::string(dataBytes, '\1');
}

ErrorCode npyCode(const std::string &bytes) {
  Tensor tensor;
  return parseNpy(bytes, tensor).code;
}

ErrorCode protoCode(const std::string &bytes) {
  Tensor tensor;
  return parseTensorProto(bytes, tensor).code;
}

TEST(Npy, RoundTripsEveryType) {
  for (int64_t number : {1, 2, 3, 4, 5, 6, 7, 9, 10, 11, 12, 13, 16}) {
    for (const std::vector<int64_t> &shape :
         {std::vector<int64_t>{}, {3}, {2, 3}, {0, 4}, {2, 1, 3}}) {
      Tensor tensor = *makeTensor("x", *typeFromOnnx(number), shape);
      for (int64_t i = 0; i < tensor.size(); ++i)
        setElement(tensor, i, double(i % 2));
      std::string file = formatNpy(tensor);
      EXPECT_EQ((file.size() - tensor.data.size()) % 64, 0u);
      Tensor back;
      Error error = parseNpy(file, back);
      EXPECT_FALSE(error.failed()) << error.message;
      EXPECT_EQ(back.type, tensor.type);
      EXPECT_EQ(back.shape, tensor.shape);
      EXPECT_EQ(back.data, tensor.data);
    }
  }
}

TEST(Npy, TurnsFortranOrder) {
  std::string file =
      npy("{'descr': '|u1', 'fortran_order': True, 'shape': (2, 3), }\n", 0) + "\1\4\2\5\3\6";
  Tensor tensor;
  ASSERT_FALSE(parseNpy(file, tensor).failed());
  for (int64_t i = 0; i < 6; ++i)
    EXPECT_EQ(asInteger(tensor, i), i + 1);
}

TEST(Npy, ReadsLaterVersions) {
  EXPECT_EQ(npyCode(npy("{'descr': '|u1', 'fortran_order': False, 'shape': (2,), }\n", 2, 2)),
            ErrorCode::Ok);
  EXPECT_EQ(npyCode(npy("{'descr': '|u1', 'fortran_order': False, 'shape': (2,), }\n", 2, 3)),
            ErrorCode::Ok);
}

TEST(Npy, RefusesDamage) {
  std::string good = formatNpy(floats({4, 5}));
  for (size_t size = 0; size < good.size(); ++size)
    EXPECT_EQ(npyCode(good.substr(0, size)), ErrorCode::Malformed) << size;
  EXPECT_EQ(npyCode(good + "x"), ErrorCode::Malformed);
  for (const char *header :
       {"", "{}", "{'descr': '<f4'}", "[1]", "{'descr': '<f4', 'fortran_order': False, 'shape': 4}",
        "{'descr': '<f4', 'fortran_order': False, 'shape': (-4,)}",
        "{'descr': '<f4', 'fortran_order': 1, 'shape': (4,)}",
        "{'descr': '<f4', 'fortran_order': False, 'shape': (99999999999999999999,)}",
        "{'descr': '<f4', 'fortran_order': False, 'shape': (4611686018427387904, 4)}",
        "{'descr': '<f4', 'descr': '<f4', 'fortran_order': False, 'shape': (4,)}",
        "{'descr': '>f4', 'fortran_order': False, 'shape': (4,)}",
        "{'descr': '<f4', 'fortran_order': False, 'shape': (4,), 'more': 1}"})
    EXPECT_EQ(npyCode(npy(header, 16)), ErrorCode::Malformed) << header;
  EXPECT_EQ(npyCode(npy("{'descr': '<c8', 'fortran_order': False, 'shape': (2,)}", 16)),
            ErrorCode::Unsupported);
  EXPECT_EQ(npyCode(npy("{'descr': '|O', 'fortran_order': False, 'shape': (2,)}", 16)),
            ErrorCode::Unsupported);
}

// TensorProto fields: dims 1, data_type 2, float_data 4, int64_data 7, name 8, raw_data 9.
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

TEST(TensorFile, SafeNames) {
  EXPECT_EQ(safeFileName("last_hidden_state"), "last_hidden_state");
  EXPECT_EQ(safeFileName("../../etc/passwd"), "_._.._etc_passwd");
  EXPECT_EQ(safeFileName(""), "_");
  EXPECT_EQ(safeFileName(".hidden"), "_hidden");
  EXPECT_EQ(safeFileName("a/b:0"), "a_b_0");
}

TEST(Tensor, HalfAndBfloatRoundTrip) {
  for (ElementType type : {ElementType::Float16, ElementType::BFloat16}) {
    Tensor tensor = *makeTensor("x", type, {1});
    for (double value : {0.0, 1.0, -2.5, 0.000030517578125, 65504.0, 1e30, -1e30}) {
      setElement(tensor, 0, value);
      double once = asDouble(tensor, 0);
      setElement(tensor, 0, once);
      EXPECT_EQ(asDouble(tensor, 0), once);
      if (std::abs(value) <= 65504)
        EXPECT_NEAR(once, value, std::abs(value) / 256);
    }
  }
}

TEST(Tensor, SizesThatOverflowAreRefused) {
  EXPECT_FALSE(makeTensor("x", ElementType::Float32, {int64_t(1) << 40, int64_t(1) << 40}));
  EXPECT_FALSE(makeTensor("x", ElementType::Float32, {-1}));
  EXPECT_TRUE(makeTensor("x", ElementType::Float32, {int64_t(1) << 40, 0}));
}

} // namespace
