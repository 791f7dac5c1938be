// Summaries and comparison, in double; one pass over the elements each.
#include "attune/Driver/Summary.h"

#include <algorithm>
#include <cmath>
#include <cstdio>

using namespace attune;
using namespace attune::driver;

namespace {

constexpr int64_t kShown = 6;

struct Statistics {
  double min = NAN, max = NAN, mean = NAN;
  int64_t finite = 0;
};

/// Over the finite elements.
Statistics measure(const Tensor &tensor) {
  Statistics result;
  double sum = 0;
  for (int64_t i = 0, n = tensor.size(); i < n; ++i) {
    double value = asDouble(tensor, i);
    if (!std::isfinite(value))
      continue;
    result.min = result.finite ? std::min(result.min, value) : value;
    result.max = result.finite ? std::max(result.max, value) : value;
    sum += value;
    ++result.finite;
  }
  if (result.finite)
    result.mean = sum / double(result.finite);
  return result;
}

std::string number(double value) {
  char text[32];
  std::snprintf(text, sizeof text, "%.6g", value);
  return text;
}

std::vector<int64_t> unravel(int64_t index, const std::vector<int64_t> &shape) {
  std::vector<int64_t> place(shape.size());
  for (size_t d = shape.size(); d-- > 0; index /= shape[d])
    place[d] = index % shape[d];
  return place;
}

bool sameFloat(double got, double want, double rtol, double atol) {
  if (std::isnan(want) || std::isnan(got))
    return std::isnan(want) && std::isnan(got);
  if (std::isinf(want) || std::isinf(got))
    return got == want;
  return std::fabs(got - want) <= atol + rtol * std::fabs(want);
}

/// Adds one pair to the measures; true if it is the worst so far.
struct Measures {
  double maxWant = 0;
  double worst = -1;

  bool add(double got, double want, bool same, double rtol, double atol, Difference &result) {
    double excess = same ? -1 : INFINITY;
    if (std::isfinite(got) && std::isfinite(want)) {
      double apart = std::fabs(got - want);
      result.maxAbs = std::max(result.maxAbs, apart);
      if (want != 0)
        result.maxRel = std::max(result.maxRel, apart / std::fabs(want));
      maxWant = std::max(maxWant, std::fabs(want));
      double allowed = atol + rtol * std::fabs(want);
      excess = apart == 0 ? -1 : allowed > 0 ? apart / allowed : apart;
    }
    if (excess <= worst)
      return false;
    worst = excess;
    return true;
  }
};

} // namespace

Json driver::summaryJson(const Tensor &tensor) {
  Statistics statistics = measure(tensor);
  Json first = Json::array();
  for (int64_t i = 0; i < std::min(kShown, tensor.size()); ++i) {
    if (tensor.type == ElementType::Bool)
      first.push_back(asInteger(tensor, i) != 0);
    else if (isFloat(tensor.type))
      first.push_back(asDouble(tensor, i));
    else
      first.push_back(asInteger(tensor, i));
  }
  return {{"name", tensor.name},
          {"type", runtime::elementName(tensor.type)},
          {"shape", tensor.shape},
          {"min", statistics.min},
          {"max", statistics.max},
          {"mean", statistics.mean},
          {"finite", statistics.finite == tensor.size()},
          {"first", first}};
}

std::string driver::summaryText(const Tensor &tensor) {
  Statistics statistics = measure(tensor);
  std::string text =
      tensor.name + "  " + runtime::elementName(tensor.type) + shapeText(tensor.shape);
  if (statistics.finite)
    text += "  min " + number(statistics.min) + "  max " + number(statistics.max) + "  mean " +
            number(statistics.mean);
  if (statistics.finite < tensor.size())
    text += "  not finite " + std::to_string(tensor.size() - statistics.finite);
  text += "  first [";
  for (int64_t i = 0; i < std::min(kShown, tensor.size()); ++i)
    text += (i ? ", " : "") + elementText(tensor, i);
  return text + (tensor.size() > kShown ? ", …]" : "]");
}

Difference driver::compare(const Tensor &got, const Tensor &want, double rtol, double atol) {
  Difference result;
  auto fail = [&](std::string message) {
    result.equal = false;
    result.message = std::move(message);
  };
  if (got.type != want.type) {
    fail("output '" + got.name + "' is " + runtime::elementName(got.type) + ", expected " +
         runtime::elementName(want.type));
    return result;
  }
  if (got.shape != want.shape) {
    fail("output '" + got.name + "' has shape " + shapeText(got.shape) + ", expected " +
         shapeText(want.shape));
    return result;
  }
  Measures measures;
  bool floating = isFloat(got.type);
  int64_t worst = -1, wrong = 0;
  for (int64_t i = 0, n = got.size(); i < n; ++i) {
    double g = asDouble(got, i), w = asDouble(want, i);
    bool same = floating ? sameFloat(g, w, rtol, atol) : asInteger(got, i) == asInteger(want, i);
    wrong += !same;
    if (measures.add(g, w, same, rtol, atol, result))
      worst = i;
  }
  result.relToMax = measures.maxWant > 0 ? result.maxAbs / measures.maxWant : result.maxAbs;
  if (worst >= 0)
    result.worst = unravel(worst, got.shape);
  if (wrong)
    fail("output '" + got.name + "' differs in " + std::to_string(wrong) + " of " +
         std::to_string(got.size()) + " elements, most at " + shapeText(result.worst) + ": got " +
         elementText(got, worst) + ", expected " + elementText(want, worst));
  return result;
}
