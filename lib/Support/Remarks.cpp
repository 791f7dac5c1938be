// Remarks carry the nearest miss as named arguments, which a streamer of our own reads again.
#include "attune/Support/Remarks.h"

#include "mlir/IR/MLIRContext.h"

using namespace mlir;

namespace attune {

static constexpr llvm::StringLiteral kText = "Remark";
static constexpr llvm::StringLiteral kNearest = "Nearest";
static constexpr llvm::StringLiteral kNearestOp = "NearestOp";
static constexpr llvm::StringLiteral kExpected = "Expected";

bool NearMiss::note(const llvm::Twine &why, const llvm::Twine &wanted,
                    std::optional<Location> where) {
  if (reason.empty()) {
    reason = why.str();
    expected = wanted.str();
    at = where;
  }
  return false;
}

static void fill(remark::detail::InFlightRemark &&remark, const NearMiss &miss) {
  if (!remark)
    return;
  auto add = [&](llvm::StringRef key, const std::string &value) {
    if (!value.empty())
      remark << remark::detail::Remark::Arg(key, value);
  };
  NodeName where = miss.at ? findNodeName(*miss.at) : NodeName();
  add(kText, miss.reason);
  add(kExpected, miss.expected);
  add(kNearest, where.node);
  add(kNearestOp, where.op);
}

void remarkDeclined(Location about, remark::RemarkOpts options, const NearMiss &miss) {
  fill(remark::missed(about, options), miss);
}

void remarkUnproven(Location about, remark::RemarkOpts options, const NearMiss &miss) {
  fill(remark::analysis(about, options), miss);
}

namespace {
class Streamer : public remark::detail::MLIRRemarkStreamerBase {
public:
  explicit Streamer(std::vector<Remark> &remarks) : remarks(remarks) {}

  void streamOptimizationRemark(const remark::detail::Remark &remark) override {
    Remark kept;
    kept.where = printableName(findNodeName(remark.getLocation()));
    kept.pass = remark.getCategoryName().str();
    kept.declined = remark.getRemarkType() != llvm::remarks::Type::Passed;
    for (const remark::detail::Remark::Arg &arg : remark.getArgs()) {
      std::string value = printable(arg.val, 400);
      if (arg.key == kExpected)
        kept.expected = value;
      else if (arg.key == kNearest)
        kept.nearest.node = value;
      else if (arg.key == kNearestOp)
        kept.nearest.op = value;
      else if (arg.key == kText)
        kept.text += value;
      else
        kept.text += " " + arg.key + "=" + value;
    }
    remarks.push_back(std::move(kept));
  }

private:
  static NodeName printableName(const NodeName &name) {
    return {printable(name.node), printable(name.op)};
  }

  std::vector<Remark> &remarks;
};
} // namespace

void collectRemarks(MLIRContext &context, std::vector<Remark> &remarks) {
  // `all` alone joins others, and enables none by itself.
  remark::RemarkCategories categories{".*", ".*", ".*", ".*", ".*"};
  // Fails only where the streamer cannot open its file; this one has none.
  (void)remark::enableOptimizationRemarks(context, std::make_unique<Streamer>(remarks),
                                          std::make_unique<remark::RemarkEmittingPolicyAll>(),
                                          categories);
}

} // namespace attune
