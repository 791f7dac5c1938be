// Artefacts: what is written is read, damage anywhere is refused before anything runs.
#include "RuntimeTest.h"
#include "attune/Runtime/Core/ElementType.h"
#include "attune/Runtime/Core/Hash.h"

#include <csignal>
#include <fcntl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

using namespace attune;
using namespace attune::runtime;
using namespace attune::test;

namespace {

class ArtifactTest : public RuntimeTest {
protected:
  Error open(const std::string &path) {
    artifact.reset();
    return Artifact::open(path.c_str(), artifact);
  }
  std::unique_ptr<Artifact> artifact;
};

Trailer &trailerOf(std::string &bytes) {
  return *reinterpret_cast<Trailer *>(bytes.data() + bytes.size() - sizeof(Trailer));
}

/// Makes the hashes fit again after a change to the tables or the trailer.
void rehash(std::string &bytes) {
  Trailer &trailer = trailerOf(bytes);
  trailer.tables.hash = hashBytes(bytes.data() + trailer.tables.offset, trailer.tables.bytes);
  trailer.hash = hashBytes(&trailer, offsetof(Trailer, hash));
}

TEST_F(ArtifactTest, ReadsWhatWasWritten) {
  ASSERT_FALSE(open(tiny()).failed());
  ASSERT_EQ(artifact->inputs().size(), 2u);
  const TensorRecord &x = artifact->inputs()[0];
  EXPECT_EQ(artifact->text(x.name), "x");
  EXPECT_EQ(artifact->describe(x), "float32[batch, seq, 4]");
  EXPECT_EQ(artifact->dims(x)[1].symbol, 1);
  EXPECT_EQ(artifact->dims(x)[2].value, 4);
  EXPECT_EQ(artifact->describe(artifact->inputs()[1]), "int64[2 * seq]");
  EXPECT_EQ(artifact->dims(artifact->inputs()[1])[0].symbol, -1);
  EXPECT_EQ(artifact->describe(artifact->outputs()[1]), "float32[batch]");
  EXPECT_EQ(artifact->text(artifact->symbols()[1].name), "seq");
  EXPECT_EQ(artifact->symbols()[1].high, 100000);
  EXPECT_EQ(artifact->text(artifact->guards()[0].text), "seq <= 512");
  EXPECT_EQ(artifact->text(artifact->guards()[0].node), "node_positions");
  EXPECT_EQ(artifact->dispatches()[1].variantBegin, 1u);
  EXPECT_EQ(artifact->text(artifact->variants()[2].name), "rows");
  EXPECT_EQ(artifact->ranks(artifact->dispatches()[2])[1], 1u);
  EXPECT_EQ(artifact->compiler(), "by hand");
  EXPECT_EQ(artifact->target(), "x86-64");
  EXPECT_EQ(artifact->options(), "--cpu=x86-64");
  EXPECT_EQ(artifact->certificate(), "");
  EXPECT_EQ(artifact->trailer().weights.offset % kSectionAlignment, 0u);
  auto constants = tinyConstants();
  for (size_t i = 0; i < 2; ++i)
    EXPECT_EQ(std::memcmp(artifact->constantData(artifact->constants()[i]), constants[i].data(),
                          constants[i].size()),
              0);
  EXPECT_FALSE(artifact->checkWeights().failed());
  EXPECT_EQ(artifact->code(), nullptr);
}

TEST_F(ArtifactTest, TheSameDescriptionGivesTheSameBytes) {
  std::string first = readFile(tiny());
  EXPECT_EQ(readFile(tiny()), first);
}

TEST_F(ArtifactTest, RefusesAByteChangedAnywhere) {
  std::string path = tiny();
  std::string bytes = readFile(path);
  Trailer trailer = trailerOf(bytes);
  int file = ::open(path.c_str(), O_RDWR);
  ASSERT_GE(file, 0);
  for (size_t i = 0; i < bytes.size(); ++i) {
    char damaged = static_cast<char>(bytes[i] ^ (1 << i % 8));
    ASSERT_EQ(pwrite(file, &damaged, 1, static_cast<off_t>(i)), 1);
    Error error = open(path);
    bool inWeights =
        i >= trailer.weights.offset && i < trailer.weights.offset + trailer.weights.bytes;
    if (inWeights) {
      ASSERT_FALSE(error.failed()) << i;
      error = artifact->checkWeights();
    }
    ASSERT_EQ(error.code, ErrorCode::Malformed) << "byte " << i << ": " << error.message;
    ASSERT_EQ(pwrite(file, &bytes[i], 1, static_cast<off_t>(i)), 1);
  }
  close(file);
  EXPECT_FALSE(open(path).failed());
}

TEST_F(ArtifactTest, RefusesEveryTruncation) {
  std::string path = tiny();
  for (off_t size = static_cast<off_t>(readFile(path).size()) - 1; size >= 0; --size) {
    ASSERT_EQ(truncate(path.c_str(), size), 0);
    Error error = open(path);
    ASSERT_EQ(error.code, ErrorCode::Malformed) << size << ": " << error.message;
  }
}

TEST_F(ArtifactTest, RefusesAppendedBytes) {
  std::string path = tiny();
  writeFile(path, readFile(path) + "x");
  EXPECT_EQ(open(path).code, ErrorCode::Malformed);
}

/// The hashes fit, so only the bounds checks stand between these tables and their readers.
TEST_F(ArtifactTest, SurvivesHostileTables) {
  std::string path = tiny(), good = readFile(path);
  Trailer trailer = trailerOf(good);
  const uint64_t values[] = {0,
                             1,
                             7,
                             UINT64_MAX,
                             uint64_t(1) << 63,
                             UINT32_MAX,
                             trailer.tables.bytes,
                             1u << 20,
                             UINT64_MAX - 7};
  size_t refused = 0;
  for (uint64_t at = 0; at + 8 <= trailer.tables.bytes; at += 4)
    for (uint64_t value : values) {
      std::string bytes = good;
      std::memcpy(bytes.data() + trailer.tables.offset + at, &value, 8);
      rehash(bytes);
      writeFile(path, bytes);
      Error error = open(path);
      refused += error.failed();
      if (error.failed()) {
        ASSERT_EQ(error.code, ErrorCode::Malformed) << error.message;
        continue;
      }
      size_t read = 0;
      for (auto tensors : {artifact->inputs(), artifact->outputs()})
        for (const TensorRecord &tensor : tensors)
          read += artifact->text(tensor.name).size() + artifact->describe(tensor).size();
      for (const GuardRecord &guard : artifact->guards())
        read += std::string(artifact->text(guard.text)).size();
      for (const ConstantRecord &constant : artifact->constants())
        if (constant.bytes)
          read += *static_cast<const uint8_t *>(artifact->constantData(constant));
      for (const DispatchRecord &dispatch : artifact->dispatches())
        for (uint32_t rank : artifact->ranks(dispatch))
          read += rank;
      EXPECT_LT(read, 1u << 20);
    }
  EXPECT_GT(refused, trailer.tables.bytes / 4);
}

TEST_F(ArtifactTest, RefusesSectionsOutsideTheFile) {
  std::string path = tiny(), good = readFile(path);
  for (size_t field = 0; field < 9; ++field)
    for (uint64_t value : {uint64_t(0), uint64_t(4096) * 1000, UINT64_MAX, uint64_t(1) << 63}) {
      std::string bytes = good;
      uint64_t *words = &trailerOf(bytes).code.offset;
      if (words[field] == value)
        continue;
      words[field] = value;
      trailerOf(bytes).hash = hashBytes(&trailerOf(bytes), offsetof(Trailer, hash));
      writeFile(path, bytes);
      Error error = open(path);
      if (!error.failed())
        error = artifact->checkWeights(); // their hash, the last field
      EXPECT_EQ(error.code, ErrorCode::Malformed) << field << " " << value;
    }
}

TEST_F(ArtifactTest, NamesBothFormatVersions) {
  std::string path = tiny(), bytes = readFile(path);
  trailerOf(bytes).major = 7;
  rehash(bytes);
  writeFile(path, bytes);
  Error error = open(path);
  EXPECT_EQ(error.code, ErrorCode::Malformed);
  EXPECT_NE(error.message.find("7.0"), std::string::npos) << error.message;
  EXPECT_NE(error.message.find("2.0"), std::string::npos) << error.message;
  trailerOf(bytes).major = kFormatMajor;
  trailerOf(bytes).minor = 9;
  rehash(bytes);
  writeFile(path, bytes);
  EXPECT_FALSE(open(path).failed()); // a newer minor version is compatible
}

TEST_F(ArtifactTest, NamesBothAbiVersions) {
  ASSERT_FALSE(open(tiny(nullptr, TINY_KERNELS_OTHER_ABI)).failed());
  Error error = artifact->loadCode();
  EXPECT_EQ(error.code, ErrorCode::Malformed);
  EXPECT_NE(error.message.find("99"), std::string::npos) << error.message;
  EXPECT_NE(error.message.find("runs 2"), std::string::npos) << error.message;
}

TEST_F(ArtifactTest, RefusesCodeOfAnotherModel) {
  ASSERT_FALSE(open(tiny([](ArtifactDescription &d) {
                 d.dispatches[0].variants.push_back("surplus");
               })).failed());
  EXPECT_EQ(artifact->loadCode().code, ErrorCode::Malformed);
}

TEST_F(ArtifactTest, RefusesMachinesWithoutTheFeatures) {
  ASSERT_FALSE(open(tiny([](ArtifactDescription &d) { d.features = "sse2,quantum"; })).failed());
  Error error = artifact->loadCode();
  EXPECT_EQ(error.code, ErrorCode::NoDevice);
  EXPECT_NE(error.message.find("quantum"), std::string::npos) << error.message;
}

TEST_F(ArtifactTest, RefusesWhatIsNoArtifact) {
  EXPECT_EQ(open(folder + "/none").code, ErrorCode::FileAccess);
  EXPECT_EQ(open(folder).code, ErrorCode::FileAccess);
  std::string fifo = folder + "/fifo", text = folder + "/text", empty = folder + "/empty";
  ASSERT_EQ(mkfifo(fifo.c_str(), 0600), 0);
  EXPECT_EQ(open(fifo).code, ErrorCode::FileAccess);
  writeFile(text, std::string(100000, 'x'));
  EXPECT_EQ(open(text).code, ErrorCode::Malformed);
  writeFile(empty, "");
  EXPECT_EQ(open(empty).code, ErrorCode::Malformed);
}

/// Descriptor numbers come back, and the dynamic loader knows libraries by name first.
TEST_F(ArtifactTest, LoadsTheRightCodeWhenDescriptorsComeBack) {
  std::string first = folder + "/first.attune", other = folder + "/other.attune";
  std::string path = tiny();
  ASSERT_EQ(rename(path.c_str(), first.c_str()), 0);
  ASSERT_EQ(rename(tiny(nullptr, TINY_KERNELS_OTHER_ABI).c_str(), other.c_str()), 0);
  for (int i = 0; i < 5; ++i) {
    Ref<Model> a = load(first), b = load(first); // one file twice
    EXPECT_EQ(a->artifact().code(), b->artifact().code());
    a = Ref<Model>();
    ASSERT_FALSE(open(other).failed()); // takes a's descriptor
    EXPECT_EQ(artifact->loadCode().code, ErrorCode::Malformed);
    artifact.reset();
    auto one = session(b);
    TinyCase c(2, 2);
    ASSERT_FALSE(one->run(TinyInputs(c).view()).failed());
    EXPECT_TRUE(matches(*one, c));
  }
}

TEST_F(ArtifactTest, ChecksWeightsWhenAsked) {
  std::string path = tiny(), bytes = readFile(path);
  bytes[trailerOf(bytes).weights.offset + 5] ^= 1;
  writeFile(path, bytes);
  Ref<Model> model;
  EXPECT_FALSE(Model::load(path.c_str(), {1, false}, model).failed());
  Error error = Model::load(path.c_str(), {1, true}, model);
  EXPECT_EQ(error.code, ErrorCode::Malformed);
  EXPECT_NE(error.message.find("weights"), std::string::npos);
}

/// Code and weights of several buffers of the hasher.
TEST_F(ArtifactTest, HashesEveryByteOfLargeFiles) {
  ArtifactDescription description = tinyDescription();
  description.constants[1].bytes = 150000;
  std::string path = folder + "/large.attune", data(150000, 'w');
  std::string code = readFile(TINY_KERNELS) + std::string(150000, 'c');
  ASSERT_FALSE(finishArtifact(path, code, description, [&](size_t i, const ByteSink &sink) {
                 return sink(data.data(), description.constants[i].bytes);
               }).failed());
  ASSERT_FALSE(open(path).failed());
  EXPECT_FALSE(artifact->checkWeights().failed());
  std::string good = readFile(path);
  Trailer trailer = trailerOf(good);
  EXPECT_EQ(trailer.code.hash, hashBytes(code.data(), code.size()));
  EXPECT_EQ(trailer.weights.hash,
            hashBytes(good.data() + trailer.weights.offset, trailer.weights.bytes));
  for (uint64_t at : {uint64_t(65535), uint64_t(65536), trailer.code.bytes - 1}) {
    std::string bytes = good;
    bytes[at] ^= 1;
    writeFile(path, bytes);
    EXPECT_EQ(open(path).code, ErrorCode::Malformed) << at;
  }
  for (uint64_t at : {uint64_t(65536), trailer.weights.bytes - 1}) {
    std::string bytes = good;
    bytes[trailer.weights.offset + at] ^= 1;
    writeFile(path, bytes);
    ASSERT_FALSE(open(path).failed());
    EXPECT_EQ(artifact->checkWeights().code, ErrorCode::Malformed) << at;
  }
}

/// Weights that huge pages can map begin where one does; the gap before them has no meaning.
TEST_F(ArtifactTest, LargeWeightsBeginAtAHugePage) {
  for (uint64_t bytes : {kHugeWeights - 4096, kHugeWeights}) {
    ArtifactDescription description = tinyDescription();
    description.constants[1].bytes = bytes;
    std::string path = folder + "/huge.attune", data(bytes, 'w');
    data.back() = 'z';
    ASSERT_FALSE(finishArtifact(path, "elf", description, [&](size_t i, const ByteSink &sink) {
                   return sink(data.data(), description.constants[i].bytes);
                 }).failed());
    ASSERT_FALSE(open(path).failed());
    EXPECT_FALSE(artifact->checkWeights().failed());
    const Section &weights = artifact->trailer().weights;
    bool huge = weights.bytes >= kHugeWeights;
    EXPECT_EQ(weights.offset, huge ? kHugePage : 2 * kSectionAlignment);
    const auto *mapped =
        static_cast<const uint8_t *>(artifact->constantData(artifact->constants()[1]));
    EXPECT_EQ(mapped[bytes - 1], 'z');
    std::string good = readFile(path);
    for (uint64_t at : {artifact->trailer().tables.offset + artifact->trailer().tables.bytes,
                        weights.offset - 1}) {
      std::string damaged = good;
      damaged[at] = 1;
      writeFile(path, damaged);
      EXPECT_EQ(open(path).code, ErrorCode::Malformed) << at;
      writeFile(path, good);
      ASSERT_FALSE(open(path).failed());
    }
  }
}

TEST_F(ArtifactTest, KnowsElementTypes) {
  const struct {
    int number;
    const char *name;
    uint32_t bytes;
  } types[] = {{0, "unknown", 0},   {1, "float32", 4}, {2, "uint8", 1},    {3, "int8", 1},
               {4, "uint16", 2},    {5, "int16", 2},   {6, "int32", 4},    {7, "int64", 8},
               {8, "unknown", 0},   {9, "bool", 1},    {10, "float16", 2}, {11, "float64", 8},
               {12, "uint32", 4},   {13, "uint64", 8}, {14, "unknown", 0}, {15, "unknown", 0},
               {16, "bfloat16", 2}, {17, "unknown", 0}};
  for (const auto &type : types) {
    EXPECT_STREQ(elementName(ElementType(type.number)), type.name);
    EXPECT_EQ(elementBytes(ElementType(type.number)), type.bytes) << type.name;
  }
}

class WriterTest : public RuntimeTest {
protected:
  std::vector<std::string> listing() {
    std::vector<std::string> names;
    for (const auto &entry : std::filesystem::directory_iterator(folder))
      names.push_back(entry.path().filename());
    return names;
  }
};

TEST_F(WriterTest, LeavesNothingBehindOnFailure) {
  ArtifactDescription description = tinyDescription();
  std::string path = folder + "/out.attune";
  writeFile(path, "old");
  auto broken = [](size_t, const ByteSink &) {
    return Error{ErrorCode::FileAccess, "the model went away", "", "", ""};
  };
  Error error = finishArtifact(path, "elf", description, broken);
  EXPECT_EQ(error.message, "the model went away");
  auto tooShort = [](size_t, const ByteSink &sink) { return sink("abc", 3); };
  EXPECT_EQ(finishArtifact(path, "elf", description, tooShort).code, ErrorCode::Internal);
  auto tooLong = [](size_t, const ByteSink &sink) {
    return sink(std::string(1000, 'x').data(), 1000);
  };
  EXPECT_EQ(finishArtifact(path, "elf", description, tooLong).code, ErrorCode::Internal);
  EXPECT_EQ(readFile(path), "old");
  EXPECT_EQ(listing(), std::vector<std::string>{"out.attune"});
}

TEST_F(WriterTest, RefusesPlacesItCannotWrite) {
  ArtifactDescription description;
  auto none = [](size_t, const ByteSink &) { return Error(); };
  EXPECT_EQ(finishArtifact(folder + "/no/out", "elf", description, none).code,
            ErrorCode::FileAccess);
  EXPECT_EQ(finishArtifact(folder, "elf", description, none).code, ErrorCode::FileAccess);
  // Not a device of the system: a writer that is broken would put a file in its place.
  std::string pipe = folder + "/pipe";
  ASSERT_EQ(mkfifo(pipe.c_str(), 0600), 0);
  EXPECT_EQ(finishArtifact(pipe, "elf", description, none).code, ErrorCode::FileAccess);
  EXPECT_TRUE(std::filesystem::is_fifo(pipe));
  std::filesystem::remove(pipe);
  EXPECT_TRUE(listing().empty());
}

/// As on a full disk, at every stage of the file.
TEST_F(WriterTest, LeavesNothingBehindWhenTheDiskIsFull) {
  uint64_t size = std::filesystem::file_size(tiny());
  std::filesystem::remove(folder + "/tiny.attune");
  std::string elf = readFile(TINY_KERNELS);
  auto constants = tinyConstants();
  auto source = [&](size_t index, const ByteSink &sink) {
    return sink(constants[index].data(), constants[index].size());
  };
  auto handler = signal(SIGXFSZ, SIG_IGN);
  rlimit before;
  ASSERT_EQ(getrlimit(RLIMIT_FSIZE, &before), 0);
  for (uint64_t limit = 0; limit < size; limit += 997) {
    rlimit small = {limit, before.rlim_max};
    ASSERT_EQ(setrlimit(RLIMIT_FSIZE, &small), 0);
    Error error = finishArtifact(folder + "/out.attune", elf, tinyDescription(), source);
    ASSERT_EQ(setrlimit(RLIMIT_FSIZE, &before), 0);
    ASSERT_EQ(error.code, ErrorCode::FileAccess) << limit;
    ASSERT_TRUE(listing().empty()) << limit;
  }
  signal(SIGXFSZ, handler);
}

TEST_F(WriterTest, WritesIntoTheFolderAtHand) {
  auto here = std::filesystem::current_path();
  std::filesystem::current_path(folder);
  Error error = writeTiny("tiny.attune", TINY_KERNELS, tinyDescription());
  std::filesystem::current_path(here);
  EXPECT_FALSE(error.failed()) << error.message;
  EXPECT_EQ(listing(), std::vector<std::string>{"tiny.attune"});
}

TEST_F(WriterTest, TakesTheDataOfAConstantInAnyPieces) {
  ArtifactDescription description = tinyDescription();
  auto byByte = [&](size_t index, const ByteSink &sink) {
    auto constants = tinyConstants();
    for (uint8_t byte : constants[index])
      if (Error error = sink(&byte, 1); error.failed())
        return error;
    return sink(nullptr, 0);
  };
  std::string path = folder + "/out.attune";
  ASSERT_FALSE(finishArtifact(path, readFile(TINY_KERNELS), description, byByte).failed());
  EXPECT_EQ(readFile(path), readFile(tiny()));
}

TEST_F(WriterTest, KeepsTheUsualMode) {
  mode_t mask = umask(022);
  std::string path = tiny();
  struct stat status;
  ASSERT_EQ(stat(path.c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777, 0644u);
  umask(mask);
}

} // namespace
