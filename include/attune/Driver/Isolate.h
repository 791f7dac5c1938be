// Runs work in a child process with limits: LLVM aborts where it meets a bug, and a hostile
// file must never take the caller down with it.
#pragma once

#include "attune/Support/Error.h"

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

namespace attune::driver {

/// What the child may use.
struct ChildLimits {
  uint64_t memoryBytes = 0; ///< of data; 0: what the machine has
  uint64_t stackBytes = uint64_t(256) << 20;
  double seconds = 1800;
  std::function<bool()> stop = {}; ///< asked now and then by who waits; true ends the child
};

/// What the child tells while it works: short texts in a page that both processes see, so they
/// outlive a crash.
class Trail {
public:
  /// The pass that runs now, and the ONNX node (with its operator) at hand; cut to a fixed size.
  void enterPass(std::string_view pass);
  void enterNode(std::string_view node, std::string_view op);
  /// The last words of a process that dies by its own decision.
  void lastWords(std::string_view text);

  std::string pass() const { return read(passText); }
  std::string node() const { return read(nodeText); }
  std::string op() const { return read(opText); }
  std::string words() const { return read(wordsText); }

private:
  static constexpr size_t kText = 256;
  static void write(char (&to)[kText], std::string_view text);
  static std::string read(const char (&from)[kText]);

  char passText[kText] = {};
  char nodeText[kText] = {};
  char opText[kText] = {};
  char wordsText[kText] = {};
};

/// How the child ended, as far as the error does not say it.
struct ChildEnd {
  bool crashed = false; ///< it died of a bug: the error's code is Internal
  double peakAnonymousMb = 0;
  std::string output; ///< what `work` stored as its output
};

/// Set by whoever catches SIGINT or SIGTERM; a child that is waited for is then killed.
void interrupt();
bool interrupted();

/// Forks, runs `work` on a stack of its own and hands back its error and output. `progress` (may
/// be empty) is called now and then in the parent with the pass at hand. A death by a limit is
/// code Limit; any other death is code Internal, with pass and node from the trail.
Error runIsolated(const ChildLimits &limits,
                  const std::function<Error(Trail &trail, std::string &output)> &work,
                  ChildEnd &end, const std::function<void(const std::string &pass)> &progress = {});

/// Anonymous resident memory of a process (0: this one) in megabytes; 0 if it cannot be read.
double anonymousMb(int process = 0);

} // namespace attune::driver
