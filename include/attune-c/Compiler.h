/* The C interface of the compiler: turn an ONNX model into an artefact (.attune), and ask what
 * a model is. The library also holds everything of attune-c/Runtime.h, whose statuses and
 * attuneLastError… functions apply here too. */
#ifndef ATTUNE_C_COMPILER_H
#define ATTUNE_C_COMPILER_H

#include "attune-c/Runtime.h"

#ifdef __cplusplus
extern "C" {
#endif

/** How to compile; a new one has the defaults of `attune compile`. */
typedef struct attuneCompileOptions attuneCompileOptions;
/** A text that the caller destroys. */
typedef struct attuneText attuneText;

ATTUNE_C_API attuneStatus attuneCompileOptionsCreate(attuneCompileOptions **options);
ATTUNE_C_API void attuneCompileOptionsDestroy(attuneCompileOptions *options);

/** What to compile for: "cpu". */
ATTUNE_C_API attuneStatus attuneCompileOptionsSetTarget(attuneCompileOptions *options,
                                                        const char *target);
/** The CPU to compile for: "native" or a level such as "x86-64-v3". */
ATTUNE_C_API attuneStatus attuneCompileOptionsSetCpu(attuneCompileOptions *options,
                                                     const char *cpu);
/** Adds what is known of a symbol: "seq=128" or "seq=1..512". */
ATTUNE_C_API attuneStatus attuneCompileOptionsAddDim(attuneCompileOptions *options,
                                                     const char *dim);
/** Adds a pipeline of passes to run on the graph form. */
ATTUNE_C_API attuneStatus attuneCompileOptionsAddPasses(attuneCompileOptions *options,
                                                        const char *pipeline);
/** Adds a shared object with passes, which the pipelines above may name. */
ATTUNE_C_API attuneStatus attuneCompileOptionsAddPassPlugin(attuneCompileOptions *options,
                                                            const char *path);
/** Whether to work in a child process (the default), so that a bug in the compiler cannot take
 * the caller down and the limits below hold. The child is a fork of this process: a program in
 * which other threads compile too should turn it off. */
ATTUNE_C_API attuneStatus attuneCompileOptionsSetIsolate(attuneCompileOptions *options,
                                                         int32_t isolate);
/** Limits of the child; 0 means the default. */
ATTUNE_C_API attuneStatus attuneCompileOptionsSetLimits(attuneCompileOptions *options,
                                                        uint64_t memory_bytes, double seconds);
/** Is asked now and then, in the calling thread, while a child works: anything but 0 ends the work
 * with ATTUNE_LIMIT. NULL: nobody is asked. */
typedef int32_t (*attuneStopFunction)(void *user);
ATTUNE_C_API attuneStatus attuneCompileOptionsSetStop(attuneCompileOptions *options,
                                                      attuneStopFunction stop, void *user);

/** Compiles the model at `model` (.onnx, or .mlir in any form) to the artefact `output`. `options`
 * may be NULL. On failure nothing is left at `output`, and a file that was there stays. */
ATTUNE_C_API attuneStatus attuneCompile(const char *model, const char *output,
                                        const attuneCompileOptions *options);

/** The JSON of `attune inspect` for a model or an artefact. On success `*text` is a new text. */
ATTUNE_C_API attuneStatus attuneInspect(const char *model, const attuneCompileOptions *options,
                                        attuneText **text);
/** The JSON of `attune explain` for a model. On success `*text` is a new text. */
ATTUNE_C_API attuneStatus attuneExplain(const char *model, const attuneCompileOptions *options,
                                        attuneText **text);
/** The JSON of `attune verify` for `count` folders, which hold a model and test data each. A result
 * that differs, or a case that could not be run, is no failed call: the JSON says it. */
ATTUNE_C_API attuneStatus attuneVerify(const char *const *cases, size_t count, double rtol,
                                       double atol, const attuneCompileOptions *options,
                                       attuneText **text);
/** The JSON of `attune devices`: what can run here. */
ATTUNE_C_API attuneStatus attuneDevices(attuneText **text);
/** The JSON of `attune --version`: which attune, LLVM and ONNX this is. */
ATTUNE_C_API attuneStatus attuneVersion(attuneText **text);

/** The text, zero-terminated UTF-8; it lives as long as the handle. */
ATTUNE_C_API const char *attuneTextData(const attuneText *text);
ATTUNE_C_API void attuneTextDestroy(attuneText *text);

#ifdef __cplusplus
}
#endif

#endif
