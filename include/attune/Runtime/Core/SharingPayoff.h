// Whether it pays to share launches among threads, decided from what they took.
#pragma once

#include <cstdint>
#include <pthread.h>

namespace attune::runtime {

/// Decides from what launches took whether sharing them pays. On a busy machine a worker may be
/// put off with a chunk in its hands, and the owner waits for it; then launches run alone for a
/// while. Results do not depend on it. What a launch would take alone is a guess from the owner's
/// own share, and a little high: its threads wait for each other's memory. So sharing must win
/// more than a sixteenth of it.
class SharingPayoff {
public:
  /// Whether the next launch should be shared.
  bool shouldShare();
  /// Tells what a shared launch took, and what it would have taken alone.
  void note(int64_t aloneNanoseconds, int64_t sharedNanoseconds);

private:
  static constexpr uint32_t kWindow = 32;
  static constexpr uint32_t kMaxPause = 1024;
  static constexpr int64_t kGain = 16; ///< one in so many nanoseconds must be won
  int64_t alone = 0;                   ///< nanoseconds that this window would have taken alone
  int64_t won = 0;                     ///< of which sharing won so many
  uint32_t left = kWindow;
  uint32_t pause = 0;
  uint32_t pauseLeft = 0;
};

/// Times launches for the thread that owns them: how long they took, and how long it ran itself.
/// While others run in its place, its share seems long, and sharing would seem to win. A thread's
/// own clock costs half a microsecond to read, so it is read only after stretches that are long
/// enough to hold another's time slice.
class OwnerClock {
public:
  /// A launch begins.
  void begin();
  /// The owner's share is done; gives for how many nanoseconds of it the owner ran.
  int64_t endOfShare();
  /// The launch is over, the owner having slept for so long since its share's end; gives how many
  /// nanoseconds the launch took.
  int64_t end(int64_t sleptNanoseconds);

private:
  void synchronize(int64_t now);

  int64_t launchBegin = 0, launchEnd = 0;
  pthread_t owner{};
  int64_t readAt = 0;  ///< when the owner's own clock was read last
  int64_t ownTime = 0; ///< and what it said
  int64_t slept = 0;   ///< of its own will since
};

} // namespace attune::runtime
