// The Python module attune._native: the C interface as classes. Statuses become attune.Error, every
// call that compiles, loads or runs lets other Python threads go on, and tensors are never copied.
#include "attune-c/Compiler.h"

#include <nanobind/nanobind.h>
#include <nanobind/stl/string.h>
#include <nanobind/stl/vector.h>

#include <memory>
#include <string>
#include <vector>

namespace nb = nanobind;

namespace {

template <auto destroy> struct Destroy {
  template <typename Handle> void operator()(Handle *handle) const { destroy(handle); }
};
template <typename Handle, auto destroy> using Owned = std::unique_ptr<Handle, Destroy<destroy>>;

/// Raises the Python exception for this thread's last error, or the one that is waiting.
[[noreturn]] void raiseLastError(attuneStatus status) {
  if (!PyErr_Occurred()) {
    nb::object error =
        nb::module_::import_("attune._errors")
            .attr("make")(int(status), attuneLastErrorMessage(), attuneLastErrorNode(),
                          attuneLastErrorOp(), attuneLastErrorHint());
    PyErr_SetObject(error.type().ptr(), error.ptr());
  }
  throw nb::python_error();
}

void check(attuneStatus status) {
  if (status != ATTUNE_OK)
    raiseLastError(status);
}

/// Runs a call of the C interface while other Python threads go on.
template <typename Call> void checkUnlocked(Call call) {
  attuneStatus status;
  {
    nb::gil_scoped_release release;
    status = call();
  }
  if (status != ATTUNE_OK || PyErr_Occurred()) // Ctrl-C may come too late to stop the call
    raiseLastError(status);
}

/// True when a signal handler of Python raised, as Ctrl-C does; the exception then waits.
int32_t signalRaised(void *) {
  nb::gil_scoped_acquire acquire;
  return PyErr_CheckSignals() != 0;
}

//===--- Compiling
//------------------------------------------------------------------------------===//

class Options {
public:
  Options() {
    attuneCompileOptions *raw = nullptr;
    check(attuneCompileOptionsCreate(&raw));
    handle.reset(raw);
    check(attuneCompileOptionsSetStop(raw, signalRaised, nullptr));
  }

  void setTarget(const std::string &name) {
    check(attuneCompileOptionsSetTarget(get(), name.c_str()));
  }
  void setCpu(const std::string &name) { check(attuneCompileOptionsSetCpu(get(), name.c_str())); }
  void addDim(const std::string &dim) { check(attuneCompileOptionsAddDim(get(), dim.c_str())); }
  void addPasses(const std::string &pipeline) {
    check(attuneCompileOptionsAddPasses(get(), pipeline.c_str()));
  }
  void setLimits(uint64_t memoryBytes, double seconds) {
    check(attuneCompileOptionsSetLimits(get(), memoryBytes, seconds));
  }

  attuneCompileOptions *get() const { return handle.get(); }

private:
  Owned<attuneCompileOptions, attuneCompileOptionsDestroy> handle;
};

/// Calls what writes a text, and gives the text.
template <typename Call> nb::str textOf(Call call) {
  Owned<attuneText, attuneTextDestroy> text;
  checkUnlocked([&] {
    attuneText *raw = nullptr;
    attuneStatus status = call(&raw);
    text.reset(raw);
    return status;
  });
  return nb::str(attuneTextData(text.get()));
}

void compile(const std::string &model, const std::string &output, const Options &options) {
  checkUnlocked([&] { return attuneCompile(model.c_str(), output.c_str(), options.get()); });
}

nb::str explain(const std::string &model, const Options &options) {
  return textOf(
      [&](attuneText **text) { return attuneExplain(model.c_str(), options.get(), text); });
}

nb::str inspect(const std::string &model, const Options &options) {
  return textOf(
      [&](attuneText **text) { return attuneInspect(model.c_str(), options.get(), text); });
}

nb::str verify(const std::vector<std::string> &cases, double rtol, double atol,
               const Options &options) {
  std::vector<const char *> folders;
  for (const std::string &folder : cases)
    folders.push_back(folder.c_str());
  return textOf([&](attuneText **text) {
    return attuneVerify(folders.data(), folders.size(), rtol, atol, options.get(), text);
  });
}

//===--- Running
//--------------------------------------------------------------------------------===//

/// Any object with the buffer protocol, held while the C interface uses its memory.
class Buffer {
public:
  Buffer(nb::handle object, bool writable) {
    int flags = PyBUF_C_CONTIGUOUS | (writable ? PyBUF_WRITABLE : 0);
    if (PyObject_GetBuffer(object.ptr(), &view, flags) != 0)
      throw nb::python_error();
  }
  Buffer(Buffer &&other) noexcept : view(other.view) { other.view.obj = nullptr; }
  Buffer(const Buffer &) = delete;
  ~Buffer() {
    if (view.obj)
      PyBuffer_Release(&view);
  }

  void *data() const { return view.buf; }
  size_t bytes() const { return size_t(view.len); }
  size_t rank() const { return size_t(view.ndim); }
  std::vector<int64_t> dims() const { return {view.shape, view.shape + view.ndim}; }

private:
  Py_buffer view{};
};

/// The inputs of one run: (name, number of the element type, buffer) each.
class Inputs {
public:
  explicit Inputs(nb::list given) {
    size_t count = nb::len(given);
    buffers.reserve(count);
    names.reserve(count);
    dims.reserve(count);
    for (nb::handle entry : given) {
      nb::tuple parts = nb::cast<nb::tuple>(entry);
      names.push_back(nb::cast<std::string>(parts[0]));
      buffers.emplace_back(nb::object(parts[2]), /*writable=*/false);
      dims.push_back(buffers.back().dims());
      records.push_back({names.back().c_str(), attuneElementType(nb::cast<int>(parts[1])),
                         buffers.back().rank(), dims.back().data(), buffers.back().data(),
                         buffers.back().bytes()});
    }
  }

  const attuneInput *data() const { return records.data(); }
  size_t size() const { return records.size(); }

private:
  std::vector<std::string> names;
  std::vector<std::vector<int64_t>> dims;
  std::vector<Buffer> buffers;
  std::vector<attuneInput> records;
};

class Session {
public:
  Session(attuneSession *session, size_t outputs) : handle(session), outputCount(outputs) {}

  /// Runs on `given`; `allocate(index, shape)` gives the buffer that output `index` is written to.
  void run(nb::list given, nb::callable allocate) {
    Inputs inputs(given);
    attuneSession *session = handle.get();
    checkUnlocked([&] { return attuneSessionPrepare(session, inputs.data(), inputs.size()); });
    std::vector<Buffer> outputs;
    outputs.reserve(outputCount);
    Unbind unbind{*this};
    for (size_t i = 0; i < outputCount; ++i) {
      attuneOutput output;
      check(attuneSessionOutput(session, i, &output));
      nb::list shape;
      for (size_t d = 0; d < output.rank; ++d)
        shape.append(output.dims[d]);
      outputs.emplace_back(allocate(i, nb::tuple(shape)), /*writable=*/true);
      // An empty buffer may have no address, and needs none.
      if (outputs[i].bytes())
        check(attuneSessionBindOutput(session, i, outputs[i].data(), outputs[i].bytes()));
    }
    checkUnlocked([&] { return attuneSessionRun(session, inputs.data(), inputs.size()); });
  }

private:
  /// The caller's memory is the session's for one run only.
  struct Unbind {
    Session &session;
    ~Unbind() {
      for (size_t i = 0; i < session.outputCount; ++i)
        (void)attuneSessionBindOutput(session.handle.get(), i, nullptr, 0);
    }
  };

  Owned<attuneSession, attuneSessionDestroy> handle;
  size_t outputCount;
};

class Model {
public:
  Model(const std::string &path, int threads) {
    attuneModel *raw = nullptr;
    checkUnlocked([&] { return attuneModelLoad(path.c_str(), threads, &raw); });
    handle.reset(raw);
  }

  int threads() const { return attuneModelThreads(handle.get()); }
  nb::list inputs() const { return tensors(attuneModelInputCount, attuneModelInput); }
  nb::list outputs() const { return tensors(attuneModelOutputCount, attuneModelOutput); }

  nb::dict symbols() const {
    nb::dict all;
    for (size_t i = 0; i < attuneModelSymbolCount(handle.get()); ++i) {
      attuneSymbolInfo info;
      check(attuneModelSymbol(handle.get(), i, &info));
      all[info.name] = nb::make_tuple(info.low, info.high);
    }
    return all;
  }

  void checkWeights() const {
    checkUnlocked([&] { return attuneModelCheckWeights(handle.get()); });
  }

  Session session() const {
    attuneSession *raw = nullptr;
    check(attuneSessionCreate(handle.get(), &raw));
    return Session(raw, attuneModelOutputCount(handle.get()));
  }

private:
  /// [(name, element type, (size or expression, …)), …]
  template <typename Count, typename Describe>
  nb::list tensors(Count count, Describe describe) const {
    nb::list all;
    for (size_t i = 0; i < count(handle.get()); ++i) {
      attuneTensorInfo info;
      check(describe(handle.get(), i, &info));
      nb::list shape;
      for (size_t d = 0; d < info.rank; ++d)
        if (info.dims[d].size >= 0)
          shape.append(info.dims[d].size);
        else
          shape.append(nb::str(info.dims[d].expression));
      all.append(nb::make_tuple(nb::str(info.name), nb::str(attuneElementName(info.type)),
                                nb::tuple(shape)));
    }
    return all;
  }

  Owned<attuneModel, attuneModelDestroy> handle;
};

/// The numbers of the element types by their names.
nb::dict elementTypes() {
  nb::dict types;
  for (int type = 1; type <= ATTUNE_BFLOAT16; ++type)
    if (attuneElementBytes(attuneElementType(type)))
      types[attuneElementName(attuneElementType(type))] = type;
  return types;
}

} // namespace

NB_MODULE(_native, module) {
  module.doc() = "The C interface of attune; use the package attune instead.";
  nb::class_<Options>(module, "Options")
      .def(nb::init<>())
      .def("set_target", &Options::setTarget, nb::arg("name"))
      .def("set_cpu", &Options::setCpu, nb::arg("name"))
      .def("add_dim", &Options::addDim, nb::arg("dim"))
      .def("add_passes", &Options::addPasses, nb::arg("pipeline"))
      .def("set_limits", &Options::setLimits, nb::arg("memory_bytes"), nb::arg("seconds"));
  nb::class_<Session>(module, "Session")
      .def("run", &Session::run, nb::arg("inputs"), nb::arg("allocate"));
  nb::class_<Model>(module, "Model")
      .def(nb::init<const std::string &, int>(), nb::arg("path"), nb::arg("threads"))
      .def_prop_ro("threads", &Model::threads)
      .def("inputs", &Model::inputs)
      .def("outputs", &Model::outputs)
      .def("symbols", &Model::symbols)
      .def("check_weights", &Model::checkWeights)
      .def("session", &Model::session);
  module.def("compile", &compile, nb::arg("model"), nb::arg("output"), nb::arg("options"));
  module.def("explain", &explain, nb::arg("model"), nb::arg("options"));
  module.def("inspect", &inspect, nb::arg("model"), nb::arg("options"));
  module.def("verify", &verify, nb::arg("cases"), nb::arg("rtol"), nb::arg("atol"),
             nb::arg("options"));
  module.def("devices", [] { return textOf(attuneDevices); });
  module.def("version", [] { return textOf(attuneVersion); });
  module.attr("element_types") = elementTypes();
}
