// The C interface over the driver: checks arguments, turns errors into statuses.
#include "attune-c/Compiler.h"

#include "LastError.h"

#include "attune/Driver/About.h"
#include "attune/Driver/Compile.h"
#include "attune/Driver/Explain.h"
#include "attune/Driver/Inspect.h"
#include "attune/Driver/Verify.h"

#include <algorithm>
#include <new>

using namespace attune;
using attune::capi::report;

struct attuneCompileOptions {
  driver::ModelSource source;
  std::string target = "cpu";
  PipelineOptions pipeline;
};

struct attuneText {
  std::string bytes;
};

namespace {

attuneStatus usage(const char *message) { return report({ErrorCode::Usage, message, "", "", ""}); }

/// Changes options when both arguments are there.
template <typename Change>
attuneStatus change(attuneCompileOptions *options, const char *text, Change apply) {
  if (!options || !text)
    return usage("options and text must not be NULL");
  apply();
  return ATTUNE_OK;
}

/// Options for a model: the caller's, or the defaults.
attuneCompileOptions optionsFor(const char *model, const attuneCompileOptions *given) {
  attuneCompileOptions options = given ? *given : attuneCompileOptions();
  options.source.path = model;
  return options;
}

/// Hands a report out.
attuneStatus give(const driver::Json &json, attuneText **text) {
  *text = new (std::nothrow) attuneText{driver::dump(json)};
  return *text ? ATTUNE_OK : report({ErrorCode::Limit, "out of memory", "", "", ""});
}

/// The JSON that a verb says of a model.
template <typename Options>
attuneStatus reportOf(const char *model, const attuneCompileOptions *options, attuneText **text,
                      Error (*verb)(const Options &, driver::Json &)) {
  if (!model || !text)
    return usage("model and text must not be NULL");
  *text = nullptr;
  attuneCompileOptions chosen = optionsFor(model, options);
  Options asked;
  asked.source = chosen.source;
  asked.pipeline = chosen.pipeline;
  driver::Json json;
  if (Error error = verb(asked, json); error.failed())
    return report(std::move(error));
  return give(json, text);
}

} // namespace

attuneStatus attuneCompileOptionsCreate(attuneCompileOptions **options) {
  if (!options)
    return usage("options must not be NULL");
  *options = new (std::nothrow) attuneCompileOptions();
  return *options ? ATTUNE_OK : report({ErrorCode::Limit, "out of memory", "", "", ""});
}

void attuneCompileOptionsDestroy(attuneCompileOptions *options) { delete options; }

attuneStatus attuneCompileOptionsSetTarget(attuneCompileOptions *options, const char *target) {
  return change(options, target, [&] { options->target = target; });
}

attuneStatus attuneCompileOptionsSetCpu(attuneCompileOptions *options, const char *cpu) {
  return change(options, cpu, [&] { options->pipeline.cpu = cpu; });
}

attuneStatus attuneCompileOptionsAddDim(attuneCompileOptions *options, const char *dim) {
  return change(options, dim, [&] { options->pipeline.dims.emplace_back(dim); });
}

attuneStatus attuneCompileOptionsAddPasses(attuneCompileOptions *options, const char *pipeline) {
  return change(options, pipeline, [&] { options->pipeline.extraPasses.emplace_back(pipeline); });
}

attuneStatus attuneCompileOptionsAddPassPlugin(attuneCompileOptions *options, const char *path) {
  return change(options, path, [&] { options->pipeline.passPlugins.emplace_back(path); });
}

attuneStatus attuneCompileOptionsSetIsolate(attuneCompileOptions *options, int32_t isolate) {
  if (!options)
    return usage("options must not be NULL");
  options->source.isolate = isolate != 0;
  return ATTUNE_OK;
}

attuneStatus attuneCompileOptionsSetLimits(attuneCompileOptions *options, uint64_t memory_bytes,
                                           double seconds) {
  if (!options || !(seconds >= 0))
    return usage("options must not be NULL, seconds not negative");
  options->source.limits.memoryBytes = memory_bytes;
  options->source.limits.seconds = seconds > 0 ? seconds : driver::ChildLimits().seconds;
  return ATTUNE_OK;
}

attuneStatus attuneCompileOptionsSetStop(attuneCompileOptions *options, attuneStopFunction stop,
                                         void *user) {
  if (!options)
    return usage("options must not be NULL");
  options->source.limits.stop = nullptr;
  if (stop)
    options->source.limits.stop = [=] { return stop(user) != 0; };
  return ATTUNE_OK;
}

attuneStatus attuneCompile(const char *model, const char *output,
                           const attuneCompileOptions *options) {
  if (!model || !output)
    return usage("model and output must not be NULL");
  attuneCompileOptions chosen = optionsFor(model, options);
  driver::CompileOptions compiling;
  compiling.source = chosen.source;
  compiling.pipeline = chosen.pipeline;
  compiling.target = chosen.target;
  compiling.output = output;
  driver::CompileReport ignored;
  return report(driver::compile(compiling, ignored));
}

attuneStatus attuneInspect(const char *model, const attuneCompileOptions *options,
                           attuneText **text) {
  return reportOf(model, options, text, driver::inspect);
}

attuneStatus attuneExplain(const char *model, const attuneCompileOptions *options,
                           attuneText **text) {
  return reportOf(model, options, text, driver::explain);
}

attuneStatus attuneVerify(const char *const *cases, size_t count, double rtol, double atol,
                          const attuneCompileOptions *options, attuneText **text) {
  if (!text || (count && !cases) || std::count(cases, cases + count, nullptr))
    return usage("cases and text must not be NULL");
  *text = nullptr;
  if (!count || !(rtol >= 0) || !(atol >= 0))
    return usage("verifying needs a case, and tolerances that are not negative");
  attuneCompileOptions chosen = optionsFor("", options);
  driver::VerifyOptions asked;
  asked.load.source = chosen.source;
  asked.load.target = chosen.target;
  asked.load.pipeline = chosen.pipeline;
  asked.cases.assign(cases, cases + count);
  asked.rtol = rtol;
  asked.atol = atol;
  return give(driver::toJson(driver::verify(asked, {})), text);
}

attuneStatus attuneDevices(attuneText **text) {
  return text ? give(driver::devicesJson(), text) : usage("text must not be NULL");
}

attuneStatus attuneVersion(attuneText **text) {
  return text ? give(driver::versionJson(), text) : usage("text must not be NULL");
}

const char *attuneTextData(const attuneText *text) { return text ? text->bytes.c_str() : ""; }

void attuneTextDestroy(attuneText *text) { delete text; }
