// Windows of launches are judged, from times without what the system gave to others.

#include "attune/Runtime/Core/SharingPayoff.h"

#include "attune/Runtime/Core/Clock.h"

#include <algorithm>
#include <ctime>

using namespace attune::runtime;

/// Shorter than any time slice, and longer than most launches.
static constexpr int64_t kSuspicious = 200'000;
/// What lies between two launches of one run is shorter.
static constexpr int64_t kGap = 1'000'000;

/// How long the calling thread has run, in nanoseconds.
static int64_t timeOfThread() {
  timespec time;
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
  return int64_t(time.tv_sec) * 1000000000 + time.tv_nsec;
}

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
  ownTime = timeOfThread();
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
