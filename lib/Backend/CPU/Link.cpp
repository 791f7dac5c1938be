// Links an object with lld as a library: an installed compiler needs no linker beside it
// (decision 0011).
#include "attune/Backend/CPU/Emit.h"

#include "llvm/ADT/ScopeExit.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/MemoryBuffer.h"

// Reads ArrayRef and raw_ostream as LLVM's.
#include "lld/Common/Driver.h"

#include <mutex>

LLD_HAS_DRIVER(elf)

using namespace llvm;
using namespace attune;

/// lld keeps its state in one global object.
static std::mutex linkerInUse;

static bool runLinker(ArrayRef<const char *> arguments, std::string &log) {
  std::lock_guard<std::mutex> lock(linkerInUse);
  raw_string_ostream stream(log);
  lld::Result result = lld::lldMain(arguments, stream, stream, {{lld::Gnu, &lld::elf::link}});
  return result.retCode == 0;
}

static attune::Error fileError(const Twine &message) {
  return attune::Error{ErrorCode::FileAccess, message.str(), "", "", ""};
}

attune::Error cpu::link(ArrayRef<char> object, StringRef scratch, SmallVectorImpl<char> &elf) {
  // A path that begins with a slash is never taken for a flag or a file of flags.
  SmallString<128> path = scratch;
  if (std::error_code code = sys::fs::make_absolute(path))
    return fileError("cannot find the working directory: " + code.message());
  std::string input = (path + ".o").str(), output = (path + ".so").str();
  llvm::scope_exit cleanup([&] {
    (void)sys::fs::remove(input);
    (void)sys::fs::remove(output);
  });
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
  const char *arguments[] = {"ld.lld",
                             "-shared",
                             "--hash-style=gnu",
                             "--build-id=none",
                             "-z",
                             "relro",
                             "-z",
                             "now",
                             "--gc-sections",
                             "--strip-all",
                             "-soname=attune",
                             "-o",
                             output.data(),
                             input.data(),
                             "--threads=1"};
  std::string log;
  if (!runLinker(arguments, log))
    return attune::Error{ErrorCode::Internal, "linking failed: " + log, "", "", ""};
  auto result = MemoryBuffer::getFile(output, /*IsText=*/false, /*RequiresNullTerminator=*/false);
  if (!result)
    return fileError("cannot read the linked code");
  elf.assign((*result)->getBufferStart(), (*result)->getBufferEnd());
  return {};
}
