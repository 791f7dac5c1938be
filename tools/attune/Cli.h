// What all verbs share: how results and errors reach the user.
#pragma once

#include "attune/Driver/Json.h"

#include <CLI/CLI.hpp>

#include <functional>
#include <string>

namespace attune::cli {

/// The state of one call of `attune`.
class Cli {
public:
  bool json = false;
  bool quiet = false;
  bool verbose = false;

  /// Sets what to do when the verb was chosen; the result becomes the exit code.
  void onVerb(CLI::App *verb, std::function<int()> action);
  /// Runs the chosen verb.
  int runVerb() const { return chosen ? chosen() : 0; }

  /// Prints an error (as JSON under --json) and gives its exit code.
  int fail(const Error &error) const;
  /// Prints a report: the JSON under --json, else the text, and gives 0, or 5 if that fails.
  int succeed(const driver::Json &report, const std::string &text) const;
  /// A line for people who asked for more, on stderr.
  void note(const std::string &line) const;
  /// Shows where long work is, on a terminal only; empty where nothing shall be shown.
  std::function<void(const std::string &)> progress(const std::string &what) const;

private:
  std::function<int()> chosen;
};

/// Writes to standard output; false if it cannot be written.
bool writeOut(const std::string &text);
/// Takes the progress line away.
void clearProgress();

} // namespace attune::cli
