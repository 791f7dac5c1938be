// Tensor files by their ending, and the names that outputs are saved under.
#include "attune/Driver/TensorFile.h"

#include "attune/Driver/Files.h"

using namespace attune;
using namespace attune::driver;

namespace {

// More than any tensor of a test or of a request; a file claims no more than it holds anyway.
constexpr uint64_t kLimit = uint64_t(8) << 30;

bool endsWith(const std::string &text, std::string_view ending) {
  return text.size() >= ending.size() &&
         std::string_view(text).substr(text.size() - ending.size()) == ending;
}

} // namespace

Error driver::readTensorFile(const std::string &path, Tensor &tensor) {
  bool npy = endsWith(path, ".npy");
  if (!npy && !endsWith(path, ".pb"))
    return {ErrorCode::Usage, "'" + path + "' is neither an .npy nor a .pb file", "", "",
            "save it with numpy.save"};
  std::string bytes;
  if (Error error = readFile(path, kLimit, bytes); error.failed())
    return error;
  Error error = npy ? parseNpy(bytes, tensor) : parseTensorProto(bytes, tensor);
  if (error.failed())
    error.message = "'" + path + "': " + error.message;
  return error;
}

Error driver::writeNpy(const std::string &path, const Tensor &tensor) {
  return writeFile(path, formatNpy(tensor));
}

std::string driver::safeFileName(std::string_view name) {
  std::string safe;
  for (char c : name.substr(0, 200)) {
    bool keep = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                c == '_' || c == '-' || (c == '.' && !safe.empty());
    safe += keep ? c : '_';
  }
  return safe.empty() ? "_" : safe;
}
