// Files as the verbs use them: read whole, written aside and renamed, private folders that go.
#pragma once

#include "attune/Support/Error.h"

#include <cstdint>
#include <string>
#include <string_view>

namespace attune::driver {

/// Reads `path` ("-" is standard input) whole; more than `limit` bytes is an error.
Error readFile(const std::string &path, uint64_t limit, std::string &bytes);
/// Writes `bytes` beside `path` and renames: nobody sees half a file.
Error writeFile(const std::string &path, std::string_view bytes);
/// Renames `from` to `to`, both on one file system.
Error renameFile(const std::string &from, const std::string &to);
/// The folder part of a path, "." if it has none.
std::string folderOf(const std::string &path);
/// An error of code FileAccess with what the system said last.
Error fileError(const std::string &doing, const std::string &path);

/// A folder of our own (mode 0700), removed with all it holds when this ends.
class PrivateFolder {
public:
  PrivateFolder() = default;
  PrivateFolder(const PrivateFolder &) = delete;
  PrivateFolder &operator=(const PrivateFolder &) = delete;
  ~PrivateFolder();

  /// Makes the folder in `parent`, or in the system's place for temporary files if that is empty.
  Error create(const std::string &parent = "");
  const std::string &path() const { return folder; }

private:
  std::string folder;
};

} // namespace attune::driver
