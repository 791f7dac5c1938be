// What a compiler would emit for a tiny model, written by hand: a host function, kernels,
// grids and a selector. Built as a shared object of its own that needs no library.
//
//   t = relu(x) · w        (two variants: one row, many rows)
//   u = transpose(t, seq and batch), a copy
//   y = u transposed back + bias
//   z = sum of y over seq and features + sum of ids
#include "attune/Runtime/Core/KernelABI.h"

using namespace attune::runtime;

#ifndef TINY_ABI
#define TINY_ABI kKernelAbiVersion
#endif

namespace {

float *floats(const Buffer &buffer) { return static_cast<float *>(buffer.base) + buffer.offset; }

// Words: rows. Rows of 4 floats.
void relu(KernelContext *, const Buffer *buffers, const int64_t *, int64_t begin, int64_t end) {
  const Buffer &x = buffers[0], &t = buffers[1];
  for (int64_t row = begin; row < end; ++row)
    for (int64_t i = 0; i < 4; ++i) {
      float value = floats(x)[row * x.strides[0] + i * x.strides[1]];
      floats(t)[row * t.strides[0] + i * t.strides[1]] = value > 0 ? value : 0;
    }
}

void multiply(KernelContext *context, const Buffer *buffers, const int64_t *, int64_t begin,
              int64_t end) {
  const Buffer &t = buffers[0], &w = buffers[1], &y = buffers[2];
  context->tilesVisited += end - begin;
  context->tilesTotal += 2 * (end - begin);
  for (int64_t row = begin; row < end; ++row)
    for (int64_t n = 0; n < 4; ++n) {
      float sum = 0;
      for (int64_t k = 0; k < 4; ++k)
        sum += floats(t)[row * t.strides[0] + k] * floats(w)[k * w.strides[0] + n];
      floats(y)[row * y.strides[0] + n] = sum;
    }
}

// Words: batch, seq. One task per batch entry and position.
void addBias(KernelContext *, const Buffer *buffers, const int64_t *words, int64_t begin,
             int64_t end) {
  const Buffer &u = buffers[0], &bias = buffers[1], &y = buffers[2];
  for (int64_t task = begin; task < end; ++task) {
    int64_t b = task / words[1], s = task % words[1];
    for (int64_t i = 0; i < 4; ++i)
      floats(y)[b * y.strides[0] + s * y.strides[1] + i] =
          floats(u)[b * u.strides[0] + s * u.strides[1] + i] + floats(bias)[i];
  }
}

// Words: batch, seq. One task per batch entry.
void sum(KernelContext *, const Buffer *buffers, const int64_t *words, int64_t begin, int64_t end) {
  const Buffer &y = buffers[0], &ids = buffers[1], &z = buffers[2];
  const int64_t *numbers = static_cast<int64_t *>(ids.base) + ids.offset;
  for (int64_t b = begin; b < end; ++b) {
    float total = 0;
    for (int64_t i = 0; i < words[1] * 4; ++i)
      total += floats(y)[b * y.strides[0] + i];
    for (int64_t i = 0; i < 2 * words[1]; ++i)
      total += static_cast<float>(numbers[i]);
    floats(z)[b] = total;
  }
}

int64_t oneTask(const int64_t *) { return 1; }
int64_t firstWord(const int64_t *words) { return words[0]; }
int64_t product(const int64_t *words) { return words[0] * words[1]; }
int32_t oneRowOrMany(const int64_t *words) { return words[0] == 1 ? 0 : 1; }

int32_t host(const HostApi *api, void *recorder, const int64_t *symbols, const int64_t *) {
  int64_t batch = symbols[0], seq = symbols[1], rows = batch * seq;
  if (seq > 512)
    return 1;
  int64_t rowStrides[] = {4, 1}, one[] = {1};
  int64_t bytes = rows * 16;

  void *x = api->input(recorder, 0), *ids = api->input(recorder, 1);
  void *w = api->constant(recorder, 0), *bias = api->constant(recorder, 1);
  // One allocation holds two temporaries: bases may be moved by whole bytes.
  void *both = api->allocate(recorder, 2 * bytes);
  void *t = static_cast<char *>(both) + bytes;
  Buffer reluBuffers[] = {{x, 0, rowStrides}, {both, 0, rowStrides}};
  api->dispatch(recorder, 0, reluBuffers, &rows);
  Buffer multiplyBuffers[] = {{both, 0, rowStrides}, {w, 0, rowStrides}, {t, 0, rowStrides}};
  api->dispatch(recorder, 1, multiplyBuffers, &rows);

  void *u = api->allocate(recorder, bytes);
  int64_t sizes[] = {seq, batch, 4};
  int64_t toStrides[] = {batch * 4, 4, 1}, fromStrides[] = {4, seq * 4, 1};
  Buffer to{u, 0, toStrides}, from{t, 0, fromStrides};
  api->copy(recorder, &to, &from, 3, sizes, 4);

  int64_t words[] = {batch, seq};
  int64_t ySizes[] = {batch, seq, 4}, zSizes[] = {batch};
  int64_t uStrides[] = {4, batch * 4, 1}, yStrides[] = {seq * 4, 4, 1};
  void *y = api->output(recorder, 0, ySizes);
  Buffer biasBuffers[] = {{u, 0, uStrides}, {bias, 0, one}, {y, 0, yStrides}};
  api->dispatch(recorder, 2, biasBuffers, words);
  void *z = api->output(recorder, 1, zSizes);
  Buffer sumBuffers[] = {{y, 0, yStrides}, {ids, 0, one}, {z, 0, one}};
  api->dispatch(recorder, 3, sumBuffers, words);
  return 0;
}

const KernelFn kKernels[] = {relu, multiply, multiply, addBias, sum};
const GridFn kGrids[] = {firstWord, oneTask, firstWord, product, firstWord};
const SelectFn kSelects[] = {nullptr, oneRowOrMany, nullptr, nullptr};

} // namespace

extern "C" __attribute__((visibility("default")))
const Code attune_code = {TINY_ABI, 5, host, kKernels, kGrids, kSelects};
