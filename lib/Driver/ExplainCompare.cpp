// What an earlier report of `attune explain` had raised and a later one has not.
#include "attune/Driver/Explain.h"

#include "attune/Driver/Files.h"

#include <map>
#include <set>

using namespace attune;
using namespace attune::driver;

namespace {

/// A report holds a region per operation of a model: a few hundred bytes each.
constexpr uint64_t kMaxReportBytes = uint64_t(64) << 20;
/// Two thousand attentions against as many.
constexpr uint64_t kMaxSteps = uint64_t(1) << 22;

/// One region, read from JSON that anyone may have written.
struct Region {
  std::string op, fact;
  std::vector<std::pair<std::string, std::string>> attributes;
  std::set<std::string> nodes;
  bool isConcept = false;

  std::string attribute(const std::string &key) const {
    for (const auto &[name, value] : attributes)
      if (name == key)
        return value;
    return "";
  }
};

std::string textOf(const Json &object, const char *key) {
  auto found = object.find(key);
  return found != object.end() && found->is_string() ? found->get<std::string>() : "";
}

Region readRegion(const Json &json) {
  Region region;
  region.op = textOf(json, "op");
  region.fact = textOf(json, "fact");
  auto flag = json.find("concept");
  region.isConcept = flag != json.end() && flag->is_boolean() && flag->get<bool>();
  if (auto nodes = json.find("nodes"); nodes != json.end() && nodes->is_array())
    for (const Json &node : *nodes)
      if (node.is_string())
        region.nodes.insert(node.get<std::string>());
  if (auto facts = json.find("attributes"); facts != json.end() && facts->is_object())
    for (const auto &[key, value] : facts->items())
      region.attributes.push_back(
          {key, value.is_string() ? value.get<std::string>() : dump(value)});
  return region;
}

/// False when the report is none.
bool readRegions(const Json &report, std::vector<Region> &regions) {
  if (!report.is_object() || !report.contains("regions") || !report["regions"].is_array())
    return false;
  for (const Json &region : report["regions"]) {
    if (!region.is_object())
      return false;
    regions.push_back(readRegion(region));
  }
  return true;
}

/// The parts of "a & b", or of "[a, b]".
std::set<std::string> partsOf(std::string text, const std::string &separator) {
  std::set<std::string> parts;
  if (!text.empty() && text.front() == '[')
    text = text.substr(1, text.size() - 1 - (text.back() == ']'));
  for (size_t end; !text.empty(); text = end == std::string::npos ? "" : text.substr(end)) {
    end = text.find(separator);
    parts.insert(text.substr(0, end));
    end = end == std::string::npos ? end : end + separator.size();
  }
  return parts;
}

/// Elementwise functions that the region names.
std::set<std::string> functionsOf(const Region &region) {
  std::set<std::string> functions = partsOf(region.attribute("function"), ", ");
  functions.merge(partsOf(region.attribute("epilogue"), ", "));
  for (const char *plain : {"bias", "residual", "map"})
    functions.erase(plain);
  return functions;
}

/// A key that no longer has its value; "tensor" is what was not proven, and no loss.
std::string lostFact(const Region &before, const Region &now) {
  for (const auto &[key, was] : before.attributes) {
    std::string is = now.attribute(key);
    bool lost = was != is && was != "tensor";
    if (key == "mask") {
      std::set<std::string> parts = partsOf(is, " & ");
      lost = false;
      for (const std::string &part : partsOf(was, " & "))
        lost |= part != "tensor" && parts.count(part) == 0;
    }
    if (lost)
      return key + " was " + was + ", is " + (is.empty() ? "not stated" : is);
  }
  return "";
}

class Comparison {
public:
  Comparison(const std::vector<Region> &now, const Json &report)
      : now(now), taken(now.size()), report(report) {
    for (size_t i = 0; i < now.size(); ++i) {
      byOp[now[i].op].push_back(i);
      for (const std::string &node : now[i].nodes)
        byNode[node].push_back(i);
      functions.push_back(functionsOf(now[i]));
      allFunctions.insert(functions.back().begin(), functions.back().end());
    }
  }

  /// False when that takes too many steps.
  bool run(const std::vector<Region> &before) {
    for (const Region &region : before)
      if (region.isConcept)
        compareConcept(region);
    for (const Region &region : before)
      if (!region.isConcept)
        compareFunctions(region);
    return steps <= kMaxSteps;
  }

  Json lost = Json::array();

private:
  void lose(const Region &region, const std::string &what) {
    Json nodes = Json::array();
    for (const std::string &node : region.nodes)
      nodes.push_back(node);
    lost.push_back({{"op", region.op}, {"fact", region.fact}, {"nodes", nodes}, {"what", what}});
  }

  /// The present regions that share a node with an earlier one, in order.
  std::set<size_t> sharing(const Region &region) {
    std::set<size_t> found;
    for (const std::string &node : region.nodes)
      if (auto regions = byNode.find(node); regions != byNode.end() && ++steps <= kMaxSteps)
        found.insert(regions->second.begin(), regions->second.end());
    return found;
  }

  /// By a shared node; where the model names its nodes anew, by op and facts.
  void compareConcept(const Region &region) {
    std::set<size_t> near = sharing(region);
    std::vector<size_t> shared(near.begin(), near.end());
    std::string changed;
    for (size_t i : near.empty() ? byOp[region.op] : shared) {
      if (++steps > kMaxSteps)
        return;
      if (taken[i] || now[i].op != region.op)
        continue;
      std::string fact = lostFact(region, now[i]);
      if (fact.empty()) {
        taken[i] = true;
        return;
      }
      changed = changed.empty() ? fact : changed;
    }
    lose(region, !changed.empty() ? changed : "is no longer raised" + declinedAt(near));
  }

  void compareFunctions(const Region &region) {
    std::set<std::string> named = functionsOf(region);
    if (named.empty())
      return;
    std::set<size_t> near = sharing(region);
    for (const std::string &function : named) {
      bool found = near.empty() && allFunctions.count(function) > 0;
      for (size_t i : near)
        found |= functions[i].count(function) > 0;
      if (!found)
        lose(region, function + " is no longer raised" + declinedAt(near));
    }
  }

  /// Why, when a remark of the present report is about one of these regions.
  std::string declinedAt(const std::set<size_t> &regions) const {
    for (size_t i : regions)
      for (const Json &entry : report["regions"][i]["declined"])
        return ": " + textOf(entry, "reason");
    return "";
  }

  const std::vector<Region> &now;
  std::vector<bool> taken;
  std::map<std::string, std::vector<size_t>> byOp, byNode;
  std::vector<std::set<std::string>> functions; ///< per region
  std::set<std::string> allFunctions;
  const Json &report;
  uint64_t steps = 0;
};

} // namespace

Error driver::compareExplained(const std::string &path, Json &report) {
  std::string bytes;
  if (Error error = readFile(path, kMaxReportBytes, bytes); error.failed())
    return error;
  std::vector<Region> before, now;
  if (!readRegions(parseJson(bytes), before))
    return {ErrorCode::Malformed, "'" + path + "' is no report of attune explain", "", "",
            "write one with: attune explain MODEL --json"};
  readRegions(report, now);
  Comparison comparison(now, report);
  if (!comparison.run(before))
    return {ErrorCode::Limit, "'" + path + "' has too many regions to compare with", "", "",
            "compare reports of the same model"};
  report["comparison"] = {{"with", path}, {"lost", comparison.lost}};
  return {};
}

bool driver::hasLost(const Json &report) {
  auto comparison = report.find("comparison");
  return comparison != report.end() && !(*comparison)["lost"].empty();
}

std::string driver::comparisonText(const Json &report) {
  if (!report.contains("comparison"))
    return "";
  std::string text;
  for (const Json &entry : report["comparison"]["lost"]) {
    text += "lost: " + textOf(entry, "fact");
    for (const Json &node : entry["nodes"]) {
      text += " at " + node.get<std::string>();
      break;
    }
    text += ": " + textOf(entry, "what") + "\n";
  }
  std::string path = textOf(report["comparison"], "with");
  return "\n" + (text.empty() ? "nothing that " + path + " states was lost\n" : text);
}
