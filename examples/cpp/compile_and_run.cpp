// Compiles a model for this machine and runs it on ones, each input's unknown sizes being SIZE:
//
//   compile_and_run MODEL.onnx MODEL.attune [SIZE]
//
// The C interface in C++: handles that destroy themselves, statuses that become exceptions.
#include <attune-c/Compiler.h>

#include <algorithm>
#include <cstdlib>
#include <iostream>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

namespace {

template <auto destroy> struct Destroy {
  template <typename Handle> void operator()(Handle *handle) const { destroy(handle); }
};
using Options = std::unique_ptr<attuneCompileOptions, Destroy<attuneCompileOptionsDestroy>>;
using Model = std::unique_ptr<attuneModel, Destroy<attuneModelDestroy>>;
using Session = std::unique_ptr<attuneSession, Destroy<attuneSessionDestroy>>;

/// A failed call; what() has the message, the node and the hint.
struct Failure : std::runtime_error {
  explicit Failure(attuneStatus status) : std::runtime_error(text()), status(status) {}
  attuneStatus status;

private:
  static std::string text() {
    std::string all = attuneLastErrorMessage();
    if (*attuneLastErrorNode())
      all += std::string("\n  node: ") + attuneLastErrorNode();
    if (*attuneLastErrorHint())
      all += std::string("\n  hint: ") + attuneLastErrorHint();
    return all;
  }
};

void check(attuneStatus status) {
  if (status != ATTUNE_OK)
    throw Failure(status);
}

/// A value of the C interface's "create" functions, as a handle that destroys itself.
template <typename Handle, typename Create> Handle make(Create create) {
  typename Handle::pointer raw = nullptr;
  check(create(&raw));
  return Handle(raw);
}

/// A tensor of ones with memory of its own.
struct Ones {
  Ones(const attuneTensorInfo &info, int64_t size) : name(info.name), type(info.type) {
    size_t elements = 1;
    for (size_t i = 0; i < info.rank; ++i) {
      dims.push_back(info.dims[i].size < 0 ? size : info.dims[i].size);
      elements *= size_t(dims.back());
    }
    bytes.resize(elements * attuneElementBytes(type));
    if (type == ATTUNE_FLOAT32)
      std::fill_n(reinterpret_cast<float *>(bytes.data()), elements, 1.0f);
    else if (type == ATTUNE_INT64)
      std::fill_n(reinterpret_cast<int64_t *>(bytes.data()), elements, 1);
    else if (attuneElementBytes(type) == 1)
      std::fill(bytes.begin(), bytes.end(), char(1));
    else
      throw std::runtime_error(std::string("this example makes no ") + attuneElementName(type));
  }

  attuneInput input() const {
    return {name.c_str(), type, dims.size(), dims.data(), bytes.data(), bytes.size()};
  }

  std::string name;
  attuneElementType type;
  std::vector<int64_t> dims;
  std::vector<char> bytes;
};

void print(const attuneOutput &output) {
  std::cout << output.name << ": " << attuneElementName(output.type) << "[";
  for (size_t i = 0; i < output.rank; ++i)
    std::cout << (i ? ", " : "") << output.dims[i];
  std::cout << "]";
  if (output.type == ATTUNE_FLOAT32)
    for (size_t i = 0; i < 4 && i < output.bytes / sizeof(float); ++i)
      std::cout << " " << static_cast<const float *>(output.data)[i];
  std::cout << "\n";
}

void compileAndRun(const char *path, const char *artifact, int64_t size) {
  auto options = make<Options>(attuneCompileOptionsCreate);
  check(attuneCompileOptionsSetCpu(options.get(), "native"));
  check(attuneCompile(path, artifact, options.get()));

  auto model = make<Model>([&](auto *to) { return attuneModelLoad(artifact, 0, to); });
  auto session = make<Session>([&](auto *to) { return attuneSessionCreate(model.get(), to); });
  std::vector<Ones> values;
  for (size_t i = 0; i < attuneModelInputCount(model.get()); ++i) {
    attuneTensorInfo info;
    check(attuneModelInput(model.get(), i, &info));
    values.emplace_back(info, size);
  }
  std::vector<attuneInput> inputs;
  for (const Ones &value : values)
    inputs.push_back(value.input());
  check(attuneSessionRun(session.get(), inputs.data(), inputs.size()));
  for (size_t i = 0; i < attuneModelOutputCount(model.get()); ++i) {
    attuneOutput output;
    check(attuneSessionOutput(session.get(), i, &output));
    print(output);
  }
}

} // namespace

int main(int argc, char **argv) {
  if (argc < 3) {
    std::cerr << "usage: " << argv[0] << " MODEL.onnx MODEL.attune [SIZE]\n";
    return ATTUNE_USAGE;
  }
  try {
    compileAndRun(argv[1], argv[2], argc > 3 ? std::atoll(argv[3]) : 1);
  } catch (const Failure &failure) {
    std::cerr << argv[1] << ": " << failure.what() << "\n";
    return failure.status;
  } catch (const std::exception &failure) {
    std::cerr << failure.what() << "\n";
    return ATTUNE_UNSUPPORTED;
  }
}
