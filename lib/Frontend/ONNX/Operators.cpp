// Walks the nodes of a skeleton, of which nothing but the wire format was checked.
#include "attune/Frontend/ONNX/Operators.h"

#include "Failure.h"
#include "Model.h"

#include "attune/Support/FileMap.h"

#include <set>
#include <tuple>

namespace attune::frontend {

namespace {
using Nodes = google::protobuf::RepeatedPtrField<pb::NodeProto>;

std::string plainDomain(const std::string &domain) { return domain == "ai.onnx" ? "" : domain; }

class Inventory {
public:
  explicit Inventory(const pb::ModelProto &model) {
    for (const pb::OperatorSetIdProto &opset : model.opset_import())
      versions.emplace(plainDomain(opset.domain()), opset.version());
    for (const pb::FunctionProto &function : model.functions())
      functions.insert({plainDomain(function.domain()), function.name()});
    visit(model.graph().node());
    for (const pb::FunctionProto &function : model.functions())
      visit(function.node());
  }

  std::map<std::pair<std::string, std::string>, OperatorUse> uses;

private:
  void visit(const Nodes &nodes) {
    int index = 0;
    for (const pb::NodeProto &node : nodes) {
      add(node, index++);
      for (const pb::AttributeProto &attribute : node.attribute()) {
        if (attribute.has_g())
          visit(attribute.g().node());
        for (const pb::GraphProto &graph : attribute.graphs())
          visit(graph.node());
      }
    }
  }

  void add(const pb::NodeProto &node, int index) {
    std::pair<std::string, std::string> key{plainDomain(node.domain()), node.op_type()};
    if (functions.count(key) > 0)
      return;
    OperatorUse &use = uses[key];
    auto version = versions.find(key.first);
    use.domain = key.first;
    use.op = key.second;
    use.version = version != versions.end() ? version->second : -1;
    if (++use.count <= kNamedNodes)
      use.nodes.push_back(nameOf(node, index).node);
  }

  std::map<std::string, int64_t> versions;
  std::set<std::pair<std::string, std::string>> functions;
};
} // namespace

Error listOperators(llvm::ArrayRef<uint8_t> bytes, const ImportOptions &options,
                    std::vector<OperatorUse> &operators) {
  try {
    Skeleton skeleton = readSkeleton(bytes, options.limits);
    pb::ModelProto model = parseSkeleton(skeleton, options.limits);
    for (auto &[key, use] : Inventory(model).uses)
      operators.push_back(std::move(use));
  } catch (const Failure &failure) {
    return failure.error;
  } catch (const std::bad_alloc &) {
    return {ErrorCode::Limit, "the model needs more memory than there is", "", "", ""};
  } catch (const std::exception &exception) {
    return {ErrorCode::Malformed,
            "the ONNX library refuses the model: " + printable(exception.what()), "", "", ""};
  }
  return {};
}

Error listOperators(llvm::StringRef path, const ImportOptions &options,
                    std::vector<OperatorUse> &operators) {
  Error error;
  std::unique_ptr<FileMap> map = FileMap::open(path, options.limits.fileBytes, error);
  return map ? listOperators(map->bytes(), options, operators) : error;
}

} // namespace attune::frontend
