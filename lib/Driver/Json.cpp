// The few JSON helpers that all verbs share.
#include "attune/Driver/Json.h"

#include <charconv>

using namespace attune;
using namespace attune::driver;

std::string driver::dump(const Json &json) {
  return json.dump(2, ' ', false, Json::error_handler_t::replace);
}

/// What handles values calls itself for the values in them.
static constexpr unsigned kMaxDepth = 64;

static bool isTooDeep(const std::string &text) {
  unsigned depth = 0;
  bool quoted = false;
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '"')
      quoted = !quoted;
    else if (quoted && text[i] == '\\')
      ++i;
    else if (!quoted && (text[i] == '[' || text[i] == '{') && ++depth > kMaxDepth)
      return true;
    else if (!quoted && (text[i] == ']' || text[i] == '}') && depth > 0)
      --depth;
  }
  return false;
}

Json driver::parseJson(const std::string &text) {
  if (isTooDeep(text))
    return Json(Json::value_t::discarded);
  return Json::parse(text, nullptr, /*allow_exceptions=*/false);
}

Json driver::numberOrText(const std::string &text) {
  int64_t number;
  auto [end, status] = std::from_chars(text.data(), text.data() + text.size(), number);
  bool isNumber = status == std::errc() && end == text.data() + text.size();
  return isNumber ? Json(number) : Json(text);
}

Json driver::newReport() { return Json{{"schema", 1}}; }

Json driver::errorJson(const Error &error) {
  Json json = newReport();
  json["error"] = {{"code", int(error.code)},
                   {"message", error.message},
                   {"node", error.node},
                   {"op", error.op},
                   {"hint", error.hint}};
  return json;
}
