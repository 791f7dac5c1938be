// A pass instrumentation that keeps the trail for crashes, snapshots for reproducers, prints
// and times.
#include "Watch.h"

#include "attune/Driver/Files.h"
#include "attune/Support/Diagnostics.h"

#include "mlir/IR/Action.h"
#include "mlir/IR/BuiltinOps.h"
#include "mlir/IR/Unit.h"
#include "mlir/Pass/Pass.h"
#include "mlir/Pass/PassInstrumentation.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/Support/Format.h"
#include "llvm/Support/raw_ostream.h"

#include <chrono>

using namespace attune;
using namespace attune::driver;
using namespace mlir;

namespace {

/// "builtin.module(func.func(PASS))" for a pass on a function of a module.
std::string pipelineFor(Pass *pass, Operation *op) {
  std::string text;
  llvm::raw_string_ostream stream(text);
  SmallVector<StringRef> names;
  for (Operation *at = op; at; at = at->getParentOp())
    names.push_back(at->getName().getStringRef());
  for (StringRef name : llvm::reverse(names))
    stream << name << "(";
  pass->printAsTextualPipeline(stream);
  for (size_t i = 0; i < names.size(); ++i)
    stream << ")";
  return text;
}

/// The module as a reproducer that `attune-opt --run-reproducer` replays.
std::string formatReproducer(Pass *pass, Operation *op) {
  Operation *root = op;
  while (root->getParentOp())
    root = root->getParentOp();
  std::string text, pipeline = pipelineFor(pass, op);
  llvm::raw_string_ostream stream(text);
  root->print(stream, OpPrintingFlags().enableDebugInfo());
  stream << "\n{-#\n  external_resources: {\n    mlir_reproducer: {\n      pipeline: \"";
  stream.write_escaped(pipeline);
  stream << "\",\n      disable_threading: true,\n      verify_each: true\n    }\n  }\n#-}\n";
  return text;
}

class Watcher : public PassInstrumentation {
public:
  explicit Watcher(Watch &watch) : watch(watch) {}

  void runBeforePass(Pass *pass, Operation *op) override {
    StringRef name = pass->getArgument();
    if (name.empty()) // adaptors, which only hand on
      return;
    watch.currentPass = name.str();
    if (watch.trail) {
      // A module's location names the file.
      NodeName where = isa<ModuleOp>(op) ? NodeName() : findNodeName(op->getLoc());
      watch.trail->enterPass(watch.currentPass);
      watch.trail->enterNode(where.node, where.op);
    }
    if (!watch.snapshot.empty())
      (void)writeFile(watch.snapshot, formatReproducer(pass, op));
    started.push_back(Clock::now());
  }

  void runAfterPass(Pass *pass, Operation *op) override {
    StringRef name = pass->getArgument();
    if (name.empty())
      return;
    stop(name);
    if (!llvm::is_contained(watch.printAfter, name))
      return;
    llvm::raw_string_ostream stream(watch.trace);
    stream << "// after " << name << " on " << op->getName() << "\n";
    op->print(stream, OpPrintingFlags().useLocalScope());
    stream << "\n";
  }

  void runAfterPassFailed(Pass *pass, Operation *op) override {
    if (!pass->getArgument().empty())
      stop(pass->getArgument());
  }

private:
  using Clock = std::chrono::steady_clock;

  void stop(StringRef name) {
    if (started.empty())
      return;
    PassTime &time = watch.times[name.str()];
    time.runs += 1;
    time.seconds += std::chrono::duration<double>(Clock::now() - started.pop_back_val()).count();
  }

  Watch &watch;
  SmallVector<Clock::time_point> started; // passes that run pipelines of their own nest
};

} // namespace

void driver::attachWatch(PassManager &manager, Watch &watch) {
  manager.addInstrumentation(std::make_unique<Watcher>(watch));
}

void driver::traceNodes(MLIRContext &context, Watch &watch) {
  if (watch.snapshot.empty() || !watch.trail)
    return;
  context.registerActionHandler(
      [&watch](llvm::function_ref<void()> transform, const tracing::Action &action) {
        for (IRUnit unit : action.getContextIRUnits())
          if (auto *op = dyn_cast_if_present<Operation *>(unit)) {
            NodeName where = findNodeName(op->getLoc());
            if (!isa<ModuleOp>(op) && !where.node.empty())
              watch.trail->enterNode(where.node, where.op);
            break;
          }
        transform();
      });
}

std::string driver::formatTimes(const Watch &watch) {
  std::vector<std::pair<std::string, PassTime>> sorted(watch.times.begin(), watch.times.end());
  llvm::sort(sorted, [](const auto &a, const auto &b) {
    return std::pair(-a.second.seconds, a.first) < std::pair(-b.second.seconds, b.first);
  });
  std::string text;
  llvm::raw_string_ostream stream(text);
  stream << "  seconds    runs  pass\n";
  for (const auto &[name, time] : sorted)
    stream << llvm::format("%9.4f  %6u  ", time.seconds, time.runs) << name << "\n";
  return text;
}
