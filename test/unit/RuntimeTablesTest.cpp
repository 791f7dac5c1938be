// The tables of an artefact: every bound of every record, at the last value that is good and at
// the first that is not.
#include "TinyModel.h"
#include "attune/Runtime/Core/Artifact.h"

#include "gtest/gtest.h"

using namespace attune;
using namespace attune::runtime;
using namespace attune::test;

namespace {

/// The tables of a description, open to changes.
struct Edit {
  explicit Edit(const ArtifactDescription &description)
      : bytes(serializeTables(description)), weights(layOutWeights(description.constants).bytes) {}

  Tables &head() { return *reinterpret_cast<Tables *>(bytes.data()); }
  template <typename T> T *at(Range range) {
    return reinterpret_cast<T *>(bytes.data() + range.offset);
  }
  TensorRecord *inputs() { return at<TensorRecord>(head().inputs); }
  TensorRecord *outputs() { return at<TensorRecord>(head().outputs); }
  DimRecord *dims(const TensorRecord &tensor) { return at<DimRecord>(tensor.dims); }
  SymbolRecord *symbols() { return at<SymbolRecord>(head().symbols); }
  GuardRecord *guards() { return at<GuardRecord>(head().guards); }
  ConstantRecord *constants() { return at<ConstantRecord>(head().constants); }
  DispatchRecord *dispatches() { return at<DispatchRecord>(head().dispatches); }
  WorkRecord &work() { return dispatches()[1].work; }
  VariantRecord *variants() { return at<VariantRecord>(head().variants); }
  std::string problem() const {
    return std::string(checkTables({bytes.data(), bytes.size()}, weights));
  }

  std::vector<uint8_t> bytes;
  uint64_t weights;
};

struct Case {
  void (*change)(Edit &);
  const char *problem; ///< a part of the message; "" where the change is harmless
};

void check(View<const Case> cases) {
  for (const Case &c : cases) {
    Edit edit(tinyDescription());
    c.change(edit);
    std::string problem = edit.problem();
    size_t number = &c - cases.begin();
    if (*c.problem)
      EXPECT_NE(problem.find(c.problem), std::string::npos) << number << ": " << problem;
    else
      EXPECT_EQ(problem, "") << number;
  }
}

template <size_t N> void check(const Case (&cases)[N]) { check({cases, N}); }

/// The problem of the tiny model's description after a change.
template <typename Change> std::string problemOf(Change change) {
  ArtifactDescription description = tinyDescription();
  change(description);
  return Edit(description).problem();
}

TEST(Tables, OfTheTinyModelAreGood) { EXPECT_EQ(Edit(tinyDescription()).problem(), ""); }

TEST(Tables, HaveAWholeHead) {
  std::vector<uint8_t> bytes(sizeof(Tables));
  EXPECT_EQ(checkTables({bytes.data(), bytes.size()}, 0), "");
  EXPECT_EQ(checkTables({bytes.data(), bytes.size() - 1}, 0),
            "the tables are shorter than their head");
}

TEST(Tables, HoldTheirArraysAndStrings) {
  const size_t ranges = sizeof(Tables) / sizeof(Range), arrays = 7;
  for (size_t i = 0; i < ranges; ++i) {
    const char *problem = i < arrays ? "a table reaches" : "a string reaches";
    uint64_t size = Edit(tinyDescription()).bytes.size();
    for (Range wrong : {Range{0, UINT64_MAX}, Range{size, 1}, Range{size + 8, 0}, Range{8, size},
                        Range{UINT64_MAX - 7, 1}, Range{uint64_t(1) << 63, 0}}) {
      Edit edit(tinyDescription());
      (&edit.head().inputs)[i] = wrong;
      EXPECT_NE(edit.problem().find(problem), std::string::npos) << i << " " << wrong.offset;
    }
    Edit edit(tinyDescription());
    Range &range = (&edit.head().inputs)[i];
    range = i < arrays ? Range{range.offset + 4, range.count} : Range{size, 0};
    EXPECT_EQ(edit.problem().empty(), i >= arrays) << i; // only arrays are aligned
  }
  check({{[](Edit &e) { e.head().target = {0, e.bytes.size()}; }, ""},
         {[](Edit &e) { e.head().target = {1, e.bytes.size() - 1}; }, ""},
         {[](Edit &e) { e.head().target = {1, e.bytes.size()}; }, "a string reaches"},
         {[](Edit &e) { e.head().guards = {e.bytes.size(), 0}; }, ""}});
}

TEST(Tables, HoldTheirTensors) {
  check({
      {[](Edit &e) { e.inputs()[0].name.count = e.bytes.size(); }, "tensor's name"},
      {[](Edit &e) { e.outputs()[1].name.offset = e.bytes.size() + 1; }, "tensor's name"},
      {[](Edit &e) { e.inputs()[1].type = ElementType(0); }, "unknown element type"},
      {[](Edit &e) { e.outputs()[0].type = ElementType(8); }, "unknown element type"},
      {[](Edit &e) { e.inputs()[0].dims.count = 64; }, "tensor's dimensions"},
      {[](Edit &e) { e.outputs()[1].dims.offset += 1; }, "tensor's dimensions"},
      {[](Edit &e) { e.outputs()[1].dims = {e.bytes.size(), 0}; }, ""},
  });
  for (size_t rank : {64, 65})
    EXPECT_EQ(
        problemOf([&](ArtifactDescription &d) { d.outputs[0].dims.assign(rank, {1, ""}); }).empty(),
        rank == 64);
}

TEST(Tables, HoldTheirSymbols) {
  check({
      {[](Edit &e) { e.symbols()[1].name.count = e.bytes.size(); }, "symbol's name"},
      {[](Edit &e) { e.symbols()[0].name.count = 0; }, "symbol's name"},
      {[](Edit &e) { e.symbols()[0].input = 2; }, "dimension that is not there"},
      {[](Edit &e) { e.symbols()[0].dim = 3; }, "dimension that is not there"},
      {[](Edit &e) { e.symbols()[0].dim = 1; }, "dimension of another symbol"},
      {[](Edit &e) { e.symbols()[0].input = 1; }, "dimension of another symbol"},
      {[](Edit &e) { e.symbols()[1].low = -1; }, "range is empty"},
      {[](Edit &e) { e.symbols()[1].low = e.symbols()[1].high + 1; }, "range is empty"},
      {[](Edit &e) { e.symbols()[1].low = e.symbols()[1].high; }, ""},
  });
}

TEST(Tables, HoldTheirDimensions) {
  const char *const problem = "neither a size nor an expression";
  check({
      {[](Edit &e) { e.dims(e.inputs()[0])[2].symbol = 0; }, problem},
      {[](Edit &e) { e.dims(e.inputs()[0])[2].symbol = -2; }, problem},
      {[](Edit &e) { e.dims(e.inputs()[0])[2].value = 0; }, ""},
      {[](Edit &e) { e.dims(e.outputs()[0])[2].value = INT64_MAX; }, ""},
      {[](Edit &e) { e.dims(e.outputs()[0])[2].value = -1; }, problem},
      {[](Edit &e) { e.dims(e.inputs()[1])[0].value = -2; }, problem},
      {[](Edit &e) { e.dims(e.inputs()[1])[0].symbol = -2; }, problem},
      {[](Edit &e) { e.dims(e.inputs()[1])[0].symbol = 2; }, problem},
      {[](Edit &e) { e.dims(e.inputs()[1])[0].symbol = 1; }, problem},
      {[](Edit &e) { e.dims(e.outputs()[1])[0].symbol = 1; }, problem},
      {[](Edit &e) { e.dims(e.outputs()[1])[0].symbol = -1; }, ""},
      {[](Edit &e) { e.dims(e.inputs()[1])[0].expression.count -= 1; }, problem},
      {[](Edit &e) { e.dims(e.inputs()[1])[0].expression.count = e.bytes.size(); }, problem},
  });
  EXPECT_EQ(problemOf([](ArtifactDescription &d) { d.outputs[0].dims[2] = {0, ""}; }), "");
  const std::pair<const char *, bool> texts[] = {{"seq + batch", true}, {"seq floordiv 0", true},
                                                 {"7", true},           {"seq +", false},
                                                 {"nobody", false},     {"", false}};
  for (auto [text, good] : texts)
    EXPECT_EQ(problemOf([text = text](ArtifactDescription &d) {
                d.outputs[1].dims[0].expression = text;
              }).empty(),
              good)
        << text;
}

TEST(Tables, HoldTheirGuardsAndConstants) {
  check({
      {[](Edit &e) { e.guards()[0].text.count = e.bytes.size(); }, "guard's text"},
      {[](Edit &e) { e.guards()[0].node.count = e.bytes.size(); }, "guard's text"},
      {[](Edit &e) { e.constants()[1].name.count = e.bytes.size(); }, "constant's name"},
      {[](Edit &e) { e.constants()[1].bytes += 1; }, "outside the weights"},
      {[](Edit &e) { e.constants()[1].offset = 32; }, "outside the weights"},
      {[](Edit &e) { e.constants()[1].bytes = UINT64_MAX; }, "outside the weights"},
      {[](Edit &e) { e.constants()[0] = {128, 0, {0, 0}}; }, "outside the weights"},
      {[](Edit &e) { e.weights = 128, e.constants()[0] = {128, 0, {0, 0}}; }, ""},
      {[](Edit &e) { e.weights = 79; }, "outside the weights"},
      {[](Edit &e) { e.weights = 81; }, ""},
  });
}

TEST(Tables, HoldTheirDispatches) {
  check({
      {[](Edit &e) { e.variants()[4].name.count = e.bytes.size(); }, "variant's name"},
      {[](Edit &e) { e.dispatches()[3].name.count = e.bytes.size(); }, "dispatch's name"},
      {[](Edit &e) { e.dispatches()[3].root.count = e.bytes.size(); }, "dispatch's name"},
      {[](Edit &e) { e.dispatches()[0].variantCount = 0; }, "variants that are not there"},
      {[](Edit &e) { e.dispatches()[0].variantCount = 5; }, ""},
      {[](Edit &e) { e.dispatches()[0].variantCount = 6; }, "variants that are not there"},
      {[](Edit &e) { e.dispatches()[0].variantBegin = 4; }, ""},
      {[](Edit &e) { e.dispatches()[0].variantBegin = 5; }, "variants that are not there"},
      {[](Edit &e) { e.dispatches()[0].variantBegin = 6; }, "variants that are not there"},
      {[](Edit &e) { e.dispatches()[0].wordCount = 4096; }, ""},
      {[](Edit &e) { e.dispatches()[0].wordCount = 4097; }, "do not match their ranks"},
      {[](Edit &e) { e.dispatches()[0].inputCount = 2; }, "do not match their ranks"},
      {[](Edit &e) { e.dispatches()[0].outputCount = UINT32_MAX; }, "do not match their ranks"},
      {[](Edit &e) { e.dispatches()[0].ranks.offset = e.bytes.size() - 4; }, "their ranks"},
      {[](Edit &e) { e.dispatches()[0].ranks.offset += 2; }, "do not match their ranks"},
      {[](Edit &e) { *e.at<uint32_t>(e.dispatches()[1].ranks) = 64; }, ""},
      {[](Edit &e) { *e.at<uint32_t>(e.dispatches()[1].ranks) = 65; }, "too high a rank"},
  });
  for (uint32_t buffers : {4096, 4097})
    EXPECT_EQ(problemOf([&](ArtifactDescription &d) {
                d.dispatches[0].inputCount = buffers - 1;
                d.dispatches[0].ranks.assign(buffers, 1);
              }).empty(),
              buffers == 4096);
}

TEST(Tables, HoldTheWorkOfTheirDispatches) {
  const char *const problem = "work is no expression", *const extents = "extents reach";
  check({
      {[](Edit &e) { e.work().what.count = e.bytes.size(); }, "what a dispatch does"},
      {[](Edit &e) { e.work().node.offset = e.bytes.size() + 1; }, "what a dispatch does"},
      {[](Edit &e) { e.work().extents.count = 65; }, extents},
      {[](Edit &e) { e.work().extents.offset += 4; }, extents},
      {[](Edit &e) { e.work().extents = {e.bytes.size(), 1}; }, extents},
      {[](Edit &e) { e.work().extents = {e.bytes.size(), 0}; }, ""},
      {[](Edit &e) { e.at<DimRecord>(e.work().extents)[0].symbol = 2; }, problem},
      {[](Edit &e) { e.at<DimRecord>(e.work().extents)[1].value = -2; }, problem},
      {[](Edit &e) { e.at<DimRecord>(e.work().extents)[1].symbol = 0; }, problem},
      {[](Edit &e) { e.work().flops.symbol = 0; }, problem},
      {[](Edit &e) { e.work().flops.expression.count -= 1; }, problem},
      {[](Edit &e) { e.work().flops.expression.count = 0; }, ""},
      {[](Edit &e) { e.work().flops.expression.count = e.bytes.size(); }, problem},
      {[](Edit &e) { e.work().bytes.value = -2; }, problem},
      {[](Edit &e) { e.work().bytes.value = 1; }, ""},
  });
  const std::pair<std::string, bool> texts[] = {
      {"", true}, {"max(0, seq - batch)", true}, {"nobody", false}, {"2 *", false}};
  for (const auto &[text, good] : texts)
    EXPECT_EQ(problemOf([&text = text](ArtifactDescription &d) {
                d.dispatches[0].work.bytes.expression = text;
              }).empty(),
              good)
        << text;
  // Many records may share a long text: its length is bounded, deep nesting too.
  for (size_t length : {4096, 4097})
    EXPECT_EQ(problemOf([&](ArtifactDescription &d) {
                d.dispatches[0].work.flops.expression = "1" + std::string(length - 1, ' ');
              }).empty(),
              length == 4096);
  EXPECT_NE(problemOf([](ArtifactDescription &d) {
              d.dispatches[0].work.flops.expression =
                  std::string(2000, '(') + "1" + std::string(2000, ')');
            }),
            "");
}

} // namespace
