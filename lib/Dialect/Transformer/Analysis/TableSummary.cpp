// Two values, a bit each, are looked at for bands; slopes take the numbers themselves.
#include "attune/Dialect/Transformer/Analysis/TableSummary.h"

#include "mlir/IR/BuiltinTypes.h"
#include "llvm/ADT/STLExtras.h"

#include <cmath>

using namespace mlir;
using namespace attune;
using namespace attune::transformer;

/// Larger tables are not looked at for slopes.
static constexpr int64_t kMaxSlopedNumbers = int64_t(1) << 22;

TableScan::TableScan(ArrayRef<int64_t> shape) : shape(shape) {
  for (int64_t extent : shape)
    count *= extent;
  if (!shape.empty())
    columns = shape.back();
  if (shape.size() > 1)
    rows = shape[shape.size() - 2];
}

void TableScan::takeValue(double number) {
  if (values.empty() || (values.size() == 1 && number != values[0]))
    values.push_back(number);
  hasMore |= number != values.front() && number != values.back();
  if (hasMore)
    isFirst.clear();
  else
    isFirst.push_back(number == values.front());
}

void TableScan::takeDiagonal(double number) {
  int64_t row = taken / columns, column = taken % columns;
  isDiagonal &= row % rows == 0 || column == 0 || above[column - 1] == number;
  current.push_back(number);
  if (column + 1 == columns) {
    std::swap(above, current);
    current.clear();
  }
}

void TableScan::take(double number) {
  if (!hasMore)
    takeValue(number);
  if (isDiagonal)
    takeDiagonal(number);
  if (count <= kMaxSlopedNumbers)
    numbers.push_back(number);
  largest = std::isnan(number) ? HUGE_VAL : std::max(largest, std::abs(number));
  ++taken;
}

std::optional<TableBand> TableScan::bandOf(bool first) const {
  if (shape.size() < 2 || count != rows * columns)
    return std::nullopt;
  llvm::BitVector live = isFirst;
  if (!first)
    live.flip();
  TableBand band;
  for (int64_t row = 0; row < rows; ++row) {
    int64_t begin = row * columns, end = begin + columns, from = live.find_first_in(begin, end);
    if (from < 0)
      continue;
    int64_t last = live.find_last_in(begin, end);
    // Ends at the table's own only limit the bounds.
    if (from > begin && !band.lower)
      band.lower = from - begin - row;
    if (last < end - 1 && !band.upper)
      band.upper = last - begin - row;
  }
  for (int64_t row = 0; row < rows; ++row)
    for (int64_t column = 0; column < columns; ++column)
      if (live[row * columns + column] != ((!band.lower || column >= row + *band.lower) &&
                                           (!band.upper || column <= row + *band.upper)))
        return std::nullopt;
  return band;
}

/// Whether the number is the wanted one, but for rounding; `size` is that of what was summed up.
static bool isNear(double number, double wanted, double size, double tolerance) {
  return std::abs(number - wanted) <= tolerance * size;
}

std::optional<TableLine> TableScan::line(double tolerance) const {
  TableLine line{numbers[0], SmallVector<double>(shape.size(), 0)};
  int64_t stride = 1;
  for (size_t dim = shape.size(); dim-- > 0; stride *= shape[dim])
    if (int64_t steps = shape[dim] - 1; steps > 0)
      line.slopes[dim] = (numbers[steps * stride] - line.constant) / static_cast<double>(steps);
  for (auto [place, number] : llvm::enumerate(numbers)) {
    double wanted = line.constant, size = std::abs(line.constant);
    auto left = static_cast<int64_t>(place);
    for (size_t dim = shape.size(); dim-- > 0; left /= shape[dim]) {
      double part = line.slopes[dim] * static_cast<double>(left % shape[dim]);
      wanted += part;
      size += std::abs(part);
    }
    if (!isNear(number, wanted, size, tolerance))
      return std::nullopt;
  }
  return line;
}

/// The slope from a row's first number to its last.
static double slopeOf(ArrayRef<double> row) {
  return (row.back() - row.front()) / static_cast<double>(row.size() - 1);
}

TablePlanes TableScan::planes(double tolerance) const {
  // A row of one column has no slope to tell apart.
  if (columns < 2)
    return TablePlanes::Other;
  bool ofRows = true, byColumn = true, byDifference = rows > 1, isSloped = false;
  for (int64_t first = 0; first < count; first += columns) {
    ArrayRef<double> row = ArrayRef(numbers).slice(first, columns);
    int64_t r = first / columns % rows;
    ArrayRef<double> top = ArrayRef(numbers).slice(first - r * columns, columns);
    double slope = slopeOf(row), topSlope = slopeOf(top);
    isSloped |= slope != 0;
    for (int64_t column = 0; column < columns; ++column) {
      auto is = [&](double from, double slope, int64_t steps) {
        double size = std::abs(from) + std::abs(slope) * static_cast<double>(r + column);
        return isNear(row[column], from + slope * static_cast<double>(steps), size, tolerance);
      };
      ofRows &= is(row[0], slope, column);
      byColumn &= is(top[0], topSlope, column);
      byDifference &= is(top[0], topSlope, column - r);
    }
  }
  if (!isSloped || !(ofRows || byDifference))
    return TablePlanes::Other;
  return byColumn       ? TablePlanes::ByColumn
         : byDifference ? TablePlanes::ByDifference
                        : TablePlanes::RowByColumn;
}

double transformer::roundingOf(Type element) {
  auto format = dyn_cast<FloatType>(element);
  return format ? 4 * std::ldexp(1.0, 1 - int(format.getFPMantissaWidth())) : 0;
}

TableSummary TableScan::finish(Type element) const {
  TableSummary summary;
  if (taken != count || count == 0)
    return summary;
  if (!hasMore)
    for (auto [index, number] : llvm::enumerate(values))
      summary.values.push_back({number, bandOf(index == 0)});
  summary.largest = largest;
  summary.hasEqualDiagonals = isDiagonal && shape.size() > 1;
  bool isFinite = llvm::all_of(numbers, [](double number) { return std::isfinite(number); });
  if (numbers.empty() || !isFinite)
    return summary;
  double tolerance = roundingOf(element);
  summary.line = line(tolerance);
  summary.planes = planes(tolerance);
  return summary;
}
