// Signatures: what a module's attributes say, as text and as JSON.
#include "ModuleSignature.h"

#include "attune/Frontend/ONNX/Import.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Parser/Parser.h"

#include <gtest/gtest.h>

using namespace attune;
using namespace attune::driver;

namespace {

class ModuleSignature : public testing::Test {
protected:
  ModuleSignature() {
    mlir::DialectRegistry registry;
    frontend::registerImportDialects(registry);
    context.appendDialectRegistry(registry);
    context.loadAllAvailableDialects();
  }
  Signature read(const std::string &text) {
    auto module = mlir::parseSourceString<mlir::ModuleOp>(text, &context);
    EXPECT_TRUE(module);
    return module ? readSignature(*module) : Signature();
  }
  /// The signature of an argument, with its attributes.
  TensorSpec argument(const std::string &type, const std::string &attributes = "") {
    return read("func.func private @main(" + type + " {attune.name = \"x\"" + attributes + "})")
        .inputs.at(0);
  }
  mlir::MLIRContext context;
};

TEST_F(ModuleSignature, KnowsTypes) {
  const std::pair<const char *, ElementType> types[] = {
      {"f32", ElementType::Float32}, {"f16", ElementType::Float16}, {"bf16", ElementType::BFloat16},
      {"f64", ElementType::Float64}, {"i1", ElementType::Bool},     {"i8", ElementType::Int8},
      {"si8", ElementType::Int8},    {"ui8", ElementType::UInt8},   {"i16", ElementType::Int16},
      {"ui16", ElementType::UInt16}, {"i32", ElementType::Int32},   {"ui32", ElementType::UInt32},
      {"i64", ElementType::Int64},   {"ui64", ElementType::UInt64}};
  for (auto [name, type] : types) {
    std::string text = std::string("tensor<2x") + name + ">";
    EXPECT_EQ(argument(text).type, type) << name;
    EXPECT_EQ(argument("tensor<2xi32>", ", attune.type = " + text).type, type) << name;
  }
}

TEST_F(ModuleSignature, KnowsRangesAndRoles) {
  const std::string type = "tensor<2xsi64>";
  TensorSpec bare = argument(type);
  EXPECT_EQ(bare.low, 1);
  EXPECT_EQ(bare.high, 0);
  EXPECT_FALSE(bare.mask);
  TensorSpec ranged = argument(type, ", attune.range = [-3, 17]");
  EXPECT_EQ(ranged.low, -3);
  EXPECT_EQ(ranged.high, 17);
  EXPECT_EQ(argument(type, ", attune.range = [5]").low, 1);
  EXPECT_EQ(argument(type, ", attune.range = [5, 6, 7]").low, 1);
  EXPECT_EQ(argument(type, ", attune.range = [0, \"x\"]").high, 0);
  EXPECT_EQ(argument(type, ", attune.range = [0, 9223372036854775807 : i128]").high, INT64_MAX);
  EXPECT_EQ(argument(type, ", attune.range = [0, 9223372036854775808 : i128]").high, 0);
  EXPECT_TRUE(argument(type, ", attune.role = \"mask\"").mask);
  EXPECT_FALSE(argument(type, ", attune.role = \"other\"").mask);
}

TEST_F(ModuleSignature, CollectsSymbolsAndGuards) {
  Signature signature = read(R"mlir(
module attributes {attune.ranges = {b = [2, 8], n = [1], z = [0, 0]}} {
  func.func private @main(
      tensor<?x?x4xf32> {attune.name = "x", attune.dims = ["b", "n", 4]},
      tensor<?x?xf32> {attune.name = "y", attune.dims = ["b", "n - 1"]},
      tensor<?x?x?xf32> {attune.name = "z", attune.dims = ["min(b, 3)", "b*n", "m"]})
      -> (tensor<?xf32> {attune.name = "o", attune.dims = ["p"]}) attributes {
    attune.guards = [{relation = "eq", lhs = "b", rhs = "4", node = "first"},
                     {relation = "le", lhs = "n", rhs = "512"},
                     {relation = "divides", lhs = "2", rhs = "n", node = "third"}]}
})mlir");
  std::string symbols, guards;
  for (const SymbolSpec &symbol : signature.symbols)
    symbols += symbol.name + " " + std::to_string(symbol.low) + " " +
               std::to_string(symbol.high == INT64_MAX ? -1 : symbol.high) + "; ";
  EXPECT_EQ(symbols, "b 2 8; n 0 -1; m 0 -1; ");
  for (const GuardSpec &guard : signature.guards)
    guards += guard.text + " (" + guard.node + "); ";
  EXPECT_EQ(guards, "b = 4 (first); n <= 512 (); 2 divides n (third); ");
  EXPECT_EQ(signature.inputs[0].text(), "float32[b, n, 4]");
  EXPECT_EQ(signature.inputs[2].text(), "float32[min(b, 3), b*n, m]");
  EXPECT_EQ(signature.outputs[0].text(), "float32[p]");
  EXPECT_EQ(signature.findInput("y"), 1);
  EXPECT_EQ(signature.findInput("o"), -1);
  EXPECT_EQ(signature.inputNames(), "x, y, z");
  EXPECT_TRUE(read("func.func private @other()").inputs.empty());
}

TEST(Signature, AsJson) {
  Signature signature;
  signature.inputs = {{"x", ElementType::Int64, {{0, ""}, {-1, "n"}}, true, 0, 7},
                      {"y", ElementType::Bool, {}, false, 3, 3},
                      {"z", ElementType::Float32, {{2, ""}}}};
  signature.symbols = {{"n", 1, 9}, {"m", 0, INT32_MAX}, {"k", 2, INT32_MAX - 1}};
  signature.guards = {{"n <= 4", "node"}};
  Json json;
  addSignature(json, signature);
  EXPECT_EQ(json.dump(),
            R"({"inputs":[{"name":"x","type":"int64","shape":[0,"n"],"role":"mask","range":[0,7]},)"
            R"({"name":"y","type":"bool","shape":[],"range":[3,3]},)"
            R"({"name":"z","type":"float32","shape":[2]}],"outputs":[],)"
            R"("symbols":[{"name":"n","low":1,"high":9},{"name":"m","low":0},)"
            R"({"name":"k","low":2,"high":2147483646}],)"
            R"("guards":[{"condition":"n <= 4","node":"node"}]})");
  EXPECT_EQ(signature.inputs[0].text(), "int64[0, n]");
}

} // namespace
