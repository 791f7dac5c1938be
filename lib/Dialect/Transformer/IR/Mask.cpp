// The mask's grammar. Causal masks and windows are one band, i + lower ≤ j ≤ i + upper; the text
// names it as people do.
#include "attune/Dialect/Transformer/IR/TransformerDialect.h"
#include "attune/Support/SymbolicExpression.h"

#include "mlir/IR/Builders.h"
#include "mlir/IR/DialectImplementation.h"
#include "llvm/ADT/StringExtras.h"

using namespace mlir;
using namespace attune;
using namespace attune::transformer;

static Attribute extentAttribute(MLIRContext *context, StringRef text) {
  int64_t number = 0;
  if (text.empty())
    return {};
  if (llvm::to_integer(text, number))
    return Builder(context).getI64IntegerAttr(number);
  return StringAttr::get(context, text);
}

Attribute MaskAttr::getLowerExtent() const { return extentAttribute(getContext(), getLower()); }
Attribute MaskAttr::getUpperExtent() const { return extentAttribute(getContext(), getUpper()); }

namespace {
using Bound = std::optional<SymbolicExpression>;

/// How the terms are written: in the IR with quotes, in explain without.
struct Style {
  StringRef equals, quote, join, tensor = "tensor";
};
} // namespace

static int64_t constantTerm(const SymbolicExpression &value) {
  for (const SymbolicExpression::Term &term : value.terms())
    if (term.factors.empty())
      return term.coefficient;
  return 0;
}

/// The band as causal or window. A window's offset is what its bounds share: the upper one
/// without its constant.
static std::string bandText(const Bound &lower, const Bound &upper, bool positions,
                            const Style &style) {
  SmallVector<std::string> parts;
  auto part = [&](StringRef key, const SymbolicExpression &value) {
    parts.push_back((key + style.equals + style.quote + value.str() + style.quote).str());
  };
  auto closed = [&](StringRef word) {
    if (positions)
      parts.push_back((Twine("positions") + style.equals + "operand").str());
    return parts.empty() ? word.str() : (word + "(" + llvm::join(parts, ", ") + ")").str();
  };
  if (!lower) {
    if (!upper->isConstant(0))
      part("offset", *upper);
    return closed("causal");
  }
  const SymbolicExpression &anchor = upper ? *upper : *lower;
  int64_t right = constantTerm(anchor);
  SymbolicExpression offset = anchor - right;
  part("left", offset - *lower);
  if (upper && right == 0)
    parts.push_back("causal");
  else if (upper)
    part("right", right);
  if (!offset.isConstant(0))
    part("offset", offset);
  return closed("window");
}

static std::string maskText(MaskAttr mask, const Style &style) {
  auto bound = [](StringRef text) {
    return text.empty() ? std::nullopt : SymbolicExpression::parse(text);
  };
  SmallVector<std::string> terms;
  if (mask.isBand())
    terms.push_back(
        bandText(bound(mask.getLower()), bound(mask.getUpper()), mask.getPositions(), style));
  if (mask.getPadding())
    terms.push_back("padding(keys)");
  if (mask.getTensor())
    terms.push_back(style.tensor.str());
  return llvm::join(terms, style.join);
}

std::string MaskAttr::describe(StringRef tensor) const {
  return maskText(*this, {"=", "", " & ", tensor});
}

void MaskAttr::print(AsmPrinter &printer) const {
  std::string text = maskText(*this, {" = ", "\"", " and "});
  printer << "<" << (text.empty() ? "none" : text) << ">";
}

namespace {
/// Reads the terms and joins them.
class MaskParser {
public:
  explicit MaskParser(AsmParser &parser) : parser(parser) {}
  MaskAttr run();

private:
  ParseResult term();
  ParseResult padded();
  ParseResult causal();
  ParseResult window();
  ParseResult expression(SymbolicExpression &value);
  ParseResult operand(bool &positions);
  ParseResult band(const Bound &below, const Bound &above, bool positions, SMLoc at);
  void bound(const Bound &below, const Bound &above);

  AsmParser &parser;
  Bound lower, upper;
  bool padding = false, tensor = false;
  std::optional<bool> positioned; ///< what the terms of the band have in place of i
};
} // namespace

ParseResult MaskParser::expression(SymbolicExpression &value) {
  std::string text;
  SMLoc at = parser.getCurrentLocation();
  if (parser.parseEqual() || parser.parseString(&text))
    return failure();
  Bound read = SymbolicExpression::parse(text);
  if (!read || !read->isValid())
    return parser.emitError(at, "not a symbolic expression: '") << text << "'";
  value = *read;
  return success();
}

void MaskParser::bound(const Bound &below, const Bound &above) {
  if (below)
    lower = lower ? SymbolicExpression::max(*lower, *below) : *below;
  if (above)
    upper = upper ? SymbolicExpression::min(*upper, *above) : *above;
}

ParseResult MaskParser::operand(bool &positions) {
  positions = true;
  return failure(parser.parseEqual() || parser.parseKeyword("operand"));
}

ParseResult MaskParser::band(const Bound &below, const Bound &above, bool positions, SMLoc at) {
  if (positioned.value_or(positions) != positions)
    return parser.emitError(at, "all terms of a band have positions, or none");
  positioned = positions;
  bound(below, above);
  return success();
}

ParseResult MaskParser::causal() {
  SymbolicExpression offset;
  bool positions = false;
  SMLoc at = parser.getCurrentLocation();
  auto item = [&]() -> ParseResult {
    if (succeeded(parser.parseOptionalKeyword("positions")))
      return operand(positions);
    return failure(parser.parseKeyword("offset") || expression(offset));
  };
  if (parser.parseCommaSeparatedList(AsmParser::Delimiter::OptionalParen, item))
    return failure();
  return band({}, offset, positions, at);
}

ParseResult MaskParser::window() {
  SymbolicExpression offset;
  Bound left, right;
  bool positions = false;
  auto item = [&]() -> ParseResult {
    StringRef key;
    SMLoc at = parser.getCurrentLocation();
    if (parser.parseKeyword(&key))
      return failure();
    if (key == "causal") {
      right = SymbolicExpression(0);
      return success();
    }
    if (key == "offset")
      return expression(offset);
    if (key == "positions")
      return operand(positions);
    if (key != "left" && key != "right")
      return parser.emitError(at, "expected left, right, causal, offset or positions");
    return expression((key == "left" ? left : right).emplace());
  };
  SMLoc at = parser.getCurrentLocation();
  if (parser.parseCommaSeparatedList(AsmParser::Delimiter::Paren, item))
    return failure();
  if (!left)
    return parser.emitError(at, "a window has left; without it the mask is causal");
  return band(offset - *left, right ? Bound(offset + *right) : Bound(), positions, at);
}

ParseResult MaskParser::padded() {
  padding = true;
  return failure(parser.parseLParen() || parser.parseKeyword("keys") || parser.parseRParen());
}

ParseResult MaskParser::term() {
  StringRef word;
  SMLoc at = parser.getCurrentLocation();
  if (parser.parseKeyword(&word))
    return failure();
  if (word == "padding")
    return padded();
  if (word == "causal")
    return causal();
  if (word == "window")
    return window();
  if (word != "tensor")
    return parser.emitError(at, "unknown mask term '") << word << "'";
  tensor = true;
  return success();
}

MaskAttr MaskParser::run() {
  SMLoc at = parser.getCurrentLocation();
  if (parser.parseLess())
    return {};
  if (failed(parser.parseOptionalKeyword("none"))) {
    do {
      if (term())
        return {};
    } while (succeeded(parser.parseOptionalKeyword("and")));
  }
  if (parser.parseGreater())
    return {};
  for (const Bound &side : {lower, upper})
    if (side && !side->isValid())
      return parser.emitError(at, "the mask's bounds overflow 64 bits"), MaskAttr();
  return MaskAttr::get(parser.getContext(), lower ? lower->str() : "", upper ? upper->str() : "",
                       padding, tensor, positioned.value_or(false));
}

Attribute MaskAttr::parse(AsmParser &parser, Type) { return MaskParser(parser).run(); }
