// Windows of launches are judged, from times without what the system gave to others.

#include "attune/Runtime/Core/SharingPayoff.h"

#include <algorithm>
#include <ctime>

using namespace attune::runtime;

/// Shorter than any time slice, and longer than most launches.
static constexpr int64_t kSuspicious = 200'000;
/// What lies between two launches of one run is shorter.
static constexpr int64_t kGap = 1'000'000;

static int64_t read(clockid_t clock) {
  timespec now;
  clock_gettime(clock, &now);
  return int64_t(now.tv_sec) * 1000000000 + now.tv_nsec;
}

int64_t attune::runtime::nanosecondsNow() { return read(CLOCK_MONOTONIC); }

bool SharingPayoff::shouldShare() {
  if (pauseLeft == 0)
    return true;
  --pauseLeft;
  return false;
}

void SharingPayoff::note(int64_t aloneNanoseconds, int64_t sharedNanoseconds) {
  alone += aloneNanoseconds;
  won += aloneNanoseconds - sharedNanoseconds;
  if (--left)
    return;
  // Whole windows are judged: the first shared launch after a pause pays for waking the workers.
  pause = won > alone / kGain ? 0 : pause == 0 ? kWindow : std::min(pause * 2, kMaxPause);
  pauseLeft = pause;
  alone = won = 0;
  left = kWindow;
}

void OwnerClock::synchronize(int64_t now) {
  owner = pthread_self();
  readAt = now;
  ownTime = read(CLOCK_THREAD_CPUTIME_ID);
  slept = 0;
}

void OwnerClock::begin() {
  launchBegin = nanosecondsNow();
  // Between runs the owner may have slept, and another thread may own this one.
  if (launchBegin - launchEnd > kGap || !pthread_equal(owner, pthread_self()))
    synchronize(launchBegin);
}

int64_t OwnerClock::endOfShare() {
  int64_t now = nanosecondsNow(), elapsed = now - launchBegin;
  if (elapsed < kSuspicious)
    return elapsed;
  int64_t since = now - readAt - slept, before = ownTime;
  synchronize(now);
  return elapsed - std::clamp<int64_t>(since - (ownTime - before), 0, elapsed);
}

int64_t OwnerClock::end(int64_t sleptNanoseconds) {
  slept += sleptNanoseconds;
  launchEnd = nanosecondsNow();
  return launchEnd - launchBegin;
}
