// JSON as the verbs print it: keys in the order given, bad UTF-8 replaced, no exceptions.
#pragma once

#include "attune/Support/Error.h"

#include <nlohmann/json.hpp>

#include <string>

namespace attune::driver {

using Json = nlohmann::ordered_json;

/// One object, indented; a byte that is not UTF-8 becomes U+FFFD. Numbers that JSON lacks
/// (NaN, infinities) become null.
std::string dump(const Json &json);
/// A number where the text is an integer, else the text.
Json numberOrText(const std::string &text);
/// The value, or a discarded one if the text is not JSON.
Json parseJson(const std::string &text);
/// {"schema":1,"error":{code,message,node,op,hint}}
Json errorJson(const Error &error);
/// An object that starts with "schema": 1.
Json newReport();

} // namespace attune::driver
