// Recursion over messages: copies what the rules keep, hands tensors to ReaderTensor.cpp, and
// counts everything against the limits.
#include "Reader.h"

#include "Failure.h"
#include "ReaderState.h"

#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/StringExtras.h"

namespace attune::frontend {

std::string ReaderState::place() const {
  std::string text = llvm::join(path, ".");
  return text.empty() ? "the model" : text;
}

void ReaderState::count(uint64_t &counter, uint64_t limit, llvm::StringRef what,
                        llvm::StringRef flag) {
  if (++counter > limit)
    failLimit("the model has too many " + what, limit, flag);
}

void ReaderState::account(uint64_t bytes) {
  skeletonBytes += bytes;
  if (skeletonBytes > limits.skeletonBytes)
    failLimit("the graph without its weights is too large", limits.skeletonBytes, "skeleton-bytes");
}

void ReaderState::failAt(const WireCursor &cursor, llvm::ArrayRef<uint8_t> range) {
  uint64_t at = range.data() - file.data() + cursor.offset();
  // Only what leaves the file is a truncation; leaving one's own message is damage.
  if (cursor.problem() == WireCursor::Problem::Truncated && range.end() == file.end())
    fail(ErrorCode::Malformed,
         "the file ends in the middle of " + place() + " (after " + llvm::Twine(file.size()) +
             " bytes)",
         "it may be incomplete: copy or download it again");
  fail(ErrorCode::Malformed,
       "the file is damaged: no valid field at byte " + llvm::Twine(at) + ", in " + place());
}

/// A list of scalars in packed form must hold whole values.
static bool packedIsWhole(Wire element, llvm::ArrayRef<uint8_t> value) {
  if (element == Wire::Fixed32)
    return value.size() % 4 == 0;
  WireCursor cursor(value);
  uint64_t ignored;
  while (!cursor.atEnd())
    if (!cursor.readVarint(ignored))
      return false;
  return true;
}

/// Copies one field that is not a message.
static void copyScalar(ReaderState &state, const FieldRule &rule, Wire wire,
                       llvm::ArrayRef<uint8_t> value, std::string &out) {
  bool packed = rule.treatment == Treatment::List && rule.wire != Wire::Bytes &&
                wire == Wire::Bytes && packedIsWhole(rule.wire, value);
  if (wire != rule.wire && !packed)
    fail(ErrorCode::Malformed, "the file is damaged: '" + llvm::Twine(rule.name) + "' of " +
                                   state.place() + " has the wrong layout");
  if (rule.treatment == Treatment::List && rule.wire == Wire::Bytes)
    state.count(state.records, state.limits.records, "names and records", "records");
  size_t before = out.size();
  appendTag(out, rule.number, wire);
  if (wire == Wire::Bytes)
    appendVarint(out, value.size());
  out.append(reinterpret_cast<const char *>(value.data()), value.size());
  state.account(out.size() - before);
}

std::string ReaderState::readMessage(Message message, llvm::ArrayRef<uint8_t> range) {
  if (path.size() > std::min<uint64_t>(limits.depth, 1000))
    failLimit("messages are nested too deeply in " + llvm::Twine(path.front()), limits.depth,
              "depth");
  count(records, limits.records, "names and records", "records");
  if (message == Message::Node)
    count(nodes, limits.nodes, "nodes", "nodes");
  if (message == Message::Graph)
    ++graphs;
  if (message == Message::Tensor)
    return readTensor(range);

  std::string out;
  uint32_t seenOnce = 0;
  WireCursor cursor(range);
  while (!cursor.atEnd()) {
    uint32_t number;
    Wire wire;
    llvm::ArrayRef<uint8_t> value;
    if (!cursor.readTag(number, wire))
      failAt(cursor, range);
    const FieldRule *rule = findRule(message, number);
    if (rule)
      path.push_back(rule->name);
    if (!cursor.readValue(wire, value))
      failAt(cursor, range);
    if (!rule)
      continue;
    if (rule->child == Message::None) {
      copyScalar(*this, *rule, wire, value, out);
    } else {
      if (wire != Wire::Bytes)
        fail(ErrorCode::Malformed, "the file is damaged: " + place() + " is not a message");
      // Protobuf would merge two occurrences; no writer makes them, and merged tensors could
      // get two payloads.
      if (rule->treatment == Treatment::OneChild) {
        if (seenOnce & (1u << number))
          fail(ErrorCode::Malformed, "the file is damaged: " + place() + " occurs twice");
        seenOnce |= 1u << number;
      }
      std::string child = readMessage(rule->child, value);
      account(8);
      appendField(out, number, child);
    }
    path.pop_back();
  }
  return out;
}

/// True for a file that starts like prose, source code or JSON.
static bool looksLikeText(llvm::ArrayRef<uint8_t> file) {
  return llvm::all_of(file.take_front(512), [](uint8_t byte) {
    return byte >= 0x20 ? byte != 0x7f : byte == '\n' || byte == '\r' || byte == '\t';
  });
}

std::string describeForeignFile(llvm::ArrayRef<uint8_t> file) {
  llvm::StringRef text(reinterpret_cast<const char *>(file.data()), file.size());
  if (text.empty())
    return "is empty";
  if (text.starts_with("version https://git-lfs"))
    return "is a Git LFS pointer, not the model itself";
  if (text.starts_with("PK\x03\x04"))
    return "is a zip archive (or a PyTorch checkpoint), not an ONNX model";
  if (text.starts_with("\x1f\x8b"))
    return "is gzip-compressed, not an ONNX model";
  if (text.starts_with("\x7f"
                       "ELF"))
    return "is an executable or library, not an ONNX model";
  if (text.take_front(256).ltrim().starts_with_insensitive("<!doctype html") ||
      text.take_front(256).ltrim().starts_with_insensitive("<html"))
    return "is a web page, not an ONNX model";
  if (text.size() > 9 && text[8] == '{')
    return "is a safetensors file: weights without a graph";
  if (looksLikeText(file))
    return "is text, not an ONNX model";
  if (llvm::all_of(file.take_front(4096), [](uint8_t byte) { return byte == 0; }))
    return "holds only zeros";
  return "";
}

Skeleton readSkeleton(llvm::ArrayRef<uint8_t> file, const Limits &limits) {
  if (file.empty())
    fail(ErrorCode::Malformed, "the file " + describeForeignFile(file));
  ReaderState state{file, limits};
  try {
    state.skeleton.model = state.readMessage(Message::Model, file);
    // Any bytes may happen to be well-formed fields; a model at least has a graph.
    if (!state.sawGraph())
      fail(ErrorCode::Malformed, "the file holds no graph, so it is not an ONNX model");
  } catch (Failure &failure) {
    std::string foreign = describeForeignFile(file);
    if (failure.error.code == ErrorCode::Malformed && !foreign.empty())
      failure.error.message = "the file " + foreign;
    throw;
  }
  return std::move(state.skeleton);
}

} // namespace attune::frontend
