// Names to values. Subgraphs see the values around them, so that dependencies, order and
// uniqueness are found scope by scope.
#include "Failure.h"
#include "Model.h"

#include <algorithm>
#include <queue>
#include <unordered_set>

namespace attune::frontend {

namespace {
/// The values of one graph, as seen from inside it.
struct Scope {
  const Scope *outer = nullptr;
  /// By the name in the file: the unique name.
  std::unordered_map<std::string, std::string> names = {};

  const std::string *find(const std::string &name) const {
    for (const Scope *scope = this; scope; scope = scope->outer) {
      auto known = scope->names.find(name);
      if (known != scope->names.end())
        return &known->second;
    }
    return nullptr;
  }
};

class Resolver {
public:
  void resolve(pb::GraphProto &graph, const Scope *outer, const NodeName &owner);

private:
  using Users = std::unordered_set<std::string>;

  void define(Scope &scope, std::string *name, const NodeName &node, const char *what);
  void defineValues(pb::GraphProto &graph, Scope &scope, const NodeName &owner);
  void sortNodes(pb::GraphProto &graph);
  void rename(const Scope &scope, std::string *name, const NodeName &node);
  void collectUses(const pb::NodeProto &node, Users &uses);

  std::unordered_set<std::string> taken;
  uint64_t fresh = 0;
};
} // namespace

void Resolver::define(Scope &scope, std::string *name, const NodeName &node, const char *what) {
  if (name->empty())
    fail(ErrorCode::Malformed, llvm::Twine(what) + " has no name", "", node);
  std::string unique = *name;
  while (!taken.insert(unique).second)
    unique = *name + "$" + std::to_string(++fresh);
  if (!scope.names.emplace(*name, unique).second)
    fail(ErrorCode::Malformed,
         "value " + quote(*name) + " is defined twice (the second time as " + what +
             "); every value must have one definition",
         "", node);
  *name = std::move(unique);
}

void Resolver::defineValues(pb::GraphProto &graph, Scope &scope, const NodeName &owner) {
  for (pb::ValueInfoProto &input : *graph.mutable_input())
    define(scope, input.mutable_name(), owner, "a graph input");
  std::unordered_set<std::string> initializers;
  for (pb::TensorProto &tensor : *graph.mutable_initializer()) {
    if (!initializers.insert(tensor.name()).second)
      fail(ErrorCode::Malformed, "initializer " + quote(tensor.name()) + " is defined twice", "",
           owner);
    // An input may be given again as an initializer: its default.
    auto known = scope.names.find(tensor.name());
    if (known != scope.names.end())
      tensor.set_name(known->second);
    else
      define(scope, tensor.mutable_name(), owner, "an initializer");
  }
  int index = 0;
  for (pb::NodeProto &node : *graph.mutable_node()) {
    NodeName where = nameOf(node, index++);
    for (std::string &output : *node.mutable_output())
      if (!output.empty())
        define(scope, &output, where, "an output of this node");
  }
}

/// All names that `node` reads, also inside its subgraphs (where some are their own).
void Resolver::collectUses(const pb::NodeProto &node, Users &uses) {
  for (const std::string &input : node.input())
    if (!input.empty())
      uses.insert(input);
  for (const pb::AttributeProto &attribute : node.attribute()) {
    auto visit = [&](const pb::GraphProto &graph) {
      for (const pb::NodeProto &inner : graph.node())
        collectUses(inner, uses);
      for (const pb::ValueInfoProto &output : graph.output())
        uses.insert(output.name());
    };
    if (attribute.has_g())
      visit(attribute.g());
    for (const pb::GraphProto &graph : attribute.graphs())
      visit(graph);
  }
}

/// Names the nodes of one cycle among those that `missing` could not order.
[[noreturn]] static void failCycle(const pb::GraphProto &graph,
                                   const std::vector<std::vector<int>> &users,
                                   const std::vector<int> &missing) {
  // Walk backwards: every node left over waits for another one.
  std::vector<int> producer(graph.node_size(), -1);
  for (int i = 0; i < graph.node_size(); ++i)
    if (missing[i] > 0)
      for (int user : users[i])
        producer[user] = i;
  int at = 0;
  while (missing[at] == 0)
    ++at;
  for (int step = 0; step < graph.node_size(); ++step)
    at = producer[at];
  std::vector<int> cycle{at};
  for (int next = producer[at]; next != at; next = producer[next])
    cycle.push_back(next);
  std::reverse(cycle.begin(), cycle.end());
  std::string text;
  for (size_t i = 0; i < cycle.size() && i < 8; ++i)
    text += quote(nameOf(graph.node(cycle[i]), cycle[i]).node) + " -> ";
  text += cycle.size() > 8 ? "…" : quote(nameOf(graph.node(cycle[0]), cycle[0]).node);
  fail(ErrorCode::Malformed, "the graph has a cycle: " + text, "",
       nameOf(graph.node(cycle[0]), cycle[0]));
}

/// Puts nodes in an order where definitions come before uses, changing as little as possible.
void Resolver::sortNodes(pb::GraphProto &graph) {
  int count = graph.node_size();
  // By the name in scope (already unique): who makes it.
  std::unordered_map<std::string, int> producer;
  for (int i = 0; i < count; ++i)
    for (const std::string &output : graph.node(i).output())
      if (!output.empty())
        producer.emplace(output, i);
  std::vector<std::vector<int>> users(count);
  std::vector<int> missing(count, 0);
  bool sorted = true;
  for (int i = 0; i < count; ++i) {
    Users uses;
    collectUses(graph.node(i), uses);
    std::unordered_set<int> makers;
    for (const std::string &name : uses) {
      auto made = producer.find(name);
      if (made == producer.end() || !makers.insert(made->second).second)
        continue;
      users[made->second].push_back(i);
      ++missing[i];
      sorted &= made->second < i;
    }
  }
  if (sorted)
    return;
  std::priority_queue<int, std::vector<int>, std::greater<int>> ready;
  for (int i = 0; i < count; ++i)
    if (missing[i] == 0)
      ready.push(i);
  std::vector<int> order;
  while (!ready.empty()) {
    int next = ready.top();
    ready.pop();
    order.push_back(next);
    for (int user : users[next])
      if (--missing[user] == 0)
        ready.push(user);
  }
  if (static_cast<int>(order.size()) < count)
    failCycle(graph, users, missing);
  google::protobuf::RepeatedPtrField<pb::NodeProto> nodes;
  nodes.Reserve(count);
  for (int i : order)
    nodes.Add()->Swap(graph.mutable_node(i));
  graph.mutable_node()->Swap(&nodes);
}

void Resolver::rename(const Scope &scope, std::string *name, const NodeName &node) {
  const std::string *unique = scope.find(*name);
  if (!unique)
    fail(ErrorCode::Malformed,
         "input " + quote(*name) +
             " is not defined anywhere: no graph input, initializer or node "
             "makes it",
         "", node);
  *name = *unique;
}

void Resolver::resolve(pb::GraphProto &graph, const Scope *outer, const NodeName &owner) {
  Scope scope{outer};
  defineValues(graph, scope, owner);
  int index = 0;
  for (pb::NodeProto &node : *graph.mutable_node()) {
    NodeName where = nameOf(node, index++);
    for (std::string &input : *node.mutable_input())
      if (!input.empty())
        rename(scope, &input, where);
    for (pb::AttributeProto &attribute : *node.mutable_attribute()) {
      if (attribute.has_g())
        resolve(*attribute.mutable_g(), &scope, where);
      for (pb::GraphProto &inner : *attribute.mutable_graphs())
        resolve(inner, &scope, where);
    }
  }
  std::unordered_set<std::string> outputs;
  for (pb::ValueInfoProto &output : *graph.mutable_output()) {
    if (!outer && !outputs.insert(output.name()).second)
      fail(ErrorCode::Malformed, "graph output " + quote(output.name()) + " is listed twice");
    const std::string *unique = scope.find(output.name());
    if (!unique)
      fail(ErrorCode::Malformed, "graph output " + quote(output.name()) + " is made by no node", "",
           owner);
    output.set_name(*unique);
  }
  // Names that the file gives types for, if they are values at all.
  for (pb::ValueInfoProto &info : *graph.mutable_value_info())
    if (const std::string *unique = scope.find(info.name()))
      info.set_name(*unique);
  sortNodes(graph);
}

void resolveNames(pb::GraphProto &graph) { Resolver().resolve(graph, nullptr, {}); }

} // namespace attune::frontend
