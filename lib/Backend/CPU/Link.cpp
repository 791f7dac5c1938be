// Links an object with lld as a library, in a private temporary folder: a compiler that is
// installed somewhere needs no linker beside it (decision 0011).
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

attune::Error cpu::link(ArrayRef<char> object, SmallVectorImpl<char> &elf) {
  SmallString<128> folder;
  if (sys::fs::createUniqueDirectory("attune-link", folder))
    return fileError("a temporary folder could not be made");
  llvm::scope_exit cleanup([&] { (void)sys::fs::remove_directories(folder); });
  std::string input = (folder + "/code.o").str(), output = (folder + "/code.so").str();
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
