// One artefact file: opened, checked, mapped; its code loaded on request.
#pragma once

#include "attune/Runtime/Core/ArtifactFormat.h"
#include "attune/Runtime/Core/KernelABI.h"
#include "attune/Runtime/Core/Memory.h"
#include "attune/Support/Error.h"

#include <memory>
#include <string>
#include <string_view>

namespace attune::runtime {

/// A checked artefact. Records are views into the tables and live as long as it does. Const
/// functions may be called from many threads.
class Artifact {
public:
  ~Artifact();
  Artifact(const Artifact &) = delete;
  Artifact &operator=(const Artifact &) = delete;

  /// Opens `path` and checks everything but the weights' hash; runs none of its code. Damage is
  /// ErrorCode::Malformed; a file that cannot be read is FileAccess.
  static Error open(const char *path, std::unique_ptr<Artifact> &artifact);

  /// Checks that this machine can run the code, then loads it. NoDevice names what lacks.
  Error loadCode();
  /// Reads all weights and checks their hash.
  Error checkWeights() const;

  const Trailer &trailer() const { return tail; }
  View<const TensorRecord> inputs() const { return records<TensorRecord>(head().inputs); }
  View<const TensorRecord> outputs() const { return records<TensorRecord>(head().outputs); }
  View<const SymbolRecord> symbols() const { return records<SymbolRecord>(head().symbols); }
  View<const GuardRecord> guards() const { return records<GuardRecord>(head().guards); }
  View<const ConstantRecord> constants() const { return records<ConstantRecord>(head().constants); }
  View<const DispatchRecord> dispatches() const {
    return records<DispatchRecord>(head().dispatches);
  }
  View<const VariantRecord> variants() const { return records<VariantRecord>(head().variants); }
  View<const DimRecord> dims(const TensorRecord &tensor) const { return dims(tensor.dims); }
  View<const DimRecord> dims(Range range) const { return records<DimRecord>(range); }
  View<const uint32_t> ranks(const DispatchRecord &dispatch) const {
    return records<uint32_t>(dispatch.ranks);
  }
  /// A string of the tables.
  std::string_view text(Range range) const {
    return {reinterpret_cast<const char *>(tables.data()) + range.offset, range.count};
  }
  std::string_view compiler() const { return text(head().compiler); }
  std::string_view target() const { return text(head().target); }
  std::string_view features() const { return text(head().features); }
  std::string_view options() const { return text(head().options); }
  std::string_view certificate() const { return text(head().certificate); }

  /// "float32[batch, seq, 384]", as messages and `inspect` show a tensor.
  std::string describe(const TensorRecord &tensor) const;

  /// The code's entry table; null before loadCode.
  const Code *code() const { return codeTable; }
  /// A constant's data in the mapped weights, readable kOverRead bytes past its end.
  const void *constantData(const ConstantRecord &constant) const {
    return weightsBase + constant.offset;
  }
  uint64_t fileBytes() const { return tail.fileBytes; }

private:
  Artifact() = default;

  template <typename T> View<const T> records(Range range) const {
    return {reinterpret_cast<const T *>(tables.data() + range.offset), range.count};
  }
  const Tables &head() const { return *reinterpret_cast<const Tables *>(tables.data()); }

  Error read();
  Error readTrailer();
  Error checkLayout() const;
  Error checkPadding() const;
  Error checkCodeHash() const;
  Error readTables();
  Error mapWeights();
  Error malformed(const std::string &what, const char *hint = "") const;

  std::string path;
  int descriptor = -1;
  Trailer tail{};
  List<uint8_t> tables;
  void *mapping = nullptr;
  uint64_t mappedBytes = 0;
  const uint8_t *weightsBase = nullptr;
  void *library = nullptr;
  const Code *codeTable = nullptr;
};

/// Checks every record, range and string of a tables section against its bounds: empty when
/// all is well, else what is wrong. `weightsBytes` is the size of the weights section.
std::string_view checkTables(View<const uint8_t> tables, uint64_t weightsBytes);

} // namespace attune::runtime
