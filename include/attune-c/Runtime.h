/* The C interface of the runtime: load a compiled model (.attune) and run it.
 *
 * Every call that can fail returns an attuneStatus; details of a thread's last failure are
 * in attuneLastError…. Handles are opaque and each has a destroy function, which accepts NULL.
 * The caller owns the buffers it passes. Strings are zero-terminated UTF-8 and belong to the
 * object that gave them. A model may be used from many threads at once, a session from one
 * thread at a time. Nothing needs to be initialised or shut down. */
#ifndef ATTUNE_C_RUNTIME_H
#define ATTUNE_C_RUNTIME_H

#include <stddef.h>
#include <stdint.h>

#if defined(_WIN32)
#define ATTUNE_C_API
#else
#define ATTUNE_C_API __attribute__((visibility("default")))
#endif

#ifdef __cplusplus
extern "C" {
#endif

/** The version of this header; compare with attuneApiVersion(). */
#define ATTUNE_API_VERSION 1

/** How a call ended; the values are the exit codes of the command line. */
typedef enum attuneStatus {
  ATTUNE_OK = 0,
  ATTUNE_DIFFERS = 1,     /**< results differ from what was expected */
  ATTUNE_USAGE = 2,       /**< a wrong argument, or an input that was not given */
  ATTUNE_MALFORMED = 3,   /**< a damaged artefact, or one of another version */
  ATTUNE_UNSUPPORTED = 4, /**< valid, but not supported */
  ATTUNE_FILE_ACCESS = 5, /**< a file that cannot be read */
  ATTUNE_NO_DEVICE = 6,   /**< this machine cannot run the code */
  ATTUNE_LIMIT = 7,       /**< over a limit, or out of memory */
  ATTUNE_INTERNAL = 8     /**< a bug in attune */
} attuneStatus;

/** Element types; the values are those of ONNX. */
typedef enum attuneElementType {
  ATTUNE_FLOAT32 = 1,
  ATTUNE_UINT8 = 2,
  ATTUNE_INT8 = 3,
  ATTUNE_UINT16 = 4,
  ATTUNE_INT16 = 5,
  ATTUNE_INT32 = 6,
  ATTUNE_INT64 = 7,
  ATTUNE_BOOL = 9,
  ATTUNE_FLOAT16 = 10,
  ATTUNE_FLOAT64 = 11,
  ATTUNE_UINT32 = 12,
  ATTUNE_UINT64 = 13,
  ATTUNE_BFLOAT16 = 16
} attuneElementType;

/** A loaded artefact with its threads. */
typedef struct attuneModel attuneModel;
/** One user of a model: plans, temporaries, outputs. */
typedef struct attuneSession attuneSession;

/** A dimension of the signature. */
typedef struct attuneDim {
  int64_t size;           /**< the size, or -1 when it depends on symbols */
  const char *expression; /**< its text: "384", "seq", "2 * seq + 1" */
} attuneDim;

/** An input or output of the signature. */
typedef struct attuneTensorInfo {
  const char *name;
  attuneElementType type;
  size_t rank;
  const attuneDim *dims; /**< `rank` of them */
} attuneTensorInfo;

/** A symbol of the signature and the sizes it may take, both ends included. */
typedef struct attuneSymbolInfo {
  const char *name;
  int64_t low;
  int64_t high;
} attuneSymbolInfo;

/** An input of a run: dense, row-major, owned by the caller. */
typedef struct attuneInput {
  const char *name; /**< NULL: the position decides */
  attuneElementType type;
  size_t rank;
  const int64_t *dims; /**< `rank` sizes, counted in elements */
  const void *data;    /**< aligned to the element type */
  size_t bytes;        /**< the length of `data` */
} attuneInput;

/** An output of a run: dense, row-major. */
typedef struct attuneOutput {
  const char *name;
  attuneElementType type;
  size_t rank;
  const int64_t *dims; /**< valid until the session's next call */
  void *data;          /**< the bound buffer, or the session's own until its next run */
  size_t bytes;        /**< the length of `data` */
} attuneOutput;

/** The version of the library; a program needs the ATTUNE_API_VERSION it was built with. */
ATTUNE_C_API int32_t attuneApiVersion(void);

/** The status of this thread's last failed call; ATTUNE_OK when none has failed. */
ATTUNE_C_API attuneStatus attuneLastErrorStatus(void);
/** What happened in that call: one sentence. Valid until this thread's next failed call. */
ATTUNE_C_API const char *attuneLastErrorMessage(void);
/** The ONNX node it is about, or "". */
ATTUNE_C_API const char *attuneLastErrorNode(void);
/** The operator type of that node, or "". */
ATTUNE_C_API const char *attuneLastErrorOp(void);
/** What to do about it, or "". */
ATTUNE_C_API const char *attuneLastErrorHint(void);

/** Bytes per element; 0 for a value that is no element type. */
ATTUNE_C_API size_t attuneElementBytes(attuneElementType type);
/** "float32", "int64", …; "unknown" for a value that is no element type. */
ATTUNE_C_API const char *attuneElementName(attuneElementType type);

/** Loads the artefact at `path`. `threads` counts the calling thread; 0 takes the physical
 * cores that this process may use. On success `*model` is a new handle, else NULL. */
ATTUNE_C_API attuneStatus attuneModelLoad(const char *path, int32_t threads, attuneModel **model);
/** Destroys the handle; sessions of the model stay valid. */
ATTUNE_C_API void attuneModelDestroy(attuneModel *model);
/** Reads all weights and compares them with their hash. */
ATTUNE_C_API attuneStatus attuneModelCheckWeights(const attuneModel *model);

/** The number of threads a run may use, the caller included. */
ATTUNE_C_API int32_t attuneModelThreads(const attuneModel *model);
/** The number of inputs, outputs and symbols. */
ATTUNE_C_API size_t attuneModelInputCount(const attuneModel *model);
ATTUNE_C_API size_t attuneModelOutputCount(const attuneModel *model);
ATTUNE_C_API size_t attuneModelSymbolCount(const attuneModel *model);
/** Describes input `index`; what `info` points to belongs to the model. */
ATTUNE_C_API attuneStatus attuneModelInput(const attuneModel *model, size_t index,
                                           attuneTensorInfo *info);
/** Describes output `index`; what `info` points to belongs to the model. */
ATTUNE_C_API attuneStatus attuneModelOutput(const attuneModel *model, size_t index,
                                            attuneTensorInfo *info);
/** Describes symbol `index`; what `info` points to belongs to the model. */
ATTUNE_C_API attuneStatus attuneModelSymbol(const attuneModel *model, size_t index,
                                            attuneSymbolInfo *info);

/** Makes a session. On success `*session` is a new handle, else NULL. */
ATTUNE_C_API attuneStatus attuneSessionCreate(attuneModel *model, attuneSession **session);
/** Destroys the session and the outputs it owns. */
ATTUNE_C_API void attuneSessionDestroy(attuneSession *session);

/** Plans a run for the shapes of `inputs` (their data may be NULL), so that attuneSessionOutput
 * tells the outputs' shapes and sizes. */
ATTUNE_C_API attuneStatus attuneSessionPrepare(attuneSession *session, const attuneInput *inputs,
                                               size_t count);
/** Lets the next runs write output `index` to `data`, which the caller owns: `bytes` long,
 * aligned to the element type, overlapping no input and no other output. NULL gives the output
 * back to the session. */
ATTUNE_C_API attuneStatus attuneSessionBindOutput(attuneSession *session, size_t index, void *data,
                                                  size_t bytes);
/** Runs the model on `count` inputs, by name or by position. A failed run leaves the session
 * usable. */
ATTUNE_C_API attuneStatus attuneSessionRun(attuneSession *session, const attuneInput *inputs,
                                           size_t count);
/** Output `index` of the last successful run; after attuneSessionPrepare its shape, with NULL
 * data. */
ATTUNE_C_API attuneStatus attuneSessionOutput(const attuneSession *session, size_t index,
                                              attuneOutput *output);

#ifdef __cplusplus
}
#endif

#endif
