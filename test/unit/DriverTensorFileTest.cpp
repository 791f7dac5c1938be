// Tensor files: what is written reads back, and nothing that a file claims is believed.
#include "attune/Driver/Files.h"
#include "attune/Driver/TensorFile.h"

#include <gtest/gtest.h>

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

TEST(Npy, WritesWhatNumPyWrites) {
  const struct {
    int64_t type;
    std::vector<int64_t> shape;
    const char *header;
  } cases[] = {
      {1, {}, "{'descr': '<f4', 'fortran_order': False, 'shape': (), }"},
      {2, {3}, "{'descr': '|u1', 'fortran_order': False, 'shape': (3,), }"},
      {3, {2, 3}, "{'descr': '|i1', 'fortran_order': False, 'shape': (2, 3), }"},
      {4, {0, 1, 2}, "{'descr': '<u2', 'fortran_order': False, 'shape': (0, 1, 2), }"},
      {5, {1}, "{'descr': '<i2', 'fortran_order': False, 'shape': (1,), }"},
      {6, {1}, "{'descr': '<i4', 'fortran_order': False, 'shape': (1,), }"},
      {7, {1}, "{'descr': '<i8', 'fortran_order': False, 'shape': (1,), }"},
      {9, {1}, "{'descr': '|b1', 'fortran_order': False, 'shape': (1,), }"},
      {10, {1}, "{'descr': '<f2', 'fortran_order': False, 'shape': (1,), }"},
      {11, {1}, "{'descr': '<f8', 'fortran_order': False, 'shape': (1,), }"},
      {12, {1}, "{'descr': '<u4', 'fortran_order': False, 'shape': (1,), }"},
      {13, {1}, "{'descr': '<u8', 'fortran_order': False, 'shape': (1,), }"},
      {16, {1}, "{'descr': '<V2', 'fortran_order': False, 'shape': (1,), }"},
  };
  for (const auto &c : cases) {
    Tensor tensor = *makeTensor("x", *typeFromOnnx(c.type), c.shape);
    std::string header = c.header;
    header.append(128 - 10 - 1 - header.size(), ' ');
    std::string file = std::string("\x93NUMPY\x01\x00\x76\x00", 10) + header + "\n";
    EXPECT_EQ(formatNpy(tensor), file + std::string(tensor.data.size(), 0)) << c.header;
  }
  for (size_t rank = 1; rank <= 64; ++rank) { // headers of every length, also above 255
    Tensor tensor = floats(std::vector<int64_t>(rank, 1)), back;
    std::string file = formatNpy(tensor);
    size_t bare = 10 +
                  std::string_view("{'descr': '<f4', 'fortran_order': False, 'shape': (").size() +
                  (rank == 1 ? 2 : rank * 3 - 2) + std::string_view("), }\n").size();
    EXPECT_EQ(file.size() - 4, (bare + 63) / 64 * 64);
    ASSERT_FALSE(parseNpy(file, back).failed());
    EXPECT_EQ(back.shape, tensor.shape);
    EXPECT_EQ(back.data, tensor.data);
  }
}

TEST(Npy, ReadsHeadersAsPythonWould) {
  for (const char *header :
       {"{'descr':'<f4','fortran_order':False,'shape':(4,)}",
        " \t\n{ 'shape' : ( 2 , 2 ) , \"fortran_order\" :False, \"descr\": \"<f4\" , } \n ",
        "{'descr': '<f4', 'fortran_order': False, 'shape': (4L,)}",
        "{'descr': '<f4', 'fortran_order': True, 'shape': (4)}",
        "{'descr': '<f8', 'fortran_order': False, 'shape': (2,)}",
        "{'descr': '<f8', 'fortran_order': False, 'shape': (1, 2)}",
        "{'descr': '|V2', 'fortran_order': False, 'shape': (08,)}",
        "{'descr': 'bfloat16', 'fortran_order': False, 'shape': (8,)}",
        "{'descr': '<i1', 'fortran_order': False, 'shape': (16,)}",
        "{'descr': '<u1', 'fortran_order': False, 'shape': (16,)}"})
    EXPECT_EQ(npyCode(npy(header, 16)), ErrorCode::Ok) << header;
  EXPECT_EQ(npyCode(npy("{'descr': '<f8', 'fortran_order': False, 'shape': ()}", 8)),
            ErrorCode::Ok);
  EXPECT_EQ(npyCode(npy("{'descr': '<f8', 'fortran_order': False, 'shape': (0,)}", 0)),
            ErrorCode::Ok);
  for (size_t rank : {64, 65}) {
    std::string shape;
    for (size_t i = 0; i < rank; ++i)
      shape += "1,";
    EXPECT_EQ(npyCode(npy("{'descr': '|u1', 'fortran_order': False, 'shape': (" + shape + ")}", 1)),
              rank == 64 ? ErrorCode::Ok : ErrorCode::Malformed);
  }
}

TEST(Npy, TurnsFortranOrderOfWideElements) {
  std::string file = npy("{'descr': '<i2', 'fortran_order': True, 'shape': (2, 3, 4)}", 0);
  for (int16_t l = 0; l < 4; ++l)
    for (int16_t k = 0; k < 3; ++k)
      for (int16_t i = 0; i < 2; ++i) {
        auto value = int16_t(i * 1000 + k * 100 + l);
        file.append(reinterpret_cast<const char *>(&value), 2);
      }
  Tensor tensor;
  ASSERT_FALSE(parseNpy(file, tensor).failed());
  for (int64_t at = 0; at < 24; ++at)
    EXPECT_EQ(asInteger(tensor, at), at / 12 * 1000 + at / 4 % 3 * 100 + at % 4);
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
       {"",
        "{}",
        "{'descr': '<f4'}",
        "[1]",
        "{'descr': '<f4', 'fortran_order': False, 'shape': 4}",
        "{'descr': '<f4', 'fortran_order': False, 'shape': (-4,)}",
        "{'descr': '<f4', 'fortran_order': 1, 'shape': (4,)}",
        "{'descr': '<f4', 'fortran_order': False, 'shape': (99999999999999999999,)}",
        "{'descr': '<f4', 'fortran_order': False, 'shape': (4611686018427387904, 4)}",
        "{'descr': '<f4', 'descr': '<f4', 'fortran_order': False, 'shape': (4,)}",
        "{'descr': '>f4', 'fortran_order': False, 'shape': (4,)}",
        "{'descr': '<f4', 'fortran_order': False, 'shape': (4,), 'more': 1}",
        "{'descr': '<f4', 'fortran_order': False, 'fortran_order': False, 'shape': (4,)}",
        "{'descr': '<f4', 'fortran_order': False, 'shape': (4,), 'shape': (4,)}",
        "{'descr': '<f4', 'fortran_order': False}",
        "{'descr': '<f4', 'shape': (4,)}",
        "{'fortran_order': False, 'shape': (4,)}",
        "{'descr': '<f4' 'fortran_order': False, 'shape': (4,)}",
        "{'descr' '<f4', 'fortran_order': False, 'shape': (4,)}",
        "{descr: '<f4', 'fortran_order': False, 'shape': (4,)}",
        "{'descr': <f4, 'fortran_order': False, 'shape': (4,)}",
        "{'descr': '<f4, 'fortran_order': False, 'shape': (4,)}",
        "{'descr\": '<f4', 'fortran_order': False, 'shape': (4,)}",
        "{'descr': '<f4', 'fortran_order': TRUE, 'shape': (4,)}",
        "{'descr': '<f4', 'fortran_order': Falsehood, 'shape': (4,)}",
        "{'descr': '<f4', 'fortran_order': False, 'shape': (4 4)}",
        "{'descr': '<f4', 'fortran_order': False, 'shape': (,4)}",
        "{'descr': '<f4', 'fortran_order': False, 'shape': (4,,)}",
        "{'descr': '<f4', 'fortran_order': False, 'shape': (L,)}",
        "{'descr': '<f4', 'fortran_order': False, 'shape': (4LL,)}",
        "{'descr': '<f4', 'fortran_order': False, 'shape': (4:,)}",
        "{'descr': '<f4', 'fortran_order': False, 'shape': (4/,)}",
        "{'descr': '<f4', 'fortran_order': False, 'shape': (9223372036854775808,)}",
        "{'descr': '<f4', 'fortran_order': False, 'shape': 4,)}",
        "{'descr': '<f4', 'fortran_order': False, 'shape': (4",
        "{'descr': '<f4', 'fortran_order': False, 'shape': (4,)",
        "{'descr': '<f4', 'fortran_order': False, 'shape': (4,)} x",
        "{'descr': '<f4', 'fortran_order': False, 'shape': (4,)}}",
        "{'descr': '<f4', 'fortran_order': False, 'shape': (4,),,}",
        "'descr': '<f4', 'fortran_order': False, 'shape': (4,)}"})
    EXPECT_EQ(npyCode(npy(header, 16)), ErrorCode::Malformed) << header;
  for (char version : {0, 4, -1})
    EXPECT_EQ(npyCode(npy("{'descr': '|u1', 'fortran_order': False, 'shape': (2,)}", 2, version)),
              ErrorCode::Malformed);
  Tensor tensor;
  for (size_t size : {10, 11, 12}) { // lengths of four bytes, cut off
    Error error = parseNpy(npy("xx", 0, 2).substr(0, size), tensor);
    EXPECT_NE(error.message.find("the header is cut off"), std::string::npos) << size;
  }
  EXPECT_EQ(npyCode(npy("{'descr': '<c8', 'fortran_order': False, 'shape': (2,)}", 16)),
            ErrorCode::Unsupported);
  EXPECT_EQ(npyCode(npy("{'descr': '|O', 'fortran_order': False, 'shape': (2,)}", 16)),
            ErrorCode::Unsupported);
}

TEST(TensorFile, SafeNames) {
  EXPECT_EQ(safeFileName("last_hidden_state"), "last_hidden_state");
  EXPECT_EQ(safeFileName("../../etc/passwd"), "_._.._etc_passwd");
  EXPECT_EQ(safeFileName(""), "_");
  EXPECT_EQ(safeFileName(".hidden"), "_hidden");
  EXPECT_EQ(safeFileName("a/b:0"), "a_b_0");
  EXPECT_EQ(safeFileName("azAZ09_-."), "azAZ09_-.");
  EXPECT_EQ(safeFileName("`{@[/:,"), "_______");
  EXPECT_EQ(safeFileName(std::string(200, 'x') + "y"), std::string(200, 'x'));
}

TEST(TensorFile, GoesByItsEnding) {
  PrivateFolder folder;
  ASSERT_FALSE(folder.create().failed());
  std::string npy = folder.path() + "/x.npy", pb = folder.path() + "/x.pb";
  ASSERT_FALSE(writeNpy(npy, floats({2})).failed());
  ASSERT_FALSE(writeFile(pb, std::string("\x10\x01\x25\x00\x00\x80\x3f", 7)).failed());
  Tensor tensor;
  ASSERT_FALSE(readTensorFile(npy, tensor).failed());
  EXPECT_EQ(tensor.data, floats({2}).data);
  ASSERT_FALSE(readTensorFile(pb, tensor).failed());
  EXPECT_EQ(asDouble(tensor, 0), 1);
  for (const char *path : {"npy", "x.npy.txt", "pb", "x.npyy", ""})
    EXPECT_EQ(readTensorFile(path, tensor).code, ErrorCode::Usage) << path;
  for (const char *path : {".npy", "/none/.pb"})
    EXPECT_EQ(readTensorFile(path, tensor).code, ErrorCode::FileAccess) << path;
  ASSERT_FALSE(writeFile(npy, "hello").failed());
  Error error = readTensorFile(npy, tensor);
  EXPECT_EQ(error.code, ErrorCode::Malformed);
  EXPECT_NE(error.message.find("x.npy': not a valid .npy file"), std::string::npos);
}

} // namespace
