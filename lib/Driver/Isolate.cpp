// The child process: limits, a stack of its own, handlers that tell which limit struck, and the
// parent's waiting loop. Linux only, like the rest of the driver.
#include "attune/Driver/Isolate.h"

#include "llvm/Support/ErrorHandling.h"

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <cstring>
#include <fcntl.h>
#include <new>
#include <poll.h>
#include <pthread.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>
#include <vector>

using namespace attune;
using namespace attune::driver;

namespace {

// How the child exits; numbers that no library uses.
enum ChildStatus {
  kDone = 0,
  kOutOfMemory = 91,
  kOutOfStack = 92,
  kFatal = 93,
  kFileLost = 94,
};
constexpr size_t kGuardBytes = size_t(1) << 20;
constexpr size_t kMaxOutput = size_t(256) << 20;

std::atomic<bool> stopRequested{false};

// What the child's handlers need; set once, before the work starts.
Trail *childTrail;
char *childStack;

[[noreturn]] void dieOutOfMemory() {
  childTrail->lastWords("out of memory");
  _exit(kOutOfMemory);
}

void onBadAlloc(void *, const char *, bool) { dieOutOfMemory(); }

void onFatalError(void *, const char *reason, bool) {
  childTrail->lastWords(reason);
  _exit(kFatal);
}

/// A fault in the guard below the stack is an overflow, one in a mapped file says that the file
/// shrank or its disk failed; any other one ends the child as ever.
void onFault(int signal, siginfo_t *info, void *) {
  auto *address = static_cast<char *>(info->si_addr);
  if (signal == SIGSEGV && info->si_code > 0 && address >= childStack &&
      address < childStack + kGuardBytes)
    _exit(kOutOfStack);
  if (signal == SIGBUS && info->si_code == BUS_ADRERR)
    _exit(kFileLost);
  ::signal(signal, SIG_DFL);
  ::raise(signal); // comes when this returns, also if nobody faulted
}

void put(std::string &bytes, std::string_view text) {
  auto size = uint32_t(text.size());
  bytes.append(reinterpret_cast<const char *>(&size), 4);
  bytes.append(text);
}

bool get(std::string_view &bytes, std::string &text) {
  uint32_t size;
  if (bytes.size() < 4)
    return false;
  std::memcpy(&size, bytes.data(), 4);
  if (size > bytes.size() - 4)
    return false;
  text = std::string(bytes.substr(4, size));
  bytes.remove_prefix(4 + size);
  return true;
}

std::string pack(const Error &error, const std::string &output) {
  std::string bytes(1, char(error.code));
  for (const std::string *text : {&error.message, &error.node, &error.op, &error.hint, &output})
    put(bytes, *text);
  return bytes;
}

bool unpack(std::string_view bytes, Error &error, std::string &output) {
  if (bytes.empty())
    return false;
  error.code = ErrorCode(bytes[0]);
  bytes.remove_prefix(1);
  for (std::string *text : {&error.message, &error.node, &error.op, &error.hint, &output})
    if (!get(bytes, *text))
      return false;
  return bytes.empty();
}

struct Job {
  const std::function<Error(Trail &, std::string &)> *work;
  Trail *trail;
  int pipe;
};

/// The child's one thread that works; it never returns.
void *runJob(void *argument) {
  auto *job = static_cast<Job *>(argument);
  static char alternate[1 << 16];
  stack_t other{};
  other.ss_sp = alternate;
  other.ss_size = sizeof alternate;
  ::sigaltstack(&other, nullptr);
  struct sigaction action{};
  action.sa_sigaction = onFault;
  action.sa_flags = SA_SIGINFO | SA_ONSTACK;
  ::sigaction(SIGSEGV, &action, nullptr);
  ::sigaction(SIGBUS, &action, nullptr);

  std::string output;
  Error error = (*job->work)(*job->trail, output);
  std::string bytes = pack(error, output);
  for (size_t done = 0; done < bytes.size();) {
    ssize_t count = ::write(job->pipe, bytes.data() + done, bytes.size() - done);
    if (count < 0 && errno != EINTR)
      break;
    done += count > 0 ? size_t(count) : 0;
  }
  _exit(kDone); // no destructors: the system is faster at giving memory back
}

uint64_t machineMemory() {
  return uint64_t(::sysconf(_SC_PHYS_PAGES)) * uint64_t(::sysconf(_SC_PAGESIZE));
}

[[noreturn]] void childMain(const ChildLimits &limits, Job job, pid_t parent) {
  ::setpgid(0, 0);
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (::getppid() != parent)
    _exit(kFatal);
  for (int signal : {SIGINT, SIGTERM, SIGHUP, SIGABRT, SIGFPE, SIGILL})
    ::signal(signal, SIG_DFL);
  rlimit noCore{0, 0};
  ::setrlimit(RLIMIT_CORE, &noCore);
  // Data, not address space: mapped model files are not memory.
  uint64_t memory = limits.memoryBytes ? limits.memoryBytes : machineMemory() / 4 * 3;
  rlimit data{memory + limits.stackBytes, memory + limits.stackBytes};
  ::setrlimit(RLIMIT_DATA, &data);

  childTrail = job.trail;
  std::set_new_handler(dieOutOfMemory);
  llvm::remove_bad_alloc_error_handler();
  llvm::install_bad_alloc_error_handler(onBadAlloc);
  llvm::remove_fatal_error_handler();
  llvm::install_fatal_error_handler(onFatalError);

  size_t bytes = limits.stackBytes + kGuardBytes;
  void *stack = ::mmap(nullptr, bytes, PROT_READ | PROT_WRITE,
                       MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_STACK, -1, 0);
  if (stack == MAP_FAILED)
    dieOutOfMemory();
  childStack = static_cast<char *>(stack);
  ::mprotect(stack, kGuardBytes, PROT_NONE);
  pthread_attr_t attributes;
  pthread_t thread;
  ::pthread_attr_init(&attributes);
  ::pthread_attr_setstack(&attributes, childStack + kGuardBytes, limits.stackBytes);
  if (::pthread_create(&thread, &attributes, runJob, &job) != 0)
    dieOutOfMemory();
  ::pthread_join(thread, nullptr);
  _exit(kFatal);
}

/// What the parent knows at the end of its waiting.
struct Waited {
  std::string bytes;
  int status = 0;
  bool overTime = false;
  bool stopped = false;
};

Waited waitForChild(pid_t child, int pipe, const ChildLimits &limits, const Trail &trail,
                    ChildEnd &end, const std::function<void(const std::string &)> &progress) {
  using Clock = std::chrono::steady_clock;
  auto deadline = Clock::now() + std::chrono::duration<double>(limits.seconds);
  Waited waited;
  std::vector<char> buffer(1 << 16);
  bool open = true;
  while (open) {
    pollfd entry{pipe, POLLIN, 0};
    int ready = ::poll(&entry, 1, 10);
    end.peakAnonymousMb = std::max(end.peakAnonymousMb, anonymousMb(child));
    if (progress)
      progress(trail.pass());
    waited.overTime = Clock::now() > deadline;
    waited.stopped = interrupted() || (limits.stop && limits.stop());
    if (waited.overTime || waited.stopped)
      break;
    if (ready <= 0)
      continue;
    ssize_t count = ::read(pipe, buffer.data(), buffer.size());
    if (count > 0)
      waited.bytes.append(buffer.data(), size_t(count));
    open = (count > 0 && waited.bytes.size() <= kMaxOutput) || (count < 0 && errno == EINTR);
  }
  if (open || waited.bytes.size() > kMaxOutput)
    ::kill(-child, SIGKILL);
  while (::waitpid(child, &waited.status, 0) < 0 && errno == EINTR)
    ;
  return waited;
}

Error limitError(std::string message, std::string hint, const Trail &trail) {
  std::string pass = trail.pass();
  if (!pass.empty())
    message += " (in pass '" + pass + "')";
  return {ErrorCode::Limit, std::move(message), trail.node(), trail.op(), std::move(hint)};
}

/// Names how a child died that gave no result.
Error deathError(const Waited &waited, const ChildLimits &limits, const Trail &trail,
                 ChildEnd &end) {
  int status = waited.status;
  if (waited.stopped)
    return {ErrorCode::Limit, "interrupted", "", "", ""};
  if (waited.overTime)
    return limitError("compiling took longer than the limit of " +
                          std::to_string(int64_t(limits.seconds)) + " s",
                      "raise --limit-seconds", trail);
  if (WIFEXITED(status) && WEXITSTATUS(status) == kOutOfMemory)
    return limitError("compiling needs more memory than the limit allows", "raise --limit-memory",
                      trail);
  if (WIFEXITED(status) && WEXITSTATUS(status) == kOutOfStack)
    return limitError("the model is nested too deeply for the compiler's stack",
                      "raise --limit-stack", trail);
  if (WIFEXITED(status) && WEXITSTATUS(status) == kFileLost)
    return {ErrorCode::FileAccess, "a file of the model changed or failed while it was read", "",
            "", ""};
  if (WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL)
    return limitError("the compiler was killed, most likely because the machine ran out of memory",
                      "", trail);
  end.crashed = true;
  std::string what = WIFSIGNALED(status)
                         ? std::string("died of signal ") + ::strsignal(WTERMSIG(status))
                         : "ended early";
  std::string pass = trail.pass(), words = trail.words();
  if (!pass.empty())
    what += " in pass '" + pass + "'";
  if (!words.empty())
    what += ": " + words;
  return {ErrorCode::Internal, "the compiler " + what, trail.node(), trail.op(), ""};
}

} // namespace

void Trail::write(char (&to)[kText], std::string_view text) {
  size_t count = std::min(text.size(), kText - 1);
  std::memcpy(to, text.data(), count);
  to[count] = 0;
}

std::string Trail::read(const char (&from)[kText]) {
  return std::string(from, ::strnlen(from, kText - 1));
}

void Trail::enterPass(std::string_view pass) { write(passText, pass); }
void Trail::lastWords(std::string_view text) { write(wordsText, text); }
void Trail::enterNode(std::string_view node, std::string_view op) {
  write(nodeText, node);
  write(opText, op);
}

void driver::interrupt() { stopRequested = true; }
bool driver::interrupted() { return stopRequested; }

Error driver::runIsolated(const ChildLimits &limits,
                          const std::function<Error(Trail &, std::string &)> &work, ChildEnd &end,
                          const std::function<void(const std::string &)> &progress) {
  end = {};
  void *page =
      ::mmap(nullptr, sizeof(Trail), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  if (page == MAP_FAILED)
    return {ErrorCode::Limit, "no memory to start a compiler process", "", "", ""};
  auto *trail = new (page) Trail();
  int ends[2] = {-1, -1};
  pid_t parent = ::getpid();
  pid_t child = ::pipe2(ends, O_CLOEXEC) == 0 ? ::fork() : -1;
  if (child == 0) {
    ::close(ends[0]);
    childMain(limits, {&work, trail, ends[1]}, parent);
  }
  Error error;
  ::close(ends[1]);
  if (child < 0) {
    error = {ErrorCode::Limit, "cannot start a compiler process", "", "", ""};
  } else {
    Waited waited = waitForChild(child, ends[0], limits, *trail, end, progress);
    bool done = WIFEXITED(waited.status) && WEXITSTATUS(waited.status) == kDone;
    if (!done || !unpack(waited.bytes, error, end.output))
      error = deathError(waited, limits, *trail, end);
  }
  ::close(ends[0]);
  ::munmap(page, sizeof(Trail));
  return error;
}

double driver::anonymousMb(int process) {
  std::string path = process ? "/proc/" + std::to_string(process) + "/status" : "/proc/self/status";
  char text[4096];
  int file = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (file < 0)
    return 0;
  ssize_t count = ::read(file, text, sizeof text - 1);
  ::close(file);
  text[std::max<ssize_t>(count, 0)] = 0;
  const char *line = std::strstr(text, "RssAnon:");
  long kilobytes = 0;
  if (line)
    std::sscanf(line, "RssAnon: %ld kB", &kilobytes);
  return double(kilobytes) / 1024.0;
}
