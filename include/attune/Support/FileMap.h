// A file mapped for reading. Its pages belong to the page cache, so that a model of many
// gigabytes costs no anonymous memory.
#pragma once

#include "attune/Support/Error.h"

#include "llvm/ADT/ArrayRef.h"
#include "llvm/ADT/StringRef.h"

#include <cstdint>
#include <memory>

namespace attune {

/// A read-only view of a whole file; unmapped when it goes.
class FileMap {
public:
  /// What to do about a file that has more than one name.
  enum class HardLinks { Allow, Refuse };

  /// Maps the file at `path`, which the user named. Anything but a regular file is refused
  /// (code FileAccess), also one over `maxBytes` (code Limit).
  static std::unique_ptr<FileMap> open(llvm::StringRef path, uint64_t maxBytes, Error &error);

  /// Maps `relative`, which a model named, inside `folder`: no absolute path, no `..`, no
  /// symbolic link on the way, and on request no hard link. Errors have code Malformed and
  /// name the file.
  static std::unique_ptr<FileMap> openBeneath(llvm::StringRef folder, llvm::StringRef relative,
                                              HardLinks links, uint64_t maxBytes, Error &error);

  FileMap(const FileMap &) = delete;
  FileMap &operator=(const FileMap &) = delete;
  ~FileMap();

  llvm::ArrayRef<uint8_t> bytes() const { return {begin, size}; }

  /// Tells the kernel that these bytes, part of `bytes()`, are not needed for now: their pages
  /// leave this process and come back from the page cache when touched.
  void drop(llvm::ArrayRef<uint8_t> range) const;

private:
  FileMap(const uint8_t *begin, size_t size) : begin(begin), size(size) {}
  /// Maps an open descriptor and closes it.
  static std::unique_ptr<FileMap> map(int descriptor, llvm::StringRef name, HardLinks links,
                                      uint64_t maxBytes, ErrorCode code, Error &error);

  const uint8_t *begin;
  size_t size;
};

} // namespace attune
