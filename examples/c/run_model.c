/* Loads a compiled model, shows its signature, and runs it on ones:
 *
 *   run_model MODEL.attune input_ids=2x16 attention_mask=2x16
 *
 * Each argument gives an input's shape; "x=" is a scalar. Build: see CMakeLists.txt
 */
#include "attune-c/Runtime.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MAX_RANK = 16 };

static int fail(const char *what) {
  fprintf(stderr, "%s: %s\n", what, attuneLastErrorMessage());
  if (*attuneLastErrorNode())
    fprintf(stderr, "  node: %s\n", attuneLastErrorNode());
  if (*attuneLastErrorHint())
    fprintf(stderr, "  hint: %s\n", attuneLastErrorHint());
  return (int)attuneLastErrorStatus();
}

static void print_tensor(const char *kind, const attuneTensorInfo *info) {
  size_t i;
  printf("%s %s: %s[", kind, info->name, attuneElementName(info->type));
  for (i = 0; i < info->rank; ++i)
    printf("%s%s", i ? ", " : "", info->dims[i].expression);
  printf("]\n");
}

static int print_signature(const attuneModel *model) {
  attuneTensorInfo info;
  size_t i;
  for (i = 0; i < attuneModelInputCount(model); ++i) {
    if (attuneModelInput(model, i, &info) != ATTUNE_OK)
      return fail("signature");
    print_tensor("input", &info);
  }
  for (i = 0; i < attuneModelOutputCount(model); ++i) {
    if (attuneModelOutput(model, i, &info) != ATTUNE_OK)
      return fail("signature");
    print_tensor("output", &info);
  }
  return 0;
}

/* Reads "2x16" into `dims`; returns the rank, or -1. */
static int parse_dims(const char *text, int64_t *dims) {
  int rank = 0;
  while (*text) {
    char *end;
    long long size = strtoll(text, &end, 10);
    if (end == text || size < 0 || rank == MAX_RANK || (*end && *end != 'x'))
      return -1;
    dims[rank++] = size;
    text = *end ? end + 1 : end;
  }
  return rank;
}

/* The shape that the arguments give to the input called `name`; -1 when there is none. */
static int find_dims(const char *name, int count, char **arguments, int64_t *dims) {
  size_t length = strlen(name);
  int i;
  for (i = 0; i < count; ++i)
    if (strncmp(arguments[i], name, length) == 0 && arguments[i][length] == '=')
      return parse_dims(arguments[i] + length + 1, dims);
  return -1;
}

/* One, as an element of `type`, at `element`. */
static void write_one(attuneElementType type, void *element) {
  static const float one_float = 1;
  static const double one_double = 1;
  static const uint16_t one_half = 0x3c00, one_bfloat = 0x3f80;
  static const int64_t one_integer = 1; /* little-endian: right for every width */
  const void *one = &one_integer;
  if (type == ATTUNE_FLOAT32)
    one = &one_float;
  else if (type == ATTUNE_FLOAT64)
    one = &one_double;
  else if (type == ATTUNE_FLOAT16)
    one = &one_half;
  else if (type == ATTUNE_BFLOAT16)
    one = &one_bfloat;
  memcpy(element, one, attuneElementBytes(type));
}

/* Fills `input` with ones in memory of its own. */
static int make_input(const attuneModel *model, size_t index, int count, char **arguments,
                      int64_t *dims, attuneInput *input) {
  attuneTensorInfo info;
  size_t width, elements = 1, i;
  char *data;
  int rank;
  if (attuneModelInput(model, index, &info) != ATTUNE_OK)
    return fail("signature");
  rank = find_dims(info.name, count, arguments, dims);
  if (rank < 0) {
    fprintf(stderr, "give the shape of input %s, as %s=2x16\n", info.name, info.name);
    return ATTUNE_USAGE;
  }
  for (i = 0; i < (size_t)rank; ++i) {
    if (dims[i] && elements > SIZE_MAX / 16 / (size_t)dims[i])
      return ATTUNE_LIMIT;
    elements *= (size_t)dims[i];
  }
  width = attuneElementBytes(info.type);
  data = malloc(elements * width + 1);
  if (!data)
    return ATTUNE_LIMIT;
  for (i = 0; i < elements; ++i)
    write_one(info.type, data + i * width);
  input->name = info.name;
  input->type = info.type;
  input->rank = (size_t)rank;
  input->dims = dims;
  input->data = data;
  input->bytes = elements * width;
  return 0;
}

static int print_output(const attuneSession *session, size_t index) {
  attuneOutput output;
  size_t i;
  if (attuneSessionOutput(session, index, &output) != ATTUNE_OK)
    return fail("output");
  printf("%s: %s[", output.name, attuneElementName(output.type));
  for (i = 0; i < output.rank; ++i)
    printf("%s%lld", i ? ", " : "", (long long)output.dims[i]);
  printf("]");
  if (output.type == ATTUNE_FLOAT32)
    for (i = 0; i < 8 && i < output.bytes / sizeof(float); ++i)
      printf(" %g", ((const float *)output.data)[i]);
  printf("\n");
  return 0;
}

static int run(attuneModel *model, int count, char **arguments) {
  size_t inputs = attuneModelInputCount(model), i;
  attuneInput *values = calloc(inputs + 1, sizeof(*values));
  int64_t (*dims)[MAX_RANK] = calloc(inputs + 1, sizeof(*dims));
  attuneSession *session = NULL;
  int status = values && dims ? 0 : ATTUNE_LIMIT;
  for (i = 0; i < inputs && !status; ++i)
    status = make_input(model, i, count, arguments, dims[i], &values[i]);
  if (!status && attuneSessionCreate(model, &session) != ATTUNE_OK)
    status = fail("session");
  if (!status && attuneSessionRun(session, values, inputs) != ATTUNE_OK)
    status = fail("run");
  for (i = 0; i < attuneModelOutputCount(model) && !status; ++i)
    status = print_output(session, i);
  attuneSessionDestroy(session);
  for (i = 0; i < inputs && values; ++i)
    free((void *)values[i].data);
  free(values);
  free(dims);
  return status;
}

int main(int argc, char **argv) {
  attuneModel *model;
  int status;
  if (argc < 2) {
    fprintf(stderr, "usage: %s MODEL.attune NAME=SHAPE...\n", argv[0]);
    return ATTUNE_USAGE;
  }
  if (attuneApiVersion() != ATTUNE_API_VERSION) {
    fprintf(stderr, "the library has another version than the header\n");
    return ATTUNE_USAGE;
  }
  if (attuneModelLoad(argv[1], 0, &model) != ATTUNE_OK)
    return fail(argv[1]);
  status = print_signature(model);
  if (!status)
    status = run(model, argc - 2, argv + 2);
  attuneModelDestroy(model);
  return status;
}
