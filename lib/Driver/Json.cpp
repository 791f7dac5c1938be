// The few JSON helpers that all verbs share.
#include "attune/Driver/Json.h"

using namespace attune;
using namespace attune::driver;

std::string driver::dump(const Json &json) {
  return json.dump(2, ' ', false, Json::error_handler_t::replace);
}

Json driver::parseJson(const std::string &text) {
  return Json::parse(text, nullptr, /*allow_exceptions=*/false);
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
