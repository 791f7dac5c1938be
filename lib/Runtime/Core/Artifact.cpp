// Opens an artefact through one descriptor: the bytes that were checked are the bytes that
// are loaded.

#include "attune/Runtime/Core/Artifact.h"
#include "attune/Runtime/CPU/Features.h"
#include "attune/Runtime/Core/ElementType.h"
#include "attune/Runtime/Core/Hash.h"

#include <algorithm>
#include <cerrno>
#include <dlfcn.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

using namespace attune;
using namespace attune::runtime;

namespace {

/// Reads exactly `bytes` from `offset`; false on an error or the file's end.
bool readAt(int descriptor, uint64_t offset, void *data, uint64_t bytes) {
  char *next = static_cast<char *>(data);
  while (bytes) {
    ssize_t got = pread(descriptor, next, bytes, static_cast<off_t>(offset));
    if (got < 0 && errno == EINTR)
      continue;
    if (got <= 0)
      return false;
    next += got;
    offset += static_cast<uint64_t>(got);
    bytes -= static_cast<uint64_t>(got);
  }
  return true;
}

/// A path of this descriptor that no earlier load used. The dynamic loader first compares
/// names, and descriptor numbers come back: a repeated name could give another file's code.
/// The load's number is spelled in redundant separators.
std::string loaderPath(int descriptor) {
  static std::atomic<uint64_t> loads{0};
  std::string path = "/proc/self/fd";
  for (uint64_t number = loads.fetch_add(1) + 1; number; number >>= 1)
    path += number & 1 ? "/." : "/";
  return path + "/" + std::to_string(descriptor);
}

std::string versionText(uint32_t major, uint32_t minor) {
  return std::to_string(major) + "." + std::to_string(minor);
}

} // namespace

Artifact::~Artifact() {
  if (library)
    dlclose(library);
  if (mapping)
    munmap(mapping, mappedBytes);
  if (descriptor >= 0)
    close(descriptor);
}

Error Artifact::malformed(const std::string &what, const char *hint) const {
  return {ErrorCode::Malformed, path + ": " + what, "", "", hint};
}

Error Artifact::open(const char *path, std::unique_ptr<Artifact> &artifact) {
  std::unique_ptr<Artifact> opened(new (std::nothrow) Artifact());
  if (!opened)
    return {ErrorCode::Limit, "out of memory", "", "", ""};
  opened->path = path;
  if (Error error = opened->read(); error.failed())
    return error;
  artifact = std::move(opened);
  return {};
}

Error Artifact::read() {
  descriptor = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  if (descriptor < 0)
    return {ErrorCode::FileAccess, "cannot open " + path + ": " + std::strerror(errno), "", "", ""};
  if (Error error = readTrailer(); error.failed())
    return error;
  if (Error error = checkLayout(); error.failed())
    return error;
  if (Error error = checkPadding(); error.failed())
    return error;
  if (Error error = readTables(); error.failed())
    return error;
  if (Error error = checkCodeHash(); error.failed())
    return error;
  return mapWeights();
}

Error Artifact::readTrailer() {
  struct stat status;
  if (fstat(descriptor, &status) != 0)
    return {ErrorCode::FileAccess, "cannot read " + path + ": " + std::strerror(errno), "", "", ""};
  if (!S_ISREG(status.st_mode))
    return {ErrorCode::FileAccess, "cannot read " + path + ": it is not a regular file", "", "",
            ""};
  uint64_t bytes = static_cast<uint64_t>(status.st_size);
  if (bytes < sizeof(Trailer))
    return malformed("not an attune artefact, or cut off");
  if (!readAt(descriptor, bytes - sizeof(Trailer), &tail, sizeof(tail)))
    return {ErrorCode::FileAccess, "cannot read " + path, "", "", ""};
  if (std::memcmp(tail.magic, kArtifactMagic, sizeof(tail.magic)) != 0)
    return malformed("not an attune artefact, or cut off");
  if (tail.major != kFormatMajor)
    return malformed("the artefact has format version " + versionText(tail.major, tail.minor) +
                         ", this attune reads " + versionText(kFormatMajor, kFormatMinor),
                     "compile the model again with this attune");
  if (tail.hash != hashBytes(&tail, offsetof(Trailer, hash)))
    return malformed("damaged: the trailer does not match its hash");
  if (tail.fileBytes != bytes)
    return malformed("damaged: " + std::to_string(bytes) + " bytes where the trailer says " +
                     std::to_string(tail.fileBytes));
  return {};
}

Error Artifact::checkLayout() const {
  uint64_t position = 0;
  for (const Section *section : {&tail.code, &tail.tables, &tail.weights}) {
    bool ordered = section->offset >= position && section->offset % kSectionAlignment == 0;
    uint64_t end = tail.fileBytes - sizeof(Trailer);
    if (!ordered || section->offset > end || section->bytes > end - section->offset)
      return malformed("damaged: a section reaches outside the file");
    position = section->offset + section->bytes;
  }
  return tail.code.offset == 0 ? Error() : malformed("damaged: the code is not where it must be");
}

/// Whether a file's bytes in [begin, end) can be read and are zero.
static bool isZero(int descriptor, uint64_t begin, uint64_t end) {
  char bytes[1 << 16];
  for (uint64_t count; begin < end; begin += count) {
    count = std::min<uint64_t>(sizeof(bytes), end - begin);
    if (!readAt(descriptor, begin, bytes, count) ||
        std::any_of(bytes, bytes + count, [](char byte) { return byte != 0; }))
      return false;
  }
  return true;
}

/// The bytes between sections have no hash; they are zero.
Error Artifact::checkPadding() const {
  const uint64_t ends[] = {tail.code.offset + tail.code.bytes,
                           tail.tables.offset + tail.tables.bytes,
                           tail.weights.offset + tail.weights.bytes};
  const uint64_t starts[] = {tail.tables.offset, tail.weights.offset,
                             tail.fileBytes - sizeof(Trailer)};
  for (int i = 0; i < 3; ++i)
    if (starts[i] - ends[i] > kHugePage || !isZero(descriptor, ends[i], starts[i]))
      return malformed("damaged: bytes that belong to no section");
  return {};
}

Error Artifact::readTables() {
  if (!tables.resize(tail.tables.bytes))
    return {ErrorCode::Limit, "out of memory", "", "", ""};
  if (!readAt(descriptor, tail.tables.offset, tables.data(), tables.size()))
    return malformed("damaged: the tables cannot be read");
  if (hashBytes(tables.data(), tables.size()) != tail.tables.hash)
    return malformed("damaged: the tables do not match their hash");
  std::string_view problem = checkTables(tables.view(), tail.weights.bytes);
  return problem.empty() ? Error() : malformed("damaged: " + std::string(problem));
}

Error Artifact::checkCodeHash() const {
  alignas(64) char buffer[1 << 16];
  StreamHasher hasher;
  for (uint64_t done = 0; done < tail.code.bytes;) {
    uint64_t bytes = std::min<uint64_t>(sizeof(buffer), tail.code.bytes - done);
    if (!readAt(descriptor, done, buffer, bytes))
      return malformed("damaged: the code cannot be read");
    hasher.update(buffer, bytes);
    done += bytes;
  }
  return hasher.digest() == tail.code.hash ? Error()
                                           : malformed("damaged: the code does not match its hash");
}

Error Artifact::mapWeights() {
  // The trailer behind the weights is mapped too: kernels may read kOverRead bytes of it.
  static_assert(sizeof(Trailer) >= kOverRead, "constants must be readable past their end");
  uint64_t page = static_cast<uint64_t>(sysconf(_SC_PAGESIZE));
  uint64_t begin = tail.weights.offset / page * page;
  mappedBytes = tail.fileBytes - begin;
  void *data =
      mapPages(mappedBytes, PROT_READ, MAP_SHARED, descriptor, static_cast<int64_t>(begin));
  if (!data)
    return {ErrorCode::Limit, "cannot map the weights of " + path + ": " + std::strerror(errno), "",
            "", ""};
  mapping = data;
  weightsBase = static_cast<const uint8_t *>(data) + (tail.weights.offset - begin);
  return {};
}

Error Artifact::loadCode() {
  if (codeTable)
    return {};
  if (std::string_view missing = firstMissingFeature(features()); !missing.empty())
    return {ErrorCode::NoDevice,
            path + ": the code needs the CPU feature " + std::string(missing) + " (compiled for " +
                std::string(target()) + "), which this machine does not offer",
            "", "", "compile with --cpu=native on this machine, or with a lower level"};
  library = dlopen(loaderPath(descriptor).c_str(), RTLD_NOW | RTLD_LOCAL);
  if (!library) {
    const char *why = dlerror();
    return {ErrorCode::FileAccess, "cannot load the code of " + path + ": " + (why ? why : ""), "",
            "", "the file must lie where programs may be executed"};
  }
  auto *code = static_cast<const Code *>(dlsym(library, "attune_code"));
  if (!code)
    return malformed("the code does not export attune_code");
  if (code->abiVersion != kKernelAbiVersion)
    return malformed("the code has kernel ABI version " + std::to_string(code->abiVersion) +
                         ", this attune runs " + std::to_string(kKernelAbiVersion),
                     "compile the model again with this attune");
  bool complete = code->kernelCount == variants().size() && code->host &&
                  (code->kernelCount == 0 || (code->kernels && code->grids));
  if (!complete)
    return malformed("the code and the tables do not belong together");
  codeTable = code;
  return {};
}

Error Artifact::checkWeights() const {
  alignas(64) char buffer[1 << 16];
  StreamHasher hasher;
  for (uint64_t done = 0; done < tail.weights.bytes;) {
    uint64_t bytes = std::min<uint64_t>(sizeof(buffer), tail.weights.bytes - done);
    if (!readAt(descriptor, tail.weights.offset + done, buffer, bytes))
      return malformed("damaged: the weights cannot be read");
    hasher.update(buffer, bytes);
    done += bytes;
  }
  return hasher.digest() == tail.weights.hash
             ? Error()
             : malformed("damaged: the weights do not match their hash");
}

std::string Artifact::describe(const TensorRecord &tensor) const {
  std::string result = std::string(elementName(tensor.type)) + "[";
  const char *separator = "";
  for (const DimRecord &dim : dims(tensor)) {
    result += separator;
    if (dim.value >= 0)
      result += std::to_string(dim.value);
    else
      result += text(dim.expression);
    separator = ", ";
  }
  return result + "]";
}
