// What the outcomes of all cases come to.
#include "attune/Driver/Verify.h"

#include <gtest/gtest.h>

using namespace attune;
using namespace attune::driver;

namespace {

CaseReport outcome(const std::string &result, unsigned compared = 1) {
  CaseReport report;
  report.name = "case";
  report.result = result;
  report.compared = compared;
  if (result == "error")
    report.error = {ErrorCode::Malformed, "broken " + std::to_string(compared), "", "", ""};
  return report;
}

TEST(Verdict, OfAllCases) {
  const CaseReport pass = outcome("pass"), fail = outcome("fail"), none = outcome("pass", 0);
  const struct {
    std::vector<CaseReport> cases;
    ErrorCode code;
    const char *message;
    int passed;
  } verdicts[] = {
      {{}, ErrorCode::Differs, "no output was compared", 0},
      {{pass}, ErrorCode::Ok, "", 1},
      {{none}, ErrorCode::Differs, "no output was compared", 1},
      {{none, pass}, ErrorCode::Ok, "", 2},
      {{fail}, ErrorCode::Differs, "1 of 1 case differs", 0},
      {{pass, fail, fail}, ErrorCode::Differs, "2 of 3 cases differ", 1},
      {{outcome("error", 3), pass, outcome("error", 4)}, ErrorCode::Malformed, "broken 3", 1},
      {{outcome("error"), fail}, ErrorCode::Differs, "1 of 2 cases differ", 0},
  };
  for (const auto &v : verdicts) {
    Error error = verdict(v.cases);
    EXPECT_EQ(error.code, v.code) << &v - verdicts;
    EXPECT_EQ(error.message, v.message) << &v - verdicts;
    Json json = toJson(v.cases);
    EXPECT_EQ(json["passed"], v.passed);
    EXPECT_EQ(json["failed"], int(v.cases.size()) - v.passed);
    for (size_t i = 0; i < v.cases.size(); ++i)
      EXPECT_EQ(json["cases"][i].contains("error"), v.cases[i].result == "error");
  }
}

} // namespace
