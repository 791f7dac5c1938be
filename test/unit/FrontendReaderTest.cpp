// The wire format's bounds, and what the reader makes of tensors and foreign files.
#include "Failure.h"
#include "Reader.h"
#include "Wire.h"

#include <gtest/gtest.h>

using namespace attune;
using namespace attune::frontend;

namespace {

llvm::ArrayRef<uint8_t> bytesOf(const std::string &text) {
  return {reinterpret_cast<const uint8_t *>(text.data()), text.size()};
}

/// model { graph { initializer { tensor } } }
std::string modelWith(const std::string &tensor) {
  std::string graph, model;
  appendField(graph, 5, tensor);
  appendField(model, 1, uint64_t{8});
  appendField(model, 7, graph);
  return model;
}

/// A tensor of `count` floats in raw_data.
std::string rawTensor(uint64_t count, size_t bytes) {
  std::string tensor;
  appendField(tensor, 1, count);
  appendField(tensor, 2, uint64_t{1});
  appendField(tensor, 8, std::string("w"));
  appendField(tensor, 9, std::string(bytes, 'x'));
  return tensor;
}

Error errorOf(const std::string &model, const Limits &limits = {}) {
  try {
    readSkeleton(bytesOf(model), limits);
  } catch (const Failure &failure) {
    return failure.error;
  }
  return {};
}

TEST(Wire, VarintsEndWhereTheyMust) {
  struct {
    std::string bytes;
    WireCursor::Problem problem;
    uint64_t value;
  } cases[] = {
      {std::string("\x00", 1), WireCursor::Problem::None, 0},
      {"\x96\x01", WireCursor::Problem::None, 150},
      {std::string(9, '\xff') + "\x01", WireCursor::Problem::None, UINT64_MAX},
      {std::string(9, '\xff') + "\x02", WireCursor::Problem::Corrupt, 0},
      {std::string(10, '\xff') + "\x01", WireCursor::Problem::Corrupt, 0},
      {"\x96", WireCursor::Problem::Truncated, 0},
      {"", WireCursor::Problem::Truncated, 0},
  };
  for (const auto &entry : cases) {
    WireCursor cursor(bytesOf(entry.bytes));
    uint64_t value = 0;
    EXPECT_EQ(cursor.readVarint(value), entry.problem == WireCursor::Problem::None);
    EXPECT_EQ(cursor.problem(), entry.problem);
    if (entry.problem == WireCursor::Problem::None)
      EXPECT_EQ(value, entry.value);
  }
}

TEST(Wire, LengthsStayInside) {
  for (uint64_t length : {uint64_t{4}, uint64_t{1} << 31, uint64_t{1} << 63, UINT64_MAX}) {
    std::string text;
    appendVarint(text, length);
    text += "abc";
    WireCursor cursor(bytesOf(text));
    llvm::ArrayRef<uint8_t> value;
    EXPECT_FALSE(cursor.readBytes(value)) << length;
    EXPECT_EQ(cursor.problem(), WireCursor::Problem::Truncated);
  }
}

TEST(Wire, GroupsAndFieldZeroAreDamage) {
  for (const char *text : {"\x0b", "\x0c", "\x0e", "\x07", "\x02"}) {
    WireCursor cursor(bytesOf(text));
    uint32_t field;
    Wire wire;
    EXPECT_FALSE(cursor.readTag(field, wire));
    EXPECT_EQ(cursor.problem(), WireCursor::Problem::Corrupt);
  }
}

TEST(Wire, TagsHoldFieldsAndLayouts) {
  for (uint64_t field : {uint64_t{1}, uint64_t{15}, uint64_t{16}, uint64_t{0x1fffffff},
                         uint64_t{0x20000000}, uint64_t{1} << 32})
    for (uint64_t layout = 0; layout < 8; ++layout) {
      std::string bytes;
      appendVarint(bytes, field << 3 | layout);
      WireCursor cursor(bytesOf(bytes));
      uint32_t number = 0;
      Wire wire{};
      bool good = field <= 0x1fffffff && (layout <= 2 || layout == 5);
      ASSERT_EQ(cursor.readTag(number, wire), good) << field << " " << layout;
      if (good) {
        EXPECT_EQ(number, field);
        EXPECT_EQ(static_cast<uint64_t>(wire), layout);
        std::string again;
        appendTag(again, number, wire);
        EXPECT_EQ(again, bytes);
      }
    }
}

TEST(Wire, VarintsAreWrittenInSevens) {
  const std::pair<uint64_t, std::string> cases[] = {
      {0, std::string(1, 0)},  {127, "\x7f"},
      {128, "\x80\x01"},       {16383, "\xff\x7f"},
      {16384, "\x80\x80\x01"}, {UINT64_MAX, std::string(9, '\xff') + "\x01"}};
  for (const auto &[value, bytes] : cases) {
    std::string out;
    appendVarint(out, value);
    EXPECT_EQ(out, bytes) << value;
  }
}

TEST(Wire, ValuesOfEveryLayoutEndWithinTheRange) {
  const struct {
    Wire wire;
    std::string bytes; // of the value, with its length where it has one
    size_t size;       // without
  } cases[] = {{Wire::Varint, "\x80\x80\x01", 3},
               {Wire::Fixed32, "abcd", 4},
               {Wire::Fixed64, "abcdefgh", 8},
               {Wire::Bytes, "\x03xyz", 3},
               {Wire::Bytes, std::string(1, 0), 0}};
  for (const auto &c : cases) {
    for (size_t size = 0; size <= c.bytes.size(); ++size) {
      WireCursor cursor(bytesOf(c.bytes));
      WireCursor cut(bytesOf(c.bytes).take_front(size));
      llvm::ArrayRef<uint8_t> value;
      EXPECT_EQ(cut.readValue(c.wire, value), size == c.bytes.size()) << c.bytes << size;
      EXPECT_EQ(cut.problem() == WireCursor::Problem::Truncated, size < c.bytes.size());
      ASSERT_TRUE(cursor.readValue(c.wire, value));
      EXPECT_EQ(value.size(), c.size);
      EXPECT_EQ(cursor.offset(), c.bytes.size());
      EXPECT_TRUE(cursor.atEnd());
    }
  }
}

/// model { graph { node { attribute { … } } } }
std::string modelWithAttribute(const std::string &attribute) {
  std::string node, graph, model;
  appendField(node, 5, attribute);
  appendField(graph, 1, node);
  appendField(model, 1, uint64_t{8});
  appendField(model, 7, graph);
  return model;
}

TEST(Reader, ScalarsMayBePackedInListsOnly) {
  std::string ints, floats, name;
  appendField(name, 1, std::string("axes"));
  const struct {
    uint32_t field;
    Wire wire;
    std::string value; // as it stands behind the tag
    bool good;
  } cases[] = {
      {8, Wire::Varint, "\x05", true},         // ints
      {8, Wire::Bytes, "\x02\x05\x06", true},  // … packed
      {8, Wire::Bytes, "\x02\x05\x86", false}, // … cut off
      {8, Wire::Fixed32, "abcd", false},
      {7, Wire::Fixed32, "abcd", true}, // floats
      {7, Wire::Bytes,
       "\x08"
       "abcdefgh",
       true}, // … packed
      {7, Wire::Bytes,
       "\x03"
       "abc",
       false},
      {7, Wire::Varint, "\x05", false},
      {9, Wire::Bytes, "\x01s", true}, // strings
      {9, Wire::Varint, "\x05", false},
      {3, Wire::Varint, "\x05", true}, // i, one
      {3, Wire::Bytes, "\x01\x05", false},
      {2, Wire::Fixed32, "abcd", true}, // f, one
      {2, Wire::Bytes,
       "\x04"
       "abcd",
       false},
      {6, Wire::Varint, "\x05", false}, // g, a message
      {11, Wire::Fixed64, "abcdefgh", false},
  };
  for (const auto &c : cases) {
    std::string attribute = name;
    appendTag(attribute, c.field, c.wire);
    attribute += c.value;
    std::string model = modelWithAttribute(attribute);
    Error error = errorOf(model);
    EXPECT_EQ(error.code, c.good ? ErrorCode::Ok : ErrorCode::Malformed) << &c - cases;
    if (c.good)
      EXPECT_EQ(readSkeleton(bytesOf(model), {}).model, model) << &c - cases;
    else
      EXPECT_NE(error.message.find("graph.node.attribute."), std::string::npos) << error.message;
  }
}

TEST(Reader, OneMessageOccursOnce) {
  std::string graph, twice;
  appendField(graph, 6, std::string());
  appendField(twice, 6, std::string());
  EXPECT_FALSE(errorOf(modelWithAttribute(graph)).failed());
  Error error = errorOf(modelWithAttribute(graph + twice));
  EXPECT_NE(error.message.find("graph.node.attribute.g occurs twice"), std::string::npos);
  appendField(graph, 5, std::string()); // another one
  EXPECT_FALSE(errorOf(modelWithAttribute(graph)).failed());
}

TEST(Reader, DamageIsToldByItsPlace) {
  std::string good = modelWithAttribute(std::string());
  Error error = errorOf(good + "\x0b");
  EXPECT_NE(error.message.find("no valid field at byte " + std::to_string(good.size() + 1) +
                               ", in the model"),
            std::string::npos)
      << error.message;
  std::string beyond = "\x08"; // leaves its message, but not the file
  error = errorOf(modelWithAttribute(beyond) + good);
  EXPECT_NE(error.message.find("the file is damaged"), std::string::npos) << error.message;
  EXPECT_NE(error.message.find("in graph.node.attribute"), std::string::npos) << error.message;
  error = errorOf(modelWithAttribute(beyond));
  EXPECT_NE(error.message.find("the file ends in the middle of graph.node.attribute"),
            std::string::npos)
      << error.message;
}

/// Each limit at the last value that lets a model pass.
TEST(Reader, LimitsAreExact) {
  std::string model = modelWithAttribute(std::string("\x0a\x01"
                                                     "a",
                                                     3));
  std::string nodes, graph, two;
  appendField(nodes, 1, std::string());
  appendField(nodes, 1, std::string());
  appendField(two, 1, uint64_t{8});
  appendField(two, 7, nodes);
  const struct {
    std::string model;
    uint64_t Limits::*limit;
    uint64_t enough;
    const char *flag;
  } cases[] = {
      {model, &Limits::depth, 3, "--limit-depth"},
      {model, &Limits::records, 4, "--limit-records"},
      {model, &Limits::nodes, 1, "--limit-nodes"},
      {two, &Limits::nodes, 2, "--limit-nodes"},
      {modelWith(rawTensor(1, 4)), &Limits::tensors, 1, "--limit-tensors"},
      {model, &Limits::skeletonBytes, 2 + 3 + 3 * 8, "--limit-skeleton-bytes"},
  };
  for (const auto &c : cases) {
    Limits limits;
    limits.*c.limit = c.enough;
    EXPECT_EQ(errorOf(c.model, limits).message, "") << c.flag;
    limits.*c.limit = c.enough - 1;
    Error error = errorOf(c.model, limits);
    EXPECT_EQ(error.code, ErrorCode::Limit) << c.flag;
    EXPECT_NE(error.hint.find(c.flag), std::string::npos) << error.hint;
  }
  Limits limits;
  limits.depth = 100000;               // the reader's own bound stays
  const uint32_t fields[] = {1, 5, 6}; // node, attribute, g
  for (int levels : {999, 1000}) {
    std::string inner, model;
    for (int i = levels; i-- > 0;) {
      std::string outer;
      appendField(outer, fields[i % 3], inner);
      inner = std::move(outer);
    }
    appendField(model, 7, inner);
    EXPECT_EQ(errorOf(model, limits).code, levels == 999 ? ErrorCode::Ok : ErrorCode::Limit);
  }
}

TEST(Reader, SmallTensorsStayAndLargeOnesAreReferences) {
  std::string small = modelWith(rawTensor(256, 1024));
  EXPECT_TRUE(readSkeleton(bytesOf(small), {}).payloads.empty());

  std::string large = modelWith(rawTensor(257, 1028));
  Skeleton skeleton = readSkeleton(bytesOf(large), {});
  ASSERT_EQ(skeleton.payloads.size(), 1u);
  const Payload &payload = skeleton.payloads[0];
  EXPECT_EQ(payload.place, Payload::Place::Model);
  EXPECT_EQ(payload.bytes, 1028u);
  EXPECT_EQ(payload.tensor, "w");
  EXPECT_EQ(large.substr(payload.offset, payload.bytes), std::string(1028, 'x'));
  EXPECT_LT(skeleton.model.size(), 100u);
}

TEST(Reader, TypedDataInOneChunkIsAReferenceToo) {
  std::string tensor;
  appendField(tensor, 1, uint64_t{300});
  appendField(tensor, 2, uint64_t{1});
  appendField(tensor, 4, std::string(1200, 'f'));
  std::string model = modelWith(tensor);
  Skeleton skeleton = readSkeleton(bytesOf(model), {});
  ASSERT_EQ(skeleton.payloads.size(), 1u);
  EXPECT_EQ(skeleton.payloads[0].place, Payload::Place::Model);
  EXPECT_EQ(model[skeleton.payloads[0].offset], 'f');
  EXPECT_NE(model[skeleton.payloads[0].offset - 1], 'f');
}

TEST(Reader, VarintsAreDecoded) {
  std::string tensor, data;
  for (int i = 0; i < 600; ++i)
    appendVarint(data, static_cast<uint64_t>(int64_t{-i}));
  appendField(tensor, 1, uint64_t{600});
  appendField(tensor, 2, uint64_t{5}); // int16
  appendField(tensor, 5, data);
  Skeleton skeleton = readSkeleton(bytesOf(modelWith(tensor)), {});
  ASSERT_EQ(skeleton.payloads.size(), 1u);
  const std::string &memory = skeleton.payloads[0].memory;
  ASSERT_EQ(memory.size(), 1200u);
  EXPECT_EQ(memory.substr(2, 4), std::string("\xff\xff\xfe\xff", 4));
}

TEST(Reader, LimitsAreKept) {
  Limits limits;
  limits.tensors = 0;
  EXPECT_EQ(errorOf(modelWith(rawTensor(1, 4)), limits).code, ErrorCode::Limit);
  limits = {};
  limits.skeletonBytes = 32;
  EXPECT_EQ(errorOf(modelWith(rawTensor(8, 32)), limits).code, ErrorCode::Limit);
  limits = {};
  limits.depth = 1;
  Error error = errorOf(modelWith(rawTensor(1, 4)), limits);
  EXPECT_EQ(error.code, ErrorCode::Limit);
  EXPECT_NE(error.hint.find("--limit-depth"), std::string::npos);
  EXPECT_FALSE(errorOf(modelWith(rawTensor(1, 4))).failed());
}

TEST(Reader, TruncationAnywhereIsAnError) {
  std::string model = modelWith(rawTensor(300, 1200));
  for (size_t size = 0; size < model.size(); ++size) {
    Error error = errorOf(model.substr(0, size));
    EXPECT_EQ(error.code, ErrorCode::Malformed) << size;
  }
}

TEST(Reader, ForeignFilesAreNamed) {
  EXPECT_EQ(describeForeignFile({}), "is empty");
  EXPECT_EQ(describeForeignFile(bytesOf(modelWith(rawTensor(1, 4)))), "");
  const std::string zeros(4096, 0), text(512, 'x');
  const std::pair<std::string, const char *> cases[] = {
      {"hello\tworld\r\n", "is text"},
      {"~ ", "is text"},
      {"a\x7f", ""},
      {"a\x1f", ""},
      {"a\v", ""},
      {text + "\x01", "is text"}, // the start decides
      {text.substr(1) + "\x01", ""},
      {zeros + "\x01", "holds only zeros"},
      {zeros.substr(1) + "\x01", ""},
      {"version https://git-lfs.github.com", "Git LFS"},
      {"PK\x03\x04", "zip archive"},
      {"\x1f\x8b\x08", "gzip"},
      {"\x7f"
       "ELF",
       "executable"},
      {"  \n<!DocType HTML>", "web page"},
      {"<HTML>", "web page"},
      {std::string(251, ' ') + "<html", "web page"},
      {std::string(252, ' ') + "<html", "is text"},
      {std::string(242, ' ') + "<!doctype html", "web page"},
      {std::string(243, ' ') + "<!doctype html", "is text"},
      {std::string("\x10\0\0\0\0\0\0\0{}", 10), "safetensors"},
      {std::string("\x10\0\0\0\0\0\0\0{", 9), ""},
  };
  for (const auto &[bytes, says] : cases) {
    std::string name = describeForeignFile(bytesOf(bytes));
    EXPECT_EQ(name.empty(), !*says) << &bytes - &cases[0].first << name;
    EXPECT_NE(name.find(says), std::string::npos) << says << ": " << name;
  }
}

} // namespace
