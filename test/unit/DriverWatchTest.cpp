// The table of passes and their times.
#include "Watch.h"

#include <gtest/gtest.h>

using namespace attune::driver;

namespace {

TEST(Watch, TimesComeSlowestFirst) {
  Watch watch;
  EXPECT_EQ(formatTimes(watch), "  seconds    runs  pass\n");
  watch.times = {{"b", {1, 0.25}}, {"a", {12, 0.25}}, {"slow", {3, 2}}, {"quick", {1, 0}}};
  EXPECT_EQ(formatTimes(watch), "  seconds    runs  pass\n"
                                "   2.0000       3  slow\n"
                                "   0.2500      12  a\n"
                                "   0.2500       1  b\n"
                                "   0.0000       1  quick\n");
}

} // namespace
