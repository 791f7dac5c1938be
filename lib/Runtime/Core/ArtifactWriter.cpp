// Writes an artefact aside, syncs it and renames it; constants stream through.

#include "attune/Runtime/Core/Hash.h"
#include "attune/Runtime/Core/TablesBuilder.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

using namespace attune;
using namespace attune::runtime;

namespace {

/// A file that appears under its name only when it is whole.
class AsideFile {
public:
  explicit AsideFile(const std::string &path) : path(path) {
    size_t slash = path.rfind('/');
    folder = slash == std::string::npos ? "." : path.substr(0, slash + 1);
    std::string name = slash == std::string::npos ? path : path.substr(slash + 1);
    aside = (slash == std::string::npos ? "" : folder) + "." + name + "." +
            std::to_string(getpid()) + ".tmp";
  }

  ~AsideFile() {
    if (descriptor >= 0)
      close(descriptor);
    if (named)
      unlink(aside.c_str());
  }

  Error open() {
    struct stat status;
    if (stat(path.c_str(), &status) == 0 && !S_ISREG(status.st_mode))
      return {ErrorCode::FileAccess, "cannot write " + path + ": it is not a regular file", "", "",
              ""};
    // A nameless file leaves nothing behind even when the process is killed.
    descriptor = ::open(folder.c_str(), O_TMPFILE | O_WRONLY | O_CLOEXEC, 0666);
    if (descriptor >= 0)
      return {};
    if (errno != EOPNOTSUPP && errno != EISDIR && errno != ENOENT)
      return failure();
    unlink(aside.c_str());
    descriptor = ::open(aside.c_str(), O_CREAT | O_EXCL | O_WRONLY | O_CLOEXEC, 0666);
    if (descriptor < 0)
      return failure();
    named = true;
    return {};
  }

  /// Bytes reach the file in whole huge pages: a file system may then keep each in one piece.
  Error write(const void *data, size_t bytes) {
    const char *next = static_cast<const char *>(data);
    while (bytes) {
      size_t now = std::min<size_t>(bytes, kHugePage - pending.size());
      pending.insert(pending.end(), next, next + now);
      next += now;
      bytes -= now;
      if (pending.size() == kHugePage)
        if (Error error = flush(); error.failed())
          return error;
    }
    return {};
  }

  Error commit() {
    if (Error error = flush(); error.failed())
      return error;
    if (fsync(descriptor) != 0)
      return failure();
    if (!named) {
      std::string link = "/proc/self/fd/" + std::to_string(descriptor);
      unlink(aside.c_str());
      if (linkat(AT_FDCWD, link.c_str(), AT_FDCWD, aside.c_str(), AT_SYMLINK_FOLLOW) != 0)
        return failure();
      named = true;
    }
    int result = close(descriptor);
    descriptor = -1;
    if (result != 0 || rename(aside.c_str(), path.c_str()) != 0)
      return failure();
    named = false;
    return {};
  }

private:
  Error flush() {
    const char *next = pending.data();
    for (size_t left = pending.size(); left;) {
      ssize_t done = ::write(descriptor, next, left);
      if (done < 0 && errno == EINTR)
        continue;
      if (done <= 0)
        return failure();
      next += done;
      left -= static_cast<size_t>(done);
    }
    pending.clear();
    return {};
  }

  Error failure() const {
    return {ErrorCode::FileAccess, "cannot write " + path + ": " + std::strerror(errno), "", "",
            ""};
  }

  std::string path, folder, aside;
  std::vector<char> pending;
  int descriptor = -1;
  bool named = false;
};

/// Writes sections one after the other and keeps their places and hashes.
class SectionWriter {
public:
  explicit SectionWriter(AsideFile &file) : file(file) {}

  /// Zero bytes up to the next multiple of `alignment`.
  Error pad(uint64_t alignment) {
    static const char zeros[kSectionAlignment] = {};
    while (uint64_t rest = position % alignment) {
      uint64_t now = std::min(alignment - rest, kSectionAlignment - position % kSectionAlignment);
      if (Error error = put(zeros, now); error.failed())
        return error;
    }
    return {};
  }

  Error put(const void *data, size_t bytes) {
    position += bytes;
    return file.write(data, bytes);
  }

  Error section(const void *data, size_t bytes, Section &section) {
    section = {position, bytes, hashBytes(data, bytes)};
    return put(data, bytes);
  }

  Error weights(const ArtifactDescription &description, const ConstantSource &source,
                Section &section);

  uint64_t position = 0;

private:
  AsideFile &file;
};

Error SectionWriter::weights(const ArtifactDescription &description, const ConstantSource &source,
                             Section &section) {
  static const char zeros[kConstantAlignment] = {};
  WeightsLayout layout = layOutWeights(description.constants);
  StreamHasher hasher;
  uint64_t begin = position;
  for (size_t i = 0; i < description.constants.size(); ++i) {
    uint64_t gap = begin + layout.offsets[i] - position;
    hasher.update(zeros, gap);
    if (Error error = put(zeros, gap); error.failed())
      return error;
    const ConstantDescription &constant = description.constants[i];
    uint64_t left = constant.bytes;
    auto wrongSize = [&] {
      return Error{ErrorCode::Internal, "the data of a constant differ in size from its record",
                   constant.name, "", ""};
    };
    Error error = source(i, [&](const void *data, size_t bytes) {
      if (bytes > left)
        return wrongSize();
      left -= bytes;
      hasher.update(data, bytes);
      return put(data, bytes);
    });
    if (error.failed())
      return error;
    if (left)
      return wrongSize();
  }
  section = {begin, layout.bytes, hasher.digest()};
  return {};
}

} // namespace

Error attune::runtime::finishArtifact(const std::string &path, std::string_view elf,
                                      const ArtifactDescription &description,
                                      const ConstantSource &source) {
  AsideFile file(path);
  if (Error error = file.open(); error.failed())
    return error;

  Trailer trailer{};
  std::memcpy(trailer.magic, kArtifactMagic, sizeof(trailer.magic));
  trailer.major = kFormatMajor;
  trailer.minor = kFormatMinor;
  std::vector<uint8_t> tables = serializeTables(description);

  SectionWriter writer(file);
  if (Error error = writer.section(elf.data(), elf.size(), trailer.code); error.failed())
    return error;
  if (Error error = writer.pad(kSectionAlignment); error.failed())
    return error;
  if (Error error = writer.section(tables.data(), tables.size(), trailer.tables); error.failed())
    return error;
  bool huge = layOutWeights(description.constants).bytes >= kHugeWeights;
  if (Error error = writer.pad(huge ? kHugePage : kSectionAlignment); error.failed())
    return error;
  if (Error error = writer.weights(description, source, trailer.weights); error.failed())
    return error;
  if (Error error = writer.pad(alignof(Trailer)); error.failed())
    return error;
  trailer.fileBytes = writer.position + sizeof(Trailer);
  trailer.hash = hashBytes(&trailer, offsetof(Trailer, hash));
  if (Error error = writer.put(&trailer, sizeof(trailer)); error.failed())
    return error;
  return file.commit();
}
