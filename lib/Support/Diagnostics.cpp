// Exit code and hint travel as diagnostic metadata, which MLIR carries along and never prints.
#include "attune/Support/Diagnostics.h"

#include "mlir/IR/Builders.h"
#include "mlir/IR/BuiltinAttributes.h"
#include "mlir/IR/MLIRContext.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/ADT/TypeSwitch.h"
#include "llvm/Support/ConvertUTF.h"

using namespace mlir;

namespace attune {

static constexpr llvm::StringLiteral kCodeKey = "attune.code";
static constexpr llvm::StringLiteral kHintKey = "attune.hint";

InFlightDiagnostic emitError(Location loc, ErrorCode code, const llvm::Twine &message,
                             llvm::StringRef hint) {
  Builder builder(loc.getContext());
  NamedAttribute entries[] = {
      builder.getNamedAttr(kCodeKey, builder.getI64IntegerAttr(static_cast<int64_t>(code))),
      builder.getNamedAttr(kHintKey, builder.getStringAttr(hint))};
  InFlightDiagnostic diagnostic = mlir::emitError(loc, message);
  if (Diagnostic *underlying = diagnostic.getUnderlyingDiagnostic())
    underlying->getMetadata().push_back(
        DiagnosticArgument(Attribute(builder.getDictionaryAttr(entries))));
  return diagnostic;
}

NodeName findNodeName(Location loc) {
  NodeName found;
  loc->walk([&](Location part) {
    auto name = dyn_cast<NameLoc>(part);
    if (!name)
      return WalkResult::advance();
    found.node = name.getName().str();
    if (auto type = dyn_cast<NameLoc>(name.getChildLoc()))
      found.op = type.getName().str();
    return WalkResult::interrupt();
  });
  return found;
}

Location nodeLocation(MLIRContext *context, llvm::StringRef node, llvm::StringRef op) {
  Location type = NameLoc::get(StringAttr::get(context, op));
  return NameLoc::get(StringAttr::get(context, node), type);
}

/// Length of the valid UTF-8 sequence at the front of `text`, or 0.
static size_t utf8Length(llvm::StringRef text) {
  const auto *begin = reinterpret_cast<const llvm::UTF8 *>(text.bytes_begin());
  const auto *end = reinterpret_cast<const llvm::UTF8 *>(text.bytes_end());
  size_t length = llvm::getNumBytesForUTF8(*begin);
  if (length > text.size() || !llvm::isLegalUTF8Sequence(begin, end))
    return 0;
  return length;
}

std::string printable(llvm::StringRef text, size_t maxLength) {
  std::string out;
  while (!text.empty()) {
    if (out.size() >= maxLength)
      return out + "…";
    auto byte = static_cast<unsigned char>(text.front());
    size_t length = utf8Length(text);
    if (length == 0 || byte < 0x20 || byte == 0x7f) {
      out += "\\x" + llvm::utohexstr(byte, /*LowerCase=*/true, /*Width=*/2);
      text = text.drop_front();
      continue;
    }
    out += text.take_front(length);
    text = text.drop_front(length);
  }
  return out;
}

DiagnosticCollector::DiagnosticCollector(MLIRContext *context) : ScopedDiagnosticHandler(context) {
  setHandler([this](Diagnostic &diagnostic) {
    handle(diagnostic);
    return success();
  });
}

void DiagnosticCollector::handle(Diagnostic &diagnostic) {
  NodeName where = findNodeName(diagnostic.getLocation());
  where.node = printable(where.node);
  where.op = printable(where.op);
  if (diagnostic.getSeverity() != DiagnosticSeverity::Error) {
    if (diagnostic.getSeverity() != DiagnosticSeverity::Note)
      kept.push_back({diagnostic.getSeverity() == DiagnosticSeverity::Warning
                          ? Note::Severity::Warning
                          : Note::Severity::Remark,
                      diagnostic.str(), std::move(where)});
    return;
  }
  if (first.failed())
    return;
  first = {ErrorCode::Internal, diagnostic.str(), std::move(where.node), std::move(where.op), ""};
  for (DiagnosticArgument &argument : diagnostic.getMetadata()) {
    if (argument.getKind() != DiagnosticArgument::DiagnosticArgumentKind::Attribute)
      continue;
    auto entries = dyn_cast<DictionaryAttr>(argument.getAsAttribute());
    if (!entries)
      continue;
    if (auto code = entries.getAs<IntegerAttr>(kCodeKey))
      first.code = static_cast<ErrorCode>(code.getInt());
    if (auto hint = entries.getAs<StringAttr>(kHintKey))
      first.hint = hint.str();
  }
}

} // namespace attune
