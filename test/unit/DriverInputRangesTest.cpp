// Which integers are safe to feed: each use of an argument, alone and with others.
#include "attune/Driver/InputRanges.h"

#include "attune/Frontend/ONNX/Import.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Parser/Parser.h"

#include <gtest/gtest.h>

#include <map>

using namespace attune;
using namespace mlir;

namespace {

// Types by letter: integers, bools, floats, one integer.
const std::map<std::string, std::string> kTypes = {
    {"i", "tensor<?xsi64>"}, {"j", "tensor<?xsi32>"}, {"b", "tensor<?xi1>"},
    {"f", "tensor<?xf32>"},  {"s", "tensor<1xsi64>"}, {"u", "tensor<?x4xf32>"}};

/// Values beside the argument x, by name.
const std::map<std::string, std::string> kOthers = {
    {"one", "tensor<1xsi64>"},  {"index", "tensor<?xsi64>"}, {"bool", "tensor<?xi1>"},
    {"real", "tensor<?xf32>"},  {"nine", "tensor<9x4xf32>"}, {"rows", "tensor<?x4xf32>"},
    {"row", "tensor<1x4xf32>"}, {"none", "tensor<0x4xf32>"}, {"scalar", "tensor<f32>"},
    {"any", "tensor<*xf32>"}};

/// A node: its result (a name, whose first letter is its type), operator, operands, attributes.
struct Node {
  std::string result, op;
  std::vector<std::string> operands;
  std::string attributes, domain;
};

class InputRanges : public testing::Test {
protected:
  InputRanges() {
    DialectRegistry registry;
    frontend::registerImportDialects(registry);
    context.appendDialectRegistry(registry);
    context.loadAllAvailableDialects();
  }

  /// "mask", "[0, 8]" or "": what is found of x of a type, in a function of these nodes.
  std::string find(const std::string &type, const std::vector<Node> &nodes,
                   const std::string &stated = "") {
    std::map<std::string, std::string> types = kOthers;
    types["x"] = kTypes.at(type);
    std::string text = "func.func @main(%x: " + types["x"] + stated;
    for (const auto &[name, other] : kOthers)
      text += ", %" + name + ": " + other;
    text += ") {\n";
    for (const Node &node : nodes) {
      types[node.result] = kTypes.at(node.result.substr(0, 1));
      std::string operands, operandTypes;
      for (const std::string &operand : node.operands) {
        operands += (operands.empty() ? "%" : ", %") + operand;
        operandTypes += (operandTypes.empty() ? "" : ", ") + types.at(operand);
      }
      text += "%" + node.result + " = onnx.node \"" + node.op + "\"(" + operands +
              ") {version = 17 : i64";
      if (!node.domain.empty())
        text += ", domain = \"" + node.domain + "\"";
      if (!node.attributes.empty())
        text += ", node_attributes = {" + node.attributes + "}";
      text += "} : (" + operandTypes + ") -> " + types[node.result] + "\n";
    }
    OwningOpRef<ModuleOp> module = parseSourceString<ModuleOp>(text + "return\n}\n", &context);
    if (!module)
      return "not well-formed: " + text;
    driver::inferInputRanges(*module);
    auto main = module->lookupSymbol<func::FuncOp>("main");
    if (auto range = main.getArgAttrOfType<ArrayAttr>(0, driver::kRangeAttr))
      return "[" + std::to_string(cast<IntegerAttr>(range[0]).getInt()) + ", " +
             std::to_string(cast<IntegerAttr>(range[1]).getInt()) + "]";
    auto role = main.getArgAttrOfType<StringAttr>(0, driver::kRoleAttr);
    return role ? role.str() : "";
  }

  MLIRContext context;
};

TEST_F(InputRanges, FollowFromTheUses) {
  const Node test = {"bt", "Equal", {"x", "one"}}, add = {"ia", "Add", {"x", "one"}};
  const Node index = {"ug", "Gather", {"nine", "x"}};
  const struct {
    const char *type;
    std::vector<Node> nodes;
    const char *want;
  } cases[] = {
      {"i", {}, ""},
      {"i", {{"ss", "Shape", {"x"}}}, ""},
      {"i", {{"ss", "Shape", {"x"}}, test}, "mask"},
      {"i", {{"ss", "Size", {"x"}}, test}, "mask"},
      {"b", {{"fw", "Where", {"x", "real", "real"}}}, "mask"},
      {"i", {{"iw", "Where", {"bool", "x", "index"}}}, ""},
      {"b", {{"fc", "Compress", {"real", "x"}}}, "mask"},
      {"i", {{"ic", "Compress", {"x", "bool"}}, test}, ""},
      {"b", {{"bt", "Not", {"x"}}}, "mask"},
      {"i", {{"bt", "Equal", {"x", "one"}, "", "com.example"}}, ""},
      {"i", {add}, ""},
      {"i", {test, add}, ""},
      {"i", {{"is", "ReduceSum", {"x"}}, test}, ""},
      {"i", {{"is", "CumSum", {"x", "one"}}, test}, ""},
      {"i", {index}, "[0, 8]"},
      {"i", {{"ug", "GatherElements", {"nine", "x"}}}, "[0, 8]"},
      {"i", {{"ug", "GatherND", {"nine", "x"}}}, ""},
      {"i", {{"ug", "Gather", {"nine", "x"}, "axis = 1 : i64"}}, "[0, 3]"},
      {"i", {{"ug", "Gather", {"nine", "x"}, "axis = -1 : i64"}}, "[0, 3]"},
      {"i", {{"ug", "Gather", {"nine", "x"}, "axis = -2 : i64"}}, "[0, 8]"},
      {"i", {{"ug", "Gather", {"nine", "x"}, "axis = -3 : i64"}}, ""},
      {"i", {{"ug", "Gather", {"nine", "x"}, "axis = 2 : i64"}}, ""},
      {"i", {{"ug", "Gather", {"row", "x"}}}, "[0, 0]"},
      {"i", {{"ug", "Gather", {"rows", "x"}}}, ""},
      {"i", {{"ug", "Gather", {"none", "x"}}}, ""},
      {"i", {{"ug", "Gather", {"scalar", "x"}}}, ""},
      {"i", {{"ug", "Gather", {"any", "x"}}}, ""},
      {"i", {index, test}, "[0, 8]"},
      {"i", {index, add}, ""},
      {"i", {index, {"uh", "Gather", {"nine", "x"}, "axis = 1 : i64"}}, "[0, 3]"},
      {"i", {{"uh", "Gather", {"nine", "x"}, "axis = 1 : i64"}, index}, "[0, 3]"},
      {"i", {{"jc", "Cast", {"x"}}, {"ug", "Gather", {"nine", "jc"}}}, "[0, 8]"},
      {"i", {{"jc", "Cast", {"x"}}, {"ja", "Add", {"jc", "jc"}}}, ""},
      {"i", {{"fc", "Cast", {"x"}}, {"fa", "Add", {"fc", "fc"}}}, "mask"},
      {"i", {{"bc", "Cast", {"x"}}}, "mask"},
      {"f", {{"bt", "Equal", {"x", "real"}}}, ""}, // floats are not asked about
  };
  for (const auto &c : cases)
    EXPECT_EQ(find(c.type, c.nodes), c.want) << &c - cases;
}

TEST_F(InputRanges, OperatorsThatTestOrMove) {
  for (const char *op : {"Equal", "Less", "LessOrEqual", "Greater", "GreaterOrEqual"})
    for (const std::vector<std::string> &operands :
         {std::vector<std::string>{"x", "one"}, {"one", "x"}})
      EXPECT_EQ(find("i", {{"bt", op, operands}}), "mask") << op;
  for (const char *op : {"And", "Or", "Xor"})
    EXPECT_EQ(find("b", {{"bt", op, {"bool", "x"}}}), "mask") << op;
  const Node test = {"bt", "Equal", {"im", "one"}}, add = {"ia", "Add", {"im", "one"}};
  for (const char *op : {"Identity", "Reshape", "Unsqueeze", "Squeeze", "Transpose", "Slice",
                         "Expand", "Flatten", "Tile", "Pad", "Split"}) {
    EXPECT_EQ(find("i", {{"im", op, {"x", "one"}}, test}), "mask") << op;
    EXPECT_EQ(find("i", {{"im", op, {"x", "one"}}, add}), "") << op;
    EXPECT_EQ(find("i", {{"im", op, {"index", "x"}}, test}), "") << op; // a shape or an axis
  }
  for (const char *op : {"Gather", "GatherElements", "GatherND"})
    EXPECT_EQ(find("i", {{"im", op, {"x", "index"}}, test}), "mask") << op;
}

TEST_F(InputRanges, ReplaceWhatWasStated) {
  const std::string stated = " {attune.range = [0, 5], attune.role = \"mask\"}";
  EXPECT_EQ(find("i", {{"ia", "Add", {"x", "one"}}}, stated), "");
  EXPECT_EQ(find("i", {{"ug", "Gather", {"nine", "x"}}}, stated), "[0, 8]");
}

} // namespace
