// Elements of host tensors: rounding, saturation, text, and sizes that cannot be.
#include "attune/Driver/Tensor.h"

#include <gtest/gtest.h>

#include <cmath>
#include <cstring>

using namespace attune;
using namespace attune::driver;

namespace {

Tensor one(ElementType type) { return *makeTensor("x", type, {1}); }

uint16_t bitsOf(const Tensor &tensor) {
  uint16_t bits;
  std::memcpy(&bits, tensor.data.data(), 2);
  return bits;
}

/// The bits of `value` in a 16-bit float type.
uint16_t rounded(ElementType type, double value) {
  Tensor tensor = one(type);
  setElement(tensor, 0, value);
  return bitsOf(tensor);
}

TEST(Tensor, SixteenBitFloatsMeanWhatTheirFormatSays) {
  const struct {
    ElementType type;
    int exponentBits;
  } formats[] = {{ElementType::Float16, 5}, {ElementType::BFloat16, 8}};
  for (auto [type, exponentBits] : formats) {
    int mantissaBits = 15 - exponentBits, top = (1 << exponentBits) - 1, bias = top / 2;
    Tensor tensor = one(type);
    for (int bits = 0; bits < 1 << 16; ++bits) {
      auto stored = static_cast<uint16_t>(bits);
      std::memcpy(tensor.data.data(), &stored, 2);
      int exponent = bits >> mantissaBits & top, mantissa = bits & ((1 << mantissaBits) - 1);
      double got = asDouble(tensor, 0);
      if (exponent == top && mantissa) {
        ASSERT_TRUE(std::isnan(got)) << bits;
        continue;
      }
      double want = exponent == top ? INFINITY
                    : exponent
                        ? std::ldexp(mantissa + (1 << mantissaBits), exponent - bias - mantissaBits)
                        : std::ldexp(mantissa, 1 - bias - mantissaBits);
      ASSERT_EQ(got, bits >> 15 ? -want : want) << bits;
      ASSERT_EQ(std::signbit(got), bits >> 15 == 1) << bits;
      ASSERT_EQ(rounded(type, got), bits);
    }
  }
}

TEST(Tensor, SixteenBitFloatsRoundToTheNearestEven) {
  const struct {
    ElementType type;
    double value;
    int bits;
  } cases[] = {
      {ElementType::Float16, 65519.99, 0x7bff},
      {ElementType::Float16, 65520, 0x7c00},
      {ElementType::Float16, -1e300, 0xfc00},
      {ElementType::Float16, NAN, 0x7e00},
      {ElementType::Float16, 2049, 0x6800},
      {ElementType::Float16, 2051, 0x6802},
      {ElementType::Float16, 2049.001, 0x6801},
      {ElementType::Float16, 4095.9, 0x6c00}, // up into the next exponent
      {ElementType::Float16, 0x1p-25, 0},
      {ElementType::Float16, 0x1.8p-24, 2},
      {ElementType::Float16, 0x1p-14 - 0x1p-25, 0x0400},
      {ElementType::BFloat16, 1 + 0x1p-8, 0x3f80},
      {ElementType::BFloat16, 1 + 0x3p-8, 0x3f82},
      {ElementType::BFloat16, 1 + 0x1p-8 + 0x1p-20, 0x3f81},
      {ElementType::BFloat16, 3.4e38, 0x7f80},
      {ElementType::BFloat16, -1e300, 0xff80},
      {ElementType::BFloat16, NAN, 0x7fc0},
  };
  for (const auto &c : cases)
    EXPECT_EQ(rounded(c.type, c.value), c.bits) << c.value;
}

TEST(Tensor, StoringSaturates) {
  const struct {
    ElementType type;
    double value;
    const char *text;
  } cases[] = {
      {ElementType::Int8, 127.9, "127"},
      {ElementType::Int8, 128, "127"},
      {ElementType::Int8, -128, "-128"},
      {ElementType::Int8, -1e9, "-128"},
      {ElementType::Int8, NAN, "0"},
      {ElementType::Int8, -3.9, "-3"},
      {ElementType::UInt8, -1, "0"},
      {ElementType::UInt8, 256, "255"},
      {ElementType::Int16, 40000, "32767"},
      {ElementType::UInt16, 70000, "65535"},
      {ElementType::Int32, INFINITY, "2147483647"},
      {ElementType::UInt32, 4294967295.0, "4294967295"},
      {ElementType::Int64, 0x1p63, "9223372036854775807"},
      {ElementType::Int64, -INFINITY, "-9223372036854775808"},
      {ElementType::UInt64, 0x1p64, "18446744073709551615"},
      {ElementType::UInt64, 0x1p63, "9223372036854775808"},
      {ElementType::Bool, 0.5, "true"},
      {ElementType::Bool, 0, "false"},
      {ElementType::Float32, 0.1, "0.1"},
      {ElementType::Float64, -1234567.5, "-1234568"},
      {ElementType::Float64, NAN, "nan"},
      {ElementType::Float16, 1.5, "1.5"},
      {ElementType::BFloat16, -INFINITY, "-inf"},
  };
  for (const auto &c : cases) {
    Tensor tensor = *makeTensor("x", c.type, {3});
    setElement(tensor, 1, c.value);
    EXPECT_EQ(elementText(tensor, 1), c.text);
    EXPECT_EQ(asDouble(tensor, 0), 0) << c.text; // its neighbours stay
    EXPECT_EQ(asDouble(tensor, 2), 0) << c.text;
  }
  Tensor tensor = one(ElementType::Float64);
  setElement(tensor, 0, -3.9);
  EXPECT_EQ(asInteger(tensor, 0), -3);
}

TEST(Tensor, TypesHaveOnnxNumbers) {
  for (int64_t number = -1; number < 70; ++number) {
    bool known = (number >= 1 && number <= 13 && number != 8) || number == 16;
    EXPECT_EQ(typeFromOnnx(number).has_value(), known) << number;
    if (known) {
      EXPECT_EQ(int64_t(*typeFromOnnx(number)), number);
      bool floating = number == 1 || number == 10 || number == 11 || number == 16;
      EXPECT_EQ(isFloat(ElementType(number)), floating) << number;
    }
  }
  for (int64_t alias : {(int64_t(1) << 32) + 1, (int64_t(1) << 63) + 1, -4294967295})
    EXPECT_FALSE(typeFromOnnx(alias)) << alias;
}

TEST(Tensor, SizesThatCannotBeAreRefused) {
  const int64_t large = int64_t(1) << 62;
  const struct {
    ElementType type;
    std::vector<int64_t> shape;
    int64_t bytes; ///< -1: none
  } cases[] = {
      {ElementType::Float32, {}, 4},
      {ElementType::Float32, {2, 3}, 24},
      {ElementType::Float32, {-1}, -1},
      {ElementType::Float32, {0, -1}, -1},
      {ElementType::Float32, {0, large, large}, 0},
      {ElementType::Float32, {large, 0}, 0},
      {ElementType::Float32, {large, large}, -1},
      {ElementType::UInt8, {INT64_MAX}, INT64_MAX},
      {ElementType::UInt8, {large, 2}, -1},
      {ElementType::UInt16, {large}, -1},
      {ElementType(0), {2}, -1},
      {ElementType(0), {0}, -1},
  };
  for (const auto &c : cases) {
    std::optional<uint64_t> bytes = byteSize(c.type, c.shape);
    EXPECT_EQ(bytes ? int64_t(*bytes) : -1, c.bytes) << shapeText(c.shape);
  }
  EXPECT_FALSE(makeTensor("x", ElementType::Float32, {int64_t(1) << 40, int64_t(1) << 40}));
  EXPECT_FALSE(makeTensor("x", ElementType::UInt8, {(int64_t(1) << 40) + 1}));
  EXPECT_FALSE(makeTensor("x", ElementType::Float32, {-1}));
  EXPECT_TRUE(makeTensor("x", ElementType::Float32, {int64_t(1) << 40, 0}));
  EXPECT_EQ(makeTensor("x", ElementType::Int16, {2, 5})->data, std::vector<char>(20));
}

TEST(Tensor, ShapesAsText) {
  EXPECT_EQ(shapeText({}), "[]");
  EXPECT_EQ(shapeText({7}), "[7]");
  EXPECT_EQ(shapeText({2, 16, 384}), "[2, 16, 384]");
}

} // namespace
