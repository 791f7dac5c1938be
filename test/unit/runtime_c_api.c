/* The C interface from C11, on the tiny model: runtime_c_api TINY.attune */
#include "Check.h"
#include "attune-c/Runtime.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const float kX[2 * 3 * 4] = {1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1,
                                    1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1};
static const int64_t kIds[6] = {1, 1, 1, 1, 1, 1};
static const int64_t kXDims[3] = {2, 3, 4};
static const int64_t kIdsDims[1] = {6};

/* y of a row of ones: the column sums of w, plus the bias. */
static const float kRow[4] = {3.5f, 1, 6, 11};

static void fill(attuneInput *inputs) {
  const attuneInput x = {"x", ATTUNE_FLOAT32, 3, kXDims, kX, sizeof(kX)};
  const attuneInput ids = {"ids", ATTUNE_INT64, 1, kIdsDims, kIds, sizeof(kIds)};
  inputs[0] = x;
  inputs[1] = ids;
}

static void check_signature(const attuneModel *model) {
  attuneTensorInfo info;
  attuneSymbolInfo symbol;
  CHECK(attuneModelInputCount(model) == 2);
  CHECK(attuneModelOutputCount(model) == 2);
  CHECK(attuneModelSymbolCount(model) == 2);
  CHECK(attuneModelThreads(model) == 2);
  CHECK(attuneModelInput(model, 0, &info) == ATTUNE_OK);
  CHECK(strcmp(info.name, "x") == 0 && info.type == ATTUNE_FLOAT32 && info.rank == 3);
  CHECK(info.dims[0].size == -1 && strcmp(info.dims[0].expression, "batch") == 0);
  CHECK(info.dims[2].size == 4 && strcmp(info.dims[2].expression, "4") == 0);
  CHECK(attuneModelInput(model, 1, &info) == ATTUNE_OK);
  CHECK(strcmp(info.dims[0].expression, "2 * seq") == 0);
  CHECK(attuneModelOutput(model, 1, &info) == ATTUNE_OK);
  CHECK(strcmp(info.name, "z") == 0 && info.rank == 1);
  CHECK(attuneModelSymbol(model, 1, &symbol) == ATTUNE_OK);
  CHECK(strcmp(symbol.name, "seq") == 0 && symbol.low == 0 && symbol.high == 100000);
  CHECK(attuneModelInput(model, 2, &info) == ATTUNE_USAGE);
  CHECK(attuneModelOutput(model, 2, &info) == ATTUNE_USAGE);
  CHECK(attuneModelSymbol(model, 2, &symbol) == ATTUNE_USAGE);
  CHECK(attuneModelInput(model, 0, NULL) == ATTUNE_USAGE);
  CHECK(attuneModelCheckWeights(model) == ATTUNE_OK);
}

/* Null where something is needed, whatever else is given. */
static void check_nulls(attuneModel *model, attuneSession *session, const char *path) {
  attuneTensorInfo info;
  attuneSymbolInfo symbol;
  attuneOutput output;
  float mine[24];
  CHECK(attuneModelLoad(path, 1, NULL) == ATTUNE_USAGE);
  CHECK(attuneModelCheckWeights(NULL) == ATTUNE_USAGE);
  CHECK(attuneModelThreads(NULL) == 0);
  CHECK(attuneModelInputCount(NULL) == 0);
  CHECK(attuneModelOutputCount(NULL) == 0);
  CHECK(attuneModelSymbolCount(NULL) == 0);
  CHECK(attuneModelInput(NULL, 0, &info) == ATTUNE_USAGE);
  CHECK(attuneModelOutput(NULL, 0, &info) == ATTUNE_USAGE);
  CHECK(attuneModelSymbol(NULL, 0, &symbol) == ATTUNE_USAGE);
  CHECK(attuneModelOutput(model, 0, NULL) == ATTUNE_USAGE);
  CHECK(attuneModelSymbol(model, 0, NULL) == ATTUNE_USAGE);
  CHECK(attuneSessionCreate(model, NULL) == ATTUNE_USAGE);
  CHECK(attuneSessionPrepare(NULL, NULL, 0) == ATTUNE_USAGE);
  CHECK(attuneSessionOutput(NULL, 0, &output) == ATTUNE_USAGE);
  CHECK(attuneSessionOutput(session, 0, NULL) == ATTUNE_USAGE);
  CHECK(attuneSessionOutput(session, 2, &output) == ATTUNE_USAGE);
  CHECK(attuneSessionBindOutput(NULL, 0, mine, sizeof(mine)) == ATTUNE_USAGE);
  CHECK(attuneModelSymbol(model, 2, &symbol) == ATTUNE_USAGE);
  CHECK(strcmp(attuneLastErrorMessage(), "the model has 2 symbols, there is no number 2") == 0);
}

static void check_results(const attuneSession *session) {
  attuneOutput output;
  size_t i;
  CHECK(attuneSessionOutput(session, 0, &output) == ATTUNE_OK);
  CHECK(strcmp(output.name, "y") == 0 && output.rank == 3 && output.dims[1] == 3);
  CHECK(output.bytes == sizeof(kX) && output.data != NULL);
  for (i = 0; i < 24; ++i)
    CHECK(((const float *)output.data)[i] == kRow[i % 4]);
  CHECK(attuneSessionOutput(session, 1, &output) == ATTUNE_OK);
  CHECK(output.bytes == 8 && ((const float *)output.data)[0] == 3 * 21.5f + 6);
}

static void check_runs(attuneSession *session) {
  attuneInput inputs[2];
  attuneOutput output;
  float mine[24];
  fill(inputs);
  CHECK(attuneSessionOutput(session, 0, &output) == ATTUNE_USAGE);
  CHECK(attuneSessionRun(session, inputs, 2) == ATTUNE_OK);
  check_results(session);

  inputs[0].type = ATTUNE_INT32;
  CHECK(attuneSessionRun(session, inputs, 2) == ATTUNE_USAGE);
  CHECK(attuneLastErrorStatus() == ATTUNE_USAGE);
  CHECK(strstr(attuneLastErrorMessage(), "expected float32[batch, seq, 4], got int32[2, 3, 4]"));
  CHECK(attuneSessionRun(session, inputs, 1) == ATTUNE_USAGE);
  CHECK(strstr(attuneLastErrorHint(), "\"ids\" int64[2 * seq]"));
  CHECK(attuneSessionRun(session, NULL, 2) == ATTUNE_USAGE);
  CHECK(attuneSessionRun(session, NULL, 0) == ATTUNE_USAGE);
  CHECK(attuneSessionRun(NULL, inputs, 2) == ATTUNE_USAGE);
  fill(inputs);
  inputs[0].dims = NULL;
  CHECK(attuneSessionRun(session, inputs, 2) == ATTUNE_USAGE);

  fill(inputs);
  inputs[0].name = inputs[1].name = NULL;
  inputs[0].data = inputs[1].data = NULL;
  CHECK(attuneSessionPrepare(session, inputs, 2) == ATTUNE_OK);
  CHECK(attuneSessionOutput(session, 0, &output) == ATTUNE_OK);
  CHECK(output.bytes == sizeof(mine) && output.data == NULL);
  CHECK(attuneSessionBindOutput(session, 0, mine, sizeof(mine)) == ATTUNE_OK);
  fill(inputs);
  CHECK(attuneSessionRun(session, inputs, 2) == ATTUNE_OK);
  check_results(session);
  CHECK(mine[23] == kRow[3]);
  CHECK(attuneSessionBindOutput(session, 2, mine, 4) == ATTUNE_USAGE);
  CHECK(attuneSessionBindOutput(session, 0, NULL, 0) == ATTUNE_OK);
  CHECK(attuneSessionRun(session, inputs, 2) == ATTUNE_OK);
  check_results(session);
}

int main(int argc, char **argv) {
  attuneModel *model = NULL;
  attuneSession *session = NULL;
  CHECK(argc == 2);
  CHECK(attuneApiVersion() == ATTUNE_API_VERSION);
  CHECK(attuneLastErrorStatus() == ATTUNE_OK && !*attuneLastErrorMessage());
  CHECK(attuneElementBytes(ATTUNE_BFLOAT16) == 2);
  CHECK(attuneElementBytes((attuneElementType)99) == 0);
  CHECK(strcmp(attuneElementName(ATTUNE_BOOL), "bool") == 0);

  CHECK(attuneModelLoad("/nonexistent", 0, &model) == ATTUNE_FILE_ACCESS && !model);
  CHECK(strstr(attuneLastErrorMessage(), "/nonexistent"));
  CHECK(attuneModelLoad(argv[0], 0, &model) == ATTUNE_MALFORMED && !model);
  CHECK(attuneModelLoad(NULL, 0, &model) == ATTUNE_USAGE);
  CHECK(attuneModelLoad(argv[1], -3, &model) == ATTUNE_USAGE && !model);
  CHECK(attuneModelLoad(argv[1], 2, &model) == ATTUNE_OK && model);
  if (!model)
    return 1;
  check_signature(model);
  CHECK(attuneSessionCreate(NULL, &session) == ATTUNE_USAGE);
  CHECK(attuneSessionCreate(model, &session) == ATTUNE_OK && session);
  if (session)
    check_nulls(model, session, argv[1]);
  attuneModelDestroy(model); /* the session keeps what it needs */
  if (session)
    check_runs(session);
  attuneSessionDestroy(session);
  attuneSessionDestroy(NULL);
  attuneModelDestroy(NULL);
  if (failures == 0)
    printf("ok\n");
  return failures != 0;
}
