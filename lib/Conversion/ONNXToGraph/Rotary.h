// The rotation that rotary position embeddings are made of.
#pragma once

#include "Converter.h"

namespace attune::graph {

/// Rotates the first `channels` of the last dimension by the angles whose cosines and sines are
/// given as [batch or 1, tokens, channels / 2]. The input has four dimensions: batch first,
/// channels last, heads at `headAxis` (1 or 2), tokens at the other. `interleaved` pairs
/// neighbours, else a pair is half of the channels apart. A null tensor after an error.
Tensor rotate(Converter &c, const Tensor &input, int64_t headAxis, Tensor cosine, Tensor sine,
              int64_t channels, bool interleaved);

} // namespace attune::graph
