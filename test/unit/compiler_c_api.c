/* The compiler's C interface from C11: compile a form, run the artefact, read errors. */
#include "Check.h"
#include "attune-c/Compiler.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

static const char kModel[] =
    "func.func @main(%x: tensor<?x4xf32> {attune.name = \"x\", attune.dims = [\"n\", 4]})\n"
    "    -> (tensor<?x4xf32> {attune.name = \"y\", attune.dims = [\"n\", 4]}) {\n"
    "  %y = onnx.node \"OP\"(%x) {version = 17 : i64} : (tensor<?x4xf32>) -> tensor<?x4xf32>\n"
    "      loc(#node)\n"
    "  return %y : tensor<?x4xf32>\n"
    "}\n"
    "#node = loc(\"the_node\"(\"OP\"))\n";

/* Writes the model with `op` in the place of OP. */
static void write_model(const char *path, const char *op) {
  FILE *file = fopen(path, "w");
  const char *at = kModel;
  CHECK(file != NULL);
  if (!file)
    return;
  while (*at) {
    const char *next = strstr(at, "OP");
    size_t length = next ? (size_t)(next - at) : strlen(at);
    fwrite(at, 1, length, file);
    if (next)
      fputs(op, file);
    at += length + (next ? 2 : 0);
  }
  fclose(file);
}

static void run_artifact(const char *path) {
  static const float kX[8] = {0, 1, -2, 3, -4, 5, -6, 7};
  static const int64_t kDims[2] = {2, 4};
  const attuneInput input = {"x", ATTUNE_FLOAT32, 2, kDims, kX, sizeof(kX)};
  attuneModel *model = NULL;
  attuneSession *session = NULL;
  attuneOutput output;
  size_t i;
  CHECK(attuneModelLoad(path, 1, &model) == ATTUNE_OK);
  CHECK(attuneSessionCreate(model, &session) == ATTUNE_OK);
  CHECK(attuneSessionRun(session, &input, 1) == ATTUNE_OK);
  CHECK(attuneSessionOutput(session, 0, &output) == ATTUNE_OK);
  for (i = 0; i < 8; ++i)
    CHECK(((const float *)output.data)[i] == -kX[i]);
  attuneSessionDestroy(session);
  attuneModelDestroy(model);
}

static int32_t stop_at_once(void *user) {
  ++*(int *)user;
  return 1;
}

/* Who waits can end the work. */
static void check_stop(const char *model, const char *artifact) {
  attuneCompileOptions *options = NULL;
  int asked = 0;
  CHECK(attuneCompileOptionsSetStop(NULL, stop_at_once, NULL) == ATTUNE_USAGE);
  CHECK(attuneCompileOptionsCreate(&options) == ATTUNE_OK);
  CHECK(attuneCompileOptionsSetStop(options, stop_at_once, &asked) == ATTUNE_OK);
  CHECK(attuneCompile(model, artifact, options) == ATTUNE_LIMIT && asked == 1);
  CHECK(strcmp(attuneLastErrorMessage(), "interrupted") == 0);
  CHECK(attuneCompileOptionsSetStop(options, NULL, NULL) == ATTUNE_OK);
  CHECK(attuneCompile(model, artifact, options) == ATTUNE_OK && asked == 1);
  attuneCompileOptionsDestroy(options);
}

/* Reports that need no model, or several. */
static void check_reports(const char *nowhere) {
  attuneText *text = NULL;
  const char *nothing = NULL;
  CHECK(attuneDevices(NULL) == ATTUNE_USAGE && attuneVersion(NULL) == ATTUNE_USAGE);
  CHECK(attuneDevices(&text) == ATTUNE_OK && strstr(attuneTextData(text), "\"threads\""));
  attuneTextDestroy(text);
  CHECK(attuneVersion(&text) == ATTUNE_OK && strstr(attuneTextData(text), "\"llvm\""));
  attuneTextDestroy(text);
  CHECK(attuneVerify(&nowhere, 1, 1e-3, 1e-5, NULL, &text) == ATTUNE_OK);
  CHECK(strstr(attuneTextData(text), "\"result\": \"error\""));
  attuneTextDestroy(text);
  CHECK(attuneVerify(&nowhere, 1, NAN, 1e-5, NULL, &text) == ATTUNE_USAGE && !text);
  CHECK(attuneVerify(&nowhere, 1, 0, 0, NULL, NULL) == ATTUNE_USAGE);
  CHECK(attuneVerify(&nothing, 1, 0, 0, NULL, &text) == ATTUNE_USAGE);
  CHECK(attuneVerify(NULL, 1, 0, 0, NULL, &text) == ATTUNE_USAGE);
  CHECK(attuneVerify(NULL, 0, 0, 0, NULL, &text) == ATTUNE_USAGE);
}

/* What each option does, and null where something is needed. */
static void check_options(const char *model, const char *artifact) {
  attuneCompileOptions *options = NULL;
  attuneText *text = NULL;
  CHECK(attuneCompileOptionsCreate(NULL) == ATTUNE_USAGE);
  CHECK(attuneCompileOptionsCreate(&options) == ATTUNE_OK);
  CHECK(attuneCompileOptionsSetCpu(options, NULL) == ATTUNE_USAGE);
  CHECK(attuneCompileOptionsAddDim(options, NULL) == ATTUNE_USAGE);
  CHECK(attuneCompileOptionsAddPasses(options, NULL) == ATTUNE_USAGE);
  CHECK(attuneCompileOptionsAddDim(NULL, "n=5") == ATTUNE_USAGE);
  CHECK(attuneCompileOptionsSetIsolate(NULL, 1) == ATTUNE_USAGE);
  CHECK(attuneCompileOptionsSetLimits(NULL, 0, 1) == ATTUNE_USAGE);
  CHECK(attuneCompileOptionsSetLimits(options, 0, -1) == ATTUNE_USAGE);
  CHECK(attuneCompileOptionsSetLimits(options, 0, NAN) == ATTUNE_USAGE);
  CHECK(attuneCompile(model, NULL, options) == ATTUNE_USAGE);
  CHECK(attuneInspect(NULL, options, &text) == ATTUNE_USAGE && !text);
  CHECK(attuneExplain(NULL, options, &text) == ATTUNE_USAGE && !text);
  CHECK(attuneExplain(model, options, NULL) == ATTUNE_USAGE);
  CHECK(attuneInspect("/nowhere.onnx", options, &text) == ATTUNE_FILE_ACCESS && !text);
  CHECK(strcmp(attuneTextData(NULL), "") == 0);

  CHECK(attuneCompileOptionsSetIsolate(options, 1) == ATTUNE_OK);
  CHECK(attuneCompileOptionsSetLimits(options, 0, 0) == ATTUNE_OK); /* the defaults */
  CHECK(attuneCompile(model, artifact, options) == ATTUNE_OK);
  CHECK(attuneCompileOptionsSetLimits(options, 1, 0) == ATTUNE_OK);
  CHECK(attuneCompile(model, artifact, options) == ATTUNE_LIMIT);
  CHECK(attuneCompileOptionsSetLimits(options, 0, 1e-9) == ATTUNE_OK);
  CHECK(attuneCompile(model, artifact, options) == ATTUNE_LIMIT);
  CHECK(attuneCompileOptionsSetIsolate(options, 0) == ATTUNE_OK); /* none apply in here */
  CHECK(attuneCompile(model, artifact, options) == ATTUNE_OK);
  CHECK(attuneCompileOptionsAddDim(options, "n=5..2") == ATTUNE_OK);
  CHECK(attuneCompile(model, artifact, options) == ATTUNE_USAGE);
  attuneCompileOptionsDestroy(options);
  CHECK(attuneCompileOptionsCreate(&options) == ATTUNE_OK);
  CHECK(attuneCompileOptionsSetTarget(options, NULL) == ATTUNE_USAGE);
  CHECK(attuneCompileOptionsSetTarget(options, "abacus") == ATTUNE_OK);
  CHECK(attuneCompile(model, artifact, options) == ATTUNE_NO_DEVICE);
  CHECK(attuneCompileOptionsSetTarget(options, "cpu") == ATTUNE_OK);
  CHECK(attuneCompileOptionsAddPassPlugin(options, NULL) == ATTUNE_USAGE);
  CHECK(attuneCompileOptionsAddPassPlugin(options, "/nowhere.so") == ATTUNE_OK);
  CHECK(attuneCompile(model, artifact, options) == ATTUNE_FILE_ACCESS);
  attuneCompileOptionsDestroy(options);
  CHECK(attuneCompileOptionsCreate(&options) == ATTUNE_OK);
  CHECK(attuneCompileOptionsAddPasses(options, "soup") == ATTUNE_OK);
  CHECK(attuneCompile(model, artifact, options) == ATTUNE_USAGE);
  attuneCompileOptionsDestroy(options);
}

int main(int argc, char **argv) {
  char model[512], artifact[512];
  attuneCompileOptions *options = NULL;
  attuneText *text = NULL;
  if (argc != 2)
    return 2;
  snprintf(model, sizeof(model), "%s.mlir", argv[1]);
  snprintf(artifact, sizeof(artifact), "%s.attune", argv[1]);
  write_model(model, "Neg");

  CHECK(attuneCompile(model, artifact, NULL) == ATTUNE_OK);
  run_artifact(artifact);
  CHECK(attuneCompileOptionsCreate(&options) == ATTUNE_OK);
  CHECK(attuneCompileOptionsSetCpu(options, "native") == ATTUNE_OK);
  CHECK(attuneCompileOptionsSetIsolate(options, 0) == ATTUNE_OK);
  CHECK(attuneCompileOptionsSetLimits(options, 0, 0) == ATTUNE_OK);
  CHECK(attuneCompile(model, artifact, options) == ATTUNE_OK);
  run_artifact(artifact);

  CHECK(attuneInspect(artifact, NULL, &text) == ATTUNE_OK);
  CHECK(strstr(attuneTextData(text), "\"artifact\"") != NULL);
  attuneTextDestroy(text);
  CHECK(attuneExplain(model, options, &text) == ATTUNE_OK);
  CHECK(strstr(attuneTextData(text), "\"the_node\"") != NULL);
  attuneTextDestroy(text);

  check_options(model, artifact);
  check_stop(model, artifact);
  check_reports("/nowhere");
  write_model(model, "Det");
  CHECK(attuneCompile(model, artifact, options) == ATTUNE_UNSUPPORTED);
  CHECK(strcmp(attuneLastErrorNode(), "the_node") == 0);
  CHECK(strcmp(attuneLastErrorOp(), "Det") == 0);
  run_artifact(artifact); /* what was there stays */
  CHECK(attuneCompile("/nowhere.onnx", artifact, NULL) == ATTUNE_FILE_ACCESS);
  CHECK(attuneCompile(NULL, artifact, NULL) == ATTUNE_USAGE);
  CHECK(attuneCompileOptionsSetCpu(NULL, "native") == ATTUNE_USAGE);
  CHECK(attuneInspect(model, NULL, NULL) == ATTUNE_USAGE);
  attuneCompileOptionsDestroy(options);
  attuneCompileOptionsDestroy(NULL);
  remove(model);
  remove(artifact);
  return failures != 0;
}
