// The C interface over models and sessions: checks arguments, keeps each thread's last error.

#include "LastError.h"
#include "attune/Runtime/Core/ElementType.h"
#include "attune/Runtime/Core/Session.h"

using namespace attune;
using namespace attune::runtime;
using attune::capi::report;

static thread_local Error lastError;

attuneStatus capi::report(Error error) {
  if (!error.failed())
    return ATTUNE_OK;
  lastError = std::move(error);
  return static_cast<attuneStatus>(lastError.code);
}

namespace {

attuneStatus usage(const char *message) { return report({ErrorCode::Usage, message, "", "", ""}); }

attuneStatus outOfMemory() { return report({ErrorCode::Limit, "out of memory", "", "", ""}); }

/// The signature as C records. Strings are offsets until all are there.
class Signature {
public:
  bool build(const Artifact &artifact) {
    bool enough = addTensors(artifact, artifact.inputs(), inputs) &&
                  addTensors(artifact, artifact.outputs(), outputs);
    for (const SymbolRecord &symbol : artifact.symbols()) {
      const char *name = nullptr;
      enough = enough && addText(artifact.text(symbol.name), name) &&
               symbols.push({name, symbol.low, symbol.high});
    }
    if (enough)
      resolve();
    return enough;
  }

  List<attuneTensorInfo> inputs;
  List<attuneTensorInfo> outputs;
  List<attuneSymbolInfo> symbols;

private:
  bool addText(std::string_view text, const char *&offset) {
    offset = reinterpret_cast<const char *>(chars.size());
    return chars.append(text.data(), text.size()) && chars.push('\0');
  }

  bool addTensors(const Artifact &artifact, View<const TensorRecord> tensors,
                  List<attuneTensorInfo> &infos) {
    for (const TensorRecord &tensor : tensors) {
      attuneTensorInfo info{};
      info.type = static_cast<attuneElementType>(tensor.type);
      info.rank = tensor.dims.count;
      info.dims = reinterpret_cast<const attuneDim *>(dims.size());
      if (!addText(artifact.text(tensor.name), info.name) || !infos.push(info))
        return false;
      for (const DimRecord &dim : artifact.dims(tensor)) {
        const char *text = nullptr;
        bool added = dim.value >= 0 ? addText(std::to_string(dim.value), text)
                                    : addText(artifact.text(dim.expression), text);
        if (!added || !dims.push({dim.value, text}))
          return false;
      }
    }
    return true;
  }

  void resolve(const char *&text) { text = chars.data() + reinterpret_cast<size_t>(text); }

  void resolve() {
    for (List<attuneTensorInfo> *infos : {&inputs, &outputs})
      for (attuneTensorInfo &info : *infos) {
        resolve(info.name);
        info.dims = dims.data() + reinterpret_cast<size_t>(info.dims);
      }
    for (attuneDim &dim : dims)
      resolve(dim.expression);
    for (attuneSymbolInfo &symbol : symbols)
      resolve(symbol.name);
  }

  List<attuneDim> dims;
  List<char> chars;
};

} // namespace

/// Shared by a model's handle and its sessions, because outputs are named by the signature.
struct SharedModel {
  std::atomic<uint64_t> references{1};
  Ref<Model> model;
  Signature signature;
};

struct attuneModel {
  Ref<SharedModel> shared;
};

struct attuneSession {
  Ref<SharedModel> shared;
  std::unique_ptr<Session> session;
  List<InputTensor> inputs;
};

int32_t attuneApiVersion(void) { return ATTUNE_API_VERSION; }

attuneStatus attuneLastErrorStatus(void) { return static_cast<attuneStatus>(lastError.code); }
const char *attuneLastErrorMessage(void) { return lastError.message.c_str(); }
const char *attuneLastErrorNode(void) { return lastError.node.c_str(); }
const char *attuneLastErrorOp(void) { return lastError.op.c_str(); }
const char *attuneLastErrorHint(void) { return lastError.hint.c_str(); }

size_t attuneElementBytes(attuneElementType type) {
  return elementBytes(static_cast<ElementType>(type));
}

const char *attuneElementName(attuneElementType type) {
  return elementName(static_cast<ElementType>(type));
}

attuneStatus attuneModelLoad(const char *path, int32_t threads, attuneModel **model) {
  if (!path || !model)
    return usage("attuneModelLoad needs a path and a place for the model");
  *model = nullptr;
  std::unique_ptr<attuneModel> handle(new (std::nothrow) attuneModel());
  if (!handle)
    return outOfMemory();
  handle->shared = Ref<SharedModel>(new (std::nothrow) SharedModel());
  if (!handle->shared)
    return outOfMemory();
  ModelOptions options;
  options.threads = threads;
  if (Error error = Model::load(path, options, handle->shared->model); error.failed())
    return report(std::move(error));
  if (!handle->shared->signature.build(handle->shared->model->artifact()))
    return outOfMemory();
  *model = handle.release();
  return ATTUNE_OK;
}

void attuneModelDestroy(attuneModel *model) { delete model; }

attuneStatus attuneModelCheckWeights(const attuneModel *model) {
  if (!model)
    return usage("attuneModelCheckWeights needs a model");
  return report(model->shared->model->artifact().checkWeights());
}

int32_t attuneModelThreads(const attuneModel *model) {
  return model ? model->shared->model->threads() : 0;
}

size_t attuneModelInputCount(const attuneModel *model) {
  return model ? model->shared->signature.inputs.size() : 0;
}

size_t attuneModelOutputCount(const attuneModel *model) {
  return model ? model->shared->signature.outputs.size() : 0;
}

size_t attuneModelSymbolCount(const attuneModel *model) {
  return model ? model->shared->signature.symbols.size() : 0;
}

template <typename T>
static attuneStatus describe(const List<T> &infos, size_t index, T *info, const char *what) {
  if (!info)
    return usage("a description needs a place to be written to");
  if (index >= infos.size())
    return report({ErrorCode::Usage,
                   "the model has " + std::to_string(infos.size()) + " " + what +
                       ", there is no number " + std::to_string(index),
                   "", "", ""});
  *info = infos[index];
  return ATTUNE_OK;
}

attuneStatus attuneModelInput(const attuneModel *model, size_t index, attuneTensorInfo *info) {
  if (!model)
    return usage("attuneModelInput needs a model");
  return describe(model->shared->signature.inputs, index, info, "inputs");
}

attuneStatus attuneModelOutput(const attuneModel *model, size_t index, attuneTensorInfo *info) {
  if (!model)
    return usage("attuneModelOutput needs a model");
  return describe(model->shared->signature.outputs, index, info, "outputs");
}

attuneStatus attuneModelSymbol(const attuneModel *model, size_t index, attuneSymbolInfo *info) {
  if (!model)
    return usage("attuneModelSymbol needs a model");
  return describe(model->shared->signature.symbols, index, info, "symbols");
}

attuneStatus attuneSessionCreate(attuneModel *model, attuneSession **session) {
  if (!model || !session)
    return usage("attuneSessionCreate needs a model and a place for the session");
  *session = nullptr;
  std::unique_ptr<attuneSession> handle(new (std::nothrow) attuneSession());
  if (!handle)
    return outOfMemory();
  handle->shared = model->shared;
  Error error = Session::create(model->shared->model, SessionOptions(), handle->session);
  if (error.failed())
    return report(std::move(error));
  *session = handle.release();
  return ATTUNE_OK;
}

void attuneSessionDestroy(attuneSession *session) { delete session; }

/// Converts the inputs and calls `step` on them.
static attuneStatus callWithInputs(attuneSession *session, const attuneInput *inputs, size_t count,
                                   Error (Session::*step)(View<const InputTensor>)) {
  if (!session || (count && !inputs))
    return usage("a run needs a session and its inputs");
  session->inputs.clear();
  if (!session->inputs.reserve(count))
    return outOfMemory();
  for (size_t i = 0; i < count; ++i) {
    const attuneInput &input = inputs[i];
    if (input.rank && !input.dims)
      return usage("an input has a rank but no dimensions");
    session->inputs.push({input.name ? std::string_view(input.name) : std::string_view(),
                          static_cast<ElementType>(input.type),
                          View<const int64_t>(input.dims, input.rank), input.data, input.bytes});
  }
  return report((session->session.get()->*step)(session->inputs.view()));
}

attuneStatus attuneSessionPrepare(attuneSession *session, const attuneInput *inputs, size_t count) {
  return callWithInputs(session, inputs, count, &Session::prepare);
}

attuneStatus attuneSessionRun(attuneSession *session, const attuneInput *inputs, size_t count) {
  return callWithInputs(session, inputs, count, &Session::run);
}

attuneStatus attuneSessionBindOutput(attuneSession *session, size_t index, void *data,
                                     size_t bytes) {
  if (!session)
    return usage("attuneSessionBindOutput needs a session");
  return report(session->session->bindOutput(index, data, bytes));
}

attuneStatus attuneSessionOutput(const attuneSession *session, size_t index, attuneOutput *output) {
  if (!session || !output)
    return usage("attuneSessionOutput needs a session and a place for the output");
  OutputTensor tensor;
  if (Error error = session->session->output(index, tensor); error.failed())
    return report(std::move(error));
  output->name = session->shared->signature.outputs[index].name;
  output->type = static_cast<attuneElementType>(tensor.type);
  output->rank = tensor.dims.size();
  output->dims = tensor.dims.data();
  output->data = tensor.data;
  output->bytes = tensor.bytes;
  return ATTUNE_OK;
}
