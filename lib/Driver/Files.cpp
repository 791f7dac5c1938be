// Reading, writing aside and private folders, on POSIX calls: each says what failed and why.
#include "attune/Driver/Files.h"

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fcntl.h>
#include <filesystem>
#include <sys/stat.h>
#include <unistd.h>

using namespace attune;
using namespace attune::driver;

Error driver::fileError(const std::string &doing, const std::string &path) {
  return {ErrorCode::FileAccess, "cannot " + doing + " '" + path + "': " + std::strerror(errno), "",
          "", ""};
}

std::string driver::folderOf(const std::string &path) {
  size_t slash = path.rfind('/');
  if (slash == std::string::npos)
    return ".";
  return slash == 0 ? "/" : path.substr(0, slash);
}

Error driver::readFile(const std::string &path, uint64_t limit, std::string &bytes) {
  bool standardInput = path == "-";
  int file = standardInput ? 0 : ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (file < 0)
    return fileError("read", path);
  Error error;
  bytes.clear();
  char buffer[1 << 16];
  struct stat info;
  if (::fstat(file, &info) == 0 && S_ISREG(info.st_mode) && uint64_t(info.st_size) <= limit)
    bytes.reserve(size_t(info.st_size));
  while (true) {
    ssize_t count = ::read(file, buffer, sizeof buffer);
    if (count < 0 && errno == EINTR)
      continue;
    if (count < 0)
      error = fileError("read", path);
    if (count <= 0)
      break;
    if (uint64_t(count) > limit - bytes.size()) {
      error = {ErrorCode::Limit,
               "'" + path + "' is larger than the limit of " + std::to_string(limit) + " bytes", "",
               "", ""};
      break;
    }
    bytes.append(buffer, size_t(count));
  }
  if (!standardInput)
    ::close(file);
  return error;
}

Error driver::writeFile(const std::string &path, std::string_view bytes) {
  std::string aside = path + ".XXXXXX";
  int file = ::mkstemp(aside.data());
  if (file < 0)
    return fileError("write", path);
  // mkstemp makes private files; the result gets the rights that any new file gets.
  mode_t mask = ::umask(0);
  ::umask(mask);
  bool ok = ::fchmod(file, 0666 & ~mask) == 0;
  for (size_t done = 0; ok && done < bytes.size();) {
    ssize_t count = ::write(file, bytes.data() + done, bytes.size() - done);
    if (count < 0 && errno == EINTR)
      continue;
    ok = count > 0;
    done += ok ? size_t(count) : 0;
  }
  int reason = errno;
  ok &= ::close(file) == 0;
  if (ok && ::rename(aside.c_str(), path.c_str()) == 0)
    return {};
  if (ok)
    reason = errno;
  ::unlink(aside.c_str());
  errno = reason;
  return fileError("write", path);
}

Error driver::renameFile(const std::string &from, const std::string &to) {
  return ::rename(from.c_str(), to.c_str()) == 0 ? Error() : fileError("write", to);
}

Error PrivateFolder::create(const std::string &parent) {
  std::string place = parent;
  if (place.empty()) {
    const char *configured = ::getenv("TMPDIR");
    place = configured && *configured ? configured : "/tmp";
  }
  std::string name = place + "/.attune-XXXXXX";
  if (!::mkdtemp(name.data()))
    return fileError("make a folder in", place);
  folder = std::move(name);
  return {};
}

PrivateFolder::~PrivateFolder() {
  std::error_code ignored;
  if (!folder.empty())
    std::filesystem::remove_all(folder, ignored);
}
