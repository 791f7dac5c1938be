// Runs ld.lld on an object, in a private temporary folder.
#include "attune/Backend/CPU/Emit.h"

#include "llvm/ADT/ScopeExit.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/MemoryBuffer.h"
#include "llvm/Support/Program.h"

using namespace llvm;
using namespace attune;

static attune::Error fileError(const Twine &message) {
  return attune::Error{ErrorCode::FileAccess, message.str(), "", "", ""};
}

attune::Error cpu::link(ArrayRef<char> object, SmallVectorImpl<char> &elf) {
  ErrorOr<std::string> linker = sys::findProgramByName("ld.lld-22");
  if (!linker)
    linker = sys::findProgramByName("ld.lld", {"/usr/lib/llvm-22/bin"});
  if (!linker)
    return attune::Error{ErrorCode::FileAccess, "the linker ld.lld was not found", "", "",
                         "install the package lld-22"};
  SmallString<128> folder;
  if (sys::fs::createUniqueDirectory("attune-link", folder))
    return fileError("a temporary folder could not be made");
  llvm::scope_exit cleanup([&] { (void)sys::fs::remove_directories(folder); });
  std::string input = (folder + "/code.o").str(), output = (folder + "/code.so").str();
  std::string log = (folder + "/log").str();
  std::error_code code;
  {
    raw_fd_ostream stream(input, code);
    if (code)
      return fileError("cannot write " + input + ": " + code.message());
    stream.write(object.data(), object.size());
    stream.close();
    if (stream.has_error()) {
      code = stream.error();
      stream.clear_error();
      return fileError("cannot write " + input + ": " + code.message());
    }
  }
  // No build id, no paths: the same object links to the same bytes everywhere.
  StringRef arguments[] = {
      *linker, "-shared",       "--hash-style=gnu", "--build-id=none", "-z", "relro", "-z",
      "now",   "--gc-sections", "--strip-all",      "-soname=attune",  "-o", output,  input};
  std::optional<StringRef> redirects[] = {StringRef(""), StringRef(log), StringRef(log)};
  std::string message;
  if (sys::ExecuteAndWait(*linker, arguments, std::nullopt, redirects, 0, 0, &message) != 0) {
    auto text = MemoryBuffer::getFile(log);
    return attune::Error{ErrorCode::Internal,
                         "linking failed: " + message + (text ? (*text)->getBuffer().str() : ""),
                         "", "", ""};
  }
  auto result = MemoryBuffer::getFile(output, /*IsText=*/false, /*RequiresNullTerminator=*/false);
  if (!result)
    return fileError("cannot read the linked code");
  elf.assign((*result)->getBufferStart(), (*result)->getBufferEnd());
  return {};
}
