// The one description of an .attune file: plain little-endian structs, included by the
// runtime's reader and by the compiler's writer.
//
// The file is an ELF shared object (so it can be dlopened as it is), followed by sections at
// page boundaries and, as its last bytes, a Trailer. Section `tables` starts with a Tables
// header; every Range in it is relative to the section's start. Strings are Ranges into the
// string pool, not zero-terminated.
#pragma once

#include <cstdint>

namespace attune::runtime {

inline constexpr char kArtifactMagic[8] = {'A', 'T', 'T', 'U', 'N', 'E', '\x1a', '\n'};
inline constexpr uint32_t kFormatMajor = 2;
inline constexpr uint32_t kFormatMinor = 0;
inline constexpr uint64_t kSectionAlignment = 4096;
inline constexpr uint64_t kConstantAlignment = 64;
/// Weights of at least kHugeWeights bytes begin at a multiple of it, so that huge pages can map
/// them.
inline constexpr uint64_t kHugePage = 2 << 20;
inline constexpr uint64_t kHugeWeights = 2 * kHugePage;

/// A part of the file and the xxh3-64 of its bytes.
struct Section {
  uint64_t offset;
  uint64_t bytes;
  uint64_t hash;
};

/// The last bytes of the file.
struct Trailer {
  char magic[8];
  uint32_t major;
  uint32_t minor;
  uint64_t fileBytes;
  Section code; ///< offset 0
  Section tables;
  Section weights; ///< hash checked by `inspect --check` and `--check-weights` only
  uint64_t reserved;
  uint64_t hash; ///< xxh3-64 of the trailer's bytes before this field
};

/// `count` records (or bytes, for strings) from `offset` of the tables section.
struct Range {
  uint64_t offset;
  uint64_t count;
};

/// Element types; values are ONNX's TensorProto.DataType.
enum class ElementType : uint32_t {
  Float32 = 1,
  UInt8 = 2,
  Int8 = 3,
  UInt16 = 4,
  Int16 = 5,
  Int32 = 6,
  Int64 = 7,
  Bool = 9,
  Float16 = 10,
  Float64 = 11,
  UInt32 = 12,
  UInt64 = 13,
  BFloat16 = 16,
};

/// A dimension: `value` ≥ 0 when static; else -1, and `expression` is its text. `symbol` is the
/// symbol's index when the expression is exactly one symbol, else -1.
struct DimRecord {
  int64_t value;
  int64_t symbol;
  Range expression;
};

/// What `bench` and `--random` may feed an input with.
enum class InputRole : uint32_t { Data = 0, Mask = 1 };

/// `low` and `high` bound the integers that are safe for every use of an input, as far as the
/// compiler could prove it (`attune.range` on the argument); low > high says "not known".
struct TensorRecord {
  Range name;
  ElementType type;
  InputRole role; ///< `attune.role = "mask"`: only whether an element is zero matters
  Range dims;     ///< DimRecords
  int64_t low;
  int64_t high;
};

/// A symbol takes the size of dimension `dim` of input `input`, within [low, high].
struct SymbolRecord {
  Range name;
  uint32_t input;
  uint32_t dim;
  int64_t low;
  int64_t high;
};

/// A condition that the host function checks, in words for the user.
struct GuardRecord {
  Range text; ///< "seq <= 512"
  Range node; ///< the ONNX node that needs it
};

/// Constant data in the weights section.
struct ConstantRecord {
  uint64_t offset; ///< from the section's start, a multiple of kConstantAlignment
  uint64_t bytes;
  Range name;
};

/// What one launch of a dispatch has to do, for profiles. Of sizes that are not known the
/// expression is empty.
struct WorkRecord {
  Range what;      ///< the op in the grammar of facts, "contract(epilogue=[bias, gelu])"
  Range node;      ///< the first ONNX node that it came from
  Range extents;   ///< DimRecords: of the op's loops
  DimRecord flops; ///< products and sums, without what a mask's structure makes dead
  DimRecord bytes; ///< every operand read once, every result written once
};

/// The most characters of an expression in a WorkRecord, and the most extents.
inline constexpr uint64_t kMaxWorkText = 4096;
inline constexpr uint64_t kMaxWorkExtents = 64;

/// The buffers of a dispatch are its inputs, then its outputs.
struct DispatchRecord {
  Range name; ///< the kernel's name
  Range root; ///< the graph op, for profiles
  uint32_t inputCount;
  uint32_t outputCount;
  uint32_t wordCount;
  uint32_t variantBegin;
  uint32_t variantCount;
  uint32_t reserved;
  Range ranks; ///< uint32_t per buffer
  WorkRecord work;
};

struct VariantRecord {
  Range name;
};

/// The head of the tables section.
struct Tables {
  Range inputs;      ///< TensorRecords
  Range outputs;     ///< TensorRecords
  Range symbols;     ///< SymbolRecords
  Range guards;      ///< GuardRecords
  Range constants;   ///< ConstantRecords
  Range dispatches;  ///< DispatchRecords
  Range variants;    ///< VariantRecords, as Code's kernels and grids
  Range compiler;    ///< string: "attune 0.1.0, LLVM 22.1.8"
  Range target;      ///< string: the CPU level the code needs, "x86-64-v4"
  Range features;    ///< string: comma-separated CPU features the loader must find
  Range options;     ///< string: the compile options, as flags
  Range certificate; ///< string: JSON, empty when no rewrite needed one
};

} // namespace attune::runtime
