// Files: limits, what failed and why, nothing half done, private folders that go.
#include "attune/Driver/Files.h"

#include <gtest/gtest.h>

#include <csignal>
#include <fcntl.h>
#include <filesystem>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

using namespace attune;
using namespace attune::driver;
namespace fs = std::filesystem;

namespace {

class Files : public testing::Test {
protected:
  void SetUp() override { ASSERT_FALSE(folder.create().failed()); }
  std::string at(const std::string &name) const { return folder.path() + "/" + name; }
  size_t count() const {
    return size_t(std::distance(fs::directory_iterator(folder.path()), fs::directory_iterator()));
  }
  PrivateFolder folder;
};

TEST_F(Files, ReadBackWhatIsWritten) {
  for (size_t size : {0, 1, 65535, 65536, 65537, 300000}) {
    std::string bytes, data(size, 'a');
    for (size_t i = 0; i < size; ++i)
      data[i] = char(i * 7);
    ASSERT_FALSE(writeFile(at("x"), data).failed());
    for (uint64_t limit : {uint64_t(size), UINT64_MAX}) {
      ASSERT_FALSE(readFile(at("x"), limit, bytes).failed());
      EXPECT_EQ(bytes, data);
    }
    if (size) {
      Error error = readFile(at("x"), size - 1, bytes);
      EXPECT_EQ(error.code, ErrorCode::Limit);
      EXPECT_EQ(error.message, "'" + at("x") + "' is larger than the limit of " +
                                   std::to_string(size - 1) + " bytes");
    }
  }
  EXPECT_EQ(count(), 1u);
}

TEST_F(Files, ErrorsSayWhatFailedAndWhy) {
  std::string bytes;
  Error error = readFile(at("none"), 10, bytes);
  EXPECT_EQ(error.code, ErrorCode::FileAccess);
  EXPECT_EQ(error.message, "cannot read '" + at("none") + "': No such file or directory");
  error = readFile(folder.path(), 10, bytes);
  EXPECT_EQ(error.message, "cannot read '" + folder.path() + "': Is a directory");
  error = writeFile(at("no/where"), "x");
  EXPECT_EQ(error.message, "cannot write '" + at("no/where") + "': No such file or directory");
  fs::create_directories(at("full/of"));
  error = writeFile(at("full"), "x");
  EXPECT_EQ(error.code, ErrorCode::FileAccess);
  EXPECT_EQ(error.message, "cannot write '" + at("full") + "': Is a directory");
  EXPECT_EQ(renameFile(at("none"), at("x")).code, ErrorCode::FileAccess);
  EXPECT_EQ(count(), 1u);
}

TEST_F(Files, StandardInputIsADash) {
  ASSERT_FALSE(writeFile(at("x"), "from outside").failed());
  int saved = dup(0), file = open(at("x").c_str(), O_RDONLY);
  dup2(file, 0);
  std::string bytes;
  Error error = readFile("-", 100, bytes);
  EXPECT_EQ(lseek(0, 0, SEEK_CUR), 12); // it is still open
  dup2(saved, 0);
  close(saved);
  close(file);
  EXPECT_FALSE(error.failed());
  EXPECT_EQ(bytes, "from outside");
}

TEST_F(Files, NewFilesGetTheUsualRights) {
  for (mode_t mask : {022, 077}) {
    mode_t before = umask(mask);
    Error error = writeFile(at("x"), "x");
    EXPECT_EQ(umask(before), mask); // it was put back
    ASSERT_FALSE(error.failed());
    EXPECT_EQ(static_cast<mode_t>(fs::status(at("x")).permissions()), 0666 & ~mask);
  }
}

TEST_F(Files, AFullDiskLeavesNothing) {
  ASSERT_FALSE(writeFile(at("x"), "old").failed());
  auto handler = signal(SIGXFSZ, SIG_IGN);
  rlimit before;
  ASSERT_EQ(getrlimit(RLIMIT_FSIZE, &before), 0);
  rlimit small = {1000, before.rlim_max};
  ASSERT_EQ(setrlimit(RLIMIT_FSIZE, &small), 0);
  Error error = writeFile(at("x"), std::string(5000, 'x'));
  ASSERT_EQ(setrlimit(RLIMIT_FSIZE, &before), 0);
  signal(SIGXFSZ, handler);
  EXPECT_EQ(error.message, "cannot write '" + at("x") + "': File too large");
  std::string bytes;
  ASSERT_FALSE(readFile(at("x"), 100, bytes).failed());
  EXPECT_EQ(bytes, "old");
  EXPECT_EQ(count(), 1u);
}

TEST_F(Files, MoveByRenaming) {
  ASSERT_FALSE(writeFile(at("x"), "moved").failed());
  ASSERT_FALSE(renameFile(at("x"), at("y")).failed());
  EXPECT_FALSE(fs::exists(at("x")));
  EXPECT_EQ(fs::file_size(at("y")), 5u);
}

TEST(FolderOf, IsThePartBeforeTheLastSlash) {
  const std::pair<const char *, const char *> cases[] = {{"a", "."},   {"/a", "/"}, {"/a/b", "/a"},
                                                         {"a/b", "a"}, {"a/", "a"}, {"", "."}};
  for (auto [path, folder] : cases)
    EXPECT_EQ(folderOf(path), folder);
}

TEST_F(Files, PrivateFoldersGoWithAllTheyHold) {
  const char *set = getenv("TMPDIR");
  std::string before = set ? set : "", path;
  {
    PrivateFolder inner, second, third;
    ASSERT_FALSE(inner.create(folder.path()).failed());
    path = inner.path();
    EXPECT_EQ(folderOf(path), folder.path());
    EXPECT_EQ(static_cast<unsigned>(fs::status(path).permissions()), 0700u);
    ASSERT_FALSE(writeFile(path + "/x", "x").failed());
    setenv("TMPDIR", path.c_str(), 1);
    ASSERT_FALSE(second.create().failed());
    EXPECT_EQ(folderOf(second.path()), path);
    setenv("TMPDIR", "", 1);
    ASSERT_FALSE(third.create().failed());
    EXPECT_EQ(folderOf(third.path()), "/tmp");
  }
  set ? setenv("TMPDIR", before.c_str(), 1) : unsetenv("TMPDIR");
  EXPECT_FALSE(fs::exists(path));
  PrivateFolder none;
  Error error = none.create(at("none"));
  EXPECT_EQ(error.message,
            "cannot make a folder in '" + at("none") + "': No such file or directory");
  EXPECT_EQ(none.path(), "");
}

} // namespace
