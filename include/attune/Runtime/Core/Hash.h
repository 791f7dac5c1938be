// xxh3-64, the hash of artefacts: whole buffers and streams.
#pragma once

#include <cstddef>
#include <cstdint>

namespace attune::runtime {

/// The hash of `bytes` bytes.
uint64_t hashBytes(const void *data, size_t bytes);

/// The same hash, fed in pieces.
class StreamHasher {
public:
  StreamHasher();
  void update(const void *data, size_t bytes);
  uint64_t digest() const;

private:
  alignas(64) unsigned char state[640];
};

} // namespace attune::runtime
