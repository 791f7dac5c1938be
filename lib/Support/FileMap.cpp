// Opens files component by component: a path from a model can then neither leave its folder
// nor be redirected between the check and the use.
#include "attune/Support/FileMap.h"

#include "llvm/ADT/SmallVector.h"
#include "llvm/ADT/Twine.h"

#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <string>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

namespace attune {

static std::unique_ptr<FileMap> fail(Error &error, ErrorCode code, const llvm::Twine &message,
                                     llvm::StringRef hint = "") {
  error = {code, message.str(), "", "", hint.str()};
  return nullptr;
}

static std::string systemMessage(int number) { return std::strerror(number); }

std::unique_ptr<FileMap> FileMap::map(int descriptor, llvm::StringRef name, HardLinks links,
                                      uint64_t maxBytes, ErrorCode code, Error &error) {
  struct Closer {
    int descriptor;
    ~Closer() { ::close(descriptor); }
  } closer{descriptor};

  struct stat status;
  if (::fstat(descriptor, &status) != 0)
    return fail(error, code, "'" + name + "' cannot be read: " + systemMessage(errno));
  if (S_ISDIR(status.st_mode))
    return fail(error, code, "'" + name + "' is a folder, not a file");
  if (!S_ISREG(status.st_mode))
    return fail(error, code, "'" + name + "' is not a regular file");
  if (links == HardLinks::Refuse && status.st_nlink > 1)
    return fail(error, code, "'" + name + "' is a hard link, which may lead outside the folder",
                "replace it by a copy of the file");
  uint64_t size = static_cast<uint64_t>(status.st_size);
  if (size > maxBytes)
    return fail(error, ErrorCode::Limit,
                "'" + name + "' has " + llvm::Twine(size) + " bytes, over the limit of " +
                    llvm::Twine(maxBytes),
                "raise --limit-file-bytes");
  if (size == 0)
    return std::unique_ptr<FileMap>(new FileMap(nullptr, 0));
  void *address = ::mmap(nullptr, size, PROT_READ, MAP_PRIVATE, descriptor, 0);
  if (address == MAP_FAILED)
    return fail(error, code, "'" + name + "' cannot be mapped: " + systemMessage(errno));
  return std::unique_ptr<FileMap>(new FileMap(static_cast<const uint8_t *>(address), size));
}

std::unique_ptr<FileMap> FileMap::open(llvm::StringRef path, uint64_t maxBytes, Error &error) {
  // Without O_NONBLOCK a named pipe would wait for a writer.
  int descriptor = ::open(path.str().c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  if (descriptor < 0)
    return fail(error, ErrorCode::FileAccess,
                "'" + path + "' cannot be opened: " + systemMessage(errno));
  return map(descriptor, path, HardLinks::Allow, maxBytes, ErrorCode::FileAccess, error);
}

std::unique_ptr<FileMap> FileMap::openBeneath(llvm::StringRef folder, llvm::StringRef relative,
                                              HardLinks links, uint64_t maxBytes, Error &error) {
  constexpr ErrorCode code = ErrorCode::Malformed;
  if (relative.empty() || relative.contains('\0'))
    return fail(error, code, "the external data file has no usable name");
  if (relative.front() == '/')
    return fail(error, code, "external data '" + relative + "' has an absolute path",
                "keep external data in the model's folder");
  llvm::SmallVector<llvm::StringRef> parts;
  relative.split(parts, '/', /*MaxSplit=*/-1, /*KeepEmpty=*/false);
  llvm::erase_if(parts, [](llvm::StringRef part) { return part == "."; });
  if (parts.empty() || llvm::is_contained(parts, ".."))
    return fail(error, code, "external data '" + relative + "' is outside the model's folder",
                "keep external data in the model's folder");

  int current =
      ::open(folder.empty() ? "." : folder.str().c_str(), O_RDONLY | O_CLOEXEC | O_DIRECTORY);
  if (current < 0)
    return fail(error, ErrorCode::FileAccess,
                "folder '" + folder + "' cannot be opened: " + systemMessage(errno));
  for (size_t i = 0; i < parts.size(); ++i) {
    int flags = O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK;
    if (i + 1 < parts.size())
      flags |= O_DIRECTORY;
    int next = ::openat(current, parts[i].str().c_str(), flags);
    int number = errno;
    struct stat status;
    bool isLink = next < 0 &&
                  ::fstatat(current, parts[i].str().c_str(), &status, AT_SYMLINK_NOFOLLOW) == 0 &&
                  S_ISLNK(status.st_mode);
    ::close(current);
    if (isLink)
      return fail(error, code,
                  "external data '" + relative +
                      "' is reached through a symbolic link, which may lead outside the folder",
                  "replace the link by a copy of the file");
    if (next < 0 && number == ENOENT)
      return fail(error, code, "external data file '" + relative + "' is missing",
                  "put it beside the model, in '" + folder.str() + "'");
    if (next < 0)
      return fail(error, code,
                  "external data '" + relative + "' cannot be opened: " + systemMessage(number));
    current = next;
  }
  return map(current, relative, links, maxBytes, code, error);
}

FileMap::~FileMap() {
  if (begin)
    ::munmap(const_cast<uint8_t *>(begin), size);
}

void FileMap::drop(llvm::ArrayRef<uint8_t> range) const {
  if (range.empty())
    return;
  auto page = static_cast<uintptr_t>(::sysconf(_SC_PAGESIZE));
  uintptr_t first = reinterpret_cast<uintptr_t>(range.begin()) & ~(page - 1);
  uintptr_t last = reinterpret_cast<uintptr_t>(range.end());
  // Advice only: when it fails, the pages merely stay.
  (void)::madvise(reinterpret_cast<void *>(first), last - first, MADV_DONTNEED);
}

} // namespace attune
