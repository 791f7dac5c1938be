// What is seen in tables of numbers: bands, slopes, diagonals.
#include "attune/Dialect/Transformer/Analysis/ConstantTable.h"
#include "attune/Dialect/Transformer/IR/TransformerDialect.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/IR/Builders.h"

#include <gtest/gtest.h>

#include <cmath>

using namespace attune::transformer;

namespace {

constexpr double kLow = -1e30;

class Tables : public testing::Test {
protected:
  using Number = std::function<double(int64_t plane, int64_t row, int64_t column)>;

  TableSummary of(int64_t planes, int64_t rows, int64_t columns, const Number &number) {
    std::vector<int64_t> shape{planes, rows, columns};
    TableScan scan(shape);
    for (int64_t plane = 0; plane < planes; ++plane)
      for (int64_t row = 0; row < rows; ++row)
        for (int64_t column = 0; column < columns; ++column)
          scan.take(static_cast<float>(number(plane, row, column)));
    return scan.finish(mlir::Float32Type::get(&context));
  }

  /// "lower..upper" of the zeros; "none" when they are no band.
  static std::string zeros(const TableSummary &summary) {
    auto band = bandOfTable(summary, [](double number) { return std::optional(number == 0); });
    auto text = [](std::optional<int64_t> bound) { return bound ? std::to_string(*bound) : ""; };
    return band ? text(band->lower) + ".." + text(band->upper) : "none";
  }

  std::string band(const std::function<bool(int64_t, int64_t)> &live, int64_t rows = 9,
                   int64_t columns = 7) {
    return zeros(of(1, rows, columns,
                    [&](int64_t, int64_t r, int64_t c) { return live(r, c) ? 0.0 : kLow; }));
  }

  mlir::MLIRContext context;
};

TEST_F(Tables, Bands) {
  EXPECT_EQ(band([](int64_t r, int64_t c) { return c <= r; }), "..0");
  EXPECT_EQ(band([](int64_t r, int64_t c) { return c <= r + 2 && c >= r - 1; }), "-1..2");
  EXPECT_EQ(band([](int64_t r, int64_t c) { return c >= r - 3; }), "-3..");
  EXPECT_EQ(band([](int64_t, int64_t) { return true; }), "..");
  EXPECT_EQ(band([](int64_t, int64_t) { return false; }), "none");
  EXPECT_EQ(band([](int64_t r, int64_t c) { return c <= r && c != 3; }), "none");
  EXPECT_EQ(band([](int64_t r, int64_t c) { return c <= r || (r == 1 && c == 4); }), "none");
  EXPECT_EQ(band([](int64_t r, int64_t c) { return c <= r; }, 1, 1), "..");
  // Two tables on each other are no mask of one; three values are no mask.
  EXPECT_EQ(zeros(of(2, 3, 3, [](int64_t, int64_t r, int64_t c) { return c <= r ? 0 : kLow; })),
            "none");
  EXPECT_EQ(zeros(of(1, 3, 3, [](int64_t, int64_t r, int64_t c) { return c <= r ? 0 : -c; })),
            "none");
}

TEST_F(Tables, UnknownValuesAreNoBand) {
  TableSummary summary = of(1, 3, 3, [](int64_t, int64_t r, int64_t c) { return c <= r ? 0 : 5; });
  EXPECT_FALSE(bandOfTable(
      summary, [](double number) { return number == 0 ? std::optional(true) : std::nullopt; }));
  auto all = bandOfTable(summary, [](double) { return std::optional(true); });
  EXPECT_TRUE(all && !all->lower && !all->upper);
}

TEST_F(Tables, Lines) {
  TableSummary summary =
      of(2, 3, 4, [](int64_t p, int64_t r, int64_t c) { return 7 + 10 * p - 0.1 * r + 0.3 * c; });
  ASSERT_TRUE(summary.line);
  EXPECT_NEAR(summary.line->constant, 7, 1e-6);
  for (auto [slope, wanted] : llvm::zip(summary.line->slopes, std::array{10.0, -0.1, 0.3}))
    EXPECT_NEAR(slope, wanted, 1e-6);
  auto bent = [](int64_t, int64_t r, int64_t c) {
    return r == 2 && c == 3 ? 5.001 : double(r + c);
  };
  EXPECT_FALSE(of(2, 3, 4, bent).line);
  EXPECT_FALSE(of(1, 1, 3, [](int64_t, int64_t, int64_t c) { return c == 1 ? INFINITY : c; }).line);
}

TEST_F(Tables, Planes) {
  auto kind = [&](const Number &number) { return of(3, 4, 5, number).planes; };
  auto slope = [](int64_t plane) { return std::exp2(-0.5 * static_cast<double>(plane + 1)); };
  EXPECT_EQ(kind([&](int64_t p, int64_t, int64_t c) { return slope(p) * (c - 2047.0); }),
            TablePlanes::ByColumn);
  EXPECT_EQ(kind([&](int64_t p, int64_t r, int64_t c) { return slope(p + r) * (c - 2047.0); }),
            TablePlanes::RowByColumn);
  EXPECT_EQ(kind([&](int64_t p, int64_t r, int64_t c) { return slope(p) * double(c - r); }),
            TablePlanes::ByDifference);
  EXPECT_EQ(kind([&](int64_t p, int64_t r, int64_t c) { return slope(p) * double(c + r); }),
            TablePlanes::RowByColumn);
  EXPECT_EQ(kind([&](int64_t p, int64_t, int64_t c) { return slope(p) * double(c * c); }),
            TablePlanes::Other);
  EXPECT_EQ(kind([](int64_t p, int64_t, int64_t) { return double(p); }), TablePlanes::Other);
}

TEST_F(Tables, Diagonals) {
  auto distance = [](int64_t p, int64_t r, int64_t c) { return double(p * 100 + std::abs(c - r)); };
  EXPECT_TRUE(of(2, 5, 4, distance).hasEqualDiagonals);
  EXPECT_FALSE(of(2, 5, 4, [&](int64_t p, int64_t r, int64_t c) {
                 return distance(p, r, c) + (p == 1 && r == 4 && c == 3);
               }).hasEqualDiagonals);
}

TEST_F(Tables, Largest) {
  auto largest = [&](double corner) {
    return of(1, 2, 2, [&](int64_t, int64_t r, int64_t c) { return r + c == 2 ? corner : r - c; })
        .largest;
  };
  EXPECT_EQ(largest(-3), 3);
  EXPECT_EQ(largest(0), 1);
  EXPECT_EQ(largest(kLow), std::abs(static_cast<float>(kLow)));
  EXPECT_TRUE(std::isinf(largest(std::nan(""))));
}

TEST_F(Tables, TooLargeOrTooMany) {
  context.loadDialect<mlir::arith::ArithDialect, TransformerDialect>();
  mlir::OpBuilder builder(&context);
  mlir::OwningOpRef<mlir::ModuleOp> module = mlir::ModuleOp::create(builder.getUnknownLoc());
  builder.setInsertionPointToEnd(module->getBody());
  auto constant = [&](llvm::ArrayRef<int64_t> shape, float value) {
    auto type = mlir::RankedTensorType::get(shape, builder.getF32Type());
    return mlir::arith::ConstantOp::create(builder, builder.getUnknownLoc(),
                                           mlir::DenseElementsAttr::get(type, value));
  };
  ConstantTables tables;
  EXPECT_FALSE(tables.summary(constant({int64_t(1) << 20, int64_t(1) << 20}, 1)));
  EXPECT_FALSE(tables.summary(constant({int64_t(1) << 40, int64_t(1) << 40}, 1)));
  mlir::Value table = constant({2, 2}, 3);
  const TableSummary *summary = tables.summary(table);
  ASSERT_TRUE(summary);
  ASSERT_EQ(summary->values.size(), 1u);
  EXPECT_EQ(summary->values[0].number, 3);
  EXPECT_EQ(tables.summary(constant({2, 2}, 3)), summary); // read once
}

} // namespace
