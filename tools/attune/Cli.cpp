// Printing, and nothing else.
#include "Cli.h"

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <unistd.h>

using namespace attune;
using namespace attune::cli;

namespace {

bool progressShown = false;

/// Messages stay on one line, whatever names a file holds.
std::string oneLine(std::string text) {
  for (char &c : text)
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f)
      c = ' ';
  return text;
}

std::string whereText(const Error &error) {
  std::string where;
  if (!error.node.empty() && error.message.find("'" + error.node + "'") == std::string::npos)
    where = "node '" + error.node + "'";
  if (!error.op.empty() && error.message.find(error.op) == std::string::npos)
    where += (where.empty() ? "operator " : ", operator ") + error.op;
  return where.empty() ? "" : " (" + where + ")";
}

} // namespace

void cli::clearProgress() {
  if (progressShown)
    std::fputs("\r\x1b[K", stderr);
  progressShown = false;
}

bool cli::writeOut(const std::string &text) {
  clearProgress();
  bool ok = std::fwrite(text.data(), 1, text.size(), stdout) == text.size();
  return std::fflush(stdout) == 0 && ok;
}

void Cli::onVerb(CLI::App *verb, std::function<int()> action) {
  verb->callback([this, action = std::move(action)] { chosen = action; });
}

int Cli::fail(const Error &error) const {
  clearProgress();
  if (json && !writeOut(driver::dump(driver::errorJson(error)) + "\n"))
    return int(ErrorCode::FileAccess);
  std::string text = "error: " + oneLine(error.message + whereText(error)) + "\n";
  if (!error.hint.empty())
    text += "hint: " + oneLine(error.hint) + "\n";
  std::fputs(text.c_str(), stderr);
  return int(error.code);
}

int Cli::succeed(const driver::Json &report, const std::string &text) const {
  if (writeOut(json ? driver::dump(report) + "\n" : quiet ? "" : text))
    return 0;
  std::string message = std::string("error: cannot write standard output: ") + std::strerror(errno);
  std::fputs((message + "\n").c_str(), stderr);
  return int(ErrorCode::FileAccess);
}

void Cli::note(const std::string &line) const {
  clearProgress();
  if (verbose)
    std::fputs((oneLine(line) + "\n").c_str(), stderr);
}

std::function<void(const std::string &)> Cli::progress(const std::string &what) const {
  if (quiet || json || !::isatty(STDERR_FILENO))
    return {};
  return [what, last = std::string()](const std::string &step) mutable {
    if (step == last)
      return;
    last = step;
    progressShown = true;
    std::fputs(("\r\x1b[K" + what + ": " + oneLine(step)).c_str(), stderr);
  };
}
