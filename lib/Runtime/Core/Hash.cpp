// Wraps the xxHash header, so that no other file sees it.

#include "attune/Runtime/Core/Hash.h"

#define XXH_INLINE_ALL
#include <xxhash.h>

using namespace attune::runtime;

static_assert(sizeof(XXH3_state_t) <= sizeof(StreamHasher), "the stream's state must fit");

uint64_t attune::runtime::hashBytes(const void *data, size_t bytes) {
  return XXH3_64bits(data, bytes);
}

static XXH3_state_t *stateOf(unsigned char *bytes) {
  return reinterpret_cast<XXH3_state_t *>(bytes);
}

StreamHasher::StreamHasher() {
  XXH3_INITSTATE(stateOf(state));
  XXH3_64bits_reset(stateOf(state));
}

void StreamHasher::update(const void *data, size_t bytes) {
  XXH3_64bits_update(stateOf(state), data, bytes);
}

uint64_t StreamHasher::digest() const {
  return XXH3_64bits_digest(reinterpret_cast<const XXH3_state_t *>(state));
}
